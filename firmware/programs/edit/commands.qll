// commands.qll: what keys do.

namespace commands {
  global is_over: bool = false;
  global clip: pieces::text = pieces::text { };  // what was cut or copied last
  global is_cutting: bool = false;               // the key before cut a line: the next one adds to it
  global cuts: bool = false;                     // this key does
  global sought: string = null;

  // --- changes -----------------------------------------------------------------------------------

  function touch(): void {
    if (!is_changed) { screen::is_told = false; }
    is_changed = true;
  }

  function short(): void {
    screen::say("memory is short: nothing was done");
    screen::bell();
  }

  function put(octets: string): void {
    if (!history::insert(cursor::at, octets)) {
      short();
      return;
    }
    touch();
    cursor::after_insertion(len octets);
  }

  function remove(from: byte, to: byte): void {
    if (from == to) { return; }
    cursor::before_removal(from, to - from);
    history::remove(from, to - from);
    touch();
  }

  function new_line(): void {
    put("\n");
    history::is_apart = true;
  }

  function tab(): void { put("\t"); }

  function erase(): void {
    if (cursor::mark != cursor::NONE) {
      remove(cursor::marked_from(), cursor::marked_to());
    } else if (cursor::at != 0) {
      remove(cursor::before(cursor::at), cursor::at);
    }
  }

  function erase_here(): void {
    if (cursor::mark != cursor::NONE) {
      erase();
    } else if (cursor::at < text.length) {
      remove(cursor::at, cursor::behind(cursor::at));
    }
  }

  function undo(): void {
    cursor::drop_mark();
    if (history::undo()) { touch(); } else { screen::say("there is nothing to undo"); }
  }

  function redo(): void {
    cursor::drop_mark();
    if (history::redo()) { touch(); } else { screen::say("there is nothing to do again"); }
  }

  // --- cut and paste -----------------------------------------------------------------------------

  function set_mark(): void {
    if (cursor::mark != cursor::NONE) {
      cursor::drop_mark();
    } else {
      cursor::mark = cursor::at;
      screen::say("marking: move, then ctrl-X or ctrl-C");
    }
  }

  // Keep what is marked, or else the line, in `clip`; false if memory is short.
  function keep(from: byte, to: byte): bool {
    if (!is_cutting) { pieces::clear(&clip); }
    return pieces::copy(&clip, clip.length, &text, from, to - from);
  }

  function cut(): void {
    var is_line = cursor::mark == cursor::NONE;
    var from = is_line ? cursor::begin : cursor::marked_from();
    var to = is_line ? std::math::min(cursor::line_end() + 1, text.length) : cursor::marked_to();
    if (!is_line) { is_cutting = false; }
    if (!keep(from, to)) {
      short();
      return;
    }
    remove(from, to);
    history::is_apart = true;
    cuts = is_line;
  }

  function copy(): void {
    var is_line = cursor::mark == cursor::NONE;
    is_cutting = false;
    var good = is_line ? keep(cursor::begin, std::math::min(cursor::line_end() + 1, text.length))
                       : keep(cursor::marked_from(), cursor::marked_to());
    if (!good) {
      short();
      return;
    }
    cursor::drop_mark();
    screen::say("copied");
  }

  function paste(): void {
    if (clip.length == 0) {
      screen::say("nothing was cut or copied yet");
    } else if (history::insert_text(cursor::at, &clip)) {
      touch();
      cursor::after_insertion(clip.length);
    } else {
      short();
    }
  }

  // --- moving ------------------------------------------------------------------------------------

  function go(to: byte): void {
    history::is_apart = true;
    cursor::go_to(to);
  }

  function left(): void { if (cursor::at != 0) { go(cursor::before(cursor::at)); } }
  function right(): void { if (cursor::at < text.length) { go(cursor::behind(cursor::at)); } }
  function to_line_start(): void { go(cursor::begin); }
  function to_line_end(): void { go(cursor::line_end()); }
  function to_text_start(): void { go(0); }
  function to_text_end(): void { go(text.length); }

  function go_lines(start: byte): void {
    history::is_apart = true;
    cursor::go_into(start, cursor::wanted);
  }

  function up(): void { go_lines(cursor::line_before(1)); }
  function down(): void { go_lines(cursor::line_behind(1)); }
  function page_up(): void { go_lines(cursor::line_before(screen::rows)); }
  function page_down(): void { go_lines(cursor::line_behind(screen::rows)); }

  function word_left(): void {
    var to = cursor::at;
    while (to != 0 && !cursor::is_word(to - 1)) { to = to - 1; }
    while (to != 0 && cursor::is_word(to - 1)) { to = to - 1; }
    go(to);
  }

  function word_right(): void {
    var to = cursor::at;
    while (to < text.length && !cursor::is_word(to)) { to = to + 1; }
    while (to < text.length && cursor::is_word(to)) { to = to + 1; }
    go(to);
  }

