"""Controller of an SDR SDRAM chip: whole lines, in bursts, from rows that stay open."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import enum, fifo, wiring
from amaranth.lib.wiring import In, Out

from rtl.memory.line_port import LinePort
from rtl.memory.sdram_chips import SdramChip

__all__ = ["BURST", "Command", "Sdram", "SdramPins"]

BURST = 8  # columns; what the mode register is set to, in sequence


class Command(enum.Enum, shape=3):
    """Levels of `ras_n`, `cas_n`, `we_n`, the first in the highest bit."""
    MODE      = 0b000
    REFRESH   = 0b001
    PRECHARGE = 0b010  # of all banks with address bit 10
    ACTIVATE  = 0b011
    WRITE     = 0b100
    READ      = 0b101
    NOP       = 0b111


def SdramPins(chip):
    """The chip's pins, less its clock. All of them, `dq_i` too, are outputs of registers."""
    return wiring.Signature({
        "cke":     Out(1),
        "command": Out(Command, init=Command.NOP),
        "ba":      Out(chip.bank_bits),
        "a":       Out(chip.row_bits),
        "dqm":     Out(2),
        "dq_o":    Out(16),
        "dq_oe":   Out(1),
        "dq_i":    In(16),
    })


class Sdram(wiring.Component):
    """Serves lines from a chip that runs at the clock of `sync`.

    A bank's row stays open until another one of the bank is wanted, or until the next refresh. A
    word lies in two columns, its lower half in the first. The lowest bits of an address are the
    column, those above it the bank, so that neighbouring rows are in different banks.

    Parameters
    ----------
    chip : SdramChip
    clock_hz : int
        Of `sync`; at most what the chip bears.
    line_words : int
        A power of two, at least 4.

    Members
    -------
    lines : In(LinePort)
    pins : Out(SdramPins)
    is_ready : Out(1)
        The chip has been set up.
    """
    def __init__(self, *, chip, clock_hz, line_words=8):
        if not isinstance(chip, SdramChip):
            raise TypeError(f"chip must be an SdramChip, not {chip!r}")
        if not isinstance(clock_hz, int):
            raise TypeError(f"clock_hz must be an integer, not {clock_hz!r}")
        if not 1_000_000 <= clock_hz <= chip.clock_hz:
            raise ValueError(f"clock_hz must be from 1,000,000 to the chip's {chip.clock_hz:,}, "
                             f"not {clock_hz!r}")
        if line_words < 4 or line_words & (line_words - 1):
            raise ValueError(f"line_words must be a power of two and at least 4, not {line_words}")
        self.chip        = chip
        self.clock_hz    = clock_hz
        self.line_words  = line_words
        super().__init__({
            "lines":    In(LinePort),
            "pins":     Out(SdramPins(chip)),
            "is_ready": Out(1),
        })

    def _cycles(self, ns):
        return self.chip.cycles(ns, self.clock_hz)

    def elaborate(self, platform):
        m = Module()
        chip, lines, pins = self.chip, self.lines, self.pins

        # What is asked for: a line is a run of columns in one row.
        columns  = 2 * self.line_words
        within   = (columns - 1).bit_length()
        spread   = chip.column_bits - within       # bits of the line's number that are column
        request  = lines.request.payload
        bank     = request.line[spread:spread + chip.bank_bits]
        row      = request.line[spread + chip.bank_bits:][:chip.row_bits]
        is_open  = Signal(1 << chip.bank_bits)
        open_row = [Signal(chip.row_bits, name=f"open_row{n}") for n in range(len(is_open))]
        row_hit  = Signal()
        for n, its_row in enumerate(open_row):
            with m.If((bank == n) & is_open[n] & (its_row == row)):
                m.d.comb += row_hit.eq(1)

        m.submodules.times = times = Times(chip=chip, clock_hz=self.clock_hz)
        m.submodules.start = start = SetUp(chip=chip, clock_hz=self.clock_hz)
        m.submodules.reads = reads = fifo.SyncFIFO(width=32, depth=self.line_words)

        # A command is in the pins' registers for one cycle.
        command, col = Signal(Command), Signal(range(columns))
        m.d.sync += [pins.command.eq(command), pins.cke.eq(1), pins.dq_oe.eq(0)]
        m.d.comb += [command.eq(Command.NOP), times.command.eq(command),
                     start.may_go_on.eq(times.may_activate)]
        column = Cat(col, request.line[:spread])

        m.d.comb += [pins.dqm.eq(0), lines.read.payload.eq(reads.r_data),
                     lines.read.valid.eq(reads.r_rdy), reads.r_en.eq(lines.read.ready)]

        # Where the data of a burst are on their way: a bit for each cycle from the command on.
        coming   = Signal(chip.cas_cycles + 2)  # the chip's latency, and the register at `dq_i`
        low_half = Signal(16)
        is_high  = Signal()
        reading  = Signal()
        m.d.sync += coming.eq(Cat(reading, coming))
        with m.If(coming[-1]):
            m.d.sync += [is_high.eq(~is_high), low_half.eq(pins.dq_i)]
        m.d.comb += [reads.w_en.eq(coming[-1] & is_high),
                     reads.w_data.eq(Cat(low_half, pins.dq_i))]
        may_precharge = times.may_precharge & (coming == 0)

        left = Signal(range(columns + 1))  # columns of the line still to go
        written = lines.written

        # START    the chip's power settles, then it is set up
        # IDLE     the next command for the line that is wanted
        # READ     a read for every eight columns
        # WRITE    the columns go out, with a write for every eight
        with m.FSM():
            with m.State("START"):
                m.d.comb += command.eq(start.command)
                m.d.sync += pins.a.eq(start.a)
                with m.If(start.is_done):
                    m.next = "IDLE"
            with m.State("IDLE"):
                m.d.comb += self.is_ready.eq(1)
                m.d.sync += [col.eq(0), left.eq(columns), pins.ba.eq(bank), pins.a.eq(row)]
                with m.If(times.refresh_is_due & (is_open != 0)):
                    m.d.sync += pins.a.eq(1 << 10)
                    with m.If(may_precharge):
                        m.d.comb += command.eq(Command.PRECHARGE)
                        m.d.sync += is_open.eq(0)
                with m.Elif(times.refresh_is_due):
                    with m.If(times.may_activate):
                        m.d.comb += command.eq(Command.REFRESH)
                with m.Elif(lines.request.valid & row_hit):
                    with m.If(times.may_access & ~request.write):
                        m.next = "READ"
                    with m.Elif(times.may_access & written.valid & (coming == 0)):
                        m.next = "WRITE"
                with m.Elif(lines.request.valid & is_open.bit_select(bank, 1)):
                    m.d.sync += pins.a.eq(0)
                    with m.If(may_precharge):
                        m.d.comb += command.eq(Command.PRECHARGE)
                        m.d.sync += is_open.bit_select(bank, 1).eq(0)
                with m.Elif(lines.request.valid & times.may_activate):
                    m.d.comb += command.eq(Command.ACTIVATE)
                    m.d.sync += is_open.bit_select(bank, 1).eq(1)
                    for n, its_row in enumerate(open_row):
                        with m.If(bank == n):
                            m.d.sync += its_row.eq(row)
            with m.State("READ"):
                m.d.comb += reading.eq(1)
                m.d.sync += [col.eq(col + 1), left.eq(left - 1), pins.a.eq(column)]
                with m.If(col[:3] == 0):
                    m.d.comb += command.eq(Command.READ)
                with m.If(left == 1):
                    m.d.comb += lines.request.ready.eq(1)
                    m.next = "IDLE"
            with m.State("WRITE"):
                m.d.sync += [
                    col.eq(col + 1), left.eq(left - 1), pins.a.eq(column), pins.dq_oe.eq(1),
                    pins.dq_o.eq(Mux(col[0], written.payload[16:], written.payload[:16])),
                ]
                m.d.comb += [written.ready.eq(col[0]), times.writes.eq(1)]
                with m.If(col[:3] == 0):
                    m.d.comb += command.eq(Command.WRITE)
                with m.If(left == 1):
                    m.d.comb += lines.request.ready.eq(1)
                    m.next = "IDLE"

        return m


