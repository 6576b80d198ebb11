"""Prediction of jumps: where fetch goes on, before the instructions are even known.

A jump's target is in a register, so fetch could not know it in time. The branch target buffer
remembers it from the last time; the return stack knows the targets of jumps that return. Whether a
conditional jump is taken is told by a counter, for its address and what the last jumps did. Nothing
here need be right: execute checks every prediction, and a wrong one costs the refetch that it would
have cost without.
"""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_power_of_two

__all__ = ["BranchTargets", "Prediction", "ReturnStack", "ReturnUpdate", "TAG_BITS",
           "TargetUpdate"]

TAG_BITS     = 10  # a wrong match costs a refetch
HISTORY_BITS = 6   # as many jumps back
COUNTER_BITS = 8   # of a counter's number


class Prediction(data.Struct):
    """What the buffer knows about a fetched group of two words."""
    hit:     1  # it has an entry for a jump in this group
    pos:     1  # the jump is the group's second word
    index:   COUNTER_BITS  # of the counter that was asked
    counter: 2  # what it was: 2 and 3 predict that the jump is taken
    taken:   1  # fetch went on at the target
    calls:   1  # it is a call
    returns: 1  # it is a return


class TargetUpdate(data.Struct):
    """What execute found out about a jump."""
    valid:     1
    group:     32  # address of the group in which the jump was fetched
    pos:       1
    is_gone:   1   # it is none: its entry is to be removed
    always:    1   # it is not conditional
    taken:     1
    index:     COUNTER_BITS
    counter:   2   # what it shall be, unless `always`
    calls:     1
    returns:   1
    target:    32


class ReturnUpdate(data.Struct):
    """What execute found out about calls and returns."""
    moves:   1   # one of them is executed
    push:    1
    pop:     1
    address: 32  # pushed
    is_new:  1   # fetch did not know of it


class BranchTargets(wiring.Component):
    """Branch target buffer: direct-mapped, one jump for each group of two fetched words.

    Indexed by the address of the group, whatever its alignment: what fetch asks for depends only on
    where the last jump went, so a loop asks for the same groups each time round.

    The counters are indexed by this address and by the history: whether each of the last jumps that
    the buffer knew was taken, calls and returns left out. Fetch has a history of its own, of what
    it predicted; after a mistake it starts again from that of execute.

    Parameters
    ----------
    entries : int
        A power of two, at least 2.

    Members
    -------
    group : In(32)
        The group that is fetched.
    prediction : Out(Prediction)
        What is known about it; combinational.
    target : Out(32)
        Where the jump went the last time. If it is a return, the return stack knows better.
    moves : In(1)
        Strobe: fetch goes on behind the group.
    follows : In(1)
        With `moves`: to the target.
    update : In(TargetUpdate)
        Seen by lookups from the second cycle on.
    restart : In(1)
        Strobe: fetch was wrong. With the `update` of the jump in question, if it was one.
    """
    def __init__(self, *, entries):
        self.entries = check_power_of_two("entries", entries)
        super().__init__({
            "group":      In(32),
            "prediction": Out(Prediction),
            "target":     Out(32),
            "moves":      In(1),
            "follows":    In(1),
            "update":     In(TargetUpdate),
            "restart":    In(1),
        })

    def elaborate(self, platform):
        m = Module()

        index_bits = (self.entries - 1).bit_length()
        row = data.StructLayout({
            "tag": TAG_BITS, "pos": 1, "valid": 1, "always": 1, "calls": 1, "returns": 1,
            "target": 32,
        })

        def split(address):
            return address[:index_bits], address[index_bits:index_bits + TAG_BITS]

        m.submodules.rows = rows = memory.Memory(
            shape=row, depth=self.entries, init=[], attrs={"ram_style": "distributed"})
        r_port, w_port = rows.read_port(domain="comb"), rows.write_port()

        # What has an entry was taken once: so it will be again, as far as a counter knows at first.
        m.submodules.counters = counters = memory.Memory(
            shape=2, depth=1 << COUNTER_BITS, init=[2] * (1 << COUNTER_BITS),
            attrs={"ram_style": "distributed"})
        c_port, c_write = counters.read_port(domain="comb"), counters.write_port()

        index, tag = split(self.group)
        history = self._elaborate_history(m)
        hit     = Signal()
        m.d.comb += [
            r_port.addr.eq(index),
            c_port.addr.eq(self.group[:COUNTER_BITS]
                           ^ (history << (COUNTER_BITS - HISTORY_BITS))),
            hit.eq((r_port.data.tag == tag) & r_port.data.valid),
            self.prediction.hit.eq(hit),
            self.prediction.pos.eq(r_port.data.pos),
            self.prediction.index.eq(c_port.addr),
            self.prediction.counter.eq(c_port.data),
            self.prediction.taken.eq(hit & (r_port.data.always | c_port.data[1])),
            self.prediction.calls.eq(r_port.data.calls),
            self.prediction.returns.eq(r_port.data.returns),
            self.target.eq(r_port.data.target),
        ]

        # A cycle later than need be, which takes the comparisons in execute off the write port.
        update = Signal.like(self.update)
        m.d.sync += update.eq(self.update)
        w_index, w_tag = split(update.group)
        m.d.comb += [
            c_write.en.eq(update.valid & ~update.always & ~update.is_gone),
            c_write.addr.eq(update.index),
            c_write.data.eq(update.counter),
            w_port.en.eq(update.valid),
            w_port.addr.eq(w_index),
            w_port.data.tag.eq(w_tag),
            w_port.data.pos.eq(update.pos),
            w_port.data.valid.eq(~update.is_gone),
            w_port.data.always.eq(update.always),
            w_port.data.calls.eq(update.calls),
            w_port.data.returns.eq(update.returns),
            w_port.data.target.eq(update.target),
        ]

        return m

    def _elaborate_history(self, m):
        """What fetch predicted of the last jumps; behind a mistake, what execute found."""
        history = Signal(HISTORY_BITS)
        executed, after = Signal(HISTORY_BITS), Signal(HISTORY_BITS)
        counts = self.prediction.hit & ~self.prediction.calls & ~self.prediction.returns
        found  = self.update.valid & ~self.update.calls & ~self.update.returns
        m.d.comb += after.eq(Mux(found, Cat(self.update.taken, executed), executed))
        m.d.sync += executed.eq(after)
        with m.If(self.moves & counts):
            m.d.sync += history.eq(Cat(self.follows, history))
        with m.If(self.restart):
            m.d.sync += history.eq(after)
        return history


