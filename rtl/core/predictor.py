"""Prediction of jumps: where fetch goes on, before the instructions are even known.

A jump's target is in a register, so fetch could not know it in time. The branch target buffer
remembers it from the last time; the return stack knows the targets of jumps that return. Nothing
here need be right: execute checks every prediction, and a wrong one costs the refetch that it would
have cost without.
"""

from amaranth import Module, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["BranchTargets", "Prediction", "ReturnStack", "TAG_BITS", "TargetUpdate"]

TAG_BITS = 10  # a wrong match costs a refetch


class Prediction(data.Struct):
    """What the buffer knows about a fetched group of two words."""
    hit:     1  # it has an entry for a jump in this group
    pos:     1  # the jump is the group's second word
    counter: 2  # 2 and 3 predict that it is taken
    taken:   1  # fetch went on at the target


class TargetUpdate(data.Struct):
    """What execute found out about a jump."""
    valid:     1
    group:     32  # address of the group in which the jump was fetched
    pos:       1
    counter:   2
    is_return: 1
    target:    32


class BranchTargets(wiring.Component):
    """Branch target buffer: direct-mapped, one jump for each group of two fetched words.

    Indexed by the address of the group, whatever its alignment: what fetch asks for depends only on
    where the last jump went, so a loop asks for the same groups each time round.

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
    is_return : Out(1)
        It ends in a return: not `target` but the return stack knows where to.
    target : Out(32)
    update : In(TargetUpdate)
        Seen by lookups from the second cycle on.
    """
    def __init__(self, *, entries):
        if entries < 2 or entries & (entries - 1):
            raise ValueError(f"entries must be a power of two and at least 2, not {entries!r}")
        self.entries = entries
        super().__init__({
            "group":      In(32),
            "prediction": Out(Prediction),
            "is_return":  Out(1),
            "target":     Out(32),
            "update":     In(TargetUpdate),
        })

    def elaborate(self, platform):
        m = Module()

        index_bits = (self.entries - 1).bit_length()
        row = data.StructLayout({
            "tag": TAG_BITS, "pos": 1, "counter": 2, "is_return": 1, "target": 32,
        })

        def split(address):
            return address[:index_bits], address[index_bits:index_bits + TAG_BITS]

        m.submodules.rows = rows = memory.Memory(
            shape=row, depth=self.entries, init=[], attrs={"ram_style": "distributed"})
        r_port, w_port = rows.read_port(domain="comb"), rows.write_port()

        index, tag = split(self.group)
        hit = Signal()
        m.d.comb += [
            r_port.addr.eq(index),
            # A counter of 0 makes an entry worthless, so it also serves as "no entry".
            hit.eq((r_port.data.tag == tag) & (r_port.data.counter != 0)),
            self.prediction.hit.eq(hit),
            self.prediction.pos.eq(r_port.data.pos),
            self.prediction.counter.eq(r_port.data.counter),
            self.prediction.taken.eq(hit & r_port.data.counter[1]),
            self.is_return.eq(r_port.data.is_return),
            self.target.eq(r_port.data.target),
        ]

        # A cycle later than need be, which takes the comparisons in execute off the write port.
        update = Signal.like(self.update)
        m.d.sync += update.eq(self.update)
        w_index, w_tag = split(update.group)
        m.d.comb += [
            w_port.en.eq(update.valid),
            w_port.addr.eq(w_index),
            w_port.data.tag.eq(w_tag),
            w_port.data.pos.eq(update.pos),
            w_port.data.counter.eq(update.counter),
            w_port.data.is_return.eq(update.is_return),
            w_port.data.target.eq(update.target),
        ]

        return m


class ReturnStack(wiring.Component):
    """Return addresses of the calls that execute saw; the oldest are forgotten.

    Parameters
    ----------
    entries : int
        A power of two, at least 2.

    Members
    -------
    top : Out(32)
        The latest address.
    push : In(1)
        Strobe: add `address`.
    address : In(32)
    pop : In(1)
        Strobe: drop the latest address. Not together with `push`.
    """
    def __init__(self, *, entries):
        if entries < 2 or entries & (entries - 1):
            raise ValueError(f"entries must be a power of two and at least 2, not {entries!r}")
        self.entries = entries
        super().__init__({
            "top":     Out(32),
            "push":    In(1),
            "address": In(32),
            "pop":     In(1),
        })

    def elaborate(self, platform):
        m = Module()

        level = Signal(range(self.entries))
        m.submodules.words = words = memory.Memory(
            shape=32, depth=self.entries, init=[], attrs={"ram_style": "distributed"})
        r_port, w_port = words.read_port(domain="comb"), words.write_port()
        m.d.comb += [
            r_port.addr.eq(level),
            self.top.eq(r_port.data),
            w_port.addr.eq(level + 1),
            w_port.data.eq(self.address),
            w_port.en.eq(self.push),
        ]
        with m.If(self.push):
            m.d.sync += level.eq(level + 1)
        with m.Elif(self.pop):
            m.d.sync += level.eq(level - 1)

        return m
