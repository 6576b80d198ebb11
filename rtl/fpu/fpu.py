"""FPU: the floating-point instructions behind one handshake."""

from amaranth import unsigned
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Fpu", "FpuOp"]


class FpuOp(enum.Enum, shape=unsigned(4)):
    """What the FPU does; each is the instruction of nearly that name."""
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


class Fpu(wiring.Component):
    """IEEE 754 binary32: round to nearest even, subnormals kept, NaN results ``0x7FC00000``.

    The handshake is the divider's: the instruction waits in its stage with `en` and its operands
    until `done`, and leaves it with `taken`.

    Members
    -------
    en : In(1)
        Hold, with `op` and the operands, from the cycle in which they are first there until
        `taken`. Letting go earlier abandons the operation.
    op : In(FpuOp)
    a, b : In(32)
        Operands; ITOF, UTOF and FTOI take `a`.
    done : Out(1)
        `result` is there. Holds until `taken`.
    taken : In(1)
        With `done`: the result is used in this cycle. With `en` high in the next one, that is a new
        operation.
    result : Out(32)
    """
    en:     In(1)
    op:     In(FpuOp)
    a:      In(32)
    b:      In(32)
    done:   Out(1)
    taken:  In(1)
    result: Out(32)
