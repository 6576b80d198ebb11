"""A machine with a boot loader in the engine: hosts behind its streams, broken lines on request."""

from isa.config import MachineConfig
from rtl.soc import Memory, Soc, SocConfig
from sim.chips.soc_with_sdram import Bench, SocWithSdram
from sim.engine import build
from sim.engine.adapters import ADAPTERS
from sim.engine.design import Design, Stream
from sim.engine.library import Simulation
from sim.host.hosts import Hosts
from sim.host.serial import Serial
from sim.host.terminal import ScriptedTerminal
from system.loader import LOADER_WORDS, LoaderOptions, build_loader

RAM_WORDS = 0x8000  # the smallest that a loader takes
QUICK     = 1       # strap: memory is not tested
MACHINE   = MachineConfig(ram_words=RAM_WORDS, cycles_per_ms=2_000,
                          peripherals=("timer", "clock", "block", "serial", "mmu"))
OPTIONS   = LoaderOptions(MACHINE, name="a bench", card_ms=5)
ADAPTED   = ("block", "serial")


ROM         = "soc.boot.rom"
PLACEHOLDER = tuple(range(LOADER_WORDS))  # so that a change of the loader builds no new model


def _design():
    soc = Soc(config=SocConfig(machine=MACHINE, memory=Memory.SDRAM, loader=PLACEHOLDER))
    width = Bench.as_shape().size
    return Design(component=SocWithSdram(soc), ram="ram.ram", ram_words=RAM_WORDS,
                  streams=(*(Stream(*stream) for stream in soc.streams),
                           Stream("bench", "in", width)),
                  probes=("ip", "chip_fault", "is_booting", "light"), arrays=(ROM,))


class BootRig:
    """One machine from power-up on.

    Parameters
    ----------
    steps : sequence of (str, str)
        Of a person at the serial line: what is awaited, what is typed then.
    disk : Disk or None
        What is in the card's slot.
    bench : dict
        Fields of `Bench` besides `straps`.
    straps : int
    terminal : Terminal or None
        In place of the steps.
    """
    def __init__(self, steps=(), disk=None, *, straps=QUICK, terminal=None, **bench):
        loader = build_loader(OPTIONS)
        key = build.source_key([build.ROOT / folder for folder in ("rtl", "isa", "sim/engine",
                                                                   "sim/chips")],
                               "boot rig", MACHINE)
        self.simulation = Simulation(*build.built(key, _design, print))
        self.simulation.array(ROM, LOADER_WORDS)[:] = loader
        self.simulation.send("bench", [Bench.const({"straps": straps, **bench}).as_value().value])
        self.terminal = terminal or ScriptedTerminal(steps)
        self.hosts = Hosts(terminal=self.terminal, disk=disk, serial=Serial(self.terminal))
        self._adapters = [ADAPTERS[name](self.simulation, self.hosts) for name in ADAPTED]

    def run_until(self, text, cycles=3_000_000):
        """Run until the machine has said something; what it has said by then."""
        end = self.simulation.cycles + cycles
        while text not in self.terminal.text:
            assert self.simulation.cycles < end, f"{text!r} never came:\n{self.terminal.text}"
            self.step()
        return self.terminal.text

    def step(self, cycles=5_000):
        self.simulation.run(cycles)
        for adapter in self._adapters:
            adapter.attend()
            adapter.poll(0)
        assert not self.simulation.probe("chip_fault")

    def light(self):
        return self.simulation.probe("light")

    def close(self):
        self.simulation.close()
