# amaranth: UnusedElaboratable=no
"""Board: the whole computer down to the signals of its chips and connectors.

No I/O buffers, no pins and no clock generator: those are `fpga/boards`'. In simulation the chips of
`sim/chips` are connected to it.
"""

from dataclasses import dataclass, field

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.config import MachineConfig
from rtl.checks import check_bool, check_integer
from rtl.memory.sdram import SdramPins
from rtl.memory.sdram_chips import CHIPS, SdramChip
from rtl.phy.debounce import Debouncer
from rtl.phy.display import DisplayPhy
from rtl.phy.dvi import LANES
from rtl.phy.keyboard import KeyboardPhy
from rtl.phy.leds import StatusLeds
from rtl.phy.ps2_line import Ps2Pins
from rtl.phy.sd_card import SdCard, SdPins
from rtl.phy.uart import Uart
from rtl.phy.usb_line import UsbPins
from rtl.soc import Memory, Soc, SocConfig

__all__ = ["Board", "BoardConfig"]

PERIPHERALS = ("timer", "clock", "debug_break", "display", "keyboard", "block", "serial", "mmu")
DISPLAY_PIXELS = 320, 200  # width and height


@dataclass(frozen=True, kw_only=True)
class BoardConfig:
    """What a board has.

    Parameters
    ----------
    name : str
        As the boot loader says it.
    chip : SdramChip
    clock_hz : int
        Of `sync`.
    baud_hz : int
        Of the serial line.
    leds : int
        At least 4.
    keys : int
        Buttons that are keys: left, right, up, down, enter, escape, as many as there are.
    usb, ps2 : bool
        There is a USB port for a keyboard; a PS/2 connector.
    display : bool
        There is a DVI output; the display's two pictures lie in the chip behind RAM.
    fpu : bool
    cache_words : int
        A power of two, at least 8192.
    insn_regions, data_regions : int
        Sizes of the TLBs.
    stored_regions : int
        Size of their second level; a power of two, or 0 for none.
    ram_words : int
        A power of two.
    """
    name:         str
    chip:         SdramChip = CHIPS["mt48lc16m16"]
    clock_hz:     int       = 40_000_000
    baud_hz:      int       = 1_000_000
    leds:         int       = 8
    keys:         int       = 6
    usb:          bool      = False
    ps2:          bool      = False
    display:      bool      = True
    fpu:          bool      = True
    cache_words:  int       = 8192
    insn_regions: int       = 4
    data_regions: int       = 4
    stored_regions: int     = 512
    ram_words:    int       = MachineConfig().ram_words
    machine:      MachineConfig = field(init=False)

    def __post_init__(self):
        check_integer("leds", self.leds, least=4)
        check_integer("keys", self.keys, least=0, most=6)
        for name in ("usb", "ps2", "display"):
            check_bool(name, getattr(self, name))
        width, height = DISPLAY_PIXELS
        if self.display and self.ram_words + 2 * width * height > self.chip.words:
            raise ValueError(f"the display's pictures do not fit behind RAM of {self.ram_words:,} "
                             f"words into a chip of {self.chip.words:,}")
        is_there = {"display": self.display, "keyboard": self.has_keyboard}
        devices  = tuple(name for name in PERIPHERALS if is_there.get(name, True))
        object.__setattr__(self, "machine", MachineConfig(
            ram_words=self.ram_words, cycles_per_ms=self.clock_hz // 1000, peripherals=devices,
            fpu=self.fpu))

    @property
    def has_keyboard(self):
        """There are keys of any kind."""
        return bool(self.keys or self.usb or self.ps2)

    def soc_config(self, loader):
        """The machine's options, with the words of a boot loader."""
        return SocConfig(machine=self.machine, memory=Memory.SDRAM, chip=self.chip,
                         clock_hz=self.clock_hz, loader=loader,
                         shares_chip=self.display, cache_words=self.cache_words,
                         insn_regions=self.insn_regions, data_regions=self.data_regions,
                         stored_regions=self.stored_regions)


