// recovery.qll: going on behind a mistake, so that one run finds all of them.
//
// What cannot be read is skipped up to where the next statement or declaration seems to begin. Names
// that may have been declared in what was skipped are lost: that they are unknown is no mistake of its
// own. Brackets are no safe guide, as one may be what is missing: a word that begins a declaration,
// first on its line and no further right than the declaration at hand, always ends what is skipped.

namespace parser {
  .constant global NO_COLUMN: byte = 0xFFFFFFFF;

  global failed_at: byte = 0;            // the token that was wrong
  global last_wrong: byte = 0;           // the last one that was told of
  global column: byte = 0;               // of the declaration that is being read
  global leaving: bool = false;          // a declaration begins where blocks should have been closed
  global stack: memory::list = memory::list { };   // brackets that are open in what is skipped

  function is_first_of_line(): bool { return crosses_line(lexer::previous, lexer::at); }

  function crosses_line(from: byte, to: byte): bool {
    if (from <= lexer::begin) { return true; }
    for (var p = from; p < to; p = p + 1) {
      if (lexer::octet(p) == '\n') { return true; }
    }
    return false;
  }

  // Of the token that comes next, in octets.
  function column_of(at: byte): byte {
    var count = 1;
    while (at > lexer::begin && lexer::octet(at - 1) != '\n') {
      at = at - 1;
      count = count + 1;
    }
    return count;
  }

  function is_declaration(k: byte): bool {
    return k == lexer::FUNCTION || k == lexer::GLOBAL || k == lexer::TYPE || k == lexer::NAMESPACE
           || k == lexer::USING || k == '.';
  }

  function is_statement(k: byte): bool {
    return k == lexer::VAR || k == lexer::RETURN || k == lexer::IF || k == lexer::WHILE
           || k == lexer::FOR || k == lexer::BREAK || k == lexer::CONTINUE || k == lexer::DELETE;
  }

  // Whether a declaration begins here that is not within the one at hand.
  function begins_declaration(): bool {
    return is_declaration(lexer::kind) && is_first_of_line() && column_of(lexer::at) <= column;
  }

  function has(bracket: byte): bool {
    for (var i = 0; i < stack.count; i = i + 1) {
      if (stack.words[unsafe i] == bracket) { return true; }
    }
    return false;
  }

  // Go past a token: a bracket is opened, or the last one of a kind is closed, and those within it;
  // braces only by braces.
  function follow(kind: byte): void {
    if (kind == '(' || kind == '[' || kind == '{') { memory::add(&stack, kind); }
    var opener = kind == ')' ? '(' : kind == ']' ? '[' : kind == '}' ? '{' : 0;
    while (opener != 0 && has(opener)) {
      var last = stack.words[unsafe stack.count - 1];
      if (last == '{' && opener != '{') { return; }
      stack.count = stack.count - 1;
      if (last == opener) { return; }
    }
  }

  // Begin to go over what is skipped.
  function begin_skipping(start: byte): void {
    back(start, start);
    stack.count = 0;
    before = 0;
  }

  global before: byte = 0;               // kind of the token before, in what is skipped

  // Go past the token at hand; note a name that it may declare.
  function pass(all_names: bool): void {
    var k = lexer::kind;
    if (k == lexer::NAME && (all_names || declares(before))) { word::at(lexer::value)->is_lost = true; }
    before = k;
    lexer::next();
    follow(k);
  }

  function declares(k: byte): bool {
    return k == lexer::NAME || k == lexer::BYTE || k == lexer::INT_TYPE || k == lexer::FLOAT_TYPE
           || k == lexer::VOID || k == lexer::VAR || k == lexer::FUNCTION || k == lexer::GLOBAL
           || k == lexer::TYPE || k == '*' || k == ']' || k == '>';
  }

  // Go to the next statement, or the end of the block.
  function skip_statement(start: byte): void {
    begin_skipping(start);
    while (lexer::kind != lexer::END) {
      var k = lexer::kind;
      var is_behind = lexer::at >= failed_at;
      if (is_behind && begins_declaration()) { break; }
      if (is_behind && lexer::at > start && !has('{')) {
        if (k == '}' || (is_statement(k) && is_first_of_line())) { break; }
      }
      pass(false);
      if (k == '}' && stack.count == 0 && is_behind && lexer::kind != ';' && lexer::kind != lexer::ELSE) {
        break;
      }
      if (k == ';' && is_behind && !has('{') && !has('[')) { break; }
    }
    if (lexer::kind == lexer::END || begins_declaration()) { leaving = true; }
  }

  // Go to the next declaration; `around` is the column of the namespace around.
  function skip_declaration(start: byte, around: byte): void {
    begin_skipping(start);
    var begins = column_of(start);
    while (lexer::kind != lexer::END) {
      var k = lexer::kind;
      if (lexer::at >= failed_at && lexer::at > start) {
        var at = column_of(lexer::at);
        if (is_declaration(k) && is_first_of_line() && (stack.count == 0 || at <= begins)) { break; }
        if (stack.count == 0 && (before == ';' || before == '}') && k != '}'
            && (is_declaration(k) || at == begins)) {
          break;
        }
        if (k == '}' && stack.count == 0 && around != NO_COLUMN && at <= around) { break; }
      }
      pass(true);
    }
  }

  // Go to the `{` of the body behind a head that is wrong; false, and nothing more to read, if none is
  // in sight.
  function skip_to_block(start: byte): bool {
    if (!lexer::stopped) { return true; }
    if (trying != 0) { return false; }
    note_opener();
    var failed = failed_at;
    begin_skipping(start);
    while (true) {
      var k = lexer::kind;
      if (k == '{' && lexer::at >= failed) { return true; }
      if (k == lexer::END || k == '}' || (k == ';' && stack.count == 0)
          || (lexer::at > start && (begins_declaration() || (is_statement(k) && is_first_of_line())))) {
        stop();
        failed_at = failed;
        return false;
      }
      pass(false);
    }
    return false;
  }

  // Go to the next member of a struct; false if no `;` ends the one that is wrong.
  function skip_member(start: byte): bool {
    if (trying != 0) { return false; }
    note_opener();
    var failed = failed_at;
    begin_skipping(failed);
    while (lexer::kind != ';' && lexer::kind != lexer::END && lexer::kind != '{' && lexer::kind != '}'
           && !begins_declaration()) {
      pass(true);
    }
    if (lexer::kind == '}' && lexer::at > failed) {
      lose(start, lexer::at);
      return true;
    }
    if (lexer::kind != ';') {
      stop();
      failed_at = failed;
      return false;
    }
    lexer::next();
    lose(start, lexer::at);
    return true;
  }

  // All names between two places may be declared there.
  function lose(from: byte, to: byte): void {
    begin_skipping(from);
    while (lexer::at < to && lexer::kind != lexer::END) { pass(true); }
  }
}
