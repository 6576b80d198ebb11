"""Interrupts in each state of the walker of page tables: the translation and the program go on."""

from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS
from tests.cocotb.computer.settings import settings

INTERRUPTS = 6000  # at most, until each state has met one


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
