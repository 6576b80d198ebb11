// lexer.qll: taking source text apart: words as they are written, quotes and all, and operators.

// What is to be read, and how far it has been.
type source = struct {
  text: string;
  at: byte;
  line: byte;      // of `at`, from 1
};

// Where things end that are written in a word. Each takes a position in front of one, and moves it
// behind; false if the text ends before.
namespace quotes {
  // '…'
  function skip_single(text: string, at: * byte): bool {
    var i = *at + 1;
    while (i < len text && text[i] != '\'') { i = i + 1; }
    *at = i < len text ? i + 1 : i;
    return i < len text;
  }

  // "…"
  function skip_double(text: string, at: * byte): bool {
    *at = *at + 1;
    while (*at < len text) {
      if (text[*at] == '"') {
        *at = *at + 1;
        return true;
      }
      if (text[*at] == '\'') {
        *at = *at + 1;
      } else if (!skip_one(text, at)) {
        return false;
      }
    }
    return false;
  }

  // Up to the bracket that closes the one at the position.
  function skip_brackets(text: string, at: * byte, open: byte, close: byte): bool {
    var depth = 0;
    while (*at < len text) {
      var c = text[*at];
      if (c == open || c == close) {
        depth = c == open ? depth + 1 : depth - 1;
        *at = *at + 1;
        if (depth == 0) { return true; }
      } else if (!skip_one(text, at)) {
        return false;
      }
    }
    return false;
  }

  // A character, or all of what begins with it.
  function skip_one(text: string, at: * byte): bool {
    var c = text[*at];
    var next = *at + 1 < len text ? text[*at + 1] : 0;
    if (c == '\'') { return skip_single(text, at); }
    if (c == '"') { return skip_double(text, at); }
    if (c == '$' && (next == '(' || next == '{')) {
      *at = *at + 1;
      return skip_brackets(text, at, next, next == '(' ? ')' : '}');
    }
    *at = std::math::min(*at + (c == '\\' ? 2 : 1), len text);
    return true;
  }
}

namespace lexer {
  // Kinds of tokens. Redirections lie together, as do what ends a command.
  .constant global END: byte = 0;
  .constant global WORD: byte = 1;
  .constant global PIPE: byte = 2;
  .constant global INTO: byte = 3;       // >
  .constant global ONTO: byte = 4;       // >>
  .constant global FROM: byte = 5;       // <
  .constant global LIKE: byte = 6;       // >& and a handle
  .constant global BEHIND: byte = 7;     // &
  .constant global THEN: byte = 8;       // ;
  .constant global AND: byte = 9;        // &&
  .constant global OR: byte = 10;        // ||
  .constant global NEWLINE: byte = 11;
  .constant global OPEN: byte = 12;      // (
  .constant global CLOSE: byte = 13;     // )
  .constant global NEXT_CASE: byte = 14; // ;;

  // The token that is looked at.
  global kind: byte = END;
  global handle: byte = 0;               // what a redirection is about
  global begin: byte = 0;
  global line: byte = 1;
  global is_open: bool = false;          // a word goes on where the text ends

  global from: source = source { };
  global last_end: byte = 0;             // where the token before it ended

  function start(s: source): void {
    from = s;
    last_end = s.at;
    advance();
  }

  // The word, as it is written.
  function word(): string {
    return from.text[begin:from.at];
  }

  function is_word(text: string): bool {
    return kind == WORD && std::str::equal(word(), text);
  }

  function peek(distance: byte): byte {
    return from.at + distance < len from.text ? from.text[from.at + distance] : 0;
  }

  function advance(): void {
    last_end = from.at;
    _skip_blanks();
    begin = from.at;
    line = from.line;
    if (from.at == len from.text) {
      kind = END;
      return;
    }
    kind = _operator();
    if (kind == NEWLINE) { from.line = from.line + 1; }
    if (kind == WORD) { _take_word(); }
  }

  function _skip_blanks(): void {
    while (from.at < len from.text) {
      var c = peek(0);
      if (c == '#') {
        while (from.at < len from.text && peek(0) != '\n') { from.at = from.at + 1; }
        return;
      }
      var is_joint = c == '\\' && peek(1) == '\n';
      if (!is_joint && (c == '\n' || !os::is_blank(c))) { return; }
      if (is_joint) { from.line = from.line + 1; }
      from.at = from.at + (is_joint ? 2 : 1);
    }
  }

  // The kind of operator at the position, which moves behind it; WORD if there is none.
  function _operator(): byte {
    var c = peek(0);
    handle = c == '<' ? os::INPUT : os::OUTPUT;
    if (peek(1) == '>' && (c == '1' || c == '2')) {
      if (c == '2') { handle = os::ERROR_OUTPUT; }
      from.at = from.at + 1;
      c = '>';
    }
    var next = peek(1);
    var single = _single(c);
    var double = next != c ? WORD : c == ';' ? NEXT_CASE : c == '|' ? OR : c == '&' ? AND
               : c == '>' ? ONTO : WORD;
    if (c == '>' && next == '&') { double = LIKE; }
    from.at = from.at + (double != WORD ? 2 : single != WORD ? 1 : 0);
    return double != WORD ? double : single;
  }

  function _single(c: byte): byte {
    if (c == '\n') { return NEWLINE; }
    if (c == ';') { return THEN; }
    if (c == '&') { return BEHIND; }
    if (c == '|') { return PIPE; }
    if (c == '<') { return FROM; }
    if (c == '>') { return INTO; }
    if (c == '(') { return OPEN; }
    return c == ')' ? CLOSE : WORD;
  }

  function _take_word(): void {
    is_open = false;
    while (from.at < len from.text && !is_open && !_ends_word(peek(0))) {
      is_open = !quotes::skip_one(from.text, &from.at);
    }
    for (var i = begin; i < from.at; i = i + 1) {
      if (from.text[i] == '\n') { from.line = from.line + 1; }
    }
  }

  function _ends_word(c: byte): bool {
    return os::is_blank(c) || std::str::index_of(";<>|&()", c) != os::FAILED;
  }

  function is_redirection(): bool {
    return kind >= INTO && kind <= LIKE;
  }
}
