"""What the golden model knows while it follows another machine: coverage, and the timer's rules."""
# mypy: disallow-untyped-defs=False
# Numba infers the types of arguments; an annotation here would be a comment that nobody checks.

from isa.machine import ENABLED
from sim.golden.compiled import MASK, index, int64, jit, jit_inline
from sim.golden.records import diverge
from sim.golden.state import (
    CHANGES,
    CLOCK,
    CLOCK_ID,
    DEVICE,
    DIVERGED,
    DROPS,
    EVENT,
    EXECUTE,
    FIELD,
    FINDS,
    FINDS_SEEN,
    INSN,
    INTERRUPTED,
    LATE_CYCLES,
    OPCODES,
    PERIOD,
    REASON,
    RULE_CLOCK,
    RULE_EARLY,
    RULE_LATE,
    RULE_MASKED,
    RULE_RUNNING,
    RULE_SOURCE,
    SEEN,
    SOURCES,
    STOPS,
    TICK,
    TICK_CHANGES,
    TICK_TIME,
    TICK_WAITS,
    TICKS,
    TIME,
    TIMER_CARRY,
    TIMER_GONE,
    TIMER_SET,
    TIMER_SLACK,
    TIMER_TAKEN,
    W_ARG,
    W_CODE,
    W_CYCLE,
    W_IP,
    W_KIND,
    WAS_MASKED,
)
from sim.golden.translation import find, was_found
from sim.golden.traps import accept

__all__ = ["COVERAGE_WORDS", "count_fault", "count_insn", "coverage_index", "fault_index",
           "follow_event", "follow_mask", "follow_timer", "take_tick", "timer_waits"]

# What FOLLOW has seen, counted: instructions by opcode and circumstance, then faults by mode, by
# the place they come from and their reason.
PLACES = ("fetch", "second word", "decode", "load", "store", "int", "halt", "interrupt")
FETCH, SECOND, DECODE, LOAD, STORE, INT, HALT, INTERRUPT = range(len(PLACES))
NO_PLACE = -1

MODES = ("privileged", "masked", "translated")  # what code is
IN_PRIVILEGED, IN_MASKED, IN_TRANSLATED = range(len(MODES))

REASONS        = 8  # more than there are
COVER_FAULTS   = OPCODES * 2 * 2 * 2
COVERAGE_WORDS = COVER_FAULTS + len(MODES) * len(PLACES) * REASONS

LAST_SOURCE = 31  # no interrupt number of a peripheral is higher


@jit
def coverage_index(op, translated, missed, interrupted):
    return ((op * 2 + translated) * 2 + missed) * 2 + interrupted


@jit
def fault_index(mode, place, reason):
    return COVER_FAULTS + (mode * len(PLACES) + place) * REASONS + reason


@jit_inline
def count_insn(cpu, cover, op, active):
    """An instruction retired."""
    missed = int64(cpu[FINDS] != cpu[FINDS_SEEN])
    cpu[FINDS_SEEN] = cpu[FINDS]
    cover[index(coverage_index(op, int64(active), missed, 0))] += 1


@jit
def count_fault(mem, cpu, cover, active, place, reason):
    """An instruction faulted."""
    cpu[FINDS_SEEN] = cpu[FINDS]
    mode = int64(IN_PRIVILEGED)
    if active:
        mode = int64(IN_TRANSLATED)
    elif mem[index(ENABLED)] == 0:
        mode = int64(IN_MASKED)
    cover[index(fault_index(mode, place, reason))] += 1


# --- the timer's interrupt is neither early nor late ----------------------------------------------

@jit
def time_at(cpu, trace, at):
    """When a record came; records have the low half of a cycle's number."""
    return cpu[TIME] + (int64(trace[index(at), index(W_CYCLE)]) - cpu[TIME] & MASK)


@jit
def time_before(cpu, trace, at):
    """When the program's last record before this one came; the timer's store, which came earlier,
    if it is not among these records. Those of devices say nothing of how far the program is: they
    come at any time, also while a handler's address is read."""
    at -= 1
    while at >= 0 and int64(trace[index(at), index(W_KIND)]) == EVENT:
        at -= 1
    if at < 0:
        return cpu[TIMER_SET]
    since = int64(trace[index(at), index(W_CYCLE)]) - cpu[TIME] & MASK
    return cpu[TIME] + (since - (MASK + 1) if since > MASK >> 1 else since)


@jit
def ticks_at(cpu, slack):
    """How often the timer's interrupt has come, as seen so many cycles later."""
    came = cpu[TIMER_CARRY]
    if cpu[PERIOD] > 0:
        came += max(int64(0), cpu[TIME] - cpu[TIMER_SET] + slack) // cpu[PERIOD]
    return came


@jit
def timer_waits(cpu):
    """Whether the timer's interrupt may have come more often than it was accepted."""
    return ticks_at(cpu, TIMER_SLACK) > cpu[TIMER_TAKEN]


@jit
def take_tick(cpu, before):
    """A timer interrupt was accepted. One stands for all that came while masked: there is one
    pending bit, so what came for certain by then is not to be accepted any more. That is what came
    `before`, by the cycle of the program's record in front: until its own record the handler's
    address is read, which takes any time, and the next interrupt may come meanwhile."""
    cpu[TIMER_TAKEN] = max(cpu[TIMER_TAKEN] + 1, ticks_at(cpu, before - cpu[TIME] - TIMER_SLACK))
    cpu[TIMER_GONE] = max(cpu[TIMER_GONE] + 1, ticks_at(cpu, -TIMER_SLACK))


