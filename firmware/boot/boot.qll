// boot.qll: the boot loader of a board: tests memory, finds a program, and has it started.
//
// The board's hardware (rtl/boot.py) puts the loader into the last words of RAM and starts it, after
// power-up, at the reset button and when the machine has stopped. The loader reads a program to the
// address where programs begin and stops the machine with code 0: then the hardware takes the loader
// out of memory again and starts the program in the state that the manual promises.
//
// Owns:        all of memory. `board` (generated) has the addresses; among them that of the light, which
//              the hardware reads, and of the cause, which it writes.
// Interrupts:  masked.

namespace boot {
  // What the light shows, in binary: the step that is under way, or that went wrong.
  .constant global STARTED: byte    = 1;
  .constant global MEMORY: byte     = 2;
  .constant global CARD: byte       = 3;
  .constant global READING: byte    = 4;
  .constant global SERIAL: byte     = 5;
  .constant global LEAVING: byte    = 6;
  .constant global ENDED: byte      = 7;
  .constant global BAD_MEMORY: byte = 17;
  .constant global NO_CARD: byte    = 18;
  .constant global BAD_CARD: byte   = 19;
  .constant global NO_SYSTEM: byte  = 20;
  .constant global BAD_READ: byte   = 21;

  type cause_words = struct { kind: byte; stop: byte; reason: byte; ip: byte; exit_code: byte; straps: byte;
                        cycles: byte; };

  .constant global QUICK: byte = 1;    // in `straps`: a start without the test of memory

  // `kind` of a cause.
  .constant global POWER_UP: byte = 0;
  .constant global BUTTON: byte = 1;
  .constant global PROGRAM_STOPPED: byte = 2;
  .constant global LOADER_STOPPED: byte = 3;

  .constant global light: * byte = <unsafe * byte>board::LIGHT;
  .constant global cause: * cause_words = <unsafe * cause_words>board::CAUSE;

  // In entry.qasm.
  function leave(code: byte): .abort void;
  function clear(from: * byte, to: * byte): void;
  function number(from: * byte, to: * byte): void;
  function invert(from: * byte, to: * byte): * byte;
  function erase(from: * byte, to: * byte): * byte;
  function crc(sum: byte, octets: byte, count: byte): byte;

  .export function main(): byte {
    *light = STARTED;
    line::say(&text::BANNER);
    tell_cause();
    write_tables();
    *light = MEMORY;
    memory::prepare();
    while (true) {
      var words = 0;
      if (!serial::is_called()) { words = card::load(); }
      if (!words) { words = serial::load(); }
      if (words) {
        *light = LEAVING;
        line::tell(&text::STARTING, words * 4, 0, 0);
        line::settle();
        clear(<unsafe * byte>board::BUFFERS, <unsafe * byte>board::PLACE);
        leave(0);
      }
    }
    return 1;
  }

  // Why the loader was started; after an end, wait for a person before the next start.
  function tell_cause(): void {
    if (cause->kind == LOADER_STOPPED) { line::say(&text::LOADER_FAILED); }
    if (cause->kind >= PROGRAM_STOPPED) {
      var what = &text::DOUBLE_FAULT;
      if (cause->stop == 0) { what = &text::HALTED; }
      if (cause->stop == 1) { what = &text::FAULT; }
      complain(ENDED, what, cause->ip, cause->stop == 0 ? cause->exit_code : cause->reason);
      line::tell(&text::RAN, cause->cycles, 0, 0);
      line::say(&text::PRESS_ENTER);
      while (!serial::called && serial::poll() != '\r') { }
    }
  }

  // What memory holds after reset below the windows; and zeros between them and the program.
  function write_tables(): void {
    clear(<unsafe * byte>board::TABLES, <unsafe * byte>board::TABLES_END);
    for (var i = 0; i < len board::tables; i = i + 2) {
      *(<unsafe * byte>board::tables[i]) = board::tables[i + 1];
    }
    clear(<unsafe * byte>board::WINDOWS_END, <unsafe * byte>machine::PROGRAM);
  }

  function min(a: byte, b: byte): byte { return a < b ? a : b; }

  function now(): byte { return *(<unsafe * byte>board::CLOCK); }

  // A sentence about what went wrong, with its code on the light; returns 0.
  function complain(code: byte, what: * byte, a: byte, b: byte): byte {
    *light = code;
    line::tell(what, a, b, 0);
    return 0;
  }
}

// The serial line, as a person sees it.
namespace line {
  type window = struct { transmit: byte; acknowledge: byte; received: byte; };
  .constant global device: * window = <unsafe * window>board::SERIAL;

  function put(octet: byte): void {
    while (device->transmit == 1) { }
    device->transmit = octet;
  }

  function settle(): void { while (device->transmit == 1) { } }

  function say(what: * byte): void { tell(what, 0, 0, 0); }

  // A text as the build packs it, four octets a word. In it `%` and `#` stand for the next argument,
  // decimal and hexadecimal, and zero ends it.
  function tell(what: * byte, a: byte, b: byte, c: byte): void {
    for (var at = what; true; at = &at[unsafe 1]) {
      for (var shift = 0; shift < 32; shift = shift + 8) {
        var octet = *at >> shift & 0xFF;
        if (octet == 0) { return; }
        if (octet == '%' || octet == '#') {
          say_number(a, octet == '%' ? 10 : 16);
          a = b;
          b = c;
        } else {
          put(octet);
        }
      }
    }
  }

  function say_number(number: byte, base: byte): void {
    var unit = 1;
    while (number / unit >= base) { unit = unit * base; }
    while (unit != 0) {
      var digit = number / unit % base;
      put(digit < 10 ? '0' + digit : 'a' + digit - 10);
      unit = unit / base;
    }
  }

  // The next octet that was received, or -1 if there is none.
  function take(): byte {
    var received = device->received;
    if ((received & machine::SERIAL_THERE) == 0) { return -1; }
    device->acknowledge = 1;
    return received & machine::SERIAL_OCTET;
  }
}
