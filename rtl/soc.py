# amaranth: UnusedElaboratable=no
"""SoC: the whole machine, put together from its options."""

from dataclasses import dataclass, field
from enum import Enum

from amaranth import Cat, Module, ResetInserter, Shape, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.config import MachineConfig
from isa.machine import PERIPHERALS, PROGRAM, window_addresses
from isa.reset import low_memory
from isa.trace import Word
from rtl.boot import Boot
from rtl.checks import check_bool, check_integer, check_power_of_two
from rtl.core.core import Core, CoreStatus
from rtl.core.retire import TraceRecord
from rtl.disk_size import DiskSize
from rtl.memory.cache_shape import CacheShape
from rtl.memory.cached_sdram import CachedSdram
from rtl.memory.hesitant import Hesitation
from rtl.memory.line_port import LinePort
from rtl.memory.ram import BankedRam, SimulatedRam
from rtl.memory.sdram import SdramPins
from rtl.memory.sdram_chips import CHIPS, SdramChip
from rtl.mmu.mmu import Mmu
from rtl.mmu.untranslated import Untranslated
from rtl.peripherals.table import make_peripheral

__all__ = ["EVENT_DELAY", "Memory", "SIMULATION", "SMALLEST", "Soc", "SocConfig", "TRACE_WORDS"]


class Memory(Enum):
    """What RAM is; no program can tell but by the time it takes."""
    BLOCK     = "block"      # block RAM, for small machines on an FPGA
    SIMULATED = "ideal"      # the black box `simulated_ram` of compiled simulators
    HESITANT  = "hesitant"   # the same, which answers late now and then
    SDRAM     = "sdram"      # a chip, with a cache in front


@dataclass(frozen=True)
class SocConfig:
    """What a machine is made of.

    Parameters
    ----------
    machine : MachineConfig
        What a program can see of it.
    memory : Memory
        What RAM is.
    image : tuple of int
        What block RAM holds from `PROGRAM` on.
    cache_words, line_words : int
        Sizes of the cache in front of SDRAM and of its lines; powers of two.
    chip : SdramChip
    clock_hz : int
        Of `sync`, for the chip's times; at most what the chip bears.
    shares_chip : bool
        The chip has another user besides the machine, who keeps to what is behind RAM.
    loader : tuple of int
        A boot loader, which runs after power-up and whenever the machine has stopped, see
        `rtl.boot`; without, memory must have the program before. Only with SDRAM.
    target_entries, return_entries : int
        Sizes of branch target buffer and return stack; powers of two, at least 2.
    insn_regions, data_regions, stored_regions : int
        Sizes of the TLBs and of their second level; that is a power of two, or 0 for none.
    """
    machine:        MachineConfig   = field(default_factory=MachineConfig)
    memory:         Memory          = Memory.BLOCK
    image:          tuple[int, ...] = ()
    cache_words:    int             = 8192
    line_words:     int             = 8
    chip:           SdramChip       = CHIPS["mt48lc16m16"]
    clock_hz:       int             = 50_000_000
    shares_chip:    bool            = False
    loader:         tuple[int, ...] = ()
    target_entries: int             = 64
    return_entries: int             = 16
    insn_regions:   int             = 4
    data_regions:   int             = 4
    stored_regions: int             = 512

    def __post_init__(self):
        if not isinstance(self.machine, MachineConfig):
            raise TypeError(f"machine must be a MachineConfig, not {self.machine!r}")
        if not isinstance(self.memory, Memory):
            raise TypeError(f"memory must be a Memory, not {self.memory!r}")
        for name in ("target_entries", "return_entries", "stored_regions"):
            if name != "stored_regions" or self.stored_regions != 0:
                check_power_of_two(name, getattr(self, name))
        for name in ("insn_regions", "data_regions"):
            check_integer(name, getattr(self, name), least=1)
        if self.image and self.memory is not Memory.BLOCK:
            raise ValueError("only block RAM has an image")
        if check_bool("shares_chip", self.shares_chip) and self.memory is not Memory.SDRAM:
            raise ValueError("only an SDRAM chip can be shared")
        if self.loader and self.memory is not Memory.SDRAM:
            raise ValueError("only a machine with SDRAM has a loader")


SIMULATION = SocConfig(memory=Memory.SIMULATED)
SMALLEST   = SocConfig(
    machine=MachineConfig(ram_words=0x2000, fpu=False,
                          peripherals=("timer", "debug_break", "console_output")),
    target_entries=2, return_entries=2, insn_regions=1, data_regions=1, stored_regions=0)

# A device's change and an access to its window are put in order by delaying the former.
EVENT_DELAY = 3

# Ports of the core's trace records, by the word of the record.
TRACE_WORDS = {
    Word.KIND:    "trace_kind",
    Word.IP:      "trace_ip",
    Word.INSN:    "trace_insn",
    Word.IMM:     "trace_imm",
    Word.WROTE:   "trace_wrote",
    Word.D:       "trace_d",
    Word.VALUE:   "trace_value",
    Word.ADDRESS: "trace_address",
    Word.DATA:    "trace_data",
    Word.CODE:    "trace_code",
}

