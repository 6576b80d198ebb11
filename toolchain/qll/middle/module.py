"""A program in the intermediate representation: functions, data, and the sources of both."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from toolchain.qll.middle.ir import Function
from toolchain.source import Source

__all__ = ["Data", "Module"]


@dataclass
class Data:
    """Words of the image under a label; a word is a number or the label whose address it is."""
    label: str
    words: list[int | str]
    read_only: bool = False  # for good


@dataclass
class Module:
    """All of a program: functions in the order of emission, data, labels from outside."""
    functions: list[Function] = field(default_factory=list)
    data: list[Data] = field(default_factory=list)
    keep: set[str] = field(default_factory=set)  # functions that assembly may call
    sources: list[Source] = field(default_factory=list)
    # Lowers a function once more, with all locals in memory: for the rare one that has more values
    # at once than registers, whatever is tried.
    plain: Callable[[str], Function] | None = None
    first_lines: list[int] = field(default_factory=list)  # number of each source's first line

    def remark(self, line: int) -> str:
        """A comment that shows a source line, with the annotation that the linker takes it from;
        lines are counted through all sources, from 1."""
        index = bisect_right(self.first_lines, line) - 1
        source = self.sources[index]
        number = line - self.first_lines[index] + 1
        return f"  ;!line {number} {source.name}\n  ; {source.line(number).strip()}"
