// operands.qll: the lines that make words: their numbers, strings and registers.

namespace lines {
  // --- numbers -----------------------------------------------------------------------------------

  // A number, or a constant's name; false after a mistake. `otherwise` says what would be right.
  function take_number(t: tokens::token, otherwise: string, value: * byte): bool {
    is_known = true;
    if (t.kind == tokens::WORD && is_name(t.text)) { return take_constant(t, value); }
    if (t.kind == tokens::NUMBER) {
      var kind = numbers::read_integer(t.text);
      *value = numbers::value;
      if (kind == numbers::GOOD) { return true; }
      if (kind == numbers::TOO_LARGE) {
        return say_quoted("", t, " does not fit in a word of 32 bits");
      }
      return not_a_number(t);
    }
    if (t.kind == tokens::OTHER) {
      var plain: string = "expected a number";
      return unexpected(t, len otherwise != 0 ? otherwise : plain);
    }
    begin_wrong("expected a number, not ");
    quote(t);
    if (len otherwise != 0) {
      source::say("; ");
      source::say(otherwise);
    }
    return wrong(t);
  }

  function is_float(text: string): bool {
    return numbers::read_float(text) != numbers::NONE;
  }

  function not_a_number(t: tokens::token): bool {
    var text = t.text;
    var as_float = std::str::concat(text, "f");
    var digits = text[text[0] == '-' ? 1 : 0:];
    begin_wrong("'");
    source::say(text);
    source::say("' is not a number");
    if (len digits > 1 && digits[0] == '0' && (digits[1] == 'X' || digits[1] == 'B')) {
      source::say("; the prefix is lower case");
    } else if (is_digits_and_f(digits)) {
      source::say("; as a float it is written '");
      source::say(text[:len text - 1]);
      source::say(".0f'");
    } else if (is_float(text)) {
      source::say("; a float can only stand in constant");
    } else if (is_float(as_float)) {
      source::say("; a float is written '");
      source::say(as_float);
      source::say("', and can only stand in constant");
    }
    delete as_float;
    return wrong(t);
  }

  function is_digits_and_f(text: string): bool {
    var end = numbers::digits_end(text, 0);
    return end != 0 && end + 1 == len text && text[end] == 'f';
  }

  // --- data --------------------------------------------------------------------------------------

  function parse_data(): bool {
    var all = tokens::all;
    if (len all == 1) { return say_missing("a label", " behind 'data'"); }
    var name = all[1];
    if (name.kind == tokens::OTHER) { return unexpected(name, "expected a label such as @name"); }
    if (name.kind != tokens::REFERENCE) {
      return say_quoted("expected a label such as @name, not ", name, "");
    }
    if (len all == 2) { return say_missing("numbers", ", a string or a reference"); }
    var value = all[2];
    if (value.kind == tokens::STRING) {
      if (!is_end(3, "a data line takes one string")) { return false; }
      return put_string(name, value);
    }
    if (value.kind == tokens::REFERENCE) {
      if (!is_end(3, "a data line takes one reference")) { return false; }
      refer(value, true, data.count);
      define(name, true);
      memory::add(&data, 0);
      return true;
    }
    var begin = data.count;
    for (var i = 2; i < len all; i = i + 1) {
      var word: byte;
      if (!take_number(all[i], "a data line takes numbers, or one string, or one reference", &word)) {
        data.count = begin;
        return false;
      }
      memory::add(&data, word);
    }
    var end = data.count;
    data.count = begin;
    define(name, true);
    data.count = end;
    return true;
  }

  // The count of characters, and the characters.
  function put_string(name: tokens::token, t: tokens::token): bool {
    var begin = data.count;
    memory::add(&data, 0);
    var text = t.text[:len t.text - 1];
    var at = 1;
    while (at < len text) {
      var start = at;
      var code = std::utf8::decode(text, &at);
      if (code == '\\') {
        code = std::utf8::decode(text, &at);
        if (code == 'n') {
          code = '\n';
        } else if (code != '\\' && code != '\'') {
          data.count = begin;
          begin_wrong("unknown escape '");
          source::say(text[start:at]);
          source::say("'; the escapes are \\\\, \\' and \\n");
          source::end_message(file, line, &t.at[unsafe start], 2);
          return false;
        }
      }
      memory::add(&data, code);
    }
    var end = data.count;
    data.words[unsafe begin] = end - begin - 1;
    data.count = begin;
    define(name, true);
    data.count = end;
    return true;
  }

  // --- code --------------------------------------------------------------------------------------

  function parse_words(): bool {
    if (len tokens::all == 1) { return say_missing("numbers", " behind 'word'"); }
    var begin = code.count;
    for (var i = 1; i < len tokens::all; i = i + 1) {
      var word: byte;
      if (!take_number(tokens::all[i], "", &word)) {
        code.count = begin;
        return false;
      }
      memory::add(&code, word);
    }
    return true;
  }

