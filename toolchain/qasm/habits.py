"""What people write out of habit from other assemblers, and how it is said in QASM.

The assembler on the machine has the same table (firmware/programs/as/habits.qll).
"""

__all__ = ["FOREIGN_CHARACTERS", "FOREIGN_REGISTERS", "FOREIGN_WORDS"]

_RETURN   = "a function returns with jmp to the address that r0 held when it was entered"
_CALL     = "put the return address into r0 and the function's into another register, and jmp"
_LOAD     = "write 'load', with the address in a register"
_STORE    = "write 'store', with the address in a register, and first"
_CONSTANT = "a number or an address is put into a register with constant"
_NUMBER   = "operands are registers; put the number into one with constant"
_JUMP     = "write 'jmp', with the target in a register"
_BRANCH   = "compare with eq, neq, lt, gt, slt or sgt, then jz or jnz"
_IF_ZERO  = "write 'jz' or 'jnz', with the target in a register"
_INT      = "write 'int', with the number in a register"
_RESUME   = "int with 0 in the register returns from an interrupt"
_DATA     = "write 'data @name' and numbers or a text"
_DEFINE   = "write 'define', a name and a number"
_SECTIONS = "there are no sections; data is put past the code by itself"
_LABELS   = "all labels are known in all files"

FOREIGN_WORDS = {
    **dict.fromkeys(["ret", "return", "rts"], _RETURN),
    **dict.fromkeys(["call", "jal", "bl", "jsr"], _CALL),
    "push": "make room with sub, then store: by convention r63 points at the word pushed last",
    "pop": "load from r63, which by convention points at the word pushed last; then add 1 to it",
    **dict.fromkeys(["mv", "move"], "write 'mov'"),
    **dict.fromkeys(["ld", "ldr", "lw", "lb", "lbu", "lda"], _LOAD),
    **dict.fromkeys(["st", "str", "sw", "sb", "sta"], _STORE),
    **dict.fromkeys(["li", "la", "lea", "lui", "ldi", "movi", "const", "imm"], _CONSTANT),
    **dict.fromkeys(["addi", "subi", "andi", "ori", "xori", "slli", "srli", "muli"], _NUMBER),
    "inc": "add a register that holds 1; by convention r62 does",
    "dec": "subtract a register that holds 1; by convention r62 does",
    "neg": "subtract it from a register that holds 0",
    **dict.fromkeys(["xor", "eor"], "a xor b is (a or b) - (a and b)"),
    **dict.fromkeys(["sll", "lsl", "asl"], "write 'shl'"),
    **dict.fromkeys(["srl", "lsr"], "write 'shr'"),
    **dict.fromkeys(["sra", "asr"], "write 'sar'"),
    **dict.fromkeys(["idiv", "divs"], "write 'sdiv'"),
    **dict.fromkeys(["divu", "udiv"], "write 'div'"),
    **dict.fromkeys(["rem", "remu", "modu"], "write 'mod', or 'smod' where numbers have a sign"),
    **dict.fromkeys(["imul", "mult"], "write 'mul'"),
    "ne": "write 'neq'",
    **dict.fromkeys(["le", "lte", "sle"], "use gt or sgt, and jz in place of jnz"),
    **dict.fromkeys(["ge", "gte", "sge"], "use lt or slt, and jz in place of jnz"),
    "sltu": "write 'lt'",
    **dict.fromkeys(["j", "b", "br", "bra", "jump", "goto", "jr", "jalr"], _JUMP),
    **dict.fromkeys(["cmp", "test", "beq", "bne", "blt", "bgt", "ble", "bge", "je", "jne", "jl",
                     "jg", "jle", "jge"], _BRANCH),
    **dict.fromkeys(["beqz", "bnez", "bz", "bnz", "cbz", "cbnz"], _IF_ZERO),
    **dict.fromkeys(["syscall", "ecall", "svc", "swi", "trap", "sys"], _INT),
    **dict.fromkeys(["iret", "eret", "mret", "sret", "reti", "rti"], _RESUME),
    **dict.fromkeys(["hlt", "stop", "exit"], "write 'halt'"),
    **dict.fromkeys(["wfi", "wfe", "idle"], "write 'wait'"),
    **dict.fromkeys(["db", "dw", "dd", "dc", "byte", "string", "ascii", "asciiz", "ds"], _DATA),
    **dict.fromkeys(["equ", "set"], _DEFINE),
    **dict.fromkeys(["section", "segment", "text", "bss"], _SECTIONS),
    **dict.fromkeys(["global", "globl", "extern", "export", "public", "import"], _LABELS),
    "include": "give all files on one command line",
    "align": "addresses count words; there is nothing to align",
    "org": "code begins at 0x1000 and cannot be put elsewhere",
    "macro": "there are no macros; 'repeat' repeats lines",
    **dict.fromkeys(["rep", "times", "rept"], "write 'repeat', a name, and from and to where"),
}
"""Notes on the first word of a line, in lower case."""

_REGISTERS = "registers are called r0 to r63"

FOREIGN_REGISTERS = {
    "sp": "by convention the stack pointer is r63",
    **dict.fromkeys(["lr", "ra"], "by convention a function finds its return address in r0"),
    **dict.fromkeys(["pc", "rip", "eip"], "it is called 'ip'"),
    "zero": "no register is 0 by itself; put 0 into one with constant",
    **dict.fromkeys(["eax", "ebx", "ecx", "edx", "rax", "rbx", "rcx", "rdx", "ax", "bx", "cx", "dx",
                     "esp", "ebp", "rsp", "rbp", "fp", "bp"], _REGISTERS),
    **dict.fromkeys([f"{letter}{n}" for letter in "axtsfvdw" for n in range(32)], _REGISTERS),
}
"""Notes on words in the place of a register, in lower case."""

FOREIGN_CHARACTERS = {
    ",": "operands are separated by white space, not by commas",
    ".": "neither a directive nor a number begins with '.'",
    "#": "a comment begins with ';', and a number with a digit",
    "/": "a comment begins with ';'",
    "%": "registers are called r0 to r63",
    "[": "an operand is a register; load and store take the address that it holds",
    "(": "an operand is a register; load and store take the address that it holds",
    '"': "a text stands in single quotes",
    "+": "there is no arithmetic in operands",
}
"""Notes on what can stand nowhere."""
