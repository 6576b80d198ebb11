"""Block transfer: one operation of the block device, sector by sector and word by word."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.events import EVENT_VALUE_BITS
from isa.machine import SECTOR_WORDS, BlockCommand, BlockError
from rtl.bus import MemBus, Reason
from rtl.peripherals.tokens import (
    BlockFromHost,
    BlockFromHostKind,
    BlockToHost,
    BlockToHostKind,
    send,
)

__all__ = ["BlockTransfer"]


class BlockTransfer(wiring.Component):
    """Checks the operands of an operation, then moves its words between memory and host.

    Members
    -------
    start : In(1)
        Strobe: begin, with `command`, `sector`, `count` and `address` as they are in this cycle.
        Not while an operation is under way.
    command, sector, count, address : In(32)
        `BlockCommand`, or anything; first sector, number of sectors, buffer.
    total : In(32)
        Sectors of the disk.
    done : Out(1)
        Strobe: the operation ends in this cycle.
    result : Out(BlockError)
        How, when `done`.
    moves : Out(1)
        Strobe: memory takes the request for word `moved` of the operation.
    moved : Out(28)
        Words of the operation so far, modulo the range of an event's value.
    dma : Out(MemBus)
    to_host : Out(stream)
        `BlockToHost`.
    from_host : In(stream)
        `BlockFromHost`, but for SIZE; nothing is taken while no operation is under way.
    """
    start:     In(1)
    command:   In(32)
    sector:    In(32)
    count:     In(32)
    address:   In(32)
    total:     In(32)
    done:      Out(1)
    result:    Out(BlockError)
    moves:     Out(1)
    moved:     Out(EVENT_VALUE_BITS)
    dma:       Out(MemBus)
    to_host:   Out(stream.Signature(BlockToHost))
    from_host: In(stream.Signature(BlockFromHost))

    def elaborate(self, platform):
        m = Module()
        dma, to_host, from_host = self.dma, self.to_host, self.from_host

        operation    = Signal(32)
        now_sector   = Signal(32)
        sectors_left = Signal(32)
        now_address  = Signal(33)  # past 2^32 is past the end of any RAM
        words_left   = Signal(range(SECTOR_WORDS + 1))  # of this sector
        word         = Signal(32)
        is_read      = Signal()
        m.d.comb += is_read.eq(operation == BlockCommand.READ)

        def end(code):
            m.d.comb += [self.done.eq(1), self.result.eq(code)]
            m.next = "IDLE"

        def hear(kinds):
            """Take a token; go on by its kind, or end with an error."""
            m.d.comb += from_host.ready.eq(1)
            with m.If(from_host.valid):
                with m.Switch(from_host.payload.kind):
                    for kind, state in kinds.items():
                        with m.Case(kind):
                            m.next = state
                    with m.Case(BlockFromHostKind.FAIL):
                        end(BlockError.INPUT_OUTPUT)

        # CHECK   the operands
        # SELECT  the host is told what to do with which sector
        # RECEIVE a word of the disk comes
        # ASK     the memory is asked to read or write a word, HEAR waits for its answer
        # OFFER   a word goes to the disk
        # ANSWER  a sector was written, or a flush asked for
        # NEXT    goes on to the sector after this one
        # DRAIN   words of the disk that no longer have a place
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [
                    operation.eq(self.command),
                    now_sector.eq(self.sector),
                    sectors_left.eq(self.count),
                    now_address.eq(self.address),
                    self.moved.eq(0),
                ]
                with m.If(self.start):
                    m.next = "CHECK"
            with m.State("CHECK"):
                m.next = "SELECT"
                error = self._error(m, operation, now_sector, sectors_left)
                with m.If(error != BlockError.NONE):
                    end(error)
            with m.State("SELECT"):
                m.d.sync += words_left.eq(SECTOR_WORDS)
                with m.Switch(operation):
                    for command, kind, sector, state in (
                            (BlockCommand.READ,  BlockToHostKind.READ,  now_sector, "RECEIVE"),
                            (BlockCommand.WRITE, BlockToHostKind.WRITE, now_sector, "ASK"),
                            (BlockCommand.FLUSH, BlockToHostKind.FLUSH, 0,          "ANSWER")):
                        with m.Case(command):
                            m.d.comb += send(to_host, kind, sector)
                            with m.If(to_host.ready):
                                m.next = state
            with m.State("RECEIVE"):
                m.d.sync += word.eq(from_host.payload.data)
                hear({BlockFromHostKind.WORD: "ASK"})
            with m.State("ASK"):
                m.d.comb += [
                    dma.req.valid.eq(~now_address[32]),
                    dma.req.payload.addr.eq(now_address),
                    dma.req.payload.write.eq(is_read),
                    dma.req.payload.data.eq(word),
                    self.moves.eq(dma.req.valid & dma.req.ready),
                ]
                with m.If(self.moves):
                    m.d.sync += [now_address.eq(now_address + 1), self.moved.eq(self.moved + 1)]
                    m.next = "HEAR"
                with m.If(now_address[32]):
                    m.next = "DRAIN"
                with m.If(self.moves | now_address[32]):
                    m.d.sync += words_left.eq(words_left - 1)
            with m.State("HEAR"):
                m.d.comb += dma.rsp.ready.eq(1)
                with m.If(dma.rsp.valid):
                    m.d.sync += word.eq(dma.rsp.payload.data)
                    with m.If(dma.rsp.payload.reason != Reason.NONE):
                        m.next = "DRAIN"
                    with m.Elif(~is_read):
                        m.next = "OFFER"
                    with m.Elif(words_left == 0):
                        m.next = "NEXT"
                    with m.Else():
                        m.next = "RECEIVE"
            with m.State("OFFER"):
                m.d.comb += send(to_host, BlockToHostKind.WORD, word)
                with m.If(to_host.ready):
                    m.next = "ASK"
                    with m.If(words_left == 0):
                        m.next = "ANSWER"
            with m.State("ANSWER"):
                hear({BlockFromHostKind.DONE: "NEXT"})
            with m.State("NEXT"):
                m.d.sync += [now_sector.eq(now_sector + 1), sectors_left.eq(sectors_left - 1)]
                m.next = "SELECT"
                with m.If((sectors_left == 1) | (operation == BlockCommand.FLUSH)):
                    end(BlockError.NONE)
            with m.State("DRAIN"):
                m.d.comb += from_host.ready.eq(is_read & (words_left != 0))
                with m.If(from_host.valid & from_host.ready):
                    m.d.sync += words_left.eq(words_left - 1)
                with m.If(~is_read | (words_left == 0)):
                    end(BlockError.INPUT_OUTPUT)

        return m

    def _error(self, m, operation, sector, count):
        """What is wrong with the operands."""
        error = Signal(BlockError, name="operand_error")
        with m.Switch(operation):
            with m.Case(BlockCommand.READ, BlockCommand.WRITE):
                with m.If(sector >= self.total):
                    m.d.comb += error.eq(BlockError.OUT_OF_RANGE)
                # What is left behind the first sector: no sum that could wrap around.
                with m.Elif((count == 0) | (count > self.total - sector)):
                    m.d.comb += error.eq(BlockError.BAD_COUNT)
            with m.Case(BlockCommand.FLUSH):
                pass
            with m.Default():
                m.d.comb += error.eq(BlockError.INPUT_OUTPUT)
        return error
