"""Layout, encoding, values: what right files assemble to, from the manual of the language."""

import math
import struct
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from toolchain.floats import binary32_from_text
from toolchain.qasm import assemble
from toolchain.qasm.line_parser import LineParser
from toolchain.qasm.parser import parse_source
from toolchain.qasm.tokens import quote_reference, quote_string
from toolchain.qasm.unit import Unit
from toolchain.source import Source

# Opcodes copied by hand from the manual, not from the table that the assembler reads.
OPCODES = {
    "": {"halt": 0, "nop": 23, "wait": 24},
    "s0": {"int": 1, "jmp": 20, "rjmp": 35},
    "s0 s1": {"jz": 21, "jnz": 22, "rjz": 36, "rjnz": 37},
    "d s0": {"load": 2, "store": 3, "mov": 4, "not": 13, "itof": 32, "utof": 33, "ftoi": 34},
    "d s0 s1": {
        "add": 6, "sub": 7, "mul": 8, "div": 9, "mod": 10, "and": 11, "or": 12, "shl": 14,
        "shr": 15, "eq": 16, "neq": 17, "lt": 18, "gt": 19, "fadd": 25, "fsub": 26, "fmul": 27,
        "fdiv": 28, "feq": 29, "flt": 30, "fgt": 31, "slt": 38, "sgt": 39, "sdiv": 40,
        "smod": 41, "sar": 42},
}
ROWS = [(name, shape.split(), opcode)
        for shape, row in OPCODES.items() for name, opcode in row.items()]


def program(*texts):
    return assemble([Source(f"{at}.qasm", text) for at, text in enumerate(texts)])


def data_words(text):
    done = program(text)
    return done.words[done.code_words + 2:-2]


def constant(value):
    return program(f"constant r1 {value}").words[1]


def test_example_of_the_manual():
    text = ("data @a 0xaaaa\n@x:\nconstant r1 @a\ndata @b 'hi'\nconstant r1 @b\n"
            "constant r1 @x\n")
    assert program(text).words == [
        0x05010000, 0x1008, 0x05010000, 0x1009, 0x05010000, 0x1000, 0, 0,
        0xAAAA, 2, 0x68, 0x69, 0, 0]


@pytest.mark.parametrize("mnemonic, shape, opcode", ROWS)
def test_every_instruction_is_encoded(mnemonic, shape, opcode):
    numbers = {"d": 63, "s0": 7, "s1": 18}
    text = " ".join([mnemonic, *(f"r{numbers[name]}" for name in shape)])
    word = opcode << 24 | sum(numbers[name] << {"d": 16, "s0": 8, "s1": 0}[name]
                              for name in shape)
    assert program(text).words[0] == word


def test_ip_is_register_64_as_a_source():
    assert program("add r1 ip ip\nstore r2 ip").words[:2] == [0x06014040, 0x03024000]


def test_empty_program_is_four_halts():
    assert program("").words == program().words == [0, 0, 0, 0]


def test_data_goes_behind_code_and_labels_between_name_code():
    done = program("nop\ndata @d 1\n@here:\ndata @e 2 3\nnop\n@end:")
    assert done.words == [23 << 24, 23 << 24, 0, 0, 1, 2, 3, 0, 0]
    assert done.symbols == {"d": 0x1004, "here": 0x1001, "e": 0x1005, "end": 0x1002}
    assert (done.code_words, done.data_words) == (2, 3)


def test_files_share_one_space_of_labels():
    done = program("constant r1 @late", "data @late @`x y`", "@`x y`:\nhalt")
    assert done.words == [0x05010000, 0x1005, 0, 0, 0, 0x1002, 0, 0]


def test_backquotes_are_not_part_of_a_name():
    assert program("@`main`:\nconstant r1 @main").symbols == {"main": 0x1000}


def test_last_line_needs_no_line_feed_and_carriage_return_is_white_space():
    assert program("nop\r\nmov\rr1 r2\r\n\r\n@a:\r\ndata @b 'x' ; c\r\n \thalt").words == [
        0x17000000, 0x04010200, 0, 0, 0, 1, ord("x"), 0, 0]


def test_white_space_is_needed_only_between_letters_and_digits():
    assert program("data@a'x'\nconstant r1@a;c\ndata @b 1-2-3\n@c :").words == [
        0x05010000, 0x1004, 0, 0, 1, ord("x"), 1, 0xFFFFFFFE, 0xFFFFFFFD, 0, 0]


@pytest.mark.parametrize("text, word", [
    ("0", 0), ("-1", 0xFFFFFFFF), ("007", 7), ("0xaBc", 0xABC), ("-0x1", 0xFFFFFFFF),
    ("0b101", 5), ("-0b1", 0xFFFFFFFF), ("4294967295", 0xFFFFFFFF),
    ("-2147483648", 0x80000000), ("0" * 9000 + "12", 12), ("0x" + "0" * 9000 + "12", 0x12),
])
def test_numbers_are_words_signed_or_not(text, word):
    assert constant(text) == word
    assert data_words(f"data @x {text} 1") == [word, 1]


@pytest.mark.parametrize("text, word", [
    ("0.0f", 0), ("-0.0f", 0x80000000), ("1.0f", 0x3F800000), ("-1.5e1f", 0xC1700000),
    ("1e2f", 0x42C80000), ("1E+2f", 0x42C80000), ("25.0e-1f", 0x40200000),
    ("Inf", 0x7F800000), ("-Inf", 0xFF800000), ("NaN", 0x7FC00000),
    ("1e39f", 0x7F800000), ("-1e300f", 0xFF800000), ("1e-46f", 0), ("1e-999f", 0),
    ("1e-45f", 1), ("3.4028235e38f", 0x7F7FFFFF),
    # just below and just above the middle of 1 and its successor: binary64 cannot tell them apart
    ("1.00000005960464477539062499999999f", 0x3F800000),
    ("1.000000059604644775390625f", 0x3F800000),
    ("1.00000005960464477539062500000001f", 0x3F800001),
])
def test_floats_are_rounded_once(text, word):
    assert constant(text) == word


