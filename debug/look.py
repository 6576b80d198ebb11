"""The machine at the present position, hardware or model, as a debugger wants to see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from isa import REGISTERS
from isa.config import MachineConfig
from isa.machine import (
    ENABLED,
    FAULT_REASON,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
    RESERVED_LIMIT,
    PageFlag,
)
from isa.paging import translate
from sim.engine.library import Simulation
from sim.history.history import History
from sim.history.rtl import RtlTape
from sim.machine import InterruptFrame

__all__ = ["Look", "Mapping"]

EXECUTED = "core.execute.o__payload"  # what is about to retire
INSIDE = "soc."  # where everything is in a design with a memory chip


@dataclass(frozen=True)
class Mapping:
    """An entry of a page table: virtual words from `virtual` on are at `physical`."""
    virtual:  int
    physical: int
    words:    int
    flags:    PageFlag


class Look:
    """Reads the machine of a history where it is now.

    Parameters
    ----------
    history : History
    """

    def __init__(self, history: History):
        self._history = history

    @property
    def config(self) -> MachineConfig:
        return self._history.tape.machine.config

    @property
    def simulation(self) -> Simulation | None:
        """The hardware's, if it is hardware."""
        tape = self._history.tape
        return tape.rtl.simulation if isinstance(tape, RtlTape) else None

    @property
    def space(self) -> int:
        """Where the next instruction is: 0 untranslated, else the base of its page table."""
        return self._history.tape.space

    @property
    def ip(self) -> int:
        """Address of the next instruction to retire."""
        simulation = self.simulation
        if simulation is None:
            return self._history.tape.machine.registers().ip
        if self.signal("core.execute.o__valid"):
            return self.signal("core.execute.o__payload.ip")
        return self.signal("core.execute.ip")

    def registers(self) -> tuple[int, ...]:
        """r0 to r63."""
        return self._history.tape.machine.registers().general

    def signal(self, path: str) -> int:
        """A signal of the hardware that is made of registers."""
        simulation = self.simulation
        assert simulation is not None
        inner = INSIDE + path
        return simulation.signal(inner if inner in simulation.design.signals else path)

    def knows(self, path: str) -> bool:
        """Whether `signal` knows it."""
        simulation = self.simulation
        return simulation is not None and (path in simulation.design.signals
                                           or INSIDE + path in simulation.design.signals)

    def signals(self) -> list[str]:
        """All that `signal` knows."""
        simulation = self.simulation
        return [] if simulation is None else [
            path.removeprefix(INSIDE) for path in simulation.design.signals]

    # --- memory ----------------------------------------------------------------------------------

    def physical(self, space: int, address: int, access: PageFlag = PageFlag.READ) -> int | None:
        """Where a virtual word is; None where this access would fault."""
        return translate(self._history.tape.machine.memory, self.config, space, address, access)

    def word(self, space: int, address: int) -> int | None:
        """A word as the program sees it; None where it sees none."""
        at = self.physical(space, address & 0xFFFFFFFF)
        if at is None:
            at = self.physical(space, address & 0xFFFFFFFF, PageFlag.EXECUTE)
        return None if at is None else self.physical_word(at)

    def physical_word(self, address: int) -> int | None:
        """A word of memory; None past its end. The interrupt table's own words are there, too."""
        memory = self._history.tape.machine.memory
        if address < RESERVED_LIMIT and self.simulation is not None:
            return self._reserved(address)
        if address >= len(memory):
            return None
        if self.simulation is not None and self._is_ahead(address):
            return self._before_store(address)
        return int(memory[address])

    def _is_ahead(self, address: int) -> bool:
        """Whether the instruction here is a store that has reached this word of RAM already: it
        does so one stage before it retires."""
        return bool(self.signal(f"{EXECUTED}.is_store")
                    and self.signal(f"{EXECUTED}.addr") == address
                    and self.signal("core.execute.o__valid"))

    def _before_store(self, address: int) -> int:
        """The word before: as it was when the store was in execute."""
        history, ip = self._history, self.ip
        here = history.cycles
        cycle = here
        while cycle and self._is_ahead(address) and self.ip == ip:
            cycle -= 1
            history.go_to(cycle)
        word = int(history.tape.machine.memory[address])
        history.go_to(here)
        return word

    def _reserved(self, address: int) -> int:
        frame = {ENABLED: "enabled", FRAME_IP: "saved_ip", FAULT_REASON: "reason",
                 HIGHEST_INTERRUPT: "highest"}
        if address in frame:
            return self.signal(f"core.traps.{frame[address]}")
        if FRAME_REGISTERS <= address < FRAME_REGISTERS + REGISTERS:
            return self.interrupt_frame().registers[address - FRAME_REGISTERS]
        return int(self._history.tape.machine.memory[address])

    def interrupt_frame(self) -> InterruptFrame:
        """The registers of what was interrupted, as the interrupt table has them."""
        return self._history.tape.machine.interrupt_frame()

    def page_table(self, base: int) -> list[Mapping]:
        """The entries of a list table, or the runs of a two-level one, by virtual address."""
        memory = self._history.tape.machine.memory
        if self.config.page_table.value == "list":
            if base >= len(memory):
                return []
            count = min(int(memory[base]), (len(memory) - base - 1) // 4)
            words: Sequence[int] = memory[base + 1:base + 1 + 4 * count].tolist()
            return sorted((Mapping(words[at], words[at + 1], words[at + 2],
                                   PageFlag(words[at + 3] & 15))
                           for at in range(0, 4 * count, 4)), key=lambda entry: entry.virtual)
        return self._two_level(base)

    def _two_level(self, base: int) -> list[Mapping]:
        memory, found = self._history.tape.machine.memory, []
        for high in range(1024):
            if base + high >= len(memory) or not int(memory[base + high]) & PageFlag.PRESENT:
                continue
            entry = int(memory[base + high])
            for low in range(1024):
                at = (entry >> 4) + low
                page = int(memory[at]) if at < len(memory) else 0
                if page & PageFlag.PRESENT:
                    found.append(Mapping(high << 22 | low << 12, page & ~0xFFF, 1 << 12,
                                         PageFlag(page & entry & 15)))
        return found
