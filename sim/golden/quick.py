"""Run a program on the golden model in one call, for tests and tools."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.golden.machine import Golden
from sim.golden.peripherals import Hosts, script
from sim.machine import Registers, Status, StopReport, Words
from toolchain.isa.config import MachineConfig

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
    console = script(stdin)
    golden = Golden(config, Hosts(console), compiled=compiled)
    golden.load(words)
    status = golden.run(limit)
    registers = golden.registers()
    return Outcome(status, registers.general[0], console.text, golden.stop, golden.instructions,
                   golden.cycles, registers)
