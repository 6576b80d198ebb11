// numbers.qll: what number literals stand for.

namespace numbers {
  // What a literal is.
  .constant global NONE: byte = 0;       // no number
  .constant global GOOD: byte = 1;       // `value` has the word
  .constant global TOO_LARGE: byte = 2;

  global value: byte = 0;

  function digit_of(c: byte): byte {
    if (c - '0' < 10) { return c - '0'; }
    return (c | 32) - 'a' < 26 ? (c | 32) - 'a' + 10 : 99;
  }

  // An integer: decimal, 0x or 0b, perhaps with '-'.
  function read_integer(text: string): byte {
    var at = len text != 0 && text[0] == '-' ? 1 : 0;
    var is_negative = at == 1;
    var base = 10;
    if (at + 1 < len text && text[at] == '0' && (text[at + 1] == 'x' || text[at + 1] == 'b')) {
      base = text[at + 1] == 'x' ? 16 : 2;
      at = at + 2;
    }
    if (at == len text) { return NONE; }
    var most = 0xFFFFFFFF / base;
    var sum = 0;
    var fits = true;
    for (var i = at; i < len text; i = i + 1) {
      var digit = digit_of(text[i]);
      if (digit >= base) { return NONE; }
      if (sum > most || sum * base > 0xFFFFFFFF - digit) { fits = false; }
      sum = sum * base + digit;
    }
    if (!fits || (is_negative && sum > 0x80000000)) { return TOO_LARGE; }
    value = is_negative ? 0 - sum : sum;
    return GOOD;
  }

  // --- floats ------------------------------------------------------------------------------------

  function digits_end(text: string, from: byte): byte {
    var at = from;
    while (at < len text && text[at] - '0' < 10) { at = at + 1; }
    return at;
  }

  // Where an exponent that begins here ends; the same place if none does.
  function exponent_end(text: string, from: byte): byte {
    if (from >= len text || (text[from] | 32) != 'e') { return from; }
    var at = from + 1;
    if (at < len text && (text[at] == '+' || text[at] == '-')) { at = at + 1; }
    var end = digits_end(text, at);
    return end == at ? from : end;
  }

  // A float, as its binary32 pattern.
  function read_float(text: string): byte {
    if (std::str::equal(text, "Inf")) { value = 0x7F800000; return GOOD; }
    if (std::str::equal(text, "-Inf")) { value = 0xFF800000; return GOOD; }
    if (std::str::equal(text, "NaN")) { value = 0x7FC00000; return GOOD; }
    var begin = len text != 0 && text[0] == '-' ? 1 : 0;
    var point = digits_end(text, begin);
    if (point == begin || point == len text) { return NONE; }
    var end = point;
    if (text[point] == '.') {
      end = digits_end(text, point + 1);
      if (end == point + 1) { return NONE; }
    }
    var behind = exponent_end(text, end);
    if (behind + 1 != len text || text[behind] != 'f' || behind == point) { return NONE; }
    return convert(text[begin:point], point == end ? text[point:point] : text[point + 1:end],
                   text[end:behind], begin == 1);
  }

  .constant global MOST_DIGITS: byte = 400; // a number halfway between two floats has fewer: of what
                                            // is behind them it only matters whether it is zero
  .constant global FAR: byte = 100000;      // an exponent far past all floats

  global top: big::number = big::number { };
  global bottom: big::number = big::number { };

  // The float nearest to a decimal number, ties to even.
  function convert(whole: string, fraction: string, exponent: string, is_negative: bool): byte {
    var power: int = exponent_of(exponent) - <unsafe int>len fraction;
    var count = 0;                          // of digits, without zeros in front
    var rest = false;                       // something that is not zero was left out
    big::set(&top, 0);
    for (var i = 0; i < len whole + len fraction; i = i + 1) {
      var digit = (i < len whole ? whole[i] : fraction[i - len whole]) - '0';
      if (count != 0 || digit != 0) {
        count = count + 1;
        if (count <= MOST_DIGITS) { big::multiply(&top, 10, digit); } else {
          power = power + 1;
          rest = rest || digit != 0;
        }
      }
    }
    value = is_negative ? 0x80000000 : 0;
    if (count == 0) { return GOOD; }
    var magnitude = <unsafe int>std::math::min(count, MOST_DIGITS) + power;
    if (magnitude > 310) { return TOO_LARGE; }
    if (magnitude < -60) { return GOOD; }
    if (rest) {
      big::multiply(&top, 10, 1);
      power = power - 1;
    }
    big::set(&bottom, 1);
    while (power > 0) { big::multiply(&top, 10, 0); power = power - 1; }
    while (power < 0) { big::multiply(&bottom, 10, 0); power = power + 1; }
    if (magnitude > 305 && is_past_binary64()) { return TOO_LARGE; }
    value = value | quotient();
    return GOOD;
  }

