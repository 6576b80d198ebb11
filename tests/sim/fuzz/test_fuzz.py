"""Random programs: what is generated, that mistakes are found, and that they become small."""

import ast
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from isa import ISA
from isa.config import MachineConfig, PageTable
from isa.machine import PERIPHERALS
from isa.trace import RECORD_WORDS, Kind, Word
from sim.engine import machine as engine
from sim.engine.adapters import Display
from sim.fuzz import __main__ as command
from sim.fuzz import campaign
from sim.fuzz.campaign import CONFIGS, Failure, Result, examine_seeds
from sim.fuzz.coverage import Coverage
from sim.fuzz.generate import generate
from sim.fuzz.program import Atom, Program, Setting, constant
from sim.fuzz.shrink import shrink
from sim.fuzz.subjects import (
    CIRCLE_STEPS,
    GOES_ON,
    SILENCE,
    SILENCE_CYCLES,
    STEP_CYCLES,
    ModelSubject,
    RtlSubject,
    Travels,
)
from sim.fuzz.values import encode
from sim.golden import Follower, Golden, state
from sim.golden.follow import RULES
from sim.golden.interpreted import MODULES, namespace, new_namespace
from sim.machine import Status
from toolchain.qasm import assemble
from toolchain.source import Source

SHORT = 800  # seeds, at most; mostly 100 are enough
CLOCK = next(kind.identifier for kind in PERIPHERALS if kind.name == "clock")
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

    failing = next(program for program in (generate(seed, QUIET, rounds=1) for seed in range(400))
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
    coverage, coverage_index = Coverage(QUIET), namespace()["coverage_index"]
    assert "add translated, miss" in coverage.missing()
    coverage.counts[coverage_index(6, 1, 1, 0)] = 1
    assert "add translated, miss" not in coverage.missing()
    assert coverage.impossible() == []
    coverage.counts[coverage_index(24, 0, 0, 0)] = 1
    assert coverage.impossible() == ["wait privileged"]
    assert "(a) " in str(coverage)


# --- the hardware --------------------------------------------------------------------------------

@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_hardware_agrees_with_the_model_on_random_programs(name):
    result = examine_seeds(name, range(100_000, 100_010))
    assert result.failures == []
    assert result.records > 20_000


@pytest.mark.slow
@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.long if name == "sdram" else ()) for name in CONFIGS])
def test_a_short_campaign_leaves_no_hole_in_the_tables(name):
    """Each instruction and each fault in all circumstances in which it can be."""
    total = Result()
    for first in range(200_000, 200_000 + SHORT, 20):
        total.add(examine_seeds(name, range(first, first + 20)))
        if not total.coverage[name].missing():
            break
    assert total.failures == []
    assert total.coverage[name].missing() == []
    assert total.coverage[name].impossible() == []


@pytest.mark.slow
def test_a_machine_that_does_not_say_that_it_stopped_is_found(monkeypatch):
    subject = campaign.rtl_subject("list")
    run = subject.machine.run

    def runs_on(cycles):
        status = run(cycles)
        return Status.RUNNING if status is Status.STOPPED else status

    program = next(program for program in (generate(seed, subject.config) for seed in range(99))
                   if subject.examine(program).ending == "stopped")
    monkeypatch.setattr(subject.machine, "run", runs_on)
    assert subject.examine(program).divergence.rule == GOES_ON


class Faulty(Display):
    """A display's adapter that sets the lowest bit of one pixel of each picture."""
    def _mark(self, kind):
        if sum(map(len, self._pixels)) == 12:
            pixels = np.concatenate(self._pixels)
            pixels[7] |= 1
            self._pixels = [pixels]
        super()._mark(kind)


@pytest.mark.slow
def test_a_pixel_that_differs_is_found_and_shrunk_to_a_flip(monkeypatch):
    monkeypatch.setitem(engine.ADAPTERS, "display", Faulty)
    subject = RtlSubject(CONFIGS["list"])
    failing = next(program for program in (generate(seed, subject.config) for seed in range(200))
                   if subject.examine(program).divergence is not None)
    small = shrink(failing, lambda program: subject.examine(program).divergence is not None, 300)
    assert subject.examine(small).divergence.rule.startswith("the picture of flip 1 has 0x")
    assert {atom.kind for atom in small.atoms} <= {"picture", "device", "low_code", "memory"}
    assert len(small.atoms) <= 2
    subject.machine.close()


def test_flips_are_generated():
    atoms = [atom for seed in range(60) for atom in generate(seed, CONFIGS["list"]).atoms
             if atom.kind == "picture"]
    assert len(atoms) > 20


@pytest.mark.slow
def test_a_program_that_goes_in_a_circle_is_ended():
    subject = campaign.rtl_subject("list")
    circle = Atom("circle", (*constant(1, 0), encode("rjmp", s0=1)))
    program = Program(2, subject.config, Setting(rounds=3), (circle,))
    assert subject.examine(program).ending == "circle"
    assert STEP_CYCLES * CIRCLE_STEPS <= subject.machine.cycles < STEP_CYCLES * (CIRCLE_STEPS + 3)


def test_all_rounds_of_a_program_are_gone_through():
    atoms = (Atom("count", (*constant(9, 1), encode("add", d=10, s0=10, s1=9))),)
    subject = ModelSubject(QUIET)
    for rounds in (1, 2, 5):
        assert subject.examine(Program(0, QUIET, Setting(rounds=rounds), atoms)).ending == "stopped"
        assert subject.golden.registers().general[10] == rounds


# --- machines that hang --------------------------------------------------------------------------

