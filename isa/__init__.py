"""The instruction set and the machine's constants: the one table that everything reads."""

from isa.instructions import (
    BY_MNEMONIC,
    BY_OPCODE,
    IP_FIELD,
    ISA,
    REGISTERS,
    Insn,
    decode_fields,
    encode,
)

__all__ = [
    "BY_MNEMONIC", "BY_OPCODE", "IP_FIELD", "ISA", "REGISTERS", "Insn", "decode_fields", "encode",
]
