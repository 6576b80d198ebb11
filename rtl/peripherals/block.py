"""Block device: moves sectors between a disk and memory by itself."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.events import EVENT_VALUE_BITS, EventKind, event_arg
from isa.machine import SECTOR_WORDS, BlockCommand, BlockError, BlockStatus
from rtl.bus import DeviceEvent, MemBus, PeripheralBus, Reason
from rtl.peripherals.tokens import (
    BlockFromHost,
    BlockFromHostKind,
    BlockToHost,
    BlockToHostKind,
)

__all__ = ["Block"]

COMMAND, STATUS, SECTOR, COUNT, ADDRESS, TOTAL, SECTOR_SIZE, ERROR = range(8)  # of the window


class Block(wiring.Component):
    """Reads, writes and flushes a disk, a sector after another.

    Members
    -------
    bus : In(PeripheralBus)
        Window of eight words. An operation takes sector, count and address as they are at the
        store to command; a store to command while one is under way is kept and starts nothing.
        Total sectors and words a sector are read only, the others but command plain memory.
    dma : Out(MemBus)
        The buffer: written by a read of the disk, read by a write to it.
    event : Out(DeviceEvent)
        `WORD` as the memory takes each request for a word inside RAM or not, `CONTROL` with the
        error code as the operation ends, `SIZE`. The sectors before one that fails were moved, and
        so were the words before one that is not in RAM.
    to_host : Out(stream)
        `BlockToHost`.
    from_host : In(stream)
        `BlockFromHost`. Until the first SIZE there is no disk: no sectors.
    """
    bus:       In(PeripheralBus)
    dma:       Out(MemBus)
    event:     Out(DeviceEvent)
    to_host:   Out(stream.Signature(BlockToHost))
    from_host: In(stream.Signature(BlockFromHost))

    def elaborate(self, platform):
        m = Module()
        bus, dma, from_host = self.bus, self.dma, self.from_host

        # --- the window
        command  = Signal(32)
        status   = Signal(32)
        sector   = Signal(32)
        count    = Signal(32)
        address  = Signal(32)
        total    = Signal(EVENT_VALUE_BITS)
        error    = Signal(32)
        r_word   = Signal(32)
        is_busy  = Signal()
        writable = {COMMAND: command, STATUS: status, SECTOR: sector, COUNT: count,
                    ADDRESS: address, ERROR: error}
        m.d.comb += bus.r_data.eq(r_word)
        with m.Switch(bus.addr[:3]):
            for at, word in (writable | {TOTAL: total, SECTOR_SIZE: SECTOR_WORDS}).items():
                with m.Case(at):
                    m.d.sync += r_word.eq(word)
                    if at in writable:
                        with m.If(bus.w_stb):
                            m.d.sync += word.eq(bus.w_data)

        # --- an operation
        operation    = Signal(32)
        now_sector   = Signal(32)
        sectors_left = Signal(32)
        now_address  = Signal(33)  # past 2^32 is past the end of any RAM
        moved        = Signal(EVENT_VALUE_BITS)  # words of the operation so far, modulo its range
        words_left   = Signal(range(SECTOR_WORDS + 1))  # of this sector
        word         = Signal(32)
        is_read      = Signal()
        result       = Signal(BlockError, init=BlockError.NONE)
        m.d.comb += is_read.eq(operation == BlockCommand.READ)

        def send(kind, data=0):
            return [self.to_host.valid.eq(1), self.to_host.payload.kind.eq(kind),
                    self.to_host.payload.data.eq(data)]

        def end(code):
            m.d.sync += result.eq(code)
            m.next = "END"

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
                m.d.comb += from_host.ready.eq(~bus.w_stb)
                m.d.sync += [
                    operation.eq(bus.w_data),
                    now_sector.eq(sector),
                    sectors_left.eq(count),
                    now_address.eq(address),
                    moved.eq(0),
                ]
                with m.If(bus.w_stb & (bus.addr[:3] == COMMAND)
                          & (bus.w_data != BlockCommand.NONE)):
                    m.d.sync += [is_busy.eq(1), status.eq(BlockStatus.BUSY)]
                    m.next = "CHECK"
                with m.If(from_host.valid & from_host.ready
                          & (from_host.payload.kind == BlockFromHostKind.SIZE)):
                    m.d.comb += [
                        self.event.valid.eq(1),
                        self.event.arg.eq(event_arg(EventKind.SIZE)
                                          | from_host.payload.data[:EVENT_VALUE_BITS]),
                    ]
                    m.d.sync += total.eq(from_host.payload.data)
            with m.State("CHECK"):
                with m.Switch(operation):
                    with m.Case(BlockCommand.READ, BlockCommand.WRITE):
                        m.next = "SELECT"
                        with m.If(now_sector >= total):
                            end(BlockError.OUT_OF_RANGE)
                        # What is left behind the first sector: no sum that could wrap around.
                        with m.Elif((sectors_left == 0) | (sectors_left > total - now_sector)):
                            end(BlockError.BAD_COUNT)
                    with m.Case(BlockCommand.FLUSH):
                        m.next = "SELECT"
                    with m.Default():
                        end(BlockError.INPUT_OUTPUT)
            with m.State("SELECT"):
                m.d.sync += words_left.eq(SECTOR_WORDS)
                with m.Switch(operation):
                    with m.Case(BlockCommand.READ):
                        m.d.comb += send(BlockToHostKind.READ, now_sector)
                    with m.Case(BlockCommand.WRITE):
                        m.d.comb += send(BlockToHostKind.WRITE, now_sector)
                    with m.Default():
                        m.d.comb += send(BlockToHostKind.FLUSH)
                with m.If(self.to_host.ready):
                    with m.Switch(operation):
                        with m.Case(BlockCommand.READ):
                            m.next = "RECEIVE"
                        with m.Case(BlockCommand.WRITE):
                            m.next = "ASK"
                        with m.Default():
                            m.next = "ANSWER"
            with m.State("RECEIVE"):
                m.d.comb += from_host.ready.eq(1)
                m.d.sync += word.eq(from_host.payload.data)
                with m.If(from_host.valid):
                    with m.Switch(from_host.payload.kind):
                        with m.Case(BlockFromHostKind.WORD):
                            m.next = "ASK"
                        with m.Case(BlockFromHostKind.FAIL):
                            end(BlockError.INPUT_OUTPUT)
            with m.State("ASK"):
                m.d.comb += [
                    dma.req.valid.eq(~now_address[32]),
                    dma.req.payload.addr.eq(now_address),
                    dma.req.payload.write.eq(is_read),
                    dma.req.payload.data.eq(word),
                ]
                with m.If(dma.req.valid & dma.req.ready):
                    m.d.comb += [
                        self.event.valid.eq(1),
                        self.event.arg.eq(event_arg(EventKind.WORD) | moved),
                    ]
                    m.d.sync += [
                        now_address.eq(now_address + 1),
                        moved.eq(moved + 1),
                        words_left.eq(words_left - 1),
                    ]
                    m.next = "HEAR"
                with m.If(now_address[32]):
                    m.d.sync += words_left.eq(words_left - 1)
                    m.next = "DRAIN"
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
                m.d.comb += send(BlockToHostKind.WORD, word)
                with m.If(self.to_host.ready):
                    m.next = "ASK"
                    with m.If(words_left == 0):
                        m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += from_host.ready.eq(1)
                with m.If(from_host.valid):
                    with m.Switch(from_host.payload.kind):
                        with m.Case(BlockFromHostKind.DONE):
                            m.next = "NEXT"
                        with m.Case(BlockFromHostKind.FAIL):
                            end(BlockError.INPUT_OUTPUT)
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
            with m.State("END"):
                m.d.comb += [
                    self.event.valid.eq(1),
                    self.event.arg.eq(event_arg(EventKind.CONTROL) | result),
                ]
                m.d.sync += [
                    is_busy.eq(0),
                    status.eq(Mux(result == BlockError.NONE, BlockStatus.READY,
                                  BlockStatus.ERROR)),
                    error.eq(result),
                ]
                m.next = "IDLE"

        return m
