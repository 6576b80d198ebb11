// audit.qll: what the debug kernel does besides: it mistrusts itself.
//
// The build puts this file into the debug kernel, and no_audit.qll in its place into the release.
//   - freed memory, of the heap and of processes, is filled with JUNK, and what is taken must still
//     be full of it: whoever writes to what was freed is found;
//   - at each system call the invariants of every list are checked, and all memory is accounted for:
//     a panic names the subsystem and what is broken;
//   - the n-th request for memory can be made to fail (system call INJECT).
//
// Owns:        `marks`, and the fields `seen` of files and pipes.
// Interrupts:  call masked.
// Sleeps:      never.

namespace audit {
  .constant global JUNK: byte = 0xDEADBEEF;
  .constant global DIRECT_CALLS: byte = 0;  // support.qasm: all go by `_syscall`, to be checked
  .constant global INJECT: byte = 0x7FFF;   // number of the call: fail the n-th request, 0 for none

  global until_failure: byte = 0;   // requests for memory until one fails; 0: none will
  global kept_words: byte = 0;      // what the kernel took for itself at boot
  global kept_blocks: byte = 0;
  global calls: byte = 0;

  // --- freed memory ------------------------------------------------------------------------------

  function wipe(at: byte, words: byte): void {
    support::fill(<unsafe * byte>at, JUNK, words);
  }

  function must_be_junk(at: byte, words: byte, why: string): void {
    var word = <unsafe * byte>at;
    for (var i = 0; i < words; i = i + 1) {
      if (word[unsafe i] != JUNK) { kernel::panic(why); }
    }
  }

  // Memory is taken out of a free range, whose header it holds if `is_start`.
  function taken(at: byte, words: byte, is_start: bool): void {
    if (is_start) { wipe(at, sizeof memory::range); }
    must_be_junk(at, words, "memory: take: a free range was written");
  }

  // A range is given back: nothing of it is free already.
  function given(start: byte, end: byte): void {
    if (start < memory::FIRST || end > machine::RAM_WORDS || start >= end
        || start % limits::GRAIN != 0) {
      kernel::panic("memory: give: no range of ours");
    }
    for (var bin = 0; bin < memory::BINS; bin = bin + 1) {
      for (var r = memory::bins[bin]; r != null; r = r->next) {
        if (<unsafe byte>r < end && start < <unsafe byte>r + r->words) {
          kernel::panic("memory: give: free already");
        }
      }
    }
  }

  // Whether the request for memory that is being made is to fail.
  function fails(): bool {
    if (until_failure != 0) {
      until_failure = until_failure - 1;
      return until_failure == 0;
    }
    return false;
  }

  // --- the kernel's heap -------------------------------------------------------------------------

  function heap_start(): void {
    wipe(limits::HEAP, std::HEAP_SIZE);
  }

  function heap_taken(pointer: * byte): void {
    if (pointer != null) {
      var b = <unsafe * std::block>(<unsafe byte>pointer - sizeof std::block);
      must_be_junk(<unsafe byte>pointer, b->size, "heap: take: a free block was written");
    }
  }

  function is_block(at: byte): bool {
    for (var b = std::blocks; b != null; b = b->next) {
      if (<unsafe byte>b == at) { return true; }
    }
    return false;
  }

  // Give a block back, and fill it with JUNK, and the headers that are none any more.
  function heap_give(pointer: * byte): void {
    if (pointer == null) { return; }
    var at = <unsafe byte>pointer - sizeof std::block;
    if (!is_block(at)) { kernel::panic("heap: give: no block"); }
    var b = <unsafe * std::block>at;
    if (!b->allocated) { kernel::panic("heap: give: free already"); }
    var behind = <unsafe byte>b->next;
    wipe(<unsafe byte>pointer, b->size);
    std::dealloc(pointer);
    if (!is_block(at)) { wipe(at, sizeof std::block); }
    if (behind != 0 && !is_block(behind)) { wipe(behind, sizeof std::block); }
  }

