"""Carries out proofs, and shows that each finds its bugs: `python -m tests.formal [name...]`."""

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple

from tests.formal.page import PAGE, Figures, updated
from tests.formal.prover import Bug, Proof, ProofError, plant, warm_up

# What a process that carries out a proof says of one that fails; 1 is what Python says of itself.
FAILS = 3

MODULES = ("units", "fetch", "steps", "traps", "core", "mmu", "translation", "fpu", "fpu_steps",
           "memory", "peripherals", "uart")


def proofs() -> dict[str, Proof]:
    """All proofs by name, in order."""
    return {proof.name: proof for module in MODULES
            for proof in importlib.import_module(f"tests.formal.{module}").PROOFS}


def child(name: str, bug: str | None, files: str) -> int:
    """Carry out one proof in this process; its status says whether it holds."""
    if bug is not None:
        plant(Bug(*json.loads(bug)))  # before anything imports the hardware
    try:
        return 0 if proofs()[name].holds(files) else FAILS
    except ProofError as error:
        print(f"formal: {error}", file=sys.stderr)
        return 2


def attempt(proof: Proof, bug: int | None,
            say: Callable[[str], None] = print) -> tuple[bool, float, str]:
    """Carry out a proof in a process of its own, and say how it went; whether that was right, how
    much processor time it took, and what was said."""
    command = [sys.executable, "-m", "tests.formal", "--child", proof.name]
    about = ""
    if bug is not None:
        planted = proof.bugs[bug]
        command += ["--bug", json.dumps(astuple(planted)), "--files", f"{proof.name}.{bug}"]
        about = f" with {planted.new!r} for {planted.old!r} in {planted.path}"
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with process.stderr:
        complaints = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)  # of this process and its own alone
    spent    = usage.ru_utime + usage.ru_stime
    status   = process.returncode = os.waitstatus_to_exitcode(status)
    verdict  = {0: "holds", FAILS: "fails"}.get(status, "could not be carried out")
    is_right = status == (0 if bug is None else FAILS)
    told = "\n".join([f"{'ok ' if is_right else 'NOT'} {proof.name:18} {verdict}{about}, "
                      f"{spent:.0f} s", *([] if is_right else [complaints])])
    say(told)
    return is_right, spent, told


def write(attempts: list[tuple[Proof, int | None]], results: list[tuple[bool, float, str]]) -> None:
    """Write into the page what was found out about proofs that hold and find all of their bugs."""
    tried: dict[str, dict[int | None, tuple[bool, float, str]]] = {}
    for (proof, bug), result in zip(attempts, results, strict=True):
        tried.setdefault(proof.name, {})[bug] = result
    known = proofs()
    PAGE.write_text(updated(PAGE.read_text(), {
        name: Figures(known[name].cycles, found[None][1], len(found) - 1)
        for name, found in tried.items()
        if len(found) == 1 + len(known[name].bugs) and all(right for right, *_ in found.values())}))


def main(argv: list[str] | None = None) -> int:
    """Carry out the proofs named, or all."""
    parser = argparse.ArgumentParser(prog="formal", description="prove the hardware right")
    parser.add_argument("names", nargs="*", metavar="proof",
                        help="which ones (default: all)")
    parser.add_argument("--no-bugs", action="store_true", help="leave the planted bugs out")
    parser.add_argument("--write", action="store_true",
                        help="write the figures of proofs that went right into docs/formal.md")
    parser.add_argument("--child", metavar="proof", help=argparse.SUPPRESS)
    parser.add_argument("--bug", help=argparse.SUPPRESS)
    parser.add_argument("--files", help=argparse.SUPPRESS)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), metavar="n",
                        help="how many at a time (default: one a core)")
    options = parser.parse_args(argv)
    if options.child:
        return child(options.child, options.bug, options.files or options.child)

    known = proofs()
    unknown = set(options.names) - set(known)
    if unknown:
        parser.error(f"no such proof: {', '.join(sorted(unknown))}; "
                     f"there are {', '.join(known)}")
    attempts = [(known[name], bug) for name in options.names or known
                for bug in (None, *(() if options.no_bugs else range(len(known[name].bugs))))]
    warm_up()
    with ThreadPoolExecutor(options.jobs) as threads:
        results = list(threads.map(
            lambda one: attempt(*one, say=lambda line: print(line, flush=True)), attempts))
    if options.write:
        write(attempts, results)
    failed = sum(not is_right for is_right, *_ in results)
    print(f"formal: {len(results) - failed} of {len(results)} went right, "
          f"{sum(spent for _, spent, _ in results) / 60:.0f} min of processor time",
          file=sys.stderr)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
