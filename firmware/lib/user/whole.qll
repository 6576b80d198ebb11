// whole.qll: whole files in memory, and their lines, in memory that the kernel gives and takes back
// when the program ends.

namespace whole {
  .constant global PART: byte = 0x1000;    // words that the kernel is asked for at once
  .constant global MARGIN: byte = 0x4000;  // and what stays for stack, heap and other programs

  global _at: byte = 0;                    // the next free word
  global _end: byte = 0;

  // So many words more, right behind those before; false if there are none.
  function _reserve(count: byte): bool {
    while (_at + count > _end) {
      if (os::free_space(os::FREE_MEMORY) < PART + MARGIN) { return false; }
      var start = os::grow(PART);
      if (start == os::FAILED) { return false; }
      if (_end == 0) { _at = start; }
      _end = start + PART;
      for (var at = start; at < _end; at = at + 0x100) { *<unsafe * byte>at = 0; }  // all of it is there
    }
    return true;
  }

  // Words for a table, zeros; null if there is no room. None at all have an address, too.
  function take(count: byte): * byte {
    if (!_reserve(std::math::max(count, 1))) { return null; }
    _at = _at + count;
    return <unsafe * byte>(_at - count);
  }

  // What was taken since `mark` told a place is free again, and zeros.
  function mark(): byte {
    return _at;
  }

  function release(place: byte): void {
    if (place == 0) { return; }            // nothing had been taken yet
    for (var at = place; at < _at; at = at + 1) { *<unsafe * byte>at = 0; }
    _at = place;
  }

  // All that a directory has, as the kernel tells it. Not all of it is there if it cannot be read, or if
  // memory is short.
  type listing = struct { first: * os::listed; count: byte; is_whole: bool; };

  function list(directory: string): listing {
    var handle = os::open(directory, os::READING);
    var found = listing { is_whole = handle != os::FAILED };
    var begin = _at;
    while (found.is_whole) {
      if (!_reserve(sizeof os::listed)) {
        found.is_whole = false;
        break;
      }
      if (found.count == 0) { begin = _at; }
      if (os::read_directory(handle, <unsafe * byte>_at) != 1) { break; }
      _at = _at + sizeof os::listed;
      found.count = found.count + 1;
    }
    if (handle != os::FAILED) { os::close(handle); }
    found.first = <unsafe * os::listed>begin;
    return found;
  }

  function _slice(start: byte, count: byte): string {
    var words = std::slice<byte> {
      pointer = <unsafe * byte>start, length = count, capacity = count
    };
    return *<* string>&words;
  }

  // All that can be read from a handle, an octet a word; null if it cannot be read or there is no room.
  function read(handle: byte): string {
    if (!_reserve(0x400)) { return null; }
    var start = _at;
    while (true) {
      if (!_reserve(0x400)) { return null; }
      var count = os::read(handle, _slice(_at, 0x400));
      if (count == os::FAILED) { return null; }
      if (count == 0) { return _slice(start, _at - start); }
      _at = _at + count;
    }
    return null;
  }

  // A file, or the input for "-"; null after a complaint of a program.
  function file(program: string, name: string): string {
    var is_input = std::str::equal(name, "-");
    var handle = os::INPUT;
    if (is_input) {
      os::console_mode(os::TEXT);
    } else {
      handle = os::open_to_read(program, name);
      if (handle == os::FAILED) { return null; }
    }
    var text = read(handle);
    if (!is_input) { os::close(handle); }
    if (!text) { os::complain(program, "cannot read, or too large", name); }
    return text;
  }

  // The lines of a text, without newlines; null if there is no room for the list.
  function lines(text: string): string[] {
    var count = 0;
    for (var i = 0; i < len text; i = i + 1) {
      if (text[i] == '\n') { count = count + 1; }
    }
    if (len text != 0 && text[len text - 1] != '\n') { count = count + 1; }
    var list = texts(count);
    var begin = 0;
    for (var i = 0; i < len list; i = i + 1) {
      var end = begin;
      while (end < len text && text[end] != '\n') { end = end + 1; }
      list[i] = text[begin:end];
      begin = end + 1;
    }
    return list;
  }

