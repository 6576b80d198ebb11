"""Interrupts in each state of the walker of page tables: the translation and the program go on."""

from isa.config import PageTable
from isa.machine import (
    ENTRY_TABLE,
    FRAME_IP,
    FRAME_REGISTERS,
    Interrupt,
    PageFlag,
    window_addresses,
)
from isa.trace import Kind
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS
from tests.cocotb.computer.programs import assembled, fragment
from tests.cocotb.computer.settings import settings

INTERRUPTS = 6000  # at most, until each state has met one

HERE, THERE, VIRTUAL  = 0x400000, 0x800000, 0x900000  # two programs of two pages, what they read
PAGE_WORDS, PHYSICAL  = 0x1000, 0x40000  # of all these pages, in random order
TABLE, SECOND_LEVEL   = 0x8000, 0x10000
READ, RUN             = (PageFlag.PRESENT | flag for flag in (PageFlag.READ, PageFlag.EXECUTE))
PAGES                 = (128, 2)  # that are read: walks in a list are long, or end soon
RETURNS               = 40


@computer_test(configs=KERNELS)
async def an_interrupt_in_each_state_of_a_walk(computer):
    """Each return forgets the TLBs, so that walks follow; the next interrupt comes in any cycle."""
    await computer.boot()
    computer.serial.type("/bench/stride 4000\r")
    await computer.wait_ms(30)
    for sent in range(INTERRUPTS):
        await computer.watch(Kind.INSN, in_process=True)  # else a slow machine would get nowhere
        await computer.wait_cycles(computer.random.randrange(1, 250))
        computer.debugger.interrupt()
        if sent % 64 == 0:
            computer.drain()
            if len(computer.irqs) == len(settings()["walker_states"]):
                break
    computer.drain()
    missing = set(settings()["walker_states"]) - set(computer.irqs)
    assert not missing, f"no interrupt came in {', '.join(missing)}"
    assert "0 wrong" in await computer.serial.expect("$ ", ms=4000)


def table(machine, pages):
    """Words of a page table for pages (virtual and physical address, flags), by address."""
    if machine.page_table is PageTable.LIST:
        words = {TABLE: len(pages)}
        for n, (virtual, physical, flags) in enumerate(pages):
            words |= enumerate((virtual, physical, PAGE_WORDS, int(flags)), TABLE + 1 + 4 * n)
        return words
    words = {}
    for virtual, physical, flags in pages:
        level = SECOND_LEVEL + (virtual >> 22) * 0x400
        words[TABLE + (virtual >> 22)] = level << 4 | int(READ | RUN)
        words[level + (virtual >> 12 & 0x3FF)] = physical | int(flags)
    return words


@computer_test()
async def an_abandoned_walk_says_nothing(computer):
    """Without a kernel: an interrupt while the next page is looked up, and another walk follows."""
    for count in PAGES * 2:
        await run_pages(computer, count)
    assert computer.abandoned, "no walk was abandoned"


async def run_pages(computer, count):
    """Interrupt two programs that read so many pages."""
    ending = fragment("page_end", MASK=count * PAGE_WORDS - 1, VIRTUAL=VIRTUAL,
                      SHORT=computer.random.randrange(1, 12))
    starts = [page + PAGE_WORDS - len(ending) for page in (HERE, THERE)]
    windows = window_addresses(computer.machine.peripherals)
    await computer.reset(assembled(
        "many_pages", HERE=starts[0], THERE=starts[1], BOTH=sum(starts), MMU=windows["mmu"],
        SERIAL_ENTRY=ENTRY_TABLE + Interrupt.SERIAL, SERIAL_ACKNOWLEDGE=windows["serial"] + 1,
        DEBUG_ENTRY=ENTRY_TABLE + Interrupt.DEBUG_BREAK, FRAME_IP=FRAME_IP, TABLE=TABLE,
        FRAME_R2=FRAME_REGISTERS + 2, FRAME_R10=FRAME_REGISTERS + 10))
    words, pages = {}, []
    places = list(range(PHYSICAL, PHYSICAL + (4 + count) * PAGE_WORDS, PAGE_WORDS))
    computer.random.shuffle(places)
    # Their code comes first in the table: a walk that goes on where another one was misses it.
    for page, start in zip((HERE, THERE), starts, strict=True):
        first, second = places.pop(), places.pop()
        pages += (page, first, RUN), (page + PAGE_WORDS, second, RUN)
        words |= enumerate(ending, first + PAGE_WORDS - len(ending))
        words |= enumerate(fragment("page_begin", START=start), second)
    for n, physical in enumerate(places):
        virtual = VIRTUAL + n * PAGE_WORDS
        pages.append((virtual, physical, READ))
        words[physical] = virtual
    for at, word in (words | table(computer.machine, pages)).items():
        computer.poke(at, word)
    for _ in range(RETURNS):
        await computer.watch(Kind.INSN, in_process=True, ms=10)
        soon = computer.random.choice((30, 100, 600))
        await computer.wait_cycles(computer.random.randrange(1, soon))
        computer.serial.type("x")
        await computer.watch(Kind.INTERRUPT, code=Interrupt.SERIAL, ms=10)
    computer.debugger.interrupt()
    assert await computer.stopped() == 0, "words came from another page"
