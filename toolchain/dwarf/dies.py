"""Entries of ``.debug_info`` as a tree, and the abbreviations that they are written by."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from toolchain.dwarf.numbers import VERSION, At, Form, Tag
from toolchain.dwarf.sections import Part, Target, uleb
from toolchain.dwarf.strings import StringTable

__all__ = ["Die", "write_dies"]

_WORD_OCTETS  = 4
_UNIT_COMPILE = 1  # DW_UT_compile


@dataclass(eq=False)
class Die:
    """An entry: its attributes with their forms and values, and the entries inside of it."""
    tag:        Tag
    attributes: list[tuple[At, Form, Any]] = field(default_factory=list)
    children:   list["Die"]                = field(default_factory=list)
    offset:     int                        = 0  # in its unit, once written

    def put(self, at: At, form: Form, value: Any = None) -> "Die":
        self.attributes.append((at, form, value))
        return self

    def add(self, tag: Tag) -> "Die":
        """A new entry inside."""
        child = Die(tag)
        self.children.append(child)
        return child


class _Writer:
    """Writes one unit."""

    def __init__(self, strings: StringTable, line_strings: StringTable):
        self.info = Part()
        self.abbreviations = Part()
        self.strings = strings
        self.line_strings = line_strings
        self._codes: dict[tuple[Any, ...], int] = {}
        self._references: list[tuple[int, Die]] = []
        self._forms: dict[Form, Callable[[Any], None]] = {
            Form.ADDR:         self._address,
            Form.DATA1:        lambda value: self.info.add(bytes([value])),
            Form.DATA2:        lambda value: self.info.add(struct.pack("<H", value)),
            Form.DATA4:        self.info.word,
            Form.UDATA:        lambda value: self.info.add(uleb(value)),
            Form.STRP:         lambda value: self.strings.refer(self.info, value),
            Form.LINE_STRP:    lambda value: self.line_strings.refer(self.info, value),
            Form.REF4:         self._reference,
            Form.SEC_OFFSET:   lambda value: self.info.fix(Target.SECTION, *value),
            Form.EXPRLOC:      self._expression,
            Form.FLAG_PRESENT: lambda value: None,
        }

    def run(self, top: Die) -> None:
        self.info.add(struct.pack("<IHBB", 0, VERSION, _UNIT_COMPILE, _WORD_OCTETS))
        self.info.fix(Target.SECTION, ".debug_abbrev", 0)
        self._die(top)
        self.abbreviations.add(b"\0")
        octets = self.info.octets
        struct.pack_into("<I", octets, 0, len(octets) - 4)
        for offset, die in self._references:
            struct.pack_into("<I", octets, offset, die.offset)

    def _die(self, top: Die) -> None:
        """An entry and all inside of it; nesting may be deep, so there is no recursion."""
        stack: list[Die | int] = [top]  # a number: where the offset behind an entry is wanted
        while stack:
            die = stack.pop()
            if isinstance(die, int):
                self.info.add(b"\0")
                if die:
                    struct.pack_into("<I", self.info.octets, die, len(self.info.octets))
                continue
            die.offset = len(self.info.octets)
            self.info.add(uleb(self._code(die)))
            sibling = 0
            if die.children and die is not top:
                sibling = len(self.info.octets)
                self.info.word(0)
            for _, form, value in die.attributes:
                self._forms[form](value)
            if die.children:
                stack.append(sibling)
                stack.extend(reversed(die.children))

    def _code(self, die: Die) -> int:
        """The number of the abbreviation for entries like this one."""
        key = (die.tag, bool(die.children), *((at, form) for at, form, _ in die.attributes))
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = len(self._codes) + 1
            self.abbreviations.add(uleb(code) + uleb(die.tag) + bytes([bool(die.children)]))
            if die.children and code != 1:  # readers who want what is behind need not go inside
                self.abbreviations.add(uleb(At.SIBLING) + uleb(Form.REF4))
            for at, form, _ in die.attributes:
                self.abbreviations.add(uleb(at) + uleb(form))
            self.abbreviations.add(b"\0\0")
        return code

    def _address(self, value: int) -> None:
        self.info.fix(Target.CODE, "", value)

    def _reference(self, value: Die) -> None:
        self._references.append((len(self.info.octets), value))
        self.info.word(0)

    def _expression(self, value: Part) -> None:
        self.info.add(uleb(len(value.octets)))
        self.info.include(value)


def write_dies(top: Die, strings: StringTable, line_strings: StringTable) -> tuple[Part, Part]:
    """One unit: the contents of ``.debug_info`` and of ``.debug_abbrev``.

    Values by form: `addr`, octets from the start of the unit's code; `ref4`, a `Die`; `sec_offset`,
    a section's name and an offset in it; `exprloc`, a `Part`; `strp` and `line_strp`, the text.
    """
    writer = _Writer(strings, line_strings)
    writer.run(top)
    return writer.info, writer.abbreviations
