// edit.qll: a line from a raw terminal, with editing.
//
// The line takes one row: what does not fit scrolls sideways. The terminal is asked how wide it is once
// a line has some length; its answer arrives among the keys. All positions in `line` count octets and
// stand between characters; what is on the screen counts columns.

namespace edit {
  .constant global MOST: byte = 2000;      // octets of a line: what an argument text can hold
  .constant global ASK_AT: byte = 40;      // columns of a line that make its width matter

  global line: byte[] = null;              // MOST octets
  global length: byte = 0;
  global at: byte = 0;                     // the cursor
  global refused: bool = false;            // the line was too long for a character
  global is_abandoned: bool = false;       // by ctrl-C
  global is_over: bool = false;            // it is to be run, by another key than enter
  global is_command: bool = false;         // it is remembered, and tab completes it
  global draw_prompt: () => void = prompt; // says what stands in front of it

  global asked: bool = false;              // in this line
  global first: byte = 0;                  // column at which the line begins, behind the prompt
  global from: byte = 0;                   // first octet that is on the screen
  global column: byte = 0;                 // of the cursor, from `first` on
  global picture: byte[] = null;           // what is to go to the terminal

  // --- the screen --------------------------------------------------------------------------------

  function add(text: string): void {
    for (var i = 0; i < len text; i = i + 1) { std::vector::add(&picture, text[i]); }
  }

  function back(count: byte): void {
    for (var i = 0; i < count; i = i + 1) { std::vector::add(&picture, os::BACKSPACE); }
  }

  function show(): void {
    os::write(os::OUTPUT, picture);
    len picture = 0;
  }

  function bell(): void {
    add("\x07");
  }

  // Columns that the line may take: the last one stays free, so that the terminal never wraps.
  function room(): byte {
    return first + 9 < terminal::columns ? terminal::columns - first - 1 : 8;
  }

  function next(position: byte): byte {
    return position + std::utf8::whole(line[:length], position);
  }

  function before(position: byte): byte {
    var start = position - 1;
    while (start != 0 && std::utf8::continues(line[start])) { start = start - 1; }
    return next(start) == position ? start : position - 1;
  }

  function width(begin: byte, end: byte): byte {
    return std::utf8::columns(line[begin:end]);
  }

  // Draw what can be seen of the line, and put the cursor where it belongs.
  function redraw(): void {
    if (at < from) { from = at; }
    if (width(from, at) > room()) {
      while (width(from, at) > room() * 3 / 4) { from = next(from); }
    }
    var end = at;
    var used = width(from, at);
    var cursor = used;
    while (end < length && used + width(end, next(end)) <= room()) {
      used = used + width(end, next(end));
      end = next(end);
    }
    back(column);
    add(line[from:end]);
    add("\x1b[K");
    back(used - cursor);
    column = cursor;
  }

  function ask_width(): void {
    if (asked || first + width(0, length) < ASK_AT) { return; }
    asked = true;
    add(terminal::question());
  }

  // --- the line ----------------------------------------------------------------------------------

  // A character of one to four octets at the cursor.
  function insert(octets: string): void {
    var count = len octets;
    if (length + count > MOST) {
      refused = true;
      bell();
      return;
    }
    for (var i = length; i != at; i = i - 1) { line[i - 1 + count] = line[i - 1]; }
    for (var i = 0; i < count; i = i + 1) { line[at + i] = octets[i]; }
    length = length + count;
    at = at + count;
    var wide = std::utf8::columns(octets);
    if (at == length && column + wide <= room()) {
      add(octets);
      column = column + wide;
    } else {
      redraw();
    }
    ask_width();
  }

  // Take a piece out of the line; the cursor is then where it was.
  function cut(begin: byte, end: byte): void {
    if (begin == end) { return; }
    for (var i = end; i < length; i = i + 1) { line[begin + i - end] = line[i]; }
    length = length - (end - begin);
    at = begin;
    refused = false;
    redraw();
  }

