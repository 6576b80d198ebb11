"""The life of each instruction, out of the signals of the stages.

Fetch, queue and decode know words, not instructions: which words are one is known as decode takes
them. So an instruction begins to live there, and gets the past of its first word.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.waves.rows import Changes, Row

__all__ = ["Insn", "Lives", "STAGES"]

STAGES = {"F": "fetch", "Q": "queue", "D": "decode", "X": "execute", "R": "retire"}

# What is looked at, below the SoC.
SIGNALS = (
    "core.fetch.f_fires", "core.fetch.f_ip", "core.fetch.o_valid", "core.fetch.o.ip",
    "core.fetch.o.is_pair", "core.queue.first_ip", "core.decode.is_complete", "core.decode.take",
    "core.decode.waits", "core.decode.decoder.word", "core.decode.second.word",
    "core.execute.i__valid", "core.execute.i__ready", "core.execute.redirect.valid",
    "core.execute.progress.completes", "core.execute.progress.traps",
    "core.retire.i__valid", "core.retire.i__ready", "core.account.spent",
)
SPENT = "core.account.spent"


@dataclass
class Insn:
    """One instruction.

    Members
    -------
    ip, word, imm : int
    stages : list of (str, int)
        The stages, and the cycles in which it entered them.
    stalls : list of (int, str)
        Cycles in which it was kept in a stage, and why.
    end : int
        The cycle after its last one.
    retired : bool
        Else it was squashed: its effects never happened.
    """
    ip:      int
    word:    int
    imm:     int
    stages:  list[tuple[str, int]]  = field(default_factory=list)
    stalls:  list[tuple[int, str]]  = field(default_factory=list)
    end:     int  = 0
    retired: bool = False

    @property
    def begin(self) -> int:
        return self.stages[0][1]


@dataclass
class _Word:
    """A word of the instruction stream on its way to decode."""
    ip:      int
    fetched: int
    queued:  int


class Lives:
    """Follows the instructions through a window.

    Parameters
    ----------
    rows : sequence of Row
        All signals.

    Members
    -------
    insns : list of Insn
        Those that were begun by decode within the window, in program order.
    first : int
        The window's first cycle; -1 before there was any.
    spent : dict of int to str
        What each cycle went into.
    """

    def __init__(self, rows: Sequence[Row]):
        by_path = {row.path.partition(".")[2].removeprefix("soc."): row for row in rows}
        missing = [path for path in SIGNALS if path not in by_path]
        if missing:
            raise ValueError(f"the hardware has no signals {', '.join(missing)}")
        self._names = {by_path[path].signal: path for path in reversed(SIGNALS)}
        self._paths = {path: by_path[path].signal for path in SIGNALS}
        self._causes = dict(by_path[SPENT].members)
        self._values = dict.fromkeys(self._names, 0)
        self._asked: deque[tuple[int, int]] = deque()  # groups asked for: address, cycle
        self._words: deque[_Word] = deque()
        self._decoding: tuple[int, int] | None = None  # the address in decode, and since when
        self._waits: list[tuple[int, str]] = []
        self._issued: Insn | None = None
        self._executing: Insn | None = None
        self._retiring:  Insn | None = None
        self._cycle = -1
        self.first = -1
        self.insns: list[Insn] = []
        self.spent: dict[int, str] = {}

    def add(self, changes: Changes) -> None:
        """Take changes, of whole cycles."""
        for cycle, value, signal, _ in changes.tolist():
            if self._cycle < 0:
                self.first = self._cycle = cycle
            while self._cycle < cycle:
                self._step()
            if signal in self._names:
                self._values[signal] = value

    def finish(self, end: int) -> None:
        """The window is over: what still lives ends there."""
        while 0 <= self._cycle < end:
            self._step()
        for insn in (self._issued, self._executing, self._retiring):
            if insn is not None:
                insn.end, insn.retired = end, True

    # --- one cycle -------------------------------------------------------------------------------

    def _is(self, path: str) -> int:
        return self._values[self._paths[path]]

    def _step(self) -> None:
        now = self._cycle
        self._cycle += 1
        cause = self._causes.get(self._is(SPENT), "")
        self.spent[now] = cause
        self._step_back(now, cause)
        self._step_decode(now)
        if self._is("core.fetch.o_valid"):
            ip = self._is("core.fetch.o.ip")
            asked = self._asked.popleft() if self._asked else (ip, now)
            self._words.extend(_Word(ip + n, asked[1], now + 1)
                               for n in range(1 + self._is("core.fetch.o.is_pair")))
        if self._is("core.fetch.f_fires"):
            self._asked.append((self._is("core.fetch.f_ip"), now))
        if self._is("core.execute.redirect.valid"):
            self._asked.clear()
            self._words.clear()
            self._decoding = None
            if self._issued is not None:  # decode's register is cleared
                self._issued.end = now + 1
                self._issued = None

    def _step_back(self, now: int, cause: str) -> None:
        """Retire, then execute: each makes room for the one before it."""
        if self._retiring is not None and self._is("core.retire.i__ready"):
            self._retiring.end, self._retiring.retired = now + 1, True
            self._retiring = None
        elif self._retiring is not None:
            self._retiring.stalls.append((now, "MEMORY"))
        if self._issued is not None:
            self._executing, self._issued = self._issued, None
        insn = self._executing
        if insn is None:
            return
        if insn.stages[-1][0] != "X":
            insn.stages.append(("X", now))
        if self._is("core.execute.progress.completes"):
            insn.stages.append(("R", now + 1))
            self._retiring, self._executing = insn, None
        elif self._is("core.execute.redirect.valid") or self._is("core.execute.i__ready"):
            insn.end = now + 1
            insn.retired = bool(self._is("core.execute.progress.traps"))
            self._executing = None
        else:
            insn.stalls.append((now, cause))

    def _step_decode(self, now: int) -> None:
        if not self._is("core.decode.is_complete"):
            return
        ip = self._is("core.queue.first_ip")
        if self._decoding is None or self._decoding[0] != ip:
            self._decoding, self._waits = (ip, now), []
        take = self._is("core.decode.take")
        if not take:
            is_held = not self._is("core.decode.waits")
            self._waits.append((now, "held" if is_held else "LOAD_USE"))
            return
        past = [self._words.popleft() for _ in range(min(take, len(self._words)))]
        insn = Insn(ip, self._is("core.decode.decoder.word"),
                    self._is("core.decode.second.word") if take == 2 else 0)
        since = self._decoding[1]
        if past:
            insn.stages.append(("F", past[0].fetched))
            if past[0].queued < since:
                insn.stages.append(("Q", past[0].queued))
        insn.stages.append(("D", since))
        insn.stalls += self._waits
        insn.end = now + 1
        self._decoding = None
        self._issued = insn
        self.insns.append(insn)
