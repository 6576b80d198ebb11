"""Positions as editors count them."""

import pytest
from lsprotocol.types import Position

from editors.lsp.places import Lines

TEXT = "ab\nx\U0001F600é€y\n"


@pytest.mark.parametrize("encoding, columns", [
    ("utf-8", [0, 1, 5, 7, 10, 11]), ("utf-16", [0, 1, 3, 4, 5, 6]),
    ("utf-32", [0, 1, 2, 3, 4, 5])])
def test_columns(encoding, columns):
    lines = Lines(TEXT, encoding)
    for number, column in enumerate(columns):
        assert lines.position(3 + number) == Position(1, column)
        assert lines.offset(Position(1, column)) == 3 + number


@pytest.mark.parametrize("position, offset", [
    (Position(0, 99), 2), (Position(9, 0), len(TEXT)), (Position(2, 5), len(TEXT))])
def test_what_lies_outside_is_taken_for_the_nearest(position, offset):
    assert Lines(TEXT).offset(position) == offset
    assert Lines(TEXT).position(len(TEXT) + 5) == Position(2, 0)
