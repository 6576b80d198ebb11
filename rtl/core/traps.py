"""Traps: interrupts and faults are taken here, and the interrupt table's own words live here."""

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from isa.machine import (
    ENABLED,
    ENTRY_TABLE,
    FAULT_REASON,
    FRAME_IP,
    HIGHEST_INTERRUPT,
    RESERVED_LIMIT,
    Interrupt,
)
from isa.trace import Kind, Stop
from rtl.bus import MemBus, PeripheralBus, Reason
from rtl.checks import check_bool, check_integer, check_sources

__all__ = ["Cause", "TrapRequest", "TrapResult", "Traps"]


class Cause(enum.Enum, shape=unsigned(2)):
    """Why execute needs a trap."""
    FAULT      = 0
    SOFTWARE   = 1  # `int`, with any number
    PERIPHERAL = 2  # a pending interrupt
    HALT       = 3


class TrapRequest(data.Struct):
    valid:   1
    cause:   Cause
    number:  32      # SOFTWARE
    reason:  Reason  # FAULT
    ip:      32      # of the instruction in execute
    next_ip: 32      # SOFTWARE


class TrapResult(data.Struct):
    """What became of it, as a trace record and as the way to go on."""
    valid: 1
    kind:  unsigned(3)  # `Kind`
    code:  unsigned(8)
    jumps: 1            # go on at `ip`; else with the instruction, or behind an `int`
    ip:    32


class Trap(data.Struct):
    """What is being taken."""
    cause:       Cause
    number:      32      # of what began as an interrupt
    entry:       33      # where its handler's address is
    source:      8       # of PERIPHERAL
    is_fault:    1       # from the beginning, or because the interrupt cannot be taken
    why:         Reason  # of the fault
    is_return:   1       # it is a return, and not a fault
    is_refused:  1       # ...of code that may not
    is_unmasked: 1       # by its number


