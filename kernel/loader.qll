// loader.qll: from a file to a process: flat images, ELF with relocation, arguments, handles.
//
// Owns:        nothing: what it makes belongs to the process, and dies with it if anything fails.
// Invariants:  nothing in a file is believed: each offset is checked against the file's length, each
//              address against the process's addresses, without wrap-around.
// Interrupts:  call masked.
// Sleeps:      never.
// Units:       words, except where ELF counts octets; those names end in `_octets`.

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

  // What is being loaded.
  type job = struct {
    p: * process::process;
    f: * file::file;
    octets: byte;          // of the file
    h: header;
    base: byte;            // added to addresses
    stack: byte; heap: byte;
    entry: byte;
  };

  // --- birth of a process ------------------------------------------------------------------------

  // The shell: its console handles are the console.
  function spawn_first(where: string): * process::process {
    var p = process::create(null);
    if (p == null) { return null; }
    p->handles[0] = file::make(file::CONSOLE_OUTPUT);
    p->handles[1] = file::make(file::CONSOLE_INPUT);
    process::first = p;
    if (!load(p, where) || !pass_arguments(p, null, 0, 0)) { return null; }
    scheduler::ready(p);
    return p;
  }

  // System call 7. `arguments` is the address of a slice in the parent, or 0; `handles` that of a
  // count and pairs {child's handle, parent's handle}, or 0 to share console output and input.
  function spawn(parent: * process::process, where: string, arguments: byte,
                 handles: byte): byte {
    var s: syscall::slice;
    if (arguments != 0) {
      if (!process::copy_in(parent, &s.pointer, arguments, 3)
          || s.length > limits::ARGUMENTS
          || !process::may(parent, s.pointer, s.length, machine::READ)) {
        return syscall::FAILED;
      }
    }
    var p = process::create(parent);
    if (p == null) { return syscall::FAILED; }
    if (!give_handles(p, parent, handles) || !load(p, where)
        || !pass_arguments(p, parent, s.pointer, s.length)) {
      process::discard(p);
      return syscall::FAILED;
    }
    scheduler::ready(p);
    return p->pid;
  }

  function give_handles(p: * process::process, parent: * process::process, map: byte): bool {
    var pair: byte[2];
    if (map == 0) {
      for (var i = 0; i < 2; i = i + 1) {
        if (parent->handles[i] != null) { p->handles[i] = file::share(parent->handles[i]); }
      }
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
    return true;
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

  // Load a file into a new process. False if it is no program, or there is no room for it.
  function load(p: * process::process, where: string): bool {
    var f = file::open_reader(where);
    if (f == null) { return false; }
    var good = f->kind == file::READER && load_file(p, f);
    file::close(f);
    if (!good) { return false; }
    var name = fs::name_of(where);
    for (var i = 0; i < len name && i < limits::NAME; i = i + 1) { p->name[i] = name[i]; }
    if (p->symbols && len where <= limits::IMAGE_PATH) { p->path = new byte[len where] = where; }
    return true;
  }

  function load_file(p: * process::process, f: * file::file): bool {
    var j: job;
    j.p = p;
    j.f = f;
    j.octets = f->node->size;
    if (j.octets >= sizeof header * 4 && read(&j, 0, &j.h.magic, sizeof header)
        && j.h.magic == ELF_MAGIC) {
      return load_elf(&j);
    }
    return load_flat(&j);
  }

  // Words of the file at an octet offset, all of them or false.
  function read(j: * job, at_octets: byte, to: * byte, words: byte): bool {
    if (at_octets % 4 != 0 || at_octets > j->octets) { return false; }
    if (words > (j->octets - at_octets) / 4) { return false; }
    return file::read_words(j->f, at_octets, <unsafe byte>to, words);
  }

  // --- flat images -------------------------------------------------------------------------------

  function load_flat(j: * job): bool {
    var p = j->p;
    var words = j->octets / 4;
    if (words == 0 || j->octets % 4 != 0 || words > limits::IMAGE_WORDS) { return false; }
    var data = machine::READ | machine::WRITE;
    process::reserve(p, 0, limits::IMAGE, limits::IMAGE_WORDS, data | machine::EXECUTE, false);
    process::reserve(p, 1, limits::USER_HEAP, limits::USER_HEAP_WORDS, data, false);
    process::reserve(p, 2, limits::USER_STACK, limits::USER_STACK_WORDS, data, true);
    if (!process::back(p, &p->areas[0], words)) { return false; }
    var at = memory::look_up(&p->table, limits::IMAGE, machine::READ);
    p->registers[63] = limits::USER_STACK + limits::USER_STACK_WORDS;
    p->registers[64] = limits::IMAGE;
    return read(j, 0, <unsafe * byte>at.physical, words);
  }

  // --- ELF ---------------------------------------------------------------------------------------

  function load_elf(j: * job): bool {
    var type_ = j->h.type_machine & 0xFFFF;
    if (j->h.class != ELF_CLASS || j->h.type_machine >> 16 != MACHINE || j->h.version != 1
        || j->h.sizes >> 16 != sizeof segment * 4 || (type_ != EXEC && type_ != DYN)) {
      return false;
    }
    j->base = type_ == DYN ? limits::DYNAMIC_BASE : 0;
    j->stack = limits::USER_STACK_WORDS;
    j->heap = limits::USER_HEAP_WORDS;
    j->entry = j->base + j->h.entry / 4;
    if (j->h.entry % 4 != 0) { return false; }
    var loaded = false;
    var count = j->h.segment_count & 0xFFFF;
    if (count > limits::SEGMENTS) { return false; }
    for (var i = 0; i < count; i = i + 1) {
      var s: segment;
      if (!read_segment(j, i, &s)) { return false; }
      if (s.kind == LOAD && s.in_memory != 0) {
        if (!load_segment(j, &s)) { return false; }
        loaded = true;
      }
      if (s.kind == NOTE && !read_note(j, &s)) { return false; }
    }
    if (!loaded || !reserve_areas(j)) { return false; }
    for (var i = 0; i < count; i = i + 1) {
      var s: segment;
      if (!read_segment(j, i, &s)) { return false; }
      if (s.kind == DYNAMIC && !relocate(j, &s)) { return false; }
    }
    if (memory::look_up(&j->p->table, j->entry, machine::EXECUTE).words == 0) { return false; }
    j->p->registers[63] = limits::ELF_STACK_TOP;
    j->p->registers[64] = j->entry;
    j->p->base = j->base;
    j->p->symbols = true;
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

  function load_segment(j: * job, s: * segment): bool {
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
    support::fill(<unsafe * byte>(at + from_file), 0, memory::round_up(words) - from_file);
    return read(j, s->offset, <unsafe * byte>at, from_file);
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

  // Apply the relocations that the dynamic segment names. Its tables must be mapped.
  function relocate(j: * job, s: * segment): bool {
    var table = 0;
    var octets = 0;
    var symbols = 0;
    var pair: byte[2];
    for (var at = 0; at + 8 <= s->in_file; at = at + 8) {
      if (!read(j, s->offset + at, &pair[0], 2)) { return false; }
      if (pair[0] == 0) {
        if (octets == 0) { return true; }
        return apply_all(j, j->base + table / 4, octets, j->base + symbols / 4);
      }
      if (pair[0] == 6) { symbols = pair[1]; }
      if (pair[0] == 7) { table = pair[1]; }
      if (pair[0] == 8) { octets = pair[1]; }
      if (pair[0] == 9 && pair[1] != sizeof relocation * 4) { return false; }
    }
    return false;
  }

  function apply_all(j: * job, table: byte, octets: byte, symbols: byte): bool {
    var words = octets / 4;
    if (words % sizeof relocation != 0 || words > j->octets / 4) { return false; }
    for (var at = 0; at < words; at = at + sizeof relocation) {
      var r: relocation;
      if (!process::copy_in(j->p, &r.offset, table + at, sizeof relocation)) { return false; }
      if (!apply(j, &r, symbols)) { return false; }
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

  // Say " in NAME" if the process's file still has a symbol for an address.
  function say_symbol(p: * process::process, ip: byte): void {
    if (!p->symbols || !p->path) { return; }
    var j: job;
    j.f = file::open_reader(p->path);
    if (j.f == null) { return; }
    if (j.f->kind == file::READER) {
      j.octets = j.f->node->size;
      if (read(&j, 0, &j.h.magic, sizeof header) && j.h.magic == ELF_MAGIC) {
        search_sections(&j, (ip - p->base) * 4);
      }
    }
    file::close(j.f);
  }

  function read_section(j: * job, index: byte, s: * section): bool {
    return read(j, j->h.sections + index * sizeof section * 4, &s->name, sizeof section);
  }

  function search_sections(j: * job, octet: byte): void {
    var count = j->h.section_count & 0xFFFF;
    for (var i = 0; i < count; i = i + 1) {
      var s: section;
      if (!read_section(j, i, &s)) { return; }
      if (s.kind == SECTION_SYMBOLS) {
        search_symbols(j, &s, octet);
        return;
      }
    }
  }

  // The last function that begins at or before the address.
  function search_symbols(j: * job, s: * section, octet: byte): void {
    var best: symbol;
    var strings: section;
    for (var at = 0; at + 16 <= s->size; at = at + 16) {
      var each: symbol;
      if (!read(j, s->offset + at, &each.name, sizeof symbol)) { return; }
      if ((each.info & 0xF) == 2 && each.value <= octet && each.value >= best.value) {
        best = each;
      }
    }
    if (best.name == 0 || !read_section(j, s->link, &strings)) { return; }
    kernel::say(" in ");
    say_name(j, strings.offset + best.name);
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
