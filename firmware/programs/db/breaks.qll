// breaks.qll: breakpoints. They are in the process's code only while it runs.

namespace breaks {
  type place = struct { at: byte; word: byte; is_set: bool; };

  .constant global MOST: byte = 32;
  global all: place[] = null;

  function find(at: byte): byte {
    for (var i = 0; i < len all; i = i + 1) {
      if (all[i].at == at) { return i; }
    }
    return os::FAILED;
  }

  function add(at: byte): bool {
    if (!all) { all = std::vector::create<place>(8); }
    if (find(at) != os::FAILED) { return true; }
    if (len all == MOST) { return false; }
    std::vector::add(&all, place { at = at });
    return true;
  }

  function insert(): void {
    for (var i = 0; i < len all; i = i + 1) {
      var p = &all[i];
      p->is_set = target::read(p->at, &p->word, 1) && target::write(p->at, target::BREAK);
    }
  }

  function take_out(): void {
    for (var i = 0; i < len all; i = i + 1) {
      if (all[i].is_set) { target::restore(all[i].at, all[i].word); }
      all[i].is_set = false;
    }
  }

  // Let the process run to a breakpoint, a fault or its end. It leaves the breakpoint it is at.
  function proceed(): byte {
    if (find(target::state.ip) != os::FAILED) {
      var from = target::state.ip;
      var outcome = target::step();
      if (outcome != target::STOPPED || target::state.reason != 0) { return outcome; }
      if (target::state.ip != from && find(target::state.ip) != os::FAILED) { return outcome; }
    }
    insert();
    var outcome = target::go();
    if (outcome == target::STOPPED) {
      take_out();
      if (target::state.reason == target::INVALID && find(target::state.ip) != os::FAILED) {
        target::state.reason = 0;
      }
    }
    return outcome;
  }
}
