"""Manual, section 1: registers and instructions, on hardware and golden model together."""

import itertools

import numpy as np
import pytest

from isa import BY_MNEMONIC, ISA, encode
from isa.machine import PROGRAM, Reason
from isa.trace import Kind, Stop
from sim.machine import Status
from tests.support.arithmetic import EXPECTED, NUMPY, SPECIAL, M, exact, numpy_result, rounded
from tests.support.lockstep import run_qasm
from tests.support.programs import FULL, NO_FPU, fault_of, handlers, load, run_process, store

PAIRS = list(itertools.product((0, 1, 2, 31, 32, 33, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF9,
                                0x12345678), repeat=2))
FLOATS = list(itertools.product(SPECIAL[::13].tolist(), repeat=2))
COMPUTING = [insn for insn in ISA if insn.writes_d and insn.mnemonic not in ("load", "constant")]


def row(mnemonic, *more):
    """Of a table's row, by name."""
    opcode = BY_MNEMONIC[mnemonic].opcode
    return pytest.param(mnemonic, *more, marks=pytest.mark.manual(f"1.6 {opcode}"))


def computed(mnemonic, pairs):
    """What an instruction makes of pairs of operands, in memory afterwards."""
    operands = {"d": "r3", "s0": "r1", "s1": "r2"}
    insn = " ".join([mnemonic, *(operands[name] for name in BY_MNEMONIC[mnemonic].operands)])
    lines = ["constant r4 0x20000", "constant r5 1"]
    for a, b in pairs:
        lines += [f"constant r1 {a:#x}", f"constant r2 {b:#x}", insn, "store r4 r3",
                  "add r4 r4 r5"]
    return run_qasm("\n".join([*lines, "halt"])).words(0x20000, len(pairs))


# --- registers -----------------------------------------------------------------------------------

@pytest.mark.manual("1.1")
def test_after_reset_registers_are_0_and_the_first_instruction_is_at_0x1000():
    run = run_qasm("halt")
    assert run.registers == (0,) * 64
    assert run.stop.ip == 0x1000


@pytest.mark.manual("1.2")
def test_every_register_can_be_each_operand():
    lines = [f"constant r{n} {n * 0x01030507 + 9}" for n in range(64)]
    r = [n * 0x01030507 + 9 for n in range(64)]
    for n in range(64):
        d, s0, s1 = n, (n * 7 + 3) % 64, (n * 29 + 5) % 64
        lines.append(f"sub r{d} r{s0} r{s1}")
        r[d] = (r[s0] - r[s1]) % M
    assert run_qasm("\n".join([*lines, "halt"])).registers == tuple(r)


# --- encoding ------------------------------------------------------------------------------------

@pytest.mark.manual("1.3")
def test_words_encoded_by_hand_do_what_they_say():
    run = run_qasm("""
        word 0x05010000 700      ; constant r1 700
        word 0x05020000 0x07030102
        word 0x07030102               ; sub r3 r1 r2
        word 0x03010300               ; store r1 r3
        word 0x02040100               ; load r4 r1
        word 0x00000000""")
    assert run.registers[1:5] == (700, 0x07030102, (700 - 0x07030102) % M, (700 - 0x07030102) % M)
    assert run.stop.ip == 0x1007


@pytest.mark.manual("1.4")
def test_ip_as_an_operand_is_the_address_of_the_instruction():
    lines = ["constant r2 3", "constant r8 0", "constant r9 1"]
    names = []
    for insn in COMPUTING:
        for source in [name for name in insn.operands if name in ("s0", "s1")]:
            fields = {name: 2 for name in insn.operands if name != "d"}
            label = f"@{insn.mnemonic}_{source}"
            by_ip = encode(insn.mnemonic, d=5, **{**fields, source: 64})
            by_register = encode(insn.mnemonic, d=6, **{**fields, source: 10})
            lines += [f"constant r10 {label}", f"{label}:", f"word {by_ip:#x}",
                      f"word {by_register:#x}", "neq r7 r5 r6", "add r8 r8 r7"]
            names.append(label)
    run = run_qasm("\n".join([*lines, "halt"]))
    assert run.registers[8] == 0
    assert len(names) > 50


