// lexer.qll: names and tokens.
//
// A token is taken when the parser asks for it; going back to an earlier place costs taking it anew.
// Places are addresses of octets in the sources, which all stay in memory.

// Every name once: its number stands for it.
namespace word {
  type word = struct {
    text: * byte; length: byte;
    parts: * byte; count: byte;      // numbers of the names that `::` joins; null for a plain name
    next: * word;                    // of the same hash
    number: byte;
    keyword: byte;                   // its kind of token, or NAME
    is_lost: bool;                   // it may be declared in what could not be read
  };
  .constant global SLOTS: byte = 4096;       // a power of two

  global slots: * (* word) = null;
  global all: memory::list = memory::list { };

  function begin(): void {
    slots = <unsafe * (* word)>memory::take(SLOTS);
    for (var i = 0; i < len keywords; i = i + 1) {
      var each = keywords[i];
      at(of(&each[0], len each))->keyword = lexer::KEYWORDS + i;
    }
  }

  global keywords: (string)[25] = [
    "break", "byte", "cap", "continue", "default", "delete", "else", "float", "for", "function",
    "global", "if", "int", "len", "namespace", "new", "null", "return", "sizeof", "type", "unsafe",
    "using", "var", "void", "while"
  ];

  function at(number: byte): * word {
    return <unsafe * word>all.words[unsafe number];
  }

  function text(number: byte): string {
    var w = at(number);
    return memory::part(w->text, w->length);
  }

  function same(a: * byte, b: * byte, count: byte): bool {
    for (var i = 0; i < count; i = i + 1) {
      if (a[unsafe i] != b[unsafe i]) { return false; }
    }
    return true;
  }

  // The number of a name.
  function of(text: * byte, length: byte): byte {
    var hash = length;
    for (var i = 0; i < length; i = i + 1) { hash = hash * 31 + text[unsafe i]; }
    var slot = (hash + (hash >> 12)) & (SLOTS - 1);
    for (var w = slots[unsafe slot]; w; w = w->next) {
      if (w->length == length && same(w->text, text, length)) { return w->number; }
    }
    var made = <unsafe * word>arena::take(sizeof word);
    made->text = text;
    made->length = length;
    made->number = all.count;
    made->keyword = lexer::NAME;
    made->next = slots[unsafe slot];
    slots[unsafe slot] = made;
    memory::add(&all, <unsafe byte>made);
    divide(made);
    return made->number;
  }

  // The same of a text that may go away.
  function of_text(text: string): byte {
    var kept = arena::text(text);
    return of(&kept[0], len text);
  }

  // Find the parts of a name with `::` in it.
  function divide(made: * word): void {
    var count = 1;
    for (var i = 0; i < made->length; i = i + 1) {
      if (made->text[unsafe i] == ':') { count = count + 1; }
    }
    if (count == 1) { return; }
    count = count / 2 + 1;
    made->parts = arena::take(count);
    made->count = count;
    var begin = 0;
    for (var part = 0; part < count; part = part + 1) {
      var end = begin;
      while (end < made->length && made->text[unsafe end] != ':') { end = end + 1; }
      made->parts[unsafe part] = of(&made->text[unsafe begin], end - begin);
      begin = end + 2;
    }
  }
}

// Memory that is never given back, a few words at a time.
namespace arena {
  .constant global PART: byte = 0x4000;
  global at: byte = 0;
  global end: byte = 0;

  function take(count: byte): * byte {
    if (at + count > end) {
      var size = count > PART ? count : PART;
      at = <unsafe byte>memory::take(size);
      end = at + size;
    }
    var begin = at;
    at = at + count;
    return <unsafe * byte>begin;
  }

  // A text that may go away, in memory that stays.
  function text(from: string): string {
    var words = take(len from);
    for (var i = 0; i < len from; i = i + 1) { words[unsafe i] = from[i]; }
    return memory::part(words, len from);
  }
}

namespace lexer {
  .constant global NAME: byte = 1;
  .constant global INT: byte = 2;
  .constant global FLOAT: byte = 3;
  .constant global CHAR: byte = 4;
  .constant global STRING: byte = 5;
  .constant global END: byte = 6;
  .constant global ERROR: byte = 7;    // no token
  .constant global WRONG: byte = 8;    // a literal that is wrong in itself