class Traps(wiring.Component):
    """Takes interrupts and faults by the steps of the manual's section 3.

    From request to result, with memory that answers at once: 4 cycles, a return 1.

    Parameters
    ----------
    ram_words : int
        Size of RAM.
    sources : tuple of int
        Interrupt numbers of the peripherals, in rising order.
    drops_masked : bool
        No interrupt of a peripheral is pending while masked: one that comes then is lost.

    Members
    -------
    request : In(TrapRequest)
        Held, all but `valid`, until the result. No register is written from the next cycle on.
    result : Out(TrapResult)
    busy : Out(1)
        A request is being worked at, or the machine has stopped.
    stop : Out(1)
        Strobe, after the result that was the cause: the machine stops, with `stop_code`.
    stop_code : Out(8)
        `isa.trace.Stop`.
    irq : In(len(sources))
        Strobes of the peripherals, in the order of `sources`.
    wants : Out(1)
        A pending interrupt may be taken: the next request may be PERIPHERAL.
    is_enabled : Out(1)
        Interrupts are not masked.
    is_privileged : In(1)
        As the instruction in execute is.
    translates : Out(1)
        Translation is on.
    returned : Out(1)
        Strobe: a return from interrupt.
    save, restore : Out(1)
        To the register file.
    mem : Out(MemBus)
        Reads handlers' addresses.
    hold : Out(1)
        This may be the cycle of a return, in which nobody else may access the table.
    bus : In(PeripheralBus)
        The table's words `ENABLED`, `FRAME_IP`, `FAULT_REASON` and `HIGHEST_INTERRUPT`.
    """
    def __init__(self, *, ram_words, sources, drops_masked=False):
        self.ram_words = check_integer("ram_words", ram_words, least=RESERVED_LIMIT + 1,
                                       most=1 << 32)
        self.sources   = check_sources(sources)
        self.drops_masked = check_bool("drops_masked", drops_masked)
        super().__init__({
            "request":       In(TrapRequest),
            "result":        Out(TrapResult),
            "busy":          Out(1),
            "stop":          Out(1),
            "stop_code":     Out(8),
            "irq":           In(len(sources)),
            "wants":         Out(1),
            "is_enabled":    Out(1, init=1),
            "is_privileged": In(1),
            "translates":    Out(1),
            "returned":      Out(1),
            "save":          Out(1),
            "restore":       Out(1),
            "mem":           Out(MemBus),
            "hold":          Out(1),
            "bus":           In(PeripheralBus),
        })

    def elaborate(self, platform):
        m = Module()
        request, result, mem = self.request, self.result, self.mem

        enabled  = Signal(32, init=1)
        saved_ip = Signal(32)
        reason   = Signal(32)
        highest  = Signal(32, init=max((Interrupt.FAULT, *self.sources)))
        words = {ENABLED: enabled, FRAME_IP: saved_ip, FAULT_REASON: reason,
                 HIGHEST_INTERRUPT: highest}
        self._elaborate_bus(m, words)

        accepts = Signal()  # the lowest peripheral's interrupt that is pending
        pending_number = self._elaborate_pending(m, accepts)
        trap     = Signal(Trap)
        in_fault = Signal()  # between taking a fault and the return from its handler

        # Of words that change long before they matter. As they take effect a cycle later, their
        # many bits are not looked at in a row with a decision.
        has_handlers, has_saved_ip = Signal(), Signal()
        m.d.sync += [has_handlers.eq(highest != 0), has_saved_ip.eq(saved_ip != 0)]

        def faults(reason):
            """An interrupt that cannot be taken becomes a fault, which is looked at next."""
            m.d.sync += [trap.is_fault.eq(1), trap.is_return.eq(0), trap.why.eq(reason)]

        def rests():
            m.d.sync += self.busy.eq(0)
            m.next = "IDLE"

        def stops(code):
            m.d.comb += result.valid.eq(1)
            m.d.sync += self.stop_code.eq(code)
            m.next = "STOP"

        m.d.comb += mem.req.payload.addr.eq(
            Mux(trap.is_fault, ENTRY_TABLE + Interrupt.FAULT, trap.entry))
        self._tell(m, trap)

        # IDLE     nothing to do
        # DECIDE   masked, a return, out of range? Else the handler's address is asked for
        # HEAR     it comes, and is entered if there is one
        # STOP     one cycle behind the cause, so that its record goes first
        m.d.sync += [self.hold.eq(0), self.restore.eq(0)]
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += accepts.eq(request.valid & (request.cause == Cause.PERIPHERAL))
                self._take(m, trap, pending_number)
                with m.If(request.valid):
                    m.d.sync += [self.hold.eq(1), self.busy.eq(1)]
                    m.next = "DECIDE"
            with m.State("DECIDE"):
                with m.If(trap.is_return):
                    m.d.sync += [saved_ip.eq(0), in_fault.eq(0)]
                    with m.If(~has_saved_ip):
                        faults(Reason.INVALID_INTERRUPT)
                    with m.Else():
                        m.d.sync += enabled.eq(1)
                        rests()
                with m.Elif(trap.is_fault):
                    m.d.sync += reason.eq(trap.why)
                    with m.If(in_fault):
                        stops(Stop.DOUBLE_FAULT)
                    with m.Elif(~has_handlers):
                        stops(Stop.NO_HANDLER)
                    with m.Else():
                        m.d.comb += mem.req.valid.eq(1)
                with m.Elif(trap.cause == Cause.HALT):
                    stops(Stop.HALT)
                with m.Elif(trap.is_refused):
                    faults(Reason.INVALID_INTERRUPT)
                with m.Elif(~self.is_enabled & ~trap.is_unmasked):
                    m.d.comb += result.valid.eq(1)
                    rests()
                with m.Elif(trap.number > highest):
                    faults(Reason.INVALID_INTERRUPT)
                with m.Elif(trap.entry >= self.ram_words):
                    faults(Reason.OUT_OF_BOUNDS)
                with m.Else():
                    m.d.comb += mem.req.valid.eq(1)
                with m.If(mem.req.valid & mem.req.ready):
                    m.next = "HEAR"
            with m.State("HEAR"):
                m.d.comb += mem.rsp.ready.eq(1)
                with m.If(mem.rsp.valid & (mem.rsp.payload.data != 0)):
                    self._enter(m, mem.rsp.payload.data)
                    with m.If(self.is_enabled):
                        is_call = (trap.cause == Cause.SOFTWARE) & ~trap.is_fault
                        m.d.sync += saved_ip.eq(Mux(is_call, request.next_ip, request.ip))
                    with m.If(trap.is_fault):
                        m.d.sync += in_fault.eq(1)
                    m.d.sync += enabled.eq(0)
                    rests()
                with m.Elif(mem.rsp.valid & trap.is_fault):
                    stops(Stop.NO_HANDLER)
                with m.Elif(mem.rsp.valid):
                    m.d.comb += result.valid.eq(1)
                    rests()
            with m.State("STOP"):
                m.d.comb += self.stop.eq(1)
                m.next = "STOPPED"
            with m.State("STOPPED"):
                pass

        # In DECIDE. Whoever hears of it is far away, and cannot wait for the state to be told.
        with m.If(self.restore & has_saved_ip):
            self._return(m, saved_ip)

        return m

    def _take(self, m, trap, pending_number):
        """Take up a request, if there is one."""
        request = self.request
        asked   = Mux(request.cause == Cause.PERIPHERAL, pending_number, request.number)
        returns = (request.cause == Cause.SOFTWARE) & (request.number == Interrupt.RETURN)
        m.d.sync += self.restore.eq(request.valid & returns & self.is_privileged)
        m.d.sync += [
            trap.cause.eq(request.cause),
            trap.source.eq(pending_number),
            trap.is_fault.eq(request.cause == Cause.FAULT),
            trap.why.eq(request.reason),
            trap.number.eq(asked),
            trap.entry.eq(asked + ENTRY_TABLE),
            trap.is_return.eq(returns & self.is_privileged),
            trap.is_refused.eq(returns & ~self.is_privileged),
            trap.is_unmasked.eq(asked == Interrupt.FAULT),
        ]

    def _tell(self, m, trap):
        """What the trace says of it."""
        result = self.result
        m.d.comb += result.kind.eq(Kind.INSN)
        with m.If(trap.cause == Cause.PERIPHERAL):
            m.d.comb += [result.kind.eq(Kind.INTERRUPT), result.code.eq(trap.source)]
        with m.Elif(trap.is_fault):
            m.d.comb += [result.kind.eq(Kind.FAULT), result.code.eq(trap.why)]

    def _return(self, m, ip):
        """Go on where the program was interrupted, with interrupts and translation on."""
        result = self.result
        m.d.comb += [self.returned.eq(1), result.valid.eq(1), result.jumps.eq(1), result.ip.eq(ip)]
        m.d.sync += [self.is_enabled.eq(1), self.translates.eq(1)]

    def _enter(self, m, handler):
        """Go on in a handler, with interrupts and translation off."""
        m.d.comb += [
            self.save.eq(self.is_enabled),
            self.result.valid.eq(1),
            self.result.jumps.eq(1),
            self.result.ip.eq(handler),
        ]
        m.d.sync += [self.is_enabled.eq(0), self.translates.eq(0)]

    def _elaborate_pending(self, m, accepts):
        """Interrupts that peripherals asked for; gives the lowest one's number."""
        pending = Signal(len(self.sources))
        number  = Signal(8, name="pending_number")
        lowest  = pending & -pending
        m.d.comb += self.wants.eq(pending.any() & self.is_enabled)
        for n, source in reversed(list(enumerate(self.sources))):
            with m.If(pending[n]):
                m.d.comb += number.eq(source)
        m.d.sync += pending.eq(Mux(accepts, pending & ~lowest, pending) | self.irq)
        if self.drops_masked:
            with m.If(~self.is_enabled):
                m.d.sync += pending.eq(0)
        return number

    def _elaborate_bus(self, m, words):
        """The four words, as plain memory. What a trap writes in the same cycle wins."""
        bus = self.bus
        with m.Switch(bus.addr):
            for address, word in words.items():
                with m.Case(address):
                    with m.If(bus.r_stb):
                        m.d.sync += bus.r_data.eq(word)
                    with m.If(bus.w_stb):
                        m.d.sync += word.eq(bus.w_data)
                        if address == ENABLED:
                            m.d.sync += self.is_enabled.eq(bus.w_data != 0)
