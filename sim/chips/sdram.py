"""An SDR SDRAM chip that does what its data sheet says, and notices what it forbids.

Written from data sheets (JEDEC's commands, the times of a Micron MT48LC16M16A2-7E), apart from the
controller: it shares no constant with `rtl.memory`.
"""

from math import ceil

from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from rtl.memory.ports import DataPort

__all__ = ["TIMES_NS", "SdramFault", "SimulatedSdram"]


class SdramFault(enum.Enum, shape=5):
    """What the chip was asked that its data sheet forbids, or that this model does not do."""
    NONE                = 0
    EARLY_COMMAND       = 1   # before the clock was steady for the power-up time
    NOT_SET_UP          = 2   # an activation without precharge, refreshes and mode before
    MODE                = 3   # a mode other than bursts of 8 in sequence
    BANK_OPEN           = 4   # an activation, or a refresh, with the bank's row still open
    BANK_CLOSED         = 5   # a read or write without an open row
    TRCD                = 6
    TRP                 = 7
    TRAS                = 8
    TRAS_MOST           = 9
    TRC                 = 10
    TRRD                = 11
    TRFC                = 12
    TWR                 = 13
    TMRD                = 14
    REFRESH_LATE        = 15  # more than nine refreshes overdue
    BURST_CUT           = 16  # a precharge or another kind of access within a burst
    CONTENTION          = 17  # both sides drive the data lines
    PART_OF_A_WORD      = 18  # a write with a mask, or from an odd column: not modelled
    NOT_DRIVEN          = 19  # a write without data
    POWER_DOWN          = 20  # `cke` low: not modelled


# Levels of ras, cas, we, the first in the highest bit.
MODE, REFRESH, PRECHARGE, ACTIVATE, WRITE, READ, NOP = 0, 1, 2, 3, 4, 5, 7
BURST = 8
LATE_REFRESHES = 9  # that JEDEC lets a controller postpone, the next one included

# In nanoseconds, by the data sheets: the figures of the grade that boards carry.
TIMES_NS = {
    "mt48lc16m16": {"trcd": 15, "trp": 15, "tras": 37, "trc": 60, "trrd": 14, "trfc": 66,
                    "twr": 15},
    "w9825g6kh":   {"trcd": 15, "trp": 15, "tras": 42, "trc": 60, "trrd": 12, "trfc": 60,
                    "twr": 12},
}
TRAS_MOST_NS, TMRD_CYCLES, REFRESH_NS, POWER_UP_NS = 120_000, 2, 64e6 / 8192, 100_000


