"""Register file: the general registers, and the frame that an interrupt saves them to.

Saving 64 registers to the interrupt table, or loading them from there, takes one cycle, because
nothing is copied. There are two banks of 64 words. For each register one bit says which bank holds
its live value, another which bank holds its word of the frame; to save is to copy the first 64 bits
to the second, to restore is the opposite. After either, both point to the same word. So a write,
to a live register or to a word of the frame, goes to the bank that the *other* does not use, and
moves its own bit there. Two more bits for each register say that the live value or the frame's word
is zero, whatever the banks hold: after reset, and when a return clears the frame.
"""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from isa import REGISTERS
from rtl.checks import check_integer

__all__ = ["RegisterRead", "RegisterWrite", "Registers"]

# A register; or instead another value, for the reader has some to choose from, and which bank has
# the register's value is known last of all.
RegisterRead = wiring.Signature({
    "number":  Out(6),
    "instead": Out(1),
    "other":   Out(32),
    "value":   In(32),
})

RegisterWrite = wiring.Signature({
    "en":     Out(1),
    "number": Out(6),
    "value":  Out(32),
})


class Registers(wiring.Component):
    """The general registers and their saved copies.

    Parameters
    ----------
    reads : int
        Number of read ports.

    Members
    -------
    read : In(RegisterRead).array(reads)
        Live registers, combinationally; a write of the same cycle is not seen.
    write : In(RegisterWrite)
        Live registers.
    may_write : In(1)
        There may be a `write` in this cycle, and is no `frame_write`; which is known earlier than
        either.
    frame_number : In(6)
        Word of the frame to read.
    frame_value : Out(32)
        What that word was in the cycle before.
    frame_write : In(RegisterWrite)
        Words of the frame.
    save : In(1)
        The live registers become the frame; wins over a `frame_write`. Not in the cycle of a
        `write`.
    restore : In(1)
        The frame becomes the live registers, and then 0. Not in the cycle of any write.
    live_bank, live_zero : Out(64)
        Where the live values are, for debuggers: the bank of each, and whether it is 0 whatever
        the bank holds.
    """
    def __init__(self, *, reads):
        self.reads = check_integer("reads", reads, least=1)
        super().__init__({
            "read":         In(RegisterRead).array(reads),
            "write":        In(RegisterWrite),
            "may_write":    In(1),
            "frame_number": In(6),
            "frame_value":  Out(32),
            "frame_write":  In(RegisterWrite),
            "save":         In(1),
            "restore":      In(1),
            "live_bank":    Out(REGISTERS),
            "live_zero":    Out(REGISTERS, init=-1),
        })

    def elaborate(self, platform):
        m = Module()

        live_bank,  live_zero  = self.live_bank, self.live_zero
        frame_bank = Signal(REGISTERS)
        frame_zero = Signal(REGISTERS, init=-1)

        # One write port serves both sides.
        number     = Signal(6)
        value      = Signal(32)
        bank       = Signal()
        w_en       = Signal()
        live_goes  = Signal()  # the bank to which a live register would be written
        frame_goes = Signal()  # ...and a word of the frame
        m.d.comb += [
            w_en.eq(self.write.en | self.frame_write.en),
            number.eq(Mux(self.may_write, self.write.number, self.frame_write.number)),
            value.eq(Mux(self.may_write, self.write.value, self.frame_write.value)),
            live_goes.eq(~frame_bank.bit_select(self.write.number, 1)),
            frame_goes.eq(~live_bank.bit_select(self.frame_write.number, 1)),
            bank.eq(Mux(self.may_write, live_goes, frame_goes)),
        ]

        live, frame = Signal(REGISTERS), Signal(REGISTERS)  # the one that is meant
        m.d.comb += [live.eq(1 << self.write.number), frame.eq(1 << self.frame_write.number)]
        with m.If(self.write.en):
            m.d.sync += [
                live_bank.eq((live_bank & ~live) | Mux(live_goes, live, 0)),
                live_zero.eq(live_zero & ~live),
            ]
        with m.If(self.frame_write.en):
            m.d.sync += [
                frame_bank.eq((frame_bank & ~frame) | Mux(frame_goes, frame, 0)),
                frame_zero.eq(frame_zero & ~frame),
            ]
        with m.If(self.save):
            m.d.sync += [frame_bank.eq(live_bank), frame_zero.eq(live_zero)]
        with m.If(self.restore):
            m.d.sync += [live_bank.eq(frame_bank), live_zero.eq(frame_zero), frame_zero.eq(-1)]

        read_ports = []
        for n in range(2):
            m.submodules[f"bank{n}"] = words = memory.Memory(
                shape=32, depth=REGISTERS, init=[], attrs={"ram_style": "distributed"})
            w_port = words.write_port()
            m.d.comb += [
                w_port.en.eq(w_en & (bank == n)),
                w_port.addr.eq(number),
                w_port.data.eq(value),
            ]
            read_ports.append([words.read_port(domain="comb") for _ in range(self.reads)])

        for port, *sides in zip(self.read, *read_ports, strict=True):
            is_zero, from_bank = Signal(), Signal()
            chosen = [~port.instead & ~is_zero & (from_bank == n) for n in range(2)]
            m.d.comb += [
                is_zero.eq(live_zero.bit_select(port.number, 1)),
                from_bank.eq(live_bank.bit_select(port.number, 1)),
                *(side.addr.eq(port.number) for side in sides),
                port.value.eq(Mux(port.instead, port.other, 0) | Mux(chosen[0], sides[0].data, 0)
                              | Mux(chosen[1], sides[1].data, 0)),
            ]

        # The frame is read from a copy in block RAM, which costs no logic.
        m.submodules.copy = copy = memory.Memory(
            shape=32, depth=2 * REGISTERS, init=[], attrs={"ram_style": "block",
                                                           "no_rw_check": 1})
        copy_w, copy_r = copy.write_port(), copy.read_port()
        frame_is_zero = Signal()
        m.d.comb += [
            copy_w.en.eq(w_en),
            copy_w.addr.eq(Cat(number, bank)),
            copy_w.data.eq(value),
            copy_r.en.eq(1),
            copy_r.addr.eq(Cat(self.frame_number, frame_bank.bit_select(self.frame_number, 1))),
            self.frame_value.eq(Mux(frame_is_zero, 0, copy_r.data)),
        ]
        m.d.sync += frame_is_zero.eq(frame_zero.bit_select(self.frame_number, 1))

        return m
