"""RAM that answers in the next cycle: block RAM, or an array of the simulator's."""

from amaranth import ClockSignal, Instance, Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In

from rtl.checks import check_even, check_integer
from rtl.memory.ports import DataPort, FetchPort

__all__ = ["BankedRam", "SimulatedRam"]


class BankedRam(wiring.Component):
    """RAM of two banks, even and odd words, so that two neighbours can be fetched at once.

    Parameters
    ----------
    words : int
        Size, even.
    init : iterable of int
        Contents from address 0.

    Members
    -------
    fetch : In(FetchPort)
    data : In(DataPort)
    """
    def __init__(self, *, words, init=()):
        self.words = check_even("words", words)
        self.init  = list(init)
        super().__init__({"fetch": In(FetchPort), "data": In(DataPort)})

    def elaborate(self, platform):
        m = Module()

        address_bits = (self.words - 1).bit_length()
        f_addr = self.fetch.addr[:address_bits]
        d_addr = self.data.addr[:address_bits]
        f_is_odd, d_is_odd = Signal(), Signal()  # of the access that is answered
        with m.If(self.fetch.en):
            m.d.sync += f_is_odd.eq(f_addr[0])
        with m.If(self.data.en):
            m.d.sync += d_is_odd.eq(d_addr[0])

        f_words, d_words = [], []
        for n, name in enumerate(("even", "odd")):
            m.submodules[name] = bank = memory.Memory(
                shape=32, depth=self.words // 2, init=self.init[n::2],
                attrs={"ram_style": "block", "no_rw_check": 1})
            f_port, d_port, w_port = bank.read_port(), bank.read_port(), bank.write_port()
            m.d.comb += [
                # The word after an odd one is in the even bank, a row further.
                f_port.addr.eq((f_addr + 1)[1:address_bits] if n == 0 else f_addr[1:]),
                f_port.en.eq(self.fetch.en),
                d_port.addr.eq(d_addr[1:]),
                d_port.en.eq(self.data.en & (d_addr[0] == n)),
                w_port.addr.eq(d_addr[1:]),
                w_port.data.eq(self.data.w_data),
                w_port.en.eq(self.data.en & self.data.write & (d_addr[0] == n)),
            ]
            f_words.append(f_port.data)
            d_words.append(d_port.data)

        f_even, f_odd = f_words
        m.d.comb += [
            self.fetch.done.eq(1),
            self.data.done.eq(1),
            self.fetch.first.eq(f_even),
            self.fetch.second.eq(f_odd),
            self.data.r_data.eq(d_words[0]),
        ]
        with m.If(f_is_odd):
            m.d.comb += [self.fetch.first.eq(f_odd), self.fetch.second.eq(f_even)]
        with m.If(d_is_odd):
            m.d.comb += self.data.r_data.eq(d_words[1])

        return m


class SimulatedRam(wiring.Component):
    """The same as one array of the simulator's, which its host reads and writes: a black box.

    A memory of millions of words would take Amaranth minutes to write out.

    Parameters
    ----------
    words : int
        Size.

    Members
    -------
    fetch : In(FetchPort)
    data : In(DataPort)
    """
    def __init__(self, *, words):
        self.words = check_integer("words", words, least=2)
        super().__init__({"fetch": In(FetchPort), "data": In(DataPort)})

    def elaborate(self, platform):
        m = Module()

        bits = (self.words - 1).bit_length()
        m.submodules.ram = Instance(
            "simulated_ram",
            p_WORDS=self.words,
            p_BITS=bits,
            i_clk=ClockSignal(),
            i_f_en=self.fetch.en,
            i_f_addr=self.fetch.addr[:bits],
            o_f_first=self.fetch.first,
            o_f_second=self.fetch.second,
            i_d_en=self.data.en,
            i_d_write=self.data.write,
            i_d_addr=self.data.addr[:bits],
            i_d_w_data=self.data.w_data,
            o_d_r_data=self.data.r_data,
        )
        m.d.comb += [self.fetch.done.eq(1), self.data.done.eq(1)]

        return m
