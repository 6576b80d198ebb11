// parser.qll: from source text to a tree of commands.
//
//   line     = list (newline | end)
//   list     = chain { (";" | "&" | newline) chain }
//   chain    = pipeline { ("&&" | "||") pipeline }
//   pipeline = ["!"] ["time"] command { "|" command }
//   command  = simple | compound { redirection } | NAME "(" ")" compound
//   compound = "{" list "}" | "(" list ")" | "if" ... | "while" ... | "until" ... | "for" ... | "case" ...
//
// Words stay as they are written: they are expanded each time a command is run. A tree holds parts of
// the text that it was made from, and is forgotten as a whole.

namespace tree {
  // Kinds of nodes.
  .constant global CHAIN: byte = 1;     // `first`: pipelines, each with the operator behind it
  .constant global PIPELINE: byte = 2;  // `first`: commands
  .constant global SIMPLE: byte = 3;    // `words`
  .constant global GROUP: byte = 4;     // `first`: a list of chains, as in all that follow
  .constant global SHELL: byte = 5;     // ( )
  .constant global IF: byte = 6;        // `condition`, `first`, `second`: what follows `else`
  .constant global WHILE: byte = 7;     // `condition`, `first`
  .constant global UNTIL: byte = 8;
  .constant global FOR: byte = 9;       // `name`, `words`, `first`
  .constant global CASE: byte = 10;     // `name`: the word; `first`: a list of items
  .constant global ITEM: byte = 11;     // `words`: patterns; `first`
  .constant global FUNCTION: byte = 12; // `name`, `first`: its body, one command

  type written = struct { text: string; next: * written; };

  // Where a handle of a command leads: to a file, or (LIKE) to where another handle leads.
  type redirection = struct { operator: byte; handle: byte; target: string; next: * redirection; };

  type node = struct {
    kind: byte;
    line: byte;
    text: string;          // all of it, as it is written
    next: * node;          // in a list
    operator: byte;        // of what stands behind it
    is_negated: bool;
    is_timed: bool;
    name: string;
    words: * written;
    redirections: * redirection;
    condition: * node;
    first: * node;
    second: * node;
  };

  // Memory for one tree, in pieces.
  .constant global PIECE: byte = 480;
  type piece = struct { next: * piece; used: byte; words: byte[PIECE]; };

  global held: byte = 0;                // pieces of all trees
  global most: byte = 400;

  // A tree and its memory.
  type unit = struct { root: * node; pieces: * piece; };

  function forget(u: * unit): void {
    while (u->pieces != null) {
      var gone = u->pieces;
      u->pieces = gone->next;
      held = held - 1;
      delete gone;
    }
    delete u;
  }
}

namespace parser {
  using tree;
  using lexer;

  .constant global DEEPEST: byte = 50;   // commands within commands

  global made: * unit = null;            // what is being made
  global depth: byte = 0;

  // The first mistake, if there was one.
  global mistake: string = null;
  global mistake_line: byte = 0;
  global wants_more: bool = false;       // more text might mend it

  // --- pieces of trees ---------------------------------------------------------------------------

  function take(words: byte): * byte {
    var last = made->pieces;
    if (last == null || last->used + words > PIECE) {
      last = new piece;
      last->next = made->pieces;
      last->used = 0;
      made->pieces = last;
      tree::held = tree::held + 1;
      if (tree::held > tree::most) { wrong("the command is too long"); }
    }
    var at = &last->words[last->used];
    last->used = last->used + words;
    return at;
  }

  function make(kind: byte): * node {
    var n = <unsafe * node>take(sizeof node);
    *n = node { kind = kind, line = lexer::line };
    return n;
  }

  function wrong(what: string): void {
    if (!!mistake) { return; }
    mistake = texts::copy(what);
    mistake_line = lexer::line;
    wants_more = kind == END;
  }

  function is_good(): bool {
    return !mistake;
  }

  // --- lists -------------------------------------------------------------------------------------

  // The next line of a source, or more than one if it goes on: null at the end of the source, and
  // after a mistake.
  function line(s: * source): * unit {
    mistake = null;
    wants_more = false;
    depth = 0;
    made = new unit = unit { };
    start(*s);
    while (lexer::kind == NEWLINE) { advance(); }
    if (lexer::kind != END) {
      made->root = chains(true);
      if (is_good() && lexer::kind != NEWLINE && lexer::kind != END) { out_of_place(); }
    }
    if (!is_good() || made->root == null) {
      if (is_good()) { s->at = len s->text; }
      tree::forget(made);
      return null;
    }
    *s = lexer::from;
    return made;
  }

