"""Random programs: what is generated, that mistakes are found, and that they become small."""

import ast
import dataclasses
from pathlib import Path

import pytest

from isa import ISA
from isa.config import MachineConfig
from sim.fuzz.campaign import CONFIGS, Failure, Result, examine_seeds
from sim.fuzz.coverage import Coverage
from sim.fuzz.generate import generate
from sim.fuzz.program import Program
from sim.fuzz.shrink import shrink
from sim.fuzz.subjects import ModelSubject
from sim.golden import checks
from sim.golden.interpreted import MODULES, new_namespace
from toolchain.qasm import assemble
from toolchain.source import Source

SHORT = 800  # seeds, at most; mostly 200 are enough
QUIET = MachineConfig(cycles_per_ms=20, peripherals=("timer", "clock", "mmu"))

# Mistakes, as one may make them: a piece of `core`'s source and what stands there instead.
MISTAKES = {
    "sdiv rounds down":          ("quotient = -quotient", "quotient = -quotient - 1"),
    "present is not checked":    ("flags & PRESENT == 0 or flags & need", "flags & need"),
    "a return keeps the fault":  ("cpu[IN_FAULT] = 0", "cpu[IN_FAULT] = cpu[IN_FAULT]"),
    "the last of equals wins":   ("virtual < best:", "virtual <= best:"),
}


def mistaken(old: str, new: str) -> dict:
    """The namespace of an uncompiled model with a mistake."""
    space = new_namespace()
    sources = [Path(module.__file__).read_text() for module in MODULES]
    source, = (source for source in sources if old in source)
    tree = ast.parse(source.replace(old, new))
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    exec(compile(tree, "mistaken", "exec"), space)
    return space


def test_a_seed_always_gives_the_same_program_and_another_seed_another():
    assert generate(5, QUIET) == generate(5, QUIET)
    assert generate(5, QUIET).render() != generate(6, QUIET).render()


def test_every_instruction_is_generated():
    opcodes = {word >> 24 for seed in range(60) for word in generate(seed, QUIET).render()}
    assert {insn.opcode for insn in ISA} <= opcodes
    assert len(opcodes) > 200  # and those that are none


@pytest.mark.parametrize("name", CONFIGS)
def test_assembly_of_a_program_makes_the_same_words(name):
    for seed in range(3):
        program = generate(seed, CONFIGS[name])
        words = program.render()
        assert list(assemble([Source("x.qasm", program.as_qasm())]).words)[:len(words)] == words


def test_any_part_of_a_program_is_a_program():
    subject = ModelSubject(QUIET)
    for seed in range(10):
        program = generate(seed, QUIET)
        for part in (program.atoms[::2], program.atoms[1::3], program.atoms[:1], ()):
            assert subject.examine(program.with_atoms(part)).divergence is None


def test_model_agrees_with_itself_on_many_programs():
    result = examine_seeds("quiet", range(60), lambda name: ModelSubject(QUIET))
    assert result.programs == 60 and not result.failures
    assert result.records > 50_000


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_and_shrunk_to_a_few_words(name):
    subject = ModelSubject(QUIET, mistaken(*MISTAKES[name]))

    def fails(program: Program) -> bool:
        return subject.examine(program).divergence is not None

    failing = next(program for program in (generate(seed, QUIET) for seed in range(400))
                   if fails(program))
    small = shrink(failing, fails, 300)
    assert fails(small)
    assert sum(len(atom.words) for atom in small.atoms) <= 30


def test_failure_is_saved_as_assembly_with_its_seed(tmp_path):
    program = dataclasses.replace(generate(7, QUIET), atoms=generate(7, QUIET).atoms[:2])
    path = Failure("list", 7, "a rule\nand more", program).save(tmp_path)
    text = path.read_text()
    assert path.name == "list-7.qasm"
    assert text.startswith("; python -m sim.fuzz --config list --seed 7\n; a rule\n; and more\n")
    assert list(assemble([Source(str(path), text)]).words)[:9] == program.render()[:9]


def test_coverage_names_what_was_never_reached():
    coverage = Coverage(QUIET)
    assert "add translated, miss" in coverage.missing()
    coverage.counts[checks.coverage_index(6, 1, 1, 0)] = 1
    assert "add translated, miss" not in coverage.missing()
    assert coverage.impossible() == []
    coverage.counts[checks.coverage_index(24, 0, 0, 0)] = 1
    assert coverage.impossible() == ["wait privileged"]
    assert "(a) " in str(coverage)


# --- the hardware --------------------------------------------------------------------------------

@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_hardware_agrees_with_the_model_on_random_programs(name):
    result = examine_seeds(name, range(100_000, 100_030))
    assert result.failures == []
    assert result.records > 20_000


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_a_short_campaign_leaves_no_hole_in_the_tables(name):
    """Each instruction and each fault in all circumstances in which it can be."""
    total = Result()
    for first in range(200_000, 200_000 + SHORT, 100):
        total.add(examine_seeds(name, range(first, first + 100)))
        if not total.coverage[name].missing():
            break
    assert total.failures == []
    assert total.coverage[name].missing() == []
    assert total.coverage[name].impossible() == []
