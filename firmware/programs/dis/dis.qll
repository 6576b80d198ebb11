// dis [-l] [-o FILE] IMAGE: say a flat image as assembly that `as` makes the same words of; -l every word
// with its address instead, of any file; -o into a file.
//
// An image says nothing about itself. Code is taken to end at the first two `halt` in a row, or with one of
// some more; a value in `constant` that is the address of something in the image becomes a label. Neither
// guess can make the words wrong. The host's `qdis` says the same.

.constant global PROGRAM: byte = 0x1000;     // address of an image's first word
.constant global SEPARATOR: byte = 2;        // `halt` behind code, and behind data
.constant global DATA_A_LINE: byte = 8;
.constant global NONE: byte = 0xFFFFFFFF;

// What is known of a position in the image.
.constant global VALUE: byte = 1;            // some constant has its address
.constant global START: byte = 2;            // an instruction begins there
.constant global NAMED: byte = 4;            // it has a label

global words: byte[] = null;
global marks: byte[] = null;                 // one more than there are words
global code_words: byte = 0;
global trouble: string = null;               // why the image cannot be disassembled

// Words in memory as a slice.
function slice(start: * byte, count: byte): byte[] {
  var made = std::slice<byte> { pointer = start, length = count, capacity = count };
  return *<* byte[]>&made;
}

// All words of a file; null after a complaint.
function load(name: string): byte[] {
  var told: os::status;
  var handle = os::open_to_read("dis", name);
  if (handle == os::FAILED) { return null; }
  os::stat(name, &told.flags);
  if (told.size % 4 != 0) {
    os::write_text(os::errors, name);
    os::write_text(os::errors, ": an image is whole words, four octets each, not ");
    os::out = os::errors;
    os::say_number(told.size);
    os::say(" octets\n");
    return null;
  }
  var count = told.size / 4;
  var start = whole::take(count);
  if (start == null || os::read_packed(handle, start, count) != told.size) {
    os::complain("dis", "cannot read, or too large", name);
    return null;
  }
  os::close(handle);
  return slice(start, count);
}

// --- what is code, and what has a label -------------------------------------------------------------

function is_pair(at: byte): bool {
  return words[at] == 0 && words[at + 1] == 0;
}

function note_value(value: byte, mark: byte): void {
  if (value - PROGRAM < len marks) { marks[value - PROGRAM] = marks[value - PROGRAM] | mark; }
}

function has_value(at: byte): bool {
  return (marks[at] & VALUE) != 0;
}

// How many words are code: up to two `halt` in a row, if two more have room behind it. NONE if that
// cannot be.
function find_code(): byte {
  var count = len words;
  if (count < 2 * SEPARATOR || !is_pair(count - SEPARATOR)) {
    trouble = std::str::from_string("it does not end in two halt words");
    return NONE;
  }
  var last = count - 2 * SEPARATOR;
  var at = 0;
  while (at <= last) {
    if (is_pair(at)) { return at + trailing_halts(at, last); }
    if (instruction::is_constant(words[at])) {
      at = at + 1;
      note_value(words[at], VALUE);
    }
    at = at + 1;
  }
  for (at = 0; at <= last; at = at + 1) {
    if (is_pair(at)) { return at; }
  }
  trouble = std::str::from_string("there are no two halt words between code and data");
  return NONE;
}

// How many `halt` in front of the pair to count as code, where more than two stand in a row: they may
// as well be zeros at the beginning of the data, whose first word is likely to have its address in a
// constant; else it is one `halt`, the end of many a program.
function trailing_halts(at: byte, last: byte): byte {
  var halts = 0;
  while (at + halts + 1 <= last && is_pair(at + halts + 1)) {
    halts = halts + 1;
    if (has_value(at + halts + 1)) { return halts - 1; }
  }
  if (has_value(at + halts + SEPARATOR)) { return halts; }
  return std::math::min(halts, 1);
}

function has_immediate(at: byte): bool {
  return instruction::is_constant(words[at]) && at + 1 < code_words;
}

