"""The machine's compiler against the host's: ``python -m tests.fuzz_qc``.

Random programs must give the same result through both, and programs with mistakes the same
messages. The first one that does not is written to build/fuzz/ and ends the run with status 1.
With ``--published`` it is every published program, the manual's, and the kernels of the benchmark.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.compiler import Case, on_the_host, on_the_machine
from tests.support.qll import run
from tests.support.qll_mutations import mutate
from tests.support.qll_programs import program
from toolchain.places import ROOT
from toolchain.targets import LIBRARY

__all__ = ["KERNELS", "first_difference", "generated", "main", "manual", "published"]

BATCH   = 50          # programs that are compiled in one session
BUDGET  = 5_000_000   # instructions of a program
KERNELS = sorted((ROOT / "bench" / "kernels").glob("*.qll"))


def generated(seed: int) -> Case:
    """A random program that is right."""
    return Case({"a.qll": program(random.Random(seed))})


def damaged(seed: int) -> Case:
    """A program that most likely is not."""
    return Case({"a.qll": mutate(random.Random(seed))}, "bare")


def published() -> list[Case]:
    """The language's published programs, if they are beside the repository."""
    path = ROOT.parent / "shared" / "cases" / "qll-cases.json"
    if not path.exists():
        return []
    found = []
    for case in json.loads(path.read_text())["cases"]:
        texts = [case["source"], *case.get("more_sources", [])]
        files = {f"source{index}.qll": text for index, text in enumerate(texts)}
        if "asm" in case:
            files["asm.qasm"] = case["asm"]
        found.append(Case(files, case["target"], case.get("stdin", [])))
    return found


def manual() -> list[Case]:
    """The programs on the language's page."""
    page = (ROOT / "docs" / "qll.md").read_text()
    blocks = re.findall(r"```([a-z-]+)\n(.*?)```", page, re.DOTALL)
    assembly = "".join(text for kind, text in blocks if kind == "qasm")
    found = []
    for kind, text in blocks:
        if kind not in ("qll", "qll-wrong"):
            continue
        files = {"example.qll": text}
        if "function triple(x: byte): byte;" in text:
            files["triple.qasm"] = assembly
        found.append(Case(files, "bare"))
    return found


def first_difference(cases: Sequence[Case]) -> tuple[Case, str] | None:
    """The first program that the two do not make the same of, and what each makes of it."""
    for case, machine in zip(cases, on_the_machine(cases), strict=True):
        host = on_the_host(case)
        wanted = host.messages.replace(f"{LIBRARY}/", "/lib/").replace("firmware/lib/", "/lib/")
        if machine.messages != wanted:
            return case, f"host:\n{wanted}\nmachine:\n{machine.messages}"
        if host.image is None:
            continue
        expected, given = (run(each.words, case.stdin, BUDGET) for each in (host, machine))
        if (expected.r0, expected.output) != (given.r0, given.output):
            return case, f"host:    {expected}\nmachine: {given}"
    return None


def main(argv: list[str] | None = None) -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(prog="fuzz_qc", description="compare the two compilers")
    parser.add_argument("-n", "--count", type=int, default=200,
                        help="how many programs (default: 200)")
    parser.add_argument("-s", "--seed", type=int, default=0, help="where to start (default: 0)")
    parser.add_argument("-d", "--damaged", action="store_true", help="programs with mistakes")
    parser.add_argument("-p", "--published", action="store_true",
                        help="the published programs, the manual's and the kernels instead")
    options = parser.parse_args(argv)
    if options.published:
        cases = [*published(), *manual(),
                 *(Case({path.name: path.read_text()}) for path in KERNELS)]
    else:
        make = damaged if options.damaged else generated
        cases = [make(seed) for seed in range(options.seed, options.seed + options.count)]
    for begin in range(0, len(cases), BATCH):
        print(f"fuzz_qc: programs {begin} to {min(begin + BATCH, len(cases)) - 1}", flush=True)
        difference = first_difference(cases[begin:begin + BATCH])
        if difference is not None:
            return _report(*difference)
    print(f"{len(cases)} programs: no difference")
    return 0


def _report(case: Case, what: str) -> int:
    folder = Path("build/fuzz/qc")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in case.files.items():
        (folder / name).write_text(text)
    print(f"{what}\nthe program is in {folder}, its target is {case.target}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