class Hanging:
    """In the place of the hardware: runs a program rightly for a while, then only its clock ticks.

    Parameters
    ----------
    instructions : int
        How many it executes before that.
    """
    def __init__(self, config, observe, instructions):
        self.config, self.observe, self.left = config, observe, instructions
        self.golden = Golden(config)
        self.cycles = self.ticks = 0

    def load(self, image):
        self.golden.load(image)
        self.cycles = self.ticks = 0

    def close(self):
        pass

    def run(self, budget):
        self.cycles += budget
        if self.left:
            trace = np.zeros((10_000, RECORD_WORDS), np.uint32)
            _, used = self.golden.record(trace)
            is_insn = trace[:used, Word.KIND] <= Kind.FAULT
            used = int(np.searchsorted(np.cumsum(is_insn), self.left)) + 1
            self.ticks = int(trace[:used, Word.ARG].max(initial=0))
            self.observe(trace[:used])
            self.left = 0
        self.ticks += 1
        tick = np.zeros((1, RECORD_WORDS), np.uint32)
        tick[0, [Word.KIND, Word.CODE, Word.ARG]] = Kind.DEVICE, CLOCK, self.ticks
        self.observe(tick)
        return Status.RUNNING


class HangingSubject(RtlSubject):
    """As the fuzzer sees such a machine."""
    def __init__(self, config, instructions):
        self.config, self.records = config, 0
        self.follower = Follower(config)
        self.travels = Travels(self.follower.golden)
        self.machine = Hanging(config, self._observe, instructions)


@pytest.mark.parametrize("page_table", PageTable)
@pytest.mark.parametrize("instructions", [0, 1, 130])
def test_a_machine_that_only_ticks_is_found_to_hang(page_table, instructions):
    """130 is amid translated code, behind the prologue: there a page table may look like a list."""
    config = dataclasses.replace(QUIET, page_table=page_table)
    programs = (generate(seed, config) for seed in range(100))
    verdicts = (HangingSubject(config, instructions).examine(program) for program in programs
                if program.setting.tables and not program.setting.timer_ms)
    # A program may stop by itself before.
    has_stopped = RULES[state.RULE_STOPPED]
    verdict = next(verdict for verdict in verdicts
                   if verdict.divergence is None or verdict.divergence.rule != has_stopped)
    assert (verdict.ending, verdict.divergence.rule) == ("diverged", SILENCE)


def test_a_machine_that_has_slept_for_long_is_not_taken_for_one_that_hangs(monkeypatch):
    """It is looked at right behind its awakening, before an instruction has retired."""
    subject = HangingSubject(QUIET, 0)
    naps = SILENCE_CYCLES // STEP_CYCLES + 1
    sleeps = [True] * naps + [False] * 2
    monkeypatch.setattr(Follower, "is_asleep", property(lambda follower: sleeps.pop(0)))
    with pytest.raises(IndexError):
        subject.examine(generate(0, QUIET))
    assert sleeps == []


def test_a_long_list_is_an_excuse_and_a_two_level_table_that_reads_as_one_is_not():
    for page_table in PageTable:
        config = dataclasses.replace(QUIET, page_table=page_table)
        subject = HangingSubject(config, 0)
        golden = subject.follower.golden
        golden.cpu[[state.TRANSLATING, state.BASE]] = 1, 0x5000
        golden.memory[0x5000] = 0x6000 << 4 | 15
        assert subject._walks_long() == (page_table is PageTable.LIST)


# --- the command line ----------------------------------------------------------------------------

def test_a_campaign_without_a_program_is_a_failure(monkeypatch, capsys):
    monkeypatch.setattr(command, "run_campaign", lambda *names, **options: Result())
    assert command.main(["--seconds", "1"]) == 1
    assert capsys.readouterr().err == "fuzz: no program was examined: too little time\n"


@pytest.mark.parametrize("options, message", [
    (["--seconds", "0"], "argument --seconds: must be a number above 0, not '0'"),
    (["--seconds", "soon"], "argument --seconds: must be a number above 0, not 'soon'"),
    (["--count", "0"], "argument --count: must be a number of at least 1, not '0'"),
    (["--first", "-3"], "argument --first: must be a number, not '-3'"),
    (["--config", "none"], "argument --config: invalid choice: 'none'"),
    (["--show"], "--show needs --seed"),
    (["--seed", "1", "--count", "2"], "--seed examines one seed: leave out --first"),
])
def test_a_bad_option_is_one_sentence_and_status_2(options, message, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(options)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_set_up_is_told_and_does_not_count_as_time(monkeypatch, tmp_path):
    """It takes longer than the campaign may, which examines programs all the same."""
    said, clock = [], [0.0]

    def make(name, say):
        clock[0] += 1000
        return HangingSubject(QUIET, 0)

    class AtOnce(ThreadPoolExecutor):
        def __init__(self, workers, mp_context):
            super().__init__(1)

    monkeypatch.setattr(campaign, "make_rtl_subject", make)
    monkeypatch.setattr(campaign, "examine_seeds", lambda name, seeds: Result(programs=len(seeds)))
    monkeypatch.setattr(campaign, "ProcessPoolExecutor", AtOnce)
    monkeypatch.setattr(campaign.time, "monotonic", lambda: clock[0])

    total = campaign.run_campaign(["list", "no-mmu"], 0, count=5, seconds=8, workers=1,
                                  say=said.append, folder=tmp_path)
    assert total.programs == 10
    assert said[:2] == ["setting up list, 1 of 2", "setting up no-mmu, 2 of 2"]
