"""Every system call once as it should be used, and once as it should not."""

from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS
from tests.cocotb.computer.settings import settings


@computer_test(configs=KERNELS)
async def every_call_does_what_it_should(computer):
    """A program makes all calls of the table, good and bad, and each says how it went."""
    await computer.boot()
    said = (await computer.run("/bench/calls")).split("\n")
    wanted = {f"ok {name}" for name in settings()["calls"]}
    assert set(said) == wanted and len(said) == len(wanted), set(said) ^ wanted


@computer_test(configs=KERNELS)
async def an_unknown_call_ends_its_process(computer):
    """A number that no call has: the process ends, and is named."""
    await computer.boot()
    said = await computer.run("/bench/fault call")
    assert "unknown system call" in said, said
    assert await computer.run("echo on") == "on"
