"""The manual, a trace record at a time: what the core's records have to say of any program.

A model of the machine's state as sections 1 to 5 of the manual have it, moved on by the records
alone. It knows two registers and two words of memory, any of them: whatever is claimed of these is
claimed of all. What a record says that depends on other registers or words is left open there; if
where the program goes on depends on them, the model takes it from the next record, or is lost and
claims no more. Nothing here is taken from the hardware or the golden model.
"""

from functools import reduce
from operator import or_

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from rtl.bus import Access
from rtl.core.retire import TraceRecord

__all__ = ["EFFECTS", "FAULT", "Follower", "INSN", "INT", "INTERRUPT", "IP", "LOADED", "MEMORY",
           "REGISTER"]

# Registers 0 to 63, and 64 for `ip`.
IP = 64

# The interrupt table.
ENABLED, FRAME, SAVED_IP, REASON, COUNT, HANDLERS = 0x00, 0x02, 0x42, 0x43, 0x44, 0x45

# Kinds of records, codes of stops, bits of what an instruction wrote.
INSN, FAULT, INTERRUPT, STOP = 0, 1, 2, 4
HALTED, NO_HANDLER, DOUBLE_FAULT = 0, 1, 2
REGISTER, MEMORY, LOADED = 1, 2, 4

# Reasons of faults.
NONE, INVALID_INSN, UNIMPLEMENTED, OUT_OF_BOUNDS, INVALID_INTERRUPT = 0, 1, 2, 4, 5

HALT, INT, LOAD, STORE, CONSTANT, WAIT = 0, 1, 2, 3, 5, 24
JUMPS = {20: None, 21: 1, 22: 0}           # taken always, if zero, if not zero
RELATIVE_JUMPS = {35: None, 36: 1, 37: 0}


def signed(word):
    return word.as_signed()


# The manual's table: the fields of each instruction, those written with a "=", and what is written
# there if it is a function of s0 and s1 that needs no unit of its own.
EFFECTS = {
    0:  ("",         None),
    1:  ("s0",       None),
    2:  ("=d s0",    None),
    3:  ("d s0",     None),
    4:  ("=d s0",    lambda a, b: a),
    5:  ("=d",       None),
    6:  ("=d s0 s1", lambda a, b: a + b),
    7:  ("=d s0 s1", lambda a, b: a - b),
    8:  ("=d s0 s1", None),
    9:  ("=d s0 s1", None),
    10: ("=d s0 s1", None),
    11: ("=d s0 s1", lambda a, b: a & b),
    12: ("=d s0 s1", lambda a, b: a | b),
    13: ("=d s0",    lambda a, b: ~a),
    14: ("=d s0 s1", lambda a, b: a << b[:5]),
    15: ("=d s0 s1", lambda a, b: a >> b[:5]),
    16: ("=d s0 s1", lambda a, b: a == b),
    17: ("=d s0 s1", lambda a, b: a != b),
    18: ("=d s0 s1", lambda a, b: a < b),
    19: ("=d s0 s1", lambda a, b: b < a),
    20: ("s0",       None),
    21: ("s0 s1",    None),
    22: ("s0 s1",    None),
    23: ("",         None),
    24: ("",         None),
    25: ("=d s0 s1", None),
    26: ("=d s0 s1", None),
    27: ("=d s0 s1", None),
    28: ("=d s0 s1", None),
    29: ("=d s0 s1", None),
    30: ("=d s0 s1", None),
    31: ("=d s0 s1", None),
    32: ("=d s0",    None),
    33: ("=d s0",    None),
    34: ("=d s0",    None),
    35: ("s0",       None),
    36: ("s0 s1",    None),
    37: ("s0 s1",    None),
    38: ("=d s0 s1", lambda a, b: signed(a) < signed(b)),
    39: ("=d s0 s1", lambda a, b: signed(b) < signed(a)),
    40: ("=d s0 s1", None),
    41: ("=d s0 s1", None),
    42: ("=d s0 s1", lambda a, b: signed(a) >> b[:5]),
}


