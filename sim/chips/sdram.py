"""An SDR SDRAM chip that does what its data sheet says, and notices what it forbids.

Written from data sheets (JEDEC's commands, the times of a Micron MT48LC16M16A2-7E), apart from the
controller: it shares no constant with `rtl.memory`.
"""

from math import ceil

from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.lib import data, enum, wiring
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
        self._latency = Signal(2)  # cycles from a read to its data, as the mode says
        super().__init__({
            "pins":       In(pins),
            "words":      Out(DataPort),
            "fault":      Out(SdramFault),
            "fault_bank": Out(bank_bits),
        })

    def _cycles(self, ns):
        return ceil(ns * self.clock_hz / 1e9 - 1e-9)

    def _forbid(self, m, kind, when):
        """Note the first fault."""
        with m.If(when & (self.fault == SdramFault.NONE)):
            m.d.sync += [self.fault.eq(kind), self.fault_bank.eq(self.pins.ba)]

    def _since(self, m, name, when, most, init=None):
        """Cycles since an event, up to a most."""
        count = Signal(range(most + 2), name=name, init=most if init is None else init)
        with m.If(when):
            m.d.sync += count.eq(1)
        with m.Elif(count < most):
            m.d.sync += count.eq(count + 1)
        return count

    def elaborate(self, platform):
        m = Module()

        command = Signal(3)
        m.d.comb += command.eq(self.pins.command)
        times   = {name: self._cycles(time) for name, time in self.times_ns.items()}
        is_set  = self._elaborate_set_up(m, command, times)
        is_open = Signal(1 << self.bank_bits)
        row     = Array(Signal(self.row_bits, name=f"row{n}") for n in range(len(is_open)))
        wrote_bank, wrote = self._elaborate_bursts(m, command, row)
        for n in range(len(is_open)):
            self._elaborate_bank(m, n, command, times, is_open[n], row[n],
                                 wrote & (wrote_bank == n))
        self._forbid(m, SdramFault.MODE, (command == MODE) & is_open.any())
        self._forbid(m, SdramFault.NOT_SET_UP, (command == ACTIVATE) & ~is_set)

        return m

    def _elaborate_set_up(self, m, command, times):
        """Power-up, mode, refreshes, and times that concern all banks; the mode is set."""
        pins, latest = self.pins, max(*times.values(), 16) + 1

        awake = self._since(m, "awake", 0, self._cycles(POWER_UP_NS), init=0)
        is_awake = awake == self._cycles(POWER_UP_NS)
        self._forbid(m, SdramFault.EARLY_COMMAND, (command != NOP) & ~is_awake)
        self._forbid(m, SdramFault.POWER_DOWN, ~pins.cke & is_awake)
        last_refresh = self._since(m, "last_refresh", command == REFRESH, latest)
        last_mode    = self._since(m, "last_mode", command == MODE, latest)
        any_activate = self._since(m, "any_activate", command == ACTIVATE, latest)
        self._forbid(m, SdramFault.TRFC, (command != NOP) & (last_refresh < times["trfc"]))
        self._forbid(m, SdramFault.TMRD, (command != NOP) & (last_mode < TMRD_CYCLES))
        self._forbid(m, SdramFault.TRRD, (command == ACTIVATE) & (any_activate < times["trrd"]))

        is_set, refreshes = Signal(), Signal(2)
        with m.If((command == REFRESH) & (refreshes != 2)):
            m.d.sync += refreshes.eq(refreshes + 1)
        with m.If(command == MODE):
            m.d.sync += [is_set.eq(refreshes == 2), self._latency.eq(pins.a[4:6])]
        self._forbid(m, SdramFault.MODE, (command == MODE) & (
            (pins.a[:4] != 0b0011) | ~pins.a[4:7].matches("01-") | pins.a[7:].any()
            | pins.ba.any()))

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
        self._forbid(m, SdramFault.REFRESH_LATE, overdue > LATE_REFRESHES)
        return is_set

    def _elaborate_bursts(self, m, command, rows):
        """Reads and writes; the bank that is written in this cycle, and whether one is."""
        pins = self.pins
        reads, writes = command == READ, command == WRITE

        # Where the burst is in this cycle, and in the next one.
        place    = data.StructLayout({"column": self.column_bits, "bank": self.bank_bits,
                                      "row": self.row_bits})
        at, next = Signal(place), Signal(place)
        left     = Signal(range(BURST + 1))  # columns of the burst still to come
        is_write = Signal()
        is_busy, is_writing = Signal(), Signal()
        m.d.comb += [at.eq(next), is_busy.eq(left != 0), is_writing.eq(is_write)]
        with m.If(reads | writes):
            m.d.comb += [at.column.eq(pins.a[:self.column_bits]), at.bank.eq(pins.ba),
                         at.row.eq(rows[pins.ba]), is_busy.eq(1), is_writing.eq(writes)]
            m.d.sync += [left.eq(BURST - 1), is_write.eq(writes)]
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        within = 3
        m.d.sync += [next.eq(at), next.column[:within].eq(at.column[:within] + 1)]
        self._forbid(m, SdramFault.BURST_CUT, (left != 0) & (
            (reads & is_write) | (writes & ~is_write)
            | (command == PRECHARGE) & (pins.a[10] | (pins.ba == next.bank))))

        # A read's column is looked up a cycle before its data are due.
        stages = [(is_busy & ~is_writing, at)]
        for n in range(2):
            valid, before = Signal(name=f"due{n}"), Signal(place, name=f"place{n}")
            m.d.sync += [valid.eq(stages[-1][0]), before.eq(stages[-1][1])]
            stages.append((valid, before))
        due, due_place = Signal(), Signal(place)
        with m.Switch(self._latency):
            for cycles in (2, 3):
                with m.Case(cycles):
                    m.d.comb += [due.eq(stages[cycles - 1][0]),
                                 due_place.eq(stages[cycles - 1][1])]
        is_driving, is_high, dq = Signal(), Signal(), Signal(16)
        m.d.sync += [is_driving.eq(due), is_high.eq(due_place.column[0])]
        m.d.comb += dq.eq(Mux(is_high, self.words.r_data[16:], self.words.r_data[:16]))
        m.d.sync += pins.dq_i.eq(Mux(is_driving, dq, 0xDEAD))  # lines that float are no zeros
        self._forbid(m, SdramFault.CONTENTION, is_driving & pins.dq_oe)

        low, takes, is_odd = Signal(16), is_busy & is_writing, at.column[0]
        with m.If(takes & ~is_odd):
            m.d.sync += low.eq(pins.dq_o)
        with m.If(takes & is_odd):
            m.d.comb += [self.words.en.eq(1), self.words.write.eq(1),
                         self.words.addr.eq(at.as_value() >> 1),
                         self.words.w_data.eq(Cat(low, pins.dq_o))]
        with m.Elif(due):
            m.d.comb += [self.words.en.eq(1), self.words.addr.eq(due_place.as_value() >> 1)]
        self._forbid(m, SdramFault.NOT_DRIVEN, takes & ~pins.dq_oe)
        self._forbid(m, SdramFault.PART_OF_A_WORD, takes & ((pins.dqm != 0) | writes & is_odd))
        return at.bank, takes

    def _elaborate_bank(self, m, n, command, times, is_open, row, wrote):
        pins, latest = self.pins, max(*times.values(), 16) + 1
        is_bank   = pins.ba == n
        activates = (command == ACTIVATE) & is_bank
        accesses  = ((command == READ) | (command == WRITE)) & is_bank
        closes    = (command == PRECHARGE) & (pins.a[10] | is_bank) & is_open
        begins    = activates | (command == REFRESH)
        most      = self._cycles(TRAS_MOST_NS)
        opened    = self._since(m, f"opened{n}", activates, most)
        closed    = self._since(m, f"closed{n}", closes, latest)
        written   = self._since(m, f"written{n}", wrote, latest)
        for kind, when in (
                (SdramFault.BANK_OPEN, is_open & begins),
                (SdramFault.BANK_CLOSED, accesses & ~is_open),
                (SdramFault.TRCD, accesses & (opened < times["trcd"])),
                (SdramFault.TRP, begins & (closed < times["trp"])),
                (SdramFault.TRAS, closes & (opened < times["tras"])),
                (SdramFault.TRC, begins & (opened < times["trc"])),
                (SdramFault.TWR, closes & (written < times["twr"])),
                (SdramFault.TRAS_MOST, is_open & (opened == most))):
            self._forbid(m, kind, when)
        with m.If(activates):
            m.d.sync += [is_open.eq(1), row.eq(pins.a)]
        with m.If(closes):
            m.d.sync += is_open.eq(0)
