"""What is wrong with wrong files: message, place, and all of them in one run."""

import pytest

from isa import BY_MNEMONIC
from toolchain.qasm import assemble
from toolchain.qasm.habits import FOREIGN_REGISTERS, FOREIGN_WORDS
from toolchain.qasm.tokens import SOURCES
from toolchain.source import Source, SourceErrors


def errors_of(*texts):
    """Every error as (line, column, length, message)."""
    with pytest.raises(SourceErrors) as caught:
        assemble([Source(f"{at}.qasm", text) for at, text in enumerate(texts)])
    return [(error.span.line, error.span.column, error.span.length, error.message)
            for error in caught.value.errors]


def text_of(text):
    with pytest.raises(SourceErrors) as caught:
        assemble([Source("boot.qasm", text)])
    return str(caught.value)


def test_error_shows_the_line_and_a_caret():
    assert text_of("\n\tad r1 r2 r3 ; sum") == (
        "boot.qasm:2:2: error: 'ad' is not an instruction; did you mean 'add'?\n"
        "    \tad r1 r2 r3 ; sum\n"
        "    \t^~")


ANY    = "expected a register or ip"
COMMAS = "operands are separated by white space, not by commas"


@pytest.mark.parametrize("line, column, length, message", [
    ("movr1r0", 1, 7, "'movr1r0' is not an instruction; white space is missing behind 'mov'"),
    ("ADD r1 r2 r3", 1, 3, "'ADD' is not an instruction; mnemonics are lower case: 'add'"),
    ("frobnicate", 1, 10, "'frobnicate' is not an instruction"),
    ("12", 1, 2, "'12' is not an instruction"),
    (" $", 2, 1, "unexpected '$'; a line begins with a label or an instruction"),
    ("mov r1 r64", 8, 3, "'r64' is not a register; they go from r0 to r63"),
    ("mov r1 r99999999999", 8, 12, "'r99999999999' is not a register; they go from r0 to r63"),
    ("mov r1 r07", 8, 3, "'r07' is not a register; write r7"),
    ("mov R1 r2", 5, 2, "expected a register, not 'R1'; registers are lower case: 'r1'"),
    ("mov r1 5", 8, 1, f"{ANY}, not '5'; put the number into a register with constant first"),
    ("constant 5 r1", 10, 1, "expected a register, not '5'; the register comes first"),
    ("add r1 r2 sp", 11, 2, f"{ANY}, not 'sp'; by convention the stack pointer is r63"),
    ("mov X31 r1", 5, 3, "expected a register, not 'X31'; registers are called r0 to r63"),
    ("mov x32 r1", 5, 3, "expected a register, not 'x32'"),
    ("jnz r1 loop", 8, 4,
     f"{ANY}, not 'loop'; load the address of @loop into a register with constant first"),
    ("rjmp loop", 6, 4, f"{ANY}, not 'loop'"),
    ("load r1 [r2]", 9, 1,
     "unexpected '['; an operand is a register; load and store take the address that it holds"),
    ("constant r1, 5", 12, 1, f"unexpected ','; {COMMAS}"),
    ("constant r1 #5", 13, 1,
     "unexpected '#'; a comment begins with ';', and a number with a digit"),
    ("nop // so far", 5, 1, "unexpected '/'; a comment begins with ';'"),
    ("ret", 1, 3, "'ret' is not an instruction; a function returns with jmp to the address that r0 "
                  "held when it was entered"),
    ("PUSH r1", 1, 4, "'PUSH' is not an instruction; make room with sub, then store: by convention "
                      "r63 points at the word pushed last"),
    ("li r1, 5", 1, 2, "'li' is not an instruction; a number or an address is put into a register "
                       "with constant"),
    ("mv r1 r2", 1, 2, "'mv' is not an instruction; write 'mov'"),
    ("main:", 1, 4, "'main' is not an instruction; a label is written '@main:'"),
    (".data", 1, 1, "unexpected '.'; neither a directive nor a number begins with '.'"),
    ("set x 5", 1, 3, "'set' is not an instruction; write 'define', a name and a number"),
    ("mov ip r1", 5, 2, "ip cannot be a destination"),
    ("store ip r1", 7, 2, "ip cannot be a destination"),
    ("constant ip 1", 10, 2, "ip cannot be a destination"),
    ("jmp @x", 5, 2, f"{ANY}, not '@x'; load the address into a register with constant first"),
    ("add r1, r2, r3", 7, 1, f"unexpected ','; {COMMAS}"),
    ("add r1 r2", 10, 1, f"{ANY}; add takes three operands"),
    ("halt r1", 6, 2, "unexpected 'r1'; halt takes no operands"),
    ("mov r1 r2 r3", 11, 2, "unexpected 'r3'; mov takes two operands"),
    ("constant", 9, 1, "expected a register; constant takes two operands"),
    ("constant r1 ; x", 12, 1,
     "expected a number, a float or a reference; constant takes two operands"),
    ("constant r1 4294967296", 13, 10, "'4294967296' does not fit in a word of 32 bits"),
    ("constant r1 -0x80000001", 13, 11, "'-0x80000001' does not fit in a word of 32 bits"),
    ("data @x 1 -2147483649 2", 11, 11, "'-2147483649' does not fit in a word of 32 bits"),
    ("word 0b1" + "0" * 32, 6, 35,
     f"'0b1{'0' * 32}' does not fit in a word of 32 bits"),
    ("data @x " + "9" * 9000, 9, 9000, f"'{'9' * 37}...' does not fit in a word of 32 bits"),
    ("constant r1 1 2", 15, 1, "unexpected '2'; constant takes two operands"),
    ("constant r1 1e309f", 13, 6, "float out of range: '1e309f' does not fit a binary64"),
    ("constant r1 -NaN", 13, 4,
     "expected a number, not '-NaN'; constant takes a number, a float or a reference"),
    ("constant r1 'a'", 13, 3,
     "expected a number, not ''a''; constant takes a number, a float or a reference"),
    ("constant r1 5f", 13, 2, "'5f' is not a number; as a float it is written '5.0f'"),
    ("constant r1 0X5", 13, 3, "'0X5' is not a number; the prefix is lower case"),
    ("constant r1 0b12", 13, 4, "'0b12' is not a number"),
    ("constant r1 0x", 13, 2, "'0x' is not a number"),
    ("data @x 1.5f", 9, 4, "'1.5f' is not a number; a float can only stand in constant"),
    ("data @x Inf", 9, 3, "expected a number, not 'Inf'; a data line takes numbers, "
                          "or one string, or one reference"),
    ("data @x 1 'a'", 11, 3, "expected a number, not ''a''; a data line takes numbers, "
                             "or one string, or one reference"),
    ("data @x 1, 2", 10, 1, f"unexpected ','; {COMMAS}"),
    ("data @x 'a' 1", 13, 1, "unexpected '1'; a data line takes one string"),
    ("data @x 'abc", 9, 4, "the string has no closing quote"),
    (r"data @x 'a\tb'", 11, 2, r"unknown escape '\t'; the escapes are \\, \' and \n"),
    ("data @x", 8, 1, "expected numbers, a string or a reference"),
    ("data", 5, 1, "expected a label behind 'data'"),
    ("data x 1", 6, 1, "expected a label such as @name, not 'x'"),
    ("@x: nop", 5, 3, "unexpected 'nop'; a label stands alone on its line"),
    ("@x", 3, 1, "expected ':' behind the label"),
    ("@ x:", 1, 1, "unexpected '@'; a name or a backquoted text must follow '@' directly"),
    ("@`x:", 1, 1, "unexpected '@'; a name or a backquoted text must follow '@' directly"),
    ("nop\u00a0", 4, 1, "unexpected '\u00a0'; nop takes no operands"),
    ("word", 5, 1, "expected numbers behind 'word'"),
    ("word r1", 6, 2, "expected a number, not 'r1'"),
])
def test_wrong_line(line, column, length, message):
    assert errors_of(f"nop\n{line}\nnop") == [(2, column, length, message)]


