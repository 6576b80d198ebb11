"""An SDRAM chip as the core's memory: a cache in front, a controller behind it."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.checks import check_bool
from rtl.memory.cache import Cache
from rtl.memory.line_arbiter import LineArbiter
from rtl.memory.line_port import LinePort
from rtl.memory.ports import DataPort, FetchPort
from rtl.memory.sdram import Sdram, SdramPins

__all__ = ["CachedSdram"]


class CachedSdram(wiring.Component):
    """A cache and the controller of the chip that it stands in front of.

    Parameters
    ----------
    shape : CacheShape
        Its RAM is at most the chip.
    chip : SdramChip
    clock_hz : int
        See `Sdram`.
    init : dict of int to int
        See `Cache`.
    is_shared : bool
        There is another user of the chip.

    Members
    -------
    fetch : In(FetchPort)
    data : In(DataPort)
    flush, is_clean
        See `Cache`.
    pins : Out(SdramPins)
    lines : In(LinePort)
    lines_are_urgent : In(1)
        The other user, and whether it may go before the cache (`LineArbiter`). Only if shared.
    """
    def __init__(self, *, shape, chip, clock_hz, init=None, is_shared=False):
        if shape.ram_words > chip.words:
            raise ValueError(f"RAM of {shape.ram_words:,} words does not fit into a chip of "
                             f"{chip.words:,}")
        self.cache = Cache(shape=shape, init=init)
        self.sdram = Sdram(chip=chip, clock_hz=clock_hz, line_words=shape.line_words)
        self.is_shared = check_bool("is_shared", is_shared)
        super().__init__({
            "fetch":    In(FetchPort),
            "data":     In(DataPort),
            "flush":    In(1),
            "is_clean": Out(1),
            "pins":     Out(SdramPins(chip)),
            **({"lines": In(LinePort), "lines_are_urgent": In(1)} if is_shared else {}),
        })

    def elaborate(self, platform):
        m = Module()

        m.submodules.cache = cache = self.cache
        m.submodules.sdram = sdram = self.sdram
        connect(m, flipped(self.fetch), cache.fetch)
        connect(m, flipped(self.data), cache.data)
        if self.is_shared:
            m.submodules.arbiter = arbiter = LineArbiter(line_words=self.sdram.line_words)
            connect(m, cache.memory, arbiter.cache)
            connect(m, flipped(self.lines), arbiter.other)
            connect(m, arbiter.memory, sdram.lines)
            m.d.comb += arbiter.other_is_urgent.eq(self.lines_are_urgent)
        else:
            connect(m, cache.memory, sdram.lines)
        connect(m, sdram.pins, flipped(self.pins))
        m.d.comb += [cache.flush.eq(self.flush), self.is_clean.eq(cache.is_clean)]

        return m
