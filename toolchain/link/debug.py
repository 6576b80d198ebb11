"""Debug information of an assembled file: what its compiler says, or its own lines and labels."""

from toolchain.dwarf.records import Description, Row, read_description
from toolchain.dwarf.sections import Sections
from toolchain.dwarf.unit import CodeLabel, assembly_sections, compiled_sections
from toolchain.qasm.unit import Unit

__all__ = ["debug_sections"]


def debug_sections(unit: Unit) -> Sections:
    """The DWARF sections of a unit; none if there is no code.

    Raises
    ------
    ValueError
        If the annotation that a compiler wrote is damaged.
    """
    words = len(unit.code)
    if not words:
        return {}
    if unit.debug:
        starts = {label.name: label.word for label in unit.labels if not label.in_data}
        description = read_description(unit.debug)
        _check(description, words, starts)
        return compiled_sections(description, words, starts)
    files, rows = _line_rows(unit)
    return assembly_sections(unit.source.name, words, files, rows, _functions(unit))


def _check(description: Description, words: int, starts: dict[str, int]) -> None:
    for function in description.functions:
        start = starts.get(function.label)
        if start is not None and start + function.words > words:
            raise ValueError(f"damaged debug information: {function.label} is longer than the code")


def _functions(unit: Unit) -> list[CodeLabel]:
    """Labels without a `$`; each goes up to the next one."""
    first: dict[int, tuple[str, int]] = {}
    for label in unit.labels:
        if not label.in_data and "$" not in label.name and label.word < len(unit.code):
            first.setdefault(label.word, (label.name, label.line))
    starts = sorted(first)
    ends = [*starts[1:], len(unit.code)]
    return [CodeLabel(first[start][0], start, end - start, first[start][1])
            for start, end in zip(starts, ends, strict=False)]


def _line_rows(unit: Unit) -> tuple[list[str], list[Row]]:
    """Files and a row wherever the line changes: the annotated lines, in front of the first the
    unit's own."""
    marked_from = unit.line_marks[0].word if unit.line_marks else len(unit.code)
    places = [(word, unit.source.name, line)
              for word, line in enumerate(unit.code_lines[:marked_from])]
    by_word = {mark.word: (mark.word, mark.file, mark.line)  # the last one of a word
               for mark in unit.line_marks}
    places += [place for word, place in sorted(by_word.items()) if word < len(unit.code)]
    files = {unit.source.name: 0}
    rows: list[Row] = []
    for word, file, line in places:
        number = files.setdefault(file, len(files))
        if not rows or (number, line) != rows[-1][1:3]:
            rows.append(Row(word, number, line, 0, True))
    return list(files), rows
