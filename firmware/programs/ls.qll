// ls [-l] [NAME...]: list directories, one name a line; -l with kind and size.

function show(name: string, flags: byte, size: byte): void {
  if (os::given('l')) {
    os::say(flags & os::DIRECTORY ? "d" : flags & os::EXECUTABLE ? "x" : "-");
    os::say_column(size, 10);
    os::say(" ");
  }
  os::say(name);
  if (flags & os::DIRECTORY) { os::say("/"); }
  os::say("\n");
}

function list(name: string): byte {
  var told: os::status;
  if (os::stat(name, &told.flags) != 0) { return os::complain("ls", "no such file", name); }
  if ((told.flags & os::DIRECTORY) == 0) {
    show(name, told.flags, told.size);
    return 0;
  }
  var handle = os::open(name, os::READING);
  if (handle == os::FAILED) { return os::complain("ls", "cannot open", name); }
  var each: os::listed;
  while (os::read_directory(handle, &each.flags) == 1) {
    show(os::name_of(each.name), each.flags, each.size);
  }
  os::close(handle);
  return 0;
}

function main(text: string): byte {
  var names = os::begin(text, "ls [-l] [NAME...]", "l");
  if (len names == 0) { return list("."); }
  var status = 0;
  for (var i = 0; i < len names; i = i + 1) {
    if (len names > 1 && os::is_directory(names[i])) {
      if (i != 0) { os::say("\n"); }
      os::say(names[i]);
      os::say(":\n");
    }
    if (list(names[i]) != 0) { status = 1; }
  }
  return status;
}
