"""Block device: moves sectors between a disk and memory by itself."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.events import EVENT_VALUE_BITS, EventKind, event_arg
from isa.machine import SECTOR_WORDS, BlockCommand, BlockError, BlockStatus
from rtl.bus import DeviceEvent, MemBus, PeripheralBus
from rtl.peripherals.block_transfer import BlockTransfer
from rtl.peripherals.tokens import BlockFromHost, BlockFromHostKind, BlockToHost
from rtl.peripherals.window import Window

__all__ = ["Block"]

WORDS = ("command", "status", "sector", "count", "address", "total", "sector_size", "error")


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
        m.submodules.window   = window   = Window(words=WORDS, given=("sector_size",))
        m.submodules.transfer = transfer = BlockTransfer()
        connect(m, flipped(self.bus), window.bus)
        connect(m, transfer.dma, flipped(self.dma))
        connect(m, transfer.to_host, flipped(self.to_host))
        from_host = self.from_host
        m.d.comb += [
            window.new.sector_size.eq(SECTOR_WORDS),
            window.locked.total.eq(1),
            transfer.command.eq(self.bus.w_data),
            transfer.sector.eq(window.values.sector),
            transfer.count.eq(window.values.count),
            transfer.address.eq(window.values.address),
            transfer.total.eq(window.values.total),
            transfer.from_host.valid.eq(from_host.valid),
            transfer.from_host.payload.eq(from_host.payload),
            from_host.ready.eq(transfer.from_host.ready),
        ]
        with m.If(transfer.moves):
            m.d.comb += [
                self.event.valid.eq(1),
                self.event.arg.eq(event_arg(EventKind.WORD) | transfer.moved),
            ]

        # IDLE  the host may say how large the disk is; a command begins an operation
        # BUSY  it is under way
        # END   its result is there to be read from the next cycle on
        result = Signal(BlockError, init=BlockError.NONE)
        m.d.sync += result.eq(transfer.result)
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += from_host.ready.eq(~self.bus.w_stb)
                with m.If(window.stored.command & (self.bus.w_data != BlockCommand.NONE)):
                    m.d.comb += [
                        transfer.start.eq(1),
                        window.set.status.eq(1),
                        window.new.status.eq(BlockStatus.BUSY),
                    ]
                    m.next = "BUSY"
                with m.If(from_host.valid & from_host.ready
                          & (from_host.payload.kind == BlockFromHostKind.SIZE)):
                    total = from_host.payload.data[:EVENT_VALUE_BITS]
                    m.d.comb += [
                        self.event.valid.eq(1),
                        self.event.arg.eq(event_arg(EventKind.SIZE) | total),
                        window.set.total.eq(1),
                        window.new.total.eq(total),
                    ]
            with m.State("BUSY"):
                with m.If(transfer.done):
                    m.next = "END"
            with m.State("END"):
                m.d.comb += [
                    self.event.valid.eq(1),
                    self.event.arg.eq(event_arg(EventKind.CONTROL) | result),
                    window.set.status.eq(1),
                    window.new.status.eq(Mux(result == BlockError.NONE, BlockStatus.READY,
                                             BlockStatus.ERROR)),
                    window.set.error.eq(1),
                    window.new.error.eq(result),
                ]
                m.next = "IDLE"

        return m
