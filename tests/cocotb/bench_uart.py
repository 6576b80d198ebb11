"""Bench of the UART: it speaks with cocotbext-uart, which somebody else wrote."""

import random

import cocotb
from cocotb.triggers import Timer
from cocotbext.uart import UartSink, UartSource

from tests.cocotb.phy import Part, begin, offer, take
from tests.cocotb.support import Strobes

BAUD_HZ = 2_000_000
BIT_NS  = 500
WAITS   = 0x100


async def fit(dut):
    dut = Part(dut, "uart")
    await begin(dut, to_host__valid=0, from_host__ready=0, send_break=0, rx=1, cts=1)
    return dut, UartSource(dut.rx, baud=BAUD_HZ), UartSink(dut.tx, baud=BAUD_HZ)


@cocotb.test(timeout_time=400, timeout_unit="us")
async def it_is_understood_and_understands(dut):
    dut, source, sink = await fit(dut)
    octets = random.Random(1).randbytes(30)
    await source.write(octets)
    await offer(dut, *octets[::-1])
    assert await take(dut, len(octets)) == [WAITS | octet for octet in octets]
    while sink.count() < len(octets):
        await Timer(BIT_NS, "ns")
    assert bytes(sink.read_nowait()) == octets[::-1]


@cocotb.test(timeout_time=400, timeout_unit="us")
async def it_bears_a_sender_that_is_off(dut):
    dut, *_ = await fit(dut)
    for baud in (1_960_000, 2_040_000):
        source = UartSource(dut.rx, baud=baud)
        await source.write(b"\x00\xFFUaA")
        assert bytes(word & 0xFF for word in await take(dut, 5)) == b"\x00\xFFUaA"
        await Timer(BIT_NS, "ns")


@cocotb.test(timeout_time=400, timeout_unit="us")
async def what_overflows_is_told(dut):
    dut, source, _ = await fit(dut)
    overruns = Strobes(dut, dut.overruns)
    await source.write(range(24))
    await source.wait()
    await Timer(BIT_NS, "ns")
    words = await take(dut, 24 - len(overruns.seen))
    assert overruns.seen and words[:2] == [WAITS, 1]  # the second one does not wait
    assert words[2:] == [WAITS | octet for octet in range(2, len(words))]
    await source.write(b"Z")
    assert await take(dut) == [WAITS | ord("Z")]


@cocotb.test(timeout_time=400, timeout_unit="us")
async def a_break_is_no_octet(dut):
    dut, source, _ = await fit(dut)
    breaks = Strobes(dut, dut.is_break)
    dut.rx.value = 0
    await Timer(30 * BIT_NS, "ns")
    dut.rx.value = 1
    await Timer(BIT_NS, "ns")
    await source.write(b"Q")
    assert await take(dut) == [WAITS | ord("Q")] and len(breaks.seen) == 1
