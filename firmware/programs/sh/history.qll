// history.qll: the lines that were typed before, and ctrl-R, which looks for one of them.

namespace history {
  .constant global MOST: byte = 100;       // lines that are kept
  .constant global NONE: byte = 0xFFFFFFFF;

  global lines: (string)[MOST] = [""; MOST];
  global count: byte = 0;                  // of all that there were
  global shown: byte = 0;                  // the one in the line; `count` for a new one

  global sought: byte[64] = [0; 64];
  global length: byte = 0;                 // of what is sought
  global drawn: byte = 0;                  // columns in the row

  function first(): byte {
    return count > MOST ? count - MOST : 0;
  }

  function remember(line: string): void {
    if (len line == 0) { return; }
    if (count != 0 && std::str::equal(lines[(count - 1) % MOST], line)) { return; }
    if (count >= MOST) { delete lines[count % MOST]; }
    lines[count % MOST] = std::str::from_string(line);
    count = count + 1;
  }

  function older(): void {
    if (shown == first()) {
      edit::bell();
    } else {
      shown = shown - 1;
      edit::replace(lines[shown % MOST]);
    }
  }

  function newer(): void {
    if (shown == count) { return; }
    shown = shown + 1;
    if (shown == count) { edit::replace(""); } else { edit::replace(lines[shown % MOST]); }
  }

  // --- ctrl-R ------------------------------------------------------------------------------------

  function contains(line: string, text: string): bool {
    for (var at = 0; at + len text <= len line; at = at + 1) {
      if (std::str::starts_with(line[at:len line], text)) { return true; }
    }
    return false;
  }

  // The last line before a place that contains what is sought, or NONE.
  function find(before: byte): byte {
    for (var at = before; at != first(); at = at - 1) {
      if (contains(lines[(at - 1) % MOST], sought[:length])) { return at - 1; }
    }
    return NONE;
  }

  // Go to the beginning of an empty row.
  function wipe(): void {
    edit::back(drawn);
    edit::add("\x1b[K");
  }

  function draw(place: byte): void {
    wipe();
    edit::add("find ");
    edit::add(sought[:length]);
    edit::add(": ");
    drawn = std::utf8::columns(sought[:length]) + 7;
    if (place != NONE) {
      var line = lines[place % MOST];
      var end = 0;
      while (end < len line) {
        var next = end + std::utf8::whole(line, end);
        if (drawn + std::utf8::columns(line[:next]) >= terminal::columns) { break; }
        end = next;
      }
      edit::add(line[:end]);
      drawn = drawn + std::utf8::columns(line[:end]);
    }
    edit::show();
  }

  // What is sought has become another text: where it is found, or what was found before.
  function look(before: byte, place: byte): byte {
    var found = find(before);
    if (found == NONE) { edit::bell(); }
    return found == NONE ? place : found;
  }

  // Look for a line until a key comes that is for the line itself.
  function search(): void {
    var place = NONE;
    length = 0;
    drawn = edit::first + edit::column;
    while (true) {
      draw(place);
      var kind = terminal::read_key();
      var octets = terminal::octets();
      var key = kind == terminal::CONTROL ? octets[0] : 0;
      if (kind == terminal::CHARACTER && length + len octets <= len sought) {
        for (var i = 0; i < len octets; i = i + 1) { sought[length + i] = octets[i]; }
        length = length + len octets;
        place = look(place == NONE ? count : place + 1, place);
      } else if (key == 18) {
        if (length != 0) { place = look(place == NONE ? count : place, place); }
      } else if (key == os::DELETE || key == os::BACKSPACE) {
        while (length != 0 && std::utf8::continues(sought[length - 1])) { length = length - 1; }
        if (length != 0) { length = length - 1; }
        place = length == 0 ? NONE : look(count, place);
      } else if (kind != terminal::SEQUENCE || !terminal::take_size(octets)) {
        leave(kind, key, place, octets);
        return;
      }
    }
  }

  // Ctrl-C and ctrl-G leave the line as it was; all other keys are for what was found.
  function leave(kind: byte, key: byte, place: byte, octets: string): void {
    wipe();
    edit::draw_anew();
    if (key == os::CONTROL_C || key == 7) { return; }
    if (place != NONE) {
      shown = place;
      edit::replace(lines[place % MOST]);
    }
    if (kind == terminal::SEQUENCE) { edit::press(terminal::ESCAPE, octets); }
    if (kind == terminal::END || key == '\r' || key == '\n') {
      edit::is_over = true;
    } else if (kind == terminal::CONTROL) {
      edit::press(key, "");
    }
  }
}
