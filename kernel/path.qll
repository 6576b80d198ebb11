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
