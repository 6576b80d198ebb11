"""The link to an SD card in SPI mode: single steps of its protocol."""

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, enum, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from isa.machine import SECTOR_WORDS
from rtl.checks import check_integer
from rtl.phy.sd_crc import crc7, crc16
from rtl.phy.spi import Spi, SpiPins

__all__ = ["LinkPort", "Outcome", "SdLink", "SdPins", "Step", "StepKind", "WordPort", "ask"]

SECTOR_OCTETS = 4 * SECTOR_WORDS
CRC_OCTETS    = 2

ANSWER_OCTETS = 10      # within which a card answers a command: eight, and the one it is given in
RESPONSE_OCTETS = 4     # within which it answers a block
READ_MS, BUSY_MS = 200, 500

BLOCK_TOKEN, BLOCKS_TOKEN, STOP_TOKEN = 0xFE, 0xFC, 0xFD
ACCEPTED, CRC_WRONG = 0b00101, 0b01011  # what a card says of a block, in the lowest five bits


class StepKind(enum.Enum, shape=unsigned(3)):
    COMMAND = 0  # and its answer
    RECEIVE = 1  # a block into the buffer
    SEND    = 2  # the sector in the buffer as a block
    STOP    = 3  # no more blocks; waits until they are stored
    WAIT    = 4  # until the card is not busy
    CLOCKS  = 5  # for a card that is not selected
    DRAIN   = 6  # clocks for a selected card, to get it out of whatever block it is in


class Step(data.Struct):
    kind:     StepKind
    index:    6   # of a command
    argument: 32
    tail:     3   # octets that follow the first one of an answer: 0, 1 or 4
    waits:    1   # until the card is not busy, first
    skips:    1   # the octet behind the command, which belongs to a block
    blocks:   1   # SEND: other blocks may follow
    is_short: 1   # RECEIVE: a block of 16 octets
    keeps:    1   # the card stays selected


class Outcome(enum.Enum, shape=unsigned(2)):
    FINE      = 0
    NO_ANSWER = 1  # in time
    BAD_CHECK = 2  # what one of the sides sent came disturbed
    REFUSED   = 3  # the card says that it cannot do so


# Who asks holds `valid` and `step` until `done`, a strobe with which the others come.
LinkPort = wiring.Signature({
    "valid":   Out(1),
    "step":    Out(Step),
    "done":    In(1),
    "outcome": In(Outcome),
    "answer":  In(8),   # the first octet of a command's answer
    "tail":    In(32),  # those that followed, the last one in the lowest bits
})

# The buffer, for whoever is not in a step. A word that is read comes in the next cycle.
WordPort = wiring.Signature({
    "r_addr": Out(range(SECTOR_WORDS)),
    "r_data": In(32),
    "w_en":   Out(1),
    "w_addr": Out(range(SECTOR_WORDS)),
    "w_data": Out(32),
})


def SdPins():
    """A card's pins in SPI mode: the signals of `SpiPins` and `cs_n`."""
    return wiring.Signature({"cs_n": Out(1, init=1), **SpiPins.members})


def ask(port, kind, **fields):
    """Statements that ask for a step."""
    return [port.valid.eq(1), port.step.kind.eq(kind),
            *(getattr(port.step, name).eq(value) for name, value in fields.items())]


