"""Code that copies and fills memory."""

from toolchain.qll.middle.ir import Ins, Memory
from toolchain.qll.middle.ssa import Builder

__all__ = ["copy", "fill", "fill_counted"]

STRAIGHT = 8     # words that are copied without a loop
STEPS    = (4, 3, 2, 1)  # words a round of a loop, of which one divides the size


def copy(build: Builder, kind: Memory, target: Ins, source_kind: Memory, source: Ins,
         size: int) -> None:
    """Copy `size` words in ascending order."""
    if size <= STRAIGHT:
        _copy_words(build, kind, target, source_kind, source, size)
        return
    step = _step(size)
    end = build.add(source, size)
    (source, target), again = build.count([source, target], end)
    _copy_words(build, kind, target, source_kind, source, step)
    again([build.add(source, step), build.add(target, step)])


def _copy_words(build: Builder, kind: Memory, target: Ins, source_kind: Memory, source: Ins,
                size: int) -> None:
    for word in range(size):
        value = build.load(source_kind, build.add(source, word))
        build.store(kind, build.add(target, word), value)


def fill(build: Builder, kind: Memory, target: Ins, value: Ins, size: int) -> None:
    """Set `size` words to `value`."""
    if size <= STRAIGHT:
        _fill_words(build, kind, target, value, size)
        return
    step = _step(size)
    end = build.add(target, size)
    (target,), again = build.count([target], end)
    _fill_words(build, kind, target, value, step)
    again([build.add(target, step)])


def _fill_words(build: Builder, kind: Memory, target: Ins, value: Ins, size: int) -> None:
    for word in range(size):
        build.store(kind, build.add(target, word), value)


def _step(size: int) -> int:
    return next(step for step in STEPS if size % step == 0)


def fill_counted(build: Builder, target: Ins, value: Ins, words: Ins) -> None:
    """Set a number of words of ordinary memory, known only at run time, to `value`."""
    if words.op == "const":
        fill(build, Memory.ELEMENT, target, value, words.value)
        return
    end = build.op("add", target, words)
    with build.when(words):
        (address,), again = build.count([target], end)
        build.store(Memory.ELEMENT, address, value)
        again([build.add(address, 1)])
