// screen.qll: what the terminal shows: the text's lines, one a row, and a row that tells how it is.
//
// A line that is wider than the screen is cut, which a '>' shows; the one with the cursor scrolls
// sideways, which a '<' shows. Only what changed is drawn: a key costs a row, or two and a scroll of the
// terminal's own. The text's rows are the terminal's scrolling region, so that its last row stays.
//
// Owns:        `top_line`, the first line that is shown, and `left`, the first column of the one with
//              the cursor; what is to be drawn: `dirty_from` to `dirty_to`, lines; and the octets for
//              the terminal, `out`.

namespace screen {
  .constant global ALL: byte = 0xFFFFFFFF;
  .constant global ROOM: byte = 2048;        // of `out`
  .constant global PLACE_WIDTH: byte = 26;   // columns of "line 1234, column 567"

  global out: byte[] = null;

  global rows: byte = 0;                     // for text
  global columns: byte = 0;
  global top_line: byte = 0;
  global top_at: byte = 0;
  global left: byte = 0;
  global left_at: byte = 0;
  global left_line: byte = 0;                // for which `left` holds
  global is_inverse: bool = false;

  global dirty_from: byte = 0;
  global dirty_to: byte = ALL;
  global part_at: byte = ALL;                // of a single dirty line only what is behind this place,
  global part_column: byte = 0;              // which stands in this column
  global shift_line: byte = 0;               // a line that is new, or where one was removed
  global shift: byte = 0;                    // 'L' or 'M', as the terminal calls it; 0 for none
  global is_lost: bool = true;               // what is above the window changed

  global message: byte[160] = [0; 160];      // in the last row
  global message_length: byte = 0;
  global is_told: bool = false;              // the last row is as it should be
  global has_place: bool = false;            // and has room for the cursor's place
  global told_line: byte = ALL;              // which it says
  global told_column: byte = 0;

  // --- octets for the terminal -------------------------------------------------------------------

  function flush(): void {
    if (len out != 0) { os::write(os::OUTPUT, out); }
    len out = 0;
  }

  function emit(octet: byte): void {
    if (len out == ROOM) { flush(); }
    var length = len out;
    len out = length + 1;
    out[length] = octet;
  }

  function emit_text(octets: string): void {
    for (var i = 0; i < len octets; i = i + 1) { emit(octets[i]); }
  }

  function emit_digit(digit: byte): void {
    emit(digit < 10 ? '0' + digit : 'a' + digit - 10);
  }

  function emit_number(number: byte): void {
    var digits: byte[12];
    emit_text(std::str::utoa(number, digits, 10));
  }

  function move_to(row: byte, column: byte): void {
    emit_text("\x1b[");
    emit_number(row + 1);
    emit(';');
    emit_number(column + 1);
    emit('H');
  }

  function set_inverse(on: bool): void {
    if (on == is_inverse) { return; }
    is_inverse = on;
    emit_text("\x1b[");
    if (on) { emit('7'); }
    emit('m');
  }

  // --- the terminal ------------------------------------------------------------------------------

  function begin(): void {
    out = new byte[ROOM];
    len out = 0;
    resize();
    emit_text(terminal::question());
  }

  // Draw everything for the terminal's size, as it is known now.
  function resize(): void {
    rows = std::math::max(terminal::rows, 2) - 1;
    columns = std::math::max(terminal::columns, 8);
    emit_text("\x1b[1;");
    emit_number(rows);
    emit_text("r\x1b[m\x1b[2J");
    is_inverse = false;
    is_told = false;
    dirty_all();
  }

  // Leave the terminal as it was, with the cursor in an empty last row.
  function end(): void {
    emit_text("\x1b[r\x1b[m");
    move_to(rows, 0);
    emit_text("\x1b[K");
    flush();
  }

  function bell(): void {
    emit(7);
  }

  // --- what changed ------------------------------------------------------------------------------

