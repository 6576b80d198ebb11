// check.qll: what a crash can leave on a disk, mended at mount.
//
// Owns:        nothing; two temporary tables with a word for each sector.
// Invariants:  entries are mended before sectors are freed, so a crash while mending is mended by the
//              next mount.
// Interrupts:  call masked, before anything is open.
// Sleeps:      never.

namespace check {
  global reached: * byte = null;  // for each sector: 0, 1, or, if a file begins there, where its
                                  // entry stands: 2 + sector * ENTRIES + slot
  global stack: * byte = null;    // directories still to be walked
  global depth: byte = 0;
  global unread: bool = false;    // a directory could not be read: what it leads to is not known

  // Mark a chain, at most `most` sectors of it; how many are sound. It is cut where it leaves the
  // data area, meets another chain or is too long.
  function mark(first: byte, most: byte): byte {
    var sector = first;
    var last = 0;
    var length = 0;
    while (length < most && fs::is_data(sector) && !reached[unsafe sector]
           && fs::fat[unsafe sector] != fs::FREE) {
      reached[unsafe sector] = 1;
      last = sector;
      length = length + 1;
      sector = fs::fat[unsafe sector];
    }
    if (last != 0 && fs::fat[unsafe last] != fs::END) { fs::set_fat(last, fs::END); }
    return length;
  }

  global dropped: bool = false;   // an entry: the count of a directory seen before may be wrong now

  function drop(sector: byte, slot: byte): void {
    dropped = true;
    fs::update_entry(sector, slot, fs::DELETED, 0, 0);
  }

  // Two entries lead to one chain, after an interrupted rename: the newer one stays.
  function drop_older(sector: byte, slot: byte, moves: byte, other: byte): void {
    var other_sector = (other - 2) / fs::ENTRIES;
    var other_slot = (other - 2) % fs::ENTRIES;
    var words = block::get(other_sector);
    if (words == null) { return; }
    var e = <unsafe * fs::entry>&words[unsafe other_slot * sizeof fs::entry];
    if (moves > e->moves) { drop(other_sector, other_slot); } else { drop(sector, slot); }
  }

  function walk_entry(sector: byte, slot: byte, e: fs::entry): void {
    var is_known = fs::is_data(e.first) && reached[unsafe e.first] > 1;
    if (is_known) {
      drop_older(sector, slot, e.moves, reached[unsafe e.first]);
      return;
    }
    if (e.flags & fs::DIRECTORY) {
      if (mark(e.first, -1) == 0) {
        drop(sector, slot);
        return;
      }
      stack[unsafe depth] = e.first;
      depth = depth + 1;
    } else if (e.first != 0 || e.size != 0) {
      var need = (e.size + fs::SECTOR_OCTETS - 1) / fs::SECTOR_OCTETS;
      if (e.size > 0 - fs::SECTOR_OCTETS) { need = -1; }
      var have = mark(e.first, need);
      if (have < need || have == 0) {
        fs::update_entry(sector, slot, e.flags, have ? e.first : 0,
                         std::math::min(e.size, have * fs::SECTOR_OCTETS));
      }
      if (have == 0) { return; }
    } else {
      return;
    }
    reached[unsafe e.first] = 2 + sector * fs::ENTRIES + slot;
  }

  // Walk the entries of a directory, and put their number into its own entry.
  function walk_directory(first: byte): void {
    var count = 0;
    for (var sector = first; sector != 0; sector = fs::following(sector)) {
      for (var slot = 0; slot < fs::ENTRIES; slot = slot + 1) {
        var words = block::get(sector);
        if (words == null) {
          unread = true;
          return;
        }
        var e = <unsafe * fs::entry>&words[unsafe slot * sizeof fs::entry];
        if (fs::exists(e)) {
          count = count + 1;
          walk_entry(sector, slot, *e);
        }
      }
    }
    if (reached[unsafe first] > 1) { put_count(reached[unsafe first] - 2, count); }
  }

  function put_count(where: byte, count: byte): void {
    var sector = where / fs::ENTRIES;
    var slot = where % fs::ENTRIES;
    var words = block::get(sector);
    if (words == null) { return; }
    var e = <unsafe * fs::entry>&words[unsafe slot * sizeof fs::entry];
    if (e->size != count) { fs::update_entry(sector, slot, e->flags, e->first, count); }
  }

  // Free what nothing reaches, unless a bad sector hides what it reaches; count what is free.
  function sweep(): void {
    var free = 0;
    for (var sector = fs::disk.data_first; sector < fs::disk.total; sector = sector + 1) {
      if (!reached[unsafe sector]) {
        var state = fs::fat[unsafe sector];
        if (state != fs::FREE && state != fs::RESERVED && !unread) {
          fs::set_fat(sector, fs::FREE);
          state = fs::FREE;
        }
        if (state == fs::FREE) {
          if (free == 0) { fs::cursor = sector; }
          free = free + 1;
        }
      }
    }
    fs::free_sectors = free;
  }

  // Walk every directory; false if there is not even a root.
  function walk_all(): bool {
    support::fill(reached, 0, fs::disk.total);
    if (mark(fs::disk.root, -1) == 0) { return false; }
    stack[unsafe 0] = fs::disk.root;
    depth = 1;
    while (depth != 0) {
      depth = depth - 1;
      walk_directory(stack[unsafe depth]);
    }
    return true;
  }

  // Mend the disk; what is wrong beyond that, or null.
  function run(): string {
    var words = fs::disk.total;
    reached = <unsafe * byte>memory::take(words);
    stack = <unsafe * byte>memory::take(words);
    if (reached == null || stack == null) { return "no memory to check the disk"; }
    dropped = true;
    for (var pass = 0; dropped && pass < 3; pass = pass + 1) {
      dropped = false;
      if (!walk_all()) { return "the root directory is damaged"; }
    }
    sweep();
    memory::give(<unsafe byte>stack, words);
    memory::give(<unsafe byte>reached, words);
    if (fs::is_dirty() && !fs::write_fat()) { return "the disk cannot be written"; }
    return null;
  }
}
