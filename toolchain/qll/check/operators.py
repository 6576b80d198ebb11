"""Checking operators: prefix, casts, binary, `?:`."""

from collections.abc import Callable
from typing import Any

from toolchain.arithmetic import WORD_MASK
from toolchain.qll import tree
from toolchain.qll.check.scope import (
    Broken,
    Scope,
    as_place,
    as_value,
    expose,
    is_assignable,
    is_word,
)
from toolchain.qll.syntax import nodes
from toolchain.qll.tree import BinaryOp, Expression, Place, Value
from toolchain.qll.types import (
    BOOL,
    BYTE,
    FLOAT,
    INT,
    UNKNOWN,
    VOID,
    Array,
    FunctionType,
    Pointer,
    Slice,
    Struct,
    Type,
    convertible,
    equal,
    is_integer,
    is_numeric,
    is_scalar,
    is_testable,
    slice_element,
    untagged,
)

__all__ = ["OPERATORS", "dereferenced"]

_COMPARISONS = frozenset(["==", "!=", "<", ">", "<=", ">="])

# Operators by the kind of their left operand, in the order byte and the like, int, float.
_OPERATIONS = {
    "+":  (BinaryOp.ADD, BinaryOp.ADD,  BinaryOp.FADD),
    "-":  (BinaryOp.SUB, BinaryOp.SUB,  BinaryOp.FSUB),
    "*":  (BinaryOp.MUL, BinaryOp.MUL,  BinaryOp.FMUL),
    "/":  (BinaryOp.DIV, BinaryOp.SDIV, BinaryOp.FDIV),
    "%":  (BinaryOp.MOD, BinaryOp.SMOD, BinaryOp.MOD),
    "&":  (BinaryOp.AND, BinaryOp.AND,  BinaryOp.AND),
    "|":  (BinaryOp.OR,  BinaryOp.OR,   BinaryOp.OR),
    "<<": (BinaryOp.SHL, BinaryOp.SHL,  BinaryOp.SHL),
    ">>": (BinaryOp.SHR, BinaryOp.SAR,  BinaryOp.SHR),
    "<":  (BinaryOp.LT,  BinaryOp.SLT,  BinaryOp.FLT),
    ">":  (BinaryOp.GT,  BinaryOp.SGT,  BinaryOp.FGT),
    "<=": (BinaryOp.LE,  BinaryOp.SLE,  BinaryOp.FLE),
    ">=": (BinaryOp.GE,  BinaryOp.SGE,  BinaryOp.FGE),
    "==": (BinaryOp.EQ,  BinaryOp.EQ,   BinaryOp.FEQ),
    "!=": (BinaryOp.NE,  BinaryOp.NE,   BinaryOp.FNE),
}


def _is_numeric_or_pointer(kind: Type) -> bool:
    return is_numeric(kind) or isinstance(kind.base, Pointer)


_NUMERIC = (is_numeric, "numeric type")
_OPERANDS = {
    "+": _NUMERIC, "-": _NUMERIC, "*": _NUMERIC, "/": _NUMERIC,
    "<": _NUMERIC, ">": _NUMERIC, "<=": _NUMERIC, ">=": _NUMERIC,
    "%": (is_integer, "integer type"),
    "|": (is_word, "integer, pointer or function type"),
    "&": (is_word, "integer, pointer or function type"),
    "<<": (is_word, "integer, pointer or function type"),
    ">>": (is_word, "integer, pointer or function type"),
    "==": (_is_numeric_or_pointer, "numeric or pointer type"),
    "!=": (_is_numeric_or_pointer, "numeric or pointer type"),
}


def _sign(scope: Scope, node: nodes.Sign, context: Type | None) -> Expression:
    signs = [node]
    operand_node = node.operand
    while isinstance(operand_node, nodes.Sign):
        signs.append(operand_node)
        operand_node = operand_node.operand
    operand = scope.value(operand_node, context)
    kind = operand.type
    if not is_numeric(kind):
        return scope.error("operand-type", f"expected numeric type, actual {kind}",
                           operand_node)
    for sign in reversed(signs):
        if sign.negative:
            operand = _negated(sign.pos, untagged(kind), operand)
    return operand


def _logical_not(scope: Scope, node: nodes.Not, context: Type | None) -> Expression:
    return tree.Not(node.pos, BOOL, scope.condition(node.operand))


def _deref(scope: Scope, node: nodes.Deref, context: Type | None) -> Expression:
    pointer = scope.value(node.operand, None)
    return dereferenced(scope, pointer, node.pos, node.operand)


