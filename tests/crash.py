"""`make crash`: cut the power at every sector write, check each disk, mount it on the machine."""

import argparse
import random
import sys

from tests.support.crash import (
    allowed_states,
    cut_points,
    disk_at,
    mounted,
    record,
    verify,
    workload,
)
from tests.support.torn import mount_torn, torn_states, triples, verify_torn

MOUNT_TORN = 200    # every so many torn disks the machine mounts one
QUINIX_EVERY = 10   # and of so many triples one is done on a disk in Quinix's layout, too


def main() -> int:
    """Try every cut; 0 if each disk kept the promises."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=main.__doc__)
    parser.add_argument("--only", choices=("cuts", "torn"), help="default: both")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--commands", type=int, default=520)
    parser.add_argument("--every", type=int, default=1, metavar="N",
                        help="mount every N-th disk on the machine (default: %(default)s)")
    parser.add_argument("--triples", type=int, default=len(triples()), metavar="N",
                        help="try so many triples of operations with torn sectors (default: all)")
    options = parser.parse_args()
    failures = 0
    if options.only != "torn":
        failures += _cuts(options)
    if options.only != "cuts":
        failures += _torn(options)
    return 1 if failures else 0


def _cuts(options: argparse.Namespace) -> int:
    """Cuts between two writes of a long workload; how many disks failed."""
    recording = record(workload(options.seed, options.commands))
    points = cut_points(recording)
    rng = random.Random(options.seed)
    failures = mounts = 0
    for writes in points:
        states = allowed_states(recording, writes)
        problems = [("cut", verify(disk_at(recording, writes), states)),
                    ("lost writes", verify(disk_at(recording, writes, rng), states))]
        if writes % options.every == 0:
            mounts += 1
            problems.append(("mounted", mounted(disk_at(recording, writes), states)))
        for kind, problem in problems:
            if problem is not None:
                failures += 1
                print(f"behind write {writes}, {kind}: {problem}")
        _tell_progress(writes + 1, len(points))
    print(f"{len(points)} power cuts, {len(points)} with lost writes, {mounts} mounted by the "
          f"machine: {failures} failures")
    return failures


def _torn(options: argparse.Namespace) -> int:
    """Cuts in the midst of a write, for triples of operations; how many disks failed."""
    chosen = triples()
    if options.triples < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.triples)
    failures = states = mounts = 0
    for done, names in enumerate(chosen):
        for layout in ("ours", "quinix")[:1 if done % QUINIX_EVERY else 2]:
            for place, disk, allowed in torn_states(names, layout):
                states += 1
                problem = verify_torn(disk, allowed)
                if problem is None and states % MOUNT_TORN == 0:
                    mounts += 1
                    problem = mount_torn(disk, allowed)
                if problem is not None:
                    failures += 1
                    print(f"{layout}: {place}: {problem}", flush=True)
        _tell_progress(done + 1, len(chosen))
    print(f"{states} torn sectors in {len(chosen)} triples of operations, {mounts} mounted by the "
          f"machine: {failures} failures")
    return failures


def _tell_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
