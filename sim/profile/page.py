"""A profile as one HTML page: the source, line by line, with what each line cost."""

import html
from collections.abc import Callable, Iterator
from pathlib import Path

from sim.profile.report import CAUSES, Cost, Profile, Row
from toolchain.places import ROOT

__all__ = ["page"]

MOST_FUNCTIONS = 60
MOST_LINES     = 20  # of all files, at the top

STYLE = """
:root { color-scheme: light dark; --line: #8883; --bar: #e07b39; --used: #4a8f5c; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1rem auto; max-width: 1500px;
       padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
table { border-collapse: collapse; font: 13px/1.5 ui-monospace, monospace; }
td, th { padding: 0 .6rem 0 0; text-align: right; vertical-align: top; white-space: nowrap; }
td:last-child, th:last-child { text-align: left; white-space: pre; padding-left: .4rem; }
tr.hot td { background: #e07b3922; } tr:hover td { background: #8882; }
tr.insn { color: #8a8a8a; }
.wide { overflow-x: auto; border-top: 1px solid var(--line); padding-top: .3rem; }
.bar { display: inline-flex; width: 7rem; height: .7rem; background: #8882; }
.bar i { background: var(--used); } .bar b { background: var(--bar); }
details { margin-top: 1rem; } summary { cursor: pointer; }
@media (max-width: 600px) { body { padding: 0 .5rem; font-size: 14px; }
  table { font-size: 11px; } .bar { width: 3.5rem; } }
"""


def page(profile: Profile, source: Callable[[str], list[str] | None]) -> Iterator[str]:
    """The page's lines. `source` gives the lines of a file, None if it is not to be had."""
    total = int(profile.total().sum())
    yield "<!doctype html><html lang=en><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width, initial-scale=1'>"
    yield f"<title>Profile of {html.escape(profile.program)}</title><style>{STYLE}</style>"
    yield f"<h1>Profile of {html.escape(profile.program)}</h1>"
    yield (f"<p>{total:,} cycles, {profile.instructions:,} instructions. Each cycle is put down to "
           "the instruction that was the next to be executed.</p>")
    yield "<h2>Where the cycles went</h2><div class=wide><table>"
    for n in sorted(range(len(profile.causes)), key=lambda n: -int(profile.total()[n])):
        cycles = int(profile.total()[n])
        if cycles:
            yield (f"<tr><td>{cycles:,}<td>{100 * cycles / total:.1f}%<td>{_bar(cycles, total, n)}"
                   f"<td>{html.escape(CAUSES[profile.causes[n]][1])}")
    yield "</table></div>"
    yield from _dearest(profile, source, total)
    files = profile.by(lambda row: row.place.file)
    for file in files:
        lines = source(file) if file else None
        if lines is not None:
            yield from _annotated(profile, file, lines, total)
    rest = [row for row in profile.rows if not row.place.file or source(row.place.file) is None]
    if rest:
        yield from _functions(profile, rest, total)


def _bar(cycles: int, total: int, cause: int) -> str:
    tag = "b" if cause else "i"
    share = 100 * cycles / max(total, 1)
    return f"<span class=bar><{tag} style='width:{share:.1f}%'></{tag}></span>"


def _causes(profile: Profile, cost: Cost) -> str:
    """A cost in words, for those who point at it."""
    return ", ".join(f"{int(cost[n]):,} {CAUSES[profile.causes[n]][0]}"
                     for n in sorted(range(len(cost)), key=lambda n: -int(cost[n])) if cost[n])


def _line(profile: Profile, cost: Cost | None, number: str, text: str, total: int,
          kind: str = "") -> str:
    if cost is None:
        return f"<tr><td><td><td><td>{number}<td>{html.escape(text)}</tr>"
    own, used = int(cost.sum()), int(cost[0])
    kind = kind or ("hot" if own * 100 > total else "")
    return (f"<tr class='{kind}' title='{html.escape(_causes(profile, cost), quote=True)}'>"
            f"<td>{own:,}<td>{100 * own / total:.1f}%"
            f"<td><span class=bar><i style='width:{100 * used / total:.2f}%'></i>"
            f"<b style='width:{100 * (own - used) / total:.2f}%'></b></span>"
            f"<td>{number}<td>{html.escape(text)}</tr>")


def _dearest(profile: Profile, source: Callable[[str], list[str] | None],
             total: int) -> Iterator[str]:
    """The lines of all files and programs that cost most, the dearest first."""
    places = profile.by(lambda row: (row.place.process, row.place.file, row.place.line))
    shown = [(place, cost) for place, cost in places.items() if place[1] and cost.sum()]
    if not shown:
        return
    yield "<h2>The lines that cost most</h2>"
    yield HEAD.format("program and line", "source")
    for (process, file, line), cost in shown[:MOST_LINES]:
        lines = source(file) or []
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        yield _line(profile, cost, html.escape(f"{process}: {file}:{line}"), text.strip(), total)
    yield "</table></div>"


HEAD = ("<div class=wide><table><tr><th>cycles<th>share<th>used, lost<th>{}<th>{}")


def _annotated(profile: Profile, file: str, lines: list[str], total: int) -> Iterator[str]:
    rows: dict[int, list[Row]] = {}
    for row in profile.rows:
        if row.place.file == file:
            rows.setdefault(row.place.line, []).append(row)
    own = sum(int(row.cost.sum()) for found in rows.values() for row in found)
    yield (f"<details{' open' if own * 50 > total else ''}><summary><b>{html.escape(file)}</b>: "
           f"{own:,} cycles, {100 * own / total:.1f}%</summary>")
    yield HEAD.format("line", "source")
    near = {near for number in rows for near in range(number - 3, number + 4)}
    was_shown = True
    for number, text in enumerate(lines, 1):
        if number not in near:
            if was_shown:
                yield "<tr><td><td><td><td>⋮<td>"
            was_shown = False
            continue
        was_shown = True
        found = rows.get(number)
        cost = sum((row.cost for row in found[1:]), found[0].cost) if found else None
        yield _line(profile, cost, str(number), text, total)
    yield "</table></div></details>"


def _functions(profile: Profile, rows: list[Row], total: int) -> Iterator[str]:
    """What has no source: instructions, function by function."""
    functions: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        functions.setdefault((row.place.process, row.place.function), []).append(row)
    dear = sorted(functions.items(), key=lambda item: -sum(int(row.cost.sum()) for row in item[1]))
    yield "<h2>Functions</h2>"
    for (process, function), found in dear[:MOST_FUNCTIONS]:
        own = sum(int(row.cost.sum()) for row in found)
        yield (f"<details{' open' if own * 20 > total else ''}><summary><b>{html.escape(function)}"
               f"</b> ({html.escape(process)}): {own:,} cycles, {100 * own / total:.1f}%</summary>")
        yield HEAD.format("address", "instruction")
        for row in found:
            yield _line(profile, row.cost, f"{row.address:08x}", row.text, total)
        yield "</table></div></details>"
    if len(dear) > MOST_FUNCTIONS:
        yield f"<p>and {len(dear) - MOST_FUNCTIONS:,} functions that cost less</p>"


def read_lines(file: str) -> list[str] | None:
    """The lines of a source file, if it is there; the project's own are found from anywhere."""
    try:
        path = Path(file)
        path = path if path.exists() else ROOT / path
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
