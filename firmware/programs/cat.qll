// cat [-n] [FILE...]: pour files, or the input, to the output; -n with numbers before the lines.

global line: byte = 0;

// Pour with numbers; false if that fails.
function number(handle: byte): bool {
  var lines = os::make_reader(handle);
  while (true) {
    var text = os::line_in(&lines);
    if (!text) { return !lines.failed; }
    line = line + 1;
    os::say_column(line, 6);
    os::say("  ");
    os::say_line(text);
  }
  return true;
}

function copy(handle: byte): bool {
  return os::given('n') ? number(handle) : os::pour(handle, os::OUTPUT);
}

function run(text: string): byte {
  var names = os::begin(text, "cat [-n] [FILE...]", "n");
  if (len names == 0) {
    os::console_mode(os::TEXT);
    return copy(os::INPUT) ? 0 : os::complain("cat", "cannot copy the input", "");
  }
  var status = 0;
  for (var i = 0; i < len names; i = i + 1) {
    var from = os::open_to_read("cat", names[i]);
    if (from == os::FAILED) {
      status = 1;
    } else {
      if (!copy(from)) { status = os::complain("cat", "cannot copy", names[i]); }
      os::close(from);
    }
  }
  return status;
}

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
