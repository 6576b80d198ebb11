// sh [-c COMMANDS | FILE [ARGUMENT...]]: the shell.
//
// A line is lists of pipelines: words in '…' or "…" or with \, `<` `>` `>>`, `|`, `&` for the
// background, `;`, `&&` and `||`, `#` for a comment, `$?` for the last status. Reads its own terminal
// raw, with editing and history; ctrl-C ends what runs in front.

global last_status: byte = 0;
global finished: bool = false;

// --- reading a line ---------------------------------------------------------------------------------

namespace edit {
  .constant global HISTORY: byte = 32;
  .constant global WIDTH: byte = 512;

  global past: (string)[32] = [""; 32];
  global past_count: byte = 0;
  global line: byte[512] = [0; 512];
  global length: byte = 0;
  global at: byte = 0;

  function key(): byte {
    var one: byte[1];
    if (os::read(2, one) != 1) { return 4; }
    return one[0];
  }

  // Draw the line from the cursor on, and put the cursor back.
  function redraw(): void {
    os::say("\x1b[K");
    os::say(line[at:length]);
    for (var i = at; i < length; i = i + 1) { os::say("\x08"); }
  }

  function insert(c: byte): void {
    if (length == WIDTH) { return; }
    for (var i = length; i != at; i = i - 1) { line[i] = line[i - 1]; }
    line[at] = c;
    length = length + 1;
    os::say(line[at:at + 1]);
    at = at + 1;
    if (at != length) { redraw(); }
  }

  function erase(): void {
    if (at == 0) { return; }
    at = at - 1;
    length = length - 1;
    for (var i = at; i < length; i = i + 1) { line[i] = line[i + 1]; }
    os::say("\x08");
    redraw();
  }

  function move_to(where: byte): void {
    while (at > where) {
      os::say("\x08");
      at = at - 1;
    }
    if (at < where) {
      os::say(line[at:where]);
      at = where;
    }
  }

  function replace(text: string): void {
    move_to(0);
    length = std::math::min(len text, WIDTH);
    for (var i = 0; i < length; i = i + 1) { line[i] = text[i]; }
    redraw();
    move_to(length);
  }

  function remember(): void {
    if (length == 0) { return; }
    if (past_count != 0
        && std::str::equal(past[(past_count - 1) % HISTORY], line[:length])) {
      return;
    }
    if (past_count >= HISTORY) { delete past[past_count % HISTORY]; }
    past[past_count % HISTORY] = std::str::from_string(line[:length]);
    past_count = past_count + 1;
  }

  // ESC [ A to D, H, F, 3~. An escape key by itself, as games leave behind, does nothing: what comes
  // after it, which is returned, counts as if it were not there; else 0.
  function escape(shown: * byte): byte {
    var c = key();
    if (c != '[') { return c; }
    c = key();
    if (c == 'A' && *shown != 0 && past_count - *shown < HISTORY) {
      *shown = *shown - 1;
      replace(past[*shown % HISTORY]);
    } else if (c == 'B' && *shown < past_count) {
      *shown = *shown + 1;
      if (*shown == past_count) { replace(""); } else { replace(past[*shown % HISTORY]); }
    } else if (c == 'C' && at < length) {
      move_to(at + 1);
    } else if (c == 'D' && at != 0) {
      move_to(at - 1);
    } else if (c == 'H') {
      move_to(0);
    } else if (c == 'F') {
      move_to(length);
    } else if (c == '3') {
      key();
      if (at < length) {
        move_to(at + 1);
        erase();
      }
    }
    return 0;
  }

  // A line from the terminal into `line`; false at the end of the input.
  function read_line(): bool {
    var shown = past_count;
    length = 0;
    at = 0;
    while (true) {
      var c = key();
      while (c == 27) { c = escape(&shown); }
      if (c == '\r' || c == '\n') {
        move_to(length);
        os::say("\n");
        remember();
        return true;
      } else if (c == 4) {
        if (length == 0) { return false; }
      } else if (c == 3) {
        os::say("^C\n");
        length = 0;
        return true;
      } else if (c == 8 || c == 127) {
        erase();
      } else if (c == 1) {
        move_to(0);
      } else if (c == 5) {
        move_to(length);
      } else if (c == 11) {
        length = at;
        redraw();
      } else if (c == 21) {
        replace("");
      } else if (c == 12) {
        os::say("\x1b[2J\x1b[H");
        prompt();
        var where = at;
        at = 0;
        redraw();
        move_to(where);
      } else if (c >= ' ') {
        insert(c);
      }
    }
    return false;
  }
}

