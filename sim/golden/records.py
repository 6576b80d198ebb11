"""Trace records of the golden model: making them, and comparing with another machine's.

`made` in here is what an instruction did, in the order of a record's words from INSN on: (word,
second word, `Wrote`, register written, its value, address, data).
"""
# mypy: disallow-untyped-defs=False
# Numba infers the types of arguments; an annotation here would be a comment that nobody checks.

from isa.trace import RECORD_WORDS
from sim.golden.compiled import MASK, index, int64, jit, jit_inline
from sim.golden.state import (
    A_REGISTER,
    ACCESSED,
    BASE,
    CAUSE,
    CLOCK_ID,
    DEVICE,
    DIVERGED,
    EVENT,
    FIELD,
    RULE_ASLEEP,
    RULE_STOPPED,
    SEEN,
    SLEEP,
    STOP,
    STOPPED,
    STOPS,
    W_ADDRESS,
    W_CODE,
    W_CYCLE,
    W_D,
    W_DATA,
    W_IMM,
    W_INSN,
    W_IP,
    W_KIND,
    W_VALUE,
    W_WROTE,
)

__all__ = ["agrees", "differs", "diverge", "effects", "follow_stop", "leave_record", "put_record"]


@jit_inline
def put_record(trace, at, kind, ip, code, cycle):
    """A record with nothing but these; the rest is 0."""
    row = index(at)
    for word in range(RECORD_WORDS):
        trace[row, index(word)] = 0
    trace[row, index(W_KIND)] = kind
    trace[row, index(W_IP)] = ip
    trace[row, index(W_CODE)] = code
    trace[row, index(W_CYCLE)] = cycle & MASK


@jit_inline
def effects(word, imm, wrote, d, value, address):
    """What an instruction did; `value` went to a register, or to or from memory, or both."""
    to_register = wrote & A_REGISTER != 0
    return (word, imm, wrote, d if to_register else int64(0), value if to_register else int64(0),
            address, value if wrote & ACCESSED else int64(0))


@jit_inline
def leave_record(cpu, trace, at, fault, ip, made, cycle, active):
    """The record of an instruction; `fault` is its reason, 0 if it retired."""
    put_record(trace, at, int64(fault != 0), ip, fault, cycle)
    if fault == 0:
        row = index(at)
        word, imm, wrote, d, value, address, data = made
        trace[row, index(W_INSN)] = word
        trace[row, index(W_IMM)] = imm
        trace[row, index(W_WROTE)] = wrote
        trace[row, index(W_D)] = d
        trace[row, index(W_VALUE)] = value
        trace[row, index(W_ADDRESS)] = address
        trace[row, index(W_DATA)] = data
    if trace.shape[1] > RECORD_WORDS:  # where it was, for who wants to know
        trace[index(at), index(RECORD_WORDS)] = cpu[BASE] if active else 0


@jit
def diverge(cpu, field, kind, ip, code):
    """Note what differs, and a record of the model's own without any effects."""
    cpu[FIELD] = field
    for word in range(RECORD_WORDS):
        cpu[SEEN + word] = 0
    cpu[SEEN] = kind
    cpu[SEEN + W_IP] = ip
    cpu[SEEN + W_CODE] = code


@jit_inline
def agrees(trace, at, ip, made):
    """Whether a record says just this of an instruction. Where it does not, ask `differs`."""
    row = index(at)
    word, imm, wrote, d, value, address, data = made
    return (int64(trace[row, index(W_KIND)]) | ip ^ int64(trace[row, index(W_IP)])
            | word ^ int64(trace[row, index(W_INSN)]) | imm ^ int64(trace[row, index(W_IMM)])
            | wrote ^ int64(trace[row, index(W_WROTE)]) | d ^ int64(trace[row, index(W_D)])
            | value ^ int64(trace[row, index(W_VALUE)])
            | address ^ int64(trace[row, index(W_ADDRESS)])
            | data ^ int64(trace[row, index(W_DATA)])) == 0


@jit
def first_difference(trace, at, event, fault, ip, made):
    """The first field, or rule, in which a record is not what the model makes of it; or -1."""
    row = index(at)
    word, imm, wrote, d, value, address, data = made
    field = int64(-1)
    if int64(trace[row, index(W_KIND)]) != int64(fault != 0):
        field = int64(W_KIND)
    elif ip != int64(trace[row, index(W_IP)]):
        field = int64(W_IP)
    elif fault:
        if fault != int64(trace[row, index(W_CODE)]):
            field = int64(W_CODE)
    elif word != int64(trace[row, index(W_INSN)]):
        field = int64(W_INSN)
    elif imm != int64(trace[row, index(W_IMM)]):
        field = int64(W_IMM)
    elif wrote != int64(trace[row, index(W_WROTE)]):
        field = int64(W_WROTE)
    elif d != int64(trace[row, index(W_D)]):
        field = int64(W_D)
    elif value != int64(trace[row, index(W_VALUE)]):
        field = int64(W_VALUE)
    elif address != int64(trace[row, index(W_ADDRESS)]):
        field = int64(W_ADDRESS)
    elif data != int64(trace[row, index(W_DATA)]):
        field = int64(W_DATA)
    elif event == SLEEP:
        field = int64(RULE_ASLEEP)
    return field


@jit
def differs(cpu, trace, at, event, fault, ip, made):
    """Whether the record of an instruction is not the model's own; if so, notes how."""
    field = first_difference(trace, at, event, fault, ip, made)
    if field < 0:
        return False
    diverge(cpu, field, int64(fault != 0), ip, fault)
    if fault == 0:
        word, imm, wrote, d, value, address, data = made
        cpu[SEEN + W_INSN], cpu[SEEN + W_IMM] = word, imm
        cpu[SEEN + W_WROTE], cpu[SEEN + W_D] = wrote, d
        cpu[SEEN + W_VALUE], cpu[SEEN + W_ADDRESS] = value, address
        cpu[SEEN + W_DATA] = data
    return True


@jit
def follow_stop(cpu, trace, at, trace_end):
    """The model has stopped, and another record should say so: (why to leave, next `at`)."""
    # A device may do something in the same moment, but then STOP comes.
    while at < trace_end and trace[index(at), index(W_KIND)] == EVENT:
        if int64(trace[index(at), index(W_CODE)]) != cpu[CLOCK_ID]:
            return int64(DEVICE), at
        at += 1
    if at == trace_end:
        return int64(STOP), at
    code = cpu[STOPPED] - 1
    if int64(trace[index(at), index(W_KIND)]) != STOPS:
        diverge(cpu, RULE_STOPPED, STOPS, cpu[CAUSE], code)
        return int64(DIVERGED), at
    if int64(trace[index(at), index(W_CODE)]) != code:
        diverge(cpu, W_CODE, STOPS, cpu[CAUSE], code)
        return int64(DIVERGED), at
    return int64(STOP), at + 1
