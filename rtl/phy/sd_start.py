"""What happens to an SD card before its first sector is read: set-up, size, partition."""

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from isa.machine import SECTOR_WORDS
from rtl.phy.sd_link import LinkPort, Outcome, StepKind, WordPort, ask

__all__ = ["MOST_SECTORS", "PARTITION_TYPE", "SECTOR_BITS", "SdStart", "SdTable"]

PARTITION_TYPE = 0x51          # of our partitions
SECTOR_BITS    = 28            # that the machine can address
MOST_SECTORS   = (1 << SECTOR_BITS) - 1

ATTEMPTS     = 6               # from the reset on
RESET_MS     = 1               # after power-up
OP_COND_MS   = 2000            # the specification allows a second
CHECK        = 0x1AA           # CMD8: 2.7 to 3.6 V, and a pattern that comes back
VOLTAGES     = 0b11 << 20      # OCR: 3.2 to 3.4 V
HIGH_CAPACITY, POWERED_UP = 30, 31

# The partition table is in the last 66 octets of sector 0; an entry has 16, from the third on.
FIRST_WORD, SIGNATURE = 112, 0xAA55


class SdTable(enum.Enum, shape=unsigned(2)):
    NONE    = 0  # the disk begins with the card
    OURS    = 1  # it is a partition
    FOREIGN = 2  # there is a table, and none of its partitions is ours


