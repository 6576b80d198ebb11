"""Judges many changes of the hardware by random programs, on one model that has them all:
`python -m campaign.mutants.batch FOLDER list 3 17 42`.

Each line of its output is JSON: a mutant that it begins with, or what became of one. The model is
kept in the folder, so that a process that a mutant made crash can be followed by another one.
"""

import argparse
import dataclasses
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from campaign.mutants.areas import mutants
from campaign.mutants.change import Mutant
from campaign.mutants.judge import (
    ALONE,
    KILLED,
    PROGRAMS,
    SURVIVES,
    Verdict,
    compile_quickly,
    wrong,
)
from campaign.mutants.together import BITS, CHOOSER, Chooser, Together, together
from toolchain.places import ROOT

__all__ = ["judged"]

CLEAN = 4        # programs that the model must pass as long as no change is in force


def judged(folder: Path, build_name: str, changes: Mapping[int, Mutant],
           done: Sequence[int] = ()) -> Iterator[tuple[int, Verdict | None]]:
    """Each change as its judgement begins (None), and then the verdict; `done` are left out."""
    subject, left_over = _subject(folder, build_name, changes)
    programs = _Programs(subject.config)
    for seed in range(CLEAN):  # no change is in force yet
        if wrong(subject, programs[seed], seed):
            raise RuntimeError(f"the model of {len(changes)} changes fails without any of them")
    for number in changes:
        if number in done:
            continue
        yield number, None
        if number in left_over:
            yield number, (ALONE, left_over[number])
            continue
        subject.chosen = number + 1
        by = next((why for seed in range(PROGRAMS)
                   if (why := wrong(subject, programs[seed], seed))), None)
        yield number, (SURVIVES, "") if by is None else (KILLED, by)


class _Programs:
    """Random programs of a configuration, made when they are asked for."""

    def __init__(self, config: Any):
        self.config = config
        self.made: list[Any] = []

    def __getitem__(self, seed: int) -> Any:
        from sim.fuzz.generate import generate
        while len(self.made) <= seed:
            self.made.append(generate(len(self.made), self.config))
        return self.made[seed]


def _subject(folder: Path, build_name: str, changes: Mapping[int, Mutant]
             ) -> tuple[Any, dict[int, str]]:
    """The hardware with all of the changes; and those that it cannot have, with the reasons."""
    from sim.engine import build, machine
    from sim.fuzz.campaign import CONFIGS, MEMORIES
    from sim.fuzz.subjects import RtlSubject
    config, memory = CONFIGS[build_name], MEMORIES.get(build_name, "ideal")
    build.CACHE = folder
    compile_quickly(build)
    key = hashlib.sha256(repr((build_name, sorted(changes))).encode()).hexdigest()[:20]
    facts, left_over = folder / f"{key}.json", {}
    if facts.exists():
        left_over = {int(number): why for number, why in json.loads(facts.read_text()).items()}
        design: Any = None
    else:
        design, left_over = _design(config, memory, changes)
        facts.write_text(json.dumps(left_over))
    machine.quince_design = lambda *config, **options: design
    build.source_key = lambda *facts: key

    class Subject(RtlSubject):
        chosen = 0

        def __init__(self) -> None:
            super().__init__(config, memory=memory)
            load = self.machine.load

            def load_and_choose(*image: Any) -> None:
                load(*image)
                self.machine.simulation.send(CHOOSER, [self.chosen])

            self.machine.load = load_and_choose  # type: ignore

    return Subject(), left_over


def _design(config: Any, memory: str, changes: Mapping[int, Mutant]
            ) -> tuple[Any, dict[int, str]]:
    """The design of as many changes as can be had together."""
    def attempt(some: Mapping[int, Mutant]) -> tuple[Any, Together]:
        from sim.engine.design import Stream
        from sim.engine.header import header_of
        from sim.engine.quince import quince_design
        with together(some) as change:
            design = quince_design(config, memory=memory)
            design = dataclasses.replace(
                design, component=Chooser(design.component),
                streams=(*design.streams, Stream(CHOOSER, "in", BITS)))
            header = header_of(design)
        return dataclasses.replace(design, header=header), change

    left_over: dict[int, str] = {}
    while True:
        some = {number: mutant for number, mutant in changes.items() if number not in left_over}
        try:
            design, change = attempt(some)
        except Exception as error:
            guilty = _guilty(error, some) or _sorted_out(attempt, some)
            left_over |= dict.fromkeys(guilty, f"{type(error).__name__}: {error}"[:200])
        else:
            return design, {**change.left_over, **left_over}


def _guilty(error: Exception, changes: Mapping[int, Mutant]) -> list[int]:
    """The changes of those lines of the hardware that an error is about: of the statement that was
    being read, or those that it names."""
    places = set(re.findall(r"(rtl/[\w/]+\.py):(\d+)", str(error)))
    frame = error.__traceback__
    while frame is not None:
        told = getattr(frame.tb_frame.f_locals.get("stmt"), "src_loc", None)
        if told is not None:
            places.add((Path(told[0]).relative_to(ROOT).as_posix(), str(told[1])))
        frame = frame.tb_next
    is_probe = "is no register" in str(error)  # the engine looks at registers through `status`
    return [number for number, mutant in changes.items()
            if (mutant.path, str(mutant.line)) in places
            or is_probe and "status" in mutant.lines()[0]]


def _sorted_out(attempt: Callable[[Mapping[int, Mutant]], object],
                some: Mapping[int, Mutant]) -> list[int]:
    """The changes that nothing can be made of, found by halves."""
    try:
        attempt(some)
    except Exception:
        numbers, middle = list(some), len(some) // 2
        if len(some) == 1:
            return numbers
        return [number for part in (numbers[:middle], numbers[middle:])
                for number in _sorted_out(attempt, {one: some[one] for one in part})]
    return []


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="campaign.mutants.batch")
    parser.add_argument("folder", type=Path)
    parser.add_argument("build")
    parser.add_argument("numbers", type=int, nargs="+")
    parser.add_argument("--done", type=int, nargs="*", default=[])
    options = parser.parse_args(argv)
    every = mutants("rtl")
    changes = {number: every[number] for number in options.numbers}
    for number, verdict in judged(options.folder, options.build, changes, options.done):
        print(json.dumps([number, verdict]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
