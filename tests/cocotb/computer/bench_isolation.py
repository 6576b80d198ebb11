"""A process reaches nothing but its own memory, by itself or through the kernel."""

from isa.machine import ENABLED, FRAME_IP, PROGRAM, window_addresses
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import UNCACHED

OWN_STACK = range(0x1B000, 0x2B000)  # virtual, of a flat image


def targets(computer, victim):
    """Physical addresses of what a process must not reach, by what they are."""
    table = int(computer.link.ram[victim + 65])
    return {
        "the word that masks interrupts": ENABLED,
        "another's saved ip": FRAME_IP,
        "a window": window_addresses(computer.machine.peripherals)["timer"],
        "the kernel": computer.symbols["global::kernel::main"],
        "the kernel's data": computer.symbols["global::scheduler::current"],
        "a page table": table + 1,
        "another's memory": int(computer.link.ram[table + 2]),
        "the end of RAM": computer.machine.ram_words - 1,
    }


@computer_test(configs=UNCACHED)
async def nothing_of_others_is_reached(computer):
    """Stores at each thing worth protecting; of three also loads, and reads by the kernel."""
    await computer.boot()
    shell = int(computer.link.ram[computer.symbols["global::process::first"]])
    reached = targets(computer, shell)
    others = computer.random.sample(sorted(reached), 3)
    for what, at in reached.items():
        for how in ("store", "load", "read") if what in others else ("store",):
            before = int(computer.link.ram[at])
            said = await computer.run(f"/bench/trespass {how} {at:x}")
            if at not in OWN_STACK and not is_program(at):
                wanted = "refused" if how == "read" else "memory fault"
                assert wanted in said, f"{how} of {what} at {at:#x}: {said!r}"
            if at >= PROGRAM and what not in ("the kernel's data",):
                assert int(computer.link.ram[at]) == before, f"{how} changed {what} at {at:#x}"
    assert await computer.run("echo alive") == "alive"


def is_program(at):
    """Whether a flat image has memory of its own there: what it touches is not the kernel's."""
    return 0x1000 <= at < 0x9000 or 0xA000 <= at < 0x1A000
