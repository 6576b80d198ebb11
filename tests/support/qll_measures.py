"""How good the compiled code is: of programs that tests run anyway, the words of the image and the
instructions until the end, as a table says.

A compiler that forgets to improve something gives right results all the same: only these numbers
show it. `python -m tests.support.qll_measures` writes the table anew; whoever changes the compiler
says in the commit which numbers changed, and why where they grew.
"""

import json
import random
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.qll import LEVELS, Outcome, build, header, run
from tests.support.qll_programs import program as random_program

__all__ = ["RANDOM", "check_measures", "measured"]

ROOT   = Path(__file__).parents[2]
TABLE  = Path(__file__).with_name("qll_measures.json")
RANDOM = range(40)  # seeds of random programs


@cache
def measured() -> dict[str, list[int]]:
    """By name and level: words, instructions."""
    table: dict[str, list[int]] = json.loads(TABLE.read_text())
    return table


def check_measures(name: str, level: int, outcome: Outcome) -> None:
    """What a program took must be what the table says of it."""
    key = f"{name} {level}"
    assert [outcome.words, outcome.instructions] == measured()[key], \
        f"{key}: words, instructions (python -m tests.support.qll_measures writes them anew)"


def _programs() -> Iterator[tuple[str, str, str]]:
    """Name, text, target."""
    for folder in ("bench/workloads", "bench/kernels", "tests/programs"):
        for path in sorted((ROOT / folder).glob("*.qll")):
            text = path.read_text()
            yield f"{path.parent.name}/{path.stem}", text, header(text, "Target", "none")
    for seed in RANDOM:
        yield f"random/{seed}", random_program(random.Random(seed)), "none"


def main() -> int:
    rows = []
    for name, text, target in _programs():
        for level in LEVELS:
            outcome = run(build([text], target, level))
            numbers = json.dumps([outcome.words, outcome.instructions])
            rows.append(f"{json.dumps(f'{name} {level}')}: {numbers}")
    TABLE.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
