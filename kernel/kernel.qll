// kernel.qll: the order in which everything comes up, the log, and the three ways to an end.

namespace kernel {
  // Bring the subsystems up, start the shell, and say whom to resume first.
  .export function main(): * process::process {
    std::heap = <unsafe * byte>limits::HEAP;
    audit::heap_start();
    if (!peripherals::discover()) { panic("timer, clock or list MMU is missing"); }
    memory::start();                                       // memory for processes
    interrupts();                                          // entries, still masked
    if (!scheduler::start()) { panic("scheduler: no memory for the idle process"); }
    choose_console();
    if (!block::start()) { refuse("there is no disk with /bin/sh"); }
    var trouble = fs::mount();
    if (trouble) { refuse(trouble); }
    var shell = loader::spawn_first("/bin/sh");
    if (shell == null) { refuse("/bin/sh cannot be started"); }
    audit::started();
    return scheduler::next();
  }

  // The console is on the display if there is no other, or if a key is held while the machine starts.
  function choose_console(): void {
    var has_other = peripherals::serial != null || peripherals::console_output != null;
    if (!has_other || (peripherals::keyboard != null && keys::are_held())) { screen::begin(); }
  }

  function interrupts(): void {
    var entry = *(<unsafe * * byte>machine::ENTRY_POINTER);
    *(<unsafe * byte>machine::HIGHEST_INTERRUPT) = machine::SYSCALL;
    entry[unsafe machine::FAULT] = <unsafe byte>support::fault_entry;
    entry[unsafe machine::TIMER_INTERRUPT] = <unsafe byte>support::timer_entry;
    entry[unsafe machine::SERIAL_INTERRUPT] = <unsafe byte>support::serial_entry;
    if (peripherals::debug_break != null) {
      entry[unsafe machine::DEBUG_INTERRUPT] = <unsafe byte>support::debug_entry;
    }
    entry[unsafe machine::SWITCH] = <unsafe byte>support::switch_entry;
    entry[unsafe machine::SYSCALL] = <unsafe byte>support::syscall_entry;
  }

  // --- the log -----------------------------------------------------------------------------------

  function say(text: string): void {
    console::write_text(text);
  }

  function say_number(number: byte): void {
    var digits: byte[12];
    say(std::str::utoa(number, digits, 10));
  }

  function say_hexadecimal(number: byte): void {
    var digits: byte[12];
    say(std::str::utoa(number, digits, 16));
  }

  // --- ends --------------------------------------------------------------------------------------

  // What the machine was given cannot be used: tell why and stop.
  function refuse(why: string): .abort void {
    screen::also_serial = true;
    say("cannot start: ");
    say(why);
    say("\n");
    screen::finish();
    support::halt(0xFF);
  }

  global broken: string = null;  // why the kernel is: for the debugger

  // The kernel found itself broken: tell why and stop, with as little help as possible.
  function panic(why: string): .abort void {
    screen::also_serial = true;
    say("kernel panic: ");
    say(why);
    say("\n");
    screen::finish();
    broken = why;
    peripherals::show_debugger();
    support::halt(0xFF);
  }

  global starts_again: bool = false;   // rather than halting

  // The first process has ended: everything is written, and the machine halts with its status, or
  // starts again.
  function stop(status: byte): .abort void {
    fs::stop();
    console::settle();
    console::flush();
    if (starts_again) {
      screen::end();
      support::restart();
    }
    screen::finish();
    support::halt(status);
  }
}

// What `new` and `delete` come to.
namespace system {
  .export function alloc(words: byte): * byte {
    if (audit::fails()) { return null; }
    var pointer = std::alloc(words);
    audit::heap_taken(pointer);
    return pointer;
  }

  .export function dealloc(pointer: * byte): void {
    audit::heap_give(pointer);
  }
}

// What the shared library expects of whoever uses it.
namespace std {
  function wait_while(at: * byte, value: byte): void {
    while (*at == value) { }
  }
}
namespace std::console {
  function print(text: string): bool {
    kernel::say(text);
    return true;
  }
}