class Times(wiring.Component):
    """What the chip's times allow now, after the commands so far.

    An activation waits for the times of the bank that was last activated and of the one that was
    last precharged, though it may be of another one: rows change too seldom for more.

    Members
    -------
    command : In(Command)
        Given in this cycle.
    writes : In(1)
        Data go out in this cycle.
    may_activate, may_access, may_precharge : Out(1)
    refresh_is_due : Out(1)
        Until the next refresh.
    """
    command:        In(Command)
    writes:         In(1)
    may_activate:   Out(1)
    may_access:     Out(1)
    may_precharge:  Out(1)
    refresh_is_due: Out(1)

    def __init__(self, *, chip, clock_hz):
        self.chip, self.clock_hz = chip, clock_hz
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        chip = self.chip

        def blocked(name, ns, when):
            """High from the cycle after `when` until so many nanoseconds have passed."""
            cycles = chip.cycles(ns, self.clock_hz)
            left   = Signal(range(max(cycles, 2)), name=name)
            with m.If(when):
                m.d.sync += left.eq(cycles - 1)
            with m.Elif(left != 0):
                m.d.sync += left.eq(left - 1)
            return left != 0

        activates  = self.command == Command.ACTIVATE
        precharges = self.command == Command.PRECHARGE
        refreshes  = self.command == Command.REFRESH
        mode_ns    = chip.tmrd_cycles * 1e9 / self.clock_hz
        m.d.comb += [
            self.may_access.eq(~blocked("trcd", chip.trcd_ns, activates)),
            self.may_precharge.eq(~(blocked("tras", chip.tras_ns, activates)
                                    | blocked("twr", chip.twr_ns, self.writes))),
            self.may_activate.eq(~(blocked("trc", max(chip.trc_ns, chip.trrd_ns), activates)
                                   | blocked("trp", chip.trp_ns, precharges)
                                   | blocked("trfc", chip.trfc_ns, refreshes)
                                   | blocked("tmrd", mode_ns, self.command == Command.MODE))),
        ]

        period = chip.refresh_cycles(self.clock_hz)
        since  = Signal(range(period))
        m.d.sync += since.eq(since + 1)
        with m.If(refreshes):
            m.d.sync += self.refresh_is_due.eq(0)
        with m.If(since == period - 1):
            m.d.sync += [since.eq(0), self.refresh_is_due.eq(1)]

        return m


