"""The calling convention: what each register is for, and how a function is called.

The contract is the chapter "The calling convention" of ``docs/compiler.md``; a test compares its
table of registers with this file.
"""

from toolchain.qll.node import node
from toolchain.qll.types import FunctionType, Type, is_aggregate

__all__ = ["CALL_CLOBBERS", "FIRST_PRESERVED", "LINK", "MOST_ARGUMENT_WORDS", "ONE", "PRESERVED",
           "PRESERVED_REGISTERS", "RESULT", "SCRATCH", "STACK", "STACK_LINK", "TEMPORARY",
           "TRAP_BASE", "Signature", "stack_signature"]

# Registers by number.
RESULT     = 0   # the result, and the first argument of a call in registers
STACK_LINK = 0   # the return address of a call by the stack convention, at entry
TEMPORARY  = 30  # never given to a value: for moves and addresses that the emitter makes up
LINK       = 31  # the return address of a call in registers
ONE        = 62  # always 1
STACK      = 63  # the stack pointer

SCRATCH_REGISTERS   = range(0, TEMPORARY)  # a call may change them
PRESERVED_REGISTERS = range(32, ONE)       # a function leaves them as it found them
FIRST_PRESERVED     = PRESERVED_REGISTERS[0]


def _mask(registers: range) -> int:
    return (1 << len(registers)) - 1 << registers[0]


# The same as masks, with bit n for register n.
SCRATCH       = _mask(SCRATCH_REGISTERS)
PRESERVED     = _mask(PRESERVED_REGISTERS)
CALL_CLOBBERS = SCRATCH | 1 << TEMPORARY | 1 << LINK  # what a call may change

MOST_ARGUMENT_WORDS = 12  # of a call in registers, the address of an aggregate result included

TRAP_BASE = 0xE0000000    # in r0, plus the number of the trap, when a check stops the machine


@node
class Signature:
    """How a function is called; `offsets` are of the parameters from the stack pointer at entry."""
    fast: bool                 # may be called with its words in registers
    sizes: list[int]           # of the parameters
    offsets: list[int]
    words: int                 # of all parameters
    result: Type
    aggregate: bool            # the result goes to an address passed behind the arguments

    @property
    def total(self) -> int:
        """Words that a call passes."""
        return self.words + self.aggregate


def stack_signature(kind: FunctionType) -> Signature:
    """Signature by the stack convention of a function of that type."""
    sizes = [parameter.size for parameter in kind.parameters]
    offsets, offset = [], sum(sizes)
    for size in sizes:
        offset -= size
        offsets.append(offset)
    return Signature(False, sizes, offsets, sum(sizes), kind.result, is_aggregate(kind.result))
