"""Retire: load data arrives, the register file is written, the trace hears of it."""

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

from isa.trace import Kind, Wrote
from rtl.core.decode import Forward
from rtl.core.registers import RegisterWrite

__all__ = ["Executed", "Late", "Retire", "TraceRecord"]


class Late(enum.Enum, shape=unsigned(2)):
    """Where a result comes from that execute did not have."""
    NONE     = 0
    LOAD     = 1
    MULTIPLY = 2


class Executed(data.Struct):
    """Execute to retire: what happened, all but the value of a late result."""
    kind:        unsigned(3)  # `Kind`
    ip:          32
    word:        32
    is_constant: 1
    writes_d:    1
    is_load:     1
    is_store:    1
    d:           6
    late:        Late
    value:       32  # result, unless late
    addr:        32  # physical, of a load or store
    data:        32  # stored
    code:        8
    is_slow:     1   # an access to what is not RAM


class TraceRecord(data.Struct):
    """A record as `isa.trace` has it, less the words that the host can add."""
    kind:    unsigned(3)
    ip:      32
    insn:    32
    imm:     32
    wrote:   unsigned(3)
    d:       6
    value:   32
    address: 32
    data:    32
    code:    8


class Retire(wiring.Component):
    """Finishes one instruction a cycle; waits only for memory that does not answer at once.

    Members
    -------
    i : In(stream.Signature(Executed))
    load_done : In(1)
        `load_data` is there.
    load_data : In(32)
    product : In(32)
        Of the instruction that left execute in the cycle before.
    forward : Out(Forward)
        To decode.
    write : Out(RegisterWrite)
    retires : Out(1)
        An instruction retires.
    traces : Out(1)
        There is a trace record.
    trace : Out(TraceRecord)
    """
    i:         In(stream.Signature(Executed))
    load_done: In(1)
    load_data: In(32)
    product:   In(32)
    forward:   Out(Forward)
    write:     Out(RegisterWrite)
    retires:   Out(1)
    traces:    Out(1)
    trace:     Out(TraceRecord)

    def elaborate(self, platform):
        m = Module()
        i, trace = self.i.payload, self.trace

        m_value  = Signal(32)
        m_leaves = Signal()
        with m.Switch(i.late):
            with m.Case(Late.LOAD):
                m.d.comb += m_value.eq(self.load_data)
            with m.Case(Late.MULTIPLY):
                m.d.comb += m_value.eq(self.product)
            with m.Default():
                m.d.comb += m_value.eq(i.value)

        m.d.comb += [
            self.i.ready.eq((i.late != Late.LOAD) | self.load_done),
            m_leaves.eq(self.i.valid & self.i.ready),
            self.forward.valid.eq(self.i.valid & i.writes_d),
            self.forward.d.eq(i.d),
            self.forward.value.eq(m_value),
            self.forward.is_late.eq(~self.i.ready),
            self.write.en.eq(m_leaves & i.writes_d),
            self.write.number.eq(i.d),
            self.write.value.eq(m_value),
            self.retires.eq(m_leaves & (i.kind == Kind.INSN)),
        ]

        # The trace leaves out what a kind of record does not define.
        is_insn, accesses = Signal(), Signal()
        m.d.comb += [
            is_insn.eq(i.kind == Kind.INSN),
            accesses.eq(is_insn & (i.is_load | i.is_store)),
            self.traces.eq(m_leaves),
            trace.kind.eq(i.kind),
            trace.ip.eq(i.ip),
            trace.code.eq(i.code),
        ]
        with m.If(is_insn):
            m.d.comb += [
                trace.insn.eq(i.word),
                trace.imm.eq(Mux(i.is_constant, i.value, 0)),
                trace.wrote.eq(Mux(i.writes_d, Wrote.REGISTER, 0)
                               | Mux(i.is_store, Wrote.MEMORY, 0)
                               | Mux(i.is_load, Wrote.LOADED, 0)),
            ]
        with m.If(i.writes_d):
            m.d.comb += [trace.d.eq(i.d), trace.value.eq(m_value)]
        with m.If(accesses):
            m.d.comb += [trace.address.eq(i.addr), trace.data.eq(Mux(i.is_load, m_value, i.data))]

        return m
