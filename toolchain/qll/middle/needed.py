"""What of a program is needed: functions and data that nothing mentions are left out.

Calls put in place leave functions that nobody calls any more; constants folded leave globals that
nobody reads; and a library has data that this program does not use. All of it can go only if every
other part of the program is known: assembly and objects may mention any label.
"""

from collections.abc import Collection, Iterable

from toolchain.qll.middle.body import INIT
from toolchain.qll.middle.ir import Function
from toolchain.qll.middle.module import Module

__all__ = ["MAIN", "Needed", "mentioned", "stack_entries"]

MAIN = "global::main"


def mentioned(function: Function) -> dict[str, bool]:
    """The labels that a function mentions; true if one is a call in registers and nothing else."""
    found: dict[str, bool] = {}
    for block in function.blocks:
        for ins in [*block.phis, *block.body, block.term]:
            if ins.op == "call" and ins.value.symbol is not None:
                symbol = ins.value.symbol
                found[symbol] = found.get(symbol, True) and ins.value.fast
            for arg in ins.args:
                if arg.op == "label":
                    found[arg.value[0]] = False
    return found


def stack_entries(module: Module, others: Collection[str]) -> set[str]:
    """Functions that somebody enters by the convention of the stack. To be asked before the
    passes: a function may have to be lowered once more."""
    found = {MAIN, INIT, *module.keep, *others}
    for function in module.functions:
        found.update(symbol for symbol, is_fast in mentioned(function).items() if not is_fast)
    for data in module.data:
        found.update(word for word in data.words if isinstance(word, str))
    return found


class Needed:
    """Labels that are needed, given those that the program's other parts mention.

    Members
    -------
    labels : set of str
        Of functions and data, of this program and of other parts.
    """
    def __init__(self, module: Module, others: Iterable[str]):
        self.functions = {function.symbol: function for function in module.functions}
        self.data      = {data.label: data for data in module.data}
        self.labels: set[str] = set()
        self.add([MAIN, INIT, *module.keep, *others])

    def add(self, labels: Iterable[str]) -> None:
        """These are needed, and what they mention."""
        waiting = list(labels)
        while waiting:
            label = waiting.pop()
            if label in self.labels:
                continue
            self.labels.add(label)
            if label in self.functions:
                waiting += mentioned(self.functions[label])
            if label in self.data:
                waiting += [word for word in self.data[label].words if isinstance(word, str)]
