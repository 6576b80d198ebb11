"""Proofs about all peripherals at once: the rules of their ports, whatever they do.

Which there are is read from the machine's table, and what is claimed of each from its ports: a
port of a kind has that kind's rules. By induction, so for all times.
"""

from types import SimpleNamespace

from amaranth import Cat, Module, Signal, Value
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.machine import PERIPHERALS
from rtl.bus import DeviceEvent
from rtl.mmu.mmu import Mmu
from rtl.peripherals.table import make_peripheral
from tests.formal.prover import Bug, Inside, Proof

__all__ = ["PROOFS"]

# Of those that are masters of memory: the part that is, and its state while an answer is due.
ASKING = {"display": ("picture", "HEAR"), "block": ("transfer", "HEAR")}

# Of those of several parts: where there is a state in which, alone, a part is at work.
WORKING = {"display": (None, "PICTURE", "picture"), "block": (None, "BUSY", "transfer"),
           "console_output": ("message", "SEND", "part"), "host_file": ("message", "SEND", "part")}

CONFIG = SimpleNamespace(cycles_per_ms=3)


def made(kind):
    return Mmu(ram_words=0x2000) if kind.name == "mmu" else make_peripheral(kind.name, CONFIG)


def ports_of(dut, signature, flow):
    """The ports of a kind by their names: interfaces with this signature."""
    return {name: getattr(dut, name) for name, member in dut.signature.members.items()
            if member.is_signature and member.flow == flow
            and member.signature == (signature if flow is Out else signature.flip())}


def streams_of(dut, flow):
    return {name: getattr(dut, name) for name, member in dut.signature.members.items()
            if member.is_signature and member.flow == flow
            and isinstance(member.signature if flow is Out else member.signature.flip(),
                           stream.Signature)}


def inputs_of(dut):
    return [Value.cast(value) for _, member, value in dut.signature.flatten(dut)
            if member.flow == In]


def stands(m, port, name):
    """Whether a stream keeps its rule: what is offered stays until it is taken."""
    payload = Value.cast(port.payload)
    stood, before = Signal(name=f"{name}_stood"), Signal.like(payload, name=f"{name}_before")
    m.d.sync += [stood.eq(port.valid & ~port.ready), before.eq(payload)]
    return ~stood | (port.valid & (payload == before))


class PortsProof(wiring.Component):
    """Each peripheral keeps the rules of its ports."""

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        for kind in PERIPHERALS:
            dut    = made(kind)
            inside = Inside(dut, platform)
            m.submodules[kind.name] = inside.fragment
            assert (kind.name in ASKING) == ("dma" in dut.signature.members)
            m.d.comb += [port.eq(AnySeq(len(port))) for port in inputs_of(dut)]
            bus = dut.bus
            m.d.comb += [Assume(~(bus.w_stb & bus.r_stb)), Assume(bus.addr < kind.window_words)]
            for name, port in streams_of(dut, In).items():
                m.d.comb += Assume(stands(m, port, f"{kind.name}_{name}"))
            for name, port in streams_of(dut, Out).items():
                m.d.comb += Assert(stands(m, port, f"{kind.name}_{name}"))
            if kind.name in ASKING:  # the MMU's walkers have proofs of their own
                part, state = ASKING[kind.name]
                self._promise_requests(m, dut.dma, kind.name,
                                       inside.part(part).ongoing(state))
            if kind.name in WORKING:
                at, state, part = WORKING[kind.name]
                leads = inside if at is None else inside.part(at)
                m.d.comb += Assert(leads.ongoing(state) != inside.part(part).ongoing("IDLE"))
            self._promise_loads(m, dut, kind.name)
        return m

    def _promise_requests(self, m, mem, name, waits):
        """Of a memory master: one request at a time, which stands until it is taken; its answer is
        taken when it comes."""
        pending = Signal(name=f"{name}_pending")
        m.d.sync += pending.eq((mem.req.valid & mem.req.ready) | (pending & ~mem.rsp.valid))
        m.d.comb += [
            Assume(~mem.rsp.valid | pending),
            Assert(pending == waits),
            Assert(stands(m, mem.req, f"{name}_req")),
            Assert(~(mem.req.valid & pending) | mem.rsp.valid),
            Assert(mem.rsp.ready | ~mem.rsp.valid),
            Cover(mem.rsp.valid),
        ]

    def _promise_loads(self, m, dut, name):
        """A word that is loaded twice in a row is the same, but for stores and what the device
        has announced: a load changes nothing, and nothing changes in secret."""
        bus    = dut.bus
        events = ports_of(dut, DeviceEvent, Out).values()
        was_read, is_again, was_quiet = (
            Signal(name=f"{name}_{what}") for what in ("was_read", "is_again", "was_quiet"))
        addr, word = Signal(9, name=f"{name}_addr"), Signal(32, name=f"{name}_word")
        quiet = ~Cat(event.valid for event in events).any()
        m.d.sync += [
            was_read.eq(bus.r_stb), addr.eq(bus.addr), was_quiet.eq(quiet),
            is_again.eq(was_read & bus.r_stb & (addr == bus.addr) & was_quiet),
            word.eq(bus.r_data),
        ]
        with m.If(is_again):
            m.d.comb += Assert(bus.r_data == word)
        m.d.comb += Cover(is_again)


PERIPHERAL = "rtl/peripherals"

PROOFS = (
    Proof("peripherals", PortsProof, induction=2, depth=2, reaches=14, bugs=(
        Bug(f"{PERIPHERAL}/picture.py", "m.d.comb += rsp.ready.eq(1)",
            "m.d.comb += rsp.ready.eq(to_host.ready)"),
        Bug(f"{PERIPHERAL}/picture.py", "PIXEL, kept)", "PIXEL, rsp.payload.data)"),
        Bug(f"{PERIPHERAL}/block_transfer.py", "dma.req.valid.eq(~now_address[32])",
            "dma.req.valid.eq(~now_address[32] & from_host.valid)"),
        Bug(f"{PERIPHERAL}/clock.py", "self.event.valid.eq(ms_end)",
            "self.event.valid.eq(ms_end & ~self.bus.r_stb)"),
        Bug(f"{PERIPHERAL}/serial.py", "acknowledge = window.stored.acknowledge",
            "acknowledge = window.stored.acknowledge | self.bus.r_stb"),
        Bug(f"{PERIPHERAL}/serial.py", "self.event.valid.eq(arrives | overruns | is_sent)",
            "self.event.valid.eq(arrives | is_sent)"))),
)
