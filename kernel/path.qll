// path.qll: names of files as components.
//
// Owns:        nothing.
// Interrupts:  any.
// Sleeps:      never.
//
// A joined path is components each behind a '/', without "." or "..": "/bin/ls", and "" for the
// root. ".." is resolved by the text alone: there are no links that could lead elsewhere.

namespace path {
  // A path as a process gave it, seen from its current directory, on the heap; null if the heap is
  // full. The caller deletes it. (An empty result still has a pointer, so it is not null.)
  function join(directory: string, given: string): string {
    var joined = new byte[len directory + len given + 1];
    if (!joined) { return null; }
    len joined = 0;
    if (len given == 0 || given[0] != '/') { append(&joined, directory); }
    var from = 0;
    while (from < len given) {
      var to = from;
      while (to < len given && given[to] != '/') { to = to + 1; }
      step(&joined, given[from:to]);
      from = to + 1;
    }
    return joined;
  }

  // Whether a file may have this name: 1 to 24 octets of UTF-8, one a word; "." and ".." cannot occur,
  // nor can '/' and 0.
  function is_name(name: string): bool {
    if (len name == 0 || len name > limits::NAME) { return false; }
    var at = 0;
    while (at < len name) {
      var size = character_at(name[at:]);
      if (size == 0) { return false; }
      at = at + size;
    }
    return true;
  }

  // How many octets of UTF-8 the first character has; 0 if it is none.
  function character_at(text: string): byte {
    var lead = text[0];
    if (lead < 0x80) { return 1; }
    var size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (lead < 0xC2 || lead > 0xF4 || size > len text) { return 0; }
    for (var i = 1; i < size; i = i + 1) {
      if (text[i] < 0x80 || text[i] > 0xBF) { return 0; }
    }
    // Longer than need be, surrogates, and what is behind the last character.
    var second = text[1];
    if (lead == 0xE0 && second < 0xA0) { return 0; }
    if (lead == 0xED && second > 0x9F) { return 0; }
    if (lead == 0xF0 && second < 0x90) { return 0; }
    if (lead == 0xF4 && second > 0x8F) { return 0; }
    return size;
  }

  function append(to: * byte[], text: string): void {
    var at = len *to;
    len *to = at + len text;
    for (var i = 0; i < len text; i = i + 1) { (*to)[at + i] = text[i]; }
  }

  // One more component.
  function step(joined: * byte[], component: string): void {
    if (len component == 0 || std::str::equal(component, ".")) { return; }
    if (std::str::equal(component, "..")) {
      len *joined = fs::last_component(*joined);
      return;
    }
    append(joined, "/");
    append(joined, component);
  }
}
