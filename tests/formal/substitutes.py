"""What stands in for parts of the core in the proofs about the whole of it.

What can be proven apart is replaced by something that is free, or cheap:

* predictions, which need not be right, are anything at all;
* of the register file two registers are kept, any two; all others read as anything;
* results of the units are `cheap` functions of the operands; divisions and floats take any time;
* on demand, fetch and queue are replaced by a stream of anything, from wherever it is sent.
"""

from contextlib import ExitStack
from unittest.mock import patch

from amaranth import Cat, Const, Fragment, Module, Mux, Signal, Value
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume

import rtl.core.core
import rtl.core.fetch
import rtl.core.units
from isa import BY_OPCODE
from isa.machine import PROGRAM
from rtl.bus import Reason
from rtl.core.alu import Alu, AluOp, AluUnit, Logic
from rtl.core.control import CONTROL, Control, arrange_operands, hints_of
from rtl.core.divider import Divider
from rtl.core.fetch import Fetch
from rtl.core.multiplier import Multiplier
from rtl.core.predictor import BranchTargets, ReturnStack
from rtl.core.queue import FetchQueue
from rtl.core.registers import Registers
from rtl.core.watch import StoreWatch
from rtl.fpu.fpu import Fpu
from rtl.fpu.op import FpuOp

__all__ = ["RESULTS", "with_substitutes"]


def cheap(number, a, b):
    """What stands in for the result of operation `number`: bits of all three, side by side.

    No logic at all, so that solvers see at once when the operands are the same.
    """
    return Cat(Cat(number, Const(0, 10))[:10], a[10:21], b[21:])


NO_OPERAND = Const(0, 32)
NOT        = AluOp.const({"unit": AluUnit.LOGIC, "logic": Logic.NOT_A}).as_value()


def cheap_alu(op, a, b):
    """For the ALU: what it passes on stays, and what has one operand is a function of one."""
    return Mux(op == 0, a, cheap(op, a, Mux(op == NOT, NO_OPERAND, b)))


def _result(opcode):
    """What an instruction gives here, by its opcode: a function of both operands."""
    unary = "s1" not in BY_OPCODE[opcode].fields
    if opcode in UNIT_OPCODES:
        return lambda a, b: cheap(Const(opcode, 10), a, NO_OPERAND if unary else b)
    asked = Value.cast(Control.const(CONTROL[BY_OPCODE[opcode].mnemonic]).alu.as_value())
    return lambda a, b: cheap_alu(asked, a, b)


FPU_OPCODES  = {FpuOp.ADD: 25, FpuOp.SUB: 26, FpuOp.MUL: 27, FpuOp.DIV: 28, FpuOp.EQ: 29,
                FpuOp.LT: 30, FpuOp.GT: 31, FpuOp.ITOF: 32, FpuOp.UTOF: 33, FpuOp.FTOI: 34}
UNIT_OPCODES = {8, 9, 10, 40, 41, *FPU_OPCODES.values()}
RESULTS      = {opcode: _result(opcode) for opcode in (4, *range(6, 20), *UNIT_OPCODES, 38, 39, 42)}


class FreeTargets(BranchTargets):
    """Predicts anything."""

    def elaborate(self, platform):
        m = Module()
        guess = self.prediction
        m.d.comb += [
            guess.as_value().eq(AnySeq(len(guess.as_value()))),
            self.target.eq(AnySeq(32)),
            Assume(~guess.taken | guess.hit),
        ]
        return m