  // Other tokens of one character are that character; these have more.
  .constant global ARROW: byte = 128;
  .constant global YIELDS: byte = 129;
  .constant global DOTS: byte = 130;
  .constant global SHL: byte = 131;
  .constant global LE: byte = 132;
  .constant global EQ: byte = 133;
  .constant global NE: byte = 134;
  .constant global AND: byte = 135;
  .constant global OR: byte = 136;
  .constant global COLONS: byte = 137;
  .constant global SHR: byte = 138;    // the parser puts these two together
  .constant global GE: byte = 139;

  .constant global KEYWORDS: byte = 160;
  .constant global BREAK: byte = 160;
  .constant global BYTE: byte = 161;
  .constant global CAP: byte = 162;
  .constant global CONTINUE: byte = 163;
  .constant global DELETE: byte = 165;
  .constant global ELSE: byte = 166;
  .constant global FLOAT_TYPE: byte = 167;
  .constant global FOR: byte = 168;
  .constant global FUNCTION: byte = 169;
  .constant global GLOBAL: byte = 170;
  .constant global IF: byte = 171;
  .constant global INT_TYPE: byte = 172;
  .constant global LEN: byte = 173;
  .constant global NAMESPACE: byte = 174;
  .constant global NEW: byte = 175;
  .constant global NULL: byte = 176;
  .constant global RETURN: byte = 177;
  .constant global SIZEOF: byte = 178;
  .constant global TYPE: byte = 179;
  .constant global UNSAFE: byte = 180;
  .constant global USING: byte = 181;
  .constant global VAR: byte = 182;
  .constant global VOID: byte = 183;
  .constant global WHILE: byte = 184;

  // The token that comes next.
  global kind: byte = 0;
  global at: byte = 0;                 // its first octet
  global end: byte = 0;                // behind its last one
  global value: byte = 0;              // number of a name, value of an integer or character
  global previous: byte = 0;           // end of the token before
  global begin: byte = 0;              // of what is read
  global limit: byte = 0;              // end of the file
  global stopped: bool = false;        // nothing but END comes until the parser has found a way on

  function octet(at: byte): byte { return *<unsafe * byte>at; }

  function open(from: byte, to: byte): void {
    begin = from;
    end = from;
    limit = to;
    stopped = false;
    next();
  }

  // Take the token that begins at, or behind, a place.
  function go(place: byte): void {
    end = place;
    next();
  }

