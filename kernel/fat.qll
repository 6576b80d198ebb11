// fat.qll: QFS's allocation table: what follows each sector in its chain, and which are free.
//
// Owns:        `slots`, a cache of the table's sectors, those of them that are `dirty`, `landmarks` in
//              chains, and `free_sectors`.
// Invariants:  a table of any length gets by with limits::FAT_BUFFERS sectors of memory. A changed one
//              is written by `flush`, or earlier when its place in the cache is needed: that is no
//              harm, as nothing is changed here before what it relies on is on the disk. A chain
//              that landmarks are in is only made longer, until `release` frees it and forgets them.
// Interrupts:  call masked.
// Sleeps:      never; see block.qll.

namespace fat {
  .constant global FREE: byte = 0;
  .constant global END: byte = 0xFFFFFFFF;
  .constant global RESERVED: byte = 0xFFFFFFFE;

  // A sector of the table; `number` counts from its first.
  type slot = struct {
    number: byte;
    dirty: bool;
    listed: bool; next: * slot;  // in the list of those that became dirty since the last `flush`
    data: byte[machine::SECTOR_WORDS];
  };

  // That a chain's sector with this number is this one: so that nobody who goes to and fro in a long
  // file, or to its end, walks all of it again. There is one for each limits::LANDMARK_EVERY sectors,
  // as long as no other needs its place in the table; `first` 0 for none.
  type landmark = struct { first: byte; number: byte; sector: byte; };

  global landmarks: * landmark = null;
  global slots: * slot = null;
  global changed: * slot = null;
  global failed: bool = false;       // a change since the last `flush` did not reach the disk
  global free_sectors: byte = 0;
  global cursor: byte = 0;           // where the search for a free sector goes on

  // False if there is no memory for the cache.
  function start(): bool {
    var memory = memory::take(sizeof slot * limits::FAT_BUFFERS);
    if (memory == 0) { return false; }
    slots = <unsafe * slot>memory;
    memory = memory::take(sizeof landmark * limits::LANDMARKS);
    if (memory == 0) { return false; }
    landmarks = <unsafe * landmark>memory;
    forget_landmarks();
    for (var i = 0; i < limits::FAT_BUFFERS; i = i + 1) {
      var s = &slots[unsafe i];  // `data` is what `load` reads
      s->number = -1;
      s->dirty = false;
      s->listed = false;
    }
    return true;
  }

  function write_slot(s: * slot): bool {
    if (!fs::begin_change()) { return false; }
    if (!block::write(fs::disk.fat_first + s->number, 1, &s->data[0])) { return false; }
    s->dirty = false;
    return true;
  }

  // The cached part of the table with a sector's word; null if the disk fails.
  function load(sector: byte): * slot {
    var number = sector / machine::SECTOR_WORDS;
    var s = &slots[unsafe number & (limits::FAT_BUFFERS - 1)];
    if (s->number == number) { return s; }
    if (s->dirty && !write_slot(s)) { return null; }
    s->number = -1;
    if (!block::read(fs::disk.fat_first + number, 1, &s->data[0])) { return null; }
    s->number = number;
    return s;
  }

  // The word of a sector; RESERVED if the disk fails: such a sector is neither free nor followed.
  function get(sector: byte): byte {
    var s = load(sector);
    return s == null ? RESERVED : s->data[unsafe sector & (machine::SECTOR_WORDS - 1)];
  }

  function set(sector: byte, value: byte): void {
    var s = load(sector);
    if (s == null) {
      failed = true;
      return;
    }
    s->data[unsafe sector & (machine::SECTOR_WORDS - 1)] = value;
    s->dirty = true;
    if (!s->listed) {
      s->listed = true;
      s->next = changed;
      changed = s;
    }
  }

  // Write the changed parts of the table, and wait until they are safe. What cannot be written stays
  // changed.
  function flush(): bool {
    var good = !failed;
    failed = false;
    var kept: * slot = null;
    while (changed != null) {
      var s = changed;
      changed = s->next;
      if (s->dirty && !write_slot(s)) {
        good = false;
        s->next = kept;
        kept = s;
      } else {
        s->listed = false;
      }
    }
    changed = kept;
    if (!good) { fs::fail(); }
    return fs::settle() && good;
  }

  // --- chains ------------------------------------------------------------------------------------

  function is_data(sector: byte): bool {
    return sector >= fs::disk.data_first && sector < fs::disk.total;
  }

