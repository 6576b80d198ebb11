"""What the benches of phys share: they have the peripherals' streams from the other side."""

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

__all__ = ["Part", "begin", "offer", "take"]


class Part:
    """One of the phys of the top, whose ports have its name before them."""

    def __init__(self, dut, name):
        self._dut, self._name = dut, name

    def __getattr__(self, port):
        return getattr(self._dut, port if port in ("clk", "rst") else f"{self._name}__{port}")


async def begin(dut, **inputs):
    """Start the clock of 100 MHz, with inputs as they are at rest, and reset."""
    for name, value in inputs.items():
        getattr(dut, name).value = value
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value = 0


async def offer(dut, *payloads):
    """Give payloads to `to_host`, one after another."""
    await RisingEdge(dut.clk)
    for payload in payloads:
        dut.to_host__payload.value, dut.to_host__valid.value = payload, 1
        await FallingEdge(dut.clk)
        if not int(dut.to_host__ready.value):
            await RisingEdge(dut.to_host__ready)
            await FallingEdge(dut.clk)
        await RisingEdge(dut.clk)
    dut.to_host__valid.value = 0


async def take(dut, count=1):
    """The next payloads of `from_host`."""
    payloads = []
    await RisingEdge(dut.clk)
    dut.from_host__ready.value = 1
    while len(payloads) < count:
        await FallingEdge(dut.clk)
        if not int(dut.from_host__valid.value):
            await RisingEdge(dut.from_host__valid)
            await FallingEdge(dut.clk)
        payloads.append(int(dut.from_host__payload.value))
        await RisingEdge(dut.clk)
    dut.from_host__ready.value = 0
    return payloads