  function move_to(where: byte): void {
    at = where;
    redraw();
  }

  function replace(text: string): void {
    length = std::math::min(len text, MOST);
    for (var i = 0; i < length; i = i + 1) { line[i] = text[i]; }
    from = 0;
    refused = false;
    move_to(length);
    ask_width();
  }

  // Where the word before the cursor begins, and where the one behind it ends.
  function word_before(): byte {
    var where = at;
    while (where != 0 && line[where - 1] == ' ') { where = where - 1; }
    while (where != 0 && line[where - 1] != ' ') { where = where - 1; }
    return where;
  }

  function word_behind(): byte {
    var where = at;
    while (where < length && line[where] == ' ') { where = where + 1; }
    while (where < length && line[where] != ' ') { where = where + 1; }
    return where;
  }

  // --- what keys do ------------------------------------------------------------------------------

  function left(): void { if (at != 0) { move_to(before(at)); } }
  function right(): void { if (at < length) { move_to(next(at)); } }
  function word_left(): void { move_to(word_before()); }
  function word_right(): void { move_to(word_behind()); }
  function to_start(): void { move_to(0); }
  function to_end(): void { move_to(length); }
  function erase(): void { if (at != 0) { cut(before(at), at); } }
  function erase_here(): void { if (at < length) { cut(at, next(at)); } }
  function erase_word(): void { cut(word_before(), at); }
  function erase_rest(): void { cut(at, length); }
  function erase_all(): void { replace(""); }

  function clear(): void {
    add("\x1b[2J\x1b[H");
    draw_anew();
  }

  // Draw prompt and line in an empty row.
  function draw_anew(): void {
    show();
    draw_prompt();
    column = 0;
    redraw();
  }

  function complete_word(): void {
    if (is_command) { complete::press(); }
  }

  function find_line(): void {
    if (is_command) { history::search(); }
  }

  function end_of_input(): void {
    if (at == length) { bell(); } else { erase_here(); }
  }

  type binding = struct { octet: byte; rest: string; act: () => void; };

  // All keys: the octet that they send, and what follows it. Those that a line ends with are not here.
  global bindings: binding[] = [
    binding { octet = 1, rest = "", act = to_start },       // ctrl-A
    binding { octet = 2, rest = "", act = left },           // ctrl-B
    binding { octet = os::CONTROL_D, rest = "", act = end_of_input },
    binding { octet = 5, rest = "", act = to_end },         // ctrl-E
    binding { octet = 6, rest = "", act = right },          // ctrl-F
    binding { octet = os::BACKSPACE, rest = "", act = erase },
    binding { octet = '\t', rest = "", act = complete_word },
    binding { octet = 11, rest = "", act = erase_rest },    // ctrl-K
    binding { octet = 12, rest = "", act = clear },         // ctrl-L
    binding { octet = 14, rest = "", act = history::newer },         // ctrl-N
    binding { octet = 16, rest = "", act = history::older },         // ctrl-P
    binding { octet = 18, rest = "", act = find_line },     // ctrl-R
    binding { octet = os::CONTROL_U, rest = "", act = erase_all },
    binding { octet = 23, rest = "", act = erase_word },    // ctrl-W
    binding { octet = os::DELETE, rest = "", act = erase },
    binding { octet = terminal::ESCAPE, rest = "[A", act = history::older },
    binding { octet = terminal::ESCAPE, rest = "[B", act = history::newer },
    binding { octet = terminal::ESCAPE, rest = "[C", act = right },
    binding { octet = terminal::ESCAPE, rest = "[D", act = left },
    binding { octet = terminal::ESCAPE, rest = "OA", act = history::older },
    binding { octet = terminal::ESCAPE, rest = "OB", act = history::newer },
    binding { octet = terminal::ESCAPE, rest = "OC", act = right },
    binding { octet = terminal::ESCAPE, rest = "OD", act = left },
    binding { octet = terminal::ESCAPE, rest = "[H", act = to_start },
    binding { octet = terminal::ESCAPE, rest = "[F", act = to_end },
    binding { octet = terminal::ESCAPE, rest = "OH", act = to_start },
    binding { octet = terminal::ESCAPE, rest = "OF", act = to_end },
    binding { octet = terminal::ESCAPE, rest = "[1~", act = to_start },
    binding { octet = terminal::ESCAPE, rest = "[4~", act = to_end },
    binding { octet = terminal::ESCAPE, rest = "[7~", act = to_start },
    binding { octet = terminal::ESCAPE, rest = "[8~", act = to_end },
    binding { octet = terminal::ESCAPE, rest = "[3~", act = erase_here },
    binding { octet = terminal::ESCAPE, rest = "[1;5C", act = word_right },  // with ctrl
    binding { octet = terminal::ESCAPE, rest = "[1;5D", act = word_left },
    binding { octet = terminal::ESCAPE, rest = "[1;3C", act = word_right },  // with alt
    binding { octet = terminal::ESCAPE, rest = "[1;3D", act = word_left },
    binding { octet = terminal::ESCAPE, rest = "f", act = word_right },
    binding { octet = terminal::ESCAPE, rest = "b", act = word_left }
  ];

