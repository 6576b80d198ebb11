"""Timer tick to context switch: registers and page tables of both processes, to the last word."""

from isa import REGISTERS
from isa.machine import FRAME_IP, FRAME_REGISTERS, Interrupt
from isa.trace import Kind, Word, Wrote
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS

SWITCHES = 6


def interrupted(memory):
    """r0 to r63 and ip of the program that was interrupted, as memory shows them."""
    return (*memory[FRAME_REGISTERS:FRAME_REGISTERS + REGISTERS].tolist(), int(memory[FRAME_IP]))


@computer_test(configs=KERNELS)
async def a_tick_switches_and_loses_nothing(computer):
    """From the accepted interrupt to the other process's first instruction, and back again."""
    await computer.boot()
    await computer.run("/bench/spin a &")
    computer.serial.type("/bench/spin b\r")
    await computer.wait_ms(60)
    model, ram = computer.scoreboard.model, computer.link.ram
    left, tables = {}, {}
    for _ in range(SWITCHES):
        await computer.watch(Kind.INTERRUPT, code=Interrupt.TIMER, in_process=True)
        old = computer.current
        left[old] = interrupted(model.memory)
        tables[old] = computer.page_table
        assert computer.page_table == computer.scoreboard.page_table
        await computer.watch(Kind.INSN, in_process=True)
        new, first = computer.current, computer.last
        assert new != old, "a tick, two processes that can run, and no switch"
        assert tuple(ram[old:old + REGISTERS + 1].tolist()) == left[old], "not all was saved"
        assert computer.page_table == computer.scoreboard.page_table != tables[old]
        assert int(ram[new + REGISTERS + 1]) == computer.page_table, "not its own page table"
        if new in left:
            came_back(left[new], computer.scoreboard.registers(), first)
            assert tables[new] == computer.page_table
        assert (await computer.registers())[:REGISTERS] == computer.scoreboard.registers()[:-1]
    assert len(left) >= 2


def came_back(before, now, first):
    """All 65 registers are as they were, but for what the first instruction did."""
    assert first[Word.IP] == before[REGISTERS], "it goes on elsewhere"
    for n in range(REGISTERS):
        if not (first[Word.WROTE] & Wrote.REGISTER and first[Word.D] == n):
            assert now[n] == before[n], f"r{n} was {before[n]:#x} and came back as {now[n]:#x}"


@computer_test(configs=KERNELS)
async def all_who_can_run_do(computer):
    """Three that never wait: each gets its turn within a few ticks."""
    await computer.boot()
    for _ in range(2):
        await computer.run("/bench/stride &")
    computer.serial.type("/bench/stride\r")
    await computer.wait_ms(60)
    turns = []
    for _ in range(6):
        await computer.watch(Kind.INTERRUPT, code=Interrupt.TIMER, in_process=True)
        turns.append(computer.current)
    assert len(set(turns)) == 3 and turns[:3] == turns[3:], "not one after another"
