"""A long campaign of damaged programs against the compiler: ``python -m tests.fuzz_qll``.

Prints how many were tried and accepted; the first one that breaks the compiler is written to
build/ and ends the run with status 1.
"""

import argparse
import random
import sys
import time
import traceback
from pathlib import Path

from tests.support.qll_mutations import check_survives, mutate
from toolchain.qll.front import with_deep_stack

SECONDS = 10  # that one program may take


def main(argv: list[str] | None = None) -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(prog="fuzz_qll", description="damage programs, compile them")
    parser.add_argument("-n", "--count", type=int, default=10_000,
                        help="how many programs (default: 10000)")
    parser.add_argument("-s", "--seed", type=int, default=0, help="where to start (default: 0)")
    options = parser.parse_args(argv)
    return with_deep_stack(lambda: _campaign(options.seed, options.count))


def _campaign(seed: int, count: int) -> int:
    accepted, slowest = 0, 0.0
    for number in range(seed, seed + count):
        chance = random.Random(number)
        text = mutate(chance)
        started = time.process_time()
        try:
            accepted += check_survives([text], chance.randrange(3))
        except Exception:
            return _report(number, text, traceback.format_exc())
        elapsed = time.process_time() - started
        slowest = max(slowest, elapsed)
        if elapsed > SECONDS:
            return _report(number, text, f"took {elapsed:.1f} s")
    print(f"{count} programs from seed {seed}: {accepted} accepted, {count - accepted} rejected, "
          f"the slowest took {slowest:.2f} s")
    return 0


def _report(number: int, text: str, what: str) -> int:
    path = Path("build") / "fuzz" / f"qll-{number}.qll"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"{what}\nseed {number}, written to {path}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
