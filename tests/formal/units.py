"""Proofs about the integer units."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.bits import leading_zeros
from rtl.bus import Reason
from rtl.core.alu import Alu
from rtl.core.control import Decoder, Unit
from rtl.core.divider import Divider
from rtl.core.registers import Registers
from tests.formal.follower import EFFECTS, IP
from tests.formal.prover import Bug, Proof

__all__ = ["PROOFS"]


class LeadingZeros(wiring.Component):
    """A count of n: the n upper bits are 0 and the next one, if any, is 1."""

    def __init__(self, width):
        self.width = width
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        word  = AnyConst(self.width)
        count = leading_zeros(word)
        for n in range(self.width + 1):
            above = word[self.width - n:]
            with m.If(~above.any() & (word[self.width - n - 1] if n < self.width else 1)):
                m.d.comb += Assert(count == n)
        return m


class DividerProof(wiring.Component):
    """A divider of 6 bits: each result is right, and comes in time."""

    WIDTH  = 6
    CYCLES = 4 + (WIDTH - 1) // 2  # of the longest division

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = Divider(width=self.WIDTH)

        # Assume: operands hold still while the divider works on them. It may be told to stop at
        # any time, and results may be left waiting.
        inputs, before = Cat(dut.op, dut.dividend, dut.divisor), Signal(2 + 2 * self.WIDTH)
        is_bound = Signal()
        m.d.comb += [
            dut.en.eq(AnySeq(1)),
            dut.taken.eq(AnySeq(1) & dut.done),
            inputs.eq(AnySeq(len(inputs))),
        ]
        m.d.sync += [before.eq(inputs), is_bound.eq(dut.en & ~dut.taken)]
        with m.If(is_bound & dut.en):
            m.d.comb += Assume(inputs == before)

        # Model: the manual's definition, backwards. A quotient and a remainder are right if they
        # make up the dividend, and the remainder is less than the divisor.
        a, b      = dut.dividend, dut.divisor
        is_signed = dut.op.is_signed
        n, d      = Signal(self.WIDTH), Signal(self.WIDTH)  # magnitudes
        m.d.comb += [
            n.eq(Mux(is_signed & a[-1], -a, a)),
            d.eq(Mux(is_signed & b[-1], -b, b)),
        ]
        q, r = AnySeq(self.WIDTH), AnySeq(self.WIDTH)
        m.d.comb += Assume((d == 0) | ((q * d + r == n) & (r < d)))
        expected = Signal(self.WIDTH)
        with m.If(b == 0):
            m.d.comb += expected.eq(0)
        with m.Elif(dut.op.is_mod):
            m.d.comb += expected.eq(Mux(is_signed & a[-1], -r, r))
        with m.Else():
            m.d.comb += expected.eq(Mux(is_signed & (a[-1] ^ b[-1]), -q, q))

        # Promise: the result is that; and no division lasts longer than it may.
        waited = Signal(range(self.CYCLES + 2))
        with m.If(dut.en & ~dut.done):
            m.d.sync += waited.eq(waited + 1)
            m.d.comb += Assert(waited < self.CYCLES)
        with m.Else():
            m.d.sync += waited.eq(0)
        with m.If(dut.done & dut.en):
            m.d.comb += Assert(dut.result == expected)

        # Reach: the longest division, and a negative result.
        m.d.comb += [Cover(dut.done & (waited == self.CYCLES)), Cover(dut.done & dut.result[-1])]

        return m


class AluProof(wiring.Component):
    """Decoder and ALU: what each instruction computes, and which words are none.

    The same table says what the records of the whole core must be (`follower.py`).
    """
    def __init__(self, *, fpu):
        self.fpu = fpu
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.decoder = decoder = Decoder(fpu=self.fpu)
        m.submodules.alu     = alu     = Alu()
        word, a, b = AnyConst(32), AnyConst(32), AnyConst(32)
        m.d.comb += [
            decoder.word.eq(word),
            alu.op.eq(decoder.control.alu),
            alu.a.eq(a),
            alu.b.eq(b),
        ]

        opcode, fields = word[24:], {"d": word[16:24], "s0": word[8:16], "s1": word[:8]}
        is_float = (opcode >= 25) & (opcode <= 34)
        is_known = Cat(opcode == known for known in EFFECTS).any()
        with m.If(is_float & (not self.fpu)):
            m.d.comb += Assert(decoder.reason == Reason.UNIMPLEMENTED_INSTRUCTION)
        for known, (used, value) in EFFECTS.items():
            with m.If(opcode == known):
                is_bad = Cat(fields[name.lstrip("=")] > IP - name.startswith("=")
                             for name in used.split()).any()
                with m.If(~(is_float & (not self.fpu))):
                    m.d.comb += Assert((decoder.reason == Reason.INVALID_INSTRUCTION) == is_bad)
                    m.d.comb += Assert((decoder.reason == Reason.NONE) == ~is_bad)
                if value is not None:
                    expected = Signal(32, name=f"expected{known}")
                    m.d.comb += [expected.eq(value(a, b)), Assert(alu.result == expected),
                                 Assert(decoder.control.unit == Unit.ALU)]
        with m.If(~is_known):
            m.d.comb += Assert(decoder.reason == Reason.INVALID_INSTRUCTION)
        return m


class RegistersProof(wiring.Component):
    """Registers and frame behave as two plain arrays: any register, followed through what befalls.

    That is the 65-register save of an interrupt and the restoring of a return, but for `ip`.
    It is one register, and besides it only one other is used, any whose number differs in one bit:
    all registers are alike, and what one bit keeps apart stays so with more.
    """

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = Registers(reads=1)
        number, bit = Const(0b010101, 6), AnyConst(3)
        other = Signal(6)
        m.d.comb += [other.eq(number ^ (1 << bit)), Assume(bit < 6)]

        read, write, frame_write = dut.read[0], dut.write, dut.frame_write
        m.d.comb += [port.eq(AnySeq(len(port))) for port in (
            read.number, read.instead, read.other, write.en, write.number, write.value,
            frame_write.en, frame_write.number, frame_write.value, dut.frame_number, dut.save,
            dut.restore, dut.may_write)]

        # Assume: what the docstring says of strobes in one cycle.
        m.d.comb += [
            Assume(~(write.en & (frame_write.en | dut.save | dut.restore))),
            Assume(Mux(dut.may_write, ~frame_write.en, ~write.en)),
            Assume(~(dut.restore & (frame_write.en | dut.save))),
            *(Assume((port == number) | (port == other)) for port in (
                read.number, write.number, frame_write.number, dut.frame_number)),
        ]

        # Model: one of the registers, any of them, and its word of the frame.
        live, frame = Signal(32), Signal(32)
        with m.If(write.en & (write.number == number)):
            m.d.sync += live.eq(write.value)
        with m.If(frame_write.en & (frame_write.number == number)):
            m.d.sync += frame.eq(frame_write.value)
        with m.If(dut.save):
            m.d.sync += frame.eq(live)
        with m.If(dut.restore):
            m.d.sync += [live.eq(frame), frame.eq(0)]

        # Promise.
        is_frame, last_frame = Signal(), Signal(32)
        m.d.sync += [
            is_frame.eq((dut.frame_number == number) & ~frame_write.en),
            last_frame.eq(frame),
        ]
        with m.If(read.number == number):
            m.d.comb += Assert(read.value == Mux(read.instead, read.other, live))
        with m.If(is_frame):
            m.d.comb += Assert(dut.frame_value == last_frame)

        # Reach: after a save, a change and a restore, the old value.
        m.d.comb += Cover(dut.restore & (frame == 5) & (live == 6))

        return m


ALU, CONTROL, DIVIDER, REGISTERS = (
    f"rtl/core/{name}.py" for name in ("alu", "control", "divider", "registers"))

PROOFS = (
    Proof("leading_zeros", lambda: LeadingZeros(24), bugs=(
        Bug("rtl/bits.py", "Const((1 << below) - 1, below)", "Const(0, below)"),)),
    Proof("alu", lambda: AluProof(fpu=True), bugs=(
        Bug(ALU, "Mux(op.is_signed, a[-1], b[-1])", "b[-1]"),
        Bug(ALU, "a[-1] & op.is_signed", "op.is_signed"),
        Bug(CONTROL, '"sgt":      _compare(Compare.GT, is_signed=1)',
            '"sgt":      _compare(Compare.LT, is_signed=1)'),
        Bug(CONTROL, "bad_s0.eq(self.uses_s0 & (self.word.s0 > IP_FIELD))",
            "bad_s0.eq(self.uses_s0 & self.word.s0[7])"))),
    Proof("no_fpu", lambda: AluProof(fpu=False), bugs=(
        Bug(CONTROL, "with m.If(left_out):",
            "with m.If(left_out & ~(bad_d | bad_s0 | bad_s1)):"),)),
    # A register's state is where its value and its frame's are; seven steps lead through all.
    Proof("registers", RegistersProof, depth=8, reaches=6, bugs=(
        Bug(REGISTERS, "live_goes.eq(~frame_bank", "live_goes.eq(frame_bank"),
        Bug(REGISTERS, "[frame_bank.eq(live_bank), frame_zero.eq(live_zero)]",
            "[frame_bank.eq(live_bank)]"),
        Bug(REGISTERS, "live_zero.eq(frame_zero), frame_zero.eq(-1)", "live_zero.eq(frame_zero)"))),
    # Two divisions in a row, or one after an abandoned one, each of the greatest length.
    Proof("divider", DividerProof, depth=18, reaches=10, bugs=(
        Bug(DIVIDER, "is_short.eq(x[2:] < y)", "is_short.eq(x[3:] < y)"),
        Bug(DIVIDER, "divisor << Cat(0, left_by[1:])", "divisor << left_by"),
        Bug(DIVIDER, "with m.If(~by_zero):", "with m.If(1):"),
        Bug(DIVIDER, "negate = negative ^ (~self.op.is_mod & ", "negate = negative ^ ("))),
)
