"""The command line of the compiler.

By default it writes assembly text; an output called `.qbin`, `.elf` or `.o` is assembled and
linked as well, together with QASM files on the same command line.
"""

import argparse
import os
import sys
from pathlib import Path

from toolchain.files import STANDARD_STREAM
from toolchain.qll.job import OBJECT_SUFFIXES, Job, run
from toolchain.source import SourceError, SourceErrors
from toolchain.targets import TARGETS

__all__ = ["BAD_INPUT", "WARNINGS", "main"]

BAD_INPUT = 255  # what this tool has always returned
INTERRUPTED = 130

# Names for -W, with what each finds.
WARNINGS = {
    "unsafe":          "a cast that does not need its 'unsafe'",
    "bounds":          "a constant index that is out of bounds",
    "condition":       "a condition that is always true or never",
    "interrupt":       "a call of an interrupt function",
    "precedence":      "operators beside each other that one may expect to bind otherwise",
    "returned-local":  "a slice of a variable that ends with the function",
    "self-assign":     "an assignment of a variable to itself",
    "unreachable":     "statements that are never reached",
    "unused-value":    "a value that is computed and dropped",
    "unused-variable": "a variable that is never used (not by default; names with a leading _ are "
                       "left alone)",
}
_NOT_BY_DEFAULT = {"unused-variable"}

_ASSEMBLY_SUFFIXES = (".qasm",)


def main(argv: list[str] | None = None) -> int:
    """Run the compiler; returns 0, or 255 if the input was wrong. argparse exits with 2."""
    job = _understand(sys.argv[1:] if argv is None else list(argv))
    try:
        return 0 if run(job) else BAD_INPUT
    except (SourceError, SourceErrors) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    except MemoryError:
        print("error: out of memory", file=sys.stderr)
    except RecursionError:
        print("error: nested too deeply", file=sys.stderr)
    except Exception:  # a bug of ours: whoever mends it needs to see where
        import traceback
        traceback.print_exc()
        print("error: internal error in the compiler, which is no fault of the program; please "
              "report it with the lines above and the program", file=sys.stderr)
    return BAD_INPUT


# --- understanding the command line --------------------------------------------------------------


def _understand(argv: list[str]) -> Job:
    parser = _arguments()
    options = parser.parse_args(argv)
    warnings = _warnings(parser, options.warnings)
    others = [name for name in options.files
              if name.endswith((*_ASSEMBLY_SUFFIXES, *OBJECT_SUFFIXES))]
    qll = [name for name in options.files if name not in others]
    if options.files.count(STANDARD_STREAM) > 1:
        parser.error("standard input can be read only once")
    product, output = _product(parser, options)
    if others and product not in ("flat", "exec", "dyn", "object"):
        parser.error(f"{others[0]} can only go into a binary (-o FILE.qbin, .elf or .o)")
    if not qll and not others:
        parser.error("no input files")
    real = None if output == STANDARD_STREAM else os.path.realpath(output)
    if real is not None and product != "none" and real in map(os.path.realpath, options.files):
        parser.error(f"the output {output} is also an input")
    module = options.module
    if module == "":
        module = Path(output).stem
    return Job(qll, others, output, product, options.level, options.target, options.debug,
               module, options.strict, options.verbose, warnings)


def _product(parser: argparse.ArgumentParser, options: argparse.Namespace) -> tuple[str, str]:
    """What to make, and where to put it."""
    output = options.output
    if options.check:
        return "none", output or os.devnull
    if options.emit in ("tree", "ir"):
        return options.emit, output or STANDARD_STREAM
    if options.compile_only and options.text_only:
        parser.error("-S and -c exclude each other")
    first = Path(options.files[0]).stem if options.files[0] != STANDARD_STREAM else "out"
    if options.text_only or options.emit == "qasm":
        return "text", output or (STANDARD_STREAM if options.emit else f"{first}.qasm")
    if options.compile_only:
        return "object", output or f"{first}.o"
    kinds = {".qbin": "flat", ".elf": "dyn" if options.relocatable else "exec", ".o": "object"}
    output = output or "out.qasm"
    return kinds.get(Path(output).suffix, "text"), output


def _warnings(parser: argparse.ArgumentParser, switches: list[str]) -> set[str]:
    """The warnings that are wanted, after all -W switches in their order."""
    wanted = set(WARNINGS) - _NOT_BY_DEFAULT
    for switch in switches:
        name = switch.removeprefix("no-")
        if name != "all" and name not in WARNINGS:
            parser.error(f"-W{switch}: unknown warning; there are {', '.join(WARNINGS)}, all")
        names = set(WARNINGS) if name == "all" else {name}
        wanted = wanted - names if switch.startswith("no-") else wanted | names
    return wanted


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal. To find that out argparse would load much that nobody needs here."""

    def __init__(self, prog: str):
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """The width of the terminal; of what is none, 80."""
    try:
        return int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size().columns or 80
    except (OSError, ValueError):
        return 80


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qllc", formatter_class=_HelpFormatter,
        description="compile QLL files, in order, as one program",
        epilog="warnings:\n" + "\n".join(f"  {name:16} {what}" for name, what in WARNINGS.items()))
    parser.add_argument("files", nargs="+", metavar="file",
                        help="QLL source, - for standard input; for a binary also QASM (.qasm) "
                             "and objects (.o)")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="where the product goes; .qbin makes a flat image, .elf an "
                             "executable, .o an object, others text (default: out.qasm)")
    parser.add_argument("-t", "--target", choices=TARGETS, default="bare",
                        help="put the library of a target in front (default: bare)")
    parser.add_argument("-S", dest="text_only", action="store_true",
                        help="write assembly text (default: FILE.qasm)")
    parser.add_argument("-c", dest="compile_only", action="store_true",
                        help="write an object (default: FILE.o)")
    parser.add_argument("-O", dest="level", type=int, choices=(0, 1, 2), default=2,
                        metavar="LEVEL", help="optimise: 0, 1 or 2 (default: 2)")
    parser.add_argument("-g", "--debug", action="store_true",
                        help="say which source line all code comes from, and where variables are: "
                             "in text as annotations, in .elf and .o as DWARF 5; the code stays "
                             "the same (without -g an .elf has lines and functions)")
    parser.add_argument("--relocatable", action="store_true",
                        help="make an .elf that can be loaded anywhere")
    parser.add_argument("--emit", choices=("tree", "ir", "qasm"),
                        help="write this to the output (default: standard output)")
    parser.add_argument("--check", action="store_true", help="look for mistakes, write nothing")
    parser.add_argument("-W", dest="warnings", action="append", default=[], metavar="NAME",
                        help="switch a warning on, with no-NAME off; all is all of them")
    parser.add_argument("--strict", action="store_true", help="treat warnings as errors")
    parser.add_argument("--module", metavar="NAME",
                        help="put labels NAME$begin and NAME$end around the code (empty: the "
                             "output's name)")
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="print what is done and how long it takes")
    return parser
