# amaranth: UnusedElaboratable=no
"""A phy and the simulated SD card at its pins, compiled, with a machine and a disk in Python."""

import random
from collections import deque

from amaranth import Cat, Module, Mux, ResetInserter, Shape, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.peripherals.tokens import BlockFromHost, BlockToHost
from rtl.peripherals.tokens import BlockFromHostKind as From
from rtl.peripherals.tokens import BlockToHostKind as To
from rtl.phy.sd_card import SdCard, SdStatus, SdTable
from sim.chips.sd_card import SdFault, SdQuirks, SimulatedSdCard
from sim.engine.build import built, source_key
from sim.engine.design import Design, Stream
from sim.engine.library import Simulation
from toolchain.places import ROOT

__all__ = ["CARD_SECTORS", "CLOCK_HZ", "CYCLES_PER_MS", "SdRig", "partition_table", "words_of"]

CLOCK_HZ      = 10_000_000  # so that 400 kHz are not too many cycles
CYCLES_PER_MS = 500         # a 20th of what it is, so that time-outs are short
CARD_SECTORS  = 2048

PART_BITS = 48
PARTS     = -(-Shape.cast(SdQuirks).width // PART_BITS)
ORDERS    = stream.Signature(data.StructLayout({"octet": 8, "cs_n": 1, "half": 10}))


class Hand(wiring.Component):
    """A host that sends octets one by one as a test says, and gives what came for each."""
    octets: In(ORDERS)
    heard:  Out(stream.Signature(8))
    cs_n:   Out(1, init=1)
    sck:    Out(1)
    mosi:   Out(1, init=1)
    miso:   In(1)

    def elaborate(self, platform):
        m = Module()
        left, bits, bit = Signal(10), Signal(4), Signal(8)
        octets, order = self.octets, self.octets.payload
        with m.FSM():
            with m.State("IDLE"):
                with m.If(octets.valid):
                    m.d.sync += [self.cs_n.eq(order.cs_n), bit.eq(order.octet), bits.eq(8),
                                 left.eq(order.half)]
                    m.next = "LOW"
            with m.State("LOW"):
                m.d.sync += [self.mosi.eq(bit[7]), left.eq(left - 1)]
                with m.If(left == 1):
                    m.d.sync += [self.sck.eq(1), left.eq(order.half)]
                    m.next = "HIGH"
            with m.State("HIGH"):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 1):
                    m.d.sync += [self.sck.eq(0), bits.eq(bits - 1), left.eq(order.half),
                                 bit.eq(Cat(self.miso, bit))]
                    m.next = "LOW"
                    with m.If(bits == 1):
                        m.next = "END"
            with m.State("END"):
                m.d.comb += [self.heard.valid.eq(1), self.heard.payload.eq(bit),
                             octets.ready.eq(self.heard.ready)]
                m.next = "IDLE"
        return m


