"""Waves and pictures of the pipeline around the present position, by a second machine.

The session's own engine does not look at all signals. Another one does that, is given what was put
into the first, and so makes the same run; it stays, so that the next window is near.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from debug.error import DebugError
from debug.session import EVERY, Session
from sim.engine.machine import RtlMachine
from sim.history.history import History
from sim.history.rtl import RtlTape
from sim.machine import Words
from sim.program import LoadedProgram
from sim.symbols import Symbols
from sim.waves.machine import watch_again
from sim.waves.recording import ENDINGS, Recording

__all__ = ["Watcher", "split_files"]

BEFORE, AFTER = 20, 4    # cycles around one instruction: from its fetch on, until it is gone
LONG          = 2_000_000  # cycles of a replay that is announced
MOST          = 10_000   # cycles that an instruction may take to retire

Say = Callable[[str], None]


class Watcher:
    """Writes the waves of a session's hardware.

    Parameters
    ----------
    tape : RtlTape
        The session's.
    make_machine : callable
        Another machine like it, with every signal to be looked at.
    words : Words
        The image that it was loaded with.
    name : str
        For people.
    folders : sequence of Path
        With the debug information of programs.
    say : callable
    """

    def __init__(self, tape: RtlTape, make_machine: Callable[[], RtlMachine], words: Words,
                 name: str, folders: Sequence[Path], say: Say):
        self._tape, self._make_machine, self._words = tape, make_machine, words
        self._name, self._folders, self._say = name, folders, say
        self._history: History | None = None

    def write(self, session: Session, files: Sequence[str], cycles: int | None) -> str:
        """Write the cycles of the instruction at the session's position, or so many before and
        behind it. Raises `DebugError` and `ImageError`."""
        here = session.history.cycles
        if cycles is None:
            first, last = here - BEFORE, self._end_of_instruction(session, here) + AFTER
        else:
            first, last = here - cycles, here + cycles
        history = self._twin()
        tape = history.tape
        assert isinstance(tape, RtlTape)
        tape.follow(self._tape)
        away = first - max(at for at in history.snapshot_cycles if at <= max(first, 0))
        if away > LONG:
            self._say(f"running {away:,} cycles again, with every signal in reach")
        kernel = session.symbols.kernel
        info = kernel.info if kernel is not None else None
        recording = Recording([name for name in files if Path(name).suffix in ENDINGS],
                              [name for name in files if Path(name).suffix not in ENDINGS],
                              None, self._name,
                              LoadedProgram(self._words, info.symbols if info else {}),
                              Symbols(info, self._folders, tape.machine.config))
        told: list[str] = []
        recording.look_at(tape.machine)
        first, end = watch_again(history, tape.machine, first, last, recording.hear)
        recording.close(first, end + 1, told.append)
        return "\n".join(told)

    def _end_of_instruction(self, session: Session, here: int) -> int:
        """The cycle behind which the instruction here has retired."""
        history = session.history
        found = history.run(min(MOST, history.frontier - here), [EVERY])
        end = found.position if found is not None else history.cycles
        history.go_to(here)
        return end

    def _twin(self) -> History:
        if self._history is None:
            tape = RtlTape(self._make_machine())
            tape.load(self._words)
            self._history = History(tape)
        return self._history

    def close(self) -> None:
        """Let go of the second machine."""
        if self._history is not None:
            self._history.tape.close()
            self._history = None


def split_files(text: str) -> tuple[list[str], int | None]:
    """`a.fst b.html 100` as files and a number of cycles. Raises `DebugError`."""
    files = text.split()
    cycles = None
    if files and files[-1].isdecimal():
        cycles = int(files.pop())
    if not files:
        raise DebugError("where to? 'waves FILE.fst', or FILE.html for the pipeline")
    return files, cycles