  // To "LINE" or "LINE:COLUMN", as messages name places.
  function to_line(): void {
    var answer = ask("to line, or line:column: ");
    if (!answer) { return; }
    var colon = std::str::index_of(answer, ':');
    var goal = 1;
    if (colon != os::FAILED) {
      goal = os::number_of(answer[colon + 1:]);
      len answer = colon;
    }
    var line = os::number_of(answer);
    delete answer;
    if (line == os::FAILED || goal == os::FAILED || line == 0 || goal == 0) {
      screen::say("this is no line's number");
      return;
    }
    go(0);
    go(cursor::line_behind(line - 1));
    if (cursor::line + 1 != line) { screen::say("the text has no more lines"); }
    for (var i = 1; i < goal && cursor::at < text.length
                    && pieces::octet(&text, cursor::at) != '\n'; i = i + 1) {
      right();
    }
  }

  function find(): void {
    var answer = ask("find: ");
    if (!answer) { return; }
    if (len answer != 0) {
      delete sought;
      sought = answer;
    }
    find_next();
  }

  // The next place behind the cursor, or from the text's beginning on.
  function find_next(): void {
    if (!sought) {
      screen::say("nothing was sought yet");
      return;
    }
    var at = place_of(cursor::at + 1, text.length);
    if (at == cursor::NONE) {
      at = place_of(0, cursor::at + 1);
      screen::say("from the beginning");
    }
    if (at == cursor::NONE) { screen::say("not found"); } else { go(at); }
  }

  // The first place of what is sought that begins in a range, or NONE.
  function place_of(from: byte, to: byte): byte {
    var at = pieces::find(&text, from, sought[0]);
    while (at < to && at < text.length) {
      if (pieces::has(&text, at, sought)) { return at; }
      at = pieces::find(&text, at + 1, sought[0]);
    }
    return cursor::NONE;
  }

  // --- questions ---------------------------------------------------------------------------------

  // Let the person type a line in the last row; null if they would rather not. New memory.
  function ask(question: string): string {
    var answer = std::vector::create<byte>(32);
    while (true) {
      screen::say(question);
      screen::add(answer);
      screen::show();
      var kind = terminal::read_key();
      var octets = terminal::octets();
      if (kind == terminal::CHARACTER) {
        for (var i = 0; i < len octets; i = i + 1) { std::vector::add(&answer, octets[i]); }
      } else if (kind == terminal::CONTROL && (octets[0] == '\r' || octets[0] == '\n')) {
        screen::say("");
        return answer;
      } else if (kind == terminal::CONTROL
                 && (octets[0] == os::DELETE || octets[0] == os::BACKSPACE)) {
        var end = len answer;
        while (end != 0 && std::utf8::continues(answer[end - 1])) { end = end - 1; }
        len answer = end == 0 ? 0 : end - 1;
      } else if (kind == terminal::SEQUENCE && len octets != 0) {
        if (terminal::take_size(octets)) { screen::resize(); }
      } else if (kind != terminal::BROKEN) {
        delete answer;
        screen::say("");
        return null;
      }
    }
    return null;
  }

  // The key that answers a question, as a small letter; 0 for one that is none.
  function answer_to(question: string): byte {
    screen::say(question);
    screen::show();
    var kind = terminal::read_key();
    var octets = terminal::octets();
    while (kind == terminal::SEQUENCE && terminal::take_size(octets)) {
      kind = terminal::read_key();
      octets = terminal::octets();
    }
    screen::say("");
    return kind == terminal::CHARACTER ? octets[0] | 32 : 0;
  }

  function asks(question: string): bool {
    return answer_to(question) == 'y';
  }

  // --- the file, and the end ---------------------------------------------------------------------

  function save(): void { file::save(); }

  function save_as(): void {
    var answer = ask("save as: ");
    if (!answer) { return; }
    if (len answer == 0) {
      delete answer;
      return;
    }
    var old = name;
    var known = file::known;
    name = answer;
    file::known = file::state { };
    if (!file::save()) {
      name = old;
      file::known = known;
      screen::is_told = false;
    }
  }

  function quit(): void {
    if (is_changed) {
      var answer = answer_to("save the changes? y/n, all else goes on ");
      if (answer == 'y') {
        if (!file::save()) { return; }
      } else if (answer != 'n') {
        return;
      }
    }
    is_over = true;
  }

  function redraw(): void {
    screen::resize();
    screen::emit_text(terminal::question());
  }

  function help(): void {
    screen::emit_text("\x1b[2J\x1b[H\x1b[1mKeys\x1b[m, with ctrl and a letter:\r\n\r\n");
    screen::emit_text("  S  save               O  save as            Q  leave\r\n");
    screen::emit_text("  F  find               N  find the next      G  to a line\r\n");
    screen::emit_text("  B  mark from here     X  cut                C  copy\r\n");
    screen::emit_text("  V  paste              Z  undo               Y  do again\r\n");
    screen::emit_text("  A  line's beginning   E  line's end         L  draw anew\r\n\r\n");
    screen::emit_text("Without a mark X and C take the line; X again adds the next one.\r\n");
    screen::emit_text("Arrows, home, end, page up and page down move, with ctrl by words\r\n");
    screen::emit_text("and to the beginning and the end of the text.\r\n\r\n");
    screen::emit_text("Any key goes on.");
    screen::flush();
    terminal::read_key();
    screen::resize();
  }

