"""From reset to the shell: the firmware comes up, reads its disk, and a person is answered."""

from isa.machine import PROGRAM, Interrupt
from isa.trace import Kind
from sim.host.disk import SECTOR_OCTETS
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS


@computer_test(configs=KERNELS)
async def the_shell_answers(computer):
    """Reset to prompt, a command's echo and output, and the halt with the shell's status."""
    await computer.boot()
    computer.log_speed()
    await computer.sleeps()
    computer.debugger.interrupt()
    await computer.watch(Kind.INTERRUPT, code=Interrupt.DEBUG_BREAK, in_process=False)
    await computer.sleeps()
    computer.serial.type("echo hello, computer\r")
    assert await computer.serial.expect("\n") == "echo hello, computer"
    assert await computer.serial.expect("\n") == "hello, computer"
    computer.serial.type("exit 7\r")
    assert await computer.stopped() == 7


@computer_test(configs=KERNELS)
async def a_reset_begins_again(computer):
    """A reset in the middle of the boot, and another one later: it comes up as if from power on."""
    await computer.reset()
    await computer.wait_cycles(computer.random.randrange(5_000, 250_000))
    await computer.reset()
    await computer.watch(Kind.INSN, ip=PROGRAM, ms=5)  # an SDRAM chip takes one to begin
    await computer.serial.expect("$ ")
    assert await computer.run("echo again") == "again"


@computer_test(configs=KERNELS)
async def an_empty_disk_is_told(computer):
    """Without a file system the kernel says so and halts, and no shell comes."""
    computer.disk.disk = type(computer.disk.disk)(bytes(64 * SECTOR_OCTETS))
    await computer.reset()
    assert await computer.stopped() == 0xFF
    assert "the disk holds no QFS" in computer.serial.text and "$" not in computer.serial.text
