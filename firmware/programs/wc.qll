// wc [FILE...]: count lines, words and octets.

function count(handle: byte, name: string): void {
  var block: byte[512];
  var lines = 0;
  var words = 0;
  var octets = 0;
  var inside = false;
  while (true) {
    var got = os::read(handle, block);
    if (got == 0 || got == os::FAILED) {
      if (inside) { words = words + 1; }
      os::say_column(lines, 7);
      os::say_column(words, 8);
      os::say_column(octets, 8);
      os::say(" ");
      os::say_line(name);
      return;
    }
    octets = octets + got;
    for (var i = 0; i < got; i = i + 1) {
      if (block[i] == '\n') { lines = lines + 1; }
      var blank = os::is_blank(block[i]);
      if (inside && blank) { words = words + 1; }
      inside = !blank;
    }
  }
}

function main(text: string): byte {
  var names = os::arguments(text);
  var status = 0;
  if (len names == 0) {
    os::console_mode(os::TEXT);
    count(2, "");
  }
  for (var i = 0; i < len names; i = i + 1) {
    var handle = os::open(names[i], os::READING);
    if (handle == os::FAILED) {
      status = os::complain("wc", "cannot open", names[i]);
    } else {
      count(handle, names[i]);
      os::close(handle);
    }
  }
  return status;
}
