// mkdir [-p] NAME...: make directories; -p those that lead there, too, and none where there is one.

// A directory, with those that lead to it.
function make_all(name: string): bool {
  for (var i = 1; i < len name; i = i + 1) {
    if (name[i] == '/' && !os::is_directory(name[:i]) && os::make_directory(name[:i]) != 0) {
      return false;
    }
  }
  return os::is_directory(name) || os::make_directory(name) == 0;
}

function main(text: string): byte {
  var names = os::begin(text, "mkdir [-p] NAME...", "p");
  var status = 0;
  if (len names == 0) { return os::misused("mkdir [-p] NAME..."); }
  for (var i = 0; i < len names; i = i + 1) {
    if (!(os::given('p') ? make_all(names[i]) : os::make_directory(names[i]) == 0)) {
      status = os::complain("mkdir", "cannot make", names[i]);
    }
  }
  return status;
}
