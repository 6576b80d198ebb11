"""What the cycles of a recorded run went into, and who ran when, by a second machine that counts.

The session's own engine does not count, which would cost it a tenth of its speed. Another one does,
makes the same run some way behind, and stays where it has come to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from debug.symbols import Module
from isa.machine import PageFlag
from isa.paging import translate
from sim.engine.machine import RtlMachine
from sim.history.rtl import RtlTape
from sim.machine import Words
from sim.profile.measure import Spaces, measured
from sim.profile.names import Names
from sim.profile.report import Profile
from sim.program import LoadedProgram
from sim.symbols import Symbols

__all__ = ["Follower", "Turn"]

SYSTEM = "kernel"


@dataclass(frozen=True)
class Turn:
    """From this cycle on it is the code of `name` that runs; `number` tells processes apart, and is
    0 for what runs untranslated."""
    cycle:  int
    number: int
    name:   str


class Follower:
    """Makes a tape's run again, and counts.

    Parameters
    ----------
    tape : RtlTape
    words : Words
        The image that it was loaded with.
    name : str
        For people.
    kernel : Module or None
        Symbols of what runs untranslated.
    folders : sequence of Path
        With the debug information of programs.
    memory : str
        As `RtlMachine` has it.

    Members
    -------
    turns : list of Turn
        Who ran, by time.
    """

    def __init__(self, tape: RtlTape, words: Words, name: str, kernel: Module | None,
                 folders: Sequence[Path], memory: str):
        self._followed, self._words, self._name = tape, words, name
        info = kernel.info if kernel is not None else None
        self._own = SYSTEM if folders else name
        self._names = Names(LoadedProgram(words, info.symbols if info else {}), self._own,
                            Symbols(info, folders, tape.machine.config))
        self._spaces = Spaces(self._identify, self._own)
        self._memory = memory
        self._tape: RtlTape | None = None
        self.turns = [Turn(0, 0, self._own)]

    @property
    def cycles(self) -> int:
        """How far it has come."""
        return self._tape.cycles if self._tape is not None else 0

    def follow(self, cycles: int) -> bool:
        """Go on for so many cycles at most; whether it is where the run is."""
        tape = self._twin()
        frontier = self._followed.frontier
        tape.follow(self._followed)
        tape.replay(min(frontier, tape.cycles + cycles))
        return tape.cycles == frontier

    def profile(self) -> Profile:
        """What was counted up to here."""
        machine = self._twin().machine

        def word_at(space: int, address: int) -> int | None:
            if space:
                return self._names.word(self._spaces.names[space], address)
            at = translate(machine.memory, machine.config, 0, address, PageFlag.EXECUTE)
            return None if at is None else int(machine.memory[at])

        return measured(machine.simulation, self._name, self._spaces, self._names.place, word_at)

    def close(self) -> None:
        """Let go of the second machine."""
        if self._tape is not None:
            self._tape.close()
            self._tape = None

    def _identify(self, table: int) -> tuple[Any, str]:
        return self._names.identify(table, self._twin().machine.memory)

    def _mapped(self, table: int) -> int:
        """Another process runs from here on, or none."""
        number = self._spaces(table) if table else 0
        if number != self.turns[-1].number:
            self.turns.append(Turn(self.cycles, number, self._spaces.names[number]))
        return number

    def _twin(self) -> RtlTape:
        if self._tape is None:
            machine = self._followed.machine
            self._tape = RtlTape(RtlMachine(machine.config, machine.hosts, memory=self._memory,
                                            spaces=self._spaces), mapped=self._mapped)
            self._tape.load(self._words)
        return self._tape
