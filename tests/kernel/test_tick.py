"""The usual tick, which is in assembly for speed, does what `scheduler::_timer` does."""

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
from system.constants import SWITCH_INTERRUPT
from tests.support.golden import Model
from tests.support.system import system

RING = 0x40000         # where the processes stand
ROOM = 0x100           # words from one to the next
SAVED = REGISTERS + 1  # r0 ... r63, ip
NEXT, STATE, TICKS = range(SAVED + 1, SAVED + 4)
READY, RUNNING = 1, 2
STACK = slice(0x1F000, 0x1FF00)  # the kernel's
MISSED = 1 << 31


@pytest.fixture(scope="module")
def symbols():
    rows = (line.split(maxsplit=2) for line in system().symbols.read_text().splitlines())
    return {name: int(address, 16) for address, _, name in rows}


def tick(symbols, count, chores):
    """Memory after a tick in the first process of a ring, as the next one is about to run, with the
    steps that it took."""
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
        FRAME_IP: 0x5555,
    }
    for at, (place, following) in enumerate(zip(ring, [*ring[1:], ring[0]], strict=True)):
        memory[place] = [1000 * at + n for n in range(SAVED)]
        memory[place + NEXT] = following
        memory[place + STATE] = RUNNING if at == 0 else READY
        memory[place + TICKS] = 7 * at
    registers = [0xA0000 + n for n in range(REGISTERS)]
    memory[FRAME_REGISTERS] = registers
    golden = model.load(read_image(system().kernel), memory)
    golden.cpu[0] = symbols["global::support::timer_entry"]
    golden.regs[:REGISTERS] = registers
    golden.run(100_000)
    assert golden.stop is not None
    assert golden.stop.ip == symbols["global::support::switch_entry"]
    return golden.memory.copy(), golden.instructions


@pytest.mark.parametrize("count", [2, 3])
def test_the_usual_tick_does_what_the_schedulers_does(symbols, count):
    usual, few = tick(symbols, count, chores=0)
    other, many = tick(symbols, count, chores=MISSED)  # which `_timer` clears, with nothing to do
    assert few < many
    usual[STACK] = other[STACK] = 0
    assert (usual == other).all()
    assert usual[symbols["global::scheduler::current"]] == RING + ROOM
    assert usual[symbols["global::scheduler::tail"]] == RING
    assert list(usual[RING:RING + SAVED]) == [0xA0000 + n for n in range(REGISTERS)] + [0x5555]
    assert usual[FRAME_REGISTERS:FRAME_REGISTERS + REGISTERS - 1].tolist() \
        == [1000 + n for n in range(REGISTERS - 1)]  # r63 follows in `switched`
    assert [int(usual[place + offset]) for place in (RING, RING + ROOM)
            for offset in (STATE, TICKS)] == [READY, 0, RUNNING, 8]
