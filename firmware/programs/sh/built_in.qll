// built_in.qll: the shell's own commands.

namespace built_in {
  // `run` gets the words behind the name: at least and at most so many. None of them is an option,
  // unless the command `takes_all`.
  type own = struct {
    name: string; usage: string; least: byte; most: byte; takes_all: bool; run: (string[]) => byte;
  };

  .constant global MANY: byte = 100000;
  .constant global FIRST_SHELL: byte = 1;    // pid of the one that the kernel starts

  global all: own[] = [
    own { name = "cd", usage = "cd [DIR]", most = 1, run = change_directory },
    own { name = "pwd", usage = "pwd", run = print_directory },
    own { name = "exit", usage = "exit [STATUS]", most = 1, run = leave },
    own { name = "halt", usage = "halt [STATUS]", most = 1, run = halt },
    own { name = "reboot", usage = "reboot", run = reboot },
    own { name = "help", usage = "help", run = help },
    own { name = "kill", usage = "kill PID|%JOB...", least = 1, most = MANY, run = jobs::kill },
    own { name = "wait", usage = "wait [PID|%JOB]", most = 1, run = jobs::wait_for },
    own { name = "jobs", usage = "jobs", run = jobs::list },
    own { name = "fg", usage = "fg [%JOB]", most = 1, run = jobs::to_front },
    own { name = "bg", usage = "bg [%JOB]", most = 1, run = jobs::to_background },
    own { name = "stop", usage = "stop PID|%JOB...", least = 1, most = MANY, run = jobs::stop },
    own { name = "sync", usage = "sync", run = sync },
    own { name = "history", usage = "history", run = tell_history },
    own { name = "read", usage = "read NAME...", least = 1, most = MANY, run = read },
    own { name = "set", usage = "set [-- WORD...]", most = MANY, takes_all = true, run = set },
    own { name = "unset", usage = "unset NAME...", least = 1, most = MANY, run = unset },
    own { name = "shift", usage = "shift [COUNT]", most = 1, run = shift },
    own { name = "break", usage = "break [LOOPS]", most = 1, run = break_loop },
    own { name = "continue", usage = "continue [LOOPS]", most = 1, run = continue_loop },
    own { name = "return", usage = "return [STATUS]", most = 1, run = return_early },
    own { name = ".", usage = ". FILE", least = 1, most = 1, run = take_in },
    own { name = "test", usage = "test EXPRESSION", most = MANY, takes_all = true, run = condition::test },
    own { name = "[", usage = "[ EXPRESSION ]", most = MANY, takes_all = true,
          run = condition::bracket },
    own { name = "true", usage = "true", run = yes },
    own { name = "false", usage = "false", run = no },
    own { name = ":", usage = ": [WORD...]", most = MANY, takes_all = true, run = yes }
  ];

  // One of them, or null.
  function find(name: string): * own {
    for (var i = 0; i < len all; i = i + 1) {
      if (std::str::equal(all[i].name, name)) { return &all[i]; }
    }
    return null;
  }

  // Carry one out, with the output and errors that are those of commands now: its status.
  function carry_out(which: * own, words: string[]): byte {
    os::out = run::now.output;
    os::errors = run::now.errors;
    var status = check_and_run(which, words);
    os::out = os::OUTPUT;
    os::errors = os::ERROR_OUTPUT;
    return status;
  }

  function check_and_run(which: * own, words: string[]): byte {
    var from = 1;
    if (len words == 2 && std::str::equal(words[1], "--help")) {
      os::say("usage: ");
      os::say_line(which->usage);
      return 0;
    }
    if (len words > 1 && len words[1] > 1 && words[1][0] == '-' && !which->takes_all) {
      if (!std::str::equal(words[1], "--")) {
        os::complain(which->name, "there is no option", words[1]);
        return os::misused(which->usage);
      }
      from = 2;
    }
    var count = len words - from;
    if (count < which->least || count > which->most) { return os::misused(which->usage); }
    var run_it = which->run;
    return run_it(words[from:len words]);
  }

  function yes(names: string[]): byte { return 0; }
  function no(names: string[]): byte { return 1; }

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