  function dirty(from: byte, to: byte): void {
    part_at = ALL;
    if (dirty_from >= dirty_to) {
      dirty_from = from;
      dirty_to = to;
    } else {
      dirty_from = std::math::min(dirty_from, from);
      dirty_to = std::math::max(dirty_to, to);
    }
  }

  function dirty_all(): void {
    dirty(0, ALL);
    shift = 0;
  }

  // The text changed at the cursor: so many newlines came, or went. Called before the cursor moves on.
  function changed(newlines: byte, came: bool): void {
    var line = cursor::line;
    var is_first = dirty_from >= dirty_to && shift == 0;
    if (line < top_line) { is_lost = true; }
    if (newlines == 0) {
      dirty(line, line + 1);
      if (is_first) {
        part_at = cursor::at;
        part_column = cursor::column;
      }
    } else if (newlines == 1 && is_first && !is_lost) {
      dirty(line, line + (came ? 2 : 1));
      shift_line = line + 1;
      shift = came ? 'L' : 'M';
    } else {
      dirty(line, ALL);
      shift = 0;
    }
  }

  // --- the window --------------------------------------------------------------------------------

  // Let the window hold the cursor's line: by a scroll of one row, or with the line in its middle.
  function settle_window(): void {
    var line = cursor::line;
    var row = line - top_line;
    if (is_lost) {
      recentre();
    } else if (row == ALL && shift == 0) {
      top_line = line;
      top_at = cursor::begin;
      scroll('L');
      dirty(line, line + 1);
    } else if (row == rows && shift != 'M') {
      top_line = top_line + 1;
      top_at = pieces::find(&text, top_at, '\n') + 1;
      scroll('M');
      dirty(line, line + 1);
    } else if (row >= rows) {
      recentre();
    }
    is_lost = false;
  }

  function scroll(how: byte): void {
    move_to(0, 0);
    emit_text("\x1b[");
    emit(how);
  }

  function recentre(): void {
    var back = std::math::min(cursor::line, rows / 2);
    top_at = cursor::line_before(back);
    top_line = cursor::line - back;
    dirty_all();
  }

  // Columns for text; the last one is for the '>'.
  function room(): byte {
    return columns - 1;
  }

  // Let the cursor's column be within the row.
  function settle_sideways(): void {
    var line = cursor::line;
    var column = cursor::column;
    if (left != 0 && left_line != line) {
      left = 0;
      dirty(left_line, left_line + 1);
    }
    if (column < room() && (left == 0 || column < room() / 2)) {
      if (left != 0) { dirty(line, line + 1); }
      left = 0;
    } else if (column <= left || column - left >= room()) {
      set_left(column - room() / 2);
      dirty(line, line + 1);
    }
  }

  // Let a line's row begin at the first character that is in this column or behind.
  function set_left(goal: byte): void {
    var at = cursor::begin;
    var column = 0;
    if (left != 0 && left <= goal) {
      at = left_at;
      column = left;
    }
    while (column < goal) {
      cells::take(at, column);
      at = at + cells::count;
      column = column + cells::width;
    }
    left = column;
    left_at = at;
    left_line = cursor::line;
  }

  // --- drawing -----------------------------------------------------------------------------------

  // Bring the terminal up to date.
  function show(): void {
    settle_window();
    settle_sideways();
    if (shift != 0 && shift_line - top_line < rows) {
      move_to(shift_line - top_line, 0);
      emit_text("\x1b[");
      emit(shift);
    }
    draw_lines(dirty_from, dirty_to);
    if (shift == 'M') { draw_lines(top_line + rows - 1, ALL); }
    shift = 0;
    dirty_from = 0;
    dirty_to = 0;
    part_at = ALL;
    draw_status();
    move_to(cursor::line - top_line, cursor::column - left);
    flush();
  }

  function draw_lines(from: byte, to: byte): void {
    var line = std::math::max(from, top_line);
    var end = std::math::min(to, top_line + rows);
    if (line >= end) { return; }
    var start = start_of(line);
    while (line < end) {
      if (start > text.length) {
        draw_nothing(line);
      } else if (line != cursor::line) {
        draw_rest(line, start, 0, 0);
      } else if (part_at != ALL) {
        draw_rest(line, part_at, part_column, left);
      } else {
        draw_cursor_line(line, start);
      }
      line = line + 1;
      if (line < end && start <= text.length) { start = pieces::find(&text, start, '\n') + 1; }
    }
  }

