// screen.qll: the console on the display and the keyboard, instead of on the serial line.
//
// Owns:        the grid of characters that the console should show, what of it is painted, and, while
//              no process has the display, what the display's device reads.
// Invariants:  writing changes the grid alone, and marks its rows as touched; each tick paints a part
//              of the cells that differ, so that a text that rushes past costs only what is seen of
//              it. A cell is a character of the font in bits 0 to 7, its ink in 8 to 11, its paper in
//              12 to 15. A column of `columns` means: behind the last one, the next character wraps.
// Interrupts:  call masked.
// Sleeps:      never.
//
// The terminal understands what the programs here send of ECMA-48 and of DEC's VT100: cursor, erasing,
// colours, lines moved, a region that scrolls, and the question where the cursor is.

namespace screen {
  .constant global CELL_WIDTH: byte = 6;         // the font leaves two of its eight columns empty
  .constant global CELL_HEIGHT: byte = graphics::font::HEIGHT;
  .constant global TAB: byte = 8;
  .constant global NO_GLYPH: byte = 127;         // what the font does not have: a full cell
  .constant global USUAL: byte = 0x0700;         // white on black
  .constant global BOLD: byte = 0x0800;
  .constant global UNPAINTED: byte = 0xFFFFFFFF;

  // 0 to 7 as terminals number them, and the bright ones.
  .constant global PALETTE: byte[16] = [
    0xFF000000, 0xFFAA0000, 0xFF00AA00, 0xFFAA5500, 0xFF4444CC, 0xFFAA00AA, 0xFF00AAAA, 0xFFBBBBBB,
    0xFF555555, 0xFFFF5555, 0xFF55FF55, 0xFFFFFF55, 0xFF7777FF, 0xFFFF55FF, 0xFF55FFFF, 0xFFFFFFFF];

  global is_on: bool = false;
  global also_serial: bool = false;              // the end is near: everybody shall read it
  global columns: byte = 0;
  global rows: byte = 0;
  global width: byte = 0;                        // of the device, in pixels
  global pixels: byte = 0;                       // what the device reads
  global cells: * byte = null;
  global painted: * byte = null;
  global is_whole: bool = false;                 // all was painted once: it can be shown
  global is_late: bool = false;                  // the device has yet to be told of what was painted
  global scan: byte = 0;                         // the row that is painted next
  global line_of: byte[limits::SCREEN_ROWS] = [0; limits::SCREEN_ROWS]; // where a row is in `cells`
  global touched: bool[limits::SCREEN_ROWS] = [false; limits::SCREEN_ROWS];

  global x: byte = 0;
  global y: byte = 0;
  global colours: byte = USUAL;
  global is_reverse: bool = false;
  global has_cursor: bool = true;
  global region_top: byte = 0;                   // rows that scroll: from here
  global region_end: byte = 0;                   // to in front of here
  global kept_x: byte = 0;
  global kept_y: byte = 0;

  // --- on and off --------------------------------------------------------------------------------

  function words(): byte {
    return display::device_words() + 2 * columns * rows;
  }

  // Show the console here from now on; false if the machine has no display and keyboard, if they are
  // too small, or there is no memory.
  function begin(): bool {
    if (is_on) { return true; }
    var device = peripherals::display;
    if (device == null || peripherals::keyboard == null) { return false; }
    width = device->width;
    columns = width / CELL_WIDTH;
    rows = std::math::min(device->height / CELL_HEIGHT, limits::SCREEN_ROWS);
    if (columns < limits::SCREEN_LEAST || rows < 2) { return false; }
    pixels = memory::take(words());
    if (pixels == 0) { return false; }
    cells = <unsafe * byte>(pixels + display::device_words());
    painted = &cells[unsafe columns * rows];
    var below = rows * CELL_HEIGHT * width;      // what no cell covers
    support::fill(<unsafe * byte>(pixels + below), 0, display::device_words() - below);
    for (var row = 0; row < rows; row = row + 1) { line_of[row] = row; }
    is_on = true;
    scheduler::chores = scheduler::chores | scheduler::SCREEN;
    keys::begin();
    reset();
    resume();
    return true;
  }

