"""The decoder's table and its checks of register fields."""

import pytest
from amaranth.sim import Simulator

from isa import BY_MNEMONIC, ISA
from rtl.bus import Reason
from rtl.core.control import CONTROL, FPU_MNEMONICS, Decoder

BAD, LEFT_OUT = Reason.INVALID_INSTRUCTION, Reason.UNIMPLEMENTED_INSTRUCTION


def reasons(words, *, fpu=True):
    dut, found = Decoder(fpu=fpu), []

    async def bench(ctx):
        for word in words:
            ctx.set(dut.word.as_value(), word)
            found.append(ctx.get(dut.reason))

    simulator = Simulator(dut)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def test_both_tables_have_the_same_instructions():
    assert CONTROL.keys() == BY_MNEMONIC.keys()


@pytest.mark.manual("1.5")
def test_every_opcode_of_the_table_decodes_and_no_other():
    known = {insn.opcode for insn in ISA}
    found = reasons([opcode << 24 for opcode in range(256)])
    assert [opcode for opcode in range(256) if found[opcode] is Reason.NONE] == sorted(known)


@pytest.mark.manual("1.4", "1.5")
@pytest.mark.parametrize("word, reason", [
    (0x06010203, Reason.NONE),  # add r1 r2 r3
    (0x06014040, Reason.NONE),  # add r1 ip ip
    (0x06400203, BAD),          # add ip r2 r3
    (0x06014103, BAD),
    (0x060102FF, BAD),
    (0x04010280, Reason.NONE),  # mov has no s1
    (0x03400200, Reason.NONE),  # store ip r2: d is read
    (0x03410200, BAD),
    (0x0541FFFF, BAD),          # constant has d alone
    (0x053FFFFF, Reason.NONE),
    (0x17FFFFFF, Reason.NONE),  # nop has no fields
])
def test_register_fields_are_checked_where_they_are_used(word, reason):
    assert reasons([word]) == [reason]


@pytest.mark.manual("1.12")
def test_floating_point_can_be_left_out_whatever_the_fields_are():
    words = [BY_MNEMONIC[name].opcode << 24 | 0xFFFFFF for name in FPU_MNEMONICS]
    assert set(reasons(words, fpu=False)) == {LEFT_OUT}
    assert set(reasons(words)) == {BAD}
    assert len(words) == 10