def dereferenced(scope: Scope, pointer: Value, pos: int, node: nodes.Expression) -> Place:
    """The place that a pointer points to; errors are the pointer's."""
    base = pointer.type.base
    if base is UNKNOWN:
        return Broken(pos)
    if not isinstance(base, Pointer) or base.target.base is VOID:
        return scope.error("operand-type", f"expected pointer type, actual {pointer.type}",
                           node)
    scope.indirect = True
    return tree.Deref(pos, base.target, pointer)


def _address_of(scope: Scope, node: nodes.AddressOf, context: Type | None) -> Expression:
    place = scope.check(node.operand, None)
    if place.type is UNKNOWN:
        return Broken(node.pos)
    if not isinstance(place, Place) or not is_assignable(place):
        notes = ("the name of a function is its address already",) \
            if isinstance(place, tree.FunctionAddress) else ()
        return scope.error("not-assignable",
                           "expected assignable expression after '&'", node.operand, notes)
    expose(place)
    return tree.AddressOf(node.pos, untagged(place.type).pointer(), place)


def _length(scope: Scope, node: nodes.Len, context: Type | None) -> Expression:
    return _measured(scope, node, lambda given: tree.Length(
        node.pos, BYTE, as_place(given), isinstance(given.type.base, Slice)))


def _capacity(scope: Scope, node: nodes.Capacity, context: Type | None) -> Expression:
    return _measured(scope, node,
                     lambda given: tree.Capacity(node.pos, BYTE, as_place(given)))


def _measured(scope: Scope, node: nodes.Len | nodes.Capacity,
              of_slice: Callable[[Expression], Expression]) -> Expression:
    """The length of an array, which is known, or what there is to know of a slice."""
    given = scope.check(node.operand, None)
    base = given.type.base
    if isinstance(base, Array):
        return tree.Const(node.pos, BYTE, base.length & WORD_MASK)
    if base is UNKNOWN:
        return Broken(node.pos)
    if slice_element(base) is None:
        return scope.error("operand-type",
                           f"expected array or slice type, actual {given.type}", node.operand)
    return of_slice(given)


def _cast(scope: Scope, node: nodes.Cast, context: Type | None) -> Expression:
    """The first conversion that applies."""
    target = untagged(scope.resolve(node.target))
    base = target.base
    given = scope.check(node.operand,
                        None if base is BYTE or base is INT or base is FLOAT else target)
    kind = given.type
    source = kind.base
    pos = node.pos
    if base is UNKNOWN or source is UNKNOWN:
        return Broken(pos)
    if convertible(kind, target):
        if node.unsafe:
            scope.report.warn("unsafe", f"casting {kind} to {target} does not need unsafe",
                              pos, node.operand.pos)
        if isinstance(given, Place) and not is_scalar(target):
            return tree.RetypePlace(pos, target, given)
        return _retyped(pos, target, as_value(given))
    if base is FLOAT and (source is BYTE or source is INT):
        return tree.IntToFloat(pos, target, as_value(given))
    if source is FLOAT and (base is BYTE or base is INT):
        return tree.FloatToInt(pos, target, as_value(given))
    to_word = is_word(target)
    if (is_word(kind) and (to_word or isinstance(base, Array))) \
            or (isinstance(source, Slice) and to_word):
        if not node.unsafe:
            return scope.error("unsafe-required",
                               f"casting {kind} to {target} requires unsafe", node,
                               (f"write <unsafe {target}> if it is meant",))
        if isinstance(source, Slice):
            return tree.SlicePointer(pos, target, as_place(given))
        if to_word:
            return _retyped(pos, target, as_value(given))
        scope.indirect = True
        return tree.AtAddress(pos, target, as_value(given))
    notes: tuple[str, ...] = ()
    if isinstance(source, Array) and isinstance(base, Pointer):
        notes = ("'&' gives the address of an array or of its first element",)
    elif isinstance(source, Array) and isinstance(base, Slice):
        notes = ("arrays become slices when they are assigned or passed, not by a cast",)
    return scope.error("invalid-cast", f"{kind} is not convertible to {target}", node, notes)


# --- binary operators ----------------------------------------------------------------------------


def _binary(scope: Scope, node: nodes.Binary, context: Type | None) -> Expression:
    # Down the left spine, which may be long, and up again.
    spine = [node]
    if node.operator in _COMPARISONS:
        context = None
    first = node.left
    while type(first) is nodes.Binary:
        spine.append(first)
        if first.operator in _COMPARISONS:
            context = None
        first = first.left
    lowest = spine[-1]
    right: Expression | None = None
    if _is_bare_literal(first):
        right = scope.check(lowest.right, context)
        peer = right.type
        left = scope.check(first, peer if is_numeric(peer) and peer is not UNKNOWN else None)
    elif isinstance(first, nodes.Null) and not isinstance(lowest.right, nodes.Null):
        right = scope.check(lowest.right, context)
        left = scope.check(first, right.type)
    else:
        left = scope.check(first, context)
    for each in reversed(spine):
        if right is None:
            right = scope.check(each.right, None if left.type is UNKNOWN else left.type)
        left = _operation(scope, each, left, right)
        right = None
    return left


