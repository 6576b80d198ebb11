"""Boot: puts the boot loader into memory, starts it, and starts what it has loaded.

The processor knows nothing of this: it always begins at `PROGRAM`, in the state that the manual
promises. Boot stands between it and memory, and holds it in reset while it writes there.

    power-up, button                                          the program stops
          |                                                         |
          v                                                         v
       INSTALL the loader --> it runs, stops with 0 --> ERASE the loader --> the program runs
          ^                          |
          +----- stops otherwise ----+
"""

from amaranth import Array, Module, Mux, Signal, unsigned
from amaranth.lib import enum, memory, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.machine import PROGRAM
from isa.trace import Kind, Stop
from rtl.checks import check_power_of_two
from rtl.memory.ports import DataPort

__all__ = ["Boot", "Why"]

TRAMPOLINE_WORDS = 16  # the first words of a loader lie at `PROGRAM`; their places are left free
LIGHT_WORDS      = 16  # from the end of memory to what the loader tells, a word
CAUSE_WORDS      = 8   # ...and to what it is told, those of `told`
SETTLE_CYCLES    = 8   # of reset, until memory is surely asked for nothing new


class Why(enum.Enum, shape=unsigned(2)):
    """Why the loader was started."""
    POWER_UP        = 0
    BUTTON          = 1
    PROGRAM_STOPPED = 2
    LOADER_STOPPED  = 3


