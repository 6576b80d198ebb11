// complaints.qll: saying what was expected where, and taking tokens that must be there.

namespace parser {
  function stop(): void {
    if (!lexer::stopped) { failed_at = lexer::at; }
    lexer::stopped = true;
    lexer::kind = lexer::END;
    if (trying == 0 && failed_at >= last_wrong) { last_wrong = failed_at + 1; }
  }

  // Whether a mistake here is one to tell of: it is not if one was at the same token, or behind it.
  function is_reporting(): bool { return !lexer::stopped && trying == 0 && lexer::at >= last_wrong; }

  function say_token(): void {
    if (lexer::kind == lexer::END) {
      report::say("the end of the file");
      return;
    }
    var text = memory::part(<unsafe * byte>lexer::at, lexer::end - lexer::at);
    if (lexer::kind >= lexer::KEYWORDS) { report::say("keyword "); }
    if (lexer::kind == lexer::STRING || lexer::kind == lexer::CHAR) {
      report::say_either(lexer::kind == lexer::STRING, "string ", "character ");
      if (len text > 20) {
        report::say(text[:16]);
        report::say("...");
      } else {
        report::say(text);
      }
      return;
    }
    report::say("'");
    report::say(text);
    report::say("'");
  }

  // The token that comes next is wrong; what was said since `report::begin` tells why. True if a note
  // may follow.
  function end_fail(says_found: bool): bool {
    var good = true;
    if (lexer::kind == lexer::ERROR) {
      source::words.count = source::message_at;
      explain(lexer::at);
      good = false;
    } else if (says_found) {
      report::say(", found ");
      say_token();
    }
    var is_end = lexer::kind == lexer::END;
    report::end(lexer::at, lexer::end);
    stop();
    if (is_end) { ends_within = failed_at; }
    return good;
  }

  // Where the file ended too early, or 0: a note on the bracket that is open goes behind all others.
  global ends_within: byte = 0;

  function note_opener(): void {
    if (ends_within == 0) { return; }
    ends_within = 0;
    var opener = last_opener();
    if (opener == 0) { return; }
    report::begin_note();
    report::say("'");
    memory::add(&source::words, lexer::octet(opener));
    report::say("' of ");
    var file = report::file_of(opener);
    report::say_number(report::line_of(file, opener));
    report::say(":");
    report::say_number(source::column_of(file, <unsafe * byte>opener));
    report::say(" is not closed");
    report::end_note();
  }

  // The last bracket of the file that is never closed, or 0; the place stays.
  function last_opener(): byte {
    var at = lexer::at;
    var was_stopped = lexer::stopped;
    var open = memory::list { };
    lexer::stopped = false;
    lexer::go(lexer::begin);
    while (lexer::kind != lexer::END) {
      var k = lexer::kind;
      var opener = k == ')' ? '(' : k == ']' ? '[' : k == '}' ? '{' : 0;
      if (k == '(' || k == '[' || k == '{') { memory::add(&open, lexer::at); }
      else if (opener != 0 && open.count != 0
               && lexer::octet(open.words[unsafe open.count - 1]) == opener) {
        open.count = open.count - 1;
      }
      lexer::next();
    }
    lexer::go(at);
    if (was_stopped) { stop(); }
    return open.count == 0 ? 0 : open.words[unsafe open.count - 1];
  }

  function fail(message: string): bool {
    if (!is_reporting()) {
      stop();
      return false;
    }
    report::begin(message);
    return end_fail(true);
  }

  function fail_note(message: string, note: string): void {
    if (fail(message)) { report::note(note); }
  }

  function fail_plain(message: string): void {
    if (!is_reporting()) {
      stop();
      return;
    }
    report::begin(message);
    end_fail(false);
  }

  // Why no token, or no right literal, begins at a place.
  function explain(at: byte): void {
    var p = <unsafe * byte>at;
    var c = *p;
    if (lexer::begins(c)) {
      report::say("a keyword cannot be part of a name");
    } else if (c == '"' || c == '\'') {
      explain_quoted(p, c);
    } else if (c - '0' < 10) {
      explain_number(p);
    } else if (c == '^') {
      report::say("'^' is not an operator; a xor b is (a | b) - (a & b)");
    } else if (c == '~') {
      report::say("'~' is not an operator; the complement of x is -1 - x");
    } else if (c == '#') {
      report::say("unexpected character '#'; comments start with '//'");
    } else if (c == '$') {
      report::say("'$' cannot be part of a name");
    } else {
      var text = memory::part(p, std::utf8::length(c));
      var position = 0;
      var code = std::utf8::decode(text, &position);
      report::say("unexpected character ");
      if (source::is_printable(code)) {
        report::say("'");
        report::say(text);
        report::say("'");
      } else {
        report::say("U+");
        var digits: byte[9];
        var shown = std::str::utoa(code, digits, 16);
        std::str::to_upper(shown);
        for (var i = len shown; i < 4; i = i + 1) { report::say("0"); }
        report::say(shown);
      }
    }
  }

