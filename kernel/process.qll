// process.qll: processes: their memory, handles, parents and children, birth, faults and death.
//
// Owns:        `all`, the list of processes, and what hangs from each.
// Invariants:  every process but the first has a parent that has not ended. A process that is ending
//              runs nothing but `bury`, in turns of its own, so no clean-up ever finds its process
//              blocked. A zombie owns nothing but its struct, which waits for the parent to ask for
//              the status.
// Interrupts:  call masked.
// Sleeps:      never.

namespace process {
  // Part of a process's addresses that gets memory when it is first touched.
  type area = struct {
    start: byte; words: byte; flags: byte;
    down: bool;     // filled from its end, like a stack
    backed: byte;   // words that have memory
  };

  type process = struct {
    // Known to support.qasm: r0 ... r63, ip, then the address of the page table, the scheduler's first
    // and the system call's.
    registers: byte[machine::FRAME_IP - machine::FRAME_REGISTERS + 1];
    pages: * memory::table;
    next: * process;       // in the ring of those that can run
    state: byte;
    again: bool;           // it can run, and is to make its call again
    progress: byte;        // of the call that is made again, after blocking or like this
    ticks: byte;           // time slices begun

    // The scheduler's.
    waits_for: byte;       // kind of event, if blocked
    object: byte;          // and which one
    wake_at: byte;         // milliseconds, if asleep

    // This file's.
    pid: byte;
    parent: * process;
    sibling: * process;    // next in `all`
    ending: bool;          // it runs none of its own code any more
    status: byte;          // of one that is ending or a zombie
    foreground: bool;      // ctrl-C kills it, ctrl-Z stops it
    behind: bool;          // it was sent to the background: reading the console stops it
    held: bool;            // it is to be stopped as soon as it has its program
    spawns_in_front: bool; // and from the beginning those that it spawns
    console_mode: byte;
    tracer: * process;     // debug.qll's: who debugs it; null once it is ending
    traces_spawned: bool;  // what it spawns is stopped before it begins, to be debugged by it
    stop_reason: byte;     // of the fault that stopped it, or none
    why: string;           // it ends, if that is yet to be said: for a fault
    fault_ip: byte;        // and where
    spawning: * process;   // what its `spawn` makes, if that has begun
    job: * loader::job;    // what is still to be loaded, or a search in its file; else null
    name: byte[limits::NAME];
    path: byte[];          // of the image, for the names in fault messages; null if none
    symbols: bool;
    base: byte;            // where a position-independent image stands
    areas: area[limits::AREAS];
    handles: (* file::file)[limits::HANDLES];
    directory: byte[];     // current directory: components each behind a '/', none for the root
    table: memory::table;
  };

  global all: * process = null;
  global count: byte = 0;
  global last_pid: byte = 0;
  global first: * process = null;  // the shell: when it ends the machine halts

  // --- birth -------------------------------------------------------------------------------------

  function find(pid: byte): * process {
    for (var p = all; p != null; p = p->sibling) {
      if (p->pid == pid) { return p; }
    }
    return null;
  }

  // A process without memory, handles or program; null if there is no room for it.
  function create(parent: * process): * process {
    if (count == limits::PROCESSES) { return null; }
    var made = new process;
    if (made == null) { return null; }
    made->pages = &made->table;
    made->parent = parent;
    last_pid = last_pid + 1;
    while (last_pid == 0 || last_pid > 0x7FFFFFFF || find(last_pid) != null) {
      last_pid = last_pid > 0x7FFFFFFE ? 1 : last_pid + 1;
    }
    made->pid = last_pid;
    made->state = scheduler::NEW;
    if (parent != null) {
      made->foreground = parent->foreground || parent->spawns_in_front;
      made->behind = parent->behind;
      made->held = parent->traces_spawned;
      if (!set_directory(made, parent->directory)) {
        delete made;
        return null;
      }
    }
    if (made->held) { made->tracer = parent; }
    made->sibling = all;
    all = made;
    count = count + 1;
    return made;
  }

  // Keep a current directory, in memory for processes: it can be long, and there can be many.
  function set_directory(p: * process, components: string): bool {
    var at = memory::take(len components + 1);
    if (at == 0) { return false; }
    support::copy(<unsafe * byte>at, <unsafe * byte>components, len components);
    drop_directory(p);
    p->directory = std::slice<byte> {
      pointer = <unsafe * byte>at, length = len components, capacity = len components + 1
    };
    return true;
  }

