// fs.qll: QFS, the file system: directories, allocation, and what makes it safe against crashes.
//
// Owns:        the allocation table `fat` (all of it, in memory) and the list of open nodes.
// Invariants:  on the disk, at every moment: each entry's chain is whole, for as many sectors as its
//              size needs. What a crash can leave is chains that no entry reaches, a wrong count,
//              or both names of a rename; `mount` mends them.
// Interrupts:  call masked.
// Sleeps:      never; see block.qll.
// Units:       sectors of 128 words; sizes of files in octets.
//
// The order of writes that gives the invariant, `barrier` between the steps:
//   1. contents of new sectors, and their chain in the table;
//   2. for more of an existing file: the link from its old last sector;
//   3. the directory entry: one sector, so it is there or not;
//   4. the table again, where sectors became free.
// A file that is replaced gets a new chain; its entry changes in step 3 from the old to the new.

namespace fs {
  .constant global MAGIC: byte = 0x51465332;
  .constant global VERSION: byte = 2;
  .constant global SECTOR_OCTETS: byte = 512;

  .constant global FREE: byte = 0;
  .constant global END: byte = 0xFFFFFFFF;
  .constant global RESERVED: byte = 0xFFFFFFFE;

  .constant global USED: byte = 1;
  .constant global DIRECTORY: byte = 2;
  .constant global EXECUTABLE: byte = 4;
  .constant global DELETED: byte = 0x80;

  .constant global ENTRIES: byte = 4;  // in a sector

  type superblock = struct {
    magic: byte; version: byte; sector_words: byte; total: byte;
    fat_first: byte; fat_sectors: byte; root: byte; data_first: byte; free: byte;
  };

