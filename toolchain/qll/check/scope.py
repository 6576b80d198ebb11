"""Checking what stands in one body: its state, and the way from a node to what checks it.

How a kind of node is checked is a function of `literals`, `operators`, `expressions` or
`statements`; each of these modules has a table from kinds to functions, and `program` puts them
together as `Rules`. The functions get the `Scope` first, and check what is inside through it.

A checked expression is a value or a place of the typed tree. What is wrong is reported, and stands
in the tree as `Broken`, whose type agrees with everything, so that one mistake is one message.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from toolchain.arithmetic import WORD_MASK
from toolchain.qll import tree
from toolchain.qll.check.names import FunctionTemplate, Inner, Reporter
from toolchain.qll.check.resolve import Environment, Resolver
from toolchain.qll.node import node
from toolchain.qll.syntax import nodes
from toolchain.qll.tree import Expression, Place, Value
from toolchain.qll.types import (
    FLOAT,
    UNKNOWN,
    VOID,
    Array,
    Pointer,
    Slice,
    Type,
    convertible,
    is_integer,
    is_numeric,
    is_scalar,
    is_testable,
    untagged,
)

__all__ = ["Body", "Broken", "Checked", "Compilation", "Rules", "Scope", "as_place", "as_value",
           "expose", "is_assignable", "is_word"]


class Broken(Place):
    """Stands for an expression that was reported as wrong."""

    __slots__ = ()

    def __init__(self, pos: int):
        self.pos = pos
        self.type = UNKNOWN


def is_word(kind: Type) -> bool:
    """One word that is not a float: integers, pointers, functions."""
    return is_scalar(kind) and kind.base is not FLOAT


def is_assignable(expression: Expression) -> bool:
    """Whether an expression is a place that the language lets one assign to."""
    return isinstance(expression, Place) and not isinstance(
        expression, (tree.RetypePlace, tree.AtAddress, tree.Temporary))


def as_place(expression: Expression) -> Place:
    """A place that holds the expression's value: itself, or a temporary."""
    return expression if isinstance(expression, Place) else _temporary(expression)


def _temporary(expression: Expression) -> Place:
    assert isinstance(expression, Value)
    if isinstance(expression, tree.Read):
        return expression.place
    return tree.Temporary(expression)


def as_value(expression: Expression) -> Value:
    """The value of an expression."""
    if isinstance(expression, Value):
        return expression
    if isinstance(expression, Broken):
        return tree.Const(expression.pos, UNKNOWN, 0)
    assert isinstance(expression, Place)
    return tree.Read(expression.pos, expression)


def expose(place: Place) -> None:
    """Note that somebody may hold the address of the variable that a place is part of."""
    local = tree.root(place)
    if local is not None:
        local.exposed = True


# --- what a body needs to know -------------------------------------------------------------------


class Compilation(Protocol):
    """The program that a body is part of."""
    report:       Reporter
    types:        Resolver
    warns_unused: bool  # look for variables that are never used

    def instance(self, template: FunctionTemplate, arguments: list[Type], node: nodes.Node,
                 user: "Scope") -> tree.Function | None:
        """The instance of a template for type arguments; None after an error."""

    def inferred(self, template: FunctionTemplate, given: list[Expression], context: Type | None,
                 node: nodes.Call, user: "Scope") -> tree.Function | None:
        """The instance for a call without type arguments; None after an error."""


Checked = tuple[tree.Statement, bool]
"""A checked statement, and whether it always returns."""


@node
class Rules:
    """The function that checks each kind of node; `Scope` and `Body` have methods to call them.

    The context of an expression is the type that is expected of it, or None.
    """
    expression: dict[type[nodes.Expression],
                     Callable[["Scope", Any, Type | None], Expression]]
    statement:  dict[type[nodes.Statement], Callable[["Body", Any], Checked]]


