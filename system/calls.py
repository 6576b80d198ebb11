"""The interface of the kernel as one table, and what is made from it.

That is the kernel's table of calls, the library's stubs in namespace ``os``, the constants and
structs that both sides use, the numbers in `lib::support` and in assembly, and the tables of two
manuals.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from isa.machine import Interrupt

__all__ = ["Call", "CallTableError", "Constant", "Interface", "Struct", "calls_markdown",
           "kernel_qll", "library_qasm", "library_qll", "load_calls", "number_text"]


class CallTableError(Exception):
    """A mistake in the table; the message names the row."""


@dataclass(frozen=True)
class Call:
    """One system call; `arguments` are (name, type), where a type is QLL's or ``path``."""
    number:    int
    name:      str
    arguments: tuple[tuple[str, str], ...]
    result:    str
    library:   str  # name of the number in `lib::support`; empty if it has none there

    @property
    def signature(self) -> str:
        parameters = ", ".join(f"{name}: {'string' if kind == 'path' else kind}"
                               for name, kind in self.arguments)
        return f"{self.name}({parameters}): byte"


@dataclass(frozen=True)
class Constant:
    """A number with a name that kernel and programs share."""
    name:   str
    value:  int
    kernel: str  # namespace in the kernel; empty if only programs use it
    note:   str


@dataclass(frozen=True)
class Struct:
    """What a call reports in the caller's memory."""
    name:   str
    fields: str  # as in QLL, without the braces
    note:   str


@dataclass(frozen=True)
class Interface:
    """The table. Calls are in the order of their numbers, all else as it stands in the file."""
    calls:     tuple[Call, ...]
    constants: tuple[Constant, ...]
    structs:   tuple[Struct, ...]


def load_calls(path: Path) -> Interface:
    """Read and check the table.

    Raises
    ------
    CallTableError
        For numbers or names that come twice, more than three arguments, or bad TOML.
    """
    try:
        table = tomllib.loads(path.read_text())
        calls = [Call(row["number"], row["name"], _arguments(row["arguments"]), row["result"],
                      row.get("library", "")) for row in table["call"]]
        constants = [Constant(row["name"], row["value"], row.get("kernel", ""), row["note"])
                     for row in table.get("constant", [])]
        structs = [Struct(row["name"], row["fields"], row["note"])
                   for row in table.get("struct", [])]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise CallTableError(f"{path}: {error}") from error
    numbers: set[int] = set()
    names: set[str] = set()
    for call in calls:
        if call.number in numbers or call.name in names:
            raise CallTableError(f"{path}: call {call.number} '{call.name}' is there twice")
        if len(call.arguments) > 3:
            raise CallTableError(f"{path}: call '{call.name}' has more than three arguments")
        numbers.add(call.number)
        names.add(call.name)
    rows: list[Constant | Struct] = [*constants, *structs]
    for row in rows:
        name = row.name
        if name in names:
            raise CallTableError(f"{path}: the name '{name}' is there twice")
        names.add(name)
    return Interface(tuple(sorted(calls, key=lambda call: call.number)), tuple(constants),
                     tuple(structs))


def _arguments(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.split(":") for part in text.split(",") if part.strip())
    return tuple((name.strip(), kind.strip()) for name, kind in pairs)


def kernel_qll(table: Interface) -> str:
    """The kernel's side: a function for each number, ``none`` for gaps; constants and structs."""
    by_number = {call.number: call.name for call in table.calls}
    numbers = "".join(f"  .constant global {call.name}: byte = {call.number};\n"
                      for call in table.calls)
    rows = "".join(f"    {by_number.get(number, 'none')},  // {number}\n"
                   for number in range(max(by_number) + 1))
    spaces = dict.fromkeys(row.kernel for row in table.constants if row.kernel)
    constants = "".join(
        f"namespace {space} {{\n"
        + _constants(row for row in table.constants if row.kernel == space) + "}\n\n"
        for space in spaces)
    return ("// calls.qll: system calls by number. Generated from kernel/syscalls.toml.\n\n"
            f"{constants}namespace number {{\n{numbers}}}\n\n"
            f"namespace syscall {{\n{_structs(table, in_kernel=True)}\n"
            f"  .constant global COUNT: byte = {max(by_number) + 1};  // numbers from 0 on\n"
            f"  global calls: ((byte, byte, byte) => byte)[{max(by_number) + 1}] = [\n"
            f"{rows}  ];\n}}\n")


