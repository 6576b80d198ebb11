// console.qll: the person's terminal, over the serial line or, without one, the console peripherals.
//
// Owns:        `typed`, octets that arrived; `line`, the line being edited or read.
// Invariants:  octets wait in `typed` untouched until somebody reads: only then is it known whether
//              they are to be edited, and echoed. Ctrl-C alone acts at once.
// Interrupts:  call masked.
// Sleeps:      a read blocks until there is input.

namespace console {
  .constant global CONTROL_C: byte = 3;
  .constant global CONTROL_D: byte = 4;
  .constant global BACKSPACE: byte = 8;
  .constant global CONTROL_U: byte = 21;
  .constant global DELETE: byte = 127;

  global typed: byte[limits::TYPED] = [0; limits::TYPED];
  global typed_from: byte = 0;
  global typed_count: byte = 0;

  global line: byte[limits::LINE] = [0; limits::LINE];
  global line_from: byte = 0;
  global line_length: byte = 0;
  global line_done: bool = false;        // it may be read
  global asked: bool = false;            // the console input device is collecting a line
  global ended: bool = false;            // and has reported the end of its input

  // --- output ------------------------------------------------------------------------------------

  function send(octet: byte): void {
    while (peripherals::serial->transmit == 1) { }
    peripherals::serial->transmit = octet;
  }

