"""The golden model's tape: its arrays, its devices, and a log of what the hosts answered.

Conditions are looked for in the records that the model leaves, a few thousand at a time.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isa.config import MachineConfig
from isa.instructions import BY_MNEMONIC
from isa.trace import RECORD_WORDS, Kind, Word, Wrote
from sim.engine.library import ANYWHERE, Condition, Hit, What
from sim.golden import Golden, state
from sim.history.hosts import HostLog, logged
from sim.history.tape import BEHIND, ReplayError
from sim.host.hosts import Hosts
from sim.machine import Status, StopReport, Words

__all__ = ["ModelSnapshot", "ModelTape"]

PAGE_WORDS = 1024
ROWS_FIRST = 256      # of a search; then more and more
ROWS_MOST  = 16_384
OUTSIDE    = ("model", "kind")  # what a device knows of the machine that it is part of
CALL       = BY_MNEMONIC["int"].opcode

Rows = NDArray[np.uint32]


class Page:
    """Words of memory that snapshots share."""
    count = 0
    __slots__ = ("words",)

    def __init__(self, words: Rows):
        self.words = words.copy()
        Page.count += 1

    def __del__(self) -> None:
        Page.count -= 1


class ModelSnapshot:
    """Everything that makes a model what it is at one moment."""

    def __init__(self, golden: Golden, pages: list[Page | None], cursor: int):
        self.cycles = golden.cycles
        self.pages = list(pages)
        self.cursor = cursor
        self.regs = golden.regs.copy()
        self.cpu = golden.cpu.copy()
        self.stop: StopReport | None = golden.stop
        self.devices = {name: copy.deepcopy(_own(device))
                        for name, device in golden.devices.items()}
        self.own_octets = 8 * len(pages) + self.regs.nbytes + self.cpu.nbytes


class ModelTape:
    """The golden model with its past.

    Parameters
    ----------
    config : MachineConfig
    hosts : Hosts
    """

    def __init__(self, config: MachineConfig, hosts: Hosts):
        self._log = HostLog()
        self.machine = Golden(config, logged(hosts, self._log))
        self._log.cycle = lambda: self.machine.cycles
        self.frontier = 0
        self._trace = np.zeros((ROWS_MOST, RECORD_WORDS + 1), dtype=np.uint32)
        self._pages: list[Page | None] = []
        self._shadow = np.zeros(0, dtype=np.uint32)

    @property
    def cycles(self) -> int:
        return self.machine.cycles

    @property
    def space(self) -> int:
        cpu = self.machine.cpu
        return int(cpu[state.BASE]) if cpu[state.TRANSLATING] else 0

    @property
    def pages_octets(self) -> int:
        return Page.count * PAGE_WORDS * 4

    def load(self, image: Sequence[int] | Words) -> None:
        self._log.clear()
        self.machine.load(image)
        self.frontier = 0
        self._shadow = np.zeros(len(self.machine.memory), dtype=np.uint32)
        self._pages = [None] * -(-len(self._shadow) // PAGE_WORDS)

    def prepare(self, say: Callable[[str], None]) -> None:
        self.machine.prepare(say, records=True)

    def close(self) -> None:
        self.machine.close()

    # --- snapshots -------------------------------------------------------------------------------

    def keep(self) -> ModelSnapshot:
        for n in self._changed():
            at = slice(n * PAGE_WORDS, (n + 1) * PAGE_WORDS)
            self._shadow[at] = self.machine.memory[at]
            self._pages[n] = Page(self._shadow[at])
        return ModelSnapshot(self.machine, self._pages, self._log.cursor)

    def restore(self, snapshot: ModelSnapshot) -> None:
        golden = self.machine
        pairs = zip(self._pages, snapshot.pages, strict=True)
        others = {n for n, (ours, theirs) in enumerate(pairs) if ours is not theirs}
        for n in others | set(self._changed()):
            at, page = slice(n * PAGE_WORDS, (n + 1) * PAGE_WORDS), snapshot.pages[n]
            golden.memory[at] = self._shadow[at] = 0 if page is None else page.words
        self._pages = list(snapshot.pages)
        golden.regs[:] = snapshot.regs
        golden.cpu[:] = snapshot.cpu
        golden.stop = snapshot.stop
        for name, kept in snapshot.devices.items():
            vars(golden.devices[name]).update(copy.deepcopy(kept))
        self._log.cursor, self._log.is_live = snapshot.cursor, False

    def _changed(self) -> list[int]:
        """Pages that are not as they were at the last snapshot or restoring."""
        differs = self.machine.memory != self._shadow
        whole = len(differs) // PAGE_WORDS * PAGE_WORDS
        pages = np.flatnonzero(differs[:whole].reshape(-1, PAGE_WORDS).any(axis=1)).tolist()
        return pages + ([whole // PAGE_WORDS] if differs[whole:].any() else [])

    # --- running ---------------------------------------------------------------------------------

    def live(self, budget: int, conditions: Sequence[Condition],
             since: int) -> tuple[Status, list[Hit]]:
        if self.cycles != self.frontier:
            raise ValueError(f"live in cycle {self.cycles}, but the frontier is {self.frontier}")
        self._log.is_live = self._log.cursor == len(self._log.answers)
        if not self._log.is_live:  # what was given in this very cycle
            self.machine.run(0)
            self._log.is_live, self._log.cursor = True, len(self._log.answers)
        try:
            if not conditions:
                return self.machine.run(budget), []
            search = _Search(self, conditions, since, 1 << 62, 0)
            end, rows = self.cycles + budget, ROWS_FIRST
            while self.cycles < end:
                status = search.go(min(end - self.cycles, rows))
                rows = min(2 * rows, ROWS_MOST)
                if search.hits:
                    return Status.HIT, search.hits
                if status is not Status.RUNNING:
                    return status, []
            return Status.RUNNING, []
        finally:
            self.frontier = self.cycles

    def replay(self, until: int) -> None:
        while self._goes_on(until):
            self.machine.run(self._stretch(until))

    def find(self, conditions: Sequence[Condition], since: int, until: int, end: int,
             most: int) -> list[Hit]:
        search = _Search(self, conditions, since, until, most)
        rows = ROWS_FIRST
        while self._goes_on(end) and not (search.hits and most == 0):
            search.go(min(self._stretch(end), rows))
            rows = min(2 * rows, ROWS_MOST)
        return search.hits

    def records(self, until: int) -> Rows:
        """Replay up to this cycle; the records of the way, of the processor and the clock."""
        parts = []
        while self._goes_on(until):
            _, used = self.machine.record(self._trace, min(self._stretch(until), ROWS_MOST))
            parts.append(self._trace[:used, :RECORD_WORDS].copy())
        return np.concatenate(parts) if parts else self._trace[:0, :RECORD_WORDS]

    def record(self, budget: int, look: Any) -> tuple[Status, Rows]:
        """For a search: so many cycles at most, with a record and its space a row."""
        status, used = self.machine.record(self._trace, budget, look)
        return status, self._trace[:used]

    @property
    def rows(self) -> Rows:
        """Where `record` leaves them."""
        return self._trace

    def _stretch(self, until: int) -> int:
        """Cycles to run at once: up to the next answer, for that may come at a beginning only."""
        later = (answer.cycle for answer in self._log.answers[self._log.cursor:]
                 if answer.cycle > self.cycles)
        return min(until, next(later, until)) - self.cycles

    def _goes_on(self, until: int) -> bool:
        """Whether there is more to replay; makes sure that it gets on."""
        if until > self.frontier:
            raise ValueError(f"a replay ends at the frontier, {self.frontier}, not at {until}")
        self._log.is_live = False
        now = (self.cycles, self._log.cursor)
        if self.cycles < until and now == self._seen:
            raise ReplayError(f"the model stays in cycle {self.cycles}")
        self._seen = now if self.cycles < until else None
        return self.cycles < until

    _seen: tuple[int, int] | None = None


class _Search:
    """Looks for conditions in records as they are made."""

    def __init__(self, tape: ModelTape, conditions: Sequence[Condition], since: int, until: int,
                 most: int):
        self._tape = tape
        self._conditions = conditions
        self._since, self._until, self._most = since, until, most
        self._looked = 0
        self.hits: list[Hit] = []

    def go(self, budget: int) -> Status:
        """Run so many cycles at most; the first hit ends it if that is all that is wanted."""
        self._looked = 0
        status, rows = self._tape.record(budget, self._look if self._most == 0 else None)
        self._look(len(rows))
        return status

    def _look(self, used: int) -> bool:
        """Look through the records that are new; whether the search is over."""
        first, self._looked = self._looked, used
        rows = self._tape.rows[first:used]
        if not len(rows):
            return bool(self.hits)
        now = self._tape.cycles
        behind = now - ((now - rows[:, Word.CYCLE].astype(np.int64)) & 0xFFFFFFFF)
        found = []
        for n, condition in enumerate(self._conditions):
            at = np.flatnonzero(_meets(condition, rows))
            is_behind = condition.what in BEHIND
            for row in at.tolist():
                position = int(behind[row]) - (not is_behind)
                if self._since <= position < self._until:
                    found.append(Hit(position, n, int(rows[row, RECORD_WORDS]),
                                     tuple(rows[row, :RECORD_WORDS].tolist())))
        self.hits += sorted(found, key=lambda hit: hit.order)
        if self._most == 0:
            self.hits = [hit for hit in self.hits if hit.position == self.hits[0].position]
        else:
            self.hits = self.hits[-self._most:]
        return bool(self.hits) and self._most == 0


def _meets(condition: Condition, rows: Rows) -> Any:
    """Which of the rows a condition is met by, as stops.h has it for the hardware."""
    kind, ip, wrote = rows[:, Word.KIND], rows[:, Word.IP], rows[:, Word.WROTE]
    space = rows[:, RECORD_WORDS]
    executes = (kind == Kind.INSN) | (kind == Kind.FAULT)
    is_insn = kind == Kind.INSN
    match condition.what:
        case What.POINT:
            met = executes & (ip == condition.low)
        case What.STEP:
            met = executes & (ip >= condition.low) & (ip < condition.high)
            for low, high in condition.left_out:
                met &= (ip < low) | (ip >= high)
        case What.STORE:
            address = rows[:, Word.ADDRESS]
            met = (is_insn & ((wrote & Wrote.MEMORY) != 0) & (address >= condition.low)
                   & (address < condition.high))
        case What.FAULT:
            met = kind == Kind.FAULT
        case What.INTERRUPT:
            met = kind == Kind.INTERRUPT
            if condition.low <= condition.high:
                met &= rows[:, Word.CODE] == condition.low
        case What.CALL:
            met = is_insn & (space != 0) & (rows[:, Word.INSN] >> 24 == CALL)
        case What.REGISTER:
            met = is_insn & ((wrote & Wrote.REGISTER) != 0) & (rows[:, Word.D] == condition.low)
    if condition.space != ANYWHERE:
        met &= space == condition.space
    return met


def _own(device: object) -> dict[str, Any]:
    return {name: value for name, value in vars(device).items() if name not in OUTSIDE}
