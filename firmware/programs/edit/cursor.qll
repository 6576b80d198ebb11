// cursor.qll: where the person is in the text, and what is there.
//
// Owns:        `at`, with the line's number and beginning and the column that belong to it; `mark`, the
//              other end of what is marked.
// Units:       places are octets of the text, and stand between characters; columns are those of a
//              screen without edges. Lines and columns count from 0 here.

namespace cursor {
  .constant global NONE: byte = 0xFFFFFFFF;

  global at: byte = 0;
  global line: byte = 0;
  global begin: byte = 0;              // of the line
  global column: byte = 0;
  global wanted: byte = 0;             // column that going up and down keeps to
  global mark: byte = NONE;

  // Go to any place.
  function go_to(to: byte): void {
    var old = line;
    if (to < begin) {
      line = line - pieces::count_of(&text, to, begin, '\n');
      begin = pieces::find_back(&text, to, '\n') + 1;
      set_column(begin, 0, to);
    } else if (to < at) {
      from_left(to);
    } else {
      var lines = pieces::count_of(&text, at, to, '\n');
      if (lines == 0) {
        set_column(at, column, to);
      } else {
        line = line + lines;
        begin = pieces::find_back(&text, to, '\n') + 1;
        set_column(begin, 0, to);
      }
    }
    at = to;
    wanted = column;
    if (mark != NONE) { screen::dirty(std::math::min(old, line), std::math::max(old, line) + 1); }
  }

  // The column of a place to the left, counted from a place of this line whose column is known.
  function from_left(to: byte): void {
    if (screen::left != 0 && screen::left_line == line && screen::left_at <= to) {
      set_column(screen::left_at, screen::left, to);
    } else {
      set_column(begin, 0, to);
    }
  }

  function set_column(from: byte, start: byte, to: byte): void {
    column = start;
    while (from < to) {
      cells::take(from, column);
      from = from + cells::count;
      column = column + cells::width;
    }
  }

  // Go to a column of the line that begins at a place, or to its end if it is shorter.
  function go_into(start: byte, goal: byte): void {
    go_to(start);
    var place = start;
    var reached = 0;
    while (place < text.length) {
      cells::take(place, reached);
      if (cells::code == '\n' || reached + cells::width > goal) {
        go_to(place);
        wanted = goal;
        return;
      }
      reached = reached + cells::width;
      place = place + cells::count;
    }
    go_to(place);
    wanted = goal;
  }

  // The beginning of the line that is some lines before this one, or behind; the first one or the last
  // if there are not so many.
  function line_before(count: byte): byte {
    var start = begin;
    for (var i = 0; i < count && start != 0; i = i + 1) {
      start = pieces::find_back(&text, start - 1, '\n') + 1;
    }
    return start;
  }

  function line_behind(count: byte): byte {
    var start = begin;
    for (var i = 0; i < count; i = i + 1) {
      var end = pieces::find(&text, start, '\n');
      if (end == text.length) { return start; }
      start = end + 1;
    }
    return start;
  }

  function line_end(): byte {
    return pieces::find(&text, at, '\n');
  }

  // Where the character in front of a place begins, which is not 0.
  function before(place: byte): byte {
    var start = place - 1;
    while (start != 0 && place - start < 4 && std::utf8::continues(pieces::octet(&text, start))) {
      start = start - 1;
    }
    cells::take(start, 0);
    return start + cells::count == place ? start : place - 1;
  }

  function behind(place: byte): byte {
    cells::take(place, 0);
    return place + cells::count;
  }

  function is_word(place: byte): bool {
    var octet = pieces::octet(&text, place);
    return octet >= 0x80 || octet == '_' || octet - '0' < 10 || (octet | 32) - 'a' < 26;
  }

  // --- what is marked ----------------------------------------------------------------------------

  function drop_mark(): void {
    if (mark == NONE) { return; }
    mark = NONE;
    screen::dirty_all();
  }

  function marked_from(): byte { return std::math::min(mark, at); }
  function marked_to(): byte { return mark == NONE ? 0 : std::math::max(mark, at); }

  // --- changes -----------------------------------------------------------------------------------

  // Go where octets will be removed.
  function before_removal(place: byte, count: byte): void {
    drop_mark();
    go_to(place);
    screen::changed(pieces::count_of(&text, place, place + count, '\n'), false);
  }

  // Go to the end of octets that were inserted here.
  function after_insertion(count: byte): void {
    drop_mark();
    screen::changed(pieces::count_of(&text, at, at + count, '\n'), true);
    go_to(at + count);
  }
}

// Characters as a screen shows them: a tab to the next eighth column, control octets as ^A, octets that
// make no character, and characters that a terminal would obey, as <9f>.
namespace cells {
  .constant global SHOWN_AS_NUMBER: byte = 0x80000000;

  global code: byte = 0;
  global count: byte = 0;              // octets
  global width: byte = 0;              // columns

  // Look at the character at a place below the length, which stands in a column.
  function take(at: byte, column: byte): void {
    code = pieces::octet(&text, at);
    count = 1;
    if (code >= ' ' && code < 0x7F) {
      width = 1;
    } else if (code == '\t') {
      width = 8 - column % 8;
    } else if (code < 0x80) {
      width = 2;
    } else {
      take_long(at);
    }
  }

  function take_long(at: byte): void {
    var octets: byte[4];
    var position = 0;
    var there = octets[:pieces::fetch(&text, at, octets)];
    code = std::utf8::decode(there, &position);
    count = position;
    if (count == 1 || code < 0xA0) {
      code = code | SHOWN_AS_NUMBER;
      width = 4;
    } else {
      width = std::utf8::width(code);
    }
  }

  // Draw the character that was looked at last.
  function draw(): void {
    if (code >= ' ' && code < 0x7F) {
      screen::emit(code);
    } else if (code == '\t') {
      for (var i = 0; i < width; i = i + 1) { screen::emit(' '); }
    } else if (code < 0x80) {
      screen::emit('^');
      screen::emit(code == os::DELETE ? '?' : code + '@');
    } else if (code & SHOWN_AS_NUMBER) {
      screen::emit('<');
      screen::emit_digit(code >> 4 & 15);
      screen::emit_digit(code & 15);
      screen::emit('>');
    } else {
      var octets: byte[4];
      var needed = std::utf8::encode(code, octets);
      for (var i = 0; i < needed; i = i + 1) { screen::emit(octets[i]); }
    }
  }
}
