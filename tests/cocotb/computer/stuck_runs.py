"""Tests that fail, for the tests of what is said then; no bench."""

from cocotb.triggers import Event

from tests.cocotb.computer.computer import computer_test


@computer_test(limit_ms=2)
async def nothing_ends_this(computer):
    """Waits for what never comes."""
    await computer.reset()
    await Event().wait()


@computer_test()
async def no_kernel_answers(computer):
    """Waits for a prompt, where the kernel does not run."""
    await computer.reset()
    await computer.serial.expect("$ ")