  // The sector behind another in its chain, 0 at the end; damage ends a chain, too.
  function following(sector: byte): byte {
    var next = get(sector);
    return is_data(next) ? next : 0;
  }

  // A way along a chain: at `sector`, 0 behind its end. A chain that runs in a circle ends where it
  // is found out (Brent): it must not hold up the machine.
  type way = struct { sector: byte; anchor: byte; steps: byte; most: byte; };

  function begin(first: byte): way {
    return way { sector = is_data(first) || first == fs::disk.root ? first : 0, most = 1 };
  }

  function advance(w: * way): void {
    if (w->steps == w->most) {
      w->anchor = w->sector;
      w->most = w->most * 2;
      w->steps = 0;
    }
    w->steps = w->steps + 1;
    w->sector = following(w->sector);
    if (w->sector == w->anchor) { w->sector = 0; }
  }

  function forget_landmarks(): void {
    support::fill(<unsafe * byte>landmarks, 0, sizeof landmark * limits::LANDMARKS);
  }

  // Where a landmark is kept.
  function landmark_at(first: byte, number: byte): * landmark {
    var at = number / limits::LANDMARK_EVERY + first * 31;
    return &landmarks[unsafe at & (limits::LANDMARKS - 1)];
  }

  // Set a way to the sector of a chain with this number, or the landmark in front of it, or the
  // beginning; the number of what it was set to.
  function approach(w: * way, first: byte, number: byte): byte {
    for (var at = number & (0 - limits::LANDMARK_EVERY); at != 0; at = at - limits::LANDMARK_EVERY) {
      var mark = landmark_at(first, at);
      if (mark->first == first && mark->number == at) {
        *w = way { sector = mark->sector, most = 1 };
        return at;
      }
    }
    *w = begin(first);
    return 0;
  }

  // Go on along a chain to the sector with this number.
  function go_on(w: * way, first: byte, number: byte): void {
    advance(w);
    if ((number & (limits::LANDMARK_EVERY - 1)) == 0 && w->sector != 0) {
      *landmark_at(first, number) = landmark { first = first, number = number, sector = w->sector };
    }
  }

  // The number of sectors of a chain.
  function length(first: byte): byte {
    var count = 0;
    for (var w = begin(first); w.sector != 0; advance(&w)) { count = count + 1; }
    return count;
  }

  // A free sector, made the end of a chain of its own; 0 if the disk is full.
  function allocate(): byte {
    if (free_sectors == 0) { return 0; }
    var left = fs::disk.total;
    while (left != 0) {
      // One sector of the table at a time; of one that cannot be read nothing is free.
      var s = load(cursor);
      var words = machine::SECTOR_WORDS - (cursor & (machine::SECTOR_WORDS - 1));
      var end = std::math::min(cursor + std::math::min(words, left), fs::disk.total);
      var sector = s == null ? end : free_from(s, cursor, end);
      left = left - (sector - cursor);
      if (sector != end) {
        cursor = sector + 1 == fs::disk.total ? fs::disk.data_first : sector + 1;
        set(sector, END);
        free_sectors = free_sectors - 1;
        return sector;
      }
      cursor = end == fs::disk.total ? fs::disk.data_first : end;
    }
    return 0;
  }

  // The first free sector from `begin` on whose word is in this part of the table; `end` if none is.
  function free_from(s: * slot, begin: byte, end: byte): byte {
    var at = begin;
    while (at != end && s->data[unsafe at & (machine::SECTOR_WORDS - 1)] != FREE) { at = at + 1; }
    return at;
  }

  // Free a chain, in memory; `flush` makes it so on the disk.
  function release(first: byte): void {
    var sector = is_data(first) && fs::is_sound ? first : 0;
    for (var number = 0; sector != 0; number = number + 1) {
      if ((number & (limits::LANDMARK_EVERY - 1)) == 0) {
        var mark = landmark_at(first, number);
        if (mark->first == first && mark->number == number) { mark->first = 0; }
      }
      var word = get(sector);
      if (word == FREE || word == RESERVED) {
        forget_landmarks();  // there may be some behind the damage
        return;
      }
      set(sector, FREE);
      free_sectors = free_sectors + 1;
      sector = is_data(word) ? word : 0;
    }
  }

  // Free a chain for good.
  function discard(first: byte): void {
    if (first == 0) { return; }
    release(first);
    flush();
  }
}
