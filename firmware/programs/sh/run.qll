// run.qll: carrying out a tree of commands.
//
// A command by itself that is the shell's own, a function or compound, runs in this process. What is part
// of a pipe, goes to the background, or says what `$(…)` is to be, runs in a process: a program, or
// another shell that is sent all that this one knows (`start_shell`).

// What a command gets as its handles 1 to 3.
type streams = struct { output: byte; input: byte; errors: byte; };

namespace run {
  using tree;

  .constant global DEEPEST: byte = 60;       // functions and lists that run within one another

  // Why what is left of a list is not run.
  .constant global ON: byte = 0;             // it is run
  .constant global BREAK: byte = 1;          // up to the end of `levels` loops
  .constant global CONTINUE: byte = 2;
  .constant global RETURN: byte = 3;         // up to the end of a function, or of a script
  .constant global STOP: byte = 4;           // all of it: ctrl-C, or a mistake
  .constant global EXIT: byte = 5;           // the shell ends

  global flow: byte = ON;
  global levels: byte = 0;
  global loops: byte = 0;                    // that run
  global calls: byte = 0;                    // functions and scripts that run
  global depth: byte = 0;
  global is_in_front: bool = true;           // not in the background
  global line: byte = 0;                     // of the command that runs
  global now: streams = streams { };         // of the commands that run in this process

  // --- lists -------------------------------------------------------------------------------------

  function chains(first: * node): void {
    for (var c = first; c != null && flow == ON; c = c->next) {
      if (c->operator == lexer::BEHIND) { behind(c); } else { pipelines(c->first); }
    }
  }

  function pipelines(first: * node): void {
    var wanted = true;
    for (var p = first; p != null && flow == ON; p = p->next) {
      if (wanted) { pipeline(p); }
      wanted = p->operator == lexer::AND ? last_status == 0
             : p->operator == lexer::OR ? last_status != 0 : true;
    }
  }

  function behind(c: * node): void {
    var pids = std::vector::create<byte>(4);
    var input = nothing();
    os::set_foreground(0, 0);
    is_in_front = false;
    if (input == os::FAILED) {
      last_status = complain("no more pipes", "");
    } else {
      if (c->first->next == null && !c->first->is_negated) {
        start_all(c->first->first, streams { output = now.output, input = input, errors = now.errors },
                  &pids);
      } else {
        var s = streams { output = now.output, input = input, errors = now.errors };
        start_shell(c->text, c->line, &s, &pids);
      }
      os::close(input);
      last_status = 0;
    }
    is_in_front = true;
    jobs::add(pids, c->text);
  }

  // An input that is at its end: a pipe into which nobody writes.
  function nothing(): byte {
    var pair: byte[2];
    if (os::pipe(&pair[0]) != 0) { return os::FAILED; }
    os::close(pair[1]);
    return pair[0];
  }

  function pipeline(p: * node): void {
    var since = timing::now(p->is_timed);
    if (is_interrupted()) { return; }
    jobs::title = p->text;
    if (p->first->next == null) {
      command(p->first);
    } else {
      var pids = std::vector::create<byte>(4);
      jobs::begin_front();
      var status = start_all(p->first, now, &pids);
      last_status = jobs::finish(pids, status);
    }
    if (p->is_negated) { last_status = last_status == 0 ? 1 : 0; }
    if (p->is_timed) { timing::tell(since); }
  }

  // Ctrl-C that was typed while nothing ran that it could end.
  function is_interrupted(): bool {
    if (!is_terminal || flow != ON || os::interrupted() != 1) { return flow != ON; }
    interrupt();
    return true;
  }

  // A word or a redirection was wrong; what ended the rest of the list as well has a status already.
  function fail(): void {
    if (flow == ON) { last_status = 1; }
  }

  function interrupt(): void {
    last_status = os::INTERRUPTED;
    flow = STOP;
  }

  // --- processes ---------------------------------------------------------------------------------

