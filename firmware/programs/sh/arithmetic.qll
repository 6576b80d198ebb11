// arithmetic.qll: $((…)): whole numbers of 32 bits with a sign, and operators as in C.

namespace arithmetic {
  .constant global DEEPEST: byte = 50;

  global text: string = null;
  global at: byte = 0;
  global depth: byte = 0;
  global mistake: string = null;         // the first one

  // The value of an expression; `mistake` says what is wrong with it, or is null.
  function value(expression: string): int {
    text = expression;
    at = 0;
    depth = 0;
    mistake = null;
    var found = binary(1);
    skip_blanks();
    if (at != len text) { wrong("a number or an operator is out of place"); }
    return found;
  }

  function wrong(what: string): void {
    if (!mistake) { mistake = texts::copy(what); }
    at = len text;
  }

  function skip_blanks(): void {
    while (at < len text && os::is_blank(text[at])) { at = at + 1; }
  }

  type operator = struct { sign: string; level: byte; };

  // The longer ones first.
  global operators: operator[] = [
    operator { sign = "||", level = 1 }, operator { sign = "&&", level = 2 },
    operator { sign = "==", level = 6 }, operator { sign = "!=", level = 6 },
    operator { sign = "<=", level = 7 }, operator { sign = ">=", level = 7 },
    operator { sign = "<<", level = 8 }, operator { sign = ">>", level = 8 },
    operator { sign = "|", level = 3 }, operator { sign = "^", level = 4 },
    operator { sign = "&", level = 5 }, operator { sign = "<", level = 7 },
    operator { sign = ">", level = 7 }, operator { sign = "+", level = 9 },
    operator { sign = "-", level = 9 }, operator { sign = "*", level = 10 },
    operator { sign = "/", level = 10 }, operator { sign = "%", level = 10 }
  ];

  // The operator at the position, or null.
  function next_operator(): * operator {
    skip_blanks();
    for (var i = 0; i < len operators; i = i + 1) {
      if (std::str::starts_with(text[at:len text], operators[i].sign)) { return &operators[i]; }
    }
    return null;
  }

  // Operators of a level and of those that bind closer.
  function binary(level: byte): int {
    var left = unary();
    while (true) {
      var o = next_operator();
      if (o == null || o->level < level) { return left; }
      at = at + len o->sign;
      left = apply(o->sign, left, binary(o->level + 1));
    }
    return left;
  }

  function truth(is_so: bool): int {
    if (is_so) { return 1; }
    return 0;
  }

  function apply(sign: string, a: int, b: int): int {
    var c = sign[0];
    if (len sign == 2) {
      var next = sign[1];
      if (next == '|') { return truth(a != 0 || b != 0); }
      if (next == '&') { return truth(a != 0 && b != 0); }
      if (c == '=') { return truth(a == b); }
      if (c == '!') { return truth(a != b); }
      if (next == '=') { return c == '<' ? truth(a <= b) : truth(a >= b); }
      var count = <unsafe byte>b & 31;
      return c == '<' ? <unsafe int>(<unsafe byte>a << count) : a >> <unsafe int>count;
    }
    if (c == '+') { return a + b; }
    if (c == '-') { return a - b; }
    if (c == '*') { return a * b; }
    if (c == '<') { return truth(a < b); }
    if (c == '>') { return truth(a > b); }
    if (c == '/' || c == '%') { return divided(c, a, b); }
    var x = <unsafe byte>a;
    var y = <unsafe byte>b;
    var both = x & y;
    return <unsafe int>(c == '&' ? both : c == '|' ? (x | y) : (x | y) - both);
  }

  function divided(c: byte, a: int, b: int): int {
    if (b == 0) {
      wrong("division by zero");
      return 0;
    }
    return c == '/' ? a / b : a % b;
  }

  function unary(): int {
    skip_blanks();
    if (at == len text) {
      wrong("a number is missing");
      return 0;
    }
    var c = text[at];
    depth = depth + 1;
    if (depth > DEEPEST) { wrong("brackets are nested too deep"); }
    var found: int = 0;
    if (!!mistake) {
      found = 0;
    } else if (c == '-' || c == '!' || c == '~' || c == '+') {
      at = at + 1;
      var inner = unary();
      found = c == '-' ? -inner : c == '!' ? truth(inner == 0) : c == '~' ? -inner - 1 : inner;
    } else if (c == '(') {
      at = at + 1;
      found = binary(1);
      skip_blanks();
      if (at < len text && text[at] == ')') { at = at + 1; } else { wrong("')' is missing"); }
    } else {
      found = operand();
    }
    depth = depth - 1;
    return found;
  }

  // A number, or a variable that holds one.
  function operand(): int {
    var length = variables::name_length(text[at:len text]);
    var word = text[at:at + length];
    at = at + length;
    if (length == 0) {
      wrong("a number is missing");
      return 0;
    }
    if (variables::is_name(word)) {
      word = variables::get(word);
      if (len word == 0) { return 0; }
    }
    var found = number(word);
    if (!found.is_good) { wrong("not a number"); }
    return found.value;
  }

  type parsed = struct { value: int; is_good: bool; };

  // Decimal, with a sign if need be, or hexadecimal.
  function number(word: string): parsed {
    var is_negative = len word != 0 && word[0] == '-';
    var digits = word[is_negative ? 1 : 0:len word];
    var base = 10;
    if (len digits > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
      base = 16;
      digits = digits[2:len digits];
    }
    var sum = 0;
    for (var i = 0; i < len digits; i = i + 1) {
      var d = digit(digits[i]);
      if (d >= base || sum > (0x7FFFFFFF - d) / base) { return parsed { }; }
      sum = sum * base + d;
    }
    var value = <unsafe int>sum;
    return parsed { value = is_negative ? -value : value, is_good = len digits != 0 };
  }

  function digit(c: byte): byte {
    if (c >= '0' && c <= '9') { return c - '0'; }
    if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
  }
}
