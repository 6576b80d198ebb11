"""What a command line asks the compiler for, done."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from toolchain.build import Compiled, flat_image, generated, mentioned
from toolchain.files import read_octets, read_source, write_output
from toolchain.qll import tree
from toolchain.qll.errors import QllWarning
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source, SourceError, SourceErrors
from toolchain.targets import library_sources

if TYPE_CHECKING:
    from toolchain.link import ObjectFile

__all__ = ["OBJECT_SUFFIXES", "Job", "run"]

OBJECT_SUFFIXES = (".o",)

_T = TypeVar("_T")


@dataclass
class Job:
    """A command line, understood."""
    qll:      list[str]
    others:   list[str]          # QASM sources and objects
    output:   str
    product:  str                # text, flat, exec, dyn, object, tree, ir, none
    level:    int
    target:   str
    debug:    bool
    module:   str | None
    strict:   bool
    verbose:  bool
    warnings: set[str]
    started:  float = field(default_factory=time.perf_counter)

    def say(self, text: str) -> None:
        if self.verbose:
            elapsed = time.perf_counter() - self.started
            print(f"qllc: {elapsed * 1000:7.1f} ms  {text}", file=sys.stderr)


def run(job: Job) -> bool:
    """Do what a command line asks for; false if warnings forbid it.

    Raises
    ------
    SourceError, SourceErrors
        With every mistake found.
    """
    return with_deep_stack(lambda: _compile(job))


def _compile(job: Job) -> bool:
    library = library_sources(job.target, ".qll")
    own = _read(job.qll)
    job.say(f"read {len(library)} library files and {len(own)} of the program")
    program, warnings = analyse([*library, *own], "unused-variable" in job.warnings,
                                len(library))
    shown = _warn(job, warnings, library)
    job.say(f"checked: {len(program.functions)} functions, {len(program.globals)} globals")
    if shown and job.strict:
        print("error: warnings count as errors (--strict)", file=sys.stderr)
        return False
    if job.product == "none":
        return True
    if job.product == "tree":
        write_output(job.output, tree.dump(program).encode())
        return True
    if job.product == "ir":
        write_output(job.output, _ir(program, job.level))
        return True
    parts = [] if job.product == "text" else _other_parts(job)
    compiled = _compiled(job, program, parts)
    job.say("generated")
    contents = compiled.text.text.encode()
    if job.product != "text":
        contents = _link(job, compiled, parts)
        job.say("linked")
    write_output(job.output, contents)
    return True


def _read(names: Sequence[str]) -> list[Source]:
    return _all([lambda name=name: read_source(name) for name in names])  # type: ignore[misc]


def _all(steps: list[Callable[[], _T]]) -> list[_T]:
    """The results of all steps, or all their errors."""
    results, errors = [], []
    for step in steps:
        try:
            results.append(step())
        except SourceError as error:
            errors.append(error)
        except SourceErrors as several:
            errors.extend(several.errors)
    if errors:
        raise SourceErrors(errors)
    return results


def _warn(job: Job, warnings: list[QllWarning], library: list[Source]) -> int:
    """Print the warnings that are wanted; returns how many."""
    names = {source.name for source in library}
    shown = 0
    for warning in warnings:
        if warning.kind in job.warnings and warning.span is not None \
                and warning.span.source.name not in names:
            print(warning, file=sys.stderr)
            shown += 1
    return shown


def _ir(program: tree.Program, level: int) -> bytes:
    """The program as text in the intermediate representation."""
    from toolchain.qll.generate import generate_ir
    return generate_ir(program, level).encode()


def _compiled(job: Job, program: tree.Program, parts: "list[Source | ObjectFile]") -> Compiled:
    """The program as assembly text; what a text or an object leaves out somebody may miss."""
    name = f"<{job.qll[0] if job.qll else job.output}>.qasm"
    has_lines = job.product in ("exec", "dyn", "object")  # their line tables come from the marks
    others = None if job.product in ("text", "object") else _mentioned(parts)
    compiled = generated(program, job.level, name, job.debug or has_lines, debug=job.debug,
                         others=others)
    if job.module is None:
        return compiled
    module = job.module.replace("`", "").replace("\n", "")
    text = f"@`{module}$begin`:\n{compiled.text.text}@`{module}$end`:\n"
    return replace(compiled, text=Source(name, text))


def _sources(parts: "list[Source | ObjectFile]") -> list[Source] | None:
    """The parts, if none is an object: then nothing of the linker is needed."""
    sources = [part for part in parts if isinstance(part, Source)]
    return sources if len(sources) == len(parts) else None


def _mentioned(parts: "list[Source | ObjectFile]") -> set[str]:
    sources = _sources(parts)
    if sources is not None:
        return mentioned(sources)
    from toolchain.link.objects import objects_of, symbol_names
    return symbol_names(objects_of(parts))[1]


def _other_parts(job: Job) -> "list[Source | ObjectFile]":
    """What is linked with the program: the target's assembly, and other files."""
    def read(name: str) -> "Source | ObjectFile":
        if name.endswith(OBJECT_SUFFIXES):
            from toolchain.link import read_object
            return read_object(read_octets(name), name)
        return read_source(name)

    entry = [] if job.product == "object" else library_sources(job.target, ".qasm")
    others = _all([lambda name=name: read(name) for name in job.others])  # type: ignore[misc]
    return [*entry, *others]


def _link(job: Job, compiled: Compiled, parts: "list[Source | ObjectFile]") -> bytes:
    """Assemble the text and link it with the other parts."""
    sources = _sources(parts)
    if job.product == "flat" and sources is not None:
        return flat_image(compiled, sources).to_octets()
    from toolchain.link import link
    from toolchain.link.objects import objects_of, symbol_names
    objects = objects_of([*parts, compiled.text])
    if job.product != "object":
        compiled.check_symbols(*symbol_names(objects))
    return link(objects, Path(job.output).name, job.product)
