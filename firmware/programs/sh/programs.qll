// programs.qll: starting processes: programs, scripts, and other shells.

.constant global STATE_HANDLE: byte = os::FIRST_HANDLE;  // where a shell is sent what it is to know

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

// Start a program, whose process goes on `pids`: FAILED, or a status after a complaint.
function start_program(words: string[], s: * streams, pids: * byte[]): byte {
  var program = program_of(words[0]);
  var told: os::status;
  var status = os::NO_PROGRAM;
  if (len words[0] == 0 || os::stat(program, &told.flags) != 0) {
    complain("no such program", words[0]);
  } else if ((told.flags & os::DIRECTORY) != 0) {
    complain("is a directory", words[0]);
  } else {
    status = start_file(program, words, s, pids);
  }
  delete program;
  return status;
}

function start_file(program: string, words: string[], s: * streams, pids: * byte[]): byte {
  var text = std::vector::create<byte>(64);
  var is_script = is_text(program);
  if (is_script) {
    add_argument(&text, "--");
    add_argument(&text, program);
  }
  for (var i = 1; i < len words; i = i + 1) { add_argument(&text, words[i]); }
  var map: byte[9] = [3, os::OUTPUT, s->output, os::INPUT, s->input, os::ERROR_OUTPUT, s->errors,
                      os::TERMINAL, os::INPUT];
  if (is_terminal && run::is_in_front && s->input != os::INPUT) { map[0] = 4; }
  var shell: string = "/bin/sh";
  var status = spawn(is_script ? shell : program, text, &map[0], words[0], pids);
  delete text;
  return status;
}

// What is too long already need not grow.
function add_argument(text: * string, word: string): void {
  if (len *text > os::ARGUMENTS) { return; }
  if (len *text != 0) { std::vector::add(text, ' '); }
  os::append_quoted(text, word);
}

function spawn(program: string, text: string, map: * byte, name: string, pids: * byte[]): byte {
  var pid = os::FAILED;
  if (len text > os::ARGUMENTS) {
    complain("too many arguments", name);
  } else {
    pid = os::spawn(program, text, map);
    if (pid == os::FAILED) { complain("cannot start", name); }
  }
  if (pid == os::FAILED) { return os::NO_PROGRAM; }
  std::vector::add(pids, pid);
  return os::FAILED;
}

// --- other shells -----------------------------------------------------------------------------------

// Start a shell that knows what this one knows, and carries out some commands. It is sent all of that
// through a pipe: texts, each with a 0 behind it.
function start_shell(commands: string, line: byte, s: * streams, pids: * byte[]): byte {
  var pair: byte[2];
  if (os::pipe(&pair[0]) != 0) { return complain("no more pipes", ""); }
  var map: byte[9] = [4, os::OUTPUT, s->output, os::INPUT, s->input, os::ERROR_OUTPUT, s->errors,
                      STATE_HANDLE, pair[0]];
  var status = spawn("/bin/sh", "-s", &map[0], "sh", pids);
  os::close(pair[0]);
  if (status == os::FAILED) {
    var state = state_for(commands, line);
    if (!texts::is_full) { os::write(pair[1], state); }
    texts::drop(state);
  }
  os::close(pair[1]);
  return status;
}

function state_for(commands: string, line: byte): string {
  var state = texts::make();
  send(&state, variables::script);
  send(&state, is_script ? "1" : "0");
  send_number(&state, line);
  send_number(&state, last_status);
  send_number(&state, variables::shell);
  send_number(&state, len variables::arguments);
  for (var i = 0; i < len variables::arguments; i = i + 1) { send(&state, variables::arguments[i]); }
  send_number(&state, len variables::all);
  for (var i = 0; i < len variables::all; i = i + 1) {
    send(&state, variables::all[i].name);
    send(&state, variables::all[i].value);
  }
  send_number(&state, len variables::functions);
  for (var i = 0; i < len variables::functions; i = i + 1) {
    send(&state, variables::functions[i].name);
    send(&state, variables::functions[i].text);
    send_number(&state, variables::functions[i].line);
  }
  send_number(&state, len jobs::all);
  for (var i = 0; i < len jobs::all; i = i + 1) {
    send(&state, jobs::all[i].text);
    send(&state, jobs::all[i].is_stopped ? "1" : "0");
  }
  send(&state, commands);
  return state;
}

function send(state: * string, text: string): void {
  texts::append(state, text);
  texts::add(state, 0);
}

function send_number(state: * string, number: byte): void {
  texts::append_number(state, number);
  texts::add(state, 0);
}

// The next text of a state, at a position that moves behind it.
function received(state: string, at: * byte): string {
  var begin = *at;
  var end = begin;
  while (end < len state && state[end] != 0) { end = end + 1; }
  *at = std::math::min(end + 1, len state);
  return state[begin:end];
}

// Take up what another shell sent; what is to be carried out, or null after a complaint.
function take_state(state: string): source {
  var at = 0;
  variables::script = received(state, &at);
  is_script = std::str::equal(received(state, &at), "1");
  var line = os::number_of(received(state, &at));
  last_status = os::number_of(received(state, &at));
  variables::shell = os::number_of(received(state, &at));
  var count = os::number_of(received(state, &at));
  for (var i = 0; i < count; i = i + 1) {
    std::vector::add(&variables::arguments, texts::copy(received(state, &at)));
  }
  count = os::number_of(received(state, &at));
  for (var i = 0; i < count; i = i + 1) {
    var name = received(state, &at);
    variables::set(name, received(state, &at));
  }
  count = os::number_of(received(state, &at));
  for (var i = 0; i < count; i = i + 1) {
    var name = received(state, &at);
    var text = received(state, &at);
    variables::define(name, text, os::number_of(received(state, &at)));
  }
  count = os::number_of(received(state, &at));
  for (var i = 0; i < count; i = i + 1) {
    var text = received(state, &at);
    jobs::keep(std::vector::create<byte>(1), text, std::str::equal(received(state, &at), "1"));
  }
  return source { text = received(state, &at), at = 0, line = line };
}