  // Where a line of the window begins; one past the length if the text has none of that number.
  function start_of(line: byte): byte {
    if (line <= cursor::line) { return cursor::line_before(cursor::line - line); }
    var start = cursor::begin;
    for (var i = cursor::line; i < line && start <= text.length; i = i + 1) {
      start = pieces::find(&text, start, '\n') + 1;
    }
    return start;
  }

  function draw_nothing(line: byte): void {
    move_to(line - top_line, 0);
    emit_text("~\x1b[K");
  }

  function draw_cursor_line(line: byte, start: byte): void {
    if (left == 0) {
      draw_rest(line, start, 0, 0);
      return;
    }
    // The '<' takes a column, of a wide character two.
    var at = left_at;
    var column = left;
    while (column == left) {
      cells::take(at, column);
      at = at + cells::count;
      column = column + cells::width;
    }
    move_to(line - top_line, 0);
    emit('<');
    for (var i = left + 1; i < column; i = i + 1) { emit(' '); }
    draw_rest(line, at, column, left);
  }

  // Draw a line from a character on, whose column is known, in a row that begins with column `first`.
  function draw_rest(line: byte, at: byte, column: byte, first: byte): void {
    var end = first + room();
    var marked_from = cursor::marked_from();
    var marked_to = cursor::marked_to();
    move_to(line - top_line, column - first);
    while (at < text.length) {
      cells::take(at, column);
      if (cells::code == '\n' || column + cells::width > end) { break; }
      if (marked_to != 0) { set_inverse(at >= marked_from && at < marked_to); }
      cells::draw();
      at = at + cells::count;
      column = column + cells::width;
    }
    set_inverse(false);
    emit_text("\x1b[K");
    if (at < text.length && cells::code != '\n') {
      move_to(line - top_line, room());
      emit('>');
    }
  }

  // --- the last row ------------------------------------------------------------------------------

  // Let the last row say something, until the next key.
  function say(words: string): void {
    message_length = 0;
    add(words);
  }

  function add(words: string): void {
    for (var i = 0; i < len words && message_length < len message; i = i + 1) {
      message[message_length] = words[i];
      message_length = message_length + 1;
    }
    is_told = false;
  }

  function draw_status(): void {
    if (!is_told) {
      move_to(rows, 0);
      set_inverse(true);
      var used = emit_some(name, 1);
      used = emit_some(is_changed ? " * " : "   ", used);
      used = emit_some(message[:message_length], used);
      has_place = used + PLACE_WIDTH < columns;
      while (used < room()) {
        emit(' ');
        used = used + 1;
      }
      told_line = ALL;
    }
    is_told = true;
    if (has_place && (told_line != cursor::line || told_column != cursor::column)) {
      move_to(rows, columns - PLACE_WIDTH);
      set_inverse(true);
      draw_place();
    }
    set_inverse(false);
  }

  // "line 12, column 7", with blanks behind.
  function draw_place(): void {
    var start = len out;
    if (start + PLACE_WIDTH + 8 > ROOM) {
      flush();
      start = 0;
    }
    emit_text("line ");
    emit_number(cursor::line + 1);
    emit_text(", column ");
    emit_number(cursor::column + 1);
    while (len out - start < PLACE_WIDTH - 1) { emit(' '); }
    told_line = cursor::line;
    told_column = cursor::column;
  }

  // As much of a text as there are columns for; how many are used then.
  function emit_some(octets: string, used: byte): byte {
    var at = 0;
    if (used == 1) { emit(' '); }
    while (at < len octets) {
      var start = at;
      var wide = std::utf8::width(std::utf8::decode(octets, &at));
      if (used + wide >= room()) { return used; }
      emit_text(octets[start:at]);
      used = used + wide;
    }
    return used;
  }
}
