// hexdump [FILE]: say octets in hexadecimal, sixteen a line, with their characters.

function hexadecimal(number: byte, digits: byte): void {
  var text: byte[8];
  for (var i = digits; i != 0; i = i - 1) {
    var digit = number & 15;
    text[i - 1] = digit < 10 ? '0' + digit : 'a' + digit - 10;
    number = number >> 4;
  }
  os::say(text[:digits]);
}

function row(at: byte, octets: byte[]): void {
  hexadecimal(at, 8);
  os::say(" ");
  for (var i = 0; i < 16; i = i + 1) {
    os::say(" ");
    if (i < len octets) { hexadecimal(octets[i], 2); } else { os::say("  "); }
  }
  os::say("  ");
  for (var i = 0; i < len octets; i = i + 1) {
    var shown: byte[1] = [octets[i] >= ' ' && octets[i] < 127 ? octets[i] : '.'];
    os::say(shown);
  }
  os::say("\n");
}

function run(text: string): byte {
  var words = os::begin(text, "hexdump [FILE]", "");
  if (len words > 1) { return os::misused("hexdump [FILE]"); }
  var handle = os::INPUT;
  if (len words != 0) {
    handle = os::open_to_read("hexdump", words[0]);
    if (handle == os::FAILED) { return 1; }
  } else {
    os::console_mode(os::TEXT);
  }
  var block: byte[16];
  var at = 0;
  var held = 0;
  while (true) {
    var got = os::read(handle, block[held:]);
    if (got == 0 || got == os::FAILED) {
      if (held != 0) { row(at, block[:held]); }
      return got == 0 ? 0 : os::complain("hexdump", "cannot read", "");
    }
    held = held + got;
    if (held == 16) {
      row(at, block);
      at = at + 16;
      held = 0;
    }
  }
  return 0;
}

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
