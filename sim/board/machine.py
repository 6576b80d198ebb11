"""A board that runs: compiled on first use, a card in its slot, a terminal at its line."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sim.board.bench import QUIRK_BITS, Bench, BoardOnBench
from sim.board.keys import UsbKeys
from sim.board.screen import Screen
from sim.engine import build
from sim.engine.adapters import ADAPTERS
from sim.engine.clocks import Clock
from sim.engine.design import Design, Stream
from sim.engine.library import Simulation
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import ChipError
from system.loader import LOADER_WORDS, LoaderOptions, build_loader
from toolchain.places import ROOT

__all__ = ["ENDED", "END_OCTET", "QUICK", "SimulatedBoard"]

QUICK   = 1   # strap: a start without the test of memory
ENDED   = 7   # the boot loader's light: the program has stopped, and why is told
LISTENS, WAITS = 5, 21  # lights: a program comes over the serial line; it waits for one, or Enter
END_OCTET = 4           # ctrl-D
SOURCES = ("rtl", "isa", "sim/engine", "sim/chips")
BENCH   = ROOT / "sim" / "board" / "bench.py"
ROM     = "board.soc.boot.rom"
SLICE_CYCLES = 20_000
PORTS   = ("chip_fault", "card_fault", "leds", "light", "stopped", "is_booting")
PIXEL_PS, TMDS_PS = 40_000, 8_000


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
    display : Display or None
        The monitor at the DVI connector: it is given each frame.
    keyboard : Keyboard or None
        What a person types on the USB keyboard, which is plugged in then.
    card_ms : int
        How long the boot loader waits for a card.
    types_early : bool
        What is typed while the boot loader runs is for it; else it waits for the program, or for
        the boot loader to wait for it.
    end_octet : int or None
        What is typed when the terminal's input has ended.
    say : callable
        Hears a line for each step of a build, if one is needed.
    """

    def __init__(self, config: Any, terminal: Terminal, disk: Disk | None = None, *,
                 straps: int = QUICK, cable_hz: int | None = None, quirks: int = 0,
                 display: Display | None = None, keyboard: Keyboard | None = None,
                 card_ms: int = 2000, types_early: bool = True,
                 end_octet: int | None = None, say: Callable[[str], None] = lambda line: None):
        options = LoaderOptions(config.machine, cache_words=config.cache_words, name=config.name,
                                card_ms=card_ms)
        # The loader goes into the ROM's array, so that a change of it builds no new model.
        nameless, has_monitor = replace(config, name=""), display is not None
        key = build.source_key([ROOT / folder for folder in SOURCES], "board", BENCH.read_text(),
                               nameless, cable_hz, has_monitor)
        self.simulation = Simulation(*build.built(
            key, lambda: _design(nameless, cable_hz, has_monitor), say))
        self.simulation.array(ROM, LOADER_WORDS)[:] = build_loader(options)
        self.config, self.types_early = config, types_early
        self.hosts  = Hosts(terminal=terminal, disk=disk,
                            serial=Serial(terminal, end_octet=end_octet), display=display,
                            keyboard=keyboard)
        self._bench: dict[str, int] = {}
        self._keys   = UsbKeys(keyboard) if keyboard is not None else None
        self._screen = Screen(display) if display is not None else None
        self.set_quirks(quirks)
        self.set_bench(straps=straps, usb=int(keyboard is not None and config.usb))
        self._adapters = [ADAPTERS[name](self.simulation, self.hosts)
                          for name in ("block", "serial")]

    @property
    def cycles(self) -> int:
        return self.simulation.cycles

    def set_bench(self, **fields: int) -> None:
        """What a person does, by the fields of `Bench`; what is not named stays as it is."""
        self._bench |= fields
        self.simulation.send("bench", [Bench.const(self._bench).as_value().value])

    def set_quirks(self, quirks: int) -> None:
        """What kind of card it is from now on."""
        self.simulation.send("quirks_low", [quirks & (1 << 64) - 1])
        self.simulation.send("quirks_high", [quirks >> 64])

    def port(self, name: str) -> int:
        """`leds`, `light`, `stopped`, `is_booting` or `usb_is_ready`."""
        return self.simulation.probe(name)

    @property
    def has_ended(self) -> bool:
        """The program has stopped, and the boot loader has told why."""
        return bool(self.port("is_booting")) and self.port("light") == ENDED

    @property
    def waits_in_vain(self) -> bool:
        """The boot loader waits for a person, and all that was ever to be typed has arrived."""
        serial = self.hosts.serial
        return (bool(self.port("is_booting")) and self.port("light") == WAITS
                and serial is not None and serial.ended
                and not self.simulation.unsent("serial_from_host"))

    @property
    def _may_type(self) -> bool:
        return (self.types_early or not self.port("is_booting")
                or self.port("light") in (LISTENS, WAITS))

    def run(self, cycles: int = SLICE_CYCLES) -> None:
        """Go on for so many cycles. Raises `ChipError`, and `HostError` of the terminal."""
        self.simulation.run(cycles)
        for adapter in self._adapters:
            adapter.attend()
            if adapter.name != "serial" or self._may_type:
                adapter.poll(0)
        self._attend_display()
        faults = {name: self.port(name) for name in self.simulation.design.probes
                  if name.endswith("_fault") and self.port(name)}
        if faults:
            raise ChipError(f"in cycle {self.cycles:,} the board did what a data sheet forbids: "
                            + ", ".join(_fault_text(*fault) for fault in faults.items()))

    @property
    def now_ms(self) -> int:
        """Time since power came on."""
        return self.cycles // self.config.machine.cycles_per_ms

    def _attend_display(self) -> None:
        """Frames out of the monitor, keys into the keyboard; a window may have some of its own."""
        if self._screen is not None:
            self._screen.take(self.simulation.receive("shown"))
            self._screen.display.poll(self.hosts.keyboard)
        if self._keys is not None and self.config.usb:
            self.simulation.send("reports", list(self._keys.reports(self.now_ms)))

    def close(self) -> None:
        """Take the power away; what was written to the card is there."""
        self.simulation.close()


