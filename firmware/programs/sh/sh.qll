// sh [-c COMMANDS [NAME]] [FILE] [WORD...]: the shell.
//
// What its language is, docs/shell.md tells. lexer.qll and parser.qll make a tree of a line,
// expand.qll puts in what variables and (files.qll) patterns stand for, run.qll carries it out, with processes from
// programs.qll. edit.qll reads lines from a terminal (complete.qll is its tab key, history.qll has the
// lines before), and jobs.qll waits. What runs in the background
// finds its input at its end.

.constant global HEAP: byte = 0x100000;      // words, given as they are touched
.constant global PROFILE: byte[9] = "/.profile";

global last_status: byte = 0;
global is_terminal: bool = false;            // lines come from a person
global is_script: bool = false;              // from a file: complaints name its lines

// "sh: no such program: x", of a script with the line; to where errors of commands go. Returns 1.
function complain(what: string, subject: string): byte {
  var kept = os::errors;
  var place = texts::copy(variables::script);
  if (is_script) {
    texts::add(&place, ':');
    texts::append_number(&place, run::line);
  }
  os::errors = run::now.errors;
  os::complain(place, what, subject);
  os::errors = kept;
  texts::drop(place);
  return 1;
}

// Tell what the parser found wrong. The status for that.
function tell_mistake(): byte {
  run::line = parser::mistake_line;
  complain(parser::mistake, "");
  texts::drop(parser::mistake);
  return os::MISUSED;
}

// Texts have become too large: whatever made them ends.
function give_up(subject: string): void {
  texts::is_full = false;
  complain("the memory for texts is full", subject);
  last_status = 1;
  run::flow = run::STOP;
}

function assign(name: string, value: string): bool {
  var is_set = variables::set(name, value);
  if (texts::is_full) {
    variables::unset(name);
    give_up(name);
    return false;
  }
  if (!is_set) { complain("too many variables", name); }
  return is_set;
}

// --- sources ----------------------------------------------------------------------------------------

// Carry out a source to its end, or as far as can be.
function run_source(from: * source): void {
  while (run::flow == run::ON) {
    var unit = parser::line(from);
    if (unit == null) {
      if (parser::is_good()) { return; }
      last_status = tell_mistake();
      run::flow = run::STOP;
      return;
    }
    run::chains(unit->root);
    tree::forget(unit);
  }
}

// All of a file; false after a complaint.
function read_file(name: string, text: * string): bool {
  var handle = os::open_to_read("sh", name);
  if (handle == os::FAILED) { return false; }
  var is_good = read_all(handle, text);
  os::close(handle);
  if (!is_good) { os::complain("sh", "cannot read", name); }
  return is_good;
}

function read_all(handle: byte, text: * string): bool {
  var block: byte[512];
  while (true) {
    var count = os::read(handle, block);
    if (count == os::FAILED || texts::is_full) { return false; }
    if (count == 0) { return true; }
    texts::append(text, block[:count]);
  }
  return false;
}

// --- a person ---------------------------------------------------------------------------------------

function prompt(): void {
  var room: byte[256];
  var count = std::math::min(os::get_directory(room), 256);
  // Of a long name the end is shown, so that the line keeps half of the row.
  var begin = 0;
  while (begin < count && std::utf8::columns(room[begin:count]) > terminal::columns / 2) {
    begin = begin + std::utf8::whole(room[:count], begin);
  }
  os::say(room[begin:count]);
  os::say(" $ ");
  edit::first = std::utf8::columns(room[begin:count]) + 3;
}

function prompt_for_more(): void {
  os::say("> ");
  edit::first = 2;
}

// One line more of a text; false at the end of the input. Without a serial line the console gives
// whole lines.
function add_line(text: * string, lines: * os::reader): bool {
  edit::draw_prompt = len *text == 0 ? prompt : prompt_for_more;
  var say_prompt = edit::draw_prompt;
  say_prompt();
  if (os::console_mode(os::RAW) != os::FAILED) {
    if (!edit::read_line(true)) { return false; }
    if (edit::is_abandoned) { len *text = 0; }
    texts::append(text, edit::line[:edit::length]);
  } else {
    os::console_mode(os::TEXT);
    var line = os::next_line(lines);
    if (!line) { return false; }
    texts::append(text, line);
    delete line;
  }
  texts::add(text, '\n');
  return true;
}

