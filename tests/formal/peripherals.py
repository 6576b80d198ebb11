"""Proofs about all peripherals at once: the rules of their ports, whatever they do.

Which there are is read from the machine's table, and what is claimed of each from its ports: a
port of a kind has that kind's rules. By induction, so for all times.
"""

import re
from types import SimpleNamespace

import z3
from amaranth import Cat, Module, Signal, Value
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.machine import PERIPHERALS
from rtl.bus import DeviceEvent
from rtl.mmu.mmu import Mmu
from rtl.peripherals.table import make_peripheral
from tests.formal.prover import BUILD, Bug, Inside, Proof, to_smt2

__all__ = ["PROOFS"]

# Of those that are masters of memory: the part that is, and its state while an answer is due.
ASKING = {"display": ("picture", "HEAR"), "block": ("transfer", "HEAR")}

# Of those of several parts: where there is a state in which, alone, a part is at work.
WORKING = {"display": (None, "PICTURE", "picture"), "block": (None, "BUSY", "transfer"),
           "console_output": ("message", "SEND", "part"), "host_file": ("message", "SEND", "part")}

# Those whose words leave a little later if the program loads meanwhile.
DELAYED = ("console_output", "console_input", "host_file")

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


class TwinsProof(wiring.Component):
    """A peripheral twice: both have the same inputs, but for what the bus carries while it asks for
    nothing, and for loads. Neither makes a difference."""

    def __init__(self, kind):
        self.kind = kind
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        kind = self.kind
        m.submodules.one, m.submodules.other = one, other = made(kind), made(kind)
        for port, its in zip(inputs_of(one), inputs_of(other), strict=True):
            m.d.comb += [port.eq(AnySeq(len(port))), its.eq(port)]

        # Assume: stores are the same; of what is left, buses keep the rules.
        a, b = one.bus, other.bus
        m.d.comb += [b.addr.eq(AnySeq(9)), b.w_data.eq(AnySeq(32)), b.r_stb.eq(AnySeq(1))]
        is_same = a.addr == b.addr
        for bus in a, b:
            m.d.comb += [Assume(~(bus.w_stb & bus.r_stb)), Assume(bus.addr < kind.window_words)]
        with m.If(a.w_stb):
            m.d.comb += Assume(is_same & (a.w_data == b.w_data))
        if kind.name in DELAYED:
            m.d.comb += [Assume(a.r_stb == b.r_stb), Assume(~a.r_stb | is_same)]

        # Promise.
        loads = Signal(attrs={"keep": 1})
        agree = Signal(attrs={"keep": 1})
        m.d.sync += loads.eq(a.r_stb & b.r_stb & is_same)  # both do, the same word
        agrees = []
        for (path, member, ours), (_, _, theirs) in zip(
                one.signature.flatten(one), other.signature.flatten(other), strict=True):
            if member.flow == Out:
                matters = loads if path == ("bus", "r_data") else 1
                agrees.append(~matters | (Value.cast(ours) == Value.cast(theirs)))
        m.d.comb += agree.eq(Cat(agrees).all())
        return m


def equalities(text):
    """Terms about a state: what is the same in both twins, always or with an excuse."""
    found  = re.findall(r"; yosys-smt2-(register|memory) dut\.one\.(\S+) (\d+)", text)
    widths = {name: int(width) for _, name, width in found}
    terms  = []
    for sort, name, _ in found:
        what  = {"register": "n", "memory": "m"}[sort]
        equal = f"(= (|top_{what} dut.one.{name}| {{0}}) (|top_{what} dut.other.{name}| {{0}}))"
        # Nothing was loaded, or not from there; or the part is at rest.
        excuses = ["(not (|top_n dut.loads| {0}))"]
        if "r_is_data" in widths:
            excuses.append(f"(or (|top_n dut.one.r_is_data| {{0}}) {excuses[0]})")
        if width := widths.get(state := f"{name.rpartition('.')[0]}.fsm_state".lstrip(".")):
            excuses.append(f"(= (|top_n dut.one.{state}| {{0}}) (_ bv0 {width}))")
        terms += [equal, *(f"(or {excuse} {equal})" for excuse in excuses)]
    return terms


