"""Assembling and disassembling: what goes in comes out, word for word."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isa import ISA, encode
from toolchain.qasm import assemble, disassemble_word
from toolchain.qasm.dis import disassemble, list_words, words_from_octets
from toolchain.source import Source

WORDS     = st.one_of(st.integers(0, 0xFFFFFFFF), st.just(0), st.integers(0x1000, 0x1020))
SOURCE    = st.integers(0, 64)
REGISTER  = st.integers(0, 63)


@st.composite
def instructions(draw):
    """One or two words that the assembler can make."""
    insn = draw(st.sampled_from(ISA))
    fields = {name: draw(REGISTER if name == "d" else SOURCE) for name in insn.fields}
    word = encode(insn.mnemonic, **fields)
    return [word, draw(WORDS)] if insn.words == 2 else [word]


CODE = st.lists(instructions(), max_size=12).map(lambda parts: [w for p in parts for w in p])


def words_of(text):
    return assemble([Source("test.qasm", text)]).words


@given(CODE, st.lists(WORDS, max_size=20))
def test_image_of_instructions_and_data_comes_back(code, data):
    image = [*code, 0, 0, *data, 0, 0]
    assert words_of(disassemble(image)) == image


@given(st.lists(WORDS, max_size=12), st.lists(WORDS, max_size=12))
@example([0x05010000], [])            # a constant whose immediate is not code
@example([0x06010200, 0x05FF0000], [7])
@example([0xFF000000, 0x05010000, 0], [0])
def test_any_words_in_the_layout_come_back(code, data):
    image = [*code, 0, 0, *data, 0, 0]
    assert words_of(disassemble(image)) == image


@given(st.lists(WORDS, max_size=8))
def test_what_cannot_come_back_is_refused(image):
    try:
        text = disassemble(image)
    except ValueError as error:
        assert "cannot make this image" in str(error)
        assert image[-2:] != [0, 0] or not any(
            image[at:at + 2] == [0, 0] for at in range(len(image) - 3))
    else:
        assert words_of(text) == image


@given(instructions())
def test_single_instruction_comes_back(words):
    text = disassemble_word(words[0], words[1] if len(words) == 2 else None)
    assert words_of(text)[:len(words)] == words


@given(WORDS)
def test_every_word_has_a_text_that_assembles_to_it(word):
    assert words_of(disassemble_word(word, 0))[0] == word


@given(st.lists(WORDS, max_size=8))
def test_listing_shows_every_word(image):
    lines = list_words(image).splitlines()
    assert [int(line.split()[1], 16) for line in lines] == image
    assert [int(line.split()[0], 16) for line in lines] == [
        0x1000 + at for at in range(len(image))]


def test_labels_are_made_for_addresses_in_constants():
    text = "@a:\n  constant r1 @b\n  constant r2 @a\n  constant r3 @end\n@end:\ndata @b 5\n"
    assert disassemble(words_of(text)) == (
        "@code_1000:\n  constant r1 @data_1008\n  constant r2 @code_1000\n"
        "  constant r3 @code_1006\n@code_1006:\ndata @data_1008 0x5\n")


@pytest.mark.parametrize("text", [
    "  halt\n",
    "  nop\n  halt\ndata @data_1004 0x7\n",
    "  constant r1 @data_1004\ndata @data_1004 0x0 0x7\n",
    "  constant r1 @data_1005\n  halt\ndata @data_1005 0x0 0x0\n",
    "  constant r1 @data_1006\n  halt\n  halt\ndata @data_1006 0x5\n",
])
def test_halt_at_the_end_of_code_is_told_from_zeros_at_the_beginning_of_data(text):
    assert disassemble(words_of(text)) == text


def test_symbols_name_labels():
    image = words_of("@a:\n  constant r1 @b\ndata @b 5\n")
    assert disassemble(image, {0x1000: "main", 0x1004: "vec<T>", 0x1003: "not a place"}) == (
        "@main:\n  constant r1 @`vec<T>`\ndata @`vec<T>` 0x5\n")


def test_image_must_be_whole_words():
    with pytest.raises(ValueError, match="four octets each, not 5 octets"):
        words_from_octets(b"12345")


@pytest.mark.parametrize("word, text", [
    (0x06010203, "add r1 r2 r3"),
    (0x03014000, "store r1 ip"),
    (0x17000001, "word 0x17000001 ; nop"),
    (0x06400000, "word 0x06400000"),
    (0x2B000000, "word 0x2b000000"),
])
def test_words_as_text(word, text):
    assert disassemble_word(word) == text
