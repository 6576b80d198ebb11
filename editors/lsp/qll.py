"""A QLL file in an editor."""

from collections.abc import Callable
from functools import lru_cache

from editors.lsp import answers, rename
from editors.lsp.analysis import Analysis, Name
from editors.lsp.complete import call_at, complete
from editors.lsp.format_qll import format_qll
from editors.lsp.places import Lines
from editors.lsp.programs import Program, path_of
from editors.lsp.view import Call, Item, Place, Problem, RenameError, Symbol, View
from toolchain.qll.errors import QllError, QllWarning
from toolchain.source import Source, Span

__all__ = ["QllView", "place_of"]


@lru_cache(8)
def _line_starts(source: Source) -> list[int]:
    return Lines(source.text).starts


def place_of(span: Span) -> Place:
    """Where a span of a line is."""
    text = span.source.text
    begin = min(_line_starts(span.source)[span.line - 1] + span.column - 1, len(text))
    return Place(path_of(span.source), text, begin, min(begin + span.length, len(text)))


def message_of(error: QllError) -> str:
    return "\n".join([error.message, *(f"note: {note}" for note in error.notes)])


class QllView(View):
    """The file of that index in a program.

    Parameters
    ----------
    analysis : Analysis
        Of the program, with the bodies of this file at least.
    index : int
        Which of its files.
    whole : Callable[[], Analysis]
        Analyses all of the program.
    check : Callable[[Program], Analysis]
        Analyses all of another program.
    """

    def __init__(self, analysis: Analysis, index: int, whole: Callable[[], Analysis],
                 check: Callable[[Program], Analysis]):
        self.analysis = analysis
        self.index = index
        self.text = analysis.program.sources[index].text
        self.path = path_of(analysis.program.sources[index])
        self._start = analysis.text.starts[index]
        self._whole = whole
        self._check = check

    def _name(self, offset: int, analysis: Analysis | None = None) -> Name | None:
        return (analysis or self.analysis).name_at(self._start + offset)

    def _place(self, pos: int, length: int) -> Place:
        index, begin = self.analysis.place(pos)
        source = self.analysis.program.sources[index]
        return Place(path_of(source), source.text, begin, begin + length)

    # --- what is wrong ---------------------------------------------------------------------------

    def problems(self) -> list[Problem]:
        program = self.analysis.program
        own = {source.name for index, source in enumerate(program.sources)
               if program.is_own(index)}
        errors = self.analysis.errors
        warnings: list[QllWarning] = [] if errors else [
            each for each in self.analysis.checker.report.warnings
            if each.span is not None and each.span.source.name in own]
        here = Place(self.path, self.text, 0, 0)
        return [Problem(place_of(each.span) if each.span else here, message_of(each), each.kind,
                        isinstance(each, QllWarning)) for each in [*errors, *warnings]]

    # --- names -----------------------------------------------------------------------------------

    def hover(self, offset: int) -> tuple[str, int, int] | None:
        name = self._name(offset)
        if name is None:
            return None
        return (answers.hover(self.analysis, name), name.begin - self._start,
                name.end - self._start)

    def definition(self, offset: int) -> Place | None:
        name = self._name(offset)
        if name is None:
            return None
        if name.entity is None:
            return self._namespace(name)
        declared = self.analysis.declaration_of(name.entity, name.begin)
        return self._place(declared, len(name.entity.name)) if declared >= 0 else None

    def _namespace(self, name: Name) -> Place | None:
        """The first block of a namespace."""
        assert name.namespace is not None
        for node, block in self.analysis.checker.blocks:
            if block.namespace is name.namespace:
                head = self.analysis.text.between(node.pos, node.end)
                return self._place(node.pos + head.find(node.name), len(node.name))
        return None

    def references(self, offset: int, declaration: bool = True) -> list[Place]:
        whole = self._whole()
        name = self._name(offset, whole)
        if name is None or name.entity is None:
            return []
        declared = whole.declaration_of(name.entity, name.begin)
        return [self._place(pos, len(name.part)) for pos in whole.names_of(name.entity, name.begin)
                if declaration or pos != declared]

    # --- what there is ---------------------------------------------------------------------------

    def symbols(self) -> list[Symbol]:
        return answers.symbols(self.analysis, self.index)

    def all_symbols(self) -> list[tuple[Symbol, Place, str]]:
        found: list[tuple[Symbol, Place, str]] = []
        program = self.analysis.program

        def add(symbols: list[Symbol], index: int, within: str) -> None:
            source = program.sources[index]
            for each in symbols:
                found.append((each, Place(path_of(source), source.text, each.name_begin,
                                          each.name_begin + len(each.name)), within))
                add(each.inside, index, f"{within}::{each.name}" if within else each.name)

        for index in range(len(program.sources)):
            add(answers.symbols(self.analysis, index), index, "")
        return found

    # --- typing ----------------------------------------------------------------------------------

    def complete(self, offset: int) -> tuple[list[Item], int]:
        begin = offset
        while begin > 0 and (self.text[begin - 1].isalnum() or self.text[begin - 1] == "_"):
            begin -= 1
        return complete(self.analysis, self.index, offset), begin

    def call(self, offset: int) -> Call | None:
        return call_at(self.analysis, self.index, offset)

    # --- changes ---------------------------------------------------------------------------------

    def renamable(self, offset: int) -> tuple[str, int, int]:
        name = self._name(offset)
        if name is None:
            raise RenameError("there is no name here that means anything")
        rename.refuse(self.analysis, name)
        return name.part, name.begin - self._start, name.end - self._start

    def rename(self, offset: int, new: str) -> list[tuple[Place, str]]:
        whole = self._whole()
        name = self._name(offset, whole)
        if name is None:
            raise RenameError("there is no name here that means anything")
        edits = rename.rename(whole, name, new, self._check)
        sources = whole.program.sources
        return [(Place(path_of(sources[index]), sources[index].text, begin,
                       begin + len(name.part)), new) for index, begin in edits]

    def formatted(self) -> str | None:
        return format_qll(self.text)