  function sync(names: string[]): byte {
    return os::sync() == 0 ? 0 : 1;
  }

  // --- numbers as arguments ----------------------------------------------------------------------

  // The number that a command was given, or what it is without one; FAILED after a complaint.
  function number(command: string, names: string[], otherwise: byte): byte {
    if (len names == 0) { return otherwise; }
    var found = os::number_of(names[0]);
    if (found == os::FAILED) { os::complain(command, "not a number", names[0]); }
    return found;
  }

  // A person's shell stays when the status is none.
  function leave(names: string[]): byte {
    var status = number("exit", names, last_status);
    if (status == os::FAILED) {
      if (!is_terminal) { run::flow = run::EXIT; }
      return os::MISUSED;
    }
    if (!jobs::may_leave("exit")) { return 1; }
    run::flow = run::EXIT;
    return status;
  }

  // The machine halts when its first shell ends; what runs under that ends with it.
  function halt(names: string[]): byte {
    if (os::own_pid() != FIRST_SHELL) {
      return os::complain("halt", "only the first shell halts the machine: leave this one by exit", "");
    }
    var status = number("halt", names, 0);
    if (status == os::FAILED) { return os::MISUSED; }
    if (!jobs::may_leave("halt")) { return 1; }
    run::flow = run::EXIT;
    return status;
  }

  // The machine starts again, with the same disk.
  function reboot(names: string[]): byte {
    if (!jobs::may_leave("reboot")) { return 1; }
    os::restart();
    return os::complain("reboot", "only the first shell starts the machine again", "");
  }

  function return_early(names: string[]): byte {
    var status = number("return", names, last_status);
    if (status == os::FAILED) { return os::MISUSED; }
    if (run::calls == 0) { return os::complain("return", "no function or script runs", ""); }
    run::flow = run::RETURN;
    return status;
  }

  function leave_loops(command: string, names: string[], flow: byte): byte {
    var count = number(command, names, 1);
    if (count == os::FAILED || count == 0) { return os::MISUSED; }
    if (run::loops == 0) { return os::complain(command, "no loop runs", ""); }
    run::flow = flow;
    run::levels = std::math::min(count, run::loops);
    return 0;
  }

  function break_loop(names: string[]): byte { return leave_loops("break", names, run::BREAK); }
  function continue_loop(names: string[]): byte {
    return leave_loops("continue", names, run::CONTINUE);
  }

  function shift(names: string[]): byte {
    var count = number("shift", names, 1);
    if (count == os::FAILED) { return os::MISUSED; }
    if (count > len variables::arguments) {
      return os::complain("shift", "there are not so many arguments", "");
    }
    for (var i = 0; i < count; i = i + 1) {
      texts::drop(variables::arguments[0]);
      std::vector::remove(&variables::arguments, 0);
    }
    return 0;
  }

  // --- variables ---------------------------------------------------------------------------------

  // Without words, tell all variables; else the arguments are these.
  function set(names: string[]): byte {
    if (len names != 0 && std::str::equal(names[0], "--")) {
      variables::set_arguments(run::copies(names[1:len names]));
      return 0;
    }
    if (len names != 0) { return os::misused("set [-- WORD...]"); }
    for (var i = 0; i < len variables::all; i = i + 1) {
      var line = texts::copy(variables::all[i].name);
      texts::add(&line, '=');
      run::append_quoted(&line, variables::all[i].value);
      os::say_line(line);
      texts::drop(line);
    }
    return 0;
  }

  function unset(names: string[]): byte {
    for (var i = 0; i < len names; i = i + 1) { variables::unset(names[i]); }
    return 0;
  }

