// utf8.qll: characters as octets of UTF-8, one octet a word.
//
// A text that a program has in itself holds a code point a word; what comes from files, names and the
// console holds octets. A word above 255, or an octet that belongs to no character, is a code point.

namespace std::utf8 {
  .constant global REPLACEMENT: byte = 0xFFFD;  // stands for what is no code point

  // Whether a word goes on with a character that an octet before it began.
  function continues(word: byte): bool {
    return word >= 0x80 && word < 0xC0;
  }

  // Octets of the character that a word begins: 1 to 4; 1 for a word that begins none.
  function length(first: byte): byte {
    if (first < 0xC2 || first > 0xF4) { return 1; }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  }

  // Octets at a position that make one character, 1 if that word is a code point by itself.
  function whole(text: string, at: byte): byte {
    var count = length(text[at]);
    if (count > len text - at) { return 1; }
    for (var i = 1; i < count; i = i + 1) {
      if (!continues(text[at + i])) { return 1; }
    }
    // Forms that are longer than need be, halves of pairs and what is above 0x10FFFF are none.
    var both = text[at] << 8 | (count == 1 ? 0 : text[at + 1]);
    if (count == 3 && (both < 0xE0A0 || (both >= 0xEDA0 && both < 0xEE00))) { return 1; }
    if (count == 4 && (both < 0xF090 || both >= 0xF490)) { return 1; }
    return count;
  }

  // The code point at a position, which moves behind it.
  function decode(text: string, position: * byte): byte {
    var at = *position;
    var count = whole(text, at);
    *position = at + count;
    if (count == 1) { return text[at]; }
    var code = text[at] & (0x7F >> count);
    for (var i = 1; i < count; i = i + 1) { code = code << 6 | (text[at + i] & 0x3F); }
    return code;
  }

  // The octets of a code point into the first words of `to`: how many. Needs room for 4.
  function encode(code: byte, to: byte[]): byte {
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) { code = REPLACEMENT; }
    if (code < 0x80) {
      to[0] = code;
      return 1;
    }
    var count = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (var i = count - 1; i != 0; i = i - 1) {
      to[i] = 0x80 | (code & 0x3F);
      code = code >> 6;
    }
    to[0] = (0xF00 >> count & 0xFF) | code;
    return count;
  }

  // Whether a text is octets of UTF-8 already.
  function is_octets(text: string): bool {
    var at = 0;
    while (at < len text) {
      var count = text[at] < 0x80 ? 1 : whole(text, at);
      if (count == 1 && text[at] >= 0x80) { return false; }
      at = at + count;
    }
    return true;
  }

  // A text of code points as octets, on the heap; null if there is no memory.
  function encoded(text: string): string {
    var made = new byte[len text * 4];
    if (!made) { return null; }
    var length = 0;
    for (var i = 0; i < len text; i = i + 1) { length = length + encode(text[i], made[length:]); }
    len made = length;
    return made;
  }

  // Columns of a terminal that a character takes: 0 for marks that go over the one before, 2 for wide
  // ones, else 1.
  function width(code: byte): byte {
    if (code < 0x300) { return 1; }
    if (code < 0x370 || (code >= 0x200B && code < 0x2010) || (code >= 0x20D0 && code < 0x2100)
        || (code >= 0xFE00 && code < 0xFE10)) {
      return 0;
    }
    if ((code >= 0x1100 && code < 0x1160) || (code >= 0x2E80 && code < 0xA4D0)
        || (code >= 0xAC00 && code < 0xD7A4) || (code >= 0xF900 && code < 0xFB00)
        || (code >= 0xFE30 && code < 0xFE70) || (code >= 0xFF00 && code < 0xFF61)
        || (code >= 0x1F300 && code < 0x1F650) || (code >= 0x1F680 && code < 0x1FB00)
        || (code >= 0x20000 && code < 0x40000)) {
      return 2;
    }
    return 1;
  }

  // Columns of a whole text.
  function columns(text: string): byte {
    var sum = 0;
    var at = 0;
    while (at < len text) { sum = sum + width(decode(text, &at)); }
    return sum;
  }
}