  // A code point above an octet goes out as UTF-8; octets go out as they are.
  function send_code(code: byte): void {
    if (code == '\n') { send('\r'); }
    if (code < 0x100) {
      send(code);
    } else if (code < 0x800) {
      send(0xC0 | code >> 6);
      send(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      send(0xE0 | code >> 12);
      send(0x80 | (code >> 6 & 0x3F));
      send(0x80 | (code & 0x3F));
    } else {
      send(0xF0 | (code >> 18 & 7));
      send(0x80 | (code >> 12 & 0x3F));
      send(0x80 | (code >> 6 & 0x3F));
      send(0x80 | (code & 0x3F));
    }
  }

  function write(words: * byte, count: byte): void {
    if (peripherals::serial != null) {
      for (var i = 0; i < count; i = i + 1) { send_code(words[unsafe i]); }
    } else if (peripherals::console_output != null) {
      write_device(words, count);
    }
  }

  function write_device(words: * byte, count: byte): void {
    var device = peripherals::console_output;
    var done = 0;
    while (done < count) {
      var part = std::math::min(count - done, device->capacity);
      support::copy(&device->data[0], &words[unsafe done], part);
      device->size = part;
      device->control = machine::BUFFERED_WRITE;
      while (device->control == machine::BUFFERED_PENDING) { }
      done = done + part;
    }
  }

  function write_text(text: string): void {
    write(<unsafe * byte>text, len text);
  }

  // --- input, as it arrives ----------------------------------------------------------------------

  // Take what has arrived. Called by the serial interrupt and, in case one was missed, each tick.
  function poll(): void {
    var device = peripherals::serial;
    if (device == null) {
      poll_device();
      return;
    }
    while ((device->received & machine::SERIAL_THERE) != 0) {
      var octet = device->received & machine::SERIAL_OCTET;
      // A full ring leaves octets with the device, but ctrl-C must get through.
      if (typed_count == limits::TYPED && (octet != CONTROL_C || !has_foreground())) { return; }
      device->acknowledge = 1;
      arrive(octet);
    }
  }

  function arrive(octet: byte): void {
    if (octet == CONTROL_C && has_foreground()) {
      typed_count = 0;
      interrupt();
      return;
    }
    typed[(typed_from + typed_count) % limits::TYPED] = octet;
    typed_count = typed_count + 1;
    scheduler::wake(scheduler::CONSOLE, 0);
  }

  // Ctrl-C: the line is dropped, and what runs in front ends, perhaps the current process.
  function interrupt(): void {
    line_length = 0;
    line_done = false;
    write_text("^C\n");
    process::end_foreground();
  }

  function has_foreground(): bool {
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->foreground) { return true; }
    }
    return false;
  }

  // The console input device gives a whole line at a time.
  function poll_device(): void {
    var device = peripherals::console_input;
    if (!asked || device->control == machine::BUFFERED_PENDING) { return; }
    ended = device->control != machine::BUFFERED_READY;
    var part = ended ? 0 : device->size;
    for (var i = 0; i < part && line_length < limits::LINE - 1; i = i + 1) {
      line[line_length] = device->data[i];
      line_length = line_length + 1;
    }
    if (part == device->capacity) {  // there may be more of this line
      device->size = machine::READ_REST;
      device->control = machine::BUFFERED_READ;
      return;
    }
    asked = false;
    line_done = true;
    if (!ended) {
      line[line_length] = '\n';
      line_length = line_length + 1;
    }
    scheduler::wake(scheduler::CONSOLE, 0);
  }

  // --- reading -----------------------------------------------------------------------------------

  function take(): byte {
    var octet = typed[typed_from];
    typed_from = (typed_from + 1) % limits::TYPED;
    typed_count = typed_count - 1;
    return octet;
  }

  function erase(): void {
    // A character may be several octets of UTF-8: all but the first have 10 on top.
    while (line_length != 0) {
      line_length = line_length - 1;
      if ((line[line_length] & 0xC0) != 0x80) {
        write_text("\x08 \x08");
        return;
      }
    }
  }

  // Edit the line with what was typed, until it is complete. False after a ctrl-C that was typed
  // ahead, before there was anything in front.
  function edit(): bool {
    while (!line_done && typed_count != 0) {
      var octet = take();
      if (octet == CONTROL_C && has_foreground()) {
        interrupt();
        return false;
      }
      if (octet == '\r' || octet == '\n') {
        write_text("\n");
        line[line_length] = '\n';
        line_length = line_length + 1;
        line_done = true;
      } else if (octet == CONTROL_D) {
        line_done = true;
      } else if (octet == BACKSPACE || octet == DELETE) {
        erase();
      } else if (octet == CONTROL_U) {
        while (line_length != 0) { erase(); }
      } else if ((octet >= ' ' || octet == '\t') && line_length < limits::LINE - 1) {
        line[line_length] = octet;
        line_length = line_length + 1;
        send(octet);
      }
    }
    return true;
  }

  // Wait for input.
  function want(): byte {
    if (peripherals::serial == null) {
      if (peripherals::console_input == null) { return 0; }
      if (!asked) {
        asked = true;
        peripherals::console_input->control = machine::BUFFERED_READ;
      }
    }
    return scheduler::block(scheduler::CONSOLE, 0);
  }

  // Read for a process, in its mode, into words that it may write.
  function read(p: * process::process, virtual: byte, octets: byte): byte {
    if (octets == 0) { return 0; }
    if (p->console_mode == RAW) { return read_raw(p, virtual, octets); }
    if (!edit()) { return 0; }
    if (!line_done) { return want(); }
    var left = line_length - line_from;
    var count = std::math::min(left, octets);
    var given = count;
    if (p->console_mode == LINE && count != 0 && line[line_from + count - 1] == '\n') {
      given = count - 1;
    }
    process::copy_out(p, virtual, &line[line_from], given);
    line_from = line_from + count;
    // A newline alone behind what fitted is not kept for a read of its own.
    if (p->console_mode == LINE && line_length - line_from == 1 && line[line_from] == '\n') {
      line_from = line_length;
    }
    if (line_from == line_length) {
      line_from = 0;
      line_length = 0;
      line_done = false;
    }
    return given;
  }

  function read_raw(p: * process::process, virtual: byte, octets: byte): byte {
    if (typed_count == 0) { return want(); }
    var done = 0;
    while (done < octets && typed_count != 0) {
      var octet = take();
      process::copy_out(p, virtual + done, &octet, 1);
      done = done + 1;
    }
    return done;
  }
}
