// loader.qll: from a file to a process: flat images, ELF with relocation, arguments, handles.
//
// Owns:        nothing: what it makes belongs to the process, and dies with it if anything fails.
// Invariants:  nothing in a file is believed: each offset is checked against the file's length, each
//              address against the process's addresses, without wrap-around.
// Interrupts:  call masked.
// Sleeps:      never, but `spawn` takes several calls, so that nobody waits long for it.
// Units:       words, except where ELF counts octets.

namespace loader {
  .constant global ELF_MAGIC: byte = 0x464C457F;
  .constant global ELF_CLASS: byte = 0x00010101;  // 32 bits, little-endian, version 1
  .constant global MACHINE: byte = 0x5150;
  .constant global EXEC: byte = 2;
  .constant global DYN: byte = 3;

  .constant global LOAD: byte = 1;      // kinds of segments
  .constant global DYNAMIC: byte = 2;
  .constant global NOTE: byte = 4;

  .constant global SECTION_SYMBOLS: byte = 2;
  .constant global SECTION_RELOCATIONS: byte = 4;

  .constant global R_NONE: byte = 0;
  .constant global R_32: byte = 1;
  .constant global R_RELATIVE: byte = 2;

  type header = struct {
    magic: byte; class: byte; padding: byte[2];
    type_machine: byte; version: byte; entry: byte; segments: byte; sections: byte; flags: byte;
    sizes: byte;           // of this header, of a segment's
    segment_count: byte;   // and the size of a section's
    section_count: byte;   // and which one holds names
  };

  type segment = struct {
    kind: byte; offset: byte; virtual: byte; physical: byte; in_file: byte; in_memory: byte;
    flags: byte; alignment: byte;
  };

  type section = struct {
    name: byte; kind: byte; flags: byte; address: byte; offset: byte; size: byte;
    link: byte; info: byte; alignment: byte; each: byte;
  };

  type symbol = struct { name: byte; value: byte; size: byte; info: byte; };
  type relocation = struct { offset: byte; info: byte; addend: byte; };

  // What is being loaded, step by step: each takes a bounded time.
  type job = struct {
    p: * process::process;
    f: * file::file;
    octets: byte;          // of the file
    h: header;
    base: byte;            // added to addresses
    stack: byte; heap: byte;
    entry: byte;
    phase: byte;
    index: byte;           // of the next segment or relocation
    // The segment whose words are being filled in.
    at: byte; offset: byte;
    from_file: byte;       // words still to be read
    clear: byte;           // words behind them, still to be cleared
    loaded: bool;          // there was one
    // The tables that the dynamic segment names: octets.
    has_dynamic: bool; dynamic: byte; dynamic_octets: byte;
    table: byte; table_octets: byte; symbols: byte;
    // What a search for a name has come to.
    table_section: section;
    best: symbol;
  };

  // Phases, in their order.
  .constant global BEGIN: byte = 0;
  .constant global FLAT: byte = 1;
  .constant global SEGMENTS: byte = 2;
  .constant global TABLES: byte = 3;
  .constant global RELOCATIONS: byte = 4;
  .constant global DONE: byte = 5;
  .constant global SECTIONS: byte = 6;  // of a search
  .constant global SYMBOLS: byte = 7;

  // --- birth of a process ------------------------------------------------------------------------

  // The shell: its console handles are the console.
  function spawn_first(where: string): * process::process {
    var p = process::create(null);
    if (p == null) { return null; }
    p->handles[0] = file::make(file::CONSOLE_OUTPUT);
    p->handles[1] = file::make(file::CONSOLE_INPUT);
    p->handles[2] = file::make(file::CONSOLE_OUTPUT);
    process::first = p;
    if (!begin(p, where)) { return null; }
    while (p->job->phase != DONE) {
      if (!step(p->job)) { return null; }
    }
    forget(p);
    scheduler::ready(p);
    return p;
  }

  // System call 7. `arguments` is the address of a slice in the parent, or 0; `handles` that of a
  // count and pairs {child's handle, parent's handle}, or 0 to share the first three. The error output
  // is shared, too, where no pair names it.
  // Loading takes several calls: `go_on` takes the place of all but the first.
  function spawn(parent: * process::process, where: string, arguments: byte,
                 handles: byte): byte {
    var s: syscall::slice;
    if (!read_arguments(parent, arguments, &s)) { return syscall::FAILED; }
    var p = process::create(parent);
    if (p == null) { return syscall::FAILED; }
    if (!give_handles(p, parent, handles) || !begin(p, where)) {
      process::discard(p);
      return syscall::FAILED;
    }
    parent->spawning = p;
    return scheduler::pause();
  }

