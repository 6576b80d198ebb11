"""Two copies of the picture in SDRAM: one is shown, the other one is written."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer, check_power_of_two
from rtl.memory.line_port import LinePort
from rtl.peripherals.tokens import DisplaySize, DisplayToHost, DisplayToHostKind
from rtl.phy.scan_out import ScanPixel

__all__ = ["FrameStore"]


class FrameStore(wiring.Component):
    """Keeps the last complete picture, and sends it without end.

    A picture that is complete is shown from the next beginning of a frame on; until then the next
    one has to wait, so that no frame ever shows parts of two. One that is dropped, or of another
    size, is forgotten. A pixel is a word of memory; alpha is not kept.

    Parameters
    ----------
    width, height : int
        Of the display, in pixels. A picture is a whole number of lines of memory.
    first_line : int
        Where the copies lie, one after the other: a line's number, as in `LineRequest`.
    line_words : int

    Members
    -------
    to_host : In(stream)
        `DisplayToHost`.
    from_host : Out(stream)
        `DisplaySize`: once, after reset, and again after each reset of the display.
    resets_device : In(1)
        The display is being reset: it knows nothing of its size any more.
    lines : Out(LinePort)
    pixels : Out(stream)
        `ScanPixel`, from the first complete picture on.
    room : In(1)
        There is room for all pixels of a line beyond those that `pixels` has now.
    """
    def __init__(self, *, width, height, first_line, line_words=8):
        check_power_of_two("line_words", line_words)
        self.width      = check_integer("width", width, least=1, most=(1 << 14) - 1)
        self.height     = check_integer("height", height, least=1, most=(1 << 14) - 1)
        self.first_line = check_integer("first_line", first_line, least=0)
        self.line_words = line_words
        if width * height % line_words:
            raise ValueError(f"a picture must be whole lines of {line_words} pixels, "
                             f"not {width} times {height}")
        super().__init__({
            "to_host":   In(stream.Signature(DisplayToHost)),
            "from_host": Out(stream.Signature(DisplaySize)),
            "resets_device": In(1),
            "lines":     Out(LinePort),
            "pixels":    Out(stream.Signature(ScanPixel)),
            "room":      In(1),
        })

    def elaborate(self, platform):
        m = Module()
        lines, count = self.lines, self.width * self.height // self.line_words

        is_told = Signal()
        m.d.comb += [self.from_host.valid.eq(~is_told & ~self.resets_device),
                     self.from_host.payload.width.eq(self.width),
                     self.from_host.payload.height.eq(self.height)]
        with m.If(self.from_host.ready | self.resets_device):
            m.d.sync += is_told.eq(~self.resets_device)

        shown    = Signal()  # which copy
        has_any  = Signal()  # there is a complete picture
        is_ready = Signal()  # the other copy is complete, and to be shown next

        asks_write, write_line = self._elaborate_writer(m, count, is_ready)
        asks_read, read_line   = self._elaborate_reader(m, count, shown, has_any, is_ready)

        # Reading goes first: it has a deadline. What was offered stays.
        is_offered, is_write = Signal(), Signal()
        writes = Mux(is_offered, is_write, ~asks_read)
        m.d.comb += [
            lines.request.valid.eq(asks_read | asks_write),
            lines.request.payload.write.eq(writes),
            lines.request.payload.line.eq(
                self.first_line + Mux(writes ^ shown, count, 0)
                + Mux(writes, write_line, read_line)),
        ]
        m.d.sync += [is_offered.eq(lines.request.valid & ~lines.request.ready),
                     is_write.eq(writes)]
        return m

    def _elaborate_writer(self, m, count, is_ready):
        """From tokens to lines; whether one is to be written, and which of the picture."""
        lines, token = self.lines, self.to_host.payload

        words = Signal(24 * self.line_words)  # the oldest lowest
        held  = Signal(range(self.line_words + 1))
        line  = Signal(range(count + 1))
        is_fit = Signal()         # a picture of the right size, so far
        asks, goes = Signal(), Signal()  # the request is to be taken, and the words are
        m.d.comb += [lines.written.valid.eq(goes), lines.written.payload.eq(words[:24])]

        # COLLECT   tokens come; a picture waits until the last one is shown
        # WRITE     a line goes to memory
        with m.FSM():
            with m.State("COLLECT"):
                m.d.comb += self.to_host.ready.eq(
                    ~((token.kind == DisplayToHostKind.START) & is_ready))
                with m.If(self.to_host.valid & self.to_host.ready):
                    with m.Switch(token.kind):
                        with m.Case(DisplayToHostKind.START):
                            m.d.sync += [
                                line.eq(0), held.eq(0),
                                is_fit.eq(token.data == self.height << 16 | self.width)]
                        with m.Case(DisplayToHostKind.PIXEL):
                            with m.If(is_fit & (line != count)):
                                m.d.sync += [words.eq(Cat(words[24:], token.data[:24])),
                                             held.eq(held + 1)]
                                with m.If(held == self.line_words - 1):
                                    m.d.sync += [asks.eq(1), goes.eq(1)]
                                    m.next = "WRITE"
                            with m.Else():
                                m.d.sync += is_fit.eq(0)
                        with m.Case(DisplayToHostKind.END):
                            m.d.sync += is_fit.eq(0)
                            with m.If(is_fit & (line == count)):
                                m.d.sync += is_ready.eq(1)
                        with m.Default():
                            m.d.sync += is_fit.eq(0)
            with m.State("WRITE"):
                with m.If(goes & lines.written.ready):
                    m.d.sync += [words.eq(words >> 24), held.eq(held - 1)]
                    with m.If(held == 1):
                        m.d.sync += goes.eq(0)
                with m.If(lines.request.ready & lines.request.payload.write):
                    m.d.sync += asks.eq(0)
                with m.If(~asks & ~goes):
                    m.d.sync += line.eq(line + 1)
                    m.next = "COLLECT"
        return asks, line

    def _elaborate_reader(self, m, count, shown, has_any, is_ready):
        """From lines to pixels; whether one is to be read, and which of the picture."""
        lines = self.lines

        line = Signal(range(count))
        came = Signal(range(self.line_words))
        asks, is_coming = Signal(), Signal()
        m.d.comb += [
            lines.read.ready.eq(self.pixels.ready),
            self.pixels.valid.eq(lines.read.valid),
            self.pixels.payload.rgb.eq(lines.read.payload[:24]),
            self.pixels.payload.first.eq((line == 0) & (came == 0)),
        ]
        with m.If(asks & lines.request.ready & ~lines.request.payload.write):
            m.d.sync += asks.eq(0)
        with m.If(lines.read.valid & lines.read.ready):
            m.d.sync += came.eq(came + 1)
            with m.If(came == self.line_words - 1):
                m.d.sync += [came.eq(0), is_coming.eq(0), line.eq(line + 1)]
                with m.If(line == count - 1):
                    m.d.sync += line.eq(0)
        with m.If(~is_coming):
            with m.If((line == 0) & is_ready):
                m.d.sync += [shown.eq(~shown), is_ready.eq(0), has_any.eq(1)]
            with m.Elif(has_any & self.room):
                m.d.sync += [asks.eq(1), is_coming.eq(1)]
        return asks, line
