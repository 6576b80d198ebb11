"""The computer in a bench: reset, load, wait for something, and say where it was when it failed."""

import functools
import json
import random
import re
import time
from collections import Counter
from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import SimTimeoutError, Timer, ValueChange, with_timeout

from isa.machine import PROGRAM
from isa.reset import low_memory
from isa.trace import Kind
from sim.host.disk import Disk
from sim.program import read_symbols
from sim.trace import describe
from system.constants import constants
from tests.cocotb.computer.configs import CONFIGS, KERNELS
from tests.cocotb.computer.coverage import Coverage
from tests.cocotb.computer.disks import image_of
from tests.cocotb.computer.drivers import (
    BlockDevice,
    Console,
    DebugBreak,
    Display,
    HostFile,
    Keyboard,
    SerialLine,
)
from tests.cocotb.computer.link import Link
from tests.cocotb.computer.scoreboard import Scoreboard
from tests.cocotb.computer.settings import BEFORE_CYCLES, settings
from tests.cocotb.computer.top import PERIOD_NS, QUIET_CYCLES

__all__ = ["Computer", "PROMPT", "computer_test"]

PROMPT     = "$ "
WIDTH, HEIGHT = 64, 48  # of the display: small, for pictures cost time
LIMIT_MS   = 10_000     # of the machine's time for a whole test
WAIT_MS    = 400        # ...and for one thing in it: a boot takes 40


def computer_test(*, limit_ms=LIMIT_MS, configs=None):
    """A cocotb test that is given a `Computer`, not yet reset.

    Parameters
    ----------
    limit_ms : int
        Of the machine's time; past it the test fails and says what it was waiting for.
    configs : iterable of str or None
        The computers that it can run on; None for all.
    """
    def decorate(function):
        @functools.wraps(function)
        async def run(dut):
            computer = Computer(dut, function.__qualname__)
            try:
                test = cocotb.start_soon(function(computer))
                await computer.until(test, f"the end of {function.__qualname__}", limit_ms)
                computer.drain()
            except Exception as error:
                computer.explain(error)
                raise
            finally:
                computer.coverage.write()
        skips = configs is not None and settings()["config"] not in configs
        del run.__wrapped__
        return cocotb.test(skip=skips)(run)
    return decorate


