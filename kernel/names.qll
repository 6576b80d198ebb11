// names.qll: where in its directory a name stands, so that a long directory is not walked for each.
//
// Owns:        `known_names`, and the indexes of the long directories that were searched last.
// Invariants:  an index has every entry of its directory, and some that were. So what is not in it is not
//              there; and what is in it is believed, like a known name, only as far as the entry there
//              has the name. Only the end of a directory, whose sectors may become others', makes it wrong.
//              All slots in front of an index's `way` are in use.
// Interrupts:  call masked.
// Sleeps:      never; see block.qll.

namespace names {
  // Where a name was found, in directories of any length.
  type known_name = struct { parent: byte; hash: byte; sector: byte; slot: byte; };

  // A name of an index: which sector and slot, or 0 for a free place in the table.
  type item = struct { hash: byte; where: byte; };

  // `items` is a table of a power of two, searched from where the hash leads to on.
  type index = struct {
    parent: byte;      // first sector of the directory, 0 for none
    items: * item; room: byte;
    count: byte;
    way: fat::way;     // to the first sector that may have a free slot
  };

  global known_names: * known_name = null;
  global indexes: index[limits::INDEXES] = [index { }; limits::INDEXES];
  global oldest: byte = 0;  // whose place the next one has

  // False if there is no memory.
  function start(): bool {
    known_names = <unsafe * known_name>memory::take(sizeof known_name * limits::KNOWN_NAMES);
    if (known_names == null) { return false; }
    forget_known();
    return true;
  }

  function forget_known(): void {
    support::fill(<unsafe * byte>known_names, 0, sizeof known_name * limits::KNOWN_NAMES);
  }

  function hash_of(parent: byte, name: string): byte {
    return support::hash(parent, <unsafe * byte>name, len name);
  }

  // A directory is no more: its sectors may become others'.
  function forget(parent: byte): void {
    forget_known();
    var list = index_of(parent);
    if (list != null) { drop(list); }
  }

  // --- what is known of a name -------------------------------------------------------------------

  // The place of a name in a directory, if the entry at this one has it.
  function at(sector: byte, slot: byte, parent: byte, name: string): fs::place {
    var words = block::get(sector);
    if (words != null) {
      var e = fs::entry_at(words, slot);
      if (fs::exists(e) && fs::same_name(e, name)) {
        return fs::place_of(sector, slot, parent, e);
      }
    }
    return fs::place { parent = parent };
  }

  function known_at(hash: byte): * known_name {
    return &known_names[unsafe hash & (limits::KNOWN_NAMES - 1)];
  }

  // Look for a name where it was found last; `found` false if it is not known, or not there any more.
  function recall(parent: byte, name: string, hash: byte): fs::place {
    var known = known_at(hash);
    if (known->parent != parent || known->hash != hash) { return fs::place { parent = parent }; }
    return at(known->sector, known->slot, parent, name);
  }

  function remember(parent: byte, hash: byte, sector: byte, slot: byte): void {
    *known_at(hash) = known_name { parent = parent, hash = hash, sector = sector, slot = slot };
  }

  // --- indexes -----------------------------------------------------------------------------------

  // The index of a directory, or null.
  function index_of(parent: byte): * index {
    for (var i = 0; i < limits::INDEXES; i = i + 1) {
      if (indexes[i].parent == parent && parent != 0) { return &indexes[i]; }
    }
    return null;
  }

  function words(list: * index): byte {
    return list->room * sizeof item;
  }

  function drop(list: * index): void {
    if (list->parent != 0) { memory::give(<unsafe byte>list->items, words(list)); }
    *list = index { };
  }

  // Memory is short: give back that of all indexes. False if there were none.
  function give_back(): bool {
    var any = false;
    for (var i = 0; i < limits::INDEXES; i = i + 1) {
      any = any || indexes[i].parent != 0;
      drop(&indexes[i]);
    }
    return any;
  }

  // Make an index of a directory; null if it would take much of the memory, or the disk fails.
  function make(parent: byte): * index {
    var room = 1;
    var most = fat::length(parent) * fs::ENTRIES;
    while (room < 2 * most) { room = room * 2; }
    if (room * sizeof item > memory::free_words / 8) { return null; }
    var memory = memory::take(room * sizeof item);
    if (memory == 0) { return null; }
    var list = &indexes[oldest];
    oldest = (oldest + 1) % limits::INDEXES;
    drop(list);
    *list = index { parent = parent, items = <unsafe * item>memory, room = room };
    support::fill(<unsafe * byte>memory, 0, words(list));
    if (fill(list)) { return list; }
    drop(list);
    return null;
  }

  function fill(list: * index): bool {
    var is_full = true;
    for (var w = fat::begin(list->parent); w.sector != 0; fat::advance(&w)) {
      var words = block::get(w.sector);
      if (words == null) { return false; }
      if (is_full) { list->way = w; }
      for (var slot = 0; slot < fs::ENTRIES; slot = slot + 1) {
        var e = fs::entry_at(words, slot);
        if (fs::exists(e)) {
          put(list, support::hash(list->parent, &e->name[0], limits::NAME), w.sector, slot);
        } else {
          is_full = false;
        }
      }
    }
    return true;
  }

  // Where the search for a hash begins. Names that differ in their last letters have hashes side by
  // side.
  function first_of(list: * index, hash: byte): byte {
    var mixed = hash * 0x9E3779B1;
    return mixed + (mixed >> 15) & list->room - 1;
  }

  // Add an item that the table has room for, unless it is there.
  function put(list: * index, hash: byte, sector: byte, slot: byte): void {
    var where = sector * fs::ENTRIES + slot;
    var last = list->room - 1;
    var i = first_of(list, hash);
    while (list->items[unsafe i].where != 0) {
      if (list->items[unsafe i].hash == hash && list->items[unsafe i].where == where) { return; }
      i = (i + 1) & last;
    }
    list->items[unsafe i] = item { hash = hash, where = where };
    list->count = list->count + 1;
  }

  function look_up(list: * index, name: string, hash: byte): fs::place {
    var last = list->room - 1;
    for (var i = first_of(list, hash); list->items[unsafe i].where != 0; i = (i + 1) & last) {
      if (list->items[unsafe i].hash == hash) {
        var where = list->items[unsafe i].where;
        var found = at(where / fs::ENTRIES, where % fs::ENTRIES, list->parent, name);
        if (found.found) { return found; }
      }
    }
    return fs::place { parent = list->parent };
  }

  // An entry is about to have a name, new or another one.
  function add(parent: byte, name: string, sector: byte, slot: byte): void {
    var list = index_of(parent);
    if (list == null) { return; }
    if (list->count * 4 >= list->room * 3) {
      drop(list);  // many have gone: the next search makes it anew
      return;
    }
    put(list, hash_of(parent, name), sector, slot);
  }

  // A slot of a directory has become free.
  function freed(parent: byte): void {
    var list = index_of(parent);
    if (list != null) { list->way = fat::begin(parent); }
  }
}
