"""The hardware as a `sim.machine.Machine`: compiled on first use, its streams joined to hosts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from isa.config import MachineConfig
from isa.machine import PROGRAM
from isa.reset import low_memory
from isa.trace import Kind, Stop, Word
from sim.engine import build
from sim.engine.adapters import ADAPTERS, Adapter
from sim.engine.library import Outcome, Simulation
from sim.engine.quince import (
    address_space,
    chip_fault,
    interrupt_frame,
    live_registers,
    physical_address,
    quince_design,
    timer_runs,
)
from sim.host.hosts import Hosts
from sim.machine import (
    ChipError,
    InterruptFrame,
    Registers,
    Status,
    StopReport,
    Words,
    check_image,
)
from toolchain.places import ROOT

__all__ = ["AroundRtl", "RtlMachine"]

SLICE_CYCLES     = 40_000   # between looks at the hosts: about 10 ms of real time
RECORDS          = 16_384   # kept at a time: what fits into a processor's second-level cache
PATIENCE_CYCLES  = 500      # asleep for so long, the machine is at rest; what could wake it?
IDLE_CYCLES      = 400_000  # of asking for a line in vain before the host may sleep

SOURCES = ("rtl", "isa", "sim/engine", "sim/chips")


def _hear_nothing(line: str) -> None:
    pass


class RtlMachine:
    """The machine that `rtl.soc` describes; see `sim.machine.Machine`.

    Parameters
    ----------
    config : MachineConfig
        What to build.
    hosts : Hosts
        What stands behind the peripherals.
    say : callable
        Hears a line for each step of a build, if one is needed.
    observe : callable or None
        Called with trace records as they come, a view that is only good during the call; None
        switches tracing off, which makes the machine faster.
    memory : str
        One of `sim.machine.MEMORIES`: "ideal" answers in the next cycle; "hesitant" does so late
        now and then, to find out whether everything waits for it; "sdram" is a chip with a cache
        in front, as on a board.
    spaces : callable or None
        Gives the number of the process whose page table is at an address, as it begins to run;
        with it the machine counts for a profile what each cycle goes into.
    watched : bool
        Build it so that every signal can be looked at, see `Simulation.watch`.
    """

    def __init__(self, config: MachineConfig | None = None, hosts: Hosts | None = None, *,
                 say: Callable[[str], None] = _hear_nothing,
                 observe: Callable[[NDArray[np.uint32]], None] | None = None,
                 memory: str = "ideal", spaces: Callable[[int], int] | None = None,
                 watched: bool = False):
        self.config = config or MachineConfig()
        self.hosts = hosts or Hosts()
        self._observe = observe
        self._spaces = spaces
        key = build.source_key([ROOT / folder for folder in SOURCES], self.config, memory,
                               *(["watched"] if watched else []))
        self._model = build.built(
            key, lambda: quince_design(self.config, memory=memory, watched=watched), say)
        self._simulation: Simulation | None = None
        self._adapters: list[Adapter] = []
        self._busy_at = 0
        self.stop: StopReport | None = None
        self.load([])

    # --- the machine -----------------------------------------------------------------------------

    @property
    def simulation(self) -> Simulation:
        """The model under it."""
        if self._simulation is None:
            raise ValueError("the machine is closed")
        return self._simulation

    @property
    def memory(self) -> Words:
        return self.simulation.ram

    @property
    def cycles(self) -> int:
        return self.simulation.cycles

    @property
    def instructions(self) -> int:
        return self.simulation.instructions

    @property
    def space(self) -> int:
        return address_space(self.simulation)

    def registers(self) -> Registers:
        return live_registers(self.simulation)

    def interrupt_frame(self) -> InterruptFrame:
        return interrupt_frame(self.simulation)

    @property
    def fault_ip(self) -> int:
        return self.simulation.kept()[1][Word.IP]

    def load(self, image: Sequence[int] | Words, address: int = PROGRAM) -> None:
        words = check_image(image, self.config, address)
        self.close()
        simulation = self._simulation = self._new_simulation()
        for at, word in low_memory(self.config).items():
            simulation.ram[at] = word
        simulation.ram[address:address + len(words)] = words
        simulation.set_patience(PATIENCE_CYCLES)
        if self._observe:
            simulation.record(RECORDS)
        if self._spaces:
            simulation.count()
        self._adapters = [ADAPTERS[name](simulation, self.hosts)
                          for name in self.config.peripherals if name in ADAPTERS]
        self.stop = None
        self._busy_at = 0

    def close(self) -> None:
        if self._simulation is not None:
            self._simulation.close()
            self._simulation = None

    def prepare(self, say: Callable[[str], None]) -> None:
        """It was built when it was made."""

    def run(self, budget: int) -> Status:
        simulation = self.simulation
        end = simulation.cycles + budget
        while True:
            left = end - simulation.cycles
            if left <= 0:
                return Status.RUNNING
            outcome = self._run_slice(simulation.cycles + min(left, SLICE_CYCLES))
            if outcome is Outcome.MAPPED:
                assert self._spaces is not None
                mapping = address_space(simulation)
                simulation.enter_space(mapping, self._spaces(mapping))
                continue
            for adapter in self._adapters:
                adapter.attend()
            self._pass_records()
            if outcome is Outcome.STOPPED:
                fault = chip_fault(simulation)
                if fault:
                    raise ChipError(f"in cycle {simulation.cycles:,} the hardware did to its SDRAM "
                                    f"chip what the data sheet forbids: {fault}")
                self.stop = self._report()
                return Status.STOPPED
            if outcome is Outcome.HIT:
                return Status.HIT
            self._poll()
            if outcome is Outcome.ASLEEP:
                status = self._asleep()
                if status is not None:
                    return status
            elif self._is_idle(outcome):
                return Status.INPUT

    @contextmanager
    def unobserved(self, capacity: int = 0) -> Iterator[None]:
        """For what is run again: within it nobody is told, and the simulation keeps `capacity`
        records at a time for whoever asks."""
        self.simulation.record(capacity)
        try:
            yield
        finally:
            self.simulation.record(RECORDS if self._observe else 0)

    # --- inside ----------------------------------------------------------------------------------

    def _new_simulation(self) -> Simulation:
        return Simulation(*self._model)

    def _run_slice(self, end: int) -> Outcome:
        """Run to this cycle, or until the hosts must be looked at; records are passed on."""
        simulation = self.simulation
        while True:
            outcome = simulation.run(end - simulation.cycles)
            if outcome is not Outcome.FULL or simulation.cycles >= end:
                return outcome
            self._pass_records()

    def _pass_records(self) -> None:
        if self._observe:
            records = self.simulation.records()
            if len(records):
                self._observe(records)
            self.simulation.forget_records()

    def _poll(self) -> None:
        now_ms = self.simulation.cycles // self.config.cycles_per_ms
        for adapter in self._adapters:
            adapter.poll(now_ms)

    def _asleep(self) -> Status | None:
        """What can end this sleep: None if the machine itself can."""
        simulation = self.simulation
        if not simulation.probe("is_enabled"):
            return Status.STUCK
        if timer_runs(simulation) or any(adapter.is_busy for adapter in self._adapters):
            return None
        return Status.INPUT if any(adapter.may_wake for adapter in self._adapters) else Status.STUCK

    def _is_idle(self, outcome: Outcome) -> bool:
        """Whether the program has done nothing but ask for a line, in vain, for quite a while."""
        cycles = self.simulation.cycles
        if (outcome is Outcome.ATTENTION or timer_runs(self.simulation)
                or not any(adapter.awaits_input for adapter in self._adapters)):
            self._busy_at = cycles
        return cycles - self._busy_at >= IDLE_CYCLES

    def _report(self) -> StopReport:
        cause, stop = self.simulation.kept()
        ip = cause[Word.IP]
        insn, imm = cause[Word.INSN], cause[Word.IMM]
        if cause[Word.KIND] == Kind.INSN:
            return StopReport(Stop(stop[Word.CODE]), ip, insn, imm,
                              exit_code=self.registers().general[0])
        return StopReport(Stop(stop[Word.CODE]), ip, *self._words_at(ip), reason=cause[Word.CODE])

    def _words_at(self, ip: int) -> tuple[int, int]:
        """Both words that an instruction at `ip` may have, 0 where they cannot be fetched."""
        places = (physical_address(self.simulation, self.config, at & 0xFFFFFFFF)
                  for at in (ip, ip + 1))
        first, second = (0 if at is None else int(self.memory[at]) for at in places)
        return first, second


class AroundRtl:
    """The outside of the hardware, for a `sim.machine.Machine` that does more with it.

    Members
    -------
    rtl : RtlMachine
    """
    rtl: RtlMachine

    @property
    def config(self) -> MachineConfig:
        return self.rtl.config

    @property
    def memory(self) -> Words:
        return self.rtl.memory

    @property
    def cycles(self) -> int:
        return self.rtl.cycles

    @property
    def instructions(self) -> int:
        return self.rtl.instructions

    @property
    def stop(self) -> StopReport | None:
        return self.rtl.stop

    @property
    def space(self) -> int:
        return self.rtl.space

    def registers(self) -> Registers:
        return self.rtl.registers()

    def interrupt_frame(self) -> InterruptFrame:
        return self.rtl.interrupt_frame()

    @property
    def fault_ip(self) -> int:
        return self.rtl.fault_ip

    def prepare(self, say: Callable[[str], None]) -> None:
        self.rtl.prepare(say)

    def close(self) -> None:
        self.rtl.close()
