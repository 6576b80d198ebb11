// db [-s FILE] PROGRAM [WORD...] | db -p PID: the debugger. Starts a program and stops it at its first
// instruction, or takes up a process that was stopped, by ctrl-Z say; then it does what it is told: `help`
// lists that. -s names a file of symbols, as `as -s` writes it; PROGRAM.sym is taken if it is there, and
// the symbols of an ELF file.
//
// target.qll is the process, breaks.qll where it is to stop, symbols.qll what addresses are called, show.qll
// what is said, commands.qll what a person can type.

global program: string = null;        // its file; null if a process was taken up
global words: string = null;          // its arguments

// Where the program of a name is: in /bin, as for the shell, or here.
function find_program(name: string): string {
  var told: os::status;
  var in_bin = std::str::concat("/bin/", name);
  if (std::str::index_of(name, '/') != os::FAILED || os::stat(in_bin, &told.flags) != 0) { return name; }
  return in_bin;
}

// Start the program anew, at its first instruction. False after a complaint.
function start_program(): bool {
  if (!target::start(program, words)) {
    os::complain("db", "cannot start", program);
    return false;
  }
  return true;
}

// Read commands until one ends it.
function run_commands(): void {
  var lines = os::make_reader(os::INPUT);
  var last = std::vector::create<byte>(4);
  os::console_mode(os::TEXT);
  while (true) {
    output::say("db> ");
    output::flush();
    var line = os::next_line(&lines);
    if (!line) {
      output::say("\n");
      return;
    }
    if (len os::arguments(line) != 0) { last = line; }  // an empty line does the last one again
    if (!commands::carry_out(last)) { return; }
  }
}

function begin_program(names: string[], symbol_file: string): byte {
  program = find_program(names[0]);
  words = std::vector::create<byte>(64);
  for (var i = 1; i < len names; i = i + 1) {
    if (i != 1) { std::vector::add(&words, ' '); }
    os::append_quoted(&words, names[i]);
  }
  if (len words > os::ARGUMENTS) { return os::complain("db", "too many arguments", names[0]); }
  if (!symbols::load(program, symbol_file)) { return 1; }
  return start_program() ? 0 : 1;
}

function begin_process(word: string, symbol_file: string): byte {
  var pid = os::number_of(word);
  if (pid == os::FAILED || !target::attach(pid)) {
    return os::complain("db", "no stopped process beside or below this one", word);
  }
  return !symbol_file || symbols::load(null, symbol_file) ? 0 : 1;
}

function main(text: string): byte {
  var usage = "db [-s FILE] PROGRAM [WORD...] | db -p PID [-s FILE]";
  var all = os::arguments(text);
  var symbol_file: string = null;
  var process: string = null;
  var at = 0;
  // What stands behind the program is the program's.
  while (at < len all && len all[at] > 1 && all[at][0] == '-') {
    var option = all[at];
    at = at + 1;
    if (std::str::equal(option, "--help")) {
      os::say("usage: ");
      os::say_line(usage);
      return 0;
    }
    if (std::str::equal(option, "--")) { break; }
    var is_symbols = std::str::equal(option, "-s");
    if (!is_symbols && !std::str::equal(option, "-p")) {
      os::complain("db", "there is no option", option);
      return os::misused(usage);
    }
    if (at == len all) { return os::misused(usage); }
    if (is_symbols) { symbol_file = all[at]; } else { process = all[at]; }
    at = at + 1;
  }
  if ((at == len all) == !process) { return os::misused(usage); }
  var status = !process ? begin_program(all[at:len all], symbol_file)
                        : begin_process(process, symbol_file);
  if (status != 0) { return status; }
  show::stop();
  run_commands();
  target::leave();
  return output::close() ? 0 : 1;
}
