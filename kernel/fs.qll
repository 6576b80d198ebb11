// fs.qll: QFS, the file system: directories, and what makes it safe against crashes.
//
// Owns:        `disk`, sector 0 of the disk, and the list of open nodes.
// Invariants:  on the disk, at every moment and also if the sector under way is torn: each entry's
//              chain is whole, for as many sectors as its size needs. What a crash can leave is
//              chains that no entry reaches, a wrong count, and a change of an entry that the record
//              in sector 0 completes; `mount` mends them. docs/qfs.md describes the format.
// Interrupts:  call masked.
// Sleeps:      never; see block.qll.
// Units:       sectors of 128 words; sizes of files in octets.
//
// The order of writes that gives the invariant, `barrier` between the steps:
//   1. contents of new sectors, and their chain in the table;
//   2. for more of an existing file: the link from its old last sector;
//   3. the directory entry, first as a record in sector 0 of what it was and will be, then itself:
//      if the power fails in the middle of it, `redo` finds words of both and completes it;
//   4. the table again, where sectors became free.
// A file that is replaced gets a new chain; its entry changes in step 3 from the old to the new.
//
// Every change of an entry goes through the record, which so tells of the last one; only the count
// of a directory's entries, one word and a hint, is written by itself.

namespace fs {
  .constant global MAGIC: byte = 0x51465332;
  .constant global VERSION: byte = 2;
  .constant global SECTOR_OCTETS: byte = 512;
  .constant global CLEAN: byte = 0x434C4541;  // with the count of free sectors in it: all is in order

  .constant global USED: byte = 1;
  .constant global DIRECTORY: byte = 2;
  .constant global EXECUTABLE: byte = 4;
  .constant global DELETED: byte = 0x80;

  .constant global ENTRIES: byte = 4;  // in a sector

  // A directory entry as it is on the disk.
  type entry = struct {
    flags: byte; first: byte; size: byte; reserved: byte; name: byte[limits::NAME]; unused: byte[4];
  };

  // The last change of an entry. `old_sector` is not 0 if the entry came from another place, which
  // then holds it no more.
  type record = struct {
    sector: byte; slot: byte; old_sector: byte; old_slot: byte;
    before: entry; after: entry;
    sum: byte;  // of all the words before it: a record that was written in part is none
  };

  // Sector 0. Words behind `free` are ours: Quinix has 0 there.
  type superblock = struct {
    magic: byte; version: byte; sector_words: byte; total: byte;
    fat_first: byte; fat_sectors: byte; root: byte; data_first: byte; free: byte;
    clean: byte;    // CLEAN + free while nothing is to be mended
    last: record;
    unused: byte[49];
  };

  // An open file, once for all who have it open. A file whose entry went to another chain
  // (replaced or removed) is `gone`: its sectors become free when the last one closes it.
  type node = struct {
    next: * node;
    sector: byte; slot: byte;  // where its entry stands
    first: byte; size: byte; flags: byte;
    opens: byte;
    gone: bool;
  };

  global disk: superblock = superblock { };
  global nodes: * node = null;
  global is_sound: bool = true;  // false once a write of the file system's own words failed: what
                                 // the disk holds is not known then, so nothing is freed any more

  // --- mounting ----------------------------------------------------------------------------------

  // Read sector 0, and mend what a crash left. Returns what is wrong, or null.
  function mount(): string {
    if (!block::read(0, 1, <unsafe * byte>&disk)) { return "the disk cannot be read"; }
    if (disk.magic != MAGIC) { return "the disk holds no QFS"; }
    if (disk.version != VERSION || disk.sector_words != machine::SECTOR_WORDS) {
      return "the disk holds a QFS of another kind";
    }
    if (!has_sound_layout()) { return "the superblock is damaged"; }
    if (!fat::start()) { return "no memory for the allocation table"; }
    if (!names::start()) { return "no memory for the names of files"; }
    fat::cursor = disk.data_first;
    if (disk.clean == (CLEAN + disk.free) && disk.free <= disk.total - disk.data_first) {
      fat::free_sectors = disk.free;
      return null;
    }
    disk.clean = 0;
    redo();
    return check::run();
  }

