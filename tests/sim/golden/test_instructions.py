"""Manual, section 1: registers, encoding and what each instruction computes."""

import itertools
import operator
from fractions import Fraction

import numpy as np
import pytest

from isa import ISA, encode
from isa.config import MachineConfig
from isa.machine import PROGRAM, Reason
from isa.trace import Stop
from tests.support.arithmetic import (
    EDGES,
    EXPECTED,
    NUMPY,
    SPECIAL,
    M,
    exact,
    numpy_result,
    rounded,
    signed,
)
from tests.support.golden import Model, compute_all, qasm_words


@pytest.mark.manual("1.7", "1.8")
@pytest.mark.parametrize("mnemonic", EXPECTED)
def test_integer_instruction_computes_what_the_manual_says_for_all_pairs_of_edges(mnemonic):
    pairs = list(itertools.product(EDGES, EDGES))
    got = compute_all(mnemonic, [a for a, _ in pairs], [b for _, b in pairs])
    wanted = [int(EXPECTED[mnemonic](a, b)) % M for a, b in pairs]
    wrong = [(hex(a), hex(b), hex(g), hex(w))
             for (a, b), g, w in zip(pairs, got.tolist(), wanted, strict=True) if g != w]
    assert not wrong


@pytest.mark.manual("1.8")
@pytest.mark.parametrize("a, b, quotient, remainder", [
    (7, -2, -3, 1), (-7, 2, -3, -1), (-7, -2, 3, -1), (-1, 2, 0, -1), (5, 0, 0, 0),
    (-0x80000000, -1, -0x80000000, 0), (-0x80000000, 1, -0x80000000, 0),
])
def test_signed_division_goes_toward_zero_and_the_remainder_has_the_sign_of_s0(
        a, b, quotient, remainder):
    assert compute_all("sdiv", [a % M], [b % M])[0] == quotient % M
    assert compute_all("smod", [a % M], [b % M])[0] == remainder % M


# --- floating point ------------------------------------------------------------------------------

@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic", NUMPY)
def test_float_instruction_agrees_with_numpy_for_all_pairs_of_special_values(mnemonic):
    assert len(SPECIAL) >= 200
    a, b = (grid.ravel() for grid in np.meshgrid(SPECIAL, SPECIAL))
    assert (compute_all(mnemonic, a, b) == numpy_result(mnemonic, a, b)).all()


@pytest.mark.manual("1.9")
@pytest.mark.slow
@pytest.mark.parametrize("mnemonic", NUMPY)
def test_float_instruction_agrees_with_numpy_for_a_million_random_operands(mnemonic):
    rng = np.random.default_rng(1)
    a = rng.integers(0, M, 1 << 20, dtype=np.uint32)
    b = rng.integers(0, M, 1 << 20, dtype=np.uint32)
    near = rng.random(len(a)) < 0.5  # exponents that meet
    b[near] = b[near] & 0x807FFFFF | (a[near] & 0x7F800000) + (b[near] >> 28 << 23) & 0x7F800000
    assert (compute_all(mnemonic, a, b) == numpy_result(mnemonic, a, b)).all()


OPERATORS = {"fadd": operator.add, "fsub": operator.sub, "fmul": operator.mul,
             "fdiv": operator.truediv}


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic", OPERATORS)
def test_float_arithmetic_is_the_exact_result_rounded_once(mnemonic):
    rng = np.random.default_rng(2)
    finite = SPECIAL[(SPECIAL >> 23 & 0xFF) != 255]
    a = np.concatenate([rng.choice(finite, 1500), rng.integers(0, 0x7F800000, 1500, np.uint32)])
    b = np.concatenate([rng.choice(finite, 1500), rng.integers(0, 0x7F800000, 1500, np.uint32)])
    if mnemonic == "fdiv":
        b[(b & 0x7FFFFFFF) == 0] = 0x3F800000
    for x, y, got in zip(a.tolist(), b.tolist(), compute_all(mnemonic, a, b).tolist(), strict=True):
        value = OPERATORS[mnemonic](exact(x), exact(y))
        minus_y = y >> 31 ^ (mnemonic == "fsub")
        zero_sign = x >> 31 & minus_y if mnemonic in ("fadd", "fsub") else x >> 31 ^ y >> 31
        assert got == rounded(value, zero_sign), (hex(x), hex(y))


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic, to_integer", [("itof", signed), ("utof", lambda x: x)])
def test_integer_becomes_the_nearest_float(mnemonic, to_integer):
    rng = np.random.default_rng(3)
    values = EDGES + [0x01000001, 0x01000003, 0xFFFFFF7F, 0xFFFFFF80, 0x7FFFFFC0, 0x7FFFFFBF]
    values += rng.integers(0, M, 3000, np.uint32).tolist()
    wanted = [rounded(Fraction(to_integer(value)), 0) for value in values]
    assert compute_all(mnemonic, values).tolist() == wanted


@pytest.mark.manual("1.11")
def test_float_is_truncated_and_taken_modulo_2_to_32():
    rng = np.random.default_rng(4)
    values = SPECIAL.tolist() + rng.integers(0, M, 5000, np.uint32).tolist()
    wanted = [0 if value >> 23 & 0xFF == 255 else int(exact(value)) % M for value in values]
    assert compute_all("ftoi", values).tolist() == wanted


