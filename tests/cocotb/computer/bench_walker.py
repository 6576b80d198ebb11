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
from tests.cocotb.computer.programs import assembled
from tests.cocotb.computer.settings import settings

INTERRUPTS = 6000  # at most, until each state has met one

CODE, VIRTUAL, PAGE_WORDS = 0x1000, 0x400000, 0x1000
PAGES                     = 60       # more than the TLB holds, and a long walk in a list
PHYSICAL                  = 0x40000  # of the pages: those, in random order
TABLE, SECOND_LEVEL       = 0x8000, 0x10000
READ, RUN                 = (PageFlag.PRESENT | flag for flag in (PageFlag.READ, PageFlag.EXECUTE))
RETURNS                   = 120


@computer_test(configs=KERNELS)
async def an_interrupt_in_each_state_of_a_walk(computer):
    """Each return forgets the TLBs, so that walks follow; the next interrupt comes in any cycle."""
    await computer.boot()
    computer.serial.type("/bench/stride 4000\r")
    await computer.wait_ms(30)
    met = set()
    computer.on_irqs = met.update
    for count in range(INTERRUPTS):
        await computer.wait_cycles(computer.random.randrange(20, 250))
        computer.debugger.interrupt()
        if count % 64 == 0:
            computer.drain()
            if len(met) == len(settings()["walker_states"]):
                break
    computer.drain()
    states = settings()["walker_states"]
    missing = [name for number, name in enumerate(states) if number not in met]
    assert not missing, f"no interrupt came in {', '.join(missing)}"
    assert "0 wrong" in await computer.serial.expect("$ ", ms=4000)


def table(machine, pages):
    """Words of a page table for the code and for pages (virtual and physical), by address."""
    mapped = [(CODE, CODE, RUN), *((virtual, physical, READ) for virtual, physical in pages)]
    if machine.page_table is PageTable.LIST:
        words = {TABLE: len(mapped)}
        for n, (virtual, physical, flags) in enumerate(mapped):
            words |= enumerate((virtual, physical, PAGE_WORDS, int(flags)), TABLE + 1 + 4 * n)
        return words
    words = {}
    for virtual, physical, flags in mapped:
        level = SECOND_LEVEL + (virtual >> 22) * 0x400
        words[TABLE + (virtual >> 22)] = level << 4 | int(READ | RUN)
        words[level + (virtual >> 12 & 0x3FF)] = physical | int(flags)
    return words


@computer_test()
async def an_abandoned_walk_says_nothing(computer):
    """Without a kernel: an interrupt in any cycle, and each returns to another place."""
    windows = window_addresses(computer.machine.peripherals)
    physical = list(range(PHYSICAL, PHYSICAL + PAGES * PAGE_WORDS, PAGE_WORDS))
    computer.random.shuffle(physical)
    pages = [(VIRTUAL + n * PAGE_WORDS, place) for n, place in enumerate(physical)]
    await computer.reset(assembled(
        "many_pages", HANDLER_ENTRY=ENTRY_TABLE + Interrupt.SERIAL, MMU=windows["mmu"],
        FRAME_IP=FRAME_IP, FRAME_R10=FRAME_REGISTERS + 10, TABLE=TABLE, VIRTUAL=VIRTUAL,
        SERIAL_ACKNOWLEDGE=windows["serial"] + 1, PAGES=PAGES, INTERRUPTS=RETURNS))
    words = table(computer.machine, pages) | {place: virtual for virtual, place in pages}
    for at, word in words.items():
        computer.poke(at, word)
    await computer.watch(Kind.INSN, in_process=True, ms=5)
    for _ in range(RETURNS):
        await computer.wait_cycles(computer.random.randrange(1, 250))
        computer.serial.type("x")
        await computer.watch(Kind.INTERRUPT, code=Interrupt.SERIAL, ms=10)
    assert await computer.stopped() == 0, "words came from another page"
