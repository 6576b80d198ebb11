"""Run an image on the golden model: `python -m sim.golden program.qbin`."""

import argparse
import sys
from collections.abc import Sequence

from sim.golden.quick import run_words
from sim.machine import Exit, ImageError, exit_status, read_image
from toolchain.isa.config import MachineConfig
from toolchain.isa.trace import Stop

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="golden", description="run an image on the golden model; console input is standard "
        "input, and the exit status is that of the program")
    parser.add_argument("image", help="flat image (.qbin)")
    parser.add_argument("--limit", type=int, default=10_000_000_000, metavar="N",
                        help="stop after N cycles (default: %(default)s)")
    parser.add_argument("--interpreted", action="store_true", help="do not compile the model")
    parser.add_argument("--stats", action="store_true", help="tell how many instructions ran")
    options = parser.parse_args(argv)
    try:
        words = read_image(options.image)
        stdin = sys.stdin.read().split("\n") if not sys.stdin.isatty() else []
        if stdin and not stdin[-1]:
            stdin.pop()
        outcome = run_words(words, stdin, limit=options.limit, config=MachineConfig(),
                            compiled=not options.interpreted)
    except ImageError as error:
        print(f"golden: {error}", file=sys.stderr)
        return Exit.BAD_INPUT
    sys.stdout.write(outcome.stdout)
    sys.stdout.flush()
    if outcome.stop is None:
        print(f"golden: {outcome.status.value} after {outcome.cycles} cycles, "
              f"ip {outcome.registers.ip:#x}", file=sys.stderr)
    elif outcome.stop.stop != Stop.HALT:
        print(f"golden: {outcome.stop.describe()}", file=sys.stderr)
    if options.stats:
        print(f"golden: {outcome.instructions} instructions, {outcome.cycles} cycles",
              file=sys.stderr)
    return exit_status(outcome.status, outcome.stop)


if __name__ == "__main__":
    sys.exit(main())