def _fault_text(port: str, value: int) -> str:
    from sim.chips.dvi_monitor import DviFault
    from sim.chips.sd_card import SdFault
    from sim.chips.sdram import SdramFault
    from sim.chips.usb_keyboard import UsbFault
    kinds: dict[str, tuple[str, Any]] = {
        "chip_fault": ("SDRAM", SdramFault), "card_fault": ("card", SdFault),
        "usb_fault":  ("USB", UsbFault),     "dvi_fault":  ("DVI", DviFault)}
    name, kind = kinds[port]
    return f"{name} {kind(value).name}"


def _design(config: Any, cable_hz: int | None, has_monitor: bool) -> Design:
    from rtl.board import Board
    top: Any = BoardOnBench(Board(config, loader=tuple(range(LOADER_WORDS))), cable_hz=cable_hz,
                            has_monitor=has_monitor)
    streams = [Stream("serial_to_host", "out", 8), Stream("serial_from_host", "in", 9),
               Stream("block_to_host", "out", 34), Stream("block_from_host", "in", 34),
               Stream("bench", "in", Bench.as_shape().size),
               Stream("quirks_low", "in", 64),
               Stream("quirks_high", "in", max(QUIRK_BITS - 64, 1))]
    probes = [*PORTS]
    if config.usb:
        streams.append(Stream("reports", "in", 64))
        probes += ["usb_fault", "usb_is_ready"]
    if has_monitor:
        streams.append(Stream("shown", "out", 25, "tmds"))
        probes.append("dvi_fault")
    # Their phases are such that no two have an edge together where periods are whole nanoseconds:
    # the engine compiles each clock once then.
    clocks = (Clock("sync", round(1e12 / config.clock_hz)), Clock("pixel", PIXEL_PS, 300),
              Clock("tmds", TMDS_PS, 600))
    return Design(component=top, ram="ram.ram", ram_words=config.chip.words,
                  streams=tuple(streams), stopped="fails", probes=tuple(probes), arrays=(ROM,),
                  clocks=clocks)
