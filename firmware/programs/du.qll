// du [-s] [NAME...]: say how much of the disk files and directories take, with all in them, in KiB; -s of
// the named ones alone.

.constant global SECTORS_A_KIB: byte = 2;

function show(sectors: byte, path: string): void {
  os::say_column((sectors + SECTORS_A_KIB - 1) / SECTORS_A_KIB, 7);
  os::say(" ");
  os::say_line(path);
}

// Sectors of a path and all within it.
function measure(path: string, is_named: bool): byte {
  var told: os::status;
  if (os::stat(path, &told.flags) != 0) {
    os::complain("du", "no such file", path);
    return 0;
  }
  var sectors = told.sectors;
  if ((told.flags & os::DIRECTORY) != 0) {
    var mark = whole::mark();
    var names = whole::list(path);
    if (!names.is_whole) { os::complain("du", "cannot read, or too large", path); }
    for (var i = 0; i < names.count; i = i + 1) {
      var inner = os::joined(path, os::name_of(names.first[unsafe i].name));
      sectors = sectors + measure(inner, false);
      delete inner;
    }
    whole::release(mark);
    if (!is_named && !os::given('s')) { show(sectors, path); }
  }
  if (is_named) { show(sectors, path); }
  return sectors;
}

function run(text: string): byte {
  var names = os::begin(text, "du [-s] [NAME...]", "s");
  if (len names == 0) { std::vector::add<string>(&names, "."); }
  var status = 0;
  var told: os::status;
  for (var i = 0; i < len names; i = i + 1) {
    if (os::stat(names[i], &told.flags) != 0) {
      status = os::complain("du", "no such file", names[i]);
    } else {
      measure(names[i], true);
    }
  }
  return status;
}

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