  // --- keys --------------------------------------------------------------------------------------

  type binding = struct { octet: byte; rest: string; act: () => void; };

  // All keys: the octet that they send, and what follows it.
  global bindings: binding[] = [
    binding { octet = terminal::ESCAPE, rest = "[A", act = up },
    binding { octet = terminal::ESCAPE, rest = "[B", act = down },
    binding { octet = terminal::ESCAPE, rest = "[C", act = right },
    binding { octet = terminal::ESCAPE, rest = "[D", act = left },
    binding { octet = '\r', rest = "", act = new_line },
    binding { octet = '\n', rest = "", act = new_line },
    binding { octet = '\t', rest = "", act = tab },
    binding { octet = os::DELETE, rest = "", act = erase },
    binding { octet = os::BACKSPACE, rest = "", act = erase },
    binding { octet = terminal::ESCAPE, rest = "[3~", act = erase_here },
    binding { octet = terminal::ESCAPE, rest = "[5~", act = page_up },
    binding { octet = terminal::ESCAPE, rest = "[6~", act = page_down },
    binding { octet = 0, rest = "", act = set_mark },              // ctrl-blank
    binding { octet = 1, rest = "", act = to_line_start },         // ctrl-A
    binding { octet = 2, rest = "", act = set_mark },              // ctrl-B
    binding { octet = os::CONTROL_C, rest = "", act = copy },
    binding { octet = os::CONTROL_D, rest = "", act = quit },
    binding { octet = 5, rest = "", act = to_line_end },           // ctrl-E
    binding { octet = 6, rest = "", act = find },                  // ctrl-F
    binding { octet = 7, rest = "", act = to_line },               // ctrl-G
    binding { octet = 11, rest = "", act = cut },                  // ctrl-K
    binding { octet = 12, rest = "", act = redraw },               // ctrl-L
    binding { octet = 14, rest = "", act = find_next },            // ctrl-N
    binding { octet = 15, rest = "", act = save_as },              // ctrl-O
    binding { octet = 17, rest = "", act = quit },                 // ctrl-Q
    binding { octet = 19, rest = "", act = save },                 // ctrl-S
    binding { octet = 22, rest = "", act = paste },                // ctrl-V
    binding { octet = 24, rest = "", act = cut },                  // ctrl-X
    binding { octet = 25, rest = "", act = redo },                 // ctrl-Y
    binding { octet = 26, rest = "", act = undo },                 // ctrl-Z
    binding { octet = terminal::ESCAPE, rest = "OA", act = up },
    binding { octet = terminal::ESCAPE, rest = "OB", act = down },
    binding { octet = terminal::ESCAPE, rest = "OC", act = right },
    binding { octet = terminal::ESCAPE, rest = "OD", act = left },
    binding { octet = terminal::ESCAPE, rest = "[H", act = to_line_start },
    binding { octet = terminal::ESCAPE, rest = "[F", act = to_line_end },
    binding { octet = terminal::ESCAPE, rest = "OH", act = to_line_start },
    binding { octet = terminal::ESCAPE, rest = "OF", act = to_line_end },
    binding { octet = terminal::ESCAPE, rest = "[1~", act = to_line_start },
    binding { octet = terminal::ESCAPE, rest = "[4~", act = to_line_end },
    binding { octet = terminal::ESCAPE, rest = "[7~", act = to_line_start },
    binding { octet = terminal::ESCAPE, rest = "[8~", act = to_line_end },
    binding { octet = terminal::ESCAPE, rest = "[1;5C", act = word_right },
    binding { octet = terminal::ESCAPE, rest = "[1;5D", act = word_left },
    binding { octet = terminal::ESCAPE, rest = "[1;5H", act = to_text_start },
    binding { octet = terminal::ESCAPE, rest = "[1;5F", act = to_text_end },
    binding { octet = terminal::ESCAPE, rest = "OP", act = help },       // F1
    binding { octet = terminal::ESCAPE, rest = "[11~", act = help },
    binding { octet = terminal::ESCAPE, rest = "[[A", act = help },
    binding { octet = terminal::ESCAPE, rest = "", act = cursor::drop_mark }
  ];

  // Do what a key does; nothing if it is in no binding.
  function press(octet: byte, rest: string): void {
    for (var i = 0; i < len bindings; i = i + 1) {
      if (bindings[i].octet == octet && std::str::equal(bindings[i].rest, rest)) {
        var act = bindings[i].act;
        cuts = false;
        act();
        is_cutting = cuts;
        return;
      }
    }
  }
}
