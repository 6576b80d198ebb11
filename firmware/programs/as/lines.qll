// lines.qll: what each line must look like, what it assembles to, and what is wrong otherwise.
//
// Owns:        `code` and `data`, words; `labels` and `constants`; `references`, the words that are to
//              hold the address of a label.
// Invariants:  a label's value is its word of the code, or of the data if `is_good`.

namespace lines {
  global directives: (string)[5] = ["data", "define", "end", "repeat", "word"];

  .constant global NONE: byte = 0xFFFFFFFF;
  .constant global ROUNDS: byte = 0x10000;   // of a repeat, at most
  .constant global HINTS: byte = 20;         // unknown names for which a like one is looked for

  // A word that is to hold a label's address.
  type reference = struct {
    token: * byte; span: byte; is_data: bool; word: byte; file: byte; line: byte;
  };
  .constant global REFERENCE_WIDTH: byte = 6;

  global code: memory::list = memory::list { };
  global data: memory::list = memory::list { };
  global references: memory::list = memory::list { };
  global labels: table::table = table::table { };
  global constants: table::table = table::table { };
  global by_name: table::table = table::table { };  // instructions

  global file: byte = 0;
  global line: byte = 0;
  global unknown: byte = 0;                  // constants of this file that are not defined
  global counter: string = null;             // of the repeat, null outside
  global counter_value: byte = 0;
  global is_repeated: bool = false;

  function begin(): void {
    labels = table::make();
    constants = table::make();
    by_name = table::make();
    tokens::all = std::vector::create<tokens::token>(8);
    for (var i = 0; i < len instructions; i = i + 1) {
      table::add(&by_name, instructions[i].name)->value = i;
    }
  }

  // --- mistakes ----------------------------------------------------------------------------------

  // Begin a message about a token: "what 'text'more".
  function quote(t: tokens::token): void {
    var shown = t.text;
    source::say("'");
    if (len shown > 40 && characters(shown) > 40) {
      var at = 0;
      for (var i = 0; i < 37; i = i + 1) { std::utf8::decode(shown, &at); }
      source::say(shown[:at]);
      source::say("...");
    } else {
      source::say(shown);
    }
    source::say("'");
  }

  function characters(text: string): byte {
    var count = 0;
    for (var i = 0; i < len text; i = i + 1) {
      if (!std::utf8::continues(text[i])) { count = count + 1; }
    }
    return count;
  }

  // The message that was said is about this token. Always false, as all that tell a mistake.
  function wrong(t: tokens::token): bool {
    source::end_message(file, line, t.at, characters(memory::part(t.at, t.span)));
    return false;
  }

  // Something is missing behind a token.
  function wrong_behind(t: tokens::token): bool {
    source::end_message(file, line, &t.at[unsafe t.span], 1);
    return false;
  }

  function begin_wrong(words: string): void {
    source::begin_message();
    source::say(words);
  }

  function say_wrong(words: string, t: tokens::token): bool {
    begin_wrong(words);
    return wrong(t);
  }

  function say_missing(what: string, why: string): bool {
    begin_wrong("expected ");
    source::say(what);
    source::say(why);
    return wrong_behind(tokens::all[len tokens::all - 1]);
  }

  // "before 'text'behind"
  function say_quoted(before: string, t: tokens::token, behind: string): bool {
    begin_wrong(before);
    quote(t);
    source::say(behind);
    return wrong(t);
  }

  function is(t: tokens::token, text: string): bool {
    return std::str::equal(t.text, text);
  }

  // A token that can stand nowhere, or not here.
  function unexpected(t: tokens::token, why: string): bool {
    if (t.kind == tokens::OTHER && t.text[0] == '\'') {
      return say_wrong("the string has no closing quote", t);
    }
    begin_wrong("unexpected ");
    quote(t);
    source::say("; ");
    if (is(t, "@")) { source::say("a name or a backquoted text must follow '@' directly"); }
    else {
      var note = habits::note(habits::characters, t.text);
      source::say(!!note ? note : why);
    }
    return wrong(t);
  }

  // Whether a line has no more tokens than that. Wrong is the first one that can stand nowhere.
  function is_end(count: byte, why: string): bool {
    if (len tokens::all <= count) { return true; }
    for (var i = 0; i < len tokens::all; i = i + 1) {
      var is_foreign = habits::note(habits::characters, tokens::all[i].text);
      if (!!is_foreign) { return unexpected(tokens::all[i], why); }
    }
    return unexpected(tokens::all[count], why);
  }

  // --- a file ------------------------------------------------------------------------------------

