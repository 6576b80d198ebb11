// qc [-n] [-o FILE] [-t TARGET] FILE...: compile QLL files, in order, to one executable, with the QASM
// files (.qasm) among them. FILE is a flat image (out.qbin by default), or an ELF executable if its name
// ends in .elf. TARGET is user (the default), bare or none: its library, from /lib, comes in front.
// -n only looks for mistakes. The status is 255 if the input was wrong.

// lexer.qll has names and tokens, node.qll the tree and the mistakes. parser.qll, statements.qll,
// expressions.qll and written_types.qll make the tree, complaints.qll says what is wrong with the text,
// recovery.qll goes on behind it. names.qll, declare.qll, resolve.qll, types.qll and constants.qll know
// what is declared. check.qll, operators.qll, calls.qll and bodies.qll find out what the tree means. code.qll,
// values.qll, aggregates.qll, functions.qll and image.qll make code and data of it, function by
// function, and output.qll the file. The assembler's own files, from as/, read the assembly and tell the
// mistakes.

.constant global WRONG: byte = 255;        // status: the input was wrong

function program_name(): string { return "qc"; }

// The files of a folder of the library whose names end so, in the order of their names.
function load_folder(folder: string, ending: string): void {
  var handle = os::open(folder, os::READING);
  if (handle == os::FAILED) { return; }
  var names = std::vector::create<string>(8);
  var each: os::listed;
  while (os::read_directory(handle, &each.flags) == 1) {
    var name = os::name_of(each.name);
    if (std::str::ends_with(name, ending)) {
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

function begin(): void {
  source::files = std::vector::create<source::file>(32);
  lines::begin();
  word::begin();
  names::begin();
  types::begin();
  parser::struct_word = word::of_text("struct");
  parser::true_word = word::of_text("true");
  parser::false_word = word::of_text("false");
  parser::infinity_word = word::of_text("Inf");
  parser::nan_word = word::of_text("NaN");
  types::pointer_word = word::of_text("pointer");
  types::length_word = word::of_text("length");
  types::capacity_word = word::of_text("capacity");
  declare::init_word = word::of_text("_init");
  gen::main_word = word::of_text("main");
}

function is_assembly(name: string): bool { return std::str::ends_with(name, ".qasm"); }

// Read everything: the library, the program, and assembly, of which the target's comes first.
function load(names: string[], target: string): void {
  if (!std::str::equal(target, "none")) {
    var folder = std::str::concat("/lib/", target);
    load_folder("/lib/shared", ".qll");
    load_folder(folder, ".qll");
    load_folder(folder, ".qasm");
  }
  for (var i = 0; i < len names; i = i + 1) { source::load(names[i]); }
}

function is_known_target(target: string): bool {
  return std::str::equal(target, "user") || std::str::equal(target, "bare")
         || std::str::equal(target, "none");
}

function compile(): bool {
  for (var i = 0; i < len source::files; i = i + 1) {
    if (!is_assembly(source::files[i].name)) { parser::file(i); }
  }
  declare::everything();
  check::program();
  return source::count() == 0;
}

function assemble(): void {
  for (var i = 0; i < len source::files; i = i + 1) {
    if (is_assembly(source::files[i].name)) { lines::find_constants(i); }
  }
  for (var i = 0; i < len source::files; i = i + 1) {
    if (is_assembly(source::files[i].name)) { lines::parse_file(i); }
  }
}

function fails(): byte {
  report::finish();
  source::tell();
  return WRONG;
}

function main(arguments: string): byte {
  var usage = "qc [-n] [-o FILE] [-t user|bare|none] FILE...";
  var names = os::begin(arguments, usage, "no:t:");
  var target: string = "user";
  if (os::given('t')) { target = os::value_of('t'); }
  if (len names == 0 || !is_known_target(target)) { return os::misused(usage); }
  var product: string = "out.qbin";
  if (os::given('o')) { product = os::value_of('o'); }
  nesting::begin();
  begin();
  load(names, target);
  if (source::count() != 0 || !compile()) { return fails(); }
  if (os::given('n')) { return 0; }
  var is_elf = std::str::ends_with(product, ".elf");
  if (is_elf) { code::base = output::ELF_BASE; }
  assemble();
  output::program();
  if (!output::finish(is_elf)) { return fails(); }
  var good = is_elf ? output::elf(product) : output::flat(product);
  if (good) { return 0; }
  os::complain("qc", "cannot write", product);
  return WRONG;
}
