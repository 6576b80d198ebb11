// show.qll: what the debugger says.

namespace show {
  .constant global ROW: byte = 4;                // words of memory, registers in a row
  .constant global STACK: byte = 256;            // words of it that are looked through for returns
  .constant global CALLS: byte = 16;

  // "0x1234 (main+3)", or without a name.
  function place(at: byte): void {
    output::say("0x");
    output::say_hexadecimal(at, 1);
    var named = symbols::before(at);
    if (named == null) { return; }
    output::say(" (");
    output::say(named->name);
    if (at != named->at) {
      output::say("+");
      output::say_decimal(at - named->at);
    }
    output::say(")");
  }

  // One instruction, marked if the process is at it or is to stop there; how many words it has, 0 where
  // the process has no memory.
  function line(at: byte): byte {
    var pair: byte[2] = [0, 0];
    if (!target::read(at, &pair[0], 1)) {
      output::say("  0x");
      output::say_hexadecimal(at, 1);
      output::say(" has no memory\n");
      return 0;
    }
    var named = symbols::before(at);
    if (named != null && named->at == at) {
      output::say(named->name);
      output::say(":\n");
    }
    output::say(at == target::state.ip ? ">" : " ");
    output::say(breaks::find(at) != os::FAILED ? "*" : " ");
    output::say_hexadecimal(at, 8);
    output::say("  ");
    output::say_hexadecimal(pair[0], 8);
    output::say("  ");
    var has_value = instruction::is_constant(pair[0]) && target::read(at + 1, &pair[1], 1);
    if (!has_value) {
      instruction::say(pair[0], "?");
    } else {
      instruction::say(pair[0], "");
      output::say("0x");
      output::say_hexadecimal(pair[1], 1);
      var called = symbols::before(pair[1]);
      if (called != null && called->at == pair[1]) {
        output::say(" ; ");
        output::say(called->name);
      }
    }
    output::say("\n");
    return has_value ? 2 : 1;
  }

  // Where the process is and why, or how it ended.
  function stop(): void {
    if (!target::is_alive) {
      output::say("process ");
      output::say_decimal(target::pid);
      output::say(" has ended");
      if (target::status != os::FAILED) {
        output::say(" with ");
        output::say_decimal(target::status);
      }
      output::say("\n");
      return;
    }
    if (target::state.reason != 0) {
      output::say(os::name_of(target::state.why));
      output::say(" at ");
      place(target::state.ip);
      output::say("\n");
    }
    line(target::state.ip);
  }

  function registers(): void {
    for (var i = 0; i < 64; i = i + 1) {
      if (i < 10) { output::say(" "); }
      output::say("r");
      output::say_decimal(i);
      output::say(" ");
      output::say_hexadecimal(target::state.registers[i], 8);
      if (i % ROW == ROW - 1) { output::say("\n"); } else { output::say("   "); }
    }
    output::say(" ip ");
    place(target::state.ip);
    output::say("\n");
  }

  function memory(from: byte, count: byte): void {
    for (var i = 0; i < count; i = i + 1) {
      var word = 0;
      if (!target::read(from + i, &word, 1)) {
        if (i % ROW != 0) { output::say("\n"); }
        output::say("0x");
        output::say_hexadecimal(from + i, 1);
        output::say(" has no memory\n");
        return;
      }
      if (i % ROW == 0) { output::say_hexadecimal(from + i, 8); }
      output::say("  ");
      output::say_hexadecimal(word, 8);
      if (i % ROW == ROW - 1 || i + 1 == count) { output::say("\n"); }
    }
  }

  // Whether an address is one to which a call returns: the word before it is a jump.
  function is_return(at: byte): bool {
    var word = 0;
    return at > 0x1000 && target::read(at - 1, &word, 1) && word >> 24 == lines::JMP
        && instruction::is_canonical(word);
  }

  // Who called whom, as far as that can be seen: where the process is, and the words of its stack that
  // look like addresses of returns.
  function calls(): void {
    var stack = target::state.registers[63];
    var shown = 0;
    output::say("at   ");
    place(target::state.ip);
    output::say("\n");
    for (var i = 0; i < STACK && shown < CALLS; i = i + 1) {
      var word = 0;
      if (!target::read(stack + i, &word, 1)) { return; }
      if (is_return(word)) {
        output::say("from ");
        place(word);
        output::say("\n");
        shown = shown + 1;
      }
    }
  }
}
