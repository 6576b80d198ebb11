"""The order of the passes."""

from collections.abc import Callable

from toolchain.qll.middle.cfg import loops_of, shorten_latches, skip_empty, split_returns
from toolchain.qll.middle.inline import bottom_up, count_calls, inline_calls
from toolchain.qll.middle.ir import Function
from toolchain.qll.middle.loops import improve_loops
from toolchain.qll.middle.module import Module
from toolchain.qll.middle.simplify import simplify
from toolchain.qll.middle.slots import promote_slots
from toolchain.qll.middle.unroll import unroll_loops

__all__ = ["Check", "optimise"]

Check = Callable[[Function], None]


def optimise(module: Module, level: int, check: Check | None = None) -> list[Function]:
    """Work on all functions; returns them with callees before callers.

    `check` is called after each pass, with the function that it left.
    """
    def passed(function: Function) -> None:
        if check is not None:
            check(function)

    unsettled: set[Function] = set()

    def settle(function: Function) -> None:
        if simplify(function):
            unsettled.add(function)
        else:
            unsettled.discard(function)
        passed(function)

    if level == 0:
        return module.functions
    for function in module.functions:
        settle(function)
    ordered = bottom_up(module.functions)
    if level == 1:
        return ordered
    bodies = {function.symbol: function for function in module.functions}
    counts = count_calls(module.functions)
    for function in ordered:
        if inline_calls(function, bodies, counts):
            passed(function)
            settle(function)
        if promote_slots(function):
            passed(function)
            settle(function)
        loops = loops_of(function)
        if loops:
            if shorten_latches(function, loops):
                passed(function)
                unsettled.add(function)
                loops = loops_of(function)
            if improve_loops(function, loops):
                passed(function)
                unsettled.add(function)
            if function in unsettled:
                settle(function)
                loops = loops_of(function)
            if unroll_loops(function, loops):
                passed(function)
                settle(function)
        skip_empty(function)
        passed(function)
        split_returns(function)
        passed(function)
    return ordered
