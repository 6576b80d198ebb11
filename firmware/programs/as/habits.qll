// habits.qll: what people write out of habit from other assemblers, and how it is said here.
//
// The host's assembler has the same tables (toolchain/qasm/habits.py).

namespace habits {
  // A note on each of some words, which are separated by blanks.
  type habit = struct { words: string; note: string; };

  // First words of a line, in lower case.
  global words: habit[] = [
    habit { words = "ret return rts",
            note = "a function returns with jmp to the address that r0 held when it was entered" },
    habit { words = "call jal bl jsr",
            note = "put the return address into r0 and the function's into another register, and jmp" },
    habit { words = "push",
            note = "make room with sub, then store: by convention r63 points at the word pushed last" },
    habit { words = "pop",
            note = "load from r63, which by convention points at the word pushed last; then add 1 to it" },
    habit { words = "mv move",
            note = "write 'mov'" },
    habit { words = "ld ldr lw lb lbu lda",
            note = "write 'load', with the address in a register" },
    habit { words = "st str sw sb sta",
            note = "write 'store', with the address in a register, and first" },
    habit { words = "li la lea lui ldi movi const imm",
            note = "a number or an address is put into a register with constant" },
    habit { words = "addi subi andi ori xori slli srli muli",
            note = "operands are registers; put the number into one with constant" },
    habit { words = "inc",
            note = "add a register that holds 1; by convention r62 does" },
    habit { words = "dec",
            note = "subtract a register that holds 1; by convention r62 does" },
    habit { words = "neg",
            note = "subtract it from a register that holds 0" },
    habit { words = "xor eor",
            note = "a xor b is (a or b) - (a and b)" },
    habit { words = "sll lsl asl",
            note = "write 'shl'" },
    habit { words = "srl lsr",
            note = "write 'shr'" },
    habit { words = "sra asr",
            note = "write 'sar'" },
    habit { words = "idiv divs",
            note = "write 'sdiv'" },
    habit { words = "divu udiv",
            note = "write 'div'" },
    habit { words = "rem remu modu",
            note = "write 'mod', or 'smod' where numbers have a sign" },
    habit { words = "imul mult",
            note = "write 'mul'" },
    habit { words = "ne",
            note = "write 'neq'" },
    habit { words = "le lte sle",
            note = "use gt or sgt, and jz in place of jnz" },
    habit { words = "ge gte sge",
            note = "use lt or slt, and jz in place of jnz" },
    habit { words = "sltu",
            note = "write 'lt'" },
    habit { words = "j b br bra jump goto jr jalr",
            note = "write 'jmp', with the target in a register" },
    habit { words = "cmp test beq bne blt bgt ble bge je jne jl jg jle jge",
            note = "compare with eq, neq, lt, gt, slt or sgt, then jz or jnz" },
    habit { words = "beqz bnez bz bnz cbz cbnz",
            note = "write 'jz' or 'jnz', with the target in a register" },
    habit { words = "syscall ecall svc swi trap sys",
            note = "write 'int', with the number in a register" },
    habit { words = "iret eret mret sret reti rti",
            note = "int with 0 in the register returns from an interrupt" },
    habit { words = "hlt stop exit",
            note = "write 'halt'" },
    habit { words = "wfi wfe idle",
            note = "write 'wait'" },
    habit { words = "db dw dd dc byte string ascii asciiz ds",
            note = "write 'data @name' and numbers or a text" },
    habit { words = "equ set",
            note = "write 'define', a name and a number" },
    habit { words = "section segment text bss",
            note = "there are no sections; data is put past the code by itself" },
    habit { words = "global globl extern export public import",
            note = "all labels are known in all files" },
    habit { words = "include",
            note = "give all files on one command line" },
    habit { words = "align",
            note = "addresses count words; there is nothing to align" },
    habit { words = "org",
            note = "code begins at 0x1000 and cannot be put elsewhere" },
    habit { words = "macro",
            note = "there are no macros; 'repeat' repeats lines" },
    habit { words = "rep times rept",
            note = "write 'repeat', a name, and from and to where" }
  ];

  // Words in the place of a register, in lower case.
  global registers: habit[] = [
    habit { words = "sp",
            note = "by convention the stack pointer is r63" },
    habit { words = "lr ra",
            note = "by convention a function finds its return address in r0" },
    habit { words = "pc rip eip",
            note = "it is called 'ip'" },
    habit { words = "zero",
            note = "no register is 0 by itself; put 0 into one with constant" },
    habit { words = "eax ebx ecx edx rax rbx rcx rdx ax bx cx dx esp ebp rsp rbp fp bp",
            note = "registers are called r0 to r63" }
  ];

  // What can stand nowhere.
  global characters: habit[] = [
    habit { words = ",",
            note = "operands are separated by white space, not by commas" },
    habit { words = ".",
            note = "neither a directive nor a number begins with '.'" },
    habit { words = "#",
            note = "a comment begins with ';', and a number with a digit" },
    habit { words = "/",
            note = "a comment begins with ';'" },
    habit { words = "%",
            note = "registers are called r0 to r63" },
    habit { words = "[ (",
            note = "an operand is a register; load and store take the address that it holds" },
    habit { words = "\"",
            note = "a text stands in single quotes" },
    habit { words = "+",
            note = "there is no arithmetic in operands" }
  ];

  // The note on a word, or null.
  function note(table: habit[], word: string): string {
    for (var i = 0; i < len table; i = i + 1) {
      if (has(table[i].words, word)) { return table[i].note; }
    }
    return null;
  }

  function has(words: string, word: string): bool {
    var at = 0;
    while (at < len words) {
      var end = at;
      while (end < len words && words[end] != ' ') { end = end + 1; }
      if (std::str::equal(words[at:end], word)) { return true; }
      at = end + 1;
    }
    return false;
  }

  // The note on a word where a register is expected, or null.
  function of_register(word: string): string {
    if (is_numbered(word) && has("a x t s f v d w", word[:1])) { return note(registers, "eax"); }
    return note(registers, word);
  }

  // Whether a number from 0 to 31 follows one letter: such registers others have.
  function is_numbered(word: string): bool {
    if (len word < 2 || len word > 3) { return false; }
    var first = word[1] - '0';
    if (len word == 2) { return first < 10; }
    return first != 0 && first < 4 && tokens::is_digit(word[2]) && first * 10 + word[2] - '0' < 32;
  }
}
