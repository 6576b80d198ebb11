// memory.qll: is the memory chip there, and does it keep what is written?
//
// The loader itself runs in the cache. Before it is known that the chip works, only words are touched
// that share no place of the cache with the loader: of each run of CACHE_WORDS the first half. The
// hardware leaves the loader's first 16 words unused, so that those places are free, too.

namespace memory {
  .constant global MEGABYTE: byte = 0x40000;
  // The middle of the tests of lines: any one bit of it may change, and it still is past the tables.
  .constant global CENTRE: byte = 3 * board::CACHE_WORDS;

  // Test memory, and leave it all zero but for the loader. Does not return if it is bad.
  function prepare(): void {
    test_data();
    test_addresses();
    if ((boot::cause->straps & boot::QUICK) != 0) {
      line::say(&text::QUICK_START);
      return;
    }
    sweep(0);
    sweep(1);
    sweep(2);
    line::tell(&text::TESTED, board::RAM_WORDS >> 8, 0, 0);
  }

  // Make the cache give a word up, by a read of another one of its place.
  function evict(at: byte): void {
    var other = at < 2 * board::CACHE_WORDS ? at + board::CACHE_WORDS : at - board::CACHE_WORDS;
    var word = *(<unsafe * byte>other);
    *(<unsafe * byte>board::SINK) = word;
  }

  function xor(a: byte, b: byte): byte { return (a | b) - (a & b); }

  // What a word reads as after it was written and something else has been on the lines.
  function written(value: byte): byte {
    var at = <unsafe * byte>CENTRE;
    var other = <unsafe * byte>(CENTRE + 64);
    *at = value;
    *other = -1 - value;
    evict(CENTRE);
    evict(CENTRE + 64);
    return *at;
  }

  // Data lines: a bit that is never 1, or never 0.
  function test_data(): void {
    var ones = 0;
    var zeros = 0;
    var wrong = 0;
    var pattern = 0;
    for (var i = 0; i < 4; i = i + 1) {  // 0, 0xFFFFFFFF, 0x55555555, 0xAAAAAAAA
      var value = written(pattern);
      ones = ones | value;
      zeros = zeros | -1 - value;
      wrong = wrong | xor(value, pattern);
      pattern = i == 1 ? 0x55555555 : -1 - pattern;
    }
    if (wrong == 0) { return; }
    if (wrong == 0xFFFFFFFF) {
      fail(&text::NO_CHIP, 0, 0, 0);
    }
    fail(&text::DATA_BITS, -1 - ones, -1 - zeros, wrong & ones & zeros);
  }

  // Address lines: words whose addresses differ in one bit are different words.
  function test_addresses(): void {
    var centre = <unsafe * byte>CENTRE;
    *centre = CENTRE;
    evict(CENTRE);
    for (var bit = 8; bit < board::RAM_WORDS; bit = bit * 2) {
      var at = xor(CENTRE, bit);
      *(<unsafe * byte>at) = at;
      evict(at);
    }
    var found = *centre;
    if (found == CENTRE) { return; }
    fail(&text::ADDRESS_BITS, xor(found, CENTRE), 0, 0);
  }

  // One pass of the march over all words but the tables and the loader: each word gets its address;
  // the address becomes its complement; the complement becomes 0.
  function sweep(pass: byte): void {
    for (var from = machine::PROGRAM; from < board::PLACE; from = from - from % MEGABYTE + MEGABYTE) {
      var to = boot::min(from - from % MEGABYTE + MEGABYTE, board::PLACE);
      var what = &text::CLEARING;
      if (pass == 0) { what = &text::WRITING; }
      if (pass == 1) { what = &text::CHECKING; }
      line::tell(what, to / MEGABYTE, 0, 0);
      serial::poll();
      var stopped = to;
      if (pass == 0) {
        boot::number(<unsafe * byte>from, <unsafe * byte>to);
      } else if (pass == 1) {
        stopped = <unsafe byte>boot::invert(<unsafe * byte>from, <unsafe * byte>to);
      } else {
        stopped = <unsafe byte>boot::erase(<unsafe * byte>from, <unsafe * byte>to);
      }
      if (stopped != to) {
        fail(&text::WORD, stopped, *(<unsafe * byte>stopped), pass == 1 ? stopped : -1 - stopped);
      }
    }
  }

  // Tell what is wrong, and stop there.
  function fail(what: * byte, a: byte, b: byte, c: byte): void {
    *boot::light = boot::BAD_MEMORY;
    line::tell(what, a, b, c);
    line::say(&text::BAD_MEMORY);
    while (true) { }
  }
}
