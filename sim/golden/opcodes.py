"""Opcodes by name, as constants that Numba can compile into the model's loop."""

from isa import BY_MNEMONIC

__all__ = [
    "OP_HALT", "OP_INT", "OP_LOAD", "OP_STORE", "OP_MOV", "OP_CONSTANT", "OP_ADD", "OP_SUB",
    "OP_MUL", "OP_DIV", "OP_MOD", "OP_AND", "OP_OR", "OP_NOT", "OP_SHL", "OP_SHR", "OP_EQ",
    "OP_NEQ", "OP_LT", "OP_GT", "OP_JMP", "OP_JZ", "OP_JNZ", "OP_NOP", "OP_WAIT", "OP_FADD",
    "OP_FSUB", "OP_FMUL", "OP_FDIV", "OP_FEQ", "OP_FLT", "OP_FGT", "OP_ITOF", "OP_UTOF", "OP_FTOI",
    "OP_RJMP", "OP_RJZ", "OP_RJNZ", "OP_SLT", "OP_SGT", "OP_SDIV", "OP_SMOD", "OP_SAR"
]

OP_HALT     = BY_MNEMONIC["halt"].opcode
OP_INT      = BY_MNEMONIC["int"].opcode
OP_LOAD     = BY_MNEMONIC["load"].opcode
OP_STORE    = BY_MNEMONIC["store"].opcode
OP_MOV      = BY_MNEMONIC["mov"].opcode
OP_CONSTANT = BY_MNEMONIC["constant"].opcode
OP_ADD      = BY_MNEMONIC["add"].opcode
OP_SUB      = BY_MNEMONIC["sub"].opcode
OP_MUL      = BY_MNEMONIC["mul"].opcode
OP_DIV      = BY_MNEMONIC["div"].opcode
OP_MOD      = BY_MNEMONIC["mod"].opcode
OP_AND      = BY_MNEMONIC["and"].opcode
OP_OR       = BY_MNEMONIC["or"].opcode
OP_NOT      = BY_MNEMONIC["not"].opcode
OP_SHL      = BY_MNEMONIC["shl"].opcode
OP_SHR      = BY_MNEMONIC["shr"].opcode
OP_EQ       = BY_MNEMONIC["eq"].opcode
OP_NEQ      = BY_MNEMONIC["neq"].opcode
OP_LT       = BY_MNEMONIC["lt"].opcode
OP_GT       = BY_MNEMONIC["gt"].opcode
OP_JMP      = BY_MNEMONIC["jmp"].opcode
OP_JZ       = BY_MNEMONIC["jz"].opcode
OP_JNZ      = BY_MNEMONIC["jnz"].opcode
OP_NOP      = BY_MNEMONIC["nop"].opcode
OP_WAIT     = BY_MNEMONIC["wait"].opcode
OP_FADD     = BY_MNEMONIC["fadd"].opcode
OP_FSUB     = BY_MNEMONIC["fsub"].opcode
OP_FMUL     = BY_MNEMONIC["fmul"].opcode
OP_FDIV     = BY_MNEMONIC["fdiv"].opcode
OP_FEQ      = BY_MNEMONIC["feq"].opcode
OP_FLT      = BY_MNEMONIC["flt"].opcode
OP_FGT      = BY_MNEMONIC["fgt"].opcode
OP_ITOF     = BY_MNEMONIC["itof"].opcode
OP_UTOF     = BY_MNEMONIC["utof"].opcode
OP_FTOI     = BY_MNEMONIC["ftoi"].opcode
OP_RJMP     = BY_MNEMONIC["rjmp"].opcode
OP_RJZ      = BY_MNEMONIC["rjz"].opcode
OP_RJNZ     = BY_MNEMONIC["rjnz"].opcode
OP_SLT      = BY_MNEMONIC["slt"].opcode
OP_SGT      = BY_MNEMONIC["sgt"].opcode
OP_SDIV     = BY_MNEMONIC["sdiv"].opcode
OP_SMOD     = BY_MNEMONIC["smod"].opcode
OP_SAR      = BY_MNEMONIC["sar"].opcode
