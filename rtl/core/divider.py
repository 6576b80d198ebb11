"""Divider: quotient or remainder, signed or not, fast where the quotient is short."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from rtl.bits import leading_zeros
from rtl.checks import check_even

__all__ = ["Divide", "Divider"]


class Divide(data.Struct):
    """Which of ``div``, ``mod``, ``sdiv`` and ``smod``."""
    is_mod:    1
    is_signed: 1


class Divider(wiring.Component):
    """Divides two numbers; the quotient of a division by 0 is 0, and so is the remainder.

    Two bits of the quotient a cycle, from the highest that can be one. A quotient below 4 needs no
    alignment: unsigned, it is ready in the cycle after the first.

    Cycles from the first with `en` to the first with `done`, where `n` is how many bits the
    dividend's magnitude is longer than the divisor's, and the width is 32:

    =================  ============  ============
    quotient           unsigned      signed
    =================  ============  ============
    below 4; by 0      1             2
    others             3 + n // 2    4 + n // 2
    at most            18            19
    =================  ============  ============

    Parameters
    ----------
    width : int
        Of the operands, in bits; even.

    Members
    -------
    en : In(1)
        Hold, with the operands, from the cycle in which they are first there until `taken`. Letting
        go earlier abandons the division.
    op : In(Divide)
    dividend, divisor : In(width)
    done : Out(1)
        `result` is there. Holds until `taken`.
    taken : In(1)
        With `done`: the result is used in this cycle. With `en` high in the next one, that is a new
        division.
    result : Out(width)
    """
    def __init__(self, *, width=32):
        self.width = check_even("width", width)
        super().__init__({
            "en":       In(1),
            "op":       In(Divide),
            "dividend": In(width),
            "divisor":  In(width),
            "done":     Out(1),
            "taken":    In(1),
            "result":   Out(width),
        })

    def elaborate(self, platform):
        m = Module()
        width = self.width

        left     = Signal(width)  # of the dividend
        divisor  = Signal(width)  # aligned with the step
        quotient = Signal(width)
        steps    = Signal(range(max(width // 2, 2)))  # after the next one

        # Which operands a step takes is told by a register of its own: it is the first thing that a
        # step must know, and the longest path leads through it.
        at_rest = Signal(init=1)  # the state is IDLE

        def go_to_rest():
            m.d.sync += at_rest.eq(1)
            m.next = "IDLE"

        # One step: the divisor is taken away as often as it can be, up to three times. The rests of
        # all three are computed side by side, each with a sign above.
        x, y   = Signal(width), Signal(width)
        rests  = [Signal(width + 3, name=f"rest{n}") for n in (1, 2, 3)]
        after  = Signal(width)
        digit  = Signal(2)
        m.d.comb += [
            x.eq(Mux(at_rest, self.dividend, left)),
            y.eq(Mux(at_rest, self.divisor, divisor)),
            rests[0].eq(x - y),
            rests[1].eq(x - (y << 1)),
            rests[2].eq(x - y - (y << 1)),
            after.eq(x),
            digit.eq(0),
        ]
        for n, rest in enumerate(rests, start=1):
            with m.If(~rest[-1]):
                m.d.comb += [after.eq(rest), digit.eq(n)]

        # The first step tries the divisor as it is, and is the last if the quotient is below 4.
        left_by  = Signal(range(width))  # divisor's leading zeros, less the dividend's
        is_short = Signal()
        by_zero  = Signal()
        m.d.comb += is_short.eq(x[2:] < y)

        def begin():
            m.d.sync += [
                left_by.eq(leading_zeros(y) - leading_zeros(x)),
                by_zero.eq(y == 0),
                quotient.eq(digit),
                left.eq(Mux(is_short, after, x)),
                divisor.eq(y),
            ]
            m.next = "ALIGN"
            with m.If(is_short | (y == 0)):
                m.next = "DONE"
            with m.If(~self.en):
                go_to_rest()

        # IDLE       with `en`: unsigned, the first step; signed, magnitudes
        # MAGNITUDE  signed: the first step
        # ALIGN      divisor to dividend, to an even number of bits
        # STEP       two bits of the quotient
        # DONE       the result waits to be taken
        negative = self.op.is_signed & self.dividend[-1]
        m.d.sync += at_rest.eq(0)
        with m.FSM():
            with m.State("IDLE"):
                with m.If(self.op.is_signed):
                    m.d.sync += [
                        left.eq(Mux(negative, -self.dividend, self.dividend)),
                        divisor.eq(Mux(self.divisor[-1], -self.divisor, self.divisor)),
                    ]
                    m.next = "MAGNITUDE"
                    with m.If(~self.en):
                        go_to_rest()
                with m.Else():
                    begin()
            with m.State("MAGNITUDE"):
                begin()
            with m.State("ALIGN"):
                m.d.sync += [
                    divisor.eq(divisor << Cat(0, left_by[1:])),
                    steps.eq(left_by[1:]),
                    quotient.eq(0),
                ]
                m.next = "STEP"
                with m.If(~self.en):
                    go_to_rest()
            with m.State("STEP"):
                m.d.sync += [
                    left.eq(after),
                    divisor.eq(divisor >> 2),
                    quotient.eq(Cat(digit, quotient)),
                    steps.eq(steps - 1),
                ]
                with m.If(steps == 0):
                    m.next = "DONE"
                with m.If(~self.en):
                    go_to_rest()
            with m.State("DONE"):
                m.d.comb += self.done.eq(1)
                with m.If(self.taken | ~self.en):
                    go_to_rest()

        # The quotient is negative if the signs differ; the remainder has the dividend's sign.
        value  = Mux(self.op.is_mod, left, quotient)
        negate = negative ^ (~self.op.is_mod & self.op.is_signed & self.divisor[-1])
        with m.If(~by_zero):
            m.d.comb += self.result.eq(Mux(negate, -value, value))

        return m
