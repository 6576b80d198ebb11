// check.qll: what a crash can leave on a disk, mended at mount.
//
// Owns:        nothing; two temporary bit maps of the disk's sectors, and a list.
// Invariants:  entries are mended before sectors are freed, so a crash while mending is mended by the
//              next mount.
// Interrupts:  call masked, before anything is open.
// Sleeps:      never.

namespace check {
  global reached: * byte = null;    // a bit for each sector: something leads there
  global waiting: * byte = null;    // and: a directory begins there that is still to be walked
  global list: * byte = null;       // the first of those directories, which need no search
  global listed: byte = 0;
  global unlisted: byte = 0;        // how many bits are set in `waiting`
  global unread: bool = false;      // a directory could not be read: what it leads to is not known
  global dropped: bool = false;     // an entry: the count of a directory seen before may be wrong now

  // --- bit maps ----------------------------------------------------------------------------------

  function has(map: * byte, sector: byte): bool {
    return map[unsafe sector / 32] >> sector % 32 & 1;
  }

  function put(map: * byte, sector: byte): void {
    map[unsafe sector / 32] = map[unsafe sector / 32] | 1 << sector % 32;
  }

  // --- directories to be walked ------------------------------------------------------------------

  function push(first: byte): void {
    if (listed < limits::DIRECTORIES) {
      list[unsafe listed] = first;
      listed = listed + 1;
    } else {
      put(waiting, first);
      unlisted = unlisted + 1;
    }
  }

  // One of the directories that wait, 0 if there are none.
  function pop(): byte {
    if (listed == 0) { refill(); }
    if (listed == 0) { return 0; }
    listed = listed - 1;
    return list[unsafe listed];
  }

  function refill(): void {
    for (var i = 0; unlisted != 0 && listed < limits::DIRECTORIES; i = i + 1) {
      while (waiting[unsafe i] != 0 && listed < limits::DIRECTORIES) {
        var bit = 0;
        while ((waiting[unsafe i] >> bit & 1) == 0) { bit = bit + 1; }
        waiting[unsafe i] = waiting[unsafe i] & waiting[unsafe i] - 1;
        unlisted = unlisted - 1;
        list[unsafe listed] = i * 32 + bit;
        listed = listed + 1;
      }
    }
  }

  // --- the walk ----------------------------------------------------------------------------------

  // Mark a chain, at most `most` sectors of it; how many are sound. It is cut where it leaves the
  // data area, meets another chain or is too long.
  function mark(first: byte, most: byte): byte {
    var sector = first;
    var last = 0;
    var length = 0;
    var word = fat::END;
    while (length < most && fat::is_data(sector) && !has(reached, sector)) {
      var next = fat::get(sector);
      if (next == fat::FREE) { break; }
      put(reached, sector);
      word = next;
      last = sector;
      length = length + 1;
      sector = next;
    }
    if (word != fat::END) { fat::set(last, fat::END); }
    return length;
  }

  // The root's chain: in front of the data area its first sector has a word of 0 until it grows.
  function mark_root(): bool {
    if (fat::is_data(fs::disk.root)) { return mark(fs::disk.root, -1) != 0; }
    put(reached, fs::disk.root);
    var next = fat::get(fs::disk.root);
    if (next != fat::FREE && next != fat::END && mark(next, -1) == 0) {
      fat::set(fs::disk.root, fat::FREE);
    }
    return true;
  }

  function drop(sector: byte, slot: byte): void {
    dropped = true;
    fs::update_entry(sector, slot, fs::DELETED, 0, 0);
  }

