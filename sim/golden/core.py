"""The instruction loop of the golden model: the manual's sections 1 to 5, one instruction a turn.

One function, `run`, made in three variants by `make_run`: RUN goes on by itself, an instruction a
cycle; RECORD does too and leaves trace records; FOLLOW applies the records of another machine and
stops at the first that disagrees. Numba compiles them; `sim.golden.interpreted` makes the same
source run uncompiled. Everything a run needs lies in arrays that outlive it: memory, registers and
`cpu`, whose words are named below.

Integers are int64 and kept in 0 to 2^32-1 by masks: Numba makes floats of an int64 and a uint64.
An array index goes through `index`, which spares the check for negative ones. `ip` may be 2^32
after an instruction at the last address; it is masked where it leaves the fast path.

All of it is in this one file because Numba's cache of compiled code notices changes of the file
that a function is in, and of no other.
"""
# mypy: disallow-untyped-defs=False
# Numba infers the types of arguments; an annotation here would be a comment that nobody checks.

from typing import Any

import numba
import numpy as np

from isa.machine import (
    ENABLED,
    ENTRY_TABLE,
    FAULT_REASON,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
    NAN,
    RESERVED_LIMIT,
    PageFlag,
    Reason,
)
from isa.trace import Kind, Stop, Word

__all__ = ["COVERAGE_WORDS", "COVER_FAULTS", "coverage_index", "fault_index", "make_run"]

jit: Any = numba.njit(cache=True, error_model="numpy", boundscheck=False)
index: Any = np.uint64  # `interpreted` replaces these two by int
int64: Any = np.int64

MASK = 0xFFFFFFFF
SIGN = 0x80000000
NEVER = 1 << 62

# --- words of `cpu` -------------------------------------------------------------------------------

IP          = 0
CYCLES      = 1
SKIPPED     = 2   # cycles that were slept through or spent on a fault: not instructions
DEADLINE    = 3   # leave with BUDGET when `CYCLES` gets here
TRANSLATING = 4   # between a return from interrupt and the next interrupt
BASE        = 5   # of the page table
IN_FAULT    = 6   # between taking a fault and the return from its handler
PENDING     = 7   # a bit for each interrupt number
PERIOD      = 8   # of the timer, cycles; 0 while stopped
TIMER_DUE   = 9   # cycle of its next interrupt
TICK_DUE    = 10  # cycle of the clock's next millisecond
STOPPED     = 11  # `Stop` + 1, 0 while running
REASON      = 12  # of the last fault
CAUSE       = 13  # ip of the last fault or `halt`
AT          = 14  # position in the trace
IO_ADDRESS  = 15  # of the store that made it leave with IO
IO_VALUE    = 16
# Set once: what kind of machine.
RAM_WORDS   = 17
CYCLES_MS   = 18
CLOCK       = 19  # address of its word; 0 without a clock
TWO_LEVEL   = 20
CLOCK_ID    = 21
SOURCES     = 22  # a bit for each interrupt number that a fitted peripheral uses
TICKS       = 23  # milliseconds that the clock counted
FIELD       = 25  # FOLLOW: the first field that differs (`Word`), or a rule from RULE_MASKED on
SEEN        = 26  # FOLLOW: 12 words, the record as the model would have made it
CAUSE_INSN  = 38  # words of the instruction at `CAUSE`, 0 where they were not fetched
CAUSE_IMM   = 39
# FOLLOW: is the timer's interrupt neither early nor late?
TIME        = 40  # cycle of the other machine
TIMER_SET   = 41  # cycle of the last store to the timer
TIMER_CARRY = 42  # 1 if an interrupt may have been pending at that store
TIMER_TAKEN = 43  # interrupts accepted since
CHANGES     = 44  # of what is masked: entries, returns, stores to `ENABLED`
TICK_TIME   = 45  # these three as they were when the clock last ticked
TICK_CHANGES = 46
TICK_WAITS  = 47
RECENT      = 48  # ranges found lately: for READ, WRITE, EXECUTE `WAYS` each of low, high, delta
FINDS       = 84  # how often a range was looked for in a page table
CPU_WORDS   = 88

WAYS = 4

TIMER_SLACK  = 16      # cycles between a store's record and its effect, at most
LATE_CYCLES  = 20_000  # an interrupt that is not masked is accepted by then

# --- why `run` came back --------------------------------------------------------------------------

BUDGET   = 1  # the deadline
IO       = 2  # a store to an IO word that a host stands behind
ASLEEP   = 3  # `wait`, and nothing in here will end it
STOP     = 4  # the machine stopped
END      = 5  # RECORD: the trace is full; FOLLOW: it is used up
DEVICE   = 6  # FOLLOW: a DEVICE record that a peripheral has to perform
DIVERGED = 7  # FOLLOW: the two machines disagree

HALTED, NO_HANDLER, DOUBLE_FAULT = (int(stop) for stop in Stop)  # as `STOPPED` has them, + 1

# --- rules of lockstep, reported in FIELD besides the fields themselves ---------------------------

