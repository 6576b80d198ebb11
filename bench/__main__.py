"""`python -m bench`: tables of how fast the engines simulate and how fast the processor is."""

import argparse
import sys

from bench.cycles import OTHERS, kernel_paths, measure_kernel
from bench.micro import MICRO, measure_micro
from bench.naive import PROGRAMS, measure_naive
from bench.regions import REGIONS, measure_regions
from bench.speed import measure_speeds

__all__ = ["main"]

# A Verilator model in a C++ loop of another core (Minerva with caches), on one idle processor core.
REFERENCE_MILLIONS = 6.2


def main(argv: list[str] | None = None) -> int:
    """Print the tables; returns 0, or 1 if a kernel's result is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    tables = {"speed": print_speeds, "history": print_history, "panel": print_panel,
              "kernels": print_kernels, "naive": print_naive, "micro": print_micro,
              "regions": print_regions, "system": print_system, "growth": print_growth,
              "compiler": print_compiler, "editor": print_editor}
    parser.add_argument("what", nargs="*", metavar="|".join(tables),
                        help="tables to print (default: all)")
    wanted = parser.parse_args(argv).what or list(tables)
    for name in wanted:
        if name not in tables:
            parser.error(f"there is no table {name!r}")
    try:
        for name in wanted:
            tables[name]()
    except ValueError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def print_speeds() -> None:
    """Engines."""
    print("Simulation, millions a second of processor time\n")
    print(f"{'engine':28} {'cycles':>8} {'instructions':>13} {'to Minerva, 6.2':>16} "
          f"{'to hardware':>12}")
    for speed in measure_speeds():
        share = "" if speed.share is None else f"{speed.share:12.3f}"
        print(f"{speed.name:28} {speed.cycles:8.2f} {speed.instructions:13.2f} "
              f"{speed.cycles / REFERENCE_MILLIONS:16.2f} {share}".rstrip())
    print()


def print_history() -> None:
    """Runs that can be gone back in."""
    from bench.history import measure_history
    print("Going back in time, on the hardware, in seconds of processor time\n")
    measured = measure_history()
    for name, value, unit in (
            ("cycles recorded", measured.cycles / 1e6, "million"),
            ("cost of recording", measured.cost * 100, "% of the speed"),
            ("snapshots", measured.snapshots, ""),
            ("their memory", measured.megabytes, "MB"),
            ("a step back from the present", measured.step_s, "s, the slowest of 10"),
            ("a step back from anywhere", measured.far_s, "s, the slowest of 5"),
            ("going anywhere", measured.jump_s, "s, the slowest of 5")):
        print(f"{name:30} {value:9.3f} {unit}".rstrip())
    print()


def print_editor() -> None:
    """What an editor waits for."""
    from bench.editor import measure_editor
    path, waiting = measure_editor()
    print(f"The language server on kernel/{path.name}, milliseconds of processor time\n")
    for what, took in waiting:
        print(f"{what:40} {took:7.1f}")
    print()


def print_panel() -> None:
    """A browser that looks."""
    from bench.panel import measure_panel
    print("A browser that looks at the running machine\n")
    print(f"{'view':12} {'% of the speed alone':>20} {'frames a second':>16}")
    for looked in measure_panel():
        print(f"{looked.view:12} {100 * looked.share:20.1f} {looked.frames:16.1f}")
    print()


def print_kernels() -> None:
    """Kernels, and how many cycles the best of the others needs for each of ours."""
    print("Kernels, second run; the others' are compiled by gcc -O2\n")
    print(f"{'kernel':8} {'by':6} {'cycles':>9} {'instructions':>13} {'CPI':>6} "
          f"{'PicoRV32':>9} {'VexRiscv':>9} {'Hazard3':>9} {'Hazard3/ours':>13}")
    for path in kernel_paths():
        result = measure_kernel(path)
        others = OTHERS[result.name]
        by = {"qll": "qllc", "qasm": "hand"}[result.language]
        print(f"{result.name:8} {by:6} {result.warm.cycles:9,} {result.warm.instructions:13,} "
              f"{result.warm.cpi:6.3f} " + " ".join(f"{other:9,}" for other in others)
              + f" {others[-1] / result.warm.cycles:13.2f}")
    print()


def print_naive() -> None:
    """Programs as a simple compiler makes them."""
    print("Code of a simple compiler: all variables in memory, each address from [r63]\n")
    print(f"{'program':10} {'cycles':>10} {'instructions':>13} {'CPI':>6}")
    for name in PROGRAMS:
        measured = measure_naive(name)
        print(f"{name:10} {measured.cycles:10,} {measured.instructions:13,} {measured.cpi:6.3f}")
    print()


def print_micro() -> None:
    """Kinds of instructions."""
    print("Cycles an instruction, of a piece of code that repeats\n")
    for micro in MICRO:
        measured = measure_micro(micro)
        print(f"{micro.name:34} {measured.cpi:6.2f}")
    print()


def print_regions() -> None:
    """Behind a page table, a load and an addition by the regions that are used in turn."""
    print("Cycles of a load and an addition, by the regions that are used in turn\n")
    for used, entries in REGIONS:
        measured = measure_regions(used, entries)
        print(f"{used:3} regions, table of {entries:3} entries {measured.cycles / used:8.2f}")
    print()


def print_system() -> None:
    """The operating system."""
    from bench import system
    print("Operating system, on the hardware\n")
    system.main()
    print()


def print_growth() -> None:
    """Costs of one size and of twice as much."""
    from bench.growth import measure_growth
    print("How costs grow: work of a size, and of twice as much\n")
    print(f"{'work':26} {'size':>18} {'cost':>12} {'of twice':>12} {'one more':>11} "
          f"{'exponent':>9}  wanted")
    for grown in measure_growth():
        digits = 0 if grown.what == "instructions" else 2
        print(f"{grown.name:26} {grown.size:>9,} {grown.unit:<8} {grown.cost:12,.{digits}f} "
              f"{grown.twice:12,.{digits}f} {grown.marginal:11,.2f} {grown.exponent:9.2f}  "
              f"{grown.wanted}".rstrip(), flush=True)
    print()


def print_compiler() -> None:
    """The compiler, and how its time grows."""
    from bench.compiler import measure_hello, measure_kernel_lines, measure_scaling
    print("The compiler, in seconds of processor time\n")
    for level in (0, 1, 2):
        print(f"{f'kernel, lines a second at -O{level}':34} {measure_kernel_lines(level):9,.0f}")
    print(f"{'qllc of the smallest program':34} {measure_hello():9.2f}\n")
    print(f"{'shape':24} {'level':>5} {'lines':>7} {'seconds':>8} {'of twice':>9} {'exponent':>9}")
    for scaling in measure_scaling():
        print(f"{scaling.name:24} {scaling.level:5} {scaling.lines:7,} {scaling.seconds:8.2f} "
              f"{scaling.twice:9.2f} {scaling.exponent:9.2f}", flush=True)
    print()


if __name__ == "__main__":
    sys.exit(main())