  // An entry that leads where another has led is its second name, and is dropped.
  function walk_entry(sector: byte, slot: byte, e: fs::entry): void {
    if (fat::is_data(e.first) && has(reached, e.first)) {
      drop(sector, slot);
    } else if (e.flags & fs::DIRECTORY) {
      if (mark(e.first, -1) == 0) {
        drop(sector, slot);
        return;
      }
      push(e.first);
      var count = count_of(e.first);
      if (fs::counts_entries() && count != e.size) {
        fs::update_entry(sector, slot, e.flags, e.first, count);
      }
    } else if (e.first != 0 || e.size != 0) {
      var need = e.size / fs::SECTOR_OCTETS + (e.size % fs::SECTOR_OCTETS ? 1 : 0);
      var have = mark(e.first, need);
      if (have < need || have == 0) {
        fs::update_entry(sector, slot, e.flags, have ? e.first : 0,
                         have < need ? have * fs::SECTOR_OCTETS : e.size);
      }
    }
  }

  function count_of(first: byte): byte {
    var count = 0;
    for (var w = fat::begin(first); w.sector != 0; fat::advance(&w)) {
      var words = block::get(w.sector);
      if (words == null) { return count; }
      for (var slot = 0; slot < fs::ENTRIES; slot = slot + 1) {
        if (fs::exists(fs::entry_at(words, slot))) { count = count + 1; }
      }
    }
    return count;
  }

  function walk_directory(first: byte): void {
    for (var w = fat::begin(first); w.sector != 0; fat::advance(&w)) {
      for (var slot = 0; slot < fs::ENTRIES; slot = slot + 1) {
        var words = block::get(w.sector);
        if (words == null) {
          unread = true;
          return;
        }
        var e = fs::entry_at(words, slot);
        if (fs::exists(e)) { walk_entry(w.sector, slot, *e); }
      }
    }
  }

  // Free what nothing reaches, unless a bad sector hides what it reaches; count what is free.
  function sweep(): void {
    fat::free_sectors = 0;
    var first = fs::disk.data_first;
    while (first < fs::disk.total) {
      var end = std::math::min(fs::disk.total, first / machine::SECTOR_WORDS * machine::SECTOR_WORDS
                                               + machine::SECTOR_WORDS);
      var s = fat::load(first);
      if (s != null) { sweep_part(s, first, end); }
      first = end;
    }
  }

  // The same for the sectors whose words lie in one sector of the table.
  function sweep_part(s: * fat::slot, first: byte, end: byte): void {
    var free = 0;
    for (var sector = first; sector < end; sector = sector + 1) {
      var word = s->data[unsafe sector & (machine::SECTOR_WORDS - 1)];
      if (word == fat::FREE) {
        free = free + 1;
      } else if (word != fat::RESERVED && !unread && !has(reached, sector)) {
        fat::set(sector, fat::FREE);
        free = free + 1;
      }
    }
    if (fat::free_sectors == 0 && free != 0) { fat::cursor = first; }
    fat::free_sectors = fat::free_sectors + free;
  }

  // Walk every directory; false if there is not even a root.
  function walk_all(map_words: byte): bool {
    support::fill(reached, 0, map_words);
    support::fill(waiting, 0, map_words);
    if (!mark_root()) { return false; }
    push(fs::disk.root);
    for (var first = pop(); first != 0; first = pop()) { walk_directory(first); }
    return true;
  }

  // Mend the disk; what is wrong beyond that, or null.
  function run(): string {
    var map_words = fs::disk.total / 32 + 1;
    reached = <unsafe * byte>memory::take(map_words);
    waiting = <unsafe * byte>memory::take(map_words);
    list = <unsafe * byte>memory::take(limits::DIRECTORIES);
    if (reached == null || waiting == null || list == null) {
      return "the disk is too large to be checked in this memory, and was not stopped in order";
    }
    dropped = true;
    for (var pass = 0; dropped && pass < 3; pass = pass + 1) {
      dropped = false;
      if (!walk_all(map_words)) { return "the root directory is damaged"; }
    }
    sweep();
    memory::give(<unsafe byte>list, limits::DIRECTORIES);
    memory::give(<unsafe byte>waiting, map_words);
    memory::give(<unsafe byte>reached, map_words);
    if (!fat::flush()) { return "the disk cannot be written"; }
    block::settled();
    return null;
  }
}
