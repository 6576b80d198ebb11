"""Fetch, whatever memory, the MMU and execute do: every group is the one that was announced."""

import random

from amaranth import Const

from isa.machine import PROGRAM, RESERVED_LIMIT
from rtl.bus import Reason
from rtl.core.control import arrange_operands, hints_of
from rtl.core.fetch import Fetch
from rtl.core.queue import DEPTH
from tests.support.unit import simulate

BAD    = 0x2010  # an address that cannot be fetched
STARTS = (0x2000, 0x2008, 0x2100, RESERVED_LIMIT - 3, 0xFFFF_FFF0)


def word_at(address):
    return address % (1 << 32) * 0x9E37_79B1 % (1 << 32)


class World:
    """Memory, MMU, queue and execute, as a fetch may meet them.

    Members
    -------
    expected : int or None
        Address of the next group.
    was_asked : bool
        In the last cycle nothing kept fetch from asking for it.
    groups, slow, failed : int
        What was put out.
    """
    def __init__(self, ctx, dut, rng):
        self.ctx, self.dut, self.rng = ctx, dut, rng
        self.expected, self.was_asked = PROGRAM, False
        self.room, self.under_way = DEPTH, 0
        self.port_wait, self.port_addr, self.asked = 0, 0, (0, False)
        self.slow_addr = None
        self.groups = self.slow = self.failed = 0
        self.known, self.given = {}, {}

    def one_in(self, many):
        return self.rng.randrange(many) == 0

    def give(self, name, value):
        """Set an input, if it changes: to look for what follows from that takes its time."""
        if self.given.get(name) != value:
            self.given[name] = value
            port = self.dut
            for part in name.split("."):
                port = getattr(port, part)
            self.ctx.set(port, value)

    def drive(self):
        """Say what is the same in all of the cycle."""
        self.give("free", self.room)
        self.give("idle", not self.under_way)
        self.give("port.done", self.port_wait == 0)
        self.give("port.first", word_at(self.port_addr) if self.port_wait == 0 else 0)
        self.give("port.second", word_at(self.port_addr + 1) if self.port_wait == 0 else 0)
        self.goes_to = self.rng.choice(STARTS) if self.one_in(12) else None
        self.give("redirect", {"valid": self.goes_to is not None, "ip": self.goes_to or 0})
        self.give("targets", {
            "valid": self.one_in(4), "group": (self.expected or BAD) + self.rng.randrange(8),
            "pos": self.one_in(2), "always": 1, "calls": self.one_in(4),
            "returns": self.one_in(4), "target": self.rng.choice(STARTS)})
        self.give("slow.req.ready", not self.one_in(2) and self.slow_addr is None)
        self.give("slow.rsp.valid", self.slow_addr is not None and not self.one_in(2))
        self.give("slow.rsp.payload.data", word_at(self.slow_addr or 0))
        self.translate()

    def translate(self):
        """Words are where their addresses say; the MMU does not always know that at once."""
        ctx, port = self.ctx, self.dut.translate
        va  = ctx.get(port.va)
        hit = not self.one_in(8)
        self.give("translate.hit", hit)
        self.give("translate.pa", va)
        self.give("translate.reason", Reason.MEMORY_FAULT if va == BAD else Reason.NONE)
        self.give("translate.is_low", va < RESERVED_LIMIT)
        self.give("translate.is_plain", hit and va != BAD and va >= RESERVED_LIMIT)
        self.is_last = va in (BAD - 1, RESERVED_LIMIT - 1) or self.one_in(6)
        self.give("translate.is_last", self.is_last)
        self.may_ask = hit and ctx.get(port.valid) and self.room > 1 and self.goes_to is None \
            and self.port_wait == 0 and va != BAD and va >= RESERVED_LIMIT

    def check(self):
        """What comes out is the group that was to come, and what is told of the next one."""
        ctx, dut = self.ctx, self.dut
        comes = ctx.get(dut.o_valid)
        if self.was_asked and self.port_wait == 0:
            assert comes, "nothing keeps it from coming"
        if not comes:
            assert self.expected is None or ctx.get(dut.next_ip) == self.expected
            return
        group, ip = dut.o, self.expected
        assert ctx.get(group.ip) == ip
        is_pair, jumps = ctx.get(group.is_pair), ctx.get(group.prediction.taken)
        reason = ctx.get(group.reason)
        assert reason == (Reason.MEMORY_FAULT if ip == BAD else Reason.NONE)
        assert self.asked == (ip, is_pair or self.asked[1])  # the last word of a page is alone
        self.groups += 1
        if ip == BAD:
            assert not is_pair and not jumps
            self.failed += 1
            self.expected = None  # nothing comes behind it
            return
        for n in range(1 + is_pair):
            said = ctx.get(group.words[n]), ctx.get(group.hints[n].as_value())
            assert said == self.known_of(ip + n)
        if ip < RESERVED_LIMIT:
            assert not is_pair
            self.slow += 1
        if not jumps:
            assert ctx.get(dut.next_ip) == (ip + 1 + is_pair) % (1 << 32)
        else:
            assert ctx.get(group.prediction.pos) == is_pair
        self.expected = ctx.get(dut.next_ip)

    def known_of(self, address):
        """A word and its hints, as a group has them."""
        if address not in self.known:
            word = Const(word_at(address), 32)
            self.known[address] = tuple(map(self.ctx.get, (arrange_operands(word),
                                                           hints_of(word))))
        return self.known[address]

    async def tick(self):
        ctx, dut = self.ctx, self.dut
        puts_out = ctx.get(dut.o_valid) and self.goes_to is None
        if ctx.get(dut.asked):
            self.asked = ctx.get(dut.asked_addr), not self.is_last
        en, addr = ctx.get(dut.port.en), ctx.get(dut.port.addr)
        asks_slow = ctx.get(dut.slow.req.valid) and ctx.get(dut.slow.req.ready)
        hears     = ctx.get(dut.slow.rsp.valid) and ctx.get(dut.slow.rsp.ready)
        slow_addr = ctx.get(dut.slow.req.payload.addr)
        await ctx.tick()
        if hears:
            self.slow_addr = None
        if asks_slow:
            assert slow_addr < RESERVED_LIMIT and not self.under_way
            self.slow_addr = slow_addr
        assert not (en and self.port_wait), "memory was not done"
        self.port_wait = max(self.port_wait - 1, 0)
        if en:
            assert addr >= RESERVED_LIMIT
            self.port_addr, self.port_wait = addr, self.one_in(2) and self.rng.randrange(4)
        self.room -= puts_out
        assert self.room >= 0
        self.under_way += puts_out
        if self.goes_to is not None:
            self.expected, self.room, self.under_way = self.goes_to, DEPTH, 0
        elif not self.one_in(3) and self.under_way:
            self.room, self.under_way = self.room + 1, self.under_way - 1
        self.was_asked = self.may_ask


