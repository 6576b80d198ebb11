"""The SoC with its memory chip, for the engine: the chip's words are the simulator's RAM."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Out, connect, flipped

from rtl.memory.ram import SimulatedRam
from sim.chips.sdram import TIMES_NS, SdramFault, SimulatedSdram

__all__ = ["SocWithSdram"]


class SocWithSdram(wiring.Component):
    """A SoC whose pins lead to a chip; all its other ports are there as they are.

    Parameters
    ----------
    soc : Soc
        With `Memory.SDRAM`.

    Members
    -------
    chip_fault : Out(SdramFault)
        The first thing that the chip's data sheet forbids; it stops the machine, too.

    Attributes
    ----------
    streams, events, config
        The SoC's.
    """
    def __init__(self, soc):
        self.soc = soc
        self.config, self.streams, self.events = soc.config, soc.streams, soc.events
        self._members = {name: member for name, member in soc.signature.members.items()
                         if name != "sdram"}
        super().__init__({**self._members, "chip_fault": Out(SdramFault)})

    def elaborate(self, platform):
        m = Module()
        config, chip = self.config, self.config.chip

        m.submodules.soc = soc = self.soc
        m.submodules.ram = ram = SimulatedRam(words=config.machine.ram_words)
        m.submodules.chip = model = SimulatedSdram(
            clock_hz=config.clock_hz, pins=soc.signature.members["sdram"].signature,
            times_ns=TIMES_NS["mt48lc16m16"], row_bits=chip.row_bits,
            bank_bits=chip.bank_bits, column_bits=chip.column_bits)
        connect(m, soc.sdram, model.pins)
        connect(m, model.words, ram.data)
        m.d.comb += self.chip_fault.eq(model.fault)
        for name, member in self._members.items():
            if member.is_port:
                m.d.comb += getattr(self, name).eq(getattr(soc, name))
            else:
                connect(m, getattr(soc, name), flipped(getattr(self, name)))
        m.d.comb += self.stopped.eq(soc.stopped | (model.fault != SdramFault.NONE))

        return m
