"""Untranslated: what stands in for the MMU in a machine without one."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from isa.machine import RESERVED_LIMIT
from rtl.bus import Reason, TranslateBus
from rtl.checks import check_integer

__all__ = ["Untranslated"]


class Untranslated(wiring.Component):
    """Every address is physical, and may be used if it is inside RAM.

    Parameters
    ----------
    ram_words : int
        Size of RAM, in words.

    Members
    -------
    insn, data : In(TranslateBus)
    """
    insn: In(TranslateBus)
    data: In(TranslateBus)

    def __init__(self, *, ram_words):
        self.ram_words = check_integer("ram_words", ram_words, least=1, most=1 << 32)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        for port in (self.insn, self.data):
            m.d.comb += [
                port.hit.eq(1),
                port.pa.eq(port.va),
                port.is_low.eq(port.va < RESERVED_LIMIT),
                port.is_last.eq(port.va == self.ram_words - 1),
            ]
            with m.If(port.va >= self.ram_words):
                m.d.comb += port.reason.eq(Reason.OUT_OF_BOUNDS)
            m.d.comb += port.is_plain.eq((port.va < self.ram_words) & ~port.is_low)
        return m
