"""Debug sections in the making: octets, and places in them where an address is still missing.

Each object has its own; the linker joins those of several by putting them one after the other, as
it does with code. What is missing is filled in twice: as if the object were alone and loaded at
address 0, so that an object can be looked at, and at the end with what the executable has.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

__all__ = ["Fix", "NOWHERE", "Part", "Sections", "Target", "join_sections", "resolve",
           "sleb", "uleb"]

NOWHERE = 0xFFFFFFFF  # the address of what the program leaves out


class Target(IntEnum):
    """What a place refers to."""
    SECTION = 0  # an offset in another debug section, of the same object
    CODE    = 1  # an address in the object's own code
    SYMBOL  = 2  # a label of the program


class Fix(NamedTuple):
    """The four octets at `offset` are those of a target's address plus `addend`, in octets."""
    offset: int
    target: Target
    name:   str
    addend: int


@dataclass
class Part:
    """One debug section of an object."""
    octets: bytearray = field(default_factory=bytearray)
    fixes:  list[Fix] = field(default_factory=list)

    def add(self, octets: bytes | bytearray) -> None:
        self.octets += octets

    def word(self, value: int) -> None:
        self.octets += struct.pack("<I", value)

    def fix(self, target: Target, name: str, addend: int) -> None:
        """Four octets that are still to come."""
        self.fixes.append(Fix(len(self.octets), target, name, addend))
        self.octets += struct.pack("<I", addend if target is not Target.SYMBOL else 0)

    def include(self, other: "Part") -> None:
        """Append another piece of the same section with its fixes."""
        base = len(self.octets)
        self.octets += other.octets
        self.fixes += [fix._replace(offset=fix.offset + base) for fix in other.fixes]


Sections = dict[str, Part]


def join_sections(parts: Sequence[tuple[Sections, int]]) -> Sections:
    """The debug sections of several objects, each with the octets of code in front of its own."""
    done: Sections = {}
    for sections, code_octets in parts:
        bases = {name: len(done[name].octets) if name in done else 0 for name in sections}
        for name, part in sections.items():
            whole = done.setdefault(name, Part())
            for fix in part.fixes:
                if fix.target is Target.SECTION:
                    fix = fix._replace(addend=fix.addend + bases[fix.name])
                elif fix.target is Target.CODE:
                    fix = fix._replace(addend=fix.addend + code_octets)
                whole.fixes.append(fix._replace(offset=fix.offset + bases[name]))
            whole.octets += part.octets
    return done


def resolve(sections: Sections, code_octets: int, symbols: Mapping[str, int]) -> dict[str, bytes]:
    """The contents with all addresses filled in.

    Parameters
    ----------
    code_octets : int
        Address of the code.
    symbols
        Addresses of labels, in octets; those of others become `NOWHERE`.
    """
    done = {}
    for name, part in sections.items():
        octets = bytearray(part.octets)
        for offset, target, label, addend in part.fixes:
            if target is Target.SECTION:
                value = addend
            elif target is Target.CODE:
                value = code_octets + addend
            elif label in symbols:
                value = symbols[label] + addend
            else:
                value = NOWHERE
            struct.pack_into("<I", octets, offset, value & 0xFFFFFFFF)
        done[name] = bytes(octets)
    return done


def uleb(value: int) -> bytes:
    """An unsigned number as LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sleb(value: int) -> bytes:
    """A signed number as LEB128."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)