class FreeReturns(ReturnStack):
    """Holds anything."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [self.top.eq(AnySeq(32)), self.executed_top.eq(AnySeq(32))]
        return m


FETCH_REASONS = (Reason.NONE, Reason.MEMORY_FAULT, Reason.OUT_OF_BOUNDS)


class NoFetch(Fetch):
    """Where `FreeQueue` goes on."""

    def elaborate(self, platform):
        m = Module()
        ip = Signal(32, init=PROGRAM)
        m.d.comb += self.next_ip.eq(ip)
        with m.If(self.redirect.valid):
            m.d.sync += ip.eq(self.redirect.ip)
        return m


class FreeQueue(FetchQueue):
    """A stream of any words at any time, from wherever it was sent; predictions are anything.

    Only the words at two addresses, any two, are the same each time.
    """
    def __init__(self):
        super().__init__()
        self.places = [AnyConst(32) for _ in range(2)]
        self.words  = [(AnyConst(32), AnyConst(32)) for _ in range(2)]
        self.reasons = [(AnyConst(3), AnyConst(3)) for _ in range(2)]

    def elaborate(self, platform):
        m = Module()
        first, second = self.first, self.second
        is_first = Signal(init=1)  # behind a redirection
        ip       = Signal(32)
        for word in first, second:
            guess = word.prediction
            m.d.comb += [
                word.as_value().eq(AnySeq(len(word.as_value()))),
                Assume(~word.jumps | (guess.taken & (guess.pos == word.pos))),
                Assume(~guess.taken | guess.hit),
                Assume(Cat(word.reason == reason for reason in FETCH_REASONS).any()),
                Assume(word.hints.as_value() == hints_of(word.word)),
            ]
        m.d.comb += [
            Assume(self.places[0] != self.places[1]),
            Assume(~second.valid | first.valid),
            self.first_ip.eq(Mux(is_first, self.next_ip, ip)),
            self.follows.eq(AnySeq(32)),
        ]
        for place, words, reasons in zip(self.places, self.words, self.reasons, strict=True):
            with m.If(self.first_ip == place):
                for word, content, reason in zip((first, second), words, reasons, strict=True):
                    m.d.comb += [Assume(word.word == arrange_operands(content)),
                                 Assume(word.reason.as_value() == reason)]
        jumps = Mux(self.take == 2, second.jumps, first.jumps)
        with m.If(self.take != 0):
            m.d.sync += [
                is_first.eq(0),
                ip.eq(Mux(jumps, self.follows, self.first_ip + self.take)),
            ]
        with m.If(self.clear):
            m.d.sync += is_first.eq(1)
        return m

    def program(self, m, ip, active, stored):
        """The two words at an address, as far as they are known: for the follower."""
        reasons = [Signal(3, name=f"reason{n}") for n in range(2)]
        words   = [Signal(32, name=f"known{n}") for n in range(2)]
        known   = Signal(name="is_known_place")
        for place, contents, whys in zip(self.places, self.words, self.reasons, strict=True):
            with m.If(ip == place):
                m.d.comb += known.eq(1)
                for n in range(2):
                    m.d.comb += [words[n].eq(contents[n]), reasons[n].eq(whys[n])]
        return [(reason, known, word) for reason, word in zip(reasons, words, strict=True)]


class FreeWatch(StoreWatch):
    """Fears for what was fetched at any time; none of the words changes."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.hit.eq(AnySeq(1))
        return m


class CheapMultiplier(Multiplier):
    """Has `Multiplier`'s handshake."""

    def elaborate(self, platform):
        m = Module()
        with m.If(self.en):
            m.d.sync += self.product.eq(RESULTS[8](self.a, self.b))
        return m


def unit(m, dut, value):
    """The handshake of divider and FPU: takes the operands, then has the result at any time.

    `waits` says that it could have it and has not.
    """
    is_begun, is_done, result = Signal(), Signal(), Signal(32)
    dut.waits = Signal(name="waits")
    m.d.comb += [
        dut.done.eq(is_begun & (is_done | AnySeq(1))),
        dut.result.eq(result),
        dut.waits.eq(is_begun & ~dut.done),
    ]
    m.d.sync += [is_begun.eq(dut.en & ~(dut.done & dut.taken)), is_done.eq(dut.done)]
    with m.If(dut.en & ~is_begun):
        m.d.sync += [result.eq(value), is_done.eq(0)]


class CheapAlu(Alu):
    """Does what `cheap_alu` says."""

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.result.eq(cheap_alu(self.op.as_value(), self.a, self.b))
        return m