  // A line of the input, a word to each name, and what is left to the last one.
  function read(names: string[]): byte {
    for (var i = 0; i < len names; i = i + 1) {
      if (!variables::is_name(names[i])) {
        return os::complain("read", "no name of a variable", names[i]);
      }
    }
    var line = texts::make();
    var is_there = input_line(&line);
    var at = 0;
    for (var i = 0; i < len names; i = i + 1) {
      while (at < len line && os::is_blank(line[at])) { at = at + 1; }
      var end = at;
      if (i + 1 == len names) {
        end = len line;
        while (end > at && os::is_blank(line[end - 1])) { end = end - 1; }
      } else {
        while (end < len line && !os::is_blank(line[end])) { end = end + 1; }
      }
      if (!assign(names[i], line[at:end])) { is_there = false; }
      at = end;
    }
    texts::drop(line);
    return is_there ? 0 : 1;
  }

  // Octet by octet, for what follows the line is for others to read. False at the end.
  function input_line(line: * string): bool {
    if (is_terminal && run::now.input == os::INPUT) { return typed_line(line); }
    var one: byte[1];
    os::console_mode(os::TEXT);
    while (os::read(run::now.input, one) == 1) {
      if (one[0] == '\n') { return true; }
      if (one[0] != 0) { texts::add(line, one[0]); }
    }
    return len *line != 0;
  }

  function no_prompt(): void { }

  function typed_line(line: * string): bool {
    if (os::console_mode(os::RAW) == os::FAILED) { os::console_mode(os::TEXT); }
    edit::first = 0;
    edit::draw_prompt = no_prompt;
    if (!edit::read_line(false)) { return false; }
    if (edit::is_abandoned) {
      run::interrupt();
      return false;
    }
    texts::append(line, edit::line[:edit::length]);
    return true;
  }

  function tell_history(names: string[]): byte {
    for (var i = history::first(); i < history::count; i = i + 1) {
      os::say_column(i + 1, 5);
      os::say("  ");
      os::say_line(history::lines[i % history::MOST]);
    }
    return 0;
  }

  // --- other sources -----------------------------------------------------------------------------

  // Carry out a file in this shell.
  function take_in(names: string[]): byte {
    var text = texts::make();
    if (!read_file(names[0], &text)) {
      texts::drop(text);
      return 1;
    }
    if (run::depth > run::DEEPEST) {
      texts::drop(text);
      return os::complain(".", "files are nested too deep", names[0]);
    }
    var kept_out = os::out;
    var kept_errors = os::errors;
    var kept_script = variables::script;
    var kept_is_script = is_script;
    var kept_loops = run::loops;
    variables::script = names[0];
    is_script = true;
    run::loops = 0;
    run::calls = run::calls + 1;
    run::depth = run::depth + 1;
    var from = source { text = text, at = 0, line = 1 };
    last_status = 0;
    run_source(&from);
    run::depth = run::depth - 1;
    run::calls = run::calls - 1;
    run::loops = kept_loops;
    if (run::flow == run::RETURN) { run::flow = run::ON; }
    variables::script = kept_script;
    is_script = kept_is_script;
    os::out = kept_out;
    os::errors = kept_errors;
    texts::drop(text);
    return last_status;
  }

  function help(names: string[]): byte {
    for (var i = 0; i < len all; i = i + 1) {
      if (i != 0) { os::say(i % 6 == 0 ? ",\n" : ", "); }
      os::say(all[i].usage);
    }
    os::say("\nCOMMAND [WORD...] [< FILE] [> FILE | >> FILE] [2> FILE | 2>&1] [| COMMAND...] [&]\n");
    os::say("COMMAND ; COMMAND    COMMAND && COMMAND    COMMAND || COMMAND    ! COMMAND\n");
    os::say("if LIST; then LIST; [elif LIST; then LIST;] [else LIST;] fi\n");
    os::say("while LIST; do LIST; done    for NAME in WORD...; do LIST; done\n");
    os::say("case WORD in PATTERN) LIST;; esac    NAME() { LIST; }    ( LIST )    NAME=WORD\n");
    os::say("$NAME ${NAME} $1 $@ $# $? $(LIST) $((1 + 2))    * ? [a-z]    'as it is' \"with $\" \\\n");
    os::say("Programs are in /bin: try `ls --help`, `man ls`, `man` for the manual, `man sh` for this.\n");
    os::say("Ctrl-C ends a program, ctrl-Z stops it until `fg` or `bg`, ctrl-D ends a file or the shell.\n");
    return 0;
  }
}
