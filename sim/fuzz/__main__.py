"""Fuzz the hardware: `python -m sim.fuzz --seconds 60`."""

import argparse
import sys
import time
from collections.abc import Sequence

from sim.arguments import above_0, seed
from sim.engine.build import BuildError
from sim.fuzz.campaign import CONFIGS, examine_seeds, run_campaign

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="fuzz", description="run random programs on the hardware in lockstep with the golden "
        "model; failures are shrunk and kept in build/fuzz")
    parser.add_argument("--config", action="append", choices=CONFIGS, metavar="NAME",
                        help=f"machine to examine, of {', '.join(CONFIGS)} (default: all)")
    parser.add_argument("--first", type=seed, default=0, metavar="N",
                        help="first seed (default: %(default)s)")
    parser.add_argument("--count", type=_at_least_1, metavar="N",
                        help="seeds for each configuration")
    parser.add_argument("--seconds", type=above_0(float), metavar="S",
                        help="stop after this time, counted from when the hardware is built")
    parser.add_argument("--workers", type=_at_least_1, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("--seed", type=seed, metavar="N", help="examine this seed alone")
    parser.add_argument("--show", action="store_true", help="print its program, unshrunk")
    options = parser.parse_args(argv)
    if options.show and options.seed is None:
        parser.error("--show needs --seed")
    if options.seed is not None and (options.count or options.seconds or options.first):
        parser.error("--seed examines one seed: leave out --first, --count and --seconds")
    names = list(dict.fromkeys(options.config or CONFIGS))
    try:
        if options.seed is not None:
            return _one_seed(names, options.seed, options.show)
        return _campaign(names, options)
    except (BuildError, OSError) as error:
        print(f"fuzz: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("fuzz: interrupted", file=sys.stderr)
        return 130


def _campaign(names: list[str], options: argparse.Namespace) -> int:
    """Many seeds; 1 if any fails, or if there was none at all."""
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
    if not total.programs:
        print("fuzz: no program was examined: too little time", file=sys.stderr)
    return 1 if total.failures or not total.programs else 0


def _at_least_1(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number of at least 1, not {text!r}")
    return int(text)


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
