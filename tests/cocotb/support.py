"""What the peripherals' benches share: the clock, the window, the streams, the memory.

All coroutines begin and end just after a rising edge. What a cycle shows is looked at before its
falling edge's end, when everything combinational has settled.
"""

import random
from collections import deque, namedtuple
from types import SimpleNamespace

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

__all__ = ["Memory", "Sink", "Source", "Strobes", "cycles_until", "idle", "load",
           "records_until_stop", "start", "store", "token", "until"]

PERIOD_NS = 10

INPUTS = ("bus__addr", "bus__w_stb", "bus__w_data", "bus__r_stb", "to_host__ready",
          "from_host__valid", "from_host__payload", "dma__req__ready", "dma__rsp__valid",
          "dma__rsp__payload")


def token(kind, data=0):
    """A payload of 32 bits of data and a kind above them."""
    return kind.value << 32 | data


async def start(dut, *inputs):
    """Start the clock, with all inputs at 0, and reset."""
    for name in (*INPUTS, *inputs):
        handle = getattr(dut, name, None)
        if handle is not None:
            handle.value = 0
    dut.rst.value = 1
    Clock(dut.clk, PERIOD_NS, unit="ns").start()
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value = 0


async def idle(dut, cycles=1):
    """Nothing on the bus."""
    for _ in range(cycles):
        await RisingEdge(dut.clk)


async def store(dut, addr, data):
    """One store to the window, in the cycle that begins."""
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


async def until(dut, addr, wanted, limit=3000):
    """Load a word until it has a value."""
    for _ in range(limit):
        if await load(dut, addr) == wanted:
            return
    raise AssertionError(f"word {addr} never became {wanted:#x}")


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


Record = namedtuple("Record", ("cycle", "kind", "ip", "insn", "d", "value", "address", "code"))


async def records_until_stop(dut, limit=2000):
    """The SoC's trace records, up to the cycle of `stopped`."""
    found = []
    for cycle in range(limit):
        await FallingEdge(dut.clk)
        if int(dut.trace_slow.value) | int(dut.trace_fast.value):
            found.append(Record(cycle, *(int(getattr(dut, f"trace_{name}").value)
                                         for name in Record._fields[1:])))
        if int(dut.stopped.value):
            return found
        await RisingEdge(dut.clk)
    raise AssertionError(f"it has not stopped after {limit} cycles")


class Strobes:
    """Counts the cycles in which `signal` is high, and keeps `value` in each."""

    def __init__(self, dut, signal, value=None):
        self.seen = []
        cocotb.start_soon(self._watch(dut, signal, value))

    async def _watch(self, dut, signal, value):
        while True:
            await FallingEdge(dut.clk)
            if int(signal.value):
                self.seen.append(int(value.value) if value is not None else 1)


class Sink:
    """Takes payloads from `to_host`, hesitating at random, and checks the stream's rules.

    `answer`, if given, is called with each payload and returns payloads for `source`.
    """

    def __init__(self, dut, *, eagerness=0.5, seed=1, answer=None, source=None):
        self.dut, self.answer, self.source = dut, answer, source
        self.eagerness = eagerness
        self.random = random.Random(seed)
        self.taken = []
        cocotb.start_soon(self._run())

    async def _run(self):
        dut, offered = self.dut, None
        while True:
            ready = self.random.random() < self.eagerness
            dut.to_host__ready.value = ready
            await FallingEdge(dut.clk)
            valid, payload = int(dut.to_host__valid.value), int(dut.to_host__payload.value)
            if offered is not None:
                assert valid and payload == offered, "what was offered was taken back or changed"
            offered = payload if valid and not ready else None
            await RisingEdge(dut.clk)
            if valid and ready:
                self.taken.append(payload)
                if self.answer:
                    self.source.queue.extend(self.answer(payload))


class Source:
    """Offers the payloads of `queue` to `from_host`, hesitating at random."""

    def __init__(self, dut, *, eagerness=0.5, seed=2):
        self.dut = dut
        self.eagerness = eagerness
        self.random = random.Random(seed)
        self.queue = deque()
        cocotb.start_soon(self._run())

    async def _run(self):
        dut = self.dut
        while True:
            while not self.queue or self.random.random() >= self.eagerness:
                await RisingEdge(dut.clk)
            dut.from_host__valid.value = 1
            dut.from_host__payload.value = self.queue[0]
            ready = 0
            while not ready:
                await FallingEdge(dut.clk)
                ready = int(dut.from_host__ready.value)
                await RisingEdge(dut.clk)
            self.queue.popleft()
            dut.from_host__valid.value = 0


class Memory:
    """Answers the bus `port`, after a random time, and checks that one request is under way at a
    time. `asked` keeps all requests, as (address, whether it writes)."""

    def __init__(self, dut, words, *, port="dma", seed=3):
        self.dut = dut
        self.words = words
        self.asked = []
        self.random = random.Random(seed)
        self.port = {f"{stream}_{part}": getattr(dut, f"{port}__{stream}__{part}")
                     for stream in ("req", "rsp") for part in ("valid", "ready", "payload")}
        cocotb.start_soon(self._run())

    async def _run(self):
        dut, port = self.dut, SimpleNamespace(**self.port)
        while True:
            for _ in range(self.random.randrange(3)):
                await RisingEdge(dut.clk)
            port.req_ready.value = 1
            valid = 0
            while not valid:
                await FallingEdge(dut.clk)
                valid, request = int(port.req_valid.value), int(port.req_payload.value)
                await RisingEdge(dut.clk)
            port.req_ready.value = 0
            for _ in range(self.random.randrange(3)):
                await FallingEdge(dut.clk)
                assert not int(port.req_valid.value), "a second request"
                await RisingEdge(dut.clk)
            port.rsp_payload.value = self._answer(request)
            port.rsp_valid.value = 1
            ready = 0
            while not ready:
                await FallingEdge(dut.clk)
                ready = int(port.rsp_ready.value)
                await RisingEdge(dut.clk)
            port.rsp_valid.value = 0

    def _answer(self, request):
        """A `MemResponse` to a `MemRequest`: reason 4 is OUT_OF_BOUNDS."""
        addr, write, data = request & 0xFFFFFFFF, request >> 32 & 1, request >> 33
        self.asked.append((addr, bool(write)))
        if addr >= len(self.words):
            return 4 << 32
        if write:
            self.words[addr] = data
        return self.words[addr]
