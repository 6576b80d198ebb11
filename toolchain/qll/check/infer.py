"""Type arguments of a call, from the types of its arguments and its context.

See docs/qll.md, "Templates".
"""

from toolchain.qll.types import (
    UNKNOWN,
    Array,
    FunctionType,
    Named,
    Pointer,
    Slice,
    Struct,
    Tagged,
    Type,
    Variable,
    convertible,
    slice_element,
    untagged,
)

__all__ = ["Bindings", "match"]

Bindings = dict[Variable, Type]
_Seen = set[tuple[Type, Type]]


def match(pattern: Type, actual: Type, bindings: Bindings, whole: bool = True) -> bool:
    """Match a type with variables in it against a type without, binding the variables.

    A variable takes the first type it meets; later ones must be convertible to that. Names in the
    pattern are looked through. As a `whole` value an array, or a pointer to one, matches a slice.
    """
    if whole:
        wanted, given = pattern.base, actual.base
        if isinstance(wanted, Slice):
            if isinstance(given, Pointer) and isinstance(given.target.base, Array):
                given = given.target.base
            if isinstance(given, Array):
                return _match(wanted.element, given.element, bindings, set())
    return _match(pattern, actual, bindings, set())


def _match(pattern: Type, actual: Type, bindings: Bindings, seen: _Seen) -> bool:
    while isinstance(pattern, (Tagged, Named)) and not isinstance(pattern, Variable):
        if pattern is actual:
            return True
        if pattern.target is None:
            return True
        pattern = pattern.target
    if isinstance(pattern, Variable):
        actual = untagged(actual)
        bound = bindings.get(pattern)
        if bound is None:
            bindings[pattern] = actual
            return True
        return convertible(actual, bound)
    actual = actual.base
    if actual is UNKNOWN or pattern is UNKNOWN or pattern is actual:
        return True
    if isinstance(pattern, Pointer) and isinstance(actual, Pointer):
        return _match(pattern.target, actual.target, bindings, seen)
    if isinstance(pattern, Array) and isinstance(actual, Array):
        return pattern.length == actual.length and \
            _match(pattern.element, actual.element, bindings, seen)
    wanted, given = slice_element(pattern), slice_element(actual)
    if wanted is not None and given is not None:
        return _match(wanted, given, bindings, seen)
    if (pattern, actual) in seen:
        return True
    seen.add((pattern, actual))
    if isinstance(pattern, FunctionType) and isinstance(actual, FunctionType):
        return (len(pattern.parameters) == len(actual.parameters)
                and all(_match(mine, other, bindings, seen) for mine, other
                        in zip(pattern.parameters, actual.parameters, strict=True))
                and _match(pattern.result, actual.result, bindings, seen))
    if isinstance(pattern, Struct) and isinstance(actual, Struct):
        return ([part.name for part in pattern.parts] == [part.name for part in actual.parts]
                and all(_match(mine.type, other.type, bindings, seen) for mine, other
                        in zip(pattern.parts, actual.parts, strict=True)))
    return False
