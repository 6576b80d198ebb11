"""The words below `RESERVED_LIMIT` that are not RAM: the interrupt table's, and the windows."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isa import REGISTERS
from isa.machine import (
    ENABLED,
    FAULT_REASON,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
)
from rtl.bus import PeripheralBus
from rtl.checks import check_windows
from rtl.core.registers import RegisterWrite

__all__ = ["Reserved", "ReservedPort", "is_reserved"]


# One access to the reserved words. It acts in the cycle of `stb` if it is `ready`; what it read is
# there in the next. `addr`, `write` and `w_data` come from registers, and stay until then. A strobe
# for any other word below `RESERVED_LIMIT` does nothing, so that it need not be told apart in time.
ReservedPort = wiring.Signature({
    "stb":    Out(1),
    "addr":   Out(12),
    "write":  Out(1),
    "w_data": Out(32),
    "ready":  In(1),
    "r_data": In(32),
})


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
    """Hands accesses on to those who have the words.

    Parameters
    ----------
    windows : list of (int, int)
        Address and size of each peripheral's window.

    Members
    -------
    port : In(ReservedPort)
    windows : Out(PeripheralBus).array(len(windows))
    traps : Out(PeripheralBus)
        The table's words but for the saved registers; `addr` is the physical address.
    frame_number, frame_value, frame_write
        The saved registers, in the register file.
    frame_blocked : In(1)
        The register file may be written otherwise: a `frame_write` must wait.
    """
    def __init__(self, *, windows):
        self.addresses = check_windows(windows)
        super().__init__({
            "port":          In(ReservedPort),
            "windows":       Out(PeripheralBus).array(len(windows)),
            "traps":         Out(PeripheralBus),
            "frame_number":  Out(6),
            "frame_value":   In(32),
            "frame_write":   Out(RegisterWrite),
            "frame_blocked": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        port    = self.port
        addr    = port.addr
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
                target.w_data.eq(port.w_data),
                target.w_stb.eq(port.stb & pick & port.write),
                target.r_stb.eq(port.stb & pick & ~port.write),
            ]
            with m.If(pick):
                m.d.comb += port.r_data.eq(target.r_data)

        picks_frame = Signal()
        m.d.comb += [
            picks_frame.eq((addr >= FRAME_REGISTERS) & (addr < FRAME_REGISTERS + REGISTERS)),
            self.frame_number.eq(addr - FRAME_REGISTERS),
            self.frame_write.en.eq(port.stb & picks_frame & port.write & ~self.frame_blocked),
            self.frame_write.number.eq(self.frame_number),
            self.frame_write.value.eq(port.w_data),
            port.ready.eq(~(picks_frame & port.write & self.frame_blocked)),
        ]
        with m.If(picks_frame):
            m.d.comb += port.r_data.eq(self.frame_value)

        return m
