// commands.qll: what a person can tell the debugger.

namespace commands {
  // `run` gets the words behind the name, at least and at most so many; true if the debugger goes on.
  type command = struct {
    letter: string; name: string; usage: string; does: string;
    least: byte; most: byte; needs_process: bool; run: (string[]) => bool;
  };

  .constant global MOST: byte = 256;             // of instructions, words, steps at once

  global all: command[] = [
    command { letter = "b", name = "break", usage = "[PLACE]", most = 1, run = add_break,
              does = "stop when it comes there; without a place: list breakpoints" },
    command { letter = "c", name = "continue", usage = "", needs_process = true, run = go_on,
              does = "go on to a breakpoint, a fault or the end; ctrl-C stops it" },
    command { letter = "d", name = "delete", usage = "PLACE", least = 1, most = 1, run = delete_break,
              does = "forget a breakpoint" },
    command { letter = "h", name = "help", usage = "", run = help, does = "say this" },
    command { letter = "k", name = "kill", usage = "", needs_process = true, run = kill,
              does = "end the process" },
    command { letter = "l", name = "list", usage = "[PLACE [COUNT]]", most = 2, needs_process = true,
              run = list, does = "instructions, from where it is or where the last list ended" },
    command { letter = "m", name = "memory", usage = "PLACE [COUNT]", least = 1, most = 2,
              needs_process = true, run = memory, does = "words of memory" },
    command { letter = "p", name = "print", usage = "VALUE", least = 1, most = 1, run = print,
              does = "a value, and what is called so" },
    command { letter = "q", name = "quit", usage = "", run = quit,
              does = "leave; what was started here ends" },
    command { letter = "r", name = "registers", usage = "", needs_process = true, run = registers,
              does = "all registers" },
    command { letter = "s", name = "step", usage = "[COUNT]", most = 1, needs_process = true, run = step,
              does = "do one instruction, or some" },
    command { letter = "t", name = "trace", usage = "", needs_process = true, run = trace,
              does = "what looks like the calls that led there" },
    command { letter = "w", name = "write", usage = "PLACE VALUE", least = 2, most = 2,
              needs_process = true, run = write, does = "change a word, or a register: w r5 10" },
    command { letter = "x", name = "run", usage = "", run = restart, does = "start the program anew" }
  ];

  // What a line says; false if the debugger is to end.
  function carry_out(line: string): bool {
    var words = os::arguments(line);
    if (len words == 0) { return true; }
    for (var i = 0; i < len all; i = i + 1) {
      var c = &all[i];
      if (std::str::equal(words[0], c->letter) || std::str::equal(words[0], c->name)) {
        var count = len words - 1;
        if (count < c->least || count > c->most) { return say_usage(c); }
        if (c->needs_process && !target::is_alive) {
          return wrong("the process has ended: `run` starts it anew", "");
        }
        var run = c->run;
        return run(words[1:len words]);
      }
    }
    return wrong("no such command: try `help`", words[0]);
  }

  function wrong(what: string, subject: string): bool {
    output::flush();
    os::complain("db", what, subject);
    return true;
  }

  function say_usage(c: * command): bool {
    output::say("usage: ");
    output::say(c->name);
    output::say(" ");
    output::say(c->usage);
    output::say("\n");
    return true;
  }

  // --- values ------------------------------------------------------------------------------------

  // A number, 0x1f, r5, ip, sp, or a symbol; with +NUMBER behind it. False after a complaint.
  function value(text: string, found: * byte): bool {
    var plus = std::str::index_of(text, '+');
    if (plus != os::FAILED && plus != 0) {
      var offset = 0;
      if (!value(text[:plus], found)) { return false; }
      if (!value(text[plus + 1:len text], &offset)) { return false; }
      *found = *found + offset;
      return true;
    }
    if (number(text, found) || register_value(text, found) || symbols::find(text, found)) { return true; }
    wrong("no number, register or symbol", text);
    return false;
  }

  function number(text: string, found: * byte): bool {
    if (std::str::starts_with(text, "0x")) { return symbols::hexadecimal(text[2:len text], found); }
    var decimal = os::number_of(text);
    if (decimal == os::FAILED) { return false; }
    *found = decimal;
    return true;
  }

  // Where a register is in the state, or null.
  function register(text: string): * byte {
    if (std::str::equal(text, "ip")) { return &target::state.ip; }
    if (std::str::equal(text, "sp")) { return &target::state.registers[63]; }
    if (len text < 2 || len text > 3 || text[0] != 'r') { return null; }
    var at = os::number_of(text[1:len text]);
    return at < 64 ? &target::state.registers[at] : <unsafe * byte>0;
  }

