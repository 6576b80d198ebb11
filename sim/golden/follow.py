"""Lockstep: the golden model follows the trace of another machine and says where they part.

The other machine decides only *when*: an INTERRUPT record says before which instruction a pending
interrupt was accepted, a DEVICE record when a peripheral did by itself what programs can see. All
else the model computes and compares: every instruction, every value loaded, every fault.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isa import BY_MNEMONIC
from isa.config import MachineConfig
from isa.trace import Word
from sim.golden import state
from sim.golden.machine import Golden
from sim.golden.peripheral import Unexpected
from sim.host.hosts import Hosts
from sim.machine import Words
from sim.trace import describe

__all__ = ["RULES", "Divergence", "Follower"]

Records = NDArray[np.uint32]
WAIT = BY_MNEMONIC["wait"].opcode

RULES = {
    state.RULE_MASKED:  "an interrupt was accepted while interrupts are masked",
    state.RULE_SOURCE:  "an interrupt was accepted that no peripheral of this machine raises",
    state.RULE_STOPPED: "the model has stopped, the other machine goes on",
    state.RULE_RUNNING: "the other machine stopped, the model goes on",
    state.RULE_CLOCK:   "the clock did not go to the next millisecond",
    state.RULE_EARLY:   "a timer interrupt came before its time",
    state.RULE_LATE:    "a timer interrupt is pending for long, unmasked, and is not accepted",
    state.RULE_ASLEEP:  "a `wait` retired; nothing but an interrupt can come next",
}


@dataclass(frozen=True)
class Divergence:
    """The first record that the model does not agree with.

    `position` counts records from 0 since the start; `rule` says what is wrong, `theirs` is the
    record, `ours` what the model would have made of it.
    """
    position: int
    rule:     str
    theirs:   tuple[int, ...]
    ours:     tuple[int, ...]

    def __str__(self) -> str:
        return (f"record {self.position}: {self.rule}\n"
                f"    other machine: {describe(self.theirs)}\n"
                f"    golden model:  {describe(self.ours)}")


class Follower:
    """A golden model behind another machine.

    Parameters
    ----------
    config : MachineConfig
        What both machines are.
    hosts : Hosts
        The model's own; they must give what the other machine's give, in the same order.
    compiled : bool
        As `Golden` has it.

    Members
    -------
    golden : Golden
        The model, as the last record left it.
    position : int
        Records applied so far.
    """

    def __init__(self, config: MachineConfig | None = None, hosts: Hosts | None = None, *,
                 compiled: bool = True):
        self.golden = Golden(config, hosts, compiled=compiled, following=True)
        self.position = 0
        self.by_identifier = {identifier: name
                              for name, identifier in self.golden.identifiers.items()}

    def load(self, image: Words | list[int]) -> None:
        """Reset, and put an image in."""
        self.golden.load(image)
        self.position = 0

    def apply(self, records: Records) -> Divergence | None:
        """Follow these records, an array of a row each; the first that is wrong, if any is."""
        golden, cpu = self.golden, self.golden.cpu
        records = np.ascontiguousarray(records, dtype=np.uint32)
        cpu[state.AT] = 0
        while cpu[state.AT] < len(records):
            begin = int(cpu[state.AT])
            why = golden.go(state.FOLLOW, records, len(records))
            at = int(cpu[state.AT])
            if golden.picture is not None:
                golden.picture.note_stores(records[begin:at])
            if why == state.IO:
                golden.store_io()
            elif why == state.DEVICE:
                try:
                    self._device(int(records[at, Word.CODE]), int(records[at, Word.ARG]))
                except Unexpected as error:
                    return self._report(at, records[at], str(error), (0,) * len(Word))
                cpu[state.AT] += 1
            elif why == state.DIVERGED:
                field = int(cpu[state.FIELD])
                rule = RULES.get(field) or f"the field {Word(field).name} differs"
                ours = tuple(int(word) for word in cpu[state.SEEN:state.SEEN + len(Word)])
                return self._report(at, records[at], rule, ours)
        self.position += len(records)
        if cpu[state.STOPPED]:
            golden.report_stop()
        return None

    @property
    def is_asleep(self) -> bool:
        """Whether nothing but an interrupt or an event can come next: silence is right then."""
        insn = self.golden.fetch(self.golden.registers().ip)
        return self.golden.stop is not None or insn is not None and insn >> 24 == WAIT

    def _device(self, identifier: int, arg: int) -> None:
        name = self.by_identifier.get(identifier)
        if name not in self.golden.devices:
            raise Unexpected(f"no device {identifier:#x} that could have done anything")
        self.golden.devices[name].event(arg)

    def _report(self, at: int, record: Records, rule: str, ours: tuple[int, ...]) -> Divergence:
        return Divergence(self.position + at, rule, tuple(int(word) for word in record), ours)
