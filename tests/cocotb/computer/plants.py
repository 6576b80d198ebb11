"""Faults planted on purpose, each with the test that must find it.

    python -m tests.cocotb.computer.plants [--page] ["NAME"...]

Each fault is put into a copy of the tree, in `build/plants/`, where the test is run. A fault that
is not found, or that no longer has a place in the source, is an error. Of the kernel's faults the
golden model knows nothing, so that the benches themselves must find them. The table that is
printed says by which assertion, and in which cycle since the last reset; with `--page` the rows go
into docs/cocotb.md.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from system.build import ROOT
from tests.cocotb.computer.page import PAGE, put_table, table

__all__ = ["PLANTS", "TABLE", "Plant", "main", "row_name"]

FOLDERS  = ("isa", "toolchain", "rtl", "system", "sim", "kernel", "firmware", "docs", "tests")
PLACE    = ROOT / "build" / "plants"
UNSHARED = {"runs", "waves", "results.xml", "coverage.xml", "coverage.lock"}  # of build/cocotb
TABLE    = "faults"
TITLES   = ("| fault | test | found by | cycle |", "|---|---|---|---|")
SHOWN    = 160  # characters of what an assertion said


@dataclass(frozen=True)
class Plant:
    """One fault: in `file`, `old` becomes `new`; `test` of `bench` must fail."""
    name:  str
    bench: str
    test:  str
    file:  str
    old:   str
    new:   str


PLANTS = (
    Plant("boot, kernel", "boot", "the_shell_answers",
          "kernel/kernel.qll",
          "support::halt(status);",
          "support::halt(0);"),
    Plant("boot, hardware", "boot", "the_shell_answers",
          "rtl/peripherals/serial.py",
          "self.to_host.payload.eq(self.bus.w_data)",
          "self.to_host.payload.eq(self.bus.w_data & 0x5F)"),
    Plant("calls, kernel", "calls", "every_call_does_what_it_should",
          "kernel/syscall.qll",
          "size = at.size,",
          "size = at.size + 1,"),
    Plant("calls, hardware", "calls", "every_call_does_what_it_should",
          "rtl/peripherals/display.py",
          "window.new.control.eq(Mux(picture.failed,",
          "window.new.control.eq(Mux(~picture.failed,"),
    Plant("switch, kernel saves", "switch", "a_tick_switches_and_loses_nothing",
          "kernel/support.qasm",
          "  repeat n 2 63\n    store r0 r{n}\n    add r0 r0 r1\n  end\n",
          "  repeat n 2 16\n    store r0 r{n}\n    add r0 r0 r1\n  end\n"
          "  store r0 r16\n  add r0 r0 r1\n"
          "  repeat n 18 63\n    store r0 r{n}\n    add r0 r0 r1\n  end\n"),
    Plant("switch, kernel loads", "switch", "a_tick_switches_and_loses_nothing",
          "kernel/support.qasm",
          "  load r62 r63\n  constant r63 machine::SWITCH\n",
          "  constant r63 machine::SWITCH\n"),
    # Of the bench's first process, whose r0 is 0x61616161: otherwise the shell would not come up.
    Plant("switch, kernel ip", "switch", "a_tick_switches_and_loses_nothing",
          "kernel/support.qasm",
          "  load r5 r2\n  store r0 r3\n",
          "  load r5 r2\n  constant r7 0x61616161\n  eq r7 r4 r7\n  add r3 r3 r7\n  store r0 r3\n"),
    # That of who follows the bench's second process, whose r0 is 0x62626262.
    Plant("switch, kernel page table", "switch", "a_tick_switches_and_loses_nothing",
          "kernel/support.qasm",
          "  ; and goes on into `resume`\n",
          "  constant r3 0x62626262\n  eq r3 r4 r3\n  constant r2 @kernel$resume\n  jz r3 r2\n"
          "  constant r2 process::process::pages\n  add r3 r6 r2\n  load r3 r3\n"
          "  add r2 r0 r2\n  store r2 r3\n"),
    Plant("switch, hardware", "switch", "a_tick_switches_and_loses_nothing",
          "rtl/core/registers.py",
          "[live_bank.eq(frame_bank), ",
          "[live_bank.eq(frame_bank & ~(1 << 45)), "),
    Plant("isolation, kernel", "isolation", "nothing_of_others_is_reached",
          "kernel/process.qll",
          "if (!demand(p, virtual)) { return found; }",
          "if (!demand(p, virtual)) { return memory::span { physical = virtual, words = 1 }; }"),
    Plant("isolation, hardware", "isolation", "nothing_of_others_is_reached",
          "rtl/mmu/mmu.py",
          "with m.If(self.active & ~allowed):",
          "with m.If(self.active & ~allowed & (port.va >= RESERVED_LIMIT)):"),
    Plant("faults, kernel", "faults", "a_fault_in_the_kernel_is_its_panic",
          "kernel/process.qll",
          "if (inside) { kernel::panic(reason_text(reason)); }",
          ""),
    Plant("faults, hardware", "faults", "a_fault_in_a_process_is_told",
          "rtl/core/traps.py",
          "m.d.sync += reason.eq(trap.why)",
          "m.d.sync += reason.eq(trap.why.as_value() & 3)"),
    Plant("files, kernel", "files", "what_is_written_is_on_the_disk",
          "kernel/file.qll",
          "f->node->flags, first, w->size)",
          "f->node->flags, first, w->size - 1)"),
    Plant("files, hardware", "files", "what_is_on_the_disk_is_read",
          "rtl/peripherals/block_transfer.py",
          "now_sector.eq(now_sector + 1)",
          "now_sector.eq(now_sector)"),
    Plant("power, kernel", "power", "a_file_survives_any_power_cut",
          "kernel/file.qll",
          "      if (!block::write(w->stage, 1, w->data)) { return false; }\n"
          "    }\n"
          "    if (!fat::flush()) { return false; }\n"
          "    if (!f->node->gone) {\n"
          "      if (!(w->replace ? commit_new(f) : commit_more(f))) { return false; }\n",
          "    }\n"
          "    if (!fat::flush()) { return false; }\n"
          "    if (!f->node->gone) {\n"
          "      if (!(w->replace ? commit_new(f) : commit_more(f))) { return false; }\n"
          "      if (w->stage != 0 && !block::write(w->stage, 1, w->data)) { return false; }\n"),
    Plant("power, hardware", "power", "a_file_survives_any_power_cut",
          "rtl/peripherals/block_transfer.py",
          "            with m.Case(BlockCommand.FLUSH):\n                pass",
          "            with m.Case(BlockCommand.FLUSH):\n"
          "                m.d.comb += error.eq(BlockError.INPUT_OUTPUT)"),
    Plant("screen, kernel", "screen", "keys_move_what_is_shown",
          "kernel/syscall.qll",
          "1 + code / 32]",
          "1 + code / 64]"),
    Plant("screen, hardware", "screen", "keys_move_what_is_shown",
          "rtl/peripherals/keyboard.py",
          "mask.eq(1 << self.from_host.payload.bit)",
          "mask.eq(1 << (self.from_host.payload.bit ^ 1))"),
    Plant("walker, kernel", "walker", "an_interrupt_in_each_state_of_a_walk",
          "kernel/support.qasm",
          "@global::support::debug_entry:\n",
          "@global::support::debug_entry:\n"
          "  constant r0 0x10\n"
          "  store r0 r0\n"),
    Plant("walker, hardware", "walker", "an_abandoned_walk_says_nothing",
          "rtl/mmu/list_walker.py",
          "m.d.sync += is_abandoned.eq(1)",
          "m.d.sync += is_abandoned.eq(0)"),
    Plant("tables, kernel", "tables", "what_the_kernel_takes_away_is_gone",
          "kernel/memory.qll",
          "        pages->count = pages->count - 1;\n"
          "        pages->entries[i] = pages->entries[pages->count];\n",
          ""),
    Plant("tables, hardware", "tables", "the_next_fetch_sees_a_changed_table",
          "rtl/mmu/mmu.py",
          "forget   = self.flush | self.bus.w_stb",
          "forget   = self.bus.w_stb"),
    Plant("instructions, kernel", "instructions", "floats_work_or_are_told_to_be_missing",
          "kernel/loader.qll",
          "p->registers[33] = length;",
          "p->registers[33] = length + 1;"),
    Plant("instructions, hardware", "instructions", "each_works_in_a_process",
          "rtl/core/alu.py",
          "a[-1] & op.is_signed",
          "a[-1] | op.is_signed"),
    Plant("hostile, kernel", "hostile", "a_bad_sector_is_an_error_of_one_call",
          "kernel/block.qll",
          "return device->status == machine::BLOCK_READY;",
          "return true;"),
    Plant("hostile, hardware", "hostile", "a_buffer_past_the_end_of_memory_is_refused",
          "rtl/peripherals/block_transfer.py",
          "with m.If(dma.rsp.payload.reason != Reason.NONE):",
          "with m.If(0):"),
)


def planted(plant):
    """The folder of a copy with the fault. Raises `ValueError` if it has no place."""
    text = (ROOT / plant.file).read_text()
    if text.count(plant.old) != 1:
        raise ValueError(f"{plant.name}: {plant.file} has {text.count(plant.old)} places "
                         f"for {plant.old!r}, not one")
    folder = PLACE / plant.name.replace(", ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "build").mkdir()
    if (ROOT / "build" / "os").exists():  # programs are not compiled again
        shutil.copytree(ROOT / "build" / "os", folder / "build" / "os")
    # cocotb looks for settings upwards from where it runs, and imports from where it finds them.
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "build" / "cocotb").mkdir()
    for path in (ROOT / "build" / "cocotb").glob("*"):
        if path.name not in UNSHARED:  # models are not compiled again
            (folder / "build" / "cocotb" / path.name).symlink_to(path)
    (folder / plant.file).write_text(text.replace(plant.old, plant.new))
    return folder


def finding(plant):
    """The assertion by which the test fails, as it should, and the cycle; None if it passes."""
    folder = planted(plant)
    environment = os.environ | {"PYTHONPATH": str(folder),
                                "PYTHONPYCACHEPREFIX": str(folder / "build" / "pycache")}
    command = [sys.executable, "-m", "tests.cocotb", plant.bench, "--test", plant.test,
               "--seed", "1", "--no-windows"]
    # The golden model would find nothing: it runs the same kernel.
    command.append("--no-scoreboard" if plant.file.startswith("kernel/") else "--compile-fast")
    with open(folder / "log", "w") as log:
        status = subprocess.run(command, cwd=folder, env=environment, check=False, stdout=log,
                                stderr=subprocess.STDOUT).returncode
    text = (folder / "log").read_text()
    cycle = re.search(rf"{plant.test} failed at cycle (\d+)", text)
    error = re.search(r"AssertionError: *(.*)", text)
    return (error[1], int(cycle[1])) if status == 1 and cycle and error else None


def main(argv=None):
    """0 if all faults were found, 1 if not or if one has no place in the source."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.cocotb.computer.plants",
        description="plant faults, and see the benches find them")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of faults (default: all)")
    parser.add_argument("--page", action="store_true",
                        help=f"put what came of them into {PAGE.name}")
    args = parser.parse_args(argv)
    names = args.names
    if unknown := set(names) - {plant.name for plant in PLANTS}:
        print(f"quince: there is no fault {', '.join(sorted(unknown))}", file=sys.stderr)
        return 1
    plants = [plant for plant in PLANTS if not names or plant.name in names]
    missed = 0
    print(*TITLES, sep="\n", flush=True)
    rows = {}
    for plant in plants:
        try:
            found = finding(plant)
        except ValueError as error:
            print(f"quince: {error}", file=sys.stderr)
            found = None
        said, cycle = found or ("NOT FOUND", 0)
        said = said if len(said) <= SHOWN else said[:SHOWN] + "…"
        rows[plant.name] = (f"| {plant.name} | `{plant.test}` | {said.replace('|', chr(92) + '|')} "
                            f"| {cycle or ''} |")
        print(rows[plant.name], flush=True)
        if found:
            shutil.rmtree(PLACE / plant.name.replace(", ", "-"))
        else:
            missed += 1
    if args.page:
        rows = {row_name(row): row for row in table(TABLE)} | rows
        put_table(TABLE, [*TITLES, *(rows[plant.name] for plant in PLANTS if plant.name in rows)])
    print(f"quince: {len(plants) - missed} of {len(plants)} found", file=sys.stderr)
    return 1 if missed else 0


def row_name(row):
    """The fault that a row of the table is about."""
    return row.split(" | ")[0].removeprefix("| ")


if __name__ == "__main__":
    sys.exit(main())
