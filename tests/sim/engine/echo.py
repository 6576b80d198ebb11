"""A small design with the ports that the engine knows: streams, trace, RAM, stop, sleep."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.trace import Kind, Word
from rtl.memory.ram import SimulatedRam
from sim.engine.design import Design, Slot, Stream

__all__ = ["RAM_WORDS", "echo_design"]

RAM_WORDS = 1 << 10


class Echo(wiring.Component):
    """Runs down the RAM, two cycles a word, and does what each word says.

    Words: 0 nothing; 1 put the counter of cycles out; 2 take a token and put it out plus one;
    3 sleep for good; anything else: stop.
    """
    left:    Out(stream.Signature(32))
    right:   In(stream.Signature(32))
    retire:  Out(1)
    ip:      Out(32)
    word:    Out(32)
    took:    Out(1)
    stopped: Out(1)
    asleep:  Out(1)

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = SimulatedRam(words=RAM_WORDS)
        m.d.comb += [
            memory.data.en.eq(1),
            memory.data.addr.eq(self.ip),
            self.word.eq(memory.data.r_data),
        ]
        cycle = Signal(32)
        m.d.sync += cycle.eq(cycle + 1)

        with m.FSM():
            with m.State("READ"):
                m.next = "ACT"
            with m.State("ACT"):
                with m.Switch(self.word):
                    with m.Case(0):
                        m.d.comb += self.retire.eq(1)
                    with m.Case(1):
                        m.d.comb += [self.left.valid.eq(1), self.left.payload.eq(cycle),
                                     self.retire.eq(self.left.ready)]
                    with m.Case(2):
                        m.d.comb += [
                            self.left.valid.eq(self.right.valid),
                            self.left.payload.eq(self.right.payload + 1),
                            self.right.ready.eq(self.left.ready),
                            self.took.eq(self.right.valid & self.left.ready),
                            self.retire.eq(self.took),
                        ]
                    with m.Case(3):
                        m.d.comb += self.asleep.eq(1)
                    with m.Default():
                        m.d.comb += self.stopped.eq(1)
                with m.If(self.retire):
                    m.d.sync += self.ip.eq(self.ip + 1)
                    m.next = "READ"
        return m


def echo_design():
    """The design, as the engine takes it."""
    return Design(
        component=Echo(), ram="memory.ram", ram_words=RAM_WORDS,
        streams=(Stream("left", "out", 32), Stream("right", "in", 32)),
        slots=(Slot("took", {Word.KIND: Kind.DEVICE, Word.CODE: 7, Word.ARG: "right__payload"}),
               Slot("retire", {Word.KIND: Kind.INSN, Word.IP: "ip", Word.INSN: "word"}),
               Slot("stopped", {Word.KIND: Kind.STOP, Word.IP: "ip"})),
        retired=("retire",), stopped="stopped", asleep="asleep", probes=("ip",))
