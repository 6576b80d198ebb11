"""The golden model as a machine: memory, registers, devices and the compiled loop."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from isa import BY_OPCODE, IP_FIELD, REGISTERS
from isa.config import MachineConfig, PageTable
from isa.machine import (
    ENABLED,
    FAULT_REASON,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
    PERIPHERALS,
    PROGRAM,
    RESERVED_LIMIT,
    PeripheralKind,
    Reason,
    window_addresses,
)
from isa.reset import identifiers, low_memory
from isa.trace import RECORD_WORDS, Stop
from sim.golden import state
from sim.golden.checks import COVERAGE_WORDS
from sim.golden.compiled import MASK, NEVER, announced, prepare
from sim.golden.core import make_run
from sim.golden.interpreted import interpreted_run, namespace, views
from sim.golden.peripheral import Peripheral
from sim.golden.peripherals import check_modelled, fit
from sim.golden.picture import Picture
from sim.host.hosts import Hosts
from sim.machine import InterruptFrame, Registers, Status, StopReport, Words, check_image
from sim.pages import Ram

__all__ = ["Golden"]

TRACE_ROWS = 16_384  # kept at a time

# Shared words that a store leaves alone, by peripheral: the manual calls them read only.
FIXED_WORDS = {
    "console_output": (1,),
    "console_input": (1,),
    "host_file": (1,),
    "block": (5, 6),
}


@cache
def compiled_run(mode: int) -> Callable[..., int]:
    return make_run(mode)


def field_tables(fpu: bool) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """By opcode: which fields it uses, and which bits of a word ask for a look at them.

    Of a field these are the bits that no register below `IP_FIELD` has. An opcode that always
    faults has all bits, and the reason above them.
    """
    fields = {"d": state.D_AT, "s0": state.S0_AT, "s1": 0}
    looked_at = state.FIELD_MASK & ~(IP_FIELD - 1)
    uses = np.zeros(state.OPCODES, dtype=np.uint8)
    checks = np.zeros(state.OPCODES, dtype=np.int64)
    for opcode in range(state.OPCODES):
        insn = BY_OPCODE.get(opcode)
        if insn is None or insn.is_float and not fpu:
            reason = (Reason.INVALID_INSTRUCTION if insn is None
                      else Reason.UNIMPLEMENTED_INSTRUCTION)
            checks[opcode] = reason << state.FAULT_AT | MASK
            continue
        for name in insn.fields:
            checks[opcode] |= looked_at << fields[name]
            uses[opcode] |= {
                "d": state.USES_D_WRITTEN if insn.writes_d else state.USES_D_READ,
                "s0": state.USES_S0, "s1": state.USES_S1}[name]
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

    Raises
    ------
    ImageError
        If the machine has a peripheral that nobody has modelled.
    """

    def __init__(self, config: MachineConfig | None = None, hosts: Hosts | None = None, *,
                 compiled: bool = True, following: bool = False,
                 observe: Callable[[NDArray[np.uint32]], None] | None = None):
        self.config = config or MachineConfig()
        check_modelled(self.config)
        self._observe = observe
        self.hosts = hosts or Hosts()
        self.compiled = compiled
        self.following = following
        self.runs: dict[int, Callable[..., int]] = {}  # the loop, by variant
        self._ram = Ram(self.config.ram_words)
        self.memory = self._ram.words
        self.regs = np.zeros(state.FIELD_MASK + 1, dtype=np.int64)
        self.cpu = np.zeros(state.CPU_WORDS, dtype=np.int64)
        self.uses, self.checks = field_tables(self.config.fpu)
        self.stores = np.zeros(RESERVED_LIMIT, dtype=np.uint8)
        self.windows = window_addresses(self.config.peripherals)
        self.identifiers = identifiers(self.config)
        self.coverage = np.zeros(COVERAGE_WORDS, dtype=np.int64)
        self.no_trace = np.zeros((1, RECORD_WORDS), dtype=np.uint32)
        self.stop: StopReport | None = None
        self.picture: Picture | None = None
        self.devices: dict[str, Peripheral] = {}
        self.handlers: dict[int, tuple[Peripheral, int]] = {}
        self.load([])

    # --- the machine -----------------------------------------------------------------------------

    @property
    def cycles(self) -> int:
        return int(self.cpu[state.CYCLES])

    @property
    def instructions(self) -> int:
        """Instructions that retired: not faults, not what was slept through."""
        return int(self.cpu[state.CYCLES] - self.cpu[state.SKIPPED])

    @property
    def followed_cycles(self) -> int:
        """Cycles of the other machine when it made its last record that is no instruction's."""
        return int(self.cpu[state.TIME])

    @property
    def space(self) -> int:
        return int(self.cpu[state.BASE]) if self.cpu[state.TRANSLATING] else 0

    def registers(self) -> Registers:
        return Registers(tuple(self.regs[:REGISTERS].tolist()), int(self.cpu[state.IP]))

    def interrupt_frame(self) -> InterruptFrame:
        saved = self.memory[FRAME_REGISTERS:FRAME_REGISTERS + REGISTERS].tolist()
        return InterruptFrame(tuple(saved), *(int(self.memory[at]) for at in (
            FRAME_IP, FAULT_REASON, ENABLED, HIGHEST_INTERRUPT)))

    @property
    def fault_ip(self) -> int:
        return int(self.cpu[state.CAUSE])

    def load(self, image: Sequence[int] | Words, address: int = PROGRAM) -> None:
        words = check_image(image, self.config, address)
        self._ram.clear()
        for at, word in low_memory(self.config).items():
            self.memory[at] = word
        self.memory[address:address + len(words)] = words
        self.regs[:] = 0
        self.stop = None
        self.picture = None
        self._reset_cpu()
        self.devices = fit(self)
        self.handlers = {device.window + offset: (device, offset)
                         for device in self.devices.values()
                         for offset in range(device.kind.io_words)}

    def prepare(self, say: Callable[[str], None], records: bool = False) -> None:
        """Compile the loop, unless that was done; with `records` the one that leaves them, too."""
        modes = {state.FOLLOW if self.following else state.RECORD if self._observe else state.RUN}
        if records:
            modes.add(state.RECORD)
        self.cpu[state.AT], self.cpu[state.DEADLINE] = 0, self.cycles
        with announced(say):
            for mode in sorted(modes):
                self.go(mode, self.no_trace, 0)

    def run(self, budget: int) -> Status:
        if self._observe is None:
            return self._run(budget, state.RUN, self.no_trace)
        end, trace = self.cycles + budget, np.zeros((TRACE_ROWS, RECORD_WORDS), np.uint32)
        while True:
            self.cpu[state.AT] = 0
            status = self._run(min(end - self.cycles, TRACE_ROWS), state.RECORD, trace)
            self._observe(trace[:int(self.cpu[state.AT])])
            if status is not Status.RUNNING or self.cycles >= end:
                return status

    def record(self, trace: NDArray[np.uint32], budget: int | None = None,
               look: Callable[[int], bool] | None = None) -> tuple[Status, int]:
        """Go on, leaving a trace record a row, until few rows are left; gives how many are used.

        Events of devices with a host behind them are not recorded: for programs without. A row that
        is longer than a record has the base of the instruction's page table behind it, 0 for none.

        `budget` is in cycles. `look` is called with the rows used whenever a device may act next;
        where it is true, the run ends with HIT before that.
        """
        self.cpu[state.AT] = 0
        status = self._run(min(len(trace), budget or len(trace)), state.RECORD, trace, look)
        return status, int(self.cpu[state.AT])

    def _run(self, budget: int, mode: int, trace: NDArray[np.uint32],
             look: Callable[[int], bool] | None = None) -> Status:
        end = self.cycles + budget
        for device in self.devices.values():
            device.poll()
        while True:
            self.cpu[state.DEADLINE] = min(end, self._perform_due())
            why = self.go(mode, trace, len(trace))
            if why == state.IO:
                self.store_io()
            if look is not None and look(int(self.cpu[state.AT])):
                return Status.HIT
            if why == state.IO:
                continue
            if why == state.STOP:
                self.report_stop()
                return Status.STOPPED
            if why == state.ASLEEP:
                status = self._sleep()
                if status is not None:
                    return status
            elif why == state.END or self.cycles >= end:
                return Status.RUNNING

    def _sleep(self) -> Status | None:
        """In a `wait` with no timer running: go on at once if a host has something for it."""
        if self.masked:
            return Status.STUCK
        for device in self.devices.values():
            device.poll()
        if self.cpu[state.PENDING]:
            return None
        may_wake = any(device.may_wake for device in self.devices.values())
        return Status.INPUT if may_wake else Status.STUCK

    def close(self) -> None:
        """Nothing is held."""

    def fetch(self, ip: int) -> int | None:
        """The word that an instruction at `ip` would begin with now; None where it would fault."""
        memory, cpu = views(self.memory, self.cpu)
        active = cpu[state.TRANSLATING] and cpu[state.BASE]
        reason, _, _, delta = namespace()["find"](memory, cpu, active, ip, state.EXECUTE)
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
        """Set the pending bit of a source, unless it is lost."""
        if not (self.config.drops_masked and self.masked):
            self.cpu[state.PENDING] |= 1 << number

    # --- inside ----------------------------------------------------------------------------------

    def _reset_cpu(self) -> None:
        cpu, config = self.cpu, self.config
        cpu[:] = 0
        cpu[state.IP] = PROGRAM
        cpu[state.TIMER_DUE] = NEVER
        cpu[state.RAM_WORDS] = config.ram_words
        cpu[state.CYCLES_MS] = config.cycles_per_ms
        cpu[state.CLOCK] = self.windows.get("clock", 0)
        cpu[state.TICK_DUE] = config.cycles_per_ms if "clock" in self.windows else NEVER
        cpu[state.CLOCK_ID] = self.identifiers.get("clock", 0)
        cpu[state.TWO_LEVEL] = config.page_table is PageTable.TWO_LEVEL
        cpu[state.DROPS] = config.drops_masked
        cpu[state.FIELD] = -1
        self.stores[:] = state.PLAIN
        for kind in PERIPHERALS:
            if kind.name in self.windows:
                self._mark_window(kind, self.windows[kind.name])

    def _mark_window(self, kind: PeripheralKind, window: int) -> None:
        act = {"timer": state.TIMER, "mmu": state.MMU}.get(kind.name, state.HOST)
        self.stores[window:window + kind.io_words] = act
        for offset in FIXED_WORDS.get(kind.name, ()):
            self.stores[window + offset] = state.FIXED
        if kind.interrupt is not None:
            self.cpu[state.SOURCES] |= 1 << kind.interrupt

    def go(self, mode: int, trace: NDArray[np.uint32], rows: int) -> int:
        arguments = (self.memory, self.regs, self.cpu, self.stores, self.uses, self.checks,
                     self.coverage, trace, rows)
        run = self.runs.get(mode)
        if run is None:
            if self.compiled:
                run = compiled_run(mode)
                prepare(run, *arguments)
            else:
                run = interpreted_run(mode)
            self.runs[mode] = run
        return int(run(*arguments))

    def store_io(self) -> None:
        device, offset = self.handlers[int(self.cpu[state.IO_ADDRESS])]
        device.store(offset, int(self.cpu[state.IO_VALUE]))

    def _perform_due(self) -> int:
        """Let devices do what is due; gives the cycle of the next."""
        cycles, next_due = self.cycles, NEVER
        for device in self.devices.values():
            if device.due <= cycles:
                device.perform()
            next_due = min(next_due, device.due)
        return next_due

    def report_stop(self) -> None:
        cpu = self.cpu
        stop, ip = Stop(int(cpu[state.STOPPED]) - 1), int(cpu[state.CAUSE])
        self.stop = StopReport(
            stop, ip, int(cpu[state.CAUSE_INSN]), int(cpu[state.CAUSE_IMM]),
            reason=None if stop is Stop.HALT else int(cpu[state.REASON]),
            exit_code=int(self.regs[0]) if stop is Stop.HALT else 0)
