"""The scoreboard: the golden model follows every trace record of the hardware and must agree.

Reads of the disk, octets of the serial line and the failures of a bench are given to the model as
the hardware got them; what the model gives out must be what the hardware gave.
"""

import contextlib
from collections import deque

import numpy as np

from isa.machine import PROGRAM
from isa.trace import Kind
from rtl.peripherals.tokens import BlockToHostKind as ToDisk
from sim.golden.follow import Follower
from sim.golden.state import BASE
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.error import HostError
from sim.host.hosts import Hosts
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.trace import describe
from tests.cocotb.computer.drivers import DiskOperation

__all__ = ["Scoreboard"]

HISTORY = 12  # records that are shown before the one that differs


class Scoreboard:
    """Follows a computer.

    Members
    -------
    model : Golden
        As the last record left it.
    recent : deque of list of int
        The last records.
    """

    def __init__(self, computer):
        self.computer = computer
        self.recent = deque(maxlen=HISTORY)
        self.seen = 0  # records

    def begin(self, image):
        """The machine has been reset and loaded."""
        computer = self.computer
        if not computer.follows:
            return
        display = computer.display
        self._serial = _MirroredSerial(computer.serial)
        self._follower = Follower(computer.machine, Hosts(
            disk=_MirroredDisk(computer.disk), serial=self._serial,
            display=Display(display.width, display.height)))
        self._follower.load(np.asarray(image, np.uint32))
        self.model = self._follower.golden

    def poke(self, address, word):
        """A bench has changed a word of RAM."""
        if self.computer.follows:
            self.model.memory[address] = word

    def check(self, records, modes):
        """Follow records; raises `AssertionError` at the first that is wrong."""
        self.seen += len(records)
        divergence = self._follower.apply(records)
        if divergence is not None:
            at = divergence.position - self._follower.position
            before = [*self.recent, *records[max(0, at - HISTORY):at].tolist()][-HISTORY:]
            lines = [f"hardware and golden model disagree: {divergence.rule}", "both agree on:",
                     *(f"  {self._line(record)}" for record in before),
                     "hardware:", f"  {self._line(divergence.theirs)}",
                     "golden model:", f"  {self._line(divergence.ours)}"]
            raise AssertionError("\n".join(lines))
        self.recent.extend(records[-HISTORY:].tolist())
        self._serial.check(self.computer.serial.heard)

    def registers(self):
        """The model's general registers and `ip`, 65 words."""
        found = self.model.registers()
        return (*found.general, found.ip)

    @property
    def page_table(self):
        """Base of the model's page table."""
        return int(self.model.cpu[BASE])

    def check_memory(self):
        """All of RAM above the tables is the same on both sides, once the machine has stopped."""
        ours, theirs = self.model.memory, self.computer.link.ram
        wrong = PROGRAM + np.flatnonzero(ours[PROGRAM:] != theirs[PROGRAM:])
        assert not len(wrong), (
            f"{len(wrong)} words of memory differ; the first, at {wrong[0]:#x}, is "
            f"{theirs[wrong[0]]:#x} in hardware and {ours[wrong[0]]:#x} in the model")

    def _line(self, record):
        words = list(record)
        name = self.computer.name_of(words[1]) if words[0] != Kind.DEVICE else None
        return describe(words) + (f"  ; {name}" if name else "")


class _MirroredDisk(Disk):
    """Gives the model what the hardware's disk gave, and compares what it writes."""

    def __init__(self, device):
        super().__init__(bytes(512))
        self._device = device
        self.total_sectors = device.disk.total_sectors
        self._early = deque()  # writes of the model that the hardware has yet to end

    def read(self, sector):
        return np.array(self._next("READ", sector).words, np.uint32)

    def write(self, sector, words):
        words = [int(word) for word in words]
        self._settle()
        if not self._device.outcomes:
            # Its last word has left memory, and is on its way to the disk.
            self._early.append((sector, words))
            if self._device.fails(DiskOperation(ToDisk.WRITE, sector)):
                raise HostError("as in hardware")
            return
        self._compare(sector, words)

    def _settle(self):
        while self._early and self._device.outcomes:
            with contextlib.suppress(HostError):
                self._compare(*self._early.popleft())

    def _compare(self, sector, words):
        theirs = self._take("WRITE", sector)
        assert theirs.words == words, (
            f"sector {sector} was written with other words than the model's")
        if theirs.failed:
            raise HostError("as in hardware")

    def flush(self):
        self._next("FLUSH", None)

    def _next(self, verb, sector):
        self._settle()
        done = self._take(verb, sector)
        if done.failed:
            raise HostError("as in hardware")
        return done

    def _take(self, verb, sector):
        outcomes = self._device.outcomes
        done = outcomes.popleft() if outcomes else None
        assert done is not None and done.kind.name == verb and sector in (None, done.sector), (
            f"the model does a {verb} of sector {sector}, the hardware did {done}")
        return done


class _MirroredSerial(Serial):
    """Gives the model what the bench typed, and collects what it sends."""

    def __init__(self, line):
        super().__init__(Terminal(None, None))
        self._line = line
        self._read = self._checked = 0
        self.sent = bytearray()

    def read(self, limit_octets=1):
        octets = bytes(self._line.typed[self._read:self._read + limit_octets])
        self._read += len(octets)
        return octets

    def write(self, octets):
        self.sent += octets

    def check(self, heard):
        """As far as both have come they must be the same."""
        end = min(len(heard), len(self.sent))
        assert heard[self._checked:end] == self.sent[self._checked:end], (
            f"the hardware sent {bytes(heard[self._checked:end])!r}, the model "
            f"{bytes(self.sent[self._checked:end])!r}")
        self._checked = end
