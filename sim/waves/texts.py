"""Rows of text: the instruction in each stage, the function and the process that run."""

from collections.abc import Callable, Sequence

import numpy as np

from isa import BY_MNEMONIC
from sim.waves.rows import Changes, Row, TextChange
from toolchain.qasm import disassemble_word

__all__ = ["Texts"]

CONSTANT = BY_MNEMONIC["constant"].opcode
SCOPE    = ("text",)

# Of each stage: whether it holds an instruction, its word, and the immediate of a `constant`.
STAGES = {
    "decode":  ("core.decode.is_complete", "core.decode.decoder.word", "core.decode.second.word"),
    "execute": ("core.execute.i__valid", "core.execute.i__payload.word",
                "core.execute.i__payload.a"),
    "retire":  ("core.retire.i__valid", "core.retire.i__payload.word",
                "core.retire.i__payload.value"),
}
FETCH   = "core.fetch.f_ip"
IP      = "core.execute.ip"
IS_ON   = "core.traps.translates"
BASE    = "mmu.base"

Locate  = Callable[[int, int], str]
Process = Callable[[int], str]


class Texts:
    """Makes texts of what signals are.

    Parameters
    ----------
    rows : sequence of Row
    locate : callable
        Gives the label of an address under a page table (0: physical); "" if it has none.
    process : callable
        Gives the name of the process with a page table.
    """

    def __init__(self, rows: Sequence[Row], locate: Locate, process: Process):
        by_path = {row.path: row.signal for row in rows}
        prefix = min((path.removesuffix(IP) for path in by_path if path.endswith(IP)), default="")
        self._signals = {path: by_path[prefix + path] for path in
                         (FETCH, IP, IS_ON, BASE, *(path for paths in STAGES.values()
                                                    for path in paths))
                         if prefix + path in by_path}
        self._wanted = np.array(sorted(set(self._signals.values())), np.uint32)
        self._values = dict.fromkeys(self._signals.values(), 0)
        self._locate, self._process = locate, process
        self._names = ["process", "function", "fetch", *STAGES]
        self._shown: list[str | None] = [None] * len(self._names)
        scope = (*prefix.rstrip(".").split("."), *SCOPE) if prefix else SCOPE
        self.rows = [Row(scope, name, number, 0) for number, name in enumerate(self._names)]

    def of(self, changes: Changes) -> list[TextChange]:
        """What they say from the cycles of these changes on."""
        found: list[TextChange] = []
        rows = changes[np.isin(changes["signal"], self._wanted)]
        cycles, begins = np.unique(rows["cycle"], return_index=True)
        ends = [*begins[1:].tolist(), len(rows)]
        signals, values = rows["signal"].tolist(), rows["value"].tolist()
        for cycle, begin, end in zip(cycles.tolist(), begins.tolist(), ends, strict=True):
            for at in range(begin, end):
                self._values[signals[at]] = values[at]
            for number, text in enumerate(self._now()):
                if text != self._shown[number]:
                    self._shown[number] = text
                    found.append(TextChange(cycle, number, text))
        return found

    def _now(self) -> list[str]:
        base = self._value(BASE) if self._value(IS_ON) else 0
        return [self._process(base), self._locate(base, self._value(IP)),
                self._locate(base, self._value(FETCH)),
                *(self._instruction(*paths) for paths in STAGES.values())]

    def _value(self, path: str) -> int:
        return self._values.get(self._signals.get(path, -1), 0)

    def _instruction(self, valid: str, word: str, imm: str) -> str:
        if not self._value(valid):
            return "-"
        return _disassembled(self._value(word), self._value(imm))


def _disassembled(word: int, imm: int) -> str:
    return disassemble_word(word, imm if word >> 24 == CONSTANT else 0)
