"""What needs no computing is what computing it would give."""

import pytest

from sim.engine.netlist import Node, Part, const, cut
from sim.engine.simplify import extended, operation

VALUE = Node("input", 8, name="value")
BIT   = Node("input", 1, name="bit").word
WORD  = VALUE.word


@pytest.mark.parametrize("kind, width, args, is_signed, same", [
    ("mux", 8, (const(0, 1), WORD, const(7, 8)), False, WORD),
    ("mux", 8, (const(1, 1), WORD, const(7, 8)), False, const(7, 8)),
    ("mux", 8, (BIT, WORD, WORD), False, WORD),
    ("mux", 1, (BIT, const(0, 1), const(1, 1)), False, BIT),
    ("pmux", 8, (WORD, (*BIT, *BIT), WORD, WORD), False, WORD),
    ("and", 8, (WORD, const(0, 8)), False, const(0, 8)),
    ("and", 8, (const(255, 8), WORD), False, WORD),
    ("or", 8, (WORD, const(255, 8)), False, const(255, 8)),
    ("xor", 8, (const(0, 8), WORD), False, WORD),
    ("not", 8, (const(0xF0, 8),), False, const(0x0F, 8)),
    ("reduce_or", 1, (BIT,), False, BIT),
    ("reduce_and", 1, ((),), False, const(1, 1)),
    ("eq", 1, (WORD, WORD), False, const(1, 1)),
    ("ne", 1, (WORD, WORD), False, const(0, 1)),
    ("shl", 8, (WORD, const(3, 4)), False, (Part(None, 0, 3), Part(VALUE, 0, 5))),
    ("shl", 8, (WORD, const(9, 4)), False, const(0, 8)),
    ("shr", 8, (WORD, const(3, 4)), False, (Part(VALUE, 3, 5), Part(None, 0, 3))),
    ("shr", 8, (WORD, const(1 << 40, 48)), False, const(0, 8)),
    ("sshr", 8, (WORD, const(6, 4)), True, (Part(VALUE, 6, 2), *[Part(VALUE, 7, 1)] * 6)),
    ("sshr", 4, (WORD, const(9, 4)), True, (Part(VALUE, 7, 1),) * 4),
    ("sshr", 4, (WORD, const(2, 4)), True, (Part(VALUE, 2, 4),)),
])
def test_an_operation_that_is_none(kind, width, args, is_signed, same):
    assert operation(kind, width, args, is_signed) == same


@pytest.mark.parametrize("kind, width, args", [
    ("mux", 1, (BIT, const(1, 1), const(0, 1))),
    ("and", 8, (WORD, const(254, 8))),
    ("and", 8, (BIT, const(1, 1))),  # not as wide as the result
    ("xor", 8, (WORD, const(255, 8))),
    ("shr", 8, (WORD, BIT)),
    ("eq", 1, (WORD, const(0, 8))),
])
def test_an_operation_that_is_one(kind, width, args):
    part, = operation(kind, width, args)
    assert part.node.kind == kind and part.node.args == args


def test_numbers_are_extended_with_their_sign_or_zeros():
    assert extended(WORD, 10, False) == (*WORD, Part(None, 0, 2))
    assert extended(WORD, 10, True) == (*WORD, Part(VALUE, 7, 1), Part(VALUE, 7, 1))
    assert extended(WORD, 3, True) == cut(WORD, 0, 3)
    assert extended((), 2, True) == const(0, 2)
