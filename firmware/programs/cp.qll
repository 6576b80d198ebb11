// cp FILE TO: copy a file, to a name or into a directory.

function main(text: string): byte {
  var names = os::begin(text, "cp FILE TO", "");
  if (len names != 2) { return os::misused("cp FILE TO"); }
  var to = names[1];
  if (os::is_directory(to)) { to = os::joined(to, os::last_part(names[0])); }
  var from = os::open_to_read("cp", names[0]);
  if (from == os::FAILED) { return 1; }
  var target = os::open(to, os::WRITING);
  if (target == os::FAILED) { return os::complain("cp", "cannot write", to); }
  var good = os::pour(from, target);
  if (os::close(target) != 0 || !good) { return os::complain("cp", "cannot write", to); }
  return 0;
}
