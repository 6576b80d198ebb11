"""The kernel's loops that copy, clear, pack and unpack: every start and every remainder."""

import numpy as np
import pytest

from sim.machine import read_image
from tests.support.golden import Model, qasm_words
from tests.support.system import system

CALLER, STACK = 0x300000, 0x3F0000  # where the calls are made from
SOURCE, TARGET = 0x200000, 0x100000
ROOM = 0x100                        # words of each case, in the source and in the target
LENGTHS = (*range(38), 63, 64, 65, 127, 128)


@pytest.fixture(scope="module")
def symbols():
    rows = (line.split(maxsplit=2) for line in system().symbols.read_text().splitlines())
    return {name: int(address, 16) for address, _, name in rows}


def after(symbols, routine, calls):
    """What the source held, the target before and after calls with these arguments, in rows."""
    lines = [f"constant r62 1\nconstant r63 {STACK}"]
    for arguments in calls:
        for argument in arguments:
            lines.append(f"sub r63 r63 r62\nconstant r1 {argument}\nstore r63 r1")
        lines.append(f"constant r2 2\nconstant r1 {symbols[f'global::support::{routine}']}\n"
                     f"add r0 ip r2\njmp r1\nconstant r2 {len(arguments)}\nadd r63 r63 r2")
    model, chance = Model(), np.random.default_rng(7)
    size = len(calls) * ROOM
    source = chance.integers(0, 1 << 32, size, dtype=np.uint32)
    before = chance.integers(0, 1 << 32, size, dtype=np.uint32)
    golden = model.load(read_image(system().kernel), {
        CALLER: qasm_words("\n".join([*lines, "halt"])), SOURCE: source, TARGET: before})
    golden.cpu[0] = CALLER
    golden.run(1_000_000)
    assert golden.stop is not None and golden.stop.ip > CALLER
    assert (golden.memory[SOURCE:SOURCE + size] == source).all()
    result = golden.memory[TARGET:TARGET + size]
    return (table.reshape(-1, ROOM) for table in (source, before, result))


def place(base, case, offset=0):
    return base + case * ROOM + offset


def test_words_are_copied(symbols):
    calls = [(place(TARGET, n, 1), place(SOURCE, n, 2), words) for n, words in enumerate(LENGTHS)]
    for words, source, before, result in zip(LENGTHS, *after(symbols, "copy", calls), strict=True):
        before[1:1 + words] = source[2:2 + words]
        assert (result == before).all()


def test_words_are_filled(symbols):
    calls = [(place(TARGET, n, 3), 0x89ABCDEF, words) for n, words in enumerate(LENGTHS)]
    for words, _, before, result in zip(LENGTHS, *after(symbols, "fill", calls), strict=True):
        before[3:3 + words] = 0x89ABCDEF
        assert (result == before).all()


CASES = [(first, octets) for first in range(6) for octets in LENGTHS]


def test_octets_are_unpacked(symbols):
    calls = [(place(TARGET, n, 1), place(SOURCE, n), *case) for n, case in enumerate(CASES)]
    rows = after(symbols, "unpack", calls)
    for (first, octets), source, before, result in zip(CASES, *rows, strict=True):
        before[1:1 + octets] = source.astype("<u4").view(np.uint8)[first:first + octets]
        assert (result == before).all()


def test_octets_are_packed(symbols):
    """Of a word counts the lowest octet; what lies around those that are written stays."""
    calls = [(place(TARGET, n), first, place(SOURCE, n, 2), octets)
             for n, (first, octets) in enumerate(CASES)]
    rows = after(symbols, "pack", calls)
    for (first, octets), source, before, result in zip(CASES, *rows, strict=True):
        expected = before.astype("<u4").view(np.uint8)
        expected[first:first + octets] = source[2:2 + octets] & 0xFF
        assert (result.astype("<u4").view(np.uint8) == expected).all()
