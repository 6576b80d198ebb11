"""Page tables that change under a program: the next access goes by the new one."""

from isa.config import PageTable
from isa.machine import ENTRY_TABLE, FRAME_IP, Interrupt, PageFlag, window_addresses
from isa.trace import Kind, Word
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS
from tests.cocotb.computer.programs import assembled

VIRTUAL, FIRST, SECOND = 0x400000, 0x5000, 0x6000
TABLE, SECOND_LEVEL    = 0x8000, 0x9000
ACCESS                 = PageFlag.PRESENT | PageFlag.EXECUTE
SWAPS                  = 150


def table(machine):
    """Words of a table that maps `VIRTUAL` to `FIRST`, by address; the address of the word that
    says so, and what it is for `SECOND`."""
    if machine.page_table is PageTable.LIST:
        return ({TABLE: 1, TABLE + 1: VIRTUAL, TABLE + 2: FIRST, TABLE + 3: 0x1000,
                 TABLE + 4: int(ACCESS)}, TABLE + 2, SECOND)
    return ({TABLE + (VIRTUAL >> 22): SECOND_LEVEL << 4 | int(ACCESS),
             SECOND_LEVEL: FIRST | int(ACCESS)}, SECOND_LEVEL, SECOND | int(ACCESS))


@computer_test()
async def the_next_fetch_sees_a_changed_table(computer):
    """Without a kernel: interrupts in any cycle swap the page under a program."""
    words, entry, other = table(computer.machine)
    windows = window_addresses(computer.machine.peripherals)
    await computer.reset(assembled(
        "swapped_pages", HANDLER_ENTRY=ENTRY_TABLE + Interrupt.SERIAL, MMU=windows["mmu"],
        FRAME_IP=FRAME_IP, SERIAL_ACKNOWLEDGE=windows["serial"] + 1, TABLE=TABLE, ENTRY=entry,
        OTHER=other, VIRTUAL=VIRTUAL, FIRST=FIRST, SECOND=SECOND, SWAPS=SWAPS))
    for at, word in words.items():
        computer.poke(at, word)
    await computer.watch(Kind.INSN, ip=VIRTUAL, in_process=True)
    counts = {20: 0, 21: 0}
    for swap in range(SWAPS):
        await computer.wait_cycles(computer.random.randrange(1, 60))
        computer.serial.type("x")
        await computer.watch(Kind.INTERRUPT, code=Interrupt.SERIAL, ms=10)
        if swap == SWAPS - 1:
            break
        # Registers are kept from page to page, so the one that counts tells which page runs.
        await computer.watch(Kind.INSN, in_process=True, ms=10)
        while computer.last[Word.D] not in counts:
            await computer.watch(Kind.INSN, in_process=True, ms=10)
        assert computer.last[Word.D] == (20 if swap % 2 else 21), "the old page still ran"
        counts[computer.last[Word.D]] += 1
    assert await computer.stopped() == 0
    assert min(counts.values()) > SWAPS // 3


@computer_test(configs=KERNELS)
async def what_the_kernel_takes_away_is_gone(computer):
    """A process draws, gives the picture's memory back, and its next pixel is a fault."""
    await computer.boot()
    said = await computer.run("/bench/unmapped")
    assert "it was there" in said and "memory fault" in said and "still" not in said, said