  function exponent_of(text: string): int {
    if (len text == 0) { return 0; }
    var at = text[1] == '-' || text[1] == '+' ? 2 : 1;
    var sum = 0;
    for (var i = at; i < len text; i = i + 1) {
      if (sum < FAR) { sum = sum * 10 + text[i] - '0'; }
    }
    return text[1] == '-' ? -<unsafe int>sum : <unsafe int>sum;
  }

  // Whether top / bottom is at least 2^1024 - 2^970, which binary64 rounds up to infinity.
  function is_past_binary64(): bool {
    var limit = bottom;
    var less = bottom;
    big::shift(&limit, 1024);
    big::shift(&less, 970);
    big::subtract(&limit, &less);
    return big::compare(&top, &limit) != big::LESS;
  }

  // top / bottom as a pattern without its sign.
  function quotient(): byte {
    var exponent = <unsafe int>big::bits(&top) - <unsafe int>big::bits(&bottom);
    var a = top;
    var b = bottom;
    if (exponent > 0) { big::shift(&b, <unsafe byte>exponent); }
    if (exponent < 0) { big::shift(&a, <unsafe byte>-exponent); }
    if (big::compare(&a, &b) == big::LESS) { exponent = exponent - 1; }
    if (exponent >= 128) { return 0x7F800000; }
    // Of the last bit of 24; below the normal floats it stays where it is.
    var last: int = -126 - 23;
    if (exponent > -126) { last = exponent - 23; }
    if (last < 0) { big::shift(&top, <unsafe byte>-last); }
    big::shift(&bottom, (last > 0 ? <unsafe byte>last : 0) + 23);
    var found = 0;
    for (var i = 0; i < 24; i = i + 1) {
      found = found * 2;
      if (big::compare(&top, &bottom) != big::LESS) {
        big::subtract(&top, &bottom);
        found = found + 1;
      }
      big::shift(&top, 1);
    }
    var half = big::compare(&top, &bottom);
    if (half == big::GREATER || (half == big::EQUAL && (found & 1) != 0)) { found = found + 1; }
    return (<unsafe byte>(last + 149) << 23) + found;
  }
}

// Whole numbers of up to 4,800 bits: 16 of them a word, the lowest first.
namespace big {
  .constant global LIMBS: byte = 300;
  type number = struct { count: byte; limbs: byte[LIMBS]; };  // the highest limb is not 0

  function set(n: * number, small: byte): void {
    n->count = small == 0 ? 0 : 1;
    n->limbs[0] = small;
  }

  function multiply(n: * number, by: byte, plus: byte): void {
    var carry = plus;
    for (var i = 0; i < n->count; i = i + 1) {
      var sum = n->limbs[i] * by + carry;
      n->limbs[i] = sum & 0xFFFF;
      carry = sum >> 16;
    }
    if (carry != 0) {
      n->limbs[n->count] = carry;
      n->count = n->count + 1;
    }
  }

  function shift(n: * number, bits: byte): void {
    multiply(n, 1 << (bits & 15), 0);
    var limbs = bits / 16;
    if (limbs == 0 || n->count == 0) { return; }
    for (var i = n->count; i != 0; i = i - 1) { n->limbs[i - 1 + limbs] = n->limbs[i - 1]; }
    for (var i = 0; i < limbs; i = i + 1) { n->limbs[i] = 0; }
    n->count = n->count + limbs;
  }

  .constant global LESS: byte = 0;
  .constant global EQUAL: byte = 1;
  .constant global GREATER: byte = 2;

  // What a is, beside b.
  function compare(a: * number, b: * number): byte {
    if (a->count != b->count) { return a->count < b->count ? LESS : GREATER; }
    for (var i = a->count; i != 0; i = i - 1) {
      if (a->limbs[i - 1] != b->limbs[i - 1]) {
        return a->limbs[i - 1] < b->limbs[i - 1] ? LESS : GREATER;
      }
    }
    return EQUAL;
  }

  // a is at least b.
  function subtract(a: * number, b: * number): void {
    var borrow = 0;
    for (var i = 0; i < a->count; i = i + 1) {
      var less = (i < b->count ? b->limbs[i] : 0) + borrow;
      borrow = a->limbs[i] < less ? 1 : 0;
      a->limbs[i] = a->limbs[i] - less & 0xFFFF;
    }
    while (a->count != 0 && a->limbs[a->count - 1] == 0) { a->count = a->count - 1; }
  }

  function bits(n: * number): byte {
    if (n->count == 0) { return 0; }
    var high = n->limbs[n->count - 1];
    var count = n->count * 16 - 16;
    while (high != 0) {
      high = high >> 1;
      count = count + 1;
    }
    return count;
  }
}
