"""Build QLL programs and run them on the golden model."""

import io
import re
from dataclasses import dataclass

from sim.golden.machine import Golden
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status
from toolchain.build import compile_program, image
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.qll.middle.ir import verify
from toolchain.source import Source, SourceErrors
from toolchain.targets import library_sources

__all__ = ["LEVELS", "Outcome", "Rejected", "build", "compile_text", "header", "reject", "run",
           "run_qll", "warnings"]

LEVELS = (0, 1, 2)

BUDGET = 200_000_000


@dataclass
class Outcome:
    """How a program ended; `r0` is None if it did not stop by itself."""
    r0:           int | None
    output:       str
    instructions: int
    words:        int  # of the image


def header(text: str, name: str, default: str = "") -> str:
    """What a program says of itself in the comments at its top."""
    found = re.search(rf"^// {name}: (.*)$", text, re.MULTILINE)
    return found[1] if found else default


def compile_text(sources: list[str], target: str = "none", level: int = 2) -> str:
    """Assembly text of a program."""
    return compile_program(_sources(sources), target, level, check=verify).text.text


def build(sources: list[str], target: str = "none", level: int = 2, asm: str = "") -> list[int]:
    """A program as words, entered through the bare entry point."""
    qasm = library_sources("bare", ".qasm")
    if asm:
        qasm.append(Source("asm.qasm", asm))
    qll = [*library_sources(target, ".qll"), *_sources(sources)]
    return list(image(qll, qasm, level=level, check=verify).words)


def _sources(texts: list[str]) -> list[Source]:
    return [Source(f"source{index}.qll", text) for index, text in enumerate(texts)]


def run(words: list[int], stdin: list[str] | None = None, budget: int = BUDGET) -> Outcome:
    """Run an image until it stops or its budget is spent."""
    output = io.BytesIO()
    golden = Golden(None, Hosts(Terminal("".join(
        f"{line}\n" for line in stdin or []).encode(), output)))
    golden.load(words)
    status = golden.run(budget)
    r0 = golden.registers().general[0] if status is Status.STOPPED else None
    return Outcome(r0, output.getvalue().decode(), golden.instructions, len(words))


def run_qll(source: str, target: str = "none", level: int = 2, asm: str = "") -> Outcome:
    """Build and run one source."""
    return run(build([source], target, level, asm))


@dataclass
class Rejected:
    """What compiler or assembler found wrong, in order."""
    kinds:    list[str]
    messages: list[str]


def reject(sources: list[str], target: str = "none", asm: str = "") -> Rejected:
    """The mistakes in a program that must not be accepted."""
    try:
        build(sources, target, 1, asm)
    except SourceErrors as found:
        return Rejected([getattr(error, "kind", _assembler_kind(str(error)))
                         for error in found.errors], [str(error) for error in found.errors])
    raise AssertionError("the program was accepted")


def _assembler_kind(message: str) -> str:
    if "undefined label" in message:
        return "undefined-symbol"
    return "duplicate-symbol" if "duplicate label" in message else "syntax"


def warnings(source: str, unused: bool = False) -> list[str]:
    """The warnings for a program, as printed."""
    files = [Source("t.qll", source)]
    return [str(warning) for warning in with_deep_stack(lambda: analyse(files, unused)[1])]
