// scheduler.qll: who runs. Round robin over the ready processes, pre-empted by the timer.
//
// Owns:        `current`, the run queue, and the scheduler's fields of each process.
// Invariants:  a process is in the queue exactly if its state is READY; `current` is RUNNING
//              or, when nothing is ready, the idle process, which is in no list.
// Interrupts:  call masked. The kernel is never pre-empted.
// Sleeps:      never. A call that must wait marks its process BLOCKED and is made again from the
//              beginning, with the same registers, when the process is woken.

namespace scheduler {
  // States.
  .constant global NEW: byte = 0;
  .constant global READY: byte = 1;
  .constant global RUNNING: byte = 2;
  .constant global BLOCKED: byte = 3;
  .constant global ZOMBIE: byte = 4;

  // What a blocked process waits for; its `object` says which one.
  .constant global SLEEP: byte = 1;    // the clock
  .constant global CHILD: byte = 2;    // the process itself: one of its children to end
  .constant global PIPE: byte = 3;     // the pipe
  .constant global CONSOLE: byte = 4;  // input
  .constant global FLIP: byte = 5;     // the display

  global current: * process::process = null;
  global idle: * process::process = null;
  global head: * process::process = null;
  global tail: * process::process = null;
  global next_wake: byte = -1;  // the earliest `wake_at` of all sleepers, or later than never
  global sleepers: byte = 0;

  // The idle process has no page table, so it runs privileged and may `wait`.
  function start(): bool {
    idle = new process::process;
    if (idle == null) { return false; }
    idle->registers[62] = 1;
    idle->registers[64] = <unsafe byte>support::idle;
    idle->state = RUNNING;
    current = idle;
    *peripherals::timer = limits::TICK_MS;
    return true;
  }

  function ready(p: * process::process): void {
    p->state = READY;
    p->next = null;
    if (tail == null) { head = p; } else { tail->next = p; }
    tail = p;
  }

  // Take a process out of the queue, if it is there.
  function withdraw(p: * process::process): void {
    if (p->state == BLOCKED && p->waits_for == SLEEP) { sleepers = sleepers - 1; }
    if (p->state != READY) { return; }
    var before: * process::process = null;
    for (var at = head; at != p; at = at->next) { before = at; }
    if (before == null) { head = p->next; } else { before->next = p->next; }
    if (tail == p) { tail = before; }
  }

  // The running process cannot go on until `wake` is called with the same two words.
  function block(waits_for: byte, object: byte): byte {
    current->state = BLOCKED;
    current->waits_for = waits_for;
    current->object = object;
    return 0;
  }

  // The running process lets others run, and then goes on with its call.
  function pause(): byte {
    current->again = true;
    ready(current);
    return 0;
  }

  function wake(waits_for: byte, object: byte): void {
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->state == BLOCKED && p->waits_for == waits_for && p->object == object) { ready(p); }
    }
  }

  // Block the running process until the clock reaches `wake_at`.
  function sleep_until(wake_at: byte): byte {
    current->wake_at = wake_at;
    if (sleepers == 0 || <unsafe int>(wake_at - next_wake) < 0) { next_wake = wake_at; }
    sleepers = sleepers + 1;
    return block(SLEEP, 0);
  }

  // The clock wraps around after 49 days: times are compared by their difference.
  function wake_sleepers(now: byte): void {
    var soonest = now + 0x7FFFFFFF;
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->state == BLOCKED && p->waits_for == SLEEP) {
        if (<unsafe int>(p->wake_at - now) <= 0) {
          sleepers = sleepers - 1;
          ready(p);
        } else if (<unsafe int>(p->wake_at - soonest) < 0) {
          soonest = p->wake_at;
        }
      }
    }
    next_wake = soonest;
  }

  // Whom to resume next. The registers of `current` are saved or worth nothing.
  function next(): * process::process {
    var p = head;
    if (p == null) {
      current = idle;
      return idle;
    }
    head = p->next;
    if (head == null) { tail = null; }
    p->state = RUNNING;
    p->ticks = p->ticks + 1;
    current = p;
    return p;
  }

  // Whether the interrupted process can go on: it may have been ended, even forgotten, meanwhile.
  function is_running(): bool {
    return current != null && current->state == RUNNING;
  }

  // Keep the frame of the interrupted process, to resume it later.
  function save_frame(): void {
    support::copy(&current->registers[0], <unsafe * byte>machine::FRAME_REGISTERS, 65);
  }

  // Interrupt 2. The interrupted process's registers have been saved already.
  .export function _timer(inside: byte): * process::process {
    if (sleepers != 0) {
      var now = peripherals::now();
      if (<unsafe int>(now - next_wake) >= 0) { wake_sleepers(now); }
    }
    if (display::flipping) { display::poll(); }
    console::poll();
    if (!is_running()) { return next(); }  // a ctrl-C ended it
    if (head == null) { return null; }
    if (current != idle) { ready(current); }
    return next();
  }

  // Interrupt 4. Goes on with the interrupted process, unless ctrl-C ended it or it was idle.
  .export function _serial(inside: byte): * process::process {
    console::poll();
    if (is_running() && (current != idle || head == null)) { return null; }
    return next();
  }
}