  // Whether the areas that sector 0 tells of lie behind each other and on the disk.
  function has_sound_layout(): bool {
    if (disk.total > block::sectors || disk.data_first > disk.total || disk.root >= disk.total
        || disk.fat_first == 0 || disk.fat_first > disk.root || disk.total == 0) {
      return false;
    }
    var room = std::math::min(disk.root, disk.data_first) - disk.fat_first;
    return disk.fat_first < disk.data_first && disk.fat_sectors <= room
        && disk.fat_sectors > (disk.total - 1) / machine::SECTOR_WORDS;
  }

  // Quinix lays the root directory in front of the data area, and keeps no counts of entries.
  function counts_entries(): bool {
    return disk.root >= disk.data_first;
  }

  function write_superblock(): bool {
    return block::write(0, 1, <unsafe * byte>&disk) && settle();
  }

  // To be called before the disk is changed: it is not in order until `stop`.
  function begin_change(): bool {
    var mark = disk.clean;
    if (mark == 0) { return true; }
    disk.clean = 0;
    if (write_superblock()) { return true; }
    disk.clean = mark;
    return false;
  }

  // --- the record of the last change -------------------------------------------------------------

  // The sum that makes a record valid; never 0.
  function sum_of(told: * record): byte {
    var words = <unsafe * byte>told;
    var sum = MAGIC;
    for (var i = 0; i < sizeof record - 1; i = i + 1) { sum = sum * 31 + words[unsafe i]; }
    return sum | 1;
  }

  // The entry in a slot of a sector that the cache holds.
  function entry_at(words: * byte, slot: byte): * entry {
    return <unsafe * entry>&words[unsafe slot * sizeof entry];
  }

  // Change an entry, which may come from another place. False says that it is as before.
  function put_entry(sector: byte, slot: byte, fresh: * entry, from: place): bool {
    var words = block::get(sector);
    if (words == null) { return false; }
    disk.last = record {
      sector = sector, slot = slot, old_sector = from.sector, old_slot = from.slot,
      before = *entry_at(words, slot), after = *fresh
    };
    disk.last.sum = sum_of(&disk.last);
    disk.clean = 0;
    disk.free = fat::free_sectors;
    if (!write_superblock()) { return fail(); }
    *entry_at(words, slot) = *fresh;
    if (!block::put(sector)) { return fail(); }
    settle();
    if (from.sector != 0) {
      if (!take_away(from.sector, from.slot)) { fail(); }
      settle();
    }
    return true;
  }

  // The disk did not take a write of the file system's own words.
  function fail(): bool {
    is_sound = false;
    return false;
  }

  // Wait until all that was written is safe.
  function settle(): bool {
    return block::barrier() || fail();
  }

  // Mark an entry as deleted: one word.
  function take_away(sector: byte, slot: byte): bool {
    var words = block::get(sector);
    if (words == null) { return false; }
    entry_at(words, slot)->flags = DELETED;
    return block::put(sector);
  }

  // Complete the change that the record tells of, unless it is complete, or somebody who does not
  // know the record has changed the entry since.
  function redo(): void {
    var told = &disk.last;
    if (told->sum != sum_of(told) || told->slot >= ENTRIES || told->sector >= disk.total
        || told->sector < disk.fat_first + disk.fat_sectors) {
      return;
    }
    var words = block::get(told->sector);
    if (words == null || !is_between(&told->before, entry_at(words, told->slot), &told->after)) {
      return;
    }
    *entry_at(words, told->slot) = told->after;
    block::put(told->sector);
    if (told->old_sector == 0 || told->old_sector >= disk.total || told->old_slot >= ENTRIES) {
      return;
    }
    words = block::get(told->old_sector);
    if (words == null) { return; }
    var old = entry_at(words, told->old_slot);
    if (exists(old) && old->first == told->after.first && old->size == told->after.size) {
      take_away(told->old_sector, told->old_slot);
    }
  }

  // Whether an entry is what a torn write leaves: some first words new and the others old.
  function is_between(before: * entry, now: * entry, after: * entry): bool {
    var old = <unsafe * byte>before;
    var found = <unsafe * byte>now;
    var new_words = <unsafe * byte>after;
    var i = 0;
    while (i < sizeof entry && found[unsafe i] == new_words[unsafe i]) { i = i + 1; }
    while (i < sizeof entry && found[unsafe i] == old[unsafe i]) { i = i + 1; }
    return i == sizeof entry;
  }