  function next(): void {
    previous = end;
    if (stopped) {
      kind = END;
      return;
    }
    var p = <unsafe * byte>end;
    var c = 0;
    while (true) {
      if (<unsafe byte>p >= limit) {
        at = limit;
        end = limit;
        kind = END;
        return;
      }
      c = *p;
      if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        p = &p[unsafe 1];
      } else if (c == '/' && p[unsafe 1] == '/') {
        while (*p != '\n') { p = &p[unsafe 1]; }
      } else {
        break;
      }
    }
    at = <unsafe byte>p;
    if ((c | 32) - 'a' < 26 || c == '_') {
      name(p);
    } else if (c - '0' < 10) {
      number(p);
    } else if (c == '"' || c == '\'') {
      quoted(p, c);
    } else {
      operator(p, c);
    }
  }

  function continues(c: byte): bool {
    return (c | 32) - 'a' < 26 || c - '0' < 10 || c == '_';
  }

  function begins(c: byte): bool {
    return (c | 32) - 'a' < 26 || c == '_';
  }

  function name(p: * byte): void {
    var joined = false;
    while (true) {
      var c = *p;
      if ((c | 32) - 'a' < 26 || c - '0' < 10 || c == '_') {
        p = &p[unsafe 1];
      } else if (c == ':' && p[unsafe 1] == ':' && begins(p[unsafe 2])) {
        joined = true;
        p = &p[unsafe 2];
      } else {
        break;
      }
    }
    end = <unsafe byte>p;
    value = word::of(<unsafe * byte>at, end - at);
    var w = word::at(value);
    kind = w->keyword;
    if (joined) {
      for (var i = 0; i < w->count; i = i + 1) {
        var part = word::at(w->parts[unsafe i])->keyword;
        if (part != NAME && part != GLOBAL) { kind = ERROR; }
      }
    }
  }

  function digits(from: * byte): * byte {
    var p = from;
    while (*p - '0' < 10) { p = &p[unsafe 1]; }
    return p;
  }

  function exponent(from: * byte): * byte {
    if ((*from | 32) != 'e') { return from; }
    var p = &from[unsafe 1];
    if (*p == '+' || *p == '-') { p = &p[unsafe 1]; }
    var last = digits(p);
    return last == p ? from : last;
  }

  function number(first: * byte): void {
    var p = digits(first);
    kind = INT;
    var prefix = first[unsafe 1];
    if (*first == '0' && (prefix == 'x' || prefix == 'b')
        && numbers::digit_of(first[unsafe 2]) < (prefix == 'x' ? 16 : 2)) {
      p = &first[unsafe 2];
      while (numbers::digit_of(*p) < (prefix == 'x' ? 16 : 2)) { p = &p[unsafe 1]; }
    } else {
      var fraction = p;
      if (*p == '.' && p[unsafe 1] - '0' < 10) { fraction = digits(&p[unsafe 1]); }
      var last = exponent(fraction);
      if (last != p && *last == 'f') {
        p = &last[unsafe 1];
        kind = FLOAT;
      } else if (fraction != p) {
        p = last;
        kind = WRONG;
      }
    }
    end = <unsafe byte>p;
    var text = memory::part(first, end - at);
    if (kind == INT) {
      if (numbers::read_integer(text) != numbers::GOOD) { kind = WRONG; }
      value = numbers::value;
    } else if (kind == FLOAT) {
      if (numbers::read_float(text) != numbers::GOOD) { kind = WRONG; }
      value = numbers::value;
    }
  }

  // Octets of the character or escape that begins at a place; 0 if it is none.
  function element(p: * byte): byte {
    if (*p != '\\') { return std::utf8::length(*p); }
    var c = p[unsafe 1];
    if (c == '\\' || c == '\'' || c == '"' || c == 'n' || c == 't' || c == 'r' || c == '0') {
      return 2;
    }
    if (c == 'x' && numbers::digit_of(p[unsafe 2]) < 16 && numbers::digit_of(p[unsafe 3]) < 16) {
      return 4;
    }
    return 0;
  }

  // The code point of the character or escape at a place.
  function code(p: * byte, length: byte): byte {
    if (*p != '\\') {
      if (length == 1) { return *p; }
      var position = 0;
      return std::utf8::decode(memory::part(p, length), &position);
    }
    var c = p[unsafe 1];
    if (c == 'n') { return '\n'; }
    if (c == 't') { return '\t'; }
    if (c == 'r') { return '\r'; }
    if (c == '0') { return 0; }
    if (c == 'x') {
      return numbers::digit_of(p[unsafe 2]) * 16 + numbers::digit_of(p[unsafe 3]);
    }
    return c;
  }

  function quoted(first: * byte, quote: byte): void {
    var p = &first[unsafe 1];
    var count = 0;
    kind = quote == '"' ? STRING : CHAR;
    while (*p != quote && *p != '\n') {
      var length = element(p);
      if (length == 0) {
        kind = WRONG;
        length = p[unsafe 1] == '\n' ? 1 : 2;
      } else if (count == 0) {
        value = code(p, length);
      }
      count = count + 1;
      p = &p[unsafe length];
    }
    if (*p == '\n') {
      kind = ERROR;
      end = at + 1;
      return;
    }
    end = <unsafe byte>p + 1;
    if (quote == '"') {
      value = count;
    } else if (count != 1) {
      kind = WRONG;
    }
  }

  function operator(p: * byte, c: byte): void {
    var second = p[unsafe 1];
    var length = 2;
    kind = c;
    if (c == '-' && second == '>') { kind = ARROW; }
    else if (c == '=' && second == '>') { kind = YIELDS; }
    else if (c == '<' && second == '<') { kind = SHL; }
    else if (c == '<' && second == '=') { kind = LE; }
    else if (c == '=' && second == '=') { kind = EQ; }
    else if (c == '!' && second == '=') { kind = NE; }
    else if (c == '&' && second == '&') { kind = AND; }
    else if (c == '|' && second == '|') { kind = OR; }
    else if (c == ':' && second == ':') { kind = COLONS; }
    else if (c == '.' && second == '.' && p[unsafe 2] == '.') {
      kind = DOTS;
      length = 3;
    } else {
      length = 1;
      if (!is_operator(c)) {
        kind = ERROR;
        length = std::utf8::length(c);
      }
    }
    end = at + length;
  }

  function is_operator(c: byte): bool {
    if (c < '!' || c > '}') { return false; }
    if (c < '@') { return c != '"' && c != '#' && c != '$' && c != '\'' && (c < '0' || c > '9'); }
    return c == '[' || c == ']' || c == '{' || c == '}' || c == '|';
  }
}
