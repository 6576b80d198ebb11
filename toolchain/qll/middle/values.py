"""Lowering scalar values, and conditions."""

from collections.abc import Callable
from typing import Any

from toolchain.qll import tree
from toolchain.qll.middle.body import Body
from toolchain.qll.middle.ir import Block, Ins
from toolchain.qll.tree import BinaryOp
from toolchain.qll.types import FLOAT, VOID, is_aggregate

__all__ = ["SCALARS", "choose", "condition", "decide"]

_MACHINE = {  # operation, and whether its result is to be negated
    BinaryOp.NE: ("neq", False), BinaryOp.LE: ("gt", True), BinaryOp.GE: ("lt", True),
    BinaryOp.SLE: ("sgt", True), BinaryOp.SGE: ("slt", True), BinaryOp.FNE: ("feq", True),
    BinaryOp.FLE: ("fgt", True), BinaryOp.FGE: ("flt", True),
}
_MACHINE.update({op: (op.value, False) for op in BinaryOp if op not in _MACHINE})

# With a constant on the right, `<=` and `>=` are `<` and `>` of its neighbour, except at the end.
_NEIGHBOUR = {
    BinaryOp.LE: ("lt", 1, 0xFFFFFFFF), BinaryOp.GE: ("gt", -1, 0),
    BinaryOp.SLE: ("slt", 1, 0x7FFFFFFF), BinaryOp.SGE: ("sgt", -1, 0x80000000),
}


def _const(body: Body, value: tree.Const) -> Ins:
    return body.build.const(value.word)


def _function_address(body: Body, value: tree.FunctionAddress) -> Ins:
    return body.build.fn.label(value.function.label)


def _void(body: Body, value: tree.VoidValue) -> Ins:
    return body.build.const(0)


def _read(body: Body, value: tree.Read) -> Ins:
    place = value.place
    if isinstance(place, tree.GlobalPlace) and place.glob.constant and body.shared.level > 0:
        image = place.glob.image
        if image is not None and len(image) == 1 and isinstance(image[0], int):
            return body.build.const(image[0])
    return body.read(body.place(place))


def _address_of(body: Body, value: tree.AddressOf) -> Ins:
    return body.address(body.memory_of(value.place))


def _retype(body: Body, value: tree.Retype) -> Ins:
    return body.value(value.operand)


def _binary(body: Body, value: tree.Binary) -> Ins:
    build = body.build
    left = body.value(value.left)
    right = body.value(value.right)
    if right.op == "const":
        near = _NEIGHBOUR.get(value.op)
        if near is not None and right.value != near[2]:
            return build.op(near[0], left, build.const(right.value + near[1]))
    op, negated = _MACHINE[value.op]
    result = build.op(op, left, right)
    return build.op("eq", result, build.const(0)) if negated else result


def _negate(body: Body, value: tree.Negate) -> Ins:
    op = "fsub" if value.type.base is FLOAT else "sub"
    return body.build.op(op, body.build.const(0), body.value(value.operand))


def _not(body: Body, value: tree.Not) -> Ins:
    return body.build.op("eq", body.value(value.operand), body.build.const(0))


def _int_to_float(body: Body, value: tree.IntToFloat) -> Ins:
    return body.build.op("itof", body.value(value.operand))


def _float_to_int(body: Body, value: tree.FloatToInt) -> Ins:
    return body.build.op("ftoi", body.value(value.operand))


def _slice_pointer(body: Body, value: tree.SlicePointer) -> Ins:
    return body.read(body.place(value.base))


def _capacity(body: Body, value: tree.Capacity) -> Ins:
    return body.read(body.place(value.base), 2)


# --- values that depend on conditions ------------------------------------------------------------


def _logical(body: Body, value: tree.Logical) -> Ins:
    return decide(body, value)[0]


def decide(body: Body, value: tree.Logical) -> list[Ins]:
    """Words of `&&` and `||` on scalars and slices; the first one decides."""
    build = body.build
    left = body.parts(value.left)
    other, after = Block("other"), Block("decided")
    if value.is_and:
        build.branch(left[0], other, after)
    else:
        build.branch(left[0], after, other)
    arriving = {pred: left for pred in after.preds}
    build.start(other)
    right = body.parts(value.right)
    if not build.dead:
        arriving[build.block] = right
    build.jump(after)
    build.start(after)
    return build.phis(after, arriving, len(left))


def _conditional(body: Body, value: tree.Conditional) -> Ins:
    if value.type.base is VOID:
        def for_effects(one: tree.Value) -> list[Ins]:
            body.value(one)
            return []
        choose(body, value, for_effects)
        return body.build.const(0)
    return choose(body, value, lambda one: [body.value(one)])[0]


def choose(body: Body, value: tree.Conditional,
           evaluate: Callable[[tree.Value], list[Ins]]) -> list[Ins]:
    """Words of `?:`, with a function that evaluates the arms."""
    build = body.build
    then, other, after = Block("then"), Block("else"), Block("chosen")
    condition(body, value.condition, then, other)
    arriving: dict[Block, list[Ins]] = {}
    for block, arm in ((then, value.then), (other, value.other)):
        build.start(block)
        words = evaluate(arm)
        if not build.dead:
            arriving[build.block] = words
        build.jump(after)
    build.start(after)
    return build.phis(after, arriving, len(words))


def condition(body: Body, value: tree.Value, then: Block, other: Block) -> None:
    """Go to one of two blocks, without making a word of the truth value."""
    while isinstance(value, tree.Not | tree.Retype):
        if isinstance(value, tree.Not):
            then, other = other, then
        value = value.operand
    if isinstance(value, tree.Logical) and not is_aggregate(value.type):
        second = Block("second")
        if value.is_and:
            condition(body, value.left, second, other)
        else:
            condition(body, value.left, then, second)
        body.build.start(second)
        condition(body, value.right, then, other)
    else:
        body.build.branch(body.value(value), then, other)


SCALARS: dict[type[tree.Value], Callable[[Body, Any], Ins]] = {
    tree.Const:           _const,
    tree.FunctionAddress: _function_address,
    tree.VoidValue:       _void,
    tree.Read:            _read,
    tree.AddressOf:       _address_of,
    tree.Retype:          _retype,
    tree.Binary:          _binary,
    tree.Negate:          _negate,
    tree.Not:             _not,
    tree.IntToFloat:      _int_to_float,
    tree.FloatToInt:      _float_to_int,
    tree.SlicePointer:    _slice_pointer,
    tree.Capacity:        _capacity,
    tree.Logical:         _logical,
    tree.Conditional:     _conditional,
}
