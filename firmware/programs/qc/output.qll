// output.qll: the whole program's code, its references, and the file that it goes to.

namespace output {
  .constant global FLAT_BASE: byte = 0x1000;
  .constant global ELF_BASE: byte = 0x400000;  // above all that a flat image has, whose heap the library uses
  .constant global STACK_WORDS: byte = 0x10000;
  .constant global HEAP_WORDS: byte = 0x10000;
  .constant global LARGEST_FLAT: byte = 0x8000;
  .constant global ALIGN: byte = 16;           // words, where segments begin in an ELF file

  global init_address: byte = 0;

  // Code for everything that is needed, in an order that follows from what needs what.
  function program(): void {
    image::place_globals();
    var w = word::of_text("main");
    var e = <unsafe * names::entity>names::find(names::root, w, names::VALUE);
    if (!!e && e->kind == names::FUNCTION) { code::want(e); }
    for (var f = names::first_function; f; f = f->next) {
      if ((f->tags & names::EXPORT) != 0) { code::want(f); }
    }
    for (var f = templates::first; f; f = f->next) {
      if ((f->tags & names::EXPORT) != 0) { code::want(f); }
    }
    init_address = gen::initialisers();
    for (var i = 0; i < code::wanted.count; i = i + 1) {
      var f = <unsafe * names::entity>code::wanted.words[unsafe i];
      if (f->body) { gen::function_code(f); }
    }
  }

  // --- labels ----------------------------------------------------------------------------------

  // What is compiled under a label, or null.
  function compiled(label: string): * names::entity {
    if (!std::str::starts_with(label, "global::") || !tokens::is_path(label)) { return null; }
    var e = <unsafe * names::entity>names::lookup(names::root_block, word::of(&label[0], len label),
                                                 names::VALUE);
    return !!e && e->is_placed ? e : null;
  }

  function is_init(label: string): bool { return std::str::equal(label, "global::_init"); }

  // Find what assembly defines.
  function find_externals(list: * memory::list): void {
    for (var i = 0; i < list->count; i = i + 2) {
      var e = <unsafe * names::entity>list->words[unsafe i + 1];
      if (!!e && !e->is_placed) { find_external(e); }
    }
  }

  function find_external(e: * names::entity): void {
    e->is_placed = true;
    var name = memory::list { };
    names::append_label(&name, e);
    var label = memory::part(name.words, name.count);
    var found = table::find(&lines::labels, label);
    if (found) {
      e->address = found->value;
      e->is_data = found->is_good;
      return;
    }
    if (e->at == 0) {
      needed(label);
      return;
    }
    report::begin("undefined symbol: ");
    report::say_either(e->kind == names::GLOBAL, "global '", "function '");
    report::say(label);
    report::say("' is declared here and defined nowhere");
    report::end(e->at, e->at + word::at(e->name)->length);
  }

  // Complain of a function that a program must have; false for others.
  function needed(label: string): bool {
    var is_main = std::str::equal(label, "global::main");
    var is_alloc = std::str::equal(label, "global::system::alloc");
    if (!is_main && !is_alloc && !std::str::equal(label, "global::system::dealloc")) { return false; }
    source::begin_message();
    source::say("undefined symbol '");
    source::say(label);
    if (is_main) { source::say("': the program needs a function 'main'"); }
    else if (is_alloc) { source::say("': 'new' needs a function 'system::alloc'"); }
    else { source::say("': 'delete' needs a function 'system::dealloc'"); }
    source::end_message(0, 0, null, 1);
    return true;
  }

  // A label of assembly that is compiled, too.
  function find_duplicates(): void {
    for (var i = 0; i < table::count(&lines::labels); i = i + 1) {
      var each = table::at(&lines::labels, i);
      var label = memory::part(each->name, each->length);
      var e = compiled(label);
      if ((!!e && (e->kind == names::GLOBAL || !!e->body) && (e->tags & names::EXTERN) == 0)
          || is_init(label)) {
        source::begin_message();
        source::say("duplicate label '");
        source::say(label);
        source::say("'");
        source::end_message(each->file, each->line, each->token, each->span);
      }
    }
  }