RULE_MASKED  = 32  # an interrupt was accepted while masked
RULE_SOURCE  = 33  # an interrupt that no fitted peripheral has
RULE_STOPPED = 34  # a record after the machine had stopped
RULE_RUNNING = 35  # a STOP record, though nothing stopped the machine
RULE_CLOCK   = 36  # the clock went to something else than the next millisecond
RULE_EARLY   = 37  # a timer interrupt before its time
RULE_LATE    = 38  # a timer interrupt that is pending and not masked is not accepted
RULE_ASLEEP  = 39  # a `wait` retired

# --- what a store to a word below RESERVED_LIMIT does ---------------------------------------------

PLAIN, FIXED, HOST, TIMER, MMU = 0, 1, 2, 3, 4

# --- events at the end of an instruction: fault reasons, or one of these --------------------------

INVALID_INSTRUCTION       = int(Reason.INVALID_INSTRUCTION)
UNIMPLEMENTED_INSTRUCTION = int(Reason.UNIMPLEMENTED_INSTRUCTION)
MEMORY_FAULT              = int(Reason.MEMORY_FAULT)
OUT_OF_BOUNDS             = int(Reason.OUT_OF_BOUNDS)
INVALID_INTERRUPT         = int(Reason.INVALID_INTERRUPT)
REMAP  = 16  # translation may have changed
LEAVE  = 17  # back to the caller, for `leave`
SLEEP  = 18
RECHECK = 19  # interrupts may have become unmasked

# --- trace records: the words of one, and kinds ---------------------------------------------------

W_KIND, W_IP, W_INSN, W_IMM      = (int(word) for word in list(Word)[:4])
W_WROTE, W_D, W_VALUE, W_ADDRESS = (int(word) for word in list(Word)[4:8])
W_DATA, W_CODE, W_ARG, W_CYCLE   = (int(word) for word in list(Word)[8:])
INSN, FAULTED, INTERRUPTED, EVENT, STOPS = (int(kind) for kind in Kind)

# --- variants -------------------------------------------------------------------------------------

RUN, RECORD, FOLLOW = 0, 1, 2

# What a register field is used for, by opcode: bits of `uses`.
USES_D_WRITTEN, USES_D_READ, USES_S0, USES_S1 = 1, 2, 4, 8

READ, WRITE, EXECUTE = int(PageFlag.READ), int(PageFlag.WRITE), int(PageFlag.EXECUTE)


# What FOLLOW has seen, counted: instructions by opcode and circumstance, then faults by mode, by
# the place they come from (below) and their reason.
COVER_FAULTS   = 256 * 8
COVERAGE_WORDS = COVER_FAULTS + 3 * 8 * 8
FETCH, SECOND, DECODE, LOAD, STORE, INT, HALT, INTERRUPT = range(8)


# --- floating point -------------------------------------------------------------------------------
# IEEE 754 binary32 by the host: it rounds once and keeps subnormals; a NaN is made canonical.

@jit
def to_float(bits):
    return np.uint32(bits).view(np.float32)


@jit
def from_float(value):
    if value != value:
        return int64(NAN)
    return int64(np.float32(value).view(np.uint32))


@jit
def ftoi(bits):
    """Truncate toward zero, modulo 2^32; NaN and infinities give 0."""
    exponent = bits >> 23 & 0xFF
    significand = bits & 0x7FFFFF | 0x800000
    if exponent == 255 or exponent < 127 or exponent > 127 + 23 + 31:
        return int64(0)  # not a number; below 1; a multiple of 2^32
    if exponent >= 150:
        whole = significand << (exponent - 150) & MASK
    else:
        whole = significand >> (150 - exponent)
    return -whole & MASK if bits & SIGN else whole


@jit
def coverage_index(op, translated, missed, interrupted):
    return ((op * 2 + translated) * 2 + missed) * 2 + interrupted


@jit
def fault_index(mode, place, reason):
    """`mode` is 0 for privileged code, 1 for such with interrupts masked, 2 for translated code."""
    return COVER_FAULTS + (mode * 8 + place) * 8 + reason


# --- translation: (reason, first address, end, physical - virtual) of the range around `a` --------

@jit
def walk_list(mem, ram, base, a, need):
    """By the entry that covers `a` and has the lowest virtual address, of equals the first."""
    low, high, delta, flags = int64(0), int64(0), int64(0), int64(-1)
    best = int64(0)
    if base < ram:
        count = int64(mem[index(base)])
        whole = (ram - base - 1) // 4  # entries that lie in RAM as a whole
        if count > whole:
            count = whole
        at = base + 1
        for _ in range(count):
            virtual = int64(mem[index(at)])
            offset = a - virtual
            if offset >= 0 and offset < int64(mem[index(at + 2)]):
                if flags < 0 or virtual < best:
                    best = virtual
                    high = virtual + int64(mem[index(at + 2)])
                    delta = int64(mem[index(at + 1)]) - virtual
                    flags = int64(mem[index(at + 3)])
            at += 4
        if flags >= 0:
            # Where that entry decides: from where those that go before it have ended.
            low = best
            at = base + 1
            for _ in range(count):
                virtual = int64(mem[index(at)])
                end = virtual + int64(mem[index(at + 2)])
                if virtual <= best and end <= a and end > low:
                    low = end
                at += 4
    if flags < 0 or flags & 1 == 0 or flags & need == 0:
        return int64(MEMORY_FAULT), low, high, delta
    return int64(0), low, high, delta


