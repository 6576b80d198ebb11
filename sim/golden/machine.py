"""The golden model as a machine: memory, registers, devices and the compiled loop."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from isa import ISA
from isa.config import MachineConfig, PageTable
from isa.machine import (
    ENABLED,
    PERIPHERALS,
    PROGRAM,
    RESERVED_LIMIT,
    PeripheralKind,
    window_addresses,
)
from isa.reset import identifiers, low_memory
from isa.trace import RECORD_WORDS, Stop
from sim.golden import core
from sim.golden.interpreted import interpreted_run, namespace, views
from sim.golden.peripherals import Peripheral, fit
from sim.host.hosts import Hosts
from sim.machine import Registers, Status, StopReport, Words, check_image

__all__ = ["Golden"]

FPU_OPCODES = range(25, 35)
TRACE_ROWS  = 16_384  # kept at a time

# Shared words that a store leaves alone, by peripheral: the manual calls them read only.
FIXED_WORDS = {
    "console_output": (1,),
    "console_input": (1,),
    "host_file": (1,),
    "block": (5, 6),
}


@cache
def compiled_run(mode: int) -> Callable[..., int]:
    return core.make_run(mode)


def field_tables(fpu: bool) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """By opcode: which fields it uses, and which bits of a word ask for a look at them."""
    uses = np.zeros(256, dtype=np.uint8)
    checks = np.zeros(256, dtype=np.int64)
    for insn in ISA:
        for name in insn.fields:
            if name == "d":
                uses[insn.opcode] |= core.USES_D_WRITTEN if insn.writes_d else core.USES_D_READ
                checks[insn.opcode] |= 0xC00000
            else:
                uses[insn.opcode] |= core.USES_S0 if name == "s0" else core.USES_S1
                checks[insn.opcode] |= 0xC000 if name == "s0" else 0xC0
        if insn.opcode in FPU_OPCODES and not fpu:
            checks[insn.opcode] = (1 << 33) - 1
    return uses, checks


class Golden:
    """A machine after the manual alone; see `sim.machine.Machine` for what it has in common.

    Parameters
    ----------
    config : MachineConfig
        What to be.
    hosts : Hosts
        What stands behind the peripherals.
    compiled : bool
        Whether Numba compiles the loop; without, the same source runs as Python.
    following : bool
        Devices act by themselves only when told to (`sim.golden.follow`).
    observe : callable or None
        Called with trace records as they come, a view that is only good during the call. Events of
        devices with a host behind them are not among them.
    """

    def __init__(self, config: MachineConfig | None = None, hosts: Hosts | None = None, *,
                 compiled: bool = True, following: bool = False,
                 observe: Callable[[NDArray[np.uint32]], None] | None = None):
        self.config = config or MachineConfig()
        self._observe = observe
        self.hosts = hosts or Hosts()
        self.compiled = compiled
        self.following = following
        self.runs: dict[int, Callable[..., int]] = {}  # the loop, by variant
        self.memory: Words = np.zeros(self.config.ram_words, dtype=np.uint32)
        self.regs = np.zeros(256, dtype=np.int64)
        self.cpu = np.zeros(core.CPU_WORDS, dtype=np.int64)
        self.uses, self.checks = field_tables(self.config.fpu)
        self.stores = np.zeros(RESERVED_LIMIT, dtype=np.uint8)
        self.windows = window_addresses(self.config.peripherals)
        self.identifiers = identifiers(self.config)
        self.coverage = np.zeros(core.COVERAGE_WORDS, dtype=np.int64)
        self.no_trace = np.zeros((1, RECORD_WORDS), dtype=np.uint32)
        self.stop: StopReport | None = None
        self.devices: dict[str, Peripheral] = {}
        self.handlers: dict[int, tuple[Peripheral, int]] = {}
        self.load([])

    # --- the machine -----------------------------------------------------------------------------

    @property
    def cycles(self) -> int:
        return int(self.cpu[core.CYCLES])

    @property
    def instructions(self) -> int:
        """Instructions that retired: not faults, not what was slept through."""
        return int(self.cpu[core.CYCLES] - self.cpu[core.SKIPPED])

    def registers(self) -> Registers:
        return Registers(tuple(int(value) for value in self.regs[:64]), int(self.cpu[core.IP]))

    def load(self, image: Sequence[int] | Words, address: int = PROGRAM) -> None:
        words = check_image(image, self.config, address)
        self.memory[:] = 0
        for at, word in low_memory(self.config).items():
            self.memory[at] = word
        self.memory[address:address + len(words)] = words
        self.regs[:] = 0
        self.stop = None
        self._reset_cpu()
        self.devices = fit(self)
        self.handlers = {device.window + offset: (device, offset)
                         for device in self.devices.values()
                         for offset in range(device.kind.io_words)}

    def run(self, budget: int) -> Status:
        if self._observe is None:
            return self._run(budget, core.RUN, self.no_trace)
        end, trace = self.cycles + budget, np.zeros((TRACE_ROWS, RECORD_WORDS), np.uint32)
        while True:
            self.cpu[core.AT] = 0
            status = self._run(min(end - self.cycles, TRACE_ROWS), core.RECORD, trace)
            self._observe(trace[:int(self.cpu[core.AT])])
            if status is not Status.RUNNING or self.cycles >= end:
                return status

    def record(self, trace: NDArray[np.uint32]) -> tuple[Status, int]:
        """Go on, leaving a trace record a row, until few rows are left; gives how many are used.

        Events of devices with a host behind them are not recorded: for programs without.
        """
        self.cpu[core.AT] = 0
        status = self._run(len(trace), core.RECORD, trace)
        return status, int(self.cpu[core.AT])

    def _run(self, budget: int, mode: int, trace: NDArray[np.uint32]) -> Status:
        end = self.cycles + budget
        for device in self.devices.values():
            device.poll()
        while True:
            self.cpu[core.DEADLINE] = min(end, self._perform_due())
            why = self.go(mode, trace, len(trace))
            if why == core.IO:
                self.store_io()
            elif why == core.STOP:
                self.report_stop()
                return Status.STOPPED
            elif why == core.ASLEEP:
                status = self._sleep()
                if status is not None:
                    return status
            elif why == core.END or self.cycles >= end:
                return Status.RUNNING

    def _sleep(self) -> Status | None:
        """In a `wait` with no timer running: go on at once if a host has something for it."""
        if self.masked:
            return Status.STUCK
        for device in self.devices.values():
            device.poll()
        if self.cpu[core.PENDING]:
            return None
        may_wake = any(device.may_wake for device in self.devices.values())
        return Status.INPUT if may_wake else Status.STUCK

    def close(self) -> None:
        """Nothing is held."""

    def fetch(self, ip: int) -> int | None:
        """The word that an instruction at `ip` would begin with now; None where it would fault."""
        memory, cpu = views(self.memory, self.cpu)
        active = cpu[core.TRANSLATING] and cpu[core.BASE]
        reason, _, _, delta = namespace()["find"](memory, cpu, active, ip, core.EXECUTE)
        return None if reason else memory[ip + delta]

    # --- for devices -----------------------------------------------------------------------------

    @property
    def masked(self) -> bool:
        return int(self.memory[ENABLED]) == 0

    @property
    def now_ms(self) -> int:
        """Milliseconds since reset."""
        return self.cycles // self.config.cycles_per_ms

    def interrupt(self, number: int) -> None:
        """Set the pending bit of a source."""
        self.cpu[core.PENDING] |= 1 << number

    # --- inside ----------------------------------------------------------------------------------

    def _reset_cpu(self) -> None:
        cpu, config = self.cpu, self.config
        cpu[:] = 0
        cpu[core.IP] = PROGRAM
        cpu[core.TIMER_DUE] = core.NEVER
        cpu[core.RAM_WORDS] = config.ram_words
        cpu[core.CYCLES_MS] = config.cycles_per_ms
        cpu[core.CLOCK] = self.windows.get("clock", 0)
        cpu[core.TICK_DUE] = config.cycles_per_ms if "clock" in self.windows else core.NEVER
        cpu[core.CLOCK_ID] = self.identifiers.get("clock", 0)
        cpu[core.TWO_LEVEL] = config.page_table is PageTable.TWO_LEVEL
        cpu[core.FIELD] = -1
        self.stores[:] = core.PLAIN
        for kind in PERIPHERALS:
            if kind.name in self.windows:
                self._mark_window(kind, self.windows[kind.name])

    def _mark_window(self, kind: PeripheralKind, window: int) -> None:
        act = {"timer": core.TIMER, "mmu": core.MMU}.get(kind.name, core.HOST)
        self.stores[window:window + kind.io_words] = act
        for offset in FIXED_WORDS.get(kind.name, ()):
            self.stores[window + offset] = core.FIXED
        if kind.interrupt is not None:
            self.cpu[core.SOURCES] |= 1 << kind.interrupt

    def go(self, mode: int, trace: NDArray[np.uint32], rows: int) -> int:
        run = self.runs.get(mode)
        if run is None:
            run = self.runs[mode] = compiled_run(mode) if self.compiled else interpreted_run(mode)
        return int(run(self.memory, self.regs, self.cpu, self.stores, self.uses, self.checks,
                       self.coverage, trace, rows))

    def store_io(self) -> None:
        device, offset = self.handlers[int(self.cpu[core.IO_ADDRESS])]
        device.store(offset, int(self.cpu[core.IO_VALUE]))

    def _perform_due(self) -> int:
        """Let devices do what is due; gives the cycle of the next."""
        cycles, next_due = self.cycles, core.NEVER
        for device in self.devices.values():
            if device.due <= cycles:
                device.perform()
            next_due = min(next_due, device.due)
        return next_due

    def report_stop(self) -> None:
        cpu = self.cpu
        stop, ip = Stop(int(cpu[core.STOPPED]) - 1), int(cpu[core.CAUSE])
        self.stop = StopReport(
            stop, ip, int(cpu[core.CAUSE_INSN]), int(cpu[core.CAUSE_IMM]),
            reason=None if stop is Stop.HALT else int(cpu[core.REASON]),
            exit_code=int(self.regs[0]) if stop is Stop.HALT else 0)
