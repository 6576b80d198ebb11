// peripherals.qll: what this machine has, and typed views of its windows.
//
// Owns:        one pointer for each peripheral, null where it is not fitted.
// Invariants:  set once by `discover`, never changed.
// Interrupts:  call `discover` masked, at boot; the pointers may be used at any time.
// Sleeps:      never; `show_debugger` waits for the host for a moment.

namespace peripherals {
  type entry = struct { identifier: byte; window: * byte; };

  type buffered = struct { control: byte; capacity: byte; size: byte; data: byte[machine::BUFFER_CAPACITY]; };
  type display_window = struct { control: byte; width: byte; height: byte; pixels: * byte; };
  type block_window = struct {
    command: byte; status: byte;
    first: byte; count: byte; buffer: * byte;  // what the command works on
    total: byte; sector_words: byte;           // read only
    error: byte;
  };
  type counters_window = struct { take: byte; counts: byte[4]; };
  type serial_window = struct { transmit: byte; acknowledge: byte; received: byte; };

  global timer: * byte = null;
  global clock: * byte = null;
  global mmu: * byte = null;
  global debug_break: * byte = null;
  global keyboard: * byte = null;
  global console_output: * buffered = null;
  global console_input: * buffered = null;
  global display: * display_window = null;
  global block: * block_window = null;
  global serial: * serial_window = null;
  global counters: * counters_window = null;

  // The window of a peripheral as an address, 0 if it is not fitted.
  function find(identifier: byte): byte {
    var count = <unsafe * byte>machine::PERIPHERAL_TABLE;
    var table = <unsafe * entry>(machine::PERIPHERAL_TABLE + 1);
    for (var i = 0; i < *count; i = i + 1) {
      if (table[unsafe i].identifier == identifier) {
        return <unsafe byte>table[unsafe i].window;
      }
    }
    return 0;
  }

  // Look every peripheral up. The machine is of no use without timer, clock and MMU.
  function discover(): bool {
    timer = <unsafe * byte>find(machine::TIMER);
    clock = <unsafe * byte>find(machine::CLOCK);
    mmu = <unsafe * byte>find(machine::MMU_LIST_IDENTIFIER);
    debug_break = <unsafe * byte>find(machine::DEBUG_BREAK);
    keyboard = <unsafe * byte>find(machine::KEYBOARD);
    console_output = <unsafe * buffered>find(machine::CONSOLE_OUTPUT);
    console_input = <unsafe * buffered>find(machine::CONSOLE_INPUT);
    display = <unsafe * display_window>find(machine::DISPLAY);
    block = <unsafe * block_window>find(machine::BLOCK);
    serial = <unsafe * serial_window>find(machine::SERIAL);
    counters = <unsafe * counters_window>find(machine::COUNTERS);
    return timer != null && clock != null && mmu != null;
  }

  // Let the host's debugger look at the machine, if it has one: that lets it go on at once, and where
  // there is none the kernel goes on by itself.
  function show_debugger(): void {
    if (debug_break == null) { return; }
    *debug_break = 1;
    for (var i = 0; i < limits::DEBUGGER_READS && *debug_break == 2; i = i + 1) { }
  }

  // Milliseconds since reset.
  function now(): byte {
    return *clock;
  }
}
