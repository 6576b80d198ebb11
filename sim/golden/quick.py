"""Run a program on the golden model in one call, for tests and tools."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from isa.config import MachineConfig
from sim.golden.machine import Golden
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Registers, Status, StopReport, Words

__all__ = ["Outcome", "run_words"]


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `stop` is None when the limit, or a sleep without end, ended it."""
    status:       Status
    r0:           int
    stdout:       str
    stop:         StopReport | None
    instructions: int
    cycles:       int
    registers:    Registers


def run_words(words: Sequence[int] | Words, stdin: Iterable[str] = (), *,
              limit: int = 1_000_000_000, config: MachineConfig | None = None,
              compiled: bool = True) -> Outcome:
    """Run an image with these lines as console input, for `limit` cycles at most."""
    sink = io.BytesIO()
    lines = "".join(line + "\n" for line in stdin).encode()
    golden = Golden(config, Hosts(Terminal(lines, sink)), compiled=compiled)
    golden.load(words)
    status = golden.run(limit)
    registers = golden.registers()
    return Outcome(status, registers.general[0], sink.getvalue().decode(), golden.stop,
                   golden.instructions, golden.cycles, registers)