  // Back to the serial line.
  function end(): void {
    if (!is_on) { return; }
    if (display::owner == null) { peripherals::display->pixels = null; }
    memory::give(pixels, words());
    is_on = false;
    scheduler::chores = scheduler::chores & (0 - scheduler::SCREEN - 1);
  }

  // No process has the display any more, or yet: paint everything again.
  function resume(): void {
    if (!is_on) { return; }
    support::fill(painted, UNPAINTED, columns * rows);
    touch(0, rows);
    is_whole = false;
  }

  function reset(): void {
    colours = USUAL;
    is_reverse = false;
    has_cursor = true;
    region_top = 0;
    region_end = rows;
    kept_x = 0;
    kept_y = 0;
    x = 0;
    y = 0;
    for (var row = 0; row < rows; row = row + 1) { erase(row, 0, columns); }
  }

  // --- painting ----------------------------------------------------------------------------------

  // Each tick: keys, and some of what differs.
  function poll(): void {
    keys::poll();
    if (display::owner != null) { return; }
    if (paint(limits::SCREEN_PART)) { is_whole = true; }
    show();
  }

  // All of it, however long it takes: the machine is about to stop.
  function finish(): void {
    if (!is_on || display::owner != null) { return; }
    while (!paint(columns * rows)) { }
    is_whole = true;
    is_late = true;
    show();
  }

  // Let the device take the picture, now or at the next tick.
  function show(): void {
    var device = peripherals::display;
    if (!is_whole || !is_late || device->control == machine::DISPLAY_PENDING) { return; }
    device->pixels = <unsafe * byte>pixels;
    device->control = machine::DISPLAY_FLIP;
    is_late = false;
  }

  // At most so many cells; true if nothing is left to do.
  function paint(most: byte): bool {
    for (var i = 0; i < rows; i = i + 1) {
      if (touched[scan]) {
        most = paint_row(scan, most);
        if (most == 0) { return false; }
        touched[scan] = false;
      }
      scan = scan + 1 == rows ? 0 : scan + 1;
    }
    return true;
  }

  // What is left of `most`; 0 if there may be more to do.
  function paint_row(row: byte, most: byte): byte {
    var wanted = cell(row, 0);
    var there = &painted[unsafe row * columns];
    for (var column = 0; column < columns; column = column + 1) {
      var want = wanted[unsafe column];
      if (row == y && has_cursor && column == std::math::min(x, columns - 1)) { want = swapped(want); }
      if (there[unsafe column] != want) {
        there[unsafe column] = want;
        paint_cell(row, column, want);
        is_late = true;
        most = most - 1;
        if (most == 0) { return 0; }
      }
    }
    return most;
  }

  function paint_cell(row: byte, column: byte, what: byte): void {
    var code = what & 0xFF;
    var glyph = graphics::font::get_glyph(code);
    var ink = PALETTE[what >> 8 & 15];
    var paper = PALETTE[what >> 12 & 15];
    if (code == NO_GLYPH) { paper = ink; }
    var at = <unsafe * byte>(pixels + row * CELL_HEIGHT * width + column * CELL_WIDTH);
    var margin = column == columns - 1 ? width - columns * CELL_WIDTH : 0;
    for (var line = 0; line < CELL_HEIGHT; line = line + 1) {
      var bits = glyph[unsafe line];
      at[unsafe 0] = bits & 0x40 ? ink : paper;
      at[unsafe 1] = bits & 0x20 ? ink : paper;
      at[unsafe 2] = bits & 0x10 ? ink : paper;
      at[unsafe 3] = bits & 0x08 ? ink : paper;
      at[unsafe 4] = bits & 0x04 ? ink : paper;
      at[unsafe 5] = bits & 0x02 ? ink : paper;
      if (margin != 0) { support::fill(&at[unsafe CELL_WIDTH], 0, margin); }
      at = &at[unsafe width];
    }
  }

  function swapped(what: byte): byte {
    return (what & 0xFF) | (what >> 12 & 15) << 8 | (what >> 8 & 15) << 12;
  }

  // --- the grid ----------------------------------------------------------------------------------

  function cell(row: byte, column: byte): * byte {
    return &cells[unsafe line_of[row] * columns + column];
  }

  function touch(from: byte, to: byte): void {
    for (var row = from; row < to; row = row + 1) { touched[row] = true; }
  }