@jit
def walk_two_level(mem, ram, base, a, need):
    """Two tables of 1024 words: `a[31:22]`, then `a[21:12]`; both must allow the access."""
    low = a & ~0xFFF
    first = base + (a >> 22)
    if first < ram:
        entry = int64(mem[index(first)])
        second = (entry >> 4) + (a >> 12 & 0x3FF)
        if entry & 1 and entry & need and second < ram:
            page = int64(mem[index(second)])
            if page & 1 and page & need:
                return int64(0), low, low + 0x1000, (page & ~0xFFF) - low
    return int64(MEMORY_FAULT), low, low, int64(0)


@jit
def find(mem, cpu, active, a, need):
    """Translate `a`: (reason, first address, end, physical - virtual), the range all inside RAM."""
    ram = cpu[RAM_WORDS]
    reason, low, high, delta = int64(0), int64(0), ram, int64(0)
    if active:
        if cpu[TWO_LEVEL]:
            reason, low, high, delta = walk_two_level(mem, ram, cpu[BASE], a, need)
        else:
            reason, low, high, delta = walk_list(mem, ram, cpu[BASE], a, need)
    if reason == 0 and a + delta >= ram:
        reason = int64(OUT_OF_BOUNDS)
    if high > ram - delta:
        high = ram - delta
    if high > MASK + 1:
        high = int64(MASK + 1)
    return reason, low, high, delta


@jit
def lookup(mem, cpu, active, a, need):
    """As `find`, but looks first among the ranges found since translation last changed."""
    if not active:
        return find(mem, cpu, active, a, need)
    first = RECENT + (need >> 2) * WAYS * 3
    for at in range(first, first + WAYS * 3, 3):
        if cpu[index(at)] <= a and a < cpu[index(at + 1)]:
            return int64(0), cpu[index(at)], cpu[index(at + 1)], cpu[index(at + 2)]
    reason, low, high, delta = find(mem, cpu, active, a, need)
    cpu[FINDS] += 1
    if reason == 0:
        for at in range(first + WAYS * 3 - 1, first + 2, -1):
            cpu[index(at)] = cpu[index(at - 3)]
        cpu[index(first)], cpu[index(first + 1)], cpu[index(first + 2)] = low, high, delta
    return reason, low, high, delta


@jit
def was_found(cpu, a, need):
    """Whether `a` is among the ranges found since translation last changed."""
    first = RECENT + (need >> 2) * WAYS * 3
    for at in range(first, first + WAYS * 3, 3):
        if cpu[index(at)] <= a and a < cpu[index(at + 1)]:
            return True
    return False


@jit
def forget(cpu):
    """Translation may have changed."""
    for at in range(RECENT, RECENT + WAYS * 9):
        cpu[index(at)] = 0


# --- interrupts and faults ------------------------------------------------------------------------

@jit
def enter(mem, regs, cpu, number, saved_ip):
    """Steps 3 to 5 of taking an interrupt whose handler is there; gives the handler's address."""
    cpu[TRANSLATING] = 0
    if mem[index(ENABLED)] != 0:
        for r in range(64):
            mem[index(FRAME_REGISTERS + r)] = regs[index(r)]
        mem[index(FRAME_IP)] = saved_ip & MASK
    mem[index(ENABLED)] = 0
    return int64(mem[index(ENTRY_TABLE + number)])


@jit
def fault(mem, regs, cpu, reason, ip):
    """Take a fault of the instruction at `ip`; gives the next ip. The machine may stop of it."""
    mem[index(FAULT_REASON)] = reason
    cpu[REASON] = reason
    cpu[CAUSE] = ip
    if cpu[IN_FAULT]:
        cpu[STOPPED] = DOUBLE_FAULT + 1
        return ip
    if mem[index(HIGHEST_INTERRUPT)] == 0 or mem[index(ENTRY_TABLE + 1)] == 0:
        cpu[STOPPED] = NO_HANDLER + 1
        return ip
    cpu[IN_FAULT] = 1
    return enter(mem, regs, cpu, 1, ip)


@jit
def accept(mem, regs, cpu, number, ip):
    """A peripheral's interrupt that is not masked, before the instruction at `ip`; the next ip."""
    if number > int64(mem[index(HIGHEST_INTERRUPT)]):
        return fault(mem, regs, cpu, INVALID_INTERRUPT, ip)
    if mem[index(ENTRY_TABLE + number)] == 0:
        return ip  # dropped
    return enter(mem, regs, cpu, number, ip)


