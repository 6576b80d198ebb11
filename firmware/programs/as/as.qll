// as [-a] [-o FILE] [-s FILE] [-t TARGET] FILE...: the assembler. QASM files, in order, to one flat image.
//
// -a writes the joined program as text instead; -s writes the labels with their addresses, for `db`.
// TARGET is none (the default), user or bare, whose own files come in front. The product, words and
// messages are those of the host's `qasm`.
//
// memory.qll has lists and tables, source.qll the files and what is wrong in them, tokens.qll takes
// lines apart, numbers.qll reads numbers, lines.qll, operands.qll and repeat.qll parse, hints.qll guesses
// what was meant, habits.qll knows what other assemblers call things.

.constant global WRONG: byte = 255;        // status: the input was wrong
.constant global IMAGE: byte = 0x1000;     // address of the first word

function program_name(): string { return "as"; }

// The files of a target on the disk, in the order of their names.
function load_target(target: string): void {
  var folder = std::str::concat("/lib/", target);
  var handle = os::open(folder, os::READING);
  if (handle == os::FAILED) { return; }
  var names = std::vector::create<string>(8);
  var each: os::listed;
  while (os::read_directory(handle, &each.flags) == 1) {
    var name = os::name_of(each.name);
    if (std::str::ends_with(name, ".qasm")) {
      std::vector::add(&names, os::joined(folder, name));
      for (var i = len names - 1; i != 0 && hints::is_greater(names[i - 1], names[i]); i = i - 1) {
        var other = names[i];
        names[i] = names[i - 1];
        names[i - 1] = other;
      }
    }
  }
  os::close(handle);
  for (var i = 0; i < len names; i = i + 1) { source::load(names[i]); }
}

// Put the addresses of labels where they belong; a label that nobody defines is a mistake.
function fill_in(): void {
  var hinted = 0;
  var data_begin = IMAGE + lines::code.count + 2;
  for (var i = 0; i < lines::references.count; i = i + lines::REFERENCE_WIDTH) {
    var r = <unsafe * lines::reference>&lines::references.words[unsafe i];
    var name = tokens::label_of(memory::part(r->token, r->span));
    var e = table::find(&lines::labels, name);
    if (e == null) {
      undefined(r, name, hinted < lines::HINTS);
      hinted = hinted + 1;
    } else {
      var to = r->is_data ? lines::data.words : lines::code.words;
      to[unsafe r->word] = e->value + (e->is_good ? data_begin : IMAGE);
    }
  }
}

function undefined(r: * lines::reference, name: string, hint: bool): void {
  var like: string = null;
  if (hint) { like = hints::in_table(&lines::labels, name, 75); }
  source::begin_message();
  source::say("undefined label '");
  source::say(name);
  source::say("'");
  if (!!like) {
    source::say("; did you mean '");
    source::say(like);
    source::say("'?");
  }
  source::end_message(r->file, r->line, r->token, lines::characters(memory::part(r->token, r->span)));
}

// --- output -----------------------------------------------------------------------------------------

// Code, two halts, data, two halts.
function image(): memory::list {
  var words = lines::code;
  memory::reserve(&words, lines::data.count + 4);
  memory::add(&words, 0);
  memory::add(&words, 0);
  for (var i = 0; i < lines::data.count; i = i + 1) {
    memory::add(&words, lines::data.words[unsafe i]);
  }
  memory::add(&words, 0);
  memory::add(&words, 0);
  return words;
}

// The file appears when all of it is written, or stays as it was.
function write_image(name: string): bool {
  var words = image();
  var handle = os::open(name, os::WRITING);
  if (handle == os::FAILED) { return false; }
  var octets = words.count * 4;
  var good = os::write_packed(handle, words.words, octets) == octets;
  return os::close(handle) == 0 && good;
}

global text: memory::list = memory::list { };

function put(octets: string): void {
  for (var i = 0; i < len octets; i = i + 1) { memory::add(&text, octets[i]); }
}

// The lines of one kind as text: 0 those that define a constant, 1 code, 2 data.
function put_lines(kind: byte): void {
  for (var f = 0; f < len source::files; f = f + 1) {
    var p = source::files[f].begin;
    while (p != source::files[f].end) {
      p = &tokens::take_line(p)[unsafe 1];
      var all = tokens::all;
      if (len all != 0) {
        var is_define = std::str::equal(all[0].text, "define");
        var is_data = std::str::equal(all[0].text, "data");
        if (kind == (is_define ? 0 : is_data ? 2 : 1)) { put_line(all, kind); }
      }
    }
  }
}

