"""The back of the compiler: from the typed tree to assembly text.

Levels: 0 keeps every local in memory, so that a debugger finds it there; 1 keeps locals in
registers and simplifies; 2 also works on loops and calls.
"""

from toolchain.qll import tree
from toolchain.qll.describe import describe
from toolchain.qll.middle.ir import Function, print_function
from toolchain.qll.middle.lower import lower
from toolchain.qll.middle.module import Module
from toolchain.qll.middle.optimise import Check, optimise
from toolchain.qll.target.allocate import TooManyPhis, allocate, clobbered
from toolchain.qll.target.emit import emit_function
from toolchain.qll.target.place import place
from toolchain.qll.target.recorder import CodeRecord, note_order
from toolchain.qll.target.schedule import schedule
from toolchain.qll.target.text import emit_data

__all__ = ["generate", "generate_ir"]


def generate(program: tree.Program, level: int = 2, comments: bool = True,
             check: Check | None = None, debug: bool = False) -> str:
    """Assembly text of a whole program; `check` sees each function after each pass. With `debug`
    the text says where all variables are, too; the code is the same."""
    module = lower(program, level, debug)
    if check is not None:
        for function in module.functions:
            check(function)
    offsets: dict[str, set[int]] = {}
    texts: dict[str, list[str]] = {}
    records: dict[str, CodeRecord] = {}
    clobbers: dict[str, int] = {}
    for function in optimise(module, level, check):
        texts[function.symbol], record = _finish(function, level, module, offsets, comments,
                                                 clobbers)
        if record is not None:
            records[function.symbol] = record
    lines: list[str] = []
    for function in module.functions:
        lines += texts[function.symbol]
        lines.append("")
    for read_only in (False, True):
        lines.append(";!rodata" if read_only else ";!data")
        for data in module.data:
            if data.read_only is read_only:
                lines += emit_data(data, offsets.get(data.label, set()))
    lines.append("")
    if debug:
        lines.insert(0, f";!debug {describe(program, module, records, clobbers).to_text()}")
    return "\n".join(lines)


def generate_ir(program: tree.Program, level: int = 2) -> str:
    """The intermediate representation of all functions, as the last pass leaves it."""
    module = lower(program, level)
    optimise(module, level)
    return "\n".join(print_function(function) for function in module.functions)


def _finish(function: Function, level: int, module: Module, offsets: dict[str, set[int]],
            comments: bool,
            clobbers: dict[str, int]) -> tuple[list[str], CodeRecord | None]:
    """From the final form of a function to text."""
    try:
        _know_callees(function, clobbers)
        note_order(function)
        place(function, level, module.line_of)
        if level > 1:
            schedule(function)
        used = allocate(function)
    except TooManyPhis:
        assert module.plain is not None
        function = module.plain(function.symbol)
        place(function, 0, module.line_of)
        used = allocate(function)
    if level:
        clobbers[function.symbol] = clobbered(function, used)
    return emit_function(function, used, module, offsets, comments)


def _know_callees(function: Function, clobbers: dict[str, int]) -> None:
    """Tell calls which registers their callees leave alone; these are done before."""
    for block in function.blocks:
        for ins in block.body:
            if ins.op == "call" and ins.value.fast:
                ins.value.clobbers = clobbers.get(ins.value.symbol, -1)
