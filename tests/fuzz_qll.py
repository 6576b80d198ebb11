"""Long campaigns against the compiler: ``python -m tests.fuzz_qll``.

Damaged programs must be rejected properly or compiled; with ``--run``, random programs that are
right must give what the interpreter gives, without and with optimisation. The first program that
shows a fault is written to build/fuzz/ and ends the run with status 1.
"""

import argparse
import random
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.support.qll import LEVELS, Outcome, build, run
from tests.support.qll_interpreter import interpret
from tests.support.qll_mutations import check_survives, mutate
from tests.support.qll_programs import program
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source

SECONDS = 10         # that one damaged program may take
CYCLES  = 5_000_000  # that one random program may run


def main(argv: list[str] | None = None) -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(prog="fuzz_qll", description="damage programs, compile them")
    parser.add_argument("-n", "--count", type=int, default=10_000,
                        help="how many programs (default: 10000)")
    parser.add_argument("-s", "--seed", type=int, default=0, help="where to start (default: 0)")
    parser.add_argument("-r", "--run", action="store_true",
                        help="run random programs, compiled at several levels, instead")
    options = parser.parse_args(argv)
    if options.run:
        return _compare(options.seed, options.count)
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


def outcomes(text: str, levels: Sequence[int] = LEVELS) -> tuple[int | None, list[Outcome]]:
    """What a program gives by the language's definition, None if it does not end in time, and what
    comes of it at each level."""
    program = with_deep_stack(lambda: analyse([Source("t.qll", text)])[0])
    return (with_deep_stack(lambda: interpret(program)),
            [run(build([text], level=level), budget=CYCLES) for level in levels])


def results(text: str, levels: Sequence[int] = LEVELS) -> list[int | None]:
    """What a program gives by the language's definition and at each level; None if it does not end
    in time."""
    wanted, found = outcomes(text, levels)
    return [wanted, *(outcome.r0 for outcome in found)]


def _compare(seed: int, count: int) -> int:
    traps = 0
    for number in range(seed, seed + count):
        text = program(random.Random(number))
        try:
            levels = (0, 2) if number % 4 else LEVELS
            given = results(text, levels)
        except Exception:
            return _report(number, text, traceback.format_exc())
        if None in given or len(set(given)) > 1:
            return _report(number, text, f"interpreted, and at levels {levels}: {given}")
        traps += given[0] in (0xE0000000, 0xE0000001, 0xE0000002)
    print(f"{count} programs from seed {seed} gave what they should; "
          f"{traps} ended in a trap")
    return 0


def _report(number: int, text: str, what: str) -> int:
    path = Path("build") / "fuzz" / f"qll-{number}.qll"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"{what}\nseed {number}, written to {path}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
