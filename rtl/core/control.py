"""Control: what an instruction word asks of the datapath."""

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from isa import BY_MNEMONIC, IP_FIELD, ISA
from rtl.bus import Reason
from rtl.checks import check_bool
from rtl.core.alu import AluOp, AluUnit, Compare, Logic
from rtl.core.divider import Divide
from rtl.fpu.fpu import FpuOp

__all__ = ["CONTROL", "Control", "Decoder", "FPU_MNEMONICS", "InsnWord", "Unit",
           "Hints", "arrange_operands", "hints_of", "restore_operands"]


class InsnWord(data.Struct):
    s1:     8
    s0:     8
    d:      8
    opcode: 8


def _is_store(word):
    """Six bits tell it from all other opcodes, though not from all words."""
    return word[24:30] == BY_MNEMONIC["store"].opcode


def arrange_operands(word):
    """A word as fetch hands it on: the registers to be read are always those of s0 and s1.

    Only two ports read the registers, and a store needs those of d and s0. So its d takes the place
    of s0, which moves on, before the word is queued: behind the queue a choice would come too late.
    """
    return Mux(_is_store(word), Cat(word[:24].rotate_right(8), word[24:]), word)


def restore_operands(word):
    """The word that `arrange_operands` was made from."""
    return Mux(_is_store(word), Cat(word[:24].rotate_left(8), word[24:]), word)


class Hints(data.Struct):
    """What is needed early of a word's decoding: looked up in front of the queue."""
    is_constant: 1
    is_relative: 1  # of a jump
    uses_a:      1  # the register in the place of s0, as `arrange_operands` leaves it
    uses_b:      1  # ...of s1


def hints_of(word):
    """The hints of a word; of one that is no instruction they mean nothing."""
    def is_one_of(names):
        return word[24:].matches(*(BY_MNEMONIC[name].opcode for name in names))

    reads_a = [insn.mnemonic for insn in ISA if "s0" in insn.fields]
    reads_b = [insn.mnemonic for insn in ISA if "s1" in insn.fields]
    relative = [name for name, bits in CONTROL.items() if bits.get("is_relative")]
    return Cat(is_one_of(["constant"]), is_one_of(relative), is_one_of(reads_a),
               is_one_of([*reads_b, "store"]))


class Unit(enum.Enum, shape=unsigned(3)):
    """Where the result comes from. All but the ALU's come too late to be forwarded from execute."""
    ALU      = 0
    LOAD     = 1
    MULTIPLY = 2
    DIVIDE   = 3
    FLOAT    = 4


class Control(data.Struct):
    """What an instruction asks of the datapath."""
    unit:           Unit
    writes_d:       1
    alu:            AluOp
    divide:         Divide
    fpu:            FpuOp
    is_constant:    1
    is_load:        1
    is_store:       1
    is_jump:        1
    is_conditional: 1  # of a jump
    if_zero:        1  # of a conditional jump
    is_relative:    1  # of a jump
    is_int:         1
    is_wait:        1
    is_halt:        1


def _logic(logic):
    return {"writes_d": 1, "alu": {"unit": AluUnit.LOGIC, "logic": logic}}


def _adder(subtract):
    return {"writes_d": 1, "alu": {"unit": AluUnit.ADDER, "subtract": subtract}}


def _compare(compare, is_signed=0):
    return {"writes_d": 1, "alu": {"unit": AluUnit.COMPARE, "compare": compare, "subtract": 1,
                                   "is_signed": is_signed}}


def _shift(left, is_signed=0):
    return {"writes_d": 1, "alu": {"unit": AluUnit.SHIFT, "left": left, "is_signed": is_signed}}


def _divide(is_mod, is_signed):
    return {"writes_d": 1, "unit": Unit.DIVIDE,
            "divide": {"is_mod": is_mod, "is_signed": is_signed}}


def _float(op):
    return {"writes_d": 1, "unit": Unit.FLOAT, "fpu": op}


def _jump(**bits):
    return {"is_jump": 1, **bits}


