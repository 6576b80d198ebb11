// memory.qll: lists of words that grow, in memory that the kernel gives and nobody gives back.

namespace memory {
  .constant global MARGIN: byte = 0x6000;  // words that stay for stack, heap and other programs
  .constant global STEP: byte = 0x100;     // touching a word in so many makes all of them there

  type list = struct { words: * byte; count: byte; room: byte; };

  // So many words, zeros. Ends the program if there are none.
  function take(count: byte): * byte {
    if (count + MARGIN <= os::free_space(os::FREE_MEMORY)) {
      var start = os::grow(count);
      if (start != os::FAILED) {
        for (var at = start; at < start + count; at = at + STEP) { *<unsafe * byte>at = 0; }
        return <unsafe * byte>start;
      }
    }
    os::complain(program_name(), "the memory is full", "");
    os::exit(WRONG);
    return null;
  }

  // Room for so many words more.
  function reserve(l: * list, more: byte): void {
    if (l->count + more <= l->room) { return; }
    var room = std::math::max((l->count + more) * 2, 0x400);
    var words = take(room);
    for (var i = 0; i < l->count; i = i + 1) { words[unsafe i] = l->words[unsafe i]; }
    l->words = words;
    l->room = room;
  }

  function add(l: * list, word: byte): void {
    if (l->count == l->room) { reserve(l, 1); }
    l->words[unsafe l->count] = word;
    l->count = l->count + 1;
  }

  // Part of a list, or of any memory, as a text.
  function part(words: * byte, count: byte): string {
    var whole = std::slice<byte> { pointer = words, length = count, capacity = count };
    return *<* string>&whole;
  }
}

// Names and numbers that belong to them: the labels, and the constants.
namespace table {
  .constant global NONE: byte = 0xFFFFFFFF;
  .constant global FIRST_ROOM: byte = 0x400;  // a power of two

  // Each entry has `WIDTH` words: where the name is and its length, and what is known about it. `slots`
  // has an entry's number and 1, or 0, at a place that depends on the name.
  .constant global WIDTH: byte = 8;
  type entry = struct {
    name: * byte; length: byte;
    value: byte;
    is_good: bool;               // a constant has a value; a label is one of the data
    file: byte; line: byte;      // where it was defined first
    token: * byte; span: byte;
  };
  type table = struct { entries: memory::list; slots: * byte; room: byte; };

  function make(): table {
    return table { slots = memory::take(FIRST_ROOM), room = FIRST_ROOM };
  }

  function count(t: * table): byte { return t->entries.count / WIDTH; }

  function at(t: * table, index: byte): * entry {
    return <unsafe * entry>(<unsafe byte>t->entries.words + index * WIDTH);
  }

  function slot_of(t: * table, name: string): byte {
    var words = &name[0];
    var hash = len name;
    for (var i = 0; i < len name; i = i + 1) { hash = hash * 31 + words[unsafe i]; }
    hash = hash + (hash >> 15);
    var mask = t->room - 1;
    var slot = hash & mask;
    while (t->slots[unsafe slot] != 0) {
      var e = at(t, t->slots[unsafe slot] - 1);
      if (e->length == len name && is_same(e->name, words, len name)) { return slot; }
      slot = slot + 1 & mask;
    }
    return slot;
  }

  function is_same(a: * byte, b: * byte, count: byte): bool {
    for (var i = 0; i < count; i = i + 1) {
      if (a[unsafe i] != b[unsafe i]) { return false; }
    }
    return true;
  }

  // The entry of a name, or null.
  function find(t: * table, name: string): * entry {
    if (len name == 0) { return find_empty(t); }
    var number = t->slots[unsafe slot_of(t, name)];
    return number == 0 ? null : at(t, number - 1);
  }

  // A label in backquotes may have no character at all.
  function find_empty(t: * table): * entry {
    for (var i = 0; i < count(t); i = i + 1) {
      if (at(t, i)->length == 0) { return at(t, i); }
    }
    return null;
  }

  // Put in a name that is not there yet.
  function add(t: * table, name: string): * entry {
    if (count(t) * 2 >= t->room) { widen(t); }
    memory::reserve(&t->entries, WIDTH);
    t->entries.count = t->entries.count + WIDTH;
    var number = count(t);
    var e = at(t, number - 1);
    *e = entry { length = len name };
    if (len name != 0) {
      e->name = &name[0];
      t->slots[unsafe slot_of(t, name)] = number;
    }
    return e;
  }

  function widen(t: * table): void {
    t->room = t->room * 4;
    t->slots = memory::take(t->room);
    for (var i = 0; i < count(t); i = i + 1) {
      var e = at(t, i);
      if (e->length != 0) { t->slots[unsafe slot_of(t, memory::part(e->name, e->length))] = i + 1; }
    }
  }
}
