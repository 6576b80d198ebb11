"""A monitor on a DVI cable: finds the symbols, decodes them, and says what a standard forbids.

Written from DVI 1.0 and CEA-861, apart from the output: it shares nothing with `rtl.phy`.
"""

from dataclasses import dataclass

from amaranth import Array, Cat, Module, Mux, Signal, signed
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["DviFault", "DviMonitor", "MonitorMode", "MonitorToken", "VGA_60"]


@dataclass(frozen=True)
class MonitorMode:
    """What a monitor expects: pixels of a line and lines of a frame, in their order from the first
    that is seen; synchronisation is low."""
    h_active: int
    h_front:  int
    h_sync:   int
    h_back:   int
    v_active: int
    v_front:  int
    v_sync:   int
    v_back:   int

    @property
    def h_total(self):
        return self.h_active + self.h_front + self.h_sync + self.h_back


VGA_60 = MonitorMode(640, 16, 96, 48, 480, 10, 2, 33)


class DviFault(enum.Enum, shape=5):
    """What was wrong with the signal, once symbols had been found."""
    NONE      = 0
    CLOCK     = 1   # not five bits high and five low, a period a symbol
    LOST      = 2   # a line without control symbols
    SKEW      = 3   # one lane has data while another one does not
    DISPARITY = 4   # more direct current than the encoding allows
    EDGES     = 5   # a symbol of data with more edges than the encoding makes
    CONTROL   = 6   # lanes 1 and 2 with other control bits than 0
    POLARITY  = 7   # synchronisation is high where it should rest
    H_ACTIVE  = 8
    H_FRONT   = 9
    H_SYNC    = 10
    H_BACK    = 11
    V_ACTIVE  = 12
    V_FRONT   = 13
    V_SYNC    = 14
    V_BACK    = 15
    OVERRUN   = 16  # nobody took what was shown


class MonitorToken(data.Struct):
    """A pixel, row by row; or the end of a frame, with no pixel."""
    rgb: 24  # red highest
    end: 1


CONTROLS = (0b1101010100, 0b0010101011, 0b0101010100, 0b1010101011)
MOST_DISPARITY = 10
FEWEST_CONTROLS = 8  # one after another, until symbols count as found


class Lane(wiring.Component):
    """Finds symbols in bits, two a cycle.

    Members
    -------
    bits : In(2)
        The first one lowest.
    tick : Out(1)
        A symbol is complete: the others are about it.
    is_data, octet, control, disparity : Out
        `disparity` is how many more ones than zeros came since the last control symbol.
    has_edges : Out(1)
        There are too many for data.
    is_locked : Out(1)
    """
    def __init__(self, *, patience):
        self.patience = patience
        super().__init__({
            "bits":      In(2),
            "tick":      Out(1),
            "is_data":   Out(1),
            "octet":     Out(8),
            "control":   Out(2),
            "disparity": Out(signed(8)),
            "has_edges": Out(1),
            "is_locked": Out(1),
        })

    def elaborate(self, platform):
        m = Module()

        window = Signal(11)
        m.d.sync += window.eq(Cat(window[2:], self.bits))
        is_odd  = Signal()          # symbols begin with the second bit of a cycle
        turn    = Signal(range(5))
        waiting = Signal(range(self.patience + 1))
        run     = Signal(range(FEWEST_CONTROLS + 1))
        symbol  = Signal(10)
        tick    = Signal()
        m.d.comb += [symbol.eq(Mux(is_odd, window[:10], window[1:])), tick.eq(turn == 4)]
        m.d.sync += turn.eq(Mux(tick, 0, turn + 1))

        is_control, control = Signal(), Signal(2)
        with m.If(tick):
            with m.Switch(symbol):
                for number, value in enumerate(CONTROLS):
                    with m.Case(value):
                        m.d.comb += [is_control.eq(1), control.eq(number)]
            m.d.sync += waiting.eq(waiting + 1)
            with m.If(is_control):
                with m.If(run == FEWEST_CONTROLS):
                    m.d.sync += [self.is_locked.eq(1), waiting.eq(0)]
                with m.Else():
                    m.d.sync += run.eq(run + 1)
            with m.Else():
                m.d.sync += run.eq(0)
            with m.If(waiting == self.patience):
                # Try the next place: a bit later, or a cycle.
                m.d.sync += [self.is_locked.eq(0), waiting.eq(0), is_odd.eq(~is_odd)]
                with m.If(is_odd):
                    m.d.sync += turn.eq(1)

        plain = Mux(symbol[9], ~symbol[:8], symbol[:8])
        ones  = sum(symbol[1:], symbol[0])
        edges = sum((symbol[n] ^ symbol[n + 1] for n in range(1, 7)), symbol[0] ^ symbol[1])
        m.d.sync += self.tick.eq(tick)
        with m.If(tick):
            m.d.sync += [
                self.is_data.eq(~is_control),
                self.control.eq(control),
                self.octet.eq(Cat(plain[0], plain[1:] ^ plain[:7] ^ Mux(symbol[8], 0, 0x7F))),
                self.disparity.eq(Mux(is_control, 0, self.disparity + 2 * ones - 10)),
                self.has_edges.eq(~is_control & (edges > 4)),
            ]
        return m


