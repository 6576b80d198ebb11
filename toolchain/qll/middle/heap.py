"""Lowering `new`."""

from collections.abc import Callable
from typing import Any

from toolchain.qll import tree
from toolchain.qll.middle.aggregates import copy_into
from toolchain.qll.middle.body import ALLOC, FLAT, Body, InMemory, Witness
from toolchain.qll.middle.calls import hook
from toolchain.qll.middle.copying import fill, fill_counted
from toolchain.qll.middle.ir import Block, Ins, Memory
from toolchain.qll.types import Array

__all__ = ["IN_WORDS", "SCALARS"]


def _new_object(body: Body, value: tree.NewObject) -> Ins:
    build = body.build
    size = value.element.size
    pointer = hook(body, ALLOC, build.const(size))
    with build.when(pointer):
        if value.initialiser is None:
            fill(build, Memory.ELEMENT, pointer, build.const(0), size)
        else:
            body.assign(InMemory(Memory.ELEMENT, pointer), value.initialiser, Witness.NOBODY)
    return pointer


def _new_array(body: Body, value: tree.NewArray) -> list[Ins]:
    build = body.build
    count = body.value(value.count)
    words = build.scaled(count, value.element.size)
    pointer = hook(body, ALLOC, words)
    made, after = Block("new"), Block("made")
    build.branch(pointer, made, after)
    arriving = {pred: build.const(0) for pred in after.preds}
    build.start(made)
    if value.fill is not None:
        _fill_with(body, value, value.fill, pointer, words)
    elif value.source is not None:
        _copy_from(body, value, value.source, pointer, count)
    else:
        fill_counted(build, pointer, build.const(0), words)
    if not build.dead:
        arriving[build.block] = count
    build.jump(after)
    build.start(after)
    length = build.phi(after, arriving)
    return [pointer, length, length]


def _fill_with(body: Body, value: tree.NewArray, element: tree.Value, pointer: Ins,
               words: Ins) -> None:
    """Every element becomes a copy of one."""
    build = body.build
    size = value.element.size
    if size == 1:
        fill_counted(build, pointer, body.parts(element)[0], words)
        return
    source: InMemory | list[Ins]
    if size <= FLAT:
        source = body.parts(element)
    else:
        source = body.slot(value, size)
        body.into(element, source, Witness.NOBODY)
    end = build.op("add", pointer, words)
    with build.when(words):
        (at,), again = build.count([pointer], end)
        target = InMemory(Memory.ELEMENT, at)
        if isinstance(source, list):
            body.store_words(target, source)
        else:
            copy_into(body, target, source, size)
        again([build.add(at, size)])


def _copy_from(body: Body, value: tree.NewArray, source: tree.Value, pointer: Ins,
               count: Ins) -> None:
    """Copy from an array or slice; zeros where it is too short."""
    build, size = body.build, value.element.size
    kind = source.type.base
    if isinstance(kind, Array):
        if count.op == "const" and count.value == kind.length:
            body.assign(InMemory(Memory.ELEMENT, pointer), source, Witness.NOBODY)
            return
        start, length = body.address(_array(body, source)), build.const(kind.length)
    else:
        start, length = body.words(source)[:2]
    # min(count, length), in words
    shorter, after = Block("shorter"), Block("least")
    build.branch(build.op("lt", length, count), shorter, after)
    arriving = {pred: count for pred in after.preds}
    build.start(shorter)
    if not build.dead:
        arriving[build.block] = length
    build.jump(after)
    build.start(after)
    copied = build.scaled(build.phi(after, arriving), size)
    with build.when(copied):
        (at, to), again = build.count([start, pointer], build.op("add", start, copied))
        build.store(Memory.ELEMENT, to, build.load(Memory.ELEMENT, at))
        again([build.add(at, 1), build.add(to, 1)])
    rest = build.op("sub", build.scaled(count, size), copied)
    fill_counted(build, build.op("add", pointer, copied), build.const(0), rest)


def _array(body: Body, source: tree.Value) -> InMemory:
    """An array in memory: where it is, or a copy in storage of its own."""
    if not isinstance(source, tree.Read):
        own = body.slot(source, source.type.size)
        body.into(source, own, Witness.NOBODY)
        return own
    where = body.place(source.place, addressed=True)
    if isinstance(where, InMemory):
        return where
    own = body.slot(source, source.type.size)
    body.store_words(own, [body.read(where, word) for word in range(source.type.size)])
    return own


SCALARS: dict[type[tree.Value], Callable[[Body, Any], Ins]] = {tree.NewObject: _new_object}

IN_WORDS: dict[type[tree.Value], Callable[[Body, Any], list[Ins]]] = {tree.NewArray: _new_array}
