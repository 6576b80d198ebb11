// source.qll: the files, and what is wrong in them.
//
// A file is one octet a word, with a line feed behind it. A place in it is the address of an octet;
// columns, which count characters, are found when somebody is told.

namespace source {
  .constant global SURROUNDINGS: byte = 100;  // characters around an error that are shown of a long line

  type file = struct { name: string; begin: * byte; end: * byte; };
  global files: file[] = null;

  // A mistake: a message, perhaps with a place, and a note if there is one.
  type mistake = struct {
    file: byte; line: byte;          // line 0: of no place
    at: * byte;                      // first octet of what is wrong
    span: byte;                      // characters
    text: byte; length: byte;        // of the message, in `words`
    note: byte; note_length: byte;
  };
  .constant global WIDTH: byte = 8;
  global mistakes: memory::list = memory::list { };
  global words: memory::list = memory::list { };

  // --- reading -----------------------------------------------------------------------------------

  // Read a file into memory; a mistake is noted if that cannot be.
  function load(name: string): void {
    var text = memory::list { };
    var is_standard = std::str::equal(name, "-");
    var handle = os::INPUT;
    if (is_standard) {
      os::console_mode(os::TEXT);
    } else {
      handle = os::open(name, os::READING);
    }
    var good = handle != os::FAILED && !os::is_directory(name);
    var block: byte[512];
    while (good) {
      var count = os::read(handle, block);
      if (count == 0) { break; }
      good = count != os::FAILED;
      if (good) {
        memory::reserve(&text, count + 1);
        var to = &text.words[unsafe text.count];
        for (var i = 0; i < count; i = i + 1) { to[unsafe i] = block[i]; }
        text.count = text.count + count;
      }
    }
    if (!good) {
      cannot_read(name, handle);
      return;
    }
    if (!is_standard) { os::close(handle); }
    memory::add(&text, '\n');
    keep(is_standard ? std::str::from_string("<stdin>") : name, text);
  }

  function cannot_read(name: string, handle: byte): void {
    begin_message();
    say("cannot read ");
    say(name);
    say(": ");
    if (os::is_directory(name)) { say("Is a directory"); }
    else if (handle == os::FAILED) { say("No such file or directory"); }
    else { say("Input/output error"); }
    end_message(0, 0, null, 1);
  }

  function keep(name: string, text: memory::list): void {
    var begin = text.words;
    var end = &text.words[unsafe text.count];
    if (text.count > 3 && begin[unsafe 0] == 0xEF && begin[unsafe 1] == 0xBB && begin[unsafe 2] == 0xBF) {
      begin = &begin[unsafe 3];  // a byte order mark
    }
    std::vector::add(&files, file { name = name, begin = begin, end = end });
    check(len files - 1);
  }

  // All characters must be whole.
  function check(index: byte): void {
    var f = &files[index];
    var count = <unsafe byte>f->end - <unsafe byte>f->begin;
    var text = memory::part(f->begin, count);
    var line = 1;
    var at = 0;
    while (at < count) {
      var octet = f->begin[unsafe at];
      if (octet < 0x80) {
        if (octet == '\n') { line = line + 1; }
        at = at + 1;
      } else {
        var length = std::utf8::whole(text, at);
        if (length == 1) {
          begin_message();
          say("octet 0x");
          say_digits(octet, 16);
          say(" is not valid UTF-8");
          end_message(index, line, &f->begin[unsafe at], 1);
          return;
        }
        at = at + length;
      }
    }
  }

  // --- messages ----------------------------------------------------------------------------------

  global message_at: byte = 0;

  function begin_message(): void { message_at = words.count; }

  function say(text: string): void {
    for (var i = 0; i < len text; i = i + 1) { memory::add(&words, text[i]); }
  }

  function say_digits(number: byte, base: byte): void {
    var digits: byte[12];
    say(std::str::utoa(number, digits, base));
  }

  // The message that was said since `begin_message` is about this place.
  function end_message(file: byte, line: byte, at: * byte, span: byte): void {
    memory::reserve(&mistakes, WIDTH);
    var m = <unsafe * mistake>&mistakes.words[unsafe mistakes.count];
    mistakes.count = mistakes.count + WIDTH;
    *m = mistake {
      file = file, line = line, at = at, span = span, text = message_at,
      length = words.count - message_at
    };
    message_at = words.count;
  }

  // What was said since then is a note on the last mistake.
  function end_note(): void {
    var m = number(count() - 1);
    m->note = message_at;
    m->note_length = words.count - message_at;
  }

  function count(): byte { return mistakes.count / WIDTH; }

  function number(index: byte): * mistake {
    return <unsafe * mistake>&mistakes.words[unsafe index * WIDTH];
  }

  // "name:12:3"
  function say_place(file: byte, line: byte, at: * byte): void {
    say(files[file].name);
    memory::add(&words, ':');
    say_digits(line, 10);
    memory::add(&words, ':');
    say_digits(column_of(file, at), 10);
  }

  function line_begin(file: byte, at: * byte): * byte {
    var begin = at;
    while (begin != files[file].begin && begin[unsafe -1] != '\n') { begin = &begin[unsafe -1]; }
    return begin;
  }

  // Characters count from 1.
  function column_of(file: byte, at: * byte): byte {
    var column = 1;
    for (var p = line_begin(file, at); p != at; p = &p[unsafe 1]) {
      if (!std::utf8::continues(*p)) { column = column + 1; }
    }
    return column;
  }

  // --- telling -----------------------------------------------------------------------------------

  .constant global MOST_SHOWN: byte = 100;  // mistakes; of more only the number is said

