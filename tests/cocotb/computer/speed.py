"""How fast the benches run, beside Verilator alone on the same Verilog: `-m …speed` prints a table.

Processor time, the better of `TIMES` runs each, in turn: the machine may be busy with other things.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path

from sim.verilog import RAM, memory_file
from tests.cocotb.computer.configs import DEFAULT
from tests.cocotb.computer.page import put_table
from tests.cocotb.computer.regression import RUNS, computer, environment, main_say, model
from tests.cocotb.computer.top import SPLITS
from tests.support.cocotb_bench import compile_bench, read_results, run

__all__ = ["main"]

HERE   = Path(__file__).parent
TIMES  = 3
CYCLES = 1_000_000  # of the loop
MODULE = "tests.cocotb.computer.speed_runs"

LOOP = """
  constant r1 1
  constant r2 0x2000
  constant r3 @again
@again:
  load r4 r2
  add r4 r4 r1
  mul r5 r4 r4
  store r2 r4
  jmp r3
"""


def processor_s():
    """Processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def alone(folder, verilog):
    """A program that runs the loop in Verilator without cocotb."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "loop.qasm").write_text(LOOP)
    (folder / "loop.hex").write_text(memory_file(str(folder / "loop.qasm")))
    design = verilog.partition("\nmodule simulated_ram")[0]
    (folder / "soc.v").write_text("\n".join([design, RAM.read_text()]))
    program = compile_bench(folder, [folder / "soc.v"], top="soc", main=HERE / "alone.cpp",
                            splits=SPLITS, optimise="-O3")
    return [str(program), f"+memory={folder / 'loop.hex'}", f"+cycles={CYCLES}"]


def main(argv):
    """Measure and print; with `--page` into docs/cocotb.md as well."""
    bench, facts = computer(DEFAULT, main_say)
    folder, work = model(bench, main_say), RUNS / "speed"
    command = alone(work / "alone", bench.verilog)
    rows = {}
    for _ in range(TIMES):
        before = processor_s()
        subprocess.run(command, check=True, capture_output=True)
        keep(rows, "Verilator alone, a loop", CYCLES / (processor_s() - before))
        for scoreboard in (False, True):
            found = measured(bench, folder, work, facts, scoreboard)
            for name, speed in found.items():
                keep(rows, f"{name}, {'with' if scoreboard else 'without'} scoreboard", speed)
    first = rows["Verilator alone, a loop"]
    lines = ["| | cycles a second | of Verilator alone |", "|---|---|---|",
             *(f"| {name} | {speed:,.0f} | {speed / first:.2f} |" for name, speed in rows.items())]
    print(*lines, sep="\n")
    if argv == ["--page"]:
        put_table("speed", lines)
    return 0


def keep(rows, name, speed):
    rows[name] = max(speed, rows.get(name, 0))


def measured(bench, folder, work, facts, scoreboard):
    """Cycles a second of each of `MODULE`'s tests, by name."""
    told = work / "speeds.json"
    runner, results = run(bench, folder, [MODULE], work, seed=1, environment=environment(
        facts, work, scoreboard=scoreboard, told=str(told), loop=memory_words(), cycles=CYCLES))
    failed, count = read_results(results)
    if failed or not count:
        raise RuntimeError(runner.output)
    return json.loads(told.read_text())


def memory_words():
    """The loop as words."""
    from toolchain.qasm import assemble
    from toolchain.source import Source
    return [int(word) for word in assemble([Source("loop.qasm", LOOP)]).words]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
