"""Load/store, whatever the instruction, its address and its neighbours are, against a model."""

import random

from isa.machine import RESERVED_LIMIT, WINDOWS
from rtl.bus import Access, Reason
from rtl.core.load_store import LoadStore
from tests.support.unit import said, simulate

BAD       = 0x9999_0000  # an address that faults
ADDRESSES = (BAD, 0x2_0000, RESERVED_LIMIT, RESERVED_LIMIT - 1, WINDOWS + 5, WINDOWS,
             WINDOWS - 1, 0)
AWAY      = 0x1234_0000  # physical less virtual address, of some
KINDS     = ({"is_load": 1}, {"is_store": 1}, {"is_store": 1}, {})


class World:
    """Decode, the verdict, retire, the MMU and memory; and what the unit is at.

    Members
    -------
    refused : bool
        In the cycle before the access turned out to fault.
    slow : str
        Of an access to what may be no RAM: nothing, or "begun", or "asked".
    ways : set
        How instructions have left.
    """
    def __init__(self, ctx, dut):
        self.ctx, self.dut, self.rng = ctx, dut, random.Random(1)
        self.refused, self.slow, self.slow_addr = False, "", 0
        self.is_stale, self.ways = False, set()
        self.next_insn()

    def often(self):
        return self.rng.randrange(4) != 0

    def next_insn(self):
        rng = self.rng
        self.control = rng.choice(KINDS)
        self.a, self.b = rng.choice(ADDRESSES), rng.getrandbits(32)
        self.is_fine = rng.randrange(8) != 0
        self.ctx.set(self.dut.insn, {
            "control": self.control, "a": self.a, "b": self.b,
            "reason": Reason.NONE if self.is_fine else Reason.INVALID_INSTRUCTION})
        self.is_new = True

    def drive(self):
        """Say what is the same in all of the cycle."""
        ctx, dut, often = self.ctx, self.dut, self.often
        # What has begun acts. What turns out to be stale might act for a cycle.
        self.might_act = not self.is_stale and (not self.is_new or often())
        self.acts      = self.might_act and (not self.is_new or often())
        self.room      = bool(self.slow) or often()  # retire has nothing to do but to wait
        self.hit, self.ready = often(), often()
        is_low   = self.a < RESERVED_LIMIT
        is_bad   = self.a == BAD
        self.pa  = self.a if is_low else self.a + AWAY
        self.is_plain = self.hit and not is_low and not is_bad
        self.goes_slow = self.hit and is_low
        ctx.set(dut.translate.hit, self.hit)
        ctx.set(dut.translate.pa, self.pa)
        ctx.set(dut.translate.is_low, is_low or is_bad)
        ctx.set(dut.translate.reason, Reason.MEMORY_FAULT if is_bad else Reason.NONE)
        ctx.set(dut.translate.is_plain, self.is_plain)
        self.takes = self.slow == "begun" and self.rng.randrange(2)
        self.done  = self.slow == "asked" and self.rng.randrange(2)
        self.data  = self.rng.getrandbits(32)
        ctx.set(dut.slow.req.ready, self.takes)
        ctx.set(dut.slow.rsp.valid, self.done)
        ctx.set(dut.slow.rsp.payload.data, self.data)
        ctx.set(dut.direct.ready, self.ready)
        for name in ("might_act", "acts", "room"):
            ctx.set(getattr(dut, name), getattr(self, name))

    def expected(self):
        is_store  = bool(self.control.get("is_store"))
        is_access = bool(self.control)
        asks  = is_access and self.is_fine and not self.slow and not self.refused
        self.asks = self.might_act and asks
        self.direct = self.acts and asks and self.is_plain and self.room
        expected = {
            "translate.valid": self.asks, "direct.en": self.direct,
            "slow.req.valid": self.slow == "begun" and self.might_act,
            "is_slow": bool(self.slow), "waits": bool(self.slow) and not self.done,
            "passes": not is_access or bool(self.slow),
            "may_pass": self.ready and not self.refused,
            "reason": Reason.MEMORY_FAULT if self.refused else Reason.NONE,
            "remaps": self.done and is_store and self.slow_addr >= WINDOWS,
        }
        if self.asks:
            expected |= {"translate.va": self.a,
                         "translate.access": Access.WRITE if is_store else Access.READ}
        if self.direct:
            expected |= {"direct.write": is_store, "direct.addr": self.pa, "addr": self.pa}
        if self.direct and is_store:
            expected["direct.w_data"] = self.b
        if expected["slow.req.valid"]:
            expected |= {"slow.req.payload.addr": self.slow_addr,
                         "slow.req.payload.write": is_store}
            if is_store:
                expected["slow.req.payload.data"] = self.b
        if self.slow == "asked":
            expected["slow.rsp.ready"] = 1
        if self.done:
            expected |= {"addr": self.slow_addr, "r_data": self.data}
        return expected

    def go_on(self):
        """What is so in the next cycle, and whether there is another instruction then."""
        leaves = self.acts and (not self.control or self.done
                                or (not self.slow and self.ready and self.direct))
        leaves = leaves and self.room and self.is_fine
        is_over = leaves or self.is_stale or not self.is_fine or self.refused
        if leaves:
            self.ways.add((*self.control, "slow" if self.slow else "direct"))
        self.ways |= {"refused"} if self.refused else set()
        refused = self.acts and self.asks and self.hit and self.a == BAD
        if self.slow:
            if not self.might_act or self.done:
                self.slow = ""
            elif self.takes:
                self.slow = "asked"
        elif self.asks and self.goes_slow and self.room:
            self.slow, self.slow_addr = "begun", self.pa
        self.is_stale = self.might_act and not self.acts
        self.is_new, self.refused = self.is_new and not self.acts, refused
        if is_over and not self.is_stale:
            self.next_insn()


def test_each_access_goes_its_way_once_as_its_instruction_leaves():
    dut = LoadStore()

    async def bench(ctx):
        world = World(ctx, dut)
        for _ in range(1_000):
            world.drive()
            expected = world.expected()
            assert {name: said(ctx, dut, name) for name in expected} == expected, vars(world)
            await ctx.tick()
            world.go_on()
        assert world.ways == {("is_load", "direct"), ("is_store", "direct"), ("direct",),
                              ("is_load", "slow"), ("is_store", "slow"), "refused"}

    simulate(dut, bench)
