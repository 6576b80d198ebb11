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
from sim.golden.arithmetic import compute
from sim.golden.checks import (
    DECODE,
    FETCH,
    HALT,
    INT,
    INTERRUPT,
    LOAD,
    NO_PLACE,
    SECOND,
    STORE,
    count_fault,
    count_insn,
    follow_event,
    follow_mask,
    follow_timer,
)
from sim.golden.compiled import (
    MASK,
    NEVER,
    index,
    int64,
    jit,
    jit_kept,
    sources_digest,
    unsigned,
)
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
from sim.golden.records import (
    agrees,
    differs,
    effects,
    follow_stop,
    leave_record,
    put_record,
)
from sim.golden.state import (
    A_REGISTER,
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
def is_bad(check, use, d, s0, s1):
    """Whether an instruction faults for what it is: its opcode always does, or a field that it uses
    names no register; `ip` is one, but to read."""
    return (check >> FAULT_AT != 0 or use & USES_D_WRITTEN != 0 and d >= REGISTERS
            or use & USES_D_READ != 0 and d > IP_FIELD
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


@jit
def control(mem, regs, cpu, active, ip, word, a):
    """`int`, `halt` and `wait`: (event, next ip)."""
    op = word >> OPCODE_AT
    if op == OP_WAIT:
        return int64(SLEEP), ip
    if op == OP_HALT:
        if active:
            return int64(INVALID_INSTRUCTION), ip
        cpu[CAUSE], cpu[CAUSE_INSN], cpu[CAUSE_IMM] = ip, word, 0
        cpu[STOPPED] = HALTED
        return int64(RECHECK), ip
    if a != RETURN:
        return software_interrupt(mem, regs, cpu, a, ip + 1)
    if active:
        return int64(INVALID_INTERRUPT), ip
    return return_from_interrupt(mem, regs, cpu)


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
            here  = ip  # counted from where `fetched` begins
            event = int64(0)

            while event == 0 and leave == 0:
                # The fast path: instructions whose words and data are in these ranges, and that do
                # nothing but go on to the next. Any other ends it, before it has done anything;
                # `place` says where it stands.
                place = int64(NO_PLACE)
                while cycles < limit:
                    if mode == FOLLOW:
                        if at >= trace_end:
                            leave = int64(END)
                            break
                        if int64(trace[index(at), index(W_KIND)]) > FAULTED:
                            place = int64(INTERRUPT)
                            break

                    # Fetch and decode. No instruction is as frequent as a `constant`, which has no
                    # operands: where nobody keeps records it is done with at once.
                    if unsigned(here) >= unsigned(fetched[1]):
                        place = int64(FETCH)
                        break
                    ip   = here + fetched[0]
                    word = int64(mem[index(ip + fetched[2])])
                    op = word >> OPCODE_AT
                    d  = word >> D_AT & FIELD_MASK
                    a, b, imm = int64(0), int64(0), int64(0)
                    if op == OP_CONSTANT:
                        if d >= REGISTERS:
                            place = int64(DECODE)
                            break
                        if unsigned(here + 1) >= unsigned(fetched[1]):
                            place = int64(SECOND)
                            break
                        imm = int64(mem[index(ip + 1 + fetched[2])])
                        if mode == RUN:
                            regs[index(d)] = imm
                            cycles += 1
                            here += 2
                            continue
                    else:
                        s0 = word >> S0_AT & FIELD_MASK
                        s1 = word & FIELD_MASK
                        if word & checks[index(op)]:
                            if is_bad(checks[index(op)], uses[index(op)], d, s0, s1):
                                place = int64(DECODE)
                                break
                            regs[index(IP_FIELD)] = ip
                        a = regs[index(s0)]
                        b = regs[index(s1)]

                    # Execute.
                    value   = int64(0)
                    address = int64(0)
                    wrote   = int64(0)
                    then    = here + 1
                    if op == OP_CONSTANT:
                        wrote = int64(A_REGISTER)
                        value = imm
                        then = here + 2
                    elif op == OP_LOAD:
                        wrote = int64(A_REGISTER | LOADED)
                        if covers(loaded, a):
                            address = a + loaded[2]
                        elif covers(loaded_before, a):
                            address = a + loaded_before[2]
                        else:
                            place = int64(LOAD)
                            break
                        value = int64(mem[index(address)])
                    elif op == OP_STORE:
                        wrote = int64(MEMORY)
                        value = a
                        target = regs[index(d)]
                        if covers(stored, target):
                            address = target + stored[2]
                        elif covers(stored_before, target):
                            address = target + stored_before[2]
                        else:
                            place = int64(STORE)
                            break
                        mem[index(address)] = value
                    elif op == OP_JMP:
                        then = a - fetched[0]
                    elif op == OP_JZ:
                        if a == 0:
                            then = b - fetched[0]
                    elif op == OP_JNZ:
                        if a != 0:
                            then = b - fetched[0]
                    elif op == OP_RJMP:
                        then = (ip + a & MASK) - fetched[0]
                    elif op == OP_RJZ:
                        if a == 0:
                            then = (ip + b & MASK) - fetched[0]
                    elif op == OP_RJNZ:
                        if a != 0:
                            then = (ip + b & MASK) - fetched[0]
                    elif op == OP_INT or op == OP_HALT or op == OP_WAIT:
                        place = int64(HALT) if op == OP_HALT else int64(INT)
                        break
                    elif op != OP_NOP:
                        wrote = int64(A_REGISTER)
                        value = compute(op, a, b)
                    if wrote & A_REGISTER:
                        regs[index(d)] = value
                    cycles += 1

                    # Leave a record, or compare with the other machine's.
                    if mode != RUN:
                        made = effects(word, imm, wrote, d, value, address)
                        if mode == RECORD:
                            leave_record(cpu, trace, at, 0, ip, made, cycles, active)
                        elif agrees(trace, at, ip, made):
                            count_insn(cpu, cover, op, active)
                        else:
                            differs(cpu, trace, at, 0, 0, ip, made)
                            leave = int64(DIVERGED)
                            break
                        at += 1
                    here = then

                ip = here + fetched[0] & MASK
                if place == NO_PLACE:
                    break
                if mode == FOLLOW:
                    if place == INTERRUPT:  # or another record that is no instruction's
                        leave, ip = follow_event(mem, regs, cpu, cover, trace, at, ip, active)
                        at += leave == 0
                        break

                # What ended the fast path. Once a range is found it goes on from the same
                # instruction; the others are executed here, and whatever faults leaves everything
                # as it was.
                imm     = int64(0)
                value   = int64(0)
                address = int64(0)
                wrote   = int64(0)
                next_ip = ip + 1
                if place == FETCH:
                    event, fetched = lookup(mem, cpu, active, ip, EXECUTE)
                    here = ip - fetched[0]
                    if event == 0:
                        continue
                    word, op, d = int64(0), int64(NO_OP), int64(0)
                elif place == LOAD:
                    loaded_before = loaded
                    event, loaded = lookup(mem, cpu, active, a, READ)
                    if event == 0:
                        continue
                elif place == STORE:
                    target = regs[index(d)]
                    stored_before = stored
                    event, address, stored = lookup_store(mem, cpu, active, target)
                    if event == 0:
                        if covers(stored, target):
                            continue
                        wrote = int64(MEMORY)
                        value = a
                        cycle = cycles + 1
                        if mode == FOLLOW:
                            cycle = int64(trace[index(at), index(W_CYCLE)])
                        event = store_reserved(mem, cpu, stores, address, a, cycle, mode == FOLLOW)
                elif place == INT or place == HALT:
                    event, next_ip = control(mem, regs, cpu, active, ip, word, a)
                else:
                    if op == OP_CONSTANT:
                        event, found = lookup(mem, cpu, active, ip + 1 & MASK, EXECUTE)
                        if event:
                            place = int64(SECOND)
                        else:
                            imm = int64(mem[index((ip + 1 & MASK) + found[2])])
                    if place == DECODE:
                        event = max(checks[index(op)] >> FAULT_AT, int64(INVALID_INSTRUCTION))
                    elif event == 0:
                        wrote = int64(A_REGISTER)
                        value = imm
                        regs[index(d)] = value
                        next_ip = ip + 2
                cycles += 1

                reason = event if event < REMAP else int64(0)
                if mode != RUN and (mode == FOLLOW or event != SLEEP):
                    made = effects(word, imm, wrote, d, value, address)
                    if mode == RECORD:
                        leave_record(cpu, trace, at, reason, ip, made, cycles, active)
                    elif differs(cpu, trace, at, event, reason, ip, made):
                        leave = int64(DIVERGED)
                        break
                    elif reason:
                        count_fault(mem, cpu, cover, active, place, reason)
                    else:
                        count_insn(cpu, cover, op, active)
                    at += 1

                if event:
                    cpu[CHANGES] += 1
                    if reason:
                        cpu[SKIPPED] += 1
                        cpu[CAUSE_INSN], cpu[CAUSE_IMM] = word, imm
                        next_ip = fault(mem, regs, cpu, reason, ip)
                    if event <= REMAP:
                        forget(cpu)
                    elif event == TO_HOST:
                        leave = int64(IO)
                    elif event == SLEEP:
                        leave, cycles = sleep(mem, cpu, cycles, limit)
                ip = next_ip
                here = ip - fetched[0]

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
