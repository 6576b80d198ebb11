"""The words below `RESERVED_LIMIT` that are not RAM: the interrupt table's, and the windows."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import MemBus, MemRequest, PeripheralBus
from rtl.core.registers import RegisterWrite
from toolchain.isa import REGISTERS
from toolchain.isa.machine import (
    ENABLED,
    FAULT_REASON,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
)

__all__ = ["Reserved", "is_reserved"]


def is_reserved(windows):
    """A function that tells of a 12-bit address whether it is one of these words.

    Parameters
    ----------
    windows : list of (int, int)
        Address and size of each window, packed one after another.
    """
    first = min((address for address, _ in windows), default=0)
    end   = max((address + size for address, size in windows), default=0)

    def test(address):
        in_table = (address <= HIGHEST_INTERRUPT) & (address != ENABLED + 1)
        return in_table | ((address >= first) & (address < end))
    return test


class Reserved(wiring.Component):
    """Carries out one access at a time: asked in one cycle, strobed in the next, answered in the
    one after that.

    Parameters
    ----------
    windows : list of (int, int)
        Address and size of each peripheral's window.

    Members
    -------
    bus : In(MemBus)
        For the reserved words alone.
    windows : Out(PeripheralBus).array(len(windows))
    traps : Out(PeripheralBus)
        The table's words but for the saved registers; `addr` is the physical address.
    frame_number, frame_value, frame_write
        The saved registers, in the register file.
    frame_blocked : In(1)
        The register file is being written otherwise: a `frame_write` must wait.
    """
    def __init__(self, *, windows):
        self.addresses = windows
        super().__init__({
            "bus":           In(MemBus),
            "windows":       Out(PeripheralBus).array(len(windows)),
            "traps":         Out(PeripheralBus),
            "frame_number":  Out(6),
            "frame_value":   In(32),
            "frame_write":   Out(RegisterWrite),
            "frame_blocked": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        bus = self.bus

        request = Signal(MemRequest)
        addr    = request.addr[:12]
        strobe  = Signal()  # the cycle in which the access acts
        blocked = Signal()
        buses   = [self.traps, *self.windows]
        picks   = [Signal(name=f"pick{n}") for n in range(len(buses))]
        m.d.comb += picks[0].eq((addr == ENABLED) | (addr == FRAME_IP) | (addr == FAULT_REASON)
                                | (addr == HIGHEST_INTERRUPT))
        m.d.comb += self.traps.addr.eq(addr)
        for pick, window, (address, size) in zip(picks[1:], self.windows, self.addresses,
                                                 strict=True):
            m.d.comb += [
                pick.eq((addr >= address) & (addr < address + size)),
                window.addr.eq(addr - address),
            ]
        for pick, target in zip(picks, buses, strict=True):
            m.d.comb += [
                target.w_data.eq(request.data),
                target.w_stb.eq(strobe & pick & request.write),
                target.r_stb.eq(strobe & pick & ~request.write),
            ]

        picks_frame = Signal()
        m.d.comb += [
            picks_frame.eq((addr >= FRAME_REGISTERS) & (addr < FRAME_REGISTERS + REGISTERS)),
            self.frame_number.eq(addr - FRAME_REGISTERS),
            self.frame_write.en.eq(strobe & picks_frame & request.write),
            self.frame_write.number.eq(self.frame_number),
            self.frame_write.value.eq(request.data),
            blocked.eq(picks_frame & request.write & self.frame_blocked),
        ]

        # REST    waiting for a request
        # ACT     it is carried out
        # ANSWER  what was read is there
        with m.FSM():
            with m.State("REST"):
                m.d.comb += bus.req.ready.eq(1)
                m.d.sync += request.eq(bus.req.payload)
                with m.If(bus.req.valid):
                    m.next = "ACT"
            with m.State("ACT"):
                m.d.comb += strobe.eq(~blocked)
                with m.If(~blocked):
                    m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += bus.rsp.valid.eq(1)
                with m.If(picks_frame):
                    m.d.comb += bus.rsp.payload.data.eq(self.frame_value)
                for pick, target in zip(picks, buses, strict=True):
                    with m.If(pick):
                        m.d.comb += bus.rsp.payload.data.eq(target.r_data)
                with m.If(bus.rsp.ready):
                    m.next = "REST"

        return m