@jit
def follow_timer(cpu, period, cycle):
    """A store to the timer; `cycle` is the low half of the other machine's count."""
    cpu[TIME] += cycle - cpu[TIME] & MASK
    cpu[TIMER_CARRY] = int64(timer_waits(cpu))
    cpu[TIMER_SET] = cpu[TIME]
    cpu[TIMER_TAKEN], cpu[TIMER_GONE] = 0, 0
    cpu[PERIOD] = period


@jit
def follow_mask(mem, cpu, trace, at):
    """Interrupts may have become masked or unmasked by the record before. Where those that come
    while masked are lost, none from before the unmasking is to be accepted any more."""
    masked = int64(mem[index(ENABLED)] == 0)
    if cpu[DROPS] and cpu[WAS_MASKED] and not masked and at > 0:
        cpu[TIME] = time_at(cpu, trace, at - 1)
        cpu[TIMER_TAKEN] = max(cpu[TIMER_TAKEN], ticks_at(cpu, -TIMER_SLACK))
        cpu[TIMER_GONE] = max(cpu[TIMER_GONE], ticks_at(cpu, TIMER_SLACK))
    cpu[WAS_MASKED] = masked


@jit
def follow_tick(mem, cpu):
    """The clock ticks; whether a timer interrupt has been waiting for too long."""
    waits = int64(ticks_at(cpu, TIMER_SLACK) > cpu[TIMER_GONE])
    late = (waits and cpu[TICK_WAITS] and mem[index(ENABLED)] != 0
            and cpu[CHANGES] == cpu[TICK_CHANGES] and cpu[TIME] - cpu[TICK_TIME] >= LATE_CYCLES)
    if waits != cpu[TICK_WAITS] or cpu[CHANGES] != cpu[TICK_CHANGES]:
        cpu[TICK_TIME] = cpu[TIME]
        cpu[TICK_WAITS] = waits
        cpu[TICK_CHANGES] = cpu[CHANGES]
    return late


# --- records that are no instruction's ------------------------------------------------------------

@jit
def follow_interrupt(mem, regs, cpu, cover, trace, at, ip, active):
    """An interrupt was accepted before the instruction at `ip`: the next ip."""
    before = time_before(cpu, trace, at)
    cpu[TIME] = time_at(cpu, trace, at)
    number = int64(trace[index(at), index(W_CODE)])
    if ip != int64(trace[index(at), index(W_IP)]):
        diverge(cpu, W_IP, INTERRUPTED, ip, number)
    elif number > LAST_SOURCE or cpu[SOURCES] >> number & 1 == 0:
        diverge(cpu, RULE_SOURCE, INTERRUPTED, ip, number)
    elif mem[index(ENABLED)] == 0:
        diverge(cpu, RULE_MASKED, INTERRUPTED, ip, number)
    elif number == TICK and not timer_waits(cpu):
        diverge(cpu, RULE_EARLY, INTERRUPTED, ip, number)
    if cpu[FIELD] >= 0:
        return ip
    if number == TICK:
        take_tick(cpu, before)
    cpu[CHANGES] += 1
    event, low, high, delta = find(mem, cpu, active, ip, EXECUTE)
    if event == 0:
        op = int64(mem[index(ip + delta)]) >> 24
        missed = int64(active and not was_found(cpu, ip, EXECUTE))
        cover[index(coverage_index(op, int64(active), missed, 1))] += 1
    reason = cpu[REASON]
    cpu[REASON] = 0
    next_ip = accept(mem, regs, cpu, number, ip)
    if cpu[REASON]:
        mode = int64(IN_TRANSLATED) if active else int64(IN_PRIVILEGED)
        cover[index(fault_index(mode, INTERRUPT, cpu[REASON]))] += 1
    else:
        cpu[REASON] = reason
    return next_ip


@jit
def follow_clock(mem, cpu, trace, at, ip):
    """The clock ticked."""
    cpu[TICKS] = cpu[TICKS] + 1 & MASK
    mem[index(cpu[CLOCK])] = cpu[TICKS]
    if cpu[TICKS] != int64(trace[index(at), index(W_ARG)]):
        diverge(cpu, RULE_CLOCK, EVENT, 0, cpu[CLOCK_ID])
    elif follow_tick(mem, cpu):
        diverge(cpu, RULE_LATE, INTERRUPTED, ip, TICK)
    if cpu[FIELD] >= 0:
        cpu[SEEN + W_ARG] = cpu[TICKS]


@jit
def follow_event(mem, regs, cpu, cover, trace, at, ip, active):
    """Apply a record that is no instruction's: (why to leave or 0, the next ip)."""
    kind = int64(trace[index(at), index(W_KIND)])
    if kind == INTERRUPTED:
        ip = follow_interrupt(mem, regs, cpu, cover, trace, at, ip, active)
    elif kind == EVENT:
        cpu[TIME] = time_at(cpu, trace, at)
        if cpu[CLOCK] == 0 or int64(trace[index(at), index(W_CODE)]) != cpu[CLOCK_ID]:
            return int64(DEVICE), ip
        follow_clock(mem, cpu, trace, at, ip)
    else:
        diverge(cpu, RULE_RUNNING if kind == STOPS else W_KIND, INSN, ip, 0)
    return int64(DIVERGED) if cpu[FIELD] >= 0 else int64(0), ip