@pytest.mark.manual("1.4")
def test_memory_instructions_and_jumps_read_ip_too():
    jump_back = encode("jmp", s0=7)
    run = run_qasm(f"""
        constant r7 @back
    @load:
        load r1 ip                ; its own word
    @store:
        word {encode("store", d=64, s0=64):#x}  ; its own word becomes its address
        constant r2 @store
        load r3 r2
        jz ip r4                  ; ip is not zero: not taken
        jnz r4 ip
        rjz ip r4
        rjnz r4 ip
        constant r8 @jump
        add r9 r8 r8
        constant r10 {jump_back}
        store r9 r10
    @jump:
        rjmp ip                   ; to twice its address
        halt
    @back:
        mov r6 ip
        halt""")
    assert run.registers[1] == encode("load", d=1, s0=64)
    assert run.registers[3] == run.symbols["store"]
    assert run.registers[6] == run.symbols["back"]


@pytest.mark.manual("1.4")
def test_a_jump_to_ip_goes_round_for_ever():
    run = run_qasm("nop\njmp ip\nhalt", budget=500, expected=Status.RUNNING)
    assert run.ip == PROGRAM + 1


SKIPPER = f"""
@skip:
    {load(2, 0x42)}
    constant r3 1
    add r2 r2 r3
    store r58 r2
    constant r3 0
    int r3
"""


@pytest.mark.manual("1.5")
def test_every_bad_field_and_every_unknown_opcode_is_an_invalid_instruction():
    words = [opcode << 24 for opcode in range(len(ISA), 256)]
    for insn in ISA:
        for name in insn.fields:
            written = name == "d" and insn.writes_d
            good = dict.fromkeys(insn.fields, 63)
            words += [encode(insn.mnemonic, **{**good, name: value})
                      for value in ((64, 65, 128, 255) if written else (65, 128, 255))]
    nop = encode("nop")  # also the second word of a `constant`
    text = "\n".join(f"word {word:#x} {nop:#x}" for word in words)
    run = run_qasm(f"{handlers({1: '@skip'})}\n@words:\n{text}\nhalt\n{SKIPPER}")
    assert run.codes(Kind.FAULT) == [Reason.INVALID_INSTRUCTION] * len(words)
    assert [int(ip) for ip in run.rows(Kind.FAULT)[:, 1]] == \
        [run.symbols["words"] + 2 * n for n in range(len(words))]


@pytest.mark.manual("1.5")
def test_fields_that_are_not_used_are_ignored():
    lines = ["constant r1 0x30000", "constant r2 0x40490FDB", "constant r8 0"]
    for insn in ISA:
        unused = sum(bits for name, bits in (("d", 0xFF << 16), ("s0", 0xFF << 8), ("s1", 0xFF))
                     if name not in insn.fields)
        if insn.mnemonic in ("halt", "int", "wait") or insn.mnemonic.startswith(("j", "rj")):
            continue  # below
        imm = "77" if insn.mnemonic == "constant" else ""
        fields = {name: {"d": 1 if insn.mnemonic == "store" else 5, "s0": 1, "s1": 2}[name]
                  for name in insn.fields}
        word = encode(insn.mnemonic, **fields)
        lines += ["constant r5 0", f"word {word | unused:#x} {imm}", "mov r6 r5",
                  "constant r5 0", f"word {word:#x} {imm}", "neq r7 r5 r6", "add r8 r8 r7"]
    # Jumps onto the next word, a software interrupt without a handler, and the end.
    lines += ["constant r3 @after", "word 0x14FF03FF", "halt", "@after:",
              "constant r3 @after2", "constant r4 0", "word 0x15FF0403", "halt", "@after2:",
              "constant r3 2", "word 0x23FF03FF", "halt", "word 0x25FF0403",
              "word 0x01FF03FF", "constant r0 5", "word 0x00FFFFFF"]
    run = run_qasm("\n".join(lines))
    assert run.registers[8] == 0
    assert (run.stop.stop, run.stop.exit_code) == (Stop.HALT, 5)


