"""What the code of a function belongs to, for the debug information: marks.

With debug information, `Ins.line` is not a line but the number of a `Mark`. A mark is a statement
as it stands at one place of the code: its line, the function that it belongs to there (which may
have been put in place of a call), and what the variables hold as it begins: for each, its values,
or the address of its memory.

Marks do not change what the passes do. A pass that copies code gives the copy marks of its own
(`renewed`), since there the variables hold the copies' values; one that moves code away from its
statement gives it the mark of where it goes. All else comes by itself: values are in SSA form, so
that what a variable holds when a statement begins stays true wherever its code ends up.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from toolchain.qll.middle.ir import Function, Ins, Slot, final
from toolchain.qll.node import node

__all__ = ["Held", "Mark", "Marks", "Scope", "relabel"]


@node
class Scope:
    """A function, or a call of one that was put in place: of `parent`, on that line.

    `function` is a `tree.Function`; None for the one that initialises globals.
    """
    function: Any
    parent:   "Scope | None" = None
    line:     int = 0
    column:   int = 0


# What a variable holds: its words, None for what is lost; or the address of its memory, a leaf.
Held = tuple[Ins | None, ...] | Ins


@node
class Mark:
    """A statement, the rest of one, or the head of a function.

    `line` is counted through all sources. `held` is by scope and `tree.Local`, and has the
    variables of the scopes around this one, too. `begins`: it begins with the first code that has
    this mark. The rest of a statement behind a change of control has one that does not.
    """
    line:   int
    column: int
    scope:  Scope
    held:   Mapping[tuple[Scope, Any], Held]
    begins: bool = True


class Marks:
    """All marks of a program; number 0 is none."""

    def __init__(self) -> None:
        self.table: list[Mark | None] = [None]
        self._rests: dict[int, int] = {}

    def new(self, mark: Mark) -> int:
        """The number of a new mark."""
        self.table.append(mark)
        return len(self.table) - 1

    def __getitem__(self, number: int) -> Mark | None:
        return self.table[number]

    def rest(self, number: int) -> int:
        """The mark of the rest of a statement."""
        mark = self.table[number]
        if mark is None or not mark.begins:
            return number
        found = self._rests.get(number)
        if found is None:
            found = self._rests[number] = self.new(
                Mark(mark.line, mark.column, mark.scope, mark.held, False))
        return found

    def renewed(self, number: int, values: Mapping[Ins, Ins | None],
                known: dict[int, int], is_copy: bool) -> int:
        """The number of a mark like this one in code where values have been replaced.

        `known` are those that the same replacement has made before. A copy begins on its own.
        """
        found = known.get(number)
        if found is not None:
            return found
        mark = self.table[number]
        made = number
        if mark is not None:
            held = {key: _replaced(what, values) for key, what in mark.held.items()}
            if is_copy or any(held[key] is not what for key, what in mark.held.items()):
                made = self.new(Mark(mark.line, mark.column, mark.scope, held, mark.begins))
        known[number] = made
        return made

    def put_in_place(self, number: int, call: int, values: Mapping[Ins, Ins],
                     slots: Mapping[Slot, Slot], known: dict[Any, Any]) -> int:
        """The number of a mark of a callee's in code that takes the place of a call.

        `call` is the mark of the call; `values` and `slots` say what the callee's have become.
        """
        found = known.get(number)
        if found is not None:
            return int(found)
        mark, outer = self.table[number], self.table[call]
        assert mark is not None and outer is not None  # each call stands in a statement
        held = dict(outer.held)
        for (scope, local), what in mark.held.items():
            held[_placed_scope(scope, outer, known), local] = _placed(what, values, slots)
        made = self.new(Mark(
            mark.line, mark.column, _placed_scope(mark.scope, outer, known), held, mark.begins))
        known[number] = made
        return made


def _replaced(held: Held, values: Mapping[Ins, Ins | None]) -> Held:
    if isinstance(held, Ins):
        return held
    words = tuple(None if word is None else values.get(final(word), word) for word in held)
    return words if any(a is not b for a, b in zip(words, held, strict=True)) else held


def _placed(held: Held, values: Mapping[Ins, Ins], slots: Mapping[Slot, Slot]) -> Held:
    if isinstance(held, Ins):
        found = _placed_leaf(held, slots)
        return (None,) if found is None else found
    return tuple(None if word is None else _placed_word(final(word), values, slots)
                 for word in held)


def _placed_word(word: Ins, values: Mapping[Ins, Ins], slots: Mapping[Slot, Slot]) -> Ins | None:
    found = values.get(word)
    if found is not None:
        return found
    if word.op in ("const", "label"):
        return word
    return _placed_leaf(word, slots) if word.op == "slot" else None


def _placed_leaf(leaf: Ins, slots: Mapping[Slot, Slot]) -> Ins | None:
    """An address in the frame of the callee, as one in that of the caller; None if there is none:
    no code uses that memory, or it was that of arguments on the stack."""
    if leaf.op != "slot" or leaf.value[0] not in slots:
        return None
    # Not the function's own leaf: making one here might change what the passes do.
    return Ins("slot", [], (slots[leaf.value[0]], leaf.value[1]))


def _placed_scope(scope: Scope, call: Mark, known: dict[Any, Any]) -> Scope:
    found = known.get(scope)
    if isinstance(found, Scope):
        return found
    if scope.parent is None:
        made = Scope(scope.function, call.scope, call.line, call.column)
    else:
        made = Scope(scope.function, _placed_scope(scope.parent, call, known), scope.line,
                     scope.column)
    known[scope] = made
    return made


def relabel(function: Function, instructions: Iterable[Ins],
            values: Mapping[Ins, Ins | None], *, is_copy: bool) -> None:
    """Give code in which values have been replaced marks that know it."""
    marks = function.marks
    if marks is None:
        return
    known: dict[int, int] = {}
    for ins in instructions:
        ins.line = marks.renewed(ins.line, values, known, is_copy)
