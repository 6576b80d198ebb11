"""What tests of the picture's way to the cable share."""

from amaranth import Cat, DomainRenamer, Module, Mux, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.memory.line_port import LinePort
from rtl.phy.display import DisplayPhy
from rtl.phy.video_timing import VideoTiming
from sim.chips.dvi_monitor import DviMonitor, MonitorMode

__all__ = ["CONTROLS", "DROP", "END", "LineMemory", "PIXEL", "SMALL", "SMALL_MODE", "Screen",
           "decode", "tokens_of"]

# A frame that is simulated in a second; all checks of the monitor apply to it.
SMALL      = VideoTiming(pixel_hz=25_000_000, h_active=20, h_front=3, h_sync=4, h_back=5,
                         v_active=12, v_front=2, v_sync=1, v_back=3)
SMALL_MODE = MonitorMode(20, 3, 4, 5, 12, 2, 1, 3)

START, PIXEL, END = (kind << 32 for kind in range(3))  # of DisplayToHost
DROP = 3 << 32


def tokens_of(pixels, width):
    """A flip, as payloads of `DisplayToHost`."""
    return [START | len(pixels) // width << 16 | width,
            *(PIXEL | pixel for pixel in pixels), END]


CONTROLS = {0b1101010100: 0, 0b0010101011: 1, 0b0101010100: 2, 0b1010101011: 3}


def decode(symbol):
    """A TMDS symbol: ("control", bits) or ("data", octet); by the table of the standard."""
    if symbol in CONTROLS:
        return "control", CONTROLS[symbol]
    bits = [symbol >> n & 1 for n in range(10)]
    if bits[9]:
        bits[:8] = [1 - bit for bit in bits[:8]]
    octet = bits[0]
    for n in range(1, 8):
        octet |= (bits[n] ^ bits[n - 1] if bits[8] else 1 - (bits[n] ^ bits[n - 1])) << n
    return "data", octet


class LineMemory(wiring.Component):
    """Lines in a block RAM, the first one at `first_line`; a word takes `slowness` cycles more."""
    def __init__(self, *, first_line, lines, line_words=8):
        self.first_line, self.line_words = first_line, line_words
        self.memory = memory.Memory(shape=32, depth=lines * line_words, init=[])
        super().__init__({"port": In(LinePort), "slowness": In(8)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = self.memory
        reads, writes = self.memory.read_port(domain="comb"), self.memory.write_port()
        port, request = self.port, self.port.request.payload
        word, wait = Signal(range(self.line_words)), Signal(8)
        place = (request.line - self.first_line) * self.line_words + word
        line  = Signal.like(request.line)
        m.d.comb += [reads.addr.eq((line - self.first_line) * self.line_words + word),
                     writes.addr.eq(place), writes.data.eq(port.written.payload),
                     port.read.payload.eq(reads.data)]
        m.d.sync += wait.eq(wait + 1)
        with m.If(wait >= self.slowness):
            m.d.sync += wait.eq(0)
        steps = wait >= self.slowness
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [line.eq(request.line), word.eq(0)]
                with m.If(port.request.valid & steps):
                    m.next = "READ"
                    m.d.comb += port.request.ready.eq(~request.write)
                    with m.If(request.write):
                        m.next = "WRITE"
            with m.State("READ"):
                m.d.comb += port.read.valid.eq(steps)
                with m.If(steps & port.read.ready):
                    m.d.sync += word.eq(word + 1)
                    with m.If(word == self.line_words - 1):
                        m.next = "IDLE"
            with m.State("WRITE"):
                m.d.comb += [port.written.ready.eq(steps), writes.en.eq(steps)]
                with m.If(steps):
                    m.d.sync += word.eq(word + 1)
                    with m.If(word == self.line_words - 1):
                        m.d.comb += port.request.ready.eq(1)
                        m.next = "IDLE"
        return m


class Screen(wiring.Component):
    """A display phy, a memory, a cable and a monitor.

    Members
    -------
    to_host : In(stream)
    slowness : In(8)
        Further cycles that a word of memory takes.
    lanes : Out(8)
        What the phy sends, in domain `tmds`.
    damage : In(8)
        Bits of it that are turned over on the way.
    foreign, is_foreign : In(40), In(1)
        What the monitor gets instead: ten bits a lane, looked at every five cycles of `tmds`.
    shown, shows : Out(25), Out(1)
        The monitor's tokens.
    fault, is_locked, underran : Out
    """
    def __init__(self, *, width=8, height=4, timing=SMALL, mode=SMALL_MODE):
        self.phy = DisplayPhy(timing=timing, width=width, height=height, first_line=100,
                              queue_pixels=32)
        self.lines   = LineMemory(first_line=100, lines=2 * width * height // 8)
        self.monitor = DviMonitor(mode=mode)
        super().__init__({
            "to_host":    In(stream.Signature(34)),
            "slowness":   In(8),
            "lanes":      Out(8),
            "damage":     In(8),
            "foreign":    In(40),
            "is_foreign": In(1),
            "shown":      Out(25),
            "shows":      Out(1),
            "fault":      Out(5),
            "is_locked":  Out(1),
            "underran":   Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.phy, m.submodules.lines = phy, lines = self.phy, self.lines
        m.submodules.monitor = DomainRenamer("tmds")(self.monitor)
        monitor = self.monitor
        wiring.connect(m, phy.lines, lines.port)
        turn, bits = Signal(range(5)), [Signal(10, name=f"foreign{n}") for n in range(4)]
        m.d.tmds += [turn.eq(turn + 1), *(lane.eq(lane >> 2) for lane in bits)]
        with m.If(turn == 4):
            m.d.tmds += [turn.eq(0), Cat(bits).eq(self.foreign)]
        foreign = Cat(*(lane[0] for lane in bits), *(lane[1] for lane in bits))
        m.d.comb += [
            phy.to_host.valid.eq(self.to_host.valid),
            phy.to_host.payload.eq(self.to_host.payload),
            self.to_host.ready.eq(phy.to_host.ready),
            phy.from_host.ready.eq(1),
            lines.slowness.eq(self.slowness),
            self.lanes.eq(phy.lanes),
            monitor.lanes.eq(Mux(self.is_foreign, foreign, self.lanes ^ self.damage)),
            monitor.shown.ready.eq(1),
            self.shown.eq(monitor.shown.payload),
            self.shows.eq(monitor.shown.valid),
            self.fault.eq(monitor.fault),
            self.is_locked.eq(monitor.is_locked),
            self.underran.eq(phy.underran),
        ]
        return m
