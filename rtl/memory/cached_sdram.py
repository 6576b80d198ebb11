"""An SDRAM chip as the core's memory: a cache in front, a controller behind it."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.memory.cache import Cache
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

    Members
    -------
    fetch : In(FetchPort)
    data : In(DataPort)
    flush, is_clean
        See `Cache`.
    pins : Out(SdramPins)
    """
    def __init__(self, *, shape, chip, clock_hz, init=None):
        if shape.ram_words > chip.words:
            raise ValueError(f"RAM of {shape.ram_words:,} words does not fit into a chip of "
                             f"{chip.words:,}")
        self.cache = Cache(shape=shape, init=init)
        self.sdram = Sdram(chip=chip, clock_hz=clock_hz, line_words=shape.line_words)
        super().__init__({
            "fetch":    In(FetchPort),
            "data":     In(DataPort),
            "flush":    In(1),
            "is_clean": Out(1),
            "pins":     Out(SdramPins(chip)),
        })

    def elaborate(self, platform):
        m = Module()

        m.submodules.cache = cache = self.cache
        m.submodules.sdram = sdram = self.sdram
        connect(m, flipped(self.fetch), cache.fetch)
        connect(m, flipped(self.data), cache.data)
        connect(m, cache.memory, sdram.lines)
        connect(m, sdram.pins, flipped(self.pins))
        m.d.comb += [cache.flush.eq(self.flush), self.is_clean.eq(cache.is_clean)]

        return m