  function drop_directory(p: * process): void {
    if (!p->directory) { return; }
    memory::give(<unsafe byte><unsafe * byte>p->directory, cap p->directory);
    p->directory = null;
  }

  // --- memory ------------------------------------------------------------------------------------

  // Reserve addresses that get memory on demand; `index` is the area's place in the process.
  function reserve(p: * process, index: byte, start: byte, words: byte, flags: byte,
                   down: bool): void {
    p->areas[index] = area {
      start = start, words = words, flags = flags | machine::PRESENT, down = down, backed = 0
    };
  }

  // Give an area more memory towards `need` words from where it begins, no more than may be cleared at
  // once. Doubles what it has, so that a long run of touches costs few faults. False if memory or the
  // page table is full.
  function back(p: * process, a: * area, need: byte): bool {
    var more = memory::round_up(std::math::min(need - a->backed, limits::DEMAND_MOST));
    more = std::math::max(more, std::math::min(a->backed, limits::DEMAND_MOST));
    more = std::math::max(more, limits::DEMAND_LEAST);
    more = std::math::min(more, a->words - a->backed);
    var at = take_beside(p, a, &more);
    if (at == 0) { return false; }
    var virtual = a->down ? a->start + a->words - a->backed - more : a->start + a->backed;
    if (!memory::map(&p->table, virtual, at, more, a->flags)) {
      memory::give(at, more);
      return false;
    }
    support::fill(<unsafe * byte>at, 0, more);
    a->backed = a->backed + more;
    given = given + more;
    return true;
  }

  // Memory for an area: where its last piece goes on, if that is free, so that the page table stays
  // short. Takes less than `more` when memory is short. 0 if there is none.
  function take_beside(p: * process, a: * area, more: * byte): byte {
    if (a->backed != 0) {
      var last = a->down ? a->start + a->words - a->backed : a->start + a->backed - 1;
      var end = memory::look_up(&p->table, last, 0).physical;
      var got = a->down ? memory::extend_down(end, *more) : memory::extend(end + 1, *more);
      if (got != 0) {
        *more = got;
        return a->down ? end - got : end + 1;
      }
    }
    var at = a->backed < limits::DEMAND_MOST ? memory::take(*more)
                                             : memory::take_apart(*more, a->down);
    while (at == 0 && *more > limits::GRAIN) {
      *more = memory::round_up(*more / 2);
      at = memory::take(*more);
    }
    return at;
  }

  // A word was touched that has no memory yet. False if it is in no area, or memory is out. True says
  // that some was given: it may take several times until the word has its memory.
  function demand(p: * process, virtual: byte): bool {
    for (var i = 0; i < limits::AREAS; i = i + 1) {
      var a = &p->areas[i];
      var offset = virtual - a->start;
      if (offset < a->words) {
        var need = a->down ? a->words - offset : offset + 1;
        return need > a->backed && back(p, a, need);
      }
    }
    return false;
  }

  // Words that were cleared for processes since the kernel was entered.
  global given: byte = 0;

  // The run of physical words behind a virtual address, given memory if need be. If that is much for
  // one call, a system call stops here (`words` is 0) and is made again.
  function reach(p: * process, virtual: byte, flags: byte): memory::span {
    while (true) {
      var found = memory::look_up(&p->table, virtual, flags);
      if (found.words != 0) { return found; }
      if (given >= limits::DEMAND_MOST && p == scheduler::current) {
        scheduler::pause();
        return found;
      }
      if (!demand(p, virtual)) { return found; }
    }
    return memory::span { };
  }

  // Whether a process may use all of these words that way. Nothing else in the kernel decides this.
  function may(p: * process, virtual: byte, words: byte, flags: byte): bool {
    if (virtual + words < virtual) { return false; }
    while (words != 0) {
      var found = reach(p, virtual, flags);
      if (found.words == 0) { return false; }
      if (found.words >= words) { return true; }
      virtual = virtual + found.words;
      words = words - found.words;
    }
    return true;
  }