@jit
def timer_waits(cpu):
    """FOLLOW: whether the timer's interrupt has come more often than it was accepted."""
    came = cpu[TIMER_CARRY]
    if cpu[PERIOD] > 0:
        came += (cpu[TIME] - cpu[TIMER_SET] + TIMER_SLACK) // cpu[PERIOD]
    return came > cpu[TIMER_TAKEN]


@jit
def take_tick(cpu):
    """FOLLOW: a timer interrupt was accepted. One stands for all that came while masked: there
    is one pending bit, so what came for certain by now is not to be accepted any more."""
    came = cpu[TIMER_CARRY]
    if cpu[PERIOD] > 0:
        came += max(int64(0), cpu[TIME] - cpu[TIMER_SET] - TIMER_SLACK) // cpu[PERIOD]
    cpu[TIMER_TAKEN] = max(cpu[TIMER_TAKEN] + 1, came)


@jit
def follow_timer(cpu, period):
    """FOLLOW: a store to the timer."""
    cpu[TIMER_CARRY] = int64(timer_waits(cpu))
    cpu[TIMER_SET] = cpu[TIME]
    cpu[TIMER_TAKEN] = 0
    cpu[PERIOD] = period


@jit
def follow_tick(mem, cpu):
    """FOLLOW: the clock ticks; whether a timer interrupt has been waiting for too long."""
    waits = int64(timer_waits(cpu))
    late = (waits and cpu[TICK_WAITS] and mem[index(ENABLED)] != 0
            and cpu[CHANGES] == cpu[TICK_CHANGES] and cpu[TIME] - cpu[TICK_TIME] >= LATE_CYCLES)
    if waits != cpu[TICK_WAITS] or cpu[CHANGES] != cpu[TICK_CHANGES]:
        cpu[TICK_TIME] = cpu[TIME]
        cpu[TICK_WAITS] = waits
        cpu[TICK_CHANGES] = cpu[CHANGES]
    return late


@jit
def lowest_bit(bits):
    number = int64(0)
    while bits >> number & 1 == 0:
        number += 1
    return number


@jit
def bad_fields(use, d, s0, s1):
    """Whether a field that the instruction uses names no register; 64 is `ip`, but only to read."""
    return (use & USES_D_WRITTEN != 0 and d > 63 or use & USES_D_READ != 0 and d > 64
            or use & USES_S0 != 0 and s0 > 64 or use & USES_S1 != 0 and s1 > 64)


# --- trace ----------------------------------------------------------------------------------------

@jit
def put_record(trace, at, kind, ip, code, cycle):
    """A record with nothing but these; the rest is 0."""
    row = index(at)
    for word in range(12):
        trace[row, index(word)] = 0
    trace[row, index(W_KIND)] = kind
    trace[row, index(W_IP)] = ip
    trace[row, index(W_CODE)] = code
    trace[row, index(W_CYCLE)] = cycle & MASK


@jit
def diverge(cpu, field, kind, ip, code):
    """Note what differs, and a record of the model's own without any effects."""
    cpu[FIELD] = field
    for word in range(12):
        cpu[SEEN + word] = 0
    cpu[SEEN] = kind
    cpu[SEEN + W_IP] = ip
    cpu[SEEN + W_CODE] = code


# --- the loop -------------------------------------------------------------------------------------