class SimulatedSdram(wiring.Component):
    """The chip on the other side of the controller's pins, with a register in front of `dq`.

    Parameters
    ----------
    clock_hz : int
        Of the chip.
    times_ns : dict of str to float
        What the chip asks for; one of `TIMES_NS`.
    row_bits, bank_bits, column_bits : int
    pins : wiring.Signature
        As the controller has it.

    Members
    -------
    pins : In
        Without the clock: the chip takes commands at the edges of `sync`.
    words : Out(DataPort)
        Where the contents are; a memory that answers in the next cycle. A word of 32 bits is two
        columns, the lower half first, and its address is row, bank, column.
    fault, fault_bank : Out
        The first thing that was forbidden; it stays.
    """
    def __init__(self, *, clock_hz, pins, times_ns, row_bits=13, bank_bits=2, column_bits=9):
        self.clock_hz, self.times_ns = clock_hz, times_ns
        self.row_bits, self.bank_bits, self.column_bits = row_bits, bank_bits, column_bits
        super().__init__({
            "pins":       In(pins),
            "words":      Out(DataPort),
            "fault":      Out(SdramFault),
            "fault_bank": Out(bank_bits),
        })

    def _cycles(self, ns):
        return ceil(ns * self.clock_hz / 1e9 - 1e-9)

    def elaborate(self, platform):
        m = Module()
        pins, banks = self.pins, 1 << self.bank_bits
        command = Signal(3)
        m.d.comb += command.eq(pins.command)

        def forbid(kind, when):
            """Note the first fault."""
            with m.If(when & (self.fault == SdramFault.NONE)):
                m.d.sync += [self.fault.eq(kind), self.fault_bank.eq(pins.ba)]

        def since(name, when, most, init=None):
            """Cycles since an event, up to a most."""
            count = Signal(range(most + 2), name=name, init=most if init is None else init)
            with m.If(when):
                m.d.sync += count.eq(1)
            with m.Elif(count < most):
                m.d.sync += count.eq(count + 1)
            return count

        ns = {name: self._cycles(time) for name, time in self.times_ns.items()}
        is_all = pins.a[10]
        is_open = Signal(banks)
        row     = Array(Signal(self.row_bits, name=f"row{n}") for n in range(banks))
        latency, is_set, refreshes = Signal(2), Signal(), Signal(4)
        latest = max(*ns.values(), 16) + 1

        # --- times --------------------------------------------------------------------------------
        awake = since("awake", 0, self._cycles(POWER_UP_NS), init=0)
        forbid(SdramFault.EARLY_COMMAND, (command != NOP) & (awake < self._cycles(POWER_UP_NS)))
        forbid(SdramFault.POWER_DOWN, ~pins.cke & (awake == self._cycles(POWER_UP_NS)))
        last_refresh = since("last_refresh", command == REFRESH, latest)
        last_mode    = since("last_mode", command == MODE, latest)
        any_activate = since("any_activate", command == ACTIVATE, latest)
        forbid(SdramFault.TRFC, (command != NOP) & (last_refresh < ns["trfc"]))
        forbid(SdramFault.TMRD, (command != NOP) & (last_mode < TMRD_CYCLES))
        forbid(SdramFault.TRRD, (command == ACTIVATE) & (any_activate < ns["trrd"]))

        period  = int(REFRESH_NS * self.clock_hz / 1e9)
        to_next = Signal(range(period + 1), init=period)
        overdue = Signal(5)
        m.d.sync += to_next.eq(Mux(to_next == 0, period, to_next - 1))
        with m.If((to_next == 0) & (command != REFRESH)):
            m.d.sync += overdue.eq(overdue + 1)
        with m.If((to_next != 0) & (command == REFRESH) & (overdue != 0)):
            m.d.sync += overdue.eq(overdue - 1)
        with m.If(~is_set):
            m.d.sync += overdue.eq(0)
        forbid(SdramFault.REFRESH_LATE, overdue > LATE_REFRESHES)

        # --- bursts -------------------------------------------------------------------------------
        reads, writes = command == READ, command == WRITE
        left     = Signal(range(BURST + 1))  # columns of the burst still to come
        is_write = Signal()
        column, burst_row, burst_bank = Signal(self.column_bits), Signal(self.row_bits), \
            Signal(self.bank_bits)
        at, at_row, at_bank = Signal(self.column_bits), Signal(self.row_bits), \
            Signal(self.bank_bits)  # in this cycle
        busy, busy_writes = Signal(), Signal()
        m.d.comb += [at.eq(column), at_row.eq(burst_row), at_bank.eq(burst_bank),
                     busy.eq(left != 0), busy_writes.eq(is_write)]
        with m.If(reads | writes):
            m.d.comb += [at.eq(pins.a[:self.column_bits]), at_row.eq(row[pins.ba]),
                         at_bank.eq(pins.ba), busy.eq(1), busy_writes.eq(writes)]
            m.d.sync += [left.eq(BURST - 1), is_write.eq(writes)]
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        m.d.sync += [column.eq(Cat((at[:3] + 1)[:3], at[3:])), burst_row.eq(at_row),
                     burst_bank.eq(at_bank)]
        forbid(SdramFault.BURST_CUT, (left != 0) & (
            (reads & is_write) | (writes & ~is_write)
            | (command == PRECHARGE) & (is_all | (pins.ba == burst_bank))))

        # A read's column is looked up a cycle before its data are due.
        stages = [(busy & ~busy_writes, Cat(at, at_bank, at_row))]
        for n in range(2):
            valid = Signal(name=f"due{n}")
            place = Signal(self.column_bits + self.bank_bits + self.row_bits, name=f"place{n}")
            m.d.sync += [valid.eq(stages[-1][0]), place.eq(stages[-1][1])]
            stages.append((valid, place))
        due, due_place = Signal(), Signal(len(stages[-1][1]))
        with m.Switch(latency):
            for cycles in (2, 3):
                with m.Case(cycles):
                    m.d.comb += [due.eq(stages[cycles - 1][0]),
                                 due_place.eq(stages[cycles - 1][1])]
        is_driving, is_high, dq = Signal(), Signal(), Signal(16)
        m.d.sync += [is_driving.eq(due), is_high.eq(due_place[0])]
        m.d.comb += dq.eq(Mux(is_high, self.words.r_data[16:], self.words.r_data[:16]))
        m.d.sync += pins.dq_i.eq(Mux(is_driving, dq, 0xDEAD))  # lines that float are no zeros
        forbid(SdramFault.CONTENTION, is_driving & pins.dq_oe)

        low = Signal(16)
        takes = busy & busy_writes
        with m.If(takes & ~at[0]):
            m.d.sync += low.eq(pins.dq_o)
        with m.If(takes & at[0]):
            m.d.comb += [self.words.en.eq(1), self.words.write.eq(1),
                         self.words.addr.eq(Cat(at, at_bank, at_row) >> 1),
                         self.words.w_data.eq(Cat(low, pins.dq_o))]
        with m.Elif(due):
            m.d.comb += [self.words.en.eq(1), self.words.addr.eq(due_place >> 1)]
        forbid(SdramFault.NOT_DRIVEN, takes & ~pins.dq_oe)
        forbid(SdramFault.PART_OF_A_WORD, takes & ((pins.dqm != 0) | writes & at[0]))

        # --- banks --------------------------------------------------------------------------------
        for n in range(banks):
            is_bank   = pins.ba == n
            activates = (command == ACTIVATE) & is_bank
            closes    = (command == PRECHARGE) & (is_all | is_bank) & is_open[n]
            most      = self._cycles(TRAS_MOST_NS)
            opened    = since(f"opened{n}", activates, most)
            closed    = since(f"closed{n}", closes, latest)
            wrote     = since(f"wrote{n}", takes & (at_bank == n), latest)
            forbid(SdramFault.BANK_OPEN, is_open[n] & (activates | (command == REFRESH)))
            forbid(SdramFault.BANK_CLOSED, (reads | writes) & is_bank & ~is_open[n])
            forbid(SdramFault.TRCD, (reads | writes) & is_bank & (opened < ns["trcd"]))
            forbid(SdramFault.TRP, (activates | (command == REFRESH)) & (closed < ns["trp"]))
            forbid(SdramFault.TRAS, closes & (opened < ns["tras"]))
            forbid(SdramFault.TRC, (activates | (command == REFRESH)) & (opened < ns["trc"]))
            forbid(SdramFault.TWR, closes & (wrote < ns["twr"]))
            forbid(SdramFault.TRAS_MOST, is_open[n] & (opened == most))
            with m.If(activates):
                m.d.sync += [is_open[n].eq(1), row[n].eq(pins.a)]
            with m.If(closes):
                m.d.sync += is_open[n].eq(0)

        # --- set-up -------------------------------------------------------------------------------
        with m.If((command == REFRESH) & (refreshes != 2)):
            m.d.sync += refreshes.eq(refreshes + 1)
        with m.If(command == MODE):
            m.d.sync += [is_set.eq(refreshes == 2), latency.eq(pins.a[4:6])]
        forbid(SdramFault.MODE, (command == MODE) & (
            (pins.a[:4] != 0b0011) | ~pins.a[4:7].matches("01-") | pins.a[7:].any() | pins.ba.any()
            | is_open.any()))
        forbid(SdramFault.NOT_SET_UP, (command == ACTIVATE) & ~is_set)

        return m
