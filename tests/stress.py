"""`make stress`: random runs of the operating system, each with an oracle; a failure is shrunk."""

import argparse
import sys

from tests.support.file_script import FileRuns
from tests.support.process_script import ProcessRuns
from tests.support.shell_sessions import ShellSessions
from tests.support.stress import Kind, main_loop

KINDS: dict[str, type[Kind]] = {kind.name: kind
                                for kind in (ProcessRuns, ShellSessions, FileRuns)}


def main() -> int:
    """Try many seeds of each kind; 0 if all of them did as they must."""
    parser = argparse.ArgumentParser(prog="python -m tests.stress", description=main.__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append",
                        help="what to try (default: all, one after the other)")
    parser.add_argument("--first", type=int, default=1, metavar="SEED",
                        help="first seed (default: %(default)s)")
    parser.add_argument("--count", type=int, default=100, metavar="N",
                        help="seeds of each kind (default: %(default)s)")
    options = parser.parse_args()
    failures = sum(main_loop(KINDS[name](), options.first, options.count)
                   for name in options.kind or KINDS)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