  // --- directories -------------------------------------------------------------------------------

  // An entry and where it stands; `sector` 0 if there is none. The root has no entry: it is found
  // with a `sector` of 0, its own first sector and the flag DIRECTORY.
  type place = struct {
    found: bool; sector: byte; slot: byte;
    parent: byte;  // first sector of the directory it is in, or would be in; 0 if that is missing
    first: byte; size: byte; flags: byte;
  };

  function is_directory(at: place): bool {
    return at.found && (at.flags & DIRECTORY) != 0;
  }

  // How many sectors a file or directory takes: a file those that its size needs.
  function sectors_of(at: place): byte {
    if (is_directory(at)) { return fat::length(at.first); }
    return at.size / SECTOR_OCTETS + (at.size % SECTOR_OCTETS ? 1 : 0);
  }

  function exists(e: * entry): bool {
    return (e->flags & (USED | DELETED)) == USED;
  }

  function same_name(e: * entry, name: string): bool {
    if (len name > limits::NAME) { return false; }
    for (var i = 0; i < len name; i = i + 1) {
      if (e->name[i] != name[i]) { return false; }
    }
    return len name == limits::NAME || e->name[len name] == 0;
  }

  function place_of(sector: byte, slot: byte, parent: byte, e: * entry): place {
    return place {
      found = true, sector = sector, slot = slot, parent = parent,
      first = fat::is_data(e->first) ? e->first : 0, size = e->size, flags = e->flags
    };
  }

  // Look for a name in the directory whose chain begins at `parent`. A long one gets an index.
  function search(parent: byte, name: string): place {
    var hash = names::hash_of(parent, name);
    var known = names::recall(parent, name, hash);
    if (known.found) { return known; }
    var list = names::index_of(parent);
    var sectors = 0;
    for (var w = fat::begin(parent); w.sector != 0 && list == null; fat::advance(&w)) {
      var words = block::get(w.sector);
      for (var slot = 0; slot < ENTRIES && words != null; slot = slot + 1) {
        var e = entry_at(words, slot);
        if (exists(e) && same_name(e, name)) {
          names::remember(parent, hash, w.sector, slot);
          return place_of(w.sector, slot, parent, e);
        }
      }
      sectors = sectors + 1;
      if (sectors == limits::SHORT_DIRECTORY) { list = names::make(parent); }
    }
    return list == null ? place { parent = parent } : names::look_up(list, name, hash);
  }

  // Follow a path, which is components each behind a '/', as `path::join` makes them.
  function walk(components: string): place {
    var at = place { found = true, first = disk.root, flags = DIRECTORY };
    var from = 0;
    while (from < len components) {
      if (!is_directory(at)) { return place { }; }
      var to = from + 1;
      while (to < len components && components[to] != '/') { to = to + 1; }
      at = search(at.first, components[from + 1:to]);
      from = to;
    }
    return at;
  }

  function entry_of(name: string, like: place): entry {
    var made = entry { flags = like.flags, first = like.first, size = like.size };
    for (var i = 0; i < len name; i = i + 1) { made.name[i] = name[i]; }
    return made;
  }

  // A slot of a directory that holds nothing; the directory grows if need be. `found` false if it
  // cannot.
  function free_slot(parent: byte): place {
    var last = 0;
    var list = names::index_of(parent);
    var w = list == null ? fat::begin(parent) : list->way;
    while (w.sector != 0) {
      var words = block::get(w.sector);
      if (words == null) { return place { }; }
      if (list != null) { list->way = w; }
      for (var slot = 0; slot < ENTRIES; slot = slot + 1) {
        if (!exists(entry_at(words, slot))) {
          return place { found = true, sector = w.sector, slot = slot, parent = parent };
        }
      }
      last = w.sector;
      fat::advance(&w);
    }
    if (last == 0) { return place { }; }
    var grown = make_sector();
    if (grown == 0) { return place { }; }
    var end = fat::get(last);
    fat::set(last, grown);
    if (!fat::flush()) {
      fat::set(last, end);
      return place { };
    }
    return place { found = true, sector = grown, slot = 0, parent = parent };
  }

