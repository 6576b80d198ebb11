// tokens.qll: a line as tokens: references, numbers, strings, words.

namespace tokens {
  .constant global REFERENCE: byte = 1;
  .constant global STRING: byte = 2;
  .constant global NUMBER: byte = 3;
  .constant global COUNTER: byte = 4;
  .constant global WORD: byte = 5;
  .constant global COLON: byte = 6;
  .constant global OTHER: byte = 7;

  // `span` octets stand in the source from `at` on: the text, but for a counter's value.
  type token = struct { kind: byte; text: string; at: * byte; span: byte; };

  global all: token[] = null;        // of the line

  function is_digit(c: byte): bool { return c - '0' < 10; }
  function begins_name(c: byte): bool { return (c | 32) - 'a' < 26 || c == '_'; }
  function continues_name(c: byte): bool {
    return (c | 32) - 'a' < 26 || c - '0' < 10 || c == '_' || c == '$';
  }

  // Where a name that begins here ends, with the parts that are joined to it; the same place if none
  // does. The line feed behind each line ends all that is searched.
  function path_end(from: * byte): * byte {
    if (!begins_name(*from)) { return from; }
    var p = from;
    while (true) {
      while (continues_name(*p)) { p = &p[unsafe 1]; }
      if (*p != ':' || p[unsafe 1] != ':' || !begins_name(p[unsafe 2])) { return p; }
      p = &p[unsafe 2];
    }
    return p;
  }

  function number_end(from: * byte): * byte {
    var p = from;
    if (*p == '-') { p = &p[unsafe 1]; }
    if (!is_digit(*p)) { return from; }
    var prefix = p[unsafe 1] | 32;
    var is_plain = *p != '0' || (prefix != 'x' && prefix != 'b');
    p = &p[unsafe 1];
    while (true) {
      if (is_plain && (*p | 32) == 'e' && (p[unsafe 1] == '+' || p[unsafe 1] == '-')
          && is_digit(p[unsafe 2])) {
        p = &p[unsafe 2];
      } else if (continues_name(*p) || *p == '.') {
        p = &p[unsafe 1];
      } else {
        return p;
      }
    }
    return p;
  }

  function reference_end(from: * byte): * byte {
    var p = &from[unsafe 1];
    if (*p != '`') {
      var end = path_end(p);
      return end == p ? from : end;
    }
    p = &p[unsafe 1];
    while (*p != '`' && *p != '\n') { p = &p[unsafe 1]; }
    return *p == '`' ? &p[unsafe 1] : from;
  }

  function string_end(from: * byte): * byte {
    var p = &from[unsafe 1];
    while (*p != '\'' && *p != '\n') {
      if (*p == '\\') {
        p = &p[unsafe 1];
        if (*p == '\n') { return from; }
      }
      p = &p[unsafe 1];
    }
    return *p == '\'' ? &p[unsafe 1] : from;
  }

  // "{name}" or "r{name}"
  function counter_end(from: * byte): * byte {
    var p = from;
    if (*p == 'r') { p = &p[unsafe 1]; }
    if (*p != '{' || !begins_name(p[unsafe 1])) { return from; }
    p = &p[unsafe 1];
    while (continues_name(*p)) { p = &p[unsafe 1]; }
    return *p == '}' ? &p[unsafe 1] : from;
  }

  function line_end(from: * byte): * byte {
    var p = from;
    while (*p != '\n') { p = &p[unsafe 1]; }
    return p;
  }

  // Where the token that begins at a place ends, and its kind.
  function token_end(from: * byte, kind: * byte): * byte {
    var c = *from;
    if (begins_name(c) && (c != 'r' || from[unsafe 1] != '{')) {
      *kind = WORD;
      return path_end(from);
    }
    var end = from;
    if (c == '@') {
      *kind = REFERENCE;
      end = reference_end(from);
    } else if (is_digit(c) || (c == '-' && is_digit(from[unsafe 1]))) {
      *kind = NUMBER;
      end = number_end(from);
    } else if (c == '-' && begins_name(from[unsafe 1])) {
      *kind = WORD;
      end = path_end(&from[unsafe 1]);
    } else if (c == '\'') {
      *kind = STRING;
      end = string_end(from);
    } else if (c == '{' || c == 'r') {
      *kind = COUNTER;
      end = counter_end(from);
      if (end == from && c == 'r') {
        *kind = WORD;
        end = path_end(from);
      }
    } else if (c == ':') {
      *kind = COLON;
      end = &from[unsafe 1];
    }
    if (end != from) { return end; }
    *kind = OTHER;
    return c == '\'' ? line_end(from) : &from[unsafe std::utf8::length(c)];
  }

  // Take a line apart; where its line feed is.
  function take_line(from: * byte): * byte {
    len all = 0;
    var p = from;
    while (true) {
      while (*p == ' ' || *p == '\t' || *p == '\r') { p = &p[unsafe 1]; }
      if (*p == '\n') { return p; }
      if (*p == ';') { return line_end(p); }
      var kind: byte;
      var end = token_end(p, &kind);
      var span = <unsafe byte>end - <unsafe byte>p;
      std::vector::add(&all, token { kind = kind, text = memory::part(p, span), at = p, span = span });
      p = end;
    }
    return p;
  }

  // The label that a reference names.
  function label_of(text: string): string {
    return text[1] == '`' ? text[2:len text - 1] : text[1:];
  }

  function is_path(text: string): bool {
    if (len text == 0) { return false; }
    var end = path_end(&text[0]);
    return <unsafe byte>end - <unsafe byte>&text[0] >= len text;
  }
}
