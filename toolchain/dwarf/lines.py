"""Line tables: which line of which file each word of code comes from."""

import struct
from collections.abc import Sequence

from toolchain.dwarf.numbers import VERSION, Form, Lnct, Lns
from toolchain.dwarf.records import Row
from toolchain.dwarf.sections import Part, Target, sleb, uleb
from toolchain.dwarf.strings import StringTable

__all__ = ["line_table"]

_WORD_OCTETS = 4

# Of the standard opcodes, the number of operands of each.
_OPERANDS = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])

# A special opcode advances both line and address, the line by at least _LINE_BASE.
_LINE_BASE, _LINE_RANGE, _FIRST_SPECIAL = -5, 14, len(_OPERANDS) + 1


def line_table(files: Sequence[str], rows: Sequence[Row], words: int,
               strings: StringTable) -> Part:
    """The contents of ``.debug_line`` for one unit's code, of so many words."""
    tables = Part()
    tables.add(bytes([1, Lnct.PATH, Form.LINE_STRP, 1]))  # one folder: that of the command
    strings.refer(tables, ".")
    tables.add(bytes([2, Lnct.PATH, Form.LINE_STRP, Lnct.DIRECTORY_INDEX, Form.UDATA]))
    tables.add(uleb(len(files)))
    for name in files:
        strings.refer(tables, name)
        tables.add(b"\0")
    program = _program(rows, words)
    done = Part()
    fixed = bytes([_WORD_OCTETS, 1, 1, _LINE_BASE & 0xFF, _LINE_RANGE, _FIRST_SPECIAL]) + _OPERANDS
    header = len(fixed) + len(tables.octets)
    done.add(struct.pack("<IHBBI", 8 + header + len(program.octets), VERSION, _WORD_OCTETS, 0,
                         header))
    done.add(fixed)
    done.include(tables)
    done.include(program)
    return done


def _program(rows: Sequence[Row], words: int) -> Part:
    done = Part()
    if not rows:
        return done
    done.add(bytes([0, 5, Lns.EXTENDED_SET_ADDRESS & 0xFF]))
    done.fix(Target.CODE, "", rows[0].word * _WORD_OCTETS)
    at, file, line, column, is_statement = rows[0].word, 1, 1, 0, True
    for row in rows:
        if row.file != file:
            done.add(bytes([Lns.SET_FILE]) + uleb(row.file))
        if row.column != column:
            done.add(bytes([Lns.SET_COLUMN]) + uleb(row.column))
        if row.is_statement != is_statement:
            done.add(bytes([Lns.NEGATE_STMT]))
        _advance(done, row.word - at, row.line - line)
        at, file, line, column, is_statement = row
    if words > at:
        done.add(bytes([Lns.ADVANCE_PC]) + uleb(words - at))
    done.add(bytes([0, 1, Lns.EXTENDED_END_SEQUENCE & 0xFF]))
    return done


def _advance(done: Part, words: int, lines: int) -> None:
    """Go on by so much, and make a row."""
    if not _LINE_BASE <= lines < _LINE_BASE + _LINE_RANGE:
        done.add(bytes([Lns.ADVANCE_LINE]) + sleb(lines))
        lines = 0
    special = lines - _LINE_BASE + _LINE_RANGE * words + _FIRST_SPECIAL
    if special > 0xFF:
        done.add(bytes([Lns.ADVANCE_PC]) + uleb(words))
        special = lines - _LINE_BASE + _FIRST_SPECIAL
    done.add(bytes([special]))
