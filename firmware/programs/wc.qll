// wc [-clw] [FILE...]: count lines, words and octets; -l, -w and -c only these.

function wants(letter: byte): bool {
  return os::given(letter) || !(os::given('l') || os::given('w') || os::given('c'));
}

// False after a complaint.
function count(handle: byte, name: string): bool {
  var block: byte[512];
  var lines = 0;
  var words = 0;
  var octets = 0;
  var inside = false;
  while (true) {
    var got = os::read(handle, block);
    if (got == os::FAILED) {
      os::complain("wc", "cannot read", name);
      return false;
    }
    if (got == 0) {
      if (inside) { words = words + 1; }
      if (wants('l')) { os::say_column(lines, 7); }
      if (wants('w')) { os::say_column(words, 8); }
      if (wants('c')) { os::say_column(octets, 8); }
      os::say(" ");
      os::say_line(name);
      return true;
    }
    octets = octets + got;
    for (var i = 0; i < got; i = i + 1) {
      if (block[i] == '\n') { lines = lines + 1; }
      var blank = os::is_blank(block[i]);
      if (inside && blank) { words = words + 1; }
      inside = !blank;
    }
  }
  return true;
}

function main(text: string): byte {
  var names = os::begin(text, "wc [-clw] [FILE...]", "clw");
  var status = 0;
  if (len names == 0) {
    os::console_mode(os::TEXT);
    return count(os::INPUT, "") ? 0 : 1;
  }
  for (var i = 0; i < len names; i = i + 1) {
    var handle = os::open_to_read("wc", names[i]);
    if (handle == os::FAILED) {
      status = 1;
    } else {
      if (!count(handle, names[i])) { status = 1; }
      os::close(handle);
    }
  }
  return status;
}
