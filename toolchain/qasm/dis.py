"""The disassembler: a flat image back to QASM that assembles to exactly the same words.

An image says nothing about itself, so two things are guessed, and neither guess can make the text
wrong. Code is taken to end at the first two `halt` in a row, or with one of some more; if the
program really had those two in the middle of its code, the rest comes out as numbers in `data`
lines, which are the same words.
A value in `constant` that is the address of something in the image becomes a label, which has
that very address. A code word that no instruction assembles to becomes a `word` directive.

Every image that the assembler can make comes back so. One that it cannot make, since it does not
end in two `halt` with two more in front of the data, is refused; `--list` shows any image.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from isa import BY_MNEMONIC
from isa.machine import PROGRAM
from toolchain.files import read_octets, write_output
from toolchain.qasm.assembler import SEPARATOR
from toolchain.qasm.instruction_text import disassemble_word, is_canonical
from toolchain.qasm.tokens import quote_reference
from toolchain.source import SourceError

__all__ = ["disassemble", "list_words", "main", "words_from_octets"]

_CONSTANT    = BY_MNEMONIC["constant"].opcode
_DATA_A_LINE = 8
_SYMBOL      = re.compile(r"([0-9a-f]{8}) [TD] (.*)")  # a line of a symbol map


def words_from_octets(octets: bytes) -> list[int]:
    """The words of a `.qbin`.

    Raises
    ------
    ValueError
        If the length is not a multiple of four octets.
    """
    if len(octets) % 4:
        raise ValueError(f"an image is whole words, four octets each, not {len(octets)} octets")
    return [int.from_bytes(octets[at:at + 4], "little") for at in range(0, len(octets), 4)]


def disassemble(words: Sequence[int], symbols: Mapping[int, str] | None = None) -> str:
    """QASM text of an image; `symbols` may name addresses.

    Raises
    ------
    ValueError
        If the assembler can make no such image.
    """
    code_words = _code_words(words)
    starts = _instruction_starts(words, code_words)
    data_at, end = code_words + len(SEPARATOR), len(words) - len(SEPARATOR)
    # positions that a label can stand at; the end of the code has its own
    places = {*starts, code_words, *range(data_at, end)}
    values = {words[at + 1] - PROGRAM for at in starts if _has_immediate(words, at, code_words)}
    names = _names(values & places, data_at, symbols or {}, places)
    lines = list(_code_text(words, code_words, starts, names))
    if code_words in names:
        lines.append(f"{quote_reference(names[code_words])}:")
    lines += _data_text(words, data_at, end, names)
    return "".join(f"{line}\n" for line in lines)


def list_words(words: Sequence[int]) -> str:
    """Every word of an image with its address, as an instruction wherever it may be one."""
    lines = []
    for at, word in enumerate(words):
        imm = words[at + 1] if at + 1 < len(words) else None
        lines.append(f"{PROGRAM + at:08x}  {word:08x}  {disassemble_word(word, imm)}\n")
    return "".join(lines)


def _code_words(words: Sequence[int]) -> int:
    """How many words are code: up to two `halt` in a row, if two more have room after it."""
    last = len(words) - 2 * len(SEPARATOR)  # the latest the code can end
    if last < 0 or list(words[-2:]) != SEPARATOR:
        raise ValueError("the assembler cannot make this image: it does not end in two halt words")
    at = 0
    values: set[int] = set()  # of constants; some are addresses
    while at <= last:  # first at the beginning of an instruction, where the pair should stand
        if list(words[at:at + 2]) == SEPARATOR:
            return at + _trailing_halts(words, at, last, values)
        if is_canonical(words[at]) and words[at] >> 24 == _CONSTANT:
            at += 1
            values.add(words[at])
        at += 1
    for at in range(last + 1):
        if list(words[at:at + 2]) == SEPARATOR:
            return at
    raise ValueError("the assembler cannot make this image: there are no two halt words between "
                     "code and data")


def _trailing_halts(words: Sequence[int], at: int, last: int, values: set[int]) -> int:
    """How many `halt` in front of the pair to count as code, where more than two stand in a row.

    They may as well be zeros at the beginning of the data. Data is rarely there without being
    used, so its first word is likely to be the first one whose address a constant has; without
    such a word it is one `halt`, the end of many a program.
    """
    halts = 0
    while at + halts + 1 <= last and list(words[at + halts + 1:at + halts + 3]) == SEPARATOR:
        halts += 1
        if PROGRAM + at + halts + 1 in values:
            return halts - 1
    if PROGRAM + at + halts + len(SEPARATOR) in values:
        return halts
    return min(halts, 1)


def _has_immediate(words: Sequence[int], at: int, code_words: int) -> bool:
    return words[at] >> 24 == _CONSTANT and is_canonical(words[at]) and at + 1 < code_words


def _instruction_starts(words: Sequence[int], code_words: int) -> list[int]:
    starts, at = [], 0
    while at < code_words:
        starts.append(at)
        at += 2 if _has_immediate(words, at, code_words) else 1
    return starts


def _names(used: set[int], data_at: int, symbols: Mapping[int, str],
           places: set[int]) -> dict[int, str]:
    """A label for each position that is used or that a symbol names."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for address, name in symbols.items():
        if address - PROGRAM in places and name not in taken:
            names[address - PROGRAM] = name
            taken.add(name)
    for at in used - names.keys():
        name = f"{'data' if at >= data_at else 'code'}_{PROGRAM + at:x}"
        while name in taken:
            name += "_"
        names[at] = name
    return names


