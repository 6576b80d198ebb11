"""Run an image on the golden model: `python -m sim.golden program.qbin`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from isa.trace import Stop
from sim.golden.machine import Golden
from sim.host.error import HostError
from sim.host.files import Files
from sim.host.hosts import Hosts
from sim.host.terminal import standard_terminal
from sim.machine import Exit, ImageError, Status, exit_status, read_image

__all__ = ["main"]

SLICE_CYCLES = 10_000_000  # between looks at the keyboard's ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="golden", description="run an image on the golden model; the console is standard "
        "input and output, and the exit status is that of the program")
    parser.add_argument("image", help="flat image (.qbin)")
    parser.add_argument("--limit", type=int, default=10_000_000_000, metavar="N",
                        help="stop after N cycles (default: %(default)s)")
    parser.add_argument("--files", type=Path, metavar="FOLDER",
                        help="folder that the host file may use (default: none)")
    parser.add_argument("--interpreted", action="store_true", help="do not compile the model")
    parser.add_argument("--stats", action="store_true", help="tell how many instructions ran")
    options = parser.parse_args(argv)
    terminal = standard_terminal()
    try:
        files = Files(options.files) if options.files else None
        golden = Golden(None, Hosts(terminal, files=files), compiled=not options.interpreted)
        golden.load(read_image(options.image))
        status = Status.RUNNING
        while status in (Status.RUNNING, Status.INPUT) and golden.cycles < options.limit:
            status = golden.run(min(SLICE_CYCLES, options.limit - golden.cycles))
            if status is Status.INPUT:
                terminal.wait(1.0)
    except (ImageError, HostError) as error:
        print(f"golden: {error}", file=sys.stderr)
        return Exit.BAD_INPUT
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    if golden.stop is None:
        print(f"golden: {status.value} after {golden.cycles} cycles, "
              f"ip {golden.registers().ip:#x}", file=sys.stderr)
    elif golden.stop.stop != Stop.HALT:
        print(f"golden: {golden.stop.describe()}", file=sys.stderr)
    if options.stats:
        print(f"golden: {golden.instructions} instructions, {golden.cycles} cycles",
              file=sys.stderr)
    return exit_status(status, golden.stop)


if __name__ == "__main__":
    sys.exit(main())