  // An empty sector of a directory, on the disk and in the table; 0 if there is none.
  function make_sector(): byte {
    var sector = fat::allocate();
    if (sector == 0) { return 0; }
    var empty: byte[machine::SECTOR_WORDS];
    if (!block::write(sector, 1, &empty[0]) || !fat::flush()) {
      fat::discard(sector);
      return 0;
    }
    return sector;
  }

  // Add an entry to a directory; where it stands, or `found` false. The chain that `like` begins must
  // be on the disk already; `from` is where the entry was until now, if anywhere.
  function add_entry(parent: place, name: string, like: place, from: place): place {
    var at = free_slot(parent.first);
    if (!at.found) { return at; }
    var fresh = entry_of(name, like);
    names::add(parent.first, name, at.sector, at.slot);
    if (!put_entry(at.sector, at.slot, &fresh, from)) { return place { }; }
    count(parent, 1);
    at.first = like.first;
    at.size = like.size;
    at.flags = like.flags;
    return at;
  }

  // Change flags, first sector and size of an entry that exists. False says that it is as before.
  function update_entry(sector: byte, slot: byte, flags: byte, first: byte, size: byte): bool {
    var words = block::get(sector);
    if (words == null) { return false; }
    var fresh = *entry_at(words, slot);
    fresh.flags = flags;
    fresh.first = first;
    fresh.size = size;
    return put_entry(sector, slot, &fresh, place { });
  }

  // Whether a directory has no entries.
  function is_empty(first: byte): bool {
    for (var w = fat::begin(first); w.sector != 0; fat::advance(&w)) {
      var words = block::get(w.sector);
      if (words == null) { return false; }
      for (var slot = 0; slot < ENTRIES; slot = slot + 1) {
        if (exists(entry_at(words, slot))) { return false; }
      }
    }
    return true;
  }

  // So many entries more in a directory, in its own entry: a hint for people, so it comes last and
  // may be wrong after a crash.
  function count(directory: place, more: byte): void {
    if (directory.sector == 0 || !counts_entries()) { return; }
    var words = block::get(directory.sector);
    if (words == null) { return; }
    var e = entry_at(words, directory.slot);
    if (e->size + more > limits::ENTRIES_MOST) { return; }  // below 0: it was wrong before
    e->size = e->size + more;
    if (!block::put(directory.sector)) { fail(); }
  }

  // --- open nodes --------------------------------------------------------------------------------

  function find_node(sector: byte, slot: byte): * node {
    for (var n = nodes; n != null; n = n->next) {
      if (!n->gone && n->sector == sector && n->slot == slot) { return n; }
    }
    return null;
  }

  // The node of a place that exists. `spare` becomes it, or is deleted if there is one.
  function open_node(at: place, spare: * node): * node {
    var n = find_node(at.sector, at.slot);  // the root, which has no entry, is found as sector 0
    if (n != null) {
      delete spare;
      n->opens = n->opens + 1;
      return n;
    }
    *spare = node {
      next = nodes, sector = at.sector, slot = at.slot,
      first = at.first, size = at.size, flags = at.flags, opens = 1
    };
    nodes = spare;
    return spare;
  }

  function close_node(n: * node): void {
    n->opens = n->opens - 1;
    if (n->opens != 0) { return; }
    std::ilist::remove(&nodes, n);
    if (n->gone) { fat::discard(n->first); }
    delete n;
  }

  // The entry at a place no longer leads to this chain: free it, now or when its last user closes.
  function abandon(sector: byte, slot: byte, first: byte): void {
    var n = find_node(sector, slot);
    if (n != null) {
      n->gone = true;
      return;
    }
    fat::discard(first);
  }

  // --- names -------------------------------------------------------------------------------------

  // Position of the last '/': where the last component of a path begins.
  function last_component(components: string): byte {
    var at = len components;
    while (at != 0) {
      at = at - 1;
      if (components[at] == '/') { return at; }
    }
    return 0;
  }

  function parent_of(components: string): string {
    return components[:last_component(components)];
  }

  function name_of(components: string): string {
    if (len components == 0) { return components; }
    return components[last_component(components) + 1:];
  }

