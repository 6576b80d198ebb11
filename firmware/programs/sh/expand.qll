// expand.qll: from a word as it is written to what a command gets: variables and what commands say are
// put in, what was not quoted is split at blanks and taken for names of files, quotes go.

namespace expand {
  using patterns;

  // A word at work. A character that was quoted has the flag QUOTED until its field is whole.
  type work = struct {
    fields: string[];
    current: string;
    is_there: bool;          // the current field exists, even if it is empty
    splits: bool;            // into fields; else all goes into one
    is_good: bool;
  };

  // All fields of a list of words; null after a complaint.
  function words(first: * tree::written): string[] {
    var w = begin(true);
    for (var each = first; each != null && w.is_good; each = each->next) {
      walk(&w, each->text, false);
      end_field(&w);
    }
    return finish(&w) ? w.fields : null;
  }

  // A word as one field: a value, the name of a file; null after a complaint.
  function single(text: string): string {
    var found = pattern(text);
    if (!!found) { plain(found); }
    return found;
  }

  // As one field in which quoted characters have their flag.
  function pattern(text: string): string {
    var w = begin(false);
    walk(&w, text, false);
    w.is_there = true;
    end_field(&w);
    if (!finish(&w)) { return null; }
    var found = w.fields[0];
    delete w.fields;
    return found;
  }

  function begin(splits: bool): work {
    return work {
      fields = std::vector::create<string>(4), current = texts::make(), splits = splits,
      is_good = true
    };
  }

  function finish(w: * work): bool {
    if (texts::is_full) {
      w->is_good = false;
      give_up("");
    }
    texts::drop(w->current);
    if (!w->is_good) { texts::drop_all(w->fields); }
    return w->is_good;
  }

  function fail(w: * work, what: string, subject: string): void {
    if (w->is_good) { complain(what, subject); }
    w->is_good = false;
  }

  function plain(text: string): void {
    for (var i = 0; i < len text; i = i + 1) { text[i] = text[i] & CODE; }
  }

  // --- fields ------------------------------------------------------------------------------------

  function add(w: * work, c: byte): void {
    texts::add(&w->current, c);
    w->is_there = true;
  }

  function add_all(w: * work, text: string, flag: byte): void {
    for (var i = 0; i < len text; i = i + 1) { add(w, text[i] | flag); }
  }

  function end_field(w: * work): void {
    if (!w->is_there) { return; }
    w->is_there = false;
    if (w->splits && is_pattern(w->current)) {
      var count = files::find(w->current, &w->fields);
      if (count == os::FAILED) { fail(w, "too many files", ""); }
      if (count != 0) {
        len w->current = 0;
        return;
      }
    }
    if (w->splits) { plain(w->current); }
    std::vector::add(&w->fields, w->current);
    w->current = texts::make();
  }

  // The value of something: what is not quoted ends fields at its blanks.
  function put(w: * work, value: string, is_quoted: bool): void {
    for (var i = 0; i < len value && !texts::is_full; i = i + 1) {
      if (w->splits && !is_quoted && os::is_blank(value[i])) {
        end_field(w);
      } else {
        add(w, value[i] | (is_quoted ? QUOTED : 0));
      }
    }
  }

  // --- what is written ---------------------------------------------------------------------------

  function walk(w: * work, text: string, is_quoted: bool): void {
    var i = 0;
    while (i < len text && w->is_good && !texts::is_full) {
      var c = text[i];
      var begin = i;
      if (c == '\\') {
        i = i + take_escape(w, text[i:len text], is_quoted);
      } else if (c == '\'' && !is_quoted) {
        quotes::skip_single(text, &i);
        add_all(w, text[begin + 1:i - 1], QUOTED);
        w->is_there = true;
      } else if (c == '"' && !is_quoted) {
        quotes::skip_double(text, &i);
        var inner = text[begin + 1:i - 1];
        walk(w, inner, true);
        if (!std::str::equal(inner, "$@")) { w->is_there = true; }
      } else if (c == '$') {
        i = i + take_dollar(w, text[i:len text], is_quoted);
      } else {
        add(w, c | (is_quoted ? QUOTED : 0));
        i = i + 1;
      }
    }
  }

  // What begins with \: how much it is. Within "…" it is a character like others before most.
  function take_escape(w: * work, text: string, is_quoted: bool): byte {
    var next = len text > 1 ? text[1] : '\\';
    if (next == '\n') { return 2; }
    if (is_quoted && std::str::index_of("$\"\\`", next) == os::FAILED) {
      add(w, '\\' | QUOTED);
      return 1;
    }
    add(w, next | QUOTED);
    return std::math::min(2, len text);
  }

  // What begins with $: how much it is.
  function take_dollar(w: * work, text: string, is_quoted: bool): byte {
    var next = len text > 1 ? text[1] : 0;
    var at = 1;
    if (next == '(') {
      if (!quotes::skip_brackets(text, &at, '(', ')')) { return len text; }
      if (text[2] == '(' && text[at - 2] == ')' && at > 5) {
        put_number(w, text[3:at - 2], is_quoted);
      } else {
        put_output(w, text[2:at - 1], is_quoted);
      }
      return at;
    }
    if (next == '{') {
      if (!quotes::skip_brackets(text, &at, '{', '}')) { return len text; }
      braces(w, text[2:at - 1], is_quoted);
      return at;
    }
    at = 1 + variables::name_length(text[1:len text]);
    if (at > 1 && next >= '0' && next <= '9') { at = 2; }
    if (at == 1 && std::str::index_of("?#$!@*", next) != os::FAILED) { at = 2; }
    if (at == 1) {
      add(w, '$' | (is_quoted ? QUOTED : 0));
    } else if (next == '@' || (next == '*' && !is_quoted)) {
      put_arguments(w, is_quoted);
    } else {
      var value = parameter(text[1:at]);
      put(w, value, is_quoted);
      texts::drop(value);
    }
    return at;
  }

