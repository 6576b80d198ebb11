// cp FILE TO: copy a file, to a name or into a directory.

function main(text: string): byte {
  var names = os::arguments(text);
  if (len names != 2) { return os::complain("cp", "usage: cp FILE TO", ""); }
  var to = names[1];
  if (os::is_directory(to)) { to = os::joined(to, os::last_part(names[0])); }
  var from = os::open(names[0], os::READING);
  if (from == os::FAILED || os::is_directory(names[0])) {
    return os::complain("cp", "cannot open", names[0]);
  }
  var target = os::open(to, os::WRITING);
  if (target == os::FAILED) { return os::complain("cp", "cannot write", to); }
  var good = os::pour(from, target);
  if (os::close(target) != 0 || !good) { return os::complain("cp", "cannot write", to); }
  return 0;
}
