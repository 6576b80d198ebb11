// debug.qll: one process looks into another, stops it and lets it go on: what a debugger needs.
//
// Owns:        `tracer`, `traces_spawned` and `stop_reason` of each process.
// Invariants:  who is traced may be: it is its tracer's child, or has the same parent and was stopped by
//              somebody when it was attached. Its memory and registers are seen and changed only while
//              it is STOPPED, and its registers not in the midst of a call. What it does wrong stops
//              it rather than ending it; so does ctrl-C.
// Interrupts:  call masked.
// Sleeps:      WAIT blocks the tracer until the process stops or ends.

namespace debug {
  .constant global STOPPED_BY_HAND: byte = 0;  // `stop_reason`: by `stop`, ctrl-Z or ctrl-C

  function call(p: * process::process, request: byte, address: byte): byte {
    var own = scheduler::current;
    if (request == syscall::DEBUG_ATTACH) { return attach(p, own); }
    if (p->tracer != own) { return syscall::FAILED; }
    if (request == syscall::DEBUG_WAIT) { return wait(p); }
    if (request == syscall::DEBUG_STOP) {
      process::stop(p);
      return 0;
    }
    if (request == syscall::DEBUG_DETACH) {
      p->tracer = null;
      return 0;
    }
    if (p->state != scheduler::STOPPED) { return syscall::FAILED; }
    if (request == syscall::DEBUG_GO) { return go(p, own); }
    if (request == syscall::DEBUG_STATE) { return tell(p, own, address); }
    if (request == syscall::DEBUG_SET) { return set(p, own, address); }
    if (request == syscall::DEBUG_READ) { return copy(p, own, address, false); }
    return request == syscall::DEBUG_WRITE ? copy(p, own, address, true) : syscall::FAILED;
  }

  // A child, or one that has the same parent and is stopped: whoever stopped it had the right to.
  function attach(p: * process::process, own: * process::process): byte {
    var is_beside = p->parent == own->parent && p->parent != null && p->state == scheduler::STOPPED;
    if (p == own || p->ending || (p->parent != own && !is_beside)) { return syscall::FAILED; }
    if (p->tracer != null && p->tracer != own) { return syscall::FAILED; }
    p->tracer = own;
    return 0;
  }

  // Until it is stopped; once it ends nobody traces it, and the call fails.
  function wait(p: * process::process): byte {
    if (p->state == scheduler::STOPPED) { return 0; }
    return scheduler::block(scheduler::TRACED, p->pid);
  }

  function go(p: * process::process, own: * process::process): byte {
    process::resume(p, own->foreground);
    return 0;
  }

  function tell(p: * process::process, own: * process::process, address: byte): byte {
    if (!process::may(own, address, sizeof syscall::traced, machine::WRITE)) { return syscall::FAILED; }
    var told = syscall::traced { reason = p->stop_reason };
    support::copy(&told.registers[0], &p->registers[0], len told.registers);
    told.ip = p->registers[machine::FRAME_IP - machine::FRAME_REGISTERS];
    var why = process::reason_text(p->stop_reason);
    if (p->stop_reason == STOPPED_BY_HAND) { why = "stopped"; }
    for (var i = 0; i < len why && i < len told.why; i = i + 1) { told.why[i] = why[i]; }
    process::copy_out(own, address, &told.registers[0], sizeof syscall::traced);
    return 0;
  }

  // Registers and ip. A call that has begun relies on what it has checked.
  function set(p: * process::process, own: * process::process, address: byte): byte {
    var told: syscall::traced;
    if (p->progress != 0 || p->spawning != null) { return syscall::FAILED; }
    if (!process::copy_in(own, &told.registers[0], address, len told.registers + 1)) {
      return syscall::FAILED;
    }
    support::copy(&p->registers[0], &told.registers[0], len told.registers + 1);
    return 0;
  }

  // Words of the process's memory into the tracer's, or back, all or none; also where the process itself
  // may not write. What it has not touched yet has no words.
  function copy(p: * process::process, own: * process::process, address: byte, writes: bool): byte {
    var asked: syscall::piece;
    if (!process::copy_in(own, &asked.at, address, sizeof syscall::piece)) { return syscall::FAILED; }
    if (asked.words > limits::DEBUG_WORDS || !has(p, asked.at, asked.words)) { return syscall::FAILED; }
    var flag = writes ? machine::READ : machine::WRITE;
    if (!process::may(own, asked.buffer, asked.words, flag)) { return syscall::FAILED; }
    var done = 0;
    while (done != asked.words) {
      var found = memory::look_up(&p->table, asked.at + done, 0);
      var part = std::math::min(found.words, asked.words - done);
      var words = <unsafe * byte>found.physical;
      if (writes) {
        process::copy_in(own, words, asked.buffer + done, part);
      } else {
        process::copy_out(own, asked.buffer + done, words, part);
      }
      done = done + part;
    }
    return 0;
  }

  function has(p: * process::process, at: byte, words: byte): bool {
    if (at + words < at) { return false; }
    while (words != 0) {
      var found = memory::look_up(&p->table, at, 0);
      if (found.words == 0) { return false; }
      var part = std::math::min(found.words, words);
      at = at + part;
      words = words - part;
    }
    return true;
  }

  // --- what happens to processes -------------------------------------------------------------------

  // The running process did something wrong. True if that stops it.
  function catches(p: * process::process, reason: byte): bool {
    if (p->tracer == null) { return false; }
    scheduler::save_frame();
    process::stop(p);
    p->stop_reason = reason;
    return true;
  }

  // A process stops: its tracer is told.
  function stopped(p: * process::process): void {
    p->stop_reason = STOPPED_BY_HAND;
    if (p->tracer != null) { scheduler::wake(scheduler::TRACED, p->pid); }
  }

  // A process ends: its tracer is told, and what it traced is left to itself.
  function ended(p: * process::process): void {
    if (p->tracer != null) { scheduler::wake(scheduler::TRACED, p->pid); }
    p->tracer = null;
    for (var other = process::all; other != null; other = other->sibling) {
      if (other->tracer == p) { other->tracer = null; }
    }
  }

  function waits(p: * process::process): bool {
    return p->state == scheduler::BLOCKED && p->waits_for == scheduler::TRACED;
  }
}
