"""The stack of a compiled program on the bare machine, which nothing in the machine limits.

The simulator looks at the stack pointer between slices of the run. A slice ends before the stack
can have grown through what is left of it, so that a recursion without end is told while the program
and its variables are still as they were.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from isa import encode
from isa.machine import PROGRAM
from sim.machine import Machine, Words
from sim.program import LoadedProgram
from toolchain.qll.abi import STACK

if TYPE_CHECKING:
    from sim.symbols import Symbols

__all__ = ["StackGuard", "overflow_note"]

_CONSTANT_STACK = encode("constant", d=STACK)  # the first instruction of a compiled program

HEAP        = ("global::std::heap", "global::std::HEAP_SIZE")  # words of the library's
LEAST_SLICE = 2_000  # cycles; a stack grows by hardly more than a word a cycle
NEAR        = 4_096  # words that are to be left below the stack
MOST_SLICE  = 200_000
RECURSION   = 64     # calls: with fewer, what is in r63 may be a stack of the program's own making


def _is_compiled(image: Words) -> bool:
    return len(image) > 1 and int(image[0]) == _CONSTANT_STACK


def overflow_note(machine: Machine, image: Words) -> str | None:
    """What is wrong with the stack of a program that has stopped, if it begins as compiled ones do:
    it has grown down into the program, or begins where there is no RAM."""
    pointer, end = machine.registers().general[STACK], PROGRAM + len(image)
    if machine.space or not _is_compiled(image):
        return None
    if pointer < end:
        return (f"stack overflow: the stack has grown down to {pointer:#x}, over the program, "
                f"which ends at {end:#x}")
    if pointer > machine.config.ram_words:
        return (f"the stack begins at {int(image[1]):#x}, and RAM ends at "
                f"{machine.config.ram_words:#x}: --ram must be larger")
    return None


class StackGuard:
    """Finds out, between slices of a run, that the stack has grown down to the heap or, if none
    is used, to the program.

    Parameters
    ----------
    program : LoadedProgram
    symbols : callable
        Gives its symbols, when the stack pointer is where it should not be.

    Members
    -------
    told : str
        What has happened; empty while nothing has.
    """

    def __init__(self, program: LoadedProgram, symbols: "Callable[[], Symbols]"):
        self._program, self._symbols = program, symbols
        self._watches = _is_compiled(program.words)
        self.told = ""

    def _limit(self, machine: Machine) -> tuple[int, str]:
        """The lowest address for the stack, and what is below it."""
        start, words = (int(machine.memory[at]) if (at := self._program.symbols.get(name)) else 0
                        for name in HEAP)
        if start and words:
            return start + words, "the heap"
        return PROGRAM + len(self._program.words), "the program"

    def slice_cycles(self, machine: Machine) -> int:
        """How long the machine may run until the next look."""
        if not self._watches:
            return MOST_SLICE
        room = machine.registers().general[STACK] - self._limit(machine)[0] - NEAR
        return min(max(room, LEAST_SLICE), MOST_SLICE)

    def looks(self, machine: Machine) -> bool:
        """Whether the stack has overflowed; then `told` says how."""
        if not self._watches or machine.space or not machine.instructions:
            return False
        registers, (limit, below) = machine.registers(), self._limit(machine)
        pointer = registers.general[STACK]
        if not 0 < pointer < limit + NEAR:
            return False
        if len(self._symbols().backtrace(registers, 0, machine.memory)) < RECURSION:
            self._watches = False  # the program has stacks of its own
            return False
        self.told = (f"stack overflow: the stack has grown down to {pointer:#x}, and {below} ends "
                     f"at {limit:#x}")
        return True
