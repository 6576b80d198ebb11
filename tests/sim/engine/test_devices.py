"""All optional devices at once, on the hardware with the golden model behind it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isa.config import MachineConfig
from sim.host.disk import Disk, make_image
from sim.host.display import PngDisplay
from sim.host.hosts import Hosts
from sim.host.keyboard import Key, Keyboard
from sim.host.serial import Serial
from sim.host.terminal import ScriptedTerminal
from sim.lockstep import Lockstep
from sim.machine import Status
from toolchain.qasm import assemble
from toolchain.source import Source

PROGRAM = Path(__file__).parents[2] / "programs" / "devices.qasm"
WIDTH, HEIGHT = 64, 48


@pytest.mark.slow
def test_devices_work_together_and_the_model_follows(tmp_path):
    make_image(tmp_path / "disk.img", 8)
    terminal = ScriptedTerminal([("", "hello"), ("hello", "! "), ("! ", ".")])
    keyboard = Keyboard()
    keyboard.play([(40, Key.LEFT, True)])
    hosts = Hosts(terminal, display=PngDisplay(WIDTH, HEIGHT, tmp_path), keyboard=keyboard,
                  disk=Disk(tmp_path / "disk.img"), serial=Serial(terminal))
    machine = Lockstep(MachineConfig().fit("display", "keyboard", "block", "serial"), hosts)
    machine.load(assemble([Source("devices.qasm", PROGRAM.read_text())]).words)
    while machine.run(100_000) in (Status.RUNNING, Status.INPUT):
        assert machine.cycles < 2_000_000
    assert machine.stop.exit_code == 0x1840281
    machine.close()
    hosts.close()

    assert terminal.text == "hello! "
    pixels = (np.arange(WIDTH * HEIGHT) * 0x30201).astype("<u4")
    assert (tmp_path / "disk.img").read_bytes()[512:1536] == pixels[:256].tobytes()
    with Image.open(tmp_path / "frame-000001.png") as image:
        red, green, blue = image.getpixel((5, 40))
    assert red << 16 | green << 8 | blue == int(pixels[40 * WIDTH + 5]) & 0xFFFFFF
