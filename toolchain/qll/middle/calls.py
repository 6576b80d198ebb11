"""Lowering calls."""

from collections.abc import Callable
from typing import Any

from toolchain.qll import tree
from toolchain.qll.abi import Signature, stack_signature
from toolchain.qll.middle.aggregates import copy_into
from toolchain.qll.middle.body import FLAT, Body, InMemory, Witness
from toolchain.qll.middle.ir import TRAP_NULL, CallInfo, Ins, Memory
from toolchain.qll.types import VOID, FunctionType, is_aggregate

__all__ = ["IN_MEMORY", "IN_WORDS", "SCALARS", "hook"]

Argument = list[Ins] | InMemory  # its words, or memory that holds still until the call

_HOOK = Signature(False, [1], [0], 1, VOID, False)


def _call(body: Body, value: tree.Call | tree.CallPointer) -> Ins:
    """Call; the result is that of `r0`. An aggregate result goes to its own storage."""
    return _call_to(body, value, None)


def _call_to(body: Body, value: tree.Call | tree.CallPointer, target: InMemory | None) -> Ins:
    """The same with an aggregate result that goes to `target`."""
    pointer: Ins | None = None
    symbol: str | None = None
    if isinstance(value, tree.Call):
        how, symbol = body.shared.signature(value.function), value.function.label
    else:
        pointer = body.value(value.pointer)
        body.build.guard(pointer, TRAP_NULL)
        kind = value.pointer.type.base
        assert isinstance(kind, FunctionType)
        how = stack_signature(kind)
        if pointer.op == "label" and not pointer.value[1]:
            known = body.shared.by_label.get(pointer.value[0])
            if known is not None and known.type is kind:
                how, symbol, pointer = body.shared.signature(known), known.label, None
    result = None
    arguments = _arguments(body, value.arguments)
    if how.aggregate:
        if target is None:
            target = body.slot(value, value.type.size)
        result = body.address(target)
    return _invoke(body, symbol, pointer, how, arguments, result)


def _invoke(body: Body, symbol: str | None, pointer: Ins | None, how: Signature,
            arguments: list[Argument], result: Ins | None) -> Ins:
    """Call a function by its name or a pointer; `result` is where an aggregate result goes."""
    build = body.build
    fn = build.fn
    if how.fast:
        words: list[Ins] = []
        for argument in arguments:
            assert isinstance(argument, list)
            words += argument
        if result is not None:
            words.append(result)
        return build.emit("call", words, CallInfo(symbol, True))
    if result is not None:
        build.store(Memory.OUT, fn.leaf("out", how.words), result)
    for argument, size, offset in zip(arguments, how.sizes, how.offsets, strict=True):
        if isinstance(argument, list):
            for word, item in enumerate(argument):
                build.store(Memory.OUT, fn.leaf("out", offset + word), item)
        else:
            copy_into(body, InMemory(Memory.OUT, fn.leaf("out", offset)), argument, size)
    fn.out_words = max(fn.out_words, how.total)
    return build.emit("call", [] if pointer is None else [pointer],
                      CallInfo(symbol, False, how.total))


def _arguments(body: Body, values: list[tree.Value]) -> list[Argument]:
    arguments: list[Argument] = []
    for index, value in enumerate(values):
        size = value.type.size
        if not is_aggregate(value.type) or size <= FLAT:
            arguments.append(body.parts(value))
        elif isinstance(value, tree.Read) and all(
                isinstance(later, tree.Const | tree.FunctionAddress)
                for later in values[index + 1:]):
            arguments.append(body.memory_of(value.place))
        else:
            own = body.slot(value, size)
            body.into(value, own, Witness.NOBODY)
            arguments.append(own)
    return arguments


def hook(body: Body, label: str, argument: Ins) -> Ins:
    """Call the allocator or the deallocator."""
    how = _HOOK
    known = body.shared.by_label.get(label)
    if known is not None:
        own = body.shared.signature(known)
        if own.sizes == [1] and not own.aggregate:
            how = own
    return _invoke(body, label, None, how, [[argument]], None)


# --- aggregate results ---------------------------------------------------------------------------


def _result_words(body: Body, value: tree.Call | tree.CallPointer) -> list[Ins]:
    body.value(value)
    where = body.slot(value, value.type.size)
    return [body.read(where, word) for word in range(value.type.size)]


def _result_into(body: Body, value: tree.Call | tree.CallPointer, target: InMemory,
                 witness: Witness) -> None:
    size = value.type.size
    if witness is not Witness.ANYBODY:
        _call_to(body, value, target)
    elif size <= FLAT:
        body.store_words(target, body.words(value))
    else:
        body.value(value)
        copy_into(body, target, body.slot(value, size), size)


SCALARS: dict[type[tree.Value], Callable[[Body, Any], Ins]] = {
    tree.Call: _call, tree.CallPointer: _call,
}

IN_WORDS: dict[type[tree.Value], Callable[[Body, Any], list[Ins]]] = {
    tree.Call: _result_words, tree.CallPointer: _result_words,
}

IN_MEMORY: dict[type[tree.Value], Callable[[Body, Any, InMemory, Witness], None]] = {
    tree.Call: _result_into, tree.CallPointer: _result_into,
}