  // A directory entry as it is on the disk.
  type entry = struct {
    flags: byte; first: byte; size: byte;
    moves: byte;  // how often it was renamed: of two names for one file, the higher is the newer
    name: byte[24]; unused: byte[4];
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
  global fat: * byte = null;
  global fat_dirty: byte[] = null;  // a flag a sector of the table
  global free_sectors: byte = 0;
  global cursor: byte = 0;          // where the search for a free sector goes on
  global nodes: * node = null;

  // --- mounting ----------------------------------------------------------------------------------

  // Read the superblock and the table, and mend what a crash left. Returns what is wrong, or null.
  function mount(): string {
    var first = block::get(0);
    if (first == null) { return "the disk cannot be read"; }
    disk = *(<unsafe * superblock>first);
    if (disk.magic != MAGIC) { return "the disk holds no QFS"; }
    if (disk.version != VERSION || disk.sector_words != machine::SECTOR_WORDS) {
      return "the disk holds a QFS of another kind";
    }
    if (disk.total > block::sectors || disk.fat_first == 0 || disk.fat_first >= disk.total
        || disk.fat_sectors >= disk.total
        || disk.fat_sectors < (disk.total - 1) / machine::SECTOR_WORDS + 1
        || disk.data_first < disk.fat_first + disk.fat_sectors || disk.root < disk.data_first
        || disk.root >= disk.total) {
      return "the superblock is damaged";
    }
    disk.fat_sectors = (disk.total - 1) / machine::SECTOR_WORDS + 1;  // what we need of it
    var words = disk.fat_sectors * machine::SECTOR_WORDS;
    fat = <unsafe * byte>memory::take(words);
    fat_dirty = new byte[disk.fat_sectors];
    if (fat == null || !fat_dirty) { return "no memory for the allocation table"; }
    if (!block::read(disk.fat_first, disk.fat_sectors, fat)) {
      return "the allocation table cannot be read";
    }
    cursor = disk.data_first;
    return check::run();
  }

  // --- the allocation table ----------------------------------------------------------------------

  function set_fat(sector: byte, value: byte): void {
    fat[unsafe sector] = value;
    fat_dirty[sector / machine::SECTOR_WORDS] = 1;
  }

  // Write the changed parts of the table, and wait until they are safe.
  function write_fat(): bool {
    var good = true;
    for (var i = 0; i < len fat_dirty; i = i + 1) {
      if (fat_dirty[i]) {
        if (block::write(disk.fat_first + i, 1, &fat[unsafe i * machine::SECTOR_WORDS])) {
          fat_dirty[i] = 0;
        } else {
          good = false;
        }
      }
    }
    return block::barrier() && good;
  }

  function is_dirty(): bool {
    for (var i = 0; i < len fat_dirty; i = i + 1) {
      if (fat_dirty[i]) { return true; }
    }
    return false;
  }

  function is_data(sector: byte): bool {
    return sector >= disk.data_first && sector < disk.total;
  }

  // The sector behind another in its chain, 0 at the end; damage ends a chain, too.
  function following(sector: byte): byte {
    var next = fat[unsafe sector];
    return is_data(next) ? next : 0;
  }

  // A free sector, made the end of a chain of its own; 0 if the disk is full.
  function allocate(): byte {
    if (free_sectors == 0) { return 0; }
    for (var tries = disk.total; tries != 0; tries = tries - 1) {
      var sector = cursor;
      cursor = cursor + 1 == disk.total ? disk.data_first : cursor + 1;
      if (fat[unsafe sector] == FREE) {
        set_fat(sector, END);
        free_sectors = free_sectors - 1;
        return sector;
      }
    }
    return 0;
  }

  // Free a chain, in memory; `write_fat` makes it so on the disk.
  function release(first: byte): void {
    var sector = first;
    while (sector != 0 && fat[unsafe sector] != FREE) {
      var next = following(sector);
      set_fat(sector, FREE);
      free_sectors = free_sectors + 1;
      sector = next;
    }
  }

  // --- directories -------------------------------------------------------------------------------

  // An entry and where it stands; `sector` 0 if there is none. The root has no entry: it is found
  // with a `sector` of 0, its own first sector and the flag DIRECTORY.
  type place = struct {
    found: bool; sector: byte; slot: byte;
    parent: byte;  // first sector of the directory it is in, or would be in; 0 if that is missing
    first: byte; size: byte; flags: byte; moves: byte;
  };

  function is_directory(at: place): bool {
    return at.found && (at.flags & DIRECTORY) != 0;
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

  // Look for a name in the directory whose chain begins at `parent`.
  function search(parent: byte, name: string): place {
    for (var sector = parent; sector != 0; sector = following(sector)) {
      var words = block::get(sector);
      if (words != null) {
        var table = <unsafe * entry>words;
        for (var slot = 0; slot < ENTRIES; slot = slot + 1) {
          var e = &table[unsafe slot];
          if (exists(e) && same_name(e, name)) {
            return place {
              found = true, sector = sector, slot = slot, parent = parent,
              first = e->first, size = e->size, flags = e->flags, moves = e->moves
            };
          }
        }
      }
    }
    return place { parent = parent };
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

  // Fill an entry's words with what `like` has of a place; the caller writes its sector.
  function fill_entry(e: * entry, name: string, like: place): void {
    *e = entry { flags = like.flags, first = like.first, size = like.size, moves = like.moves };
    for (var i = 0; i < len name; i = i + 1) { e->name[i] = name[i]; }
  }

  // Add an entry to a directory, which grows if need be; where it stands, or `found` false.
  // The chain that `like` begins must be on the disk already.
  function add_entry(parent: byte, name: string, like: place): place {
    var last = parent;
    for (var sector = parent; sector != 0; sector = following(sector)) {
      var words = block::get(sector);
      if (words == null) { return place { }; }
      var table = <unsafe * entry>words;
      for (var slot = 0; slot < ENTRIES; slot = slot + 1) {
        if (!exists(&table[unsafe slot])) {
          fill_entry(&table[unsafe slot], name, like);
          if (!block::put(sector)) { return place { }; }
          block::barrier();
          return place { found = true, sector = sector, slot = slot, parent = parent };
        }
      }
      last = sector;
    }
    // A new sector, complete with the entry, before the link that makes it part of the directory.
    var grown = allocate();
    if (grown == 0) { return place { }; }
    var fresh: byte[128];
    fill_entry(<unsafe * entry>&fresh[0], name, like);
    if (!block::write(grown, 1, &fresh[0]) || !write_fat()) {
      release(grown);
      return place { };
    }
    set_fat(last, grown);
    if (!write_fat()) {
      set_fat(last, END);
      return place { };
    }
    return place { found = true, sector = grown, slot = 0, parent = parent };
  }

  // Change flags, first sector and size of an entry that exists; one sector write. False says that
  // the entry is as before. A flush that fails does not: the disk has the new entry.
  function update_entry(sector: byte, slot: byte, flags: byte, first: byte, size: byte): bool {
    var words = block::get(sector);
    if (words == null) { return false; }
    var e = <unsafe * entry>&words[unsafe slot * sizeof entry];
    e->flags = flags;
    e->first = first;
    e->size = size;
    if (!block::put(sector)) { return false; }
    block::barrier();
    return true;
  }

  // Whether a directory has no entries.
  function is_empty(first: byte): bool {
    for (var sector = first; sector != 0; sector = following(sector)) {
      var words = block::get(sector);
      if (words == null) { return false; }
      var table = <unsafe * entry>words;
      for (var slot = 0; slot < ENTRIES; slot = slot + 1) {
        if (exists(&table[unsafe slot])) { return false; }
      }
    }
    return true;
  }

  // Bring the count of entries in a directory's own entry up to date: a hint for people, so it comes
  // last and may be wrong after a crash.
  function count_entries(components: string): void {
    var directory = walk(components);
    if (!directory.found || directory.sector == 0) { return; }
    var count = 0;
    for (var sector = directory.first; sector != 0; sector = following(sector)) {
      var words = block::get(sector);
      if (words == null) { return; }
      var table = <unsafe * entry>words;
      for (var slot = 0; slot < ENTRIES; slot = slot + 1) {
        if (exists(&table[unsafe slot])) { count = count + 1; }
      }
    }
    if (count != directory.size) {
      update_entry(directory.sector, directory.slot, directory.flags, directory.first, count);
    }
  }

  // --- open nodes --------------------------------------------------------------------------------

  function find_node(sector: byte, slot: byte): * node {
    for (var n = nodes; n != null; n = n->next) {
      if (!n->gone && n->sector == sector && n->slot == slot) { return n; }
    }
    return null;
  }

  // The node of a place that exists; null if the heap is full.
  function open_node(at: place): * node {
    var n = find_node(at.sector, at.slot);  // the root, which has no entry, is found as sector 0
    if (n != null) {
      n->opens = n->opens + 1;
      return n;
    }
    n = new node;
    if (n == null) { return null; }
    *n = node {
      next = nodes, sector = at.sector, slot = at.slot,
      first = at.first, size = at.size, flags = at.flags, opens = 1
    };
    nodes = n;
    return n;
  }

  function close_node(n: * node): void {
    n->opens = n->opens - 1;
    if (n->opens != 0) { return; }
    std::ilist::remove(&nodes, n);
    if (n->gone && n->first != 0) {
      release(n->first);
      write_fat();
    }
    delete n;
  }

  // The entry at a place no longer leads to this chain: free it, now or when its last user closes.
  function abandon(sector: byte, slot: byte, first: byte): void {
    var n = find_node(sector, slot);
    if (n != null) {
      n->gone = true;
      return;
    }
    release(first);
    write_fat();
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

  // Make an entry with a path that does not exist yet; `found` false if that fails.
  function make(components: string, flags: byte, first: byte): place {
    if (len components == 0) { return place { }; }
    var name = name_of(components);
    var parent = walk(parent_of(components));
    if (!is_directory(parent) || len name > limits::NAME) {
      return place { };
    }
    var made = add_entry(parent.first, name, place { flags = flags, first = first });
    if (made.found) {
      made.first = first;
      made.flags = flags;
      count_entries(parent_of(components));
    }
    return made;
  }

  // An empty file; fine if there is a file of that name.
  function create(components: string): bool {
    var at = walk(components);
    if (at.found) { return !is_directory(at); }
    return make(components, USED, 0).found;
  }

  function make_directory(components: string): bool {
    if (walk(components).found) { return false; }
    var parent = walk(parent_of(components));
    if (!is_directory(parent)) { return false; }
    var first = allocate();
    if (first == 0) { return false; }
    var empty: byte[128];
    if (!block::write(first, 1, &empty[0]) || !write_fat()
        || !make(components, USED | DIRECTORY, first).found) {
      // The disk may have taken the entry and failed after that: then the sector is not free.
      if (!walk(components).found) {
        release(first);
        write_fat();
      }
      return false;
    }
    return true;
  }

  // Remove a file or an empty directory.
  function destroy(components: string): bool {
    var at = walk(components);
    if (!at.found || at.sector == 0) { return false; }
    if (is_directory(at) && (!is_empty(at.first) || find_node(at.sector, at.slot) != null)) {
      return false;
    }
    if (!update_entry(at.sector, at.slot, DELETED, 0, 0)) { return false; }
    abandon(at.sector, at.slot, at.first);
    count_entries(parent_of(components));
    return true;
  }

  // Give a file or directory another name; a file of the new name is replaced. At each moment one
  // name leads to it, or both: then `moves` tells which is the newer, and mounting drops the other.
  function rename(old: string, new_name: string): bool {
    var from = walk(old);
    if (!from.found || from.sector == 0 || len new_name == 0) { return false; }
    if (len name_of(new_name) > limits::NAME || is_below(new_name, old)) { return false; }
    var parent = walk(parent_of(new_name));
    if (!is_directory(parent)) { return false; }
    var to = walk(new_name);
    from.moves = from.moves + 1;
    if (to.found) {
      if (to.sector == from.sector && to.slot == from.slot) { return true; }
      if (is_directory(to) || is_directory(from) || !replace(from, to, name_of(new_name))) {
        return false;
      }
    } else {
      if (from.parent == parent.first) { return rewrite_entry(from, name_of(new_name), from); }
      to = add_entry(parent.first, name_of(new_name), from);
      if (!to.found) { return false; }
      move_node(from, to);
      update_entry(from.sector, from.slot, DELETED, 0, 0);
    }
    count_entries(parent_of(old));
    count_entries(parent_of(new_name));
    return true;
  }

  // Let the entry of a file lead to another file, whose own entry goes.
  function replace(from: place, to: place, name: string): bool {
    var replaced = find_node(to.sector, to.slot);
    if (!rewrite_entry(to, name, from)) { return false; }
    if (replaced != null) { replaced->gone = true; }
    move_node(from, to);
    update_entry(from.sector, from.slot, DELETED, 0, 0);
    if (replaced == null) {
      release(to.first);
      write_fat();
    }
    return true;
  }

  // A whole entry anew: one sector write, so within a directory a rename has no in-between.
  function rewrite_entry(at: place, name: string, like: place): bool {
    var words = block::get(at.sector);
    if (words == null) { return false; }
    fill_entry(<unsafe * entry>&words[unsafe at.slot * sizeof entry], name, like);
    if (!block::put(at.sector)) { return false; }
    block::barrier();
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

  // Everything that was written is on the disk, and the count of free sectors is right.
  function sync(): bool {
    var good = file::commit_all();
    var words = block::get(0);
    if (words == null) { return false; }
    var kept = <unsafe * superblock>words;
    if (kept->free != free_sectors) {
      kept->free = free_sectors;
      good = block::put(0) && good;
    }
    return block::barrier() && good;
  }
}
