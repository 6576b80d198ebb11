"""The back of the compiler: from the typed tree to assembly text.

Levels: 0 keeps every local in memory, so that a debugger finds it there; 1 keeps locals in
registers and simplifies; 2 also works on loops and calls.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from toolchain.qll import tree
from toolchain.qll.middle.ir import Function, print_function
from toolchain.qll.middle.lower import lower
from toolchain.qll.middle.module import Module
from toolchain.qll.middle.needed import Needed, mentioned, stack_entries
from toolchain.qll.middle.optimise import Check, optimise
from toolchain.qll.target.allocate import TooManyPhis, allocate, clobbered
from toolchain.qll.target.emit import emit_function
from toolchain.qll.target.listener import note_order
from toolchain.qll.target.place import place
from toolchain.qll.target.schedule import schedule
from toolchain.qll.target.text import emit_data

if TYPE_CHECKING:
    from toolchain.qll.target.recorder import CodeRecord

__all__ = ["generate", "generate_ir"]


def generate(program: tree.Program, level: int = 2, comments: bool = True,
             check: Check | None = None, debug: bool = False,
             others: Collection[str] | None = None) -> str:
    """Assembly text of a whole program; `check` sees each function after each pass. With `debug`
    the text says where all variables are, too; the code is the same.

    `others` are the labels that the program's other parts mention, if they are known: then what
    nothing mentions is left out, except at level 0, at which somebody is about to look at it all.
    """
    module = lower(program, level, debug)
    if check is not None:
        for function in module.functions:
            check(function)
    if others is None or level == 0:
        others = {*(function.symbol for function in module.functions),
                  *(data.label for data in module.data)}
    entered = stack_entries(module, others)
    ordered = optimise(module, level, check)
    needed  = Needed(module, others)
    offsets: dict[str, set[int]] = {}
    texts: dict[str, list[str]] = {}
    records: "dict[str, CodeRecord]" = {}
    clobbers: dict[str, int] = {}
    waiting = [function for function in ordered if function.symbol in needed.labels]
    while waiting:
        for function in waiting:
            texts[function.symbol], record = _finish(function, level, module, offsets, comments,
                                                     clobbers, entered, needed)
            if record is not None:
                records[function.symbol] = record
        waiting = [function for function in ordered
                   if function.symbol in needed.labels and function.symbol not in texts]
    lines: list[str] = []
    for function in module.functions:
        if function.symbol in texts:
            lines += [*texts[function.symbol], ""]
    kept = [data for data in module.data if data.label in needed.labels]
    for read_only in (False, True):
        lines.append(";!rodata" if read_only else ";!data")
        for data in kept:
            if data.read_only is read_only:
                lines += emit_data(data, offsets.get(data.label, set()))
    lines.append("")
    if debug:
        from toolchain.qll.describe import describe
        dropped = {data.label: data for data in module.data if data.label not in needed.labels}
        description = describe(program, module, records, clobbers, dropped)
        lines.insert(0, f";!debug {description.to_text()}")
    return "\n".join(lines)


def generate_ir(program: tree.Program, level: int = 2) -> str:
    """The intermediate representation of all functions, as the last pass leaves it."""
    module = lower(program, level)
    optimise(module, level)
    return "\n".join(print_function(function) for function in module.functions)


def _finish(function: Function, level: int, module: Module, offsets: dict[str, set[int]],
            comments: bool, clobbers: dict[str, int], entered: Collection[str],
            needed: Needed) -> "tuple[list[str], CodeRecord | None]":
    """From the final form of a function to text."""
    try:
        _know_callees(function, clobbers)
        note_order(function)
        blocks = place(function, level, module.line_of)
        if level > 1:
            schedule(function)
        used = allocate(function, blocks)
    except TooManyPhis:
        assert module.plain is not None
        function = module.plain(function.symbol)
        needed.add(mentioned(function))
        place(function, 0, module.line_of)
        used = allocate(function)
    if level:
        clobbers[function.symbol] = clobbered(function, used)
    return emit_function(function, used, module, offsets, comments, function.symbol in entered)


def _know_callees(function: Function, clobbers: dict[str, int]) -> None:
    """Tell calls which registers their callees leave alone; these are done before."""
    for block in function.blocks:
        for ins in block.body:
            if ins.op == "call" and ins.value.fast:
                ins.value.clobbers = clobbers.get(ins.value.symbol, -1)
