// console.qll: the person's terminal, over the serial line or, without one, the console peripherals, or on
// the display and the keyboard (screen.qll).
//
// Owns:        `typed`, octets that arrived; `line`, the line being edited or read; `held`, the octets of
//              a character that has yet to be written whole.
// Invariants:  octets wait in `typed` untouched until somebody reads: only then is it known whether
//              they are to be edited, and echoed. Ctrl-C and ctrl-Z alone act at once. What processes
//              read and write is UTF-8, an octet a word; the console peripherals have a code point a
//              word.
// Interrupts:  call masked.
// Sleeps:      a read blocks until there is input.

namespace console {
  // `progress` of a process that waits for a child or for ctrl-C, of one that was told of it, and of
  // one that waits for a child to end or to stop.
  .constant global LISTENS: byte = 1;
  .constant global TOLD: byte = 2;
  .constant global MINDS: byte = 3;

  global typed: byte[limits::TYPED] = [0; limits::TYPED];
  global typed_from: byte = 0;
  global typed_count: byte = 0;

  global keyed: bool = false;            // a program in front has the display, and with it the keys
  global keys: byte = 0;                 // octets that arrived since then

  global line: byte[limits::LINE] = [0; limits::LINE];
  global line_from: byte = 0;
  global line_length: byte = 0;
  global line_done: bool = false;        // it may be read
  global asked: bool = false;            // the console input device is collecting a line
  global ended: bool = false;            // and has reported the end of its input
  global lost: bool = false;             // the line does not fit: it is refused

  // --- output ------------------------------------------------------------------------------------

  function send(octet: byte): void {
    while (peripherals::serial->transmit == 1) { }
    peripherals::serial->transmit = octet;
  }

  global held: byte[4] = [0; 4];
  global held_count: byte = 0;
  global part: byte = 0;                 // code points in the console output device, not shown yet

  // A word of a text: octets go out as the character that they make; a word that is none of its
  // octets, as the code point that it is.
  function put(word: byte): void {
    if (held_count != 0) {
      if (std::utf8::continues(word)) {
        held[held_count] = word;
        held_count = held_count + 1;
        if (held_count == std::utf8::length(held[0])) { settle(); }
        return;
      }
      settle();
    }
    if (std::utf8::length(word) == 1) {
      emit(word);
    } else {
      held[0] = word;
      held_count = 1;
    }
  }

  // What is held goes out: whole, or as the code points that its words are.
  function settle(): void {
    var at = 0;
    while (at < held_count) { emit(std::utf8::decode(held[:held_count], &at)); }
    held_count = 0;
  }

  // A character to the terminal.
  function emit(code: byte): void {
    var octets: byte[4];
    if (screen::is_on) {
      screen::put(code);
      if (!screen::also_serial) { return; }
    }
    if (peripherals::serial == null) {
      peripherals::console_output->data[part] = code;
      part = part + 1;
      if (part == peripherals::console_output->capacity) { flush(); }
      return;
    }
    if (code == '\n') { send('\r'); }
    var count = std::utf8::encode(code, octets);
    for (var i = 0; i < count; i = i + 1) { send(octets[i]); }
  }

  // Show what is in the console output device.
  function flush(): void {
    if (part == 0) { return; }
    var device = peripherals::console_output;
    device->size = part;
    device->control = machine::BUFFERED_WRITE;
    while (device->control == machine::BUFFERED_PENDING) { }
    part = 0;
  }

