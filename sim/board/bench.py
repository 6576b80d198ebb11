"""The bench: a board's computer, the chips around it, and a serial cable to the host."""

from amaranth import Cat, DomainRenamer, EnableInserter, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.board import Board
from rtl.checks import check_bool
from rtl.memory.ram import SimulatedRam
from rtl.memory.sdram_chips import CHIPS
from rtl.peripherals.tokens import BlockFromHost, BlockToHost, SerialOctet
from rtl.phy.uart import Uart
from sim.chips.dvi_monitor import DviFault, DviMonitor, MonitorToken
from sim.chips.sd_card import SdFault, SdQuirks, SimulatedSdCard
from sim.chips.sdram import TIMES_NS, SdramFault, SimulatedSdram
from sim.chips.usb_keyboard import SimulatedUsbKeyboard, UsbDisturbance, UsbFault

__all__ = ["Bench", "BoardOnBench", "QUIRK_BITS"]

QUIRK_BITS = SdQuirks.as_shape().size


class Bench(data.Struct):
    """What a person does to the board, and what is broken."""
    straps:    8
    keys:      6
    restart:   1
    cuts_line: 1   # the board hears nothing on the serial line
    usb:       1   # a keyboard is plugged in
    usb_disturbance: UsbDisturbance


class BoardOnBench(wiring.Component):
    """A board with its chips; a UART is at the other end of the serial line.

    The I/O cells have one more register for what goes to the memory chip, whose clock is late by a
    part of a cycle; so the chip sees the board's signals at the end of the cycle that they are in
    here, as if there were neither.

    Parameters
    ----------
    board : Board
    cable_hz : int or None
        Bits a second of the host's end of the serial line; None for the board's.
    has_monitor : bool
        A monitor is at the DVI connector; it costs time.

    Members
    -------
    serial_to_host, serial_from_host : Out(stream), In(stream)
        What the board sent, and what it is to receive.
    block_to_host, block_from_host : Out(stream), In(stream)
        The card's sectors, as a block device has them.
    bench : In(stream)
        `Bench`, as it is from now on.
    quirks_low, quirks_high : In(stream)
        The two halves of the card's `SdQuirks`.
    reports : In(stream)
        Of the USB keyboard, if the board has a port for one: see `SimulatedUsbKeyboard`.
    shown : Out(stream)
        `MonitorToken`, in the domain `tmds`. With a monitor only, as is `dvi_fault`.
    leds, light, stopped, is_booting, usb_is_ready : Out
    chip_fault, card_fault, usb_fault, dvi_fault : Out
        What the board did that a data sheet or a standard forbids; each stops the simulation by
        `fails`.
    fails : Out(1)
    """
    def __init__(self, board, *, cable_hz=None, has_monitor=False):
        if not isinstance(board, Board):
            raise TypeError(f"board must be a Board, not {board!r}")
        self.board    = board
        self.cable_hz = cable_hz or board.config.baud_hz
        self.has_monitor = check_bool("has_monitor", has_monitor)
        if has_monitor and not board.config.display:
            raise ValueError(f"{board.config.name} has no connector for a monitor")
        super().__init__({
            "serial_to_host":   Out(stream.Signature(8)),
            "serial_from_host": In(stream.Signature(SerialOctet)),
            "block_to_host":    Out(stream.Signature(BlockToHost)),
            "block_from_host":  In(stream.Signature(BlockFromHost)),
            "bench":            In(stream.Signature(Bench)),
            "quirks_low":       In(stream.Signature(64)),
            "quirks_high":      In(stream.Signature(max(QUIRK_BITS - 64, 1))),
            "leds":             Out(board.config.leds),
            "light":            Out(32),
            "stopped":          Out(1),
            "is_booting":       Out(1),
            **({"reports":      In(stream.Signature(64)),
                "usb_is_ready": Out(1),
                "usb_fault":    Out(UsbFault)} if board.config.usb else {}),
            **({"shown":        Out(stream.Signature(MonitorToken)),
                "dvi_fault":    Out(DviFault)} if has_monitor else {}),
            "chip_fault":       Out(SdramFault),
            "card_fault":       Out(SdFault),
            "fails":            Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.board = board = self.board

        bench = Signal(Bench)
        m.d.comb += self.bench.ready.eq(1)
        with m.If(self.bench.valid):
            m.d.sync += bench.eq(self.bench.payload)
        m.d.comb += [board.straps.eq(bench.straps), board.restart.eq(bench.restart)]
        if board.config.keys:
            m.d.comb += board.keys.eq(bench.keys)

        self._elaborate_sdram(m)
        self._elaborate_card(m)
        faults = [self.chip_fault, self.card_fault]
        if board.config.usb:
            self._elaborate_usb(m, bench)
            faults.append(self.usb_fault)
        if self.has_monitor:
            self._elaborate_monitor(m)
            faults.append(self.dvi_fault)
        m.submodules.cable = cable = Uart(clock_hz=board.config.clock_hz, baud_hz=self.cable_hz)
        m.d.comb += [
            cable.rx.eq(board.tx),
            board.rx.eq(cable.tx | bench.cuts_line),
            self.serial_to_host.valid.eq(cable.from_host.valid),
            self.serial_to_host.payload.eq(cable.from_host.payload.octet),
            cable.from_host.ready.eq(self.serial_to_host.ready),
            cable.to_host.valid.eq(self.serial_from_host.valid),
            cable.to_host.payload.eq(self.serial_from_host.payload.octet),
            self.serial_from_host.ready.eq(cable.to_host.ready),
            self.fails.eq(Cat(fault.as_value().any() for fault in faults).any()),
        ]

        m.d.sync += [  # registers, for who looks at them between cycles
            self.leds.eq(board.leds),
            self.light.eq(board.soc.boot.light),
            self.stopped.eq(board.stopped),
            self.is_booting.eq(board.is_booting),
        ]

        return m

    def _elaborate_sdram(self, m):
        board, config = self.board, self.board.config
        chip, pins = config.chip, self.board.sdram
        m.submodules.ram  = ram  = SimulatedRam(words=chip.words)
        m.submodules.chip = model = SimulatedSdram(
            clock_hz=config.clock_hz, pins=board.signature.members["sdram"].signature,
            times_ns=TIMES_NS[next(name for name, known in CHIPS.items() if known == chip)],
            row_bits=chip.row_bits, bank_bits=chip.bank_bits,
            column_bits=chip.column_bits)
        connect(m, model.words, ram.data)
        connect(m, pins, model.pins)
        m.d.comb += self.chip_fault.eq(model.fault)

    def _elaborate_card(self, m):
        board = self.board
        m.submodules.card = card = SimulatedSdCard(clock_hz=board.config.clock_hz)
        low, high = Signal(64), Signal(max(QUIRK_BITS - 64, 1))
        m.d.comb += [self.quirks_low.ready.eq(1), self.quirks_high.ready.eq(1)]
        with m.If(self.quirks_low.valid):
            m.d.sync += low.eq(self.quirks_low.payload)
        with m.If(self.quirks_high.valid):
            m.d.sync += high.eq(self.quirks_high.payload)
        whole = Signal(64 + len(high))
        m.d.comb += [whole[:64].eq(low), whole[64:].eq(high)]
        m.d.comb += [
            card.quirks.as_value().eq(whole),
            card.cs_n.eq(board.card.cs_n),
            card.sck.eq(board.card.sck),
            card.mosi.eq(board.card.mosi),
            board.card.miso.eq(Mux(card.quirks.is_out, 1, card.miso)),
            self.card_fault.eq(card.fault),
        ]
        connect(m, card.to_host, flipped(self.block_to_host))
        connect(m, flipped(self.block_from_host), card.from_host)

    def _elaborate_usb(self, m, bench):
        pins = self.board.usb
        model = SimulatedUsbKeyboard(clock_hz=self.board.config.clock_hz)
        # One that is not plugged in costs no time: it stops in the cycle after, which resets it.
        was_plugged, is_on = Signal(), Signal()
        m.d.sync += was_plugged.eq(bench.usb)
        m.d.comb += is_on.eq(bench.usb | was_plugged)
        m.submodules.usb = EnableInserter(is_on)(model)
        m.d.comb += [
            model.reports.valid.eq(self.reports.valid & is_on),
            model.reports.payload.eq(self.reports.payload),
            self.reports.ready.eq(model.reports.ready & is_on),
            model.host_dp.eq(pins.dp_o), model.host_dm.eq(pins.dm_o), model.host_oe.eq(pins.oe),
            pins.dp_i.eq(Mux(is_on, model.dp, pins.oe & pins.dp_o)),
            pins.dm_i.eq(Mux(is_on, model.dm, pins.oe & pins.dm_o)),
            model.is_plugged.eq(bench.usb), model.disturbance.eq(bench.usb_disturbance),
            self.usb_fault.eq(model.fault),
        ]
        m.d.sync += self.usb_is_ready.eq(model.is_ready)

    def _elaborate_monitor(self, m):
        m.submodules.monitor = monitor = DomainRenamer("tmds")(DviMonitor())
        connect(m, monitor.shown, flipped(self.shown))
        # A fault stays: that it comes out of another clock changes nothing.
        m.d.comb += [monitor.lanes.eq(self.board.lanes), self.dvi_fault.eq(monitor.fault)]
