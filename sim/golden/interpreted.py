"""The golden model's loop uncompiled: the same source, for debugging and to compare with.

Numba's functions keep the Python they were made from. Here they are put together again in a
namespace of their own in which `jit` does nothing and integers are Python's; memory and registers
become views whose items are Python integers too.
"""

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

from sim.golden import (
    arithmetic,
    checks,
    compiled,
    core,
    opcodes,
    records,
    state,
    translation,
    traps,
)

__all__ = ["MODULES", "UNCOMPILED", "interpreted_run", "namespace", "new_namespace", "views"]

# What the loop is made of; in all of them together a name means one thing.
MODULES = (compiled, state, opcodes, arithmetic, translation, records, traps, checks, core)

UNCOMPILED: dict[str, Any] = {
    "index": int, "int64": int, "unsigned": lambda number: number & (1 << 64) - 1,
    "jit": lambda function: function, "jit_inline": lambda function: function,
    "jit_kept": lambda function: function,
}


def new_namespace() -> dict[str, Any]:
    """The names of `MODULES`, with their functions as plain Python that use these names."""
    space: dict[str, Any] = {}
    for module in MODULES:
        space.update(vars(module))
    space.update(UNCOMPILED)
    for name, value in list(space.items()):
        plain = getattr(value, "py_func", None)
        if plain is None and name == core.make_run.__name__:
            plain = core.make_run
        if isinstance(plain, FunctionType):
            space[name] = FunctionType(plain.__code__, space, name)
    return space


@cache
def namespace() -> dict[str, Any]:
    """One for all."""
    return new_namespace()


def views(*arrays: Any) -> list[memoryview]:
    """The same memory with Python's integers as items."""
    return [memoryview(array) for array in arrays]


def interpreted_run(mode: int, space: dict[str, Any] | None = None) -> Callable[..., int]:
    """A variant of the loop that takes the same arguments as the compiled one."""
    run = (space or namespace())["make_run"](mode)

    def call(mem: Any, regs: Any, cpu: Any, *tables: Any) -> int:
        with np.errstate(all="ignore"):
            return run(*views(mem, regs, cpu, *tables[:-1]), tables[-1])

    return call