class SdLink(wiring.Component):
    """Carries out steps: commands with their answers, blocks with their checks.

    Parameters
    ----------
    most_half_cycles, pin_cycles : int
        As of `Spi`.

    Members
    -------
    port : In(LinkPort)
    words : In(WordPort)
        The buffer of one sector, 512 octets as 128 little-endian words.
    half_cycles : In
        As of `Spi`.
    ms_end : In(1)
        Strobe: a millisecond ends. A card that does not answer is given up after so many.
    pins : Out(SdPins())
    """
    def __init__(self, *, most_half_cycles, pin_cycles=0):
        self.most_half_cycles = check_integer("most_half_cycles", most_half_cycles, least=1)
        self.pin_cycles       = pin_cycles
        super().__init__({
            "port":        In(LinkPort),
            "words":       In(WordPort),
            "half_cycles": In(range(most_half_cycles + 1)),
            "ms_end":      In(1),
            "pins":        Out(SdPins()),
        })

    def elaborate(self, platform):
        m = Module()
        port, step, pins = self.port, self.port.step, self.pins

        m.submodules.spi = spi = Spi(most_half_cycles=self.most_half_cycles,
                                     pin_cycles=self.pin_cycles)
        m.d.comb += [
            spi.half_cycles.eq(self.half_cycles), pins.sck.eq(spi.pins.sck),
            pins.mosi.eq(spi.pins.mosi), spi.pins.miso.eq(pins.miso), spi.octets.payload.eq(0xFF),
        ]
        count = Signal(range(SECTOR_OCTETS + 32))  # octets of a state so far
        sent  = Signal.like(count)                 # of a state that sends without a gap
        waiting = Signal()                         # for the octet that comes with one sent
        outcome = Signal(Outcome)
        crc, command_crc = Signal(16), Signal(7)
        to_send, takes = self._elaborate_buffer(m, spi, count, sent)

        waited_ms = Signal(range(BUSY_MS + 2))
        with m.If(self.ms_end):
            m.d.sync += waited_ms.eq(waited_ms + 1)
        is_late = Signal()
        m.d.comb += is_late.eq(waited_ms > Mux(step.kind == StepKind.RECEIVE, READ_MS, BUSY_MS))

        def go(state):
            m.d.sync += [count.eq(0), sent.eq(0), waited_ms.eq(0)]
            m.next = state

        def exchange(value=0xFF):
            """Send one octet; what came with it is there when `spi.arrives`."""
            m.d.comb += [spi.octets.valid.eq(~waiting), spi.octets.payload.eq(value)]
            with m.If(spi.octets.valid & spi.octets.ready):
                m.d.sync += waiting.eq(1)
            with m.If(spi.arrives):
                m.d.sync += [waiting.eq(0), count.eq(count + 1)]

        def end(result):
            m.d.sync += outcome.eq(result)
            go("RELEASE")
            with m.If(step.keeps):
                m.next = "DONE"

        # IDLE      the step begins
        # READY     the card is waited for until it is not busy
        # FRAME     the six octets of a command go out; SKIP one that comes, ANSWER and TAIL follow
        # TOKEN     what a block begins with is waited for, BLOCK is its data and check
        # LEAD      an octet and the token before a block that goes out with its check in PUT
        # RESPONSE  the card says what it thinks of it, and is BUSY storing it
        # PULSES    clocks and nothing else
        # RELEASE   the card lets go of its output in the octet after it was deselected
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [crc.eq(0), command_crc.eq(0)]
                with m.If(port.valid):
                    m.d.sync += pins.cs_n.eq(step.kind == StepKind.CLOCKS)
                    for kinds, state in ((("COMMAND",), "FRAME"), (("RECEIVE",), "TOKEN"),
                                         (("SEND", "STOP"), "LEAD"), (("WAIT",), "BUSY"),
                                         (("CLOCKS", "DRAIN"), "PULSES")):
                        for kind in kinds:
                            with m.If(step.kind == StepKind[kind]):
                                go(state)
                    with m.If((step.kind == StepKind.COMMAND) & step.waits):
                        m.next = "READY"
            self._elaborate_command(m, spi, count, command_crc, is_late, go, exchange, end)
            self._elaborate_blocks(m, spi, count, sent, crc, is_late, to_send, takes,
                                   go, exchange, end)
            with m.State("PULSES"):
                exchange()
                with m.If(spi.arrives & (count == Mux(step.kind == StepKind.CLOCKS, 10,
                                                      SECTOR_OCTETS + 16))):
                    end(Outcome.FINE)
            with m.State("RELEASE"):
                m.d.sync += pins.cs_n.eq(1)
                exchange()
                with m.If(spi.arrives):
                    m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += [port.done.eq(1), port.outcome.eq(outcome)]
                m.next = "IDLE"

        return m

    def _elaborate_command(self, m, spi, count, command_crc, is_late, go, exchange, end):
        """The states of a command and its answer."""
        port, step, octet = self.port, self.port.step, spi.octet
        with m.State("READY"):
            exchange()
            with m.If(spi.arrives & (octet == 0xFF)):
                go("FRAME")
            with m.Elif(spi.arrives & is_late):
                end(Outcome.NO_ANSWER)
        with m.State("FRAME"):
            frame = Cat(step.argument, step.index, Cat(1, 0))
            part  = Signal(8)
            with m.Switch(count):
                for n in range(5):
                    with m.Case(n):
                        m.d.comb += part.eq(frame[32 - 8 * n:40 - 8 * n])
                with m.Default():
                    m.d.comb += part.eq(Cat(1, command_crc))
            exchange(part)
            with m.If(spi.arrives):
                m.d.sync += command_crc.eq(crc7(command_crc, part))
                with m.If(count == 5):
                    go("ANSWER")
                    with m.If(step.skips):
                        m.next = "SKIP"
        with m.State("SKIP"):
            exchange()
            with m.If(spi.arrives):
                go("ANSWER")
        with m.State("ANSWER"):
            exchange()
            with m.If(spi.arrives & ~octet[7]):
                m.d.sync += port.answer.eq(octet)
                go("TAIL")
                with m.If(step.tail == 0):
                    end(Mux(octet[3], Outcome.BAD_CHECK, Outcome.FINE))
            with m.Elif(spi.arrives & (count == ANSWER_OCTETS - 1)):
                end(Outcome.NO_ANSWER)
        with m.State("TAIL"):
            exchange()
            with m.If(spi.arrives):
                m.d.sync += port.tail.eq(Cat(octet, port.tail))
                with m.If(count == step.tail - 1):
                    end(Mux(port.answer[3], Outcome.BAD_CHECK, Outcome.FINE))

    def _elaborate_blocks(self, m, spi, count, sent, crc, is_late, to_send, takes,
                          go, exchange, end):
        """The states of blocks, both ways."""
        step, octet = self.port.step, spi.octet
        size = Signal(range(SECTOR_OCTETS + 1))
        m.d.comb += size.eq(Mux(step.is_short, 16, SECTOR_OCTETS))

        def stream(value, octets):
            """Send octets without a gap; counts those that were sent, and those that came."""
            m.d.comb += [spi.octets.valid.eq(sent < octets), spi.octets.payload.eq(value)]
            with m.If(spi.octets.valid & spi.octets.ready):
                m.d.sync += sent.eq(sent + 1)
            with m.If(spi.arrives):
                m.d.sync += count.eq(count + 1)

        with m.State("TOKEN"):
            exchange()
            with m.If(spi.arrives & (octet == BLOCK_TOKEN)):
                go("BLOCK")
            with m.Elif(spi.arrives & (octet != 0xFF)):
                end(Mux(octet[5:] == 0, Outcome.REFUSED, Outcome.BAD_CHECK))
            with m.Elif(spi.arrives & is_late):
                end(Outcome.NO_ANSWER)
        with m.State("BLOCK"):
            stream(0xFF, size + CRC_OCTETS)
            m.d.comb += takes.eq(spi.arrives & (count < size))
            with m.If(spi.arrives):
                m.d.sync += crc.eq(crc16(crc, octet))
                with m.If(count == size + CRC_OCTETS - 1):
                    end(Mux(crc16(crc, octet) == 0, Outcome.FINE, Outcome.BAD_CHECK))
        with m.State("LEAD"):
            token = Mux(step.kind == StepKind.STOP, STOP_TOKEN,
                        Mux(step.blocks, BLOCKS_TOKEN, BLOCK_TOKEN))
            exchange(Mux(count == 0, 0xFF, token))
            with m.If(spi.arrives & (count == 1)):
                go("PUT")
            with m.If(spi.arrives & (count == 1) & (step.kind == StepKind.STOP)):
                go("GAP")
        with m.State("PUT"):
            part = Mux(sent == SECTOR_OCTETS, crc[8:],
                       Mux(sent == SECTOR_OCTETS + 1, crc[:8], to_send))
            stream(part, SECTOR_OCTETS + CRC_OCTETS)
            with m.If(spi.octets.valid & spi.octets.ready & (sent < SECTOR_OCTETS)):
                m.d.sync += crc.eq(crc16(crc, to_send))
            with m.If(spi.arrives & (count == SECTOR_OCTETS + CRC_OCTETS - 1)):
                go("RESPONSE")
        with m.State("RESPONSE"):
            exchange()
            with m.If(spi.arrives & (octet[:5] == ACCEPTED)):
                go("BUSY")
            with m.Elif(spi.arrives & ((octet != 0xFF) | (count == RESPONSE_OCTETS - 1))):
                end(Mux(octet == 0xFF, Outcome.NO_ANSWER,
                        Mux(octet[:5] == CRC_WRONG, Outcome.BAD_CHECK, Outcome.REFUSED)))
        with m.State("GAP"):  # a card is busy from the second octet behind a stop token on
            exchange()
            with m.If(spi.arrives):
                go("BUSY")
        with m.State("BUSY"):
            exchange()
            with m.If(spi.arrives & (octet == 0xFF)):
                end(Outcome.FINE)
            with m.Elif(spi.arrives & is_late):
                end(Outcome.NO_ANSWER)

    def _elaborate_buffer(self, m, spi, count, sent):
        """The buffer; the octet of it that is the next one to send, and when one is received."""
        step, words, takes = self.port.step, self.words, Signal()
        m.submodules.buffer = buffer = Memory(shape=32, depth=SECTOR_WORDS, init=[])
        write, read = buffer.write_port(), buffer.read_port()

        # An octet to send has its word looked up as the one before it begins.
        sends = self.port.valid & (step.kind == StepKind.SEND)
        m.d.comb += [
            read.addr.eq(Mux(sends, sent[2:], words.r_addr)),
            words.r_data.eq(read.data),
        ]

        # Octets that come are collected into words.
        got = Signal(24)
        with m.If(takes):
            m.d.sync += got.eq(Cat(got[8:], spi.octet))
            m.d.comb += [write.addr.eq(count[2:]), write.data.eq(Cat(got, spi.octet)),
                         write.en.eq(count[:2] == 3)]
        with m.Else():
            m.d.comb += [write.addr.eq(words.w_addr), write.data.eq(words.w_data),
                         write.en.eq(words.w_en)]

        return read.data.word_select(sent[:2], 8), takes
