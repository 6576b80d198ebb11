"""What became of all cases that have names (mutants), in all campaigns: a table of the manual."""

import re
from collections import Counter
from collections.abc import Mapping

from campaign.kind import Kind
from campaign.mutants.kind import CPU_SECONDS
from campaign.store import Store

__all__ = ["BEGIN", "END", "totals_into"]

BEGIN, END = "<!-- totals: python -m campaign report --figures -->", "<!-- end of totals -->"
HEAD = """\
| kind | of | judged | killed | survived | equivalent | the same | not built | rate | seconds |
|---|---|---|---|---|---|---|---|---|---|"""


def totals_into(text: str, store: Store, kinds: Mapping[str, Kind]) -> tuple[str, set[str]]:
    """A page with the totals between its marks, and which kinds stand there. A row of a kind stays
    that these results know nothing of; without marks, all stays."""
    if BEGIN not in text:
        return text, set()
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    rows = {row[1]: row[0] for row in re.finditer(r"^\| `(.+?)` \|.*$", old, re.M)}
    for name, fates in store.fates().items():
        kind = kinds.get(name)
        if kind is not None and kind.names is not None:
            rows[name] = _row(store, kind, fates)
    order = [name for name in kinds if name in rows]
    if not order:
        return text, set()
    table = "\n".join([HEAD, *(rows[name] for name in order)])
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", set(order)


def _row(store: Store, kind: Kind, fates: Mapping[str, str]) -> str:
    """A kind's row: of the cases that there still are."""
    names = set(kind.names() if kind.names else ())
    of = Counter(fate for name, fate in fates.items() if name in names)
    found, missed = of["killed"], of["survived"]
    seeds = sum(store.seeds(one.id).get(kind.name, (0, 0))[0] for one in store.campaigns())
    seconds = sum(store.counts(one.id).get(kind.name, {}).get(CPU_SECONDS, 0)
                  for one in store.campaigns())
    cells: list[str | int] = [
        f"`{kind.name}`", len(names), of.total(), found, missed, of["equivalent"],
        of["compiled to the same"], of["not built"],
        f"{100 * found / (found + missed):.1f} %" if found + missed else "",
        f"{seconds / seeds:.1f}" if seeds else ""]
    texts = [f"{cell:,}" if isinstance(cell, int) else cell for cell in cells]
    return f"| {' | '.join(texts)} |"
