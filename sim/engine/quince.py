"""What the engine must know of Quince's own hardware: the one place that reads `rtl.soc`."""

from isa import REGISTERS
from isa.config import MachineConfig
from isa.machine import PageFlag
from isa.paging import translate
from isa.trace import Kind, Word
from sim.engine.design import Design, Slot, Stream
from sim.engine.library import Simulation
from sim.machine import Registers

__all__ = ["live_registers", "physical_address", "quince_design", "timer_runs"]

BANKS    = ("core.registers.bank0", "core.registers.bank1")
MS_LEFT  = "timer.ms_left"
BASE     = "mmu.base"
IS_ON    = "core.traps.translates"
REGISTERS_OF = {"timer": (MS_LEFT,), "mmu": (BASE, IS_ON)}
TICKERS  = {"timer": "timer.cycle", "clock": "clock.cycle"}


def quince_design(machine: MachineConfig, *, hesitates: bool = False) -> Design:
    """The SoC for a machine, with the simulator's RAM; it may hesitate."""
    from rtl.soc import TRACE_WORDS, Soc, SocConfig

    soc = Soc(config=SocConfig(machine=machine, simulated_ram=True, hesitates=hesitates))
    core: dict[Word, str | int] = dict(TRACE_WORDS)
    events = tuple(Slot(f"event_{name}", {Word.KIND: int(Kind.DEVICE), Word.CODE: identifier,
                                          Word.ARG: f"event_{name}_arg"})
                   for name, identifier in soc.events.items())
    return Design(
        component=soc,
        ram="ram.ram",
        ram_words=machine.ram_words,
        streams=tuple(Stream(*stream) for stream in soc.streams),
        slots=(Slot("trace_slow", core, is_kept=True), *events,
               Slot("trace_fast", core, is_kept=True)),
        retired=("retires",),
        stopped="stopped",
        asleep="asleep",
        probes=("ip", "is_enabled", "live_bank", "live_zero"),
        arrays=BANKS,
        registers=tuple(path for name, paths in REGISTERS_OF.items()
                        if name in machine.peripherals for path in paths),
        tickers=tuple(path for name, path in TICKERS.items() if name in machine.peripherals),
        ticker_wrap=machine.cycles_per_ms,
    )


def live_registers(simulation: Simulation) -> Registers:
    """The general registers, each out of the bank that has its live value, and `ip`."""
    banks = [simulation.array(path, REGISTERS) for path in BANKS]
    bank, zero = simulation.probe("live_bank"), simulation.probe("live_zero")
    return Registers(
        tuple(0 if zero >> n & 1 else int(banks[bank >> n & 1][n]) for n in range(REGISTERS)),
        simulation.probe("ip"))


def timer_runs(simulation: Simulation) -> bool:
    """Whether the timer will interrupt some time."""
    return MS_LEFT in simulation.design.registers and simulation.register(MS_LEFT) != 0


def physical_address(simulation: Simulation, machine: MachineConfig, ip: int) -> int | None:
    """Where the instruction at `ip` is in memory, as things stand; None if nowhere."""
    base = 0
    if BASE in simulation.design.registers and simulation.register(IS_ON):
        base = simulation.register(BASE)
    return translate(simulation.ram, machine, base, ip, PageFlag.EXECUTE)
