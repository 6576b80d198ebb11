"""The command line of the assembler."""

import argparse
import os
import sys
from pathlib import Path

from toolchain.files import STANDARD_STREAM, read_source, write_output
from toolchain.qasm.assembler import Program, check_labels, link_units, parse_sources
from toolchain.qasm.output import joined_text, listing, symbol_map
from toolchain.qasm.unit import Unit
from toolchain.source import Source, SourceError, SourceErrors
from toolchain.targets import TARGETS, library_sources

__all__ = ["BAD_INPUT", "load_sources", "main"]

BAD_INPUT = 255  # what this tool has always returned


def main(argv: list[str] | None = None) -> int:
    """Run the assembler; returns 0, or 255 if the input was wrong. argparse exits with 2."""
    parser = _arguments()
    options = parser.parse_args(argv)
    output = options.output or ("out.qasm" if options.assemble else "out.qbin")
    _check_files(parser, options, output)
    try:
        units = parse_sources(load_sources(options.files, options.target))
        products = {}
        if options.assemble:
            check_labels(units)
            products[output] = joined_text(units).encode()
        program = link_units(units)
        if not options.assemble:
            products[output] = _product(units, output, program)
        if options.debug:
            products[options.debug] = _product(units, "debug.elf", program)
        if options.symbols:
            products[options.symbols] = symbol_map(program).encode()
        if options.listing:
            products[options.listing] = listing(program).encode()
        for name, contents in products.items():
            write_output(name, contents)
    except (SourceError, SourceErrors) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return 0


def _product(units: list[Unit], output: str, program: Program) -> bytes:
    """The image, or with debug information an executable or an object, by the name's suffix."""
    from toolchain.link import LIKE_FLAT, link, object_from_unit
    kinds = {".elf": LIKE_FLAT, ".o": "object"}
    kind = kinds.get(Path(output).suffix)
    if kind is None:
        return program.to_octets()
    return link([object_from_unit(unit) for unit in units], Path(output).name, kind)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qasm", description="assemble QASM files, in order, to one flat image")
    parser.add_argument("files", nargs="+", metavar="file",
                        help="source file; - is standard input")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="where the image goes (default: out.qbin; with -a out.qasm); .elf "
                             "makes an executable with lines and labels as DWARF 5, .o an object")
    parser.add_argument("-t", "--target", choices=TARGETS, default="bare",
                        help="put the entry point and stubs of a target in front (default: bare)")
    parser.add_argument("-a", "--assemble", action="store_true",
                        help="write the joined program as text instead, data last")
    parser.add_argument("-g", "--debug", metavar="FILE",
                        help="write an .elf beside the image that has lines and labels of it")
    parser.add_argument("--symbols", metavar="FILE",
                        help="write the address and name of every label")
    parser.add_argument("--listing", metavar="FILE",
                        help="write every word with its address and source line")
    return parser


def _check_files(parser: argparse.ArgumentParser, options: argparse.Namespace,
                 output: str) -> None:
    """Refuse command lines that would read or write one file twice."""
    outputs = [name for name in (output, options.debug, options.symbols, options.listing)
               if name]
    for at, name in enumerate(outputs):
        real = name if name == STANDARD_STREAM else os.path.realpath(name)
        others = [STANDARD_STREAM if other == STANDARD_STREAM else os.path.realpath(other)
                  for other in outputs[:at]]
        if real in others and name != os.devnull:
            parser.error(f"two outputs go to {name}")
        if name != STANDARD_STREAM and real in map(os.path.realpath, options.files):
            parser.error(f"the output {name} is also an input")
    if options.files.count(STANDARD_STREAM) > 1:
        parser.error("standard input can be read only once")


def load_sources(names: list[str], target: str) -> list[Source]:
    """A target's own files and the named ones, in order; raises all that cannot be read."""
    sources, errors = library_sources(target, ".qasm"), []
    for name in names:
        try:
            sources.append(read_source(name))
        except SourceError as error:
            errors.append(error)
    if errors:
        raise SourceErrors(errors)
    return sources
