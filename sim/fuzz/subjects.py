"""What is examined: a machine that runs a program while the golden model follows its trace."""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isa.config import MachineConfig, PageTable
from isa.machine import PROGRAM, SECTOR_WORDS
from isa.trace import RECORD_WORDS, Kind, Word
from sim.fuzz.program import Program
from sim.golden import Divergence, Follower, Golden, state
from sim.golden.compiled import jit_kept
from sim.golden.follow import RULES
from sim.golden.interpreted import interpreted_run
from sim.golden.peripherals import Block
from sim.golden.peripherals import Display as DisplayDevice
from sim.host.disk import Disk
from sim.host.display import DeliveredDisplay, DeliveringDisplay, Display, Frame
from sim.host.hosts import Debugger, Hosts
from sim.host.keyboard import Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import Status
from sim.pages import same_words

__all__ = ["ModelSubject", "RtlSubject", "Subject", "Travels", "Verdict", "hosts_for"]

LIMIT_CYCLES   = 400_000  # of one program
LIMIT_RECORDS  = 120_000
CIRCLE_STEPS   = 4       # in a row in which a program gets nowhere: it will not any more
SILENCE_CYCLES = 10_000  # without an instruction though the model is not asleep: it hangs
STEP_CYCLES    = 2_000   # between looks at the machine
STOP_CYCLES    = 2_000   # from the last instruction until the machine says that it has stopped
FLUSH_CYCLES   = 40_000  # the same with a cache in front of memory, whose words are written back
LONG_TABLE     = 1000    # entries
DISK_SECTORS   = 4

GOES_ON = "the program has stopped, but the machine does not say so"
SILENCE = "it does nothing any more, but there is an instruction to do"


class Verdict:
    """What came of a program: how many records agreed, and the divergence if there is one."""

    def __init__(self, records: int, divergence: Divergence | None, ending: str):
        self.records = records
        self.divergence = divergence
        self.ending = ending


class Subject(Protocol):
    """Examines programs for one configuration; the follower keeps the coverage."""
    config:   MachineConfig
    follower: Follower

    def examine(self, program: Program) -> Verdict: ...


class _Sink:
    """Output that nobody reads."""

    def write(self, octets: bytes) -> int:
        return len(octets)

    def flush(self) -> None:
        pass


