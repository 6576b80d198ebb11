"""What the peripherals' benches share: the clock, the window, the streams."""

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

__all__ = ["PERIOD_NS", "cycles_until", "load", "start", "store"]

PERIOD_NS = 10


async def start(dut):
    """Start the clock, with all inputs at 0, and reset; returns just after a rising edge."""
    for handle in dut:
        name = handle._name
        if name == "rst" or name.endswith(("w_stb", "r_stb")) or (
                "from_host__valid" in name or "to_host__ready" in name
                or name.endswith(("req__ready", "rsp__valid"))):
            handle.value = 0
    dut.rst.value = 1
    Clock(dut.clk, PERIOD_NS, unit="ns").start()
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value = 0


async def store(dut, addr, data):
    """One store to the window, in the cycle that begins; returns as it ends."""
    dut.bus__addr.value, dut.bus__w_data.value, dut.bus__w_stb.value = addr, data, 1
    await RisingEdge(dut.clk)
    dut.bus__w_stb.value = 0


async def load(dut, addr):
    """One load from the window."""
    dut.bus__addr.value, dut.bus__r_stb.value = addr, 1
    await RisingEdge(dut.clk)
    dut.bus__r_stb.value = 0
    await FallingEdge(dut.clk)
    value = int(dut.bus__r_data.value)
    await RisingEdge(dut.clk)
    return value


async def cycles_until(dut, signal):
    """How many cycles from now to the end of the one in which the signal is high."""
    count = 0
    while True:
        await FallingEdge(dut.clk)
        high = int(signal.value)
        await RisingEdge(dut.clk)
        count += 1
        if high:
            return count
