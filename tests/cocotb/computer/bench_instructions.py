"""Every instruction and every fault in a process."""

from isa import ISA
from isa.config import PageTable
from isa.machine import (
    ENTRY_TABLE,
    FRAME_IP,
    HIGHEST_INTERRUPT,
    Interrupt,
    PageFlag,
    window_addresses,
)
from isa.trace import Kind, Word
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS
from tests.cocotb.computer.programs import assembled

TABLE, SECOND_LEVEL = 0x8000, 0x9000
CODE, DATA, OUTSIDE = 0x1000, 0x6000, 0x7000  # virtual; the first two are where they are
READ, WRITE, RUN    = (int(PageFlag.PRESENT | flag) for flag in (
    PageFlag.READ, PageFlag.READ | PageFlag.WRITE, PageFlag.READ | PageFlag.EXECUTE))
ROUNDS              = 12
EDGES               = (0, 1, 2, 31, 32, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x3F800000, 0x7F800000,
                       0x7FC00000, 0x00000001, 0xBF800000)
APART               = ("halt", "int", "wait", "jmp", "jz", "jnz", "rjmp", "rjz", "rjnz", "load",
                       "store", "constant")


def table(machine):
    """Words of a page table for code, data and a page behind the end of RAM, by address."""
    pages = ((CODE, CODE, RUN), (DATA, DATA, WRITE), (OUTSIDE, machine.ram_words, WRITE))
    if machine.page_table is PageTable.LIST:
        words = {TABLE: len(pages)}
        for n, (virtual, physical, flags) in enumerate(pages):
            for offset, word in enumerate((virtual, physical, 0x1000, flags)):
                words[TABLE + 1 + 4 * n + offset] = word
        return words
    return {TABLE: SECOND_LEVEL << 4 | RUN | WRITE} | {
        SECOND_LEVEL + (virtual >> 12): physical | flags for virtual, physical, flags in pages}


def body(random, machine):
    """Lines of assembly, and how many faults they make."""
    lines, faults = [], 0
    for _ in range(ROUNDS):
        for n in range(1, 12):
            word = random.choice((random.choice(EDGES), random.getrandbits(32)))
            lines.append(f"constant r{n} {word:#x}")
        for insn in random.sample(ISA, len(ISA)):
            if insn.mnemonic in APART:
                continue
            operands = [f"r{random.randrange(12, 40)}" if name == "d"
                        else f"r{random.randrange(1, 12)}" for name in insn.operands]
            lines.append(" ".join([insn.mnemonic, *operands]))
            faults += 25 <= insn.opcode <= 34 and not machine.fpu
        lines += ["store r50 r12", "load r13 r50"]
    # Jumps: relative ones count words from their own; none may skip what counts.
    lines += ["constant r40 2", "constant r41 0", "rjmp r40", "nop", "rjz r41 r40", "nop",
              "rjnz r40 r40", "nop", "constant r42 @there", "jmp r42", "nop", "@there:",
              "constant r42 @on", "jz r41 r42", "nop", "@on:", "constant r42 @end",
              "jnz r40 r42", "nop", "@end:"]
    # One fault of each reason.
    lines += ["halt", "int r41", "load r43 r40", "load r43 r51", "store r51 r43"]
    return lines, faults + 5


@computer_test()
async def each_works_in_a_process(computer):
    """Without a kernel: random operands and edges for all; the scoreboard knows what is right."""
    lines, faults = body(computer.random, computer.machine)
    windows = window_addresses(computer.machine.peripherals)
    await computer.reset(assembled(
        "process", "\n".join(lines), MMU=windows["mmu"], TABLE=TABLE, FRAME_IP=FRAME_IP,
        FAULT_ENTRY=ENTRY_TABLE + Interrupt.FAULT, HIGHEST=HIGHEST_INTERRUPT,
        END=int(Interrupt.SYSCALL), END_ENTRY=ENTRY_TABLE + Interrupt.SYSCALL,
        DATA=DATA, OUTSIDE=OUTSIDE))
    for at, word in table(computer.machine).items():
        computer.poke(at, word)
    assert await computer.stopped() == faults


@computer_test()
async def a_word_that_is_no_instruction_faults(computer):
    """Of the opcodes that there are not, some at random."""
    opcodes = sorted(set(range(256)) - {insn.opcode for insn in ISA})
    for opcode in computer.random.sample(opcodes, 8):
        await computer.reset([opcode << 24])
        await computer.watch(Kind.FAULT, ip=CODE, ms=5)
        assert computer.last[Word.CODE] == 1


@computer_test(configs=KERNELS)
async def floats_work_or_are_told_to_be_missing(computer):
    """A program computes with them; without an FPU it ends with a message."""
    await computer.boot()
    said = await computer.run("/bench/floats x")
    if computer.machine.fpu:
        assert said == "done", said
    else:
        assert "instruction not built in" in said, said
