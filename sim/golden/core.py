"""The instruction loop of the golden model: fetch, decode, execute, one instruction a turn.

One function, `run`, made in three variants by `make_run`: RUN goes on by itself, an instruction a
cycle; RECORD does too and leaves trace records; FOLLOW applies the records of another machine and
stops at the first that disagrees. Numba compiles them; `sim.golden.interpreted` makes the same
source run uncompiled. Everything a run needs lies in arrays that outlive it: memory, registers and
`cpu`, whose words are named in `sim.golden.state`.

`ip` may be 2^32 after an instruction at the last address; it is masked where it leaves the fast
path.
"""
# mypy: disallow-untyped-defs=False
# Numba infers the types of arguments; an annotation here would be a comment that nobody checks.

from isa import IP_FIELD, REGISTERS
from isa.machine import ENABLED, Interrupt
from isa.trace import RECORD_WORDS
from sim.golden.arithmetic import compute
from sim.golden.checks import (
    DECODE,
    FETCH,
    HALT,
    INT,
    LOAD,
    SECOND,
    STORE,
    count_fault,
    count_insn,
    follow_event,
    follow_mask,
    follow_timer,
)
from sim.golden.compiled import MASK, NEVER, index, int64, jit, jit_kept, sources_digest
from sim.golden.opcodes import (
    OP_CONSTANT,
    OP_HALT,
    OP_INT,
    OP_JMP,
    OP_JNZ,
    OP_JZ,
    OP_LOAD,
    OP_NOP,
    OP_RJMP,
    OP_RJNZ,
    OP_RJZ,
    OP_STORE,
    OP_WAIT,
)
from sim.golden.records import differs, follow_stop, leave_record, put_record
from sim.golden.state import (
    A_REGISTER,
    ACCESSED,
    ASLEEP,
    AT,
    BASE,
    BUDGET,
    CAUSE,
    CAUSE_IMM,
    CAUSE_INSN,
    CHANGES,
    CYCLES,
    CYCLES_MS,
    D_AT,
    DEADLINE,
    DIVERGED,
    END,
    EXECUTE,
    FAULT_AT,
    FAULTED,
    FIELD,
    FIELD_MASK,
    FINDS,
    FINDS_SEEN,
    FIXED,
    FOLLOW,
    HALTED,
    HOST,
    INVALID_INSTRUCTION,
    INVALID_INTERRUPT,
    IO,
    IO_ADDRESS,
    IO_VALUE,
    IP,
    LOADED,
    MEMORY,
    MMU,
    NO_OP,
    OPCODE_AT,
    PERIOD,
    READ,
    RECHECK,
    RECORD,
    REMAP,
    RUN,
    S0_AT,
    SKIPPED,
    SLEEP,
    STOP,
    STOPPED,
    STOPS,
    TICK_DUE,
    TIMER,
    TIMER_DUE,
    TO_HOST,
    TRANSLATING,
    USES_D_READ,
    USES_D_WRITTEN,
    USES_S0,
    USES_S1,
    W_CYCLE,
    W_KIND,
)
from sim.golden.translation import NOWHERE, covers, forget, lookup, lookup_store
from sim.golden.traps import fault, pass_time, return_from_interrupt, software_interrupt

__all__ = ["make_run"]

RETURN = int(Interrupt.RETURN)

# Rows of a trace that one turn may need besides its instruction: ticks, an interrupt, a stop.
SPARE_ROWS = 8


@jit
def bad_fields(use, d, s0, s1):
    """Whether a field that the instruction uses names no register; `ip` is one, but to read."""
    return (use & USES_D_WRITTEN != 0 and d >= REGISTERS or use & USES_D_READ != 0 and d > IP_FIELD
            or use & USES_S0 != 0 and s0 > IP_FIELD or use & USES_S1 != 0 and s1 > IP_FIELD)


@jit
def store_reserved(mem, cpu, stores, address, value, cycle, follows):
    """Store to a word below RESERVED_LIMIT; the event that comes of it, or 0."""
    act = int64(stores[index(address)])
    if act == FIXED:
        return int64(0)
    mem[index(address)] = value
    if act == HOST:
        cpu[IO_ADDRESS] = address
        cpu[IO_VALUE] = value
        return int64(TO_HOST)
    if act == MMU:
        cpu[BASE] = value
        return int64(REMAP)
    if act == TIMER:
        period = value * cpu[CYCLES_MS]
        if follows:
            follow_timer(cpu, period, cycle)
        else:
            cpu[PERIOD] = period
            cpu[TIMER_DUE] = cycle + period if period else NEVER
        return int64(RECHECK)
    return int64(RECHECK) if address == ENABLED else int64(0)


