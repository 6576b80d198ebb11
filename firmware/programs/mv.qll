// mv OLD NEW: give a file or directory another name, or put it into a directory.

function main(text: string): byte {
  var names = os::begin(text, "mv OLD NEW", "");
  if (len names != 2) { return os::misused("mv OLD NEW"); }
  var to = names[1];
  if (os::is_directory(to)) { to = os::joined(to, os::last_part(names[0])); }
  if (os::rename(names[0], to) != 0) { return os::complain("mv", "cannot rename", names[0]); }
  return 0;
}
