"""Account: what each cycle of the processor goes into."""

from amaranth import Module, Signal, unsigned
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from rtl.core.control import Unit

__all__ = ["Account", "Flow", "Progress", "Spent"]


class Spent(enum.Enum, shape=unsigned(4)):
    """What a cycle goes into: an instruction that leaves execute, or why none does."""
    USED         = 0   # an instruction leaves execute; it may be a jump that fetch did not foresee
    MISPREDICTED = 1   # refetching behind a jump
    LOAD_USE     = 2   # the next instruction needs what was loaded just before it
    RESULT_USE   = 3   # ...or the product, quotient or floating-point result
    DIVIDER      = 4
    FLOAT        = 5   # the FPU
    FETCH        = 6   # the instruction stream is not there: a start, memory that is slow
    INSN_TLB     = 7   # a walk of the page table for fetch
    DATA_TLB     = 8   # ...and for a load or store
    MEMORY       = 9   # RAM is busy, or answers late
    WINDOW       = 10  # an access below `RESERVED_LIMIT`, and the refetching behind such a store
    TRAP         = 11  # interrupts, faults, `int` and `halt`, and returns from interrupt
    STALE        = 12  # refetching of what was overwritten after it had been fetched
    ASLEEP       = 13  # in a `wait`
    STOPPED      = 14  # for good


class Flow(enum.Enum, shape=unsigned(3)):
    """Where the program goes in a cycle; the address is that of the next cycle's instruction."""
    ON    = 0  # straight on, or by a conditional or relative jump
    CALL  = 1  # by a `jmp` that is a call
    JUMP  = 2  # by another `jmp`: it may be a return
    ENTER = 3  # into a handler
    LEAVE = 4  # out of one: a return from interrupt


class Progress(data.Struct):
    """What execute does in a cycle; the account looks at nothing else of it."""
    valid:     1     # there is an instruction
    completes: 1     # it leaves, and has done all that it has to
    traps:     1     # a trap is asked for, or under way
    acts:      1     # nothing comes before it
    is_stale:  1     # it was overwritten since it was fetched
    room:      1     # retire takes an instruction
    unit:      Unit
    unit_done: 1
    asleep:    1
    hit:       1     # the address translation has an answer
    is_low:    1     # the access takes the slow way
    flow:      Flow  # of a trap ENTER, be it a return or not
    leads:     1     # all that was fetched is void
    refetches: 1     # ...since it is stale
    remaps:    1     # ...since memory may be mapped otherwise


class Account(wiring.Component):
    """Names what each cycle goes into. It watches, and nothing depends on it.

    A cycle in which an instruction leaves execute is `USED`. Any other is put down to what keeps
    the instruction in execute or, without one, to what keeps the stages before from sending one:
    the last redirection, until the first instruction from there arrives, but for what fetch waits
    for itself. So each cycle has one cause, and all together are the time that the program takes.

    Members
    -------
    progress : In(Progress)
        Of execute.
    retire_waits : In(1)
        For an answer of memory.
    decode_waits : In(1)
        For an operand.
    fetch_misses, fetch_slow : In(1)
        Fetch waits for a walk of the page table; for a word that may be no RAM.
    returned : In(1)
        A trap ends as a return from interrupt.
    stopped : In(1)
    spent : Out(Spent)
    flow : Out(Flow)
    """
    progress:     In(Progress)
    retire_waits: In(1)
    decode_waits: In(1)
    fetch_misses: In(1)
    fetch_slow:   In(1)
    returned:     In(1)
    stopped:      In(1)
    spent:        Out(Spent)
    flow:         Out(Flow)

    def elaborate(self, platform):
        m = Module()
        x, spent = self.progress, self.spent

        # Why execute has nothing, once it has nothing.
        empty   = Signal(Spent, init=Spent.FETCH)  # since the last redirection, or a walk
        waited  = Signal()                         # decode, in the cycle before
        operand = Signal(Spent)                    # ...for this
        m.d.sync += [waited.eq(self.decode_waits), operand.eq(Spent.RESULT_USE)]
        with m.If(self.retire_waits):
            m.d.sync += operand.eq(Spent.MEMORY)
        with m.Elif(x.unit == Unit.LOAD):
            m.d.sync += operand.eq(Spent.LOAD_USE)

        m.d.comb += self.flow.eq(x.flow)
        with m.If(self.returned):
            m.d.comb += self.flow.eq(Flow.LEAVE)

        with m.If(x.leads):
            m.d.sync += empty.eq(Spent.MISPREDICTED)
            with m.If(x.flow == Flow.ENTER):
                m.d.sync += empty.eq(Spent.TRAP)
            with m.Elif(x.refetches):
                m.d.sync += empty.eq(Spent.STALE)
            with m.Elif(x.remaps):
                m.d.sync += empty.eq(Spent.WINDOW)
        with m.Elif(x.valid):
            m.d.sync += empty.eq(Spent.FETCH)
        with m.Elif(self.fetch_misses & (empty == Spent.FETCH)):
            m.d.sync += empty.eq(Spent.INSN_TLB)

        with m.If(self.stopped):
            m.d.comb += spent.eq(Spent.STOPPED)
        with m.Elif(x.traps):
            m.d.comb += spent.eq(Spent.TRAP)
        with m.Elif(x.completes):
            m.d.comb += spent.eq(Spent.USED)
        with m.Elif(~x.valid):
            m.d.comb += spent.eq(empty)
            with m.If(self.fetch_misses):
                m.d.comb += spent.eq(Spent.INSN_TLB)
            with m.Elif(self.fetch_slow):
                m.d.comb += spent.eq(Spent.WINDOW)
            with m.Elif(waited):
                m.d.comb += spent.eq(operand)
        with m.Else():
            self._elaborate_held(m)

        return m

    def _elaborate_held(self, m):
        """What keeps the instruction in execute, if nothing else is said of the cycle."""
        x, spent = self.progress, self.spent
        m.d.comb += spent.eq(Spent.MEMORY)
        with m.If(~x.acts):
            m.d.comb += spent.eq(Spent.MISPREDICTED)
            with m.If(x.is_stale):
                m.d.comb += spent.eq(Spent.STALE)
        with m.Elif(~x.room):
            m.d.comb += spent.eq(Spent.MEMORY)
        with m.Elif(x.asleep):
            m.d.comb += spent.eq(Spent.ASLEEP)
        with m.Elif(~x.unit_done):
            m.d.comb += spent.eq(Spent.FLOAT)
            with m.If(x.unit == Unit.DIVIDE):
                m.d.comb += spent.eq(Spent.DIVIDER)
        with m.Elif(x.is_low):
            m.d.comb += spent.eq(Spent.WINDOW)
        with m.Elif(~x.hit):
            m.d.comb += spent.eq(Spent.DATA_TLB)