@jit
def sleep(mem, cpu, cycles, limit):
    """A `wait`: (why to leave or 0, cycle at which something happens)."""
    cpu[SKIPPED] += 1
    if mem[index(ENABLED)] == 0 or cpu[TIMER_DUE] == NEVER:
        return int64(ASLEEP), cycles
    cpu[SKIPPED] += max(limit - cycles, int64(0))
    return int64(0), max(limit, cycles)


def make_run(mode):
    """Make a variant of the loop: RUN, RECORD or FOLLOW."""
    made_from = sources_digest()

    @jit_kept
    def run(mem, regs, cpu, stores, uses, checks, cover, trace, trace_end):
        """Go on from `cpu`; gives why it came back. `trace` has a row for each record.

        `stores` says what a store to each word below RESERVED_LIMIT does, `uses` which fields an
        opcode uses, `checks` the bits of an instruction that send it through the check of fields,
        and above them the reason why all such instructions fault; `cover` counts what FOLLOW has
        seen.

        All of it is one function, longer than others here may be, so that the state of the fast
        path stays in the processor's registers.
        """
        assert made_from  # in the closure, so that the cache looks at it
        ip     = cpu[IP]
        cycles = cpu[CYCLES]
        at     = cpu[AT]
        limit  = int64(NEVER)
        leave  = int64(0)
        cpu[FIELD] = -1
        cpu[FINDS_SEEN] = cpu[FINDS]

        while leave == 0 and cpu[STOPPED] == 0:
            # Here begins what may be interrupted, or may be translated in another way.
            if mode == FOLLOW:
                follow_mask(mem, cpu, trace, at)
            if mode != FOLLOW:
                ip, at = pass_time(mem, regs, cpu, trace, at, ip, cycles, mode == RECORD)
                if cpu[STOPPED]:
                    break
                limit = min(cpu[DEADLINE], cpu[TICK_DUE], cpu[TIMER_DUE])
                if cycles >= cpu[DEADLINE]:
                    leave = int64(BUDGET)
                    break
                if mode == RECORD:
                    limit = min(limit, cycles + trace_end - at - SPARE_ROWS)
                    if limit <= cycles:
                        leave = int64(END)
                        break
            active = cpu[TRANSLATING] != 0 and cpu[BASE] != 0
            # The last ranges of addresses; of loads and stores, the ones before them besides.
            fetched = NOWHERE
            loaded, loaded_before = NOWHERE, NOWHERE
            stored, stored_before = NOWHERE, NOWHERE

            while cycles < limit:
                if mode == FOLLOW:
                    if at >= trace_end:
                        leave = int64(END)
                        break
                    if int64(trace[index(at), index(W_KIND)]) > FAULTED:
                        leave, ip = follow_event(mem, regs, cpu, cover, trace, at, ip & MASK,
                                                 active)
                        at += leave == 0
                        break

                # Fetch.
                event = int64(0)
                imm   = int64(0)
                word  = int64(0)
                op    = int64(NO_OP)
                place = int64(DECODE)
                if covers(fetched, ip):
                    word = int64(mem[index(ip + fetched[2])])
                    op = word >> OPCODE_AT
                else:
                    ip &= MASK
                    event, fetched = lookup(mem, cpu, active, ip, EXECUTE)
                    if event:
                        place = int64(FETCH)
                    else:
                        word = int64(mem[index(ip + fetched[2])])
                        op = word >> OPCODE_AT
                next_ip = ip + 1
                if op == OP_CONSTANT:
                    if covers(fetched, ip + 1):
                        imm = int64(mem[index(ip + 1 + fetched[2])])
                    else:
                        second = ip + 1 & MASK
                        event, found = lookup(mem, cpu, active, second, EXECUTE)
                        if event:
                            op = int64(NO_OP)
                            place = int64(SECOND)
                        else:
                            imm = int64(mem[index(second + found[2])])

                # Decode.
                d  = word >> D_AT & FIELD_MASK
                s0 = word >> S0_AT & FIELD_MASK
                s1 = word & FIELD_MASK
                if word & checks[index(op)]:
                    if event == 0 and checks[index(op)] >> FAULT_AT:
                        event = checks[index(op)] >> FAULT_AT
                    elif event == 0 and bad_fields(uses[index(op)], d, s0, s1):
                        event = int64(INVALID_INSTRUCTION)
                    if event:
                        op = int64(NO_OP)
                    regs[index(IP_FIELD)] = ip
                a = regs[index(s0)]
                b = regs[index(s1)]

                # Execute. Whatever faults leaves everything as it was.
                value   = int64(0)
                address = int64(0)
                wrote   = int64(0)
                if op == OP_LOAD:
                    wrote = int64(A_REGISTER | LOADED)
                    if covers(loaded, a):
                        address = a + loaded[2]
                        value = int64(mem[index(address)])
                    elif covers(loaded_before, a):
                        address = a + loaded_before[2]
                        value = int64(mem[index(address)])
                    else:
                        loaded_before = loaded
                        event, loaded = lookup(mem, cpu, active, a, READ)
                        place = int64(LOAD)
                        if event == 0:
                            address = a + loaded[2]
                            value = int64(mem[index(address)])
                elif op == OP_STORE:
                    wrote = int64(MEMORY)
                    value = a
                    target = regs[index(d)]
                    if covers(stored, target):
                        address = target + stored[2]
                        mem[index(address)] = a
                    elif covers(stored_before, target):
                        address = target + stored_before[2]
                        mem[index(address)] = a
                    else:
                        stored_before = stored
                        event, address, stored = lookup_store(mem, cpu, active, target)
                        place = int64(STORE)
                        if event == 0 and covers(stored, target):
                            mem[index(address)] = a
                        elif event == 0:
                            cycle = cycles + 1
                            if mode == FOLLOW:
                                cycle = int64(trace[index(at), index(W_CYCLE)])
                            event = store_reserved(mem, cpu, stores, address, a, cycle,
                                                   mode == FOLLOW)
                elif op == OP_CONSTANT:
                    wrote = int64(A_REGISTER)
                    value = imm
                    next_ip = ip + 2
                elif op == OP_JMP:
                    next_ip = a
                elif op == OP_JZ:
                    if a == 0:
                        next_ip = b
                elif op == OP_JNZ:
                    if a != 0:
                        next_ip = b
                elif op == OP_RJMP:
                    next_ip = ip + a & MASK
                elif op == OP_RJZ:
                    if a == 0:
                        next_ip = ip + b & MASK
                elif op == OP_RJNZ:
                    if a != 0:
                        next_ip = ip + b & MASK
                elif op == OP_INT:
                    place = int64(INT)
                    if a != RETURN:
                        event, next_ip = software_interrupt(mem, regs, cpu, a, next_ip)
                    elif active:
                        event = int64(INVALID_INTERRUPT)
                    else:
                        event, next_ip = return_from_interrupt(mem, regs, cpu)
                elif op == OP_HALT:
                    place = int64(HALT)
                    event = int64(INVALID_INSTRUCTION)
                    if not active:
                        event = int64(RECHECK)
                        next_ip = ip
                        cpu[CAUSE], cpu[CAUSE_INSN], cpu[CAUSE_IMM] = ip, word, imm
                        cpu[STOPPED] = HALTED
                elif op == OP_WAIT:
                    next_ip = ip
                    event = int64(SLEEP)
                elif op != OP_NOP and op != NO_OP:
                    wrote = int64(A_REGISTER)
                    value = compute(op, a, b)
                if wrote & A_REGISTER and (event == 0 or event >= REMAP):
                    regs[index(d)] = value
                cycles += 1

                # Compare with the other machine's record, or leave one.
                if mode != RUN and (mode == FOLLOW or event != SLEEP):
                    reason = event if event < REMAP else int64(0)
                    made = (word, imm, wrote, d if wrote & A_REGISTER else int64(0),
                            value if wrote & A_REGISTER else int64(0), address,
                            value if wrote & ACCESSED else int64(0))
                    if mode == RECORD:
                        leave_record(trace, at, reason, ip, made, cycles)
                        if trace.shape[1] > RECORD_WORDS:  # where it was, for who wants to know
                            trace[index(at), index(RECORD_WORDS)] = cpu[BASE] if active else 0
                    elif differs(cpu, trace, at, op, event, reason, ip, made):
                        leave = int64(DIVERGED)
                        break
                    elif reason:
                        count_fault(mem, cpu, cover, active, place, reason)
                    else:
                        count_insn(cpu, cover, op, active)
                    at += 1

                if event:
                    cpu[CHANGES] += 1
                    if event < REMAP:
                        cpu[SKIPPED] += 1
                        cpu[CAUSE_INSN], cpu[CAUSE_IMM] = word, imm
                        next_ip = fault(mem, regs, cpu, event, ip)
                    ip = next_ip
                    if event <= REMAP:
                        forget(cpu)
                    elif event == TO_HOST:
                        leave = int64(IO)
                    elif event == SLEEP:
                        leave, cycles = sleep(mem, cpu, cycles, limit)
                    break
                ip = next_ip

        if cpu[STOPPED] and leave == 0:
            leave = int64(STOP)
            if mode == RECORD:
                put_record(trace, at, STOPS, cpu[CAUSE], cpu[STOPPED] - 1, cycles)
                at += 1
            elif mode == FOLLOW:
                leave, at = follow_stop(cpu, trace, at, trace_end)
        cpu[IP] = ip & MASK
        cpu[CYCLES] = cycles
        cpu[AT] = at
        return leave

    return run
