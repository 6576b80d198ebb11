"""Which globals have their values in the image, and which are set by `_init`.

Plain constants are in the image by definition (docs/qll.md, "Globals"). Other initialisers that can
be worked out may be put there too, as long as no initialiser that runs earlier could tell: it would
see the value where it has to see zero.
"""

from toolchain.arithmetic import compute
from toolchain.qll import tree
from toolchain.qll.tree import Function, Global, ImageWord, Value
from toolchain.qll.types import Struct

__all__ = ["Readers", "place_images"]

Readers = dict[Function | Global, tuple[set[Global], bool]]
"""For each function and each global with an initialiser: the globals that it mentions, and whether
it reads memory through pointers or slices, or calls what cannot be told."""

_MAX_FOLDED = 1 << 20


def place_images(program: tree.Program, plain: set[Global], readers: Readers,
                 mentions: dict[Global, dict[Function, int]]) -> None:
    """Move initialisers of globals into the image where that is right.

    Parameters
    ----------
    plain : set[Global]
        Globals whose initialisers are constants by definition.
    mentions : dict[Global, dict[Function, int]]
        The functions that each initialiser mentions.
    """
    read: set[Global] = set()   # by initialisers that run, so far
    reads_anything = False
    seen: set[Function] = set()
    for glob in program.globals:
        if glob.initialiser is None:
            continue
        if glob in plain or (not reads_anything and glob not in read):
            glob.image = words_of(glob.initialiser)
            if glob.image is not None:
                glob.initialiser = None
                continue
        mentioned, indirect = readers[glob]
        read |= mentioned
        reads_anything = reads_anything or indirect
        waiting = [function for function in mentions[glob] if function not in seen]
        while waiting and not reads_anything:
            function = waiting.pop()
            if function in seen:
                continue
            seen.add(function)
            if function.body is None:
                reads_anything = True
                break
            mentioned, indirect = readers[function]
            read |= mentioned
            reads_anything = reads_anything or indirect
            waiting.extend(function.mentions)


def words_of(value: Value) -> list[ImageWord] | None:
    """The words of a value if they are known before the program runs, else None."""
    if isinstance(value, tree.Const):
        return [value.word]
    if isinstance(value, tree.NullSlice):
        return [0, 0, 0]
    if isinstance(value, tree.VoidValue):
        return []
    if isinstance(value, tree.StringLiteral):
        return list(value.words)
    if isinstance(value, tree.FunctionAddress):
        return [value.function]
    if isinstance(value, tree.Retype):
        return words_of(value.operand)
    if isinstance(value, (tree.IntToFloat, tree.FloatToInt)):
        operand = words_of(value.operand)
        if operand is None or not isinstance(operand[0], int):
            return None
        return [compute("itof" if isinstance(value, tree.IntToFloat) else "ftoi",
                        operand[0])]
    if isinstance(value, tree.AddressOf):
        return [value.place.glob] if isinstance(value.place, tree.GlobalPlace) else None
    if isinstance(value, tree.ArrayToSlice):
        if isinstance(value.base, tree.GlobalPlace):
            return [value.base.glob, value.length, value.length]
        return None
    if isinstance(value, tree.ArrayLiteral):
        return _all_words(value.elements)
    if isinstance(value, tree.RepeatLiteral):
        element = words_of(value.element)
        if element is None or len(element) * value.count > _MAX_FOLDED:
            return None
        return element * value.count
    if isinstance(value, tree.StructLiteral):
        return _struct_words(value)
    return None


def _all_words(values: list[Value]) -> list[ImageWord] | None:
    words: list[ImageWord] = []
    for value in values:
        more = words_of(value)
        if more is None:
            return None
        words.extend(more)
    return words


def _struct_words(value: tree.StructLiteral) -> list[ImageWord] | None:
    base = value.type.base
    assert isinstance(base, Struct)
    if base.size > _MAX_FOLDED:
        return None
    words: list[ImageWord] = [0] * base.size
    for member, part in value.members:
        more = words_of(part)
        if more is None:
            return None
        words[member.offset:member.offset + len(more)] = more
    return words
