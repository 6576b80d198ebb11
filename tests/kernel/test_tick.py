"""What is in assembly for speed does what the QLL does: the usual tick what `scheduler::_timer`
does, and a call what `syscall::_syscall` does. Entries tell those what they interrupted."""

import pytest

from isa import REGISTERS, encode
from isa.machine import (
    ENABLED,
    ENTRY_TABLE,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
)
from sim.machine import read_image
from system.calls import load_calls
from system.constants import SWITCH_INTERRUPT
from tests.support.golden import Model
from tests.support.system import system
from toolchain.places import KERNEL

RING = 0x40000         # where the processes stand
ROOM = 0x100           # words from one to the next
SAVED = REGISTERS + 1  # r0 ... r63, ip
NEXT, STATE, AGAIN, PROGRESS, TICKS = range(SAVED + 1, SAVED + 6)
READY, RUNNING, BLOCKED = 1, 2, 3
PROGRESS_MADE = 77
CALL = 0x5554           # where the process makes one
STACK = slice(0x1F000, 0x1FF00)  # the kernel's
MISSED = 1 << 31
CHORES = 5
CALLS = {call.name: call.number for call in load_calls(KERNEL / "syscalls.toml").calls}


@pytest.fixture(scope="module")
def symbols():
    rows = (line.split(maxsplit=2) for line in system().symbols.read_text().splitlines())
    return {name: int(address, 16) for address, _, name in rows}


def enter(symbols, count, entry, chores=0, call=None, state=RUNNING, again=0, next_wake=0):
    """Memory after an entry of the kernel in the first process of a ring, as it goes on or the next
    one is about to run, with the steps that it took. For a call, what stands behind the process's
    `state` as the call returns can be had as if it had put it there."""
    model = Model(compiled=False)
    ring = [RING + ROOM * at for at in range(count)]
    memory = {
        ENABLED: 0, HIGHEST_INTERRUPT: 0x80,
        ENTRY_TABLE + SWITCH_INTERRUPT: symbols["global::support::switch_entry"],
        symbols["global::support::switch_entry"]: encode("halt"),
        symbols["global::support::inside"]: 0,
        symbols["global::peripherals::mmu"]: model.windows["mmu"],
        symbols["global::scheduler::current"]: ring[0],
        symbols["global::scheduler::tail"]: ring[-1],
        symbols["global::scheduler::chores"]: chores,
        symbols["global::scheduler::next_wake"]: next_wake,
        symbols["global::peripherals::clock"]: model.windows["clock"],
        FRAME_IP: CALL + 1,
        CALL: [encode("halt")] * 2,
    }
    for at, (place, following) in enumerate(zip(ring, [*ring[1:], ring[0]], strict=True)):
        memory[place] = [1000 * at + n for n in range(SAVED)]
        memory[place + NEXT] = following
        memory[place + STATE] = RUNNING if at == 0 else READY
        memory[place + TICKS] = 7 * at
    memory[RING + STATE] = [state, again, PROGRESS_MADE * again]
    registers = [0xA0000 + n for n in range(REGISTERS)]
    if call is not None:
        registers[0] = call
    memory[FRAME_REGISTERS] = registers
    golden = model.load(read_image(system().kernel), memory)
    golden.cpu[0] = symbols[entry]
    golden.regs[:REGISTERS] = registers
    golden.run(100_000)
    assert golden.stop is not None
    assert golden.stop.ip in (symbols["global::support::switch_entry"], CALL, CALL + 1)
    return golden, golden.instructions


def same(symbols, few, many):
    """Whether two runs left the same, but for the kernel's stack."""
    for golden in few, many:
        golden.memory[STACK] = 0
        if golden.stop.ip == symbols["global::support::switch_entry"]:
            golden.regs[:] = 0  # the process's are in the frame
    return (few.memory == many.memory).all() and (few.regs == many.regs).all() \
        and few.stop.ip == many.stop.ip


@pytest.mark.parametrize("count", [2, 3])
def test_the_usual_tick_does_what_the_schedulers_does(symbols, count):
    entry = "global::support::timer_entry"
    usual, few = enter(symbols, count, entry)
    other, many = enter(symbols, count, entry, chores=MISSED)  # `_timer` clears it: nothing to do
    assert few < many
    assert same(symbols, usual, other)
    usual = usual.memory
    assert usual[symbols["global::scheduler::current"]] == RING + ROOM
    assert usual[symbols["global::scheduler::tail"]] == RING
    assert list(usual[RING:RING + SAVED]) == [0xA0000 + n for n in range(REGISTERS)] + [CALL + 1]
    assert usual[FRAME_REGISTERS:FRAME_REGISTERS + REGISTERS - 1].tolist() \
        == [1000 + n for n in range(REGISTERS - 1)]  # r63 follows in `switched`
    assert [int(usual[place + offset]) for place in (RING, RING + ROOM)
            for offset in (STATE, TICKS)] == [READY, 0, RUNNING, 8]


