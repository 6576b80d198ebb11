"""Values of the tree that are known without running anything."""

from collections.abc import Callable
from typing import Any

from toolchain.qll import tree

__all__ = ["known_words"]


def known_words(value: tree.Value) -> list[int | str] | None:
    """The words of such a value, labels for addresses; None if it is not known."""
    rule = _KNOWN.get(type(value))
    return rule(value) if rule is not None else None


def _known_address(value: tree.AddressOf) -> list[int | str] | None:
    return [value.place.glob.label] if isinstance(value.place, tree.GlobalPlace) else None


def _known_slice(value: tree.ArrayToSlice) -> list[int | str] | None:
    if isinstance(value.base, tree.GlobalPlace):
        return [value.base.glob.label, value.length, value.length]
    return None


def _known_repeat(value: tree.RepeatLiteral) -> list[int | str] | None:
    words = known_words(value.element)
    return words * value.count if words is not None else None


def _known_array(value: tree.ArrayLiteral) -> list[int | str] | None:
    total: list[int | str] = []
    for element in value.elements:
        words = known_words(element)
        if words is None:
            return None
        total += words
    return total


def _known_struct(value: tree.StructLiteral) -> list[int | str] | None:
    total: list[int | str] = [0] * value.type.size
    for member, element in value.members:
        words = known_words(element)
        if words is None:
            return None
        total[member.offset:member.offset + len(words)] = words
    return total


_KNOWN: dict[type[tree.Value], Callable[[Any], list[int | str] | None]] = {
    tree.Const:           lambda value: [value.word],
    tree.FunctionAddress: lambda value: [value.function.label],
    tree.NullSlice:       lambda value: [0, 0, 0],
    tree.Retype:          lambda value: known_words(value.operand),
    tree.StringLiteral:   lambda value: list(value.words),
    tree.AddressOf:       _known_address,
    tree.ArrayToSlice:    _known_slice,
    tree.RepeatLiteral:   _known_repeat,
    tree.ArrayLiteral:    _known_array,
    tree.StructLiteral:   _known_struct,
}