# What each instruction asks of the datapath; what is not named is 0.
CONTROL = {
    "halt":     {"is_halt": 1},
    "int":      {"is_int": 1},
    "load":     {"writes_d": 1, "unit": Unit.LOAD, "is_load": 1},
    "store":    {"is_store": 1},
    "mov":      _logic(Logic.PASS_A),
    "constant": {**_logic(Logic.PASS_A), "is_constant": 1},  # operand a is the immediate
    "add":      _adder(subtract=0),
    "sub":      _adder(subtract=1),
    "mul":      {"writes_d": 1, "unit": Unit.MULTIPLY},
    "div":      _divide(is_mod=0, is_signed=0),
    "mod":      _divide(is_mod=1, is_signed=0),
    "and":      _logic(Logic.AND),
    "or":       _logic(Logic.OR),
    "not":      _logic(Logic.NOT_A),
    "shl":      _shift(left=1),
    "shr":      _shift(left=0),
    "eq":       _compare(Compare.EQ),
    "neq":      _compare(Compare.NEQ),
    "lt":       _compare(Compare.LT),
    "gt":       _compare(Compare.GT),
    "jmp":      _jump(),
    "jz":       _jump(is_conditional=1, if_zero=1),
    "jnz":      _jump(is_conditional=1),
    "nop":      {},
    "wait":     {"is_wait": 1},
    "fadd":     _float(FpuOp.ADD),
    "fsub":     _float(FpuOp.SUB),
    "fmul":     _float(FpuOp.MUL),
    "fdiv":     _float(FpuOp.DIV),
    "feq":      _float(FpuOp.EQ),
    "flt":      _float(FpuOp.LT),
    "fgt":      _float(FpuOp.GT),
    "itof":     _float(FpuOp.ITOF),
    "utof":     _float(FpuOp.UTOF),
    "ftoi":     _float(FpuOp.FTOI),
    "rjmp":     _jump(is_relative=1),
    "rjz":      _jump(is_relative=1, is_conditional=1, if_zero=1),
    "rjnz":     _jump(is_relative=1, is_conditional=1),
    "slt":      _compare(Compare.LT, is_signed=1),
    "sgt":      _compare(Compare.GT, is_signed=1),
    "sdiv":     _divide(is_mod=0, is_signed=1),
    "smod":     _divide(is_mod=1, is_signed=1),
    "sar":      _shift(left=0, is_signed=1),
}

FPU_MNEMONICS = tuple(name for name, bits in CONTROL.items() if bits.get("unit") is Unit.FLOAT)


class Decoder(wiring.Component):
    """Looks an instruction up in the table and checks its register fields. Combinational.

    Parameters
    ----------
    fpu : bool
        Whether the floating-point instructions are there.

    Members
    -------
    word : In(InsnWord)
    control : Out(Control)
    reason : Out(Reason)
        INVALID_INSTRUCTION, UNIMPLEMENTED_INSTRUCTION or NONE.
    uses_d, uses_s0, uses_s1 : Out(1)
        The instruction has this field.
    """
    def __init__(self, *, fpu):
        self.fpu = check_bool("fpu", fpu)
        super().__init__({
            "word":    In(InsnWord),
            "control": Out(Control),
            "reason":  Out(Reason),
            "uses_d":  Out(1),
            "uses_s0": Out(1),
            "uses_s1": Out(1),
        })

    def elaborate(self, platform):
        m = Module()

        known, left_out, writes_d = Signal(), Signal(), Signal()
        with m.Switch(self.word.opcode):
            for insn in ISA:
                with m.Case(insn.opcode):
                    m.d.comb += [
                        known.eq(1),
                        left_out.eq(insn.mnemonic in FPU_MNEMONICS and not self.fpu),
                        writes_d.eq(insn.writes_d),
                        self.control.eq(Control.const(CONTROL[insn.mnemonic])),
                        self.uses_d.eq("d" in insn.fields),
                        self.uses_s0.eq("s0" in insn.fields),
                        self.uses_s1.eq("s1" in insn.fields),
                    ]

        bad_d, bad_s0, bad_s1 = Signal(), Signal(), Signal()
        m.d.comb += [
            bad_d.eq(self.uses_d & ((self.word.d > IP_FIELD)
                                    | (writes_d & (self.word.d == IP_FIELD)))),
            bad_s0.eq(self.uses_s0 & (self.word.s0 > IP_FIELD)),
            bad_s1.eq(self.uses_s1 & (self.word.s1 > IP_FIELD)),
        ]
        with m.If(left_out):
            m.d.comb += self.reason.eq(Reason.UNIMPLEMENTED_INSTRUCTION)
        with m.Elif(~known | bad_d | bad_s0 | bad_s1):
            m.d.comb += self.reason.eq(Reason.INVALID_INSTRUCTION)

        return m


assert CONTROL.keys() == BY_MNEMONIC.keys()