  function out_of_place(): void {
    var what = texts::copy("out of place: ");
    texts::append(&what, lexer::from.text[lexer::begin:lexer::from.at]);
    wrong(what);
    texts::drop(what);
  }

  // Chains up to what ends a list; `in_line` if a newline does.
  function chains(in_line: bool): * node {
    var first: * node = null;
    var link = &first;
    while (is_good()) {
      while (!in_line && lexer::kind == NEWLINE) { advance(); }
      if (ends_list()) { return first; }
      var n = chain();
      *link = n;
      link = &n->next;
      if (lexer::kind == THEN || lexer::kind == BEHIND) {
        n->operator = lexer::kind;
        advance();
      } else if (in_line || lexer::kind != NEWLINE) {
        return first;
      }
      if (in_line && lexer::kind == NEWLINE) { return first; }
    }
    return first;
  }

  global enders: string[] = ["then", "do", "done", "fi", "else", "elif", "esac", "}"];

  function ends_list(): bool {
    if (lexer::kind == END || lexer::kind == CLOSE || lexer::kind == NEXT_CASE) { return true; }
    for (var i = 0; i < len enders; i = i + 1) {
      if (is_word(enders[i])) { return true; }
    }
    return false;
  }

  // A list that has something in it.
  function body(): * node {
    var first = chains(false);
    if (first == null) { wrong("a command is missing"); }
    return first;
  }

  function chain(): * node {
    var n = make(CHAIN);
    var begin = lexer::begin;
    var link = &n->first;
    while (is_good()) {
      var each = pipeline();
      *link = each;
      link = &each->next;
      if (lexer::kind != AND && lexer::kind != OR) {
        n->text = lexer::from.text[begin:lexer::last_end];
        return n;
      }
      each->operator = lexer::kind;
      advance();
      while (lexer::kind == NEWLINE) { advance(); }
    }
    return n;
  }

  function pipeline(): * node {
    var n = make(PIPELINE);
    var begin = lexer::begin;
    var link = &n->first;
    while (is_word("!") || is_word("time")) {
      if (is_word("!")) { n->is_negated = !n->is_negated; } else { n->is_timed = true; }
      advance();
    }
    while (is_good()) {
      var each = command();
      *link = each;
      link = &each->next;
      if (lexer::kind != PIPE) {
        n->text = lexer::from.text[begin:lexer::last_end];
        return n;
      }
      if (is_empty(each)) { wrong("a command is missing beside |"); }
      advance();
      while (lexer::kind == NEWLINE) { advance(); }
      if (is_good() && lexer::kind == END) { wrong("a command is missing beside |"); }
    }
    return n;
  }

  function is_empty(n: * node): bool {
    return n->kind == SIMPLE && n->words == null && n->redirections == null;
  }

  // --- commands ----------------------------------------------------------------------------------

  function command(): * node {
    var begin = lexer::begin;
    depth = depth + 1;
    if (depth > DEEPEST) { wrong("commands are nested too deep"); }
    var n = make(SIMPLE);
    if (is_good()) { compound(n); }
    if (n->kind == SIMPLE) {
      simple(n);
    } else if (n->kind != FUNCTION) {
      redirections(n);
    }
    depth = depth - 1;
    n->text = lexer::from.text[begin:lexer::last_end];
    return n;
  }

  // A command that begins with a word of the language; it stays SIMPLE if it does not.
  function compound(n: * node): void {
    if (lexer::kind == OPEN) {
      n->kind = SHELL;
      advance();
      n->first = body();
      if (lexer::kind == CLOSE) { advance(); } else { wrong("')' is missing"); }
    } else if (is_word("{")) {
      n->kind = GROUP;
      advance();
      n->first = body();
      expect("}");
    } else if (is_word("if")) {
      branch(n);
    } else if (is_word("while") || is_word("until")) {
      n->kind = is_word("while") ? WHILE : UNTIL;
      advance();
      n->condition = body();
      loop_body(n);
    } else if (is_word("for")) {
      for_each(n);
    } else if (is_word("case")) {
      choice(n);
    }
  }

  function expect(text: string): void {
    if (is_word(text)) {
      advance();
      return;
    }
    if (lexer::kind != WORD && lexer::kind != END) {
      out_of_place();
      return;
    }
    var what = texts::copy("'");
    texts::append(&what, text);
    texts::append(&what, "' is missing");
    wrong(what);
    texts::drop(what);
  }

