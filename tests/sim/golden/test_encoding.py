"""Manual, section 1: how instructions are encoded, `ip` and jumps."""

import pytest

from isa import IP_FIELD, ISA, encode
from isa.config import MachineConfig
from isa.machine import PROGRAM, Reason
from isa.trace import Stop
from tests.support.golden import Model, qasm_words


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
@pytest.mark.parametrize("others", [0, IP_FIELD])
@pytest.mark.parametrize("insn", ISA, ids=[insn.mnemonic for insn in ISA])
def test_fields_that_an_instruction_does_not_use_are_ignored_whatever_the_others_are(insn, others):
    if insn.mnemonic in ("halt", "int", "wait"):
        pytest.skip("does not simply go on")
    unused = {"d": 0xFF << 16, "s0": 0xFF << 8, "s1": 0xFF}
    word = encode(insn.mnemonic, **{name: others for name in insn.fields
                                    if name != "d" or not insn.writes_d})
    word |= sum(bits for name, bits in unused.items() if name not in insn.fields)
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
