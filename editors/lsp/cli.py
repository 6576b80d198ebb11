"""The command line of the language server."""

import argparse
import logging
import sys
from collections.abc import Sequence

from toolchain.targets import TARGETS

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Serve one editor over standard input and output; returns 0 when it is done."""
    parser = argparse.ArgumentParser(
        prog="quince-lsp",
        description="the language server for QLL and QASM; an editor starts it, and speaks the "
                    "Language Server Protocol with it over standard input and output")
    parser.add_argument("--target", choices=TARGETS,
                        help="the target of programs that are not of the system (default: guessed)")
    parser.add_argument("--stdio", action="store_true", help="the default; for editors that ask")
    options = parser.parse_args(argv)
    if sys.stdin.isatty():
        print("quince-lsp: an editor starts this; docs/editors.md says how", file=sys.stderr)
        return 2
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    from editors.lsp.server import make_server
    server = make_server(options.target)
    server.start_io()
    server.worker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
