"""Carries out proofs, and shows that each finds its bugs: `python -m tests.formal [name...]`."""

import argparse
import importlib
import json
import resource
import subprocess
import sys
from dataclasses import astuple

from tests.formal.prover import Bug, Proof, ProofError, plant

MODULES = ("units", "mmu", "fpu")


def proofs() -> dict[str, Proof]:
    """All proofs by name, in order."""
    return {proof.name: proof for module in MODULES
            for proof in importlib.import_module(f"tests.formal.{module}").PROOFS}


def child(name: str, bug: str | None) -> int:
    """Carry out one proof in this process; its status says whether it holds."""
    if bug is not None:
        plant(Bug(*json.loads(bug)))  # before anything imports the hardware
    try:
        return 0 if proofs()[name].holds() else 1
    except ProofError as error:
        print(f"formal: {error}", file=sys.stderr)
        return 2


def attempt(proof: Proof, bug: Bug | None) -> bool:
    """Carry out a proof in a process of its own, and say how it went; whether that was right."""
    command = [sys.executable, "-m", "tests.formal", "--child", proof.name]
    if bug is not None:
        command += ["--bug", json.dumps(astuple(bug))]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status = subprocess.run(command).returncode
    after  = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent  = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    verdict = {0: "holds", 1: "fails"}.get(status, "could not be carried out")
    is_right = status == (0 if bug is None else 1)
    about = "" if bug is None else f" with {bug.new!r} for {bug.old!r} in {bug.path}"
    print(f"{'ok ' if is_right else 'NOT'} {proof.name:22} {verdict}{about}, {spent:.0f} s",
          flush=True)
    return is_right


def main(argv: list[str] | None = None) -> int:
    """Carry out the proofs named, or all."""
    parser = argparse.ArgumentParser(prog="formal", description="prove the hardware right")
    parser.add_argument("names", nargs="*", metavar="proof",
                        help="which ones (default: all but open ones)")
    parser.add_argument("--no-bugs", action="store_true", help="leave the planted bugs out")
    parser.add_argument("--child", metavar="proof", help=argparse.SUPPRESS)
    parser.add_argument("--bug", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        return child(options.child, options.bug)

    known = proofs()
    unknown = set(options.names) - set(known)
    if unknown:
        parser.error(f"no such proof: {', '.join(sorted(unknown))}; "
                     f"there are {', '.join(known)}")
    failed = 0
    for name in options.names or [name for name in known if not known[name].is_open]:
        for bug in (None, *(() if options.no_bugs else known[name].bugs)):
            failed += not attempt(known[name], bug)
    if failed:
        print(f"formal: {failed} went wrong", file=sys.stderr)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