  function read_arguments(parent: * process::process, arguments: byte,
                          s: * syscall::slice): bool {
    return arguments == 0
        || (process::copy_in(parent, &s->pointer, arguments, 3)
            && s->length <= limits::ARGUMENTS
            && process::may(parent, s->pointer, s->length, machine::READ));
  }

  // One step more. The child may have been ended meanwhile, by the parent of its parent: then the
  // parent gets its pid, and by that its status.
  function go_on(parent: * process::process, arguments: byte): byte {
    var s: syscall::slice;
    var p = parent->spawning;
    if (!p->ending) {
      var good = step(p->job);
      if (good && p->job->phase != DONE) { return scheduler::pause(); }
      parent->spawning = null;
      good = good && read_arguments(parent, arguments, &s)
          && pass_arguments(p, parent, s.pointer, s.length);
      if (!good) {
        process::discard(p);
        return syscall::FAILED;
      }
      forget(p);
      process::start(p);
    }
    parent->spawning = null;
    return p->pid;
  }

  function give_handles(p: * process::process, parent: * process::process, map: byte): bool {
    var pair: byte[2];
    if (map == 0) {
      for (var i = 0; i < limits::STANDARD; i = i + 1) { share_handle(p, parent, i); }
      return true;
    }
    var count = 0;
    if (!process::copy_in(parent, &count, map, 1) || count > limits::HANDLES) { return false; }
    for (var i = 0; i < count; i = i + 1) {
      if (!process::copy_in(parent, &pair[0], map + 1 + i * 2, 2)) { return false; }
      var to = syscall::place_of(pair[0]);
      var from = syscall::place_of(pair[1]);
      if (to == limits::HANDLES || from == limits::HANDLES || p->handles[to] != null
          || parent->handles[from] == null) {
        return false;
      }
      p->handles[to] = file::share(parent->handles[from]);
    }
    var errors = syscall::place_of(syscall::ERROR_OUTPUT);
    if (p->handles[errors] == null) { share_handle(p, parent, errors); }
    return true;
  }

  function share_handle(p: * process::process, parent: * process::process, place: byte): void {
    if (parent->handles[place] != null) { p->handles[place] = file::share(parent->handles[place]); }
  }

  // The argument text goes to the top of the stack; r32 and r33 tell where.
  function pass_arguments(p: * process::process, parent: * process::process, from: byte,
                          length: byte): bool {
    if (length == 0) { return true; }
    var text = new byte[length];
    if (!text) { return false; }
    var top = p->registers[63] - length;
    var good = process::copy_in(parent, <unsafe * byte>text, from, length)
        && process::copy_out(p, top, <unsafe * byte>text, length);
    delete text;
    p->registers[32] = top;
    p->registers[33] = length;
    p->registers[63] = top;
    return good;
  }

  // Open a file, to be loaded into a new process. False if there is none, or no room for it.
  function begin(p: * process::process, where: string): bool {
    var j = new job;
    if (j == null) { return false; }
    j->f = file::open_reader(where);
    if (j->f == null) {
      delete j;
      return false;
    }
    p->job = j;
    j->p = p;
    j->octets = j->f->node->size;
    var name = fs::name_of(where);
    for (var i = 0; i < len name && i < limits::NAME; i = i + 1) { p->name[i] = name[i]; }
    if (len where <= limits::IMAGE_PATH) { p->path = new byte[len where] = where; }
    return j->f->kind == file::READER;
  }

  // The file is not needed any more.
  function forget(p: * process::process): void {
    file::close(p->job->f);
    delete p->job;
    p->job = null;
  }

  // Go on loading. False if the file is no program, or there is no room for it.
  function step(j: * job): bool {
    if (j->phase == BEGIN) { return begin_image(j); }
    if (j->phase == FLAT) { return step_flat(j); }
    if (j->phase == SEGMENTS) {
      return j->clear + j->from_file != 0 ? fill_segment(j) : step_segment(j);
    }
    return j->phase == TABLES ? step_tables(j) : step_relocations(j);
  }

  function begin_image(j: * job): bool {
    if (j->octets >= sizeof header * 4 && read(j, 0, &j->h.magic, sizeof header)
        && j->h.magic == ELF_MAGIC) {
      return begin_elf(j);
    }
    return begin_flat(j);
  }

