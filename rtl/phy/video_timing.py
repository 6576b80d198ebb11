"""When a picture's pixels and its synchronisation go out."""

from dataclasses import dataclass, fields

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from rtl.checks import check_bool, check_integer

__all__ = ["MODES", "VideoCounter", "VideoTiming"]


@dataclass(frozen=True, kw_only=True)
class VideoTiming:
    """Horizontal times in pixels, vertical ones in lines; a line begins with its active part.

    Parameters
    ----------
    pixel_hz : int
        Nominal; monitors bear half a per cent and more.
    h_active, h_front, h_sync, h_back : int
    v_active, v_front, v_sync, v_back : int
    h_sync_high, v_sync_high : bool
        The level of a synchronisation pulse.
    """
    pixel_hz:    int
    h_active:    int
    h_front:     int
    h_sync:      int
    h_back:      int
    v_active:    int
    v_front:     int
    v_sync:      int
    v_back:      int
    h_sync_high: bool = False
    v_sync_high: bool = False

    def __post_init__(self):
        for field in fields(self):
            check = check_bool if field.name.endswith("_high") else check_integer
            check(field.name, getattr(self, field.name), **({} if check is check_bool
                                                            else {"least": 1}))

    @property
    def h_total(self):
        return self.h_active + self.h_front + self.h_sync + self.h_back

    @property
    def v_total(self):
        return self.v_active + self.v_front + self.v_sync + self.v_back


MODES = {
    # CEA-861 and VESA's industry standard, at 60 Hz; at 25 MHz it is 59.5 Hz.
    "640x480": VideoTiming(pixel_hz=25_175_000, h_active=640, h_front=16, h_sync=96, h_back=48,
                           v_active=480, v_front=10, v_sync=2, v_back=33),
}


class VideoCounter(wiring.Component):
    """Counts through a frame, a pixel a cycle.

    Parameters
    ----------
    timing : VideoTiming

    Members
    -------
    x, y : Out
        Where in the frame this cycle is.
    is_active : Out(1)
        It is a pixel that is seen.
    h_sync, v_sync : Out(1)
        At their levels. `v_sync` changes where `h_sync` begins. As standards have it a line begins
        there, so that it changes within what is a line before here.
    """
    def __init__(self, *, timing):
        if not isinstance(timing, VideoTiming):
            raise TypeError(f"timing must be a VideoTiming, not {timing!r}")
        self.timing = timing
        super().__init__({
            "x":         Out(range(timing.h_total)),
            "y":         Out(range(timing.v_total)),
            "is_active": Out(1, init=1),
            "h_sync":    Out(1, init=not timing.h_sync_high),
            "v_sync":    Out(1, init=not timing.v_sync_high),
        })

    def elaborate(self, platform):
        m = Module()
        timing  = self.timing
        h_pulse = timing.h_active + timing.h_front
        v_pulse = timing.v_active + timing.v_front - 1

        x, y = Signal.like(self.x), Signal.like(self.y)  # of the next cycle
        m.d.comb += [x.eq(self.x + 1), y.eq(self.y)]
        with m.If(self.x == timing.h_total - 1):
            m.d.comb += [x.eq(0), y.eq(self.y + 1)]
            with m.If(self.y == timing.v_total - 1):
                m.d.comb += y.eq(0)
        m.d.sync += [
            self.x.eq(x), self.y.eq(y),
            self.is_active.eq((x < timing.h_active) & (y < timing.v_active)),
        ]
        with m.If(x == h_pulse):
            m.d.sync += self.h_sync.eq(timing.h_sync_high)
            with m.If(y == v_pulse):
                m.d.sync += self.v_sync.eq(timing.v_sync_high)
            with m.If(y == v_pulse + timing.v_sync):
                m.d.sync += self.v_sync.eq(not timing.v_sync_high)
        with m.If(x == h_pulse + timing.h_sync):
            m.d.sync += self.h_sync.eq(not timing.h_sync_high)

        return m
