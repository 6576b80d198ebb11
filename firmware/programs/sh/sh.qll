// sh [-c COMMANDS | FILE]: the shell.
//
// A line is lists of pipelines: words in '…' or "…" or with \, redirections `<` `>` `>>` `2>` `2>>` `2>&1`,
// `|`, `&` for the background, `;`, `&&` and `||`, `#` for a comment, `$?` for the last status. Reads its own
// terminal raw, with editing and history; ctrl-C ends what runs in front. What runs in the background
// finds its input at its end.
//
// words.qll takes lines apart, edit.qll reads them from a terminal; this file runs them.

global last_status: byte = 0;
global finished: bool = false;
global is_terminal: bool = false;   // lines come from a person

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

// --- starting a process -----------------------------------------------------------------------------

// What a command gets as its handles 1 to 3; `opened` are those to close afterwards.
type streams = struct { output: byte; input: byte; errors: byte; opened: byte[]; };

function make_streams(): streams {
  return streams {
    output = os::OUTPUT, input = os::INPUT, errors = os::ERROR_OUTPUT,
    opened = std::vector::create<byte>(4)
  };
}

function close_streams(s: * streams): void {
  for (var i = 0; i < len s->opened; i = i + 1) { os::close(s->opened[i]); }
  delete s->opened;
}

// Whether a file is for this shell to read: no octet of its beginning is 0.
function is_text(name: string): bool {
  var begin: byte[64];
  var handle = os::open(name, os::READING);
  if (handle == os::FAILED) { return false; }
  var count = os::read(handle, begin);
  os::close(handle);
  if (count == os::FAILED) { return false; }
  for (var i = 0; i < count; i = i + 1) {
    if (begin[i] == 0) { return false; }
  }
  return true;
}

// Where the program of a name is: itself if it has a '/', else in /bin. New memory.
function program_of(name: string): string {
  if (std::str::index_of(name, '/') != os::FAILED) { return std::str::from_string(name); }
  return std::str::concat("/bin/", name);
}

// Start a program: its pid, or FAILED after a complaint.
function start(words: string[], s: * streams): byte {
  var program = program_of(words[0]);
  var pid = start_program(program, words, s);
  delete program;
  return pid;
}

function start_program(program: string, words: string[], s: * streams): byte {
  var told: os::status;
  if (os::stat(program, &told.flags) != 0) {
    os::complain("sh", "no such program", words[0]);
    return os::FAILED;
  }
  if (told.flags & os::DIRECTORY) {
    os::complain("sh", "is a directory", words[0]);
    return os::FAILED;
  }
  var text = std::vector::create<byte>(64);
  var script = is_text(program);
  if (script) {
    os::append_quoted(&text, "--");
    add_argument(&text, program);
  }
  for (var i = 1; i < len words; i = i + 1) { add_argument(&text, words[i]); }
  if (script) { return spawn("/bin/sh", text, s, words[0]); }
  return spawn(program, text, s, words[0]);
}

function add_argument(text: * string, word: string): void {
  if (len *text != 0) { std::vector::add(text, ' '); }
  os::append_quoted(text, word);
}

// One of the shell's own commands as a process, for a pipe or the background.
function start_built_in(words: string[], s: * streams): byte {
  var line = std::vector::create<byte>(64);
  for (var i = 0; i < len words; i = i + 1) { add_argument(&line, words[i]); }
  var text = std::vector::create<byte>(64);
  os::append_quoted(&text, "-c");
  add_argument(&text, line);
  delete line;
  return spawn("/bin/sh", text, s, words[0]);
}

// Deletes the arguments' text.
function spawn(program: string, text: string, s: * streams, name: string): byte {
  var map: byte[7] = [3, os::OUTPUT, s->output, os::INPUT, s->input, os::ERROR_OUTPUT, s->errors];
  var pid = os::spawn(program, text, &map[0]);
  if (pid == os::FAILED) {
    var why: string = "cannot start";
    if (len text > os::ARGUMENTS) { why = "too many arguments"; }
    os::complain("sh", why, name);
  }
  delete text;
  return pid;
}

// --- the shell's own commands -----------------------------------------------------------------------

// `run` gets the words behind the name: at least and at most so many, none of them an option.
type own = struct { name: string; usage: string; least: byte; most: byte; run: (string[]) => byte; };

global owns: own[] = [
  own { name = "cd", usage = "cd [DIR]", least = 0, most = 1, run = change_directory },
  own { name = "pwd", usage = "pwd", least = 0, most = 0, run = print_directory },
  own { name = "exit", usage = "exit [STATUS]", least = 0, most = 1, run = leave },
  own { name = "help", usage = "help", least = 0, most = 0, run = help },
  own { name = "kill", usage = "kill PID...", least = 1, most = 1000, run = kill },
  own { name = "wait", usage = "wait", least = 0, most = 0, run = wait },
  own { name = "sync", usage = "sync", least = 0, most = 0, run = sync }
];