@pytest.mark.parametrize("next_wake, looks", [(1000, False), (0x7FFFFFFE, False), (0, True),
                                              (-1 & 0xFFFFFFFF, True), (0x80000010, True)])
def test_sleepers_are_looked_for_when_the_first_is_to_wake(symbols, next_wake, looks):
    """The clock is at 0; times of which one is less than 25 days behind the other have an order."""
    golden, _ = enter(symbols, 2, "global::support::timer_entry", chores=1, next_wake=next_wake)
    left = golden.memory[symbols["global::scheduler::next_wake"]]
    assert left == (0x7FFFFFFF if looks else next_wake)


@pytest.mark.parametrize("count, chores, state, again, call", [
    pytest.param(3, 0, RUNNING, 0, "yield", id="others have their turn"),
    pytest.param(2, 5, RUNNING, 0, "yield", id="some sleep"),
    pytest.param(2, MISSED, RUNNING, 0, "yield", id="a tick was missed"),
    pytest.param(2, 0, RUNNING, 0, "own_pid", id="a result"),
    pytest.param(2, 0, RUNNING, 1, "own_pid", id="it is made again"),
    pytest.param(2, 0, BLOCKED, 0, "own_pid", id="it waits"),
    pytest.param(2, 0, READY, 0, "own_pid", id="the turn is another's"),
])
def test_a_call_does_what_the_one_in_qll_does(symbols, count, chores, state, again, call):
    runs = [enter(symbols, count, entry, chores, CALLS[call], state, again)
            for entry in ("global::support::syscall_entry", "kernel$indirect")]
    (usual, few), (other, many) = runs
    assert few < many
    assert same(symbols, usual, other)


def test_who_yields_where_nobody_else_can_run_goes_on_at_once(symbols):
    golden, few = enter(symbols, 1, "global::support::syscall_entry", call=CALLS["yield"])
    assert few < 60
    assert (golden.stop.ip, golden.regs[0]) == (CALL + 1, 0)
    assert golden.regs[1:REGISTERS].tolist() == [0xA0000 + n for n in range(1, REGISTERS)]


def come_to(symbols, entry, stop, inside):
    """The model as the kernel, entered while it is `inside` or not, has come to this place."""
    model = Model(compiled=False)
    memory = {
        symbols["global::support::inside"]: inside,
        symbols["global::scheduler::current"]: RING,
        symbols["global::scheduler::chores"]: CHORES,
        symbols["global::peripherals::debug_break"]: model.windows["debug_break"],
        symbols[stop]: encode("halt"),
    }
    golden = model.load(read_image(system().kernel), memory)
    golden.cpu[0] = symbols[entry]
    golden.regs[:REGISTERS] = [0xA0000 + n for n in range(REGISTERS)]
    golden.run(1_000)
    assert golden.stop is not None and golden.stop.ip == symbols[stop]
    return golden


@pytest.mark.parametrize("entry, function, insides", [
    ("global::support::serial_entry", "global::scheduler::_serial", [0]),
    ("global::support::fault_entry",  "global::process::_fault",    [0, 1]),
    ("kernel$tick",                   "global::scheduler::_timer",  [0]),
    ("kernel$unknown",                "global::syscall::_unknown",  [0]),
    ("kernel$indirect",               "global::syscall::_syscall",  [0]),
])
def test_a_function_of_the_kernel_learns_what_was_interrupted(symbols, entry, function, insides):
    """A fault of its own is the end: it must know that it is inside."""
    for inside in insides:
        golden = come_to(symbols, entry, function, inside)
        assert golden.regs[63] == STACK.stop - 1 and golden.memory[STACK.stop - 1] == inside
        assert golden.memory[symbols["global::support::inside"]] == 1


@pytest.mark.parametrize("entry", ["serial_entry", "timer_entry"])
def test_what_comes_as_the_kernel_lets_interrupts_in_is_looked_after_later(symbols, entry):
    golden = come_to(symbols, f"global::support::{entry}", "kernel$resume", inside=1)
    assert golden.memory[symbols["global::scheduler::chores"]] == CHORES | MISSED
    assert golden.regs[0] == RING


def test_a_debuggers_break_stops_the_machine_whatever_was_interrupted(symbols):
    golden = come_to(symbols, "global::support::debug_entry", "kernel$resume", inside=1)
    assert golden.memory[golden.windows["debug_break"]] == 2
