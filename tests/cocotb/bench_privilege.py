"""Bench of privilege: an unprivileged program tries everything that it must not do."""

import cocotb

from isa import BY_MNEMONIC
from isa.trace import Kind, Stop
from tests.cocotb.privilege_program import FAULTS, MOVED, PROGRAM
from tests.cocotb.support import records_until_stop, start


def opcode(record):
    """What a record's instruction is."""
    return record.insn >> 24


@cocotb.test(timeout_time=100, timeout_unit="us")
async def what_is_not_allowed_faults_and_the_handler_is_privileged(dut):
    await start(dut)
    records = await records_until_stop(dut)
    faults = [(record.ip, record.code) for record in records if record.kind == Kind.FAULT]
    assert faults == [(PROGRAM.symbols[label] + MOVED, reason) for label, reason in FAULTS]
    assert records[-1].kind == Kind.STOP and records[-1].code == Stop.HALT
    assert records[-2].ip < MOVED, "the halt was not the handler's"


@cocotb.test(timeout_time=100, timeout_unit="us")
async def nothing_of_what_faulted_happened(dut):
    await start(dut)
    records = await records_until_stop(dut)
    user = [record for record in records if record.kind == Kind.INSN and record.ip >= MOVED]
    stores = [record for record in user if opcode(record) == BY_MNEMONIC["store"].opcode]
    loads  = [record for record in user if opcode(record) == BY_MNEMONIC["load"].opcode]
    assert not stores
    assert [(record.address, record.value) for record in loads] == [(0x1000, PROGRAM.words[0])]
    reasons = [record.value for record in records if record.kind == Kind.INSN and record.d == 5
               and opcode(record) == BY_MNEMONIC["load"].opcode]
    assert reasons == [reason for _, reason in FAULTS]
