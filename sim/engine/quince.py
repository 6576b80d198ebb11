"""What the engine must know of Quince's own hardware: the one place that reads `rtl.soc`."""

from typing import Any

from isa import REGISTERS
from isa.config import MachineConfig
from isa.machine import PageFlag
from isa.paging import translate
from isa.trace import Kind, Word
from sim.engine.design import Design, Slot, Stream, Tally
from sim.engine.library import Simulation
from sim.machine import InterruptFrame, Registers

__all__ = ["address_space", "chip_fault", "interrupt_frame", "live_registers", "physical_address",
           "quince_design", "timer_runs"]

BANKS    = ("core.registers.bank0", "core.registers.bank1")
MS_LEFT  = "timer.ms_left"
BASE     = "mmu.base"
IS_ON    = "core.traps.translates"
REGISTERS_OF = {"timer": (MS_LEFT,), "mmu": (BASE, IS_ON)}
TICKERS  = {"timer": "timer.cycle", "clock": "clock.cycle"}
# What works in each cycle of a program: the pipeline up to execution, and what follows it along;
# and the count of cycles on its way into a record.
BUSY     = ("core.account.empty", "core.account.operand", "core.account.waited", "core.fetch",
            "core.first", "core.forward", "core.i", "core.i__payload", "core.i_valid",
            "core.o__valid", "core.progress", "core.queue", "core.retire", "core.retiring",
            "core.slow__req__payload", "core.targets", "core.trap", "core.traps.trap",
            "core.watch", "core.arbiter.outstanding", "core.execute.jump", "counters_arg0",
            "counters_arg1", "counters_arg2", "data__va", "fetch__first", "fetch__second", "ip",
            "mmu.va", "mmu.walk__found", "mmu.walk__va", "trace", "traces")
INSIDE   = "soc."        # where all of this is in a design with a memory chip
CHIP_FAULT = "chip_fault"


def quince_design(machine: MachineConfig, *, memory: str = "ideal",
                  watched: bool = False) -> Design:
    """The SoC for a machine, with the simulator's RAM or with a chip that has its words there;
    `watched`, if every signal is to be looked at."""
    from rtl.soc import TRACE_WORDS, Memory, Soc, SocConfig
    from sim.chips.soc_with_sdram import SocWithSdram

    soc: Any = Soc(config=SocConfig(machine=machine, memory=Memory(memory)))
    probes: tuple[str, ...] = ("ip", "is_enabled", "live_bank", "live_zero")
    inside = ""
    if soc.config.memory is Memory.SDRAM:
        soc = SocWithSdram(soc)
        inside, probes = INSIDE, (*probes, CHIP_FAULT)
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
        probes=probes,
        arrays=tuple(inside + path for path in BANKS),
        registers=tuple(inside + path for name, paths in REGISTERS_OF.items()
                        if name in machine.peripherals for path in paths),
        tickers=tuple(inside + path for name, path in TICKERS.items()
                      if name in machine.peripherals),
        ticker_wrap=machine.cycles_per_ms,
        busy=tuple(inside + path for path in BUSY),
        space=(inside + IS_ON, inside + BASE) if "mmu" in machine.peripherals else (),
        tally=_tally(),
        watched=watched,
    )


def _tally() -> Tally:
    from rtl.core.account import Spent
    causes: Any = Spent
    return Tally("ip", "spent", "flow", tuple(cause.name for cause in causes))


def _inside(simulation: Simulation) -> str:
    return INSIDE if CHIP_FAULT in simulation.design.probes else ""


def chip_fault(simulation: Simulation) -> str:
    """What was done to the memory chip against its data sheet; empty for nothing."""
    if CHIP_FAULT not in simulation.design.probes or not simulation.probe(CHIP_FAULT):
        return ""
    from sim.chips.sdram import SdramFault
    return str(SdramFault(simulation.probe(CHIP_FAULT)).name)


def live_registers(simulation: Simulation) -> Registers:
    """The general registers, each out of the bank that has its live value, and `ip`."""
    banks = [simulation.array(_inside(simulation) + path, REGISTERS) for path in BANKS]
    bank, zero = simulation.probe("live_bank"), simulation.probe("live_zero")
    return Registers(
        tuple(0 if zero >> n & 1 else int(banks[bank >> n & 1][n]) for n in range(REGISTERS)),
        simulation.probe("ip"))


def interrupt_frame(simulation: Simulation) -> InterruptFrame:
    """The words of the interrupt table, each out of the register that it is in."""
    inside = _inside(simulation)
    banks = [simulation.array(inside + path, REGISTERS) for path in BANKS]
    bank, zero = (simulation.signal(f"{inside}core.registers.{name}")
                  for name in ("frame_bank", "frame_zero"))
    return InterruptFrame(
        tuple(0 if zero >> n & 1 else int(banks[bank >> n & 1][n]) for n in range(REGISTERS)),
        *(simulation.signal(f"{inside}core.traps.{name}")
          for name in ("saved_ip", "reason", "enabled", "highest")))


def timer_runs(simulation: Simulation) -> bool:
    """Whether the timer will interrupt some time."""
    path = _inside(simulation) + MS_LEFT
    return path in simulation.design.registers and simulation.register(path) != 0


def address_space(simulation: Simulation) -> int:
    """The page table that the next instruction is found by; 0 if translation is not active."""
    inside = _inside(simulation)
    if inside + BASE in simulation.design.registers and simulation.register(inside + IS_ON):
        return simulation.register(inside + BASE)
    return 0


def physical_address(simulation: Simulation, machine: MachineConfig, ip: int) -> int | None:
    """Where the instruction at `ip` is in memory, as things stand; None if nowhere."""
    return translate(simulation.ram, machine, address_space(simulation), ip, PageFlag.EXECUTE)
