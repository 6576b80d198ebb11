"""A program in the intermediate representation: functions, data, and the sources of both."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from toolchain.qll.middle.ir import Function
from toolchain.qll.middle.marks import Marks
from toolchain.qll.node import node
from toolchain.source import Source

__all__ = ["Data", "Module"]


@node
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
    marks: Marks | None = None  # if there is to be debug information

    def line_of(self, mark: int) -> int:
        """The line, counted through all sources, that `Ins.line` stands for; 0 for none."""
        if self.marks is None:
            return mark
        found = self.marks[mark]
        return 0 if found is None else found.line

    def locate(self, line: int) -> tuple[int, int]:
        """The source, as a number into `sources`, and the line in it, of a line that is counted
        through all sources, from 1."""
        index = bisect_right(self.first_lines, line) - 1
        return index, line - self.first_lines[index] + 1

    def remark(self, line: int) -> str:
        """A comment that shows a source line, with the annotation that the linker takes it from."""
        index, number = self.locate(line)
        source = self.sources[index]
        return f"  ;!line {number} {source.name}\n  ; {source.line(number).strip()}"
