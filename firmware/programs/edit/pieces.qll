// pieces.qll: texts of any length, as pieces of memory with up to 512 octets each, one a word.
//
// Owns:        `unused`, the pieces that no text has.
// Invariants:  no piece of a text is empty. `index`, `begin`, `words` and `count` of a text are about one
//              of its pieces, the one used last, so that a walk through a text seldom looks for its place.
// Memory:      taken from the kernel in batches and touched at once: what is there cannot be missing
//              later. What changes a text first makes sure that there is enough, or changes nothing.

namespace pieces {
  .constant global PIECE: byte = 512;        // small enough that a key moves few octets
  .constant global BATCH: byte = 16;         // pieces
  .constant global MARGIN: byte = 0x6000;    // words that stay for stack, heap and other programs
  .constant global NONE: byte = 0xFFFFFFFF;

  type piece = struct { words: * byte; count: byte; };

  type text = struct {
    all: piece[];
    length: byte;                            // octets
    index: byte; begin: byte;                // the piece used last, and where in the text it begins
    words: * byte; count: byte;
  };

  global unused: * byte = null;              // the first word of each leads to the next
  global unused_count: byte = 0;

  function make(): text {
    return text { all = std::vector::create<piece>(16) };
  }

  // --- memory ------------------------------------------------------------------------------------

  // Make sure that so many pieces are unused; false if there is not so much memory.
  function reserve(count: byte): bool {
    while (unused_count < count) {
      if (os::free_space(os::FREE_MEMORY) < BATCH * PIECE + MARGIN) { return false; }
      var start = os::grow(BATCH * PIECE);
      if (start == os::FAILED) { return false; }
      for (var i = 0; i < BATCH; i = i + 1) { give(<unsafe * byte>(start + i * PIECE)); }
    }
    return true;
  }

  function give(words: * byte): void {
    *words = <unsafe byte>unused;
    unused = words;
    unused_count = unused_count + 1;
  }

  // Needs one that was reserved.
  function take(): * byte {
    var taken = unused;
    unused = <unsafe * byte>*taken;
    unused_count = unused_count - 1;
    return taken;
  }

  // Whether a text of so many octets can be held, with some room to work on it.
  function fits(octets: byte): bool {
    return octets + octets / 8 + BATCH * PIECE + MARGIN <= os::free_space(os::FREE_MEMORY)
           && octets < 0x20000000;
  }

  // Room in a text's list for more pieces; false if there is none.
  function reserve_places(t: * text, more: byte): bool {
    var old = t->all;
    if (len old + more <= cap old) { return true; }
    var bigger = new piece[(len old + more) * 2];
    if (!bigger) { return false; }
    for (var i = 0; i < len old; i = i + 1) { bigger[i] = old[i]; }
    len bigger = len old;
    t->all = bigger;
    delete old;
    return true;
  }

  // --- places ------------------------------------------------------------------------------------

  function enter(t: * text, index: byte, begin: byte): void {
    t->index = index;
    t->begin = begin;
    t->words = null;
    t->count = 0;
    if (index < len t->all) {
      t->words = t->all[index].words;
      t->count = t->all[index].count;
    }
  }

  // Go to the piece that holds an octet, for the end of the text to the last one; where in it that is.
  function seek(t: * text, at: byte): byte {
    if (at - t->begin < t->count) { return at - t->begin; }
    var index = t->index;
    var begin = t->begin;
    if (at < begin / 2) {
      index = 0;
      begin = 0;
    }
    while (at < begin) {
      index = index - 1;
      begin = begin - t->all[index].count;
    }
    while (index + 1 < len t->all && at >= begin + t->all[index].count) {
      begin = begin + t->all[index].count;
      index = index + 1;
    }
    enter(t, index, begin);
    return at - begin;
  }

  // An octet below the length.
  function octet(t: * text, at: byte): byte {
    if (at - t->begin >= t->count) { seek(t, at); }
    return t->words[unsafe at - t->begin];
  }

  // Where the first octet of this kind is, from a place on; the length if there is none.
  function find(t: * text, from: byte, wanted: byte): byte {
    var at = from;
    while (at < t->length) {
      var inside = seek(t, at);
      var words = t->words;
      var count = t->count;
      while (inside < count && words[unsafe inside] != wanted) { inside = inside + 1; }
      if (inside < count) { return t->begin + inside; }
      at = t->begin + count;
    }
    return t->length;
  }

  // Where the last octet of this kind in front of a place is, or NONE.
  function find_back(t: * text, from: byte, wanted: byte): byte {
    var at = from;
    while (at != 0) {
      var inside = seek(t, at - 1) + 1;
      var words = t->words;
      while (inside != 0 && words[unsafe inside - 1] != wanted) { inside = inside - 1; }
      if (inside != 0) { return t->begin + inside - 1; }
      at = t->begin;
    }
    return NONE;
  }

  // How many octets of this kind are between two places.
  function count_of(t: * text, from: byte, to: byte, wanted: byte): byte {
    var sum = 0;
    var at = find(t, from, wanted);
    while (at < to) {
      sum = sum + 1;
      at = find(t, at + 1, wanted);
    }
    return sum;
  }

  // Octets from a place on, as many as there are and fit; how many.
  function fetch(t: * text, at: byte, to: byte[]): byte {
    var count = std::math::min(len to, t->length - at);
    for (var i = 0; i < count; i = i + 1) { to[i] = octet(t, at + i); }
    return count;
  }

