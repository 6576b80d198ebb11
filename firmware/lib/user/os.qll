// os.qll: what programs under the kernel share: text out, arguments in.
//
// The system calls themselves, in the same namespace, are in calls.qll; what reads and writes much is in
// streams.qll.

namespace os {
  // A copy that ends with a zero word, as the kernel wants names. The caller deletes it.
  function terminated(text: string): string {
    var copy = new byte[len text + 1];
    for (var i = 0; i < len text; i = i + 1) { copy[i] = text[i]; }
    return copy;
  }

  // --- output ------------------------------------------------------------------------------------

  global out: byte = OUTPUT;           // where `say` and its like write
  global errors: byte = ERROR_OUTPUT;  // and where complaints go

  // Text to a handle, as octets of UTF-8; false if not all of it could be written.
  function write_text(handle: byte, text: string): bool {
    return lib::_write_text(handle, text) == len text;
  }

  // To the output, at once or gathered (streams.qll).
  function say(text: string): void {
    if (!_gathered) { write_text(out, text); } else { _gather(text); }
  }

  function say_line(text: string): void {
    say(text);
    say("\n");
  }

  function say_number(number: byte): void {
    var digits: byte[12];
    say(std::str::utoa(number, digits, 10));
  }

  // A number at the right of a column.
  function say_column(number: byte, width: byte): void {
    var digits: byte[12];
    var text = std::str::utoa(number, digits, 10);
    for (var i = len text; i < width; i = i + 1) { say(" "); }
    say(text);
  }

  // "cat: no such file: x", to the error output. Returns 1, for use as a status.
  function complain(program: string, what: string, subject: string): byte {
    flush();
    write_text(errors, program);
    write_text(errors, ": ");
    write_text(errors, what);
    if (len subject != 0) {
      write_text(errors, ": ");
      write_text(errors, subject);
    }
    write_text(errors, "\n");
    return 1;
  }

  // A command line that cannot be: says how the program is used. Returns the status for that.
  function misused(usage: string): byte {
    flush();
    write_text(errors, "usage: ");
    write_text(errors, usage);
    write_text(errors, "\n");
    return MISUSED;
  }

  // A name out of a fixed field, up to the first zero.
  function name_of(field: byte[]): string {
    var length = 0;
    while (length < len field && field[length] != 0) { length = length + 1; }
    return field[:length];
  }

  // --- arguments ---------------------------------------------------------------------------------

  // Split an argument text at blanks; '…' and "…" keep them, \ takes the next character as it is.
  function arguments(text: string): string[] {
    var found = std::vector::create<string>(4);
    var at = 0;
    while (true) {
      while (at < len text && is_blank(text[at])) { at = at + 1; }
      if (at == len text) { return found; }
      var word = word_at(text, &at);
      std::vector::add(&found, word);
    }
    return found;
  }

  // The words of a program's command line that are no options. `letters` are the options that there
  // are, one letter each, with a ':' behind those that take a value; `given`, `option_value` and `value_of` tell
  // which there were. `--help` says how the program is used, and ends it; so does an option that is
  // not there, with status MISUSED. Behind `--` nothing is an option.
  type _option = struct { letter: byte; value: string; };

  global _given: byte = 0;
  global _values: _option[] = null;
  global option_value: string = null;    // of the last one that takes a value

  function begin(text: string, usage: string, letters: string): string[] {
    var words = arguments(text);
    var names = std::vector::create<string>(4);
    var i = 0;
    while (i < len words) {
      var word = words[i];
      i = i + 1;
      if (std::str::equal(word, "--")) {
        while (i < len words) {
          std::vector::add(&names, words[i]);
          i = i + 1;
        }
      } else if (std::str::equal(word, "--help")) {
        _help(usage);
      } else if (len word > 1 && word[0] == '-') {
        if (_take_options(word, usage, letters)) {
          if (i == len words) { exit(misused(usage)); }
          _keep_value(word[len word - 1], words[i]);
          i = i + 1;
        }
      } else {
        std::vector::add(&names, word);
      }
    }
    return names;
  }

  function _help(usage: string): void {
    say("usage: ");
    say_line(usage);
    flush();
    exit(0);
  }

