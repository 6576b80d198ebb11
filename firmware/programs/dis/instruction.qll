// instruction.qll: one instruction as text. What instructions there are, `as` knows.

namespace instruction {
  // The row of an opcode, or null.
  function row(word: byte): * lines::instruction {
    var opcode = word >> 24;
    // The table is in the order of opcodes.
    if (opcode >= len lines::instructions) { return null; }
    return &lines::instructions[opcode];
  }

  function field(word: byte, operand: byte): byte {
    return (operand == 'd' ? word >> 16 : operand == '0' ? word >> 8 : word) & 0xFF;
  }

  // Whether the machine executes it, unused fields aside.
  function is_valid(word: byte): bool {
    var found = row(word);
    if (found == null) { return false; }
    for (var i = 0; i < len found->operands; i = i + 1) {
      var operand = found->operands[i];
      var number = field(word, operand);
      if (operand != 'v' && number >= lines::REGISTERS && (number != lines::IP || operand == 'd')) {
        return false;
      }
    }
    return true;
  }

  // Whether the word is what the assembler makes of an instruction: valid, the rest zero.
  function is_canonical(word: byte): bool {
    if (!is_valid(word)) { return false; }
    var used = 0xFF000000;
    var found = row(word);
    for (var i = 0; i < len found->operands; i = i + 1) {
      var operand = found->operands[i];
      if (operand != 'v') {
        used = used | (operand == 'd' ? 0xFF0000 : operand == '0' ? 0xFF00 : 0xFF);
      }
    }
    return (word & used) == word;
  }

  function is_constant(word: byte): bool {
    return word >> 24 == lines::CONSTANT && is_canonical(word);
  }

  function say_word(word: byte): void {
    output::say("word 0x");
    output::say_hexadecimal(word, 8);
  }

  // The text; of a constant's value what comes in front of it, or stands for it. A word that the
  // assembler makes of no instruction is a number, with what the machine executes in a comment.
  function say(word: byte, value: string): void {
    if (!is_canonical(word)) { say_word(word); }
    if (!is_valid(word)) { return; }
    if (!is_canonical(word)) { output::say(" ; "); }
    var found = row(word);
    output::say(found->name);
    for (var i = 0; i < len found->operands; i = i + 1) {
      var operand = found->operands[i];
      output::say(" ");
      if (operand == 'v') {
        output::say(value);
      } else if (field(word, operand) == lines::IP) {
        output::say("ip");
      } else {
        output::say("r");
        output::say_decimal(field(word, operand));
      }
    }
  }
}