  // Blanks in the present colours.
  function erase(row: byte, from: byte, to: byte): void {
    if (from < to) { support::fill(cell(row, from), colours | ' ', to - from); }
    touched[row] = true;
  }

  // Some rows move up by one; the last of them becomes empty.
  function scroll_up(from: byte, to: byte): void {
    var first = line_of[from];
    for (var row = from; row + 1 < to; row = row + 1) { line_of[row] = line_of[row + 1]; }
    line_of[to - 1] = first;
    touch(from, to);
    erase(to - 1, 0, columns);
  }

  function scroll_down(from: byte, to: byte): void {
    var last = line_of[to - 1];
    for (var row = to - 1; row > from; row = row - 1) { line_of[row] = line_of[row - 1]; }
    line_of[from] = last;
    touch(from, to);
    erase(from, 0, columns);
  }

  function move_to(row: byte, column: byte): void {
    touched[y] = true;
    x = std::math::min(column, columns - 1);
    y = std::math::min(row, rows - 1);
    touched[y] = true;
  }

  function line_feed(): void {
    if (y + 1 == region_end) {
      scroll_up(region_top, region_end);
    } else if (y + 1 < rows) {
      move_to(y + 1, x);
    }
  }

  // A character at the cursor, which goes on.
  function show_character(code: byte): void {
    var wide = std::utf8::width(code);
    if (wide == 0) { return; }
    if (code > '~') { code = NO_GLYPH; }
    for (var i = 0; i < wide; i = i + 1) {
      if (x == columns) {
        x = 0;
        line_feed();
      }
      *cell(y, x) = is_reverse ? swapped(code | colours) : code | colours;
      x = x + 1;
    }
    touched[y] = true;
  }

  // --- what is written ---------------------------------------------------------------------------

  .constant global GROUND: byte = 0;
  .constant global ESCAPED: byte = 1;            // after an escape
  .constant global PARAMETERS: byte = 2;         // after an escape and '['

  global state: byte = GROUND;
  global numbers: byte[8] = [0; 8];
  global count: byte = 0;                        // of numbers, less one
  global is_private: bool = false;               // a '?' is in front of them

  function put(code: byte): void {
    if (code == '\x1b') {
      state = ESCAPED;
    } else if (code < ' ') {
      control(code);
    } else if (state == ESCAPED) {
      escape(code);
    } else if (state == PARAMETERS) {
      parameter(code);
    } else if (code != '\x7f') {
      show_character(code);
    }
  }

  function control(code: byte): void {
    if (code == '\n') {
      move_to(y, 0);
      line_feed();
    } else if (code == '\r') {
      move_to(y, 0);
    } else if (code == '\x08') {
      var column = std::math::min(x, columns - 1);
      if (column != 0) { move_to(y, column - 1); }
    } else if (code == '\t') {
      move_to(y, x / TAB * TAB + TAB);
    }
  }

  function escape(code: byte): void {
    state = GROUND;
    if (code == '[') {
      state = PARAMETERS;
      count = 0;
      numbers[0] = 0;
      is_private = false;
    } else if (code == '7') {
      keep();
    } else if (code == '8') {
      move_to(kept_y, kept_x);
    } else if (code == 'c') {
      reset();
    } else if (code == 'M') {
      if (y == region_top) { scroll_down(region_top, region_end); } else if (y != 0) { move_to(y - 1, x); }
    }
  }

  function keep(): void {
    kept_x = x;
    kept_y = y;
  }

  function parameter(code: byte): void {
    if (code >= '0' && code <= '9') {
      numbers[count] = std::math::min(numbers[count] * 10 + (code - '0'), 9999);
    } else if (code == ';') {
      if (count + 1 < len numbers) { count = count + 1; }
      numbers[count] = 0;
    } else if (code == '?') {
      is_private = true;
    } else if (code >= '@') {
      state = GROUND;
      if (is_private) {
        if (numbers[0] == 25 && (code == 'h' || code == 'l')) { show_cursor(code == 'h'); }
      } else {
        command(code, std::math::max(numbers[0], 1));
      }
    }
  }

  function show_cursor(on: bool): void {
    has_cursor = on;
    touched[y] = true;
  }