def _operation(scope: Scope, node: nodes.Binary, left: Expression, right: Expression) -> Expression:
    kind, other = left.type, right.type
    operator = node.operator
    if operator == "&&" or operator == "||":
        if not is_testable(kind):
            return scope.not_testable(kind, node.left)
        if not is_testable(other):
            return scope.not_testable(other, node.right)
        if kind is not other and not equal(kind, other):
            return scope.mismatch(kind, other, node.right)
        if kind is UNKNOWN or other is UNKNOWN:
            return Broken(node.pos)
        return tree.Logical(node.pos, untagged(kind), operator == "&&",
                            as_value(left), as_value(right))
    fits, wanted = _OPERANDS[operator]
    if not fits(kind):
        return _bad_operand(scope, wanted, kind, node.left, operator)
    if kind is not other and not equal(kind, other):
        return scope.mismatch(kind, other, node.right)
    base = kind.base
    if base is UNKNOWN or other is UNKNOWN:
        return Broken(node.pos)
    column = 2 if base is FLOAT else 1 if base is INT else 0
    result = BOOL if operator in _COMPARISONS else untagged(kind)
    return tree.Binary(node.at, result, _OPERATIONS[operator][column],
                       as_value(left), as_value(right))


def _bad_operand(scope: Scope, wanted: str, kind: Type, node: nodes.Node, operator: str) -> Broken:
    notes: tuple[str, ...] = ()
    if isinstance(kind.base, Pointer) and operator in "+-":
        notes = ("pointers have no arithmetic; &p[unsafe n] steps, <unsafe byte>p is a number",)
    elif isinstance(kind.base, (Slice, Struct, Array, FunctionType)) \
            and operator in ("==", "!="):
        notes = ("slices, arrays, structs and functions cannot be compared",)
    return scope.error("operand-type",
                       f"expected {wanted}, actual {kind}",
                       node, notes)


def _conditional(scope: Scope, node: nodes.Conditional, context: Type | None) -> Expression:
    condition = scope.condition(node.condition)
    if isinstance(node.then, nodes.Null) and not isinstance(node.other, nodes.Null):
        other = scope.value(node.other, None)
        then = scope.value(node.then, other.type)
    else:
        then = scope.value(node.then, None)
        other = scope.value(node.other,
                            then.type if isinstance(node.other, nodes.Null) else None)
    if not equal(then.type, other.type):
        return scope.mismatch(then.type, other.type, node.other)
    if then.type is UNKNOWN or other.type is UNKNOWN:
        return Broken(node.pos)
    return tree.Conditional(node.pos, untagged(then.type), condition, then, other)


def _retyped(pos: int, kind: Type, value: Value) -> Value:
    if isinstance(value, tree.Const):
        return tree.Const(pos, kind, value.word)
    return tree.Retype(pos, kind, value)


def _negated(pos: int, kind: Type, operand: Value) -> Value:
    """`0 - operand`; literals are worked out."""
    if isinstance(operand, tree.Const) and operand.type is not UNKNOWN:
        word = operand.word
        if kind.base is not FLOAT:
            return tree.Const(pos, kind, -word & WORD_MASK)
        if word & 0x7FFFFFFF == 0:
            return tree.Const(pos, kind, 0)
        if word & 0x7FFFFFFF <= 0x7F800000:
            return tree.Const(pos, kind, word ^ 0x80000000)
    return tree.Negate(pos, kind, operand)


def _is_bare_literal(node: nodes.Expression) -> bool:
    """An integer literal, possibly with signs."""
    while isinstance(node, nodes.Sign):
        node = node.operand
    return isinstance(node, nodes.Int)


OPERATORS: dict[type[nodes.Expression], Callable[[Scope, Any, Type | None], Expression]] = {
    nodes.Sign:        _sign,
    nodes.Not:         _logical_not,
    nodes.Deref:       _deref,
    nodes.AddressOf:   _address_of,
    nodes.Len:         _length,
    nodes.Capacity:    _capacity,
    nodes.Cast:        _cast,
    nodes.Binary:      _binary,
    nodes.Conditional: _conditional,
}
