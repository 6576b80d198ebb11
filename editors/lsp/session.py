"""The files that are open in an editor, and what is known of their programs."""

from pathlib import Path

from editors.lsp.analysis import Analysis, Depth, Files, analyse
from editors.lsp.programs import Program, find_program
from editors.lsp.qasm import QasmView
from editors.lsp.qll import QllView
from editors.lsp.view import View
from toolchain.source import Source

__all__ = ["Session"]

MOST_PROGRAMS = 8
"""Whose analyses are kept: one of the kernel takes about 60 MB."""


class Session:
    """Not safe between threads: the methods run one after the other.

    Parameters
    ----------
    target : str | None
        The target of programs that are not of the system; guessed if it is None.
    """

    def __init__(self, target: str | None = None):
        self.target = target
        self.texts: dict[Path, str] = {}
        self._programs: dict[Path, Program] = {}
        self._files = Files()
        self._analyses: dict[str, Analysis] = {}  # by program, the last one used at the end

    def change(self, path: Path, text: str) -> None:
        """Take a text as what is in a file, from now on."""
        self.texts[path] = text

    def close(self, path: Path) -> None:
        self.texts.pop(path, None)
        self.forget()

    def forget(self) -> None:
        """Look again at which files there are: some may have changed on the disk."""
        self._programs.clear()

    def program(self, path: Path) -> Program:
        """The program of a file, with the texts that are open."""
        found = self._programs.get(path)
        if found is None:
            found = self._programs[path] = find_program(path, self._text(path), self.target)
        return found.with_texts(self.texts)

    def _text(self, path: Path) -> str:
        text = self.texts.get(path)
        return path.read_text(encoding="utf-8", errors="replace") if text is None else text

    def view(self, path: Path, depth: Depth = Depth.FILE) -> View:
        """A file as it is now, its program checked at least to that depth.

        Raises
        ------
        OSError
            If the file is neither open nor on the disk.
        SourceError
            If the library is missing.
        """
        program = self.program(path)
        index = program.index_of(path)
        if index is None:  # it was generated, and is not any more
            program = Program(str(path), [Source(str(path), self._text(path))], 1)
            index = 0
        if path.suffix == ".qasm":
            return QasmView(program, index)
        files, at = self._files, index

        def whole() -> Analysis:
            return self._analysis(program, at, Depth.WHOLE)

        def check(other: Program) -> Analysis:
            return analyse(other, files, at, Depth.WHOLE)

        return QllView(self._analysis(program, index, depth), index, whole, check)

    def _analysis(self, program: Program, index: int, depth: Depth) -> Analysis:
        found = self._analyses.pop(program.key, None)
        if found is None or found.program.sources != program.sources or not (
                found.depth is Depth.WHOLE or (depth is Depth.FILE and found.index == index)):
            found = None  # before another one is made: they are large
            found = analyse(program, self._files, index, depth)
        self._analyses[program.key] = found
        while len(self._analyses) > MOST_PROGRAMS:
            del self._analyses[next(iter(self._analyses))]
        return found
