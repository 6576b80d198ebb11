"""Named constants and `repeat`: their words, their mistakes, and how they show in listing, joined
text."""

import pytest

from toolchain.link.objects import objects_of
from toolchain.qasm import assemble
from toolchain.qasm.assembler import parse_sources
from toolchain.qasm.output import joined_text, listing
from toolchain.source import Source, SourceErrors


def sources(*texts):
    return [Source(f"{at}.qasm", text) for at, text in enumerate(texts)]


def words(*texts):
    return assemble(sources(*texts)).words


def error_of(*texts):
    """All that is said, as on the screen."""
    with pytest.raises(SourceErrors) as caught:
        assemble(sources(*texts))
    return str(caught.value)


USES = "constant r1 {0}\nword {0} 5 {0}\ndata @x 1 {0}\n"


@pytest.mark.parametrize("number", ["0", "-1", "0xFFFFFFFF", "0b101"])
def test_a_constant_stands_for_its_number(number):
    assert words(f"define A {number}\n" + USES.format("A")) == words(USES.format(number))


def test_a_constant_may_be_used_before_its_definition_and_in_another_file():
    assert words(USES.format("limits::TOP"), " define\tlimits::TOP 7 ; seven\r") \
        == words(USES.format("7"))


def test_names_of_constants_labels_and_instructions_do_not_clash():
    assert words("define halt 3\ndefine x 4\n@x:\nhalt\nconstant r1 halt\nconstant r2 x\n"
                 "constant r3 @x") == words("@x:\nhalt\nconstant r1 3\nconstant r2 4\n"
                                            "constant r3 @x")


def test_a_repeat_is_its_lines_once_for_each_number():
    text = ("repeat n 3 62 ; all but some\n\n  add r0 r0 r1\n  store r0 r{n} ; n\n"
            "  constant r{n} {n}\n  word {n}\nend ; of them\nnop\n")
    by_hand = "".join(f"add r0 r0 r1\nstore r0 r{n}\nconstant r{n} {n}\nword {n}\n"
                      for n in range(3, 63))
    assert words(text) == words(by_hand + "nop\n")


def test_the_bounds_of_a_repeat_may_be_constants_and_equal():
    assert words("define LAST 5\nrepeat reg 5 LAST\n  jmp r{reg}\nend") == words("jmp r5")


def test_labels_behind_a_repeat_are_where_they_should_be():
    done = assemble(sources("repeat n 0 9\nnop\nend\n@x:\nhalt\ndata @d 1"))
    assert done.symbols == {"x": 0x100A, "d": 0x100D}


def caret(line, column, length=1):
    return f"    {line}\n    {' ' * (column - 1)}^{'~' * (length - 1)}"


@pytest.mark.parametrize("line, column, length, message", [
    ("define", 7, 1, "expected a name; define takes a name and a number"),
    ("define A", 9, 1, "expected a number; define takes a name and a number"),
    ("define A 1 2", 12, 1, "unexpected '2'; define takes a name and a number"),
    ("define @a 1", 8, 2, "expected a name, not '@a'"),
    ("define -a 1", 8, 2, "expected a name, not '-a'"),
    ("define a, 1", 9, 1, "unexpected ','; operands are separated by white space, not by commas"),
    ("define r7 1", 8, 2, "'r7' is a register; a constant needs another name"),
    ("define NaN 1", 8, 3, "'NaN' is a float; a constant needs another name"),
    ("define A B", 10, 1, "expected a number, not 'B'"),
    ("define A @b", 10, 2, "expected a number, not '@b'"),
    ("define A 1.5f", 10, 4, "'1.5f' is not a number; a float can only stand in constant"),
    ("define A 0x100000000", 10, 11, "'0x100000000' does not fit in a word of 32 bits"),
    ("constant r1 THER", 13, 4, "unknown constant 'THER'; did you mean 'THERE'?"),
    ("constant r1 main", 13, 4, "unknown constant 'main'; a label is written '@main'"),
    ("word 1 x::y", 8, 4, "unknown constant 'x::y'; a label is written '@x::y'"),
    ("data @x nowhere 2", 9, 7, "unknown constant 'nowhere'; a label is written '@nowhere'"),
    ("mov r1 THERE", 8, 5, "expected a register or ip, not 'THERE'"),
    ("end", 1, 3, "there is no 'repeat' that this 'end' could close"),
    ("store r0 r{n}", 10, 4,
     "'r{n}' is a counter, which can only stand between 'repeat' and 'end'"),
    ("word {", 6, 1, "unexpected '{'; expected a number"),
])
def test_wrong_line(line, column, length, message):
    assert error_of(f"define THERE 1\n{line}\nnop") \
        == f"0.qasm:2:{column}: error: {message}\n{caret(line, column, length)}"


TAKES = "repeat takes a name, the first number and the last"