  // Copy words out of a process; false, with nothing promised of `to`, if it may not read them.
  function copy_in(p: * process, to: * byte, virtual: byte, words: byte): bool {
    if (!may(p, virtual, words, machine::READ)) { return false; }
    var at = <unsafe byte>to;
    while (words != 0) {
      var found = reach(p, virtual, machine::READ);
      var part = std::math::min(found.words, words);
      support::copy(<unsafe * byte>at, <unsafe * byte>found.physical, part);
      at = at + part;
      virtual = virtual + part;
      words = words - part;
    }
    return true;
  }

  // Copy words into a process; false, with nothing written, if it may not write them all.
  function copy_out(p: * process, virtual: byte, from: * byte, words: byte): bool {
    if (!may(p, virtual, words, machine::WRITE)) { return false; }
    var at = <unsafe byte>from;
    while (words != 0) {
      var found = reach(p, virtual, machine::WRITE);
      var part = std::math::min(found.words, words);
      support::copy(<unsafe * byte>found.physical, <unsafe * byte>at, part);
      at = at + part;
      virtual = virtual + part;
      words = words - part;
    }
    return true;
  }

  // A text that ends with a zero word, on the kernel's heap; null if it is not all readable, longer
  // than `most`, or the heap is full. The caller deletes it. An empty text has length 0.
  function text_in(p: * process, virtual: byte, most: byte): byte[] {
    var length = 0;
    while (true) {
      var found = reach(p, virtual + length, machine::READ);
      if (found.words == 0 || length > most) { return null; }
      var word = <unsafe * byte>found.physical;
      var run = found.words;
      while (run != 0 && length <= most && *word != 0) {
        word = &word[unsafe 1];
        length = length + 1;
        run = run - 1;
      }
      if (run != 0 && length <= most) {
        var text = new byte[length];
        if (!text) { return null; }
        copy_in(p, <unsafe * byte>text, virtual, length);
        return text;
      }
    }
    return null;
  }

  // More of the heap that `grow` manages; returns its old end, or -1. Memory comes on demand.
  function grow(p: * process, words: byte): byte {
    var a = &p->areas[3];
    if (words > limits::GROWN_HEAP_WORDS - a->words) { return -1; }
    if (words > memory::free_words) { return -1; }
    var end = limits::GROWN_HEAP + a->words;
    a->start = limits::GROWN_HEAP;
    a->flags = machine::PRESENT | machine::READ | machine::WRITE;
    a->words = memory::round_up(a->words + words);
    return end;
  }

  // --- stopping ----------------------------------------------------------------------------------

  // A process has its program, and begins to run.
  function start(p: * process): void {
    if (p->held) {
      p->state = scheduler::STOPPED;
      p->foreground = false;
    } else {
      scheduler::ready(p);
    }
  }

  // A process stops, and is no longer in front. One that ends does that first.
  function stop(p: * process): void {
    if (p->ending) { return; }
    p->foreground = false;
    p->held = true;
    if (p->state == scheduler::NEW || p->state == scheduler::STOPPED) { return; }
    if (display::owner == p) { console::forget_keys(); }
    scheduler::stop(p);
    debug::stopped(p);
    if (p->parent != null) { scheduler::wake(scheduler::CHILD, <unsafe byte>p->parent); }
  }

  function stop_tree(top: * process): void {
    for (var p = all; p != null; p = p->sibling) {
      if (is_descendant(p, top)) { stop(p); }
    }
  }

  // A stopped process goes on, or one that runs is put in front or behind.
  function resume(p: * process, in_front: bool): void {
    p->foreground = in_front;
    p->behind = !in_front;
    p->held = false;
    if (in_front && display::owner == p) { console::begin_keys(); }
    if (p->state == scheduler::STOPPED) { scheduler::ready(p); }
  }

  // A process and all that descend from it go on, but for those that others debug.
  function resume_tree(top: * process, in_front: bool): void {
    for (var p = all; p != null; p = p->sibling) {
      if (!p->ending && p->tracer == null && is_descendant(p, top)) { resume(p, in_front); }
    }
  }

  // Ctrl-Z.
  function stop_foreground(): void {
    for (var p = all; p != null; p = p->sibling) {
      if (p->foreground) { stop(p); }
    }
  }

  // --- death -------------------------------------------------------------------------------------

