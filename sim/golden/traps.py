"""Interrupts, faults and the passing of time: the manual's sections 3 and 4, timer and clock."""
# mypy: disallow-untyped-defs=False
# Numba infers the types of arguments; an annotation here would be a comment that nobody checks.

from isa import REGISTERS
from isa.machine import (
    ENABLED,
    ENTRY_TABLE,
    FAULT_REASON,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
    Interrupt,
)
from sim.golden.compiled import MASK, index, int64, jit
from sim.golden.records import put_record
from sim.golden.state import (
    CAUSE,
    CAUSE_IMM,
    CAUSE_INSN,
    CLOCK,
    CLOCK_ID,
    CYCLES_MS,
    DOUBLE_FAULT,
    DROPS,
    EVENT,
    IN_FAULT,
    INTERRUPTED,
    INVALID_INTERRUPT,
    NO_HANDLER,
    OUT_OF_BOUNDS,
    PENDING,
    PERIOD,
    RAM_WORDS,
    REASON,
    REMAP,
    STOPPED,
    TICK,
    TICK_DUE,
    TICKS,
    TIMER_DUE,
    TRANSLATING,
    W_ARG,
)

__all__ = ["accept", "fault", "pass_time", "return_from_interrupt", "software_interrupt"]

OF_FAULT = int(Interrupt.FAULT)


@jit
def enter(mem, regs, cpu, number, saved_ip):
    """Steps 3 to 5 of taking an interrupt whose handler is there; gives the handler's address."""
    cpu[TRANSLATING] = 0
    if mem[index(ENABLED)] != 0:
        for r in range(REGISTERS):
            mem[index(FRAME_REGISTERS + r)] = regs[index(r)]
        mem[index(FRAME_IP)] = saved_ip & MASK
    mem[index(ENABLED)] = 0
    return int64(mem[index(ENTRY_TABLE + number)])


@jit
def fault(mem, regs, cpu, reason, ip):
    """Take a fault of the instruction at `ip`; gives the next ip. This may stop the machine."""
    mem[index(FAULT_REASON)] = reason
    cpu[REASON] = reason
    cpu[CAUSE] = ip
    if cpu[IN_FAULT]:
        cpu[STOPPED] = DOUBLE_FAULT
        return ip
    if mem[index(HIGHEST_INTERRUPT)] == 0 or mem[index(ENTRY_TABLE + OF_FAULT)] == 0:
        cpu[STOPPED] = NO_HANDLER
        return ip
    cpu[IN_FAULT] = 1
    return enter(mem, regs, cpu, OF_FAULT, ip)


@jit
def accept(mem, regs, cpu, number, ip):
    """A peripheral's interrupt that is not masked, before the instruction at `ip`; the next ip."""
    cpu[CAUSE_INSN], cpu[CAUSE_IMM] = 0, 0
    if number > int64(mem[index(HIGHEST_INTERRUPT)]):
        return fault(mem, regs, cpu, INVALID_INTERRUPT, ip)
    if mem[index(ENTRY_TABLE + number)] == 0:
        return ip  # dropped
    return enter(mem, regs, cpu, number, ip)


@jit
def return_from_interrupt(mem, regs, cpu):
    """`int` with 0, by privileged code: (event, next ip)."""
    for r in range(REGISTERS):
        regs[index(r)] = int64(mem[index(FRAME_REGISTERS + r)])
        mem[index(FRAME_REGISTERS + r)] = 0
    next_ip = int64(mem[index(FRAME_IP)])
    mem[index(FRAME_IP)] = 0
    cpu[IN_FAULT] = 0
    if next_ip == 0:
        return int64(INVALID_INTERRUPT), next_ip
    mem[index(ENABLED)] = 1
    cpu[TRANSLATING] = 1
    return int64(REMAP), next_ip


@jit
def software_interrupt(mem, regs, cpu, number, next_ip):
    """`int` with a number: (event, next ip)."""
    if mem[index(ENABLED)] == 0 and number != OF_FAULT:
        return int64(0), next_ip
    if number > int64(mem[index(HIGHEST_INTERRUPT)]):
        return int64(INVALID_INTERRUPT), next_ip
    if ENTRY_TABLE + number >= cpu[RAM_WORDS]:
        return int64(OUT_OF_BOUNDS), next_ip
    if mem[index(ENTRY_TABLE + number)] == 0:
        return int64(0), next_ip
    return int64(REMAP), enter(mem, regs, cpu, number, next_ip)


@jit
def lowest_bit(bits):
    number = int64(0)
    while bits >> number & 1 == 0:
        number += 1
    return number


@jit
def pass_time(mem, regs, cpu, trace, at, ip, cycles, records):
    """Clock, timer, and an interrupt that is pending and not masked: the next (ip, `at`)."""
    while cycles >= cpu[TICK_DUE]:
        cpu[TICK_DUE] += cpu[CYCLES_MS]
        cpu[TICKS] = cpu[TICKS] + 1 & MASK
        mem[index(cpu[CLOCK])] = cpu[TICKS]
        if records:
            put_record(trace, at, EVENT, 0, cpu[CLOCK_ID], cycles)
            trace[index(at), index(W_ARG)] = cpu[TICKS]
            at += 1
    if cycles >= cpu[TIMER_DUE]:
        cpu[TIMER_DUE] += cpu[PERIOD]
        cpu[PENDING] |= 1 << TICK
    if cpu[DROPS] and mem[index(ENABLED)] == 0:
        cpu[PENDING] = 0
    if cpu[PENDING] and mem[index(ENABLED)] != 0:
        number = lowest_bit(cpu[PENDING])
        cpu[PENDING] &= ~(int64(1) << number)
        if records:
            put_record(trace, at, INTERRUPTED, ip, number, cycles)
            at += 1
        ip = accept(mem, regs, cpu, number, ip & MASK)
    return ip, at
