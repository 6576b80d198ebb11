# amaranth: UnusedElaboratable=no
"""What is behind the display peripheral on a board: a picture in SDRAM, shown over DVI."""

from amaranth import DomainRenamer, Module
from amaranth.lib import data, fifo, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.memory.line_port import LinePort
from rtl.peripherals.tokens import DisplaySize, DisplayToHost
from rtl.phy.dvi import LANES, Dvi
from rtl.phy.frame_store import FrameStore
from rtl.phy.scan_out import ScanOut, ScanPixel
from rtl.phy.video_timing import MODES

__all__ = ["DisplayPhy"]

MOST_PIXELS_A_BLOCK = 512  # of a block RAM with 32 bits and more


class DisplayPhy(wiring.Component):
    """Frame store, scan-out and DVI output.

    Parameters
    ----------
    timing : VideoTiming
    width, height : int
        What the machine has as its display.
    first_line, line_words : int
        See `FrameStore`.
    queue_pixels : int
        How far memory may run ahead; a power of two, at least four lines of memory. One that is
        as long as a row lets memory take its time.

    Members
    -------
    to_host : In(stream)
    from_host : Out(stream)
    resets_device : In(1)
    lines : Out(LinePort)
        See `FrameStore`.
    is_urgent : Out(1)
        Less than half of what may be ahead is.
    lanes : Out(LANES)
        Domain `tmds`.
    underran : Out(1)
        Domain `pixel`; see `ScanOut`.
    """
    def __init__(self, *, timing=MODES["640x480"], width=320, height=200, first_line, line_words=8,
                 queue_pixels=MOST_PIXELS_A_BLOCK):
        self.store = FrameStore(width=width, height=height, first_line=first_line,
                                line_words=line_words)
        self.scan = ScanOut(timing=timing, width=width, height=height)
        if queue_pixels & (queue_pixels - 1) or queue_pixels < 4 * line_words:
            raise ValueError("queue_pixels must be a power of two and at least "
                             f"{4 * line_words}, not {queue_pixels!r}")
        self.queue_pixels = queue_pixels
        self.line_words   = line_words
        super().__init__({
            "to_host":   In(stream.Signature(DisplayToHost)),
            "from_host": Out(stream.Signature(DisplaySize)),
            "resets_device": In(1),
            "lines":     Out(LinePort),
            "is_urgent": Out(1),
            "lanes":     Out(LANES),
            "underran":  Out(1),
        })

    def elaborate(self, platform):
        m = Module()

        m.submodules.store = store = self.store
        m.submodules.scan  = DomainRenamer("pixel")(self.scan)
        m.submodules.dvi   = dvi = Dvi()
        m.submodules.pixels_cdc = queue = fifo.AsyncFIFO(
            width=data.Layout.cast(ScanPixel).size, depth=self.queue_pixels, w_domain="sync",
            r_domain="pixel")
        scan = self.scan

        connect(m, flipped(self.to_host), store.to_host)
        connect(m, store.from_host, flipped(self.from_host))
        connect(m, store.lines, flipped(self.lines))
        # The level is that of a cycle ago, and may lack what is being written.
        m.d.comb += [
            store.resets_device.eq(self.resets_device),
            queue.w_data.eq(store.pixels.payload),
            queue.w_en.eq(store.pixels.valid),
            store.pixels.ready.eq(queue.w_rdy),
            store.room.eq(queue.w_level <= self.queue_pixels - 2 * self.line_words),
            scan.pixels.payload.eq(queue.r_data),
            scan.pixels.valid.eq(queue.r_rdy),
            queue.r_en.eq(scan.pixels.ready),
        ]
        m.d.sync += self.is_urgent.eq(queue.w_level < self.queue_pixels // 2)

        m.d.comb += [
            dvi.rgb.eq(scan.rgb), dvi.is_active.eq(scan.is_active), dvi.h_sync.eq(scan.h_sync),
            dvi.v_sync.eq(scan.v_sync), self.lanes.eq(dvi.lanes), self.underran.eq(scan.underran),
        ]
        return m