class Pair(wiring.Component):
    """Phy and card; what kind of card it is comes as a stream. A `Hand` takes the phy's place as
    soon as it is told to do something."""
    octets:    In(ORDERS)
    heard:     Out(stream.Signature(8))
    ask:       In(stream.Signature(BlockToHost))
    told:      Out(stream.Signature(BlockFromHost))
    of_disk:   Out(stream.Signature(BlockToHost))
    to_disk:   In(stream.Signature(BlockFromHost))
    kind:      In(stream.Signature(data.StructLayout({"value": PART_BITS, "part": 2})))
    control:   In(stream.Signature(data.StructLayout({"whole_card": 1, "reset": 1})))
    status:    Out(SdStatus)
    table:     Out(SdTable)
    protected: Out(1)
    active:    Out(1)
    period:    Out(10)
    fault:     Out(SdFault)
    index:     Out(6)

    def __init__(self, **options):
        self.options = {"clock_hz": CLOCK_HZ, "cycles_per_ms": CYCLES_PER_MS} | options
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        phy, reset = SdCard(**self.options), Signal()
        m.submodules.phy = ResetInserter(reset)(phy)
        m.submodules.card = card = SimulatedSdCard(clock_hz=self.options["clock_hz"])
        connect(m, flipped(self.ask), phy.to_host)
        connect(m, phy.from_host, flipped(self.told))
        m.submodules.hand = hand = Hand()
        connect(m, flipped(self.octets), hand.octets)
        connect(m, hand.heard, flipped(self.heard))
        connect(m, card.to_host, flipped(self.of_disk))
        connect(m, flipped(self.to_disk), card.from_host)
        by_hand = Signal()
        with m.If(self.octets.valid):
            m.d.sync += by_hand.eq(1)
        m.d.comb += [
            *(getattr(card, name).eq(Mux(by_hand, getattr(hand, name), getattr(phy.pins, name)))
              for name in ("cs_n", "sck", "mosi")), hand.miso.eq(card.miso),
            phy.pins.miso.eq(card.miso), self.kind.ready.eq(1), self.control.ready.eq(1),
        ]
        m.d.sync += [  # what the host looks at is in registers
            self.status.eq(phy.status), self.table.eq(phy.table),
            self.protected.eq(phy.is_protected), self.active.eq(phy.is_active),
            self.fault.eq(card.fault), self.index.eq(card.fault_index),
        ]
        parts, whole = Signal(data.ArrayLayout(PART_BITS, PARTS)), Signal()
        with m.If(self.kind.valid):
            m.d.sync += parts[self.kind.payload.part].eq(self.kind.payload.value)
        m.d.sync += reset.eq(0)
        with m.If(self.control.valid):
            m.d.sync += [whole.eq(self.control.payload.whole_card),
                         reset.eq(self.control.payload.reset)]
        m.d.comb += [card.quirks.eq(parts.as_value()), phy.whole_card.eq(whole)]

        # The card's clock, in cycles, as it was last seen.
        before, count = Signal(), Signal(10)
        m.d.sync += [before.eq(card.sck), count.eq(count + 1)]
        with m.If(card.sck & ~before):
            m.d.sync += [count.eq(1), self.period.eq(count)]
        return m


def words_of(sector):
    """What a fresh card has in a sector."""
    chance = random.Random(sector)
    return [chance.getrandbits(32) for _ in range(126)] + [sector, 0]


def partition_table(*entries):
    """The words of a sector 0: up to four of (type, first, sectors)."""
    octets = bytearray(512)
    octets[510:] = b"\x55\xAA"
    for n, (kind, first, sectors) in enumerate(entries):
        at = 446 + 16 * n
        octets[at + 4] = kind
        octets[at + 8:at + 16] = first.to_bytes(4, "little") + sectors.to_bytes(4, "little")
    return [int.from_bytes(octets[n:n + 4], "little") for n in range(0, 512, 4)]


def simulation(**options):
    """The compiled pair, from the cache or built once."""
    def design():
        return Design(
            component=Pair(**options),
            streams=(Stream("ask", "in", 34), Stream("told", "out", 34),
                     Stream("of_disk", "out", 34), Stream("to_disk", "in", 34),
                     Stream("octets", "in", 19), Stream("heard", "out", 8),
                     Stream("kind", "in", PART_BITS + 2), Stream("control", "in", 2)),
            probes=("status", "table", "protected", "active", "period", "fault", "index"))

    folders = [ROOT / "rtl" / "phy", ROOT / "rtl" / "peripherals", ROOT / "sim" / "chips",
               ROOT / "sim" / "engine", ROOT / "tests" / "support"]
    key = source_key(folders, "sd_rig", sorted(options.items()))
    return Simulation(*built(key, design, lambda line: None))


