"""Bench of the MMU and its walker: tables in a slow memory, against the manual in plain Python.

It serves both formats: the window of a list is told from that of two levels by `FORMAT`.
"""

import os
import random

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from isa.config import PageTable
from isa.machine import PageFlag, Reason
from rtl.bus import Access
from tests.cocotb.support import Memory, idle, start, store
from tests.rtl.mmu.model import translate

FORMAT    = PageTable[os.environ["PAGE_TABLE"]]
RAM_WORDS = 0x2000
BASE      = 0x1100
SECOND    = 0x1600
NEEDS     = {Access.READ: PageFlag.READ, Access.WRITE: PageFlag.WRITE,
             Access.EXECUTE: PageFlag.EXECUTE}
INPUTS    = ("insn__valid", "insn__va", "insn__access", "data__valid", "data__va", "data__access",
             "mem__req__ready", "mem__rsp__valid", "mem__rsp__payload", "on", "flush")


def table(source):
    """A memory with a random table at `BASE`, and addresses near everything that it maps."""
    words, near = [0] * RAM_WORDS, [0, 0xFFFFFFFF]
    if FORMAT is PageTable.LIST:
        words[BASE] = count = source.randrange(1, 7)
        for at in range(BASE + 1, BASE + 1 + 4 * count, 4):
            virtual = source.choice((0, 0x4000, 0x4080, 0x80000000, 0xFFFFFF00))
            physical, size = source.choice((0x1000, 0x1FF0, 0x200000)), source.choice((1, 64, 4096))
            words[at:at + 4] = virtual, physical, size, source.choice((0, 2, 3, 5, 9, 15))
            near += [virtual - 1, virtual, virtual + size // 2, virtual + size - 1, virtual + size]
    else:
        for index in (0, 1, 0x200, 0x3FF):
            place = source.choice((SECOND, SECOND + 8, RAM_WORDS - 2, RAM_WORDS + 99))
            words[BASE + index] = place << 4 | source.choice((0, 14, 15, 15, 15))
            near.append(index << 22)
        for index in range(4):
            words[SECOND + index] = (source.choice((0x1000, 0x2000, 0xFFFFF000))
                                     | source.choice((1, 3, 7, 15)))
            near += [index << 12, (index << 12) + 0xFFF, 0x400000 + (index << 12)]
    return words, [va & 0xFFFFFFFF for va in near]


async def ask(dut, side, va, access, limit=400):
    """One access: its physical address and reason, and how many cycles it waited."""
    handles = {name: getattr(dut, f"{side}__{name}")
               for name in ("valid", "va", "access", "hit", "pa", "reason")}
    handles["va"].value, handles["access"].value = va, access.value
    handles["valid"].value = 1
    for cycles in range(limit):
        await FallingEdge(dut.clk)
        if int(handles["hit"].value):
            answer = int(handles["pa"].value), int(handles["reason"].value)
            await RisingEdge(dut.clk)
            handles["valid"].value = 0
            return *answer, cycles
        await RisingEdge(dut.clk)
    raise AssertionError(f"no answer to {va:#x}")


async def begin(dut, words, base=BASE):
    """Out of reset, with translation active by a table."""
    await start(dut, *INPUTS)
    memory = Memory(dut, words, port="mem")
    dut.on.value = 1
    await store(dut, 0, base)
    return memory


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def tables_translate_as_the_manual_says(dut):
    source = random.Random(7)
    words, near = table(source)
    memory = await begin(dut, words)
    for _ in range(12):
        memory.words[:], near = table(source)
        await store(dut, 0, BASE)
        for va in near:
            side, access = source.choice((("insn", Access.EXECUTE), ("data", Access.READ),
                                          ("data", Access.WRITE)))
            pa, reason, _ = await ask(dut, side, va, access)
            wanted, fault = translate(memory.words, FORMAT, BASE, va, NEEDS[access])
            assert reason == fault, f"{va:#x}: {Reason(reason)!r} instead of {fault!r}"
            if not fault:
                assert pa == wanted, f"{va:#x}: {pa:#x} instead of {wanted:#x}"
    assert not any(writes for _, writes in memory.asked), "a walk wrote"
    assert all(at < RAM_WORDS for at, _ in memory.asked), "a walk read past the end of RAM"


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def what_was_found_once_costs_nothing(dut):
    words, near = table(random.Random(3))
    memory = await begin(dut, words)
    for va in near:
        before = len(memory.asked)
        first  = await ask(dut, "data", va, Access.READ)
        asked  = len(memory.asked)
        again  = await ask(dut, "data", va, Access.READ)
        assert (first[2] > 0) == (asked > before), "a walk costs cycles, a hit none"
        assert again == (*first[:2], 0)
        assert len(memory.asked) == asked, "a hit walked"


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_store_to_base_and_a_return_forget(dut):
    words, _ = table(random.Random(1))
    memory = await begin(dut, words)
    for forget in ("store", "return"):
        await ask(dut, "data", 0, Access.READ)
        asked = len(memory.asked)
        if forget == "store":
            await store(dut, 0, BASE)
        else:
            dut.flush.value = 1
            await idle(dut)
            dut.flush.value = 0
        await ask(dut, "data", 0, Access.READ)
        assert len(memory.asked) > asked, f"a {forget} did not forget"


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_walk_may_be_abandoned(dut):
    words, near = table(random.Random(5))
    await begin(dut, words)
    source = random.Random(6)
    for va in near * 3:
        dut.insn__va.value, dut.insn__access.value = near[0], Access.EXECUTE.value
        dut.insn__valid.value = 1
        await idle(dut, source.randrange(1, 6))
        dut.insn__valid.value = 0
        pa, reason, _ = await ask(dut, "data", va, Access.READ)
        wanted, fault = translate(words, FORMAT, BASE, va, PageFlag.READ)
        assert (reason, pa if not reason else None) == (fault, wanted if not fault else None)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def inactive_it_lets_addresses_through(dut):
    words, _ = table(random.Random(2))
    memory = await begin(dut, words, base=0)
    for va, reason in ((0x1234, 0), (RAM_WORDS - 1, 0), (RAM_WORDS, Reason.OUT_OF_BOUNDS)):
        pa, found, cycles = await ask(dut, "data", va, Access.WRITE)
        assert (found, cycles) == (reason, 0) and (reason or pa == va)
    assert not memory.asked