# --- what they compute ---------------------------------------------------------------------------

@pytest.mark.manual("1.7")
@pytest.mark.manual("1.8")
@pytest.mark.parametrize("mnemonic", [row(name) for name in EXPECTED])
def test_an_integer_instruction_computes_what_the_manual_says(mnemonic):
    assert computed(mnemonic, PAIRS) == [int(EXPECTED[mnemonic](a, b)) % M for a, b in PAIRS]


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic", [row(name) for name in NUMPY])
def test_a_float_instruction_computes_what_the_manual_says(mnemonic):
    a, b = (np.array(column, np.uint32) for column in zip(*FLOATS, strict=True))
    assert computed(mnemonic, FLOATS) == numpy_result(mnemonic, a, b).tolist()


@pytest.mark.manual("1.10")
@pytest.mark.parametrize("mnemonic, a, b, expected", [
    ("feq", 0x80000000, 0, 1), ("flt", 0x80000000, 0, 0), ("fgt", 0, 0x80000000, 0),
    ("feq", 0x7FC00000, 0x7FC00000, 0), ("flt", 0x7FC00000, 0x3F800000, 0),
    ("fgt", 0x3F800000, 0x7F800001, 0), ("flt", 0xFF800000, 0x7F800000, 1),
])
def test_float_comparisons_know_nan_and_minus_zero(mnemonic, a, b, expected):
    assert computed(mnemonic, [(a, b)]) == [expected]


CONVERTED = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFF80, 0xFFFFFF7F, 0x01000001,
             0x01000003, 0x80000041]


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic, value_of", [
    row("itof", lambda x: x - M if x >> 31 else x), row("utof", lambda x: x),
])
def test_an_integer_becomes_the_nearest_float(mnemonic, value_of):
    assert computed(mnemonic, [(x, 0) for x in CONVERTED]) == \
        [rounded(value_of(x), 0) for x in CONVERTED]


@pytest.mark.manual("1.11")
@pytest.mark.parametrize("mnemonic", [row("ftoi")])
def test_a_float_is_truncated_modulo_2_to_32(mnemonic):
    values = [*SPECIAL[::3].tolist(), 0xBFC00000, 0x4F800001, 0xCF800001, 0x7F800000, 0x7FC00000]
    wanted = [0 if x >> 23 & 0xFF == 255 else int(exact(x)) % M for x in values]
    assert computed(mnemonic, [(x, 0) for x in values]) == wanted
    assert computed(mnemonic, [(0xBFC00000, 0)]) == [0xFFFFFFFF]


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("1.12")
@pytest.mark.manual("3.8 2")
@pytest.mark.parametrize("opcode", range(25, 35))
def test_without_fpu_the_float_opcodes_are_unimplemented(opcode):
    run = fault_of(f"@it:\nword {opcode << 24 | 0x030102:#x}", config=NO_FPU)
    assert run.registers[60:62] == (Reason.UNIMPLEMENTED_INSTRUCTION, run.symbols["it"])


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("1.12")
def test_without_fpu_no_other_opcode_is_unimplemented():
    reasons = []
    for opcode in (len(ISA), 24 + 0x80, 0x23 - 1 + 0x40):
        reasons.append(fault_of(f"word {opcode << 24:#x}", config=NO_FPU).registers[60])
    assert reasons == [Reason.INVALID_INSTRUCTION] * 3


# --- the rest of the table -----------------------------------------------------------------------

@pytest.mark.manual("1.6 0")
@pytest.mark.parametrize("code", [0, 42, 0xFFFFFFFF])
def test_halt_stops_with_r0_as_the_exit_code(code):
    run = run_qasm(f"constant r0 {code}\nhalt\nconstant r0 9")
    assert (run.stop.stop, run.stop.exit_code, run.registers[0]) == (Stop.HALT, code, code)


