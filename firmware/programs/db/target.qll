// target.qll: the process that is debugged. The kernel does what a debugger may: `os::debug`.

namespace target {
  .constant global BREAK: byte = 0xFF000000;   // no instruction: who comes to it is stopped
  .constant global INVALID: byte = 1;          // the machine's reason for that

  // What came of letting it run.
  .constant global STOPPED: byte = 0;
  .constant global ENDED: byte = 1;
  .constant global STAYS: byte = 2;            // it cannot leave the instruction it is at

  global pid: byte = 0;
  global is_child: bool = false;
  global is_alive: bool = false;
  global status: byte = 0;                     // of one that has ended, if it was a child
  global state: os::traced = os::traced { };   // of one that is alive

  function start(name: string, arguments: string): bool {
    os::debug(0, os::DEBUG_SPAWNED, 1);
    var made = os::spawn(name, arguments, null);
    os::debug(0, os::DEBUG_SPAWNED, 0);
    if (made == os::FAILED) { return false; }
    pid = made;
    is_child = true;
    is_alive = true;
    wait();
    return true;
  }

  function attach(other: byte): bool {
    if (os::debug(other, os::DEBUG_ATTACH, 0) != 0) { return false; }
    if (os::debug(other, os::DEBUG_STATE, <unsafe byte>&state) != 0) { return false; }
    pid = other;
    is_alive = true;
    return true;
  }

  // A child ends with this program; another one stays as it is, stopped.
  function leave(): void {
    if (is_alive && !is_child) { os::debug(pid, os::DEBUG_DETACH, 0); }
  }

  function end(): void {
    if (!is_alive) { return; }
    os::kill(pid);
    wait();
  }

  // Until it has stopped or ended: which of both.
  function wait(): byte {
    if (os::debug(pid, os::DEBUG_WAIT, 0) == 0
        && os::debug(pid, os::DEBUG_STATE, <unsafe byte>&state) == 0) {
      return STOPPED;
    }
    is_alive = false;
    status = os::FAILED;
    if (is_child) { os::wait(pid, &status); }
    return ENDED;
  }

  function go(): byte {
    os::debug(pid, os::DEBUG_GO, 0);
    return wait();
  }

  // --- its words ---------------------------------------------------------------------------------

  // False if it has no memory there.
  function read(at: byte, buffer: * byte, count: byte): bool {
    var asked = os::piece { at = at, words = count, buffer = <unsafe byte>buffer };
    return os::debug(pid, os::DEBUG_READ, <unsafe byte>&asked) == 0;
  }

  function write(at: byte, word: byte): bool {
    var own = word;
    var asked = os::piece { at = at, words = 1, buffer = <unsafe byte>&own };
    return os::debug(pid, os::DEBUG_WRITE, <unsafe byte>&asked) == 0;
  }

  // Registers and ip as they are in `state` become the process's. False in the midst of a call.
  function set_registers(): bool {
    return os::debug(pid, os::DEBUG_SET, <unsafe byte>&state) == 0;
  }

  // --- one instruction ---------------------------------------------------------------------------

  // The value of a source operand.
  function source(number: byte): byte {
    return number == lines::IP ? state.ip : number < 64 ? state.registers[number] : 0;
  }

  .constant global RJMP: byte = 35;
  .constant global RJNZ: byte = 37;

  // Where it is after the instruction that it is at, which all registers tell.
  function successor(word: byte): byte {
    var opcode = word >> 24;
    var first = source(instruction::field(word, '0'));
    var second = source(instruction::field(word, '1'));
    if (!instruction::is_valid(word)) { return state.ip; }
    if (opcode == lines::CONSTANT) { return state.ip + 2; }
    var is_relative = opcode >= RJMP && opcode <= RJNZ;
    var kind = is_relative ? opcode - RJMP : opcode - lines::JMP;  // always, if 0, if not 0
    if (kind > 2) { return state.ip + 1; }
    var to = kind == 0 ? first : second;
    if ((kind == 1 && first != 0) || (kind == 2 && first == 0)) { return state.ip + 1; }
    return is_relative ? state.ip + to : to;
  }

  // Carry out one instruction; a system call, until it is done.
  function step(): byte {
    var word = 0;
    read(state.ip, &word, 1);
    var next = successor(word);
    var kept = 0;
    if (next == state.ip && instruction::is_valid(word)) { return STAYS; }
    var is_set = next != state.ip && read(next, &kept, 1) && write(next, BREAK);
    var outcome = go();
    if (is_set && outcome == STOPPED) { restore(next, kept); }
    if (is_set && outcome == STOPPED && is_at_break(next)) { state.reason = 0; }
    return outcome;
  }

  function is_at_break(at: byte): bool {
    return state.reason == INVALID && state.ip == at;
  }

  // Put a word back, unless the process has put another one in its place.
  function restore(at: byte, word: byte): void {
    var there = 0;
    if (read(at, &there, 1) && there == BREAK) { write(at, word); }
  }
}
