"""Display: shows a picture that lies in memory."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.events import EventKind, event_arg
from isa.machine import DisplayControl
from rtl.bus import DeviceEvent, MemBus, PeripheralBus, Reason
from rtl.peripherals.tokens import DisplaySize, DisplayToHost, DisplayToHostKind

__all__ = ["Display"]

CONTROL, WIDTH, HEIGHT, ADDRESS = range(4)  # words of the window

IS_ERROR = 1  # in a CONTROL event


class Display(wiring.Component):
    """Reads a framebuffer out of memory and streams its pixels.

    Parameters
    ----------
    width, height : int
        Until the host says otherwise. From 0, for no display, to below 2^14.

    Members
    -------
    bus : In(PeripheralBus)
        Window of four words. While a flip is under way control reads 2 and stores to it do nothing.
        Width, height and address are plain memory; a flip uses the address as it was at the store,
        and the display's own size whatever was stored over it.
    dma : Out(MemBus)
        Reads the framebuffer, a pixel every two cycles and the memory's latency.
    event : Out(DeviceEvent)
        `CONTROL` at the end of a flip, also of one with a null pointer; `SIZE`.
    to_host : Out(stream)
        `DisplayToHost`.
    from_host : In(stream)
        `DisplaySize`. Waits for the end of a flip.
    """
    def __init__(self, *, width=0, height=0):
        for name, pixels in (("width", width), ("height", height)):
            if not isinstance(pixels, int):
                raise TypeError(f"{name} must be an integer, not {pixels!r}")
            if not 0 <= pixels < 1 << 14:
                raise ValueError(f"{name} must be from 0 to {(1 << 14) - 1}, not {pixels!r}")
        self.width  = width
        self.height = height
        super().__init__({
            "bus":       In(PeripheralBus),
            "dma":       Out(MemBus),
            "event":     Out(DeviceEvent),
            "to_host":   Out(stream.Signature(DisplayToHost)),
            "from_host": In(stream.Signature(DisplaySize)),
        })

    def elaborate(self, platform):
        m = Module()
        bus = self.bus

        # --- the window
        control = Signal(32)
        width   = Signal(32, init=self.width)
        height  = Signal(32, init=self.height)
        address = Signal(32)
        r_word  = Signal(32)
        is_busy = Signal()
        m.d.comb += bus.r_data.eq(r_word)
        with m.Switch(bus.addr[:2]):
            for at, word in enumerate((control, width, height, address)):
                with m.Case(at):
                    m.d.sync += r_word.eq(word)
                    with m.If(bus.w_stb & ~((at == CONTROL) & is_busy)):
                        m.d.sync += word.eq(bus.w_data)
        flip = Signal()
        m.d.comb += flip.eq(bus.w_stb & (bus.addr[:2] == CONTROL) & ~is_busy
                            & (bus.w_data == DisplayControl.FLIP))

        # --- a flip
        size    = Signal(DisplaySize, init={"width": self.width, "height": self.height})
        x       = Signal(14)
        y       = Signal(14)
        pixel   = Signal(33)  # its address; past 2^32 is past the end of any RAM
        failed  = Signal()
        last_x  = x + 1 == size.width
        last_y  = y + 1 == size.height
        is_null = address == 0

        def send(kind, data=0):
            return [self.to_host.valid.eq(1), self.to_host.payload.kind.eq(kind),
                    self.to_host.payload.data.eq(data)]

        # BEGIN  the picture's size goes out, or nothing if there is nothing to show
        # ASK    a pixel is asked of the memory
        # HEAR   it goes straight out
        # END    the picture is complete, or given up
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.from_host.ready.eq(~bus.w_stb)
                m.d.sync += [x.eq(0), y.eq(0), pixel.eq(address), failed.eq(0)]
                with m.If(flip):
                    m.d.sync += [is_busy.eq(1), control.eq(DisplayControl.PENDING)]
                    m.next = "DONE"
                    with m.If(~is_null & (size.width != 0) & (size.height != 0)):
                        m.next = "BEGIN"
                with m.If(self.from_host.valid & self.from_host.ready):
                    m.d.comb += [
                        self.event.valid.eq(1),
                        self.event.arg.eq(event_arg(EventKind.SIZE)
                                          | Cat(self.from_host.payload.width,
                                                self.from_host.payload.height)),
                    ]
                    m.d.sync += [
                        size.eq(self.from_host.payload),
                        width.eq(self.from_host.payload.width),
                        height.eq(self.from_host.payload.height),
                    ]
            with m.State("BEGIN"):
                m.d.comb += send(DisplayToHostKind.START, size.height << 16 | size.width)
                with m.If(self.to_host.ready):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += [
                    self.dma.req.valid.eq(~pixel[32]),
                    self.dma.req.payload.addr.eq(pixel),
                ]
                with m.If(self.dma.req.ready):
                    m.next = "HEAR"
                with m.If(pixel[32]):
                    m.d.sync += failed.eq(1)
                    m.next = "END"
            with m.State("HEAR"):
                rsp = self.dma.rsp
                with m.If(rsp.payload.reason == Reason.NONE):
                    m.d.comb += [
                        *send(DisplayToHostKind.PIXEL, rsp.payload.data),
                        self.to_host.valid.eq(rsp.valid),
                        rsp.ready.eq(self.to_host.ready),
                    ]
                with m.Else():
                    m.d.comb += rsp.ready.eq(1)
                with m.If(rsp.valid & rsp.ready):
                    m.d.sync += [pixel.eq(pixel + 1), x.eq(x + 1)]
                    m.next = "ASK"
                    with m.If(last_x):
                        m.d.sync += [x.eq(0), y.eq(y + 1)]
                    with m.If((last_x & last_y) | (rsp.payload.reason != Reason.NONE)):
                        m.d.sync += failed.eq(rsp.payload.reason != Reason.NONE)
                        m.next = "END"
            with m.State("END"):
                m.d.comb += send(Mux(failed, DisplayToHostKind.DROP, DisplayToHostKind.END))
                with m.If(self.to_host.ready):
                    m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += [
                    self.event.valid.eq(1),
                    self.event.arg.eq(event_arg(EventKind.CONTROL) | Mux(failed, IS_ERROR, 0)),
                ]
                m.d.sync += [
                    is_busy.eq(0),
                    control.eq(Mux(failed, DisplayControl.ERROR, DisplayControl.READY)),
                ]
                m.next = "IDLE"

        return m
