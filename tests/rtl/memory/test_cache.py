# amaranth: UnusedElaboratable=no
"""The cache is a memory, whatever the one behind it does, and leaves it whole after a flush."""

import random

import pytest
from amaranth import Module, Signal
from amaranth.lib.wiring import connect, flipped
from amaranth.sim import Simulator

from rtl.memory import cache
from rtl.memory.cache import Banks, Cache
from rtl.memory.cache_refill import VictimBuffer
from rtl.memory.cache_shape import CacheShape
from tests.support.unit import simulate

SHAPES = {
    "smallest":      CacheShape(ram_words=32, words=8, line_words=2),
    "lines of four": CacheShape(ram_words=128, words=32, line_words=4),
    "lines of eight": CacheShape(ram_words=256, words=64, line_words=8),
}


class CollidingBanks(Banks):
    """As block RAM is: what is read of a word in the cycle in which it is written is anything."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.banks = banks = Banks(depth=self.depth, width=self.width, init=self.init)
        connect(m, flipped(self.port), banks.port)
        m.d.comb += [banks.pair_en.eq(self.pair_en), banks.pair_addr.eq(self.pair_addr)]

        anything = Signal(self.width, init=1)
        m.d.sync += anything.eq(anything * 5 + 3)
        row, port = self.port.addr >> 1, self.port
        for n in range(2):
            place  = slice(n * self.width, (n + 1) * self.width)
            writes = port.write & (port.addr[0] == n)
            for reads, its_row, inner, outer in (
                    (self.pair_en, (self.pair_addr + 1 - n) >> 1, banks.pair, self.pair),
                    (port.read, row, banks.port.r_data, port.r_data)):
                collided, value = Signal(), Signal(self.width)
                with m.If(reads):
                    m.d.sync += [value.eq(anything),
                                 collided.eq(writes & (its_row[:len(row)] == row))]
                m.d.comb += outer[place].eq(inner[place])
                with m.If(collided):
                    m.d.comb += outer[place].eq(value)

        return m


@pytest.fixture(autouse=True)
def banks_collide(monkeypatch):
    monkeypatch.setattr(cache, "Banks", CollidingBanks)


class SlowMemory:
    """Serves the cache's lines after a random number of cycles; `words` is what it holds."""

    def __init__(self, words, line_words, rng, latest):
        self.words, self.line_words, self.rng, self.latest = words, line_words, rng, latest
        self.reads = self.writes = 0

    async def serve(self, ctx, port):
        while True:
            await self._pause(ctx)
            ctx.set(port.request.ready, 1)
            _, _, valid, request = await ctx.tick().sample(port.request.valid, port.request.payload)
            ctx.set(port.request.ready, 0)
            if valid:
                await (self._write if request.write else self._read)(ctx, port, request.line)

    async def _pause(self, ctx):
        for _ in range(self.rng.randrange(self.latest + 1)):
            await ctx.tick()

    async def _read(self, ctx, port, line):
        self.reads += 1
        for n in range(self.line_words):
            await self._pause(ctx)
            ctx.set(port.read.payload, self.words[line * self.line_words + n])
            ctx.set(port.read.valid, 1)
            await self._taken(ctx, port.read.ready)
            ctx.set(port.read.valid, 0)

    async def _write(self, ctx, port, line):
        self.writes += 1
        for n in range(self.line_words):
            await self._pause(ctx)
            ctx.set(port.written.ready, 1)
            (word,) = await self._taken(ctx, port.written.valid, port.written.payload)
            ctx.set(port.written.ready, 0)
            self.words[line * self.line_words + n] = word

    @staticmethod
    async def _taken(ctx, other, *values):
        """Until the other side, too, agrees to a transfer; the values in that cycle."""
        while True:
            _, _, agrees, *sampled = await ctx.tick().sample(other, *values)
            if agrees:
                return sampled


