# amaranth: UnusedElaboratable=no
"""Top of a board: the computer, its clocks, and a buffer for each pin."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from amaranth import Cat, Elaboratable, Module
from amaranth.lib import io

from fpga.boards.loader import loader_of
from fpga.clocks import Ecp5Clocks, Ecp5PictureClocks
from rtl.board import Board, BoardConfig

__all__ = ["BoardDescription", "Pins", "Top"]


@dataclass(frozen=True)
class Pins:
    """Ports of a board, as `platform.request(..., dir="-")` gives them; None for what it has not.

    `lanes` are the data pairs of the DVI connector, blue, green and red; `restart` is the button
    that starts the boot loader; `low` and `high` are pins that must be held there.
    """
    sdram:   Any
    card:    Any            # with cs, clk, copi, cipo
    tx:      Any
    rx:      Any
    leds:    list[Any]
    keys:    list[Any] = field(default_factory=list)
    lanes:       Any   = None
    lanes_clock: Any   = None
    usb_dp:  Any       = None
    usb_dm:  Any       = None
    straps:  list[Any] = field(default_factory=list)
    restart: Any       = None
    low:     list[Any] = field(default_factory=list)
    high:    list[Any] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class BoardDescription:
    """A board: everything that is particular to it.

    Parameters
    ----------
    name : str
        As `BOARD=` names it.
    title : str
        For people.
    config : BoardConfig
    input_hz : int
        Of the oscillator.
    sdram_degrees : float
        Phase of the SDRAM chip's clock.
    platform : callable
        Makes the Amaranth platform: package, pins, attributes.
    pins : callable
        Asks a platform for its pins.
    loader_id : str
        What openFPGALoader calls the board.
    """
    name:          str
    title:         str
    config:        BoardConfig
    input_hz:      int
    sdram_degrees: float = 90.0
    platform:      Callable[[], Any]
    pins:          Callable[[Any], Pins]
    loader_id:     str


class Top(Elaboratable):
    """The design that becomes a bitstream.

    The pins of the memory chip have their registers in the I/O cells, so that they are the same
    distance from it whatever the placement.

    Parameters
    ----------
    board : BoardDescription
    """
    def __init__(self, board):
        self.board = board

    def elaborate(self, platform):
        m = Module()
        board, config = self.board, self.board.config

        oscillator = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
        clocks = Ecp5Clocks(input_hz=board.input_hz, sync_hz=config.clock_hz,
                            sdram_degrees=board.sdram_degrees)
        computer = Board(config, loader=loader_of(config))
        m.submodules.oscillator, m.submodules.clocks = oscillator, clocks
        m.submodules.board = computer
        m.d.comb += clocks.clock.eq(oscillator.i)

        pins = board.pins(platform)
        self._connect_sdram(m, computer, pins.sdram)
        if config.display:
            m.submodules.picture_clocks = picture = Ecp5PictureClocks(input_hz=board.input_hz)
            m.d.comb += picture.clock.eq(oscillator.i)
            self._connect_lanes(m, computer, pins)
        if config.usb:
            self._connect_usb(m, computer, pins)

        def output(name, port, value, kind=io.Buffer):
            m.submodules[name] = buffer = kind("o", port)
            m.d.comb += buffer.o.eq(value)

        def input(name, port):
            m.submodules[name] = buffer = io.Buffer("i", port)
            return buffer.i

        output("card_clk", pins.card.clk, computer.card.sck)
        output("card_copi", pins.card.copi, computer.card.mosi)
        output("card_cs", pins.card.cs, ~computer.card.cs_n)
        output("tx", pins.tx, computer.tx)
        m.d.comb += [
            computer.card.miso.eq(input("card_cipo", pins.card.cipo)),
            computer.rx.eq(input("rx", pins.rx)),
            computer.straps.eq(Cat(input(f"strap{n}", port)
                                   for n, port in enumerate(pins.straps))),
        ]
        for n, port in enumerate(pins.leds):
            output(f"led{n}", port, computer.leds[n])
        if config.keys:
            m.d.comb += computer.keys.eq(Cat(input(f"key{n}", port)
                                             for n, port in enumerate(pins.keys)))
        if pins.restart is not None:
            m.d.comb += computer.restart.eq(input("restart", pins.restart))
        for level, ports in ((0, pins.low), (1, pins.high)):
            for n, port in enumerate(ports):
                output(f"{'high' if level else 'low'}{n}", port, level)

        return m

    def _connect_sdram(self, m, computer, port):
        sdram = computer.sdram
        command = sdram.command.as_value()
        # The clock, too, comes out of a register in an I/O cell: high, then low.
        m.submodules.sdram_clk = clock = io.DDRBuffer("o", port.clk, o_domain="sdram")
        m.d.comb += Cat(clock.o).eq(0b01)
        # The ports of active-low pins invert by themselves; Command has the pins' levels.
        for name, value in (("clk_en", sdram.cke), ("cs", 1), ("ras", ~command[2]),
                            ("cas", ~command[1]), ("we", ~command[0]), ("ba", sdram.ba),
                            ("a", sdram.a), ("dqm", sdram.dqm)):
            m.submodules[f"sdram_{name}"] = buffer = io.FFBuffer("o", getattr(port, name))
            m.d.comb += buffer.o.eq(value)
        m.submodules.sdram_dq = dq = io.FFBuffer("io", port.dq)
        m.d.comb += [dq.o.eq(sdram.dq_o), dq.oe.eq(sdram.dq_oe), sdram.dq_i.eq(dq.i)]

    def _connect_lanes(self, m, computer, pins):
        """Each half of a cycle of `tmds` carries a bit of each lane."""
        m.submodules.lanes = data = io.DDRBuffer("o", pins.lanes, o_domain="tmds")
        m.submodules.lanes_clock = clock = io.DDRBuffer("o", pins.lanes_clock, o_domain="tmds")
        for half in range(2):
            m.d.comb += [data.o[half].eq(computer.lanes[half][:3]),
                         clock.o[half].eq(computer.lanes[half][3])]

    def _connect_usb(self, m, computer, pins):
        usb = computer.usb
        m.submodules.usb_dp = dp = io.Buffer("io", pins.usb_dp)
        m.submodules.usb_dm = dm = io.Buffer("io", pins.usb_dm)
        m.d.comb += [
            dp.o.eq(usb.dp_o), dm.o.eq(usb.dm_o), dp.oe.eq(usb.oe), dm.oe.eq(usb.oe),
            usb.dp_i.eq(dp.i), usb.dm_i.eq(dm.i),
        ]
