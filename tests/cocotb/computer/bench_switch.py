"""The context switch: registers and page tables of both processes, to the last word."""

from isa import REGISTERS
from isa.machine import Interrupt
from isa.trace import Kind, Word, Wrote
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import UNCACHED

SWITCHES = 6
TICKS    = 60            # until three programs are loaded, by a slow machine too
WORD     = 0xFFFFFFFF
PAGES    = REGISTERS + 1  # where a process has its page table, behind registers and ip


@computer_test(configs=UNCACHED)
async def a_tick_switches_and_loses_nothing(computer):
    """From the accepted interrupt to the other process's first instruction, and back again."""
    await computer.boot()
    await computer.run("/bench/spin a &")
    computer.serial.type("/bench/spin b\r")
    await computer.wait_ms(60)
    ram = computer.link.ram
    left = {}  # r0 to r63, ip and page table of a process, as the hardware had them when it left
    for _ in range(SWITCHES):
        await computer.watch(Kind.INTERRUPT, code=Interrupt.TIMER, in_process=True)
        old = computer.current
        # An interrupt changes no general register, and its record has the program's ip.
        left[old] = (*(await computer.registers())[:REGISTERS], computer.last[Word.IP],
                     computer.page_table)
        same(filled(left[old]), left[old], "has become")
        await computer.watch(Kind.INSN, in_process=True)
        new, first = computer.current, computer.last
        assert new != old, "a tick, two processes that can run, and no switch"
        same(left[old], ram[old:old + PAGES + 1].tolist(), "was saved as")
        now = (await computer.registers())[:REGISTERS]
        assert computer.page_table == int(ram[new + PAGES]), "not its own page table"
        if computer.follows:
            assert now == computer.scoreboard.registers()[:-1]
            assert computer.page_table == computer.scoreboard.page_table
        if new in left:
            done = first[Word.D] if first[Word.WROTE] & Wrote.REGISTER else None
            same(left[new], (*now, first[Word.IP], computer.page_table), "came back as", but=done)
    tables = {registers[PAGES] for registers in left.values()}
    assert len(left) == len(tables) == 2, "both ran in one page table"


def filled(registers):
    """What they must be by guests/spin.qasm, whose registers differ from each other and from
    another letter's. What an earlier switch has lost would be the same before and after this one.
    """
    letter, counter, ip = registers[0], registers[2], registers[REGISTERS]
    assert letter in (0x61616161, 0x62626262), f"r0 has become {letter:#x}"
    loop = registers[63]
    assert ip - loop in (0, 1), f"r63 has become {loop:#x}, and ip is {ip:#x}"
    return (letter, (letter + loop) & WORD, counter,
            *((n - 1) * letter & WORD for n in range(3, 63)), *registers[63:])


def same(before, now, became, but=None):
    """Registers, ip and page table; `but` is a register that the first instruction has changed."""
    names = (*(f"r{n}" for n in range(REGISTERS)), "ip", "page table")
    wrong = [f"{name} was {old:#x} and {became} {new:#x}"
             for n, (name, old, new) in enumerate(zip(names, before, now, strict=True))
             if old != new and n != but]
    assert not wrong, "; ".join(wrong)


@computer_test(configs=UNCACHED)
async def all_who_can_run_do(computer):
    """Three that never wait: each gets its turn within a few ticks."""
    await computer.boot()
    for _ in range(2):
        await computer.run("/bench/stride &")
    computer.serial.type("/bench/stride\r")
    turns = []
    while not is_fair(turns[-6:]):
        assert len(turns) < TICKS, f"not one after another: {turns[-6:]}"
        await computer.watch(Kind.INTERRUPT, code=Interrupt.TIMER, in_process=True)
        turns.append(computer.process)


def is_fair(turns):
    """Whether three processes, and not the shell that starts them, had two turns in order."""
    return (len(turns) == 6 and len(set(turns)) == 3 and turns[:3] == turns[3:]
            and all("(stride)" in turn for turn in turns))