class Rig:
    """A cache on a slow memory, with a model of what the words are."""

    def __init__(self, shape, *, seed=1, latest=3, init=None):
        self.shape, self.rng = shape, random.Random(seed)
        self.model  = [n * 0x01010101 & 0xFFFFFFFF for n in range(shape.ram_words)]
        self.memory = SlowMemory(list(self.model), shape.line_words, self.rng, latest)
        for address, word in (init or {}).items():
            self.model[address] = word
        self.dut   = Cache(shape=shape, init=init)
        self.asked = None  # the address of a store that is asked for in this cycle

    def run(self, *benches):
        simulator = Simulator(self.dut)
        simulator.add_clock(1e-6)
        for bench in benches:
            simulator.add_testbench(bench)

        async def serve(ctx):
            await self.memory.serve(ctx, self.dut.memory)

        simulator.add_testbench(serve, background=True)
        simulator.run()

    async def answered(self, ctx, port):
        """Cycles until the request that stands now is answered."""
        await ctx.tick()
        ctx.set(port.en, 0)
        if port is self.dut.data:
            self.asked = None
        cycles = 1
        while not ctx.get(port.done):
            await ctx.tick()
            cycles += 1
            assert cycles < 2000, "never answered"
        return cycles

    async def load(self, ctx, addr):
        port = self.dut.data
        ctx.set(port.addr, addr)
        ctx.set(port.write, 0)
        ctx.set(port.en, 1)
        cycles = await self.answered(ctx, port)
        return ctx.get(port.r_data), cycles

    async def store(self, ctx, addr, word):
        port = self.dut.data
        ctx.set(port.addr, addr)
        ctx.set(port.w_data, word)
        ctx.set(port.write, 1)
        ctx.set(port.en, 1)
        self.model[addr], self.asked = word, addr
        return await self.answered(ctx, port)

    async def fetch(self, ctx, addr):
        port = self.dut.fetch
        ctx.set(port.addr, addr)
        ctx.set(port.en, 1)
        cycles = await self.answered(ctx, port)
        return (ctx.get(port.first), ctx.get(port.second)), cycles

    async def flush(self, ctx):
        ctx.set(self.dut.flush, 1)
        cycles = 0
        while not ctx.get(self.dut.is_clean):
            await ctx.tick()
            cycles += 1
            assert cycles < 20_000, "never clean"
        ctx.set(self.dut.flush, 0)

    def near(self, addr=None):
        """An address: any, or one that is likely to be close to the last one or in its place."""
        if addr is None or self.rng.random() < 0.3:
            return self.rng.randrange(self.shape.ram_words - 1)
        step = self.rng.choice((0, 0, 1, 1, 2, -1, self.shape.line_words, self.shape.words))
        return (addr + step) % (self.shape.ram_words - 1)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("latest", [0, 3])
def test_loads_stores_and_fetches_are_those_of_a_memory(shape, latest):
    rig, steps = Rig(shape, seed=latest, latest=latest), 300
    is_over = []

    async def data(ctx):
        addr = 0
        for _ in range(steps):
            addr = rig.near(addr)
            if rig.rng.random() < 0.5:
                await rig.store(ctx, addr, rig.rng.getrandbits(32))
            else:
                word, _ = await rig.load(ctx, addr)
                assert word == rig.model[addr]
            for _ in range(rig.rng.choice((0, 0, 0, 1, 4))):
                await ctx.tick()
        await rig.flush(ctx)
        is_over.append(True)

    async def fetches(ctx):
        addr = 0
        while not is_over:
            addr = rig.near(addr)
            before   = rig.model[addr], rig.model[addr + 1]
            is_alone = rig.asked not in (addr, addr + 1)
            words, _ = await rig.fetch(ctx, addr)
            after    = rig.model[addr], rig.model[addr + 1]
            # A store that is asked for in the same cycle or meanwhile may be seen or not.
            if is_alone and before == after:
                assert words == before
            if rig.rng.random() < 0.2:
                await ctx.tick()

    rig.run(data, fetches)
    assert rig.memory.words == rig.model
    assert rig.memory.reads > 30 and rig.memory.writes > 10


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_fetch_sees_every_store_that_was_asked_for_before_it(shape):
    rig = Rig(shape)

    async def bench(ctx):
        addr = 0
        for _ in range(200):
            addr = rig.near(addr)
            for n in range(rig.rng.choice((1, 1, 2, 3))):
                await rig.store(ctx, (addr + n) % (shape.ram_words - 1), rig.rng.getrandbits(32))
            words, _ = await rig.fetch(ctx, addr)
            assert words == (rig.model[addr], rig.model[addr + 1])

    rig.run(bench)


def test_a_fetch_in_the_cycle_after_a_stores_sees_it():
    rig = Rig(SHAPES["lines of eight"], latest=0)

    async def bench(ctx):
        for addr in (0, 1, 7, 8):
            for to in (addr, addr + 1):
                await rig.fetch(ctx, addr)
                await rig.store(ctx, to, 0)
                # The store is asked for now, the fetch one cycle later, with no cycle between.
                ctx.set(rig.dut.data.w_data, 0x1234_0000 + addr)
                ctx.set(rig.dut.data.en, 1)
                await ctx.tick()
                ctx.set(rig.dut.data.en, 0)
                rig.model[to] = 0x1234_0000 + addr
                words, _ = await rig.fetch(ctx, addr)
                assert words == (rig.model[addr], rig.model[addr + 1])

    rig.run(bench)


def test_what_is_there_is_answered_in_the_next_cycle():
    rig = Rig(SHAPES["lines of eight"])

    async def bench(ctx):
        await rig.load(ctx, 0)
        await rig.load(ctx, 8)
        for addr in (0, 3, 8, 15):
            assert await rig.load(ctx, addr) == (rig.model[addr], 1)
            assert await rig.store(ctx, addr, addr) == 1
            assert await rig.store(ctx, addr ^ 1, addr) == 1
            assert await rig.load(ctx, addr) == (rig.model[addr], 1)
        for _ in range(3):
            await ctx.tick()
        for addr in (0, 7, 14):
            assert await rig.fetch(ctx, addr) == ((rig.model[addr], rig.model[addr + 1]), 1)

    rig.run(bench)
    assert rig.memory.reads == 2 and rig.memory.writes == 0