  // Begin the end of a process: it runs none of its own code any more. What it holds is released by
  // itself, step by step in turns of its own: `support::die` calls `bury` until it is done. So
  // neither the caller nor anybody else waits for that, and a release that wakes those who wait for
  // something cannot wake the process that is going.
  function end(p: * process, status: byte): void {
    if (p->ending) { return; }
    p->ending = true;
    p->status = status;
    p->foreground = false;
    p->held = false;
    p->again = false;
    debug::ended(p);
    p->registers[64] = <unsafe byte>support::die;
    p->pages = null;  // privileged, as the kernel's own code
    scheduler::rouse(p);
  }

  // One step of the running process's end; whom to resume.
  function bury(p: * process): * process {
    if (release(p)) {
      scheduler::withdraw(p);
      p->state = scheduler::ZOMBIE;
      if (p == first) { kernel::stop(p->status); }
      scheduler::wake(scheduler::CHILD, <unsafe byte>p->parent);
      return scheduler::next();
    }
    if (p->state == scheduler::RUNNING) { return null; }
    scheduler::save_frame();
    return scheduler::next();
  }

  // Release something of what the running process holds: its children end with it, and go before it.
  // True if nothing is left. It may block the process, which then tries again.
  function release(p: * process): bool {
    if (p->why) {
      report(p);
      return false;
    }
    var alive = false;
    for (var child = all; child != null; child = child->sibling) {
      if (child->parent == p) {
        if (child->state == scheduler::ZOMBIE) {
          reap(child);
          return false;
        }
        end(child, 0xFFFFFFFF);
        alive = true;
      }
    }
    if (alive) {
      scheduler::block(scheduler::CHILD, <unsafe byte>p);
      return false;
    }
    for (var i = 0; i < limits::HANDLES; i = i + 1) {
      if (p->handles[i] != null) {
        drop_handle(p, i);
        return false;
      }
    }
    if (!display::leave(p)) { return false; }
    drop_memory(p);
    return true;
  }

  function drop_handle(p: * process, place: byte): bool {
    var closing = p->handles[place];
    p->handles[place] = null;
    return file::close(closing);
  }

  function drop_memory(p: * process): void {
    if (p->job != null) { loader::forget(p); }
    memory::give_all(&p->table);
    drop_directory(p);
    delete p->path;
    p->path = null;
  }

  // Forget a process that never ran. Its handles are its parent's, too, so closing them ends nothing.
  function discard(p: * process): void {
    for (var i = 0; i < limits::HANDLES; i = i + 1) {
      if (p->handles[i] != null) { drop_handle(p, i); }
    }
    drop_memory(p);
    reap(p);
  }

  // Forget a zombie, or a process that never ran.
  function reap(p: * process): void {
    var link = &all;
    while (*link != p) { link = &(*link)->sibling; }
    *link = p->sibling;
    count = count - 1;
    delete p;
  }

  function is_descendant(p: * process, of: * process): bool {
    for (var at = p; at != null; at = at->parent) {
      if (at == of) { return true; }
    }
    return false;
  }

  // Ctrl-C. What is debugged only stops, and who waits for that is spared.
  function end_foreground(): void {
    for (var p = all; p != null; p = p->sibling) {
      if (p->foreground && p->tracer == null && !debug::waits(p)) { end(p, INTERRUPTED); }
    }
    for (var p = all; p != null; p = p->sibling) {
      if (p->foreground && p->tracer != null) { stop(p); }
    }
  }

  // --- faults ------------------------------------------------------------------------------------

  // Reasons besides the machine's.
  .constant global UNKNOWN_CALL: byte = 0x100;
  .constant global UNKNOWN_INTERRUPT: byte = 0x101;
  .constant global STACK_OVERFLOW: byte = 0x102;
  .constant global NO_MEMORY: byte = 0x103;
  .constant global FAILED_CHECK: byte = 0x110;  // and further ones, by the number of the check

  // A check of QLL that fails leaves one of these in r0 and halts, which no process may.
  .constant global FIRST_CHECK: byte = 0xE0000000;
  .constant global CHECKS: byte = 3;

