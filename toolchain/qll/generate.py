"""The back of the compiler: from the typed tree to assembly text.

Levels: 0 keeps every local in memory, so that a debugger finds it there; 1 keeps locals in
registers and simplifies; 2 also works on loops and calls.
"""

from toolchain.qll import tree
from toolchain.qll.allocate import TooManyPhis, allocate
from toolchain.qll.emit import emit_data, emit_function
from toolchain.qll.ir import Function
from toolchain.qll.lower import Module, lower
from toolchain.qll.place import place

__all__ = ["generate"]


def generate(program: tree.Program, level: int = 2, comments: bool = True) -> str:
    """Assembly text of a whole program."""
    module = lower(program, level)
    offsets: dict[str, set[int]] = {}
    lines: list[str] = []
    for function in module.functions:
        lines += _finish(function, level, module, offsets, comments)
        lines.append("")
    for data in module.data:
        lines += emit_data(data, offsets.get(data.label, set()))
    lines.append("")
    return "\n".join(lines)


def _finish(function: Function, level: int, module: Module, offsets: dict[str, set[int]],
            comments: bool) -> list[str]:
    """From the final form of a function to text."""
    try:
        place(function, level)
        used = allocate(function, level)
    except TooManyPhis:
        assert module.plain is not None
        function = module.plain(function.symbol)
        place(function, 0)
        used = allocate(function, 0)
    return emit_function(function, used, module, offsets, comments)
