// head [-n COUNT] [FILE]: say the first lines, ten by default.

function main(text: string): byte {
  var words = os::arguments(text);
  var most = 10;
  var from = 0;
  if (len words >= 2 && std::str::equal(words[0], "-n")) {
    most = os::number_of(words[1]);
    if (most == os::FAILED) { return os::complain("head", "not a number", words[1]); }
    from = 2;
  }
  var handle = 2;
  if (from < len words) {
    handle = os::open(words[from], os::READING);
    if (handle == os::FAILED) { return os::complain("head", "cannot open", words[from]); }
  } else {
    os::console_mode(os::TEXT);
  }
  var lines = os::make_reader(handle);
  for (var i = 0; i < most; i = i + 1) {
    var line = os::next_line(&lines);
    if (!line) { return 0; }
    os::say_line(line);
    delete line;
  }
  return 0;
}
