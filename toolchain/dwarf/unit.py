"""The debug sections of one compilation: of a compiled text, or of a file of assembly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolchain.dwarf.dies import Die, write_dies
from toolchain.dwarf.frames import FrameTable
from toolchain.dwarf.lines import line_table
from toolchain.dwarf.locations import LocationLists, RangeLists, expression, global_address
from toolchain.dwarf.numbers import ASSEMBLY, QLL, At, Ate, Form, Op, Tag
from toolchain.dwarf.records import (
    Description,
    FunctionRecord,
    InlinedRecord,
    Place,
    Row,
    TypeRecord,
)
from toolchain.dwarf.sections import Part, Sections
from toolchain.dwarf.strings import StringTable

__all__ = ["CodeLabel", "assembly_sections", "compiled_sections"]

_PRODUCER     = "Quince"
_WORD_OCTETS  = 4
_INLINED      = 1  # DW_INL_inlined
_ENCODINGS    = {"unsigned": Ate.UNSIGNED, "signed": Ate.SIGNED, "float": Ate.FLOAT,
                 "boolean": Ate.BOOLEAN}


@dataclass(frozen=True)
class CodeLabel:
    """A label of assembly that is called like a function: up to the next such one."""
    name:  str
    word:  int
    words: int
    line:  int


class _Unit:
    """What all kinds of unit have in common."""

    def __init__(self, name: str, language: int, words: int, files: Sequence[str]):
        self.words = words
        self.files = files
        self.strings = StringTable(".debug_str")
        self.line_strings = StringTable(".debug_line_str")
        self.locations = LocationLists()
        self.ranges = RangeLists()
        self.frames: FrameTable | None = None
        self.top = Die(Tag.COMPILE_UNIT)
        self.top.put(At.PRODUCER, Form.STRP, _PRODUCER)
        self.top.put(At.LANGUAGE, Form.DATA2, language)
        self.top.put(At.NAME, Form.LINE_STRP, name)
        self.top.put(At.STMT_LIST, Form.SEC_OFFSET, (".debug_line", 0))
        if words:
            self.top.put(At.LOW_PC, Form.ADDR, 0)
            self.top.put(At.HIGH_PC, Form.DATA4, words * _WORD_OCTETS)

    def finish(self, rows: Sequence[Row]) -> Sections:
        info, abbreviations = write_dies(self.top, self.strings, self.line_strings)
        sections = {
            ".debug_info": info,
            ".debug_abbrev": abbreviations,
            ".debug_line": line_table(self.files, rows, self.words, self.line_strings),
            ".debug_frame": self.frames.part if self.frames is not None else Part(),
            ".debug_loclists": self.locations.finish(),
            ".debug_rnglists": self.ranges.finish(),
            ".debug_str": self.strings.part,
            ".debug_line_str": self.line_strings.part,
        }
        return {name: part for name, part in sections.items() if part.octets}


def assembly_sections(name: str, words: int, files: Sequence[str], rows: Sequence[Row],
                      labels: Sequence[CodeLabel]) -> Sections:
    """Lines and labels of a file of assembly, or of a compiled text of which no more is known."""
    unit = _Unit(name, ASSEMBLY, words, files)
    for label in labels:
        die = unit.top.add(Tag.SUBPROGRAM)
        die.put(At.NAME, Form.STRP, label.name)
        die.put(At.DECL_FILE, Form.UDATA, 0)
        die.put(At.DECL_LINE, Form.UDATA, label.line)
        die.put(At.EXTERNAL, Form.FLAG_PRESENT)
        die.put(At.LOW_PC, Form.ADDR, label.word * _WORD_OCTETS)
        die.put(At.HIGH_PC, Form.DATA4, label.words * _WORD_OCTETS)
    return unit.finish(rows)


def compiled_sections(description: Description, words: int,
                      starts: Mapping[str, int]) -> Sections:
    """All that a compiler has said.

    Parameters
    ----------
    words : int
        Of the unit's code.
    starts
        The word at which each function's label stands.
    """
    return _Compiled(description, words, starts).run()


class _Compiled(_Unit):
    """A unit in the making."""

    def __init__(self, description: Description, words: int, starts: Mapping[str, int]):
        name = description.files[0] if description.files else "nothing"
        super().__init__(name, QLL, words, description.files)
        self.description = description
        self.starts = starts
        self.frames = FrameTable()
        self.types = [self._new_type(one) for one in description.types]
        # Of functions that are inlined somewhere, the entry that says what they are.
        self.abstract: dict[int, Die] = {}
        self.abstract_locals: dict[int, list[Die]] = {}

    def run(self) -> Sections:
        functions = self.description.functions
        for die, record in zip(self.types, self.description.types, strict=True):
            self._fill_type(die, record)
        stack = [one for function in functions for one in function.inlined]
        while stack:
            one = stack.pop()
            stack += one.inlined
            if one.function not in self.abstract:
                self._declare(one.function)
        rows: list[Row] = []
        for number, function in enumerate(functions):
            start = self.starts.get(function.label)
            if function.words and start is not None:
                self._function(number, function, start)
                rows += [row._replace(word=row.word + start) for row in function.rows]
        for glob in self.description.globals:
            die = self.top.add(Tag.VARIABLE)
            die.put(At.NAME, Form.STRP, glob.name)
            die.put(At.LINKAGE_NAME, Form.STRP, glob.label)
            self._typed(die, glob.type)
            die.put(At.EXTERNAL, Form.FLAG_PRESENT)
            self._declared(die, glob.file, glob.line)
            die.put(At.LOCATION, Form.EXPRLOC, global_address(glob.label)
                    if glob.location is None else expression(glob.location))
        rows.sort(key=lambda row: row.word)
        return self.finish(rows)

    # --- types ---

    def _new_type(self, record: TypeRecord) -> Die:
        tags = {"base": Tag.BASE_TYPE, "pointer": Tag.POINTER_TYPE, "array": Tag.ARRAY_TYPE,
                "function": Tag.POINTER_TYPE, "slice": Tag.STRUCTURE_TYPE,
                "struct": Tag.STRUCTURE_TYPE, "name": Tag.TYPEDEF}
        return self.top.add(tags[record[0]])

    def _typed(self, die: Die, number: int | None) -> None:
        if number is not None:
            die.put(At.TYPE, Form.REF4, self.types[number])

    def _fill_type(self, die: Die, record: TypeRecord) -> None:
        kind, *rest = record
        if kind == "base":
            die.put(At.NAME, Form.STRP, rest[0])
            die.put(At.ENCODING, Form.DATA1, _ENCODINGS[rest[1]])
            die.put(At.BYTE_SIZE, Form.UDATA, _WORD_OCTETS)
        elif kind == "pointer":
            die.put(At.BYTE_SIZE, Form.UDATA, _WORD_OCTETS)
            self._typed(die, rest[0])
        elif kind == "function":
            code = self.top.add(Tag.SUBROUTINE_TYPE)
            code.put(At.PROTOTYPED, Form.FLAG_PRESENT)
            self._typed(code, rest[1])
            for parameter in rest[0]:
                self._typed(code.add(Tag.FORMAL_PARAMETER), parameter)
            die.put(At.BYTE_SIZE, Form.UDATA, _WORD_OCTETS)
            die.put(At.TYPE, Form.REF4, code)
        elif kind == "array":
            self._typed(die, rest[0])
            die.add(Tag.SUBRANGE_TYPE).put(At.COUNT, Form.UDATA, rest[1])
        elif kind == "slice":
            self._slice(die, rest[0], rest[1])
        elif kind == "struct":
            die.put(At.BYTE_SIZE, Form.UDATA, rest[0] * _WORD_OCTETS)
            for name, number, offset in rest[1]:
                self._member(die, name, self.types[number], offset)
        else:
            die.put(At.NAME, Form.STRP, rest[0])
            self._typed(die, rest[1])

    def _slice(self, die: Die, pointer: int, length: int) -> None:
        """A slice is a struct without a name, whose members have names that no member can have."""
        die.put(At.BYTE_SIZE, Form.UDATA, 3 * _WORD_OCTETS)
        for offset, (name, number) in enumerate(
                [("[pointer]", pointer), ("[len]", length), ("[cap]", length)]):
            self._member(die, name, self.types[number], offset)

    def _member(self, die: Die, name: str, kind: Die, offset: int) -> None:
        member = die.add(Tag.MEMBER)
        member.put(At.NAME, Form.STRP, name)
        member.put(At.TYPE, Form.REF4, kind)
        member.put(At.DATA_MEMBER_LOCATION, Form.UDATA, offset * _WORD_OCTETS)

    # --- functions ---

    def _declared(self, die: Die, file: int, line: int) -> None:
        if line:
            die.put(At.DECL_FILE, Form.UDATA, file)
            die.put(At.DECL_LINE, Form.UDATA, line)

    def _what(self, die: Die, function: FunctionRecord) -> None:
        die.put(At.NAME, Form.STRP, function.name)
        die.put(At.LINKAGE_NAME, Form.STRP, function.label)
        self._declared(die, function.file, function.line)
        self._typed(die, function.result)
        if function.exported:
            die.put(At.EXTERNAL, Form.FLAG_PRESENT)

    def _declare(self, number: int) -> None:
        """The entry of a function that calls are replaced by."""
        function = self.description.functions[number]
        die = self.abstract[number] = self.top.add(Tag.SUBPROGRAM)
        self._what(die, function)
        die.put(At.INLINE, Form.DATA1, _INLINED)
        self.abstract_locals[number] = [self._local(die, number, at)
                                        for at in range(len(function.locals))]

    def _local(self, die: Die, number: int, at: int) -> Die:
        """What a local is, inside of a function's entry."""
        local = self.description.functions[number].locals[at]
        child = die.add(Tag.FORMAL_PARAMETER if local.is_parameter else Tag.VARIABLE)
        child.put(At.NAME, Form.STRP, local.name)
        self._declared(child, local.file, local.line)
        self._typed(child, local.type)
        return child

    def _function(self, number: int, function: FunctionRecord, start: int) -> None:
        die = self.top.add(Tag.SUBPROGRAM)
        if number in self.abstract:
            die.put(At.ABSTRACT_ORIGIN, Form.REF4, self.abstract[number])
        else:
            self._what(die, function)
        die.put(At.LOW_PC, Form.ADDR, start * _WORD_OCTETS)
        die.put(At.HIGH_PC, Form.DATA4, function.words * _WORD_OCTETS)
        base = Part()
        base.add(bytes([Op.CALL_FRAME_CFA]))
        die.put(At.FRAME_BASE, Form.EXPRLOC, base)
        self._locals(die, number, function.places, start, function.words)
        for one in function.inlined:
            self._inlined(die, one, start)
        if function.frames:
            assert self.frames is not None
            self.frames.add(start, function.words, function.frames, function.clobbered)

    def _locals(self, die: Die, number: int, places: Mapping[int, Sequence[Place]],
                start: int, whole: int | None = None) -> None:
        """The locals of a function of `whole` words, or of a call that was inlined, with where
        they are."""
        for at, local in enumerate(self.description.functions[number].locals):
            if number in self.abstract_locals:
                child = die.add(Tag.FORMAL_PARAMETER if local.is_parameter else Tag.VARIABLE)
                child.put(At.ABSTRACT_ORIGIN, Form.REF4, self.abstract_locals[number][at])
            else:
                child = self._local(die, number, at)
            found = places.get(at, ())
            if len(found) == 1 and found[0][:2] == (0, whole) and found[0].location:
                child.put(At.LOCATION, Form.EXPRLOC, expression(found[0].location))
            elif found:
                offset = self.locations.add(start, found)
                child.put(At.LOCATION, Form.SEC_OFFSET, (".debug_loclists", offset))

    def _inlined(self, die: Die, one: InlinedRecord, start: int) -> None:
        child = die.add(Tag.INLINED_SUBROUTINE)
        child.put(At.ABSTRACT_ORIGIN, Form.REF4, self.abstract[one.function])
        ranges = self.ranges.add(start, one.ranges)
        child.put(At.RANGES, Form.SEC_OFFSET, (".debug_rnglists", ranges))
        child.put(At.CALL_FILE, Form.UDATA, one.file)
        child.put(At.CALL_LINE, Form.UDATA, one.line)
        child.put(At.CALL_COLUMN, Form.UDATA, one.column)
        self._locals(child, one.function, one.places, start)
        for inner in one.inlined:
            self._inlined(child, inner, start)