class Board(wiring.Component):
    """The machine with its phys. With a display, the domains `pixel` and `tmds` besides `sync` are
    needed, of 25 and 125 MHz; see `rtl.phy.dvi`.

    Parameters
    ----------
    config : BoardConfig
    loader : tuple of int
        The boot loader's words, made for `config.machine`.

    Members
    -------
    sdram : Out(SdramPins)
        All but the clock. Outside is one more register for what goes out, and the chip's clock is
        late: the chip sees it in the cycle in which it leaves that register.
    card : Out(SdPins())
        In SPI mode.
    tx : Out(1)
    rx : In(1)
        The serial line.
    leds : Out
        See `StatusLeds`; the code is the boot loader's light.
    keys : In
        1 while pressed.
    usb : Out(UsbPins)
    ps2 : Out(Ps2Pins)
    lanes : Out(LANES)
        Domain `tmds`; see `Dvi`.
    underran : Out(1)
        Domain `pixel`; see `ScanOut`.
    restart : In(1)
        The button that starts the boot loader, 1 while pressed.
    straps : In(8)
        Switches for the boot loader; bit 0 makes a start quick.
    stopped, is_booting : Out(1)

    Members of what there is none of are left out.
    """
    def __init__(self, config, *, loader):
        if not isinstance(config, BoardConfig):
            raise TypeError(f"config must be a BoardConfig, not {config!r}")
        self.config = config
        self.soc    = Soc(config=config.soc_config(loader))
        super().__init__({
            "sdram":      Out(SdramPins(config.chip)),
            "card":       Out(SdPins()),
            "tx":         Out(1, init=1),
            "rx":         In(1, init=1),
            "leds":       Out(config.leds),
            **({"keys":   In(config.keys)} if config.keys else {}),
            **({"usb":    Out(UsbPins)} if config.usb else {}),
            **({"ps2":    Out(Ps2Pins)} if config.ps2 else {}),
            **({"lanes":  Out(LANES), "underran": Out(1)} if config.display else {}),
            "restart":    In(1),
            "straps":     In(8),
            "stopped":    Out(1),
            "is_booting": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        config, soc = self.config, self.soc

        m.submodules.soc  = soc
        m.submodules.uart = uart = Uart(clock_hz=config.clock_hz, baud_hz=config.baud_hz)
        m.submodules.card = card = SdCard(clock_hz=config.clock_hz)
        m.submodules.leds = leds = StatusLeds(count=config.leds, clock_hz=config.clock_hz)
        connect(m, soc.sdram, flipped(self.sdram))
        connect(m, card.pins, flipped(self.card))
        connect(m, soc.serial_to_host, uart.to_host)
        connect(m, uart.from_host, soc.serial_from_host)
        connect(m, soc.block_to_host, card.to_host)
        connect(m, card.from_host, soc.block_from_host)
        if config.has_keyboard:
            self._elaborate_keyboard(m)
        if config.display:
            self._elaborate_display(m)

        # Nobody debugs: a break goes on at once.
        breaks = Signal()
        m.d.comb += soc.debug_break_to_host.ready.eq(1)
        with m.If(soc.debug_break_to_host.valid):
            m.d.sync += breaks.eq(1)
        with m.Elif(soc.debug_break_from_host.ready):
            m.d.sync += breaks.eq(0)
        m.d.comb += soc.debug_break_from_host.valid.eq(breaks)  # DebugFromHost.GO_ON is 0

        m.submodules.button = button = Debouncer(width=1, clock_hz=config.clock_hz)
        pressed = Signal()
        m.d.sync += pressed.eq(button.o)
        m.submodules.straps = FFSynchronizer(self.straps, soc.boot.straps)
        m.d.comb += [
            button.i.eq(self.restart),
            soc.boot.restart.eq(button.o & ~pressed),
            self.tx.eq(uart.tx),
            uart.rx.eq(self.rx),
            leds.code.eq(soc.boot.light),
            leds.stopped.eq(soc.stopped),
            leds.asleep.eq(soc.asleep),
            leds.disk.eq(card.is_active),
            self.leds.eq(leds.leds),
            self.stopped.eq(soc.stopped),
            self.is_booting.eq(soc.boot.is_booting),
        ]

        return m

    def _elaborate_keyboard(self, m):
        config = self.config
        m.submodules.keyboard = keyboard = KeyboardPhy(
            clock_hz=config.clock_hz, ps2=config.ps2, usb=config.usb, buttons=config.keys)
        connect(m, keyboard.from_host, self.soc.keyboard_from_host)
        if config.keys:
            m.d.comb += keyboard.buttons.eq(self.keys)
        if config.usb:
            connect(m, keyboard.usb, flipped(self.usb))
        if config.ps2:
            connect(m, keyboard.ps2, flipped(self.ps2))

    def _elaborate_display(self, m):
        soc, (width, height) = self.soc, DISPLAY_PIXELS
        line_words = soc.config.line_words
        m.submodules.display = display = DisplayPhy(
            width=width, height=height, first_line=self.config.ram_words // line_words,
            line_words=line_words)
        connect(m, soc.display_to_host, display.to_host)
        connect(m, display.from_host, soc.display_from_host)
        connect(m, display.lines, soc.lines)
        m.d.comb += [
            soc.lines_are_urgent.eq(display.is_urgent),
            display.resets_device.eq(soc.boot.resets_devices),
            self.lanes.eq(display.lanes),
            self.underran.eq(display.underran),
        ]
