"""From a frame to that of its caller, by the call frame information."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from elftools.dwarf.callframe import FDE

from isa import BY_OPCODE, decode_fields
from toolchain.debug_info.locations import words_at
from toolchain.debug_info.places import Place, Variable
from toolchain.debug_info.tables import Tables

__all__ = ["Caller", "Frame", "ReadWord", "Unwinder"]

_WORD_OCTETS = 4
_SP, _IP     = 63, 64
_REGISTERS   = 64
_ASSEMBLY_LINK = 0  # where the calling convention has the return address at entry

Registers = Sequence[int | None]        # r0 to r63; None for what is not known
ReadWord  = Callable[[int], int | None]  # a word of memory; None if it cannot be read


@dataclass(frozen=True)
class Caller:
    """What was when a call began: `address` is where it returns to; `cfa` that of the callee."""
    address:   int
    registers: list[int | None]
    cfa:       int


@dataclass(frozen=True)
class Frame:
    """A function that has been called and has not returned.

    `address` is where it goes on. `places` says where that is, or for a caller where the call is,
    innermost first: all but the last are calls that were inlined. `variables` are those of all
    places, `words` gives what one holds.
    """
    address:   int
    registers: list[int | None]
    cfa:       int | None
    places:    tuple[Place, ...]
    variables: list[Variable]
    read_word: ReadWord

    def words(self, variable: Variable) -> list[int | None]:
        """The words of a variable; None for each that is not there."""
        return words_at(variable.location, variable.type.size, self.registers, self.cfa,
                        self.read_word)


class Unwinder:
    """Unwinds by the frame tables of one file."""

    def __init__(self, tables: Tables):
        self._tables = tables
        self._decoded: dict[int, list[dict[Any, Any]]] = {}

    def _row(self, address: int) -> dict[Any, Any] | None:
        entry = self._tables.frame_at(address)
        if entry is None:
            return None
        rows = self._decoded.get(entry.offset)
        if rows is None:
            rows = self._decoded[entry.offset] = _decode(entry)
        found = None
        for row in rows:
            if row["pc"] // _WORD_OCTETS > address:
                break
            found = row
        return found

    def cfa(self, address: int, registers: Registers) -> int | None:
        """The frame's address: the caller's stack pointer."""
        row, stack = self._row(address), registers[_SP]
        if stack is None:
            return None
        if row is None:
            return stack
        return stack + row["cfa"].offset // _WORD_OCTETS & 0xFFFFFFFF

    def caller(self, address: int, registers: Registers, read_word: ReadWord, *,
               is_innermost: bool) -> Caller | None:
        """The caller of a function that is at `address`; None if that is not known.

        Assembly without frame information is taken for a function that has not moved the stack
        pointer, but only where the machine stands in it; its return address is followed from
        register to register.
        """
        row, cfa = self._row(address), self.cfa(address, registers)
        if cfa is None or row is None and not is_innermost:
            return None
        before: list[int | None] = list(registers[:_REGISTERS])
        before[_SP] = cfa
        if row is None:
            register = self._link_of_assembly(address)
            link = None if register is None else registers[register]
            return None if link is None else Caller(link, before, cfa)
        link = None
        for column, rule in row.items():
            if column in ("pc", "cfa"):
                continue
            value: int | None
            if rule.type == "OFFSET":
                value = read_word(cfa + rule.arg // _WORD_OCTETS & 0xFFFFFFFF)
            elif rule.type == "REGISTER":
                value = registers[rule.arg]
            elif rule.type == "SAME_VALUE":
                value = registers[column]
            else:
                value = None
            if column == _IP:
                link = value
            else:
                before[column] = value
        return None if link is None else Caller(link, before, cfa)


    def _link_of_assembly(self, address: int) -> int | None:
        """A register that has the return address in front of an instruction of assembly, if the
        code goes straight there; None if it is lost."""
        function, code = self._tables.function_at(address), self._tables.code
        if function is None or code is None:
            return _ASSEMBLY_LINK
        links = {_ASSEMBLY_LINK}
        first, octets = code
        at = function.low
        while first <= at < address:
            word = int.from_bytes(octets[4 * (at - first):4 * (at - first) + 4], "little")
            opcode, d, s0, _ = decode_fields(word)
            insn = BY_OPCODE.get(opcode)
            if insn is None:
                return None
            if insn.mnemonic == "mov" and s0 in links:
                links.add(d)
            elif insn.writes_d:
                links.discard(d)
            at += insn.words
        return min(links, default=None)


def _decode(entry: FDE) -> list[dict[Any, Any]]:
    return list(entry.get_decoded().table)
