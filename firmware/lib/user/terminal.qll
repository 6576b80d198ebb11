// terminal.qll: keys as a person presses them, from a console that gives single octets.
//
// A key is a control octet, a character of one to four octets, or an escape with what follows it. How
// large the terminal is, it tells when it is asked: the answer arrives among the keys.

namespace terminal {
  .constant global ESCAPE: byte = 27;
  .constant global PATIENCE_MS: byte = 50; // within that time what follows an escape belongs to it
  .constant global STEP_MS: byte = 10;     // between looks whether something does
  .constant global NONE: byte = 0xFFFFFFFF;

  // Kinds of keys.
  .constant global END: byte = 0;          // the input is over
  .constant global CONTROL: byte = 1;      // one octet below the blank, or delete
  .constant global CHARACTER: byte = 2;
  .constant global SEQUENCE: byte = 3;     // what follows an escape, or nothing for an escape alone
  .constant global BROKEN: byte = 4;       // octets that make no character

  global columns: byte = 80;               // of the terminal, until it tells
  global rows: byte = 24;

  global _octets: byte[32] = [0; 32];
  global _count: byte = 0;
  global _waiting: byte = NONE;            // an octet that was read too early

  // Wait for a key: its kind. `octets` has what it is made of.
  function read_key(): byte {
    var octet = _next();
    _count = 0;
    if (octet == NONE) { return END; }
    if (octet == ESCAPE) { return _take_escape(); }
    _add(octet);
    if (octet < ' ' || octet == os::DELETE) { return CONTROL; }
    while (_count < std::utf8::length(octet)) {
      var more = _next();
      if (!std::utf8::continues(more)) {
        _waiting = more;
        return BROKEN;
      }
      _add(more);
    }
    return std::utf8::is_octets(octets()) ? CHARACTER : BROKEN;
  }

  // Of the key that was read last.
  function octets(): string {
    return _octets[:_count];
  }

  function _add(octet: byte): void {
    _octets[_count] = octet;
    if (_count + 1 < len _octets) { _count = _count + 1; }  // of a long sequence the end is what counts
  }

  function _next(): byte {
    var one: byte[1];
    if (_waiting != NONE) {
      one[0] = _waiting;
      _waiting = NONE;
      return one[0];
    }
    return os::read(os::INPUT, one) == 1 ? one[0] : NONE;
  }

  // A sequence ends at a letter or '~', or is one octet.
  function _take_escape(): byte {
    var since = os::clock();
    while (os::typed(os::INPUT) == 0) {
      if (os::clock() - since > PATIENCE_MS) { return SEQUENCE; }
      os::sleep(STEP_MS);
    }
    var octet = _next();
    if (octet == ESCAPE || octet == NONE) {
      _waiting = octet;
      return SEQUENCE;
    }
    _add(octet);
    if (octet == 'O') {
      _add(_next());
    } else if (octet == '[') {
      _take_parameters();
    }
    return SEQUENCE;
  }

  function _take_parameters(): void {
    while (true) {
      var octet = _next();
      if (octet == NONE) { return; }
      _add(octet);
      // The function keys of one terminal send a second '[', and a letter behind it.
      if (octet == '[' && _count == 2) {
        _add(_next());
        return;
      }
      if (octet < ' ' || octet >= '@') { return; }
    }
  }

  // What asks a terminal for its size: the cursor goes to the far corner for that, and comes back.
  function question(): string {
    return "\x1b7\x1b[999;999H\x1b[6n\x1b8";
  }

  // Whether a sequence is the terminal's answer, as in "[24;80R"; it is noted then.
  function take_size(sequence: string): bool {
    if (len sequence < 2 || sequence[0] != '[' || sequence[len sequence - 1] != 'R') { return false; }
    var numbers = sequence[1:len sequence - 1];
    var semicolon = std::str::index_of(numbers, ';');
    if (semicolon == NONE) { return true; }
    var height = os::number_of(numbers[:semicolon]);
    var width = os::number_of(numbers[semicolon + 1:]);
    if (height != os::FAILED && height > 1) { rows = height; }
    if (width != os::FAILED && width > 1) { columns = width; }
    return true;
  }
}
