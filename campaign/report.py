"""What came of a campaign: a page for people, and a table for the manual."""

import platform
import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, StrictUndefined, select_autoescape

from campaign.kind import Failure
from campaign.kinds import KINDS
from campaign.store import Campaign, Store
from campaign.totals import totals_into

__all__ = ["BEGIN", "END", "Summary", "figures_into", "summaries", "table", "write_page"]

TEMPLATE   = Path(__file__).with_name("page.html.j2")
BEGIN, END = "<!-- figures: python -m campaign report --figures -->", "<!-- end of figures -->"


@dataclass
class Summary:
    """What came of one kind. `last` is the same of the campaign before, if it had the kind."""
    name:     str
    about:    str
    unit:     str
    seeds:    int
    seconds:  float
    counts:   dict[str, int]
    cells:    dict[str, int]
    failures: list[Failure] = field(default_factory=list)
    last:     "Summary | None" = None

    @property
    def rate(self) -> float:
        """Seeds a second of one worker."""
        return self.seeds / self.seconds if self.seconds else 0.0

    @property
    def met(self) -> int:
        return sum(count > 0 for count in self.cells.values())

    @property
    def never_met(self) -> list[str]:
        return [cell for cell, count in self.cells.items() if not count]

    @property
    def change_percent(self) -> float | None:
        """Of the rate since the last campaign."""
        if self.last is None or not self.last.rate or not self.rate:
            return None
        return (self.rate / self.last.rate - 1) * 100

    def count_rates(self) -> list[tuple[str, int, float]]:
        """What was counted, and how much of it in a second of one worker."""
        return [(name, count, count / self.seconds if self.seconds else 0.0)
                for name, count in self.counts.items()]

    def command(self, seed: int) -> str:
        return KINDS[self.name].command(seed) if self.name in KINDS else ""

    def is_new(self, failure: Failure) -> bool:
        """Whether the last campaign had examined this and not failed, or had not had it."""
        return self.last is None or all(old.seed != failure.seed for old in self.last.failures)


def summaries(store: Store, campaign: Campaign, *, compare: bool = True) -> dict[str, Summary]:
    """By kind, in the order of the table of kinds."""
    counts, cells = store.counts(campaign.id), store.cells(campaign.id)
    found = {}
    for name, (seeds, seconds) in store.seeds(campaign.id).items():
        kind = KINDS.get(name)
        found[name] = Summary(name, kind.about if kind else "", kind.unit if kind else "seeds",
                              seeds, seconds, counts.get(name, {}), cells.get(name, {}))
    for name, failure in store.failures(campaign.id):
        found[name].failures.append(failure)
    if compare:
        for before in store.campaigns():
            if before.id < campaign.id:
                for name, summary in summaries(store, before, compare=False).items():
                    if name in found:
                        found[name].last = summary
    order = {name: number for number, name in enumerate(KINDS)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))


def write_page(store: Store, campaign: Campaign, path: Path) -> None:
    """Write the page of a campaign."""
    environment = Environment(autoescape=select_autoescape(default=True),
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string(TEMPLATE.read_text()).render(
        campaign=campaign, kinds=list(summaries(store, campaign).values()),
        workers=store.workers(campaign.id), machine=platform.machine(),
        started=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(campaign.started)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def table(store: Store, campaign: Campaign, without: Collection[str] = ()) -> str:
    """The figures of a campaign as a table of the manual; some kinds are left out."""
    lines = [f"Campaign of {time.strftime('%Y-%m-%d', time.gmtime(campaign.started))}, "
             f"{campaign.spent_s / 60:.0f} minutes, {store.workers(campaign.id)} workers, sources "
             f"`{campaign.version}`:", "",
             "| kind | what | how many | a second | also | met | failures |",
             "|---|---|---|---|---|---|---|"]
    for one in summaries(store, campaign).values():
        if one.name in without:
            continue
        also = ", ".join(f"{count:,} {name}" for name, count in one.counts.items()
                         if not name.startswith("ended"))
        met = f"{one.met} of {len(one.cells)}" if one.cells else ""
        lines.append(f"| `{one.name}` | {one.about} | {one.seeds:,} {one.unit} | {one.rate:.2g} | "
                     f"{also} | {met} | {len(one.failures)} |")
    return "\n".join(lines)


def figures_into(path: Path, store: Store, campaign: Campaign) -> None:
    """Put tables between the marks of a page of the manual: of a campaign, and of those before it,
    also of those that only the page knows, for the kinds that have not been tried since; and how
    many records of the hardware all of them have compared with the model. What stands among the
    totals of all campaigns stands there alone."""
    text, totalled = totals_into(path.read_text(), store, KINDS)
    before, old, after = text[:text.index(BEGIN)], text[text.index(BEGIN):text.index(END)], \
        text[text.index(END):]
    tables, told = [], set(totalled)
    for one in reversed(store.campaigns()):
        kinds = set(store.seeds(one.id))
        if one.id <= campaign.id and not kinds <= told:
            tables.append(table(store, one, told))
            told |= kinds
    tables += _tables_without(old, told)
    records = sum(int(count.replace(",", "")) for one in tables
                  for count in re.findall(r"([\d,]+) records", one))
    sums = [f"Hardware and model agree on {records:,} records in lockstep: instructions, faults, "
            "interrupts\nand events of devices."] if records else []
    path.write_text("\n\n".join([f"{before}{BEGIN}", *sums, *tables, after]))


def _tables_without(old: str, told: Collection[str]) -> list[str]:
    """Tables of a page, without the rows of some kinds."""
    left = []
    for one in re.findall(r"^Campaign of .*\n(?:\n|\|.*\n)+", old, re.M):
        lines = [line for line in one.rstrip("\n").split("\n")
                 if not (row := re.match(r"\| `(.+?)` \|", line)) or row[1] not in told]
        if lines[-1].startswith("| `"):
            left.append("\n".join(lines))
    return left