@pytest.mark.parametrize("line, column, length, message", [
    ("repeat", 7, 1, f"expected a name; {TAKES}"),
    ("repeat n", 9, 1, f"expected a number; {TAKES}"),
    ("repeat n 1", 11, 1, f"expected a number; {TAKES}"),
    ("repeat n 1 2 3", 14, 1, f"unexpected '3'; {TAKES}"),
    ("repeat 1 2 3", 8, 1, f"expected a name, not '1'; {TAKES}"),
    ("repeat a::b 2 3", 8, 4, f"expected a name, not 'a::b'; {TAKES}"),
    ("repeat n 1 2x", 12, 2, "'2x' is not a number"),
    ("repeat n 1 LAST", 12, 4, "unknown constant 'LAST'; a label is written '@LAST'"),
    ("repeat n -1 2", 10, 2, "a counter cannot be negative"),
    ("repeat n 5 4", 12, 1,
     "the counter goes up: the last number, 4, must be at least the first, 5"),
    ("repeat n 1 65537", 12, 5, "65537 rounds are too many; at most 65536 are made"),
])
def test_wrong_bounds(line, column, length, message):
    assert error_of(f"{line}\n  mov r1 r{{n}}\nend") == \
        f"0.qasm:1:{column}: error: {message}\n{caret(line, column, length)}"


@pytest.mark.parametrize("line, column, length, message", [
    ("  store r0 r{m}", 12, 4, "'m' is not the counter of this repeat, which is 'n'"),
    ("  mov r{n} r2 r3", 15, 2, "unexpected 'r3'; mov takes two operands"),
    ("  mov r1 r{n} r3", 15, 2, "unexpected 'r3'; mov takes two operands"),
    ("  mov r1 {n}", 10, 3, "expected a register or ip, not '62'; put the number into a register "
                             "with constant first"),
    ("  mov r1 r{n}", 10, 4, "'r64' is not a register; they go from r0 to r63"),
    ("  constant r1{n}", 14, 3, "white space is missing in front of '{n}'"),
    ("  word {n}0", 11, 1, "white space is missing in front of '0'"),
    ("@x:", 1, 2, "a label cannot stand in a repeat: each round would define it"),
    ("data @x 1", 1, 4, "a label cannot stand in a repeat: each round would define it"),
    ("define A 1", 1, 6, "a constant cannot be defined in a repeat"),
])
def test_a_mistake_in_a_repeat_is_reported_once(line, column, length, message):
    assert error_of(f"repeat n 62 70\n{line}\nend\nnop") \
        == f"0.qasm:2:{column}: error: {message}\n{caret(line, column, length)}"


def test_a_repeat_that_is_never_closed():
    assert error_of("nop\nrepeat n 1 9\n  mov r1 r{n}\n@x:\n  constant r1 @x\n") == (
        "0.qasm:2:1: error: this repeat is never closed; 'end' is missing\n"
        "    repeat n 1 9\n"
        "    ^~~~~~")


def test_a_repeat_in_a_repeat():
    assert error_of("  repeat n 1 9\n repeat m 1 2\n  mov r1 r{m}\n end\nend\nnop") == (
        "0.qasm:2:2: error: a repeat cannot stand in another\n"
        "     repeat m 1 2\n"
        "     ^~~~~~\n"
        "    note: the outer one begins at 0.qasm:1:3")


def test_the_end_of_a_repeat_stands_alone():
    assert error_of("repeat n 1 9\nnop\nend n") == (
        "0.qasm:3:5: error: unexpected 'n'; end takes no operands\n"
        "    end n\n"
        "        ^")


def test_a_constant_that_is_defined_twice_says_where_the_first_one_is():
    assert error_of("\n define A 1", "define A 1") == (
        "1.qasm:1:8: error: duplicate constant 'A'\n"
        "    define A 1\n"
        "           ^\n"
        "    note: first defined at 0.qasm:2:9")


def test_uses_of_a_constant_whose_definition_is_wrong_are_no_further_mistakes():
    assert error_of("define A 0xg\nconstant r1 A\nrepeat n 1 A\nmov r1 r{n}\nend").count("error") \
        == 1


PROGRAM = "data @d LAST\nrepeat n 1 LAST\n  mov r0 r{n} ; c\n  word {n}\nend\ndefine LAST 2\nhalt"


def test_listing_shows_each_round():
    assert listing(assemble(sources(PROGRAM))).splitlines()[1:6] == [
        "00001000  04000100      3  mov r0 r1",
        "00001001  00000001      4  word 1",
        "00001002  04000200      3  mov r0 r2",
        "00001003  00000002      4  word 2",
        "00001004  00000000      7  halt"]


def test_joined_text_has_the_constants_first_and_assembles_to_the_same():
    text = joined_text(parse_sources(sources("constant r1 LAST", PROGRAM)))
    assert text == ("define LAST 2\n  constant r1 LAST\n  repeat n 1 LAST\n  mov r0 r{n}\n"
                    "  word {n}\n  end\n  halt\ndata @d LAST\n")
    assert words(text) == words("constant r1 LAST", PROGRAM)


def test_objects_of_one_command_share_their_constants():
    first, _ = objects_of(sources("constant r1 LAST", PROGRAM))
    assert first.sections[0].words[1] == 2 and first.sections[0].patches == []


def test_marks_of_lines_in_a_repeat_count_in_each_round():
    unit, = parse_sources(sources("repeat n 1 2\n;!line 4 a.qll\nnop\n;!line 5 a.qll\nnop\nend"))
    assert [(mark.word, mark.line) for mark in unit.line_marks] == [(0, 4), (1, 5), (2, 4), (3, 5)]