class SetUp(wiring.Component):
    """The commands that a chip needs after power-up: wait, precharge, refresh, set the mode.

    Members
    -------
    may_go_on : In(1)
        The times of the last command have passed.
    command, a : Out
    is_done : Out(1)
    """
    REFRESHES = 8

    def __init__(self, *, chip, clock_hz):
        self.chip, self.clock_hz = chip, clock_hz
        super().__init__({
            "may_go_on": In(1),
            "command":   Out(Command),
            "a":         Out(chip.row_bits),
            "is_done":   Out(1),
        })

    def elaborate(self, platform):
        m = Module()

        wait = self.chip.cycles(self.chip.power_up_us * 1000, self.clock_hz)
        left = Signal(range(wait + 1), init=wait)
        done = Signal(range(self.REFRESHES + 1))
        mode = self.chip.cas_cycles << 4 | 0b011  # bursts of 8, in sequence, reads and writes
        m.d.comb += self.command.eq(Command.NOP)
        with m.FSM():
            with m.State("WAIT"):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0):
                    m.d.comb += [self.command.eq(Command.PRECHARGE), self.a.eq(1 << 10)]
                    m.next = "REFRESH"
            with m.State("REFRESH"):
                with m.If(self.may_go_on):
                    m.d.comb += self.command.eq(Command.REFRESH)
                    m.d.sync += done.eq(done + 1)
                    with m.If(done == self.REFRESHES):
                        m.d.comb += [self.command.eq(Command.MODE), self.a.eq(mode)]
                        m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += self.is_done.eq(self.may_go_on)

        return m
