"""The inside of functions: their variables, calls that were inlined, types."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.die import DIE
from elftools.dwarf.dwarf_expr import DWARFExprParser
from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.dwarf.locationlists import BaseAddressEntry as LocationBase
from elftools.dwarf.locationlists import LocationEntry, LocationParser
from elftools.dwarf.ranges import BaseAddressEntry as RangeBase
from elftools.dwarf.ranges import RangeEntry

from toolchain.debug_info.locations import Location, decode
from toolchain.debug_info.tables import number_of, text_of
from toolchain.debug_info.types import (
    ArrayType,
    BaseType,
    CodeType,
    DebugType,
    Field,
    NamedType,
    PointerType,
    SliceType,
    StructType,
)

__all__ = ["Entry", "Scope", "Scopes"]

_WORD_OCTETS = 4
_ENCODINGS   = {0x02: "boolean", 0x04: "float", 0x05: "signed", 0x07: "unsigned"}


@dataclass(frozen=True)
class Entry:
    """A variable, with where it is: from word, up to word, the location. A variable that `places`
    has nothing of for an address does not exist there."""
    name:         str
    type:         DebugType
    is_parameter: bool
    line:         int
    places:       Sequence[tuple[int, int, Location | None]]


@dataclass
class Scope:
    """A function or an inlined call; `ranges` of code, and the place of the call."""
    name:      str
    ranges:    list[tuple[int, int]]
    file:      str = ""
    line:      int = 0
    column:    int = 0
    variables: list[Entry]   = field(default_factory=list)
    inlined:   list["Scope"] = field(default_factory=list)

    def covers(self, address: int) -> bool:
        return any(low <= address < high for low, high in self.ranges)


class Scopes:
    """Reads functions of one file's DWARF when asked."""

    def __init__(self, dwarf: DWARFInfo):
        self._dwarf = dwarf
        self._known: dict[int, Scope] = {}
        self._types: dict[int, DebugType] = {}
        self._files: dict[int, list[str]] = {}
        self._lists = LocationParser(dwarf.location_lists())
        self._ranges = dwarf.range_lists()
        self._parser = DWARFExprParser(dwarf.structs)

    def of(self, die: DIE) -> Scope:
        """All of a function."""
        found = self._known.get(die.offset)
        if found is None:
            low = die.attributes["DW_AT_low_pc"].value // _WORD_OCTETS
            high = low + die.attributes["DW_AT_high_pc"].value // _WORD_OCTETS
            found = self._known[die.offset] = self._scope(die, [(low, high)])
        return found

    def _scope(self, die: DIE, ranges: list[tuple[int, int]]) -> Scope:
        scope = Scope(text_of(self._origin(die), "DW_AT_name"), ranges)
        label = text_of(self._origin(die), "DW_AT_linkage_name")
        scope.name = label or scope.name
        if "DW_AT_call_line" in die.attributes:
            files = self._files_of(die)
            file = number_of(die, "DW_AT_call_file", 0)
            scope.file = files[file] if file < len(files) else ""
            scope.line = number_of(die, "DW_AT_call_line", 0)
            scope.column = number_of(die, "DW_AT_call_column", 0)
        for child in die.iter_children():
            if child.tag in ("DW_TAG_formal_parameter", "DW_TAG_variable"):
                scope.variables.append(self.variable(child, ranges))
            elif child.tag == "DW_TAG_inlined_subroutine":
                scope.inlined.append(self._scope(child, self._ranges_of(child)))
        return scope

    def _files_of(self, die: DIE) -> list[str]:
        unit = cast(CompileUnit, die.cu)
        if unit.cu_offset not in self._files:
            program = self._dwarf.line_program_for_CU(unit)
            self._files[unit.cu_offset] = [] if program is None else [
                entry.name.decode("utf-8", "replace") for entry in program["file_entry"]]
        return self._files[unit.cu_offset]

    @staticmethod
    def _origin(die: DIE) -> DIE:
        if "DW_AT_abstract_origin" in die.attributes:
            return die.get_DIE_from_attribute("DW_AT_abstract_origin")
        return die

    def _ranges_of(self, die: DIE) -> list[tuple[int, int]]:
        base, found = 0, []
        offset = die.attributes["DW_AT_ranges"].value
        assert self._ranges is not None, "there is a section of ranges"
        for entry in self._ranges.get_range_list_at_offset(offset, cast(CompileUnit, die.cu)):
            if isinstance(entry, RangeBase):
                base = entry.base_address
            elif isinstance(entry, RangeEntry):
                start = 0 if entry.is_absolute else base
                found.append(((start + entry.begin_offset) // _WORD_OCTETS,
                              (start + entry.end_offset) // _WORD_OCTETS))
        return found

    # --- variables ---

    def variable(self, die: DIE, ranges: list[tuple[int, int]]) -> Entry:
        """A local, or a global."""
        what = self._origin(die)
        kind = self._type_of(what)
        assert kind is not None, "a variable has a type"
        return Entry(text_of(what, "DW_AT_name"), kind, die.tag == "DW_TAG_formal_parameter",
                     number_of(what, "DW_AT_decl_line", 0), self._places(die, ranges))

    def _places(self, die: DIE,
                ranges: list[tuple[int, int]]) -> list[tuple[int, int, Location | None]]:
        attribute = die.attributes.get("DW_AT_location")
        if attribute is None:
            return []
        if attribute.form == "DW_FORM_exprloc":
            location = decode(self._parser, attribute.value)
            return [(low, high, location) for low, high in ranges]
        base, found = 0, []
        entries = self._lists.parse_from_attribute(attribute, die.cu["version"], die)
        for entry in entries:
            if isinstance(entry, LocationBase):
                base = entry.base_address
            elif isinstance(entry, LocationEntry):
                start = 0 if entry.is_absolute else base
                found.append(((start + entry.begin_offset) // _WORD_OCTETS,
                              (start + entry.end_offset) // _WORD_OCTETS,
                              decode(self._parser, entry.loc_expr)))
        return found

    # --- types ---

    def _type_of(self, die: DIE) -> DebugType | None:
        if "DW_AT_type" not in die.attributes:
            return None
        return self._type(die.get_DIE_from_attribute("DW_AT_type"))

    def _type(self, die: DIE) -> DebugType:
        found = self._types.get(die.offset)
        return found if found is not None else self._new_type(die)

    def _new_type(self, die: DIE) -> DebugType:
        """A type, which is known before its parts are looked at: it may be a part of them."""
        types, unknown = self._types, BaseType("?", "unsigned")
        made: DebugType
        if die.tag == "DW_TAG_base_type":
            encoding = _ENCODINGS.get(number_of(die, "DW_AT_encoding", 0), "unsigned")
            made = types[die.offset] = BaseType(text_of(die, "DW_AT_name"), encoding)
        elif die.tag == "DW_TAG_pointer_type":
            code = (die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes
                    else None)
            if code is not None and code.tag == "DW_TAG_subroutine_type":
                made = types[die.offset] = CodeType()
                made.result = self._type_of(code)
                made.parameters = [self._type_of(one) or unknown for one in code.iter_children()]
            else:
                made = types[die.offset] = PointerType()
                made.target = self._type_of(die)
        elif die.tag == "DW_TAG_array_type":
            length = number_of(next(die.iter_children()), "DW_AT_count", 0)
            made = types[die.offset] = ArrayType(unknown, length)
            made.element = self._type_of(die) or unknown
        elif die.tag == "DW_TAG_structure_type":
            return self._new_struct(die)
        elif die.tag == "DW_TAG_typedef":
            made = types[die.offset] = NamedType(text_of(die, "DW_AT_name"), unknown)
            made.target = self._type_of(die) or unknown
        else:
            made = types[die.offset] = unknown
        return made

    def _new_struct(self, die: DIE) -> DebugType:
        members = list(die.iter_children())
        if members and text_of(members[0], "DW_AT_name") == "[pointer]":
            made = self._types[die.offset] = SliceType(BaseType("?", "unsigned"))
            pointer = self._type_of(members[0])
            if isinstance(pointer, PointerType) and pointer.target is not None:
                made.element = pointer.target
            return made
        struct = self._types[die.offset] = StructType(
            number_of(die, "DW_AT_byte_size", 0) // _WORD_OCTETS)
        for member in members:
            kind = self._type_of(member)
            if kind is not None:
                struct.fields.append(Field(
                    text_of(member, "DW_AT_name"), kind,
                    number_of(member, "DW_AT_data_member_location", 0) // _WORD_OCTETS))
        return struct