  // Put texts in order, with another list of as many for the work: runs that are in order, each twice
  // as long as before, are put together until there is one. Which of the two lists has them then.
  function sort(list: string[], other: string[], comes_later: (string, string) => bool): string[] {
    for (var run = 1; run < len list; run = run * 2) {
      for (var begin = 0; begin < len list; begin = begin + run * 2) {
        _merge(list, other, begin, run, comes_later);
      }
      var kept = list;
      list = other;
      other = kept;
    }
    return list;
  }

  function _merge(list: string[], other: string[], begin: byte, run: byte,
                  comes_later: (string, string) => bool): void {
    var middle = std::math::min(begin + run, len list);
    var end = std::math::min(begin + run * 2, len list);
    var left = begin;
    var right = middle;
    for (var at = begin; at < end; at = at + 1) {
      var takes_right = left == middle;
      if (left < middle && right < end) { takes_right = comes_later(list[left], list[right]); }
      other[at] = takes_right ? list[right] : list[left];
      if (takes_right) { right = right + 1; } else { left = left + 1; }
    }
  }

  // A text, with the four octets behind what all texts begin with as a number: most texts need no more
  // to be compared.
  type _keyed = struct { key: byte; text: string; };

  // Put texts in order by their octets. False, with nothing changed, if there is no room for the work.
  function sort_names(list: string[]): bool {
    var keyed = <unsafe * _keyed>take(len list * sizeof _keyed);
    var order = <unsafe * * _keyed>take(len list);
    var other = <unsafe * * _keyed>take(len list);
    if (keyed == null || order == null || other == null) { return false; }
    var same = _same_octets(list);
    for (var i = 0; i < len list; i = i + 1) {
      keyed[unsafe i] = _keyed { key = _key(list[i], same), text = list[i] };
      order[unsafe i] = &keyed[unsafe i];
    }
    for (var run = 1; run < len list; run = run * 2) {
      for (var begin = 0; begin < len list; begin = begin + run * 2) {
        var middle = std::math::min(begin + run, len list);
        _merge_names(order, other, begin, middle, std::math::min(middle + run, len list));
      }
      var kept = order;
      order = other;
      other = kept;
    }
    for (var i = 0; i < len list; i = i + 1) { list[i] = order[unsafe i]->text; }
    return true;
  }

  // How many octets all texts begin with.
  function _same_octets(list: string[]): byte {
    var same = len list == 0 ? 0 : len list[0];
    for (var i = 1; i < len list; i = i + 1) {
      var most = std::math::min(same, len list[i]);
      same = 0;
      while (same < most && list[0][same] == list[i][same]) { same = same + 1; }
    }
    return same;
  }

  // Four octets from a position on, the first one as the highest; zeros behind the end.
  function _key(text: string, from: byte): byte {
    var key = 0;
    for (var i = from; i < from + 4; i = i + 1) { key = key << 8 | (i < len text ? text[i] : 0); }
    return key;
  }

  function _merge_names(list: * * _keyed, other: * * _keyed, left: byte, middle: byte, end: byte): void {
    var right = middle;
    for (var at = left; at < end; at = at + 1) {
      var takes_right = left == middle
          || (right < end && _comes_later(list[unsafe left], list[unsafe right]));
      other[unsafe at] = takes_right ? list[unsafe right] : list[unsafe left];
      if (takes_right) { right = right + 1; } else { left = left + 1; }
    }
  }

  function _comes_later(a: * _keyed, b: * _keyed): bool {
    return a->key == b->key ? comes_later(a->text, b->text) : a->key > b->key;
  }

  // How two texts are ordered, by their octets: 0 if they are equal, 1 if the first comes later, else 2.
  function compare(a: string, b: string): byte {
    for (var i = 0; i < len a && i < len b; i = i + 1) {
      if (a[i] != b[i]) { return a[i] > b[i] ? 1 : 2; }
    }
    return len a == len b ? 0 : len a > len b ? 1 : 2;
  }

  function comes_later(a: string, b: string): bool {
    return compare(a, b) == 1;
  }

  // A list of so many empty texts; null if there is no room.
  function texts(count: byte): string[] {
    var start = take(count * sizeof string);
    if (start == null) { return null; }
    var words = std::slice<string> {
      pointer = <unsafe * string>start, length = count, capacity = count
    };
    return *<* string[]>&words;
  }
}
