"""Run the netlist of a machine: `python -m tests.gates`."""

import argparse
import sys
import time
from itertools import count, islice

from sim.engine.build import BuildError
from sim.gates.netlist import GateError
from sim.gates.simulation import LANES
from tests.gates.machine import Gates, Reference, difference, program_of, synthesised


def say(line):
    print(f"gates: {line}", file=sys.stderr, flush=True)


def campaign(first, programs):
    """Run so many programs; how many of them failed."""
    reference = Reference(say)
    path = synthesised(say)
    say("compiling the netlist: a minute or two, if it is new")
    gates = Gates(path)
    failures = cycles = records = 0
    started = time.process_time()
    fitting = ((seed, image) for seed in count(first)
               if (image := program_of(seed)) is not None)
    for seed, image in islice(fitting, programs):
        expected, ran = reference.run(image)
        began = time.process_time()
        seen, losers = gates.run(image, ran, seed)
        speed  = ran / max(1e-9, time.process_time() - began)
        wrong  = difference(expected, seen)
        cycles, records = cycles + ran, records + len(expected)
        if wrong is None and losers:
            lane, cycle = min(losers.items(), key=lambda item: item[1])
            wrong = (f"{len(losers)} of {LANES - 1} power-ups end in other records, the first, "
                     f"number {lane}, in cycle {cycle}")
        if wrong:
            failures += 1
            print(f"seed {seed}: {wrong}")
        else:
            say(f"seed {seed}: {len(expected)} records agree over {ran} cycles, after "
                f"{LANES - 1} random power-ups; {speed:,.0f} cycles a second")
    spent = time.process_time() - started
    print(f"{programs - failures} of {programs} programs agree: {records:,} records, {cycles:,} "
          f"cycles, each in {LANES} lanes; {cycles / max(1e-9, spent):,.0f} cycles a second")
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