  // Note the letters of a word such as "-lr"; true if the last one's value is the next word.
  function _take_options(word: string, usage: string, letters: string): bool {
    for (var i = 1; i < len word; i = i + 1) {
      var at = word[i] == ':' ? FAILED : std::str::index_of(letters, word[i]);
      if (at == FAILED) {
        complain(usage[:end_of_word(usage)], "there is no option", word);
        exit(misused(usage));
      }
      _given = _given | 1 << (word[i] & 31);
      if (at + 1 < len letters && letters[at + 1] == ':') {
        if (i + 1 == len word) { return true; }
        _keep_value(word[i], word[i + 1:]);
        return false;
      }
    }
    return false;
  }

  // Whether an option was there: a lower-case letter.
  function given(letter: byte): bool {
    return (_given >> (letter & 31) & 1) != 0;
  }

  function _keep_value(letter: byte, value: string): void {
    if (!_values) { _values = std::vector::create<_option>(4); }
    std::vector::add(&_values, _option { letter = letter, value = value });
    option_value = value;
  }

  // The value of an option that was there, of two the last one.
  function value_of(letter: byte): string {
    for (var i = len _values; i != 0; i = i - 1) {
      if (_values[i - 1].letter == letter) { return _values[i - 1].value; }
    }
    return null;
  }

  // Where the first word of a text ends.
  function end_of_word(text: string): byte {
    var at = 0;
    while (at < len text && !is_blank(text[at])) { at = at + 1; }
    return at;
  }

  function is_blank(c: byte): bool {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  // The word at a position, without its quotes, in new memory; the position moves behind it.
  function word_at(text: string, position: * byte): string {
    var word = new byte[len text - *position];
    var length = 0;
    var quote = 0;
    var at = *position;
    while (at < len text && (quote != 0 || !is_blank(text[at]))) {
      var c = text[at];
      at = at + 1;
      if (c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else {
        if (c == '\\' && quote != '\'' && at < len text) {
          c = text[at];
          at = at + 1;
        }
        word[length] = c;
        length = length + 1;
      }
    }
    *position = at;
    len word = length;
    return word;
  }

  // Append a word to a growing text as an argument text can carry it: in quotes where it needs them.
  function append_quoted(text: * string, word: string): void {
    var plain = len word != 0;
    for (var i = 0; i < len word; i = i + 1) {
      if (is_blank(word[i]) || word[i] == '\'' || word[i] == '"' || word[i] == '\\') {
        plain = false;
      }
    }
    if (!plain) { std::vector::add(text, '"'); }
    for (var i = 0; i < len word; i = i + 1) {
      if (word[i] == '"' || word[i] == '\\') { std::vector::add(text, '\\'); }
      std::vector::add(text, word[i]);
    }
    if (!plain) { std::vector::add(text, '"'); }
  }

  // A decimal number, or FAILED.
  function number_of(text: string): byte {
    var number = 0;
    if (len text == 0) { return FAILED; }
    for (var i = 0; i < len text; i = i + 1) {
      if (text[i] < '0' || text[i] > '9' || number > 400000000) { return FAILED; }
      number = number * 10 + text[i] - '0';
    }
    return number;
  }

  // --- files -------------------------------------------------------------------------------------

  // A file to read from, or FAILED after a complaint: a directory is none.
  function open_to_read(program: string, name: string): byte {
    var told: status;
    if (stat(name, &told.flags) == 0 && (told.flags & DIRECTORY) != 0) {
      complain(program, "is a directory", name);
      return FAILED;
    }
    var handle = open(name, READING);
    if (handle == FAILED) { complain(program, "cannot open", name); }
    return handle;
  }

  function is_directory(name: string): bool {
    var told: status;
    return stat(name, &told.flags) == 0 && (told.flags & DIRECTORY) != 0;
  }

  // The last part of a path.
  function last_part(name: string): string {
    var at = len name;
    while (at != 0 && name[at - 1] != '/') { at = at - 1; }
    return name[at:];
  }

  function joined(directory: string, name: string): string {
    if (len directory != 0 && directory[len directory - 1] == '/') {
      return std::str::concat(directory, name);
    }
    var begin = std::str::concat(directory, "/");
    var whole = std::str::concat(begin, name);
    delete begin;
    return whole;
  }
}