  // The directory that a new entry of this path would be in; `found` false if there cannot be one.
  function parent_for(components: string): place {
    if (!path::is_name(name_of(components))) { return place { }; }
    var parent = walk(parent_of(components));
    return is_directory(parent) ? parent : place { };
  }

  // Make an entry with a path that does not exist yet; `found` false if that fails.
  function make(components: string, flags: byte, first: byte): place {
    var parent = parent_for(components);
    if (!parent.found) { return parent; }
    return add_entry(parent, name_of(components), place { flags = flags, first = first }, place { });
  }

  // An empty file; fine if there is a file of that name.
  function create(components: string): bool {
    var at = walk(components);
    if (at.found) { return !is_directory(at); }
    return make(components, USED, 0).found && block::settled();
  }

  function make_directory(components: string): bool {
    if (walk(components).found || !parent_for(components).found) { return false; }
    var first = make_sector();
    if (first == 0) { return false; }
    if (!make(components, USED | DIRECTORY, first).found) {
      fat::discard(first);
      return false;
    }
    return block::settled();
  }

  // Remove a file or an empty directory.
  function destroy(components: string): bool {
    var at = walk(components);
    if (!at.found || at.sector == 0) { return false; }
    if (is_directory(at) && (!is_empty(at.first) || find_node(at.sector, at.slot) != null)) {
      return false;
    }
    if (!update_entry(at.sector, at.slot, DELETED, 0, 0)) { return false; }
    names::freed(at.parent);
    if (is_directory(at)) { names::forget(at.first); }
    abandon(at.sector, at.slot, at.first);
    count(walk(parent_of(components)), -1);
    return block::settled();
  }

  // Give a file or directory another name; a file of the new name is replaced.
  function rename(old: string, new_name: string): bool {
    var from = walk(old);
    if (!from.found || from.sector == 0 || is_below(new_name, old)) { return false; }
    var parent = parent_for(new_name);
    if (!parent.found) { return false; }
    var to = walk(new_name);
    if (to.found && to.sector == from.sector && to.slot == from.slot) { return true; }
    if (to.found && (is_directory(to) || is_directory(from))) { return false; }
    if (!to.found && from.parent == parent.first) {
      var changed = entry_of(name_of(new_name), from);
      names::add(from.parent, name_of(new_name), from.sector, from.slot);
      return put_entry(from.sector, from.slot, &changed, place { }) && block::settled();
    }
    if (to.found) {
      if (!replace(from, to, name_of(new_name))) { return false; }
    } else {
      to = add_entry(parent, name_of(new_name), from, from);
      if (!to.found) { return false; }
      move_node(from, to);
    }
    names::freed(from.parent);
    count(walk(parent_of(old)), -1);
    return block::settled();
  }

  // Let the entry of a file lead to another file, whose own entry goes.
  function replace(from: place, to: place, name: string): bool {
    var replaced = find_node(to.sector, to.slot);
    var changed = entry_of(name, from);
    if (!put_entry(to.sector, to.slot, &changed, from)) { return false; }
    if (replaced != null) { replaced->gone = true; }
    move_node(from, to);
    if (replaced == null) { fat::discard(to.first); }
    return true;
  }

  function move_node(from: place, to: place): void {
    var n = find_node(from.sector, from.slot);
    if (n != null) {
      n->sector = to.sector;
      n->slot = to.slot;
    }
  }

  // Whether a path is another or lies below it.
  function is_below(inner: string, outer: string): bool {
    return std::str::starts_with(inner, outer)
        && (len inner == len outer || inner[len outer] == '/') && len inner > len outer;
  }

  // --- the end -----------------------------------------------------------------------------------

  // All that was written is on the disk, and the count of free sectors is right. False if the disk
  // fails; writers whose contents could not be kept know that themselves.
  function sync(): bool {
    file::commit_all();
    var good = fat::flush();
    if (disk.free != fat::free_sectors) {
      disk.free = fat::free_sectors;
      good = write_superblock() && good;
    }
    return block::settled() && good;
  }

  // The machine is about to stop: leave the disk marked as in order, if it is.
  function stop(): void {
    if (!sync() || !is_sound || nodes != null || disk.clean != 0) { return; }
    disk.last = record { };
    if (counts_entries()) { disk.clean = CLEAN + disk.free; }  // Quinix's disks stay as it has them
    write_superblock();
  }
}
