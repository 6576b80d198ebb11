// edit.qll: a line from a raw terminal, with editing and history.
//
// The line takes one row: what does not fit scrolls sideways. The terminal is asked how wide it is once
// a line has some length; its answer arrives among the keys. All positions in `line` count octets and
// stand between characters; what is on the screen counts columns.

namespace edit {
  .constant global HISTORY: byte = 32;
  .constant global MOST: byte = 2000;      // octets of a line: what an argument text can hold
  .constant global ASK_AT: byte = 40;      // columns of a line that make its width matter
  .constant global ESCAPE: byte = 27;
  .constant global PATIENCE_MS: byte = 50; // within that time what follows an escape belongs to it
  .constant global NONE: byte = 0xFFFFFFFF;

  global past: (string)[HISTORY] = [""; HISTORY];
  global past_count: byte = 0;
  global shown: byte = 0;                  // of the past; past_count for a new line

  global line: byte[MOST] = [0; MOST];
  global length: byte = 0;
  global at: byte = 0;                     // the cursor
  global refused: bool = false;            // the line was too long for a character

  global columns: byte = 80;               // of the terminal, until it tells
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
    return first + 9 < columns ? columns - first - 1 : 8;
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

  // The terminal's answer comes as ESC [ row ; column R. The cursor goes to the far right for that.
  function ask_width(): void {
    if (asked || first + width(0, length) < ASK_AT) { return; }
    asked = true;
    add("\x1b7\x1b[999C\x1b[6n\x1b8");
  }

