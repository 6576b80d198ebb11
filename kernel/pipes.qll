// pipes.qll: octets on their way from one process to another.
//
// Owns:        every `pipe`, and the memory for its octets.
// Invariants:  `count` octets are under way, in a ring of limits::PIPE_WORDS words with four octets each,
//              from octet `from` on. A pipe with none begins at a whole word again, so that what comes
//              and goes four a word is copied by words.
// Interrupts:  call masked.
// Sleeps:      reads of an empty pipe and writes to a full one block the process; the call is then made
//              again from the beginning, with `progress` octets done.

namespace pipes {
  // What a hostile program could have many of is kept in memory for processes, not in the kernel's
  // heap.
  type pipe = struct {
    data: * byte;
    from: byte; count: byte;
    readers: byte; writers: byte;
    seen_readers: byte; seen_writers: byte;  // the audit's
  };

  .constant global OCTETS: byte = limits::PIPE_WORDS * 4;
  .constant global SPREAD: byte = 128;       // octets at once between two that are not at the same
                                             // place in their words

  // A pipe with one reader and one writer; null if there is no memory.
  function make(): * pipe {
    var p = new pipe;
    if (p == null) { return null; }
    p->data = <unsafe * byte>memory::take(limits::PIPE_WORDS);
    if (p->data == null) {
      delete p;
      return null;
    }
    p->readers = 1;
    p->writers = 1;
    return p;
  }

  function forget(p: * pipe): void {
    if (p != null) { memory::give(<unsafe byte>p->data, limits::PIPE_WORDS); }
    delete p;
  }

  // One that reads or writes less. Who waits learns of it.
  function leave(p: * pipe, is_reader: bool): void {
    if (is_reader) { p->readers = p->readers - 1; } else { p->writers = p->writers - 1; }
    scheduler::wake(scheduler::PIPE, <unsafe byte>p);
    if (p->readers == 0 && p->writers == 0) { forget(p); }
  }

  // Octets came or went.
  function change(p: * pipe, more: byte): void {
    p->count = p->count + more;
    if (p->count == 0) { p->from = 0; }
    scheduler::wake(scheduler::PIPE, <unsafe byte>p);
  }

  // How many octets from a place in the ring on lie behind each other.
  function run(at: byte, octets: byte): byte {
    return std::math::min(octets, OCTETS - at);
  }

  // --- an octet a word ---------------------------------------------------------------------------

  function write(to: * pipe, p: * process::process, virtual: byte, octets: byte): byte {
    if (to->readers == 0) { return -1; }
    while (p->progress < octets) {
      if (to->count == OCTETS) { return scheduler::block(scheduler::PIPE, <unsafe byte>to); }
      var end = (to->from + to->count) % OCTETS;
      var at = process::reach(p, virtual + p->progress, machine::READ);
      var part = run(end, std::math::min(octets - p->progress, OCTETS - to->count));
      part = std::math::min(part, at.words);
      support::pack(to->data, end, <unsafe * byte>at.physical, part);
      p->progress = p->progress + part;
      change(to, part);
    }
    return octets;
  }

  // What there is, at most so many octets; 0 if there will be no more.
  function read(from: * pipe, p: * process::process, virtual: byte, octets: byte): byte {
    if (octets == 0) { return 0; }
    if (from->count == 0) { return wait(from); }
    var done = 0;
    while (done < octets && from->count != 0) {
      var part = run(from->from, std::math::min(octets - done, from->count));
      file::unpack_out(p, virtual + done, from->data, from->from, part);
      done = done + part;
      from->from = (from->from + part) % OCTETS;
      change(from, 0 - part);
    }
    return done;
  }

  // Of an empty pipe: until something comes, if it can.
  function wait(from: * pipe): byte {
    return from->writers == 0 ? 0 : scheduler::block(scheduler::PIPE, <unsafe byte>from);
  }

  // --- four octets a word ------------------------------------------------------------------------

  function write_packed(to: * pipe, p: * process::process, virtual: byte, octets: byte): byte {
    if (to->readers == 0) { return -1; }
    while (p->progress < octets) {
      var at = process::reach(p, virtual + p->progress / 4, machine::READ);
      var part = std::math::min(octets - p->progress, OCTETS - to->count);
      if (at.words < limits::PIPE_WORDS) { part = std::math::min(part, at.words * 4); }
      if (part < octets - p->progress) { part = part / 4 * 4; }  // it goes on at a whole word
      if (part == 0) { return scheduler::block(scheduler::PIPE, <unsafe byte>to); }
      append(to, <unsafe * byte>at.physical, part);
      p->progress = p->progress + part;
      change(to, part);
    }
    return octets;
  }

  // Octets from the words at `words` to the ring behind those that are there.
  function append(to: * pipe, words: * byte, octets: byte): void {
    var spread: byte[SPREAD];
    var done = 0;
    while (done < octets) {
      var end = (to->from + to->count + done) % OCTETS;
      var part = run(end, octets - done);
      if (end % 4 == 0 && done % 4 == 0 && part >= 4) {
        support::copy(&to->data[unsafe end / 4], &words[unsafe done / 4], part / 4);
        part = part / 4 * 4;
      } else {
        part = std::math::min(part, SPREAD);
        support::unpack(&spread[0], words, done, part);
        support::pack(to->data, end, &spread[0], part);
      }
      done = done + part;
    }
  }

  // As `read`; of more than a word only whole ones, so that the next read begins at one, too.
  function read_packed(from: * pipe, p: * process::process, virtual: byte, words: byte): byte {
    if (words == 0) { return 0; }
    if (from->count == 0) { return wait(from); }
    var octets = from->count;
    if (words < limits::PIPE_WORDS) { octets = std::math::min(octets, words * 4); }
    if (octets > 4) { octets = octets / 4 * 4; }
    var done = 0;
    while (done < octets) {
      var at = process::reach(p, virtual + done / 4, machine::WRITE);
      var part = octets - done;
      if (at.words < limits::PIPE_WORDS) { part = std::math::min(part, at.words * 4); }
      move_out(from, done, <unsafe * byte>at.physical, part);
      done = done + part;
    }
    from->from = (from->from + octets) % OCTETS;
    change(from, 0 - octets);
    return octets;
  }

  // Octets of the ring, from the one with this number on, to the words at `words`.
  function move_out(from: * pipe, first: byte, words: * byte, octets: byte): void {
    var spread: byte[SPREAD];
    var done = 0;
    while (done < octets) {
      var begin = (from->from + first + done) % OCTETS;
      var part = run(begin, octets - done);
      if (begin % 4 == 0 && done % 4 == 0 && part >= 4) {
        support::copy(&words[unsafe done / 4], &from->data[unsafe begin / 4], part / 4);
        part = part / 4 * 4;
      } else {
        part = std::math::min(part, SPREAD);
        support::unpack(&spread[0], from->data, begin, part);
        support::pack(words, done, &spread[0], part);
      }
      done = done + part;
    }
  }
}