  // Start all commands of a pipeline. FAILED, if the last one is a process; else its status.
  function start_all(first: * node, s: streams, pids: * byte[]): byte {
    var status = os::FAILED;
    var input = s.input;
    for (var c = first; c != null; c = c->next) {
      var pair: byte[2] = [os::FAILED, s.output];
      if (c->next != null && os::pipe(&pair[0]) != 0) {
        if (input != s.input) { os::close(input); }
        return complain("no more pipes", "");
      }
      var own = streams { output = pair[1], input = input, errors = s.errors };
      status = start(c, &own, pids);
      if (input != s.input) { os::close(input); }
      if (c->next != null) { os::close(pair[1]); }
      input = pair[0];
    }
    return status;
  }

  // Start one command: FAILED, or its status if it is none that could be started.
  function start(c: * node, s: * streams, pids: * byte[]): byte {
    line = c->line;
    if (c->kind != SIMPLE || (c->words != null && is_own(c->words->text))) {
      return start_shell(c->text, c->line, s, pids);
    }
    var kept = now;
    var opened = std::vector::create<byte>(4);
    now = *s;
    var words = expand::words(c->words);
    var status = 0;
    if (!words || !redirect(c, &now, &opened)) {
      status = 1;
    } else if (len words != 0 && is_own(words[0])) {
      status = start_own(words, c->line, &now, pids);
    } else if (len words != 0) {
      status = start_program(words, &now, pids);
    }
    close_all(opened);
    texts::drop_all(words);
    now = kept;
    return status;
  }

  function is_own(name: string): bool {
    return built_in::find(name) != null || variables::find_function(name) != os::FAILED;
  }

  // A command of the shell's own whose words are known.
  function start_own(words: string[], from: byte, s: * streams, pids: * byte[]): byte {
    var text = texts::make();
    for (var i = 0; i < len words; i = i + 1) {
      if (i != 0) { texts::add(&text, ' '); }
      append_quoted(&text, words[i]);
    }
    var status = start_shell(text, from, s, pids);
    texts::drop(text);
    return status;
  }

  // A word as it can be written: in '…', with \' for what cannot stand there.
  function append_quoted(text: * string, word: string): void {
    texts::add(text, '\'');
    for (var i = 0; i < len word; i = i + 1) {
      if (word[i] == '\'') { texts::append(text, "'\\'"); }
      texts::add(text, word[i]);
    }
    texts::add(text, '\'');
  }

  // What commands say, added to a text. False after a complaint, or ctrl-C.
  function capture(commands: string, output: * string): bool {
    var pair: byte[2];
    var pids = std::vector::create<byte>(4);
    if (os::pipe(&pair[0]) != 0) {
      delete pids;
      complain("no more pipes", "");
      return false;
    }
    var s = streams { output = pair[1], input = now.input, errors = now.errors };
    jobs::begin_front();
    var status = start_text(commands, &s, &pids);
    os::close(pair[1]);
    jobs::hear(pids);
    var block: byte[256];
    while (true) {
      var count = os::read(pair[0], block);
      if (count == 0 || count == os::FAILED) { break; }
      for (var i = 0; i < count; i = i + 1) {
        if (block[i] != 0) { texts::add(output, block[i]); }
      }
    }
    os::close(pair[0]);
    last_status = jobs::finish(pids, status);
    return flow == ON;
  }

  // Start what is written: as it is, if it is one pipeline, else in a shell.
  function start_text(commands: string, s: * streams, pids: * byte[]): byte {
    var from = source { text = commands, at = 0, line = line };
    var unit = parser::line(&from);
    if (unit == null) {
      if (parser::is_good()) { return 0; }
      return tell_mistake();
    }
    var c = unit->root;
    var status = 0;
    var is_all = from.at == len commands;
    if (is_all && c->next == null && c->operator == 0 && c->first->next == null && !c->first->is_negated
        && !c->first->is_timed) {
      status = start_all(c->first->first, *s, pids);
    } else {
      status = start_shell(commands, line, s, pids);
    }
    forget(unit);
    return status;
  }

