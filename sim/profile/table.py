"""A profile as tables for the terminal, and two of them side by side."""

from collections.abc import Iterator

from sim.profile.report import CAUSES, Cost, Profile

__all__ = ["comparison", "tables"]

MOST_ROWS    = 20  # of a table
MOST_CAUSES  = 6   # columns
LEAST_SHARE  = 0.0005


def tables(profile: Profile) -> Iterator[str]:
    """The lines: causes, processes, functions, lines or instructions."""
    total = profile.total()
    cycles = int(total.sum())
    cpi = f"{cycles / profile.instructions:.3f}" if profile.instructions else "no"
    yield (f"{profile.program}: {cycles:,} cycles, {profile.instructions:,} instructions, {cpi} "
           "cycles an instruction")
    yield ""
    yield f"{'cycles':>14} {'share':>6}  where they went"
    for n in sorted(range(len(total)), key=lambda n: -int(total[n])):
        if total[n]:
            yield (f"{int(total[n]):14,} {_share(int(total[n]), cycles)}  "
                   f"{CAUSES[profile.causes[n]][1]}")
    yield f"{cycles:14,} {_share(cycles, cycles)}  all"
    processes = profile.by_process()
    if len(processes) > 1:
        yield from _table(profile, "process, with the kernel's work for it", processes)
    functions = profile.by(lambda row: (row.place.process, row.place.function))
    yield from _table(profile, "function",
                      {_named(profile, *key): cost for key, cost in functions.items()})
    lines = profile.by(lambda row: (row.place.file, row.place.line, row.place.function))
    if any(file for file, _, _ in lines):
        yield from _table(profile, "line",
                          {f"{file}:{line} {function}" if file else function: cost
                           for (file, line, function), cost in lines.items()})
    instructions = profile.by(lambda row: (row.place.process, row.address, row.text,
                                           row.place.function))
    yield from _table(profile, "instruction",
                      {f"{address:08x} {text:28} {_named(profile, process, function)}": cost
                       for (process, address, text, function), cost in instructions.items()})


def _named(profile: Profile, process: str, function: str) -> str:
    return f"{process}: {function}" if any(row.place.process != process
                                           for row in profile.rows[:1] + profile.rows[-1:]) \
        else function


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):5.1f}%"


def _columns(total: Cost) -> list[int]:
    """The causes that a table has room for: the dearest, in their usual order."""
    dear = sorted(range(1, len(total)), key=lambda n: -int(total[n]))
    return [0, *sorted(n for n in dear[:MOST_CAUSES] if total[n])]


def _table(profile: Profile, name: str, costs: dict[str, Cost]) -> Iterator[str]:
    total = profile.total()
    cycles, columns = int(total.sum()), _columns(total)
    headings = " ".join(f"{CAUSES[profile.causes[n]][0]:>10}" for n in columns)
    yield ""
    yield f"{'cycles':>14} {'share':>6} {headings} {'others':>8}  {name}"
    shown = [(key, cost) for key, cost in costs.items()
             if int(cost.sum()) >= LEAST_SHARE * cycles][:MOST_ROWS]
    for key, cost in shown:
        yield _line(cost, cycles, columns, key)
    if len(costs) > len(shown):
        rest = total - sum((cost for _, cost in shown), total * 0)
        yield _line(rest, cycles, columns, f"({len(costs) - len(shown):,} more)")


def _line(cost: Cost, cycles: int, columns: list[int], name: str) -> str:
    own = int(cost.sum())
    parts = " ".join(f"{int(cost[n]):10,}" for n in columns)
    others = own - sum(int(cost[n]) for n in columns)
    return f"{own:14,} {_share(own, cycles)} {parts} {others:8,}  {name}"


# --- two profiles --------------------------------------------------------------------------------

def comparison(before: Profile, after: Profile) -> Iterator[str]:
    """The lines that say what has become dearer or cheaper from one run to the other."""
    old, new = int(before.total().sum()), int(after.total().sum())
    yield f"before: {before.program}: {old:,} cycles, {before.instructions:,} instructions"
    yield f"after:  {after.program}: {new:,} cycles, {after.instructions:,} instructions"
    yield f"{_change(old, new)} cycles"
    yield from _changes("cause", {CAUSES[name][1]: (int(cost_before), int(cost_after))
                                  for name, cost_before, cost_after in _by_cause(before, after)})
    for name, key in (("function", lambda row: row.place.function),
                      ("line", lambda row: f"{row.place.file}:{row.place.line} "
                                           f"{row.place.function}")):
        costs = before.by(key), after.by(key)
        if name == "line" and not any(row.place.file for row in after.rows):
            continue
        yield from _changes(name, {
            one: (int(costs[0][one].sum()) if one in costs[0] else 0,
                  int(costs[1][one].sum()) if one in costs[1] else 0)
            for one in {**costs[0], **costs[1]}})


def _by_cause(before: Profile, after: Profile) -> Iterator[tuple[str, int, int]]:
    old = dict(zip(before.causes, before.total().tolist(), strict=True))
    new = dict(zip(after.causes, after.total().tolist(), strict=True))
    for name in {**old, **new}:
        yield name, old.get(name, 0), new.get(name, 0)


def _changes(name: str, costs: dict[str, tuple[int, int]]) -> Iterator[str]:
    changed = sorted(((old, new, key) for key, (old, new) in costs.items() if old != new),
                     key=lambda one: -abs(one[1] - one[0]))
    yield ""
    yield f"{'before':>14} {'after':>14} {'change':>22}  {name}"
    for old, new, key in changed[:MOST_ROWS]:
        yield f"{old:14,} {new:14,} {_change(old, new):>22}  {key}"
    if len(changed) > MOST_ROWS:
        yield f"{'':53} ({len(changed) - MOST_ROWS:,} more)"
    if not changed:
        yield f"{'':53} (nothing has changed)"


def _change(old: int, new: int) -> str:
    share = f" ({100 * (new - old) / old:+.1f}%)" if old else ""
    return f"{new - old:+,}{share}"
