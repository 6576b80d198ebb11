// head [-n COUNT] [FILE]: say the first lines, ten by default.

function run(text: string): byte {
  var usage = "head [-n COUNT] [FILE]";
  var names = os::begin(text, usage, "n:");
  var most = os::given('n') ? os::number_of(os::option_value) : 10;
  if (len names > 1) { return os::misused(usage); }
  if (most == os::FAILED) {
    os::complain("head", "not a number", os::option_value);
    return os::MISUSED;
  }
  var handle = os::INPUT;
  if (len names != 0) {
    handle = os::open_to_read("head", names[0]);
    if (handle == os::FAILED) { return 1; }
  } else {
    os::console_mode(os::TEXT);
  }
  var lines = os::make_reader(handle);
  for (var i = 0; i < most; i = i + 1) {
    var line = os::line_in(&lines);
    if (!line) { return lines.failed ? os::complain("head", "cannot read", "") : 0; }
    os::say_line(line);
  }
  return 0;
}

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