function prompt(): void {
  var room: byte[256];
  var count = os::get_directory(room);
  os::say(room[:std::math::min(count, 256)]);
  os::say(" $ ");
}

// --- taking a line apart ----------------------------------------------------------------------------

type tokens = struct { words: string[]; operators: byte[]; };  // operator 0: a word

.constant global WORD: byte = 0;
.constant global PIPE: byte = 1;
.constant global INTO: byte = 2;      // >
.constant global ONTO: byte = 3;      // >>
.constant global FROM: byte = 4;      // <
.constant global BEHIND: byte = 5;    // &
.constant global THEN: byte = 6;      // ;
.constant global AND: byte = 7;       // &&
.constant global OR: byte = 8;        // ||

function operator_at(text: string, position: * byte): byte {
  var c = text[*position];
  var twice = *position + 1 < len text && text[*position + 1] == c;
  var found = WORD;
  if (c == ';') { found = THEN; }
  if (c == '<') { found = FROM; }
  if (c == '|') { found = twice ? OR : PIPE; }
  if (c == '&') { found = twice ? AND : BEHIND; }
  if (c == '>') { found = twice ? ONTO : INTO; }
  var width = found == OR || found == AND || found == ONTO ? 2 : found == WORD ? 0 : 1;
  *position = *position + width;
  return found;
}

