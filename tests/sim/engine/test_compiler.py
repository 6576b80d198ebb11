"""The engine's compiler, on random hardware: it must do what Amaranth's own simulator does."""

import os
import random

import numpy as np
import pytest
from amaranth import Array, Cat, Const, Instance, Module, Mux, Signal, unsigned
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.phy.uart import UartTransmitter
from sim.engine import build, plan, rest
from sim.engine.design import Design, Stream
from sim.engine.header import header_of
from sim.engine.library import Simulation
from sim.engine.reader import read_netlist
from tests.support.unit import simulate
from toolchain.places import ROOT

TOKENS = 100


class Random(wiring.Component):
    """Makes of each 64-bit token another one, by way of random logic, registers and memories.

    What comes out is a digest of everything: each value is multiplied and turned into it, so that a
    single wrong bit anywhere shows at once and stays.

    Its registers belong to some of `domains`, its memories to some of the first two: a domain with
    a reset must come later, as it resets what a memory has read in Amaranth's simulator, but in no
    hardware that Amaranth writes down.
    """
    i: In(stream.Signature(64))
    o: Out(stream.Signature(64))

    def __init__(self, seed, domains=("sync",)):
        self.seed, self.domains = seed, domains
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        self.random = random.Random(self.seed)
        token = self.token(m)
        self.values = [token[:32], token[32:], token[5:9], token[63], token,
                       token[8:40].as_signed(), token[40:43].as_signed(), Const(0x5A, 8),
                       Const(-3, 4)]
        for n in range(36):
            value  = self.operation(m)
            signal = Signal(value.shape(), name=f"value{n}")
            m.d.comb += signal.eq(value)
            self.values.append(signal)
            if n % 6 == 5:
                self.register(m, f"register{n}")
            if n % 12 == 10:
                self.memory(m, n)
            if n % 18 == 9:
                self.swap(m, f"swap{n}")
        digest = Signal(64)
        for value in self.values:
            mixed  = digest.rotate_left(7) ^ (value.as_unsigned() * 0x9E3779B1)
            digest = Signal(64)
            m.d.comb += digest.eq(mixed)
        m.d.comb += self.o.payload.eq(digest)
        return m

    def token(self, m):
        m.d.comb += [self.i.ready.eq(self.o.ready), self.o.valid.eq(self.i.valid)]
        return self.i.payload

    def any(self, most=64):
        """One of the values so far, cut to a width at most."""
        value = self.random.choice(self.values)
        return value if len(value) <= most else value[:most]

    def bit(self):
        return self.any().bool() if self.random.random() < 0.5 else self.any(8)[0]

    def operation(self, m):
        choose = self.random.choice
        kind = choose(("sum", "logic", "compare", "shift", "mux", "cat", "slice", "reduce", "array",
                       "switch", "divide", "product", "unary", "select", "equal", "fields"))
        a, b = self.any(), self.any()
        if kind == "sum":
            return choose((a + b, a - b))[:70]
        if kind == "product":
            return self.any(30) * self.any(30)
        if kind == "logic":
            return choose((a & b, a | b, a ^ b))
        if kind == "unary":
            return choose((~a, -self.any(40), abs(self.any(40).as_signed())))
        if kind == "compare":
            return choose((a == b, a != b, a < b, a <= b, a > b, a >= b))
        if kind == "shift":
            by = self.any(6).as_unsigned()[:6]
            return choose((self.any(32) << by[:4], a >> by, a.as_signed() >> by,
                           Cat(a).bit_select(by, 3), a.shift_left(2)[:64],
                           a.rotate_left(5)))
        if kind == "mux":
            return Mux(self.bit(), a, b)
        if kind == "cat":
            return Cat(self.any(20), self.any(1), self.any(20), self.any(30))[:64]
        if kind == "slice":
            low = self.random.randrange(len(a))
            return a[low:self.random.randint(low + 1, len(a))]
        if kind == "reduce":
            return choose((a.any(), a.all(), a.xor(), a.bool(), ~a.any()))
        if kind == "array":
            return Array(self.any(32) for _ in range(5))[self.any(3).as_unsigned()]
        if kind == "select":
            # `Cat`: Amaranth's simulator lets a sign through where nothing is left to select.
            return Cat(self.any(32)).word_select(self.any(2).as_unsigned(), 8)
        if kind == "divide":
            left, right = self.any(20).as_unsigned(), self.any(9).as_unsigned()
            return choose((left // right, left % right))
        if kind == "equal":
            # Operands that are shorter than the comparison, with a sign or without.
            ones = Const((1 << len(a)) - 1, len(a))
            return choose((a == ones, a != -1, a.as_signed() == self.any(9).as_signed(),
                           a.as_unsigned() == self.any(9).as_unsigned(), a == 0))
        if kind == "fields":
            return self.fields(m)
        result, case = Signal(40), Signal(4)
        m.d.comb += case.eq(self.any())
        with m.Switch(case):
            with m.Case(0, 7):
                m.d.comb += result.eq(a)
            with m.Case("1-1-"):
                m.d.comb += result.eq(b + 1)
            with m.Case(2):
                with m.If(self.bit()):
                    m.d.comb += result.eq(self.any(40) * 3)
            with m.Default():
                m.d.comb += result.eq(a ^ b)
        return result

    def fields(self, m):
        """A word that is assigned as a whole and in fields, under conditions that overlap: the
        last assignment to a bit counts."""
        word, cases = Signal(50), Signal(3)
        m.d.comb += [cases.eq(self.any(3)), word.eq(self.any(50)), word[8:16].eq(self.any(8))]
        with m.If(cases[0]):
            m.d.comb += word.eq(self.any(50))
        with m.Elif(cases[1]):
            with m.If(cases[2]):
                m.d.comb += word[4:20].eq(self.any(16))
            m.d.comb += word[30].eq(self.bit())
        with m.Else():
            m.d.comb += [word[:40].eq(self.any(40)), word[12:].eq(0)]
        with m.Switch(cases):
            with m.Case("1--"):
                m.d.comb += word.word_select(cases[:2], 8).eq(self.any(8))
            with m.Case("-1-", "0-0"):
                m.d.comb += Cat(word[45:], word[:3]).eq(self.any(8))
            with m.Case(7):  # never comes to this
                m.d.comb += word.eq(-1)
        with m.Switch(cases[:2]):
            for n in range(4):
                with m.Case(n):
                    m.d.comb += word[20:28].eq(self.any(8) if n % 2 else 0x55)
        return word

    def register(self, m, name):
        """Registers that change under nested conditions; one is wide, with fields."""
        width = self.random.choice((1, 7, 32, 64))
        plain = Signal(width, init=self.random.getrandbits(1), name=name)
        wide  = Signal(180, name=f"{name}_wide")
        clocked = m.d[self.random.choice(self.domains)]
        with m.If(self.bit()):
            clocked += plain.eq(plain + self.any())
            with m.If(self.bit()):
                clocked += wide.eq(Cat(self.any(32), wide[64:100], self.any(50), self.bit()))
        with m.Elif(self.bit()):
            clocked += [plain.eq(self.any()), wide.eq(Cat(wide[90:], wide[:90]))]
        self.values += [plain, wide[:60], wide[100:164], wide[171]]

    def swap(self, m, name):
        """Registers that take each other's values in different cases, and one that is shifted in
        several of them."""
        width = self.random.choice((3, 20, 40))
        left, right, shifted = (Signal(width, init=self.random.getrandbits(width),
                                       name=f"{name}_{which}") for which in range(3))
        clocked, case = m.d[self.random.choice(self.domains)], Signal(2)
        m.d.comb += case.eq(self.any(2))
        with m.Switch(case):
            with m.Case(0):
                clocked += [left.eq(right), right.eq(left),
                            shifted.eq(Cat(shifted[1:], right[0]))]
            with m.Case(1):
                with m.If(self.bit()):
                    clocked += [left.eq(Cat(right[2:], left[:2])), right.eq(self.any())]
                with m.Else():
                    clocked += [right.eq(Cat(left[-1], right[:-1])),
                                shifted.eq(Cat(shifted[-1], shifted[:-1]))]
            with m.Case(2):
                clocked += [left.eq(left ^ self.any()), shifted.eq(Cat(left[0], shifted[:-1]))]
        self.values += [left, right, shifted]

    def memory(self, m, n):
        depth = self.random.choice((8, 11))
        m.submodules[f"memory{n}"] = words = memory.Memory(
            shape=unsigned(24), depth=depth, init=[self.random.getrandbits(24) for _ in range(5)])
        domain, another = (self.random.choice(self.domains[:2]) for _ in range(2))
        write = words.write_port(domain=domain, granularity=8)
        other = words.write_port(domain=domain)
        reads = [words.read_port(domain="comb"), words.read_port(domain=another),
                 words.read_port(domain=domain, transparent_for=(write,))]
        in_range = self.any(3).as_unsigned()
        m.d.comb += [
            write.addr.eq(in_range), write.data.eq(self.any()), write.en.eq(self.any(3)),
            other.addr.eq(in_range ^ 1), other.data.eq(self.any()), other.en.eq(self.bit()),
        ]
        for read in reads:
            m.d.comb += read.addr.eq(self.any(3).as_unsigned())
        m.d.comb += [reads[1].en.eq(self.bit()), reads[2].en.eq(1)]
        self.values += [read.data for read in reads]


class Resting(Random):
    """The same with a token that stays for a while, and a digest in each cycle. A part of it has
    nothing to do while the token stays; another part uses a counter."""

    def token(self, m):
        held, turn = Signal(64), Signal(3, name="turn")
        m.d.sync += turn.eq(turn + 1)
        m.d.comb += [self.i.ready.eq(turn == 7), self.o.valid.eq(1)]
        with m.If(self.i.ready & self.i.valid):
            m.d.sync += held.eq(self.i.payload)
        return Cat(held[:50], turn, held[50:61])


class Odd(wiring.Component):
    """Something that the engine does not compile."""
    i: In(33)
    o: Out(33)

    def __init__(self, what):
        self.what = what
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        if self.what == "loop":
            # A bit of a word depends on another one, which no gate minds.
            word = Signal(8)
            m.d.comb += [word.eq(self.i[:8] & Cat(self.i[9], word[:7])), self.o.eq(word)]
        elif self.what == "division":
            m.d.comb += self.o.eq(self.i.as_signed() // self.i[:5].as_signed())
        elif self.what == "box":
            m.submodules.box = Instance("mystery", i_i=self.i, o_o=self.o)
        elif self.what == "wide":
            m.d.comb += self.o.eq((Cat(self.i, self.i) * Cat(self.i, self.i))[60:])
        return m


@pytest.mark.parametrize("what, message", [
    ("loop", "o depends on itself within a cycle"),
    ("division", "a signed divfloor, which the engine cannot run"),
    ("box", "box is a mystery, which the engine cannot run"),
    ("wide", "a mul of 132 bits; the engine computes with up to 128"),
])
def test_what_it_cannot_compile_is_named(what, message):
    with pytest.raises(build.BuildError, match=f"^the hardware cannot be compiled: .*{message}"):
        build.built(f"test-{os.getpid()}", lambda: Design(component=Odd(what), retired=("o",)),
                    lambda line: None)


def test_a_register_may_change_in_two_branches_that_both_read_it():
    """As the fraction of a bit does whose lowest bits stay: neither branch waits for the other."""
    uart = UartTransmitter(clock_hz=50_000_000, baud_hz=1_000_000)
    assert "octets" in header_of(Design(component=uart, streams=(Stream("octets", "in", 8),)))


class Shifted(wiring.Component):
    """A register that is shifted in some cases of several: each change reads what it was."""
    i: In(4)
    o: Out(8)

    def elaborate(self, platform):
        m = Module()
        with m.Switch(self.i[:2]):
            with m.Case(0):
                m.d.sync += self.o.eq(Cat(self.o[1:], self.i[3]))
            with m.Case(1):
                m.d.sync += self.o.eq(Cat(self.i[3], self.o[:-1]))
            with m.Case(2):
                m.d.sync += self.o.eq(0)
        return m


def test_a_register_may_be_shifted_in_several_cases(monkeypatch):
    """None of its changes waits for another one, however small the blocks are that they are in."""
    monkeypatch.setattr(plan, "WORTHWHILE", 0)
    assert header_of(Design(component=Shifted())).count(" << 7") == 1


class Decoder(wiring.Component):
    """Makes of an opcode what it asks for, in many cases."""
    i: In(8)
    o: Out(16)

    def elaborate(self, platform):
        m = Module()
        with m.Switch(self.i):
            for n in range(0, 60, 2):
                with m.Case(n):
                    m.d.comb += self.o.eq(n * n)
            with m.Case("11------"):
                m.d.comb += self.o.eq(7)
        return m


def test_a_decoder_is_a_table():
    netlist = read_netlist(Decoder())
    table, = netlist.tables
    assert table.init == tuple(7 if n >= 0xC0 else n * n if n < 60 and n % 2 == 0 else 0
                               for n in range(256))
    assert [node.kind for node in netlist.operations()] == ["read"]


def busy_names(seed):
    """All of the random registers, or some of them."""
    names  = [f"register{n}{end}" for n in range(5, 36, 6) for end in ("", "_wide")]
    names += [f"swap{n}_{which}" for n in (9, 27) for which in range(3)]
    return tuple(random.Random(seed).sample(names, len(names) - 3 * (seed % 2)))


def model(kind, seed, **facts):
    """A simulation of random hardware."""
    def design():
        return Design(component=kind(seed),
                      streams=(Stream("i", "in", 64), Stream("o", "out", 64)), **facts)

    folders = [ROOT / "sim" / "engine", ROOT / "tests" / "sim" / "engine"]
    key = build.source_key(folders, kind.__name__, seed)
    return Simulation(*build.built(key, design, lambda line: None))


def compiled(simulation, tokens):
    """What the engine makes of the tokens."""
    simulation.send("i", tokens)
    while simulation.unsent("i"):
        simulation.run(50)
    simulation.run(50)
    return simulation.receive("o").tolist()


def interpreted(design, tokens):
    """What Amaranth's simulator makes of them."""
    seen = []

    async def bench(ctx):
        ctx.set(design.i.valid, 1)
        ctx.set(design.o.ready, 1)
        for token in tokens:
            ctx.set(design.i.payload, int(token))
            is_taken = False
            while not is_taken:
                is_taken = ctx.get(design.i.ready)
                seen.append(ctx.get(design.o.payload))
                await ctx.tick()

    simulate(design, bench)
    return seen


def random_tokens(seed, count):
    tokens = np.random.default_rng(seed).integers(0, 1 << 64, count, dtype=np.uint64)
    tokens[::7] = 0
    tokens[3::11] = 0xFFFF_FFFF_FFFF_FFFF
    return tokens


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_random_hardware_does_what_amaranth_says(seed):
    tokens = random_tokens(seed, TOKENS)
    assert compiled(model(Random, seed), tokens) == interpreted(Random(seed), tokens)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_so_does_random_hardware_that_rests(seed, monkeypatch):
    """Each register and memory a group of its own, as if it were a component."""
    monkeypatch.setattr(rest, "groups_of", lambda netlist, registers, nodes: {
        source: n for n, source in enumerate((*netlist.nexts, *netlist.memories.values()))})
    tokens = random_tokens(seed, TOKENS // 3)
    found = compiled(model(Resting, seed, busy=busy_names(seed)), tokens)
    expected = interpreted(Resting(seed), tokens)
    assert found[:len(expected)] == expected