  // --- commands in this process ------------------------------------------------------------------

  function command(c: * node): void {
    line = c->line;
    if (depth > DEEPEST) {
      last_status = complain("functions are nested too deep", "");
      flow = STOP;
      return;
    }
    var kept = now;
    var opened = std::vector::create<byte>(4);
    depth = depth + 1;
    if (c->kind == SIMPLE) {
      simple(c, &opened);
    } else if (redirect(c, &now, &opened)) {
      compound(c);
    } else {
      fail();
    }
    depth = depth - 1;
    close_all(opened);
    now = kept;
  }

  function compound(c: * node): void {
    if (c->kind == GROUP) {
      chains(c->first);
    } else if (c->kind == SHELL) {
      in_shell(c);
    } else if (c->kind == IF) {
      branch(c);
    } else if (c->kind == WHILE || c->kind == UNTIL) {
      while_loop(c);
    } else if (c->kind == FOR) {
      for_loop(c);
    } else if (c->kind == CASE) {
      choose(c);
    } else if (c->kind == FUNCTION) {
      last_status = 0;
      if (!variables::define(c->name, c->first->text, c->first->line)) {
        last_status = complain("too many functions", c->name);
      }
    }
  }

  function in_shell(c: * node): void {
    var pids = std::vector::create<byte>(4);
    jobs::begin_front();
    // The brackets themselves are not sent, or it would send them on.
    var status = start_shell(c->text[1:end_of_brackets(c->text)], c->line, &now, &pids);
    last_status = jobs::finish(pids, status);
  }

  function end_of_brackets(text: string): byte {
    var at = 0;
    return quotes::skip_brackets(text, &at, '(', ')') ? at - 1 : len text;
  }

  function branch(c: * node): void {
    chains(c->condition);
    if (flow != ON) { return; }
    if (last_status == 0) {
      chains(c->first);
    } else {
      last_status = 0;
      chains(c->second);
    }
  }

  // Behind the body of a loop: whether another round follows.
  function goes_on(): bool {
    if (flow == BREAK || flow == CONTINUE) {
      var is_more = flow == CONTINUE && levels == 1;
      levels = levels - 1;
      if (levels == 0) { flow = ON; }
      return is_more;
    }
    return flow == ON;
  }

  function while_loop(c: * node): void {
    var status = 0;
    loops = loops + 1;
    while (flow == ON) {
      chains(c->condition);
      if (flow == ON && (last_status == 0) != (c->kind == WHILE)) { break; }
      if (flow == ON) {
        chains(c->first);
        status = last_status;
      }
      if (!goes_on()) { break; }
    }
    loops = loops - 1;
    if (flow == ON) { last_status = status; }
  }

  function for_loop(c: * node): void {
    var words = expand::words(c->words);
    if (!words) {
      fail();
      return;
    }
    last_status = 0;
    loops = loops + 1;
    for (var i = 0; i < len words; i = i + 1) {
      if (!assign(c->name, words[i])) { break; }
      chains(c->first);
      if (!goes_on()) { break; }
    }
    loops = loops - 1;
    texts::drop_all(words);
  }

  function choose(c: * node): void {
    var word = expand::single(c->name);
    if (!!word) { last_status = 0; } else { fail(); }
    var is_over = !word;
    for (var item = c->first; item != null && !is_over; item = item->next) {
      for (var w = item->words; w != null && !is_over; w = w->next) {
        var pattern = expand::pattern(w->text);
        if (!pattern) {
          fail();
          is_over = true;
        } else if (patterns::matches(pattern, word)) {
          chains(item->first);
          is_over = true;
        }
        texts::drop(pattern);
      }
    }
    texts::drop(word);
  }

