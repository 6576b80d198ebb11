"""A compiled netlist of gates, from Python."""

import ctypes
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.build import compile_library
from sim.gates.cpp import GateWriter
from sim.gates.netlist import BLOCK_BITS, LUT_BITS, ZERO, GateNetlist, read_gates
from toolchain.places import BUILD

__all__ = ["LANES", "GateModel", "GateSimulation", "Slot", "compiled"]

LANES  = 64
ALL    = (1 << LANES) - 1
CACHE  = BUILD / "gates"
DRIVER = Path(__file__).with_name("gates.cpp")
KEPT   = 40  # libraries in the cache

Slot = tuple[str, tuple[str | int, ...]]  # port that says there is a record, ports or numbers in it

_HANDLE = ctypes.c_void_p
_SIGNATURES = {
    "gates_new":     (_HANDLE, []),
    "gates_delete":  (None, [_HANDLE]),
    "gates_nets":    (ctypes.c_void_p, [_HANDLE]),
    "gates_memory":  (ctypes.c_void_p, [_HANDLE]),
    "gates_cycles":  (ctypes.c_uint64, [_HANDLE]),
    "gates_alive":   (ctypes.c_uint64, [_HANDLE]),
    "gates_ended":   (ctypes.c_uint64, [_HANDLE]),
    "gates_strays":  (ctypes.c_size_t, [_HANDLE]),
    "gates_died_at": (ctypes.c_void_p, [_HANDLE]),
    "gates_compute": (None, [_HANDLE]),
    "gates_clock":   (None, [_HANDLE, ctypes.c_uint]),
    "gates_run":     (ctypes.c_size_t, [_HANDLE, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_int,
                                        ctypes.c_int, ctypes.c_int, ctypes.c_void_p,
                                        ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t]),
}


class GateModel:
    """A netlist with its library; simulations are made of it."""

    def __init__(self, netlist: GateNetlist, writer: GateWriter, library: Path):
        self.netlist, self.writer, self.path = netlist, writer, library


