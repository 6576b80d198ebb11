"""The instruction table: what a program can see of each instruction.

Assembler, disassembler, golden model, decoder and the manual's table read this one.
"""

from dataclasses import dataclass
from functools import cached_property

__all__ = [
    "BY_MNEMONIC", "BY_OPCODE", "IP_FIELD", "ISA", "REGISTERS", "Insn", "decode_fields", "encode",
]

REGISTERS = 64  # r0 to r63
IP_FIELD  = 64  # in a field that is read, names `ip`


@dataclass(frozen=True)
class Insn:
    """One row of the instruction set; `operands` in the order of assembly.

    An operand is ``d``, ``s0`` or ``s1`` (the register field of that name) or ``imm`` (the word
    after the instruction). `writes_d` is false where ``d`` is absent or is read. `is_float` tells
    what a machine without FPU leaves out.
    """
    opcode:   int
    mnemonic: str
    operands: tuple[str, ...] = ()
    effect:   str = ""
    writes_d: bool = False
    is_float: bool = False

    @cached_property
    def words(self) -> int:
        """Length in words: 2 for ``constant``, else 1."""
        return 2 if "imm" in self.operands else 1

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The register fields that the instruction uses."""
        return tuple(name for name in self.operands if name != "imm")


_FLOAT = ("fadd", "fsub", "fmul", "fdiv", "feq", "flt", "fgt", "itof", "utof", "ftoi")


def _row(opcode: int, mnemonic: str, operands: str = "", effect: str = "") -> Insn:
    names = tuple(operands.split())
    return Insn(opcode, mnemonic, names, effect, "d" in names and mnemonic != "store",
                mnemonic in _FLOAT)


ISA = (
    _row( 0, "halt",     "",        "stop the machine; the exit code is r0; privileged"),
    _row( 1, "int",      "s0",      "software interrupt number s0; 0 returns from an interrupt"),
    _row( 2, "load",     "d s0",    "d = mem[s0]"),
    _row( 3, "store",    "d s0",    "mem[d] = s0"),
    _row( 4, "mov",      "d s0",    "d = s0"),
    _row( 5, "constant", "d imm",   "d = imm"),
    _row( 6, "add",      "d s0 s1", "d = s0 + s1"),
    _row( 7, "sub",      "d s0 s1", "d = s0 - s1"),
    _row( 8, "mul",      "d s0 s1", "d = s0 * s1, low 32 bits"),
    _row( 9, "div",      "d s0 s1", "d = s0 / s1, unsigned; 0 if s1 is 0"),
    _row(10, "mod",      "d s0 s1", "d = s0 % s1, unsigned; 0 if s1 is 0"),
    _row(11, "and",      "d s0 s1", "d = s0 & s1"),
    _row(12, "or",       "d s0 s1", "d = s0 | s1"),
    _row(13, "not",      "d s0",    "d = ~s0"),
    _row(14, "shl",      "d s0 s1", "d = s0 << s1[4:0]"),
    _row(15, "shr",      "d s0 s1", "d = s0 >> s1[4:0], filling with zeros"),
    _row(16, "eq",       "d s0 s1", "d = 1 if s0 == s1, else 0"),
    _row(17, "neq",      "d s0 s1", "d = 1 if s0 != s1, else 0"),
    _row(18, "lt",       "d s0 s1", "d = 1 if s0 < s1, unsigned, else 0"),
    _row(19, "gt",       "d s0 s1", "d = 1 if s0 > s1, unsigned, else 0"),
    _row(20, "jmp",      "s0",      "ip = s0"),
    _row(21, "jz",       "s0 s1",   "ip = s1 if s0 == 0"),
    _row(22, "jnz",      "s0 s1",   "ip = s1 if s0 != 0"),
    _row(23, "nop",      "",        "nothing"),
    _row(24, "wait",     "",        "sleep until an interrupt is taken"),
    _row(25, "fadd",     "d s0 s1", "d = s0 + s1, binary32"),
    _row(26, "fsub",     "d s0 s1", "d = s0 - s1, binary32"),
    _row(27, "fmul",     "d s0 s1", "d = s0 * s1, binary32"),
    _row(28, "fdiv",     "d s0 s1", "d = s0 / s1, binary32"),
    _row(29, "feq",      "d s0 s1", "d = 1 if s0 == s1, binary32, ordered, else 0"),
    _row(30, "flt",      "d s0 s1", "d = 1 if s0 < s1, binary32, ordered, else 0"),
    _row(31, "fgt",      "d s0 s1", "d = 1 if s0 > s1, binary32, ordered, else 0"),
    _row(32, "itof",     "d s0",    "d = signed s0 as binary32"),
    _row(33, "utof",     "d s0",    "d = unsigned s0 as binary32"),
    _row(34, "ftoi",     "d s0",    "d = s0 truncated, modulo 2^32; 0 for NaN, infinity"),
    _row(35, "rjmp",     "s0",      "ip = ip + s0"),
    _row(36, "rjz",      "s0 s1",   "ip = ip + s1 if s0 == 0"),
    _row(37, "rjnz",     "s0 s1",   "ip = ip + s1 if s0 != 0"),
    _row(38, "slt",      "d s0 s1", "d = 1 if s0 < s1, signed, else 0"),
    _row(39, "sgt",      "d s0 s1", "d = 1 if s0 > s1, signed, else 0"),
    _row(40, "sdiv",     "d s0 s1", "d = s0 / s1, signed, toward zero; 0 if s1 is 0"),
    _row(41, "smod",     "d s0 s1", "d = s0 % s1, sign of s0; 0 if s1 is 0"),
    _row(42, "sar",      "d s0 s1", "d = s0 >> s1[4:0], keeping the sign"),
)

BY_MNEMONIC = {insn.mnemonic: insn for insn in ISA}
BY_OPCODE   = {insn.opcode: insn for insn in ISA}

_SHIFT = {"d": 16, "s0": 8, "s1": 0}  # where each field begins, from the least significant bit


def encode(mnemonic: str, **fields: int) -> int:
    """Build an instruction word; fields that are not given are 0.

    Raises
    ------
    KeyError
        For an unknown mnemonic or a field that the instruction does not have.
    ValueError
        For a field outside 0 to 255.
    """
    insn = BY_MNEMONIC[mnemonic]
    word = insn.opcode << 24
    for name, value in fields.items():
        if name not in insn.fields:
            raise KeyError(f"{mnemonic} has no field {name!r}")
        if not 0 <= value <= 255:
            raise ValueError(f"field {name} must be from 0 to 255, not {value}")
        word |= value << _SHIFT[name]
    return word


def decode_fields(word: int) -> tuple[int, int, int, int]:
    """Split an instruction word into (opcode, d, s0, s1)."""
    return word >> 24 & 0xFF, word >> 16 & 0xFF, word >> 8 & 0xFF, word & 0xFF
