"""Code as the reference's compiler makes it: that ours is like it, and what it costs."""

import numpy as np
import pytest

from bench.naive import KINDS, PROGRAMS, SHARES, measure_naive
from isa import BY_MNEMONIC
from isa.trace import Kind, Word
from sim.golden import Golden
from sim.machine import Status
from toolchain.qasm import assemble
from toolchain.source import Source

CONDITIONAL = [BY_MNEMONIC[name].opcode for name in ("jz", "jnz")]
JUMPS = [BY_MNEMONIC[name].opcode for name in KINDS["jump"]]
WORST_POINTS = 1.5  # how far a share may be from the measured one


class Counter:
    """What a program executed, by the model's records."""

    def __init__(self, name):
        self.opcodes = np.zeros(256, int)
        self.taken = self.conditional = 0
        self.from_constant = self.jumps = 0
        make, self.expected = PROGRAMS[name]
        golden = Golden(observe=self.count)
        golden.load(assemble([Source("naive.qasm", make())]).words)
        while golden.run(1_000_000) is Status.RUNNING:
            pass
        self.result = golden.stop.exit_code

    def count(self, records):
        records = records[records[:, Word.KIND] == Kind.INSN]
        opcodes = records[:, Word.INSN] >> 24
        self.opcodes += np.bincount(opcodes, minlength=256)
        goes_on = records[1:, Word.IP] == records[:-1, Word.IP] + 1
        conditional = np.isin(opcodes[:-1], CONDITIONAL)
        self.conditional += int(conditional.sum())
        self.taken += int((conditional & ~goes_on).sum())
        jumps = np.isin(opcodes[1:], JUMPS)
        self.jumps += int(jumps.sum())
        self.from_constant += int((jumps & (opcodes[:-1] == BY_MNEMONIC["constant"].opcode)).sum())


@pytest.fixture(scope="module")
def counters():
    return {name: Counter(name) for name in PROGRAMS}


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", SHARES)
def test_its_mix_is_that_of_the_reference(counters, name):
    counter = counters[name]
    total = counter.opcodes.sum()
    shares = [100 * sum(counter.opcodes[BY_MNEMONIC[kind].opcode] for kind in kinds) / total
              for kinds in KINDS.values()]
    assert shares == pytest.approx(SHARES[name], abs=WORST_POINTS)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_its_blocks_are_as_long_and_its_targets_constants(counters, name):
    counter = counters[name]
    assert counter.result == counter.expected
    assert 9 <= counter.opcodes.sum() / counter.opcodes[JUMPS].sum() <= 18
    assert counter.from_constant / counter.jumps >= 0.94


@pytest.mark.long
@pytest.mark.slow
def test_three_quarters_of_the_conditional_jumps_of_coin_are_taken(counters):
    assert counters["coin"].taken / counters["coin"].conditional == pytest.approx(0.75, abs=0.01)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_it_runs_at_1_4_cycles_an_instruction_or_better(name):
    assert measure_naive(name).cpi <= 1.4