# The outside of `rtl.boot`, whose members these are.
BootPort = wiring.Signature({
    "restart":        In(1),
    "straps":         In(8),
    "resets_devices": Out(1),
    "is_booting":     Out(1),
    "light":          Out(32),
})


class Soc(wiring.Component):
    """Core, RAM, MMU and peripherals.

    Parameters
    ----------
    config : SocConfig

    Members
    -------
    trace_kind, trace_ip, … : Out
        The words of a trace record (`TRACE_WORDS`), with either `trace_slow` or `trace_fast`. Of
        what happens in one cycle, the record with `trace_slow` goes first, then the devices'
        events, then the record with `trace_fast`.
    trace_slow, trace_fast : Out(1)
        There is a record of an access to a device's window, or of anything else.
    event_<peripheral>, event_<peripheral>_arg : Out(1), Out(32)
        The peripheral changed by itself what a program can read: a DEVICE record.
    retires, stopped, asleep, is_enabled, ip, live_bank, live_zero : Out
        The members of `CoreStatus`.
    <peripheral>_<stream>
        The streams of the peripherals.
    sdram : Out(SdramPins)
        With `Memory.SDRAM` only. `stopped` is late then: it waits until the chip holds all that the
        cache holds.
    lines, lines_are_urgent
        See `CachedSdram`. If the chip is shared only.
    boot : Out(BootPort)
        With a loader only. `stopped` is low again soon: the loader starts.

    Attributes
    ----------
    streams : list of (str, str, int)
        Name, direction ("in" or "out") and payload width of each host stream.
    events : dict of str to int
        The peripherals that have an event port, with their identifiers.
    """
    def __init__(self, *, config):
        if not isinstance(config, SocConfig):
            raise TypeError(f"config must be a SocConfig, not {config!r}")
        self.config = config
        machine     = config.machine

        self.windows = window_addresses(machine.peripherals)
        self.kinds   = [kind for kind in PERIPHERALS if kind.name in self.windows]
        self.mmu     = None
        if "mmu" in self.windows:
            self.mmu = Mmu(ram_words=machine.ram_words, page_table=machine.page_table,
                           insn_entries=config.insn_regions, data_entries=config.data_regions,
                           stored_entries=config.stored_regions)
        self.peripherals = {kind.name: make_peripheral(kind.name, machine) for kind in self.kinds
                            if kind.name != "mmu"}

        record  = TraceRecord.as_shape()
        members = {port: Out(Shape.cast(record[port.removeprefix("trace_")].shape))
                   for port in TRACE_WORDS.values()}
        self.streams, self.events = [], {}
        self._exposed = []  # each stream of a peripheral, and the name of the port it leads to
        for kind in self.kinds:
            if kind.name not in self.peripherals:
                continue
            peripheral = self.peripherals[kind.name]
            for name, member in peripheral.signature.members.items():
                if member.is_signature and isinstance(member.signature, stream.Signature):
                    width = Shape.cast(member.signature.members["payload"].shape).width
                    port  = f"{kind.name}_{name}"
                    self.streams.append((port, member.flow.name.lower(), width))
                    self._exposed.append((getattr(peripheral, name), port))
                    members[port] = member
            if "event" in peripheral.signature.members:
                self.events[kind.name] = kind.identifier
                members[f"event_{kind.name}"]     = Out(1)
                members[f"event_{kind.name}_arg"] = Out(32)
        super().__init__({
            **members,
            "trace_slow": Out(1),
            "trace_fast": Out(1),
            **CoreStatus.members,
            **({"sdram": Out(SdramPins(config.chip))} if config.memory is Memory.SDRAM else {}),
            **({"lines": In(LinePort), "lines_are_urgent": In(1)} if config.shares_chip else {}),
            **({"boot": Out(BootPort)} if config.loader else {}),
        })

    def elaborate(self, platform):
        m = Module()
        config, machine = self.config, self.config.machine

        buses   = [self.mmu.bus if kind.name == "mmu" else self.peripherals[kind.name].bus
                   for kind in self.kinds]
        irqs    = {kind.interrupt: self.peripherals[kind.name].irq for kind in self.kinds
                   if kind.interrupt is not None}
        masters = [peripheral.dma for peripheral in self.peripherals.values()
                   if "dma" in peripheral.signature.members]
        if self.mmu is not None:
            masters.insert(0, self.mmu.mem)

        boot = self._make_boot()
        in_core    = ResetInserter(boot.resets_core) if boot is not None else lambda part: part
        in_devices = ResetInserter(boot.resets_devices) if boot is not None else lambda part: part
        core = Core(
            ram_words=machine.ram_words, fpu=machine.fpu,
            windows=[(self.windows[kind.name], kind.window_words) for kind in self.kinds],
            sources=tuple(sorted(int(number) for number in irqs)), masters=len(masters),
            target_entries=config.target_entries, return_entries=config.return_entries,
            drops_masked=machine.drops_masked)
        m.submodules.core = in_core(core)
        m.submodules.ram = memory = ram = self._make_ram()
        has_stopped = core.status.stopped
        if config.memory is Memory.HESITANT:
            m.submodules.hesitation = memory = Hesitation()
            connect(m, memory.to_fetch, ram.fetch)
            connect(m, memory.to_data, ram.data)
        elif config.memory is Memory.SDRAM:
            connect(m, ram.pins, flipped(self.sdram))
            m.d.comb += ram.flush.eq(core.status.stopped)
            if config.shares_chip:
                connect(m, flipped(self.lines), ram.lines)
                m.d.comb += ram.lines_are_urgent.eq(self.lines_are_urgent)
            has_stopped = has_stopped & ram.is_clean
        connect(m, core.fetch_port, memory.fetch)
        if boot is not None:
            self._connect_boot(m, boot, core, memory, has_stopped)
        else:
            connect(m, core.data_port, memory.data)
        for window, bus in zip(core.windows, buses, strict=True):
            connect(m, window, bus)
        for n, master in enumerate(masters):
            connect(m, master, core.masters[n])
        m.d.comb += core.irq.eq(Cat(irqs[number] for number in sorted(irqs)))

        if self.mmu is not None:
            translation = self.mmu
            m.submodules.mmu = in_core(translation)
            m.d.comb += [
                translation.on.eq(core.translates),
                translation.flush.eq(core.returned),
                core.is_privileged.eq(~translation.active),
            ]
        else:
            m.submodules.mmu = translation = Untranslated(ram_words=machine.ram_words)
            m.d.comb += core.is_privileged.eq(1)
        connect(m, core.insn_translate, translation.insn)
        connect(m, core.data_translate, translation.data)

        for name, peripheral in self.peripherals.items():
            m.submodules[name] = in_devices(peripheral)
            if "retires" in peripheral.signature.members:
                m.d.comb += peripheral.retires.eq(core.status.retires)
            if name in self.events:
                self._expose_event(m, name, peripheral.event, core.status.stopped)
        disk_size = self._make_disk_size(m, boot)
        for inner, port in self._exposed:
            if disk_size is not None and port in ("block_to_host", "block_from_host"):
                end = port.removeprefix("block_")
                connect(m, inner, getattr(disk_size, f"device_{end}"))
                inner = getattr(disk_size, end)
            connect(m, inner, flipped(getattr(self, port)))

        m.d.comb += [
            self.trace_slow.eq(core.traces & core.trace_is_slow),
            self.trace_fast.eq(core.traces & ~core.trace_is_slow),
            *(getattr(self, name).eq(getattr(core.status, name)) for name in CoreStatus.members),
            self.stopped.eq(has_stopped),
        ]
        for port in TRACE_WORDS.values():
            m.d.comb += getattr(self, port).eq(core.trace[port.removeprefix("trace_")])

        return m

    def _make_boot(self):
        ram_words, loader = self.config.machine.ram_words, self.config.loader
        return Boot(ram_words=ram_words, loader=loader) if loader else None

    def _make_disk_size(self, m, boot):
        if boot is None or "block" not in self.peripherals:
            return None
        m.submodules.disk_size = disk_size = DiskSize()
        m.d.comb += disk_size.resets_device.eq(boot.resets_devices)
        return disk_size

    def _connect_boot(self, m, boot, core, memory, has_stopped):
        m.submodules.boot = boot
        connect(m, core.data_port, boot.core)
        connect(m, boot.memory, memory.data)
        m.d.comb += [
            boot.fetch_done.eq(memory.fetch.done),
            boot.has_stopped.eq(has_stopped),
            boot.traces.eq(core.traces),
            boot.exit_code.eq(core.exit_code),
            *(getattr(boot, name).eq(core.trace[name]) for name in ("kind", "ip", "code")),
            *(getattr(boot, name).eq(getattr(self.boot, name)) for name in ("restart", "straps")),
            *(getattr(self.boot, name).eq(getattr(boot, name))
              for name in ("resets_devices", "is_booting", "light")),
        ]

    def _make_ram(self):
        config, machine = self.config, self.config.machine
        if config.memory in (Memory.SIMULATED, Memory.HESITANT):
            return SimulatedRam(words=machine.ram_words)
        if config.memory is Memory.SDRAM:
            shape = CacheShape(ram_words=machine.ram_words, words=config.cache_words,
                               line_words=config.line_words)
            return CachedSdram(shape=shape, chip=config.chip, clock_hz=config.clock_hz,
                               is_shared=config.shares_chip)
        low  = low_memory(machine)
        init = [*(low.get(address, 0) for address in range(PROGRAM)), *config.image]
        return BankedRam(words=machine.ram_words, init=init)

    def _expose_event(self, m, name, event, is_over):
        """Lead a peripheral's event to the outside, in order with accesses to its window."""
        valid, arg = event.valid, event.arg
        for n in range(EVENT_DELAY):
            delayed = Signal(name=f"{name}_event{n}"), Signal(32, name=f"{name}_arg{n}")
            m.d.sync += [delayed[0].eq(valid), delayed[1].eq(arg)]
            valid, arg = delayed
        m.d.comb += [getattr(self, f"event_{name}").eq(valid & ~is_over),
                     getattr(self, f"event_{name}_arg").eq(arg)]
