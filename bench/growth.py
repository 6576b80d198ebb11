"""How the costs of files and directories grow, in instructions of the golden model.

The operating system runs on disks that are made for it, each piece of work with one size and with
twice as much. `time` of the shell and `/test/measure` count the instructions, on the machine.
"""

import io
import math
import re
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from isa.config import MachineConfig
from sim.golden import Golden
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import read_image
from system.build import Paths, build
from toolchain.places import BUILD, KERNEL
from toolchain.qfs import Image
from toolchain.qfs.cli import add_tree

__all__ = ["Growth", "measure_growth"]

SYSTEM = MachineConfig().fit("display", "keyboard", "block", "serial", "counters")
KIB = 1024
LIMIT_CYCLES = 20_000_000_000
COUNT = re.compile(r"(\d+) instructions\n")


@dataclass(frozen=True)
class Growth:
    """The cost of work of one size and of twice as much. `unit` is what `size` counts; `wanted` is
    what the cost is meant to be at most."""
    name:   str
    unit:   str
    size:   int
    cost:   float
    twice:  float
    what:   str = "instructions"
    wanted: str = ""

    @property
    def exponent(self) -> float:
        """Of the size, that the cost grows by: 0 for one that stays, 1 for one in proportion."""
        return math.log2(self.twice / self.cost)

    @property
    def marginal(self) -> float:
        """What one unit more costs."""
        return (self.twice - self.cost) / self.size


class _System:
    """The built system, and sessions on disks of any contents."""

    def __init__(self, folder: Path):
        self.paths: Paths = build(folder)
        self.fresh = Image(array("I", self.paths.disk.read_bytes()))

    def disk(self, sectors: int, programs_only: bool = False) -> Image:
        """A disk of so many sectors with what the system has on its own."""
        image = Image.format(sectors)
        for name, entry in self.fresh.walk("/"):
            if entry.is_directory:
                image.make_directory(name)
            elif not programs_only or name.startswith(("bin/", "test/")):
                image.write(name, self.fresh.read(name), executable=entry.is_executable)
        return image

    def counts(self, image: Image, *commands: str) -> list[int]:
        """What the commands say of instructions, then those of the whole session."""
        sink = io.BytesIO()
        terminal = Terminal("".join(f"{command}\r" for command in commands).encode(), sink)
        golden = Golden(SYSTEM, Hosts(terminal, disk=Disk(image.words.tobytes()),
                                      serial=Serial(terminal, end_octet=4), keyboard=Keyboard()))
        golden.load(read_image(str(self.paths.kernel)))
        golden.run(LIMIT_CYCLES)
        said = sink.getvalue().decode(errors="replace").replace("\r", "")
        counts = [int(count) for count in COUNT.findall(said)]
        if golden.stop is None or golden.stop.exit_code != 0 or len(counts) != len(commands):
            raise ValueError(f"a session of {commands} went wrong: {said[-400:]}")
        return [*counts, golden.instructions]


# Pieces of work on text: a command, and what an octet is meant to cost at most.
ON_TEXT = {
    "cat": ("cat {0} > /tmp/o", "read and write 4"),
    "wc": ("wc {0}", ""),
    "cat | wc": ("cat {0} | wc", "12"),
    "grep": ("grep zzz {0}", "20"),
    "grep -i": ("grep -i zzz {0}", ""),
    "head": ("head -n 99999 {0} > /tmp/o", ""),
    "sort": ("sort {0} > /tmp/o", ""),
    "hexdump": ("hexdump {0} > /tmp/o", ""),
}


def _on_text(system: _System, size: int) -> Iterator[Growth]:
    text = b"".join(path.read_bytes() for path in sorted(KERNEL.glob("*.qll")))
    image = system.disk(16384)
    image.write("one", text[:size])
    image.write("two", text[:2 * size])
    commands = [f"time {command.format(name)}" for command, _ in ON_TEXT.values()
                for name in ("one", "two")]
    counts = system.counts(image, *commands)
    for (name, (_, wanted)), cost, twice in zip(ON_TEXT.items(), counts[::2], counts[1::2],
                                                strict=False):
        yield Growth(name, "octets", size, cost, twice, wanted=wanted and f"{wanted} an octet")


def _with_directories(image: Image, size: int, step: int = 1) -> Image:
    """With empty files in `one`, so many, and `two`, twice as many; each number is `step` behind
    the one before it, around and around."""
    for name, count in (("one", size), ("two", 2 * size)):
        image.make_directory(name)
        for number in range(count):
            image.write(f"{name}/file{number * step % count}", b"")
    return image


def _ls(system: _System, size: int) -> Iterator[Growth]:
    image = _with_directories(system.disk(32768), size, step=7919)  # in no order
    cost, twice, _ = system.counts(image, "time ls one > /tmp/o", "time ls two > /tmp/o")
    yield Growth("ls", "entries", size, cost, twice, wanted="10,000,000 for 4,000")


def _open(system: _System, size: int) -> Iterator[Growth]:
    image = _with_directories(system.disk(65536), size)
    commands = [f"/test/measure open /{name}/file{count - 1}"
                for name, count in (("one", size), ("two", 2 * size))]
    commands += [f"/test/measure {what} /{name}" for what in ("find", "create")
                 for name in ("one", "two")]
    counts = system.counts(image, *commands)
    yield Growth("open the last name", "entries", size, *counts[:2], wanted="20,000 in 10,000")
    yield Growth("open another name", "entries", size, *counts[2:4], wanted="20,000 in 10,000")
    yield Growth("create a name", "entries", size, *counts[4:6])


def _in_file(system: _System, size: int) -> Iterator[Growth]:
    image = system.disk(32768)
    image.write("one", bytes(size))
    image.write("two", bytes(2 * size))
    counts = system.counts(image, *(f"/test/measure {what} /{name}" for what in ("seek", "append")
                                    for name in ("one", "two")))
    yield Growth("seek back, read an octet", "octets", size, *counts[:2], wanted="the same")
    yield Growth("append to a file", "octets", size, *counts[2:4], wanted="the same")


def _disk(system: _System, size: int) -> Iterator[Growth]:
    sessions = [system.counts(system.disk(sectors, programs_only=True), "/test/measure create /tmp")
                for sectors in (size, 2 * size)]
    (made, booted), (made_twice, booted_twice) = sessions
    yield Growth("boot, create, stop", "sectors", size, booted, booted_twice, wanted="the same")
    yield Growth("create a file", "sectors", size, made, made_twice, wanted="the same")


def _qfs(size: int) -> Iterator[Growth]:
    seconds = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(2 * size):
            (folder / f"file{number}").write_bytes(b"x" * 300)
            if number + 1 in (size, 2 * size):
                began = time.process_time()
                image = Image.format(65536)
                add_tree(image, folder)
                image.save(folder.parent / f"{folder.name}.qfs")
                (folder.parent / f"{folder.name}.qfs").unlink()
                seconds.append(time.process_time() - began)
    yield Growth("qfs create --from", "files", size, *seconds, what="s",
                 wanted="10 s for 10,000")


def measure_growth(scale: int = 1) -> Iterator[Growth]:
    """All figures, one after the other; `scale` divides all sizes."""
    system = _System(BUILD / "os")
    works: list[tuple[Callable[[_System, int], Iterator[Growth]], int]] = [
        (_on_text, 64 * KIB), (_ls, 2000), (_open, 5000), (_in_file, 1024 * KIB), (_disk, 65536)]
    for work, size in works:
        yield from work(system, size // scale)
    yield from _qfs(5000 // scale)
