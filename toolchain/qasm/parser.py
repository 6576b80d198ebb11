"""From source text to a unit: every line is parsed by itself, every mistake reported.

`parse_source` takes the quick way where a line is plainly right (one regular expression, or a line
that was seen before: compiled code repeats itself) and leaves everything else to `LineParser`,
which alone decides what is right and says what is wrong.
"""

import re

from isa import BY_MNEMONIC, encode
from toolchain.qasm.constants import Constants, definitions
from toolchain.qasm.line_parser import LineParser
from toolchain.qasm.tokens import (
    NUMBER,
    REFERENCE,
    SOURCES,
    SPACE,
    number_value,
    reference_name,
)
from toolchain.qasm.unit import Reference, Unit
from toolchain.source import Source

__all__ = ["parse_source"]

_REGISTER = r"r(?:[0-9]|[1-5][0-9]|6[0-3])"

# Runs of white space are possessive: no line can make the expression go back over them.
_QUICK = re.compile(rf"""{SPACE}*+(?:
    (?P<instruction> (?P<mnemonic>[a-z]+) (?P<operands>(?:{SPACE}++(?:{_REGISTER}|ip))*) )
  | (?P<constant>    constant{SPACE}++ (?P<d>{_REGISTER}) {SPACE}++
                     (?: (?P<value>{NUMBER}) | (?P<reference>{REFERENCE}) ) )
  | (?P<label>       (?P<name>{REFERENCE}) : )
  | (?P<data>        data{SPACE}++ (?P<at>{REFERENCE}) {SPACE}++
                     (?P<numbers>{NUMBER}(?:{SPACE}++{NUMBER})*) )
  | (?P<annotation>  ;!.* )
)?{SPACE}*+(?:;.*)?""", re.VERBOSE | re.DOTALL)


def parse_source(source: Source, constants: Constants | None = None) -> Unit:
    """Parse a whole file; what is wrong with it is in the unit's `errors`.

    `constants` are those of all files that are assembled together; without any, the file's own.
    """
    unit = Unit(source)
    lines = enumerate(source.text.split("\n"), start=1)
    parser = LineParser(unit, constants or definitions([source]), lines)
    seen: dict[str, int] = {}  # instructions of one word, by the text of their line
    code, code_lines, quick = unit.code, unit.code_lines, _QUICK.fullmatch
    for number, line in lines:  # from which the parser takes what a `repeat` encloses
        known = seen.get(line)
        if known is not None:
            code.append(known)
            code_lines.append(number)
            continue
        match = quick(line)
        kind = match.lastgroup if match else "other"
        if kind == "constant":
            d, value, reference = match.group("d", "value", "reference")  # type: ignore[union-attr]
            words = _words(value)
            if words is None:
                parser.parse(number, line)
                continue
            if reference:
                unit.references.append(
                    Reference(reference_name(reference), False, len(code) + 1, number))
            code += _CONSTANT[d], words[0]
            code_lines += number, number
        elif kind == "instruction":
            mnemonic, operands = match.group("mnemonic", "operands")  # type: ignore[union-attr]
            word = _instruction_word(mnemonic, operands.split())
            if word is None:
                parser.parse(number, line)
            else:
                seen[line] = word
                code.append(word)
                code_lines.append(number)
        elif kind == "label":
            parser.define(match["name"], number)  # type: ignore[index]
        elif kind == "data":
            at, numbers = match.group("at", "numbers")  # type: ignore[union-attr]
            words = _words(numbers)
            if words is None:
                parser.parse(number, line)
            else:
                parser.define(at, number, in_data=True)
                parser.put_data(words, number)
        elif kind == "annotation":
            parser.annotate(line.strip())
        elif kind == "other":
            parser.parse(number, line)
    parser.end()
    return unit


# The first word of a `constant`, by the register's name.
_CONSTANT = {name: encode("constant", d=field) for name, field in SOURCES.items() if name != "ip"}


def _words(numbers: str | None) -> list[int] | None:
    """The words of number literals, one of 0 without any; None if one does not fit in a word."""
    if numbers is None:
        return [0]
    try:
        return [number_value(text) or 0 for text in numbers.split()]
    except OverflowError:
        return None


def _instruction_word(mnemonic: str, operands: list[str]) -> int | None:
    """The word of a right instruction other than `constant`; None if it is not right."""
    insn = BY_MNEMONIC.get(mnemonic)
    if insn is None or insn.words != 1 or len(operands) != len(insn.operands):
        return None
    if insn.operands[:1] == ("d",) and operands[0] == "ip":
        return None
    return encode(mnemonic, **{name: SOURCES[text]
                               for name, text in zip(insn.operands, operands, strict=True)})
