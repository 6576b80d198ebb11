"""Code that changes itself a few words ahead, wherever it lies, while memory hesitates.

A store is seen by the very next fetch. In RAM the store watch sees to it, and a store to a window
has everything fetched again. For the saved registers, which are neither, a fetch has to wait until
the instructions before it have been executed.
"""

import itertools

import numpy as np
import pytest

from isa import encode
from isa.machine import FRAME_REGISTERS, RESERVED_LIMIT
from sim.engine.machine import RtlMachine
from sim.fuzz.campaign import CONFIGS
from sim.machine import Status
from tests.support.programs import store
from toolchain.qasm import assemble
from toolchain.source import Source

RESULTS = 0x40000
OLD, NEW = (encode("or", d=10, s0=n, s1=n) for n in (21, 22))  # r21 is 1, r22 is 2
NOP, DIVIDE, STORE, BACK = (encode("nop"), encode("div", d=11, s0=21, s1=22),
                            encode("store", d=1, s0=2), encode("jmp", s0=3))

# Where the code begins: both parities, and so that it crosses into what is plain RAM.
PLACES = [place + shift for place, shifts in (
    (FRAME_REGISTERS + 6, 2), (0x800, 2), (RESERVED_LIMIT - 8, 8), (0x60000, 2))
    for shift in range(shifts)]
BEFORE   = [[], [NOP], [NOP, NOP], [DIVIDE]]
DISTANCE = range(5)
OUTSIDE  = range(4)  # instructions between a store in plain RAM and the jump to the word


def put(place, words):
    return "".join(store(place + n, word) for n, word in enumerate(words))


def inside():
    """Programs that run a piece of code that changes itself, each with the word they change."""
    for place, before, distance in itertools.product(PLACES, BEFORE, DISTANCE):
        target = place + len(before) + 1 + distance
        yield (f"{place:#x} {len(before)} {distance}", target,
               put(place, [*before, STORE, *[NOP] * distance, OLD, BACK]), place)


def outside():
    """Programs that change a word and jump to it."""
    for place, distance in itertools.product(PLACES, OUTSIDE):
        yield f"{place:#x} jump {distance}", place, put(place, [OLD, BACK]), f"@change{distance}"


def program(cases):
    """Each case twice: the second time its jumps are predicted."""
    text = "constant r21 1\nconstant r22 2\n"
    for number, (_, target, prepare, start) in enumerate(cases):
        for turn in range(2):
            text += (f"{prepare}constant r1 {target}\nconstant r2 {NEW}\n"
                     f"constant r3 @back{number}_{turn}\nconstant r4 {start}\njmp r4\n"
                     f"@back{number}_{turn}:\nconstant r5 {RESULTS + 2 * number + turn}\n"
                     "store r5 r10\n")
    text += "halt\n"
    for n in OUTSIDE:
        text += f"@change{n}:\nstore r1 r2\n" + "nop\n" * n + "jmp r1\n"
    return assemble([Source("cases", text)]).words


@pytest.fixture(scope="module")
def machine():
    machine = RtlMachine(CONFIGS["hesitant"], memory="hesitant")
    yield machine
    machine.close()


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("2.6")
@pytest.mark.parametrize("make", [inside, outside])
def test_the_next_fetch_sees_the_store(machine, make):
    cases = list(make())
    for first in range(0, len(cases), 100):
        part = cases[first:first + 100]
        machine.load(program(part))
        while machine.run(100_000) is not Status.STOPPED:
            assert machine.cycles < 3_000_000
        results = machine.memory[RESULTS:RESULTS + 2 * len(part)].reshape(-1, 2)
        wrong = [part[n][0] for n in np.flatnonzero((results != 2).any(axis=1)).tolist()]
        assert not wrong
