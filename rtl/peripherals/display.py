"""Display: shows a picture that lies in memory."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.events import EventKind, event_arg
from isa.machine import DisplayControl
from rtl.bus import DeviceEvent, MemBus, PeripheralBus
from rtl.checks import check_integer
from rtl.peripherals.picture import Picture
from rtl.peripherals.tokens import DisplaySize, DisplayToHost
from rtl.peripherals.window import Window

__all__ = ["Display"]

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
        self.width  = check_integer("width", width, least=0, most=(1 << 14) - 1)
        self.height = check_integer("height", height, least=0, most=(1 << 14) - 1)
        super().__init__({
            "bus":       In(PeripheralBus),
            "dma":       Out(MemBus),
            "event":     Out(DeviceEvent),
            "to_host":   Out(stream.Signature(DisplayToHost)),
            "from_host": In(stream.Signature(DisplaySize)),
        })

    def elaborate(self, platform):
        m = Module()
        size = {"width": self.width, "height": self.height}
        m.submodules.window = window = Window(
            words=("control", "width", "height", "address"), init=size)
        m.submodules.picture = picture = Picture()
        connect(m, flipped(self.bus), window.bus)
        connect(m, picture.dma, flipped(self.dma))
        connect(m, picture.to_host, flipped(self.to_host))

        said = Signal(DisplaySize, init=size)  # whatever a program stored over it
        m.d.comb += [
            picture.size.eq(said),
            picture.address.eq(window.values.address),
        ]

        # IDLE     the host may say how large the display is; a store may begin a flip
        # PICTURE  it is under way
        # DONE     its result is there to be read from the next cycle on
        flip = window.stored.control & (self.bus.w_data == DisplayControl.FLIP)
        with m.FSM() as fsm:
            m.d.comb += window.locked.control.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                m.d.comb += self.from_host.ready.eq(~self.bus.w_stb)
                with m.If(flip):
                    m.d.comb += [
                        window.set.control.eq(1),
                        window.new.control.eq(DisplayControl.PENDING),
                    ]
                    m.next = "DONE"
                    with m.If((picture.address != 0) & (said.width != 0) & (said.height != 0)):
                        m.d.comb += picture.start.eq(1)
                        m.next = "PICTURE"
                with m.If(self.from_host.valid & self.from_host.ready):
                    self._take_size(m, window, said)
            with m.State("PICTURE"):
                with m.If(picture.done):
                    m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += [
                    self.event.valid.eq(1),
                    self.event.arg.eq(event_arg(EventKind.CONTROL)
                                      | Mux(picture.failed, IS_ERROR, 0)),
                    window.set.control.eq(1),
                    window.new.control.eq(Mux(picture.failed, DisplayControl.ERROR,
                                              DisplayControl.READY)),
                ]
                m.next = "IDLE"

        return m

    def _take_size(self, m, window, said):
        size = self.from_host.payload
        m.d.sync += said.eq(size)
        m.d.comb += [
            self.event.valid.eq(1),
            self.event.arg.eq(event_arg(EventKind.SIZE) | Cat(size.width, size.height)),
            window.set.width.eq(1),
            window.new.width.eq(size.width),
            window.set.height.eq(1),
            window.new.height.eq(size.height),
        ]