// Carry out what was typed; false if it goes on in the next line.
function run_typed(text: string, is_last: bool): bool {
  if (len text > 1 && text[len text - 2] == '\\' && !is_last) { return false; }
  var from = source { text = text, at = 0, line = 1 };
  while (run::flow == run::ON) {
    var unit = parser::line(&from);
    if (unit == null) {
      if (parser::is_good()) { return true; }
      if (parser::wants_more && !is_last) {
        texts::drop(parser::mistake);
        return false;
      }
      last_status = tell_mistake();
      return true;
    }
    run::chains(unit->root);
    tree::forget(unit);
  }
  return true;
}

function run_terminal(): void {
  os::say("Quince. Try `help`.\nNew here? `tour` shows ten things.\n");
  is_terminal = true;
  var lines = os::make_reader(os::INPUT);
  var text = texts::make();
  var told: os::status;
  if (os::stat(PROFILE, &told.flags) == 0) {
    var names: string[1] = [PROFILE];
    last_status = built_in::take_in(names);
  }
  while (run::flow != run::EXIT) {
    run::flow = run::ON;
    texts::is_full = false;
    if (!add_line(&text, &lines)) {
      if (len text != 0) { run_typed(text, true); }
      os::say("exit\n");
      return;
    }
    if (run_typed(text, false)) { len text = 0; }
    jobs::lines = jobs::lines + 1;
    jobs::reap();
  }
}

// --- the start --------------------------------------------------------------------------------------

// Room for what scripts may hold; of a machine that is nearly full, the usual heap.
function make_heap(): void {
  var start = os::grow(HEAP);
  if (start == os::FAILED) {
    texts::most = 0x4000;
    tree::most = 40;
    return;
  }
  std::heap = <unsafe * byte>start;
  std::HEAP_SIZE = HEAP;
}

function copy_arguments(words: string[]): void {
  variables::set_arguments(run::copies(words));
}

// Commands that another shell sent.
function run_sent(): void {
  var state = texts::make();
  if (!read_all(STATE_HANDLE, &state) || len state == 0) {
    os::complain("sh", "no shell sent anything to do", "");
    last_status = os::MISUSED;
    return;
  }
  os::close(STATE_HANDLE);
  var from = take_state(state);
  run_source(&from);
}

// Commands from a file or a pipe.
function run_input(): void {
  var text = texts::make();
  if (!read_all(os::INPUT, &text)) {
    last_status = os::complain("sh", "cannot read, or too long", "");
    return;
  }
  var from = source { text = text, at = 0, line = 1 };
  run_source(&from);
}

function run_script(words: string[]): void {
  var text = texts::make();
  if (!read_file(words[0], &text)) {
    last_status = os::NO_PROGRAM;
    return;
  }
  variables::script = words[0];
  is_script = true;
  copy_arguments(words[1:len words]);
  run::calls = 1;
  var from = source { text = text, at = 0, line = 1 };
  run_source(&from);
}

function main(text: string): byte {
  var usage = "sh [-c COMMANDS [NAME]] [FILE] [WORD...]";
  make_heap();
  var words = os::arguments(text);
  variables::begin();
  variables::shell = os::own_pid();
  run::now = streams { output = os::OUTPUT, input = os::INPUT, errors = os::ERROR_OUTPUT };
  if (len words == 0) {
    if (os::is_console(os::INPUT) == 1) { run_terminal(); } else { run_input(); }
    return last_status;
  }
  var first = words[0];
  if (std::str::equal(first, "-s") && len words == 1) {
    run_sent();
  } else if (std::str::equal(first, "-c")) {
    if (len words == 1) { return os::misused(usage); }
    if (len words > 2) {
      variables::script = words[2];
      copy_arguments(words[3:len words]);
    }
    var from = source { text = words[1], at = 0, line = 1 };
    run_source(&from);
  } else if (std::str::equal(first, "--help")) {
    os::say("usage: ");
    os::say_line(usage);
  } else if (std::str::equal(first, "--") && len words > 1) {
    run_script(words[1:len words]);
  } else if (len first > 1 && first[0] == '-') {
    os::complain("sh", "there is no option", first);
    return os::misused(usage);
  } else {
    run_script(words);
  }
  return last_status;
}
