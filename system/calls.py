"""The table of system calls, and what is made from it: the kernel's table and programs' stubs."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Call", "CallTableError", "calls_markdown", "kernel_qll", "load_calls", "stubs_qll"]


class CallTableError(Exception):
    """A mistake in the table; the message names the row."""


@dataclass(frozen=True)
class Call:
    """One system call; `arguments` are (name, type), where a type is QLL's or ``path``."""
    number:    int
    name:      str
    arguments: tuple[tuple[str, str], ...]
    result:    str


def load_calls(path: Path) -> list[Call]:
    """Read and check the table.

    Raises
    ------
    CallTableError
        For numbers or names that come twice, more than three arguments, or bad TOML.
    """
    try:
        rows = tomllib.loads(path.read_text())["call"]
        calls = [Call(row["number"], row["name"], _arguments(row["arguments"]), row["result"])
                 for row in rows]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise CallTableError(f"{path}: {error}") from error
    numbers, names = set(), set()
    for call in calls:
        if call.number in numbers or call.name in names:
            raise CallTableError(f"{path}: call {call.number} '{call.name}' is there twice")
        if len(call.arguments) > 3:
            raise CallTableError(f"{path}: call '{call.name}' has more than three arguments")
        numbers.add(call.number)
        names.add(call.name)
    return sorted(calls, key=lambda call: call.number)


def _arguments(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.split(":") for part in text.split(",") if part.strip())
    return tuple((name.strip(), kind.strip()) for name, kind in pairs)


def kernel_qll(calls: list[Call]) -> str:
    """The kernel's table: a function for each number, ``none`` for the gaps."""
    by_number = {call.number: call.name for call in calls}
    rows = "".join(f"    {by_number.get(number, 'none')},  // {number}\n"
                   for number in range(max(by_number) + 1))
    return ("// calls.qll: system calls by number. Generated from kernel/syscalls.toml.\n\n"
            "namespace syscall {\n"
            f"  global calls: ((byte, byte, byte) => byte)[{max(by_number) + 1}] = [\n"
            f"{rows}  ];\n}}\n")


def stubs_qll(calls: list[Call]) -> str:
    """Functions for programs, in namespace ``os``: each makes one call."""
    return ("// os.qll: the system calls. Generated from kernel/syscalls.toml.\n\n"
            "namespace os {\n" + "\n".join(_stub(call) for call in calls) + "}\n")


def _stub(call: Call) -> str:
    parameters = ", ".join(f"{name}: {'string' if kind == 'path' else kind}"
                           for name, kind in call.arguments)
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
    return (f"  // {call.result[0].upper()}{call.result[1:]}; -1 on failure.\n"
            f"  function {call.name}({parameters}): byte {{\n{body}\n  }}\n")


def calls_markdown(calls: list[Call]) -> str:
    """The table for the manual."""
    rows = [f"| {call.number} | `{call.name}` | "
            f"{', '.join(name for name, _ in call.arguments)} | {call.result} |" for call in calls]
    return "\n".join(["| number | call | arguments | result |", "|---|---|---|---|", *rows]) + "\n"