function put_line(all: tokens::token[], kind: byte): void {
  var is_label = kind == 1 && all[len all - 1].kind == tokens::COLON;
  if (kind == 1 && !is_label) { put("  "); }
  for (var i = 0; i < len all; i = i + 1) {
    if (i != 0 && !is_label) { put(" "); }
    put(all[i].text);
  }
  put("\n");
}

function write_text(name: string): bool {
  for (var kind = 0; kind < 3; kind = kind + 1) { put_lines(kind); }
  return write_out(name);
}

function write_out(name: string): bool {
  var handle = os::open(name, os::WRITING);
  if (handle == os::FAILED) { return false; }
  var good = os::write(handle, memory::part(text.words, text.count)) == text.count;
  return os::close(handle) == 0 && good;
}

function address_of(e: * table::entry): byte {
  return e->value + (e->is_good ? IMAGE + lines::code.count + 2 : IMAGE);
}

// Whether one label comes behind another in the map: by their addresses, then by their names.
function is_behind(a: * table::entry, b: * table::entry): bool {
  if (address_of(a) != address_of(b)) { return address_of(a) > address_of(b); }
  return hints::is_greater(memory::part(a->name, a->length), memory::part(b->name, b->length));
}

// The labels in order: a heap would do it in less time, and this in fewer lines, with gaps that shrink.
function sorted_labels(): memory::list {
  var order = memory::list { };
  for (var i = 0; i < table::count(&lines::labels); i = i + 1) {
    memory::add(&order, <unsafe byte>table::at(&lines::labels, i));
  }
  for (var gap = order.count / 2; gap != 0; gap = gap / 2) {
    for (var i = gap; i < order.count; i = i + 1) {
      var moving = order.words[unsafe i];
      var at = i;
      while (at >= gap && is_behind(<unsafe * table::entry>order.words[unsafe at - gap],
                                    <unsafe * table::entry>moving)) {
        order.words[unsafe at] = order.words[unsafe at - gap];
        at = at - gap;
      }
      order.words[unsafe at] = moving;
    }
  }
  return order;
}

// A line a label: address, T for code or D for data, name.
function write_symbols(name: string): bool {
  var order = sorted_labels();
  text.count = 0;
  for (var i = 0; i < order.count; i = i + 1) {
    var e = <unsafe * table::entry>order.words[unsafe i];
    for (var k = 8; k != 0; k = k - 1) {
      var digit = address_of(e) >> (k * 4 - 4) & 0xF;
      memory::add(&text, digit < 10 ? '0' + digit : 'a' + digit - 10);
    }
    put(e->is_good ? " D " : " T ");
    put(memory::part(e->name, e->length));
    put("\n");
  }
  return write_out(name);
}

function main(arguments: string): byte {
  var usage = "as [-a] [-o FILE] [-s FILE] [-t none|user|bare] FILE...";
  var names = os::begin(arguments, usage, "ao:s:t:");
  var target: string = "none";
  if (os::given('t')) { target = os::value_of('t'); }
  var is_none = std::str::equal(target, "none");
  if (len names == 0 || (!is_none && !std::str::equal(target, "user")
                         && !std::str::equal(target, "bare"))) {
    return os::misused(usage);
  }
  source::files = std::vector::create<source::file>(8);
  lines::begin();
  if (!is_none) { load_target(target); }
  for (var i = 0; i < len names; i = i + 1) { source::load(names[i]); }
  if (source::tell()) { return WRONG; }
  for (var i = 0; i < len source::files; i = i + 1) { lines::find_constants(i); }
  for (var i = 0; i < len source::files; i = i + 1) { lines::parse_file(i); }
  fill_in();
  if (source::tell()) { return WRONG; }
  var product: string = "out.qbin";
  if (os::given('a')) { product = "out.qasm"; }
  if (os::given('o')) { product = os::value_of('o'); }
  var good = os::given('a') ? write_text(product) : write_image(product);
  if (good && os::given('s')) {
    product = os::value_of('s');
    good = write_symbols(product);
  }
  if (good) { return 0; }
  os::complain("as", "cannot write", product);
  return WRONG;
}
