"""What every simulated Quince has in common, RTL engine and golden model, seen from outside.

A machine is made for a `MachineConfig` and a set of hosts (`sim.host`), loaded, and then run in
slices. Between slices the caller may look at it; it looks after its devices by itself::

    machine.load(read_image("hello.qbin"))
    while (status := machine.run(100_000)) is Status.RUNNING:
        ...
    print(machine.stop)

Stopping, in words and as an exit status, has its one home here too.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from isa.config import MachineConfig
from isa.instructions import BY_OPCODE
from isa.machine import PROGRAM, Reason
from isa.trace import Stop

__all__ = ["ChipError", "Diverged", "Exit", "ImageError", "InterruptFrame", "MEMORIES", "Machine",
           "Registers", "Status", "StopReport", "Words", "check_image", "exit_status", "read_image"]

Words = NDArray[np.uint32]


class Status(Enum):
    """Why `Machine.run` came back."""
    RUNNING = "running"  # the budget is spent, or the host is wanted for a moment: run again
    INPUT   = "input"    # only input from the host can make anything happen: sleep, then run again
    STUCK   = "stuck"    # asleep in a `wait` that nothing can end
    STOPPED = "stopped"  # for good; `Machine.stop` says why
    HIT     = "hit"      # at what somebody who looks into the run has asked for (`sim.history`)


class Exit(IntEnum):
    """Exit statuses of a simulator besides the machine's own (its exit code modulo 256)."""
    BAD_INPUT    = 1
    BAD_COMMAND  = 2
    FAULT        = 120  # a fault without a handler, or a double fault
    STUCK        = 121  # asleep in a `wait` that nothing can end
    DIVERGED     = 122  # lockstep: hardware and golden model disagree
    LIMIT        = 124  # out of the cycles that --cycles allows, as timeout(1) has it
    INTERRUPTED  = 130  # ctrl-C
    BROKEN_PIPE  = 141  # whoever read the output went away


# What the hardware's RAM can be; no program can tell but by the time it takes.
MEMORIES = ("ideal", "hesitant", "sdram")


class ChipError(Exception):
    """The hardware used a chip of the board against its data sheet: a bug of the hardware's."""


@dataclass(frozen=True)
class Registers:
    """What a program keeps outside memory."""
    general: tuple[int, ...]  # r0 to r63
    ip:      int


@dataclass(frozen=True)
class InterruptFrame:
    """What the interrupt table holds of the program that was interrupted."""
    registers: tuple[int, ...]  # r0 to r63
    ip:        int
    reason:    int
    enabled:   int
    highest:   int


@dataclass(frozen=True)
class StopReport:
    """How the machine stopped; all but `exit_code` is about the last instruction, the cause.

    `reason` is that of a fault (None for `halt`; an unknown one from broken hardware stays an int);
    `insn` and `imm` are the words at `ip` as they were fetched, 0 if the fetch itself faulted.
    """
    stop:      Stop
    ip:        int
    insn:      int = 0
    imm:       int = 0
    reason:    int | None = None
    exit_code: int = 0

    def describe(self, disassemble: Callable[[int, int], str] | None = None,
                 locate: Callable[[int], str | None] | None = None) -> str:
        """One line for people; `disassemble(insn, imm)` and `locate(ip)` make it a better one."""
        where = f"{self.ip:#010x}"
        name = locate(self.ip) if locate else None
        if name:
            where += f" ({name})"
        fetched = self.reason not in (Reason.MEMORY_FAULT, Reason.OUT_OF_BOUNDS) or self.insn
        insn = BY_OPCODE.get(self.insn >> 24)
        text = (disassemble(self.insn, self.imm) if disassemble
                else insn.mnemonic if insn else f"{self.insn:#010x}")
        at = f"at {where}: {text}" if fetched else f"at {where}, which could not be fetched"
        if self.stop == Stop.HALT:
            return f"halted with exit code {self.exit_code:#x} {at}"
        reason = self.reason if self.reason is not None else 0
        known = {int(r): r.name for r in Reason}.get(reason, f"unknown reason {reason}")
        if self.stop == Stop.DOUBLE_FAULT:
            return f"double fault, {known}, in the handler of another fault, {at}"
        return f"fault without a handler, {known}, {at}"


class Machine(Protocol):
    """A simulated machine. Budgets and times are in cycles; the model's instructions take one each.

    Members
    -------
    config
        What it was built for.
    memory
        Physical memory from address 0, a writable view. Tables and windows below
        `RESERVED_LIMIT` may live elsewhere (in hardware they are registers), so only what lies
        above is the same for every machine.
    cycles, instructions
        Counted since reset.
    space
        The address of the page table by which the next instruction is found; 0 for none.
    stop
        None until `run` returns STOPPED.
    """

    @property
    def config(self) -> MachineConfig: ...
    @property
    def memory(self) -> Words: ...
    @property
    def cycles(self) -> int: ...
    @property
    def instructions(self) -> int: ...
    @property
    def stop(self) -> StopReport | None: ...
    @property
    def space(self) -> int: ...

    def load(self, image: Sequence[int] | Words, address: int = PROGRAM) -> None:
        """Reset, clear memory, and put an image in. Raises `ImageError` if it does not fit."""

    def prepare(self, say: Callable[[str], None]) -> None:
        """Do now what would delay the first `run`; `say` hears a line if that takes long."""

    def run(self, budget: int) -> Status:
        """Go on for about `budget` cycles at most (never more than a few above)."""

    def registers(self) -> Registers:
        """As the last retired instruction left them, and the `ip` that follows."""

    def interrupt_frame(self) -> InterruptFrame:
        """The interrupt table's words, wherever the machine keeps them."""

    @property
    def fault_ip(self) -> int:
        """Where the instruction was that faulted last, if nothing has interrupted since."""

    def close(self) -> None:
        """Let go of what it holds; the hosts are the caller's."""


class Diverged(Exception):
    """In lockstep, hardware and golden model disagree; the message shows where, for people."""


class ImageError(Exception):
    """A program file, or the image in it, cannot be loaded; the message names it."""


def read_image(path: Path | str, config: MachineConfig | None = None) -> Words:
    """The words of a flat image (`.qbin`); one that is too large for `config` is not read."""
    try:
        if config is not None and os.path.isfile(path):
            _check_size(os.path.getsize(path) // 4, config, PROGRAM, f"{path}: ")
        octets = Path(path).read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror or error}") from None
    if not octets:
        raise ImageError(f"{path}: the file is empty; an image has at least one word")
    if len(octets) % 4:
        raise ImageError(f"{path}: {len(octets)} octets are not a whole number of words "
                         "of 4 octets; is this a .qbin image?")
    return np.frombuffer(octets, dtype="<u4").astype(np.uint32)


def check_image(words: Sequence[int] | Words, config: MachineConfig,
                address: int = PROGRAM) -> Words:
    """The image as an array, after the check that it fits into the machine's RAM."""
    _check_size(len(words), config, address)
    return np.asarray(words, dtype=np.uint32)


def _check_size(words: int, config: MachineConfig, address: int, name: str = "") -> None:
    room = config.ram_words - address
    if words > room:
        raise ImageError(f"{name}a program of {words} words does not fit: RAM has room for {room} "
                         f"from {address:#x}")


def exit_status(status: Status, report: StopReport | None) -> int:
    """What a simulator's process returns for how the machine ended."""
    if status is Status.STUCK:
        return Exit.STUCK
    if report is None:
        return Exit.LIMIT
    return report.exit_code & 0xFF if report.stop == Stop.HALT else Exit.FAULT
