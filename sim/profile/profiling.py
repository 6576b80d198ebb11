"""Profiling a run from the command line: what `--profile` does before, during and after it."""

from collections.abc import Callable, Sequence
from typing import Any

from isa.machine import PageFlag
from isa.paging import translate
from sim.engine.machine import RtlMachine
from sim.machine import Machine
from sim.profile.measure import Spaces, measured
from sim.profile.names import Names
from sim.profile.output import check_name, save
from sim.profile.report import Profile
from sim.profile.table import tables
from sim.program import LoadedProgram
from sim.symbols import Symbols

__all__ = ["Profiling"]


class Profiling:
    """One run's profile.

    Parameters
    ----------
    name, own : str
        Of the program, and of what runs at physical addresses.
    program : LoadedProgram
    symbols : Symbols
    outputs : sequence of str
        The files to write. Raises `ImageError` for an ending that says nothing.
    """

    def __init__(self, name: str, own: str, program: LoadedProgram, symbols: Symbols,
                 outputs: Sequence[str]):
        for output in outputs:
            check_name(output)
        self._name    = name
        self._outputs = outputs
        self._names   = Names(program, own, symbols)
        self._machine: RtlMachine | None = None
        self.spaces   = Spaces(self._identify, own)

    def make_machine(self, *args: Any, **options: Any) -> RtlMachine:
        """The machine to run; it takes the arguments of `RtlMachine`."""
        self._machine = RtlMachine(*args, spaces=self.spaces, **options)
        return self._machine

    def _identify(self, table: int) -> tuple[Any, str]:
        assert self._machine is not None
        return self._names.identify(table, self._machine.memory)

    def profile(self, machine: RtlMachine) -> Profile:
        """What was counted up to now."""
        def word_at(space: int, address: int) -> int | None:
            if space:
                return self._names.word(self.spaces.names[space], address)
            physical = translate(machine.memory, machine.config, 0, address, PageFlag.EXECUTE)
            return None if physical is None else int(machine.memory[physical])
        return measured(machine.simulation, self._name, self.spaces, self._names.place, word_at)

    def finish(self, machine: Machine, say: Callable[[str], None]) -> None:
        """Write the files, and tell the tables to whom it may concern."""
        assert isinstance(machine, RtlMachine)
        profile = self.profile(machine)
        for output in self._outputs:
            save(profile, output)
        if "-" not in self._outputs:
            for line in tables(profile):
                say(line)
