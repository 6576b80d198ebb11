"""Command line: write the sources that are generated for kernel and library."""

import argparse
import sys
from pathlib import Path

from system.calls import (
    CallTableError,
    calls_markdown,
    kernel_qll,
    library_qasm,
    library_qll,
    load_calls,
)
from system.constants import constants_qll, windows_qll

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run the tool: 0 done, 1 the table was wrong, 2 the command line was."""
    parser = argparse.ArgumentParser(
        prog="python -m system",
        description="write the machine's constants or what the table of system calls gives")
    parser.add_argument("what", choices=["constants", "windows", "kernel", "library", "assembly",
                                         "markdown"],
                        help="constants of the machine for the kernel, windows for the bare "
                             "library (firmware/lib/bare/windows.qll), the kernel's table of "
                             "calls, the calls for programs (firmware/lib/user/calls.qll), "
                             "their numbers for assembly (firmware/lib/user/calls.qasm), or the "
                             "table of docs/kernel.md")
    parser.add_argument("--calls", type=Path, default=Path("kernel/syscalls.toml"), metavar="FILE",
                        help="table of system calls (default: %(default)s)")
    parser.add_argument("-o", "--output", type=Path, help="default: standard output")
    args = parser.parse_args(argv)
    try:
        if args.what == "constants":
            text = constants_qll()
        elif args.what == "windows":
            text = windows_qll()
        else:
            make = {"kernel": kernel_qll, "library": library_qll, "assembly": library_qasm,
                    "markdown": calls_markdown}
            text = make[args.what](load_calls(args.calls))
        if args.output is None:
            sys.stdout.write(text)
        else:
            args.output.parent.mkdir(parents=True, exist_ok=True)
            args.output.write_text(text)
    except (CallTableError, OSError) as error:
        print(f"system: {error}", file=sys.stderr)
        return 1
    return 0
