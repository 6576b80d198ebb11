"""What `speed` measures inside the simulator; no benches."""

import json
import time
from pathlib import Path

from tests.cocotb.computer.computer import PROMPT, computer_test
from tests.cocotb.computer.settings import settings

SPEEDS = {}


def tell(name, cycles, began_s):
    SPEEDS[name] = cycles / (time.process_time() - began_s)
    Path(settings()["told"]).write_text(json.dumps(SPEEDS))


@computer_test()
async def loop(computer):
    """The loop that Verilator alone runs, too."""
    await computer.reset(settings()["loop"])
    await computer.wait_cycles(1000)  # the golden model is loaded
    computer.drain()
    began_s = time.process_time()
    await computer.wait_cycles(settings()["cycles"])
    tell("a loop", settings()["cycles"], began_s)


@computer_test()
async def boot(computer):
    """From reset to prompt."""
    await computer.reset()
    began_s = time.process_time()
    await computer.serial.expect(PROMPT)
    tell("boot", computer.link.cycles, began_s)
