// patterns.qll: `*`, `?` and `[…]`: what names of files, and words in the shell, are compared with.
//
// A character that was quoted has the flag QUOTED: it stands for itself.

namespace patterns {
  .constant global QUOTED: byte = 0x80000000;
  .constant global CODE: byte = 0x7FFFFFFF;
  .constant global _NONE: byte = 0xFFFFFFFF;

  function is_pattern(text: string): bool {
    for (var i = 0; i < len text; i = i + 1) {
      if (text[i] == '*' || text[i] == '?' || text[i] == '[') { return true; }
    }
    return false;
  }

  // Whether all of a text is what a pattern stands for. Of several `*` only the last is tried again:
  // what those before it took needs no second thought.
  function matches(pattern: string, text: string): bool {
    var p = 0;
    var t = 0;
    var star = _NONE;                    // position behind the last `*`
    var retry = 0;                       // and of the text where it was tried to end
    while (t < len text) {
      var size = std::utf8::whole(text, t);
      if (p < len pattern && pattern[p] == '*') {
        p = p + 1;
        star = p;
        retry = t;
      } else if (p < len pattern && _takes(pattern, &p, text[t:t + size])) {
        t = t + size;
      } else if (star != _NONE) {
        p = star;
        retry = retry + std::utf8::whole(text, retry);
        t = retry;
      } else {
        return false;
      }
    }
    while (p < len pattern && pattern[p] == '*') { p = p + 1; }
    return p == len pattern;
  }

  // Whether the item at a position, which moves behind it, stands for a character.
  function _takes(pattern: string, position: * byte, character: string): bool {
    var p = *position;
    if (pattern[p] == '?') {
      *position = p + 1;
      return true;
    }
    if (pattern[p] == '[') {
      var end = _end_of_set(pattern, p);
      if (end != _NONE) {
        *position = end;
        return _is_in_set(pattern[p + 1:end - 1], character);
      }
    }
    for (var i = 0; i < len character; i = i + 1) {
      if (p + i >= len pattern || (pattern[p + i] & CODE) != character[i]) { return false; }
    }
    *position = p + len character;
    return true;
  }

  // Behind the `]` of a set; a `]` that comes first is in it.
  function _end_of_set(pattern: string, begin: byte): byte {
    var i = begin + 1;
    if (i < len pattern && (pattern[i] == '!' || pattern[i] == '^')) { i = i + 1; }
    i = i + 1;
    while (i < len pattern && pattern[i] != ']') { i = i + 1; }
    return i < len pattern ? i + 1 : _NONE;
  }

  function _is_in_set(set: string, character: string): bool {
    var at = 0;
    var code = std::utf8::decode(character, &at);
    var is_not = set[0] == '!' || set[0] == '^';
    var found = false;
    at = is_not ? 1 : 0;
    while (at < len set) {
      var low = _member(set, &at);
      var high = low;
      if (at + 1 < len set && set[at] == '-') {
        at = at + 1;
        high = _member(set, &at);
      }
      found = found || (code >= low && code <= high);
    }
    return found != is_not;
  }

  // The code point at a position of a set, which moves behind it.
  function _member(set: string, at: * byte): byte {
    var octets: byte[4];
    var count = std::math::min(4, len set - *at);
    for (var i = 0; i < count; i = i + 1) { octets[i] = set[*at + i] & CODE; }
    var size = 0;
    var code = std::utf8::decode(octets[:count], &size);
    *at = *at + size;
    return code;
  }
}