class SdStart(wiring.Component):
    """Sets up a card.

    Members
    -------
    run : In(1)
        High until `done`: sets up whatever card is there.
    done : Out(1)
        Strobe.
    is_ready : Out(1)
        With `done`: the card can be used. What follows is right from the next cycle on.
    is_there : Out(1)
        A card has answered since `run`.
    by_octets : Out(1)
        Its addresses count octets, not sectors.
    is_protected : Out(1)
    card_sectors, first, sectors : Out(28)
        The card's size, and where our partition is. A larger card has as many sectors as can be
        addressed.
    table : Out(SdTable)
    is_slow : Out(1)
        The card's clock must not be above 400 kHz.
    is_disturbed : Out(1)
        Strobe: a block came disturbed.
    port : Out(LinkPort)
    words : Out(WordPort)
    ms_end : In(1)
    """
    run:          In(1)
    done:         Out(1)
    is_ready:     Out(1)
    is_there:     Out(1)
    by_octets:    Out(1)
    is_protected: Out(1)
    card_sectors: Out(SECTOR_BITS)
    first:        Out(SECTOR_BITS)
    sectors:      Out(SECTOR_BITS)
    table:        Out(SdTable)
    is_slow:      Out(1)
    is_disturbed: Out(1)
    port:         Out(LinkPort)
    words:        Out(WordPort)
    ms_end:       In(1)

    def elaborate(self, platform):
        m = Module()
        port = self.port

        is_v2, attempts, waited_ms = Signal(), Signal(range(ATTEMPTS + 1)), Signal(range(4096))
        is_fine, is_idle = Signal(), Signal()  # what the card answers; it is still starting up
        m.d.comb += [
            is_fine.eq((port.outcome == Outcome.FINE) & (port.answer[1:] == 0)),
            is_idle.eq(port.answer[0]),
        ]
        with m.If(self.ms_end):
            m.d.sync += waited_ms.eq(waited_ms + 1)
        at = Signal(range(32))  # words of the buffer that were looked for in SIZE or TABLE
        m.d.sync += at.eq(0)

        def command(index, argument=0, **fields):
            m.d.comb += ask(port, StepKind.COMMAND, index=index, argument=argument, **fields)

        def then(state, *, if_, other=()):
            """Go on, or from the beginning, or give up."""
            with m.If(port.done):
                m.d.sync += attempts.eq(attempts + 1)
                m.next = "DRAIN"
                with m.If(attempts == ATTEMPTS - 1):
                    m.next = "GIVE_UP"
                for condition, another in ((if_, state), *other):
                    with m.If(condition):
                        m.d.sync += attempts.eq(attempts)
                        m.next = another

        def end(is_ready):
            m.d.comb += [self.done.eq(1), self.is_ready.eq(is_ready)]
            m.next = "IDLE"

        # A state for each command, CMD0 in RESET. Whatever fails leads to DRAIN and back to it.
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [attempts.eq(0), waited_ms.eq(0)]
                with m.If(self.run):
                    m.d.sync += [self.is_slow.eq(1), self.is_there.eq(0)]
                    m.next = "POWER_UP"
            with m.State("POWER_UP"):
                with m.If(waited_ms > RESET_MS):
                    m.next = "CLOCKS"
            with m.State("DRAIN"):
                m.d.sync += self.is_slow.eq(1)
                m.d.comb += ask(port, StepKind.DRAIN)
                with m.If(port.done):
                    m.next = "CLOCKS"
            with m.State("CLOCKS"):
                m.d.comb += ask(port, StepKind.CLOCKS)
                with m.If(port.done):
                    m.next = "RESET"
            with m.State("RESET"):
                command(0)
                then("VOLTAGE", if_=is_fine & is_idle)
            with m.State("VOLTAGE"):
                command(8, CHECK, tail=4)
                is_v1 = (port.outcome == Outcome.FINE) & port.answer[2]  # it does not know CMD8
                then("CHECKS", if_=is_fine & (port.tail[:12] == CHECK), other=((is_v1, "CHECKS"),))
                with m.If(port.done):
                    m.d.sync += [is_v2.eq(~is_v1), self.is_there.eq(1), waited_ms.eq(0)]
            with m.State("CHECKS"):
                command(59, 1)
                then("APPLICATION", if_=is_fine)
            with m.State("APPLICATION"):
                command(55)
                then("START_UP", if_=is_fine)
            with m.State("START_UP"):
                command(41, is_v2 << HIGH_CAPACITY)
                is_late = waited_ms >= OP_COND_MS
                then("OPERATION", if_=is_fine & ~is_idle, other=(
                    (is_fine & is_idle & ~is_late, "APPLICATION"),
                    (is_fine & is_idle & is_late, "GIVE_UP")))
            with m.State("OPERATION"):
                command(58, tail=4)
                is_high = is_v2 & port.tail[HIGH_CAPACITY]
                is_good = is_fine & port.tail[POWERED_UP] & (port.tail & VOLTAGES == VOLTAGES)
                then("BLOCK_SIZE", if_=is_good, other=((is_good & is_high, "DATA"),))
                with m.If(port.done):
                    m.d.sync += self.by_octets.eq(~is_high)
            with m.State("BLOCK_SIZE"):
                command(16, 4 * SECTOR_WORDS)
                then("DATA", if_=is_fine)
            with m.State("DATA"):
                command(9, keeps=1)
                then("RECEIVE_DATA", if_=is_fine)
            with m.State("RECEIVE_DATA"):
                m.d.comb += ask(port, StepKind.RECEIVE, is_short=1)
                then("SIZE", if_=port.outcome == Outcome.FINE)
            with m.State("SIZE"):
                is_known, is_later = self._elaborate_size(m, at)
                m.d.sync += [self.first.eq(0), self.sectors.eq(self.card_sectors),
                             self.table.eq(SdTable.NONE), self.is_slow.eq(0)]
                with m.If(is_known):
                    m.next = "READ"
                    with m.If(is_later):
                        m.next = "GIVE_UP"
            with m.State("READ"):
                command(17, keeps=1)
                then("RECEIVE", if_=is_fine)
            with m.State("RECEIVE"):
                m.d.comb += [ask(port, StepKind.RECEIVE),
                             self.is_disturbed.eq(port.done
                                                  & (port.outcome == Outcome.BAD_CHECK))]
                then("TABLE", if_=port.outcome == Outcome.FINE)
                with m.If(port.done & (port.outcome == Outcome.REFUSED)):
                    end(1)  # without sector 0 there is no table, but the rest can be read
            with m.State("TABLE"):
                with m.If(self._elaborate_table(m, at)):
                    end(1)
            with m.State("GIVE_UP"):
                end(0)

        return m

    def _elaborate_size(self, m, at):
        """The card-specific data: whether they are known, and are those of a card after SDXC."""
        octets = Signal(128)  # in the order in which they come, the highest bits first
        m.d.comb += self.words.r_addr.eq(at)
        m.d.sync += at.eq(at + 1)
        with m.If(at <= 4):
            m.d.sync += octets.eq(Cat(octets[32:], self.words.r_data))
        octet  = [octets.word_select(n, 8) for n in range(16)]
        kind   = octet[0][6:]
        length = octet[5][:4]
        large  = Cat(octet[9], octet[8], octet[7][:6]) + 1          # in 512 Ki octets
        small  = (Cat(octet[8][6:], octet[7], octet[6][:2]) + 1) << (
            Cat(octet[10][7], octet[9][:2]) + length - 7)[:4]       # in sectors
        m.d.sync += [
            self.card_sectors.eq(Mux(kind == 0, small, Mux(large[18:].any(), MOST_SECTORS,
                                                           large << 10))),
            self.is_protected.eq(octet[14][4:6].any()),
        ]
        return at == 7, kind > 1

    def _elaborate_table(self, m, at):
        """The partition table: whether all of it was looked at."""
        m.d.comb += self.words.r_addr.eq(FIRST_WORD + at)
        m.d.sync += at.eq(at + 1)
        low, high   = self.words.r_data[:16], self.words.r_data[16:]
        is_type     = Signal()
        has_table   = Signal()
        first, size = Signal(32), Signal(16)  # of the entry; of its size the lower half
        sectors     = Cat(size, low)
        is_found    = self.table == SdTable.OURS
        with m.If((at != 0) & (at <= 16)):
            with m.Switch((at - 1)[:2]):
                with m.Case(0):
                    m.d.sync += is_type.eq(high[:8] == PARTITION_TYPE)
                with m.Case(1):
                    m.d.sync += first[:16].eq(high)
                with m.Case(2):
                    m.d.sync += [first[16:].eq(low), size.eq(high)]
                with m.Case(3):
                    with m.If(is_type & ~is_found & (first != 0) & (sectors != 0)
                              & (first + sectors <= self.card_sectors)):
                        m.d.sync += [self.first.eq(first), self.sectors.eq(sectors),
                                     self.table.eq(SdTable.OURS)]
        m.d.sync += has_table.eq(high == SIGNATURE)
        is_end = at == 17
        with m.If(is_end & ~has_table):
            m.d.sync += [self.first.eq(0), self.sectors.eq(self.card_sectors),
                         self.table.eq(SdTable.NONE)]
        with m.Elif(is_end & ~is_found):
            m.d.sync += self.table.eq(SdTable.FOREIGN)
        return is_end
