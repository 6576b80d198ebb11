"""Slots and constructors of the trees' classes."""

import pytest

from toolchain.qll.node import node


@node
class Base:
    pos: int


@node
class Pair(Base):
    """Two things."""
    left:  int
    right: str

    def swapped(self):
        return self.right, self.left


@node
class Ranged(Base):
    low:  int
    high: int = 7


@node
class Derived(Base):
    pair: Pair

    def __init__(self, pair):
        self.pos = pair.pos
        self.pair = pair


def test_the_constructor_takes_inherited_attributes_first():
    pair = Pair(1, 2, "c")
    assert (pair.pos, pair.left, pair.right) == (1, 2, "c")
    assert Pair(right="c", left=2, pos=1).swapped() == ("c", 2)


def test_every_attribute_has_to_be_given():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'right'"):
        Pair(1, 2)


def test_the_last_attributes_may_have_defaults():
    assert (Ranged(1, 5).low, Ranged(1, 5).high, Ranged(1, 5, 9).high) == (5, 7, 9)


def test_there_are_no_other_attributes():
    with pytest.raises(AttributeError):
        Pair(1, 2, "c").other = 3


def test_a_class_may_have_a_constructor_of_its_own():
    assert Derived(Pair(7, 2, "c")).pos == 7
    with pytest.raises(AttributeError):
        Derived(Pair(7, 2, "c")).other = 3


def test_a_node_is_equal_to_itself_alone():
    assert Pair(1, 2, "c") != Pair(1, 2, "c")


def test_name_docstring_and_place_stay():
    assert (Pair.__name__, Pair.__doc__, Pair.__module__) == ("Pair", "Two things.", __name__)
