"""Lockstep: a trace of one machine, followed by another."""

from dataclasses import replace

import numpy as np
import pytest

from isa import encode
from isa.config import Compat, MachineConfig
from isa.machine import ENTRY_TABLE, Reason
from isa.trace import Kind, Word
from sim.golden import Follower, Golden, checks, state
from sim.golden.interpreted import namespace
from sim.machine import Status
from tests.support.golden import list_table
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
    """Of one that has it, and of one that has not, where it is 0."""
    is_insn = trace[:, Word.KIND] == Kind.INSN
    is_insn[:1000] = False
    for is_there in (trace[:, field] != 0, trace[:, field] == 0):
        for at in np.flatnonzero(is_insn & is_there)[:1].tolist():
            wrong = trace.copy()
            wrong[at, field] ^= 1
            divergence = follow(words, wrong)
            assert divergence.position == at
            assert divergence.rule == f"the field {field.name} differs"
            assert divergence.ours == tuple(trace[at])[:11] + (0,)


# --- rules ---------------------------------------------------------------------------------------

FAST = MachineConfig(cycles_per_ms=100)


def rule_of(words, trace, config=FAST):
    """Of the first record that is wrong, its position and what is wrong with it; also if the other
    machine has run for long, so that a record's count of cycles begins anew in the middle."""
    later = trace.copy()
    later[:, Word.CYCLE] -= trace[len(trace) // 2, Word.CYCLE]
    found = []
    for records in (trace, later):
        follower = Follower(config)
        follower.load(words)
        divergence = follower.apply(records)
        found.append(divergence and (divergence.position, divergence.rule))
    assert found[0] == found[1]
    return found[0]


@pytest.fixture(scope="module")
def fast_trace(words):
    trace = record(words, FAST)
    assert rule_of(words, trace) is None
    return trace


def row(kind, ip=0, code=0, arg=0, cycle=0):
    record = np.zeros((1, len(Word)), np.uint32)
    record[0, [Word.KIND, Word.IP, Word.CODE, Word.ARG, Word.CYCLE]] = kind, ip, code, arg, cycle
    return record


def insert(trace, at, record):
    return np.concatenate([trace[:at], record, trace[at:]])


def first(trace, kind, code=None):
    is_it = trace[:, Word.KIND] == kind
    if code is not None:
        is_it &= trace[:, Word.CODE] == code
    return int(np.flatnonzero(is_it)[0])


def test_interrupt_while_masked_is_noticed(words, fast_trace):
    at = first(fast_trace, Kind.INTERRUPT) + 2  # in the handler
    wrong = insert(fast_trace, at, row(Kind.INTERRUPT, fast_trace[at, Word.IP], 2,
                                       cycle=fast_trace[at, Word.CYCLE]))
    assert rule_of(words, wrong) == (at, "an interrupt was accepted while interrupts are masked")


def test_interrupt_at_another_instruction_is_noticed(words, fast_trace):
    at = first(fast_trace, Kind.INTERRUPT)
    wrong = fast_trace.copy()
    wrong[at, Word.IP] += 1
    assert rule_of(words, wrong) == (at, "the field IP differs")


def test_interrupt_that_no_peripheral_raises_is_noticed(words, fast_trace):
    wrong = insert(fast_trace, 5, row(Kind.INTERRUPT, fast_trace[5, Word.IP], 4))
    assert rule_of(words, wrong) == \
        (5, "an interrupt was accepted that no peripheral of this machine raises")


def test_timer_interrupt_before_its_time_is_noticed(words, fast_trace):
    # Once before the timer was started, once right behind an interrupt that was in time.
    wrong = insert(fast_trace, 2, row(Kind.INTERRUPT, fast_trace[2, Word.IP], 2, cycle=2))
    assert rule_of(words, wrong) == (2, "a timer interrupt came before its time")
    at = first(fast_trace, Kind.INTERRUPT)
    back = at + int(np.flatnonzero(fast_trace[at:, Word.INSN] >> 24 == 1)[0]) + 1
    wrong = insert(fast_trace, back, row(Kind.INTERRUPT, fast_trace[back, Word.IP], 2,
                                         cycle=fast_trace[back, Word.CYCLE]))
    assert rule_of(words, wrong) == (back, "a timer interrupt came before its time")


def test_timer_interrupt_that_comes_while_the_handlers_address_is_read_is_in_time():
    take_tick, timer_waits = namespace()["take_tick"], namespace()["timer_waits"]
    cpu = np.zeros(state.CPU_WORDS, np.int64)
    cpu[state.PERIOD] = 100
    cpu[state.TIME] = 230  # of its record: the one at 200 may be behind the one that was accepted
    take_tick(cpu, 195)
    assert timer_waits(cpu)
    cpu[state.TIME] = 240
    take_tick(cpu, 230)
    assert not timer_waits(cpu)


def test_records_of_devices_do_not_say_when_an_interrupt_was_accepted():
    """The clock ticks while a handler's address is read; the timer's next interrupt comes
    meanwhile, too, and is accepted in its time."""
    time_before, take_tick, timer_waits = (
        namespace()[name] for name in ("time_before", "take_tick", "timer_waits"))
    trace = np.concatenate([row(Kind.INSN, cycle=195), row(Kind.DEVICE, cycle=210),
                            row(Kind.DEVICE, cycle=229), row(Kind.INTERRUPT, code=2, cycle=230)])
    cpu = np.zeros(state.CPU_WORDS, np.int64)
    cpu[state.PERIOD] = 100
    cpu[state.TIME] = 229  # of the clock's record
    before = time_before(cpu, trace, 3)
    assert before == 195
    cpu[state.TIME] = 230
    take_tick(cpu, before)
    assert timer_waits(cpu)
    cpu[state.TIMER_SET] = 40
    assert time_before(cpu, trace[1:], 2) == 40


@pytest.mark.parametrize("config", [FAST, replace(FAST, compat=Compat.QUINIX)])
def test_timer_interrupt_that_never_comes_is_noticed(config):
    program = assemble([Source("test.qasm", """
        constant r1 0x300
        constant r2 3
        store r1 r2
        @loop:
        constant r3 @loop
        jmp r3""")]).words
    golden = Golden(config)
    golden.load(program)
    golden.stores[0x300] = 0  # this machine's timer does nothing
    trace = np.zeros((60_000, len(Word)), np.uint32)
    _, used = golden.record(trace)
    position, rule = rule_of(program, trace[:used], config)
    assert rule == ("a timer interrupt is pending for long, unmasked, and is not accepted")
    assert 20_000 < position < 25_000


def test_clock_that_leaves_out_a_millisecond_is_noticed(words, fast_trace):
    at = first(fast_trace, Kind.DEVICE, 6)
    wrong = fast_trace.copy()
    wrong[at, Word.ARG] += 1
    assert rule_of(words, wrong) == (at, "the clock did not go to the next millisecond")


def test_records_behind_the_stop_are_noticed(words, fast_trace):
    wrong = insert(fast_trace, len(fast_trace) - 1, fast_trace[:1])
    assert rule_of(words, wrong) == \
        (len(fast_trace) - 1, "the model has stopped, the other machine goes on")


def test_stop_that_nothing_led_to_is_noticed(words, fast_trace):
    wrong = insert(fast_trace, 9, row(Kind.STOP, 0, 0))
    assert rule_of(words, wrong) == (9, "the other machine stopped, the model goes on")


def test_stop_for_another_reason_is_noticed(words, fast_trace):
    wrong = fast_trace.copy()
    wrong[-1, Word.CODE] = 2
    assert rule_of(words, wrong) == (len(wrong) - 1, "the field CODE differs")


def test_fault_for_another_reason_or_none_is_noticed(words, fast_trace):
    at = first(fast_trace, Kind.FAULT)
    wrong = fast_trace.copy()
    wrong[at, Word.CODE] = 3
    assert rule_of(words, wrong) == (at, "the field CODE differs")
    wrong[at, Word.KIND] = Kind.INSN
    assert rule_of(words, wrong) == (at, "the field KIND differs")


def test_event_of_a_device_that_is_not_there_is_noticed(words, fast_trace):
    wrong = insert(fast_trace, 7, row(Kind.DEVICE, code=0x20))
    position, rule = rule_of(words, wrong)
    assert position == 7 and "0x20" in rule


def test_a_trace_may_be_applied_in_pieces(words, fast_trace):
    follower = Follower(FAST)
    follower.load(words)
    for at in range(0, len(fast_trace), 777):
        assert follower.apply(fast_trace[at:at + 777]) is None
    assert follower.position == len(fast_trace)
    assert follower.golden.stop.exit_code == 7


def test_wait_that_retires_is_noticed():
    program = assemble([Source("test.qasm", "wait")]).words
    wrong = row(Kind.INSN, 0x1000)
    wrong[0, Word.INSN] = program[0]
    assert rule_of(program, wrong) == \
        (0, "a `wait` retired; nothing but an interrupt can come next")


def test_divergence_shows_both_sides(words, fast_trace):
    wrong = fast_trace.copy()
    wrong[0, Word.VALUE] = 5
    follower = Follower(FAST)
    follower.load(words)
    text = str(follower.apply(wrong))
    assert text.startswith("record 0: the field VALUE differs\n")
    assert "r1 = 0x5" in text and "r1 = 0x46" in text


def test_sleeping_model_says_so():
    program = assemble([Source("test.qasm", "nop\nwait")]).words
    follower = Follower(FAST)
    follower.load(program)
    assert not follower.is_asleep
    golden = Golden(FAST)
    golden.load(program)
    trace = np.zeros((100, len(Word)), np.uint32)
    status, used = golden.record(trace)
    assert status is Status.STUCK
    assert follower.apply(trace[:used]) is None
    assert follower.is_asleep


def test_a_record_says_behind_which_table_an_instruction_was_if_there_is_room_for_it():
    golden = Golden()
    golden.load(assemble([Source("test.qasm", "nop\nconstant r1 0x5000\njmp r1")]).words)
    golden.memory[0x8000:0x8000 + len(TABLE[0x8000])] = TABLE[0x8000]
    golden.memory[ENTRY_TABLE + 1], golden.memory[ENDS] = ENDS, encode("halt")
    golden.cpu[state.TRANSLATING], golden.cpu[state.BASE] = 1, 0x8000
    trace = np.full((50, len(Word) + 1), 99, np.uint32)
    _, used = golden.record(trace)
    assert trace[:used, Word.KIND].tolist() == [Kind.INSN] * 3 + [Kind.FAULT, Kind.INSN, Kind.STOP]
    assert trace[:5, -1].tolist() == [0x8000] * 4 + [0]


# --- what is counted ------------------------------------------------------------------------------

PAST, ENDS = 0x400000, 0x700  # behind the RAM; a handler that halts
TABLE      = {0x8000: list_table((0x1000, 0x1000, 0x100, 15))}
MASKED     = "constant r1 0\nstore r1 r1\n"
PLACED = [  # the place of a fault, its reason, the program, whether it is translated
    ("fetch",       Reason.OUT_OF_BOUNDS,       f"constant r1 {PAST}\njmp r1", False),
    ("second word", Reason.OUT_OF_BOUNDS,       f"constant r1 {PAST - 1}\nconstant r2 0x05000000\n"
                                                "store r1 r2\njmp r1", False),
    ("decode",      Reason.INVALID_INSTRUCTION, "word 0xff000000", False),
    ("load",        Reason.OUT_OF_BOUNDS,       f"constant r1 {PAST}\nload r2 r1", False),
    ("store",       Reason.OUT_OF_BOUNDS,       f"constant r1 {PAST}\nstore r1 r1", False),
    ("int",         Reason.INVALID_INTERRUPT,   "constant r1 99\nint r1", False),
    ("fetch",       Reason.MEMORY_FAULT,        "constant r1 0x5000\njmp r1", True),
    ("load",        Reason.MEMORY_FAULT,        "constant r1 0x5000\nload r2 r1", True),
    ("store",       Reason.MEMORY_FAULT,        "constant r1 0x5000\nstore r1 r1", True),
    ("int",         Reason.INVALID_INTERRUPT,   "constant r1 0\nint r1", True),
    ("halt",        Reason.INVALID_INSTRUCTION, "halt", True),
]


def counted(program, translated):
    """What a follower has seen of a program whose fault ends it: the faults' cells, those of
    instructions, and how many instructions there were."""
    memory = {ENTRY_TABLE + 1: [ENDS], ENDS: [encode("halt")], **TABLE}
    follower = Follower()
    golden = Golden()
    for model in (golden, follower):
        model.load(assemble([Source("test.qasm", program)]).words)
    for one in (golden, follower.golden):
        for at, words in memory.items():
            one.memory[at:at + len(words)] = words
        if translated:
            one.cpu[state.TRANSLATING], one.cpu[state.BASE] = 1, 0x8000
    trace = np.zeros((50, len(Word)), np.uint32)
    _, used = golden.record(trace)
    assert follower.apply(trace[:used]) is None
    cells = follower.golden.coverage
    faults = cells[checks.COVER_FAULTS:].reshape(len(checks.MODES), len(checks.PLACES), -1)
    return (np.argwhere(faults).tolist(),
            cells[:checks.COVER_FAULTS].reshape(-1, 2, 2, 2),  # translated, missed, interrupted
            np.count_nonzero(trace[:used, Word.KIND] == Kind.INSN))


@pytest.mark.parametrize("place, reason, program, translated", PLACED,
                         ids=[f"{place}-{int(reason)}" for place, reason, *_ in PLACED])
def test_a_fault_is_counted_by_what_code_it_was_its_place_and_its_reason(
        place, reason, program, translated):
    for masked in ([False] if translated else [False, True]):
        if masked and place == "int":
            continue  # it does nothing then
        mode = "translated" if translated else "masked" if masked else "privileged"
        faults, instructions, retired = counted(MASKED * masked + program, translated)
        assert faults == [[checks.MODES.index(mode), checks.PLACES.index(place), reason]]
        assert instructions.sum() == retired
        # The handler's `halt` is not translated, and nothing of its kind has to be looked for.
        assert instructions[:, int(translated)].sum() == retired - translated
        assert instructions[:, 0, 1].sum() == 0
        assert instructions[:, 1, 1].sum() == (translated and retired > 1)


@pytest.mark.parametrize("rounds, missed", [(1, 0), (100, 1)])
def test_an_interrupted_instruction_is_counted_with_whether_its_place_was_known(rounds, missed):
    """Of a process in a loop, whose handler takes less time than is between interrupts, or more:
    then the next one comes as the page table has not been looked at again."""
    text = f"""
        constant r1 0x47
        constant r2 @tick
        store r1 r2
        constant r1 0x42
        constant r2 0x2000
        store r1 r2
        constant r1 0x300
        constant r2 1
        store r1 r2
        constant r1 0
        int r1
    @tick:
        constant r2 1
        constant r3 {rounds}
        constant r4 @again
    @again:
        sub r3 r3 r2
        jnz r3 r4
        constant r0 0
        int r0"""
    table = list_table((0x2000, 0x2000, 0x10, 15))
    loop  = assemble([Source("loop.qasm", "nop\nconstant r1 0x2000\njmp r1")]).words
    golden, follower = Golden(FAST), Follower(FAST)
    for model in (golden, follower):
        model.load(assemble([Source("test.qasm", text)]).words)
    for one in (golden, follower.golden):
        one.memory[0x8000:0x8000 + len(table)] = table
        one.memory[0x2000:0x2000 + len(loop)] = loop
        one.cpu[state.BASE] = 0x8000
    trace = np.zeros((4_000, len(Word)), np.uint32)
    _, used = golden.record(trace)
    assert follower.apply(trace[:used]) is None
    cells = follower.golden.coverage[:checks.COVER_FAULTS].reshape(-1, 2, 2, 2)
    interrupts = np.count_nonzero(trace[:used, Word.KIND] == Kind.INTERRUPT)
    assert cells[:, 1, missed, 1].sum() >= interrupts - 1 > 5