@dataclass(slots=True, eq=False)
class Scope:
    """What all expressions of one function, or of one global's initialiser, have in common."""
    rules:       Rules
    compilation: Compilation
    block:       Inner               # where names are looked up
    env:         Environment | None  # what type parameters stand for, in an instance of a template
    depth:       int = 0             # of such instances within each other
    mentions:    dict[tree.Function, int] = field(default_factory=dict)  # with a position of each
    globals:     set[tree.Global] = field(default_factory=set)           # that are mentioned
    indirect:    bool = False        # reads or writes what cannot be told, or calls a pointer
    report:      Reporter = field(init=False)
    types:       Resolver = field(init=False)

    def __post_init__(self) -> None:
        self.report = self.compilation.report
        self.types = self.compilation.types

    # --- by kind ---

    def check(self, node: nodes.Expression, context: Type | None) -> Expression:
        """The typed expression, a value or a place."""
        return self.rules.expression[type(node)](self, node, context)

    def value(self, node: nodes.Expression, context: Type | None) -> Value:
        """The typed expression as a value."""
        return as_value(self.rules.expression[type(node)](self, node, context))

    def converted(self, node: nodes.Expression, target: Type) -> Value:
        """An expression where a value of type `target` is wanted: with it as context, and
        converted to it."""
        return self.convert(self.check(node, target), target, node)

    def condition(self, node: nodes.Expression) -> Value:
        """An expression whose truth is asked for, as a word."""
        given = self.check(node, None)
        if not is_testable(given.type):
            return as_value(self.not_testable(given.type, node))
        base = given.type.base
        if isinstance(base, Slice):
            return tree.SlicePointer(given.pos, base.element.pointer(), as_place(given))
        return as_value(given)

    def index_word(self, node: nodes.Expression) -> Value:
        """An index, bound or count: integer kind, no context."""
        word = self.value(node, None)
        if not is_integer(word.type):
            return as_value(self.error(
                "operand-type", f"expected integer type, actual {word.type}", node))
        return word

    def resolve(self, node: nodes.Type) -> Type:
        return self.types.resolve(node, self.block, self.env)

    # --- conversions ---

    def convert(self, given: Expression, target: Type, node: nodes.Node) -> Value:
        """A checked expression as a value of type `target`."""
        kind = given.type
        if kind is target or convertible(kind, target):
            return as_value(given)
        base = target.base
        if isinstance(base, Slice):
            source = kind.base
            if isinstance(source, Array) and convertible(source.element, base.element):
                return self.slice_of(as_place(given), source.length, target)
            if isinstance(source, Pointer):
                array = source.target.base
                if isinstance(array, Array) and convertible(array.element, base.element):
                    return tree.PointerToSlice(given.pos, untagged(target), as_value(given),
                                               array.length & WORD_MASK)
        return as_value(self.mismatch(target, kind, node))

    def slice_of(self, place: Place, length: int, target: Type) -> Value:
        """The array in a place as a slice of type `target`."""
        expose(place)
        return tree.ArrayToSlice(place.pos, untagged(target), place, length & WORD_MASK)

    # --- reports ---

    def error(self, kind: str, message: str, node: nodes.Node,
              notes: tuple[str, ...] = ()) -> Broken:
        self.report.error(kind, message, node.pos, node.end, notes)
        return Broken(node.pos)

    def mismatch(self, wanted: Type, given: Type, node: nodes.Node) -> Broken:
        """Report that a type was expected and another one came."""
        notes: tuple[str, ...] = ()
        wanted_base, given_base = wanted.base, given.base
        if is_numeric(wanted) and is_numeric(given) and \
                FLOAT in (wanted_base, given_base) and wanted_base is not given_base:
            notes = (f"a cast converts: <{wanted}>",)
        elif is_word(wanted) and is_word(given) and not convertible(given, wanted):
            notes = (f"a cast makes it fit: <unsafe {wanted}>",)
        elif isinstance(given_base, Pointer) and convertible(given_base.target, wanted):
            notes = ("'*' in front gives what it points to",)
        elif isinstance(wanted_base, Pointer) and convertible(given, wanted_base.target):
            notes = ("'&' in front gives its address",)
        return self.error("type-mismatch", f"expected {wanted}, actual {given}", node, notes)

    def not_testable(self, kind: Type, node: nodes.Node) -> Broken:
        notes: tuple[str, ...] = ()
        if kind.base is FLOAT:
            notes = ("compare it with 0.0f",)
        return self.error("not-testable",
                          f"expected a type for a boolean context, actual {kind}", node, notes)


@dataclass(slots=True, eq=False)
class Body(Scope):
    """The same for the body of a function, with what its statements need."""
    function: tree.Function = field(kw_only=True)
    loops:    int = 0                # around the statement at hand

    @property
    def returns_void(self) -> bool:
        return self.function.result.base is VOID

    def statement(self, node: nodes.Statement) -> Checked:
        return self.rules.statement[type(node)](self, node)