class Computer:
    """The whole computer, with a driver at each peripheral and the golden model behind it.

    Members
    -------
    serial, disk, display, keyboard, console, debugger
        The drivers.
    link : Link
        RAM and records.
    scoreboard : Scoreboard
    coverage : Coverage
    random : random.Random
        Begun with the seed and the test's name.
    last : list of int
        The last trace record that the scoreboard has seen.
    is_thorough : bool
        Whether benches try all of what they otherwise take a sample of.
    irqs, abandoned : Counter
        Interrupts that came, and walks that were abandoned, by the state that the walker of page
        tables was in; up to date after `drain`.
    log : Logger
    """

    def __init__(self, dut, test):
        self.dut, self.test = dut, test
        config = CONFIGS[settings()["config"]]
        self.machine = config.machine
        self.streams = settings()["streams"]
        self.random = random.Random(f"{settings()['seed']} {test}")
        self.symbols = read_symbols(settings()["symbols"])
        self._addresses = sorted((at, name) for name, at in self.symbols.items())
        self.link = Link(self.machine.ram_words)
        self.coverage = Coverage(self)
        self.serial = SerialLine(self)
        self.disk = BlockDevice(self, Path(settings()["disk"]).read_bytes())
        self.display = Display(self, WIDTH, HEIGHT)
        self.keyboard = Keyboard(self)
        self.console = Console(self)
        self.debugger = DebugBreak(self)
        self.devices = (self.serial, self.disk, self.display, self.keyboard, self.console,
                        self.debugger, HostFile(self))
        self.scoreboard = Scoreboard(self)
        self.follows = settings()["scoreboard"]
        self.is_thorough = settings()["thorough"]
        self._tasks, self._waits = [], []
        self.last, self._in_process = None, False
        self.irqs, self.abandoned = Counter(), Counter()
        self.log = dut._log

    # --- doing -----------------------------------------------------------------------------------

    async def reset(self, image=None):
        """Power on: memory empty but for an image (words), by default the kernel's."""
        if image is None:
            image = np.fromfile(settings()["kernel"], "<u4")
        for task in self._tasks:
            task.cancel()
        self.dut.rst.value = 1
        await self.wait_cycles(4)
        self.link.clear()
        ram = self.link.ram
        ram[:] = 0
        for at, word in low_memory(self.machine).items():
            ram[at] = word
        ram[PROGRAM:PROGRAM + len(image)] = image
        for device in self.devices:
            device.begin()
        self.scoreboard.begin(image)
        self._tasks = [device.task for device in self.devices if hasattr(device, "task")]
        self._tasks.append(cocotb.start_soon(self._collect()))
        self._tasks.append(cocotb.start_soon(self._wake_at_stop()))
        self.dut.rst.value = 0
        self._began_s = time.process_time()
        waves_from = settings()["waves_from"]
        if waves_from is not None:
            self._tasks.append(cocotb.start_soon(self._dump(waves_from)))

    async def boot(self):
        """Reset, and wait for the shell's prompt."""
        name = settings()["config"]
        assert name in KERNELS, (f"the kernel does not run on the computer {name!r}: it wants page "
                                 "tables in the list format")
        await self.reset()
        await self.serial.expect(PROMPT)

    async def run(self, command, *, ms=WAIT_MS):
        """Type a command at the prompt and give what it said, once the next prompt is there."""
        self.serial.type(command + "\r")
        return (await self.serial.expect(PROMPT, ms=ms)).partition("\n")[2].rpartition("\n")[0]

    async def wait_ms(self, count):
        """Let it run for milliseconds of its own."""
        await self.wait_cycles(count * self.machine.cycles_per_ms)

    async def wait_cycles(self, count):
        """Let the machine run, without looking at it."""
        await Timer(count * PERIOD_NS, "ns")

    async def until(self, awaitable, what, ms=WAIT_MS):
        """Wait for something, at most so many of the machine's milliseconds."""
        self._waits.append(what)
        time_ns = ms * self.machine.cycles_per_ms * PERIOD_NS
        try:
            result = await with_timeout(awaitable, time_ns, "ns")
        except SimTimeoutError:
            self.drain()  # where the scoreboard knows why, that says more
            raise AssertionError(f"waited {ms} ms of the machine's time for "
                                 f"{', and in that for '.join(self._waits)}") from None
        self._waits.pop()
        return result

    async def watch(self, kind, *, ip=None, code=None, in_process=None, ms=WAIT_MS):
        """Wait for a trace record, and stop in its very cycle; the scoreboard is up to date then.

        Parameters
        ----------
        kind : isa.trace.Kind
        ip, code : int or None
            Word of the record; None for any.
        in_process : bool or None
            Whether a process runs; None for either.
        """
        dut = self.dut
        dut.watch_kind.value, dut.watch_ip.value = int(kind), ip or 0
        dut.watch_code.value = code or 0
        dut.watch_any_ip.value, dut.watch_any_code.value = ip is None, code is None
        dut.watch_any_mode.value, dut.watch_user.value = in_process is None, bool(in_process)
        dut.watch_on.value = 1
        where = f" at {self.name_of(ip) or hex(ip)}" if ip is not None else ""
        which = f" {code}" if code is not None else ""
        await self.until(ValueChange(dut.watch_hit), f"a record {kind.name}{which}{where}", ms)
        dut.watch_on.value = 0
        self.drain()

    async def sleeps(self):
        """Wait until the processor waits for an interrupt: no process can run."""
        if not int(self.dut.asleep.value):
            await self.until(ValueChange(self.dut.asleep), "the processor to sleep")

    async def stopped(self, *, ms=WAIT_MS):
        """Wait until the machine halts; its exit code. All of memory must be as the model's."""
        if not int(self.dut.stopped.value):
            await self.until(ValueChange(self.dut.stopped), "the machine to stop", ms)
        await self.wait_cycles(40)
        self.drain()
        if self.follows:
            self.scoreboard.check_memory()
        return (await self.registers())[0]

    async def registers(self):
        """The hardware's general registers and `ip`, 65 words."""
        self.dut.probe.value = not int(self.dut.probe.value)
        await Timer(1, "ns")
        return (*self.link.registers, int(self.dut.ip.value))

    def poke(self, address, word):
        """Change a word of RAM behind the machine's back, and the model's."""
        self.drain()
        self.link.ram[address] = word
        self.scoreboard.poke(address, word)

    def drain(self):
        """Give the scoreboard and the coverage all records that there are."""
        if not self._tasks:
            return  # there was no reset yet
        self.serial.collect()
        self.disk.collect()
        irqs, abandoned = map(_by_state, (self.link.irqs(), self.link.abandoned()))
        self.coverage.walker(irqs, abandoned)
        self.irqs += irqs
        self.abandoned += abandoned
        records, modes = self._take_records()
        if len(records):
            self.coverage.sample(records, modes)
            if self.follows:
                self.scoreboard.check(records, modes)

    def _take_records(self):
        """What the hardware recorded since the last call; notes the last of it."""
        records, modes = self.link.records()
        if len(records):
            self.last, self._in_process = records[-1].tolist(), bool(modes[-1])
            insns = np.flatnonzero(records[:, 0] == Kind.INSN)
            if len(insns):
                self._last_insn = records[insns[-1]].tolist()
        return records, modes

    def put(self, path, octets):
        """A file on the disk, before the machine starts."""
        image = image_of(self.disk.disk.octets())
        image.write(path, octets)
        self.disk.disk = Disk(image.words.tobytes())

    # --- looking ---------------------------------------------------------------------------------

    @property
    def current(self):
        """Where the kernel keeps the process whose turn it is: 65 words of registers, then the
        address of its page table (kernel/support.qasm); 0 if there is none yet."""
        return int(self.link.ram[self.symbols["global::scheduler::current"]])

    @property
    def page_table(self):
        """The hardware's page table."""
        return int(self.dut.page_table.value)

    # --- telling ---------------------------------------------------------------------------------

    def name_of(self, address):
        """The kernel's name of an address, as `main+0x2`; None if it has none."""
        at = np.searchsorted([place for place, _ in self._addresses], address, side="right") - 1
        if at < 0 or address is None or address > self._addresses[-1][0] + 0x400:
            return None
        place, name = self._addresses[at]
        return name + (f"+{address - place:#x}" if address != place else "")

    @property
    def process(self):
        """The process whose turn it is, as text."""
        at = self.current
        if not at or at >= self.machine.ram_words:
            return "none yet"
        offsets = process_layout()
        name = self.link.ram[at + offsets["name"]:at + offsets["name"] + 24]
        text = "".join(chr(word) for word in name if 32 <= word < 127)
        if not text:
            return "none yet"
        return f"{self.link.ram[at + offsets['pid']]} ({text})"

    def explain(self, error):
        """Log where the machine is, once, and keep it for the waveform."""
        if getattr(error, "is_explained", False):
            return
        error.is_explained = True
        self._take_records()  # to the very end, though nobody follows them any more
        cycle = self.link.cycles
        last = getattr(self, "_last_insn", None)
        where = "nothing has retired"
        if last:
            name = None if self._in_process else self.name_of(last[1])
            where = " ".join(describe(last).split()) + (f" ; {name}" if name else "")
        who = f"process {self.process}" if self._in_process else f"the kernel, for {self.process}"
        error.add_note(f"cycle {cycle}, in {who}\nlast instruction: {where}\n"
                       f"seed {settings()['seed']}")
        self.log.error("%s failed at cycle %d, in %s; last instruction: %s",
                            self.test, cycle, who, where)
        with open(settings()["failures"], "a") as file:
            file.write(json.dumps({"test": self.test, "cycle": max(1, cycle - BEFORE_CYCLES)}))
            file.write("\n")

    def log_speed(self):
        """Log how fast the machine has run since its reset."""
        spent_s = time.process_time() - self._began_s
        self.log.info("%d cycles in %.2f s: %.0f cycles a second", self.link.cycles, spent_s,
                           self.link.cycles / spent_s)

    def say_heard(self, octets):
        """Log what the machine said, by lines."""
        self._line = getattr(self, "_line", "") + octets.decode(errors="replace")
        *lines, self._line = self._line.replace("\r", "").split("\n")
        for line in lines:
            self.log.info("| %s", line)

    # --- inside ----------------------------------------------------------------------------------

    async def _collect(self):
        while True:
            await ValueChange(self.dut.wake_records)
            try:
                self.drain()
            except Exception as error:
                self.explain(error)
                raise

    async def _wake_at_stop(self):
        await ValueChange(self.dut.stopped)
        await self.wait_cycles(2 * QUIET_CYCLES)  # for what it said last
        self.serial.news.set()

    async def _dump(self, cycle):
        await self.wait_cycles(max(1, cycle))
        self.dut.dumps.value = 1


def _by_state(counts):
    """Counts by the number of a state of the walker, as counts by its name."""
    return Counter({settings()["walker_states"][state]: count for state, count in counts.items()})


@functools.cache
def process_layout():
    """Offsets of the members of the kernel's `process`, in words, up to its name."""
    kernel = Path(__file__).resolve().parents[3] / "kernel"
    known = {f"machine::{name}": value for name, value in constants().items()}
    known |= {f"limits::{name}": int(value, 0) for name, value in re.findall(
        r"constant global (\w+): byte = (\w+);", (kernel / "limits.qll").read_text())}
    text = (kernel / "process.qll").read_text()
    body = re.search(r"type process = struct \{(.*?)\n  \};", text, re.DOTALL)[1]
    offsets, at = {}, 0
    for name, count in re.findall(r"^\s+(\w+): [* \w:]+?(?:\[([^]]*)\])?;", body, re.M):
        offsets[name] = at
        if name == "name":
            return offsets
        count = re.sub(r"\w+::\w+", lambda found: str(known[found[0]]), count).replace(" ", "")
        at += sum(map(int, re.findall(r"[+-]?\d+", count))) if count else 1
    raise ValueError("kernel/process.qll: the struct 'process' has no member 'name'")
