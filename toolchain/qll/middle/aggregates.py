"""Lowering aggregate values: as lists of words, or straight into memory.

Those of up to `FLAT` words travel as lists of values, larger ones by copying memory.
"""

from collections.abc import Callable
from typing import Any

from toolchain.qll import tree
from toolchain.qll.middle.body import FLAT, Body, InMemory, Witness
from toolchain.qll.middle.copying import copy, fill
from toolchain.qll.middle.ir import Ins, Memory
from toolchain.qll.middle.known import known_words
from toolchain.qll.middle.values import choose, decide
from toolchain.qll.types import Array, Slice, Struct

__all__ = ["IN_MEMORY", "IN_WORDS", "copy_into"]

FROM_DATA = 4  # words of a literal from which copying it from data pays


def copy_into(body: Body, target: InMemory, source: InMemory, size: int) -> None:
    to = body.address(target)
    copy(body.build, target.kind, to, source.kind, body.address(source), size)


# --- as words ------------------------------------------------------------------------------------


def _read(body: Body, value: tree.Read) -> list[Ins]:
    where = body.place(value.place)
    return [body.read(where, word) for word in range(value.type.size)]


def _array_to_slice(body: Body, value: tree.ArrayToSlice) -> list[Ins]:
    length = body.build.const(value.length)
    return [body.address(body.memory_of(value.base)), length, length]


def _pointer_to_slice(body: Body, value: tree.PointerToSlice) -> list[Ins]:
    length = body.build.const(value.length)
    return [body.value(value.pointer), length, length]


def _null_slice(body: Body, value: tree.NullSlice) -> list[Ins]:
    return [body.build.const(0)] * 3


def _retype(body: Body, value: tree.Retype) -> list[Ins]:
    return body.words(value.operand)


def _conditional(body: Body, value: tree.Conditional) -> list[Ins]:
    return choose(body, value, body.words)


def _subslice(body: Body, value: tree.Subslice) -> list[Ins]:
    build = body.build
    lower = body.value(value.lower) if value.lower is not None else build.const(0)
    upper = body.value(value.upper) if value.upper is not None else None
    kind = value.base.type.base
    if isinstance(kind, Array):
        pointer = body.address(body.memory_of(value.base))
        length = capacity = build.const(kind.length)
        size = kind.element.size
    else:
        base = body.place(value.base)
        pointer, capacity = body.read(base), body.read(base, 2)
        length = body.read(base, 1) if upper is None else capacity
        result = value.type.base
        assert isinstance(result, Slice)
        size = result.element.size
    if upper is None:
        upper = length
    return [build.op("add", pointer, build.scaled(lower, size)),
            build.op("sub", upper, lower), build.op("sub", capacity, lower)]


def _string_words(body: Body, value: tree.StringLiteral) -> list[Ins]:
    return [body.build.const(word) for word in value.words]


def _array_words(body: Body, value: tree.ArrayLiteral) -> list[Ins]:
    return [word for element in value.elements for word in body.parts(element)]


def _struct_words(body: Body, value: tree.StructLiteral) -> list[Ins]:
    words = [body.build.const(0)] * value.type.size
    for member, element in value.members:
        part = body.parts(element)
        words[member.offset:member.offset + len(part)] = part
    return words


def _repeat_words(body: Body, value: tree.RepeatLiteral) -> list[Ins]:
    if value.element.type.size == 0:
        # Nothing to store, but the element is evaluated as often as written.
        if value.count and known_words(value.element) is None:
            _repeat_into(body, value, body.slot(value, 0))
        return []
    return [word for _ in range(value.count) for word in body.parts(value.element)]


IN_WORDS: dict[type[tree.Value], Callable[[Body, Any], list[Ins]]] = {
    tree.Read:           _read,
    tree.ArrayToSlice:   _array_to_slice,
    tree.PointerToSlice: _pointer_to_slice,
    tree.NullSlice:      _null_slice,
    tree.Retype:         _retype,
    tree.Conditional:    _conditional,
    tree.Logical:        decide,
    tree.Subslice:       _subslice,
    tree.StringLiteral:  _string_words,
    tree.ArrayLiteral:   _array_words,
    tree.StructLiteral:  _struct_words,
    tree.RepeatLiteral:  _repeat_words,
}