  // Blocks in use.
  function count_blocks(): byte {
    var used = 0;
    for (var b = std::blocks; b != null; b = b->next) {
      var end = <unsafe byte>b + sizeof std::block + b->size;
      if (b->next == null) {
        if (end != limits::HEAP + std::HEAP_SIZE) { kernel::panic("heap: its end is not its end"); }
      } else {
        if (<unsafe byte>b->next != end) { kernel::panic("heap: a gap between blocks"); }
        if (!b->allocated && !b->next->allocated) { kernel::panic("heap: free neighbours"); }
      }
      if (b->allocated) { used = used + 1; }
    }
    return used;
  }

  // --- processes ---------------------------------------------------------------------------------

  // What is accounted for so far: words for processes, blocks of the heap.
  global words: byte = 0;
  global blocks: byte = 0;

  function check_process(p: * process::process): void {
    if (p->state > scheduler::ZOMBIE && p->state != scheduler::STOPPED) {
      kernel::panic("process: no such state");
    }
    if ((p->state == scheduler::BLOCKED) != (p->waits_for != 0)) {
      kernel::panic("process: waits, and is not blocked, or the other way round");
    }
    if (p->state == scheduler::STOPPED && (p->ending || p->foreground)) {
      kernel::panic("process: stopped, and not at rest");
    }
    if (p->parent == null) {
      if (p != process::first) { kernel::panic("process: no parent"); }
    } else {
      if (!is_process(p->parent) || p->parent->state == scheduler::ZOMBIE) {
        kernel::panic("process: a parent that has ended");
      }
      if (p->state == scheduler::NEW && p->parent->spawning != p) {
        kernel::panic("process: new, and nobody makes it");
      }
    }
    if (p->tracer != null && (p->ending || !is_process(p->tracer) || p->tracer->ending)) {
      kernel::panic("process: traced, and cannot be");
    }
    if (p->table.count > limits::MAPPINGS) { kernel::panic("process: page table too long"); }
    if (p->pages != &p->table && !p->ending) { kernel::panic("process: another's page table"); }
    for (var i = 0; i < p->table.count; i = i + 1) {
      words = words + memory::round_up(p->table.entries[i].words);
    }
    if (!!p->directory) { words = words + memory::round_up(cap p->directory); }
    if (!!p->path) { blocks = blocks + 1; }
    if (p->job != null) { blocks = blocks + 1; }
    blocks = blocks + 1;
    if (p->state == scheduler::ZOMBIE && (p->table.count != 0 || !!p->directory || !!p->path)) {
      kernel::panic("process: a zombie owns something");
    }
  }

  function is_process(p: * process::process): bool {
    for (var each = process::all; each != null; each = each->sibling) {
      if (each == p) { return true; }
    }
    return false;
  }

