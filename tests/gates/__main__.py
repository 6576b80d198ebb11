"""Run the netlist of a machine: `python -m tests.gates`."""

import argparse
import sys
import time
from itertools import count, islice

from sim.engine.build import BuildError
from sim.gates.netlist import GateError
from sim.gates.simulation import LANES
from tests.gates.machine import (
    SILENCE_CYCLES,
    Gates,
    Judge,
    Reference,
    difference,
    program_of,
    synthesised,
)


def say(line):
    print(f"gates: {line}", file=sys.stderr, flush=True)


def campaign(first, programs):
    """Run so many programs; how many of them failed."""
    reference, judge = Reference(say), Judge()
    path = synthesised(say)
    say("compiling the netlist: a minute or two, if it is new")
    gates = Gates(path)
    failures = cycles = records = late = 0
    started = time.process_time()
    fitting = ((seed, image) for seed in count(first)
               if (image := program_of(seed)) is not None)
    for seed, image in islice(fitting, programs):
        expected, ran, stops = reference.run(image)
        began = time.process_time()
        run   = gates.run(image, ran + SILENCE_CYCLES * stops, seed)
        speed = run.cycles / max(1e-9, time.process_time() - began)
        wrong = difference(expected, run.records)
        cycles, records, late = cycles + run.cycles, records + len(expected), late + len(run.losers)
        if wrong is None and (complaints := judge.complaints(image, run)):
            lane, complaint = min(complaints.items(), key=lambda item: run.losers[item[0]])
            wrong = f"{len(complaints)} of {LANES - 1} power-ups; the first, {lane}: {complaint}"
        if wrong:
            failures += 1
            print(f"seed {seed}: {wrong}")
        else:
            say(f"seed {seed}: {len(expected)} records agree over {ran} cycles, after "
                f"{LANES - 1} random power-ups, {len(run.losers)} of them at other times; "
                f"{speed:,.0f} cycles a second")
    spent = time.process_time() - started
    print(f"{programs - failures} of {programs} programs agree: {records:,} records, {cycles:,} "
          f"cycles, each in {LANES} lanes; {late} of {programs * (LANES - 1)} power-ups guessed "
          f"otherwise; {cycles / max(1e-9, spent):,.0f} cycles a second")
    return failures


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="gates", description="run random programs on the synthesised netlist of a machine, "
        "and compare its records with those of the hardware as written")
    parser.add_argument("--first", type=int, default=0, metavar="SEED",
                        help="seed of the first program (default: %(default)s)")
    parser.add_argument("--count", type=int, default=8, metavar="N",
                        help="programs (default: %(default)s)")
    options = parser.parse_args(argv)
    if options.first < 0 or options.count < 1:
        parser.error("--first must be at least 0, and --count at least 1")
    try:
        return 1 if campaign(options.first, options.count) else 0
    except (BuildError, GateError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
