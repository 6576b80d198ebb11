// texts.qll: texts that grow, and how much memory all of them may take.
//
// What a person or a script can make large goes through here, so that the shell itself never runs out:
// whoever finds `is_full` gives up what it was doing.

namespace texts {
  .constant global FIRST: byte = 16;         // capacity of a new one

  global most: byte = 0x20000;               // words of all texts together: a part of the heap
  global held: byte = 0;
  global is_full: bool = false;              // something did not fit; cleared by whoever tells it

  // An empty text. It is to be dropped.
  function make(): string {
    var made = new byte[FIRST];
    len made = 0;
    held = held + FIRST;
    if (held > most) { is_full = true; }
    return made;
  }

  function drop(t: string): void {
    if (!t) { return; }
    held = held - cap t;
    delete t;
  }

  function add(t: * string, c: byte): void {
    if (len *t == cap *t && !_grow(t)) { return; }
    var at = len *t;
    len *t = at + 1;
    (*t)[at] = c;
  }

  function _grow(t: * string): bool {
    var old = *t;
    if (held + cap old * 2 > most) {
      is_full = true;
      return false;
    }
    var bigger = new byte[cap old * 2];
    len bigger = len old;
    for (var i = 0; i < len old; i = i + 1) { bigger[i] = old[i]; }
    *t = bigger;
    held = held + cap old;
    delete old;
    return true;
  }

  function append(t: * string, more: string): void {
    for (var i = 0; i < len more; i = i + 1) { add(t, more[i]); }
  }

  function append_number(t: * string, number: byte): void {
    var digits: byte[12];
    append(t, std::str::utoa(number, digits, 10));
  }

  function copy(from: string): string {
    var made = make();
    append(&made, from);
    return made;
  }

  // A list of texts, with all of them.
  function drop_all(list: string[]): void {
    for (var i = 0; i < len list; i = i + 1) { drop(list[i]); }
    delete list;
  }

  // How two texts are ordered: 0 if they are equal, 1 if the first comes later, else 2.
  function compare(a: string, b: string): byte {
    for (var i = 0; i < len a && i < len b; i = i + 1) {
      if (a[i] != b[i]) { return a[i] > b[i] ? 1 : 2; }
    }
    return len a == len b ? 0 : len a > len b ? 1 : 2;
  }

  function sort(list: string[]): void {
    for (var i = 1; i < len list; i = i + 1) {
      var moving = list[i];
      var at = i;
      while (at != 0 && compare(list[at - 1], moving) == 1) {
        list[at] = list[at - 1];
        at = at - 1;
      }
      list[at] = moving;
    }
  }
}
