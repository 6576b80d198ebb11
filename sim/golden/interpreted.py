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

from sim.golden import core

__all__ = ["interpreted_run", "namespace", "views"]


@cache
def namespace() -> dict[str, Any]:
    """The names of `core`, with its functions as plain Python."""
    space = dict(vars(core))
    space.update(index=int, int64=int, jit=lambda function: function)
    for name, value in vars(core).items():
        plain = getattr(value, "py_func", value)
        if isinstance(plain, FunctionType) and plain.__module__ == core.__name__:
            space[name] = FunctionType(plain.__code__, space, name)
    return space


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
