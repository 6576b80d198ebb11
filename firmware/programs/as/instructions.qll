// instructions.qll: what instructions there are. The disassembler has this file, too.

namespace lines {
  .constant global CONSTANT: byte = 5;       // opcode
  .constant global JMP: byte = 20;           // opcodes from here to JNZ take an address
  .constant global JNZ: byte = 22;
  .constant global IP: byte = 64;            // as a source
  .constant global REGISTERS: byte = 64;

  type instruction = struct { name: string; opcode: byte; operands: string; };

  // All instructions: d is a register, 0 and 1 are registers or ip. `constant` has a function of its own.
  global instructions: instruction[] = [
    instruction { name = "halt", opcode = 0, operands = "" },
    instruction { name = "int", opcode = 1, operands = "0" },
    instruction { name = "load", opcode = 2, operands = "d0" },
    instruction { name = "store", opcode = 3, operands = "d0" },
    instruction { name = "mov", opcode = 4, operands = "d0" },
    instruction { name = "constant", opcode = 5, operands = "dv" },
    instruction { name = "add", opcode = 6, operands = "d01" },
    instruction { name = "sub", opcode = 7, operands = "d01" },
    instruction { name = "mul", opcode = 8, operands = "d01" },
    instruction { name = "div", opcode = 9, operands = "d01" },
    instruction { name = "mod", opcode = 10, operands = "d01" },
    instruction { name = "and", opcode = 11, operands = "d01" },
    instruction { name = "or", opcode = 12, operands = "d01" },
    instruction { name = "not", opcode = 13, operands = "d0" },
    instruction { name = "shl", opcode = 14, operands = "d01" },
    instruction { name = "shr", opcode = 15, operands = "d01" },
    instruction { name = "eq", opcode = 16, operands = "d01" },
    instruction { name = "neq", opcode = 17, operands = "d01" },
    instruction { name = "lt", opcode = 18, operands = "d01" },
    instruction { name = "gt", opcode = 19, operands = "d01" },
    instruction { name = "jmp", opcode = 20, operands = "0" },
    instruction { name = "jz", opcode = 21, operands = "01" },
    instruction { name = "jnz", opcode = 22, operands = "01" },
    instruction { name = "nop", opcode = 23, operands = "" },
    instruction { name = "wait", opcode = 24, operands = "" },
    instruction { name = "fadd", opcode = 25, operands = "d01" },
    instruction { name = "fsub", opcode = 26, operands = "d01" },
    instruction { name = "fmul", opcode = 27, operands = "d01" },
    instruction { name = "fdiv", opcode = 28, operands = "d01" },
    instruction { name = "feq", opcode = 29, operands = "d01" },
    instruction { name = "flt", opcode = 30, operands = "d01" },
    instruction { name = "fgt", opcode = 31, operands = "d01" },
    instruction { name = "itof", opcode = 32, operands = "d0" },
    instruction { name = "utof", opcode = 33, operands = "d0" },
    instruction { name = "ftoi", opcode = 34, operands = "d0" },
    instruction { name = "rjmp", opcode = 35, operands = "0" },
    instruction { name = "rjz", opcode = 36, operands = "01" },
    instruction { name = "rjnz", opcode = 37, operands = "01" },
    instruction { name = "slt", opcode = 38, operands = "d01" },
    instruction { name = "sgt", opcode = 39, operands = "d01" },
    instruction { name = "sdiv", opcode = 40, operands = "d01" },
    instruction { name = "smod", opcode = 41, operands = "d01" },
    instruction { name = "sar", opcode = 42, operands = "d01" }
  ];
}