@pytest.mark.manual("1.11")
@pytest.mark.parametrize("value, wanted", [
    (-1.5, 0xFFFFFFFF), (2.0**32 + 512, 512), (float("inf"), 0), (float("nan"), 0), (-0.9, 0),
    (2.0**31, 0x80000000), (-(2.0**31), 0x80000000),
])
def test_ftoi_examples_of_the_manual(value, wanted):
    bits = np.array([value], np.float32).view(np.uint32)
    assert compute_all("ftoi", bits)[0] == wanted


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic", ["fadd", "fsub", "fmul", "fdiv"])
@pytest.mark.parametrize("nan", [0x7F800001, 0x7FFFFFFF, 0xFFC12345, 0xFF800001])
def test_every_nan_result_is_the_canonical_one(mnemonic, nan):
    assert compute_all(mnemonic, [nan, 0x3F800000], [0x3F800000, nan]).tolist() == [0x7FC00000] * 2


# --- encoding ------------------------------------------------------------------------------------

def stop_of(word, imm=0, config=None):
    model = Model(config or MachineConfig())
    return model.run([word, imm, encode("halt")]).stop


@pytest.mark.manual("1.5")
@pytest.mark.parametrize("opcode", [len(ISA), 63, 100, 128, 254, 255])
def test_opcode_outside_the_table_is_an_invalid_instruction(opcode):
    stop = stop_of(opcode << 24)
    assert (stop.stop, stop.reason) == (Stop.NO_HANDLER, Reason.INVALID_INSTRUCTION)
    assert (stop.ip, stop.insn) == (PROGRAM, opcode << 24)


CASES = [(insn, name, value)
         for insn in ISA for name in insn.fields for value in (64, 65, 128, 255)]


@pytest.mark.manual("1.4", "1.5")
@pytest.mark.parametrize("insn, name, value", CASES,
                         ids=[f"{i.mnemonic}-{n}-{v}" for i, n, v in CASES])
def test_register_field_beyond_63_is_invalid_but_64_may_be_read(insn, name, value):
    if insn.mnemonic == "int":
        pytest.skip("has a test of its own")
    word = encode(insn.mnemonic, **{name: value})
    golden = Model().load([word, PROGRAM, encode("halt")])
    golden.run(1)
    is_invalid = value != 64 or name == "d" and insn.writes_d
    faulted = golden.stop is not None and golden.stop.reason == Reason.INVALID_INSTRUCTION
    assert faulted == is_invalid


@pytest.mark.manual("1.5")
@pytest.mark.parametrize("insn", ISA, ids=[insn.mnemonic for insn in ISA])
def test_fields_that_an_instruction_does_not_use_are_ignored(insn):
    if insn.mnemonic in ("halt", "int", "wait"):
        pytest.skip("does not simply go on")
    unused = {"d": 0xFF << 16, "s0": 0xFF << 8, "s1": 0xFF}
    word = encode(insn.mnemonic) | sum(bits for name, bits in unused.items()
                                       if name not in insn.fields)
    golden = Model().load([word, 0, encode("halt")])
    golden.run(1)
    assert golden.stop is None


@pytest.mark.manual("1.4")
def test_a_read_of_ip_gives_the_address_of_the_instruction_itself():
    golden = Model().run("nop\nmov r1 ip\nadd r2 ip ip\nhalt")
    assert golden.registers().general[1:3] == (PROGRAM + 1, 2 * (PROGRAM + 2))


@pytest.mark.manual("1.3")
def test_constant_advances_by_two_words():
    golden = Model().run("constant r1 0x01020304\nmov r2 ip\nhalt")
    assert golden.registers().general[1:3] == (0x01020304, PROGRAM + 2)


@pytest.mark.manual("1.12")
@pytest.mark.parametrize("opcode", range(25, 35))
def test_float_opcodes_are_unimplemented_without_fpu(opcode):
    stop = stop_of(opcode << 24, config=MachineConfig(fpu=False))
    assert stop.reason == Reason.UNIMPLEMENTED_INSTRUCTION


@pytest.mark.parametrize("jump, zero, taken", [
    ("jz", 0, True), ("jz", 1, False), ("jnz", 0, False), ("jnz", 0x80000000, True),
    ("rjz", 0, True), ("rjz", 5, False), ("rjnz", 0, False), ("rjnz", 5, True),
])
def test_conditional_jump_goes_where_the_manual_says(jump, zero, taken):
    target = "4" if jump[0] == "r" else hex(PROGRAM + 8)
    golden = Model().run(f"""
        constant r1 {zero}
        constant r2 {target}
        {jump} r1 r2
        constant r3 1
        halt
        constant r3 2
        halt""")
    # Words: the jump is at +4, `constant r3 2` at +8.
    assert golden.registers().general[3] == (2 if taken else 1)


@pytest.mark.manual("1.7")
def test_relative_jump_goes_back_by_wrap_around():
    golden = Model().run("""
        constant r1 -3           ; from +7 to +4
        constant r2 3
        rjmp r2                  ; from +4 to +7 ...
        halt
        halt
        rjmp r1""", limit=5)
    assert golden.registers().ip == PROGRAM + 7


@pytest.mark.manual("2.6")
def test_code_that_was_changed_runs_as_changed():
    new = encode("constant", d=5)
    golden = Model().run(qasm_words(f"""
        constant r1 {PROGRAM + 5}
        constant r2 {new}
        store r1 r2
        nop                      ; becomes `constant r5 ...`, whose immediate is the next word
        halt
        halt"""))
    assert golden.registers().general[5] == encode("halt")