  // Words of the file at an octet offset, all of them or false.
  function read(j: * job, at_octets: byte, to: * byte, words: byte): bool {
    if (at_octets % 4 != 0 || at_octets > j->octets) { return false; }
    if (words > (j->octets - at_octets) / 4) { return false; }
    return file::read_words(j->f, at_octets, <unsafe byte>to, words);
  }

  // --- flat images -------------------------------------------------------------------------------

  function begin_flat(j: * job): bool {
    var p = j->p;
    var words = j->octets / 4;
    if (words == 0 || j->octets % 4 != 0 || words > limits::IMAGE_WORDS) { return false; }
    var data = machine::READ | machine::WRITE;
    process::reserve(p, 0, limits::IMAGE, limits::IMAGE_WORDS, data | machine::EXECUTE, false);
    process::reserve(p, 1, limits::USER_HEAP, limits::USER_HEAP_WORDS, data, false);
    process::reserve(p, 2, limits::USER_STACK, limits::USER_STACK_WORDS, data, true);
    p->registers[63] = limits::USER_STACK + limits::USER_STACK_WORDS;
    p->registers[64] = limits::IMAGE;
    j->from_file = words;
    j->phase = FLAT;
    return true;
  }

  // Memory for the image, or a part of the file into it.
  function step_flat(j: * job): bool {
    var words = j->octets / 4;
    var done = words - j->from_file;
    if (j->p->areas[0].backed < words) { return process::back(j->p, &j->p->areas[0], words); }
    var at = memory::look_up(&j->p->table, limits::IMAGE + done, machine::READ);
    var part = std::math::min(at.words, std::math::min(j->from_file, limits::LOAD_PART));
    j->from_file = j->from_file - part;
    if (j->from_file == 0) { j->phase = DONE; }
    return read(j, done * 4, <unsafe * byte>at.physical, part);
  }

  // --- ELF ---------------------------------------------------------------------------------------

  function begin_elf(j: * job): bool {
    var type_ = j->h.type_machine & 0xFFFF;
    if (j->h.class != ELF_CLASS || j->h.type_machine >> 16 != MACHINE || j->h.version != 1
        || j->h.sizes >> 16 != sizeof segment * 4 || (type_ != EXEC && type_ != DYN)) {
      return false;
    }
    j->base = type_ == DYN ? limits::DYNAMIC_BASE : 0;
    j->stack = limits::USER_STACK_WORDS;
    j->heap = limits::USER_HEAP_WORDS;
    j->entry = j->base + j->h.entry / 4;
    j->phase = SEGMENTS;
    j->p->symbols = true;
    return j->h.entry % 4 == 0 && (j->h.segment_count & 0xFFFF) <= limits::SEGMENTS;
  }

  // The next segment; behind the last one, what follows from all of them.
  function step_segment(j: * job): bool {
    var s: segment;
    if (j->index == (j->h.segment_count & 0xFFFF)) { return end_segments(j); }
    if (!read_segment(j, j->index, &s)) { return false; }
    j->index = j->index + 1;
    if (s.kind == LOAD && s.in_memory != 0) { return begin_segment(j, &s); }
    if (s.kind == NOTE) { return read_note(j, &s); }
    if (s.kind == DYNAMIC) {
      if (j->has_dynamic) { return false; }
      j->has_dynamic = true;
      j->dynamic = s.offset;
      j->dynamic_octets = s.in_file;
    }
    return true;
  }

  function end_segments(j: * job): bool {
    if (!j->loaded || !reserve_areas(j)) { return false; }
    j->index = 0;
    j->phase = TABLES;
    return j->has_dynamic || finish_elf(j);
  }

  function finish_elf(j: * job): bool {
    if (memory::look_up(&j->p->table, j->entry, machine::EXECUTE).words == 0) { return false; }
    j->p->registers[63] = limits::ELF_STACK_TOP;
    j->p->registers[64] = j->entry;
    j->p->base = j->base;
    j->phase = DONE;
    return true;
  }

  function read_segment(j: * job, index: byte, s: * segment): bool {
    return j->h.segments <= 0x7FFFFFFF
        && read(j, j->h.segments + index * sizeof segment * 4, &s->kind, sizeof segment);
  }

