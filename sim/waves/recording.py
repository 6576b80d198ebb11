"""Writing the waves of a run: what `--waves` does before, during and after it."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sim.engine.library import Simulation
from sim.engine.machine import RtlMachine
from sim.machine import ImageError, Machine
from sim.pipeline.picture import PictureFile
from sim.program import LoadedProgram
from sim.symbols import Symbols
from sim.waves.fst import FstFile
from sim.waves.machine import RewoundMachine, WatchedMachine
from sim.waves.rows import Changes, Row, WaveFile
from sim.waves.texts import Texts
from sim.waves.vcd import VcdFile
from sim.waves.view import write_view
from sim.waves.window import AROUND, Event, Window, parse_when

__all__ = ["ENDINGS", "Recording"]

TOP      = "soc"
CYCLE_NS = {10_000: 100}  # of a clock whose millisecond has so many cycles; 1 for any other
ENDINGS  = (".fst", ".vcd")

Say = Callable[[str], None]


class Recording:
    """The waves of one run, and pictures of its pipeline.

    Parameters
    ----------
    waves, pictures : sequence of str
        The files; their endings say in which form.
    when : str or None
        Which cycles, see `parse_when`; None for all.
    program : str
        Its name, for people.
    loaded : LoadedProgram
    symbols : Symbols

    Members
    -------
    machine : Machine
        What is to be run, once `make_machine` was called.

    Raises `ImageError` for what cannot be meant.
    """

    def __init__(self, waves: Sequence[str], pictures: Sequence[str], when: str | None,
                 program: str, loaded: LoadedProgram, symbols: Symbols):
        for name in waves:
            if Path(name).suffix not in ENDINGS:
                raise ImageError(f"{name}: waves are written to files whose names end in .fst "
                                 "(small, for GTKWave and Surfer) or .vcd (for all others)")
        self._waves    = [Path(name) for name in waves]
        self._pictures = [Path(name) for name in pictures]
        self._when  = parse_when(when, loaded.symbols) if when else Window()
        self._program = program
        self._loaded, self._symbols = loaded, symbols
        self._rtl:   RtlMachine | None = None
        self._files: list[WaveFile]    = []
        self._texts: Texts | None      = None
        self.rows: list[Row] = []

    def make_machine(self, *args: Any, **options: Any) -> Machine:
        """The machine to run; it takes the arguments of `RtlMachine`."""
        if isinstance(self._when, Event):
            machine  = RewoundMachine(*args, condition=self._when.condition, **options)
            self._rtl = machine.rtl
            return machine
        self._rtl = WatchedMachine(*args, first=self._when.first, last=self._when.last,
                                   hear=self.hear, **options)
        return self._rtl

    def finish(self, machine: Machine, say: Say) -> None:
        """Write what is still to be written, and say what is in the file."""
        if isinstance(self._when, Event):
            assert isinstance(machine, RewoundMachine)
            if machine.hit is None:
                say(f"{self._names()}: nothing was written, for there was no {self._when.name} in "
                    f"{machine.cycles:,} cycles")
                return
            first, end = self._play_again(machine, say)
        else:
            first, end = self._when.first, machine.cycles
            if self._when.last is not None:
                end = min(end, self._when.last + 1)
        if not self._files:
            say(f"{self._names()}: nothing was written, for the run ended in cycle "
                f"{machine.cycles:,}, and the window begins with cycle {first:,}")
            return
        self.close(first, end, say)

    def look_at(self, rtl: RtlMachine) -> None:
        """Another machine makes the changes that `hear` will get."""
        self._rtl = rtl

    def close(self, first: int, end: int, say: Say) -> None:
        """Finish the files, which have the cycles from `first` to before `end`."""
        for file in self._files:
            file.close(end)
        say(f"{self._names()}: cycles {first:,} to {end - 1:,}")
        for path in self._waves:
            views = write_view(path, self.rows, first, end)
            say(f"{path}: {len(self.rows):,} rows, laid out by "
                f"{' and '.join(view.name for view in views)}")

    # --- inside ----------------------------------------------------------------------------------

    def _play_again(self, machine: RewoundMachine, say: Say) -> tuple[int, int]:
        hit = machine.hit
        assert hit is not None and isinstance(self._when, Event)
        say(f"the first {self._when.name} was in cycle {hit.position:,}: going back to it")
        last = hit.position + AROUND
        if self._when.name != "fault":
            last = machine.return_of(hit) + AROUND // 10
        first, last = machine.watch_again(hit.position - AROUND, last, self.hear)
        return first, last + 1

    def _names(self) -> str:
        return " and ".join(map(str, (*self._waves, *self._pictures)))

    def _locate(self, table: int, address: int) -> str:
        assert self._rtl is not None
        label = (self._symbols.label(address, table, self._rtl.memory) if table
                 else self._loaded.locate(address))
        return label or f"{address:#x}"

    def _process(self, table: int) -> str:
        if not table:
            return "machine"
        assert self._rtl is not None
        process = self._symbols.process(table, self._rtl.memory)
        return process.name if process is not None else f"process at {table:#x}"

    def hear(self, changes: Changes) -> None:
        """Changes of the signals, in order."""
        if not self._files:
            assert self._rtl is not None
            self._open(self._rtl.simulation, self._rtl.config.cycles_per_ms)
        assert self._texts is not None
        texts = self._texts.of(changes) if self._waves else []
        for file in self._files:
            file.write(changes, texts)

    def _open(self, simulation: Simulation, cycles_per_ms: int) -> None:
        signals = [Row((TOP, *signal.scope), signal.name, signal.number, signal.width,
                       signal.enum, signal.members)
                   for signal in simulation.design.signals_watched]
        self._texts = Texts(signals, cache(self._locate), cache(self._process))
        self.rows = [*self._texts.rows, *signals]
        cycle_ns = CYCLE_NS.get(cycles_per_ms, 1)
        for path in self._waves:
            self._files.append(VcdFile(path, self.rows, cycle_ns) if path.suffix == ".vcd"
                               else FstFile(path, self.rows, simulation.emit, cycle_ns))
        for path in self._pictures:
            self._files.append(PictureFile(path, self.rows, f"Pipeline of {self._program}"))