class Boot(wiring.Component):
    """Between the core's data port and memory.

    Parameters
    ----------
    ram_words : int
        Size of RAM; a power of two.
    loader : sequence of int
        Its words, as many as a power of two: the first 16 lie at `PROGRAM` and lead to the others,
        which lie at the end of RAM in as many words as the loader has.

    Members
    -------
    core : In(DataPort)
        Nothing is asked for while `resets_core`.
    memory : Out(DataPort)
    fetch_done : In(1)
        Memory owes fetch nothing.
    restart : In(1)
        Strobe: start the loader, whatever runs.
    straps : In(8)
        What the board's switches say; the loader reads them.
    has_stopped : In(1)
        The machine has stopped, and memory has all that the cache has.
    traces, kind, ip, code, exit_code : In
        Of the core, for the cause of a stop.
    resets_core : Out(1)
        Core and MMU are to be reset.
    resets_devices : Out(1)
        So are the peripherals: as the reset of the core begins.
    is_booting : Out(1)
        From `restart` until a program begins: the loader runs.
    light : Out(32)
        What the loader wants to be seen: where it is, or what is wrong.
    """
    def __init__(self, *, ram_words, loader):
        self.ram_words = check_power_of_two("ram_words", ram_words)
        self.loader    = tuple(loader)
        check_power_of_two("the length of loader", len(self.loader))
        super().__init__({
            "core":           In(DataPort),
            "memory":         Out(DataPort),
            "fetch_done":     In(1),
            "restart":        In(1),
            "straps":         In(8),
            "has_stopped":    In(1),
            "traces":         In(1),
            "kind":           In(unsigned(3)),
            "ip":             In(32),
            "code":           In(8),
            "exit_code":      In(32),
            "resets_core":    Out(1, init=1),
            "resets_devices": Out(1),
            "is_booting":     Out(1, init=1),
            "light":          Out(32),
        })

    def elaborate(self, platform):
        m = Module()
        words = len(self.loader)

        m.submodules.rom = rom = memory.Memory(shape=32, depth=words, init=self.loader,
                                               attrs={"ram_style": "block"})
        r_port = rom.read_port()
        index  = Signal(range(words))
        m.d.comb += r_port.addr.eq(index)

        stop, reason, ip, cycles = self._elaborate_cause(m)
        self._elaborate_light(m)
        why     = Signal(Why)
        erases  = Signal()   # zeros are written in place of the loader
        told    = Array([why, stop, reason, ip, self.exit_code_at_stop, self.straps, cycles, 0])
        is_told = index >= words - CAUSE_WORDS

        connect(m, flipped(self.core), flipped(self.memory))
        writes, w_data, address = Signal(), Signal(32), Signal(32)
        m.d.comb += [
            w_data.eq(Mux(is_told, told[index[:3]], r_port.data)),
            address.eq(self.ram_words - words + index),
        ]
        with m.If(erases):
            m.d.comb += w_data.eq(0)
        with m.Elif(index < TRAMPOLINE_WORDS):
            m.d.comb += address.eq(PROGRAM + index)
        with m.If(self.resets_core):
            m.d.comb += [
                self.memory.en.eq(writes),
                self.memory.write.eq(1),
                self.memory.addr.eq(address),
                self.memory.w_data.eq(w_data),
            ]

        # SETTLE  core and devices are reset, and memory answers what it was asked before
        # READ    the next word comes out of the ROM
        # WRITE   it is asked to be written
        # WAIT    and has been
        # RUN     until the machine stops
        settled = Signal(range(SETTLE_CYCLES))
        begin   = [self.resets_core.eq(1), settled.eq(0), index.eq(0), erases.eq(0),
                   self.is_booting.eq(1)]
        with m.FSM():
            with m.State("SETTLE"):
                m.d.comb += self.resets_devices.eq(1)
                with m.If(settled != SETTLE_CYCLES - 1):
                    m.d.sync += settled.eq(settled + 1)
                with m.Elif(self.memory.done & self.fetch_done):
                    m.next = "READ"
            with m.State("READ"):
                m.next = "WRITE"
            with m.State("WRITE"):
                m.d.comb += writes.eq(1)
                m.next = "WAIT"
            with m.State("WAIT"):
                with m.If(self.memory.done):
                    m.d.sync += index.eq(index + 1)
                    m.next = "READ"
                    with m.If(index == words - 1):
                        m.d.sync += [self.resets_core.eq(0), self.is_booting.eq(~erases)]
                        m.next = "RUN"
            with m.State("RUN"):
                with m.If(self.has_stopped):
                    m.d.sync += [*begin, why.eq(Mux(self.is_booting, Why.LOADER_STOPPED,
                                                    Why.PROGRAM_STOPPED))]
                    with m.If(self.is_booting & (stop == Stop.HALT)
                              & (self.exit_code_at_stop == 0)):
                        m.d.sync += erases.eq(1)
                    m.next = "SETTLE"
                with m.If(self.restart):
                    m.d.sync += [*begin, why.eq(Why.BUTTON)]
                    m.next = "SETTLE"

        return m

    def _elaborate_cause(self, m):
        """What stopped the machine last: kind of stop, reason of the fault, address; and how many
        cycles it had run, as far as 31 bits count."""
        stop, reason, ip, exit_code = Signal(8), Signal(8), Signal(32), Signal(32)
        cycles, cycles_at_stop = Signal(31), Signal(31)
        m.d.sync += cycles.eq(Mux(self.resets_core, 0, cycles + ~cycles.all()))
        with m.If(self.traces & (self.kind == Kind.STOP)):
            m.d.sync += [stop.eq(self.code), exit_code.eq(self.exit_code),
                         cycles_at_stop.eq(cycles)]
        with m.Elif(self.traces):
            m.d.sync += [ip.eq(self.ip), reason.eq(self.code)]
        self.exit_code_at_stop = exit_code
        return stop, reason, ip, cycles_at_stop

    def _elaborate_light(self, m):
        """Notice what the loader stores to the word of its light."""
        port = self.core
        is_light, value = Signal(), Signal(32)
        m.d.sync += [
            is_light.eq(self.is_booting & port.en & port.write
                        & (port.addr == self.ram_words - LIGHT_WORDS)),
            value.eq(port.w_data),
        ]
        with m.If(is_light):
            m.d.sync += self.light.eq(value)