class CheapDivider(Divider):
    def elaborate(self, platform):
        m = Module()
        opcode = Signal(10)
        m.d.comb += opcode.eq(Mux(self.op.is_signed, 40, 9) + self.op.is_mod)
        unit(m, self, cheap(opcode, self.dividend, self.divisor))
        return m


class CheapFpu(Fpu):
    def elaborate(self, platform):
        m = Module()
        value = Signal(32)
        with m.Switch(self.op):
            for op, opcode in FPU_OPCODES.items():
                with m.Case(op):
                    m.d.comb += value.eq(RESULTS[opcode](self.a, self.b))
        unit(m, self, value)
        return m


class FewRegisters(Registers):
    """Keeps two registers, any two, and their words of the frame; the others read as anything.

    `Registers` is proven to be a set of plain words (`registers`); its rules for strobes in one
    cycle are promised here.
    """
    def __init__(self, *, reads):
        super().__init__(reads=reads)
        self.numbers = [AnyConst(6) for _ in range(2)]
        self.live, self.frame = ([Signal(32, name=f"{name}{n}", attrs={"keep": 1})
                                  for n in range(2)] for name in ("live", "frame"))

    def elaborate(self, platform):
        m = Module()
        write, frame_write = self.write, self.frame_write

        m.d.comb += [
            Assume(self.numbers[0] != self.numbers[1]),
            Assert(~(write.en & (frame_write.en | self.save | self.restore))),
            Assert(Mux(self.may_write, ~frame_write.en, ~write.en)),
            Assert(~(self.restore & (frame_write.en | self.save))),
        ]
        frame_value = Signal(32)
        m.d.sync += frame_value.eq(AnySeq(32))
        m.d.comb += self.frame_value.eq(frame_value)
        for port in self.read:
            m.d.comb += port.value.eq(AnySeq(32))
        for number, live, frame in zip(self.numbers, self.live, self.frame, strict=True):
            for port in self.read:
                with m.If(port.number == number):
                    m.d.comb += port.value.eq(live)
            with m.If(self.frame_number == number):
                m.d.sync += frame_value.eq(frame)
            with m.If(write.en & (write.number == number)):
                m.d.sync += live.eq(write.value)
            with m.If(frame_write.en & (frame_write.number == number)):
                m.d.sync += frame.eq(frame_write.value)
            with m.If(self.save):
                m.d.sync += frame.eq(live)
            with m.If(self.restore):
                m.d.sync += [live.eq(frame), frame.eq(0)]
        for port in self.read:
            with m.If(port.instead):
                m.d.comb += port.value.eq(port.other)
        return m


class Kept:
    """Makes a component and keeps it, for those who want to look at its ports."""

    def __init__(self, kind):
        self.kind, self.made = kind, None

    def __call__(self, *args, **options):
        self.made = self.kind(*args, **options)
        return self.made


def with_substitutes(core, platform, *, whole):
    """The core's fragment, with the parts replaced, and these by the names of what they replace.

    Unless it is `whole`, fetch and queue are among them.
    """
    parts = [(rtl.core.core, "Registers", FewRegisters),
             (rtl.core.units, "Alu", CheapAlu),
             (rtl.core.units, "Multiplier", CheapMultiplier),
             (rtl.core.units, "Divider", CheapDivider),
             (rtl.core.units, "Fpu", CheapFpu),
             (rtl.core.fetch, "BranchTargets", FreeTargets),
             (rtl.core.fetch, "ReturnStack", FreeReturns)]
    if not whole:
        parts += [(rtl.core.core, "Fetch", NoFetch),
                  (rtl.core.core, "FetchQueue", FreeQueue),
                  (rtl.core.core, "StoreWatch", FreeWatch)]
    made = {name: Kept(substitute) for _, name, substitute in parts}
    with ExitStack() as stack:
        for module, name, _ in parts:
            stack.enter_context(patch.object(module, name, made[name]))
        fragment = Fragment.get(core, platform)
    return fragment, {name: kept.made for name, kept in made.items()}
