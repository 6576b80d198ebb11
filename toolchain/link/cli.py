"""The command line of the linker."""

import argparse
import sys
from pathlib import Path

from isa.machine import PROGRAM
from toolchain.build import compile_program
from toolchain.files import read_octets, read_source, write_output
from toolchain.link import FORMATS, ObjectFile, link, read_object
from toolchain.link.executable import ALIGN_WORDS, HEAP_WORDS, STACK_WORDS
from toolchain.link.objects import objects_of, symbol_names
from toolchain.source import Source, SourceError, SourceErrors
from toolchain.targets import TARGETS, library_sources

__all__ = ["load_objects", "main"]

BAD_INPUT = 1


def main(argv: list[str] | None = None) -> int:
    """Run the linker; returns 0, or 1 if the input was wrong. argparse exits with 2."""
    parser = _arguments()
    options = parser.parse_args(argv)
    kind = options.format or _kind_by_suffix(options.output)
    layout = {"entry": options.entry, "base": options.base, "align": options.align,
              "stack_words": options.stack, "heap_words": options.heap}
    given = {name: value for name, value in layout.items() if value is not None}
    if given and kind not in ("exec", "dyn"):
        parser.error(f"--entry, --base, --align, --stack and --heap do not go with {kind}")
    if kind == "dyn" and options.base is not None:
        parser.error("--base does not go with dyn, which is placed as it is loaded")
    if options.output in options.files:
        parser.error(f"the output {options.output} is also an input")
    try:
        target = "none" if kind == "object" and options.target is None else options.target
        objects = load_objects(options.files, target or "bare", options.level,
                               whole=kind != "object", debug=options.debug)
        write_output(options.output, link(objects, Path(options.output).name, kind, **given))
    except (SourceError, SourceErrors) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return 0


def load_objects(names: list[str], target: str, level: int = 2, *,
                 whole: bool = True, debug: bool = False) -> list[ObjectFile]:
    """A target's own files, then QASM sources and objects (``.o``) in the order given, then what
    all QLL sources (``.qll``) compile to. In a `whole` program nothing may be undefined."""
    parts: list[Source | ObjectFile] = [*library_sources(target, ".qasm")]
    qll, errors = [], []
    for name in names:
        try:
            if name.endswith(".o"):
                parts.append(read_object(read_octets(name), name))
            elif name.endswith(".qll"):
                qll.append(read_source(name))
            else:
                parts.append(read_source(name))
        except SourceError as error:
            errors.append(error)
    if errors:
        raise SourceErrors(errors)
    objects = objects_of(parts)
    if qll:
        compiled = compile_program(
            qll, target, level, lines=True, debug=debug,
            others=(lambda tree: symbol_names(objects)[1]) if whole else None)
        objects.extend(objects_of([compiled.text]))
        if whole:
            compiled.check_symbols(*symbol_names(objects))
    return objects


def _kind_by_suffix(output: str) -> str:
    kinds = {suffix: kind for kind, suffix in reversed(FORMATS.items())}
    return kinds.get(Path(output).suffix, "exec")


def _address(text: str) -> int:
    value = int(text, 0)
    if not 0 <= value < 1 << 29:
        raise ValueError(text)
    return value


def _positive(text: str) -> int:
    value = _address(text)
    if value == 0:
        raise ValueError(text)
    return value


_address.__name__  = "number of words"
_positive.__name__ = "positive number of words"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qlink", description="link QASM files and objects, in order, and QLL files, to a "
                                  "flat image, an ELF executable or an object")
    parser.add_argument("files", nargs="+", metavar="file",
                        help="QLL source (.qll), object (.o), else QASM source")
    parser.add_argument("-o", "--output", metavar="FILE", default="out.elf",
                        help="where the product goes (default: out.elf)")
    parser.add_argument("-f", "--format", choices=FORMATS,
                        help="what to make: a flat image, an executable at a fixed address, one "
                             "that can be placed anywhere, an object (default: by the output's "
                             "suffix, .qbin flat, .o object, else exec)")
    parser.add_argument("-t", "--target", choices=TARGETS,
                        help="put the entry point and stubs of a target in front (default: bare; "
                             "for an object none)")
    parser.add_argument("-O", dest="level", type=int, choices=(0, 1, 2), default=2,
                        help="optimise QLL: 0, 1 or 2 (default: 2)")
    parser.add_argument("-g", "--debug", action="store_true",
                        help="say of QLL where all variables are, too (default: lines and "
                             "functions)")
    parser.add_argument("-e", "--entry", metavar="LABEL",
                        help="where to start (default: the first word of code)")
    parser.add_argument("--base", type=_address, metavar="WORD",
                        help=f"address of the first word (default: {PROGRAM:#x})")
    parser.add_argument("--align", type=_positive, metavar="WORDS",
                        help=f"begin segments at multiples of this (default: {ALIGN_WORDS})")
    parser.add_argument("--stack", type=_address, metavar="WORDS",
                        help=f"size of the stack (default: {STACK_WORDS:#x})")
    parser.add_argument("--heap", type=_address, metavar="WORDS",
                        help=f"size of the heap (default: {HEAP_WORDS:#x})")
    return parser