  // Whether addresses are free for a segment: not the kernel's to give for something else.
  function is_free(p: * process::process, start: byte, words: byte): bool {
    if (start < limits::IMAGE || start + words < start || start + words > limits::USER_TOP) {
      return false;
    }
    if (touches(start, words, limits::FRAMEBUFFER, limits::FRAMEBUFFER_WORDS)
        || touches(start, words, limits::GROWN_HEAP, limits::GROWN_HEAP_WORDS)
        || touches(start, words, limits::ELF_STACK_TOP - limits::ELF_STACK_MOST,
                   limits::ELF_STACK_MOST + limits::GRAIN)) {
      return false;
    }
    for (var i = 0; i < p->table.count; i = i + 1) {
      var entry = &p->table.entries[i];
      if (touches(start, words, entry->virtual, entry->words)) { return false; }
    }
    return true;
  }

  function touches(a: byte, a_words: byte, b: byte, b_words: byte): bool {
    return a < b + b_words && b < a + a_words;
  }

  // Memory for a segment; `fill_segment` puts in what belongs there.
  function begin_segment(j: * job, s: * segment): bool {
    if ((s->offset | s->virtual | s->in_file | s->in_memory) % 4 != 0
        || s->in_file > s->in_memory) {
      return false;
    }
    var flags = machine::PRESENT;
    if (s->flags & 4) { flags = flags | machine::READ; }
    if (s->flags & 2) { flags = flags | machine::WRITE; }
    if (s->flags & 1) { flags = flags | machine::EXECUTE; }
    if ((s->flags & 3) == 3) { return false; }
    var virtual = j->base + s->virtual / 4;
    var words = s->in_memory / 4;
    var from_file = s->in_file / 4;
    if (!is_free(j->p, virtual, words)) { return false; }
    if (j->p->table.count > limits::MAPPINGS / 2) { return false; }
    var at = memory::take(words);
    if (at == 0) { return false; }
    if (!memory::map(&j->p->table, virtual, at, words, flags)) {
      memory::give(at, words);
      return false;
    }
    j->loaded = true;
    j->at = at;
    j->offset = s->offset;
    j->from_file = from_file;
    j->clear = memory::round_up(words) - from_file;
    return true;
  }

  function fill_segment(j: * job): bool {
    if (j->from_file != 0) {
      var part = std::math::min(j->from_file, limits::LOAD_PART);
      if (!read(j, j->offset, <unsafe * byte>j->at, part)) { return false; }
      j->from_file = j->from_file - part;
      j->offset = j->offset + part * 4;
      j->at = j->at + part;
      return true;
    }
    var part = std::math::min(j->clear, limits::DEMAND_MOST);
    support::fill(<unsafe * byte>j->at, 0, part);
    j->clear = j->clear - part;
    j->at = j->at + part;
    return true;
  }

  // A note named "Quince" of type 1: octets of stack, octets of heap. Others mean nothing to us.
  function read_note(j: * job, s: * segment): bool {
    var note: byte[7];  // length of name, of contents, type, name in 2 words, stack, heap
    if (s->in_file < 28 || !read(j, s->offset, &note[0], 7)) { return true; }
    if (note[0] != 7 || note[1] != 8 || note[2] != 1 || note[3] != 0x6E697551
        || note[4] != 0x00006563) {
      return true;
    }
    j->stack = note[5] / 4;
    j->heap = note[6] / 4;
    return j->stack != 0 && j->stack <= limits::ELF_STACK_MOST
        && j->heap <= limits::USER_HEAP_MOST;
  }

  function reserve_areas(j: * job): bool {
    var data = machine::READ | machine::WRITE;
    var stack = memory::round_up(j->stack);
    var heap = memory::round_up(j->heap);
    if (heap != 0) {
      if (!is_free(j->p, limits::USER_HEAP, heap)) { return false; }
      process::reserve(j->p, 1, limits::USER_HEAP, heap, data, false);
    }
    process::reserve(j->p, 2, limits::ELF_STACK_TOP - stack, stack, data, true);
    return true;
  }

  // --- relocation --------------------------------------------------------------------------------

  // Some entries of the dynamic segment: where the tables are.
  function step_tables(j: * job): bool {
    var pair: byte[2];
    for (var i = 0; i < limits::RELOCATIONS_PART; i = i + 1) {
      if (j->index + 8 > j->dynamic_octets || j->index + 8 < j->index) { return false; }
      if (!read(j, j->dynamic + j->index, &pair[0], 2)) { return false; }
      if (pair[0] == 0) { return begin_relocations(j); }
      if (pair[0] == 6) { j->symbols = pair[1]; }
      if (pair[0] == 7) { j->table = pair[1]; }
      if (pair[0] == 8) { j->table_octets = pair[1]; }
      if (pair[0] == 9 && pair[1] != sizeof relocation * 4) { return false; }
      j->index = j->index + 8;
    }
    return true;
  }