  function simple(c: * node, opened: * byte[]): void {
    var first = c->words;
    while (first != null && is_assignment(first->text)) { first = first->next; }
    if (first != null && first != c->words) {
      last_status = complain("put ';' behind an assignment: a program has no variables",
                             c->words->text);
      return;
    }
    if (c->words != null && first == null) {
      assign_all(c->words);
      return;
    }
    var words = expand::words(c->words);
    if (!words || !redirect(c, &now, opened)) {
      fail();
    } else if (len words == 0) {
      if (c->words == null) { last_status = 0; }  // of "$(…)" it is what was said
    } else {
      carry_out(words);
    }
    texts::drop_all(words);
  }

  function carry_out(words: string[]): void {
    var function_at = variables::find_function(words[0]);
    var own = built_in::find(words[0]);
    if (function_at != os::FAILED) {
      call(function_at, words);
    } else if (own != null) {
      var status = built_in::carry_out(own, words);
      if (flow != STOP) { last_status = status; }
    } else {
      var pids = std::vector::create<byte>(1);
      jobs::begin_front();
      var status = start_program(words, &now, &pids);
      last_status = jobs::finish(pids, status);
    }
  }

  // A function, with arguments of its own. It may define itself anew: what runs is a copy.
  function call(at: byte, words: string[]): void {
    var f = &variables::functions[at];
    var text = texts::copy(f->text);
    var from = source { text = text, at = 0, line = f->line };
    var unit = parser::line(&from);
    var kept = variables::arguments;
    var kept_loops = loops;
    variables::arguments = copies(words[1:len words]);
    loops = 0;
    calls = calls + 1;
    if (unit != null) {
      chains(unit->root);
      forget(unit);
    }
    calls = calls - 1;
    if (flow == RETURN) { flow = ON; }
    loops = kept_loops;
    texts::drop_all(variables::arguments);
    variables::arguments = kept;
    texts::drop(text);
  }

  function copies(list: string[]): string[] {
    var made = std::vector::create<string>(len list + 1);
    for (var i = 0; i < len list; i = i + 1) { std::vector::add(&made, texts::copy(list[i])); }
    return made;
  }

  // --- assignments and redirections --------------------------------------------------------------

  function is_assignment(text: string): bool {
    var length = variables::name_length(text);
    return length != 0 && length < len text && text[length] == '=' && variables::is_name(text[:length]);
  }

  // The status is that of the last $(…) in it.
  function assign_all(first: * written): void {
    last_status = 0;
    for (var w = first; w != null; w = w->next) {
      var length = variables::name_length(w->text);
      var value = expand::single(w->text[length + 1:len w->text]);
      if (!value || !assign(w->text[:length], value)) { fail(); }
      texts::drop(value);
    }
  }

  // Open what redirections name, in their order; false after a complaint.
  function redirect(c: * node, s: * streams, opened: * byte[]): bool {
    for (var r = c->redirections; r != null; r = r->next) {
      var handle = r->target[0] == '1' ? s->output : s->errors;
      if (r->operator != lexer::LIKE) {
        handle = open(r);
        if (handle == os::FAILED) { return false; }
        std::vector::add(opened, handle);
      }
      if (r->handle == os::OUTPUT) { s->output = handle; }
      if (r->handle == os::INPUT) { s->input = handle; }
      if (r->handle == os::ERROR_OUTPUT) { s->errors = handle; }
    }
    return true;
  }

  function open(r: * redirection): byte {
    var name = expand::single(r->target);
    if (!name) { return os::FAILED; }
    var mode = r->operator == lexer::INTO ? os::WRITING
             : r->operator == lexer::ONTO ? os::APPENDING : os::READING;
    var handle = os::open(name, mode);
    if (handle == os::FAILED) { complain("cannot open", name); }
    texts::drop(name);
    return handle;
  }

  function close_all(opened: byte[]): void {
    for (var i = 0; i < len opened; i = i + 1) { os::close(opened[i]); }
    delete opened;
  }
}
