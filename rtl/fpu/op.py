"""What the FPU can be asked for."""

from amaranth import unsigned
from amaranth.lib import enum

__all__ = ["FpuOp"]


class FpuOp(enum.Enum, shape=unsigned(4)):
    """Each is the instruction of nearly that name."""
    ADD  = 0
    SUB  = 1
    MUL  = 2
    DIV  = 3
    EQ   = 4
    LT   = 5
    GT   = 6
    ITOF = 7
    UTOF = 8
    FTOI = 9
