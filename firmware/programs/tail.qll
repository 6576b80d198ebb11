// tail [-n COUNT] [FILE]: say the last lines, ten by default.

function main(text: string): byte {
  var usage = "tail [-n COUNT] [FILE]";
  var names = os::begin(text, usage, "n:");
  var most = os::given('n') ? os::number_of(os::option_value) : 10;
  if (len names > 1) { return os::misused(usage); }
  if (most == os::FAILED) {
    os::complain("tail", "not a number", os::option_value);
    return os::MISUSED;
  }
  if (len names == 0) { std::vector::add<string>(&names, "-"); }
  var all = whole::file("tail", names[0]);
  if (!all) { return 1; }
  var begin = len all;
  var lines = 0;
  while (begin != 0 && lines <= most) {
    if (all[begin - 1] == '\n' && begin != len all) { lines = lines + 1; }
    if (lines < most) { begin = begin - 1; } else { lines = most + 1; }
  }
  if (most == 0) { begin = len all; }
  os::write_text(os::OUTPUT, all[begin:len all]);
  return 0;
}
