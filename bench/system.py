"""What the operating system costs, in cycles of the hardware: boot, calls, switches, files.

Measured from the retire port while the machine boots and a script runs `/test/measure`, so that
nothing in the machine is different from a person's session.
"""

import io
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isa.config import MachineConfig
from isa.instructions import BY_MNEMONIC
from isa.machine import Interrupt, window_addresses
from isa.trace import Kind, Word
from sim.engine.machine import RtlMachine
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import Status, read_image
from sim.program import load_program, read_symbols
from system.build import build
from toolchain.places import BUILD

__all__ = ["Figures", "block_cycles", "main", "measure", "table"]

MACHINE = MachineConfig().fit("display", "keyboard", "block", "serial")
WINDOWS = window_addresses(MACHINE.peripherals)
FOLDER  = BUILD / "os"
LIMIT_CYCLES = 60_000_000

SECTORS_AT_ONCE = 64
OCTETS          = 32768  # that /test/measure reads or writes
SECTOR_OCTETS   = 512

# What the operating system is meant to reach.
BOOT_INSTRUCTIONS, SWITCH_CYCLES, CALL_CYCLES, SHARE = 400_000, 400, 250, 0.5

# The block device by itself: one command for 64 sectors, waited for.
BLOCK_PROGRAM = """\
  constant r62 1
  constant r1 {window}
  constant r2 {values}
  constant r3 2
  add r4 r1 r3
  constant r5 100
  store r4 r5                   ; first sector
  add r4 r4 r62
  constant r5 64
  store r4 r5                   ; sectors
  add r4 r4 r62
  constant r5 0x40000
  store r4 r5                   ; buffer
  add r4 r1 r62
  constant r8 @busy
  store r1 r2                   ; the command
@busy:
  load r7 r4
  eq r9 r7 r62
  jnz r9 r8
  constant r0 0
  halt
"""


@dataclass
class Figures:
    """What was measured; cycles but for `boot_instructions`."""
    boot_instructions: int = 0
    boot_cycles:       int = 0
    calls:    list[int] = field(default_factory=list)
    switches: list[int] = field(default_factory=list)
    yields:   list[int] = field(default_factory=list)
    files:    dict[str, int] = field(default_factory=dict)  # for `OCTETS`


class _Watcher:
    """Picks what counts out of the trace."""

    def __init__(self, symbols: dict[str, int], serial: int):
        self.call_entry = symbols["global::support::syscall_entry"]
        self.switch_entry = symbols["global::support::switch_entry"]
        self.resumed = range(symbols["global::support::switch_entry"],
                              symbols["kernel$unknown"])
        self.serial = serial
        self.said: list[tuple[str, int, int]] = []  # character, cycle, instructions before it
        self.calls: list[tuple[int, int]] = []  # when, and cycles to the next instruction
        self.switches: list[int] = []           # cycles from the tick to another's first one
        self.yields: list[int] = []             # and from an `int`
        self.counted = 0
        self.called: int | None = None   # cycle of the `int` under way
        self.ticked: int | None = None   # cycle of the tick under way
        self.before: NDArray[np.uint32] | None = None  # an `int` at the end of the last part

    def __call__(self, records: NDArray[np.uint32]) -> None:
        if self.before is not None:
            records = np.concatenate([self.before[None], records])
            self.counted -= 1
        kinds = records[:, Word.KIND]
        is_insn = kinds == Kind.INSN
        is_int = is_insn & (records[:, Word.INSN] >> 24 == BY_MNEMONIC["int"].opcode)
        is_tick = (kinds == Kind.INTERRUPT) & (records[:, Word.CODE] == Interrupt.TIMER)
        is_said = is_insn & (records[:, Word.INSN] >> 24 == BY_MNEMONIC["store"].opcode) \
            & (records[:, Word.ADDRESS] == self.serial)
        self.before = records[-1].copy() if is_int[-1] else None
        insns = np.cumsum(is_insn) + self.counted
        for at in np.flatnonzero(is_int | is_tick | is_said).tolist():
            cycle = int(records[at, Word.CYCLE])
            if is_said[at]:
                self.said.append((chr(records[at, Word.DATA]), cycle, int(insns[at])))
            elif is_tick[at]:
                self.ticked, self.called = cycle, None
            elif at + 1 < len(records):
                self._int(int(records[at, Word.IP]), cycle, records[at + 1])
        self.counted = int(insns[-1])

    def _int(self, ip: int, cycle: int, then: NDArray[np.uint32]) -> None:
        if then[Word.IP] == self.call_entry:
            self.called, self.ticked = cycle, None
            return
        if then[Word.IP] == self.switch_entry:
            return
        if ip in self.resumed:
            if self.ticked is not None:
                self.switches.append(int(then[Word.CYCLE]) - self.ticked)
            elif self.called is not None:
                self.yields.append(int(then[Word.CYCLE]) - self.called)
        elif self.called is not None:
            self.calls.append((self.called, int(then[Word.CYCLE]) - self.called))
        self.called = self.ticked = None

    def between(self) -> tuple[int, int]:
        """Cycles of the last '<' and '>' that were written."""
        begin = max(cycle for text, cycle, _ in self.said if text == "<")
        return begin, max(cycle for text, cycle, _ in self.said if text == ">" and cycle > begin)


