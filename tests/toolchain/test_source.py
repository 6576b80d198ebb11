"""Errors show their line, or the surroundings of the place if the line is long."""

from toolchain.source import Source, SourceError, Span


def test_a_caret_with_a_tail_stands_under_the_place():
    assert Span(Source("f", "\tab cd"), 1, 5, 2).excerpt() == "    \tab cd\n    \t   ^~"


def test_of_a_long_line_the_surroundings_are_shown():
    line, caret = Span(Source("f", "a" * 500 + "BAD" + "c" * 500), 1, 501, 3).excerpt().split("\n")
    assert line == "    ..." + "a" * 100 + "BAD" + "c" * 97 + "..."
    assert caret == " " * 107 + "^~~"


def test_the_end_of_a_long_line_is_shown_as_it_is():
    line, caret = Span(Source("f", "a" * 300), 1, 301).excerpt().split("\n")
    assert line == "    ..." + "a" * 100
    assert caret == " " * 107 + "^"

def test_what_a_terminal_would_obey_is_not_printed():
    source = Source("f", "a\x1b[2Jb\tc")
    error = SourceError("'\x1b[2J' is nothing", Span(source, 1, 2, 4), ("not\x07e",))
    assert str(error) == ("f:1:2: error: '\ufffd[2J' is nothing\n"
                          "    a\ufffd[2Jb\tc\n     ^~~~\n    note: not\ufffde")
