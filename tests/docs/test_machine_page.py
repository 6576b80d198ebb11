"""The tables of docs/machine.md are those of the toolchain. Rewrite them with
`python -m tests.docs.test_machine_page`."""

import re
from pathlib import Path

from isa import ISA, machine
from isa.config import MachineConfig
from isa.machine import PERIPHERALS, Reason, window_addresses

PAGE = Path(__file__).resolve().parents[2] / "docs" / "machine.md"


def instructions():
    return [f"| {insn.opcode} | `{' '.join([insn.mnemonic, *insn.operands])}` | {insn.effect} |"
            for insn in ISA]


def memory():
    places = {
        machine.ENABLED: "interrupt words and table of handlers",
        machine.HANDLERS: "built-in handlers",
        machine.PERIPHERAL_TABLE: "table of peripherals",
        machine.WINDOWS: "windows of peripherals, one behind another",
        machine.PROGRAM: "program, and the rest of RAM",
    }
    return [f"| `{address:#06x}` | {what} |" for address, what in places.items()]


def interrupts():
    places = {
        machine.ENABLED: "0 masks interrupts, all else lets them in; 1 after reset",
        machine.ENTRY_POINTER: f"where the handlers' table begins: `{machine.ENTRY_TABLE:#x}`",
        machine.FRAME_REGISTERS: "saved `r0`, and the others up to `r63` behind it",
        machine.FRAME_IP: "saved `ip`",
        machine.FAULT_REASON: "reason of the last fault",
        machine.HIGHEST_INTERRUPT: "highest interrupt that may have a handler",
        machine.ENTRY_TABLE: "+ n: address of the handler of interrupt n, 0 for none",
    }
    return [f"| `{address:#04x}` | {what} |" for address, what in places.items()]


def reasons():
    return [f"| {reason.value} | {reason.name} |" for reason in Reason]


def peripherals():
    base = window_addresses(MachineConfig().peripherals)
    everything = window_addresses(tuple(kind.name for kind in PERIPHERALS))
    rows = []
    for kind in PERIPHERALS:
        interrupt = "" if kind.interrupt is None else str(int(kind.interrupt))
        optional = "" if kind.name in base else " (optional)"
        window = f"`{everything[kind.name]:#x}`"
        if kind.name in base and base[kind.name] != everything[kind.name]:
            window = f"`{base[kind.name]:#x}`; {window} with all optional ones"
        rows.append(f"| {kind.name.replace('_', ' ')}{optional} | `{kind.identifier:#x}` "
                    f"| {kind.io_words} + {kind.shared_words} | {interrupt} | {window} |")
    return rows


TABLES = {"instructions": instructions, "memory": memory, "interrupts": interrupts,
          "reasons": reasons, "peripherals": peripherals}


def with_tables(text):
    def fill(match):
        head = match.group(0).split("\n")[:3]
        return "\n".join([*head, *TABLES[match.group(1)](), "<!-- end -->"])
    return re.sub(r"<!-- table: (\w+) -->\n.*?<!-- end -->", fill, text, flags=re.S)


def test_tables_are_the_toolchains():
    text = PAGE.read_text()
    assert set(re.findall(r"<!-- table: (\w+) -->", text)) == set(TABLES)
    assert with_tables(text) == text


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
