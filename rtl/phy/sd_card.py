"""SD card in SPI mode: the disk of a board."""

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib import enum, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.checks import check_integer
from rtl.peripherals.tokens import BlockFromHost, BlockToHost
from rtl.phy.sd_link import SdLink, SdPins
from rtl.phy.sd_sectors import SdSectors
from rtl.phy.sd_start import SdStart, SdTable

__all__ = ["SdCard", "SdStatus", "SdTable"]

START_HZ    = 400_000  # the fastest clock while a card is set up
MOST_SPI_HZ = 25_000_000
SLOWER      = 4        # how many times the clock is halved at most


class SdStatus(enum.Enum, shape=unsigned(2)):
    NO_CARD  = 0  # none answers
    STARTING = 1  # one is being set up
    READY    = 2
    UNUSABLE = 3  # it answers, but cannot be set up


class SdCard(wiring.Component):
    """Reads and writes the sectors of a card for the block device.

    A card is set up when it is put in; then the machine is told the size of its disk, and 0 when
    the card is gone. The disk is the first partition of type `PARTITION_TYPE` in the card's table,
    or the whole card. Sectors that follow one another are one command to the card. What fails is
    tried again, with a slower clock if it came disturbed; a sector counts as written when the card
    has taken it, and as stored after a flush.

    Parameters
    ----------
    clock_hz : int
        Of `sync`, at least 1 MHz.
    spi_hz : int
        The fastest clock of the card, at most 25 MHz and at least 400 kHz.
    pin_cycles : int
        Registers on the way to the pins and back, in I/O cells.
    cycles_per_ms : int or None
        Length of what all time-outs are counted in. None makes it a millisecond.

    Members
    -------
    to_host : In(stream)
        `BlockToHost`.
    from_host : Out(stream)
        `BlockFromHost`. An answer that nobody waits for, because a machine was reset and asks
        something else, is taken back.
    whole_card : In(1)
        Show the card from its first sector on, whatever its table says. Read as a card is set up.
    status : Out(SdStatus)
    table : Out(SdTable)
        What was found on the card.
    is_protected : Out(1)
        The card is write-protected: writes fail.
    is_active : Out(1)
        An operation is under way.
    pins : Out(SdPins())
        `miso` needs a pull-up: without a card it has to be high.
    """
    def __init__(self, *, clock_hz, spi_hz=MOST_SPI_HZ, pin_cycles=0, cycles_per_ms=None):
        self.clock_hz      = check_integer("clock_hz", clock_hz, least=1_000_000)
        self.spi_hz        = check_integer("spi_hz", spi_hz, least=START_HZ, most=MOST_SPI_HZ)
        self.pin_cycles    = check_integer("pin_cycles", pin_cycles, least=0, most=8)
        self.cycles_per_ms = check_integer(
            "cycles_per_ms", clock_hz // 1000 if cycles_per_ms is None else cycles_per_ms, least=2)
        super().__init__({
            "to_host":      In(stream.Signature(BlockToHost)),
            "from_host":    Out(stream.Signature(BlockFromHost)),
            "whole_card":   In(1),
            "status":       Out(SdStatus),
            "table":        Out(SdTable),
            "is_protected": Out(1),
            "is_active":    Out(1),
            "pins":         Out(SdPins()),
        })

    def half_cycles(self, hz):
        """Half a period of a clock that is not faster, in cycles of `sync`."""
        return -(-self.clock_hz // (2 * hz))

    def elaborate(self, platform):
        m = Module()
        slow, fast = self.half_cycles(START_HZ), self.half_cycles(self.spi_hz)

        m.submodules.link = link = SdLink(most_half_cycles=max(slow, fast << SLOWER),
                                          pin_cycles=self.pin_cycles)
        m.submodules.start = start = SdStart()
        m.submodules.sectors = sectors = SdSectors()
        connect(m, link.pins, flipped(self.pins))
        connect(m, flipped(self.to_host), sectors.to_host)
        connect(m, sectors.from_host, flipped(self.from_host))

        ms = Signal(range(self.cycles_per_ms))
        ms_end = ms == self.cycles_per_ms - 1
        m.d.sync += ms.eq(Mux(ms_end, 0, ms + 1))
        m.d.comb += [part.ms_end.eq(ms_end) for part in (link, start, sectors)]

        # The link is the one's that is at work: the card is set up before its sectors are used.
        for one, is_its in ((start, start.run), (sectors, ~start.run)):
            m.d.comb += [
                one.port.done.eq(link.port.done & is_its),
                one.port.outcome.eq(link.port.outcome),
                one.port.answer.eq(link.port.answer),
                one.port.tail.eq(link.port.tail),
                one.words.r_data.eq(link.words.r_data),
            ]
            with m.If(is_its):
                m.d.comb += [
                    link.port.valid.eq(one.port.valid),
                    link.port.step.eq(one.port.step),
                    link.words.r_addr.eq(one.words.r_addr),
                    link.words.w_en.eq(one.words.w_en),
                    link.words.w_addr.eq(one.words.w_addr),
                    link.words.w_data.eq(one.words.w_data),
                ]

        is_unusable = Signal()
        with m.If(start.done):
            m.d.sync += is_unusable.eq(start.is_there & ~start.is_ready)

        slower = Signal(range(SLOWER + 1))
        m.d.comb += link.half_cycles.eq(Mux(start.is_slow, slow, fast << slower))
        with m.If((start.is_disturbed | sectors.is_disturbed) & (slower != SLOWER)):
            m.d.sync += slower.eq(slower + 1)
        with m.If(start.done & ~start.is_ready):  # the next card is a new one
            m.d.sync += slower.eq(0)

        m.d.comb += [
            start.run.eq(sectors.starts),
            sectors.started.eq(start.done),
            sectors.is_ready.eq(start.is_ready),
            sectors.by_octets.eq(start.by_octets),
            sectors.is_protected.eq(start.is_protected),
            sectors.first.eq(Mux(self.whole_card, 0, start.first)),
            sectors.total.eq(Mux(self.whole_card, start.card_sectors, start.sectors)),
            self.status.eq(Mux(sectors.has_card, SdStatus.READY, Mux(
                start.run & start.is_there, SdStatus.STARTING,
                Mux(is_unusable, SdStatus.UNUSABLE, SdStatus.NO_CARD)))),
            self.table.eq(start.table),
            self.is_protected.eq(start.is_protected & sectors.has_card),
            self.is_active.eq(sectors.is_active),
        ]
        return m
