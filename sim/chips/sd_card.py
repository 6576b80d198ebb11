"""An SD card that does what the specification says, and notices what it forbids.

Written from the SD Association's simplified physical layer specification, its chapter on SPI mode,
apart from the phy: it shares nothing with `rtl.phy`. It works bit by bit at the clock that it is
given, and its octets begin where it is selected.
"""

from math import ceil

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.peripherals.tokens import BlockFromHost, BlockToHost
from sim.chips.sd_card_parts import CardDisk, CardLine

__all__ = ["SdFault", "SdQuirks", "SimulatedSdCard"]

START_HZ, MOST_HZ = 400_000, 25_000_000
POWER_UP_CLOCKS   = 74
SECTOR_OCTETS     = 512

# The first octet of an answer, and the second one that CMD13 has.
IDLE, ILLEGAL, CRC_ERROR, ADDRESS_ERROR, PARAMETER_ERROR = 1, 1 << 2, 1 << 3, 1 << 5, 1 << 6
STATUS_ERROR, STATUS_PROTECTED, STATUS_RANGE = 1 << 2, 1 << 5, 1 << 7

OCR_VOLTAGES = 0xFF8000  # 2.7 to 3.6 V
TOKEN, RUN_TOKEN, STOP_TOKEN = 0xFE, 0xFC, 0xFD
UNREADABLE = 0x05        # an error, and the card's own correction failed
ACCEPTED, BLOCK_CRC_ERROR, WRITE_ERROR = 0xE5, 0xEB, 0xED
STUFF      = 0x3F        # the octet behind a CMD12 is none of its answer, though it looks like it


class SdFault(enum.Enum, shape=5):
    """What the card was asked that the specification forbids, or that this model does not do."""
    NONE        = 0
    NO_POWER_UP = 1   # selected before 74 clocks
    FAST_START  = 2   # a clock above 400 kHz before the card is ready
    FAST        = 3   # above 25 MHz
    FRAME       = 4   # neither a command nor a token, or one without its end bit
    COMMAND_CRC = 5
    BLOCK_CRC   = 6
    CUT         = 7   # deselected within an octet, a command, its answer or a block
    BUSY        = 8   # a command while the card is busy
    NOT_IN_IDLE = 9   # a command that is not allowed before the card is ready
    ILLEGAL     = 10  # a command that it does not have, or has not in this state
    PARAMETER   = 11  # a block length other than 512, an address past the end or within a sector
    TOKEN       = 12  # a token that does not belong here
    OVERLAP     = 13  # something new before the last command was answered
    VOLTAGE     = 14  # CMD8 with another voltage than 2.7 to 3.6 V


class SdQuirks(data.Struct):
    """What kind of card it is, and how far from the ideal; may change at any time."""
    is_out:        1   # not in the socket; putting it in is its power-up
    is_v1:         1   # of before version 2: it does not know CMD8
    is_standard:   1   # capacity: addresses count octets
    size_shift:    4   # log2 of the unit in which a standard card tells its size, in sectors: 2..11
    is_protected:  1
    reset_misses:  4   # that many CMD0 are not answered after power-up
    check_misses:  4   # and CMD8
    starting:      8   # that many ACMD41 are answered before it is ready
    answer_octets: 3   # before an answer, less one
    access_octets: 16  # before a sector that is read
    busy_octets:   16  # after a sector that was written
    has_bad:       1
    bad_sector:    32  # can be neither read nor written
    weak_cycles:   8   # data come disturbed if the clock's period is shorter, in cycles of `sync`
    is_clinging:   1   # drives its output until the eighth clock after it was deselected


class Run(enum.Enum, shape=3):
    NONE   = 0
    READ   = 1
    READS  = 2
    WRITE  = 3
    WRITES = 4


class Sends(enum.Enum, shape=4):
    """What the next octet to the host is."""
    NOTHING = 0
    STUFF   = 1  # one octet before the answer
    ANSWER  = 2  # after a gap
    TAIL    = 3  # the rest of it
    TOKEN   = 4  # after the time of an access
    DATA    = 5
    CRC     = 6
    OPINION = 7  # of a block that was received
    PAUSE   = 8  # one octet before it is busy
    BUSY    = 9