  function reason_text(reason: byte): string {
    if (reason == machine::INVALID_INSTRUCTION) { return "invalid instruction"; }
    if (reason == machine::UNIMPLEMENTED_INSTRUCTION) { return "instruction not built in"; }
    if (reason == machine::MEMORY_FAULT) { return "memory fault"; }
    if (reason == machine::OUT_OF_BOUNDS) { return "address out of bounds"; }
    if (reason == machine::INVALID_INTERRUPT) { return "invalid interrupt"; }
    if (reason == UNKNOWN_CALL) { return "unknown system call"; }
    if (reason == UNKNOWN_INTERRUPT) { return "unknown interrupt"; }
    if (reason == STACK_OVERFLOW) { return "stack overflow"; }
    if (reason == NO_MEMORY) { return "out of memory"; }
    if (reason == FAILED_CHECK) { return "null pointer dereference"; }
    if (reason == FAILED_CHECK + 1) { return "index out of bounds"; }
    if (reason == FAILED_CHECK + 2) { return "new length above the capacity"; }
    return "unknown fault";
  }

  // What to say of a fault that ends a process: the machine's reason, or what led to it.
  function cause(p: * process, reason: byte, ip: byte): byte {
    var frame = <unsafe * byte>machine::FRAME_REGISTERS;
    if (reason == machine::INVALID_INSTRUCTION) {
      var code = memory::look_up(&p->table, ip, machine::EXECUTE);
      var check = frame[unsafe 0] - FIRST_CHECK;
      if (code.words != 0 && *(<unsafe * byte>code.physical) == 0 && check < CHECKS) {
        return FAILED_CHECK + check;
      }
    }
    if (reason == machine::MEMORY_FAULT) {
      var at = fault_address(p, ip);
      for (var i = 0; i < limits::AREAS; i = i + 1) {
        var a = &p->areas[i];
        var offset = at - a->start;
        if (offset < a->words && (a->down ? a->words - offset : offset + 1) > a->backed) {
          return NO_MEMORY;  // else `demand` would have given some
        }
        if (a->down && at < a->start && at >= frame[unsafe 63]) { return STACK_OVERFLOW; }
      }
    }
    return reason;
  }

  // The virtual address whose access faulted: the hardware tells only the instruction.
  function fault_address(p: * process, ip: byte): byte {
    var code = memory::look_up(&p->table, ip, machine::EXECUTE);
    if (code.words == 0) { return ip; }
    var word = *(<unsafe * byte>code.physical);
    var frame = <unsafe * byte>machine::FRAME_REGISTERS;
    var opcode = word >> 24;
    var field = opcode == machine::OP_STORE ? word >> 16 & 0xFF : word >> 8 & 0xFF;
    if (opcode == machine::OP_LOAD || opcode == machine::OP_STORE) {
      return field == 64 ? ip : frame[unsafe field];
    }
    return ip + 1;  // the second word of a constant
  }

  // Say what the running process did, with the function's name if its file has it. True when it is
  // said: the search takes several calls.
  function report(p: * process): bool {
    if (p->job == null) { loader::begin_search(p); }
    if (p->job != null && loader::step_search(p, p->fault_ip)) { return false; }
    kernel::say("process ");
    kernel::say_number(p->pid);
    kernel::say(" (");
    kernel::say(p->name[:name_length(p)]);
    kernel::say(") ");
    kernel::say(p->why);
    kernel::say(" at 0x");
    kernel::say_hexadecimal(p->fault_ip);
    if (p->job != null) {
      loader::say_symbol(p->job);
      loader::forget(p);
    }
    kernel::say("\n");
    p->why = null;
    return true;
  }

  function name_length(p: * process): byte {
    var length = 0;
    while (length < limits::NAME && p->name[length] != 0) { length = length + 1; }
    return length;
  }

  // End the running process for something that it did at an address, or stop it, if it is debugged.
  function punish(reason: byte, ip: byte): void {
    var p = scheduler::current;
    if (debug::catches(p, reason)) { return; }
    p->why = reason_text(reason);
    p->fault_ip = ip;
    peripherals::show_debugger();  // as long as everything is as it was
    end(p, FAULTED);
  }

  // Interrupt 1. A touch of memory on demand is no fault; else the process ends.
  .export function _fault(inside: byte): * process {
    var reason = *(<unsafe * byte>machine::FAULT_REASON);
    if (inside) { kernel::panic(reason_text(reason)); }
    var p = scheduler::current;
    given = 0;
    if (reason == machine::MEMORY_FAULT
        && demand(p, fault_address(p, *(<unsafe * byte>machine::FRAME_IP)))) {
      return null;
    }
    var ip = *(<unsafe * byte>machine::FRAME_IP);
    punish(cause(p, reason, ip), ip);
    return scheduler::next();
  }
}