  // Note the constants that a file defines, before any line is parsed: others may use them.
  function find_constants(index: byte): void {
    file = index;
    line = 0;
    var p = source::files[index].begin;
    while (p != source::files[index].end) {
      line = line + 1;
      var at = p;
      while (*at == ' ' || *at == '\t' || *at == '\r') { at = &at[unsafe 1]; }
      if (*at == 'd' && is_define(at)) {
        tokens::take_line(p);
        note_constant();
      }
      p = &tokens::line_end(at)[unsafe 1];
    }
  }

  function is_define(at: * byte): bool {
    var word = "define";
    for (var i = 0; i < len word; i = i + 1) {
      if (at[unsafe i] != word[i]) { return false; }
    }
    var c = at[unsafe len word];
    return c == ' ' || c == '\t' || c == '\r';
  }

  function note_constant(): void {
    if (len tokens::all < 2 || !is_name(tokens::all[1].text)) { return; }
    var name = tokens::all[1];
    if (table::find(&constants, name.text) != null) { return; }
    var e = table::add(&constants, name.text);
    e->file = file;
    e->line = line;
    e->token = name.at;
    e->is_good = len tokens::all == 3
                 && numbers::read_integer(tokens::all[2].text) == numbers::GOOD;
    if (e->is_good) { e->value = numbers::value; }
  }

  function parse_file(index: byte): void {
    file = index;
    line = 0;
    unknown = 0;
    var p = source::files[index].begin;
    while (p != source::files[index].end) {
      line = line + 1;
      p = &tokens::take_line(p)[unsafe 1];
      if (len tokens::all != 0) { p = parse(p); }
    }
  }

  // Parse the tokens of a line; where the next line to parse begins, which for a repeat is not `next`.
  function parse(next: * byte): * byte {
    var first = tokens::all[0];
    if (len tokens::all > 1 || first.kind != tokens::WORD) {
      for (var i = 0; i < len tokens::all; i = i + 1) {
        if (tokens::all[i].kind == tokens::COUNTER) {
          if (!put_counters()) { return fail(first, next); }
          i = len tokens::all;
        }
      }
    }
    if (is_repeated && !may_repeat(first)) { return fail(first, next); }
    if (first.kind == tokens::WORD) {
      var e = table::find(&by_name, first.text);
      if (e != null) {
        var which = &instructions[e->value];
        if (which->opcode != CONSTANT) {
          parse_instruction(which);
        } else {
          parse_constant();
        }
        return next;
      }
      if (is(first, "repeat")) { return parse_repeat(next); }
    }
    if (!parse_other(first)) { fail(first, next); }
    return next;
  }

  // What a line that is wrong meant to define counts as defined: its uses are not further mistakes.
  function fail(first: tokens::token, next: * byte): * byte {
    if (first.kind == tokens::REFERENCE) {
      define(first, false);
    } else if (is(first, "data") && len tokens::all > 1
               && tokens::all[1].kind == tokens::REFERENCE) {
      define(tokens::all[1], true);
    }
    return next;
  }

  function parse_other(first: tokens::token): bool {
    if (first.kind == tokens::REFERENCE) { return parse_label(); }
    if (is(first, "data")) { return parse_data(); }
    if (is(first, "word")) { return parse_words(); }
    if (is(first, "define")) { return parse_define(); }
    if (is(first, "end")) {
      return say_wrong("there is no 'repeat' that this 'end' could close", first);
    }
    return not_a_directive(first);
  }

  function not_a_directive(first: tokens::token): bool {
    if (first.kind == tokens::OTHER || first.kind == tokens::COLON || first.kind == tokens::STRING) {
      return unexpected(first, "a line begins with a label or an instruction");
    }
    begin_wrong("");
    quote(first);
    source::say(" is not an instruction");
    var small = std::str::from_string(first.text);
    std::str::to_lower(small);
    say_what_was_meant(first.text, small);
    delete small;
    return wrong(first);
  }

  // The hint on a word that is no directive, which in lower case is `small`.
  function say_what_was_meant(text: string, small: string): void {
    var foreign = habits::note(habits::words, small);
    var run = hints::run_together(text);
    if (len tokens::all > 1 && tokens::all[1].kind == tokens::COLON && tokens::begins_name(text[0])) {
      source::say("; a label is written '@");
      source::say(text);
      source::say(":'");
    } else if (is_keyword(small)) {
      source::say("; mnemonics are lower case: '");
      source::say(small);
      source::say("'");
    } else if (!!foreign) {
      source::say("; ");
      source::say(foreign);
    } else if (!!run) {
      source::say("; white space is missing behind '");
      source::say(run);
      source::say("'");
    } else {
      var like = hints::keyword_like(text);
      if (!!like) {
        source::say("; did you mean '");
        source::say(like);
        source::say("'?");
      }
    }
  }

  function is_keyword(text: string): bool {
    for (var i = 0; i < keyword_count(); i = i + 1) {
      if (std::str::equal(keyword(i), text)) { return true; }
    }
    return false;
  }

