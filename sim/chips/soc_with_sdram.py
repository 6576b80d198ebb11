"""The SoC with its memory chip, for the engine: the chip's words are the simulator's RAM."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.memory.ram import SimulatedRam
from rtl.memory.sdram import Command
from sim.chips.sdram import TIMES_NS, SdramFault, SimulatedSdram

__all__ = ["Bench", "SocWithSdram"]


class Bench(data.Struct):
    """What is around the machine, and what is broken: data lines and address lines of the chip."""
    straps:    8
    data_low:  16  # these read 0
    data_high: 16  # these read 1
    rows_low:  13  # as a row is opened, these are 0


class SocWithSdram(wiring.Component):
    """A SoC whose pins lead to a chip; all its other ports are there as they are.

    Parameters
    ----------
    soc : Soc
        With `Memory.SDRAM`.

    Members
    -------
    chip_fault : Out(SdramFault)
        The first thing that the chip's data sheet forbids; it stops the machine, too. A machine
        with a boot loader is only stopped by this.
    is_booting, light : Out
        With a boot loader: it runs, and what it shows.
    bench : In(stream.Signature(Bench))
        With a boot loader: what the switches of the board are, and lines of the chip that are
        broken, from the next token on.

    Attributes
    ----------
    streams, events, config
        The SoC's.
    """
    def __init__(self, soc):
        self.soc = soc
        self.config, self.streams, self.events = soc.config, soc.streams, soc.events
        self._members = {name: member for name, member in soc.signature.members.items()
                         if name not in ("sdram", "boot")}
        self._has_boot = "boot" in soc.signature.members
        super().__init__({
            **self._members,
            "chip_fault": Out(SdramFault),
            **({"is_booting": Out(1), "light": Out(32), "bench": In(stream.Signature(Bench))}
               if self._has_boot else {}),
        })

    def elaborate(self, platform):
        m = Module()
        config, chip = self.config, self.config.chip

        m.submodules.soc = soc = self.soc
        m.submodules.ram = ram = SimulatedRam(words=config.machine.ram_words)
        m.submodules.chip = model = SimulatedSdram(
            clock_hz=config.clock_hz, pins=soc.signature.members["sdram"].signature,
            times_ns=TIMES_NS["mt48lc16m16"], row_bits=chip.row_bits,
            bank_bits=chip.bank_bits, column_bits=chip.column_bits)
        connect(m, model.words, ram.data)
        if self._has_boot:
            self._elaborate_bench(m, soc, model)
        else:
            connect(m, soc.sdram, model.pins)
        m.d.comb += self.chip_fault.eq(model.fault)
        for name, member in self._members.items():
            if member.is_port:
                m.d.comb += getattr(self, name).eq(getattr(soc, name))
            else:
                connect(m, getattr(soc, name), flipped(getattr(self, name)))
        has_failed = model.fault != SdramFault.NONE
        m.d.comb += self.stopped.eq(has_failed if self._has_boot else soc.stopped | has_failed)

        return m

    def _elaborate_bench(self, m, soc, model):
        bench = Signal(Bench)
        m.d.comb += self.bench.ready.eq(1)
        with m.If(self.bench.valid):
            m.d.sync += bench.eq(self.bench.payload)
        ours, chip = soc.sdram, model.pins
        m.d.comb += [
            soc.boot.straps.eq(bench.straps),
            self.is_booting.eq(soc.boot.is_booting),
            self.light.eq(soc.boot.light),
            *(getattr(chip, name).eq(getattr(ours, name))
              for name in ("cke", "command", "ba", "dqm", "dq_o", "dq_oe")),
            chip.a.eq(ours.a & ~Mux(ours.command == Command.ACTIVATE, bench.rows_low, 0)),
            ours.dq_i.eq(chip.dq_i & ~bench.data_low | bench.data_high),
        ]