  // No more of them than the file has room for.
  function begin_relocations(j: * job): bool {
    j->index = 0;
    j->phase = RELOCATIONS;
    return j->table_octets % (sizeof relocation * 4) == 0 && j->table_octets <= j->octets;
  }

  // Apply some of the relocations. The tables must be mapped.
  function step_relocations(j: * job): bool {
    for (var i = 0; i < limits::RELOCATIONS_PART; i = i + 1) {
      var r: relocation;
      if (j->index == j->table_octets / 4) { return finish_elf(j); }
      if (!process::copy_in(j->p, &r.offset, j->base + j->table / 4 + j->index, sizeof relocation)
          || !apply(j, &r, j->base + j->symbols / 4)) {
        return false;
      }
      j->index = j->index + sizeof relocation;
    }
    return true;
  }

  // One relocation. The word may be in a segment that the program itself may not write.
  function apply(j: * job, r: * relocation, symbols: byte): bool {
    var kind = r->info & 0xFF;
    var value = j->base * 4 + r->addend;
    if (kind == R_NONE) { return true; }
    if (kind == R_32) {
      var s: symbol;
      if (!process::copy_in(j->p, &s.name, symbols + (r->info >> 8) * sizeof symbol,
                            sizeof symbol)) {
        return false;
      }
      value = j->base * 4 + s.value + r->addend;
    } else if (kind != R_RELATIVE) {
      return false;
    }
    var at = memory::look_up(&j->p->table, j->base + r->offset / 4, 0);
    if (at.words == 0 || r->offset % 4 != 0 || value % 4 != 0) { return false; }
    *(<unsafe * byte>at.physical) = value / 4;
    return true;
  }

  // --- names for fault messages ------------------------------------------------------------------

  // Look in the process's file, if it still is there, for the function that an address is in; then
  // `say_symbol` says its name. `step_search` does the work, in parts.
  function begin_search(p: * process::process): void {
    if (!p->symbols || !p->path) { return; }
    var j = new job;
    if (j == null) { return; }
    j->f = file::open_reader(p->path);
    if (j->f == null) {
      delete j;
      return;
    }
    p->job = j;
    j->octets = j->f->kind == file::READER ? j->f->node->size : 0;
    var good = read(j, 0, &j->h.magic, sizeof header) && j->h.magic == ELF_MAGIC;
    j->phase = good ? SECTIONS : DONE;
  }

  // False when there is nothing more to do.
  function step_search(p: * process::process, ip: byte): bool {
    var j = p->job;
    if (j->phase == SECTIONS) {
      step_sections(j);
    } else {
      step_symbols(j, (ip - p->base) * 4);
    }
    return j->phase != DONE;
  }

  function read_section(j: * job, index: byte, s: * section): bool {
    return read(j, j->h.sections + index * sizeof section * 4, &s->name, sizeof section);
  }

  // The next section: is it the table of symbols?
  function step_sections(j: * job): void {
    if (j->index == (j->h.section_count & 0xFFFF) || !read_section(j, j->index, &j->table_section)) {
      j->phase = DONE;
      return;
    }
    j->index = j->index + 1;
    if (j->table_section.kind == SECTION_SYMBOLS) {
      j->index = 0;
      j->phase = SYMBOLS;
    }
  }

  // Some symbols: the last function that begins at or before the address is the best.
  function step_symbols(j: * job, octet: byte): void {
    for (var i = 0; i < limits::RELOCATIONS_PART; i = i + 1) {
      var each: symbol;
      if (j->index + 16 > j->table_section.size
          || !read(j, j->table_section.offset + j->index, &each.name, sizeof symbol)) {
        j->phase = DONE;
        return;
      }
      if ((each.info & 0xF) == 2 && each.value <= octet && each.value >= j->best.value) {
        j->best = each;
      }
      j->index = j->index + 16;
    }
  }

  // Say " in NAME" if a function was found.
  function say_symbol(j: * job): void {
    var strings: section;
    if (j->best.name == 0 || !read_section(j, j->table_section.link, &strings)) { return; }
    kernel::say(" in ");
    say_name(j, strings.offset + j->best.name);
  }

  function say_name(j: * job, at_octets: byte): void {
    for (var i = 0; i < 64; i = i + 1) {
      var word = 0;
      var at = at_octets + i;
      if (!read(j, at - at % 4, &word, 1)) { return; }
      var letter: byte[1] = [word >> at % 4 * 8 & 0xFF];
      if (letter[0] == 0) { return; }
      kernel::say(letter);
    }
  }
}
