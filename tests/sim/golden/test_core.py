"""The loop itself: where its fast path ends, and that nobody can tell."""

import io
import random
from dataclasses import replace

import numpy as np
import pytest

from isa import IP_FIELD, encode
from isa.config import MachineConfig, PageTable
from isa.machine import ENTRY_TABLE, FAULT_REASON, FRAME_IP, PROGRAM, Reason
from isa.trace import RECORD_WORDS, Word
from sim.fuzz.generate import generate
from sim.golden import Golden, state
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status
from tests.support.golden import Model, list_table

ALL    = 15
END    = 0x700  # a handler that halts
HALTS  = {ENTRY_TABLE + 1: END, ENTRY_TABLE + 3: END, END: 0}
CYCLES = 3_000
LIST   = MachineConfig(cycles_per_ms=20, ram_words=0x40000)
BUILDS = {"list": LIST, "two-level": replace(LIST, page_table=PageTable.TWO_LEVEL)}


def load(config, seed, **options):
    """A machine with a random program: it changes its code, faults and is interrupted often."""
    program = generate(seed, config)
    golden = Golden(config, Hosts(Terminal(program.setting.stdin, io.BytesIO())), **options)
    golden.load(program.render())
    return golden


def all_of(golden):
    return (golden.registers(), golden.cycles, golden.instructions, golden.stop,
            hash(golden.memory.tobytes()))


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("seed", range(8))
def test_a_program_does_the_same_in_one_run_in_pieces_recorded_and_uncompiled(build, seed):
    whole = load(BUILDS[build], seed)
    whole.run(CYCLES)

    pieces, rng = load(BUILDS[build], seed), random.Random(seed)
    status = Status.RUNNING
    while status is Status.RUNNING and pieces.cycles < CYCLES:
        status = pieces.run(min(rng.choice([1, 1, 1, 2, 3, 50]), CYCLES - pieces.cycles))

    records = []
    recorded = load(BUILDS[build], seed, observe=lambda rows: records.append(rows.copy()))
    recorded.run(CYCLES)
    uncompiled = load(BUILDS[build], seed, compiled=False)
    uncompiled.run(CYCLES)
    assert all_of(pieces) == all_of(whole)
    assert all_of(recorded) == all_of(whole)
    assert all_of(uncompiled) == all_of(whole)
    assert np.count_nonzero(np.concatenate(records)[:, Word.KIND] == 0) == whole.instructions


@pytest.mark.parametrize("rows", range(9, 24))
def test_a_trace_of_few_rows_is_never_too_short(rows):
    """A program whose clock ticks often leaves records besides those of its instructions."""
    golden, trace = load(LIST, 3), np.zeros((rows + 1, RECORD_WORDS), np.uint32)
    whole = load(LIST, 3)
    for _ in range(20):
        _, used = golden.record(trace[:rows])
        assert used <= rows
        assert not trace[rows].any()
    whole.run(golden.cycles)
    assert all_of(golden) == all_of(whole)


def test_uncompiled_too_a_run_can_begin_with_what_cannot_be_fetched():
    golden = Golden(compiled=False)
    golden.load([])
    golden.cpu[state.IP] = 0xFFFF_FFFF
    status, used = golden.record(np.zeros((100, RECORD_WORDS), np.uint32))
    assert (status, used > 0, golden.fault_ip) == (Status.STOPPED, True, 0xFFFF_FFFF)


def test_a_store_can_name_ip_as_its_address():
    golden = Golden()
    golden.load([encode("store", d=IP_FIELD, s0=1), encode("halt")])
    assert golden.run(9) is Status.STOPPED
    assert (golden.fault_ip, golden.memory[PROGRAM]) == (PROGRAM + 1, 0)


@pytest.mark.manual("5.3")
@pytest.mark.parametrize("flags, reason", [
    (ALL, Reason.INVALID_INSTRUCTION), (ALL & ~8, Reason.MEMORY_FAULT),
])
def test_a_second_word_that_cannot_be_fetched_takes_precedence_over_a_bad_field(flags, reason):
    golden = Model().run_translated(
        [], list_table((0x5000, 0x5000, 1, ALL), (0x5001, 0x5001, 1, flags)), start=0x5000,
        memory={**HALTS, 0x5000: [encode("constant", d=0) | 64 << 16, 7]})
    assert golden.memory[FAULT_REASON] == reason
    assert golden.memory[FRAME_IP] == 0x5000


def test_a_constant_at_the_last_address_has_its_second_word_at_the_first():
    golden = Model().run_translated(
        [], list_table((0, 0x6000, 16, ALL), (0xFFFFFFFF, 0x5000, 1, ALL)), start=0xFFFFFFFF,
        memory={**HALTS, 0x5000: encode("constant", d=1),
                0x6000: [77, encode("constant", d=2), 3, encode("int", s0=2)]})
    assert golden.registers().general[1:3] == (77, 3)
    assert golden.memory[FRAME_IP] == 4


def test_after_the_last_address_comes_the_first():
    golden = Model().run_translated(
        [], list_table((0, 0x6000, 16, ALL), (0xFFFFFFFE, 0x5000, 2, ALL)), start=0xFFFFFFFE,
        memory={**HALTS, 0x5000: [encode("nop"), encode("nop")],
                0x6000: [encode("constant", d=2), 3, encode("int", s0=2)]})
    assert golden.registers().general[2] == 3


def test_a_constant_between_two_ranges_is_changed_by_the_instruction_before_it():
    golden = Model().run_translated(
        [], list_table((0x4FF0, 0x4FF0, 0x12, ALL), (0x5002, 0x7000, 0x10, ALL)), start=0x4FF0,
        memory={**HALTS, 0x4FF0: [encode("constant", d=1), 0x5002, encode("constant", d=2), 55,
                                  encode("constant", d=5), 0x5000, encode("jmp", s0=5)],
                0x5000: [encode("store", d=1, s0=2), encode("constant", d=3)],
                0x7000: [0, encode("constant", d=4), 3, encode("int", s0=4)]})
    assert golden.registers().general[3] == 55
