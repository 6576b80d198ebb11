"""Lowering places: where they are, with all checks on the way.

`addressed` says that the place's address is wanted: temporaries must be in memory then.
"""

from collections.abc import Callable
from typing import Any

from toolchain.qll import tree
from toolchain.qll.middle.body import FLAT, Body, InMemory, InVariable, InWords, Location, Witness
from toolchain.qll.middle.ir import TRAP_BOUNDS, TRAP_NULL, Memory
from toolchain.qll.middle.known import known_words
from toolchain.qll.types import Array

__all__ = ["PLACES"]


def _local(body: Body, place: tree.LocalPlace, addressed: bool) -> Location:
    local = place.local
    return InVariable(local) if local in body.build.env else body.home(local)


def _global(body: Body, place: tree.GlobalPlace, addressed: bool) -> Location:
    return InMemory(Memory.GLOBAL, body.build.fn.label(place.glob.label))


def _member(body: Body, place: tree.MemberPlace, addressed: bool) -> Location:
    return body.place(place.base, addressed).at(place.member.offset)


def _length(body: Body, place: tree.Length, addressed: bool) -> Location:
    return body.place(place.base, addressed).at(1)


def _retype(body: Body, place: tree.RetypePlace, addressed: bool) -> Location:
    return body.place(place.base, addressed)


def _deref(body: Body, place: tree.Deref, addressed: bool) -> Location:
    pointer = body.value(place.pointer)
    body.build.guard(pointer, TRAP_NULL)
    return InMemory(Memory.POINTER, pointer)


def _at_address(body: Body, place: tree.AtAddress, addressed: bool) -> Location:
    return InMemory(Memory.POINTER, body.value(place.address))


def _slice_index(body: Body, place: tree.SliceIndex, addressed: bool) -> Location:
    build = body.build
    base = body.place(place.base)
    index = body.value(place.index)
    if not place.unsafe:
        build.guard(build.op("lt", index, body.read(base, 1)), TRAP_BOUNDS)
    scaled = build.scaled(index, place.type.size)
    return InMemory(Memory.ELEMENT, build.op("add", body.read(base), scaled))


def _pointer_index(body: Body, place: tree.PointerIndex, addressed: bool) -> Location:
    build = body.build
    pointer = body.value(place.pointer)
    index = body.value(place.index)
    build.guard(pointer, TRAP_NULL)
    scaled = build.scaled(index, place.type.size)
    return InMemory(Memory.POINTER, build.op("add", pointer, scaled))


def _array_index(body: Body, place: tree.ArrayIndex, addressed: bool) -> Location:
    build = body.build
    array = place.base.type.base
    assert isinstance(array, Array)
    index, size = place.index, place.type.size
    if isinstance(index, tree.Const) and (place.unsafe or index.word < array.length):
        outside = index.word >= array.length
        return body.place(place.base, addressed or outside).at(index.word * size)
    base = body.memory_of(place.base)
    number = body.value(index)
    if not place.unsafe:
        build.guard(build.op("lt", number, build.const(array.length)), TRAP_BOUNDS)
    start = body.address(base)
    return InMemory(base.kind, build.op("add", start, build.scaled(number, size)))


def _temporary(body: Body, place: tree.Temporary, addressed: bool) -> Location:
    value, size = place.value, place.type.size
    if not addressed and size <= FLAT:
        return InWords(body.words(value))
    if body.source is None:
        known = known_words(value)
        if known is not None:
            return body.static(value, known)  # evaluated once, so the image has it
    if isinstance(value, tree.StringLiteral) and value.static:
        where = body.static(value, [0] * size)
    else:
        where = body.slot(value, size)
    body.into(value, where, Witness.NOBODY)
    return where


PLACES: dict[type[tree.Place], Callable[[Body, Any, bool], Location]] = {
    tree.LocalPlace:   _local,
    tree.GlobalPlace:  _global,
    tree.MemberPlace:  _member,
    tree.Length:       _length,
    tree.RetypePlace:  _retype,
    tree.Deref:        _deref,
    tree.AtAddress:    _at_address,
    tree.SliceIndex:   _slice_index,
    tree.PointerIndex: _pointer_index,
    tree.ArrayIndex:   _array_index,
    tree.Temporary:    _temporary,
}
