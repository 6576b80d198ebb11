"""Faults: a process's ends it with a message, the kernel's own is its panic."""

from isa.trace import Kind
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS, UNCACHED

BAD_INSN = 0xFF000000

SAID = {"memory": "memory fault", "instruction": "invalid instruction",
        "halt": "invalid instruction", "interrupt": "invalid interrupt"}


@computer_test(configs=KERNELS)
async def a_fault_in_a_process_is_told(computer):
    """Of each reason: the message names process and reason, and the shell goes on."""
    await computer.boot()
    for kind, reason in SAID.items():
        said = await computer.run(f"/bench/fault {kind}")
        assert reason in said and "fault" in said and "it went on" not in said, said
    assert await computer.run("echo on") == "on"


@computer_test(configs=UNCACHED)
async def a_fault_in_the_kernel_is_its_panic(computer):
    """The first instruction behind a call that waits is spoilt: the kernel says so and halts."""
    await computer.boot()
    at = computer.symbols["global::syscall::_leave"]
    computer.poke(at, BAD_INSN)
    computer.serial.type("x")  # wakes the shell, which then waits again
    await computer.watch(Kind.FAULT, ip=at, in_process=False)
    await computer.wait_ms(5)
    computer.drain()
    said = computer.serial.text.rpartition("$ ")[2]
    assert said == "xkernel panic: invalid instruction\n", f"at its fault the kernel said {said!r}"
    assert await computer.stopped() == 0xFF
