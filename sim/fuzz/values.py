"""Values at which arithmetic goes wrong, if it does, and words that are made again and again."""

from functools import lru_cache

import isa

__all__ = ["EDGES", "FLOATS", "encode", "encode_fields"]

encode = lru_cache(1 << 16)(isa.encode)


def encode_fields(insn: isa.Insn, d: int, s0: int, s1: int) -> int:
    """A word of an instruction that has at least the fields d and s0."""
    return insn.opcode << 24 | d << 16 | s0 << 8 | (s1 if len(insn.fields) == 3 else 0)


EDGES = (0, 1, 2, 3, 31, 32, 33, 0x7F, 0x80, 0xFFFF, 0x10000, 0x7FFFFFFE, 0x7FFFFFFF, 0x80000000,
         0x80000001, 0xFFFF0000, 0xFFFFFFFE, 0xFFFFFFFF)
FLOATS = (0, 0x80000000, 1, 0x80000001, 0x007FFFFF, 0x00800000, 0x00800001, 0x3F800000, 0xBF800000,
          0x3F800001, 0x3F7FFFFF, 0x4B000000, 0x4B7FFFFF, 0x4F000000, 0x4F800000, 0x5F800000,
          0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFC12345,
          0x40490FDB, 0x34000000, 0x33800000)
