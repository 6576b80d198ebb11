"""Lockstep: a trace of one machine, followed by another."""

import numpy as np
import pytest

from sim.golden import Follower, Golden
from sim.machine import Status
from toolchain.isa.trace import Kind, Word, Wrote
from toolchain.qasm import assemble
from toolchain.source import Source

PROGRAM = """
constant r1 0x46           ; the entry of interrupt 1
constant r2 @fault
store r1 r2
constant r1 0x47           ; and of the timer's
constant r2 @tick
store r1 r2
constant r1 0x300
constant r2 1
store r1 r2                ; interrupt every millisecond
constant r3 400
constant r5 @loop
@loop:
sub r3 r3 r2
mul r6 r3 r3
constant r7 0x2000
store r7 r6
load r8 r7
fadd r9 r8 r6
mod r10 r3 r1
constant r11 0xFFFFFFFF
load r11 r11               ; out of bounds
jnz r3 r5
constant r12 0
store r12 r12              ; masked
constant r0 7
halt
@fault:
constant r20 0x42
load r21 r20
constant r22 1
add r21 r21 r22
store r20 r21
@tick:
constant r0 0
int r0
"""


@pytest.fixture(scope="module")
def words():
    return assemble([Source("test.qasm", PROGRAM)]).words


def record(words, config=None, compiled=True, rows=20_000):
    golden = Golden(config, compiled=compiled)
    golden.load(words)
    trace = np.zeros((rows, len(Word)), np.uint32)
    status, used = golden.record(trace)
    assert status is Status.STOPPED
    return trace[:used]


@pytest.fixture(scope="module")
def trace(words):
    return record(words)


def follow(words, trace, compiled=True):
    follower = Follower(compiled=compiled)
    follower.load(words)
    return follower.apply(trace)


@pytest.mark.parametrize("compiled", [True, False])
def test_model_agrees_with_its_own_trace(words, trace, compiled):
    assert {Kind.INSN, Kind.FAULT, Kind.STOP} <= set(trace[:, Word.KIND])
    assert follow(words, trace, compiled) is None


def test_compiled_and_uncompiled_source_leave_the_same_trace(words, trace):
    assert (record(words, compiled=False) == trace).all()


@pytest.mark.parametrize("field", [Word.IP, Word.INSN, Word.IMM, Word.WROTE, Word.D, Word.VALUE,
                                   Word.ADDRESS, Word.DATA])
def test_first_wrong_field_of_an_instruction_is_named(words, trace, field):
    is_named = np.zeros(len(trace), bool)
    is_named[1000:] = trace[1000:, Word.KIND] == Kind.INSN
    if field in (Word.D, Word.VALUE):
        is_named &= trace[:, Word.WROTE] & Wrote.REGISTER != 0
    elif field in (Word.ADDRESS, Word.DATA):
        is_named &= trace[:, Word.WROTE] & (Wrote.LOADED | Wrote.MEMORY) != 0
    elif field == Word.IMM:
        is_named &= trace[:, Word.INSN] >> 24 == 5
    first = int(np.flatnonzero(is_named)[0])
    wrong = trace.copy()
    wrong[first, field] ^= 1
    divergence = follow(words, wrong)
    assert divergence.position == first
    assert divergence.rule == f"the field {field.name} differs"
    assert divergence.ours == tuple(trace[first])[:11] + (0,)