  // Behind `if` or `elif`.
  function branch(n: * node): void {
    n->kind = IF;
    advance();
    n->condition = body();
    expect("then");
    n->first = body();
    if (is_good() && is_word("elif")) {
      n->second = make(CHAIN);
      n->second->first = make(PIPELINE);
      n->second->first->first = make(IF);
      branch(n->second->first->first);
      return;
    }
    if (is_good() && is_word("else")) {
      advance();
      n->second = body();
    }
    expect("fi");
  }

  function loop_body(n: * node): void {
    expect("do");
    n->first = body();
    expect("done");
  }

  function name(n: * node): void {
    if (lexer::kind == WORD && variables::is_name(word())) {
      n->name = word();
      advance();
    } else {
      wrong("a variable's name is missing");
    }
  }

  function for_each(n: * node): void {
    n->kind = FOR;
    advance();
    name(n);
    while (lexer::kind == NEWLINE) { advance(); }
    var has_list = is_word("in");
    if (has_list) {
      advance();
      words(n);
    } else {
      append_word(n, &n->words, "\"$@\"");
    }
    if (lexer::kind == THEN) { advance(); }
    while (lexer::kind == NEWLINE) { advance(); }
    loop_body(n);
  }

  function append_word(n: * node, link: * * written, text: string): * * written {
    var w = <unsafe * written>take(sizeof written);
    *w = written { text = text };
    *link = w;
    return &w->next;
  }

  function words(n: * node): void {
    var link = &n->words;
    while (is_good() && lexer::kind == WORD) {
      check_word();
      link = append_word(n, link, word());
      advance();
    }
  }

  function check_word(): void {
    if (!is_open) { return; }
    wrong("a quote is not closed");
    wants_more = true;
  }

  function choice(n: * node): void {
    n->kind = CASE;
    advance();
    if (lexer::kind != WORD) { wrong("a word is missing"); }
    check_word();
    n->name = word();
    advance();
    while (lexer::kind == NEWLINE) { advance(); }
    expect("in");
    var link = &n->first;
    while (is_good()) {
      while (lexer::kind == NEWLINE) { advance(); }
      if (is_word("esac")) { break; }
      var each = item();
      *link = each;
      link = &each->next;
    }
    expect("esac");
  }

  function item(): * node {
    var n = make(ITEM);
    var link = &n->words;
    if (lexer::kind == OPEN) { advance(); }
    while (is_good()) {
      if (lexer::kind != WORD) { wrong("a pattern is missing"); }
      check_word();
      link = append_word(n, link, word());
      advance();
      if (lexer::kind != PIPE) { break; }
      advance();
    }
    if (is_good() && lexer::kind != CLOSE) { wrong("')' is missing"); }
    advance();
    n->first = chains(false);
    if (lexer::kind == NEXT_CASE) {
      advance();
    } else if (!is_word("esac")) {
      wrong("';;' is missing");
    }
    return n;
  }

  function simple(n: * node): void {
    var link = &n->words;
    while (is_good()) {
      if (lexer::is_redirection()) {
        redirections(n);
      } else if (lexer::kind == WORD) {
        check_word();
        link = append_word(n, link, word());
        advance();
      } else if (lexer::kind == OPEN) {
        definition(n);
        return;
      } else {
        if (is_empty(n)) {
          if (lexer::kind == PIPE) { wrong("a command is missing beside |"); }
          wrong("a command is missing");
        }
        return;
      }
    }
  }

  // Behind a word: "()" and what the function of that name does.
  function definition(n: * node): void {
    if (n->words == null || n->words->next != null || n->redirections != null
        || !variables::is_name(n->words->text)) {
      wrong("out of place: (");
      return;
    }
    n->kind = FUNCTION;
    n->name = n->words->text;
    advance();
    if (lexer::kind != CLOSE) { wrong("')' is missing"); }
    advance();
    while (lexer::kind == NEWLINE) { advance(); }
    n->first = command();
    if (n->first->kind == SIMPLE || n->first->kind == FUNCTION) {
      wrong("behind () comes what the function does, in { }");
    }
  }

  function redirections(n: * node): void {
    var link = &n->redirections;
    while (*link != null) { link = &(*link)->next; }
    while (is_good() && lexer::is_redirection()) {
      var r = <unsafe * redirection>take(sizeof redirection);
      *r = redirection { operator = lexer::kind, handle = lexer::handle };
      *link = r;
      link = &r->next;
      advance();
      if (lexer::kind != WORD) {
        if (r->operator == LIKE) { wrong("behind >& comes 1 or 2"); }
        wrong("a file name is missing");
        return;
      }
      check_word();
      r->target = word();
      if (r->operator == LIKE && !is_word("1") && !is_word("2")) { wrong("behind >& comes 1 or 2"); }
      advance();
    }
  }
}