@pytest.mark.manual("1.6 1")
def test_int_calls_the_handler_of_its_number():
    run = run_qasm(f"{store(0x44, 9)}{handlers({9: '@nine'})}constant r1 9\nint r1\nhalt\n"
                   "@nine:\nconstant r5 99\nhalt")
    assert run.registers[5] == 99


@pytest.mark.manual("1.6 2")
@pytest.mark.manual("1.6 3")
@pytest.mark.manual("1.8")
def test_load_and_store_take_their_address_from_s0_and_d():
    run = run_qasm("constant r1 0x3000\nconstant r2 77\nstore r1 r2\nload r3 r1\nload r1 r1\nhalt")
    assert run.registers[1:4] == (77, 77, 77)
    assert run.words(0x3000) == 77


@pytest.mark.manual("1.6 5")
def test_constant_is_two_words():
    run = run_qasm("constant r1 0x00000000\nconstant r2 0xFFFFFFFF\nmov r3 ip\nhalt")
    assert run.registers[1:4] == (0, 0xFFFFFFFF, PROGRAM + 4)


@pytest.mark.manual("1.6 23")
def test_nop_does_nothing():
    run = run_qasm("nop\nnop\nhalt")
    assert run.registers == (0,) * 64
    assert run.stop.ip == PROGRAM + 2


@pytest.mark.manual("1.6 24")
def test_wait_sleeps():
    run = run_qasm("constant r1 5\nwait\nconstant r1 6\nhalt", expected=Status.STUCK)
    assert (run.registers[1], run.ip) == (5, PROGRAM + 2)


@pytest.mark.parametrize("mnemonic, value, taken", [
    row("jmp", None, True), row("rjmp", None, True),
    *(row(jump, value, (value == 0) == jump.endswith("jz"))
      for jump in ("jz", "jnz", "rjz", "rjnz") for value in (0, 1, 0x80000000)),
])
def test_a_jump_goes_where_the_manual_says(mnemonic, value, taken):
    target = "4" if mnemonic[0] == "r" else "@there"
    test = "" if value is None else "r1 "
    run = run_qasm(f"""
        constant r1 {value or 0}
        constant r2 {target}
        {mnemonic} {test}r2
        constant r3 1
        halt
    @there:
        constant r3 2
        halt""")
    assert run.registers[3] == (2 if taken else 1)


@pytest.mark.manual("1.7")
def test_a_relative_jump_goes_back_by_wrapping_around():
    run = run_qasm("""
        constant r1 -2
        constant r2 3
        rjmp r2              ; over the next two
        halt
        halt
        rjmp r1              ; to the first of them""")
    assert run.stop.ip == PROGRAM + 5


@pytest.mark.manual("1.7")
def test_the_instruction_behind_the_last_address_is_at_0():
    """A page table maps the last page of the address space, and the first."""
    code = [encode("constant", d=5), 0x55, encode("constant", d=6)]
    run = run_process(
        f"""constant r1 {2**32 - 3:#x}
        jmp r1""",
        (0xFFFFFFF0, 0x4000, 16, 9), (0, 0x5000, 8, 9),
        before="".join(store(0x400D + n, word) for n, word in enumerate(code))
        + store(0x5000, 0x66) + store(0x5001, 0xFF000000))
    assert run.registers[5:7] == (0x55, 0x66)
    assert run.registers[60:62] == (Reason.INVALID_INSTRUCTION, 1)


@pytest.mark.manual("1.7")
def test_addresses_of_loads_and_relative_jumps_wrap():
    run = run_qasm(f"""
        {store(0x10, 5)}
        constant r1 0xFFFFFFF0
        constant r2 0x20
        add r3 r1 r2
        load r4 r3
        halt""", config=FULL)
    assert run.registers[4] == 5
