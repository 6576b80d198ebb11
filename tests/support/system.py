"""Whole sessions: the operating system on the golden model, with a script for a person."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from isa.config import MachineConfig
from isa.trace import Stop
from sim.golden import Golden
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from system.build import Paths, build, build_debug_kernel

__all__ = ["CONFIGURATIONS", "KERNELS", "SYSTEM", "Session", "boot", "debug_kernel", "system"]

SYSTEM = MachineConfig().fit("display", "keyboard", "block", "serial")
CONFIGURATIONS = {"serial line": SYSTEM,
                  "console":     MachineConfig().fit("display", "keyboard", "block")}
LIMIT_CYCLES = 3_000_000_000
PROMPT = b"$ "


@cache
def system() -> Paths:
    """Kernel, programs and disk, built once."""
    return build(Path(__file__).resolve().parents[2] / "build" / "os")


@cache
def debug_kernel() -> Path:
    """The kernel that checks itself, built once."""
    return build_debug_kernel(Path(__file__).resolve().parents[2] / "build" / "os-debug")


# By name: what gives the image of each kernel.
KERNELS: dict[str, Callable[[], Path]] = {
    "release": lambda: system().kernel,
    "debug":   debug_kernel,
}


class Watched(io.BytesIO):
    """Keeps what the machine said, and calls `on_prompt` for each prompt of the shell."""

    def __init__(self, on_prompt=None):
        super().__init__()
        self.on_prompt = on_prompt
        self.prompts = 0

    def write(self, octets):
        count = super().write(octets)
        said = self.getvalue()[-len(octets) - len(PROMPT):].count(b" " + PROMPT)
        if said:
            self.prompts += said
            if self.on_prompt is not None:
                self.on_prompt(self.prompts)
        return count


@dataclass(frozen=True)
class Session:
    """What a session said, how it ended and what it left on its disk."""
    text:         str
    status:       int | None  # exit code; None if the machine did not halt by itself
    instructions: int
    disk:         bytes

    def lines(self) -> list[str]:
        return self.text.split("\n")


def boot(*commands: str, disk: bytes | None = None, on_prompt=None, on_write=None, on_read=None,
         limit: int = LIMIT_CYCLES, display: Display | None = None,
         keyboard: Keyboard | None = None, kernel: Path | None = None,
         config: MachineConfig = SYSTEM) -> Session:
    """Boot, type the commands and then the end of input, and run until the machine halts.

    `disk` is an image (default: the system's own); `on_prompt(count)` is called at each prompt with
    the machine's `Golden`, `on_write` with each event of the disk, `on_read` with each sector that
    it reads; `kernel` is a flat image, the release kernel if it is left out. Without a serial line
    the console takes whole lines and shows no echo.
    """
    paths = system()
    sink = Watched()
    has_serial = "serial" in config.peripherals
    enter = "\r" if has_serial else "\n"
    terminal = Terminal("".join(f"{command}{enter}" for command in commands).encode(), sink)
    device = Disk(disk if disk is not None else paths.disk.read_bytes(), observer=on_write)
    device.on_read = on_read
    serial = Serial(terminal, end_octet=4) if has_serial else None
    hosts = Hosts(terminal, disk=device, serial=serial, display=display,
                  keyboard=keyboard or Keyboard())
    golden = Golden(config, hosts)
    if on_prompt is not None:
        sink.on_prompt = lambda count: on_prompt(count, golden)
    golden.load(np.frombuffer((kernel or paths.kernel).read_bytes(), dtype="<u4"))
    golden.run(limit)
    stop = golden.stop
    status = stop.exit_code if stop is not None and stop.stop is Stop.HALT else None
    device.on_read = None
    return Session(sink.getvalue().decode(errors="replace").replace("\r", ""), status,
                   golden.instructions, device.octets())
