"""The pipeline's pictures as files, out of the same changes as waves."""

from collections.abc import Sequence
from pathlib import Path

from isa import BY_MNEMONIC
from sim.machine import ImageError
from sim.pipeline.konata import konata
from sim.pipeline.lives import Insn, Lives
from sim.pipeline.page import page
from sim.waves.rows import Changes, Row, TextChange
from toolchain.qasm import disassemble_word

__all__ = ["PictureFile", "text_of"]

CONSTANT = BY_MNEMONIC["constant"].opcode


def text_of(insn: Insn) -> str:
    """An instruction in assembly."""
    return disassemble_word(insn.word, insn.imm if insn.word >> 24 == CONSTANT else 0)


class PictureFile:
    """A `sim.waves.rows.WaveFile` that is written at its end: an HTML page if its name ends in
    .html, else for Konata.

    Raises `ImageError` if it cannot be written.
    """

    def __init__(self, path: Path, rows: Sequence[Row], title: str):
        self._path, self._title = path, title
        self._lives = Lives(rows)
        try:
            self._file = open(path, "w", encoding="utf-8")  # now, rather than after a long run
        except OSError as error:
            raise ImageError(f"{path}: {error.strerror or error}") from None

    def write(self, changes: Changes, texts: list[TextChange]) -> None:
        self._lives.add(changes)

    def close(self, end: int) -> None:
        self._lives.finish(end)
        lines = (page(self._lives, text_of, self._title) if self._path.suffix == ".html"
                 else konata(self._lives, text_of))
        try:
            with self._file:
                self._file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise ImageError(f"{self._path}: {error.strerror or error}") from None