  // Whether a text has these octets at a place.
  function has(t: * text, at: byte, octets: byte[]): bool {
    if (len octets > t->length - at) { return false; }
    for (var i = 0; i < len octets; i = i + 1) {
      if (octet(t, at + i) != octets[i]) { return false; }
    }
    return true;
  }

  // --- changes -----------------------------------------------------------------------------------

  // False, and nothing changed, if memory is short.
  function insert(t: * text, at: byte, octets: byte[]): bool {
    var more = (len octets + PIECE - 1) / PIECE + 1;
    if (!reserve(more) || !reserve_places(t, more)) { return false; }
    if (len octets == 0) { return true; }
    var inside = seek(t, at);
    // Between two pieces the first one is added to: it is the one that was typed into.
    if (inside == 0 && t->index != 0 && t->all[t->index - 1].count + len octets <= PIECE) {
      enter(t, t->index - 1, t->begin - t->all[t->index - 1].count);
      inside = t->count;
    }
    if (t->count != 0 && t->count + len octets <= PIECE) {
      widen(t, inside, octets);
    } else {
      put_pieces(t, divide(t, inside), octets);
    }
    t->length = t->length + len octets;
    return true;
  }

  // Put octets into the piece that is there, which has the room.
  function widen(t: * text, inside: byte, octets: byte[]): void {
    var words = t->words;
    var count = len octets;
    for (var i = t->count; i != inside; i = i - 1) { words[unsafe i - 1 + count] = words[unsafe i - 1]; }
    for (var i = 0; i < count; i = i + 1) { words[unsafe inside + i] = octets[i]; }
    t->count = t->count + count;
    t->all[t->index].count = t->count;
  }

  // Let a piece begin here: its index, which may be one past the last.
  function divide(t: * text, inside: byte): byte {
    if (inside == 0) { return t->index; }
    if (inside == t->count) { return t->index + 1; }
    var behind = piece { words = take(), count = t->count - inside };
    for (var i = 0; i < behind.count; i = i + 1) {
      behind.words[unsafe i] = t->words[unsafe inside + i];
    }
    t->all[t->index].count = inside;
    t->count = inside;
    make_places(t, t->index + 1, 1);
    t->all[t->index + 1] = behind;
    return t->index + 1;
  }

  function make_places(t: * text, index: byte, more: byte): void {
    var old = len t->all;
    len t->all = old + more;
    for (var i = old; i != index; i = i - 1) { t->all[i - 1 + more] = t->all[i - 1]; }
  }

  // New pieces in front of the one with this index.
  function put_pieces(t: * text, index: byte, octets: byte[]): void {
    var more = (len octets + PIECE - 1) / PIECE;
    make_places(t, index, more);
    for (var i = 0; i < more; i = i + 1) {
      var part = octets[i * PIECE:std::math::min(len octets, i * PIECE + PIECE)];
      var made = piece { words = take(), count = len part };
      for (var j = 0; j < len part; j = j + 1) { made.words[unsafe j] = part[j]; }
      t->all[index + i] = made;
    }
    if (index <= t->index) { enter(t, 0, 0); }
  }

  function remove(t: * text, at: byte, count: byte): void {
    while (count != 0) {
      var inside = seek(t, at);
      var part = std::math::min(count, t->count - inside);
      if (part == t->count) {
        part = drop(t, count);
      } else {
        close_up(t, inside, part);
      }
      t->length = t->length - part;
      count = count - part;
    }
    join(t, at);
  }

  function close_up(t: * text, inside: byte, count: byte): void {
    var words = t->words;
    for (var i = inside + count; i < t->count; i = i + 1) { words[unsafe i - count] = words[unsafe i]; }
    t->count = t->count - count;
    t->all[t->index].count = t->count;
  }

  // Drop the piece that is there and those behind it that are within so many octets; how many they had.
  function drop(t: * text, most: byte): byte {
    var first = t->index;
    var behind = first;
    var gone = 0;
    while (behind < len t->all && gone + t->all[behind].count <= most) {
      gone = gone + t->all[behind].count;
      give(t->all[behind].words);
      behind = behind + 1;
    }
    for (var i = behind; i < len t->all; i = i + 1) { t->all[first + i - behind] = t->all[i]; }
    len t->all = len t->all - (behind - first);
    enter(t, 0, 0);
    return gone;
  }

  // Make one piece of two small ones.
  function join(t: * text, at: byte): void {
    seek(t, at);
    var index = t->index;
    if (index + 1 >= len t->all || t->count + t->all[index + 1].count > PIECE / 2) { return; }
    var behind = t->all[index + 1];
    for (var i = 0; i < behind.count; i = i + 1) {
      t->words[unsafe t->count + i] = behind.words[unsafe i];
    }
    t->count = t->count + behind.count;
    t->all[index].count = t->count;
    give(behind.words);
    std::vector::remove(&t->all, index + 1);
  }

  // Copy a part of one text into another; false, and nothing changed, if memory is short.
  function copy(to: * text, at: byte, from: * text, start: byte, count: byte): bool {
    var block: byte[PIECE];
    var pieces = (count + PIECE - 1) / PIECE * 2 + 2;
    if (!reserve(pieces) || !reserve_places(to, pieces)) { return false; }
    var done = 0;
    while (done < count) {
      var part = fetch(from, start + done, block[:std::math::min(PIECE, count - done)]);
      insert(to, at + done, block[:part]);
      done = done + part;
    }
    return true;
  }

  function clear(t: * text): void {
    remove(t, 0, t->length);
  }
}
