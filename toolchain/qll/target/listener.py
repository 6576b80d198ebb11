"""Whom the emitter tells what it does: nobody, unless there is to be debug information.

Then it is a `recorder.Recorder`, which is loaded only for that.
"""

from collections.abc import Sequence
from typing import Any

from toolchain.qll.middle.ir import Block, Function, Ins, Slot

__all__ = ["NoRecorder", "note_order"]


def note_order(function: Function) -> None:
    """Keep the order of the marks in each block, before code is moved about and added."""
    if function.marks is not None:
        for block in function.blocks:
            block.order = list(dict.fromkeys(ins.line for ins in [*block.body, block.term]))


class NoRecorder:
    """Hears everything and notes nothing."""

    def node(self, what: object, mark: int, has_frame: bool) -> None:
        """A block begins, or something else that is jumped to."""

    def instruction(self, block: Block, index: int, ins: Ins) -> None:
        """The next text is that of an instruction; the terminator stands behind the body."""

    def define(self, register: int, value: Ins) -> None:
        """A register holds a value that is made here."""

    def call(self, ins: Ins) -> None:
        """A call has come back."""

    def spill(self, slot: Slot, register: int) -> None:
        """A slot holds what a register does."""

    def reload(self, register: int, slot: Slot) -> None:
        """The reverse."""

    def edge(self, target: object) -> None:
        """From here the code may go on at the start of a node."""

    def frame(self, offset: int, link: int, saved: Sequence[tuple[int, int]]) -> None:
        """The frame is like this from here on, see `records.Frame`; `saved` are registers."""

    def finish(self, frame_words: int) -> Any:
        """What follows from the notes, for a frame of so many words below the caller's; a
        `recorder.CodeRecord` if there are any."""
        return None