  function take_width(parameters: string): void {
    var semicolon = std::str::index_of(parameters, ';');
    if (semicolon == NONE) { return; }
    var told = os::number_of(parameters[semicolon + 1:]);
    if (told == os::FAILED || told < 2) { return; }
    columns = told;
    from = 0;
    redraw();
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

  function remember(): void {
    if (length == 0) { return; }
    if (past_count != 0
        && std::str::equal(past[(past_count - 1) % HISTORY], line[:length])) {
      return;
    }
    if (past_count >= HISTORY) { delete past[past_count % HISTORY]; }
    past[past_count % HISTORY] = std::str::from_string(line[:length]);
    past_count = past_count + 1;
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

  function older(): void {
    if (shown == 0 || past_count - shown >= HISTORY) {
      bell();
    } else {
      shown = shown - 1;
      replace(past[shown % HISTORY]);
    }
  }

  function newer(): void {
    if (shown == past_count) { return; }
    shown = shown + 1;
    if (shown == past_count) { replace(""); } else { replace(past[shown % HISTORY]); }
  }

  function clear(): void {
    add("\x1b[2J\x1b[H");
    show();
    prompt();
    column = 0;
    redraw();
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
    binding { octet = 11, rest = "", act = erase_rest },    // ctrl-K
    binding { octet = 12, rest = "", act = clear },         // ctrl-L
    binding { octet = 14, rest = "", act = newer },         // ctrl-N
    binding { octet = 16, rest = "", act = older },         // ctrl-P
    binding { octet = os::CONTROL_U, rest = "", act = erase_all },
    binding { octet = 23, rest = "", act = erase_word },    // ctrl-W
    binding { octet = os::DELETE, rest = "", act = erase },
    binding { octet = ESCAPE, rest = "[A", act = older },
    binding { octet = ESCAPE, rest = "[B", act = newer },
    binding { octet = ESCAPE, rest = "[C", act = right },
    binding { octet = ESCAPE, rest = "[D", act = left },
    binding { octet = ESCAPE, rest = "OA", act = older },
    binding { octet = ESCAPE, rest = "OB", act = newer },
    binding { octet = ESCAPE, rest = "OC", act = right },
    binding { octet = ESCAPE, rest = "OD", act = left },
    binding { octet = ESCAPE, rest = "[H", act = to_start },
    binding { octet = ESCAPE, rest = "[F", act = to_end },
    binding { octet = ESCAPE, rest = "OH", act = to_start },
    binding { octet = ESCAPE, rest = "OF", act = to_end },
    binding { octet = ESCAPE, rest = "[1~", act = to_start },
    binding { octet = ESCAPE, rest = "[4~", act = to_end },
    binding { octet = ESCAPE, rest = "[7~", act = to_start },
    binding { octet = ESCAPE, rest = "[8~", act = to_end },
    binding { octet = ESCAPE, rest = "[3~", act = erase_here },
    binding { octet = ESCAPE, rest = "[1;5C", act = word_right },  // with ctrl
    binding { octet = ESCAPE, rest = "[1;5D", act = word_left },
    binding { octet = ESCAPE, rest = "[1;3C", act = word_right },  // with alt
    binding { octet = ESCAPE, rest = "[1;3D", act = word_left },
    binding { octet = ESCAPE, rest = "f", act = word_right },
    binding { octet = ESCAPE, rest = "b", act = word_left }
  ];

  // Do what a key does; nothing if it is in no binding.
  function press(octet: byte, rest: string): void {
    for (var i = 0; i < len bindings; i = i + 1) {
      if (bindings[i].octet == octet && std::str::equal(bindings[i].rest, rest)) {
        var act = bindings[i].act;
        act();
        return;
      }
    }
  }

  // --- reading -----------------------------------------------------------------------------------

  global waiting: byte = NONE;             // an octet that was read too early

  function key(): byte {
    var one: byte[1];
    if (waiting != NONE) {
      one[0] = waiting;
      waiting = NONE;
      return one[0];
    }
    if (len picture != 0) { show(); }
    return os::read(os::INPUT, one) == 1 ? one[0] : os::CONTROL_D;
  }

  // What comes behind an escape, as one sequence: it ends at a letter or '~', or is one octet. A
  // sequence that is not known does nothing. An escape by itself, behind which nothing comes at once,
  // does nothing either.
  function take_escape(): void {
    var rest: byte[32];
    var since = os::clock();
    var octet = key();
    if (os::clock() - since > PATIENCE_MS || octet == ESCAPE) {
      waiting = octet;
      return;
    }
    rest[0] = octet;
    var count = 1;
    if (octet == 'O') {
      rest[1] = key();
      count = 2;
    } else if (octet == '[') {
      do_parameters(rest, &count);
    }
    if (octet == '[' && rest[count - 1] == 'R') {
      take_width(rest[1:count - 1]);
    } else {
      press(ESCAPE, rest[:count]);
    }
  }

  // Parameters and the last octet of a control sequence; of a long one the end is what counts.
  function do_parameters(rest: byte[], count: * byte): void {
    while (true) {
      var octet = key();
      rest[*count] = octet;
      if (*count + 1 < len rest) { *count = *count + 1; }
      // The function keys of one terminal send a second '[', and a letter behind it.
      if (octet == '[' && *count == 2) {
        rest[*count] = key();
        *count = *count + 1;
        return;
      }
      if (octet < ' ' || octet >= '@') { return; }
    }
  }

  // A character whose first octet was read.
  function take_character(octet: byte): void {
    var octets: byte[4];
    octets[0] = octet;
    var count = 1;
    while (count < std::utf8::length(octet)) {
      var more = key();
      if (!std::utf8::continues(more)) {
        waiting = more;
        bell();
        return;
      }
      octets[count] = more;
      count = count + 1;
    }
    if (std::utf8::is_octets(octets[:count])) { insert(octets[:count]); } else { bell(); }
  }

  function begin(): void {
    if (!picture) { picture = std::vector::create<byte>(256); }
    shown = past_count;
    length = 0;
    at = 0;
    from = 0;
    column = 0;
    asked = false;
    refused = false;
  }

  // A line from the terminal into `line`; false at the end of the input.
  function read_line(): bool {
    begin();
    while (true) {
      var octet = key();
      if (octet == '\r' || octet == '\n') {
        if (at != length) { move_to(length); }
        add("\n");
        show();
        remember();
        if (refused) { too_long(); }
        return true;
      } else if (octet == os::CONTROL_D && length == 0) {
        return false;
      } else if (octet == os::CONTROL_C) {
        add("^C\n");
        show();
        length = 0;
        last_status = os::INTERRUPTED;
        return true;
      } else if (octet == ESCAPE) {
        take_escape();
      } else if (octet >= ' ' && octet != os::DELETE) {
        take_character(octet);
      } else {
        press(octet, "");
      }
    }
    return false;
  }

  // Part of what was typed is missing: the line is not run.
  function too_long(): void {
    os::complain("sh", "the line is too long, and was not run", "");
    length = 0;
    last_status = os::MISUSED;
  }
}
