// hints.qll: which name somebody may have meant.
//
// Two names are as alike as the octets in common pieces are many: the longest common piece, then the
// longest ones on both sides of it, and so on, twice over, divided by the lengths of both. That is the
// measure of the host's assembler (Python's difflib), whose hints these are.

namespace hints {
  .constant global LONG: byte = 200;       // in a name of that length octets that are frequent do not count

  // Likeness as a fraction.
  type ratio = struct { top: byte; bottom: byte; };

  global wanted: string = null;            // the name that was written
  global is_frequent: bool[256] = [0; 256];
  global counts: byte[256] = [0; 256];
  global lengths: byte[] = null;           // of the common pieces that end at each octet of `wanted`

  global best: string = null;              // so far, null for none
  global best_ratio: ratio = ratio { };

  // Look for what is like this.
  function begin(text: string): void {
    wanted = text;
    best = null;
    best_ratio = ratio { top = 0, bottom = 1 };
    for (var i = 0; i < 256; i = i + 1) { counts[i] = 0; }
    for (var i = 0; i < len text; i = i + 1) { counts[text[i]] = counts[text[i]] + 1; }
    for (var i = 0; i < 256; i = i + 1) {
      is_frequent[i] = len text >= LONG && counts[i] > len text / 100 + 1;
    }
    delete lengths;
    lengths = new byte[len text + 2];
  }

  // How alike a name is, at least `least` hundredths, and at least as alike as the best one; a top of 0
  // if it is not.
  function likeness(name: string, least: byte): ratio {
    var r = ratio { top = 2 * std::math::min(len name, len wanted), bottom = len name + len wanted };
    if (!is_enough(r, least)) { return ratio { top = 0, bottom = 1 }; }
    r.top = 2 * common_octets(name);
    if (!is_enough(r, least)) { return ratio { top = 0, bottom = 1 }; }
    r.top = 2 * alike(name, 0, len name, 0, len wanted);
    if (!is_enough(r, least)) { return ratio { top = 0, bottom = 1 }; }
    return r;
  }

  function is_enough(r: ratio, least: byte): bool {
    return r.top * 100 >= least * r.bottom && r.top * best_ratio.bottom >= best_ratio.top * r.bottom;
  }

  function is_better(r: ratio): bool {
    return r.top * best_ratio.bottom > best_ratio.top * r.bottom;
  }

  // How many octets two names have in common, wherever they stand.
  function common_octets(name: string): byte {
    var sum = 0;
    for (var i = 0; i < len name; i = i + 1) {
      var left = counts[name[i]];
      if (left != 0) {
        counts[name[i]] = left - 1;
        sum = sum + 1;
      }
    }
    for (var i = 0; i < len name; i = i + 1) { counts[name[i]] = 0; }
    for (var i = 0; i < len wanted; i = i + 1) { counts[wanted[i]] = 0; }
    for (var i = 0; i < len wanted; i = i + 1) { counts[wanted[i]] = counts[wanted[i]] + 1; }
    return sum;
  }

  // Octets in common pieces of two ranges.
  function alike(name: string, a: byte, a_end: byte, b: byte, b_end: byte): byte {
    if (a >= a_end || b >= b_end) { return 0; }
    var at_a = a;
    var at_b = b;
    var size = longest(name, a, a_end, b, b_end, &at_a, &at_b);
    while (at_a > a && at_b > b && name[at_a - 1] == wanted[at_b - 1]) {
      at_a = at_a - 1;
      at_b = at_b - 1;
      size = size + 1;
    }
    while (at_a + size < a_end && at_b + size < b_end && name[at_a + size] == wanted[at_b + size]) {
      size = size + 1;
    }
    if (size == 0) { return 0; }
    return size + alike(name, a, at_a, b, at_b)
                + alike(name, at_a + size, a_end, at_b + size, b_end);
  }

  // The longest common piece, of those the first one: its length, and where it begins.
  function longest(name: string, a: byte, a_end: byte, b: byte, b_end: byte,
                   at_a: * byte, at_b: * byte): byte {
    var size = 0;
    for (var j = b; j <= b_end; j = j + 1) { lengths[j] = 0; }
    for (var i = a; i < a_end; i = i + 1) {
      var before = 0;                      // what `lengths` said of the octet in front
      for (var j = b; j < b_end; j = j + 1) {
        var old = lengths[j];
        var now = name[i] == wanted[j] && !is_frequent[wanted[j]] ? before + 1 : 0;
        lengths[j] = now;
        before = old;
        if (now > size) {
          size = now;
          *at_a = i + 1 - now;
          *at_b = j + 1 - now;
        }
      }
    }
    return size;
  }

  function is_greater(a: string, b: string): bool {
    for (var i = 0; i < len a && i < len b; i = i + 1) {
      if (a[i] != b[i]) { return a[i] > b[i]; }
    }
    return len a > len b;
  }

  // Take a name for the best if it is more alike, or as alike and greater.
  function offer(name: string, least: byte): void {
    var r = likeness(name, least);
    if (r.top == 0) { return; }
    if (is_better(r) || !best || is_greater(name, best)) {
      best = name;
      best_ratio = r;
    }
  }

  // The name in a table that is most alike, or null.
  function in_table(t: * table::table, text: string, least: byte): string {
    begin(text);
    for (var i = 0; i < table::count(t); i = i + 1) {
      var e = table::at(t, i);
      if (e->length != 0) { offer(memory::part(e->name, e->length), least); }
    }
    return best;
  }

  // --- keywords ----------------------------------------------------------------------------------

  .constant global MOST: byte = 5;         // keywords that are looked at more closely

  // Of the keywords that are most alike the one that begins alike: 'ad' is 'add' rather than 'and'.
  function keyword_like(text: string): string {
    var found = std::vector::create<string>(8);
    begin(text);
    for (var i = 0; i < keyword_count(); i = i + 1) {
      var word = keyword(i);
      var r = likeness(word, 50);
      if (r.top != 0) {
        if (is_better(r)) {
          len found = 0;
          best_ratio = r;
        }
        insert(&found, word);
      }
    }
    var chosen: string = null;
    var most = 0;
    for (var i = 0; i < len found && i < MOST; i = i + 1) {
      var same = common_prefix(found[i], text);
      if (!chosen || same > most) {
        chosen = found[i];
        most = same;
      }
    }
    delete found;
    return chosen;
  }

  // Keep words in falling order.
  function insert(words: * string[], word: string): void {
    std::vector::add(words, word);
    for (var i = len *words - 1; i != 0 && is_greater(word, (*words)[i - 1]); i = i - 1) {
      (*words)[i] = (*words)[i - 1];
      (*words)[i - 1] = word;
    }
  }

  function common_prefix(a: string, b: string): byte {
    var count = 0;
    while (count < len a && count < len b && a[count] == b[count]) { count = count + 1; }
    return count;
  }

  // The longest keyword that a word runs together with its first operand, as in "movr1", or null.
  function run_together(text: string): string {
    var longest: string = null;
    for (var i = 0; i < keyword_count(); i = i + 1) {
      var word = keyword(i);
      if (std::str::starts_with(text, word) && begins_operand(text[len word:])
          && (!longest || len word > len longest)) {
        longest = word;
      }
    }
    return longest;
  }

  function begins_operand(text: string): bool {
    return len text > 1 && ((text[0] == 'r' && tokens::is_digit(text[1]))
                            || (text[0] == 'i' && text[1] == 'p'));
  }
}
