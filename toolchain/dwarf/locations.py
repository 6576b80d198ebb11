"""Where variables are: location expressions, location lists, range lists.

An expression computes in octets. What a register or a pointer holds counts words, so an address
that is a variable's *value* is shifted right by 2.
"""

import struct
from collections.abc import Sequence

from toolchain.dwarf.numbers import VERSION, Lle, Op, Rle
from toolchain.dwarf.records import Location, Place
from toolchain.dwarf.sections import Part, Target, sleb, uleb

__all__ = ["LocationLists", "RangeLists", "expression", "global_address"]

_WORD_OCTETS = 4
_HEADER      = struct.Struct("<IHBBI")  # length, version, address size, segment size, offsets


def global_address(label: str, words: int = 0) -> Part:
    """The expression of what is in memory from a label on."""
    done = Part()
    done.add(bytes([Op.ADDR]))
    done.fix(Target.SYMBOL, label, words * _WORD_OCTETS)
    return done


def expression(location: Location) -> Part:
    """The expression of a variable; empty if it is nowhere."""
    done = Part()
    if not location:
        return done
    if location[0] == "m":
        done.add(_from_frame(location[1]))
        return done
    for piece in location:
        if piece is not None:
            _value(done, piece)
        if len(location) > 1:
            done.add(bytes([Op.PIECE, _WORD_OCTETS]))
    return done


def _from_frame(words: int) -> bytes:
    return bytes([Op.FBREG]) + sleb(words * _WORD_OCTETS)


def _value(done: Part, piece: Sequence[str | int]) -> None:
    """One word of a variable."""
    kind, *rest = piece
    if kind == "f":
        done.add(_from_frame(int(rest[0])))
    elif kind == "r":
        register = int(rest[0])
        done.add(bytes([Op.REG0 + register]) if register < 32 else
                 bytes([Op.REGX]) + uleb(register))
    elif kind == "c":
        done.add(bytes([Op.CONSTU]) + uleb(int(rest[0])) + bytes([Op.STACK_VALUE]))
    elif kind == "a":
        done.include(global_address(str(rest[0]), int(rest[1])))
        done.add(bytes([Op.LIT2, Op.SHR, Op.STACK_VALUE]))
    elif kind == "s":
        done.add(bytes([Op.CALL_FRAME_CFA, Op.CONSTU]) + uleb(int(rest[0]) * 4 & 0xFFFFFFFF)
                 + bytes([Op.PLUS, Op.LIT2, Op.SHR, Op.STACK_VALUE]))
    else:
        raise ValueError(f"a variable cannot be in {kind!r}")


class _Lists:
    """A section of lists, all with one header in front."""

    def __init__(self) -> None:
        self.part = Part()
        self.part.add(_HEADER.pack(0, VERSION, _WORD_OCTETS, 0, 0))

    def finish(self) -> Part:
        """The section; empty if no list has been made."""
        octets = self.part.octets
        if len(octets) == _HEADER.size:
            return Part()
        struct.pack_into("<I", octets, 0, len(octets) - 4)
        return self.part


class LocationLists(_Lists):
    """``.debug_loclists`` in the making."""

    def add(self, function_word: int, places: Sequence[Place]) -> int:
        """Offset of a new list, of places in a function that begins at this word of the unit."""
        part, offset = self.part, len(self.part.octets)
        part.add(bytes([Lle.BASE_ADDRESS]))
        part.fix(Target.CODE, "", function_word * _WORD_OCTETS)
        for first, end, location in places:
            value = expression(location)
            part.add(bytes([Lle.OFFSET_PAIR]) + uleb(first * _WORD_OCTETS)
                     + uleb(end * _WORD_OCTETS) + uleb(len(value.octets)))
            part.include(value)
        part.add(bytes([Lle.END_OF_LIST]))
        return offset


class RangeLists(_Lists):
    """``.debug_rnglists`` in the making."""

    def add(self, function_word: int, ranges: Sequence[tuple[int, int]]) -> int:
        """Offset of a new list, as above."""
        part, offset = self.part, len(self.part.octets)
        part.add(bytes([Rle.BASE_ADDRESS]))
        part.fix(Target.CODE, "", function_word * _WORD_OCTETS)
        for first, end in ranges:
            part.add(bytes([Rle.OFFSET_PAIR]) + uleb(first * _WORD_OCTETS)
                     + uleb(end * _WORD_OCTETS))
        part.add(bytes([Rle.END_OF_LIST]))
        return offset