  function write(words: * byte, count: byte): void {
    if (peripherals::serial == null && peripherals::console_output == null && !screen::is_on) { return; }
    for (var i = 0; i < count; i = i + 1) { put(words[unsafe i]); }
    flush();
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
      if (typed_count == limits::TYPED && octet == CONTROL_C) { typed_count = 0; }
      if (typed_count == limits::TYPED) { return; }
      device->acknowledge = 1;
      if (screen::is_on) { keys::note_line(); }
      arrive(octet);
    }
  }

  // What is typed elsewhere than on the serial line. Of what does not fit only ctrl-C counts.
  function type_text(octets: string): void {
    for (var i = 0; i < len octets; i = i + 1) {
      if (typed_count == limits::TYPED && octets[i] == CONTROL_C) { typed_count = 0; }
      if (typed_count < limits::TYPED) { arrive(octets[i]); }
    }
  }

  function arrive(octet: byte): void {
    if (acts_at_once(octet)) {
      typed_count = 0;
      interrupt();
      return;
    }
    if (octet == CONTROL_Z && has_foreground() && !takes_keys()) {
      if (has_minder()) {
        typed_count = 0;
        suspend();
      }
      return;
    }
    if (keyed) { keys = keys + 1; }
    typed[(typed_from + typed_count) % limits::TYPED] = octet;
    typed_count = typed_count + 1;
    scheduler::wake(scheduler::CONSOLE, 0);
  }

  function acts_at_once(octet: byte): bool {
    return octet == CONTROL_C && !takes_keys() && (has_foreground() || listener() != null);
  }

  // Whether a program in front has ctrl-C and ctrl-Z for keys like others.
  function takes_keys(): bool {
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->foreground && p->console_mode == KEYS) { return true; }
    }
    return false;
  }

  // Whether reads in a mode get octets as they are typed.
  function is_raw(mode: byte): bool {
    return mode == RAW || mode == KEYS;
  }

  // Ctrl-C: the line is dropped, and what runs in front ends, perhaps the current process.
  function interrupt(): void {
    line_length = 0;
    line_done = false;
    write_text("^C\n");
    process::end_foreground();
    var p = listener();
    if (p != null) {
      p->progress = TOLD;
      scheduler::wake(scheduler::CHILD, <unsafe byte>p);
    }
  }

  // Ctrl-Z: the line is dropped, and what runs in front stops, perhaps the current process.
  function suspend(): void {
    line_length = 0;
    line_done = false;
    write_text("^Z\n");
    process::stop_foreground();
  }

  // Whether somebody waits who is told when what is in front stops, and does not stop with it: else
  // nobody could let that go on.
  function has_minder(): bool {
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->state == scheduler::BLOCKED && p->waits_for == scheduler::CHILD
          && p->progress == MINDS && !p->ending && !p->foreground) {
        return true;
      }
    }
    return false;
  }

  // Take a ctrl-C that ended nobody, and what was typed before it. False if there is none.
  function take_interrupt(): bool {
    for (var count = typed_count; count != 0; count = count - 1) {
      if (typed[(typed_from + count - 1) % limits::TYPED] == CONTROL_C) {
        typed_from = (typed_from + count) % limits::TYPED;
        typed_count = typed_count - count;
        write_text("^C\n");
        return true;
      }
    }
    return false;
  }

  // Who waits for a child or for ctrl-C, or null.
  function listener(): * process::process {
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->state == scheduler::BLOCKED && p->waits_for == scheduler::CHILD
          && p->progress == LISTENS && !p->ending) {
        return p;
      }
    }
    return null;
  }

  // What is typed while a program in front has the display is for that program's keyboard: what
  // nobody has read when it leaves the display is dropped.
  function begin_keys(): void {
    keyed = true;
    keys = 0;
  }

  function forget_keys(): void {
    if (!keyed) { return; }
    keyed = false;
    typed_count = typed_count - std::math::min(typed_count, keys);
  }

  function has_foreground(): bool {
    for (var p = process::all; p != null; p = p->sibling) {
      if (p->foreground) { return true; }
    }
    return false;
  }

  // The console input device gives a whole line, in parts. One that does not fit is refused, and
  // another is asked for.
  function poll_device(): void {
    var device = peripherals::console_input;
    if (!asked || device->control == machine::BUFFERED_PENDING) { return; }
    ended = device->control != machine::BUFFERED_READY;
    var count = ended ? 0 : device->size;
    for (var i = 0; i < count && !lost; i = i + 1) { add_code(device->data[i]); }
    if (count == device->capacity || lost) {
      if (count != device->capacity) {
        write_text("the line is too long, and dropped\n");
        line_length = 0;
        lost = false;
      } else {
        device->size = machine::READ_REST;  // there may be more of this line
      }
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

  // A character at the end of the line, if there is room besides the newline.
  function add_code(code: byte): void {
    var octets: byte[4];
    var count = std::utf8::encode(code, octets);
    if (line_length + count >= limits::LINE) {
      lost = true;
      return;
    }
    for (var i = 0; i < count; i = i + 1) {
      line[line_length] = octets[i];
      line_length = line_length + 1;
    }
  }

  // --- reading -----------------------------------------------------------------------------------

  function take(): byte {
    var octet = typed[typed_from];
    typed_from = (typed_from + 1) % limits::TYPED;
    typed_count = typed_count - 1;
    return octet;
  }

  // Take the last character from the line and from the screen.
  function erase(): void {
    if (line_length == 0) { return; }
    var at = line_length - 1;
    while (at != 0 && std::utf8::continues(line[at])) { at = at - 1; }
    var columns = std::utf8::columns(line[at:line_length]);
    line_length = at;
    for (var i = 0; i < columns; i = i + 1) { write_text("\x08 \x08"); }
  }

  // Edit the line with what was typed, until it is complete. False after a ctrl-C or ctrl-Z that was
  // typed ahead, before there was anything in front.
  function edit(): bool {
    while (!line_done && typed_count != 0) {
      var octet = take();
      if (octet == CONTROL_C && has_foreground()) {
        interrupt();
        return false;
      }
      if (octet == CONTROL_Z && has_foreground() && has_minder()) {
        suspend();
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
      } else if (octet >= ' ' || octet == '\t') {
        add_octet(octet == '\t' ? ' ' : octet);
      }
    }
    return true;
  }

  // Another octet of the line, which the screen shows; the bell if there is no room.
  function add_octet(octet: byte): void {
    if (line_length == limits::LINE - 1) {
      write_text("\x07");
      return;
    }
    line[line_length] = octet;
    line_length = line_length + 1;
    write(&octet, 1);
  }

  // Wait for input.
  function want(): byte {
    settle();
    flush();
    if (peripherals::serial == null && !screen::is_on) {
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
    if (p->behind) {
      process::stop(p);
      return scheduler::pause();
    }
    if (is_raw(p->console_mode)) { return read_raw(p, virtual, octets); }
    if (!edit()) { return scheduler::pause(); }
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