def library_qll(table: Interface) -> str:
    """Programs' side: the numbers, and in namespace ``os`` a function that makes each call."""
    numbers = "".join(f"  .constant global {call.library}: byte = {call.number};\n"
                      for call in table.calls if call.library)
    return ("// calls.qll: the system calls. Generated from kernel/syscalls.toml by\n"
            "// `python -m system library`: do not edit.\n\n"
            f"namespace lib::support {{\n{numbers}}}\n\n"
            f"namespace os {{\n{_constants(table.constants)}\n{_structs(table)}\n"
            + "\n".join(_stub(call) for call in table.calls) + "}\n")


def library_qasm(table: Interface) -> str:
    """The numbers for programs' assembly: of the calls, and of the interrupts that it raises."""
    rows = "".join(f"define os::{call.name} {call.number}\n" for call in table.calls)
    return ("; calls.qasm: the system calls by number. Generated from kernel/syscalls.toml by\n"
            "; `python -m system assembly`: do not edit.\n\n"
            f"define machine::SYSCALL {Interrupt.SYSCALL:#x}\n"
            f"define machine::DEBUG_INTERRUPT {Interrupt.DEBUG_BREAK}\n\n{rows}")


def _constants(rows: Iterable[Constant]) -> str:
    return "".join(f"  .constant global {row.name}: byte = {number_text(row.value)};"
                   f"  // {row.note}\n" for row in rows)


def number_text(value: int) -> str:
    return str(value) if value < 0x10000 else f"0x{value:X}"


def _structs(table: Interface, *, in_kernel: bool = False) -> str:
    return "".join(f"  // {row.note[0].upper()}{row.note[1:]}.\n"
                   f"  type {row.name} = struct {{\n"
                   f"    {_in_kernel(row.fields, table) if in_kernel else row.fields}\n  }};\n"
                   for row in table.structs)


def _in_kernel(fields: str, table: Interface) -> str:
    """Fields of a struct with the constants in the namespaces that they have in the kernel."""
    spaces = {row.name: row.kernel for row in table.constants if row.kernel}
    return re.sub(r"\w+", lambda word: f"{spaces[word[0]]}::{word[0]}" if word[0] in spaces
                  else word[0], fields)


def _stub(call: Call) -> str:
    lines, values = [], [str(call.number)]
    for name, kind in call.arguments:
        if kind == "path":
            lines.append(f"    var {name}_text = terminated({name});")
            values.append(f"<unsafe byte>{name}_text")
        elif kind == "string":
            values.append(f"<unsafe byte>&{name}")
        elif kind.startswith("*"):
            values.append(f"<unsafe byte>{name}")
        else:
            values.append(name)
    suffix = str(len(call.arguments)) if call.arguments else ""
    made = f"lib::support::syscall{suffix}({', '.join(values)})"
    texts = [name for name, kind in call.arguments if kind == "path"]
    if texts:
        lines.append(f"    var result = {made};")
        lines += [f"    delete {name}_text;" for name in texts]
        made = "result"
    lines.append(f"    return {made};")
    body = "\n".join(lines)
    failure = "" if call.name == "exit" else "; -1 on failure"
    return (f"  // {call.result[0].upper()}{call.result[1:]}{failure}.\n"
            f"  function {call.signature} {{\n{body}\n  }}\n")


def calls_markdown(table: Interface) -> str:
    """The table for the kernel's manual."""
    rows = [f"| {call.number} | `{call.name}` | "
            f"{', '.join(name for name, _ in call.arguments)} | {call.result} |"
            for call in table.calls]
    return "\n".join(["| number | call | arguments | result |", "|---|---|---|---|", *rows]) + "\n"