// The word that begins at a position, with its quotes resolved and $? put in; null if a quote is
// not closed.
function take_word(text: string, position: * byte): string {
  var word = new byte[len text - *position + 12];
  var length = 0;
  var quote = 0;
  var i = *position;
  var done = false;
  while (!done && i < len text) {
    var c = text[i];
    if (quote == 0 && (os::is_blank(c) || std::str::index_of(";<>|&", c) != os::FAILED)) {
      done = true;
    } else {
      i = i + 1;
      if (c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else if (c == '$' && quote != '\'' && i < len text && text[i] == '?') {
        var digits: byte[12];
        var number = std::str::utoa(last_status, digits, 10);
        for (var d = 0; d < len number; d = d + 1) {
          word[length] = number[d];
          length = length + 1;
        }
        i = i + 1;
      } else {
        if (c == '\\' && quote != '\'' && i < len text) {
          c = text[i];
          i = i + 1;
        }
        word[length] = c;
        length = length + 1;
      }
    }
  }
  *position = i;
  len word = length;
  if (quote != 0) {
    delete word;
    return null;
  }
  return word;
}

// The tokens from a position up to what ends a pipeline, which is passed: its operator, or FAILED
// after a complaint. The end of the line counts as ';'. Taken one pipeline at a time, so that $? is
// the status of the one before.
function scan(text: string, position: * byte, t: * tokens): byte {
  t->words = std::vector::create<string>(8);
  t->operators = std::vector::create<byte>(8);
  while (true) {
    while (*position < len text && os::is_blank(text[*position])) { *position = *position + 1; }
    if (*position == len text || text[*position] == '#') {
      *position = len text;
      return THEN;
    }
    var operator = operator_at(text, position);
    if (operator >= BEHIND) { return operator; }
    var word = operator == WORD ? take_word(text, position) : std::str::from_string("");
    if (!word) {
      os::complain("sh", "a quote is not closed", "");
      return os::FAILED;
    }
    std::vector::add(&t->words, word);
    std::vector::add(&t->operators, operator);
  }
  return THEN;
}

function forget(t: * tokens): void {
  for (var i = 0; i < len t->words; i = i + 1) { delete t->words[i]; }
  delete t->words;
  delete t->operators;
}

// --- running ----------------------------------------------------------------------------------------

// One command of a pipeline.
type command = struct {
  words: string[];
  input: byte; output: byte;   // handles, 0 for the shell's own
};

function close_if_own(handle: byte): void {
  if (handle >= 0x10) { os::close(handle); }
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

// Start a command as a process: its pid, or FAILED after a complaint.
function start(c: * command): byte {
  var program = program_of(c->words[0]);
  var pid = start_program(c, program);
  delete program;
  return pid;
}

function start_program(c: * command, program: string): byte {
  var told: os::status;
  if (os::stat(program, &told.flags) != 0) {
    os::complain("sh", "no such program", c->words[0]);
    return os::FAILED;
  }
  if (told.flags & os::DIRECTORY) {
    os::complain("sh", "is a directory", c->words[0]);
    return os::FAILED;
  }
  var text = new byte[64];
  len text = 0;
  var script = is_text(program);
  if (script) { os::append_quoted(&text, program); }
  for (var i = 1; i < len c->words; i = i + 1) {
    if (len text != 0) { std::vector::add(&text, ' '); }
    os::append_quoted(&text, c->words[i]);
  }
  var map: byte[5] = [2, 1, c->output == 0 ? 1 : c->output, 2, c->input == 0 ? 2 : c->input];
  var pid = script ? os::spawn("/bin/sh", text, &map[0]) : os::spawn(program, text, &map[0]);
  delete text;
  if (pid == os::FAILED) { os::complain("sh", "cannot start", c->words[0]); }
  return pid;
}

// The shell's own commands: true if the word was one.
function built_in(words: string[]): bool {
  var name = words[0];
  last_status = 0;
  if (std::str::equal(name, "cd")) {
    var to: string = "/";
    if (len words > 1) { to = words[1]; }
    if (os::change_directory(to) != 0) { last_status = os::complain("cd", "no such directory", to); }
  } else if (std::str::equal(name, "pwd")) {
    var room: byte[4096];
    os::say_line(room[:std::math::min(os::get_directory(room), 4096)]);
  } else if (std::str::equal(name, "exit")) {
    finished = true;
    if (len words > 1) { last_status = os::number_of(words[1]); }
  } else if (std::str::equal(name, "help")) {
    help();
  } else if (std::str::equal(name, "kill")) {
    last_status = kill(words);
  } else if (std::str::equal(name, "wait")) {
    var ended: byte = 0;
    while (os::wait(0, &ended) != os::FAILED) { last_status = ended; }
  } else if (std::str::equal(name, "sync")) {
    last_status = os::sync() == 0 ? 0 : 1;
  } else {
    return false;
  }
  return true;
}

function kill(words: string[]): byte {
  var status = 0;
  if (len words == 1) { return os::complain("kill", "usage: kill PID...", ""); }
  for (var i = 1; i < len words; i = i + 1) {
    var pid = os::number_of(words[i]);
    if (pid == os::FAILED || os::kill(pid) != 0) {
      status = os::complain("kill", "no such process of mine", words[i]);
    }
  }
  return status;
}

function help(): void {
  os::say("cd [DIR]  pwd  exit [STATUS]  kill PID...  wait  sync  help\n");
  os::say("COMMAND [WORD...] [< FILE] [> FILE | >> FILE] [| COMMAND...] [&]\n");
  os::say("COMMAND ; COMMAND    COMMAND && COMMAND    COMMAND || COMMAND    $?\n");
  os::say("Programs are in /bin: try `ls /bin`. Ctrl-C ends a program, ctrl-D a file or the shell.\n");
}

// Run a pipeline. Waits for it unless it goes to the background.
function run_pipeline(t: * tokens, behind: bool): void {
  var pids = std::vector::create<byte>(4);
  var input = 0;
  var i = 0;
  var good = true;
  while (good && i < len t->words) {
    var c = command { input = input, output = 0 };
    input = 0;
    c.words = std::vector::create<string>(4);
    good = gather(t, &i, &c, &input);
    if (good && len c.words != 0) {
      var alone = len pids == 0 && i == len t->words && !behind;
      if (!(alone && c.output == 0 && c.input == 0 && built_in(c.words))) {
        var pid = start(&c);
        if (pid == os::FAILED) { last_status = 127; } else {
          if (!behind) { os::set_foreground(pid, 1); }
          std::vector::add(&pids, pid);
        }
      }
    }
    close_if_own(c.input);
    close_if_own(c.output);
    delete c.words;
  }
  close_if_own(input);
  if (!good) { last_status = 2; }
  if (behind) {
    for (var p = 0; p < len pids; p = p + 1) {
      os::say("[");
      os::say_number(pids[p]);
      os::say("]\n");
    }
  } else {
    for (var p = 0; p < len pids; p = p + 1) {
      var ended: byte = 0;
      if (os::wait(pids[p], &ended) == pids[p]) { last_status = ended; }
    }
  }
  delete pids;
}

// One command's words and redirections, up to a '|' or the end; the read end of the pipe behind it
// becomes the next one's input. False after a complaint.
function gather(t: * tokens, position: * byte, c: * command, next_input: * byte): bool {
  var to = len t->words;
  while (*position < to) {
    var operator = t->operators[*position];
    var word = t->words[*position];
    *position = *position + 1;
    if (operator == WORD) {
      std::vector::add(&c->words, word);
    } else if (operator == PIPE) {
      if (*position == to || len c->words == 0) {
        os::complain("sh", "a command is missing beside |", "");
        return false;
      }
      var pair: byte[2];
      if (os::pipe(&pair[0]) != 0) {
        os::complain("sh", "no more pipes", "");
        return false;
      }
      if (c->output == 0) { c->output = pair[1]; } else { os::close(pair[1]); }
      *next_input = pair[0];
      return true;
    } else {
      if (*position == to || t->operators[*position] != WORD) {
        os::complain("sh", "a file name is missing", "");
        return false;
      }
      if (!redirect(c, operator, t->words[*position])) { return false; }
      *position = *position + 1;
    }
  }
  return true;
}

function redirect(c: * command, operator: byte, name: string): bool {
  var mode = operator == INTO ? os::WRITING : operator == ONTO ? os::APPENDING : os::READING;
  var handle = os::open(name, mode);
  if (handle == os::FAILED) {
    os::complain("sh", "cannot open", name);
    return false;
  }
  if (operator == FROM) {
    close_if_own(c->input);
    c->input = handle;
  } else {
    close_if_own(c->output);
    c->output = handle;
  }
  return true;
}

// Run a whole line.
function run(text: string): void {
  var at = 0;
  var wanted = true;       // whether && and || let the next pipeline run
  var last = THEN;         // what stood in front of it
  while (at < len text && !finished) {
    var t: tokens;
    var operator = scan(text, &at, &t);
    var count = len t.words;
    if (operator == os::FAILED) {
      last_status = 2;
      at = len text;
    } else if (count != 0) {
      if (wanted) { run_pipeline(&t, operator == BEHIND); }
      wanted = operator == AND ? last_status == 0 : operator == OR ? last_status != 0 : true;
    } else if (at < len text || operator != THEN || last == AND || last == OR) {
      last_status = os::complain("sh", "a command is missing", "") + 1;
      at = len text;
    }
    last = operator;
    forget(&t);
  }
}

// Say which background processes have ended, and let the kernel forget them.
function reap(): void {
  var rows: os::process_status[64];
  var own = os::own_pid();
  var count = os::list_processes(&rows[0].pid, 64);
  for (var i = 0; i < count && count != os::FAILED; i = i + 1) {
    if (rows[i].parent == own && rows[i].state == 4) {
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

function run_file(handle: byte): void {
  var lines = os::make_reader(handle);
  while (!finished) {
    var line = os::next_line(&lines);
    if (!line) { return; }
    run(line);
    delete line;
    reap();
  }
}

function run_terminal(): void {
  os::say("Quince. Try `help`.\n");
  while (!finished) {
    if (os::console_mode(os::RAW) == os::FAILED) {
      os::console_mode(os::TEXT);
      run_prompted();
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

// Without a serial line the console gives whole lines.
function run_prompted(): void {
  var lines = os::make_reader(2);
  while (!finished) {
    prompt();
    var line = os::next_line(&lines);
    if (!line) { return; }
    run(line);
    delete line;
  }
}

function main(text: string): byte {
  var words = os::arguments(text);
  if (len words >= 2 && std::str::equal(words[0], "-c")) {
    run(words[1]);
  } else if (len words != 0) {
    var handle = os::open(words[0], os::READING);
    if (handle == os::FAILED) { return os::complain("sh", "cannot open", words[0]); }
    run_file(handle);
  } else {
    run_terminal();
  }
  return last_status;
}
