"""Lockstep: the hardware and the golden model run together, and the first disagreement is told.

The hardware runs and makes trace records; the model follows them, computes everything itself, and
compares (`sim.golden.follow`). What the hosts gave the hardware the model is given again, and what
the model gives its hosts must be what the hardware gave.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from isa.config import MachineConfig
from isa.machine import PROGRAM, SECTOR_WORDS, BlockCommand
from isa.trace import Kind
from sim.engine.machine import AroundRtl, RtlMachine
from sim.golden.buffered import ConsoleOutput
from sim.golden.follow import Divergence, Follower
from sim.golden.peripherals import Block
from sim.golden.peripherals import Display as DisplayDevice
from sim.golden.peripherals import Serial as SerialLine
from sim.host.console import Console
from sim.host.disk import Disk
from sim.host.display import DeliveredDisplay, DeliveringDisplay, Frame
from sim.host.files import Files
from sim.host.hosts import Hosts
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import Diverged, Status, Words
from sim.spaces import spaces_before
from sim.trace import Locate, Records, describe

__all__ = ["Lockstep"]

HISTORY = 16  # records that are shown before the one that differs


class Lockstep(AroundRtl):
    """The hardware with a golden model behind it, as a `sim.machine.Machine`.

    Parameters
    ----------
    config : MachineConfig
        What both are.
    hosts : Hosts
        The hardware's; the model gets copies of what passes. The disk's image is read whole.
    say : callable
        As `RtlMachine` has it.
    locate : callable
        Name of an address in a space, for the report, as `sim.symbols.Symbols.label` has it.
    observe : callable or None
        Hears the trace records, too, after the model has agreed.
    memory : str
        The hardware's, as `RtlMachine` has it.
    """

    def __init__(self, config: MachineConfig | None = None, hosts: Hosts | None = None, *,
                 say: Callable[[str], None] = lambda line: None,
                 locate: Locate = lambda address, space, memory: None,
                 observe: Callable[[Records], None] | None = None, memory: str = "ideal"):
        hosts = hosts or Hosts()
        self._locate = locate
        self._observe = observe
        self._recent: deque[list[int]] = deque(maxlen=HISTORY)
        self._passed = _Passed()
        self._hosts = _recording(hosts, self._passed)
        self._make_model_hosts = lambda: _replaying(hosts, self._passed)
        self.rtl = RtlMachine(config, self._hosts, say=say, observe=self._check,
                              memory=memory)
        self.load([])

    # --- the machine -----------------------------------------------------------------------------

    def load(self, image: Sequence[int] | Words, address: int = PROGRAM) -> None:
        if address != PROGRAM:
            raise ValueError(f"in lockstep an image is loaded at {PROGRAM:#x}, not {address:#x}")
        self._passed.clear()
        self._recent.clear()
        self.model = Follower(self.config, self._make_model_hosts())
        self.rtl.load(image)
        self.model.load(np.asarray(image, dtype=np.uint32))

    def prepare(self, say: Callable[[str], None]) -> None:
        """Compile the model, unless that was done."""
        self.model.golden.prepare(say)

    def run(self, budget: int) -> Status:
        """As the hardware does. Raises `Diverged`."""
        status = self.rtl.run(budget)
        if status is Status.STOPPED:
            self._compare_ends()
        return status

    # --- inside ----------------------------------------------------------------------------------

    def _check(self, records: Records) -> None:
        divergence = self.model.apply(records)
        if divergence is not None:
            at = divergence.position - self.model.position
            self._recent.extend(records[max(0, at - HISTORY):at].tolist())
            raise Diverged(self._report(divergence))
        self._recent.extend(records[-HISTORY:].tolist())
        if self._observe:
            self._observe(records)

    def _compare_ends(self) -> None:
        """The whole of registers, memory and disk, once: what no instruction has looked at, too.

        What a device was at when the machine stopped may be a word further here than there.
        """
        golden = self.model.golden
        ours, theirs = golden.registers().general, self.registers().general
        differing = [n for n in range(len(ours)) if ours[n] != theirs[n]]
        if differing:
            raise Diverged("after the stop registers differ: " + ", ".join(
                f"r{n} is {theirs[n]:#x} in hardware and {ours[n]:#x} in the model"
                for n in differing[:8]))
        block = golden.devices.get("block")
        moving = block if isinstance(block, Block) and block.operation is not None else None
        wrong = PROGRAM + np.flatnonzero(self.memory[PROGRAM:] != golden.memory[PROGRAM:])
        if moving and moving.operation == BlockCommand.READ:
            end = moving.buffer + moving.count * SECTOR_WORDS
            wrong = wrong[(wrong < moving.buffer) | (wrong >= end)]
        if len(wrong):
            at = int(wrong[0])
            raise Diverged(f"after the stop {len(wrong)} words of memory differ; the first, at "
                           f"{at:#x}, is {int(self.memory[at]):#x} in hardware and "
                           f"{int(golden.memory[at]):#x} in the model")
        theirs_disk, ours_disk = self._hosts.disk, golden.hosts.disk
        if theirs_disk and ours_disk:
            for sector in range(theirs_disk.total_sectors):
                is_moving = (moving and moving.operation == BlockCommand.WRITE
                             and 0 <= sector - moving.sector < moving.count)
                if not is_moving and (theirs_disk.read(sector) != ours_disk.read(sector)).any():
                    raise Diverged(f"after the stop sector {sector} of the disk differs")
        display = golden.devices.get("display")
        if isinstance(display, DisplayDevice) and display.unclaimed:
            raise Diverged(f"the hardware showed {display.unclaimed} more pictures than the model")
        console, serial = (golden.devices.get(name) for name in ("console_output", "serial"))
        self._passed.check_end(
            console.part if isinstance(console, ConsoleOutput) and console.operation else [],
            [] if not isinstance(serial, SerialLine) or serial.sending is None
            else [serial.sending])

    def _report(self, divergence: Divergence) -> str:
        lines = [f"hardware and golden model disagree at record {divergence.position}: "
                 f"{divergence.rule}", "both agree on:"]
        space = self.model.golden.space  # as it is in front of the record that differs
        recent = list(self._recent)
        lines += [f"  {self._line(record, at)}" for record, at in zip(
            recent, spaces_before(recent, space, self.config), strict=True)]
        lines += ["hardware:", f"  {self._line(divergence.theirs, space)}",
                  "golden model:", f"  {self._line(divergence.ours, space)}"]
        return "\n".join(lines)

    def _line(self, record: Iterable[int], space: int | None) -> str:
        words = list(record)
        label = None
        if space is not None and words[0] in (Kind.INSN, Kind.FAULT, Kind.INTERRUPT):
            label = self._locate(words[1], space, self.memory)
        return describe(words) + (f"  ; {label}" if label else "")


# --- hosts: what passed between the hardware and its hosts, given to the model again -------------

class _Passed:
    """What went through the hardware's hosts and is still to be seen at the model's."""

    def __init__(self) -> None:
        self.lines:   deque[list[int] | None] = deque()
        self.written: deque[int] = deque()  # code points
        self.octets:  deque[int] = deque()  # sent on the serial line
        self.typed:   deque[int] = deque()  # received on it
        self.files:   deque[tuple[str, list[int], object]] = deque()
        self.pictures: deque[Frame] = deque()

    def clear(self) -> None:
        """Forget all of it."""
        for queue in (self.lines, self.written, self.octets, self.typed, self.files,
                      self.pictures):
            queue.clear()

    def check_end(self, written: list[int], octets: list[int]) -> None:
        """Nothing that the hardware put out is missing at the model, but for the beginning of what
        each device was putting out just then."""
        for name, queue, begun in (("the console", self.written, written),
                                   ("the serial line", self.octets, octets)):
            if list(queue) != begun[:len(queue)]:
                raise Diverged(f"the hardware sent {len(queue)} more to {name} than the model")

    def match(self, name: str, queue: deque[int], values: Iterable[int]) -> None:
        """The model puts these out: the hardware must have done so before."""
        for value in values:
            theirs = queue.popleft() if queue else None
            if theirs != value:
                shown = "nothing" if theirs is None else f"{theirs:#x}"
                raise Diverged(f"to {name} the hardware sent {shown} and the model {value:#x}")


class _RecordingConsole(Console):
    def __init__(self, console: Console, passed: _Passed):
        super().__init__(console.terminal)
        self._passed = passed

    def write(self, points: Iterable[int]) -> None:
        points = list(points)
        self._passed.written.extend(points)
        super().write(points)

    def read_line(self) -> list[int] | None:
        line = super().read_line()
        self._passed.lines.append(line)
        return line


class _ReplayingConsole(Console):
    def __init__(self, passed: _Passed):
        super().__init__(Terminal(None, None))
        self._passed = passed

    def write(self, points: Iterable[int]) -> None:
        self._passed.match("the console", self._passed.written, points)

    def line_ready(self) -> bool:
        return True

    def read_line(self) -> list[int] | None:
        if not self._passed.lines:
            raise Diverged("the model reads a line that the hardware did not read")
        return self._passed.lines.popleft()


class _RecordingSerial(Serial):
    def __init__(self, serial: Serial, passed: _Passed):
        super().__init__(serial.terminal)
        self._serial = serial
        self._passed = passed

    def read(self, limit_octets: int = 1) -> bytes:
        octets = self._serial.read(limit_octets)
        self._passed.typed.extend(octets)
        return octets

    @property
    def ended(self) -> bool:
        return self._serial.ended

    def write(self, octets: bytes) -> None:
        self._passed.octets.extend(octets)
        self._serial.write(octets)


class _ReplayingSerial(Serial):
    def __init__(self, passed: _Passed):
        super().__init__(Terminal(None, None))
        self._passed = passed

    def read(self, limit_octets: int = 1) -> bytes:
        typed = self._passed.typed
        return bytes(typed.popleft() for _ in range(min(limit_octets, len(typed))))

    def write(self, octets: bytes) -> None:
        self._passed.match("the serial line", self._passed.octets, octets)


class _RecordingFiles(Files):
    def __init__(self, files: Files, passed: _Passed):
        super().__init__(files.folder)
        self._passed = passed

    def write(self, words: Sequence[int]) -> bool:
        is_fine = super().write(words)
        self._passed.files.append(("write", list(words), is_fine))
        return is_fine

    def read(self) -> list[int] | None:
        contents = super().read()
        self._passed.files.append(("read", [], contents))
        return contents


class _ReplayingFiles(Files):
    def __init__(self, files: Files, passed: _Passed):
        super().__init__(files.folder)
        self._passed = passed

    def write(self, words: Sequence[int]) -> bool:
        return bool(self._next("write", list(words)))

    def read(self) -> list[int] | None:
        contents = self._next("read", [])
        return contents if isinstance(contents, list) else None

    def _next(self, verb: str, words: list[int]) -> object:
        theirs = self._passed.files.popleft() if self._passed.files else ("nothing", [], None)
        if theirs[:2] != (verb, words):
            raise Diverged(f"at the host file the model does a {verb} of {words[:8]} ..., "
                           f"the hardware a {theirs[0]} of {theirs[1][:8]} ...")
        return theirs[2]


def _recording(hosts: Hosts, passed: _Passed) -> Hosts:
    copy = replace(
        hosts,
        files=_RecordingFiles(hosts.files, passed) if hosts.files else None,
        display=DeliveringDisplay(hosts.display, passed.pictures) if hosts.display else None,
        serial=_RecordingSerial(hosts.serial, passed) if hosts.serial else None)
    copy.console = _RecordingConsole(hosts.console, passed)
    return copy


def _replaying(hosts: Hosts, passed: _Passed) -> Hosts:
    display = hosts.display
    copy = Hosts(
        files=_ReplayingFiles(hosts.files, passed) if hosts.files else None,
        display=DeliveredDisplay(display.width, display.height, passed.pictures)
        if display else None,
        disk=Disk(hosts.disk.octets()) if hosts.disk else None,
        serial=_ReplayingSerial(passed) if hosts.serial else None)
    copy.console = _ReplayingConsole(passed)
    return copy
