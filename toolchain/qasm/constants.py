"""Named constants: what the `define` lines of all files say, found before any line is parsed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from toolchain.qasm.tokens import SPACE, Token, is_name, number_value, tokenize
from toolchain.source import Source, Span

__all__ = ["Constants", "definitions"]

_DEFINE = re.compile(rf"{SPACE}*define{SPACE}.*")


@dataclass
class Constants:
    """Values and first definitions by name. The value of a definition that is wrong is None, so
    that its uses are not further mistakes."""
    values: dict[str, int | None] = field(default_factory=dict)
    places: dict[str, Span]       = field(default_factory=dict)


def definitions(sources: Iterable[Source]) -> Constants:
    """The constants that files define, one space for all; `LineParser` says what is wrong."""
    found = Constants()
    for source in sources:
        if "define" not in source.text:
            continue
        for number, line in enumerate(source.text.split("\n"), start=1):
            if _DEFINE.fullmatch(line):
                tokens = tokenize(line)
                if len(tokens) > 1 and is_name(tokens[1].text):
                    name = tokens[1]
                    found.values.setdefault(name.text, _value(tokens))
                    found.places.setdefault(
                        name.text, Span(source, number, name.column, name.length))
    return found


def _value(tokens: list[Token]) -> int | None:
    try:
        return number_value(tokens[2].text) if len(tokens) == 3 else None
    except OverflowError:
        return None