class Follower(wiring.Component):
    """Follows the records, and says what each of them must be.

    Parameters
    ----------
    registers : list of Value
        Number of each register that it knows.
    words : list of Value
        Address of each word of memory that it knows. None of them is a word of the interrupt table
        that is kept elsewhere, or of a window.
    results : dict of int to callable
        What instructions compute, by opcode: functions of s0 and s1.
    program : callable
        Of module, address, activity, and the function that looks up a known word of memory: of
        the word there and of the one behind it, the reason why it cannot be fetched, whether it is
        known, and what it is.
    translate : callable
        Of module, virtual address, access and activity: reason and physical address.
    ram_words : int
    fpu : bool
    paged : Value
        There is a page table: `base` is not 0.

    Members
    -------
    traces, record
        The core's.

    Attributes
    ----------
    claims : list of (str, Value, Value)
        Group of a claim, when it is one, and what must be then.
    """
    def __init__(self, *, registers, words, results, program, translate, ram_words, fpu, paged):
        self.results, self.program = results, program
        self.registers, self.words = registers, words
        self.translate, self.ram_words, self.fpu = translate, ram_words, fpu
        self.paged  = paged
        self.claims = []
        # State that the harness lets begin anyhow, by its names.
        self.enabled    = Signal(32, attrs={"keep": 1})
        self.saved_ip   = Signal(32, attrs={"keep": 1})
        self.reason     = Signal(32, attrs={"keep": 1})
        self.count      = Signal(32, attrs={"keep": 1})
        self.in_fault   = Signal(attrs={"keep": 1})
        self.translates = Signal(attrs={"keep": 1})
        self.live, self.frame = ([Signal(32, name=f"{name}{n}", attrs={"keep": 1})
                                  for n in range(len(registers))] for name in ("live", "frame"))
        super().__init__({"traces": In(1), "record": In(TraceRecord)})

    def claim(self, group, when, must):
        self.claims.append((group, when, must))

    def elaborate(self, platform):
        m = Module()
        record = self.record

        # --- state -------------------------------------------------------------------------------

        live, frame = self.live, self.frame
        word = [Signal(32, name=f"word{n}", attrs={"keep": 1}) for n in range(len(self.words))]

        next_ip    = Signal(32, init=0x1000)
        is_known   = Signal(init=1)   # `next_ip` is
        is_lost    = Signal()
        is_stopped = Signal()
        stop_due   = Signal()         # the next cycle has this record
        stop_code  = Signal(8)

        # --- the record --------------------------------------------------------------------------

        happens  = Signal()  # what is followed happens
        is_insn, is_fault, is_interrupt = Signal(), Signal(), Signal()
        m.d.comb += [
            happens.eq(self.traces & ~is_lost),
            is_insn.eq(happens & (record.kind == INSN)),
            is_fault.eq(happens & (record.kind == FAULT)),
            is_interrupt.eq(happens & (record.kind == INTERRUPT)),
        ]
        ip      = record.ip
        enabled = self.enabled != 0
        active  = self.translates & self.paged

        def stored(address, name):
            """Whether the word at an address is known, and what it is."""
            known, value = Signal(name=f"{name}_known"), Signal(32, name=name)
            for where, content in zip(self.words, word, strict=True):
                with m.If(address == where):
                    m.d.comb += [known.eq(1), value.eq(content)]
            return known, value

        (fetch_reason, at_ip_known, at_ip), (second_reason, imm_known, imm) = (
            self.program(m, ip, active, stored))

        # A fault's record has no instruction, so that is looked up.
        w, w_known = Signal(32), Signal()
        m.d.comb += [
            w.eq(Mux(is_insn, record.insn, at_ip)),
            w_known.eq(is_insn | (at_ip_known & (fetch_reason == NONE))),
        ]
        op, field = w[24:], {"d": w[16:24], "s0": w[8:16], "s1": w[:8]}

        def operand(name):
            known, value = Signal(name=f"{name}_known"), Signal(32, name=f"{name}_value")
            for number, content in zip(self.registers, live, strict=True):
                with m.If(field[name] == number):
                    m.d.comb += [known.eq(1), value.eq(content)]
            with m.If(field[name] == IP):
                m.d.comb += [known.eq(1), value.eq(ip)]
            return known, value

        (d_known, d), (a_known, a), (b_known, b) = (operand(name) for name in ("d", "s0", "s1"))

        # --- what the instruction is, from the table ---------------------------------------------

        is_op, is_bad, writes = Signal(), Signal(), Signal()
        computes, result, all_known = Signal(), Signal(32), Signal()
        with m.Switch(op):
            for opcode, (fields, _) in EFFECTS.items():
                with m.Case(opcode):
                    used  = fields.replace("=", "").split()
                    reads = [{"d": d_known, "s0": a_known, "s1": b_known}[name] for name in used
                             if f"={name}" not in fields]
                    m.d.comb += [
                        is_op.eq(1),
                        writes.eq("=" in fields),
                        all_known.eq(Cat(reads).all()),
                        is_bad.eq(reduce(or_, (field[name] > IP - (f"={name}" in fields)
                                               for name in used), Const(0))),
                    ]
                    if opcode in self.results:
                        m.d.comb += [computes.eq(1), result.eq(self.results[opcode](a, b))]
        is_float = reduce(or_, (op == opcode for opcode in range(25, 35)))

        # --- whether it faults, and why ----------------------------------------------------------

        is_load, is_store, is_int = op == LOAD, op == STORE, op == INT
        va = Mux(is_store, d, a)
        data_reason, data_pa = self.translate(m, va, Mux(is_store, Access.WRITE, Access.READ),
                                              active, "data")
        why, why_known = Signal(3), Signal()
        m.d.comb += why_known.eq(w_known)
        with m.If(fetch_reason != NONE):
            m.d.comb += [why.eq(fetch_reason), why_known.eq(1)]
        with m.Elif((op == CONSTANT) & (second_reason != NONE)):
            m.d.comb += why.eq(second_reason)
        with m.Elif(is_float & (not self.fpu)):
            m.d.comb += why.eq(UNIMPLEMENTED)
        with m.Elif(~is_op | is_bad | ((op == HALT) & active)):
            m.d.comb += why.eq(INVALID_INSN)
        with m.Elif(is_load | is_store):
            m.d.comb += [why.eq(data_reason),
                         why_known.eq(w_known & Mux(is_store, d_known, a_known))]
        with m.Elif(is_int):
            m.d.comb += why_known.eq(w_known & a_known)
            with m.If(a == 0):
                m.d.comb += why.eq(Mux(active | (self.saved_ip == 0), INVALID_INTERRUPT, NONE))
            with m.Elif(~enabled & (a != 1)):
                m.d.comb += why.eq(NONE)
            with m.Elif(a > self.count):
                m.d.comb += why.eq(INVALID_INTERRUPT)
            with m.Elif((a + HANDLERS) >= self.ram_words):
                m.d.comb += why.eq(OUT_OF_BOUNDS)

        # --- claims ------------------------------------------------------------------------------

        self.claim("ip", (is_insn | is_fault | is_interrupt) & is_known, ip == next_ip)

        self.claim("word", is_insn & at_ip_known, w == at_ip)
        self.claim("word", is_insn & (op == CONSTANT) & imm_known, record.imm == imm)

        self.claim("fault", is_insn, ~why_known | (why == NONE))
        self.claim("fault", is_fault, ~why_known | (why == record.code))
        self.claim("fault", is_fault, (record.code > 0) & (record.code <= INVALID_INTERRUPT))

        flags = (Mux(writes, REGISTER, 0) | Mux(is_store, MEMORY, 0) | Mux(is_load, LOADED, 0))
        self.claim("value", is_insn, (record.wrote == flags) & (op != WAIT))
        self.claim("value", is_insn & writes, record.d == field["d"])
        self.claim("value", is_insn & computes & all_known, record.value == result)
        self.claim("value", is_insn & is_load, record.value == record.data)
        self.claim("value", is_insn & (op == CONSTANT), record.value == record.imm)

        address = record.address
        self.claim("access", is_insn & is_load & a_known, address == data_pa)
        self.claim("access", is_insn & is_store & d_known, address == data_pa)
        self.claim("access", is_insn & is_store & a_known, record.data == a)
        table = {ENABLED: self.enabled, SAVED_IP: self.saved_ip, REASON: self.reason,
                 COUNT: self.count}
        for where, content in zip(self.words, word, strict=True):
            self.claim("access", is_insn & is_load & (address == where), record.data == content)
        for where, content in table.items():
            self.claim("table", is_insn & is_load & (address == where), record.data == content)
        for number, content in zip(self.registers, frame, strict=True):
            self.claim("table", is_insn & is_load & (address == FRAME + number),
                       record.data == content)

        # --- what it does to the state -----------------------------------------------------------

        with m.If(happens):
            m.d.sync += is_known.eq(1)
        with m.If(is_insn):
            m.d.sync += next_ip.eq(ip + Mux(op == CONSTANT, 2, 1))
            for jumps, base in ((JUMPS, Const(0)), (RELATIVE_JUMPS, ip)):
                for opcode, if_zero in jumps.items():
                    with m.If(op == opcode):
                        m.d.sync += is_known.eq(all_known)
                        if if_zero is None:
                            m.d.sync += next_ip.eq(base + a)
                        else:
                            with m.If((a == 0) == if_zero):
                                m.d.sync += next_ip.eq(base + b)
            for number, content in zip(self.registers, live, strict=True):
                with m.If(writes & (field["d"] == number)):
                    m.d.sync += content.eq(record.value)
            with m.If(is_store):
                for where, content in table.items():
                    with m.If(address == where):
                        m.d.sync += content.eq(record.data)
                for number, content in zip(self.registers, frame, strict=True):
                    with m.If(address == FRAME + number):
                        m.d.sync += content.eq(record.data)
                for where, content in zip(self.words, word, strict=True):
                    with m.If(address == where):
                        m.d.sync += content.eq(record.data)

        # --- interrupts: the manual's steps ------------------------------------------------------

        # Return, which empties the frame even if it cannot be carried out.
        returns = Signal()
        m.d.comb += returns.eq((is_insn | is_fault) & w_known & is_int & ~is_bad & a_known
                               & (a == 0) & ~active & (fetch_reason == NONE))
        restored = [Mux(returns, saved, now) for now, saved in zip(live, frame, strict=True)]
        with m.If(returns):
            for now, saved in zip(live, frame, strict=True):
                m.d.sync += [now.eq(saved), saved.eq(0)]
            m.d.sync += [self.saved_ip.eq(0), self.in_fault.eq(0)]
            with m.If(is_insn):
                m.d.sync += [next_ip.eq(self.saved_ip), self.enabled.eq(1), self.translates.eq(1)]

        # An interrupt that is tried to be taken: its number; and as what.
        tries, as_fault, number, saved = Signal(), Signal(), Signal(32), Signal(32)
        m.d.comb += saved.eq(ip)
        with m.If(is_insn & is_int & (a != 0) & (enabled | (a == 1))):
            m.d.comb += [tries.eq(1), number.eq(a), saved.eq(ip + 1)]
        with m.Elif(is_fault | (is_interrupt & (record.code > self.count))):
            m.d.comb += [tries.eq(1), as_fault.eq(1), number.eq(1)]
        with m.Elif(is_interrupt):
            m.d.comb += [tries.eq(1), number.eq(record.code)]
        handler_known, handler = stored((number + HANDLERS)[:32], "handler")
        double = as_fault & self.in_fault & ~returns

        with m.If(as_fault & tries):
            m.d.sync += self.reason.eq(Mux(is_fault, record.code, INVALID_INTERRUPT))
        with m.If(is_interrupt):
            m.d.sync += next_ip.eq(ip)
        with m.If(double & tries):
            m.d.sync += [stop_due.eq(1), stop_code.eq(DOUBLE_FAULT)]
        with m.Elif(as_fault & tries & ((self.count == 0) | (handler_known & (handler == 0)))):
            m.d.sync += [stop_due.eq(1), stop_code.eq(NO_HANDLER)]
        with m.Elif(tries & ~handler_known):
            m.d.sync += is_lost.eq(1)
        with m.Elif(tries & (handler != 0)):
            with m.If(enabled):
                m.d.sync += self.saved_ip.eq(saved)
                m.d.sync += [content.eq(now) for content, now in zip(frame, restored, strict=True)]
            with m.If(as_fault):
                m.d.sync += self.in_fault.eq(1)
            m.d.sync += [self.enabled.eq(0), self.translates.eq(0), next_ip.eq(handler)]
        # What it was, or whether a return emptied the frame, is not to be known.
        with m.If((is_insn & is_int & ~a_known)
                  | (is_fault & (record.code == INVALID_INTERRUPT) & ~(w_known & a_known))):
            m.d.sync += is_lost.eq(1)

        # --- stopping ----------------------------------------------------------------------------

        with m.If(is_insn & (op == HALT)):
            m.d.sync += [stop_due.eq(1), stop_code.eq(HALTED)]
        with m.If(stop_due):
            m.d.sync += [stop_due.eq(0), is_stopped.eq(1)]
        self.claim("stop", stop_due & ~is_lost,
                   self.traces & (record.kind == STOP) & (record.code == stop_code))
        self.claim("stop", happens & (record.kind == STOP), stop_due)
        self.claim("stop", is_stopped & ~is_lost, ~self.traces)

        self.is_insn, self.is_fault, self.is_interrupt = is_insn, is_fault, is_interrupt
        self.is_lost, self.is_enabled  = is_lost, enabled
        self.returns = returns  # even if it is refused
        self.computes, self.all_known, self.why_known = computes, all_known, why_known
        self.was_insn = Signal()  # the last cycle had the record of an instruction
        m.d.sync += self.was_insn.eq(is_insn)
        return m
