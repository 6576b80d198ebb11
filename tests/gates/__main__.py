"""Run the netlist of a machine: `python -m tests.gates`."""

import argparse
import sys
import time
from itertools import count as naturals
from itertools import islice

from fpga.boards import NAMES, board_named
from sim.engine.build import BuildError
from sim.fuzz.generate import generate
from sim.gates.netlist import GateError
from sim.gates.simulation import LANES
from tests.gates.board import SLICE, BoardGates, NotedBoard, card_with, synthesised_board
from tests.gates.machine import (
    SILENCE_CYCLES,
    Gates,
    Judge,
    Reference,
    difference,
    program_of,
    synthesised,
)

MOST_CYCLES = 1_000_000  # of a board, for boot loader and program
TELL_CYCLES = 50_000


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
    fitting = ((seed, image) for seed in naturals(first)
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


def board_campaign(name, first, programs):
    """Boot a board's netlist with so many programs on its card; how many of them failed."""
    path, failures, cycles, compared = synthesised_board(name, say), 0, 0, 0
    config  = board_named(name).config
    started = time.process_time()
    for seed in range(first, first + programs):
        program = generate(seed, config.machine, rounds=1).render()
        board = NotedBoard(name, card_with(program), say)
        say("compiling the netlist: a minute or two, if it is new")
        gates, wrong, told = BoardGates(path, name, board.widths, seed), None, 0
        while wrong is None and not board.has_ended and board.simulation.cycles < MOST_CYCLES:
            wrong = gates.follow(board.run(SLICE))
            if gates.cycles >= told:
                say(f"seed {seed}: the pins agree over {gates.cycles:,} cycles")
                told += TELL_CYCLES
        if wrong is None and not board.has_ended:
            wrong = f"the program has not ended after {board.simulation.cycles:,} cycles; the " \
                    f"board said {board.said.getvalue().decode('utf-8', 'replace')!r}"
        cycles, compared = cycles + gates.cycles, compared + gates.compared
        if wrong:
            failures += 1
            print(f"seed {seed}: {wrong}")
        gates.close()
        board.close()
    spent = time.process_time() - started
    print(f"{name}: {programs - failures} of {programs} programs agree at every pin: {cycles:,} "
          f"cycles, {compared:,} edges, each in {LANES} lanes; {cycles / max(1e-9, spent):,.0f} "
          "cycles a second")
    return failures


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="gates", description="run random programs on the synthesised netlist of a machine, "
        "and compare its records with those of the hardware as written")
    parser.add_argument("--board", choices=NAMES,
                        help="the netlist of a board's bitstream instead, pin by pin")
    parser.add_argument("--first", type=int, default=0, metavar="SEED",
                        help="seed of the first program (default: %(default)s)")
    parser.add_argument("--count", type=int, metavar="N",
                        help="programs (default: 8, of a board 1)")
    options = parser.parse_args(argv)
    count = options.count if options.count is not None else 1 if options.board else 8
    if options.first < 0 or count < 1:
        parser.error("--first must be at least 0, and --count at least 1")
    try:
        if options.board:
            return 1 if board_campaign(options.board, options.first, count) else 0
        return 1 if campaign(options.first, count) else 0
    except (BuildError, GateError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
