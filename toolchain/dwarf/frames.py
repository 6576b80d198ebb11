"""Call frame information: how to get from a function's frame to that of its caller.

The frame's address (CFA) is the caller's stack pointer, in octets: what the stack pointer was at
entry. Saved registers lie below it. Registers that nothing is said about are as the caller had
them.
"""

import struct
from collections.abc import Sequence

from toolchain.dwarf.numbers import IP_COLUMN, SP_COLUMN, Cfa
from toolchain.dwarf.records import Frame
from toolchain.dwarf.sections import Part, Target, uleb

__all__ = ["FrameTable"]

_WORD_OCTETS = 4
_CIE         = 0xFFFFFFFF
_CIE_VERSION = 4


class FrameTable:
    """``.debug_frame`` in the making."""

    def __init__(self) -> None:
        self.part = Part()
        self._common: dict[tuple[int, int], int] = {}  # offsets of what functions share

    def add(self, word: int, words: int, frames: Sequence[Frame], clobbered: int) -> None:
        """A function of so many words, which begins at this word of the unit's code."""
        first = frames[0]
        assert first.word == 0 and not first.saved and not first.offset, "not yet at entry"
        common = self._common_entry(first.link, clobbered)
        body = bytearray()
        at = 0
        for before, frame in zip(frames, frames[1:], strict=False):
            body += _advance(frame.word - at)
            at = frame.word
            body += _change(before, frame)
        part = self.part
        body += bytes(-len(body) % 4)
        part.word(12 + len(body))
        part.fix(Target.SECTION, ".debug_frame", common)
        part.fix(Target.CODE, "", word * _WORD_OCTETS)
        part.word(words * _WORD_OCTETS)
        part.add(body)

    def _common_entry(self, link: int, clobbered: int) -> int:
        """Offset of the entry (CIE) for functions that begin so."""
        found = self._common.get((link, clobbered))
        if found is not None:
            return found
        body = bytearray([_CIE_VERSION, 0, _WORD_OCTETS, 0, _WORD_OCTETS, 0x7C])
        body += uleb(IP_COLUMN)
        body += bytes([Cfa.DEF_CFA]) + uleb(SP_COLUMN) + uleb(0)
        body += bytes([Cfa.REGISTER]) + uleb(IP_COLUMN) + uleb(link)
        for register in range(SP_COLUMN):
            if clobbered >> register & 1:
                body += bytes([Cfa.UNDEFINED]) + uleb(register)
        body += bytes(-len(body) % 4)
        offset = self._common[link, clobbered] = len(self.part.octets)
        self.part.word(4 + len(body))
        self.part.word(_CIE)
        self.part.add(body)
        return offset


def _change(before: Frame, after: Frame) -> bytearray:
    """The instructions from one state to the next."""
    done = bytearray()
    if after.offset != before.offset:
        done += bytes([Cfa.DEF_CFA_OFFSET]) + uleb(after.offset * _WORD_OCTETS)
    old, new = dict(before.saved), dict(after.saved)
    for column, depth in new.items():
        if old.get(column) != depth:
            done += bytes([Cfa.OFFSET_EXTENDED]) + uleb(column) + uleb(depth)
    for column in old.keys() - new.keys():
        if column != IP_COLUMN:
            done += bytes([Cfa.SAME_VALUE]) + uleb(column)
    if after.link >= 0 and (after.link != before.link or IP_COLUMN in old):
        done += bytes([Cfa.REGISTER]) + uleb(IP_COLUMN) + uleb(after.link)
    return done


def _advance(words: int) -> bytes:
    """Go on by so many words; the unit of advances is the word."""
    if words == 0:
        return b""
    if words < 0x40:
        return bytes([Cfa.ADVANCE_LOC | words])
    if words < 0x100:
        return bytes([Cfa.ADVANCE_LOC1, words])
    if words < 0x10000:
        return bytes([Cfa.ADVANCE_LOC2]) + struct.pack("<H", words)
    return bytes([Cfa.ADVANCE_LOC4]) + struct.pack("<I", words)
