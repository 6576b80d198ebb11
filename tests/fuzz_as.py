"""The machine's assembler against the host's: ``python -m tests.fuzz_as``.

Random programs, half of them with mistakes, must give the same words or the same messages. The
first one that does not is written to build/fuzz/ and ends the run with status 1. With
``--repository`` it is every program in the repository, with what the compiler makes of the kernel
and the programs.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from system.build import KERNEL, kernel_sources
from system.constants import shared_qasm
from tests.support.assembler import Case, on_the_host, on_the_machine
from tests.support.qasm_programs import qasm_program
from toolchain.build import compile_program
from toolchain.files import read_source
from toolchain.places import FIRMWARE, ROOT
from toolchain.targets import TARGETS, library_sources

__all__ = ["first_difference", "generated", "main", "repository"]

BATCH = 100  # programs that are assembled in one session


def generated(seed: int) -> Case:
    """A random program of one file or two."""
    chance = random.Random(seed)
    damage = chance.choice([0, 0, 1, 6])
    return [(f"{name}.qasm", qasm_program(chance, chance.choice([12, 40, 80]), damage))
            for name in chance.choice(["a", "a", "ab"])]


def repository(*, compiled: bool) -> list[Case]:
    """The assembly of the repository, a program each; and what is compiled."""
    paths = [path for folder in ("firmware", "kernel", "tests", "bench")
             for path in sorted((ROOT / folder).rglob("*.qasm"))]
    cases: list[Case] = [[(path.name, path.read_text())] for path in paths]
    cases += [[(Path(source.name).name, source.text) for source in library_sources(target, ".qasm")]
              for target in TARGETS if target != "none"]
    if compiled:
        kernel = compile_program(kernel_sources(), lines=False)
        support = read_source(str(KERNEL / "support.qasm")).text
        cases.append([("support.qasm", support), ("shared.qasm", shared_qasm(kernel.tree).text),
                      ("kernel.qasm", kernel.text.text)])
        for path in sorted((FIRMWARE / "programs").glob("*.qll")):
            program = compile_program([read_source(str(path))], "user", lines=False)
            cases.append([("stubs.qasm", "".join(
                source.text for source in library_sources("user", ".qasm"))),
                (f"{path.stem}.qasm", program.text.text)])
    return cases


def first_difference(cases: Sequence[Case]) -> tuple[Case, str] | None:
    """The first program that the two do not make the same of, and what each makes of it."""
    for case, machine in zip(cases, on_the_machine(cases), strict=True):
        host = on_the_host(case)
        if host != machine:
            return case, (f"--- host\n{host.messages or host.image!r}\n"
                          f"--- machine\n{machine.messages or machine.image!r}\n")
    return None


def main(argv: list[str] | None = None) -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(prog="fuzz_as", description="assemble programs twice")
    parser.add_argument("-n", "--count", type=int, default=1000,
                        help="how many programs (default: 1000)")
    parser.add_argument("-s", "--seed", type=int, default=0, help="where to start (default: 0)")
    parser.add_argument("--repository", action="store_true",
                        help="the programs of the repository instead")
    options = parser.parse_args(argv)
    if options.repository:
        batches = [[case] for case in repository(compiled=True)]
    else:
        end = options.seed + options.count
        batches = [[generated(seed) for seed in range(first, min(first + BATCH, end))]
                   for first in range(options.seed, end, BATCH)]
    done = 0
    for batch in batches:
        found = first_difference(batch)
        if found is not None:
            case, text = found
            folder = ROOT / "build" / "fuzz"
            folder.mkdir(parents=True, exist_ok=True)
            for name, source in case:
                (folder / name).write_text(source)
            print(f"{text}the program is in {folder}", file=sys.stderr)
            return 1
        done += len(batch)
        print(f"{done} programs are the same", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
