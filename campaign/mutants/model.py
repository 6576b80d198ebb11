"""What a changed golden model, uncompiled, does otherwise than the compiled one that has no change:
in each of the three variants of the loop."""

import ast
import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from campaign.mutants.change import Mutant
from isa.config import Compat, MachineConfig, PageTable
from isa.trace import RECORD_WORDS
from sim.fuzz.generate import generate
from sim.fuzz.subjects import LIMIT_RECORDS
from sim.golden import Follower, Golden, interpreted, machine, state
from sim.golden.interpreted import interpreted_run, new_namespace
from sim.machine import Status

if TYPE_CHECKING:
    from sim.fuzz.program import Program

__all__ = ["MACHINES", "Pair", "changed_namespace", "let_all_be"]

PLAIN    = MachineConfig(cycles_per_ms=20, peripherals=("timer", "clock", "mmu"))
MACHINES = (PLAIN, dataclasses.replace(PLAIN, page_table=PageTable.TWO_LEVEL),
            dataclasses.replace(PLAIN, fpu=False, compat=Compat.QUINIX))


def changed_namespace(mutant: Mutant) -> dict[str, Any]:
    """The model's names with the functions of a changed file."""
    space = new_namespace()
    tree = ast.parse(mutant.text)
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    exec(compile(tree, mutant.path, "exec"), space)
    return space


def let_all_be(space: dict[str, Any]) -> None:
    """From now on, every model of this process is one with the names of `space`, uncompiled, and
    tests that ask for these names get them."""
    def run(mode: int) -> Callable[..., int]:
        return interpreted_run(mode, space)

    names = {"compiled_run": run, "interpreted_run": run, "namespace": lambda: space,
             "prepare": lambda *_: None}
    for name, ours in names.items():
        setattr(machine, name, ours)
    interpreted.namespace = names["namespace"]  # type: ignore[assignment]


class Pair:
    """The model compiled, and uncompiled with the names of `space`."""

    def __init__(self, config: MachineConfig, space: dict[str, Any]):
        self.config  = config
        self.clean   = Golden(config)
        self.changed = Golden(config, compiled=False)
        self.behind  = Follower(config, compiled=False)
        self.trace   = np.zeros((LIMIT_RECORDS, RECORD_WORDS), np.uint32)
        for golden in (self.changed, self.behind.golden):
            golden.runs = {mode: interpreted_run(mode, space)
                           for mode in (state.RUN, state.RECORD, state.FOLLOW)}

    def difference(self, seed: int) -> str | None:
        """What the two do differently with a program; the seed also says by which variant."""
        program = generate(seed, self.config)
        ways = (self._recorded, self._followed, self._run)
        return ways[seed // len(MACHINES) % len(ways)](program)

    def _record(self, program: "Program") -> tuple[Status, np.ndarray[Any, Any]]:
        self.clean.load(program.render())
        status, used = self.clean.record(self.trace)
        return status, self.trace[:used].copy()

    def _recorded(self, program: "Program") -> str | None:
        status, records = self._record(program)
        self.changed.load(program.render())
        given, used = self.changed.record(self.trace)
        is_same = given is status and np.array_equal(records, self.trace[:used])
        return None if is_same else "recorded"

    def _run(self, program: "Program") -> str | None:
        status, _ = self._record(program)
        self.changed.load(program.render())
        given = self.changed.run(self.clean.cycles + (status is not Status.RUNNING))
        is_same = given is status and self.changed.cycles == self.clean.cycles \
            and self.changed.registers() == self.clean.registers() \
            and np.array_equal(self.changed.memory, self.clean.memory)
        return None if is_same else "run"

    def _followed(self, program: "Program") -> str | None:
        """Of a right trace alone: what is wrong with others is for tests to find."""
        _, records = self._record(program)
        self.behind.load(program.render())
        return "followed" if self.behind.apply(records) else None