class ReturnStack(wiring.Component):
    """Return addresses of the latest calls; the oldest are forgotten.

    Fetch pushes and pops as it predicts, ahead of execute, which keeps a level of its own: whenever
    fetch was wrong it starts again from there. Words that fetch overwrote on the wrong way stay so.

    Parameters
    ----------
    entries : int
        A power of two, at least 2.

    Members
    -------
    top : Out(32)
        The latest address, as fetch sees it.
    moves : In(1)
        Strobe of fetch: `push` or `pop`.
    push, pop : In(1)
        Add `address`, or drop the latest. Not together.
    may_push : In(1)
        There may be a `push` of `address` in this cycle, or later; which is known earlier.
    address : In(32)
    executed : In(ReturnUpdate)
        What execute found.
    executed_top : Out(32)
        The latest address, as execute sees it.
    restart : In(1)
        Strobe: fetch was wrong. Its own strobes do not count in this cycle.
    """
    def __init__(self, *, entries):
        self.entries = check_power_of_two("entries", entries)
        super().__init__({
            "top":          Out(32),
            "moves":        In(1),
            "push":         In(1),
            "may_push":     In(1),
            "pop":          In(1),
            "address":      In(32),
            "executed":     In(ReturnUpdate),
            "executed_top": Out(32),
            "restart":      In(1),
        })

    def elaborate(self, platform):
        m = Module()

        level, executed_level = Signal(range(self.entries)), Signal(range(self.entries))
        after = Signal.like(executed_level)
        m.submodules.words = words = memory.Memory(
            shape=32, depth=self.entries, init=[], attrs={"ram_style": "distributed"})
        top, executed_top = words.read_port(domain="comb"), words.read_port(domain="comb")
        w_port = words.write_port()
        m.d.comb += [
            top.addr.eq(level),
            executed_top.addr.eq(executed_level),
            self.top.eq(top.data),
            self.executed_top.eq(executed_top.data),
            after.eq(Mux(self.executed.moves,
                         executed_level + self.executed.push - self.executed.pop, executed_level)),
        ]
        m.d.sync += executed_level.eq(after)
        with m.If(self.moves):
            m.d.sync += level.eq(level + self.push - self.pop)
        # A call that fetch knew is there already, unless fetch went wrong since. Another one is
        # added a cycle later than need be, which takes execute's comparisons off the write port.
        # What fetch pushes in that cycle is lost.
        missed  = Signal()
        address = Signal(32)
        m.d.sync += [missed.eq(self.executed.moves & self.executed.push
                               & (self.executed.is_new | self.restart)),
                     address.eq(self.executed.address)]
        m.d.comb += [
            w_port.en.eq(self.may_push | missed),
            w_port.addr.eq(Mux(missed, executed_level, level + 1)),
            w_port.data.eq(Mux(missed, address, self.address)),
        ]
        with m.If(self.restart):
            m.d.sync += level.eq(after)

        return m