def _code_text(words: Sequence[int], code_words: int, starts: list[int],
               names: dict[int, str]) -> Iterator[str]:
    for at in starts:
        if at in names:
            yield f"{quote_reference(names[at])}:"
        if not _has_immediate(words, at, code_words):
            # a `constant` whose immediate would be the first halt can only be a raw word
            raw = words[at] >> 24 == _CONSTANT
            yield f"  word 0x{words[at]:08x}" if raw else f"  {disassemble_word(words[at])}"
            continue
        name = names.get(words[at + 1] - PROGRAM)
        text = disassemble_word(words[at], words[at + 1])
        if name is not None:
            text = " ".join([*text.split()[:-1], quote_reference(name)])
        yield f"  {text}"


def _data_text(words: Sequence[int], data_at: int, end: int,
               names: dict[int, str]) -> Iterator[str]:
    starts = sorted({at for at in names if data_at <= at < end} | {data_at})
    taken = set(names.values())
    for start, stop in pairwise([*starts, end]):
        for at in range(start, stop, _DATA_A_LINE):
            name = names.get(at) or f"data_{PROGRAM + at:x}"
            while at not in names and name in taken:
                name += "_"
            numbers = " ".join(f"0x{word:x}" for word in words[at:min(at + _DATA_A_LINE, stop)])
            yield f"data {quote_reference(name)} {numbers}"


def read_symbols(name: str) -> dict[int, str]:
    """A symbol map as the assembler writes it; of labels at one address the first."""
    symbols: dict[int, str] = {}
    for number, line in enumerate(read_octets(name).decode("utf-8", "replace").splitlines(), 1):
        match = _SYMBOL.fullmatch(line)
        if match is None or "`" in match.group(2):
            raise SourceError(f"{name}:{number}: expected an address, T or D, and a name")
        symbols.setdefault(int(match.group(1), 16), match.group(2))
    return symbols


def main(argv: list[str] | None = None) -> int:
    """Run the disassembler; returns 0, or 1 if the input was wrong."""
    parser = argparse.ArgumentParser(
        prog="qdis", description="disassemble a flat image to QASM that assembles to it again "
                                 "(with --target=none)")
    parser.add_argument("file", help="image; - is standard input")
    parser.add_argument("-o", "--output", metavar="FILE", default="-",
                        help="where the text goes (default: standard output)")
    parser.add_argument("--symbols", metavar="FILE", help="take labels from a symbol map")
    parser.add_argument("--list", action="store_true",
                        help="list every word with its address instead; takes any image")
    options = parser.parse_args(argv)
    try:
        symbols = read_symbols(options.symbols) if options.symbols else None
        try:
            words = words_from_octets(read_octets(options.file))
            text = list_words(words) if options.list else disassemble(words, symbols)
        except ValueError as error:
            raise SourceError(f"{options.file}: {error}") from None
        write_output(options.output, text.encode())
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