def _hosts(disk: Path, text: str) -> Hosts:
    terminal = Terminal(text.encode(), io.BytesIO())
    return Hosts(terminal, disk=Disk(disk.read_bytes()), serial=Serial(terminal, end_octet=4),
                 display=Display(320, 200), keyboard=Keyboard())


def _session(*commands: str) -> _Watcher:
    """Boot, run the commands, and watch."""
    paths = build(FOLDER)
    watcher = _Watcher(read_symbols(str(paths.symbols)), WINDOWS["serial"])
    hosts = _hosts(paths.disk, "".join(f"{command}\n" for command in commands))
    machine = RtlMachine(MACHINE, hosts, say=_say, observe=watcher)
    machine.load(read_image(str(paths.kernel)))
    try:
        while machine.cycles < LIMIT_CYCLES and machine.run(1_000_000) is not Status.STOPPED:
            pass
        if machine.stop is None or machine.stop.exit_code != 0:
            raise RuntimeError(f"the session {commands} did not end well: {machine.stop}")
    finally:
        machine.close()
    return watcher


def measure() -> Figures:
    """All figures, from a few sessions."""
    figures = Figures()
    first = _session("/test/measure calls", "/test/measure switch")
    begin, end = first.between()
    figures.calls = [cycles for cycle, cycles in first.calls if begin < cycle < end
                     and cycle + cycles < end][1:]  # the first is the '<' itself
    figures.switches = first.switches
    figures.yields = _session("/test/measure yields").yields
    prompt = next(entry for entry in first.said if entry[0] == "$")
    figures.boot_cycles, figures.boot_instructions = prompt[1], prompt[2]
    for what in ("write", "read", "write_packed", "read_packed"):
        commands = [f"/test/measure {what}"]
        if what.startswith("read"):
            commands.insert(0, "cat /bin/sh /bin/sh > /tmp/measured")
        begin, end = _session(*commands).between()
        figures.files[what] = end - begin
    return figures


def block_cycles(command: int) -> int:
    """Cycles that the block device by itself takes for `OCTETS`; 1 reads, 2 writes."""
    paths = build(FOLDER)
    source = FOLDER / "block.qasm"
    source.write_text(BLOCK_PROGRAM.format(window=WINDOWS["block"], values=command))
    machine = RtlMachine(MACHINE, _hosts(paths.disk, ""), say=_say)
    machine.load(load_program(str(source), MACHINE).words)
    try:
        while machine.run(1_000_000) is not Status.STOPPED:
            pass
        return machine.cycles * OCTETS // (SECTORS_AT_ONCE * SECTOR_OCTETS)
    finally:
        machine.close()


def table(figures: Figures, alone: dict[str, int]) -> list[str]:
    """Lines for people."""
    lines = [
        f"boot to prompt       {figures.boot_instructions:>9,} instructions "
        f"({figures.boot_cycles:,} cycles); wanted: at most {BOOT_INSTRUCTIONS:,}",
        f"null system call     {_middle(figures.calls):>9,} cycles; "
        f"wanted: at most {CALL_CYCLES}",
        f"context switch       {_middle(figures.switches):>9,} cycles, at most "
        f"{max(figures.switches):,} of {len(figures.switches)}; wanted: at most {SWITCH_CYCLES}",
        f"yield to another     {_middle(figures.yields):>9,} cycles",
    ]
    for what, cycles in figures.files.items():
        device = alone["read" if what.startswith("read") else "write"]
        lines.append(f"file {what:<15} {cycles / OCTETS:>9.2f} cycles an octet, "
                     f"{device / cycles:.2f} of the block device alone ({device / OCTETS:.2f})")
    return lines


def _middle(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]


def _say(text: str) -> None:
    print(f"quince: {text}", file=sys.stderr)


def main() -> int:
    """Measure and print."""
    print("\n".join(table(measure(), {"read": block_cycles(1), "write": block_cycles(2)})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