class DviMonitor(wiring.Component):
    """Decodes four lanes and checks the timing of one mode.

    Parameters
    ----------
    mode : MonitorMode

    Members
    -------
    lanes : In(8)
        Two halves of a cycle, the first one lowest; each blue, green, red, clock.
    shown : Out(stream)
        `MonitorToken`, from the first whole frame on. What is not taken at once is lost.
    is_locked : Out(1)
        A whole frame has been seen.
    fault, fault_x, fault_y : Out
        The first thing that was wrong, and how far into its line, and which line of the frame.
    """
    def __init__(self, *, mode=VGA_60):
        self.mode = mode
        super().__init__({
            "lanes":     In(8),
            "shown":     Out(stream.Signature(MonitorToken)),
            "is_locked": Out(1),
            "fault":     Out(DviFault),
            "fault_x":   Out(16),
            "fault_y":   Out(16),
        })

    def elaborate(self, platform):
        m = Module()
        mode, lanes = self.mode, []
        self._x, self._y = Signal(16), Signal(16)
        for n in range(3):
            m.submodules[f"lane{n}"] = lane = Lane(patience=2 * mode.h_total)
            m.d.comb += lane.bits.eq(Cat(self.lanes[n], self.lanes[4 + n]))
            lanes.append(lane)
        blue  = lanes[0]
        tick  = Signal()
        found = Signal()
        m.d.comb += [tick.eq(blue.tick), found.eq(Cat(lane.is_locked for lane in lanes).all())]

        # A lane that is later than lane 0 is looked at with the next symbol of lane 0.
        values = data.StructLayout({"is_data": 1, "octet": 8, "control": 2})
        held = Array(Signal(values, name=f"held{n}") for n in range(3))
        for lane, value in zip(lanes, held, strict=True):
            with m.If(lane.tick):
                m.d.sync += [value.is_data.eq(lane.is_data), value.octet.eq(lane.octet),
                             value.control.eq(lane.control)]
        now = Signal()  # a cycle after lane 0's tick, with all three held
        clock = Signal(20)
        m.d.sync += [now.eq(tick), clock.eq(Cat(clock[2:], self.lanes[3], self.lanes[7]))]
        with m.If(now & found):
            edges = sum((clock[n] ^ clock[n + 1] for n in range(1, 10)), clock[0] ^ clock[1])
            self._forbid(m, DviFault.CLOCK, (clock[:5] != ~clock[5:10])
                         | (clock[:10] != clock[10:]) | (edges != 2))
            self._forbid(m, DviFault.SKEW, (held[0].is_data != held[1].is_data)
                         | (held[0].is_data != held[2].is_data))
            self._forbid(m, DviFault.CONTROL, ~held[0].is_data & (
                (held[1].control != 0) | (held[2].control != 0)))
            for lane in lanes:
                self._forbid(m, DviFault.DISPARITY, (lane.disparity > MOST_DISPARITY)
                             | (lane.disparity < -MOST_DISPARITY))
                self._forbid(m, DviFault.EDGES, lane.has_edges)
        was_found = Signal()
        m.d.sync += was_found.eq(found)
        with m.If(was_found & ~found):
            self._forbid(m, DviFault.LOST, 1)
        self._elaborate_timing(m, now & found, held)
        return m

    def _forbid(self, m, kind, when):
        with m.If(when & self.is_locked & (self.fault == DviFault.NONE)):
            m.d.sync += [self.fault.eq(kind), self.fault_x.eq(self._x), self.fault_y.eq(self._y)]

    def _elaborate_timing(self, m, now, held):
        mode, x, y = self.mode, self._x, self._y
        is_data, h_level, v_level = held[0].is_data, held[0].control[0], held[0].control[1]

        # Levels between data; they rest high. `row` counts lines since the last one with pixels.
        before   = Signal(3, init=0b110)
        h_length = Signal(16)  # symbols since the last change of lane 0
        v_lines  = Signal(16)  # beginnings of h_sync since the last change of v_sync or activity
        rows     = Signal(16)  # lines with pixels in this frame
        is_blank = Signal(init=1)  # no pixels since the last beginning of v_sync
        seen     = Signal(2)   # beginnings of v_sync
        m.d.comb += self.is_locked.eq(seen == 2)
        h_begins, v_begins = before[1] & ~h_level, before[2] & ~v_level
        starts, ends = is_data & ~before[0], ~is_data & before[0]
        last = Signal(2)       # what ended: 0 pixels, 1 front, 2 sync

        m.d.comb += [self.shown.valid.eq(0),
                     self.shown.payload.rgb.eq(Cat(held[n].octet for n in range(3)))]
        with m.If(now):
            m.d.sync += [h_length.eq(h_length + 1), x.eq(x + 1)]
            with m.If(~is_data):
                m.d.sync += before.eq(Cat(0, h_level, v_level))
            m.d.sync += before[0].eq(is_data)
            with m.If(ends):
                self._forbid(m, DviFault.H_ACTIVE, h_length != mode.h_active)
                self._forbid(m, DviFault.POLARITY, ~h_level | ~v_level)
                m.d.sync += [h_length.eq(1), v_lines.eq(0), rows.eq(rows + 1), is_blank.eq(0)]
            with m.Elif(~is_data & h_begins):
                line_pixels = mode.h_front + Mux(last == 0, 0, mode.h_back + mode.h_active)
                self._forbid(m, DviFault.H_FRONT, h_length != line_pixels)
                m.d.sync += [h_length.eq(1), v_lines.eq(v_lines + 1), last.eq(1), x.eq(0),
                             y.eq(y + 1)]
            with m.Elif(~is_data & ~before[1] & h_level):
                self._forbid(m, DviFault.H_SYNC, h_length != mode.h_sync)
                m.d.sync += [h_length.eq(1), last.eq(2)]
            with m.Elif(starts):
                self._forbid(m, DviFault.H_BACK, h_length != mode.h_back)
                self._forbid(m, DviFault.V_BACK, is_blank & (v_lines != mode.v_back))
                m.d.sync += [h_length.eq(1), last.eq(0)]
            # v_sync changes with the beginning of h_sync.
            with m.If(~is_data & v_begins):
                self._forbid(m, DviFault.V_ACTIVE, rows != mode.v_active)
                self._forbid(m, DviFault.V_FRONT, v_lines != mode.v_front)
                self._forbid(m, DviFault.V_SYNC, ~h_begins)
                m.d.sync += [v_lines.eq(0), rows.eq(0), is_blank.eq(1), y.eq(0)]
                with m.If(seen != 2):
                    m.d.sync += seen.eq(seen + 1)
                m.d.comb += [self.shown.valid.eq(self.is_locked), self.shown.payload.eq(1 << 24)]
            with m.If(~is_data & ~before[2] & v_level):
                self._forbid(m, DviFault.V_SYNC, (v_lines != mode.v_sync - 1) | ~h_begins)
                m.d.sync += v_lines.eq(0)
            with m.If(is_data):
                m.d.comb += self.shown.valid.eq(self.is_locked)
            self._forbid(m, DviFault.OVERRUN, self.shown.valid & ~self.shown.ready)
