"""Core: the pipeline, and everything that belongs to the processor but memory and devices."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa import REGISTERS
from isa.machine import RESERVED_LIMIT
from isa.trace import Kind
from rtl.bus import MemBus, PeripheralBus, TranslateBus
from rtl.checks import (
    check_bool,
    check_integer,
    check_power_of_two,
    check_sources,
    check_windows,
)
from rtl.core.account import Account, Flow, Spent
from rtl.core.arbiter import Arbiter
from rtl.core.decode import Decode
from rtl.core.execute import Execute
from rtl.core.exit_code import ExitCode
from rtl.core.fetch import Fetch
from rtl.core.queue import FetchQueue
from rtl.core.registers import Registers
from rtl.core.reserved import Reserved, is_reserved
from rtl.core.retire import Retire, TraceRecord
from rtl.core.traps import Traps
from rtl.core.watch import StoreWatch
from rtl.memory.ports import DataPort, FetchPort

__all__ = ["Core", "CoreStatus"]


# What somebody who watches the processor can see at any time:
#
# * `retires`: an instruction retires;
# * `stopped`: for good;
# * `asleep`: in a `wait`;
# * `is_enabled`: interrupts are not masked;
# * `ip`: of the next instruction to retire;
# * `live_bank`, `live_zero`: where the registers' values are, see `Registers`;
# * `spent`: what the cycle goes into, and `flow`: where the program goes in it, see `Account`.
CoreStatus = wiring.Signature({
    "retires":    Out(1),
    "stopped":    Out(1),
    "asleep":     Out(1),
    "is_enabled": Out(1),
    "ip":         Out(32),
    "live_bank":  Out(REGISTERS),
    "live_zero":  Out(REGISTERS),
    "spent":      Out(Spent),
    "flow":       Out(Flow),
})


class Core(wiring.Component):
    """The processor.

    Parameters
    ----------
    ram_words : int
        Size of RAM.
    fpu : bool
        Whether the floating-point instructions are there.
    windows : list of (int, int)
        Address and size of each peripheral's window, packed one after another.
    sources : tuple of int
        Numbers of the peripherals' interrupts, in rising order.
    masters : int
        How many others use memory through the core's data port.
    target_entries, return_entries : int
        Sizes of branch target buffer and return stack; powers of two, at least 2.
    drops_masked : bool
        A peripheral's interrupt that comes while interrupts are masked is lost.

    Members
    -------
    fetch_port : Out(FetchPort)
    data_port : Out(DataPort)
    insn_translate, data_translate : Out(TranslateBus)
        To the MMU.
    translates : Out(1)
        Translation is on.
    returned : Out(1)
        Strobe: a return from interrupt.
    is_privileged : In(1)
        Translation is not active.
    windows : Out(PeripheralBus).array(len(windows))
    masters : In(MemBus).array(masters)
        Those with lower numbers go first.
    irq : In(len(sources))
    traces : Out(1)
        There is a trace record.
    trace : Out(TraceRecord)
        In the cycle after that in which it passed execute.
    trace_is_slow : Out(1)
        The record is of an access to a window, which was strobed three cycles before.
    status : Out(CoreStatus)
    exit_code : Out(32)
        What r0 is, once the machine has stopped.
    """
    def __init__(self, *, ram_words, fpu, windows, sources, masters, target_entries,
                 return_entries, drops_masked=False):
        self.ram_words      = check_integer("ram_words", ram_words, least=RESERVED_LIMIT + 1,
                                            most=1 << 32)
        self.fpu            = check_bool("fpu", fpu)
        self.addresses      = check_windows(windows)
        self.sources        = check_sources(sources)
        self.target_entries = check_power_of_two("target_entries", target_entries)
        self.return_entries = check_power_of_two("return_entries", return_entries)
        self.drops_masked   = check_bool("drops_masked", drops_masked)
        check_integer("masters", masters, least=0)
        super().__init__({
            "fetch_port":     Out(FetchPort),
            "data_port":      Out(DataPort),
            "insn_translate": Out(TranslateBus),
            "data_translate": Out(TranslateBus),
            "translates":     Out(1),
            "returned":       Out(1),
            "is_privileged":  In(1),
            "windows":        Out(PeripheralBus).array(len(windows)),
            "masters":        In(MemBus).array(masters),
            "irq":            In(len(sources)),
            "traces":         Out(1),
            "trace":          Out(TraceRecord),
            "trace_is_slow":  Out(1),
            "status":         Out(CoreStatus),
            "exit_code":      Out(32),
        })

    def elaborate(self, platform):
        m = Module()

        reserved_test = is_reserved(self.addresses)
        m.submodules.fetch = fetch = Fetch(
            target_entries=self.target_entries, return_entries=self.return_entries)
        m.submodules.queue     = queue     = FetchQueue()
        m.submodules.decode    = decode    = Decode(fpu=self.fpu)
        m.submodules.execute   = execute   = Execute(fpu=self.fpu)
        m.submodules.retire    = retire    = Retire()
        m.submodules.registers = registers = Registers(reads=2)
        m.submodules.watch     = watch     = StoreWatch()
        m.submodules.traps     = traps     = Traps(
            ram_words=self.ram_words, sources=self.sources, drops_masked=self.drops_masked)
        m.submodules.reserved  = reserved  = Reserved(windows=self.addresses)
        m.submodules.arbiter   = arbiter   = Arbiter(
            ram_words=self.ram_words, masters=3 + len(self.masters), is_reserved=reserved_test)

        # The pipeline, from left to right.
        redirect = execute.redirect
        m.d.comb += [
            queue.i_valid.eq(fetch.o_valid),
            queue.i.eq(fetch.o),
            queue.next_ip.eq(fetch.next_ip),
            fetch.free.eq(queue.free),
            decode.first.eq(queue.first),
            decode.second.eq(queue.second),
            decode.first_ip.eq(queue.first_ip),
            decode.follows.eq(queue.follows),
            queue.take.eq(decode.take),
            decode.executing.eq(execute.forward),
            decode.retiring.eq(retire.forward),
            fetch.redirect.eq(redirect),
            queue.clear.eq(redirect.valid),
            decode.clear.eq(redirect.valid),
            fetch.targets.eq(execute.targets),
            fetch.returns.eq(execute.returns),
            execute.return_top.eq(fetch.return_top),
            retire.product.eq(execute.product),
            fetch.idle.eq(~decode.is_complete & ~decode.o.valid & ~execute.o.valid),
        ]
        connect(m, decode.o, execute.i)
        connect(m, execute.o, retire.i)

        self._connect_registers(m, decode, retire, reserved, registers, traps)

        # Memory.
        connect(m, fetch.port, flipped(self.fetch_port))
        connect(m, arbiter.port, flipped(self.data_port))
        connect(m, fetch.translate, flipped(self.insn_translate))
        connect(m, execute.translate, flipped(self.data_translate))
        connect(m, execute.direct, arbiter.direct)
        connect(m, arbiter.reserved, reserved.port)
        own = (traps.mem, execute.slow, fetch.slow)
        for master, port in zip((*own, *(flipped(p) for p in self.masters)), arbiter.masters,
                                strict=True):
            connect(m, master, port)
        for port, window in zip(reserved.windows, self.windows, strict=True):
            connect(m, port, flipped(window))
        m.d.comb += [
            retire.load_done.eq(arbiter.direct.done),
            retire.load_data.eq(arbiter.direct.r_data),
            watch.asked.eq(fetch.asked),
            watch.asked_addr.eq(fetch.asked_addr),
            watch.wrote.eq(arbiter.wrote),
            watch.wrote_addr.eq(arbiter.wrote_addr),
            execute.is_stale.eq(watch.hit),
        ]

        # Traps.
        connect(m, reserved.traps, traps.bus)
        m.d.comb += [
            traps.request.eq(execute.trap),
            traps.irq.eq(self.irq),
            traps.is_privileged.eq(self.is_privileged),
            arbiter.hold.eq(traps.hold),
            execute.trapped.eq(traps.result),
            execute.trap_busy.eq(traps.busy),
            execute.trap_stop.eq(traps.stop),
            execute.trap_stop_code.eq(traps.stop_code),
            execute.interrupted.eq(traps.wants),
            execute.is_privileged.eq(self.is_privileged),
            self.translates.eq(traps.translates),
            self.returned.eq(traps.returned),
        ]

        self._account(m, fetch, decode, execute, retire, traps)
        self._expose(m, execute, retire, traps, registers)

        return m

    def _account(self, m, fetch, decode, execute, retire, traps):
        """What each cycle goes into."""
        m.submodules.account = account = Account()
        m.d.comb += [
            account.progress.eq(execute.progress),
            account.retire_waits.eq(retire.i.valid & ~retire.i.ready),
            account.decode_waits.eq(decode.waits),
            account.fetch_misses.eq(fetch.translate.valid & ~fetch.translate.hit),
            account.fetch_slow.eq(fetch.slow.req.valid | fetch.slow.rsp.ready),
            account.returned.eq(traps.returned),
            account.stopped.eq(self.status.stopped),
            self.status.spent.eq(account.spent),
            self.status.flow.eq(account.flow),
        ]

    def _expose(self, m, execute, retire, traps, registers):
        """To the outside."""
        has_stopped = Signal()
        with m.If(retire.traces & (retire.trace.kind == Kind.STOP)):
            m.d.sync += has_stopped.eq(1)
        m.d.comb += [
            self.traces.eq(retire.traces),
            self.trace.eq(retire.trace),
            self.trace_is_slow.eq(retire.i.payload.is_slow),
            self.status.retires.eq(retire.retires),
            self.status.stopped.eq(has_stopped),
            self.status.asleep.eq(execute.asleep),
            self.status.is_enabled.eq(traps.is_enabled),
            self.status.ip.eq(execute.ip),
            self.status.live_bank.eq(registers.live_bank),
            self.status.live_zero.eq(registers.live_zero),
        ]

    def _connect_registers(self, m, decode, retire, reserved, registers, traps):
        for n, port in enumerate(registers.read):
            connect(m, decode.read[n], port)
        connect(m, retire.write, registers.write)
        connect(m, reserved.frame_write, registers.frame_write)
        m.d.comb += [
            registers.frame_number.eq(reserved.frame_number),
            reserved.frame_value.eq(registers.frame_value),
            reserved.frame_blocked.eq(retire.forward.valid),
            registers.may_write.eq(retire.forward.valid),
            registers.save.eq(traps.save),
            registers.restore.eq(traps.restore),
        ]

        m.submodules.exit_code = exit_code = ExitCode()
        connect(m, retire.write, exit_code.write)
        connect(m, reserved.frame_write, exit_code.frame_write)
        m.d.comb += [
            exit_code.save.eq(traps.save),
            exit_code.restore.eq(traps.restore),
            self.exit_code.eq(exit_code.value),
        ]