class SdRig:
    """A card that is in its socket, and a machine that does what a test wants.

    Parameters
    ----------
    total : int
        Sectors of the card.
    sectors : dict
        What is on it that differs from `words_of`.
    quirks : dict
        Fields of `SdQuirks`.
    options : dict
        Of the phy.

    Members
    -------
    sectors : dict
        What was written or put there.
    log : list
        What the card asked of the disk: `(kind, sector)`.
    sizes : list
        That the machine was told.
    bad : set
        Sectors that the host's disk can neither read nor write; None stands for a flush.
    """

    def __init__(self, *, total=CARD_SECTORS, sectors=None, whole_card=False, options=None,
                 **quirks):
        self.simulation = simulation(**(options or {}))
        self.sectors = dict(sectors or {})
        self.total   = total
        self.log, self.sizes, self.bad = [], [], set()
        self._told, self._written, self._sizes_read = deque(), [], 0
        self.quirks = {}
        self.set(**{"starting": 2, "answer_octets": 1, "access_octets": 3, "busy_octets": 4,
                    "size_shift": 9} | quirks)
        if whole_card:
            self.simulation.send("control", [0b01])
        self.simulation.run(10)  # so that it is that kind of card when it gets its power
        self._tell(From.SIZE, total)

    # --- the card --------------------------------------------------------------------------------

    def set(self, **quirks):
        """Change what kind of card it is, from the next cycles on."""
        self.quirks |= quirks
        value = SdQuirks.const(self.quirks).as_value().value
        self.simulation.send("kind", [n << PART_BITS | value >> n * PART_BITS & (1 << PART_BITS) - 1
                                      for n in range(PARTS)])

    def _tell(self, kind, *words):
        self.simulation.send("to_disk", [kind.value << 32 | word for word in words or (0,)])

    def _serve(self):
        """Do what the card asks of the disk."""
        for token in self.simulation.receive("of_disk").tolist():
            kind, value = To(token >> 32), token & 0xFFFFFFFF
            if kind == To.WORD:
                self._written.append(value)
                if len(self._written) == 128:
                    at = self.log[-1][1]
                    if at not in self.bad:
                        self.sectors[at] = self._written
                    self._tell(From.FAIL if at in self.bad else From.DONE)
                continue
            self.log.append((kind, value))
            self._written = []
            if kind == To.READ and (value in self.bad or value >= self.total):
                self._tell(From.FAIL)
            elif kind == To.READ:
                self._tell(From.WORD, *(self.sectors.get(value) or words_of(value)))
            elif kind == To.FLUSH:
                self._tell(From.FAIL if None in self.bad else From.DONE)

    def commands(self, kind):
        """The sectors of all that the card asked of this kind."""
        return [at for asked, at in self.log if asked == kind]

    def reset(self):
        """Reset the phy, and not the card."""
        self.simulation.send("control", [0b10])

    # --- the machine -----------------------------------------------------------------------------

    @property
    def cycles(self):
        return self.simulation.cycles

    def probe(self, name):
        return self.simulation.probe(name)

    @property
    def fault(self):
        return SdFault(self.probe("fault"))

    @property
    def status(self):
        return SdStatus(self.probe("status"))

    @property
    def table(self):
        return SdTable(self.probe("table"))

    def step(self, cycles=20_000):
        """Up to so many cycles."""
        self.simulation.run(cycles)
        self._serve()
        for token in self.simulation.receive("told").tolist():
            kind, value = From(token >> 32), token & 0xFFFFFFFF
            if kind == From.SIZE:
                self.sizes.append(value)
            else:
                self._told.append((kind, value))

    def idle(self, cycles):
        end = self.cycles + cycles
        while self.cycles < end:
            self.step(min(20_000, end - self.cycles))

    def until(self, condition, limit=5_000_000):
        end = self.cycles + limit
        while not condition():
            assert self.cycles < end, "it never came to that"
            self.step()

    def size(self):
        """The next size that the machine is told."""
        self.until(lambda: len(self.sizes) > self._sizes_read)
        self._sizes_read += 1
        return self.sizes[self._sizes_read - 1]

    def ask(self, kind, *words):
        self.simulation.send("ask", [kind.value << 32 | word for word in words or (0,)])

    def answer(self):
        """The next token that is no size."""
        self.until(lambda: self._told)
        return self._told.popleft()

    def read(self, sector):
        """The words of a sector, or None if that failed."""
        self.ask(To.READ, sector)
        words = []
        while len(words) < 128:
            kind, value = self.answer()
            if kind == From.FAIL:
                assert not words
                return None
            assert kind == From.WORD
            words.append(value)
        return words

    def write(self, sector, words):
        """Whether that went well."""
        self.ask(To.WRITE, sector)
        self.ask(To.WORD, *words)
        return self._is_done()

    def flush(self):
        self.ask(To.FLUSH)
        return self._is_done()

    def _is_done(self):
        kind, _ = self.answer()
        assert kind in (From.DONE, From.FAIL)
        return kind == From.DONE

    def close(self, *allowed):
        """The card has seen nothing forbidden, but for one of these."""
        assert self.fault in (SdFault.NONE, *allowed), f"{self.fault} at CMD{self.probe('index')}"
        assert not self._told, "an answer that nobody asked for"
        self.simulation.close()
