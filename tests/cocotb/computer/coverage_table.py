"""The coverage of all runs so far, as a table for people and for docs/cocotb.md."""

import xml.etree.ElementTree as ElementTree

__all__ = ["coverage_table"]

# What each point is about; the points themselves are in coverage.py.
ABOUT = {
    "quince.instructions.process": "each instruction, retired in a process",
    "quince.instructions.kernel":  "each instruction, retired in the kernel",
    "quince.faults":               "each reason of a fault, in a process",
    "quince.interrupts":           "each source of interrupts, in a process and in the kernel",
    "quince.calls":                "each system call",
    "quince.failed_calls":         "each system call that can fail, failing",
    "quince.walker.list.interrupted": "an interrupt in each state of the walker of page tables",
    "quince.walker.list.abandoned": "a walk abandoned in each state of the walker",
    "quince.walker.two_level.interrupted": "an interrupt in each state of the two-level walker",
    "quince.walker.two_level.abandoned": "a walk abandoned in each state of the two-level walker",
    "quince.disk":                 "each operation of the disk, done and failed, at once and late",
    "quince.keys":                 "a key pressed and released, in each word of the keyboard",
}


def coverage_table(path):
    """Markdown: a row for each point, with how many of its bins were met and which were not.

    Points of computers that did not run are left out.
    """
    by_name = {item.get("abs_name"): item for item in ElementTree.parse(path).iter()}
    rows = ["| point | met | not met |", "|---|---|---|"]
    for name, about in ABOUT.items():
        item = by_name.get(f"top.{name}")
        if item is None:
            continue
        bins = {bin_.get("bin"): int(bin_.get("hits")) for bin_ in item if "bin" in bin_.tag}
        missed = ", ".join(text for text, hits in bins.items() if not hits)
        rows.append(f"| {about} | {sum(map(bool, bins.values()))} of {len(bins)} | {missed} |")
    return "\n".join(rows)
