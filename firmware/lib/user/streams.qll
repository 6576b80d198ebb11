// streams.qll: files, pipes and the console in large parts: words with four octets, lines, and output that is
// gathered before it is written.
//
// A system call costs as much as some hundred octets, and an octet a word four times the copying of four
// octets a word: what is read or written piece by piece ought to go through here.

namespace os {
  // --- four octets a word ------------------------------------------------------------------------

  // As `read_packed`, from any handle: what can only be read an octet a word is packed here. How many
  // octets came, 0 at the end, or FAILED.
  function read_words(handle: byte, words: byte[]): byte {
    var count = read_packed(handle, <unsafe * byte>words, len words);
    if (count != FAILED) { return count; }
    count = read(handle, words);
    if (count == FAILED) { return FAILED; }
    for (var at = 0; at < count; at = at + 4) {
      var word = 0;
      for (var i = 0; i < 4 && at + i < count; i = i + 1) {
        word = word | (words[at + i] & 0xFF) << i * 8;
      }
      words[at / 4] = word;
    }
    return count;
  }

  // As `write_packed`, to any handle; false if not all of it could be written.
  function write_words(handle: byte, words: byte[], octets: byte): bool {
    var count = write_packed(handle, <unsafe * byte>words, octets);
    if (count != FAILED) { return count == octets; }
    var spread: byte[512];
    for (var done = 0; done < octets; done = done + len spread) {
      var part = std::math::min(octets - done, len spread);
      for (var i = 0; i < part; i = i + 1) {
        spread[i] = words[(done + i) / 4] >> (done + i) % 4 * 8 & 0xFF;
      }
      if (write(handle, spread[:part]) != part) { return false; }
    }
    return true;
  }

  // Copy everything from one handle to another; false if reading or writing fails.
  function pour(from: byte, to: byte): bool {
    var block = new byte[1024];
    var good = !!block;
    while (good) {
      var count = read_words(from, block);
      if (count == 0) { break; }
      good = count != FAILED && write_words(to, block, count);
    }
    delete block;
    return good;
  }

  // --- lines -------------------------------------------------------------------------------------

  // Reads lines from a handle, however long the kernel's answers are. `failed` if it ended so. `block`
  // is what was read and is not used up from `at` on, with room for a word behind it.
  type reader = struct { handle: byte; block: byte[]; at: byte; ended: bool; failed: bool; };

  function make_reader(handle: byte): reader {
    var block = new byte[2049];
    len block = 0;
    return reader { handle = handle, block = block };
  }

  // The next line without its newline, where it was read: it is good until the next call. Null at the
  // end.
  function line_in(r: * reader): string {
    var block = r->block;
    var begin = r->at;
    var end = _newline(block, begin);
    if (end == len block) { return _long_line(r); }
    r->at = end + 1;
    return block[begin:end];
  }

  // The same for a line whose end was not read yet.
  function _long_line(r: * reader): string {
    while (true) {
      var looked = len r->block - r->at;   // at so many octets of the line
      if (!_read_on(r)) {
        if (looked == 0) { return null; }
        r->at = len r->block;
        return r->block[r->at - looked:];
      }
      var end = _newline(r->block, looked);
      if (end != len r->block) {
        r->at = end + 1;
        return r->block[:end];
      }
    }
    return null;
  }

  // The place of the first newline from a place on; the length if there is none. There is room behind the
  // text for one, so that only one question is asked for each octet.
  function _newline(text: byte[], at: byte): byte {
    text[unsafe len text] = '\n';
    while (text[unsafe at] != '\n') { at = at + 1; }
    return at;
  }

  // Read behind what is there, in more room if there is none; false at the end.
  function _read_on(r: * reader): bool {
    if (r->ended) { return false; }
    var rest = r->block[r->at:];
    var room = r->block;
    if (len rest + 1 == cap room) { room = new byte[cap room * 2]; }
    if (!room) {
      r->ended = true;
      r->failed = true;
      return false;
    }
    std::unsafe_copy<byte>(<unsafe * byte>room, <unsafe * byte>rest, len rest);
    if (len rest + 1 == cap r->block) { delete r->block; }
    r->at = 0;
    r->block = room;
    len r->block = len rest;
    var count = read(r->handle, room[len rest:cap room - 1]);
    r->failed = count == FAILED;
    r->ended = count == 0 || r->failed;
    if (!r->ended) { len r->block = len rest + count; }
    return !r->ended;
  }

  // The same in new memory.
  function next_line(r: * reader): string {
    var line = line_in(r);
    if (!line) { return null; }
    return std::str::from_string(line);
  }

  // --- gathered output ---------------------------------------------------------------------------

  global _gathered: byte[] = null;         // octets that were said and not written; null if all is written at once
  global _by_lines: bool = false;
  global _lost: bool = false;

  // From now on what is said is gathered, and written when it is much or at `flush`; to the console, where
  // somebody may wait for it, after each line. The program ends by `finish`.
  function gather(): void {
    _gathered = new byte[1024];
    len _gathered = 0;
    _by_lines = is_console(out) == 1;
  }

  // Write what was gathered.
  function flush(): void {
    if (len _gathered == 0) { return; }
    if (write(out, _gathered) != len _gathered) { _lost = true; }
    len _gathered = 0;
  }

  // The status with which a program ends that gathers its output: 1 instead of 0 if not all of that could be
  // written.
  function finish(status: byte): byte {
    flush();
    return status == 0 && _lost ? 1 : status;
  }

  function _gather(text: string): void {
    if (len text > cap _gathered - len _gathered) { flush(); }
    if (len text > cap _gathered || !_append(text)) {  // it is long, or has characters that are no octets
      flush();
      if (!write_text(out, text)) { _lost = true; }
    } else if (_by_lines && len text != 0 && text[len text - 1] == '\n') {
      flush();
    }
  }

  // False, with nothing done, if this is not ASCII alone.
  function _append(text: string): bool {
    var to = &_gathered[unsafe len _gathered];
    var all = 0;
    for (var i = 0; i < len text; i = i + 1) {
      var c = text[unsafe i];
      to[unsafe i] = c;
      all = all | c;
    }
    if (all >= 0x80) { return false; }
    len _gathered = len _gathered + len text;
    return true;
  }
}