// One of them, or null.
function built_in(name: string): * own {
  for (var i = 0; i < len owns; i = i + 1) {
    if (std::str::equal(owns[i].name, name)) { return &owns[i]; }
  }
  return null;
}

// Run one in this process, with the output and errors that it was given.
function run_built_in(which: * own, words: string[], s: * streams): byte {
  os::out = s->output;
  os::errors = s->errors;
  var status = check_and_run(which, words);
  os::out = os::OUTPUT;
  os::errors = os::ERROR_OUTPUT;
  return status;
}

function check_and_run(which: * own, words: string[]): byte {
  var from = 1;
  if (len words > 1 && len words[1] > 1 && words[1][0] == '-') {
    if (std::str::equal(words[1], "--help")) {
      os::say("usage: ");
      os::say_line(which->usage);
      return 0;
    }
    if (!std::str::equal(words[1], "--")) {
      os::complain(which->name, "there is no option", words[1]);
      return os::misused(which->usage);
    }
    from = 2;
  }
  var count = len words - from;
  if (count < which->least || count > which->most) { return os::misused(which->usage); }
  var run_it = which->run;
  return run_it(words[from:]);
}

function change_directory(names: string[]): byte {
  var to: string = "/";
  if (len names != 0) { to = names[0]; }
  if (os::change_directory(to) == 0) { return 0; }
  return os::complain("cd", "no such directory", to);
}

function print_directory(names: string[]): byte {
  var room: byte[4096];
  os::say_line(room[:std::math::min(os::get_directory(room), len room)]);
  return 0;
}

// A person's shell stays when the status is none.
function leave(names: string[]): byte {
  finished = true;
  if (len names == 0) { return last_status; }
  var status = os::number_of(names[0]);
  if (status != os::FAILED) { return status; }
  os::complain("exit", "not a number", names[0]);
  finished = !is_terminal;
  return os::MISUSED;
}

function kill(names: string[]): byte {
  var status = 0;
  for (var i = 0; i < len names; i = i + 1) {
    var pid = os::number_of(names[i]);
    if (pid == os::FAILED || os::kill(pid) != 0) {
      status = os::complain("kill", "no such process of mine", names[i]);
    }
  }
  return status;
}

// Until all in the background have ended, or ctrl-C is typed.
function wait(names: string[]): byte {
  var status = 0;
  var ended: byte = 0;
  while (true) {
    var pid = os::wait(is_terminal ? os::ANY_OR_KEY : os::ANY, &ended);
    if (pid == os::FAILED) { return status; }
    if (pid == 0) { return os::INTERRUPTED; }
    status = ended;
  }
  return status;
}

function sync(names: string[]): byte {
  return os::sync() == 0 ? 0 : 1;
}

function help(names: string[]): byte {
  for (var i = 0; i < len owns; i = i + 1) {
    if (i != 0) { os::say("  "); }
    os::say(owns[i].usage);
  }
  os::say("\nCOMMAND [WORD...] [< FILE] [> FILE | >> FILE] [2> FILE | 2>&1] [| COMMAND...] [&]\n");
  os::say("COMMAND ; COMMAND    COMMAND && COMMAND    COMMAND || COMMAND    $?\n");
  os::say("Programs are in /bin: try `ls /bin`, and `ls --help`.\n");
  os::say("Ctrl-C ends a program, ctrl-D a file or the shell.\n");
  return 0;
}

// --- running ----------------------------------------------------------------------------------------

// Open what a command's redirections name, in their order; false after a complaint.
function redirect(c: * command, s: * streams): bool {
  for (var i = 0; i < len c->redirections; i = i + 1) {
    var r = &c->redirections[i];
    var handle = os::FAILED;
    if (r->operator == LIKE) {
      handle = r->name[0] == '1' ? s->output : s->errors;
    } else {
      var mode = r->operator == INTO ? os::WRITING
               : r->operator == ONTO ? os::APPENDING : os::READING;
      handle = os::open(r->name, mode);
      if (handle == os::FAILED) {
        os::complain("sh", "cannot open", r->name);
        return false;
      }
      std::vector::add(&s->opened, handle);
    }
    if (r->handle == os::OUTPUT) { s->output = handle; }
    if (r->handle == os::INPUT) { s->input = handle; }
    if (r->handle == os::ERROR_OUTPUT) { s->errors = handle; }
  }
  return true;
}

// Put a pipe behind a command: the handle to read from is the next one's input.
function add_pipe(s: * streams): byte {
  var pair: byte[2];
  if (os::pipe(&pair[0]) != 0) {
    os::complain("sh", "no more pipes", "");
    return os::FAILED;
  }
  s->output = pair[1];
  std::vector::add(&s->opened, pair[1]);
  return pair[0];
}

// An input that is at its end: a pipe into which nobody writes.
function nothing(): byte {
  var pair: byte[2];
  if (os::pipe(&pair[0]) != 0) { return os::INPUT; }
  os::close(pair[1]);
  return pair[0];
}