  // All arguments, each a field of its own.
  function put_arguments(w: * work, is_quoted: bool): void {
    var list = variables::arguments;
    for (var i = 0; i < len list; i = i + 1) {
      if (i != 0 && w->splits) { end_field(w); }
      if (i != 0 && !w->splits) { add(w, ' '); }
      put(w, list[i], is_quoted);
      if (is_quoted) { w->is_there = true; }
    }
  }

  // The value of a variable, or of what `$` knows besides. New memory.
  function parameter(name: string): string {
    var value = texts::make();
    var number = os::number_of(name);
    if (number == 0) {
      texts::append(&value, variables::script);
    } else if (number != os::FAILED) {
      if (number <= len variables::arguments) {
        texts::append(&value, variables::arguments[number - 1]);
      }
    } else if (name[0] == '?') {
      texts::append_number(&value, last_status);
    } else if (name[0] == '#') {
      texts::append_number(&value, len variables::arguments);
    } else if (name[0] == '$') {
      texts::append_number(&value, variables::shell);
    } else if (name[0] == '!') {
      if (jobs::last_behind != 0) { texts::append_number(&value, jobs::last_behind); }
    } else if (name[0] == '*' || name[0] == '@') {
      for (var i = 0; i < len variables::arguments; i = i + 1) {
        if (i != 0) { texts::add(&value, ' '); }
        texts::append(&value, variables::arguments[i]);
      }
    } else {
      texts::append(&value, variables::get(name));
    }
    return value;
  }

  // --- ${…} --------------------------------------------------------------------------------------

  function braces(w: * work, inner: string, is_quoted: bool): void {
    var counts = len inner > 1 && inner[0] == '#';
    var text = inner[counts ? 1 : 0:len inner];
    var length = variables::name_length(text);
    if (length == 0 && len text != 0 && std::str::index_of("?#$!@*", text[0]) != os::FAILED) {
      length = 1;
    }
    var rest = text[length:len text];
    if (length == 0 || (counts && len rest != 0)) {
      fail(w, "cannot be understood: ${", inner);
      return;
    }
    var value = parameter(text[:length]);
    if (counts) {
      var digits = texts::make();
      texts::append_number(&digits, characters(value));
      put(w, digits, is_quoted);
      texts::drop(digits);
    } else if (len rest == 0) {
      put(w, value, is_quoted);
    } else {
      replace(w, inner, text[:length], value, rest, is_quoted);
    }
    texts::drop(value);
  }

  function characters(text: string): byte {
    var count = 0;
    for (var i = 0; i < len text; i = i + std::utf8::whole(text, i)) { count = count + 1; }
    return count;
  }

  // ${name:-word} and its like, ${name%pattern} and ${name#pattern}.
  function replace(w: * work, inner: string, name: string, value: string, rest: string,
                   is_quoted: bool): void {
    var c = rest[0];
    var next = len rest > 1 ? rest[1] : 0;
    if (c == '%' || c == '#') {
      var taken = pattern(rest[next == c ? 2 : 1:len rest]);
      if (!taken) {
        w->is_good = false;
        return;
      }
      put(w, without(value, taken, c == '%', next == c), is_quoted);
      texts::drop(taken);
    } else if (c == ':' && (next == '-' || next == '+' || next == '=')) {
      var is_set = len value != 0;
      if (next == '=' && !is_set) {
        var given = single(rest[2:len rest]);
        w->is_good = !!given && assign(name, given) && w->is_good;
        if (!!given) { put(w, given, is_quoted); }
        texts::drop(given);
      } else if (next == '+' ? is_set : !is_set) {
        walk(w, rest[2:len rest], is_quoted);
      } else if (next != '+') {
        put(w, value, is_quoted);
      }
    } else {
      fail(w, "cannot be understood: ${", inner);
    }
  }

  // A value without what a pattern stands for at its end or beginning: the least that can be, or the
  // most.
  function without(value: string, taken: string, at_end: bool, most: bool): string {
    for (var i = 0; i <= len value; i = i + 1) {
      var count = most ? len value - i : i;
      var at = at_end ? len value - count : count;
      var cut = at_end ? value[at:len value] : value[:at];
      var is_inside = at < len value && std::utf8::continues(value[at]);  // of a character
      if (!is_inside && matches(taken, cut)) { return at_end ? value[:at] : value[at:len value]; }
    }
    return value;
  }

  // --- $(…) --------------------------------------------------------------------------------------

  // What commands say, without the newlines at its end.
  function put_output(w: * work, commands: string, is_quoted: bool): void {
    var output = texts::make();
    if (!run::capture(commands, &output)) { w->is_good = false; }
    while (len output != 0 && output[len output - 1] == '\n') { len output = len output - 1; }
    put(w, output, is_quoted);
    texts::drop(output);
  }

  function put_number(w: * work, expression: string, is_quoted: bool): void {
    var inner = begin(false);
    walk(&inner, expression, true);
    inner.is_there = true;
    end_field(&inner);
    if (!finish(&inner)) {
      w->is_good = false;
      return;
    }
    plain(inner.fields[0]);
    var digits: byte[12];
    var value = arithmetic::value(inner.fields[0]);
    if (!!arithmetic::mistake) {
      fail(w, arithmetic::mistake, inner.fields[0]);
      texts::drop(arithmetic::mistake);
    }
    put(w, std::str::itoa(value, digits, 10), is_quoted);
    texts::drop_all(inner.fields);
  }
}