  // Do what a key does; nothing if it is in no binding.
  function press(octet: byte, rest: string): void {
    if (octet != '\t') { complete::is_again = false; }
    for (var i = 0; i < len bindings; i = i + 1) {
      if (bindings[i].octet == octet && std::str::equal(bindings[i].rest, rest)) {
        var act = bindings[i].act;
        act();
        return;
      }
    }
  }

  // --- reading -----------------------------------------------------------------------------------

  function begin(): void {
    if (!picture) {
      picture = std::vector::create<byte>(256);
      line = new byte[MOST];
    }
    history::shown = history::count;
    length = 0;
    at = 0;
    from = 0;
    column = 0;
    asked = false;
    refused = false;
    is_abandoned = false;
    is_over = false;
    complete::is_again = false;
  }

  // A line from the terminal into `line`; false at the end of the input. It is remembered and completed if
  // it is a command.
  function read_line(for_command: bool): bool {
    begin();
    is_command = for_command;
    while (true) {
      if (is_over) {
        enter();
        return true;
      }
      if (len picture != 0) { show(); }
      var kind = terminal::read_key();
      var octets = terminal::octets();
      if (kind == terminal::CHARACTER) {
        complete::is_again = false;
        insert(octets);
      } else if (kind == terminal::BROKEN) {
        bell();
      } else if (kind == terminal::SEQUENCE) {
        take_sequence(octets);
      } else if (kind == terminal::END || (octets[0] == os::CONTROL_D && length == 0)) {
        return false;
      } else if (octets[0] == '\r' || octets[0] == '\n') {
        enter();
        return true;
      } else if (octets[0] == os::CONTROL_C) {
        add("^C\n");
        show();
        length = 0;
        is_abandoned = true;
        last_status = os::INTERRUPTED;
        return true;
      } else {
        press(octets[0], "");
      }
    }
    return false;
  }

  // The terminal's width is told from time to time; all else is a key.
  function take_sequence(sequence: string): void {
    if (terminal::take_size(sequence)) {
      from = 0;
      redraw();
    } else {
      press(terminal::ESCAPE, sequence);
    }
  }

  // Leave the line for good.
  function enter(): void {
    if (at != length) { move_to(length); }
    add("\n");
    show();
    if (is_command) { history::remember(line[:length]); }
    if (refused) { too_long(); }
  }

  // Part of what was typed is missing: the line is not run.
  function too_long(): void {
    os::complain("sh", "the line is too long, and was not run", "");
    length = 0;
    last_status = os::MISUSED;
  }
}