  function parse_constant(): bool {
    var takes = "; constant takes two operands";
    var all = tokens::all;
    if (len all == 1) { return say_missing("a register", takes); }
    if (len all == 2) { return say_missing("a number, a float or a reference", takes); }
    var d: byte;
    var word = 0;
    if (!is_end(3, takes[2:]) || !take_register(all[1], 'd', CONSTANT, &d)) { return false; }
    var value = all[2];
    if (value.kind == tokens::REFERENCE) {
      refer(value, false, code.count + 1);
    } else {
      var kind = numbers::NONE;
      if (value.kind == tokens::NUMBER || value.kind == tokens::WORD) {
        kind = numbers::read_float(value.text);
        word = numbers::value;
      }
      if (kind == numbers::TOO_LARGE) {
        begin_wrong("float out of range: '");
        source::say(value.text);
        source::say("' does not fit a binary64");
        return wrong(value);
      }
      if (kind == numbers::NONE
          && !take_number(value, "constant takes a number, a float or a reference", &word)) {
        return false;
      }
    }
    memory::add(&code, CONSTANT << 24 | d << 16);
    memory::add(&code, word);
    return true;
  }

  function parse_instruction(which: * instruction): bool {
    var word = which->opcode << 24;
    var count = len tokens::all - 1;
    for (var i = 0; i < len which->operands && i < count; i = i + 1) {
      var field = 0;
      if (!take_register(tokens::all[i + 1], which->operands[i], which->opcode, &field)) { return false; }
      word = word | field << shift_of(which->operands[i]);
    }
    if (count < len which->operands) {
      begin_wrong("expected ");
      say_operand(which->operands[count]);
      source::say("; ");
      say_count(which);
      return wrong_behind(tokens::all[count]);
    }
    if (count > len which->operands) { return too_many(which); }
    memory::add(&code, word);
    return true;
  }

  function shift_of(operand: byte): byte {
    return operand == 'd' ? 16 : operand == '0' ? 8 : 0;
  }

  function say_operand(operand: byte): void {
    source::say("a register");
    if (operand != 'd') { source::say(" or ip"); }
  }

  // "add takes three operands"
  function say_count(which: * instruction): void {
    source::say(which->name);
    source::say(" takes ");
    var count = len which->operands;
    if (count == 0) { source::say("no operands"); }
    if (count == 1) { source::say("one operand"); }
    if (count == 2) { source::say("two operands"); }
    if (count == 3) { source::say("three operands"); }
  }

  function too_many(which: * instruction): bool {
    var why = std::vector::create<byte>(40);
    append(&why, which->name);
    append(&why, " takes ");
    var count = len which->operands;
    if (count == 0) { append(&why, "no operands"); }
    if (count == 1) { append(&why, "one operand"); }
    if (count == 2) { append(&why, "two operands"); }
    if (count == 3) { append(&why, "three operands"); }
    is_end(count + 1, why);
    delete why;
    return false;
  }

  function append(to: * string, text: string): void {
    for (var i = 0; i < len text; i = i + 1) { std::vector::add(to, text[i]); }
  }

  // The field of a register operand of an instruction with that opcode.
  function take_register(t: tokens::token, operand: byte, opcode: byte, field: * byte): bool {
    var number = source_of(t.text);
    if (number != NONE) {
      if (number == IP && operand == 'd') { return say_wrong("ip cannot be a destination", t); }
      *field = number;
      return true;
    }
    var small = std::str::from_string(t.text);
    std::str::to_lower(small);
    if (t.kind != tokens::REFERENCE && source_of(small) == NONE) {
      if (len t.text > 1 && t.text[0] == 'r' && numbers::digits_end(t.text, 1) == len t.text) {
        delete small;
        return no_such_register(t);
      }
      if (t.kind == tokens::OTHER) {
        delete small;
        var register: string = "expected a register";
        var either: string = "expected a register or ip";
        return unexpected(t, operand == 'd' ? register : either);
      }
    }
    begin_wrong("expected ");
    say_operand(operand);
    source::say(", not ");
    quote(t);
    say_register_hint(t, small, opcode);
    delete small;
    return wrong(t);
  }

  // What would be right in place of a token, which in lower case is `small`.
  function say_register_hint(t: tokens::token, small: string, opcode: byte): void {
    var foreign = habits::of_register(small);
    if (t.kind == tokens::REFERENCE) {
      source::say("; load the address into a register with constant first");
    } else if (source_of(small) != NONE) {
      source::say("; registers are lower case: '");
      source::say(small);
      source::say("'");
    } else if (t.kind == tokens::NUMBER) {
      if (opcode == CONSTANT) { source::say("; the register comes first"); }
      else { source::say("; put the number into a register with constant first"); }
    } else if (!!foreign) {
      source::say("; ");
      source::say(foreign);
    } else if (opcode - JMP <= JNZ - JMP && is_name(t.text)) {
      source::say("; load the address of @");
      source::say(t.text);
      source::say(" into a register with constant first");
    }
  }

  function no_such_register(t: tokens::token): bool {
    var at = 1;
    while (at + 1 < len t.text && t.text[at] == '0') { at = at + 1; }
    var plain = std::str::concat("r", t.text[at:]);
    begin_wrong("'");
    source::say(t.text);
    source::say("' is not a register");
    if (source_of(plain) != NONE) {
      source::say("; write ");
      source::say(plain);
    } else {
      source::say("; they go from r0 to r63");
    }
    delete plain;
    return wrong(t);
  }
}
