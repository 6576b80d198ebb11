// output.qll: the text on its way out, in blocks.

namespace output {
  .constant global ROOM: byte = 4096;

  global block: byte[] = null;
  global count: byte = 0;
  global handle: byte = os::OUTPUT;
  global is_good: bool = true;

  // Let it go to a file; false if that cannot be.
  function open(name: string): bool {
    handle = os::open(name, os::WRITING);
    return handle != os::FAILED;
  }

  function flush(): void {
    if (count != 0 && is_good) { is_good = os::write(handle, block[:count]) == count; }
    count = 0;
  }

  // False if not all of it could be written.
  function close(): bool {
    flush();
    if (handle != os::OUTPUT) { is_good = os::close(handle) == 0 && is_good; }
    return is_good;
  }

  function put(c: byte): void {
    if (!block) { block = new byte[ROOM]; }
    if (count == len block) { flush(); }
    block[count] = c;
    count = count + 1;
  }

  function say(text: string): void {
    for (var i = 0; i < len text; i = i + 1) { put(text[i]); }
  }

  // With so many digits at least.
  function say_hexadecimal(number: byte, least: byte): void {
    var digits = 8;
    while (digits > least && number >> (4 * digits - 4) == 0) { digits = digits - 1; }
    for (var i = digits; i != 0; i = i - 1) {
      var digit = number >> (4 * i - 4) & 0xF;
      put(digit < 10 ? '0' + digit : 'a' + digit - 10);
    }
  }

  function say_decimal(number: byte): void {
    var digits: byte[12];
    say(std::str::utoa(number, digits, 10));
  }
}