  function register_value(text: string, found: * byte): bool {
    var at = register(text);
    if (at == null || !target::is_alive) { return false; }
    *found = *at;
    return true;
  }

  // A count as the second word, no more than MOST; false after a complaint.
  function count_of(words: string[], at: byte, otherwise: byte, found: * byte): bool {
    *found = otherwise;
    if (len words <= at) { return true; }
    if (!number(words[at], found) || *found > MOST) {
      wrong("no number up to 256", words[at]);
      return false;
    }
    return true;
  }

  // --- the commands ------------------------------------------------------------------------------

  function add_break(words: string[]): bool {
    var at = 0;
    var word = 0;
    if (len words == 0) {
      for (var i = 0; i < len breaks::all; i = i + 1) {
        show::place(breaks::all[i].at);
        output::say("\n");
      }
      return true;
    }
    if (!value(words[0], &at)) { return true; }
    if (target::is_alive && !target::read(at, &word, 1)) { return wrong("no memory there", words[0]); }
    if (!breaks::add(at)) { return wrong("too many breakpoints", ""); }
    output::say("stops at ");
    show::place(at);
    output::say("\n");
    return true;
  }

  function delete_break(words: string[]): bool {
    var at = 0;
    if (!value(words[0], &at)) { return true; }
    var index = breaks::find(at);
    if (index == os::FAILED) { return wrong("no breakpoint there", words[0]); }
    std::vector::remove(&breaks::all, index);
    return true;
  }

  global listed: byte = 0;                       // where the last list ended

  function stopped(): bool {
    listed = target::state.ip;
    show::stop();
    return true;
  }

  function go_on(words: string[]): bool {
    output::flush();
    breaks::proceed();
    return stopped();
  }

  function step(words: string[]): bool {
    var count = 0;
    if (!count_of(words, 0, 1, &count)) { return true; }
    for (var i = 0; i < count; i = i + 1) {
      var outcome = target::step();
      if (outcome == target::STAYS) { return wrong("this instruction jumps to itself", ""); }
      if (outcome == target::ENDED || target::state.reason != 0) { return stopped(); }
      if (breaks::find(target::state.ip) != os::FAILED) { return stopped(); }
    }
    return stopped();
  }

  function list(words: string[]): bool {
    var count = 0;
    var from = listed == 0 ? target::state.ip : listed;
    if (len words != 0 && !value(words[0], &from)) { return true; }
    if (!count_of(words, 1, 10, &count)) { return true; }
    for (var i = 0; i < count; i = i + 1) {
      var length = show::line(from);
      if (length == 0) { return true; }
      from = from + length;
    }
    listed = from;
    return true;
  }

  function memory(words: string[]): bool {
    var from = 0;
    var count = 0;
    if (value(words[0], &from) && count_of(words, 1, 16, &count)) { show::memory(from, count); }
    return true;
  }

  function print(words: string[]): bool {
    var found = 0;
    if (!value(words[0], &found)) { return true; }
    output::say_decimal(found);
    output::say("  ");
    show::place(found);
    output::say("\n");
    return true;
  }

  function registers(words: string[]): bool {
    show::registers();
    return true;
  }

  function trace(words: string[]): bool {
    show::calls();
    return true;
  }

  function write(words: string[]): bool {
    var at = 0;
    var to = 0;
    if (!value(words[1], &to)) { return true; }
    var register_at = register(words[0]);
    if (register_at != null) {
      var before = *register_at;
      *register_at = to;
      if (!target::set_registers()) {
        *register_at = before;
        return wrong("in the midst of a call its registers stay as they are", "");
      }
      return true;
    }
    if (!value(words[0], &at)) { return true; }
    return target::write(at, to) || wrong("no memory there", words[0]);
  }

  function kill(words: string[]): bool {
    if (!target::is_child) { return wrong("it was not started here: the shell can end it", ""); }
    target::end();
    return stopped();
  }

  function restart(words: string[]): bool {
    if (!program) { return wrong("it was not started here", ""); }
    target::end();
    return !start_program() || stopped();
  }

  function quit(words: string[]): bool {
    return false;
  }

  function help(words: string[]): bool {
    for (var i = 0; i < len all; i = i + 1) {
      var c = &all[i];
      output::say(c->letter);
      output::say(", ");
      output::say(c->name);
      output::say(" ");
      output::say(c->usage);
      for (var k = len c->name + len c->usage; k < 25; k = k + 1) { output::say(" "); }
      output::say(c->does);
      output::say("\n");
    }
    output::say("A PLACE or VALUE is a number, 0x1f, a register (r5, sp, ip), a symbol, or a sum: main+3.\n");
    output::say("An empty line does the last command again.\n");
    return true;
  }
}
