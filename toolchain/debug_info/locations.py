"""Where a variable is at some place of the code, and what it holds there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from elftools.dwarf.dwarf_expr import DWARFExprOp, DWARFExprParser

__all__ = ["Composite", "Constant", "FrameAddress", "FrameOffset", "Location", "Memory",
           "Register", "decode", "words_at"]

_WORD_OCTETS = 4


@dataclass(frozen=True)
class Register:
    """In a register."""
    number: int


@dataclass(frozen=True)
class Memory:
    """In memory, from this address on."""
    address: int


@dataclass(frozen=True)
class FrameOffset:
    """In memory, so many words from the frame's address (`Frame.cfa`)."""
    offset: int


@dataclass(frozen=True)
class Constant:
    """Nowhere, but this is its value."""
    value: int


@dataclass(frozen=True)
class FrameAddress:
    """Nowhere, but its value is the frame's address plus this."""
    offset: int


@dataclass(frozen=True)
class Composite:
    """Each word somewhere else; None for words that are not there."""
    pieces: "tuple[Location | None, ...]"


Location = Register | Memory | FrameOffset | Constant | FrameAddress | Composite


def decode(parser: DWARFExprParser, octets: Sequence[int]) -> Location | None:
    """The location that an expression of ours says; None for an empty one."""
    operations = parser.parse_expr(list(octets))
    if not any(one.op_name == "DW_OP_piece" for one in operations):
        return _simple(operations)
    pieces: list[Location | None] = []
    start = 0
    for at, one in enumerate(operations):
        if one.op_name == "DW_OP_piece":
            pieces.append(_simple(operations[start:at]))
            start = at + 1
    return Composite(tuple(pieces)) if any(one is not None for one in pieces) else None


def _simple(operations: Sequence[DWARFExprOp]) -> Location | None:
    if not operations:
        return None
    name, args = operations[0].op_name, operations[0].args
    if name.startswith("DW_OP_reg"):
        return Register(args[0] if name == "DW_OP_regx" else int(name.removeprefix("DW_OP_reg")))
    if name == "DW_OP_fbreg":
        return FrameOffset(args[0] // _WORD_OCTETS)
    if name == "DW_OP_addr":
        address = args[0] // _WORD_OCTETS
        if args[0] == 0xFFFFFFFF:
            return None
        return Memory(address) if len(operations) == 1 else Constant(address)
    if name == "DW_OP_constu":
        return Constant(args[0])
    if name == "DW_OP_call_frame_cfa":
        offset = operations[1].args[0]
        return FrameAddress((offset - (offset >> 31 << 32)) // _WORD_OCTETS)
    return None


def words_at(location: Location | None, size: int, registers: Sequence[int | None],
             cfa: int | None, read_word: Callable[[int], int | None]) -> list[int | None]:
    """The words of a variable of `size` words; None for each that is not known.

    `registers` are those of the frame, `cfa` is its address, `read_word` reads memory.
    """
    if isinstance(location, Composite):
        return [words_at(piece, 1, registers, cfa, read_word)[0] for piece in location.pieces]
    if isinstance(location, Register):
        return [registers[location.number]]
    if isinstance(location, Constant):
        return [location.value]
    if isinstance(location, FrameAddress):
        return [None if cfa is None else cfa + location.offset & 0xFFFFFFFF]
    if isinstance(location, Memory):
        return [read_word(location.address + word) for word in range(size)]
    if isinstance(location, FrameOffset) and cfa is not None:
        first = cfa + location.offset
        return [read_word(first + word & 0xFFFFFFFF) for word in range(size)]
    return [None] * size
