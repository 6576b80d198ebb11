// files.qll: the names of files that a pattern stands for.

namespace files {
  using patterns;

  .constant global MOST: byte = 2000;    // names that one pattern may stand for

  // Add all paths that a pattern stands for to a list, in order. How many there are; FAILED if there
  // are too many.
  function find(pattern: string, list: * string[]): byte {
    var found = std::vector::create<string>(8);
    var start = texts::make();
    walk(pattern, 0, start, &found);
    texts::drop(start);
    texts::sort(found);
    var count = len found;
    for (var i = 0; i < count; i = i + 1) { std::vector::add(list, found[i]); }
    delete found;
    return count < MOST && !texts::is_full ? count : os::FAILED;
  }

  // From a position of the pattern on, behind the path that was found up to there.
  function walk(pattern: string, at: byte, path: string, found: * string[]): void {
    var begin = at;
    while (begin < len pattern && (pattern[begin] & CODE) == '/') { begin = begin + 1; }
    var end = begin;
    while (end < len pattern && (pattern[end] & CODE) != '/') { end = end + 1; }
    var base = texts::copy(path);
    for (var i = at; i < begin; i = i + 1) { texts::add(&base, '/'); }
    var part = pattern[begin:end];
    if (begin == len pattern) {
      if (os::is_directory(base)) { std::vector::add(found, texts::copy(base)); }
    } else if (!is_pattern(part)) {
      for (var i = 0; i < len part; i = i + 1) { texts::add(&base, part[i] & CODE); }
      go_on(pattern, end, base, found);
    } else {
      search(pattern, end, part, base, found);
    }
    texts::drop(base);
  }

  function go_on(pattern: string, at: byte, path: string, found: * string[]): void {
    var told: os::status;
    if (len *found >= MOST || os::stat(path, &told.flags) != 0) { return; }
    if (at == len pattern) {
      std::vector::add(found, texts::copy(path));
    } else if ((told.flags & os::DIRECTORY) != 0) {
      walk(pattern, at, path, found);
    }
  }

  // All names in a directory that a part of the pattern stands for. A `.` at the beginning of a name
  // is to be asked for.
  function search(pattern: string, at: byte, part: string, base: string,
                  found: * string[]): void {
    var here: string = ".";
    var handle = os::open(len base == 0 ? here : base, os::READING);
    if (handle == os::FAILED) { return; }
    var names = std::vector::create<string>(8);
    var each: os::listed;
    while (os::read_directory(handle, &each.flags) == 1 && len names < MOST) {
      var name = os::name_of(each.name);
      if ((name[0] != '.' || (part[0] & CODE) == '.') && matches(part, name)) {
        std::vector::add(&names, texts::copy(name));
      }
    }
    os::close(handle);
    for (var i = 0; i < len names; i = i + 1) {
      var path = texts::copy(base);
      texts::append(&path, names[i]);
      go_on(pattern, at, path, found);
      texts::drop(path);
    }
    texts::drop_all(names);
  }
}