  function check_scheduler(): void {
    var able = 0;
    var asleep = 0;
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->state == scheduler::READY || p->state == scheduler::RUNNING) { able = able + 1; }
      if (p->state == scheduler::RUNNING && p != scheduler::current) {
        kernel::panic("scheduler: another runs, too");
      }
      if (p->state == scheduler::BLOCKED) {
        if (p->waits_for == scheduler::SLEEP) { asleep = asleep + 1; }
        if (p->waits_for == scheduler::PIPE && !holds_pipe(p)) {
          kernel::panic("scheduler: waits for a pipe that it has not");
        }
        if (p->waits_for == scheduler::CHILD && p->object != <unsafe byte>p) {
          kernel::panic("scheduler: waits for another's child");
        }
      }
    }
    if (asleep != scheduler::sleepers()) { kernel::panic("scheduler: a wrong number of sleepers"); }
    var ring = 0;
    var p = scheduler::tail;
    while (p != null && (ring == 0 || p != scheduler::tail)) {
      if (!is_process(p)) { kernel::panic("scheduler: the ring leaves the processes"); }
      if (p->state != scheduler::READY && p->state != scheduler::RUNNING) {
        kernel::panic("scheduler: in the ring, and cannot run");
      }
      ring = ring + 1;
      if (ring > able) { kernel::panic("scheduler: the ring is too long"); }
      p = p->next;
    }
    if (ring != able) { kernel::panic("scheduler: can run, and is not in the ring"); }
  }

  function holds_pipe(p: * process::process): bool {
    for (var i = 0; i < limits::HANDLES; i = i + 1) {
      var f = p->handles[i];
      if (f != null && <unsafe byte>f->pipe == p->object) { return true; }
    }
    return false;
  }

  // --- files -------------------------------------------------------------------------------------

  // Count what leads to each file and pipe; then compare, and account for them.
  function check_files(): void {
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->job != null) { p->job->f->seen = 0; }
      for (var i = 0; i < limits::HANDLES; i = i + 1) {
        var f = p->handles[i];
        if (f != null) {
          f->seen = 0;
          if (f->pipe != null) { f->pipe->seen_readers = 0; f->pipe->seen_writers = 0; }
        }
      }
    }
    var writers = 0;
    var nodes = 0;
    for (var p = process::all; p != null; p = p->sibling) {
      for (var i = 0; i < limits::HANDLES; i = i + 1) {
        var f = p->handles[i];
        if (f != null) {
          if (f->seen == 0) { see_file(f, &writers, &nodes); }
          f->seen = f->seen + 1;
        }
      }
      if (p->job != null) {
        if (p->job->f->seen == 0) { see_file(p->job->f, &writers, &nodes); }
        p->job->f->seen = p->job->f->seen + 1;
      }
    }
    for (var p = process::all; p != null; p = p->sibling) {
      for (var i = 0; i < limits::HANDLES; i = i + 1) {
        if (p->handles[i] != null) { compare_file(p->handles[i]); }
      }
    }
    check_nodes(writers, nodes);
  }

  // A file that is met for the first time.
  function see_file(f: * file::file, writers: * byte, nodes: * byte): void {
    blocks = blocks + 1;
    if (f->kind == 0 || f->kind > file::PIPE_WRITER) { kernel::panic("file: no such kind"); }
    if (f->node != null) { *nodes = *nodes + 1; }
    if (f->kind == file::WRITER) {
      *writers = *writers + 1;
      blocks = blocks + 1;
      words = words + memory::round_up(machine::SECTOR_WORDS);
    }
    var p = f->pipe;
    if (p != null) {
      if (p->seen_readers + p->seen_writers == 0) {
        blocks = blocks + 1;
        words = words + limits::PIPE_WORDS;
      }
      if (f->kind == file::PIPE_READER) {
        p->seen_readers = p->seen_readers + 1;
      } else {
        p->seen_writers = p->seen_writers + 1;
      }
      if (p->count > pipes::OCTETS || p->from >= pipes::OCTETS || (p->count == 0 && p->from != 0)) {
        kernel::panic("file: a pipe that holds too much");
      }
    }
  }

  function compare_file(f: * file::file): void {
    if (f->uses != f->seen) { kernel::panic("file: a wrong number of uses"); }
    if (f->pipe != null && (f->pipe->readers != f->pipe->seen_readers
                            || f->pipe->writers != f->pipe->seen_writers)) {
      kernel::panic("file: a pipe with a wrong number of ends");
    }
  }

  function check_nodes(writers: byte, nodes: byte): void {
    for (var f = file::writers; f != null; f = f->next) {
      if (f->kind != file::WRITER) { kernel::panic("file: among the writers, and none"); }
      if (writers == 0) { kernel::panic("file: a writer that nobody has"); }
      writers = writers - 1;
    }
    if (writers != 0) { kernel::panic("file: a writer is not in the list"); }
    for (var n = fs::nodes; n != null; n = n->next) {
      if (n->opens == 0 || n->opens > nodes) { kernel::panic("fs: a wrong number of opens"); }
      nodes = nodes - n->opens;
      blocks = blocks + 1;
    }
    if (nodes != 0) { kernel::panic("fs: an open file without its node"); }
  }

  // --- memory and disk ---------------------------------------------------------------------------

  function check_memory(): void {
    var free = 0;
    for (var bin = 0; bin < memory::BINS; bin = bin + 1) {
      var before: * memory::range = null;
      for (var r = memory::bins[bin]; r != null; r = r->next) {
        var end = <unsafe byte>r + r->words;
        if (memory::bin_of(r->words) != bin) { kernel::panic("memory: a range in a wrong bin"); }
        if (r->previous != before) { kernel::panic("memory: a bin's links disagree"); }
        if (memory::begins(<unsafe byte>r) != r || memory::ends(end) != r) {
          kernel::panic("memory: a free range without its tags");
        }
        if (memory::begins(end) != null) { kernel::panic("memory: free neighbours"); }
        free = free + r->words;
        before = r;
      }
    }
    if (free != memory::free_words) { kernel::panic("memory: a wrong sum of free words"); }
  }

  // What is free, of a disk whose allocation table fits into its cache: to look changes nothing then.
  function check_disk(): void {
    if (fs::disk.fat_sectors > limits::FAT_BUFFERS || !fs::is_sound) { return; }
    var free = 0;
    for (var sector = fs::disk.data_first; sector < fs::disk.total; sector = sector + 1) {
      if (fat::get(sector) == fat::FREE) { free = free + 1; }
    }
    if (free != fat::free_sectors) { kernel::panic("fat: a wrong number of free sectors"); }
    var changed = 0;
    for (var s = fat::changed; s != null; s = s->next) {
      changed = changed + 1;
      if (!s->listed || changed > limits::FAT_BUFFERS) { kernel::panic("fat: a broken list"); }
    }
    for (var i = 0; i < limits::FAT_BUFFERS; i = i + 1) {
      if (fat::slots[unsafe i].dirty && !fat::slots[unsafe i].listed) {
        kernel::panic("fat: a changed sector is not in the list");
      }
    }
  }

  // --- all of it ---------------------------------------------------------------------------------

  // Account for what there is, beside what the kernel keeps for itself.
  function account(): void {
    words = 0;
    blocks = 0;
    for (var p = process::all; p != null; p = p->sibling) { check_process(p); }
    check_files();
    if (display::owner != null && display::shown != 0) {
      words = words + memory::round_up(display::device_words());
    }
    for (var i = 0; i < limits::INDEXES; i = i + 1) {
      words = words + memory::round_up(names::words(&names::indexes[i]));
    }
    if (screen::is_on) { words = words + memory::round_up(screen::words()); }
  }

  // The kernel is up: what is in use and belongs to no process is its own.
  function started(): void {
    account();
    kept_words = machine::RAM_WORDS - memory::FIRST - memory::free_words - words;
    kept_blocks = count_blocks() - blocks;
  }

  // At each system call.
  function check(): void {
    var number = 0;
    for (var p = process::all; p != null; p = p->sibling) {
      number = number + 1;
      if (number > limits::PROCESSES) { kernel::panic("process: the list does not end"); }
    }
    if (number != process::count) { kernel::panic("process: a wrong count"); }
    check_scheduler();
    check_memory();
    account();
    if (kept_words + words + memory::free_words != machine::RAM_WORDS - memory::FIRST) {
      kernel::panic("memory: words that nobody owns");
    }
    if (kept_blocks + blocks != count_blocks()) { kernel::panic("heap: blocks that nobody owns"); }
    calls = calls + 1;
    if (calls % 64 == 0) { check_disk(); }
  }

  // A call that only this build has. True if it was that.
  function is_ours(number: byte, n: byte): bool {
    if (number == INJECT) {
      until_failure = n;
      return true;
    }
    return false;
  }
}
