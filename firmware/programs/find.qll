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
  var mark = whole::mark();
  var names = whole::list(path);
  var status = 0;
  if (!names.is_whole) { status = os::complain("find", "cannot read, or too large", path); }
  for (var i = 0; i < names.count; i = i + 1) {
    var each = &names.first[unsafe i];
    var inner = os::joined(path, os::name_of(each->name));
    if (search(inner, each->flags) != 0) { status = 1; }
    delete inner;
  }
  whole::release(mark);
  return status;
}

function run(text: string): byte {
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

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