  // The references of assembly.
  function fill_in_assembly(data_begin: byte): void {
    for (var i = 0; i < lines::references.count; i = i + lines::REFERENCE_WIDTH) {
      var r = <unsafe * lines::reference>&lines::references.words[unsafe i];
      var name = tokens::label_of(memory::part(r->token, r->span));
      var found = table::find(&lines::labels, name);
      var to = r->is_data ? lines::data.words : lines::code.words;
      var e = compiled(name);
      if (found) {
        to[unsafe r->word] = found->value + (found->is_good ? data_begin : code::base);
      } else if (is_init(name)) {
        to[unsafe r->word] = code::base + init_address;
      } else if (e) {
        to[unsafe r->word] = e->address + (e->is_data ? data_begin : code::base);
      } else if (!needed(name)) {
        source::begin_message();
        source::say("undefined label '");
        source::say(name);
        source::say("'");
        source::end_message(r->file, r->line, r->token,
                            lines::characters(memory::part(r->token, r->span)));
      }
    }
  }

  // --- files -----------------------------------------------------------------------------------

  function round_up(words: byte): byte { return (words + ALIGN - 1) / ALIGN * ALIGN; }

  // Fill in all addresses. False after a mistake.
  function finish(is_elf: bool): bool {
    find_duplicates();
    find_externals(&code::in_code);
    find_externals(&code::in_data);
    var data_begin = code::base + lines::code.count + 2;
    if (is_elf) { data_begin = round_up(data_begin); }
    fill_in_assembly(data_begin);
    if (source::count() != 0) { return false; }
    code::fill_in(&code::in_code, lines::code.words, data_begin);
    code::fill_in(&code::in_data, lines::data.words, data_begin);
    return true;
  }

  // The octets of two runs of words.
  function write(name: string, first: * memory::list, second: * memory::list): bool {
    var handle = os::open(name, os::WRITING);
    if (handle == os::FAILED) { return false; }
    var good = os::write_packed(handle, first->words, first->count * 4) == first->count * 4;
    if (good && second->count != 0) {
      good = os::write_packed(handle, second->words, second->count * 4) == second->count * 4;
    }
    return os::close(handle) == 0 && good;
  }

  // Code, two halts, data, two halts.
  function flat(name: string): bool {
    memory::add(&lines::code, 0);
    memory::add(&lines::code, 0);
    memory::add(&lines::data, 0);
    memory::add(&lines::data, 0);
    return write(name, &lines::code, &lines::data);
  }

  // An ELF executable: code that is not written, data that is not executed.
  function elf(name: string): bool {
    var whole = memory::list { };
    var code_words = lines::code.count + 2;
    var code_at = round_up(13 + 3 * 8 + 7);
    var data_at = round_up(code_at + code_words);
    var data_begin = round_up(code::base + code_words);
    memory::reserve(&whole, data_at);
    put_header(&whole, code::base * 4);
    put_segment(&whole, 1, code_at, code::base, code_words, 5);
    put_segment(&whole, 1, data_at, data_begin, lines::data.count, 6);
    put_segment(&whole, 4, 13 + 3 * 8, 0, 7, 4);
    // The note with the sizes of stack and heap.
    memory::add(&whole, 7);
    memory::add(&whole, 8);
    memory::add(&whole, 1);
    memory::add(&whole, 0x6E697551);           // "Quin"
    memory::add(&whole, 0x00006563);           // "ce"
    memory::add(&whole, STACK_WORDS * 4);
    memory::add(&whole, HEAP_WORDS * 4);
    while (whole.count < code_at) { memory::add(&whole, 0); }
    for (var i = 0; i < lines::code.count; i = i + 1) {
      memory::add(&whole, lines::code.words[unsafe i]);
    }
    while (whole.count < data_at) { memory::add(&whole, 0); }
    return write(name, &whole, &lines::data);
  }

  function put_header(to: * memory::list, entry: byte): void {
    memory::add(to, 0x464C457F);
    memory::add(to, 0x00010101);
    memory::add(to, 0);
    memory::add(to, 0);
    memory::add(to, 0x51500002);               // machine, executable
    memory::add(to, 1);
    memory::add(to, entry);
    memory::add(to, 52);                       // program headers begin
    memory::add(to, 0);
    memory::add(to, 0);
    memory::add(to, 32 << 16 | 52);            // sizes: a program header, this one
    memory::add(to, 40 << 16 | 3);
    memory::add(to, 0);
  }

  function put_segment(to: * memory::list, kind: byte, at: byte, address: byte, count: byte,
                       rights: byte): void {
    memory::add(to, kind);
    memory::add(to, at * 4);
    memory::add(to, address * 4);
    memory::add(to, address * 4);
    memory::add(to, count * 4);
    memory::add(to, count * 4);
    memory::add(to, rights);
    memory::add(to, kind == 1 ? ALIGN * 4 : 4);
  }
}