  // --- labels ------------------------------------------------------------------------------------

  // Define a label at the end of the code, or of the data.
  function define(t: tokens::token, is_data: bool): void {
    var name = tokens::label_of(t.text);
    var e = table::find(&labels, name);
    if (e != null) {
      begin_wrong("duplicate label '");
      source::say(name);
      source::say("'");
      wrong(t);
      source::say("first defined at ");
      source::say_place(e->file, e->line, e->token);
      source::end_note();
      return;
    }
    e = table::add(&labels, name);
    e->value = is_data ? data.count : code.count;
    e->is_good = is_data;
    e->file = file;
    e->line = line;
    e->token = t.at;
    e->span = t.span;
  }

  function refer(t: tokens::token, is_data: bool, word: byte): void {
    memory::reserve(&references, REFERENCE_WIDTH);
    var r = <unsafe * reference>&references.words[unsafe references.count];
    references.count = references.count + REFERENCE_WIDTH;
    *r = reference {
      token = t.at, span = t.span, is_data = is_data, word = word, file = file, line = line
    };
  }

  function parse_label(): bool {
    var first = tokens::all[0];
    if (len tokens::all == 1) {
      begin_wrong("expected ':' behind the label");
      return wrong_behind(first);
    }
    if (tokens::all[1].kind != tokens::COLON) {
      return say_wrong("expected ':' behind the label", tokens::all[1]);
    }
    if (!is_end(2, "a label stands alone on its line")) { return false; }
    define(first, false);
    return true;
  }

  // --- constants ---------------------------------------------------------------------------------

  // The register, or ip, that is written so; NONE for what is none.
  function source_of(text: string): byte {
    if (len text == 2) {
      if (text[0] == 'i' && text[1] == 'p') { return IP; }
      if (text[0] == 'r' && tokens::is_digit(text[1])) { return text[1] - '0'; }
    }
    if (len text == 3 && text[0] == 'r' && text[1] - '1' < 9 && tokens::is_digit(text[2])) {
      var number = (text[1] - '0') * 10 + text[2] - '0';
      if (number < REGISTERS) { return number; }
    }
    return NONE;
  }

  function is_float_name(text: string): bool {
    return std::str::equal(text, "Inf") || std::str::equal(text, "-Inf")
           || std::str::equal(text, "NaN");
  }

  function is_name(text: string): bool {
    return tokens::is_path(text) && source_of(text) == NONE && !is_float_name(text);
  }

  function parse_define(): bool {
    var takes = "; define takes a name and a number";
    var all = tokens::all;
    if (len all == 1) { return say_missing("a name", takes); }
    if (len all == 2) { return say_missing("a number", takes); }
    var name = all[1];
    var value = all[2];
    if (name.kind == tokens::OTHER) { return unexpected(name, "expected a name"); }
    if (name.kind == tokens::WORD && !is_name(name.text) && name.text[0] != '-') {
      begin_wrong("");
      quote(name);
      source::say(" is a ");
      if (source_of(name.text) != NONE) { source::say("register"); } else { source::say("float"); }
      source::say("; a constant needs another name");
      return wrong(name);
    }
    if (!is_name(name.text)) { return say_quoted("expected a name, not ", name, ""); }
    if (value.kind == tokens::WORD) { return say_quoted("expected a number, not ", value, ""); }
    var ignored: byte;
    if (!take_number(value, "", &ignored) || !is_end(3, takes[2:])) { return false; }
    var e = table::find(&constants, name.text);
    if (e != null && e->token != name.at) {
      begin_wrong("duplicate constant '");
      source::say(name.text);
      source::say("'");
      wrong(name);
      source::say("first defined at ");
      source::say_place(e->file, e->line, e->token);
      source::end_note();
    }
    return true;
  }

  // The value that a name stands for. 0, and `is_known` false, if its definition is wrong.
  global is_known: bool = true;

  function take_constant(t: tokens::token, value: * byte): bool {
    var e = table::find(&constants, t.text);
    if (e != null) {
      *value = e->value;
      is_known = e->is_good;
      return true;
    }
    unknown = unknown + 1;
    var like: string = null;
    if (unknown <= HINTS) { like = hints::in_table(&constants, t.text, 70); }
    begin_wrong("unknown constant ");
    quote(t);
    if (!!like) {
      source::say("; did you mean '");
      source::say(like);
      source::say("'?");
    } else {
      source::say("; a label is written '@");
      source::say(t.text);
      source::say("'");
    }
    return wrong(t);
  }
}

function keyword_count(): byte { return len lines::instructions + len lines::directives; }

function keyword(index: byte): string {
  var count = len lines::instructions;
  return index < count ? lines::instructions[index].name : lines::directives[index - count];
}
