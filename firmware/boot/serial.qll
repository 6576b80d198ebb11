// serial.qll: a program from the serial line; fpga/flash.py is the other side.
//
// All numbers are words, the lowest octet first. The host calls with ENQ until the loader answers with
// a greeting. A frame is SOH, then kind + 256 * count, an address, `count` words, and the CRC-32 of all
// of these words. A frame's words are taken only if its sum is right, and every frame says where they
// belong, so that the host may send frames again, and several before the first is answered.

namespace serial {
  .constant global SOH: byte = 0x01;
  .constant global ENQ: byte = 0x05;
  .constant global ACK: byte = 0x06;   // and the frame's address
  .constant global NAK: byte = 0x15;   // a frame is lost: send again what was not acknowledged
  .constant global CAN: byte = 0x18;   // the frame cannot be obeyed

  .constant global WRITE: byte = 1;    // words to an address
  .constant global START: byte = 2;    // two words: size and CRC-32 of the program, in words
  .constant global MOST: byte = 128;   // words of a frame
  .constant global OCTET_MS: byte = 200;
  .constant global SESSION_MS: byte = 5000;

  global called: bool = false;
  global failed: bool = false;         // an octet did not come in time
  global sum: byte = 0;

  // The next octet that was received, or -1; remembers a call.
  function poll(): byte {
    var octet = line::take();
    if (octet == ENQ) { called = true; }
    return octet;
  }

  function is_called(): bool {
    while (!called && poll() != -1) { }
    return called;
  }

  // Wait for a program; its size in words, or 0 to look at the card again.
  function load(): byte {
    if (!called) {
      *boot::light = boot::SERIAL + (*boot::light & 16);
      line::say(&text::WAITING);
    }
    var total = card::device->total;
    while (!called) {
      if (poll() == '\r' || card::device->total != total) { return 0; }
    }
    called = false;
    *boot::light = boot::SERIAL;
    var words = session();
    if (!words) {
      line::say(&text::HOST_GONE);
      boot::clear(<unsafe * byte>machine::PROGRAM, <unsafe * byte>board::BUFFERS);
    }
    return words;
  }

  function session(): byte {
    greet();
    while (true) {
      var octet = next(SESSION_MS);
      if (failed) { return 0; }
      if (octet == ENQ) { greet(); }
      if (octet == SOH) {
        var words = frame();
        if (words) { return words; }
      }
    }
    return 0;
  }

  function greet(): void { line::say(&text::GREETING); }

  // Receive and obey a frame: the size of the program if it is to be started, else 0.
  function frame(): byte {
    failed = false;
    sum = -1;
    var head = word();
    var at = word();
    var count = head >> 8;
    if (count > MOST) { failed = true; }
    var words = <unsafe * byte>board::SECTOR;
    for (var i = 0; i < count && !failed; i = i + 1) { words[unsafe i] = word(); }
    var expected = -1 - sum;
    if (word() != expected || failed) {
      lost();
      return 0;
    }
    var size = obey(head & 0xFF, at, count);
    line::put(size == -1 ? CAN : ACK);
    for (var shift = 0; shift < 32; shift = shift + 8) { line::put(at >> shift & 0xFF); }
    return size == -1 ? 0 : size;
  }

  // What `frame` returns for a frame that is whole, or -1 if it cannot be obeyed.
  function obey(kind: byte, at: byte, count: byte): byte {
    var words = <unsafe * byte>board::SECTOR;
    if (kind == START && is_inside(machine::PROGRAM, words[unsafe 0])) {
      return total_sum(words[unsafe 0]) == words[unsafe 1] ? words[unsafe 0] : -1;
    }
    if (kind != WRITE || !is_inside(at, count)) { return -1; }
    var to = <unsafe * byte>at;
    for (var i = 0; i < count; i = i + 1) { to[unsafe i] = words[unsafe i]; }
    return 0;
  }

  function is_inside(at: byte, count: byte): bool {
    return count != 0 && at >= machine::PROGRAM && at < board::BUFFERS && count <= board::BUFFERS - at;
  }

  function total_sum(words: byte): byte {
    var total = -1;
    for (var i = 0; i < words; i = i + 1) {
      total = boot::crc(total, *(<unsafe * byte>(machine::PROGRAM + i)), 4);
    }
    return -1 - total;
  }

  // Something was lost: wait until the line is quiet, then ask for it again.
  function lost(): void {
    failed = false;
    while (!failed) { next(20); }
    failed = false;
    line::put(NAK);
  }

  function word(): byte {
    var value = 0;
    for (var shift = 0; shift < 32; shift = shift + 8) { value = value | next(OCTET_MS) << shift; }
    sum = boot::crc(sum, value, 4);
    return value;
  }

  // The next octet; 0 and `failed` if none comes in time.
  function next(patience_ms: byte): byte {
    if (failed) { return 0; }
    var started = boot::now();
    while (true) {
      var octet = line::take();
      if (octet != -1) { return octet; }
      if (boot::now() - started > patience_ms) {
        failed = true;
        return 0;
      }
    }
    return 0;
  }
}
