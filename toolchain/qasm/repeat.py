"""What a `repeat` encloses: the lines up to its `end`."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from toolchain.qasm.tokens import Token, tokenize

__all__ = ["Enclosed", "take_enclosed"]


@dataclass
class Enclosed:
    """The lines between `repeat` and `end` with their numbers, less what stands in a repeat among
    them: of those `nested` has line and first token. `end` are the tokens of the line that
    closes, at `end_line`; none if the source ends before."""
    lines:    list[tuple[int, str]]   = field(default_factory=list)
    nested:   list[tuple[int, Token]] = field(default_factory=list)
    end:      list[Token]             = field(default_factory=list)
    end_line: int                     = 0


def take_enclosed(lines: Iterator[tuple[int, str]]) -> Enclosed:
    """Take lines up to the `end` that closes the repeat, or all."""
    enclosed, depth = Enclosed(), 0
    for number, line in lines:
        tokens = tokenize(line)
        keyword = tokens[0].text if tokens else ""
        if keyword == "end" and depth == 0:
            enclosed.end, enclosed.end_line = tokens, number
            break
        if keyword == "repeat":
            enclosed.nested.append((number, tokens[0]))
            depth += 1
        elif keyword == "end":
            depth -= 1
        elif depth == 0:
            enclosed.lines.append((number, line))
    return enclosed