def compiled(module: dict[str, Any], clock: str | None = "clk") -> GateModel:
    """Compile a flat module of Yosys' JSON, see `read_gates`; the library is cached by its
    content."""
    netlist = read_gates(module, clock)
    writer  = GateWriter(netlist)
    text    = writer.text()
    digest  = hashlib.sha256(text.encode() + DRIVER.read_bytes()).hexdigest()[:20]
    library = CACHE / f"gates-{digest}.so"
    if not library.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="making-", dir=CACHE) as work:
            (Path(work) / "netlist.h").write_text(text)
            compile_library(DRIVER, Path(work), Path(work) / "gates.so")
            shutil.move(Path(work) / "gates.so", library)
        for old in sorted(CACHE.glob("gates-*.so"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    os.utime(library)
    return GateModel(netlist, writer, library)


def module_of(path: Path) -> dict[str, Any]:
    """The module `top` of a file of Yosys' JSON."""
    module: dict[str, Any] = json.loads(path.read_text())["modules"]["top"]
    return module


class GateSimulation:
    """64 lanes of a netlist, as the bitstream makes them at power-up.

    Parameters
    ----------
    model : GateModel
    words : int
        Of a record.
    slots : sequence of Slot
        Records that the design may make in a cycle, in their order.
    stopped : str
        Port that ends a run; "" for none.
    """
    def __init__(self, model: GateModel, *, words: int = 0, slots: Sequence[Slot] = (),
                 stopped: str = ""):
        self._library = ctypes.CDLL(str(model.path))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        self.model, self.words = model, words
        self._gates: int | None = self._library.gates_new()
        netlist, writer = model.netlist, model.writer
        self.nets = self._view(self._library.gates_nets(self._gates), len(writer.place))
        self._memory = self._view(
            self._library.gates_memory(self._gates),
            LUT_BITS * len(netlist.lut_rams) + BLOCK_BITS * len(netlist.blocks))
        self._slots = np.array([place for valid, values in slots for place in
                                (self._places(valid)[0], *(bit for value in values
                                                           for bit in self._word(value)))],
                               dtype=np.int32)
        self._slot_count = len(slots)
        self._strays = np.zeros((0, words + 2), dtype=np.uint32)
        self._stopped = self._places(stopped)[0] if stopped else writer.at(ZERO)
        self._configure()

    def _view(self, address: int, length: int) -> NDArray[np.uint64]:
        if not length:
            return np.empty(0, dtype=np.uint64)
        return np.ctypeslib.as_array(ctypes.cast(address, ctypes.POINTER(ctypes.c_uint64)),
                                     shape=(length,))

    def close(self) -> None:
        """Free it; nothing else may be called after."""
        if self._gates is not None:
            self.nets = self._memory = np.empty(0, dtype=np.uint64)
            self._library.gates_delete(self._gates)
            self._gates = None

    def _places(self, port: str) -> list[int]:
        netlist = self.model.netlist
        bits = netlist.outputs[port] if port in netlist.outputs else netlist.inputs[port]
        return [self.model.writer.at(bit) for bit in bits]

    def _word(self, value: str | int) -> list[int]:
        writer = self.model.writer
        zero, one = writer.at(-1), writer.at(-2)
        if isinstance(value, int):
            return [one if value >> n & 1 else zero for n in range(32)]
        places = self._places(value)
        return places + [zero] * (32 - len(places))

    # --- power-up --------------------------------------------------------------------------------

    def _configure(self) -> None:
        """Registers and memories as the bitstream has them, in all lanes."""
        writer = self.model.writer
        for flop in self.model.netlist.flops:
            self.nets[writer.at(flop.output)] = ALL if flop.value == -2 else 0
        for n, ram in enumerate(self.model.netlist.lut_rams):
            self._memory[LUT_BITS * n:LUT_BITS * (n + 1)] = _spread(ram.init, LUT_BITS)
        for n, block in enumerate(self.model.netlist.blocks):
            self.block(n)[:] = _spread(block.init, BLOCK_BITS)

    def block(self, number: int) -> NDArray[np.uint64]:
        """The bits of a block RAM in all lanes, a view."""
        start = LUT_BITS * len(self.model.netlist.lut_rams) + BLOCK_BITS * number
        return self._memory[start:start + BLOCK_BITS]

    def scramble(self, seed: int, blocks: Sequence[int] = ()) -> None:
        """Anything in registers and LUT RAMs of all lanes but lane 0, and in these block RAMs."""
        source = np.random.default_rng(seed)
        for part in (self.nets[:self.model.writer.state],
                     self._memory[:LUT_BITS * len(self.model.netlist.lut_rams)],
                     *map(self.block, blocks)):
            noise = source.integers(0, 1 << LANES, len(part), dtype=np.uint64)
            part[:] = (part & np.uint64(1)) | (noise & np.uint64(ALL - 1))

    def restore(self, tables: Sequence[str], lanes: Iterable[int]) -> None:
        """LUT RAMs whose names begin so are as the bitstream has them, in these lanes."""
        chosen = np.uint64(sum(1 << lane for lane in lanes))
        for n, ram in enumerate(self.model.netlist.lut_rams):
            if ram.name.startswith(tuple(tables)):
                part = self._memory[LUT_BITS * n:LUT_BITS * (n + 1)]
                part[:] = part & ~chosen | _spread(ram.init, LUT_BITS) & chosen

    # --- one edge after the other ----------------------------------------------------------------

    def places(self, port: str) -> NDArray[np.intp]:
        """Where in `nets` a port's bits are."""
        return np.array(self._places(port), dtype=np.intp)

    def compute(self) -> None:
        """Give all nets without state their values."""
        self._library.gates_compute(self._gates)

    def clock(self, clocks: int) -> None:
        """An edge of the netlist's clocks whose bits are set."""
        self._library.gates_clock(self._gates, clocks)

    # --- running ---------------------------------------------------------------------------------

    def drive(self, port: str, value: int) -> None:
        """Give an input a value in all lanes."""
        for n, place in enumerate(self._places(port)):
            self.nets[place] = ALL if value >> n & 1 else 0

    def drive_each(self, port: str, values: Sequence[int]) -> None:
        """Give an input a value in each lane."""
        for n, place in enumerate(self._places(port)):
            self.nets[place] = sum((value >> n & 1) << lane for lane, value in enumerate(values))

    def settle(self, cycles: int) -> None:
        """Clock it, while a reset lasts, say, without looking at records."""
        never = self.model.writer.at(ZERO)
        self._library.gates_run(self._gates, cycles, None, 0, 0, never, None, 1, None, 0)

    def run(self, cycles: int, capacity: int = 4096, strays: int = 0) -> NDArray[np.uint32]:
        """Clock it; the records of lane 0, each behind its cycle. Ends early as lane 0 stops, or
        when there is no room for more records. With room for `strays`, it goes on until all lanes
        have stopped, and keeps what the `losers` make."""
        records = np.zeros((capacity, self.words + 1), dtype=np.uint32)
        room    = np.zeros((strays, self.words + 2), dtype=np.uint32)
        count = self._library.gates_run(
            self._gates, cycles, self._slots.ctypes.data, self._slot_count, self.words,
            self._stopped, records.ctypes.data, capacity, room.ctypes.data, strays)
        self._strays = room[:self._library.gates_strays(self._gates)]
        return records[:count]

    def records_of(self, lane: int, records: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """All records of a lane in the last run, which gave lane 0's: the same up to where they
        part, then its own."""
        died = self.losers().get(lane)
        if died is None:
            return records
        return np.vstack((records[records[:, 0] < died],
                          self._strays[self._strays[:, 0] == lane, 1:]))

    def value(self, port: str, lane: int = 0) -> int:
        """A port's value in a lane, as it was before the last edge."""
        return sum((int(self.nets[place]) >> lane & 1) << n
                   for n, place in enumerate(self._places(port)))

    @property
    def cycles(self) -> int:
        return int(self._library.gates_cycles(self._gates))

    def has_stopped(self, lane: int) -> bool:
        """Whether the port that ends a run was high in a lane."""
        return bool(int(self._library.gates_ended(self._gates)) >> lane & 1)

    def losers(self) -> dict[int, int]:
        """Lanes whose records were once others than those of lane 0, with the cycle."""
        alive = int(self._library.gates_alive(self._gates))
        died  = self._view(self._library.gates_died_at(self._gates), LANES)
        return {lane: int(died[lane]) for lane in range(LANES) if not alive >> lane & 1}


def _spread(bits: int, count: int) -> NDArray[np.uint64]:
    """Each bit in all lanes."""
    octets = np.frombuffer(bits.to_bytes((count + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(octets, bitorder="little")[:count].astype(np.uint64) * np.uint64(ALL)
