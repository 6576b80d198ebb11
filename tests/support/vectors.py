"""Many test vectors through one arithmetic unit, compiled: half a million a second.

Amaranth's own simulator does a few thousand cycles a second, which is too slow for the corners of
floating point. So the unit is put between a memory and a small state machine, compiled by the
engine, and the vectors are handed over in the memory.
"""

from pathlib import Path

import numpy as np
from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from rtl.memory.ram import SimulatedRam
from sim.engine import build
from sim.engine.design import Design
from sim.engine.library import Outcome, Simulation
from toolchain.places import ROOT

__all__ = ["Vectors"]

MEMORY_WORDS = 1 << 20
VECTOR_WORDS = 4
END          = 0xFFFFFFFF  # in place of an operation


class Bench(wiring.Component):
    """Takes operation and operands from memory, and puts cycles and result there.

    A vector is four words: the operation, replaced by the number of cycles from the first with `en`
    to the one with `done`; the operands; room for the result.

    Parameters
    ----------
    unit : Component
        With members `en`, `op`, `done`, `taken` and `result`.
    operands : tuple of str
        Its two operands' names.
    """
    stopped: Out(1)

    def __init__(self, unit, *, operands):
        self.unit     = unit
        self.operands = operands
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.unit = unit = self.unit

        addr, r_data, w_en, w_data = Signal(32), Signal(32), Signal(), Signal(32)
        m.submodules.memory = memory = SimulatedRam(words=MEMORY_WORDS)
        m.d.comb += [
            memory.data.en.eq(1),
            memory.data.addr.eq(addr),
            memory.data.write.eq(w_en),
            memory.data.w_data.eq(w_data),
            r_data.eq(memory.data.r_data),
        ]

        op, a, b, cycles = (Signal(32, name=name) for name in ("op", "a", "b", "cycles"))
        vector = Signal(32)
        m.d.comb += [
            unit.op.eq(op),
            getattr(unit, self.operands[0]).eq(a),
            getattr(unit, self.operands[1]).eq(b),
        ]
        with m.FSM():
            with m.State("OP"):
                m.d.comb += addr.eq(vector)
                m.next = "A"
            with m.State("A"):
                m.d.comb += [addr.eq(vector + 1), self.stopped.eq(r_data == END)]
                m.d.sync += [op.eq(r_data), cycles.eq(0)]
                m.next = "B"
            with m.State("B"):
                m.d.comb += addr.eq(vector + 2)
                m.d.sync += a.eq(r_data)
                m.next = "OPERANDS"
            with m.State("OPERANDS"):
                m.d.sync += b.eq(r_data)
                m.next = "RUN"
            with m.State("RUN"):
                m.d.sync += cycles.eq(cycles + 1)
                m.d.comb += [
                    unit.en.eq(1),
                    unit.taken.eq(unit.done),
                    addr.eq(vector + 3),
                    w_en.eq(unit.done),
                    w_data.eq(unit.result),
                ]
                with m.If(unit.done):
                    m.d.sync += cycles.eq(cycles)
                    m.next = "CYCLES"
            with m.State("CYCLES"):
                m.d.comb += [addr.eq(vector), w_en.eq(1), w_data.eq(cycles)]
                m.d.sync += vector.eq(vector + VECTOR_WORDS)
                m.next = "OP"
        return m


class Vectors:
    """A unit, compiled and ready for vectors.

    Parameters
    ----------
    make : callable
        Makes the unit; called only if it is not in the engine's cache.
    name : str
        Tells apart the models in the cache.
    operands : tuple of str
        Names of the unit's two operands.
    """
    def __init__(self, make, *, name, operands=("a", "b")):
        def design():
            bench = Bench(make(), operands=operands)
            return Design(component=bench, ram="memory.ram", ram_words=MEMORY_WORDS,
                          stopped="stopped")

        folders = [ROOT / "rtl", Path(build.__file__).parent, Path(__file__).parent]
        self.model = build.built(build.source_key(folders, name), design, lambda line: None)

    def run(self, op, a, b):
        """Result and number of cycles of each vector; `op`, `a`, `b` broadcast to one length."""
        op, a, b = np.broadcast_arrays(*(np.asarray(x, dtype=np.uint32) for x in (op, a, b)))
        most = MEMORY_WORDS // VECTOR_WORDS - 1
        parts = [self._run(op[i:i + most], a[i:i + most], b[i:i + most])
                 for i in range(0, len(op), most)]
        result, cycles = (np.concatenate(column) for column in zip(*parts, strict=True))
        return result, cycles

    def _run(self, op, a, b):
        simulation = Simulation(*self.model)
        table = simulation.ram.reshape(-1, VECTOR_WORDS)
        table[:len(op), 0], table[:len(op), 1], table[:len(op), 2] = op, a, b
        table[len(op), 0] = END
        outcome = simulation.run(100 * len(op) + 100)
        cycles, result = table[:len(op), 0].copy(), table[:len(op), 3].copy()
        simulation.close()
        assert outcome is Outcome.STOPPED
        return result, cycles