def make_run(mode):
    """Make a variant of the loop: RUN, RECORD or FOLLOW."""

    @jit
    def run(mem, regs, cpu, stores, uses, checks, cover, trace, trace_end):
        """Go on from `cpu`; gives why it came back. `trace` has a row for each record.

        `stores` says what a store to each word below RESERVED_LIMIT does, `uses` which fields an
        opcode uses, `checks` the bits of an instruction that send it through the check of fields;
        `cover` counts what FOLLOW has seen.
        """
        ip      = cpu[IP]
        cycles  = cpu[CYCLES]
        ram     = cpu[RAM_WORDS]
        at      = cpu[AT]
        limit   = int64(0)
        leave   = int64(0)
        finds   = cpu[FINDS]
        active  = cpu[TRANSLATING] != 0 and cpu[BASE] != 0
        # Last hits: addresses from low up to high are at + delta. Empty: translate anew.
        f_low, f_high, f_delta = int64(0), int64(0), int64(0)  # fetch
        r_low, r_high, r_delta = int64(0), int64(0), int64(0)  # load
        w_low, w_high, w_delta = int64(0), int64(0), int64(0)  # store, above RESERVED_LIMIT
        q_low, q_high, q_delta = int64(0), int64(0), int64(0)  # the load range before
        v_low, v_high, v_delta = int64(0), int64(0), int64(0)  # the store range before
        if cpu[STOPPED]:
            leave = int64(STOP)
        cpu[FIELD] = -1

        while leave == 0:
            # Time, and interrupts that wait for it or for being unmasked.
            if mode != FOLLOW:
                while cycles >= cpu[TICK_DUE]:
                    cpu[TICK_DUE] += cpu[CYCLES_MS]
                    cpu[TICKS] = cpu[TICKS] + 1 & MASK
                    mem[index(cpu[CLOCK])] = cpu[TICKS]
                    if mode == RECORD:
                        put_record(trace, at, EVENT, 0, cpu[CLOCK_ID], cycles)
                        trace[index(at), index(W_ARG)] = cpu[TICKS]
                        at += 1
                if cycles >= cpu[TIMER_DUE]:
                    cpu[TIMER_DUE] += cpu[PERIOD]
                    cpu[PENDING] |= 4
                if cpu[PENDING] and mem[index(ENABLED)] != 0:
                    number = lowest_bit(cpu[PENDING])
                    cpu[PENDING] &= ~(int64(1) << number)
                    if mode == RECORD:
                        put_record(trace, at, INTERRUPTED, ip, number, cycles)
                        at += 1
                    cpu[CAUSE_INSN], cpu[CAUSE_IMM] = 0, 0
                    ip = accept(mem, regs, cpu, number, ip & MASK)
                    active = cpu[TRANSLATING] != 0 and cpu[BASE] != 0
                    f_high, r_high, w_high = int64(0), int64(0), int64(0)
                    q_high, v_high = int64(0), int64(0)
                    if cpu[STOPPED]:
                        leave = int64(STOP)
                        break
                limit = min(cpu[DEADLINE], cpu[TICK_DUE], cpu[TIMER_DUE])
                if cycles >= cpu[DEADLINE]:
                    leave = int64(BUDGET)
                    break
                if mode == RECORD:
                    # Room for this many instructions, a stop and what may happen above.
                    limit = min(limit, cycles + trace_end - at - 8)
                    if limit <= cycles:
                        leave = int64(END)
                        break

            while True:
                if mode == FOLLOW:
                    if at >= trace_end:
                        leave = int64(END)
                        break
                    kind = int64(trace[index(at), index(W_KIND)])
                    code = int64(trace[index(at), index(W_CODE)])
                    if kind > FAULTED:
                        ip &= MASK
                        cpu[TIME] += int64(trace[index(at), index(W_CYCLE)]) - cpu[TIME] & MASK
                        if kind == INTERRUPTED:
                            if ip != int64(trace[index(at), index(W_IP)]):
                                diverge(cpu, W_IP, INTERRUPTED, ip, code)
                            elif code > 31 or cpu[SOURCES] >> code & 1 == 0:
                                diverge(cpu, RULE_SOURCE, INTERRUPTED, ip, code)
                            elif mem[index(ENABLED)] == 0:
                                diverge(cpu, RULE_MASKED, INTERRUPTED, ip, code)
                            elif code == 2 and not timer_waits(cpu):
                                diverge(cpu, RULE_EARLY, INTERRUPTED, ip, code)
                            if cpu[FIELD] >= 0:
                                leave = int64(DIVERGED)
                                break
                            if code == 2:
                                take_tick(cpu)
                            cpu[CHANGES] += 1
                            cpu[CAUSE_INSN], cpu[CAUSE_IMM] = 0, 0
                            event, low, high, delta = find(mem, cpu, active, ip, EXECUTE)
                            if event == 0:
                                op = int64(mem[index(ip + delta)]) >> 24
                                missed = int64(active and not was_found(cpu, ip, EXECUTE))
                                cover[index(coverage_index(op, int64(active), missed, 1))] += 1
                            reason = cpu[REASON]
                            cpu[REASON] = 0
                            ip = accept(mem, regs, cpu, code, ip)
                            if cpu[REASON]:
                                circumstance = 2 * int64(active)
                                cover[index(fault_index(circumstance, INTERRUPT,
                                                        cpu[REASON]))] += 1
                            else:
                                cpu[REASON] = reason
                            active = cpu[TRANSLATING] != 0 and cpu[BASE] != 0
                            f_high, r_high, w_high = int64(0), int64(0), int64(0)
                            q_high, v_high = int64(0), int64(0)
                        elif kind == EVENT and code == cpu[CLOCK_ID] and cpu[CLOCK]:
                            cpu[TICKS] = cpu[TICKS] + 1 & MASK
                            mem[index(cpu[CLOCK])] = cpu[TICKS]
                            if cpu[TICKS] != int64(trace[index(at), index(W_ARG)]):
                                diverge(cpu, RULE_CLOCK, EVENT, 0, code)
                            elif follow_tick(mem, cpu):
                                diverge(cpu, RULE_LATE, INTERRUPTED, ip, 2)
                            if cpu[FIELD] >= 0:
                                cpu[SEEN + W_ARG] = cpu[TICKS]
                                leave = int64(DIVERGED)
                                break
                        elif kind == EVENT:
                            leave = int64(DEVICE)
                            break
                        else:
                            if kind != STOPS:
                                diverge(cpu, W_KIND, INSN, ip, 0)
                                leave = int64(DIVERGED)
                            else:
                                diverge(cpu, RULE_RUNNING, INSN, ip, 0)
                                leave = int64(DIVERGED)
                            break
                        at += 1
                        if cpu[STOPPED]:
                            leave = int64(STOP)
                            break
                        continue
                elif cycles >= limit:
                    break

                # Fetch.
                event = int64(0)
                imm   = int64(0)
                word  = int64(0)
                op    = int64(255)
                place = int64(DECODE)
                if ip >= f_low and ip < f_high:
                    word = int64(mem[index(ip + f_delta)])
                    op = word >> 24
                else:
                    ip &= MASK
                    event, f_low, f_high, f_delta = lookup(mem, cpu, active, ip, EXECUTE)
                    if event:
                        f_high = int64(0)
                        place = int64(FETCH)
                    else:
                        word = int64(mem[index(ip + f_delta)])
                        op = word >> 24
                if op == 5:
                    second = ip + 1
                    if second < f_high:
                        imm = int64(mem[index(second + f_delta)])
                    else:
                        second &= MASK
                        event, low, high, delta = lookup(mem, cpu, active, second, EXECUTE)
                        if event:
                            op = int64(255)
                            place = int64(SECOND)
                        else:
                            imm = int64(mem[index(second + delta)])

                # Decode. `checks` is all ones for an opcode that this build leaves out.
                d  = word >> 16 & 0xFF
                s0 = word >> 8 & 0xFF
                s1 = word & 0xFF
                if word & checks[index(op)]:
                    if checks[index(op)] >> 32:
                        event = int64(UNIMPLEMENTED_INSTRUCTION)
                        op = int64(255)
                    elif bad_fields(uses[index(op)], d, s0, s1):
                        event = int64(INVALID_INSTRUCTION)
                        op = int64(255)
                    regs[index(64)] = ip
                a = regs[index(s0)]
                b = regs[index(s1)]

                # Execute. Whatever faults leaves everything as it was.
                next_ip = ip + 1
                value   = int64(0)
                address = int64(0)
                wrote   = int64(1)  # `Wrote`: 1 register, 2 memory, 4 loaded
                if op == 2:  # load
                    if a >= r_low and a < r_high:
                        address = a + r_delta
                        value = int64(mem[index(address)])
                        wrote = int64(5)
                    elif a >= q_low and a < q_high:
                        address = a + q_delta
                        value = int64(mem[index(address)])
                        wrote = int64(5)
                    else:
                        q_low, q_high, q_delta = r_low, r_high, r_delta
                        event, r_low, r_high, r_delta = lookup(mem, cpu, active, a, READ)
                        if event:
                            r_high = int64(0)
                            place = int64(LOAD)
                        else:
                            address = a + r_delta
                            value = int64(mem[index(address)])
                            wrote = int64(5)
                elif op == 3:  # store
                    wrote = int64(2)
                    target = regs[index(d)]
                    value = a
                    if target >= w_low and target < w_high:
                        address = target + w_delta
                        mem[index(address)] = a
                    elif target >= v_low and target < v_high:
                        address = target + v_delta
                        mem[index(address)] = a
                    else:
                        v_low, v_high, v_delta = w_low, w_high, w_delta
                        event, w_low, w_high, w_delta = lookup(mem, cpu, active, target, WRITE)
                        if event:
                            w_high = int64(0)
                            place = int64(STORE)
                        else:
                            address = target + w_delta
                            if address >= RESERVED_LIMIT:
                                w_low = max(w_low, RESERVED_LIMIT - w_delta)
                                mem[index(address)] = a
                            else:
                                w_high = int64(0)
                                act = int64(stores[index(address)])
                                if act != FIXED:
                                    mem[index(address)] = a
                                if act == HOST:
                                    cpu[IO_ADDRESS] = address
                                    cpu[IO_VALUE] = a
                                    leave = int64(IO)
                                    event = int64(LEAVE)
                                elif act == TIMER:
                                    if mode == FOLLOW:
                                        theirs = int64(trace[index(at), index(W_CYCLE)])
                                        cpu[TIME] += theirs - cpu[TIME] & MASK
                                        follow_timer(cpu, a * cpu[CYCLES_MS])
                                    else:
                                        cpu[PERIOD] = a * cpu[CYCLES_MS]
                                        cpu[TIMER_DUE] = cycles + 1 + cpu[PERIOD] if a else NEVER
                                    event = int64(RECHECK)
                                elif act == MMU:
                                    cpu[BASE] = a
                                    event = int64(REMAP)
                                elif address == ENABLED:
                                    event = int64(RECHECK)
                elif op == 4:  # mov
                    value = a
                elif op == 5:  # constant
                    value = imm
                    next_ip = ip + 2
                elif op == 6:  # add
                    value = a + b & MASK
                elif op == 7:  # sub
                    value = a - b & MASK
                elif op == 8:  # mul
                    value = a * b & MASK
                elif op == 9:  # div
                    value = a // b if b else int64(0)
                elif op == 10:  # mod
                    value = a % b if b else int64(0)
                elif op == 11:  # and
                    value = a & b
                elif op == 12:  # or
                    value = a | b
                elif op == 13:  # not
                    value = ~a & MASK
                elif op == 14:  # shl
                    value = a << (b & 31) & MASK
                elif op == 15:  # shr
                    value = a >> (b & 31)
                elif op == 16:  # eq
                    value = int64(a == b)
                elif op == 17:  # neq
                    value = int64(a != b)
                elif op == 18:  # lt
                    value = int64(a < b)
                elif op == 19:  # gt
                    value = int64(a > b)
                elif op == 20:  # jmp
                    wrote = int64(0)
                    next_ip = a
                elif op == 21:  # jz
                    wrote = int64(0)
                    if a == 0:
                        next_ip = b
                elif op == 22:  # jnz
                    wrote = int64(0)
                    if a != 0:
                        next_ip = b
                elif op == 23:  # nop
                    wrote = int64(0)
                elif op == 25:  # fadd
                    value = from_float(to_float(a) + to_float(b))
                elif op == 26:  # fsub
                    value = from_float(to_float(a) - to_float(b))
                elif op == 27:  # fmul
                    value = from_float(to_float(a) * to_float(b))
                elif op == 28:  # fdiv
                    value = from_float(to_float(a) / to_float(b))
                elif op == 29:  # feq
                    value = int64(to_float(a) == to_float(b))
                elif op == 30:  # flt
                    value = int64(to_float(a) < to_float(b))
                elif op == 31:  # fgt
                    value = int64(to_float(a) > to_float(b))
                elif op == 32:  # itof
                    value = from_float(np.float32((a ^ SIGN) - SIGN))
                elif op == 33:  # utof
                    value = from_float(np.float32(a))
                elif op == 34:  # ftoi
                    value = ftoi(a)
                elif op == 35:  # rjmp
                    wrote = int64(0)
                    next_ip = ip + a & MASK
                elif op == 36:  # rjz
                    wrote = int64(0)
                    if a == 0:
                        next_ip = ip + b & MASK
                elif op == 37:  # rjnz
                    wrote = int64(0)
                    if a != 0:
                        next_ip = ip + b & MASK
                elif op == 38:  # slt
                    value = int64((a ^ SIGN) < (b ^ SIGN))
                elif op == 39:  # sgt
                    value = int64((a ^ SIGN) > (b ^ SIGN))
                elif op == 40 or op == 41:  # sdiv, smod
                    x, y = (a ^ SIGN) - SIGN, (b ^ SIGN) - SIGN
                    if y != 0:
                        quotient = abs(x) // abs(y)
                        if (x < 0) != (y < 0):
                            quotient = -quotient
                        value = (quotient if op == 40 else x - quotient * y) & MASK
                elif op == 42:  # sar
                    value = (a ^ SIGN) - SIGN >> (b & 31) & MASK
                elif op == 1:  # int
                    wrote = int64(0)
                    place = int64(INT)
                    if a == 0:
                        if active:
                            event = int64(INVALID_INTERRUPT)
                        else:
                            for r in range(64):
                                regs[index(r)] = int64(mem[index(FRAME_REGISTERS + r)])
                                mem[index(FRAME_REGISTERS + r)] = 0
                            next_ip = int64(mem[index(FRAME_IP)])
                            mem[index(FRAME_IP)] = 0
                            cpu[IN_FAULT] = 0
                            if next_ip == 0:
                                event = int64(INVALID_INTERRUPT)
                            else:
                                mem[index(ENABLED)] = 1
                                cpu[TRANSLATING] = 1
                                event = int64(REMAP)
                    elif mem[index(ENABLED)] != 0 or a == 1:
                        if a > int64(mem[index(HIGHEST_INTERRUPT)]):
                            event = int64(INVALID_INTERRUPT)
                        elif ENTRY_TABLE + a >= ram:
                            event = int64(OUT_OF_BOUNDS)
                        elif mem[index(ENTRY_TABLE + a)] != 0:
                            next_ip = enter(mem, regs, cpu, a, next_ip)
                            event = int64(REMAP)
                elif op == 0:  # halt
                    wrote = int64(0)
                    place = int64(HALT)
                    if active:
                        event = int64(INVALID_INSTRUCTION)
                    else:
                        next_ip = ip
                        cpu[CAUSE], cpu[CAUSE_INSN], cpu[CAUSE_IMM] = ip, word, imm
                        cpu[STOPPED] = HALTED + 1
                        leave = int64(STOP)
                        event = int64(LEAVE)
                elif op == 24:  # wait
                    wrote = int64(0)
                    next_ip = ip
                    event = int64(SLEEP)
                elif event == 0:
                    event = int64(INVALID_INSTRUCTION)
                if wrote & 1 and (event == 0 or event >= REMAP):
                    regs[index(d)] = value
                cycles += 1

                # Compare with the other machine's record, or leave one.
                if mode != RUN:
                    row = index(at)
                    faulted = int64(0 < event < REMAP)
                    data = int64(0)
                    if wrote & 6:
                        data = value
                    if wrote & 1 == 0:
                        value = int64(0)
                    if mode == FOLLOW:
                        field = int64(-1)
                        if kind != faulted:
                            field = int64(W_KIND)
                        elif ip != int64(trace[row, index(W_IP)]):
                            field = int64(W_IP)
                        elif faulted:
                            if code != event:
                                field = int64(W_CODE)
                        elif word != int64(trace[row, index(W_INSN)]):
                            field = int64(W_INSN)
                        elif op == 5 and imm != int64(trace[row, index(W_IMM)]):
                            field = int64(W_IMM)
                        elif wrote != int64(trace[row, index(W_WROTE)]):
                            field = int64(W_WROTE)
                        elif wrote & 1 and d != int64(trace[row, index(W_D)]):
                            field = int64(W_D)
                        elif wrote & 1 and value != int64(trace[row, index(W_VALUE)]):
                            field = int64(W_VALUE)
                        elif wrote & 6 and address != int64(trace[row, index(W_ADDRESS)]):
                            field = int64(W_ADDRESS)
                        elif wrote & 6 and data != int64(trace[row, index(W_DATA)]):
                            field = int64(W_DATA)
                        elif event == SLEEP:
                            field = int64(RULE_ASLEEP)
                        if field >= 0:
                            diverge(cpu, field, faulted, ip, event if faulted else 0)
                            if not faulted:
                                cpu[SEEN + W_INSN], cpu[SEEN + W_IMM] = word, imm
                                cpu[SEEN + W_WROTE] = wrote
                                cpu[SEEN + W_D] = d if wrote & 1 else 0
                                cpu[SEEN + W_VALUE], cpu[SEEN + W_ADDRESS] = value, address
                                cpu[SEEN + W_DATA] = data
                            leave = int64(DIVERGED)
                            break
                        if faulted:
                            circumstance = 2 * int64(active)
                            if not active and mem[index(ENABLED)] == 0:
                                circumstance = int64(1)
                            cover[index(fault_index(circumstance, place, event))] += 1
                        else:
                            missed = int64(cpu[FINDS] != finds)
                            cover[index(coverage_index(op, int64(active), missed, 0))] += 1
                        finds = cpu[FINDS]
                        at += 1
                    elif event != SLEEP:
                        put_record(trace, at, faulted, ip, event if faulted else 0, cycles)
                        if not faulted:
                            trace[row, index(W_INSN)] = word
                            trace[row, index(W_IMM)] = imm
                            trace[row, index(W_WROTE)] = wrote
                            trace[row, index(W_D)] = d if wrote & 1 else 0
                            trace[row, index(W_VALUE)] = value
                            trace[row, index(W_ADDRESS)] = address
                            trace[row, index(W_DATA)] = data
                        at += 1

                if event:
                    cpu[CHANGES] += 1
                    if event < REMAP:
                        cpu[SKIPPED] += 1
                        cpu[CAUSE_INSN], cpu[CAUSE_IMM] = word, imm
                        next_ip = fault(mem, regs, cpu, event, ip)
                        if cpu[STOPPED]:
                            leave = int64(STOP)
                    ip = next_ip
                    if event <= REMAP:
                        forget(cpu)
                        active = cpu[TRANSLATING] != 0 and cpu[BASE] != 0
                        f_high, r_high, w_high = int64(0), int64(0), int64(0)
                        q_high, v_high = int64(0), int64(0)
                    if event == SLEEP and mode != FOLLOW:
                        cpu[SKIPPED] += 1
                        if mem[index(ENABLED)] == 0 or cpu[TIMER_DUE] == NEVER:
                            leave = int64(ASLEEP)
                        elif limit > cycles:
                            cpu[SKIPPED] += limit - cycles
                            cycles = limit
                        break
                    if leave or mode != FOLLOW:
                        break
                    continue
                ip = next_ip

        if leave == STOP:
            code = cpu[STOPPED] - 1
            if mode == RECORD:
                put_record(trace, at, STOPS, cpu[CAUSE], code, cycles)
                at += 1
            if mode == FOLLOW:
                # A device may do something in the same moment, but then STOP comes.
                while at < trace_end and trace[index(at), index(W_KIND)] == EVENT:
                    if int64(trace[index(at), index(W_CODE)]) != cpu[CLOCK_ID]:
                        leave = int64(DEVICE)
                        break
                    at += 1
            if mode == FOLLOW and leave == STOP and at < trace_end:
                cpu[FIELD] = -1
                if int64(trace[index(at), index(W_KIND)]) != STOPS:
                    diverge(cpu, RULE_STOPPED, STOPS, cpu[CAUSE], code)
                elif int64(trace[index(at), index(W_CODE)]) != code:
                    diverge(cpu, W_CODE, STOPS, cpu[CAUSE], code)
                if cpu[FIELD] >= 0:
                    leave = int64(DIVERGED)
                else:
                    at += 1
        cpu[IP] = ip & MASK
        cpu[CYCLES] = cycles
        cpu[AT] = at
        return leave

    return run
