"""How Numba compiles the golden model, and when it has to do so again.

Integers are int64 and kept in 0 to 2^32-1 by masks: Numba makes floats of an int64 and a uint64.
An array index goes through `index`, which spares the check for negative ones. `unsigned` is for two
numbers to compare, where a negative one is to be greater than all others. Where the model runs
uncompiled (`sim.golden.interpreted`), `index` and `int64` are `int`, and `jit` does nothing.
"""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import event, types
from numba.core.registry import CPUDispatcher

import isa
from toolchain.lock import alone

__all__ = ["MASK", "NEVER", "SIGN", "announced", "index", "int64", "jit", "jit_inline", "jit_kept",
           "prepare", "sources_digest", "unsigned"]

# Without `_nrt` nothing can be allocated, and nothing is. With it each array that is handed to a
# function is counted up and down by atomic instructions, which take longer than all else.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "boundscheck": False, "_nrt": False}

index: Any = np.uint64
int64: Any = np.int64
unsigned: Any = np.uint64

MASK  = 0xFFFFFFFF
SIGN  = 0x80000000
NEVER = 1 << 62  # a cycle that does not come


class Part(CPUDispatcher):
    """A function that only compiled ones call; it is compiled once.

    By itself Numba compiles a function, and all that it calls, for each constant that somebody
    passes, and each time with what a call from Python needs: half of what a first start took.
    """

    def __init__(self, function: Callable[..., Any], inline: bool = False):
        super().__init__(function, targetoptions={
            "nopython": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
            "forceinline": inline, **OPTIONS})

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return super().get_call_template(tuple(map(types.unliteral, args)), kws)

    def __call__(self, *arguments: Any) -> None:
        raise TypeError(f"{self.py_func.__name__} cannot be called from Python; "
                        "sim.golden.interpreted has one that can")


# What `jit` makes is compiled as a part of what calls it; `jit_inline` puts it into the caller's
# own code, for the fast path; what `jit_kept` makes goes to the cache.
jit: Any = Part
jit_inline: Any = partial(Part, inline=True)


def jit_kept(function: Callable[..., Any]) -> Any:
    """A compiled function that is kept for the next time, if there is a place to keep it."""
    try:
        return numba.njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # no folder for it can be written
        return numba.njit(**OPTIONS)(function)


def prepare(function: Any, *arguments: Any) -> None:
    """Compile what `jit_kept` made for arguments of these types, or load it.

    Of several processes that need the same at the same time one compiles, and the others load.
    """
    signature = tuple(map(numba.typeof, arguments))
    if signature not in function.signatures:
        with ExitStack() as stack:
            with suppress(OSError):  # nothing is kept where nothing can be written
                stack.enter_context(alone(Path(function.stats.cache_path or "") / "lock"))
            function.compile(signature)


def sources_digest() -> int:
    """A number that changes with any file that compiled code is made from.

    Numba's cache notices changes of the file that a function is in, and of no other; but a function
    is also looked up by what its closure holds, and this is for that.
    """
    digest = hashlib.sha256()
    for package in (Path(__file__).parent, Path(isa.__file__).parent):
        for path in sorted(package.glob("*.py")):
            digest.update(path.read_bytes() + b"\0")
    return int.from_bytes(digest.digest()[:7], "little")


class announced:
    """Within it `say` hears a line when Numba begins to compile, rather than to load, a function.

    Parameters
    ----------
    say : callable
        Called with the line, at most once.
    """

    def __init__(self, say: Callable[[str], None]):
        self._say: Callable[[str], None] | None = say

    def __enter__(self) -> None:
        outer = self

        class Listener(event.Listener):
            def on_start(self, event: Any) -> None:
                say, outer._say = outer._say, None
                if say is not None:
                    say("compiling the golden model, once: about ten seconds")

            def on_end(self, event: Any) -> None:
                pass

        self._listener = Listener()
        event.register("numba:compile", self._listener)

    def __exit__(self, *what: object) -> None:
        event.unregister("numba:compile", self._listener)