def prove_twins(proof, files):
    return all(are_twins(kind, f"{files}.{kind.name}") for kind in PERIPHERALS)


def are_twins(kind, files):
    """By induction: both begin in one state, any, and of all equalities those are found that hold
    next if they all hold now. The promise is to follow from them."""
    text  = (BUILD / to_smt2(TwinsProof(kind), files)).read_text()
    terms = equalities(text)
    text += "".join(f"(declare-const s{n} |top_s|)\n(assert (|top_u| s{n}))\n" for n in range(2))
    named = {f"e{n}.{state}": term.format(f"s{state}")
             for n, term in enumerate(terms) for state in range(2)}
    named |= {"is_next": "(|top_t| s0 s1)", "agree": "(|top_n dut.agree| s0)"}
    known = z3.parse_smt2_string(text + "".join(
        f"(declare-const {name} Bool)\n(assert (= {name} {term}))\n"
        for name, term in named.items()))

    def counterexample(kept, *asserts):
        """A case in which all of these equalities hold, and all this is so; or nothing."""
        solver = z3.Then("simplify", "propagate-values", "solve-eqs", "simplify", "smt").solver()
        solver.add(known, *(z3.Bool(f"e{n}.0") for n in kept), *asserts)
        return solver.model() if solver.check() == z3.sat else None

    kept = range(len(terms))
    while case := counterexample(kept, z3.Bool("is_next"), z3.Not(z3.And(
            [z3.Bool(f"e{n}.1") for n in kept]))):
        kept = [n for n in kept if not z3.is_false(case[z3.Bool(f"e{n}.1")])]
    return counterexample(kept, z3.Not(z3.Bool("agree"))) is None


PERIPHERAL = "rtl/peripherals"

PROOFS = (
    Proof("peripherals", PortsProof, induction=2, depth=2, reaches=14, bugs=(
        Bug(f"{PERIPHERAL}/picture.py", "m.d.comb += rsp.ready.eq(1)",
            "m.d.comb += rsp.ready.eq(to_host.ready)"),
        Bug(f"{PERIPHERAL}/picture.py", "PIXEL, kept)", "PIXEL, rsp.payload.data)"),
        Bug(f"{PERIPHERAL}/block_transfer.py", "dma.req.payload.data.eq(word)",
            "dma.req.payload.data.eq(from_host.payload.data)"),
        Bug(f"{PERIPHERAL}/clock.py", "self.event.valid.eq(ms_end)",
            "self.event.valid.eq(ms_end & ~self.bus.r_stb)"),
        Bug(f"{PERIPHERAL}/serial.py", "acknowledge = window.stored.acknowledge",
            "acknowledge = window.stored.acknowledge | self.bus.r_stb"),
        Bug(f"{PERIPHERAL}/serial.py", "self.event.valid.eq(arrives | overruns | is_sent)",
            "self.event.valid.eq(arrives | is_sent)"))),
    Proof("peripheral_twins", lambda: None, run=prove_twins, induction=1, bugs=(
        Bug(f"{PERIPHERAL}/debug_break.py", "with m.If(self.bus.w_data == BREAK):",
            "with m.If(0):\n                pass\n        with m.If(self.bus.w_data == BREAK):"),
        Bug(f"{PERIPHERAL}/serial.py", "waiting.r_en.eq(acknowledge)",
            "waiting.r_en.eq(acknowledge | self.bus.r_stb)"),
        Bug(f"{PERIPHERAL}/window.py", "self.stored[name].eq(bus.w_stb & ~self.locked[name])",
            "self.stored[name].eq((bus.w_stb | bus.r_stb) & ~self.locked[name])"))),
)
