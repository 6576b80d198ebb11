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


def main() -> int:
    """Try every cut; 0 if each disk kept the promises."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--commands", type=int, default=520)
    parser.add_argument("--every", type=int, default=1, metavar="N",
                        help="mount every N-th disk on the machine (default: %(default)s)")
    options = parser.parse_args()
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
        if sys.stderr.isatty():
            print(f"\r{writes + 1} of {len(points)}", end="", file=sys.stderr)
    print(f"{len(points)} power cuts, {len(points)} with lost writes, {mounts} mounted by the "
          f"machine: {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
