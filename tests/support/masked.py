"""How long the kernel keeps interrupts masked, from a machine's trace."""

from pathlib import Path

import numpy as np

from isa import BY_MNEMONIC
from isa.machine import ENABLED
from isa.trace import Kind, Word, Wrote
from system.calls import load_calls
from toolchain.places import KERNEL

__all__ = ["Masked"]

INT   = BY_MNEMONIC["int"].opcode
CALLS = load_calls(KERNEL / "syscalls.toml").calls[-1].number + 1


class Masked:
    """An observer of `sim.golden.Golden` that keeps the longest masked stretches after the boot.

    Parameters
    ----------
    symbols : Path
        Symbol map of the kernel, to say where most of a stretch was spent.

    Members
    -------
    longest : dict of str to int
        By the cause (a system call's number), and the function in which most of the end of the
        stretch was spent: the longest such, in instructions.
    """

    def __init__(self, symbols: Path) -> None:
        rows = [line.split(None, 2) for line in symbols.read_text().splitlines()]
        rows = [(int(address, 16), kind, name.strip()) for address, kind, name in rows]
        self._calls = next(address for address, _, name in rows
                           if name == "global::syscall::calls")
        functions = sorted((address, name) for address, kind, name in rows
                           if kind == "T" and ("$" not in name or name.startswith("kernel$")))
        self._places = [address for address, _ in functions]
        self._names = [name for _, name in functions]
        self._masked = True
        self._start: int | None = None  # cycle; None while it boots
        self._number = ""               # what it was entered for
        self.longest: dict[str, int] = {}

    def __call__(self, trace: np.ndarray) -> None:
        kind, is_insn = trace[:, Word.KIND], trace[:, Word.KIND] == Kind.INSN
        stores = is_insn & (trace[:, Word.WROTE] & Wrote.MEMORY != 0) \
            & (trace[:, Word.ADDRESS] == ENABLED)
        ints = is_insn & (trace[:, Word.INSN] >> 24 == INT)
        first = 0
        for row in np.flatnonzero((kind == Kind.INTERRUPT) | (kind == Kind.FAULT) | stores | ints):
            masked = not self._masked if ints[row] \
                else int(trace[row, Word.DATA]) == 0 if stores[row] else True
            cycle = int(trace[row, Word.CYCLE])
            if masked and not self._masked:
                self._start, first = cycle, row
                self._number = "call ?" if ints[row] else Kind(int(kind[row])).name.lower()
            elif self._masked and not masked and self._start is not None:
                self._look(trace[first:row + 1])
                self._keep(cycle - self._start & 0xFFFFFFFF, trace[first:row + 1])
            self._masked = masked
        if self._masked:
            self._look(trace[first:])

    def _look(self, rows: np.ndarray) -> None:
        """The number of a system call is that of the function that the kernel loads."""
        if self._number == "call ?":
            asked = rows[rows[:, Word.WROTE] & Wrote.LOADED != 0, Word.ADDRESS] - self._calls
            asked = asked[asked < CALLS]
            if len(asked):
                self._number = f"call {int(asked[0])}"

    def _keep(self, length: int, rows: np.ndarray) -> None:
        if length > 500:  # what is shorter is not worth a name
            functions = np.searchsorted(self._places, rows[:, Word.IP], side="right")
            name = self._names[max(0, int(np.bincount(functions).argmax()) - 1)]
            name = f"{self._number}, {name}"
            self.longest[name] = max(length, self.longest.get(name, 0))