class Hears(enum.Enum, shape=2):
    """What the next octet from the host is."""
    ANYTHING = 0
    COMMAND  = 1  # the rest of one
    BLOCK    = 2  # a sector or its check


def among(value, *choices):
    """Whether a value is one of these."""
    return Cat(value == choice for choice in choices).any()


class SimulatedSdCard(wiring.Component):
    """A card at the SPI pins, with its contents in a disk image of the host's.

    Parameters
    ----------
    clock_hz : int
        Of `sync`, with which the pins are looked at; at least twice that of the card.

    Members
    -------
    cs_n, sck, mosi : In(1)
    miso : Out(1)
        High while the card does not drive it. Changes a cycle after `sck` falls.
    quirks : In(SdQuirks)
    to_host, from_host : Out(stream), In(stream)
        `BlockToHost` and `BlockFromHost`, as a block device has them, so that what serves a block
        device serves a card. Without a SIZE there is no card. What was written is flushed before
        the card stops being busy, at the end of a run of sectors.
    fault : Out(SdFault)
        The first thing that was forbidden; it stays.
    fault_index : Out(6)
        The command that was last received then.
    """
    cs_n:        In(1)
    sck:         In(1)
    mosi:        In(1)
    miso:        Out(1, init=1)
    quirks:      In(SdQuirks)
    to_host:     Out(stream.Signature(BlockToHost))
    from_host:   In(stream.Signature(BlockFromHost))
    fault:       Out(SdFault)
    fault_index: Out(6)

    def __init__(self, *, clock_hz):
        self.clock_hz = clock_hz
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        m.submodules.line = self._line = line = CardLine()
        m.submodules.disk = self._disk = disk = CardDisk()
        connect(m, disk.to_host, flipped(self.to_host))
        connect(m, flipped(self.from_host), disk.from_host)

        # Where it is in the protocol.
        self._is_out   = Signal()            # no card, or no image for it
        self._is_awake = Signal()            # it had its clocks
        self._is_spi   = Signal()            # it was reset
        self._is_ready = Signal()
        self._is_app   = Signal()            # the last command was CMD55
        self._checks   = Signal()            # CRCs are
        self._run      = Signal(Run)
        self._sector   = Signal(32)          # that is read or written
        self._hears    = Signal(Hears)
        self._sends    = Signal(Sends)
        self._status   = Signal(8)           # that CMD13 tells, and ends
        # What is left of its quirks since it was put in.
        self._misses   = {index: Signal(4, name=f"misses_{index}") for index in (0, 8)}
        self._starts   = Signal(8)
        # Of a command.
        self._index    = Signal(6)
        self._argument = Signal(32)
        self._answer   = Signal(8)
        self._tail     = Signal(32)
        self._gap      = Signal(range(10))   # octets before its answer
        self._left     = Signal(3)           # octets of the tail
        self._then     = Signal(Sends)       # behind the answer
        # Of a block, and of being busy.
        self._sends_csd = Signal()           # card-specific data, not a sector
        self._opinion  = Signal(8)
        self._wait     = Signal(16)          # octets

        m.d.comb += [
            self._is_out.eq(self.quirks.is_out | (disk.total == 0)),
            line.cs_n.eq(self.cs_n), line.sck.eq(self.sck), line.mosi.eq(self.mosi),
            line.is_clinging.eq(self.quirks.is_clinging & ~self._is_out),
            line.drives.eq(self._is_spi & ~self._is_out), line.next.eq(0xFF),
            line.first.eq(Mux(self._sends == Sends.BUSY, 0x00, 0xFF)),
            self.miso.eq(line.miso),
        ]
        self._elaborate_clock(m)
        self._elaborate_octets(m)
        self._elaborate_sender(m)
        self._elaborate_receiver(m)
        self._elaborate_deselection(m)
        self._elaborate_power(m)
        return m

    def _forbid(self, m, kind, when=1):
        """Note the first fault."""
        with m.If(when & (self.fault == SdFault.NONE) & ~self._is_out):
            m.d.sync += [self.fault.eq(kind), self.fault_index.eq(self._index)]

    def _elaborate_clock(self, m):
        """How fast the clock may be, and how much of it there is before anything else."""
        line     = self._line
        clocks   = Signal(range(POWER_UP_CLOCKS + 1))
        is_awake = self._is_awake
        m.d.comb += is_awake.eq(clocks == POWER_UP_CLOCKS)
        with m.If(line.rises & ~is_awake & self.cs_n):
            m.d.sync += clocks.eq(clocks + 1)
        with m.If(self._is_out):
            m.d.sync += clocks.eq(0)
        self._forbid(m, SdFault.NO_POWER_UP, line.rises & ~is_awake & ~self.cs_n)
        for kind, hz, minds in ((SdFault.FAST_START, START_HZ, ~self._is_ready),
                                (SdFault.FAST, MOST_HZ, 1)):
            self._forbid(m, kind, line.rises & minds
                         & (line.period < ceil(self.clock_hz / hz - 1e-9)))

    def _elaborate_deselection(self, m):
        """Ends whatever is under way, but that it is busy."""
        is_cut = ((self._hears != Hears.ANYTHING) | ~among(self._sends, Sends.NOTHING, Sends.BUSY)
                  & ~((self._sends == Sends.TOKEN) & (self._run == Run.READS)))
        with m.If(self.cs_n & self._is_spi):
            self._forbid(m, SdFault.CUT, is_cut | self._line.is_cut)
            m.d.sync += self._hears.eq(Hears.ANYTHING)
            with m.If(self._sends != Sends.BUSY):
                m.d.sync += self._sends.eq(Sends.NOTHING)

    def _elaborate_power(self, m):
        """Out of its socket it forgets everything."""
        with m.If(self._is_out):
            m.d.sync += [
                self._is_spi.eq(0), self._is_ready.eq(0), self._is_app.eq(0), self._checks.eq(0),
                self._run.eq(Run.NONE), self._sends.eq(Sends.NOTHING),
                self._hears.eq(Hears.ANYTHING), self._status.eq(0),
                self._misses[0].eq(self.quirks.reset_misses),
                self._misses[8].eq(self.quirks.check_misses),
                self._starts.eq(self.quirks.starting),
            ]

    # --- what the card sends ---------------------------------------------------------------------

    def _elaborate_octets(self, m):
        """The next octet to the host, and the check of a block, which grows bit by bit."""
        line, disk, sends = self._line, self._disk, self._sends
        self._at = at = Signal(range(SECTOR_OCTETS + 1))  # the octet of the block, or of its check
        self._may_send = Signal()                         # the block
        self._is_lost  = Signal()                         # it cannot be read
        crc, is_data = Signal(16), Signal()
        is_weak = line.period < self.quirks.weak_cycles
        is_bad  = self.quirks.has_bad & (self._sector == self.quirks.bad_sector)
        m.d.comb += [
            disk.r_addr.eq(at[2:]),
            self._may_send.eq((self._wait == 0) & (self._sends_csd | ~disk.is_busy)),
            self._is_lost.eq(~self._sends_csd & (disk.has_failed | is_bad)),
        ]

        with m.If(line.takes):
            m.d.sync += is_data.eq(sends == Sends.DATA)
            with m.If(sends == Sends.TOKEN):
                m.d.sync += crc.eq(0)
        with m.If(line.rises & is_data):
            m.d.sync += crc.eq(crc << 1 ^ Mux(crc[15] ^ line.miso, 0x1021, 0))

        with m.Switch(sends):
            for kind, when, octet in (
                    (Sends.STUFF,   1, STUFF),
                    (Sends.ANSWER,  self._gap == 0, self._answer),
                    (Sends.TAIL,    1, self._tail[24:]),
                    (Sends.TOKEN,   self._may_send, Mux(self._is_lost, UNREADABLE, TOKEN)),
                    (Sends.DATA,    ~self._sends_csd, disk.r_data.word_select(at[:2], 8)),
                    (Sends.CRC,     1, Mux(at == 0, crc[8:] ^ Mux(is_weak, 0x10, 0), crc[:8])),
                    (Sends.OPINION, 1, self._opinion),
                    (Sends.BUSY,    1, 0)):
                with m.Case(kind):
                    with m.If(when):
                        m.d.comb += line.next.eq(octet)
        with m.If((sends == Sends.DATA) & self._sends_csd):
            m.d.comb += line.next.eq(self._card_data(m).word_select(~at[:4], 8))

    def _elaborate_sender(self, m):
        """What comes after an octet to the host has begun."""
        line, disk, quirks, sends = self._line, self._disk, self.quirks, self._sends
        at, wait = self._at, self._wait
        with m.If(line.takes & (wait != 0)):
            m.d.sync += wait.eq(wait - 1)
        with m.If(line.takes):
            with m.Switch(sends):
                with m.Case(Sends.STUFF):
                    m.d.sync += sends.eq(Sends.ANSWER)
                with m.Case(Sends.ANSWER):
                    m.d.sync += self._gap.eq(self._gap - 1)
                    with m.If(self._gap == 0):
                        m.d.sync += [
                            sends.eq(Mux(self._left == 0, self._then, Sends.TAIL)),
                            wait.eq(Mux(self._then == Sends.TOKEN, quirks.access_octets, 0)),
                        ]
                with m.Case(Sends.TAIL):
                    m.d.sync += [self._tail.eq(self._tail << 8), self._left.eq(self._left - 1)]
                    with m.If(self._left == 1):
                        m.d.sync += sends.eq(self._then)
                with m.Case(Sends.TOKEN):
                    m.d.sync += at.eq(0)
                    with m.If(self._may_send):
                        m.d.sync += sends.eq(Sends.DATA)
                        with m.If(self._is_lost):
                            m.d.sync += sends.eq(Sends.NOTHING)
                        with m.If(~self._sends_csd & (self._sector >= disk.total)):
                            m.d.sync += self._status.eq(self._status | STATUS_RANGE)
                with m.Case(Sends.DATA):
                    m.d.sync += at.eq(at + 1)
                    with m.If(at == Mux(self._sends_csd, 16, SECTOR_OCTETS) - 1):
                        m.d.sync += [at.eq(0), sends.eq(Sends.CRC)]
                with m.Case(Sends.CRC):
                    m.d.sync += at.eq(1)
                    with m.If(at == 1):
                        m.d.sync += sends.eq(Sends.NOTHING)
                        with m.If((self._run == Run.READS) & ~self._sends_csd):
                            m.d.sync += [sends.eq(Sends.TOKEN), self._sector.eq(self._sector + 1),
                                         wait.eq(quirks.access_octets)]
                            m.d.comb += [disk.reads.eq(1), disk.sector.eq(self._sector + 1)]
                with m.Case(Sends.OPINION):
                    m.d.sync += [wait.eq(quirks.busy_octets), sends.eq(Sends.NOTHING)]
                    with m.If(self._opinion == ACCEPTED):
                        m.d.sync += sends.eq(Sends.BUSY)
                with m.Case(Sends.PAUSE):
                    m.d.sync += [wait.eq(quirks.busy_octets), sends.eq(Sends.BUSY)]
                with m.Case(Sends.BUSY):
                    with m.If((wait == 0) & ~disk.is_busy):
                        m.d.sync += sends.eq(Sends.NOTHING)
                        with m.If(disk.has_lost):
                            m.d.sync += self._status.eq(self._status | STATUS_ERROR)

    def _card_data(self, m):
        """The 128 bits of the card-specific data, the first octet highest."""
        quirks, last = self.quirks, Signal(32)  # the card's last sector
        m.d.comb += last.eq(self._disk.total - 1)
        shift, csd = quirks.size_shift, Signal(128)
        above  = Signal(4)                      # log2 of a block's length, in sectors
        m.d.comb += above.eq(Mux(shift > 9, shift - 9, 0))
        units, factor = (last >> shift)[:12], (shift - above - 2)[:3]
        protection = Cat(Const(1, 8), Const(0, 4), quirks.is_protected, Const(0, 3))
        # From bit 0 up, as the tables of the specification, for version 2 and for version 1.
        m.d.comb += csd.eq(Cat(protection, Const(0x7F800A40, 32), (last >> 10)[:22],
                               Const(0, 10), Const(0x400E00325B59, 48)))
        with m.If(quirks.is_standard):
            m.d.comb += csd.eq(Cat(protection, Const(0x7F800A40, 31), factor, Const(0xFFF, 12),
                                   units, Const(0b1000_00, 6), (9 + above)[:4], Const(0x5B5, 12),
                                   Const(0x00260032, 32)))
        return csd

    # --- what it receives ------------------------------------------------------------------------

    def _elaborate_receiver(self, m):
        """Commands at any time, and blocks where a run of writes waits for them."""
        line, disk, sends, hears = self._line, self._disk, self._sends, self._hears
        check7, check16, told = Signal(7), Signal(16), Signal(8)
        count = Signal(range(SECTOR_OCTETS + 2))  # octets of the command or block so far
        is_writing = among(self._run, Run.WRITE, Run.WRITES)
        is_weak    = line.period < self.quirks.weak_cycles

        def sum_up(check, polynomial, begins=0):
            before = Mux(begins, 0, check)
            m.d.sync += check.eq(before << 1 ^ Mux(before[len(check) - 1] ^ self.mosi,
                                                   polynomial, 0))

        is_bit = line.rises & ~self.cs_n
        with m.If(is_bit & ((hears == Hears.ANYTHING) | (hears == Hears.COMMAND) & (count < 5))):
            sum_up(check7, 0x09, begins=line.is_first & (hears == Hears.ANYTHING))
        with m.If(is_bit & (hears == Hears.BLOCK) & (count < SECTOR_OCTETS)):
            sum_up(check16, 0x1021)

        m.d.comb += [disk.w_addr.eq(count[2:]), disk.w_place.eq(count[:2]),
                     disk.w_octet.eq(line.octet)]
        with m.If(line.got):
            m.d.sync += count.eq(count + 1)
            with m.Switch(hears):
                with m.Case(Hears.ANYTHING):
                    m.d.sync += count.eq(0)
                    with m.If(line.octet[6:] == 0b01):
                        m.d.sync += [self._index.eq(line.octet), count.eq(1),
                                     hears.eq(Hears.COMMAND)]
                        self._forbid(m, SdFault.BUSY, sends == Sends.BUSY)
                        self._forbid(m, SdFault.OVERLAP, among(sends, 
                            Sends.STUFF, Sends.ANSWER, Sends.TAIL, Sends.OPINION, Sends.PAUSE))
                    with m.Elif((line.octet != 0xFF) & self._is_spi):
                        self._elaborate_token(m, is_writing, check16)
                with m.Case(Hears.COMMAND):
                    with m.If(count < 5):
                        m.d.sync += self._argument.eq(Cat(line.octet, self._argument))
                    with m.Else():
                        m.d.sync += [hears.eq(Hears.ANYTHING), count.eq(0)]
                        self._forbid(m, SdFault.FRAME, ~line.octet[0])
                        self._elaborate_command(m, is_whole=line.octet[1:] == check7)
                with m.Case(Hears.BLOCK):
                    m.d.sync += told.eq(line.octet)
                    m.d.comb += disk.w_en.eq(count < SECTOR_OCTETS)
                    with m.If(count == SECTOR_OCTETS + 1):
                        m.d.sync += [hears.eq(Hears.ANYTHING), count.eq(0)]
                        is_wrong = Cat(line.octet, told) != check16
                        self._forbid(m, SdFault.BLOCK_CRC, is_wrong & self._checks)
                        self._elaborate_block(m, self._checks & (is_wrong | is_weak))

    def _elaborate_token(self, m, is_writing, check16):
        """An octet that begins something else than a command."""
        line, sends = self._line, self._sends
        expected = Mux(self._run == Run.WRITE, TOKEN, RUN_TOKEN)
        self._forbid(m, SdFault.FRAME, ~is_writing)
        self._forbid(m, SdFault.BUSY, is_writing & (sends == Sends.BUSY))
        self._forbid(m, SdFault.OVERLAP, is_writing & ~among(sends, Sends.NOTHING, Sends.BUSY))
        with m.If(is_writing & (line.octet == expected)):
            m.d.sync += [self._hears.eq(Hears.BLOCK), check16.eq(0)]
        with m.Elif((self._run == Run.WRITES) & (line.octet == STOP_TOKEN)):
            m.d.sync += [self._run.eq(Run.NONE), sends.eq(Sends.PAUSE)]
            m.d.comb += self._disk.flushes.eq(1)
        with m.Else():
            self._forbid(m, SdFault.TOKEN, is_writing)

    def _elaborate_block(self, m, is_disturbed):
        """A sector was received."""
        quirks, disk = self.quirks, self._disk
        m.d.sync += [self._sends.eq(Sends.OPINION), self._opinion.eq(ACCEPTED),
                     self._sector.eq(self._sector + 1)]
        with m.If(self._run == Run.WRITE):
            m.d.sync += self._run.eq(Run.NONE)
        with m.If(is_disturbed):
            m.d.sync += self._opinion.eq(BLOCK_CRC_ERROR)
        with m.Elif(quirks.is_protected):
            m.d.sync += [self._opinion.eq(WRITE_ERROR),
                         self._status.eq(self._status | STATUS_PROTECTED)]
        with m.Elif(quirks.has_bad & (self._sector == quirks.bad_sector)):
            m.d.sync += [self._opinion.eq(WRITE_ERROR),
                         self._status.eq(self._status | STATUS_ERROR)]
        with m.Else():
            m.d.comb += [disk.writes.eq(1), disk.sector.eq(self._sector),
                         disk.flushes.eq(self._run == Run.WRITE)]

    # --- commands --------------------------------------------------------------------------------

    def _elaborate_command(self, m, *, is_whole):
        """What a command does, and its answer."""
        index, quirks = self._index, self.quirks
        is_idle, is_standard = Signal(), quirks.is_standard
        m.d.comb += is_idle.eq(~self._is_ready)
        is_known = index.matches(0, 8, 9, 12, 13, 16, 17, 18, 24, 25, 41, 55, 58, 59)
        in_idle  = index.matches(0, 8, 41, 55, 58, 59)
        is_read  = among(self._run, Run.READ, Run.READS) & among(self._sends, 
            Sends.TOKEN, Sends.DATA, Sends.CRC)
        is_lone_41 = (index == 41) & ~self._is_app

        def reply(bits=0, *, tail=0, octets=0, then=Sends.NOTHING):
            m.d.sync += [
                self._answer.eq(bits), self._tail.eq(tail), self._left.eq(octets),
                self._then.eq(then), self._gap.eq(quirks.answer_octets + 1),
                self._sends.eq(Sends.ANSWER), self._is_app.eq(0),
            ]

        checks = self._checks | index.matches(0, 8)
        self._forbid(m, SdFault.COMMAND_CRC, checks & ~is_whole)
        self._forbid(m, SdFault.OVERLAP, is_read & (index != 12))
        with m.If(self._is_spi & checks & ~is_whole):
            reply(CRC_ERROR | is_idle)
        with m.Elif((index == 0) & is_whole & self._is_awake):
            with m.If(self._misses[0] != 0):
                m.d.sync += self._misses[0].eq(self._misses[0] - 1)
            with m.Else():
                m.d.sync += [self._is_spi.eq(1), self._is_ready.eq(0), self._checks.eq(0),
                             self._run.eq(Run.NONE)]
                reply(IDLE)
        with m.Elif(~self._is_spi):
            pass
        with m.Elif(is_idle & ~in_idle | ~is_known | is_lone_41):
            self._forbid(m, SdFault.NOT_IN_IDLE, is_known & is_idle & ~in_idle)
            self._forbid(m, SdFault.ILLEGAL, ~is_known | is_lone_41)
            reply(ILLEGAL | is_idle)
        with m.Else():
            self._elaborate_known(m, reply, is_idle, is_standard)

    def _elaborate_known(self, m, reply, is_idle, is_standard):
        index, argument, disk, quirks = self._index, self._argument, self._disk, self.quirks
        sector = Signal(32)
        m.d.comb += sector.eq(Mux(is_standard, argument >> 9, argument))
        is_wrong = (sector >= disk.total) | is_standard & argument[:9].any()
        with m.Switch(index):
            with m.Case(8):
                reply(is_idle, tail=Cat(argument[:12], Const(0, 20)), octets=4)
                self._forbid(m, SdFault.VOLTAGE, (argument[8:12] != 1) & ~quirks.is_v1)
                with m.If(quirks.is_v1):
                    reply(ILLEGAL | is_idle)
                with m.Elif(self._misses[8] != 0):
                    m.d.sync += [self._misses[8].eq(self._misses[8] - 1),
                                 self._sends.eq(Sends.NOTHING)]
            with m.Case(9):
                m.d.sync += self._sends_csd.eq(1)
                reply(then=Sends.TOKEN)
            with m.Case(12):
                self._forbid(m, SdFault.ILLEGAL, self._run == Run.NONE)
                reply(then=Sends.BUSY)
                m.d.sync += [self._run.eq(Run.NONE), self._sends.eq(Sends.STUFF)]
                with m.If(self._run == Run.WRITES):
                    m.d.comb += disk.flushes.eq(1)
                    m.d.sync += self._sends.eq(Sends.ANSWER)
            with m.Case(13):
                reply(is_idle, tail=self._status << 24, octets=1)
                m.d.sync += self._status.eq(0)
            with m.Case(16):
                self._forbid(m, SdFault.PARAMETER, argument != SECTOR_OCTETS)
                reply(Mux(argument == SECTOR_OCTETS, 0, PARAMETER_ERROR))
            for number, run in ((17, Run.READ), (18, Run.READS), (24, Run.WRITE),
                                (25, Run.WRITES)):
                with m.Case(number):
                    self._forbid(m, SdFault.ILLEGAL, among(self._run, Run.READS, Run.WRITE,
                                                                       Run.WRITES))
                    self._forbid(m, SdFault.PARAMETER, is_wrong)
                    with m.If(is_wrong):
                        reply(ADDRESS_ERROR)
                    with m.Else():
                        m.d.sync += [self._run.eq(run), self._sector.eq(sector),
                                     self._sends_csd.eq(0)]
                        reply(then=Sends.TOKEN if number < 20 else Sends.NOTHING)
                        if number < 20:
                            m.d.comb += [disk.reads.eq(1), disk.sector.eq(sector)]
            with m.Case(41):
                reply(is_idle)
                # A card of high capacity waits for a host that says it can use one.
                with m.If(self._starts != 0):
                    m.d.sync += self._starts.eq(self._starts - 1)
                with m.Elif(is_standard | argument[30]):
                    m.d.sync += self._is_ready.eq(1)
                    reply(0)
            with m.Case(55):
                reply(is_idle)
                m.d.sync += self._is_app.eq(1)
            with m.Case(58):
                reply(is_idle, octets=4, tail=OCR_VOLTAGES | self._is_ready << 31
                      | (self._is_ready & ~is_standard) << 30)
            with m.Case(59):
                reply(is_idle)
                m.d.sync += self._checks.eq(argument[0])
