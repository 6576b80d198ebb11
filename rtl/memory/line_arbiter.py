"""Two users of one memory of lines."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_power_of_two
from rtl.memory.line_port import LinePort

__all__ = ["LineArbiter"]


class LineArbiter(wiring.Component):
    """Lets a cache go first, and another user in between, or every second time if it is urgent.

    So the cache waits for at most one line of the other's. Nothing is added to its latency. The
    words of a line that was read are all taken before another line is read.

    Parameters
    ----------
    line_words : int

    Members
    -------
    cache, other : In(LinePort)
    other_is_urgent : In(1)
    memory : Out(LinePort)
    """
    def __init__(self, *, line_words):
        self.line_words = check_power_of_two("line_words", line_words)
        super().__init__({
            "cache":           In(LinePort),
            "other":           In(LinePort),
            "other_is_urgent": In(1),
            "memory":          Out(LinePort),
        })

    def elaborate(self, platform):
        m = Module()
        cache, other, memory = self.cache, self.other, self.memory

        # A request stays the one that is served until it was taken.
        is_other   = Signal()  # whose it is
        is_held    = Signal()
        was_other  = Signal()  # of the last one, or of the one that is held
        is_reading = Signal()  # words are still to be taken
        is_read_by_other = Signal()
        taken = Signal(range(self.line_words))

        def may_go(user):
            return user.request.valid & (user.request.payload.write | ~is_reading)

        m.d.comb += is_other.eq(Mux(
            is_held, was_other,
            may_go(other) & (~may_go(cache) | self.other_is_urgent & ~was_other)))
        with m.If(memory.request.valid):
            m.d.sync += [is_held.eq(~memory.request.ready), was_other.eq(is_other)]
            with m.If(~is_held & ~memory.request.payload.write):
                m.d.sync += [is_reading.eq(1), is_read_by_other.eq(is_other)]
        with m.If(memory.read.valid & memory.read.ready):
            m.d.sync += taken.eq(taken + 1)
            with m.If(taken == self.line_words - 1):
                m.d.sync += is_reading.eq(0)

        for user, is_user in ((cache, ~is_other), (other, is_other)):
            reads = is_read_by_other if user is other else ~is_read_by_other
            m.d.comb += [user.read.payload.eq(memory.read.payload),
                         user.read.valid.eq(memory.read.valid & reads)]
            with m.If(reads):
                m.d.comb += memory.read.ready.eq(user.read.ready)
            with m.If(is_user):
                m.d.comb += [
                    memory.request.payload.eq(user.request.payload),
                    memory.request.valid.eq(is_held | may_go(user)),
                    user.request.ready.eq(memory.request.ready & memory.request.valid),
                    memory.written.payload.eq(user.written.payload),
                    memory.written.valid.eq(user.written.valid & user.request.valid
                                            & user.request.payload.write),
                    user.written.ready.eq(memory.written.ready & memory.written.valid),
                ]

        return m
