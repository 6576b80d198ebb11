// wc [-clw] [FILE...]: count lines, words and octets; -l, -w and -c only these.

function wants(letter: byte): bool {
  return os::given(letter) || !(os::given('l') || os::given('w') || os::given('c'));
}

type counts = struct { lines: byte; words: byte; inside: byte; };  // inside a word: LAST, else 0

.constant global LAST: byte = 0x80;        // the highest bit of an octet
.constant global EACH: byte = 0x80808080;  // and of each of the four in a word
.constant global PART: byte = 128;         // words at once

function take(to: * counts, c: byte): void {
  var inside = os::is_blank(c) ? 0 : LAST;
  if (c == '\n') { to->lines = to->lines + 1; }
  if (inside != 0 && to->inside == 0) { to->words = to->words + 1; }
  to->inside = inside;
}

function sum_of_octets(word: byte): byte {
  return (word & 0xFF) + (word >> 8 & 0xFF) + (word >> 16 & 0xFF) + (word >> 24);
}

// Count in words of four octets, at most 255 words: all four at once, if each is a newline, a space or what
// comes later. The lower seven bits of an octet and what is added to them never carry into the next one, so
// that the highest bit tells whether it is at least 128 less what was added.
function take_words(to: * counts, part: byte[]): void {
  var lines = 0;                           // what was counted of the first octets of words, of the second …
  var words = 0;
  var inside = to->inside;
  for (var i = 0; i < len part; i = i + 1) {
    var word = part[i];
    var low = word & 0x7F7F7F7F;
    var letters = (low + 0x5F5F5F5F | word) & EACH;          // the bit of each octet behind a space
    if (letters != EACH || inside == 0) {
      var usual = (low + 0x60606060 | word) & EACH;          // from a space on
      if (usual != EACH) {
        var newlines = (low + 0x76767676 | word) & EACH;     // from a newline on
        newlines = newlines & 0xFFFFFFFF - (low + 0x75757575 | word);
        usual = usual | newlines;
        if (usual == EACH) { lines = lines + newlines / LAST; }
      }
      if (usual == EACH) {
        words = words + (letters & 0xFFFFFFFF - (letters << 8 | inside)) / LAST;
        inside = letters >> 24;
      } else {
        to->inside = inside;
        for (var k = 0; k < 32; k = k + 8) { take(to, word >> k & 0xFF); }
        inside = to->inside;
      }
    }
  }
  to->inside = inside;
  to->lines = to->lines + sum_of_octets(lines);
  to->words = to->words + sum_of_octets(words);
}

// False after a complaint.
function count(handle: byte, name: string): bool {
  var block: byte[1024];
  var octets = 0;
  var found: counts;
  while (true) {
    var got = os::read_words(handle, block);
    if (got == os::FAILED) {
      os::complain("wc", "cannot read", name);
      return false;
    }
    if (got == 0) {
      if (wants('l')) { os::say_column(found.lines, 7); }
      if (wants('w')) { os::say_column(found.words, 8); }
      if (wants('c')) { os::say_column(octets, 8); }
      os::say(" ");
      os::say_line(name);
      return true;
    }
    octets = octets + got;
    for (var i = 0; i < got / 4; i = i + PART) {
      take_words(&found, block[i:std::math::min(i + PART, got / 4)]);
    }
    for (var i = 0; i < got % 4; i = i + 1) { take(&found, block[got / 4] >> i * 8 & 0xFF); }
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
