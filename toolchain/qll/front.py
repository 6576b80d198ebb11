"""The front of the compiler: sources in, typed tree out."""

import gc
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from toolchain.qll import tree
from toolchain.qll.check.program import check
from toolchain.qll.errors import QllWarning
from toolchain.qll.syntax.parser import parse_all
from toolchain.qll.text import Text
from toolchain.source import Source, SourceErrors

__all__ = ["analyse", "with_deep_stack"]

RECURSION_LIMIT = 400_000
STACK_OCTETS = 128 << 20
SMALLEST_STACK_OCTETS = 1 << 20

_T = TypeVar("_T")


def analyse(sources: list[Source], warns_unused: bool = False, library: int = 0) \
        -> tuple[tree.Program, list[QllWarning]]:
    """Parse and check a program.

    The first sources, as many as `library` says, are known to be right: of these only the
    functions are looked at that the others may come to.

    Programs may nest deeply; call this, and whatever walks the tree, within `with_deep_stack`.

    Raises
    ------
    SourceErrors
        With every mistake found, `QllError`s in order of their places.
    """
    text = Text(sources)
    files = parse_all(text, library)
    program, found, warnings = check(text, files, warns_unused)
    errors = [error for file in files for error in file.errors] + found
    if errors and library:  # what may have been meant is anywhere in the library
        return analyse(sources, warns_unused)
    if errors:
        order = {source.name: index for index, source in enumerate(sources)}
        raise SourceErrors(sorted(errors, key=lambda error: (
            (order[error.span.source.name], error.span.line, error.span.column)
            if error.span else (-1, 0, 0))))
    return program, warnings


def _start(run: Callable[[], None]) -> threading.Thread:
    """Start a thread with as large a stack as the system allows."""
    octets = STACK_OCTETS
    while True:
        threading.stack_size(octets)
        thread = threading.Thread(target=run, name="qll")
        try:
            thread.start()
        except RuntimeError:  # no memory for it
            octets >>= 1
            if octets < SMALLEST_STACK_OCTETS:
                raise
        else:
            return thread


def with_deep_stack(work: Callable[[], _T]) -> _T:
    """Do work that may recurse deeply, in a thread with a stack that is large enough.

    The garbage collector is off meanwhile: trees are large and have few cycles.
    """
    result: list[_T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)

    limit, size, collects = sys.getrecursionlimit(), threading.stack_size(), gc.isenabled()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    gc.disable()
    try:
        _start(run).join()
    finally:
        if collects:
            gc.enable()
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return result[0]
