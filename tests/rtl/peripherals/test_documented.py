"""docs/peripherals.md agrees with the components."""

# amaranth: UnusedElaboratable=no

import re
from pathlib import Path

import pytest
from amaranth import Shape
from amaranth.lib import stream

from isa import events
from isa.config import MachineConfig
from isa.machine import PERIPHERALS
from rtl.peripherals import tokens
from rtl.peripherals.table import MAKERS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "peripherals.md").read_text()


def rows(title):
    """Cells of the table whose header begins with these words."""
    lines = PAGE.split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith(f"| {title}"))
    table = []
    for line in lines[at + 2:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return table


def test_every_peripheral_but_the_mmu_has_a_component():
    assert [*MAKERS] == [kind.name for kind in PERIPHERALS if kind.name != "mmu"]


def test_the_table_of_streams_is_that_of_the_components():
    found = []
    for name, make in MAKERS.items():
        for port, member in make(MachineConfig()).signature.members.items():
            if member.is_signature and isinstance(member.signature, stream.Signature):
                shape = member.signature.members["payload"].shape
                found.append([f"{name}_{port}", member.flow.name.lower(),
                              str(Shape.cast(shape).width)])
    assert sorted(row[:3] for row in rows("stream")) == sorted(found)


def test_the_payloads_are_those_of_the_components():
    for stream_name, _, bits, payload in rows("stream"):
        if hasattr(tokens, payload):
            assert str(Shape.cast(getattr(tokens, payload)).width) == bits, stream_name
        else:
            assert payload in ("1: stop", "the octet")


@pytest.mark.parametrize("name", ["BufferedToHost", "BufferedFromHost", "DisplayToHost",
                                  "BlockToHost", "BlockFromHost"])
def test_the_kinds_are_those_of_the_tokens(name):
    cells = next(row[1:] for row in rows("| kind 0") if row[0] == name)
    documented = {n: cell.split()[0].rstrip(":,") for n, cell in enumerate(cells) if cell}
    assert documented == {kind.value: kind.name for kind in getattr(tokens, f"{name}Kind")}
    # Above 32 bits of data.
    struct = getattr(tokens, name)
    kind = list(getattr(tokens, f"{name}Kind"))[1]
    assert struct.const({"kind": kind, "data": 5}).as_value().value == 1 << 32 | 5


def test_the_table_of_events_is_that_of_the_constants():
    table = [line for line in PAGE.split("\n") if line.startswith("|")]
    at = table.index("| peripheral | ARG | change |")
    assert all(line in events.__doc__.split("\n") for line in table[at:at + 15])
    documented = dict(re.findall(r"`([A-Z_]+)` (\d)\b", PAGE))
    assert documented == {kind.name: str(kind.value) for kind in events.EventKind}
    flags = dict(re.findall(r"`([A-Z]+)` (0x[0-9A-F]+)", PAGE))
    assert flags == {flag.name: f"{flag.value:#x}" for flag in events.SerialEvent
                     if flag.value != 0xFF}


def test_the_peripherals_without_events_are_those_that_the_page_names():
    without = [name for name, make in MAKERS.items()
               if "event" not in make(MachineConfig()).signature.members]
    [named] = re.findall(r"(\w+(?:, \w+)*) and MMU have no events\.", PAGE)
    assert without == named.lower().split(", ")


def test_what_raises_an_interrupt_is_what_the_machine_says():
    raising = {name for name, make in MAKERS.items()
               if "irq" in make(MachineConfig()).signature.members}
    assert raising == {kind.name for kind in PERIPHERALS if kind.interrupt is not None}