def nearest_by_search(value):
    """The pattern of the nearest binary32 to a positive Fraction: bisect, ties to even."""
    low, high = 0, 0x7F7FFFFF
    while low < high:
        middle = (low + high + 1) // 2
        if Fraction(struct.unpack("<f", struct.pack("<I", middle))[0]) <= value:
            low = middle
        else:
            high = middle - 1
    below = Fraction(struct.unpack("<f", struct.pack("<I", low))[0])
    if low == 0x7F7FFFFF:
        above = Fraction(2) ** 128
    else:
        above = Fraction(struct.unpack("<f", struct.pack("<I", low + 1))[0])
    if value - below > above - value or (value - below == above - value and low & 1):
        return low + 1
    return low


@given(st.integers(0, 10**20), st.integers(-60, 30))
@example(16777217, 0)  # exactly between two
@example(0, 0)
def test_floats_are_nearest_by_exact_arithmetic(digits, exponent):
    word = binary32_from_text(f"{digits}.0e{exponent}")
    assert word == nearest_by_search(Fraction(digits) * Fraction(10) ** exponent)


@given(st.integers(0, 0x7F7FFFFE))
def test_middle_between_two_floats_goes_to_the_even_one(pattern):
    low, high = struct.unpack("<2f", struct.pack("<2I", pattern, pattern + 1))
    middle = (Fraction(low) + Fraction(high)) / 2
    digits = int(middle * 10 ** 160)
    assert Fraction(digits, 10 ** 160) == middle
    assert binary32_from_text(f"{digits}e-160") == pattern + (pattern & 1)
    assert binary32_from_text(f"{digits}1e-161") == pattern + 1


def test_float_must_fit_binary64():
    with pytest.raises(OverflowError):
        binary32_from_text("1e309")
    assert binary32_from_text("-1e308") == 0xFF800000
    assert math.isinf(struct.unpack("<f", struct.pack("<I", 0xFF800000))[0])


def test_string_is_its_length_and_code_points():
    assert data_words(r"data @x 'say \'hi\'\n'") == [9, *map(ord, "say 'hi'\n")]
    assert data_words("data @x 'é€😀;\t\\\\'") == [6, 0xE9, 0x20AC, 0x1F600, 0x3B, 9, 0x5C]
    assert data_words("data @x ''") == [0]


@given(st.text(st.characters(codec="utf-8")))
def test_any_string_can_be_written(text):
    assert data_words(f"data @x {quote_string(text)}") == [len(text), *map(ord, text)]


@given(st.text(st.characters(codec="utf-8", exclude_characters="`\n")))
def test_any_label_can_be_written(name):
    assert program(f"{quote_reference(name)}:\n").symbols == {name: 0x1000}


@pytest.mark.parametrize("name", ["a`b", "a\nb"])
def test_some_labels_cannot_be_written(name):
    with pytest.raises(ValueError, match="must not contain"):
        quote_reference(name)


def test_word_puts_any_words_into_the_code():
    assert program("word 0xff000000 -1\nhalt").words[:3] == [0xFF000000, 0xFFFFFFFF, 0]


LINES = st.one_of(
    st.sampled_from([
        "", " ", "; c", "nop", " mov r1 r2 ; c", "mov r64 r1", "movr1 r2", "add r1 ip r3",
        "add ip r1 r2", "halt r1", "constant r1 5", "constant ip 5", "constant r01 5",
        "constant r1 @a", "constant r1 @`a b`\t", "constant r1 1.5f", "constant r1 0x", "@a:",
        "@b: nop", "@`a", "data @d 1 2 -0x3", "data @d 1 0x", "data @e 'x\\n'", "data @e @d",
        "data @f 1,2", "data @g", "word 3", "store r1 r2\r", "jz r1", "data r1 1"]),
    st.text(st.sampled_from("@`:;' \t\r01rxab-.f\\"), max_size=12))


@given(st.lists(LINES, max_size=6))
def test_quick_way_agrees_with_the_careful_one(lines):
    source = Source("test.qasm", "\n".join(line for line in lines if not line.startswith(";!")))
    quick, careful = parse_source(source), Unit(source)
    parser = LineParser(careful)
    for number, line in enumerate(source.text.split("\n"), start=1):
        parser.parse(number, line)
    assert [str(error) for error in quick.errors] == [str(error) for error in careful.errors]
    quick.errors.clear()
    careful.errors.clear()
    assert quick == careful


def test_annotations_leave_the_image_alone_and_are_kept():
    lines = [";!rodata", "data @a 1", ";!line 3 a b.qll", "nop", "data @b 2 3", ";!data",
             "data @c 4", " ;!rodata ", ";!line 0 x", ";!frob", "nop ;!line 9 y.qll", "data @d 5"]
    unit = parse_source(Source("test.qasm", "\n".join(lines)))
    assert unit.errors == []
    assert unit.read_only == [(0, 3), (4, 5)]
    assert [tuple(mark) for mark in unit.line_marks] == [(0, "a b.qll", 3)]
    assert program("\n".join(lines)).words == program(
        "\n".join(line for line in lines if not line.lstrip().startswith(";"))).words
