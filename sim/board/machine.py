"""A board that runs: compiled on first use, a card in its slot, a terminal at its line."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sim.board.bench import QUIRK_BITS, Bench, BoardOnBench
from sim.engine import build
from sim.engine.adapters import ADAPTERS
from sim.engine.design import Design, Stream
from sim.engine.library import Simulation
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import ChipError
from system.loader import LOADER_WORDS, LoaderOptions, build_loader
from toolchain.places import ROOT

__all__ = ["ENDED", "QUICK", "SimulatedBoard"]

QUICK   = 1   # strap: a start without the test of memory
ENDED   = 7   # the boot loader's light: the program has stopped, and why is told
SOURCES = ("rtl", "isa", "sim/engine", "sim/chips")
BENCH   = ROOT / "sim" / "board" / "bench.py"
ROM     = "board.soc.boot.rom"
SLICE_CYCLES = 20_000
PORTS   = ("chip_fault", "card_fault", "leds", "light", "stopped", "is_booting")


class SimulatedBoard:
    """A board with power on.

    Parameters
    ----------
    config : BoardConfig
    terminal : Terminal
        At the other end of the serial line.
    disk : Disk or None
        The card in the slot.
    straps : int
        The board's switches.
    cable_hz : int or None
        Bits a second of the terminal; None for the board's.
    quirks : int
        The card's `SdQuirks`.
    card_ms : int
        How long the boot loader waits for a card.
    types_early : bool
        What is typed while the boot loader runs is for it; else it waits for the program.
    say : callable
        Hears a line for each step of a build, if one is needed.
    """

    def __init__(self, config: Any, terminal: Terminal, disk: Disk | None = None, *,
                 straps: int = QUICK, cable_hz: int | None = None, quirks: int = 0,
                 card_ms: int = 2000, types_early: bool = True,
                 say: Callable[[str], None] = lambda line: None):
        options = LoaderOptions(config.machine, cache_words=config.cache_words, name=config.name,
                                card_ms=card_ms)
        # The loader goes into the ROM's array, so that a change of it builds no new model.
        nameless = replace(config, name="")
        key = build.source_key([ROOT / folder for folder in SOURCES], "board", BENCH.read_text(),
                               nameless, cable_hz)
        self.simulation = Simulation(*build.built(key, lambda: _design(nameless, cable_hz), say))
        self.simulation.array(ROM, LOADER_WORDS)[:] = build_loader(options)
        self.config, self.types_early = config, types_early
        self.hosts  = Hosts(terminal=terminal, disk=disk, serial=Serial(terminal))
        self.set_quirks(quirks)
        self.set_bench(straps=straps)
        self._adapters = [ADAPTERS[name](self.simulation, self.hosts)
                          for name in ("block", "serial")]

    @property
    def cycles(self) -> int:
        return self.simulation.cycles

    def set_bench(self, **fields: int) -> None:
        """What a person does: `straps`, `keys`, `restart`, `cuts_line`; what is not named is 0."""
        self.simulation.send("bench", [Bench.const(fields).as_value().value])

    def set_quirks(self, quirks: int) -> None:
        """What kind of card it is from now on."""
        self.simulation.send("quirks_low", [quirks & (1 << 64) - 1])
        self.simulation.send("quirks_high", [quirks >> 64])

    def port(self, name: str) -> int:
        """`leds`, `light`, `stopped` or `is_booting`."""
        return self.simulation.probe(name)

    @property
    def has_ended(self) -> bool:
        """The program has stopped, and the boot loader has told why."""
        return bool(self.port("is_booting")) and self.port("light") == ENDED

    def run(self, cycles: int = SLICE_CYCLES) -> None:
        """Go on for so many cycles. Raises `ChipError`, and `HostError` of the terminal."""
        self.simulation.run(cycles)
        for adapter in self._adapters:
            adapter.attend()
            if self.types_early or adapter.name != "serial" or not self.port("is_booting"):
                adapter.poll(0)
        if self.port("chip_fault") or self.port("card_fault"):
            from sim.chips.sd_card import SdFault
            from sim.chips.sdram import SdramFault
            chip, card = SdramFault(self.port("chip_fault")), SdFault(self.port("card_fault"))
            raise ChipError(f"in cycle {self.cycles:,} the board did what a data sheet forbids: "
                            f"SDRAM {chip.name}, card {card.name}")

    def close(self) -> None:
        """Take the power away; what was written to the card is there."""
        self.simulation.close()


def _design(config: Any, cable_hz: int | None) -> Design:
    from rtl.board import Board
    top: Any = BoardOnBench(Board(config, loader=tuple(range(LOADER_WORDS))), cable_hz=cable_hz)
    return Design(
        component=top, ram="ram.ram", ram_words=config.ram_words,
        streams=(Stream("serial_to_host", "out", 8), Stream("serial_from_host", "in", 9),
                 Stream("block_to_host", "out", 34), Stream("block_from_host", "in", 34),
                 Stream("bench", "in", Bench.as_shape().size),
                 Stream("quirks_low", "in", 64),
                 Stream("quirks_high", "in", max(QUIRK_BITS - 64, 1))),
        stopped="fails", probes=PORTS, arrays=(ROM,))