// Whether a label can stand at a position.
function is_place(at: byte): bool {
  return (marks[at] & START) != 0 || at == code_words
      || (at >= code_words + SEPARATOR && at < len words - SEPARATOR);
}

function find_names(): void {
  for (var at = 0; at < code_words; at = at + (has_immediate(at) ? 2 : 1)) {
    marks[at] = marks[at] | START;
  }
  for (var at = 0; at < code_words; at = at + (has_immediate(at) ? 2 : 1)) {
    if (has_immediate(at) && words[at + 1] - PROGRAM < len words && is_place(words[at + 1] - PROGRAM)) {
      note_value(words[at + 1], NAMED);
    }
  }
}

function is_named(at: byte): bool {
  return at < len marks && (marks[at] & NAMED) != 0;
}

// --- text -------------------------------------------------------------------------------------------

function say_name(at: byte): void {
  output::say(at >= code_words + SEPARATOR ? "@data_" : "@code_");
  output::say_hexadecimal(PROGRAM + at, 1);
}

function say_code(): void {
  for (var at = 0; at < code_words; at = at + (has_immediate(at) ? 2 : 1)) {
    if (is_named(at)) {
      say_name(at);
      output::say(":\n");
    }
    output::say("  ");
    if (has_immediate(at) && is_named(words[at + 1] - PROGRAM)) {
      instruction::say(words[at], "");
      say_name(words[at + 1] - PROGRAM);
    } else if (has_immediate(at)) {
      instruction::say(words[at], "0x");
      output::say_hexadecimal(words[at + 1], 1);
    } else if (words[at] >> 24 == lines::CONSTANT) {
      // its value would be the first halt, so it is no instruction
      instruction::say_word(words[at]);
    } else {
      instruction::say(words[at], "?");
    }
    output::say("\n");
  }
  if (is_named(code_words)) {
    say_name(code_words);
    output::say(":\n");
  }
}

function say_data(): void {
  var end = len words - SEPARATOR;
  var at = code_words + SEPARATOR;
  while (at < end) {
    output::say("data @data_");
    output::say_hexadecimal(PROGRAM + at, 1);
    var begin = at;
    while (at < end && at < begin + DATA_A_LINE && (at == begin || !is_named(at))) {
      output::say(" 0x");
      output::say_hexadecimal(words[at], 1);
      at = at + 1;
    }
    output::say("\n");
  }
}

function say_list(): void {
  for (var at = 0; at < len words; at = at + 1) {
    output::say_hexadecimal(PROGRAM + at, 8);
    output::say("  ");
    output::say_hexadecimal(words[at], 8);
    output::say("  ");
    var takes_value = instruction::is_valid(words[at]) && words[at] >> 24 == lines::CONSTANT;
    if (takes_value && at + 1 < len words) {
      instruction::say(words[at], "0x");
      output::say_hexadecimal(words[at + 1], 1);
    } else {
      instruction::say(words[at], "?");
    }
    output::say("\n");
  }
}

function main(text: string): byte {
  var usage = "dis [-l] [-o FILE] IMAGE";
  var names = os::begin(text, usage, "lo:");
  if (len names != 1) { return os::misused(usage); }
  words = load(names[0]);
  if (!words) { return 1; }
  var start = whole::take(len words + 1);
  if (start == null) { return os::complain("dis", "the image is too large", names[0]); }
  marks = slice(start, len words + 1);
  if (!os::given('l')) {
    code_words = find_code();
    if (code_words == NONE) {
      return os::complain(names[0], "the assembler cannot make this image", trouble);
    }
    find_names();
  }
  if (os::given('o') && !output::open(os::value_of('o'))) {
    return os::complain("dis", "cannot write", os::value_of('o'));
  }
  if (os::given('l')) {
    say_list();
  } else {
    say_code();
    say_data();
  }
  return output::close() ? 0 : os::complain("dis", "cannot write all of it", "");
}
