"""The shell where there is no serial line: console peripherals alone."""

import io

import numpy as np

from isa.config import MachineConfig
from isa.trace import Stop
from sim.golden import Golden
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from tests.support.system import system


def test_what_ran_in_the_background_is_forgotten_without_a_serial_line():
    paths, sink = system(), io.BytesIO()
    lines = ["true &"] * 70 + ["echo alive", "exit 5"]
    terminal = Terminal("".join(f"{line}\n" for line in lines).encode(), sink)
    golden = Golden(MachineConfig().fit("block"),
                    Hosts(terminal, disk=Disk(paths.disk.read_bytes())))
    golden.load(np.frombuffer(paths.kernel.read_bytes(), dtype="<u4"))
    golden.run(3_000_000_000)
    text = sink.getvalue().decode()
    assert "alive\n" in text
    assert text.count("ended with 0") >= 60
    assert golden.stop.stop is Stop.HALT and golden.stop.exit_code == 5
