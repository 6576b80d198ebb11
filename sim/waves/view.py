"""What a viewer shows first: rows laid out, with their names for values, for GTKWave and Surfer."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sim.waves.rows import Row

__all__ = ["open_view", "write_view"]

# What is shown, by headings: paths below the SoC, as far as they are there.
LAYOUT = {
    "Program":   ("text.process", "text.function", "spent", "flow"),
    "Fetch":     ("text.fetch", "core.fetch.f_ip", "core.fetch.translate__valid",
                  "core.fetch.translate__hit", "core.fetch.port__en", "core.fetch.port__done",
                  "core.queue.count"),
    "Decode":    ("text.decode", "core.decode.is_complete", "core.decode.waits"),
    "Execute":   ("text.execute", "core.execute.i__valid", "core.execute.i__ready",
                  "core.execute.ip", "core.execute.i__payload.control.unit",
                  "core.execute.i__payload.a", "core.execute.i__payload.b",
                  "core.execute.redirect.valid", "core.execute.redirect.ip",
                  "core.execute.load_store.fsm_state"),
    "Retire":    ("text.retire", "core.retire.i__valid", "core.retire.i__ready",
                  "core.retire.write__en", "core.retire.write__number",
                  "core.retire.write__value"),
    "Memory":    ("core.data_port__en", "core.data_port__write", "core.data_port__addr",
                  "core.data_port__w_data", "core.data_port__done", "core.data_port__r_data",
                  "core.arbiter.fsm_state"),
    "Traps":     ("core.traps.fsm_state", "core.traps.trap.cause", "core.traps.is_enabled",
                  "core.traps.translates", "mmu.base", "mmu.fsm_state"),
}

FILTERS = {  # of GTKWave, in a save file's lines of flags
    "hex": "@22", "binary": "@28", "text": "@820", "filter": "@2022",
}


def write_view(waves: Path, rows: Sequence[Row], first: int, end: int) -> list[Path]:
    """Write a save file for GTKWave and a file of commands for Surfer beside the waves, and for
    each enumeration a file that GTKWave translates its values by. Gives those to be opened.

    Raises `OSError`.
    """
    save, commands = waves.with_suffix(".gtkw"), waves.with_suffix(".sucl")
    names = waves.with_name(f"{waves.stem}.enums")
    shown = _shown(rows)
    filters: dict[tuple[str, tuple[tuple[int, str], ...]], Path] = {}
    for _, found in shown:
        for row in found:
            if row.members:
                filters.setdefault((row.enum, row.members),
                                   names / f"{row.enum or 'states'}{len(filters)}.txt")
    if filters:
        names.mkdir(exist_ok=True)
    for (_, members), path in filters.items():
        path.write_text("".join(f"{value:x} {name}\n" for value, name in members))
    save.write_text("\n".join(_gtkwave(waves, shown, filters, first)) + "\n")
    commands.write_text("\n".join(_surfer(shown, first, end)) + "\n")
    return [save, commands]


def _shown(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """The rows of the layout that there are, by heading."""
    by_path = {row.path.partition(".")[2]: row for row in rows}
    inner = {path.removeprefix("soc."): row for path, row in by_path.items()}
    found = {**inner, **by_path}
    return [(heading, [found[path] for path in paths if path in found])
            for heading, paths in LAYOUT.items()]


def _gtkwave(waves: Path, shown: list[tuple[str, list[Row]]],
             filters: dict[tuple[str, tuple[tuple[int, str], ...]], Path],
             first: int) -> list[str]:
    lines = ["[*] written by quince-sim", f'[dumpfile] "{waves.resolve()}"',
             f"[timestart] {first}", "*-6.0 0", "[sst_width] 220", "[signals_width] 320"]
    for heading, rows in shown:
        lines += ["@200", f"-{heading}"]
        for row in rows:
            if not row.width:
                lines += [FILTERS["text"], row.path]
            elif row.members:
                # The number before the file's name is that of the filter, from 1 on.
                path = filters[row.enum, row.members]
                lines += [FILTERS["filter"], f"^1 {path.resolve()}", _vector(row)]
            else:
                lines += [FILTERS["binary" if row.width == 1 else "hex"], _vector(row)]
    return lines


def _vector(row: Row) -> str:
    return row.path if row.width == 1 else f"{row.path}[{row.width - 1}:0]"


def _surfer(shown: list[tuple[str, list[Row]]], first: int, end: int) -> list[str]:
    lines = []
    for heading, rows in shown:
        lines += [f"divider_add {heading}", *(f"variable_add {row.path}" for row in rows)]
    return [*lines, f"goto_time {first}", "zoom_fit"]


def open_view(waves: Path) -> str | None:
    """Start a viewer with the layout; gives its name, None if none is installed."""
    for name, arguments in (("surfer", [str(waves), "-c", str(waves.with_suffix(".sucl"))]),
                            ("gtkwave", [str(waves), str(waves.with_suffix(".gtkw"))])):
        found = shutil.which(os.environ.get("QUINCE_WAVES", name))
        if found:
            subprocess.Popen([found, *arguments], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             start_new_session=True)
            return name
    return None
