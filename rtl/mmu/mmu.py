"""MMU: two TLBs, one walker, and the peripheral window with `base`."""

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import MemBus, PeripheralBus, TranslateBus
from toolchain.isa.config import PageTable

__all__ = ["Mmu"]


class Mmu(wiring.Component):
    """Translates for fetch and for data; hits cost no cycle, misses walk the table in memory.

    Parameters
    ----------
    ram_words : int
        Size of RAM, in words.
    page_table : PageTable
        Format of the table.
    insn_entries, data_entries : int
        Sizes of the TLBs.

    Members
    -------
    insn, data : In(TranslateBus)
        Fetch and data side. The end of RAM is checked here, with translation and without:
        `reason` is OUT_OF_BOUNDS for any physical address at or past it. Everything but `valid`
        acts combinationally on the answer; `valid` without `hit` starts a walk.
    mem : Out(MemBus)
        The walker's reads, physical.
    bus : In(PeripheralBus)
        Window of one word: `base`.
    on : In(1)
        Translation is on: between a return from interrupt and the next interrupt. A register of the
        core.
    flush : In(1)
        Strobe, at a return from interrupt: forget what the TLBs hold. A write of `base` does the
        same by itself. The first cycle after the strobe is the first that sees the new table; what
        was fetched through `insn` until then is the core's to throw away.
    active : Out(1)
        `on`, and `base` is not 0: translation is active and code is unprivileged.
    """
    def __init__(self, *, ram_words, page_table=PageTable.LIST, insn_entries=4, data_entries=8):
        self.ram_words    = ram_words
        self.page_table   = page_table
        self.insn_entries = insn_entries
        self.data_entries = data_entries
        super().__init__({
            "insn":   In(TranslateBus),
            "data":   In(TranslateBus),
            "mem":    Out(MemBus),
            "bus":    In(PeripheralBus),
            "on":     In(1),
            "flush":  In(1),
            "active": Out(1),
        })
