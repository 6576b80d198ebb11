"""The description of a program for the debug information: types, functions, globals."""

from collections.abc import Mapping
from typing import Any

from toolchain.dwarf.records import (
    Description,
    FunctionRecord,
    GlobalRecord,
    InlinedRecord,
    LocalRecord,
    Location,
    Place,
    Row,
)
from toolchain.qll import tree
from toolchain.qll.abi import CALL_CLOBBERS, PRESERVED
from toolchain.qll.middle.body import INIT
from toolchain.qll.middle.marks import Scope
from toolchain.qll.middle.module import Data, Module
from toolchain.qll.target.recorder import CodeRecord, Spot
from toolchain.qll.types import (
    BOOL,
    BYTE,
    FLOAT,
    INT,
    Array,
    Builtin,
    FunctionType,
    Named,
    Pointer,
    Slice,
    Struct,
    Tagged,
    Type,
)

__all__ = ["describe"]

MOST_KNOWN = 8  # words of a global that is not there, but known


def describe(program: tree.Program, module: Module, records: Mapping[str, CodeRecord],
             clobbers: Mapping[str, int], left_out: Mapping[str, Data]) -> Description:
    """All that is known, with what the emitter has recorded of each function's code.

    `clobbers` are the registers that a call of a function may change, where that is known;
    `left_out` are data that the program does without, by label.
    """
    return _Describer(program, module, records, clobbers, left_out).run()


def _known(data: Data) -> Location:
    """Where a global that has been left out is: nowhere, but few words are what they would be."""
    if len(data.words) > MOST_KNOWN:
        return ()
    return [("c", word) if isinstance(word, int) else None for word in data.words]


class _Describer:
    """Numbers types, files and functions."""

    def __init__(self, program: tree.Program, module: Module, records: Mapping[str, CodeRecord],
                 clobbers: Mapping[str, int], left_out: Mapping[str, Data]):
        self.program = program
        self.module = module
        self.records = records
        self.clobbers = clobbers
        self.left_out = left_out
        self.done = Description()
        self.files: dict[int, int] = {}
        self.types: dict[Any, int] = {}
        self.functions: list[tree.Function | None] = [None, *program.functions]
        self.numbers = {function: at for at, function in enumerate(self.functions)}

    def run(self) -> Description:
        if self.module.sources:
            self._file(len(self.module.sources) - 1)  # the program's own, not the library
        self.done.functions = [self._function(function) for function in self.functions]
        for glob in self.program.globals:
            file, line = self._place(glob.pos)
            data = self.left_out.get(glob.label)
            self.done.globals.append(
                GlobalRecord(glob.name, glob.label, self._type(glob.type), file, line,
                             None if data is None else _known(data)))
        return self.done

    # --- places ---

    def _file(self, source: int) -> int:
        found = self.files.get(source)
        if found is None:
            found = self.files[source] = len(self.done.files)
            self.done.files.append(self.module.sources[source].name)
        return found

    def _line(self, line: int) -> tuple[int, int]:
        """File and line, of a line that is counted through all sources."""
        if not line:
            return 0, 0
        source, number = self.module.locate(line)
        return self._file(source), number

    def _place(self, pos: int) -> tuple[int, int]:
        source, line, _ = self.program.text.locate(pos)
        return self._file(self.module.sources.index(source)), line

    # --- functions ---

    def _function(self, function: tree.Function | None) -> FunctionRecord:
        label = INIT if function is None else function.label
        if function is None:
            made = FunctionRecord(INIT, "_init", 0, 0, None, False, [])
        else:
            file, line = self._place(function.pos)
            result = function.result if function.result.size else None
            made = FunctionRecord(label, function.name, file, line,
                                  None if result is None else self._type(result),
                                  function.exported, [self._local(one) for one in function.locals])
        record = self.records.get(label)
        if record is not None:
            self._add_code(made, record, function)
        return made

    def _local(self, local: tree.Local) -> LocalRecord:
        return LocalRecord(local.name, self._type(local.type), *self._place(local.pos),
                           local.is_parameter)

    def _add_code(self, made: FunctionRecord, record: CodeRecord,
                  function: tree.Function | None) -> None:
        made.words = record.words
        made.rows = self._rows(record.spots, made)
        made.frames = record.frames
        changed = self.clobbers.get(made.label, -1)
        if changed < 0:
            changed = CALL_CLOBBERS
        passed = 0 if function is None else sum(one.type.size for one in function.parameters) + 1
        made.clobbered = (changed | (1 << min(passed, 30)) - 1) & ~PRESERVED
        inlined: dict[Scope, InlinedRecord] = {}
        for scope, ranges in record.ranges.items():
            file, line = self._line(scope.line)
            inlined[scope] = InlinedRecord(self.numbers[scope.function], file, line, scope.column,
                                           ranges, {})
        for (scope, local), places in record.places.items():
            if scope.parent is None:
                made.places[local.index] = places
            elif scope in inlined:
                inlined[scope].places[local.index] = _within(places, inlined[scope].ranges)
        for scope, one in inlined.items():
            assert scope.parent is not None
            outer = inlined.get(scope.parent)
            (made if outer is None else outer).inlined.append(one)

    def _rows(self, spots: list[Spot], function: FunctionRecord) -> list[Row]:
        rows: list[Row] = []
        for spot in spots:
            if spot.mark is None:
                row = Row(spot.word, function.file, function.line, 0, False)
            else:
                row = Row(spot.word, *self._line(spot.mark.line), spot.mark.column,
                          spot.is_statement)
            if not rows or row.is_statement or rows[-1][1:4] != row[1:4]:
                rows.append(row)
        return rows

    # --- types ---

    def _type(self, kind: Type) -> int:
        """The number of a type; parts of it may refer back to it."""
        while isinstance(kind, Tagged) or isinstance(kind, Named) and kind.transparent:
            assert kind.target is not None
            kind = kind.target
        found = self.types.get(kind)
        if found is not None:
            return found
        number = self.types[kind] = len(self.done.types)
        self.done.types.append(())
        self.done.types[number] = self._record(kind)
        return number

    def _record(self, kind: Type) -> tuple[Any, ...]:
        if kind is BOOL:
            return "base", "bool", "boolean"
        if isinstance(kind, Named):
            assert kind.target is not None
            return "name", kind.label.removeprefix("global::"), self._type(kind.target)
        if isinstance(kind, Pointer):
            return "pointer", self._type(kind.target) if kind.target.size else None
        if isinstance(kind, FunctionType):
            result = self._type(kind.result) if kind.result.size else None
            return "function", [self._type(one) for one in kind.parameters], result
        if isinstance(kind, Array):
            return "array", self._type(kind.element), kind.length
        if isinstance(kind, Slice):
            return "slice", self._type(kind.element.pointer()), self._type(BYTE)
        if isinstance(kind, Struct):
            return "struct", kind.size, [(member.name, self._type(member.type), member.offset)
                                         for member in kind.members]
        assert isinstance(kind, Builtin), kind
        encoding = "float" if kind is FLOAT else "signed" if kind is INT else "unsigned"
        return "base", kind.name, encoding


def _within(places: list[Place], ranges: list[tuple[int, int]]) -> list[Place]:
    """The parts of places that lie in ranges; both are in order."""
    found = []
    at = 0
    for place in places:
        while at < len(ranges) and ranges[at][1] <= place.first:
            at += 1
        inner = at
        while inner < len(ranges) and ranges[inner][0] < place.end:
            found.append(Place(max(place.first, ranges[inner][0]),
                               min(place.end, ranges[inner][1]), place.location))
            inner += 1
    return found
