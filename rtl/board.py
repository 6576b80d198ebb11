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
from rtl.checks import check_integer
from rtl.memory.sdram import SdramPins
from rtl.memory.sdram_chips import CHIPS, SdramChip
from rtl.phy.debounce import Debouncer
from rtl.phy.keyboard import KeyboardPhy
from rtl.phy.leds import StatusLeds
from rtl.phy.sd_card import SdCard, SdPins
from rtl.phy.uart import Uart
from rtl.soc import Memory, Soc, SocConfig

__all__ = ["Board", "BoardConfig"]

PIN_CYCLES  = 1  # the SDRAM pins have registers in the I/O cells
PERIPHERALS = ("timer", "clock", "debug_break", "keyboard", "block", "serial", "mmu")


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
    fpu : bool
    cache_words : int
        A power of two, at least 8192.
    insn_regions, data_regions : int
        Sizes of the TLBs.
    ram_words : int
        A power of two.
    """
    name:         str
    chip:         SdramChip = CHIPS["mt48lc16m16"]
    clock_hz:     int       = 50_000_000
    baud_hz:      int       = 1_000_000
    leds:         int       = 8
    keys:         int       = 6
    fpu:          bool      = True
    cache_words:  int       = 8192
    insn_regions: int       = 4
    data_regions: int       = 4
    ram_words:    int       = MachineConfig().ram_words
    machine:      MachineConfig = field(init=False)

    def __post_init__(self):
        check_integer("leds", self.leds, least=4)
        check_integer("keys", self.keys, least=0, most=6)
        devices = tuple(name for name in PERIPHERALS if name != "keyboard" or self.keys)
        object.__setattr__(self, "machine", MachineConfig(
            ram_words=self.ram_words, cycles_per_ms=self.clock_hz // 1000, peripherals=devices,
            fpu=self.fpu))

    def soc_config(self, loader):
        """The machine's options, with the words of a boot loader."""
        return SocConfig(machine=self.machine, memory=Memory.SDRAM, chip=self.chip,
                         clock_hz=self.clock_hz, pin_cycles=PIN_CYCLES, loader=loader,
                         cache_words=self.cache_words, insn_regions=self.insn_regions,
                         data_regions=self.data_regions)


class Board(wiring.Component):
    """The machine with its phys.

    Parameters
    ----------
    config : BoardConfig
    loader : tuple of int
        The boot loader's words, made for `config.machine`.

    Members
    -------
    sdram : Out(SdramPins)
        All but the clock. Outside is one more register for what goes out.
    card : Out(SdPins())
        In SPI mode.
    tx : Out(1)
    rx : In(1)
        The serial line.
    leds : Out
        See `StatusLeds`; the code is the boot loader's light.
    keys : In
        1 while pressed.
    restart : In(1)
        The button that starts the boot loader, 1 while pressed.
    straps : In(8)
        Switches for the boot loader; bit 0 makes a start quick.
    stopped, is_booting : Out(1)
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
        if config.keys:
            m.submodules.keyboard = keyboard = KeyboardPhy(
                clock_hz=config.clock_hz, ps2=False, buttons=config.keys)
            connect(m, keyboard.from_host, soc.keyboard_from_host)
            m.d.comb += keyboard.buttons.eq(self.keys)

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