# --- into memory ---------------------------------------------------------------------------------


def _retype_into(body: Body, value: tree.Retype, target: InMemory, witness: Witness) -> None:
    body.into(value.operand, target, witness)


def _read_into(body: Body, value: tree.Read, target: InMemory, witness: Witness) -> None:
    size = value.type.size
    if size <= FLAT:
        body.store_words(target, body.words(value))
    else:
        source = body.memory_of(value.place)
        copy_into(body, target, source, size)


def _conditional_into(body: Body, value: tree.Conditional, target: InMemory,
                      witness: Witness) -> None:
    if value.type.size <= FLAT:
        body.store_words(target, body.words(value))
        return

    def arm(one: tree.Value) -> list[Ins]:
        body.into(one, target, witness)
        return []

    choose(body, value, arm)


def _literal_into(body: Body, value: tree.Value, target: InMemory, witness: Witness) -> None:
    size = value.type.size
    words = known_words(value) if size else None
    numbers = [word for word in words if isinstance(word, int)] if words is not None else []
    if words is not None and len(numbers) == len(words):
        _constant_into(body, tuple(numbers), target)
    elif size <= FLAT:
        body.store_words(target, body.words(value))
    elif witness is Witness.NOBODY:
        _PIECEWISE[type(value)](body, value, target)
    else:
        own = body.slot(value, size)
        _PIECEWISE[type(value)](body, value, own)
        copy_into(body, target, own, size)


def _constant_into(body: Body, words: tuple[int, ...], target: InMemory) -> None:
    build, size = body.build, len(words)
    if len(set(words)) == 1:
        fill(build, target.kind, body.address(target), build.const(words[0]), size)
    elif size < FROM_DATA:
        body.store_words(target, [build.const(word) for word in words])
    else:
        data = InMemory(Memory.CONSTANT, build.fn.label(body.shared.literal(words)))
        copy_into(body, target, data, size)


# Literals with parts that are not constant, piece by piece into memory that nobody else sees.

def _struct_into(body: Body, value: tree.StructLiteral, target: InMemory) -> None:
    build = body.build
    kind = value.type.base
    assert isinstance(kind, Struct)
    given = {member.name: element for member, element in value.members}
    for member in kind.members:
        here = target.at(member.offset)
        if member.name in given:
            body.assign(here, given[member.name], Witness.NOBODY)
        elif member.type.size:
            fill(build, here.kind, body.address(here), build.const(0), member.type.size)


def _array_into(body: Body, value: tree.ArrayLiteral, target: InMemory) -> None:
    for element in value.elements:
        body.assign(target, element, Witness.NOBODY)
        target = target.at(element.type.size)


def _repeat_into(body: Body, value: tree.RepeatLiteral, target: InMemory) -> None:
    """Evaluate the element for each place, in a loop."""
    build = body.build
    start, one = body.address(target), build.const(1)
    (left, at), again = build.count([build.const(value.count), start], build.const(0))
    body.assign(InMemory(target.kind, at), value.element, Witness.NOBODY)
    again([build.op("sub", left, one), build.add(at, value.element.type.size)])


_PIECEWISE: dict[type[tree.Value], Callable[[Body, Any, InMemory], None]] = {
    tree.StructLiteral: _struct_into,
    tree.ArrayLiteral:  _array_into,
    tree.RepeatLiteral: _repeat_into,
}

IN_MEMORY: dict[type[tree.Value], Callable[[Body, Any, InMemory, Witness], None]] = {
    tree.Retype:        _retype_into,
    tree.Read:          _read_into,
    tree.Conditional:   _conditional_into,
    tree.StringLiteral: _literal_into,
    tree.ArrayLiteral:  _literal_into,
    tree.StructLiteral: _literal_into,
    tree.RepeatLiteral: _literal_into,
}
