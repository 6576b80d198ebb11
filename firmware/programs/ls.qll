// ls [-al] [NAME...]: list directories in order, one name a line; -a names that begin with a `.`, too, -l
// with kind and size.

.constant global MOST: byte = 5000;

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
  return list_directory(name);
}

// A name, with what is told of it behind: flags, then size.
function named(each: * os::listed): string {
  var name = os::name_of(each->name);
  var start = whole::take(len name + 2);
  if (start == null) { return null; }
  for (var i = 0; i < len name; i = i + 1) { start[unsafe i] = name[i]; }
  start[unsafe len name] = each->flags;
  start[unsafe len name + 1] = each->size;
  return std::slice<byte> { pointer = start, length = len name, capacity = len name + 2 };
}

function list_directory(directory: string): byte {
  var handle = os::open(directory, os::READING);
  if (handle == os::FAILED) { return os::complain("ls", "cannot open", directory); }
  var names = std::vector::create<string>(8);
  var each: os::listed;
  while (os::read_directory(handle, &each.flags) == 1) {
    if (each.name[0] != '.' || os::given('a')) {
      var name = named(&each);
      if (!name || len names == MOST) { return os::complain("ls", "too many names", directory); }
      std::vector::add(&names, name);
    }
  }
  os::close(handle);
  if (!whole::sort_names(names)) { return os::complain("ls", "too many names", directory); }
  for (var i = 0; i < len names; i = i + 1) {
    var name = names[i];
    len name = len name + 2;
    show(names[i], name[len name - 2], name[len name - 1]);
  }
  delete names;
  return 0;
}

function run(text: string): byte {
  var names = os::begin(text, "ls [-al] [NAME...]", "al");
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

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