  // Say the mistakes, in the order of their places; false if there are none.
  function tell(): bool {
    var all = count();
    if (all == 0) { return false; }
    var order = sorted(all);
    var shown = std::math::min(all, MOST_SHOWN);
    for (var i = 0; i < shown; i = i + 1) { tell_one(number(order[unsafe i])); }
    if (shown < all) {
      var digits: byte[12];
      put("... and ");
      put(std::str::utoa(all - shown, digits, 10));
      put(" more\n");
    }
    flush();
    return true;
  }

  function is_before(a: * mistake, b: * mistake): bool {
    if (a->file != b->file) { return a->file < b->file; }
    if (a->line != b->line) { return a->line < b->line; }
    return <unsafe byte>a->at < <unsafe byte>b->at;
  }

  // Numbers of the mistakes in order; those of one place stay as they were found.
  function sorted(all: byte): * byte {
    var from = memory::take(all);
    var to = memory::take(all);
    for (var i = 0; i < all; i = i + 1) { from[unsafe i] = i; }
    for (var width = 1; width < all; width = width * 2) {
      for (var begin = 0; begin < all; begin = begin + width * 2) {
        merge(from, to, begin, std::math::min(begin + width, all),
              std::math::min(begin + width * 2, all));
      }
      var other = from;
      from = to;
      to = other;
    }
    return from;
  }

  function merge(from: * byte, to: * byte, begin: byte, middle: byte, end: byte): void {
    var a = begin;
    var b = middle;
    for (var i = begin; i < end; i = i + 1) {
      var second = a == middle || (b < end && is_before(number(from[unsafe b]), number(from[unsafe a])));
      to[unsafe i] = from[unsafe second ? b : a];
      if (second) { b = b + 1; } else { a = a + 1; }
    }
  }

  global out: memory::list = memory::list { };

  function flush(): void {
    os::write(os::ERROR_OUTPUT, memory::part(out.words, out.count));
    out.count = 0;
  }

  function put(text: string): void {
    for (var i = 0; i < len text; i = i + 1) { memory::add(&out, text[i]); }
    if (out.count > 2000) { flush(); }
  }

  // A text without what a terminal would obey.
  function put_harmless(text: string): void {
    var at = 0;
    while (at < len text) {
      var start = at;
      var code = std::utf8::decode(text, &at);
      var is_whole = code < 0x80 || at != start + 1;
      if (code == '\t' || code == '\n' || (is_whole && is_printable(code))) {
        put(text[start:at]);
      } else {
        put("\xEF\xBF\xBD");
      }
    }
  }

  function is_printable(code: byte): bool {
    if (code < 0x7F) { return code >= ' '; }
    return code > 0xA0 && code != 0xAD && code != 0x3000 && code != 0x1680 && code != 0xFEFF
           && (code < 0x2000 || code > 0x200F) && (code < 0x2028 || code > 0x202F)
           && (code < 0x205F || code > 0x206F) && (code < 0xD800 || code > 0xF8FF)
           && (code < 0xFFF0 || code > 0xFFFB) && (code < 0xF0000 || code > 0x10FFFF);
  }

  function tell_one(m: * mistake): void {
    if (m->line != 0) {
      message_at = words.count;
      say_place(m->file, m->line, m->at);
      put(memory::part(&words.words[unsafe message_at], words.count - message_at));
      words.count = message_at;
      put(": ");
    }
    put("error: ");
    put_harmless(memory::part(&words.words[unsafe m->text], m->length));
    put("\n");
    if (m->line != 0) { put_excerpt(m); }
    if (m->note_length != 0) {
      put("    note: ");
      put_harmless(memory::part(&words.words[unsafe m->note], m->note_length));
      put("\n");
    }
  }

  // The line, and under it a caret with a tail. Of a long line only the surroundings are shown.
  function put_excerpt(m: * mistake): void {
    var begin = line_begin(m->file, m->at);
    var end = begin;
    while (*end != '\n') { end = &end[unsafe 1]; }
    while (end != begin && end[unsafe -1] == '\r') { end = &end[unsafe -1]; }
    var column = column_of(m->file, m->at);
    var characters = characters_of(begin, end);
    var dots = 0;
    put("    ");
    if (characters > 2 * SURROUNDINGS) {
      var first = column > SURROUNDINGS ? column - 1 - SURROUNDINGS : 0;
      begin = skip(begin, end, first);
      var last = skip(begin, end, 2 * SURROUNDINGS);
      if (first != 0) { dots = 3; }
      column = column - first + dots;
      characters = dots + characters_of(begin, last) + (last != end ? 3 : 0);
      if (dots != 0) { put("..."); }
      put_harmless(memory::part(begin, <unsafe byte>last - <unsafe byte>begin));
      if (last != end) { put("..."); }
    } else {
      put_harmless(memory::part(begin, <unsafe byte>end - <unsafe byte>begin));
    }
    put("\n    ");
    for (var i = 0; i < dots; i = i + 1) { put(" "); }
    for (var i = dots + 1; i < column; i = i + 1) {
      put(begin != end && *begin == '\t' ? "\t" : " ");
      begin = skip(begin, end, 1);
    }
    put("^");
    var room = characters + 1 > column ? characters + 1 - column : 1;
    for (var i = 1; i < std::math::min(m->span, room); i = i + 1) { put("~"); }
    put("\n");
  }

  function characters_of(begin: * byte, end: * byte): byte {
    var count = 0;
    for (var p = begin; p != end; p = &p[unsafe 1]) {
      if (!std::utf8::continues(*p)) { count = count + 1; }
    }
    return count;
  }

  // So many characters on, at most to the end.
  function skip(from: * byte, end: * byte, count: byte): * byte {
    var p = from;
    for (var i = 0; i < count && p != end; i = i + 1) {
      p = &p[unsafe 1];
      while (p != end && std::utf8::continues(*p)) { p = &p[unsafe 1]; }
    }
    return p;
  }
}
