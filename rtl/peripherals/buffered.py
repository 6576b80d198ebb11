"""The buffered protocol that console output, console input and host file share."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.machine import BUFFER_CAPACITY, BufferedControl
from rtl.bus import DeviceEvent, PeripheralBus
from rtl.checks import check_bool
from rtl.peripherals.message import Message
from rtl.peripherals.part import Part
from rtl.peripherals.tokens import BufferedFromHost, BufferedToHost
from rtl.peripherals.window import Window

__all__ = ["BufferedDevice"]

DATA = 3  # offset of the data, behind control, capacity and size


class BufferedDevice(wiring.Component):
    """Messages of any length through a window of 253 data words, a part at a time.

    A write takes the data at once although the words leave one by one: they leave from a copy of
    the window, which the program's stores do not reach until the word has left. A read fills the
    window word by word while control reads pending, an event each.

    Parameters
    ----------
    writes, reads : bool
        Which operations there are; the other one gives error.
    answered : bool
        A written message ends with the host's answer; else as the last token is taken.

    Members
    -------
    bus : In(PeripheralBus)
        Window of 256 words. While control reads pending, stores to it do nothing; stores to
        capacity never do.
    event : Out(DeviceEvent)
        `CONTROL`, `SIZE` and `WORD`.
    to_host : Out(stream)
        `BufferedToHost`.
    from_host : In(stream)
        `BufferedFromHost`; only if something is ever answered.
    """
    def __init__(self, *, writes, reads, answered):
        self.writes   = check_bool("writes", writes)
        self.reads    = check_bool("reads", reads)
        self.answered = check_bool("answered", answered)
        if not (writes or reads):
            raise ValueError("a buffered device must write, read or both")
        members = {
            "bus":     In(PeripheralBus),
            "event":   Out(DeviceEvent),
            "to_host": Out(stream.Signature(BufferedToHost)),
        }
        if reads or answered:
            members["from_host"] = In(stream.Signature(BufferedFromHost))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.window = window = Window(words=("control", "capacity", "size"),
                                              given=("control", "capacity"))
        m.submodules.part    = part    = Part()
        m.submodules.message = message = Message(writes=self.writes, reads=self.reads,
                                                 answered=self.answered)
        connect(m, part.o, message.words)
        connect(m, message.event, flipped(self.event))
        connect(m, message.to_host, flipped(self.to_host))
        if self.reads or self.answered:
            connect(m, flipped(self.from_host), message.from_host)

        # The first words are the window's, the others the part's.
        bus       = self.bus
        is_data   = bus.addr[:8] >= DATA
        r_is_data = Signal()
        m.d.sync += r_is_data.eq(is_data)
        m.d.comb += [
            window.bus.addr.eq(bus.addr),
            window.bus.w_stb.eq(bus.w_stb & ~is_data),
            window.bus.w_data.eq(bus.w_data),
            window.bus.r_stb.eq(bus.r_stb & ~is_data),
            part.w_stb.eq(bus.w_stb & is_data),
            part.w_addr.eq(bus.addr - DATA),
            part.w_data.eq(bus.w_data),
            part.r_stb.eq(bus.r_stb & is_data),
            part.r_addr.eq(bus.addr - DATA),
            bus.r_data.eq(Mux(r_is_data, part.r_data, window.bus.r_data)),
        ]
        with m.If(message.fills):
            m.d.comb += [
                part.w_stb.eq(1),
                part.w_addr.eq(message.index),
                part.w_data.eq(message.word),
            ]

        m.d.comb += [
            window.new.control.eq(Mux(message.is_pending, BufferedControl.PENDING,
                                      Mux(message.is_error, BufferedControl.ERROR,
                                          BufferedControl.READY))),
            window.new.capacity.eq(BUFFER_CAPACITY),
            window.set.size.eq(message.sets_size),
            window.new.size.eq(message.new_size),
            message.size.eq(window.values.size),
            message.waits.eq(bus.w_stb),
            message.command.eq(window.stored.control),
            message.operation.eq(bus.w_data),
            part.freeze.eq(message.freeze),
            part.start.eq(message.sends),
            part.words.eq(message.part_words),
            message.sent.eq(part.done),
        ]
        return m