  function explain_quoted(from: * byte, quote: byte): void {
    var p = &from[unsafe 1];
    while (*p != quote && *p != '\n') {
      var length = lexer::element(p);
      if (length == 0) {
        report::say("unknown escape '\\");
        if (p[unsafe 1] != '\n') {
          report::say(memory::part(&p[unsafe 1], std::utf8::length(p[unsafe 1])));
        }
        report::say("' in a ");
        report::say_either(quote == '"', "string", "character");
        report::say(" literal");
        return;
      }
      p = &p[unsafe length];
    }
    if (*p == '\n') {
      report::say_either(quote == '"', "string", "character");
      report::say(" literal has no closing ");
      report::say(memory::part(from, 1));
    } else if (p == &from[unsafe 1]) {
      report::say("character literal is empty");
    } else {
      report::say("character literal holds more than one character; strings stand in double quotes");
    }
  }

  function explain_number(p: * byte): void {
    var text = memory::part(p, lexer::end - <unsafe byte>p);
    if (text[len text - 1] == 'f' && std::str::index_of(text, 'x') == 0xFFFFFFFF
        && (std::str::index_of(text, '.') != 0xFFFFFFFF
            || std::str::index_of(text, 'e') != 0xFFFFFFFF
            || std::str::index_of(text, 'E') != 0xFFFFFFFF)) {
      report::say("float literal ");
      report::say(text);
      report::say(" is out of range");
    } else if (std::str::index_of(text, '.') != 0xFFFFFFFF) {
      report::say("float literals end in 'f': ");
      report::say(text);
      report::say("f");
    } else {
      report::say("integer literal ");
      report::say(text[:len text > 40 ? 37 : len text]);
      if (len text > 40) { report::say("..."); }
      report::say(" does not fit in a word of 32 bits");
    }
  }

  // Take a token that must be there: "expected 'x' where".
  function expect(kind: byte, where: string): void {
    if (lexer::kind == kind) {
      lexer::next();
      return;
    }
    if (!is_reporting()) {
      stop();
      return;
    }
    if (kind == ';') {
      no_semicolon(where);
      return;
    }
    say_expected(kind, where);
    end_fail(true);
  }

  function say_expected(kind: byte, where: string): void {
    report::begin("expected '");
    memory::add(&source::words, kind);
    report::say("' ");
    report::say(where);
  }

  function no_semicolon(where: string): void {
    say_expected(';', where);
    var chained = lexer::kind == '<' || lexer::kind == '>' || lexer::kind == lexer::LE
                  || lexer::kind == lexer::EQ || lexer::kind == lexer::NE;
    var assigned = lexer::kind == '=';
    if (lexer::kind != lexer::ERROR && crosses_line(lexer::previous, lexer::at)) {
      // Where the semicolon is missing, rather than at what follows on another line.
      report::end(lexer::previous, lexer::previous);
      stop();
    } else if (!end_fail(true)) {
      return;
    }
    if (assigned) { report::note("assignment is a statement, not an operator"); }
    if (chained) { report::note("comparisons do not chain; use parentheses or '&&'"); }
  }

  // Take the name of something that is declared.
  function new_name(what: string): byte {
    var name = lexer::value;
    if (lexer::kind != lexer::NAME && lexer::kind != lexer::GLOBAL) {
      if (is_reporting() && lexer::kind >= lexer::KEYWORDS) {
        report::begin("");
        report::say("'");
        report::say(memory::part(<unsafe * byte>lexer::at, lexer::end - lexer::at));
        report::say("' is a keyword and cannot be ");
        report::say(what);
        end_fail(false);
        return 0;
      }
      if (is_reporting()) {
        report::begin("expected ");
        report::say(what);
        end_fail(true);
      }
      stop();
      return 0;
    }
    if (word::at(name)->count != 0 && is_reporting()) {
      report::begin("expected ");
      report::say(what);
      report::say(" without '::'");
      end_fail(true);
      return 0;
    }
    lexer::next();
    return name;
  }

  function deeper(): void {
    depth = depth + 1;
    nesting::enter(lexer::at, lexer::end);
    if (depth > MAX_DEPTH) { fail_plain("nested too deeply"); }
  }

  function back(at: byte, previous: byte): void {
    lexer::stopped = false;
    lexer::go(at);
    lexer::previous = previous;
  }
}
