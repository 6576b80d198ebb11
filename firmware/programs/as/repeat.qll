// repeat.qll: lines that are assembled once for each value of a counter.

namespace lines {
  // A line of a repeat: where it begins, its number, and whether a mistake in it has been told.
  type enclosed = struct { begin: * byte; line: byte; is_wrong: bool; };

  // Parse what stands up to `end` once for each value of the counter; where the lines go on.
  function parse_repeat(next: * byte): * byte {
    var header = line;
    var all = std::vector::create<tokens::token>(4);
    for (var i = 0; i < len tokens::all; i = i + 1) { std::vector::add(&all, tokens::all[i]); }
    var inside = std::vector::create<enclosed>(16);
    var end: enclosed;
    var behind = take_enclosed(next, header, all[0], &inside, &end);
    var last_line = line;
    line = header;
    if (end.begin == null) { say_wrong("this repeat is never closed; 'end' is missing", all[0]); }
    var first: byte;
    var last: byte;
    tokens::all = all;                         // from here on the tokens of each line in turn
    if (take_bounds(all, &first, &last)) {
      var name = all[1].text;
      var rounds = last + 1 - first;
      if (end.begin == null && rounds != 0) { rounds = 1; }
      for (var i = 0; i < rounds; i = i + 1) {
        parse_round(name, first + i, inside, end.begin != null);
      }
      counter = null;
      is_repeated = false;
      if (end.begin != null) {
        line = end.line;
        tokens::take_line(end.begin);
        is_end(1, "end takes no operands");
      }
    }
    delete inside;
    line = last_line;
    return behind;
  }

  function parse_round(name: string, value: byte, inside: enclosed[], closed: bool): void {
    counter = name;
    counter_value = value;
    is_repeated = closed;
    for (var i = 0; i < len inside; i = i + 1) {
      if (!inside[i].is_wrong) {
        var before = source::count();
        line = inside[i].line;
        var next = &tokens::take_line(inside[i].begin)[unsafe 1];
        if (len tokens::all != 0) { parse(next); }
        inside[i].is_wrong = source::count() != before;
      }
    }
  }

  // Take lines up to the `end` that closes the repeat, or all, but those of a repeat among them. `line`
  // is then that of the last one taken.
  function take_enclosed(from: * byte, header: byte, outer: tokens::token, inside: * enclosed[],
                         end: * enclosed): * byte {
    var depth = 0;
    var p = from;
    while (p != source::files[file].end) {
      line = line + 1;
      var behind = &tokens::take_line(p)[unsafe 1];
      var is_first = len tokens::all != 0;
      if (is_first && is(tokens::all[0], "end") && depth == 0) {
        *end = enclosed { begin = p, line = line };
        return behind;
      }
      if (is_first && is(tokens::all[0], "repeat")) {
        say_wrong("a repeat cannot stand in another", tokens::all[0]);
        source::say("the outer one begins at ");
        source::say_place(file, header, outer.at);
        source::end_note();
        depth = depth + 1;
      } else if (is_first && is(tokens::all[0], "end")) {
        depth = depth - 1;
      } else if (depth == 0) {
        std::vector::add(inside, enclosed { begin = p, line = line });
      }
      p = behind;
    }
    return p;
  }

  // First and last value of the counter; last is first - 1 if a bound's definition is wrong.
  function take_bounds(all: tokens::token[], first: * byte, last: * byte): bool {
    var takes = "; repeat takes a name, the first number and the last";
    if (len all == 1) { return say_missing("a name", takes); }
    if (len all < 4) { return say_missing("a number", takes); }
    var name = all[1];
    if (name.kind != tokens::WORD || !is_counter_name(name.text)) {
      return say_quoted("expected a name, not ", name, takes);
    }
    if (!is_end(4, takes[2:])) { return false; }
    for (var i = 2; i < 4; i = i + 1) {
      if (all[i].text[0] == '-') { return say_wrong("a counter cannot be negative", all[i]); }
    }
    if (!take_number(all[2], "", first)) { return false; }
    var both = is_known;
    if (!take_number(all[3], "", last)) { return false; }
    if (!both || !is_known) {
      *last = *first - 1;
      return true;
    }
    if (*last < *first) {
      begin_wrong("the counter goes up: the last number, ");
      source::say_digits(*last, 10);
      source::say(", must be at least the first, ");
      source::say_digits(*first, 10);
      return wrong(all[3]);
    }
    if (*last - *first >= ROUNDS) {
      begin_wrong("");
      source::say_digits(*last - *first + 1, 10);
      source::say(" rounds are too many; at most 65536 are made");
      return wrong(all[3]);
    }
    return true;
  }

  function is_counter_name(text: string): bool {
    if (!tokens::begins_name(text[0])) { return false; }
    for (var i = 0; i < len text; i = i + 1) {
      if (!tokens::continues_name(text[i])) { return false; }
    }
    return true;
  }

  function may_repeat(first: tokens::token): bool {
    if (first.kind == tokens::REFERENCE || is(first, "data")) {
      return say_wrong("a label cannot stand in a repeat: each round would define it", first);
    }
    return !is(first, "define") || say_wrong("a constant cannot be defined in a repeat", first);
  }

  function is_solid(kind: byte): bool {
    return kind == tokens::WORD || kind == tokens::NUMBER || kind == tokens::REFERENCE
           || kind == tokens::COUNTER;
  }

  // Put the counter's value into the places for it.
  function put_counters(): bool {
    var before = 0;                            // kind of the token right in front, 0 for none
    for (var i = 0; i < len tokens::all; i = i + 1) {
      var t = tokens::all[i];
      if (i != 0 && <unsafe byte>tokens::all[i - 1].at + tokens::all[i - 1].span != <unsafe byte>t.at) {
        before = 0;
      }
      if ((t.kind == tokens::COUNTER && is_solid(before))
          || (before == tokens::COUNTER && is_solid(t.kind))) {
        return say_quoted("white space is missing in front of ", t, "");
      }
      before = t.kind;
      if (t.kind == tokens::COUNTER && !put_counter(i)) { return false; }
    }
    return true;
  }

  function put_counter(index: byte): bool {
    var t = tokens::all[index];
    var is_register = t.text[0] == 'r';
    var asked = t.text[is_register ? 2 : 1:len t.text - 1];
    if (!counter) {
      return say_quoted("", t, " is a counter, which can only stand between 'repeat' and 'end'");
    }
    if (!std::str::equal(asked, counter)) {
      begin_wrong("'");
      source::say(asked);
      source::say("' is not the counter of this repeat, which is '");
      source::say(counter);
      source::say("'");
      return wrong(t);
    }
    var digits: byte[12];
    var number = std::str::utoa(counter_value, digits, 10);
    tokens::all[index].text = is_register ? std::str::concat("r", number) : std::str::from_string(number);
    tokens::all[index].kind = is_register ? tokens::WORD : tokens::NUMBER;
    return true;
  }
}
