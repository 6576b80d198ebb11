// keys.qll: the keyboard's held keys become octets that are typed on the console.
//
// Owns:        what was held at the last tick, and which key repeats.
// Invariants:  a key types as it goes down, and the last one again while it is held. While a person types
//              on the serial line keys type nothing: a simulated terminal tells of both.
// Interrupts:  call masked.
// Sleeps:      never.

namespace keys {
  .constant global WORDS: byte = 5;              // of the device: named keys, and 128 ASCII codes
  .constant global SPACE: byte = 0x10;
  .constant global CONTROL: byte = 0x800;

  // What the named keys type: the bit, and the octets.
  type named = struct { bit: byte; types: string; };
  .constant global NAMED: named[9] = [
    named { bit = 0x1, types = "\x1b[D" }, named { bit = 0x2, types = "\x1b[C" },
    named { bit = 0x4, types = "\x1b[A" }, named { bit = 0x8, types = "\x1b[B" },
    named { bit = 0x20, types = "\x1b" }, named { bit = 0x40, types = "\r" },
    named { bit = 0x80, types = "\t" }, named { bit = 0x100, types = "\x7f" },
    named { bit = 0x200, types = "\x1b[3~" }];

  global held: byte[WORDS] = [0; WORDS];
  global repeats: string = null;                 // what the last key typed; null if it is up again
  global repeat_word: byte = 0;                  // where its bit is
  global repeat_bit: byte = 0;
  global repeat_at: byte = 0;                    // the time of the next repetition, in ms
  global one: byte[1] = [0];                     // what the key of a character types

  global line_at: byte = 0;                      // when the serial line was used last, or long ago

  // Keys that are held already do not count.
  function begin(): void {
    for (var i = 0; i < WORDS; i = i + 1) { held[i] = peripherals::keyboard[unsafe i]; }
    repeats = null;
    line_at = peripherals::now() - limits::LINE_MS;
  }

  function are_held(): bool {
    for (var i = 0; i < WORDS; i = i + 1) {
      if (peripherals::keyboard[unsafe i] != 0) { return true; }
    }
    return false;
  }

  // An octet came over the serial line.
  function note_line(): void {
    line_at = peripherals::now();
  }

  // Each tick.
  function poll(): void {
    for (var i = 0; i < WORDS; i = i + 1) {
      var now = peripherals::keyboard[unsafe i];
      var fresh = now & (0xFFFFFFFF - held[i]);
      held[i] = now;
      if (fresh != 0) {
        if (i == 0) { press_named(fresh); } else { press_characters(i, fresh); }
      }
    }
    if (!repeats) { return; }
    if ((held[repeat_word] & repeat_bit) == 0) {
      repeats = null;
    } else if (<unsafe int>(peripherals::now() - repeat_at) >= 0) {
      repeat_at = peripherals::now() + limits::REPEAT_MS;
      console::type_text(repeats);
    }
  }

  function press_named(fresh: byte): void {
    for (var i = 0; i < len NAMED; i = i + 1) {
      if ((fresh & NAMED[i].bit) != 0) { press(NAMED[i].types, 0, NAMED[i].bit); }
    }
    if ((fresh & SPACE) != 0) { press(" ", 0, SPACE); }
  }

  // Characters that can be seen; with control, the control octets of letters.
  function press_characters(word: byte, fresh: byte): void {
    for (var bit = 0; bit < 32; bit = bit + 1) {
      var code = (word - 1) * 32 + bit;
      if ((fresh >> bit & 1) != 0 && code > ' ' && code <= '~') {
        one[0] = (held[0] & CONTROL) != 0 && code >= '@' ? code & 0x1F : code;
        press(one, word, 1 << bit);
      }
    }
  }

  function press(types: string, word: byte, bit: byte): void {
    if (peripherals::now() - line_at < limits::LINE_MS) { return; }
    repeats = types;
    repeat_word = word;
    repeat_bit = bit;
    repeat_at = peripherals::now() + limits::REPEAT_AFTER_MS;
    console::type_text(types);
  }
}
