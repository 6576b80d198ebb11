"""Build QLL programs and run them on the golden model."""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sim.golden.machine import Golden
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status
from toolchain.qasm import assemble
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.qll.generate import generate
from toolchain.qll.middle.ir import verify
from toolchain.source import Source, SourceErrors

__all__ = ["LEVELS", "Outcome", "Rejected", "build", "compile_text", "reject", "run", "run_qll",
           "warnings"]

LEVELS = (0, 1, 2)

LIBRARY = Path(__file__).parents[2] / "firmware" / "lib"
BUDGET = 200_000_000


@dataclass
class Outcome:
    """How a program ended; `r0` is None if it did not stop by itself."""
    r0:           int | None
    output:       str
    instructions: int


@lru_cache
def _library(pattern: str) -> list[Source]:
    return [Source(path.name, path.read_text()) for path in sorted(LIBRARY.glob(pattern))]


def compile_text(sources: list[str], target: str = "none", level: int = 2) -> str:
    """Assembly text of a program."""
    files = [Source(f"source{index}.qll", text) for index, text in enumerate(sources)]
    if target != "none":
        files = [*_library("shared/*.qll"), *_library(f"{target}/*.qll"), *files]
    return with_deep_stack(lambda: generate(analyse(files)[0], level, check=verify))


def build(sources: list[str], target: str = "none", level: int = 2, asm: str = "") -> list[int]:
    """A program as words, entered through the bare entry point."""
    text = compile_text(sources, target, level)
    files = [*_library("bare/*.qasm")]
    if asm:
        files.append(Source("asm.qasm", asm))
    return list(assemble([*files, Source("compiled.qasm", text)]).words)


def run(words: list[int], stdin: list[str] | None = None, budget: int = BUDGET) -> Outcome:
    """Run an image until it stops or its budget is spent."""
    output = io.BytesIO()
    golden = Golden(None, Hosts(Terminal("".join(
        f"{line}\n" for line in stdin or []).encode(), output)))
    golden.load(words)
    status = golden.run(budget)
    r0 = golden.registers().general[0] if status is Status.STOPPED else None
    return Outcome(r0, output.getvalue().decode(), golden.instructions)


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
