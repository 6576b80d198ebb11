"""Trace records as text for people: what a run did, a line each."""

from collections.abc import Callable, Iterable
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from isa.config import MachineConfig
from isa.machine import PERIPHERALS, Reason
from isa.trace import Kind, Stop, Word, Wrote
from sim.host.error import HostError, OutputClosed
from sim.spaces import SpaceOfRecords
from toolchain.qasm import disassemble_word

__all__ = ["HEADING", "Records", "TraceWriter", "describe"]

Records = NDArray[np.uint32]
Locate  = Callable[[int, int, NDArray[np.uint32]], str | None]  # address, space, memory

HEADING = f"{'cycle':>10}  {'ip':8}  {'instruction':32}  effect"

_PERIPHERAL = {kind.identifier: kind.name for kind in PERIPHERALS}


def describe(record: Iterable[int]) -> str:
    """One record, without its label."""
    words = [int(word) for word in record]
    kind, code = words[Word.KIND], words[Word.CODE]
    head = f"{words[Word.CYCLE]:10}  "
    ip = f"{words[Word.IP]:08x}  "
    if kind == Kind.INSN:
        text = disassemble_word(words[Word.INSN], words[Word.IMM])
        return f"{head}{ip}{text:32}  {_effect(words)}".rstrip()
    if kind == Kind.FAULT:
        return f"{head}{ip}-- fault {_name(Reason, code)}"
    if kind == Kind.INTERRUPT:
        return f"{head}{ip}-- interrupt {code} is accepted"
    if kind == Kind.DEVICE:
        name = _PERIPHERAL.get(code, f"peripheral {code:#x}")
        return f"{head}{'':10}-- {name}: {words[Word.ARG]:#x}"
    if kind == Kind.STOP:
        return f"{head}{'':10}-- stop: {_name(Stop, code)}"
    return f"{head}{'':10}-- unknown record {words}"


def _effect(words: list[int]) -> str:
    wrote, parts = words[Word.WROTE], []
    if wrote & Wrote.MEMORY:
        parts.append(f"[{words[Word.ADDRESS]:#x}] = {words[Word.DATA]:#x}")
    if wrote & Wrote.REGISTER:
        parts.append(f"r{words[Word.D]} = {words[Word.VALUE]:#x}")
    if wrote & Wrote.LOADED:
        parts.append(f"from [{words[Word.ADDRESS]:#x}]")
    return " ".join(parts)


def _name(names: type[Reason] | type[Stop], value: int) -> str:
    return names(value).name if value in list(names) else str(value)


class TraceWriter:
    """Writes records as lines, with a line for each label that is reached.

    Parameters
    ----------
    file : TextIO
        Where to.
    locate : callable
        Name of an address in a space, as ``main`` or ``main+0x2``; None if it has none.
    config : MachineConfig
        The machine's, for the spaces.
    memory : callable
        The machine's memory, once there are records.

    Raises `HostError` when the file cannot be written.
    """

    def __init__(self, file: TextIO, locate: Locate, config: MachineConfig,
                 memory: Callable[[], NDArray[np.uint32]]):
        self._file = file
        self._locate = locate
        self._memory = memory
        self._spaces = SpaceOfRecords(config)
        self._write([HEADING])

    def __call__(self, records: Records) -> None:
        """Write these records."""
        lines = []
        memory = self._memory()
        for record in records.tolist():
            space = self._spaces.of(record)
            if record[Word.KIND] == Kind.INSN:
                label = self._locate(record[Word.IP], space, memory)
                if label and "+" not in label:
                    lines.append(f"{label}:")
            lines.append(describe(record))
        if lines:
            self._write(lines)

    def _write(self, lines: list[str]) -> None:
        try:
            self._file.write("\n".join(lines) + "\n")
            self._file.flush()
        except BrokenPipeError:
            raise OutputClosed("the trace's reader has gone away") from None
        except OSError as error:
            raise HostError(f"{self._file.name}: {error.strerror or error}") from None
