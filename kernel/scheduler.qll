// scheduler.qll: who runs. Round robin over the ready processes, pre-empted by the timer.
//
// Owns:        `current`, the ring, and the scheduler's fields of each process.
// Invariants:  a process is in the ring exactly if its state is READY or RUNNING. `tail` is the one
//              in front of whose turn it is: of `current`, if that is RUNNING. When nothing is in the
//              ring, `current` is the idle process, which is its own next and in no list. Only one that
//              is BLOCKED waits for something: one that was stopped makes the call that it waited in
//              again when it goes on.
// Interrupts:  call masked. The kernel is never pre-empted.
// Sleeps:      never. A call that must wait marks its process BLOCKED and is made again from the
//              beginning, with the same registers, when the process is woken.
//
// The usual tick is in support.qasm, for speed: it does what `_timer` does when there are no `chores`.

namespace scheduler {
  // What a blocked process waits for; its `object` says which one.
  .constant global SLEEP: byte = 1;    // the clock
  .constant global CHILD: byte = 2;    // the process itself: one of its children to end
  .constant global PIPE: byte = 3;     // the pipe
  .constant global CONSOLE: byte = 4;  // input
  .constant global FLIP: byte = 5;     // the display
  .constant global TRACED: byte = 6;   // the pid of a process that it traces to stop or end

  global current: * process::process = null;
  global idle: * process::process = null;
  global tail: * process::process = null;

  // What a tick has to look after besides whose turn it is: how many sleep, and these.
  .constant global MISSED: byte = 0x80000000;   // a tick or an octet came in the midst of `resume`
                                                // (support.qasm)
  .constant global POLLED: byte = 0x40000000;   // there is no serial line: the console is polled
  .constant global FLIPPED: byte = 0x20000000;  // the display has yet to take a picture
  .constant global SCREEN: byte = 0x10000000;   // the console is on the display
  global chores: byte = 0;
  global next_wake: byte = -1;  // the earliest `wake_at` of all sleepers, or later than never

  // The idle process has no page table, so it runs privileged and may `wait`.
  function start(): bool {
    idle = new process::process;
    if (idle == null) { return false; }
    idle->registers[62] = 1;
    idle->registers[64] = <unsafe byte>support::idle;
    idle->state = RUNNING;
    idle->next = idle;
    current = idle;
    if (peripherals::serial == null) { chores = POLLED; }
    *peripherals::timer = limits::TICK_MS;
    return true;
  }

  // Into the ring, as the last before it is the current process's turn again.
  function ready(p: * process::process): void {
    p->waits_for = 0;
    p->state = READY;
    if (tail == null) {
      p->next = p;
    } else {
      p->next = tail->next;
      tail->next = p;
    }
    tail = p;
  }

  // Take a process out of the ring.
  function withdraw(p: * process::process): void {
    var before = tail;
    while (before->next != p) { before = before->next; }
    before->next = p->next;
    if (p == tail) { tail = before == p ? null : before; }
  }

  // The running process cannot go on until `wake` is called with the same two words.
  function block(waits_for: byte, object: byte): byte {
    withdraw(current);
    current->state = BLOCKED;
    current->waits_for = waits_for;
    current->object = object;
    return 0;
  }

  // Let a process run, whatever it waits for; the running one loses its turn.
  function rouse(p: * process::process): void {
    if (p->state == RUNNING) {
      yield();
    } else if (p->state != READY) {
      if (p->waits_for == SLEEP) { chores = chores - 1; }
      ready(p);
    }
  }

  // A process runs no more until it is roused, whatever it does or waits for.
  function stop(p: * process::process): void {
    if (p->state == READY || p->state == RUNNING) {
      withdraw(p);
    } else if (p->waits_for == SLEEP) {
      chores = chores - 1;
    }
    p->waits_for = 0;
    p->state = STOPPED;
  }

  // The running process lets the others run once.
  function yield(): void {
    current->state = READY;
    tail = current;
  }

  // The running process makes its call again: interrupts come in between.
  function pause(): byte {
    current->again = true;
    return 0;
  }

  function wake(waits_for: byte, object: byte): void {
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->waits_for == waits_for && p->object == object) { ready(p); }
    }
  }

  function sleepers(): byte {
    return chores & 0xFFFF;
  }

  // Block the running process until the clock reaches `wake_at`.
  function sleep_until(wake_at: byte): byte {
    current->wake_at = wake_at;
    if (sleepers() == 0 || <unsafe int>(wake_at - next_wake) < 0) { next_wake = wake_at; }
    chores = chores + 1;
    return block(SLEEP, 0);
  }

  // The clock wraps around after 49 days: times are compared by their difference.
  function wake_sleepers(now: byte): void {
    var soonest = now + 0x7FFFFFFF;
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->waits_for == SLEEP) {
        if (<unsafe int>(p->wake_at - now) <= 0) {
          chores = chores - 1;
          ready(p);
        } else if (<unsafe int>(p->wake_at - soonest) < 0) {
          soonest = p->wake_at;
        }
      }
    }
    next_wake = soonest;
  }

  // What a tick does besides passing the turn on.
  function look_after(): void {
    chores = chores & (0 - MISSED - 1);
    if (sleepers() != 0) {
      var now = peripherals::now();
      if (<unsafe int>(now - next_wake) >= 0) { wake_sleepers(now); }
    }
    if (chores & FLIPPED) { display::poll(); }
    console::poll();
    if (chores & SCREEN) { screen::poll(); }
  }

  // Whom to resume next. The registers of `current` are saved or worth nothing. A tick that was
  // missed is made up for: a process that does nothing but yield may make each of them be missed.
  function next(): * process::process {
    if (chores & MISSED) { look_after(); }
    if (tail == null) {
      current = idle;
      return idle;
    }
    var p = tail->next;
    p->state = RUNNING;
    p->ticks = p->ticks + 1;
    current = p;
    return p;
  }

  // Whether the interrupted process can go on: it may have been ended or stopped meanwhile.
  function is_running(): bool {
    return current->state == RUNNING;
  }

  // Keep the frame of the interrupted process, to resume it later.
  function save_frame(): void {
    support::copy(&current->registers[0], <unsafe * byte>machine::FRAME_REGISTERS, 65);
  }

  // As `save_frame`, where r32 to r61 have been saved straight from the registers.
  function save_rest(): void {
    var frame = <unsafe * byte>machine::FRAME_REGISTERS;
    support::copy(&current->registers[0], frame, 32);
    support::copy(&current->registers[62], &frame[unsafe 62], 3);
  }

  // Interrupt 2. The interrupted process's registers have been saved already.
  .export function _timer(inside: byte): * process::process {
    look_after();
    if (!is_running()) { return next(); }  // a ctrl-C ended it, or a ctrl-Z stopped it
    if (current == idle) { return tail == null ? null : next(); }
    if (current->next == current) { return null; }
    yield();
    return next();
  }

  // Interrupt 4. Goes on with the interrupted process, unless it was idle, or ended by ctrl-C, or
  // stopped by ctrl-Z.
  .export function _serial(inside: byte): * process::process {
    console::poll();
    if (is_running() && (current != idle || tail == null)) { return null; }
    if (current->state == STOPPED) { save_frame(); }
    return next();
  }
}
