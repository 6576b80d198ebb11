"""Fuzz the hardware: `python -m sim.fuzz --seconds 60`."""

import argparse
import sys
import time
from collections.abc import Sequence

from sim.fuzz.campaign import CONFIGS, examine_seeds, run_campaign

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="fuzz", description="run random programs on the hardware in lockstep with the golden "
        "model; failures are shrunk and kept in build/fuzz")
    parser.add_argument("--config", action="append", choices=CONFIGS, metavar="NAME",
                        help=f"machine to examine, of {', '.join(CONFIGS)} (default: all)")
    parser.add_argument("--first", type=int, default=0, metavar="N",
                        help="first seed (default: %(default)s)")
    parser.add_argument("--count", type=int, metavar="N", help="seeds for each configuration")
    parser.add_argument("--seconds", type=float, metavar="S", help="stop after this time")
    parser.add_argument("--workers", type=int, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("--seed", type=int, metavar="N", help="examine this seed alone")
    parser.add_argument("--show", action="store_true", help="print its program, unshrunk")
    options = parser.parse_args(argv)
    names = options.config or list(CONFIGS)

    if options.seed is not None:
        return _one_seed(names, options.seed, options.show)
    if options.count is None and options.seconds is None:
        options.seconds = 60.0
    started = time.monotonic()
    total = run_campaign(names, options.first, count=options.count, seconds=options.seconds,
                         workers=options.workers, say=lambda line: print(line, flush=True))
    for name, coverage in total.coverage.items():
        print(f"--- {name}\n{coverage}")
        for what, cells in (("never reached", coverage.missing()),
                            ("reached though it cannot be", coverage.impossible())):
            if cells:
                print(f"{what}: {'; '.join(cells)}")
        print()
    endings = ", ".join(f"{count} {name}" for name, count in sorted(total.endings.items()))
    print(f"{total.programs} programs, {total.records:,} records in "
          f"{time.monotonic() - started:.0f} s ({endings}); {len(total.failures)} failures")
    return 1 if total.failures else 0


def _one_seed(names: list[str], seed: int, show: bool) -> int:
    from sim.fuzz.generate import generate
    status = 0
    for name in names:
        if show:
            print(generate(seed, CONFIGS[name]).as_qasm())
            continue
        result = examine_seeds(name, range(seed, seed + 1))
        print(f"{name}: {result.records} records, {len(result.failures)} failures")
        for failure in result.failures:
            status = 1
            print(failure.program.as_qasm([*failure.rule.split('\n')]))
    return status


if __name__ == "__main__":
    sys.exit(main())
