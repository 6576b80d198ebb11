"""A rig around one peripheral in Amaranth's simulator: bus, host, memory and a model that follows.

A test is an async function of the rig: it stores, loads and idles, a cycle each. Meanwhile the rig
shakes hands on the streams, answers memory requests, and checks every loaded value against a
follower: a model that is told of the stores and of the device's events, in the order in which the
manual of the buses says they act.
"""

import random
from collections import deque

from amaranth.sim import Simulator

__all__ = ["Rig", "token"]

REASON_OUT_OF_BOUNDS = 4


def token(kind, data=0):
    """A payload of 32 bits of data and a kind above them."""
    return int(getattr(kind, "value", kind)) << 32 | data


class Rig:
    """Drives `dut`.

    Parameters
    ----------
    dut : Component
        A peripheral.
    follower : object or None
        With `store(addr, data)`, `load(addr)` and `event(arg)`.
    host : callable or None
        Called with each payload that came out of `to_host`; returns payloads for `from_host`.
    memory : list of int or None
        What the DMA port sees.
    eager : bool
        Both sides of all streams are always ready; else they hesitate, at random by `seed`.

    Members
    -------
    sent : list of int
        Payloads that came out of `to_host`.
    inbox : deque of int
        Payloads on their way into `from_host`.
    events : list of int
    irq_cycles : list of int
        Cycles in which `irq` was high.
    cycle_count : int
    limit_cycles : int
        When a test is taken to hang, and fails.
    """

    def __init__(self, dut, *, follower=None, host=None, memory=None, eager=True, seed=0):
        self.dut = dut
        self.follower = follower
        self.host = host
        self.memory = memory
        self.eager = eager
        self.random = random.Random(seed)
        self.sent, self.events, self.irq_cycles = [], [], []
        self.inbox = deque()
        self.cycle_count = 0
        self.limit_cycles = 40_000  # a test that takes longer hangs
        self._offered = False  # a payload is being offered to `from_host`: it stays
        self._response = None  # of the memory
        self._has = {name: hasattr(dut, name) for name in ("irq", "event", "to_host", "from_host",
                                                           "dma")}

    def run(self, test):
        """Run an async function of this rig to its end."""
        simulator = Simulator(self.dut)
        simulator.add_clock(1e-6)

        async def testbench(ctx):
            self.ctx = ctx
            await test(self)

        simulator.add_testbench(testbench)
        simulator.run()

    def _wants(self):
        return self.eager or self.random.random() < 0.4

    async def _cycle(self):
        """One cycle: the streams and the memory, and what came of it, as (name: value)."""
        ctx, dut, has = self.ctx, self.dut, self._has
        sampled = {"r_data": dut.bus.r_data}
        if has["to_host"]:
            ctx.set(dut.to_host.ready, self._wants())
            sampled |= {"out": dut.to_host.valid & dut.to_host.ready}
            sampled |= {"out_payload": raw(dut.to_host.payload)}
        if has["from_host"]:
            self._offered = bool(self.inbox) and (self._offered or self._wants())
            ctx.set(dut.from_host.valid, self._offered)
            if self._offered:
                ctx.set(raw(dut.from_host.payload), self.inbox[0])
            sampled |= {"in": dut.from_host.valid & dut.from_host.ready}
        if has["dma"]:
            request, response = dut.dma.req, dut.dma.rsp
            ctx.set(request.ready, self._response is None and self._wants())
            ctx.set(response.valid, self._response is not None)
            if self._response is not None:
                ctx.set(response.payload.data, self._response[0])
                ctx.set(response.payload.reason, self._response[1])
            sampled |= {"request": request.valid & request.ready, "addr": request.payload.addr,
                        "write": request.payload.write, "data": request.payload.data,
                        "response": response.valid & response.ready}
        if has["irq"]:
            sampled |= {"irq": dut.irq}
        if has["event"]:
            sampled |= {"event": dut.event.valid, "arg": dut.event.arg}
        tick = ctx.tick().sample(*sampled.values())
        values = dict(zip(sampled, (await tick)[2:], strict=True))
        self.cycle_count += 1
        assert self.cycle_count < self.limit_cycles, "the device hangs"
        self._take(values)
        return values

    def _take(self, values):
        if values.get("in"):
            self.inbox.popleft()
            self._offered = False
        if values.get("out"):
            self.sent.append(values["out_payload"])
            if self.host:
                self.inbox.extend(self.host(values["out_payload"]))
        if self._response is not None:  # it was there for this cycle, and is gone
            assert values["response"], "the memory's answer was not taken, and is lost"
            self._response = None
        if values.get("request"):
            self._response = self._access(values)
        if values.get("irq"):
            self.irq_cycles.append(self.cycle_count)

    def _access(self, values):
        if values["addr"] >= len(self.memory):
            return 0xDEAD, REASON_OUT_OF_BOUNDS
        if values["write"]:
            self.memory[values["addr"]] = values["data"]
        return self.memory[values["addr"]], 0

    def _follow_event(self, values):
        if values.get("event"):
            self.events.append(values["arg"])
            if self.follower:
                self.follower.event(values["arg"])

    async def idle(self, cycles=1):
        """Nothing on the bus."""
        for _ in range(cycles):
            self._follow_event(await self._cycle())

    async def store(self, addr, data):
        """A store."""
        bus = self.dut.bus
        self.ctx.set(bus.addr, addr)
        self.ctx.set(bus.w_data, data)
        self.ctx.set(bus.w_stb, 1)
        values = await self._cycle()
        self.ctx.set(bus.w_stb, 0)
        if self.follower:
            self.follower.store(addr, data)
        self._follow_event(values)

    async def load(self, addr):
        """A load; takes two cycles, the second free for the next strobe in real life."""
        bus = self.dut.bus
        self.ctx.set(bus.addr, addr)
        self.ctx.set(bus.r_stb, 1)
        values = await self._cycle()
        self.ctx.set(bus.r_stb, 0)
        expected = self.follower.load(addr) if self.follower else None
        self._follow_event(values)
        # Another address meanwhile must not disturb the answer.
        self.ctx.set(bus.addr, self.random.randrange(8))
        values = await self._cycle()
        self._follow_event(values)
        value = values["r_data"]
        assert expected is None or value == expected, \
            f"cycle {self.cycle_count}: word {addr} is {value:#x}, not {expected:#x}"
        return value

    async def until(self, addr, wanted, limit=20_000):
        """Load a word until it has a value."""
        for _ in range(limit):
            if await self.load(addr) == wanted:
                return
        raise AssertionError(f"word {addr} never became {wanted:#x}")


def raw(payload):
    """A payload as plain bits."""
    return payload.as_value() if hasattr(payload, "as_value") else payload
