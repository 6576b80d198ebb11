"""Kinds of campaigns about the toolchain: damaged and random programs."""

import random
from collections.abc import Callable

from campaign.kind import Failure, Kind, Outcome, of_each_seed
from tests.fuzz_as import BATCH, first_difference, generated
from tests.fuzz_qll import LEVELS, results
from tests.support.assembler import Case
from tests.support.qll_mutations import check_survives, mutate
from tests.support.qll_programs import program
from tests.support.stress import shrink
from toolchain.qll.front import with_deep_stack

__all__ = ["tool_kinds"]

ASSEMBLY_TRIES = 60  # each is a session of the machine
TRAPS = (0xE0000000, 0xE0000001, 0xE0000002)


def _judge_damaged(seed: int, outcome: Outcome) -> str | None:
    chance = random.Random(seed)
    text = mutate(chance)
    accepted = with_deep_stack(lambda: check_survives([text], chance.randrange(3)))
    outcome.meet("accepted" if accepted else "rejected")
    return None


def _shrink_damaged(seed: int) -> Failure:
    """Fewer lines that fail in the same way."""
    chance = random.Random(seed)
    text, level = mutate(chance), chance.randrange(3)

    def complaint(lines: list[str]) -> str:
        try:
            with_deep_stack(lambda: check_survives(["\n".join(lines)], level))
        except Exception as error:
            return type(error).__name__
        return ""

    why = complaint(text.split("\n"))
    small = shrink(text.split("\n"), lambda lines: complaint(lines) == why)
    return Failure(seed, why, "\n".join(small))


def _judge_random(seed: int, outcome: Outcome) -> str | None:
    levels = (0, 2) if seed % 4 else LEVELS
    given = results(program(random.Random(seed)), levels)
    if None in given or len(set(given)) > 1:
        return f"interpreted, and at levels {levels}: {given}"
    outcome.meet("trap" if given[0] in TRAPS else "value")
    return None


def _examine_assembly(seeds: range) -> Outcome:
    """Programs are assembled in one session of the machine; which one fails is found by itself."""
    outcome = Outcome(counts={"programs assembled twice": len(seeds)})
    if first_difference([generated(seed) for seed in seeds]) is not None:
        for seed in seeds:
            found = first_difference([generated(seed)])
            if found is not None:
                outcome.failures.append(Failure(seed, found[1]))
    return outcome


def _shrink_assembly(seed: int) -> Failure:
    """Fewer lines of each file that still differ."""
    def differs(case: Case) -> bool:
        return first_difference([case]) is not None

    case = generated(seed)
    for number, (name, text) in enumerate(case):
        case = _fewer_lines(case, number, name, text.split("\n"), differs)
    found = first_difference([case])
    return Failure(seed, found[1] if found else "it does not fail by itself",
                   "\n".join(f"; {name}\n{text}" for name, text in case))


def _fewer_lines(case: Case, number: int, name: str, lines: list[str],
                 differs: Callable[[Case], bool]) -> Case:
    """The case with fewer lines in one of its files."""
    def with_lines(some: list[str]) -> Case:
        return [*case[:number], (name, "\n".join(some)), *case[number + 1:]]
    return with_lines(shrink(lines, lambda some: differs(with_lines(some)), ASSEMBLY_TRIES))


def tool_kinds() -> list[Kind]:
    return [
        Kind("qll-damaged", "damaged QLL programs: rejected properly, or compiled", "programs",
             of_each_seed(_judge_damaged), batch=100, shrink=_shrink_damaged,
             again="python -m tests.fuzz_qll --count 1 --seed {seed}"),
        Kind("qll-random", "random QLL programs give what the interpreter gives", "programs",
             of_each_seed(_judge_random), batch=4,
             again="python -m tests.fuzz_qll --run --count 1 --seed {seed}"),
        Kind("qasm", "the machine's assembler does what the host's does", "programs",
             _examine_assembly, batch=BATCH, shrink=_shrink_assembly,
             again="python -m tests.fuzz_as --count 1 --seed {seed}"),
    ]