  // The end of a sequence, and its first number, 1 if there is none.
  function command(code: byte, n: byte): void {
    if (code == 'A') {
      move_to(y - std::math::min(n, y), x);
    } else if (code == 'B') {
      move_to(y + n, x);
    } else if (code == 'C') {
      move_to(y, x + n);
    } else if (code == 'D') {
      move_to(y, x - std::math::min(n, x));
    } else if (code == 'G') {
      move_to(y, n - 1);
    } else if (code == 'd') {
      move_to(n - 1, x);
    } else if (code == 'H' || code == 'f') {
      move_to(n - 1, count == 0 ? 0 : std::math::max(numbers[1], 1) - 1);
    } else if (code == 'J') {
      erase_screen(numbers[0]);
    } else if (code == 'K') {
      erase_line(numbers[0]);
    } else if (code == 'm') {
      for (var i = 0; i <= count; i = i + 1) { set_colour(numbers[i]); }
    } else if (code == 's') {
      keep();
    } else if (code == 'u') {
      move_to(kept_y, kept_x);
    } else if (code == 'r') {
      set_region(n - 1, count == 0 || numbers[1] == 0 ? rows : numbers[1]);
    } else if (code == 'n') {
      if (numbers[0] == 6) { tell_place(); }
    } else {
      move_lines(code, n);
    }
  }

  // S and T move the region; L and M its rows from the cursor on; @ and P characters of the row.
  function move_lines(code: byte, n: byte): void {
    var is_inside = y >= region_top && y < region_end;
    for (var i = std::math::min(n, rows); i != 0; i = i - 1) {
      if (code == 'S') {
        scroll_up(region_top, region_end);
      } else if (code == 'T') {
        scroll_down(region_top, region_end);
      } else if (code == 'L' && is_inside) {
        scroll_down(y, region_end);
      } else if (code == 'M' && is_inside) {
        scroll_up(y, region_end);
      }
    }
    if (code == '@' || code == 'P') { move_characters(code == '@', n); }
  }

  function move_characters(is_right: bool, n: byte): void {
    var column = std::math::min(x, columns - 1);
    var gap = std::math::min(n, columns - column);
    var row = cell(y, 0);
    if (is_right) {
      for (var at = columns - 1; at >= column + gap; at = at - 1) { row[unsafe at] = row[unsafe at - gap]; }
      erase(y, column, column + gap);
    } else {
      for (var at = column; at + gap < columns; at = at + 1) { row[unsafe at] = row[unsafe at + gap]; }
      erase(y, columns - gap, columns);
    }
  }

  // 0 from the cursor on, 1 to the cursor, 2 all.
  function erase_line(how: byte): void {
    var column = std::math::min(x, columns - 1);
    erase(y, how == 0 ? column : 0, how == 1 ? column + 1 : columns);
  }

  function erase_screen(how: byte): void {
    erase_line(how);
    for (var row = how == 0 ? y + 1 : 0; row < (how == 1 ? y : rows); row = row + 1) {
      erase(row, 0, columns);
    }
  }

  function set_region(from: byte, to: byte): void {
    to = std::math::min(to, rows);
    if (from + 1 >= to) { return; }
    region_top = from;
    region_end = to;
    move_to(0, 0);
  }

  function set_colour(n: byte): void {
    if (n == 0) {
      colours = USUAL;
      is_reverse = false;
    } else if (n == 1) {
      colours = colours | BOLD;
    } else if (n == 22) {
      colours = colours & 0xF700;
    } else if (n == 7 || n == 27) {
      is_reverse = n == 7;
    } else if (n >= 30 && n <= 37) {
      colours = (colours & 0xF800) | ((n - 30) << 8);
    } else if (n == 39) {
      colours = (colours & 0xF800) | USUAL;
    } else if (n >= 40 && n <= 47) {
      colours = (colours & 0x0F00) | ((n - 40) << 12);
    } else if (n == 49) {
      colours = colours & 0x0F00;
    } else if (n >= 90 && n <= 97) {
      colours = (colours & 0xF000) | ((n - 82) << 8);
    }
  }

  // Where the cursor is, as if it had been typed.
  function tell_place(): void {
    var digits: byte[12];
    console::type_text("\x1b[");
    console::type_text(std::str::utoa(y + 1, digits, 10));
    console::type_text(";");
    console::type_text(std::str::utoa(std::math::min(x, columns - 1) + 1, digits, 10));
    console::type_text("R");
  }
}
