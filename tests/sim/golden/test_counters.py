"""Manual, section 6: the counters of the golden model, alone and behind another machine."""

import numpy as np
import pytest

from isa.config import MachineConfig
from isa.machine import window_addresses
from isa.trace import Word
from sim.golden import state
from sim.golden.follow import Follower
from sim.golden.peripheral import Unexpected
from tests.support.golden import Model, qasm_words

CONFIG = MachineConfig().fit("counters")
WINDOW = window_addresses(CONFIG.peripherals)["counters"]


def counts(golden):
    """Cycles and instructions, as a program finds them."""
    words = [int(word) for word in golden.memory[WINDOW + 1:WINDOW + 5]]
    return words[0] | words[1] << 32, words[2] | words[3] << 32


@pytest.mark.manual("6.23", "6.25")
@pytest.mark.parametrize("before", [0, 1, 7, 100])
def test_a_store_takes_the_counts_before_it(before):
    model = Model(CONFIG)
    golden = model.run(f"constant r1 {WINDOW}\n" + "nop\n" * before + "store r1 r1\n"
                       + "nop\n" * 5 + "halt")
    assert counts(golden) == (before + 1, before + 1)
    assert int(golden.memory[WINDOW]) == WINDOW


@pytest.mark.manual("6.23")
def test_counts_have_64_bits():
    model = Model(CONFIG)
    golden = model.load(f"constant r1 {WINDOW}\nnop\nstore r1 r1\nhalt")
    golden.cpu[state.CYCLES] += 0x2_FFFF_FFFE
    golden.cpu[state.SKIPPED] += 0x1_0000_0000
    golden.cpu[state.TICK_DUE] = golden.cpu[state.CYCLES] + 10_000
    golden.run(4)
    assert counts(golden) == (0x3_0000_0000, 0x2_0000_0000)


@pytest.mark.manual("6.24")
def test_what_faults_or_waits_is_no_instruction_that_retires():
    model = Model(CONFIG)
    golden = model.run(f"""
        constant r1 0x46        ; handlers of fault and timer
        constant r2 @fault
        store r1 r2
        constant r1 0x47
        constant r2 @end
        store r1 r2
        load r3 r4              ; retires: address 0 is memory
        constant r4 0x7fffffff
        load r3 r4              ; faults
        @fault:
        constant r1 0           ; in the handler, interrupts are masked
        constant r2 1
        store r1 r2
        constant r1 0x300
        store r1 r2             ; a timer, in a millisecond
        wait
        @end:
        constant r1 {WINDOW}
        store r1 r1
        halt""")
    cycles, instructions = counts(golden)
    assert instructions == 8 + 5 + 1
    assert cycles > CONFIG.cycles_per_ms


def follow(rows):
    """What a follower says of records by their kind, code, argument and cycle."""
    follower = Follower(CONFIG)
    follower.load(qasm_words(f"constant r1 {WINDOW}\nstore r1 r1\nhalt"))
    records = np.zeros((len(rows), len(Word)), dtype=np.uint32)
    for record, words in zip(records, rows, strict=True):
        for word, value in words.items():
            record[word] = value
    return follower, follower.apply(records)


CONSTANT = {Word.IP: 0x1000, Word.INSN: 0x05010000, Word.IMM: WINDOW, Word.WROTE: 1, Word.D: 1,
            Word.VALUE: WINDOW, Word.CYCLE: 4}
STORE    = {Word.IP: 0x1002, Word.INSN: 0x03010100, Word.WROTE: 2, Word.ADDRESS: WINDOW,
            Word.DATA: WINDOW, Word.CYCLE: 12}


def taken(cycles, told):
    return {Word.KIND: 3, Word.CODE: 0x50, Word.ARG: cycles, Word.CYCLE: told}


def test_cycles_are_those_of_the_machine_that_is_followed():
    follower, wrong = follow([CONSTANT, STORE, taken(9, 13)])
    assert wrong is None
    assert counts(follower.golden) == (9, 1)


@pytest.mark.parametrize("rows, said", [
    ([CONSTANT, STORE, taken(90, 13)], "90 cycles are not those of the machine"),
    ([CONSTANT, STORE, taken(14, 13)], "14 cycles are not those of the machine"),
    ([CONSTANT, taken(9, 13)], "though no program has asked for it"),
    ([CONSTANT, STORE, taken(9, 13), taken(9, 13)], "though no program has asked for it"),
])
def test_counts_that_cannot_be_are_a_divergence(rows, said):
    _, wrong = follow(rows)
    assert wrong is not None and said in wrong.rule


def test_they_change_nothing_by_themselves():
    with pytest.raises(Unexpected):
        Model(CONFIG).load("halt").devices["counters"].event(0)
