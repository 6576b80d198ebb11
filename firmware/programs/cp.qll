// cp [-r] FILE... TO: copy a file to a name, or files into a directory; -r directories, with all in them.

// Copy one file; false after a complaint.
function copy_file(from: string, to: string): bool {
  var source = os::open_to_read("cp", from);
  if (source == os::FAILED) { return false; }
  var target = os::open(to, os::WRITING);
  var good = target != os::FAILED && os::pour(source, target);
  os::close(source);
  if (target == os::FAILED || os::close(target) != 0 || !good) {
    os::complain("cp", "cannot write", to);
    return false;
  }
  return true;
}

// A copy may not lie in what is copied: that would have no end.
function is_within(path: string, directory: string): bool {
  return std::str::starts_with(path, directory)
      && (len path == len directory || path[len directory] == '/'
          || directory[len directory - 1] == '/');
}

function copy(from: string, to: string): bool {
  if (!os::given('r') || !os::is_directory(from)) { return copy_file(from, to); }
  if (is_within(to, from)) {
    os::complain("cp", "cannot copy a directory into itself", from);
    return false;
  }
  if (!os::is_directory(to) && os::make_directory(to) != 0) {
    os::complain("cp", "cannot make", to);
    return false;
  }
  var mark = whole::mark();
  var names = whole::list(from);
  var good = names.is_whole;
  if (!good) { os::complain("cp", "cannot read, or too large", from); }
  for (var i = 0; i < names.count; i = i + 1) {
    var name = os::name_of(names.first[unsafe i].name);
    var inner = os::joined(from, name);
    var target = os::joined(to, name);
    good = copy(inner, target) && good;
    delete inner;
    delete target;
  }
  whole::release(mark);
  return good;
}

function main(text: string): byte {
  var usage = "cp [-r] FILE... TO";
  var names = os::begin(text, usage, "r");
  if (len names < 2) { return os::misused(usage); }
  var to = names[len names - 1];
  var is_directory = os::is_directory(to);
  if (len names > 2 && !is_directory) { return os::complain("cp", "no such directory", to); }
  var status = 0;
  for (var i = 0; i + 1 < len names; i = i + 1) {
    var target = to;
    if (is_directory) { target = os::joined(to, os::last_part(names[i])); }
    if (!copy(names[i], target)) { status = 1; }
  }
  return status;
}