def test_no_word_of_the_machine_is_foreign():
    own = {*BY_MNEMONIC, *SOURCES, "data", "define", "end", "repeat", "word"}
    assert own.isdisjoint(FOREIGN_WORDS) and own.isdisjoint(FOREIGN_REGISTERS)
    assert all(word == word.lower() for word in [*FOREIGN_WORDS, *FOREIGN_REGISTERS])


def test_undefined_labels_are_all_reported_with_their_place():
    text = "constant r1 @mian\ndata @x @nowhere\n@main:\n constant r2 @main\n"
    assert errors_of(text) == [
        (1, 13, 5, "undefined label 'mian'; did you mean 'main'?"),
        (2, 9, 8, "undefined label 'nowhere'")]


def test_duplicate_label_says_where_the_first_one_is():
    assert text_of("nop\n@`a`:\ndata @a @a") == (
        "boot.qasm:3:6: error: duplicate label 'a'\n"
        "    data @a @a\n"
        "         ^~\n"
        "    note: first defined at boot.qasm:2:1")


def test_errors_of_all_files_come_in_order():
    assert errors_of("constant r1 @x\nxyzzy", "mov\n@y:\n@y:") == [
        (1, 13, 2, "undefined label 'x'"), (2, 1, 5, "'xyzzy' is not an instruction"),
        (1, 4, 1, "expected a register; mov takes two operands"),
        (3, 1, 2, "duplicate label 'y'")]


def test_wrong_definition_counts_as_one():
    assert [error[:2] for error in errors_of("data @x 0xg\n@y\nconstant r1 @x\nconstant r1 @y")] \
        == [(1, 9), (2, 3)]
