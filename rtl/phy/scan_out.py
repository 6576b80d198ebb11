# amaranth: UnusedElaboratable=no
"""Scan-out: rows of a small picture, enlarged, in the middle of a frame."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer
from rtl.phy.dvi import Rgb
from rtl.phy.video_timing import VideoCounter

__all__ = ["ScanOut", "ScanPixel"]


class ScanPixel(data.Struct):
    rgb:   Rgb
    first: 1  # of its picture


class ScanOut(wiring.Component):
    """Shows pictures that come row by row, again and again, as large as whole factors allow.

    Without a picture there are bars of eight colours, which say that all else works. A picture that
    comes too late is black from there on; the next one begins in the next frame.

    Parameters
    ----------
    timing : VideoTiming
    width, height : int
        Of a picture; at most those of the frame.

    Members
    -------
    pixels : In(stream)
        `ScanPixel`.
    rgb : Out(Rgb)
    is_active, h_sync, v_sync : Out(1)
        A pixel a cycle, for `Dvi`.
    underran : Out(1)
        From a pixel that came too late until the next frame begins.
    """
    def __init__(self, *, timing, width, height):
        self.counter = VideoCounter(timing=timing)
        self.timing  = timing
        self.width   = check_integer("width", width, least=1, most=timing.h_active)
        self.height  = check_integer("height", height, least=1, most=timing.v_active)
        self.scale   = min(timing.h_active // width, timing.v_active // height)
        super().__init__({
            "pixels":    In(stream.Signature(ScanPixel)),
            "rgb":       Out(Rgb),
            "is_active": Out(1),
            "h_sync":    Out(1),
            "v_sync":    Out(1),
            "underran":  Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        timing, scale, pixels = self.timing, self.scale, self.pixels

        m.submodules.counter = counter = self.counter
        m.submodules.row = row = memory.Memory(shape=Rgb, depth=self.width, init=[])
        writes, reads = row.write_port(), row.read_port()

        # Where in the picture this cycle is, and which part of an enlarged pixel.
        left, top = ((timing.h_active - scale * self.width) // 2,
                     (timing.v_active - scale * self.height) // 2)
        is_row     = ((counter.y >= top) & (counter.y < top + scale * self.height))
        is_in_row  = Signal()
        column, column_after = Signal(range(self.width)), Signal(range(self.width))
        part_x, part_y       = Signal(range(scale)), Signal(range(scale))
        is_last_x, is_last   = Signal(), Signal()
        m.d.comb += [
            is_in_row.eq(is_row & (counter.x >= left)
                         & (counter.x < left + scale * self.width)),
            is_last_x.eq(part_x == scale - 1),
            is_last.eq(is_last_x & (column == self.width - 1)),
            column_after.eq(column),
        ]
        with m.If(is_in_row):
            m.d.sync += part_x.eq(Mux(is_last_x, 0, part_x + 1))
            with m.If(is_last_x):
                m.d.comb += column_after.eq(column + 1)
            with m.If(is_last):
                m.d.comb += column_after.eq(0)
                m.d.sync += part_y.eq(Mux(part_y == scale - 1, 0, part_y + 1))
        m.d.sync += column.eq(column_after)

        # A row comes once; the lines below show it from the memory.
        shows   = Signal()  # a picture has begun
        is_lost = Signal()  # its rest did not come in time
        is_new  = Signal()  # a pixel is due
        is_here = Signal()  # and it is the next one that waits
        is_first, begins = Signal(), Signal()
        m.d.comb += [
            is_new.eq(is_in_row & (part_y == 0)),
            is_first.eq((counter.y == top) & (column == 0)),
            begins.eq(is_first & is_new & (part_x == 0)),
            is_here.eq(is_new & pixels.valid & (pixels.payload.first == is_first) & ~is_lost
                       & (begins | shows)),
            reads.addr.eq(column_after),
            writes.addr.eq(column),
            writes.data.eq(pixels.payload.rgb),
            writes.en.eq(is_here),
            # Without a picture, and after one that was lost, all goes up to the first pixel of the
            # next one.
            pixels.ready.eq(Mux(is_here, is_last_x,
                                ~pixels.payload.first & (~shows | is_lost))),
        ]
        with m.If(begins):
            m.d.sync += shows.eq(is_here)
        with m.Elif(is_new & shows & ~is_here):
            m.d.sync += [is_lost.eq(1), self.underran.eq(1)]
        with m.If((counter.y == timing.v_active) & (counter.x == 0)):
            m.d.sync += [shows.eq(0), is_lost.eq(0)]
        with m.If((counter.y == 0) & (counter.x == 0)):
            m.d.sync += self.underran.eq(0)

        m.d.sync += [self.is_active.eq(counter.is_active), self.h_sync.eq(counter.h_sync),
                     self.v_sync.eq(counter.v_sync), self.rgb.eq(0)]
        with m.If(is_here):
            m.d.sync += self.rgb.eq(pixels.payload.rgb)
        with m.Elif(is_in_row & shows & ~is_lost & ~is_new):
            m.d.sync += self.rgb.eq(reads.data)
        with m.Elif(is_in_row & ~(shows | is_here)):
            bar = (max(1, timing.h_active // 8)).bit_length() - 1  # its width, as a power of two
            for n, name in enumerate(("blue", "green", "red")):
                m.d.sync += self.rgb[name].eq(Mux((counter.x >> bar)[n], 0xFF, 0))

        return m
