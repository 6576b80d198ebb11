// find [DIR...] [-name PATTERN] [-type f|d]: say the paths of what is in directories, and in those in
// them; whose name a pattern stands for; files or directories only.

global pattern: string = null;
global kind: byte = 0;                 // 'f', 'd', or 0 for both

function is_wanted(path: string, flags: byte): bool {
  var is_directory = (flags & os::DIRECTORY) != 0;
  if (kind != 0 && is_directory != (kind == 'd')) { return false; }
  return !pattern || patterns::matches(pattern, os::last_part(path));
}

// A path and all within it: what is deeper than handles or memory allow is refused, and told.
function search(path: string, flags: byte): byte {
  if (is_wanted(path, flags)) { os::say_line(path); }
  if ((flags & os::DIRECTORY) == 0) { return 0; }
  var handle = os::open(path, os::READING);
  if (handle == os::FAILED) { return os::complain("find", "cannot open", path); }
  var names = std::vector::create<string>(8);
  var kinds = std::vector::create<byte>(8);
  var each: os::listed;
  while (os::read_directory(handle, &each.flags) == 1) {
    std::vector::add(&names, os::joined(path, os::name_of(each.name)));
    std::vector::add(&kinds, each.flags);
  }
  os::close(handle);
  var status = 0;
  for (var i = 0; i < len names; i = i + 1) {
    if (search(names[i], kinds[i]) != 0) { status = 1; }
    delete names[i];
  }
  delete names;
  delete kinds;
  return status;
}

function main(text: string): byte {
  var usage = "find [DIR...] [-name PATTERN] [-type f|d]";
  var words = os::arguments(text);
  var roots = std::vector::create<string>(4);
  for (var i = 0; i < len words; i = i + 1) {
    var word = words[i];
    var value: string = "";
    if (i + 1 < len words) { value = words[i + 1]; }
    if (std::str::equal(word, "--help")) {
      os::say("usage: ");
      os::say_line(usage);
      return 0;
    } else if (std::str::equal(word, "-name") && len value != 0) {
      pattern = value;
      i = i + 1;
    } else if (std::str::equal(word, "-type") && (std::str::equal(value, "f") || std::str::equal(value, "d"))) {
      kind = value[0];
      i = i + 1;
    } else if (len word > 1 && word[0] == '-') {
      os::complain("find", "there is no option", word);
      return os::misused(usage);
    } else {
      std::vector::add(&roots, word);
    }
  }
  if (len roots == 0) { std::vector::add<string>(&roots, "."); }
  var status = 0;
  for (var i = 0; i < len roots; i = i + 1) {
    var told: os::status;
    if (os::stat(roots[i], &told.flags) != 0) {
      status = os::complain("find", "no such file", roots[i]);
    } else if (search(roots[i], told.flags) != 0) {
      status = 1;
    }
  }
  return status;
}