// Run one command, in a process that goes on `pids` or here; its status, as far as it is known.
function run_command(c: * command, s: * streams, here: bool, pids: * byte[]): byte {
  if (!redirect(c, s)) { return 1; }
  if (len c->words == 0) { return 0; }
  var which = built_in(c->words[0]);
  if (which != null && here) { return run_built_in(which, c->words, s); }
  os::errors = s->errors;
  var pid = which == null ? start(c->words, s) : start_built_in(c->words, s);
  os::errors = os::ERROR_OUTPUT;
  if (pid == os::FAILED) { return os::NO_PROGRAM; }
  std::vector::add(pids, pid);
  return 0;
}

// Run a pipeline, whose status is that of its last command. Waits for it unless it goes to the
// background.
function run_pipeline(commands: command[], behind: bool): void {
  var pids = std::vector::create<byte>(4);
  var input = behind ? nothing() : os::INPUT;
  var status = 0;
  var last = 0;                // pid of the last command, 0 if it is no process
  os::set_foreground(0, behind ? 0 : 1);
  for (var i = 0; i < len commands && input != os::FAILED; i = i + 1) {
    var s = make_streams();
    s.input = input;
    if (input != os::INPUT) { std::vector::add(&s.opened, input); }
    input = i + 1 < len commands ? add_pipe(&s) : os::INPUT;
    if (input == os::FAILED) {
      status = 1;
    } else {
      var before = len pids;
      status = run_command(&commands[i], &s, len commands == 1 && !behind, &pids);
      last = len pids != before ? pids[before] : 0;
    }
    close_streams(&s);
  }
  if (behind) {
    announce(pids);
  } else {
    for (var p = 0; p < len pids; p = p + 1) {
      var ended: byte = 0;
      if (os::wait(pids[p], &ended) == pids[p] && pids[p] == last) { status = ended; }
    }
  }
  last_status = status;
  delete pids;
}

function announce(pids: byte[]): void {
  for (var p = 0; p < len pids; p = p + 1) {
    os::say("[");
    os::say_number(pids[p]);
    os::say("]\n");
  }
}

// Run a whole line.
function run(text: string): void {
  var at = 0;
  var wanted = true;       // whether && and || let the next pipeline run
  var last = THEN;         // what stood in front of it
  while (at < len text && !finished) {
    var tokens: token[];
    var operator = scan(text, &at, &tokens);
    var commands: command[] = null;
    if (operator != os::FAILED) {
      if (len tokens != 0) {
        commands = parse(tokens);
        if (!commands) { operator = os::FAILED; }
      } else if (at < len text || operator != THEN || last == AND || last == OR) {
        operator = complain("a command is missing");
      }
    }
    if (operator == os::FAILED) {
      last_status = os::MISUSED;
      at = len text;
    } else if (!!commands) {
      if (wanted) { run_pipeline(commands, operator == BEHIND); }
      wanted = operator == AND ? last_status == 0 : operator == OR ? last_status != 0 : true;
      forget_commands(commands);
    }
    last = operator;
    forget(tokens);
  }
}

// Say which background processes have ended, and let the kernel forget them.
function reap(): void {
  var rows: os::process_status[os::PROCESSES];
  var own = os::own_pid();
  var count = os::list_processes(&rows[0].pid, os::PROCESSES);
  for (var i = 0; i < count && count != os::FAILED; i = i + 1) {
    if (rows[i].parent == own && rows[i].state == os::ZOMBIE) {
      var ended: byte = 0;
      os::wait(rows[i].pid, &ended);
      os::say("[");
      os::say_number(rows[i].pid);
      os::say("] ended with ");
      os::say_number(ended);
      os::say("\n");
    }
  }
}

// --- where lines come from --------------------------------------------------------------------------

// Lines of a file, or of a console that gives whole lines, at a prompt.
function run_lines(handle: byte, prompted: bool): void {
  var lines = os::make_reader(handle);
  while (!finished) {
    if (prompted) { prompt(); }
    var line = os::next_line(&lines);
    if (!line) { return; }
    run(line);
    delete line;
    reap();
  }
}

function run_terminal(): void {
  os::say("Quince. Try `help`.\n");
  is_terminal = true;
  while (!finished) {
    if (os::console_mode(os::RAW) == os::FAILED) {
      // Without a serial line the console gives whole lines.
      os::console_mode(os::TEXT);
      run_lines(os::INPUT, true);
      return;
    }
    prompt();
    if (!edit::read_line()) {
      os::say("exit\n");
      return;
    }
    run(edit::line[:edit::length]);
    reap();
  }
}

function main(text: string): byte {
  var usage = "sh [-c COMMANDS | FILE]";
  var names = os::begin(text, usage, "c:");
  if (os::given('c')) {
    run(os::option_value);
  } else if (len names != 0) {
    var handle = os::open_to_read("sh", names[0]);
    if (handle == os::FAILED) { return os::NO_PROGRAM; }
    run_lines(handle, false);
  } else {
    run_terminal();
  }
  return last_status;
}
