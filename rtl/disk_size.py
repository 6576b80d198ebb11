"""How large the disk is, for a block device that is reset while the disk stays."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.peripherals.tokens import BlockFromHost, BlockFromHostKind, BlockToHost

__all__ = ["DiskSize"]


class DiskSize(wiring.Component):
    """Between the block device and what is behind it, which says once how large the disk is.

    It keeps the size, and says it again after each reset of the device. While that is reset no
    token passes.

    Members
    -------
    device_to_host, device_from_host : In(stream), Out(stream)
        To the block device.
    to_host, from_host : Out(stream), In(stream)
        To what is behind it.
    resets_device : In(1)
    """
    device_to_host:   In(stream.Signature(BlockToHost))
    device_from_host: Out(stream.Signature(BlockFromHost))
    to_host:          Out(stream.Signature(BlockToHost))
    from_host:        In(stream.Signature(BlockFromHost))
    resets_device:    In(1)

    def elaborate(self, platform):
        m = Module()

        m.d.comb += [
            self.to_host.valid.eq(self.device_to_host.valid & ~self.resets_device),
            self.to_host.payload.eq(self.device_to_host.payload),
            self.device_to_host.ready.eq(self.to_host.ready & ~self.resets_device),
        ]

        size, is_known, is_due = Signal(BlockFromHost), Signal(), Signal()
        from_host, device = self.from_host, self.device_from_host
        with m.If(self.resets_device):
            m.d.sync += is_due.eq(is_known)
        with m.Elif(is_due):
            m.d.comb += [device.valid.eq(1), device.payload.eq(size)]
            with m.If(device.ready):
                m.d.sync += is_due.eq(0)
        with m.Elif(from_host.payload.kind == BlockFromHostKind.SIZE):
            m.d.comb += from_host.ready.eq(1)
            with m.If(from_host.valid):
                m.d.sync += [size.eq(from_host.payload), is_known.eq(1), is_due.eq(1)]
        with m.Else():
            m.d.comb += [
                device.valid.eq(from_host.valid),
                device.payload.eq(from_host.payload),
                from_host.ready.eq(device.ready),
            ]

        return m
