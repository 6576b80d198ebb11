"""The queue against a plain list of words."""

import random

import pytest

from rtl.core.queue import FetchQueue
from tests.support.unit import simulate


@pytest.mark.parametrize("seed", range(3))
def test_words_come_out_in_order_with_their_addresses(seed):
    dut = FetchQueue()
    rng = random.Random(seed)

    async def bench(ctx):
        held, ip = [], 0x1000  # (address, word, fetch left behind it, for where to, place)
        taken = 0
        for _ in range(500):
            is_pair, jumps = rng.random() < 0.7, rng.random() < 0.2
            words    = [rng.getrandbits(32) for _ in range(1 + is_pair)]
            goes_in  = ctx.get(dut.free) > 0 and rng.random() < 0.8
            target   = rng.randrange(0x1000, 0x4000) if jumps else ip + len(words)
            arriving = [(ip + n, word, jumps and n == len(words) - 1, target, n)
                        for n, word in enumerate(words)] if goes_in else []
            ctx.set(dut.i_valid, goes_in)
            ctx.set(dut.i.ip, ip)
            ctx.set(dut.i.words[0], words[0])
            ctx.set(dut.i.words[1], words[-1])
            ctx.set(dut.i.is_pair, is_pair)
            ctx.set(dut.i.prediction.taken, jumps)
            ctx.set(dut.i.prediction.pos, is_pair)
            ctx.set(dut.next_ip, target if goes_in else ip)
            ctx.set(dut.take, 0)

            seen = held + arriving  # what arrives cannot be taken yet, but a jump may lead there
            valid = [ctx.get(dut.first.valid), ctx.get(dut.second.valid)]
            for port, is_valid, expected in zip((dut.first, dut.second), valid, seen,
                                                strict=False):
                if is_valid:
                    assert ctx.get(port.word) == expected[1]
                    assert ctx.get(port.jumps) == expected[2]
                    assert ctx.get(port.pos) == expected[4]
                    assert ctx.get(port.group) == expected[0] - expected[4]
            if valid[0]:
                assert ctx.get(dut.first_ip) == seen[0][0]
                if seen[0][2]:
                    assert ctx.get(dut.follows) == seen[0][3]
            count = rng.randint(0, sum(valid))
            ctx.set(dut.take, count)
            taken += count
            await ctx.tick()
            held = seen[count:]
            if goes_in:
                ip = target
        assert taken > 200

    simulate(dut, bench)