class _Restless(Debugger):
    """Wants a break at every third time of asking."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def wants_break(self) -> bool:
        self.asked += 1
        return self.asked % 3 == 0


def hosts_for(program: Program) -> Hosts:
    """Fresh hosts of a program; twice the same for both machines."""
    sink: Any = _Sink()
    disk = bytes(range(256)) * (SECTOR_WORDS * 4 // 256 * DISK_SECTORS)
    keyboard = Keyboard()
    if program.seed % 2:
        keyboard.play([(1, ord("a"), True), (3, ord("a"), False), (3, 10, True)])
    return Hosts(Terminal(program.setting.stdin, sink), display=Display(4, 3), keyboard=keyboard,
                 disk=Disk(disk), serial=Serial(Terminal(program.setting.line, sink)),
                 debugger=_Restless() if program.seed % 3 == 0 else Debugger())


def pair_displays(ours: Hosts, theirs: Hosts) -> None:
    """Have the model get the pictures that the hardware shows."""
    pictures: deque[Frame] = deque()
    if ours.display is not None and theirs.display is not None:
        ours.display = DeliveredDisplay(ours.display.width, ours.display.height, pictures)
        theirs.display = DeliveringDisplay(theirs.display, pictures)


class Travels:
    """Whether a program still gets to instructions where it was not before in this round.

    Most of those that do not end go in a circle of a few instructions, or are interrupted so often
    that they get no further: there is nothing more to be found in them.
    """

    def __init__(self, golden: Golden):
        self._golden = golden
        self._seen = np.zeros(1 << 16, np.bool_)  # by the low bits of the address
        self.begin(0)

    def begin(self, rounds_at: int) -> None:
        """A program is loaded that has its count of rounds at an address."""
        self._rounds_at, self._rounds = rounds_at, -1
        self.is_new = False

    def note(self, records: NDArray[np.uint32]) -> None:
        """The program was there."""
        rounds = int(self._golden.memory[self._rounds_at])
        if rounds != self._rounds:
            self._rounds, self.is_new = rounds, True
            self._seen[:] = False
        self.is_new |= _visit(records[:, Word.KIND], records[:, Word.IP], int(Kind.INSN),
                              self._seen)


@jit_kept
def _visit(kinds, places, last_kind, seen):  # type: ignore[no-untyped-def]
    """Whether some record up to the kind `last_kind` is of a place that was not seen before; now
    all of them are seen."""
    is_new = False
    for n in range(len(kinds)):
        where = places[n] & 0xFFFF
        if kinds[n] <= last_kind and not seen[where]:
            seen[where] = is_new = True
    return is_new


class _Diverged(Exception):
    def __init__(self, divergence: Divergence):
        super().__init__(str(divergence))
        self.divergence = divergence


class RtlSubject:
    """The hardware, compiled by the engine."""

    def __init__(self, config: MachineConfig, say: Callable[[str], None] = lambda line: None, *,
                 memory: str = "ideal"):
        from sim.engine.machine import RtlMachine
        self.config = config
        self.machine = RtlMachine(config, say=say, observe=self._observe, memory=memory)
        self.stop_cycles = STOP_CYCLES if memory == "ideal" else FLUSH_CYCLES
        self.follower = Follower(config)
        self.travels = Travels(self.follower.golden)
        self.records = 0

    def _observe(self, records: Any) -> None:
        divergence = self.follower.apply(records)
        self.records += len(records)
        self.travels.note(records)
        if divergence is not None:
            raise _Diverged(divergence)

    def examine(self, program: Program) -> Verdict:
        image = program.render()
        ours, theirs = hosts_for(program), hosts_for(program)
        pair_displays(ours, theirs)
        self.follower.golden.hosts, self.machine.hosts = ours, theirs
        self.follower.load(image)
        self.machine.load(image)
        self.travels.begin(program.rounds_at)
        self.records = 0
        try:
            ending = self._run()
        except _Diverged as diverged:
            if diverged.divergence.rule in (SILENCE, RULES[state.RULE_LATE]) and self._walks_long():
                return Verdict(self.records, None, "long walk")
            return Verdict(diverged.divergence.position, diverged.divergence, "diverged")
        return Verdict(self.records, None, ending)

    def _run(self) -> str:
        machine, before, quiet_since, waited, circles = self.machine, -1, 0, 0, 0
        cpu = self.follower.golden.cpu
        while machine.cycles < LIMIT_CYCLES and self.records < LIMIT_RECORDS:
            status = machine.run(STEP_CYCLES)
            if status is not Status.RUNNING:
                if status is Status.STOPPED:
                    self._compare_ends()
                if status is Status.STUCK and not self.follower.is_asleep:
                    raise _Diverged(self._note("it sleeps, but there is an instruction to do"))
                return status.value
            if self.follower.golden.stop is not None:
                waited += STEP_CYCLES
                if waited > self.stop_cycles:
                    raise _Diverged(self._note(GOES_ON))
            # Devices and clock go on in a machine whose core hangs: only instructions count. It
            # may also sleep, and have been woken only now.
            has_gone_on = int(cpu[state.CYCLES]) != before
            if has_gone_on and waited == 0:
                circles = 0 if self.travels.is_new else circles + 1
                self.travels.is_new = False
                if circles == CIRCLE_STEPS:
                    return "circle"
            if has_gone_on or self.follower.is_asleep:
                before, quiet_since = int(cpu[state.CYCLES]), machine.cycles
            elif waited == 0 and machine.cycles - quiet_since > SILENCE_CYCLES:
                raise _Diverged(self._note(SILENCE))
        return "limit"

    def _walks_long(self) -> bool:
        """A list table of very many entries, made by chance: walking it looks like a hang."""
        golden = self.follower.golden
        if self.config.page_table is not PageTable.LIST or not golden.cpu[state.TRANSLATING]:
            return False
        base = int(golden.cpu[state.BASE])
        return 0 < base < len(golden.memory) and int(golden.memory[base]) > LONG_TABLE

    def _compare_ends(self) -> None:
        """What no instruction has looked at, too."""
        golden = self.follower.golden
        if self.machine.registers().general != golden.registers().general:
            raise _Diverged(self._note("registers differ at the end"))
        display = golden.devices.get("display")
        if isinstance(display, DisplayDevice) and display.unclaimed:
            raise _Diverged(self._note("the hardware showed more pictures than the model"))
        block = golden.devices.get("block")
        if isinstance(block, Block) and block.operation is not None:
            return  # the stop came in the middle of a transfer: a word more or less is no matter
        if not same_words(self.machine.memory[PROGRAM:], golden.memory[PROGRAM:]):
            raise _Diverged(self._note("memory differs at the end"))

    def _note(self, rule: str) -> Divergence:
        nothing = (0,) * RECORD_WORDS
        return Divergence(self.records, rule, nothing, nothing)


class ModelSubject:
    """A model in the hardware's place, perhaps with a mistake: to try out everything else.

    Parameters
    ----------
    config : MachineConfig
        Without peripherals that have a host.
    space : dict or None
        Another namespace of `sim.golden.interpreted` to run in.
    """

    def __init__(self, config: MachineConfig, space: dict[str, Any] | None = None):
        self.config = config
        self.follower = Follower(config)
        self.golden = Golden(config, compiled=space is None)
        if space is not None:
            run = interpreted_run(state.RECORD, space)
            self.golden.runs[state.RECORD] = run
        self.trace = np.zeros((LIMIT_RECORDS, RECORD_WORDS), dtype=np.uint32)

    def examine(self, program: Program) -> Verdict:
        image = program.render()
        self.golden.load(image)
        status, used = self.golden.record(self.trace)
        self.follower.load(image)
        divergence = self.follower.apply(self.trace[:used])
        agreed = divergence.position if divergence else used
        return Verdict(agreed, divergence, "diverged" if divergence else status.value)