def test_each_group_is_the_one_that_was_announced_whatever_happens():
    dut = Fetch(target_entries=2, return_entries=2)

    async def bench(ctx):
        world = World(ctx, dut, random.Random(1))
        for _ in range(500):
            world.drive()
            world.check()
            await world.tick()
        assert world.groups > 100
        assert world.slow > 5
        assert world.failed > 2

    simulate(dut, bench)


JUMPS = (  # group, position, what it is, target
    (0x2000, 0, "calls", 0x2104), (0x2104, 1, "calls", 0x2208), (0x2208, 0, None, 0x230A),
    (0x230A, 1, "returns", 0), (0x2106, 0, "returns", 0), (0x2001, 0, None, 0x2000))


def test_calls_and_returns_that_were_learnt_are_followed_one_group_a_cycle():
    dut, asked = Fetch(target_entries=16, return_entries=4), []

    async def bench(ctx):
        ctx.set(dut.free, DEPTH)
        for always in (dut.idle, dut.port.done, dut.translate.hit, dut.translate.is_plain):
            ctx.set(always, 1)
        for group, pos, kind, target in JUMPS:
            ctx.set(dut.targets, {"valid": 1, "group": group, "pos": pos, "always": 1,
                                  "target": target, **({kind: 1} if kind else {})})
            await ctx.tick()
        ctx.set(dut.targets, {"valid": 0})
        ctx.set(dut.redirect, {"valid": 1, "ip": 0x2000})
        await ctx.tick().repeat(2)
        ctx.set(dut.redirect, {"valid": 0})
        for _ in range(2 * len(JUMPS)):
            assert ctx.get(dut.translate.valid)
            asked.append(ctx.get(dut.translate.va))
            await ctx.tick()

    simulate(dut, bench)
    assert asked == [group for group, *_ in JUMPS] * 2