def test_an_answer_stays_until_the_next_request():
    rig = Rig(SHAPES["lines of four"])

    async def bench(ctx):
        await rig.load(ctx, 5)
        for addr in range(0, 120, 3):
            await rig.fetch(ctx, addr)
            assert ctx.get(rig.dut.data.done) and ctx.get(rig.dut.data.r_data) == rig.model[5]
        await rig.store(ctx, 5, 1)
        words, _ = await rig.fetch(ctx, 64)
        for addr in range(0, 120, 3):
            await rig.load(ctx, addr)
            assert (ctx.get(rig.dut.fetch.first), ctx.get(rig.dut.fetch.second)) == words

    rig.run(bench)


def test_what_it_holds_after_power_up_is_written_back():
    shape = SHAPES["lines of four"]
    rig = Rig(shape, init={0: 1, 3: 2, 70: 3})
    rig.model[1] = rig.model[2] = 0  # the rest of those lines
    rig.model[68] = rig.model[69] = rig.model[71] = 0

    async def bench(ctx):
        assert (await rig.load(ctx, 3))[0] == 2
        await rig.flush(ctx)

    rig.run(bench)
    assert rig.memory.words == rig.model


def test_a_flush_from_the_first_cycle_on_writes_back_what_is_there():
    rig = Rig(SHAPES["lines of four"], init={0: 1, 1: 2, 2: 3, 3: 4})
    rig.run(rig.flush)
    assert rig.memory.words == rig.model


def test_a_flush_writes_only_what_was_written_to_and_keeps_it():
    rig = Rig(SHAPES["lines of eight"])

    async def bench(ctx):
        for addr in (0, 8, 16):
            await rig.load(ctx, addr)
        await rig.store(ctx, 9, 1)
        await rig.flush(ctx)
        assert rig.memory.writes == 1
        assert await rig.load(ctx, 9) == (1, 1)
        await rig.flush(ctx)
        assert rig.memory.writes == 1
        await rig.store(ctx, 10, 1)
        await rig.flush(ctx)
        assert rig.memory.writes == 2

    rig.run(bench)
    assert rig.memory.words == rig.model


@pytest.mark.parametrize("place", [0, 9, 31])
def test_a_store_in_any_cycle_of_a_flush_is_not_lost(place):
    rig = Rig(SHAPES["lines of four"], latest=0)

    async def bench(ctx):
        await rig.load(ctx, place)
        await rig.flush(ctx)  # what took part in it once is clean
        for after in range(12):
            await ctx.tick()
            ctx.set(rig.dut.flush, 1)
            for _ in range(after):
                await ctx.tick()
            await rig.store(ctx, place, after + 1)
            await ctx.tick()  # `is_clean` knows of a store in the cycle after its answer
            await rig.flush(ctx)
            await ctx.tick()
            assert rig.memory.words[place] == after + 1, after

    rig.run(bench)


def test_a_victims_words_go_out_in_their_order_to_a_memory_that_is_ready_before():
    dut = VictimBuffer(shape=SHAPES["lines of four"])

    async def bench(ctx):
        ctx.set(dut.written.ready, 1)
        for round_ in range(2):
            expected, sent = [10 * round_ + n for n in range(4)], []
            await ctx.tick().repeat(3)
            ctx.set(dut.begins, 1)
            ctx.set(dut.new_line, 5 + round_)
            await ctx.tick()
            ctx.set(dut.begins, 0)
            assert ctx.get(dut.is_full) and not ctx.get(dut.asks)
            for n in range(2):
                ctx.set(dut.takes, 1)
                ctx.set(dut.pair, expected[2 * n] | expected[2 * n + 1] << 32)
                await ctx.tick()
            ctx.set(dut.takes, 0)
            assert ctx.get(dut.asks) and ctx.get(dut.line) == 5 + round_
            while ctx.get(dut.written.valid):
                ctx.set(dut.is_taken, len(sent) == 3)
                sent.append(ctx.get(dut.written.payload))
                await ctx.tick()
            ctx.set(dut.is_taken, 0)
            assert sent == expected
            assert not ctx.get(dut.is_full) and not ctx.get(dut.asks)

    simulate(dut, bench)


@pytest.mark.parametrize("options, error, message", [
    ({"words": 100}, ValueError, "words must be a power of two and at least 2, not 100"),
    ({"line_words": 1}, ValueError, "line_words must be a power of two and at least 2, not 1"),
    ({"words": "8"}, TypeError, "words must be an integer, not '8'"),
    ({"words": 16}, ValueError, "words must be at least four lines of 8, not 16"),
    ({"words": 1024}, ValueError, "ram_words must be more than the cache's 1024, not 1024"),
])
def test_bad_sizes_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        CacheShape(**{"ram_words": 1024, "words": 64, **options})


def test_two_lines_for_one_place_are_refused():
    with pytest.raises(ValueError, match="two lines for one place: 0x20 is in the second"):
        Cache(shape=SHAPES["lines of four"], init={0: 1, 32: 1})


def test_something_else_than_a_shape_is_refused():
    with pytest.raises(TypeError, match="shape must be a CacheShape, not 8192"):
        Cache(shape=8192)
