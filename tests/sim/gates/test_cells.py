"""Models of an ECP5's cells, each lane with other inputs, against what the data sheets say."""

import random

import pytest

from sim.gates.netlist import GateError, read_gates
from sim.gates.simulation import LANES, GateSimulation, compiled

LOOKED_AT = (0, 1, 17, 63)  # lanes
CYCLES    = 40


class Module:
    """A flat module as Yosys writes it, put together by hand."""

    def __init__(self):
        self.bits  = 1
        self.ports = {"clk": {"direction": "input", "bits": [1]}}
        self.cells = {}

    def input(self, name, width):
        return self._port(name, "input", width)

    def output(self, name, width):
        return self._port(name, "output", width)

    def wires(self, width):
        self.bits += width
        return list(range(self.bits - width + 1, self.bits + 1))

    def _port(self, name, direction, width):
        bits = self.wires(width)
        self.ports[name] = {"direction": direction, "bits": bits}
        return bits

    def cell(self, kind, parameters=None, **connections):
        self.cells[f"{kind} {len(self.cells)}"] = {
            "type": kind, "parameters": parameters or {},
            "connections": {name: bits if isinstance(bits, list) else [bits]
                            for name, bits in connections.items()}}

    def json(self):
        return {"ports": self.ports, "cells": self.cells, "netnames": {
            name: {"bits": port["bits"]} for name, port in self.ports.items()}}


def binary(value, width):
    return format(value, f"0{width}b")


class Bench:
    """Runs a module with random inputs; `check` is given inputs and outputs of one lane, as they
    were in a cycle, and the outputs after it."""

    def __init__(self, module, seed):
        self.module     = module
        self.random     = random.Random(seed)
        self.simulation = GateSimulation(compiled(module.json()))

    def names(self, direction):
        return [name for name, port in self.module.ports.items()
                if port["direction"] == direction and name != "clk"]

    def run(self, check, choose=None):
        for cycle in range(CYCLES):
            given = []
            for _ in range(LANES):
                given.append({name: self.random.getrandbits(len(self.module.ports[name]["bits"]))
                              for name in self.names("input")})
                if choose is not None:
                    choose(self.random, given[-1])
            if cycle % 4 == 3:  # all lanes alike, as they are most of the time
                given = [given[0]] * LANES
            for name in self.names("input"):
                self.simulation.drive_each(name, [lane[name] for lane in given])
            self.simulation.settle(1)
            for lane in LOOKED_AT:
                check(lane, given[lane], {name: self.simulation.value(name, lane)
                                          for name in self.names("output")})
        self.simulation.close()


def test_luts_multiplexers_and_carries():
    module, source = Module(), random.Random(1)
    a, z = module.input("a", 9), module.output("z", 20)
    tables = [source.getrandbits(16) for _ in range(14)] + [0x6996, 0x8000, 0xFFFE, 0]
    for n, table in enumerate(tables):
        last = "1" if n == 5 else a[3]
        module.cell("LUT4", {"INIT": binary(table, 16)}, A=a[0], B=a[1], C=a[2], D=last, Z=z[n])
    module.cell("PFUMX", ALUT=a[4], BLUT=a[5], C0=a[6], Z=z[18])
    module.cell("L6MUX21", D0=a[4], D1=a[5], SD=a[6], Z=z[19])
    inits = [(source.getrandbits(16), source.getrandbits(16)) for _ in range(2)]
    s, chain = module.output("s", 5), module.wires(1)
    for n, (low, high) in enumerate(inits):
        module.cell("CCU2C", {"INIT0": binary(low, 16), "INIT1": binary(high, 16),
                              "INJECT1_0": "NO", "INJECT1_1": "YES" if n else "NO"},
                    A0=a[0], B0=a[1], C0=a[2], D0=a[3], A1=a[4], B1=a[5], C1=a[6], D1=a[7],
                    CIN=chain[0] if n else a[8], COUT=s[4] if n else chain[0],
                    S0=s[2 * n], S1=s[2 * n + 1])

    def check(lane, given, seen):
        value = given["a"]
        for n, table in enumerate(tables):
            row = value & 15 if n != 5 else value & 7 | 8
            assert seen["z"] >> n & 1 == table >> row & 1
        a4, a5, a6 = (value >> n & 1 for n in (4, 5, 6))
        assert seen["z"] >> 18 == (a5 if a6 else a4) << 1 | (a4 if a6 else a5)
        carry, total = value >> 8, 0
        for n, init in enumerate((low for pair in inits for low in pair)):
            row = value >> 4 * (n & 1) & 15
            lut, lut2 = init >> row & 1, init >> (row & 3) & 1
            if n == 3:
                total, carry = total | lut << n, lut & carry
            else:
                total, carry = total | (lut ^ carry) << n, carry if lut else lut2
        assert seen["s"] == total | carry << 4

    Bench(module, 2).run(check)


def test_registers():
    module = Module()
    d, ce, lsr = module.input("d", 1), module.input("ce", 1), module.input("lsr", 1)
    kinds = [
        ({}, lambda old, d, ce, lsr: 0 if lsr else d),
        ({"CEMUX": "CE"}, lambda old, d, ce, lsr: 0 if lsr else d if ce else old),
        ({"CEMUX": "INV", "LSRMUX": "INV", "REGSET": "SET"},
         lambda old, d, ce, lsr: d if lsr and not ce else old if lsr else 1),
        ({"CEMUX": "1 ", "REGSET": "SET"}, lambda old, d, ce, lsr: 1 if lsr else d),
        ({"CEMUX": "0 "}, lambda old, d, ce, lsr: 0 if lsr else old),
        ({"LSRMODE": "PRLD"}, lambda old, d, ce, lsr: ce if lsr else d),
    ]
    q = module.output("q", len(kinds))
    for n, (parameters, _) in enumerate(kinds):
        module.cell("TRELLIS_FF", parameters, CLK=1, DI=d[0], CE=ce[0], LSR=lsr[0], M=ce[0],
                    Q=q[n])
    begins = sum((parameters.get("REGSET") == "SET") << n for n, (parameters, _) in
                 enumerate(kinds))
    olds   = dict.fromkeys(LOOKED_AT, begins)

    def check(lane, given, seen):
        olds[lane] = sum(after(olds[lane] >> n & 1, **given) << n
                         for n, (_, after) in enumerate(kinds))
        assert seen["q"] == olds[lane]

    Bench(module, 3).run(check)


def test_lut_rams():
    module, init = Module(), random.Random(4).getrandbits(64)
    module.cell("TRELLIS_DPR16X4", {"INITVAL": binary(init, 64), "WREMUX": "WRE", "WCKMUX": "WCK"},
                RAD=module.input("rad", 4), WAD=module.input("wad", 4), DI=module.input("di", 4),
                WRE=module.input("wre", 1), WCK=1, DO=module.output("do", 4))
    memories = {lane: [init >> 4 * n & 15 for n in range(16)] for lane in LOOKED_AT}

    def check(lane, given, seen):
        assert seen["do"] == memories[lane][given["rad"]]
        if given["wre"]:
            memories[lane][given["wad"]] = given["di"]

    Bench(module, 5).run(check)


@pytest.mark.parametrize("signs", [(0, 0), (1, 1), (1, 0), (0, 1)])
def test_multipliers(signs):
    module = Module()
    a, b, p = module.input("a", 18), module.input("b", 18), module.output("p", 36)
    module.cell("MULT18X18D", SIGNEDA=str(signs[0]), SIGNEDB=str(signs[1]), SOURCEA="0",
                SOURCEB="0", **{f"A{n}": a[n] for n in range(18)},
                **{f"B{n}": b[n] for n in range(18)}, **{f"P{n}": p[n] for n in range(36)})

    def check(lane, given, seen):
        left, right = (given[name] - (given[name] >> 17 << 18) * sign
                       for name, sign in zip("ab", signs, strict=True))
        assert seen["p"] == left * right & (1 << 36) - 1

    Bench(module, 6).run(check)


def put(words, width, address, data):
    """Write a word as a port of this width sees the memory: 2048 units of nine bits."""
    for n in range(width):
        bit = bit_of(width, address, n)
        words[bit] = data >> n & 1


def get(words, width, address):
    return sum(words[bit_of(width, address, n)] << n for n in range(width))


def bit_of(width, address, n):
    """Of bit n of the word at an address in words: the first eight bits of a unit are shared by
    narrow words, the ninth belongs to wide ones."""
    if width >= 9:
        return address * width + n
    unit, at = divmod(address * width, 8)
    return unit * 9 + at + n


@pytest.mark.parametrize("widths, modes", [
    ((18, 18), ("NORMAL", "READBEFOREWRITE")), ((9, 4), ("WRITETHROUGH", "NORMAL")),
    ((1, 18), ("READBEFOREWRITE", "WRITETHROUGH")), ((2, 9), ("NORMAL", "NORMAL"))])
def test_block_rams(widths, modes):
    module, source = Module(), random.Random(7)
    rows = [[source.getrandbits(18) for _ in range(16)] for _ in range(64)]
    parameters = {f"INITVAL_{n:02X}": binary(sum(word << 20 * i for i, word in enumerate(row)), 320)
                  for n, row in enumerate(rows)}
    connections = {}
    for side, width, mode in zip("AB", widths, modes, strict=True):
        parameters |= {f"DATA_WIDTH_{side}": binary(width, 32), f"WRITEMODE_{side}": mode,
                       f"CLK{side}MUX": f"CLK{side}"}
        address, data = module.input(f"ad{side}", 14), module.input(f"di{side}", 18)
        q = module.output(f"q{side}", width)
        connections |= {f"AD{side}{n}": bit for n, bit in enumerate(address)}
        connections |= {f"DI{side}{n}": bit for n, bit in enumerate(data)}
        connections |= {f"DO{side}{n}": bit for n, bit in enumerate(q)}
        connections |= {f"CLK{side}": 1, f"OCE{side}": "1",
                        **{f"{port}{side}": module.input(f"{port}{side}", 1)[0]
                           for port in ("CE", "WE", "RST")}}
    module.cell("DP16KD", parameters, **connections)
    memories = {lane: [word >> n & 1 for row in rows for word in row for n in range(18)]
                for lane in LOOKED_AT}
    outputs = {lane: [0, 0] for lane in LOOKED_AT}

    def choose(source, given):
        # Ports in halves of their own: what both have at the same time is undefined.
        given["adA"], given["adB"] = given["adA"] & 0x203F, given["adB"] & 0x003F
        given["adA"] |= 1 << 12
        if source.random() < 0.8:
            given["RSTA"] = given["RSTB"] = 0

    def check(lane, given, seen):
        words = memories[lane]
        for n, side in enumerate("AB"):
            width, mode = widths[n], modes[n]
            units   = {9: 8, 18: 16}.get(width, width)
            address = given[f"ad{side}"] // units
            if given[f"RST{side}"]:
                outputs[lane][n] = 0
            elif given[f"CE{side}"]:
                before = get(words, width, address)
                after  = given[f"di{side}"] & (1 << width) - 1
                if width == 18:
                    low, high = given[f"ad{side}"] & 1, given[f"ad{side}"] >> 1 & 1
                    mask = 0x1FF * low | 0x3FE00 * high
                    after = before & ~mask | after & mask
                if given[f"WE{side}"]:
                    put(words, width, address, after)
                    if mode != "NORMAL":
                        outputs[lane][n] = after if mode == "WRITETHROUGH" else before
                else:
                    outputs[lane][n] = before
            assert seen[f"q{side}"] == outputs[lane][n]

    Bench(module, 8).run(check, choose)


@pytest.mark.parametrize("reads, writes", [(18, 18), (9, 18), (18, 4), (1, 18), (36, 36)])
def test_bits_that_the_other_port_writes_are_read_as_anything_and_no_others(reads, writes):
    """A port of 18 or 36 bits writes only the nine whose bit of the address is 1."""
    module = Module()
    address, data = module.input("at", 14), module.input("data", 18)
    reader, enable = module.input("reader", 14), module.input("enable", 1)[0]
    is_wide = writes == 36
    q = module.output("q", reads)
    connections = {f"ADA{n}": bit for n, bit in enumerate(address)}
    connections |= {f"ADB{n}": bit for n, bit in enumerate(reader)}
    connections |= {f"DIA{n}": bit for n, bit in enumerate(data)}
    connections |= {f"DIB{n}": bit for n, bit in enumerate(data)} if is_wide else {}
    outputs = [f"DOA{n}" for n in range(18)] if is_wide else []
    outputs += [f"DOB{n}" for n in range(18)]
    connections |= dict(zip(outputs, q, strict=False))
    module.cell("DP16KD", {"DATA_WIDTH_A": binary(writes, 32), "DATA_WIDTH_B": binary(reads, 32)},
                CLKA=1, CLKB=1, CEA="1", CEB="1", WEA=enable, WEB="0", RSTA="0", RSTB="0",
                **connections)
    words = {lane: [0] * 18432 for lane in LOOKED_AT}
    anything = other = 0

    def choose(source, given):  # few addresses, so that they meet
        given["at"], given["reader"] = given["at"] & 0x1F, given["reader"] & 0x1F

    def check(lane, given, seen):
        nonlocal anything, other
        units = {36: 32, 18: 16, 9: 8}
        at    = given["at"] // units.get(writes, writes)
        looks = given["reader"] // units.get(reads, reads)
        written = {}
        if given["enable"]:
            written = {bit_of(writes, at, n): given["data"] >> n % 18 & 1 for n in range(writes)
                       if writes < 18 or given["at"] >> n // 9 & 1}
        for n in range(reads):
            place = bit_of(reads, looks, n)
            differs = (seen["q"] >> n & 1) != words[lane][place]
            if place in written:
                anything += differs
                other += not differs
            else:
                assert not differs
        for place, bit in written.items():
            words[lane][place] = bit

    Bench(module, 12).run(check, choose)
    assert anything > 1 and other > 1


def test_wide_block_rams():
    """One port writes 36 bits, nine at a time if need be; the other one reads."""
    module = Module()
    pins   = {"ADA": 14, "DIA": 18, "CEA": 1, "ADB": 14, "DIB": 18, "CEB": 1}
    inputs = {name: module.input(name, width) for name, width in pins.items()}
    q = module.output("q", 36)
    connections = {f"{name}{n}" if len(bits) > 1 else name: bit
                   for name, bits in inputs.items() for n, bit in enumerate(bits)}
    connections |= {f"DOA{n}": q[n] for n in range(18)} | {f"DOB{n}": q[18 + n] for n in range(18)}
    module.cell("DP16KD", {"DATA_WIDTH_A": binary(36, 32), "DATA_WIDTH_B": binary(36, 32)},
                CLKA=1, CLKB=1, WEA="1", WEB="0", RSTA="0", RSTB="0", **connections)
    memories = {lane: [0] * 512 for lane in LOOKED_AT}
    outputs  = dict.fromkeys(LOOKED_AT, 0)

    def choose(source, given):
        given["ADA"], given["ADB"] = given["ADA"] & 0x7F | 1 << 13, given["ADB"] & 0x207F
        given["CEB"] &= given["ADB"] >> 5 != given["ADA"] >> 5

    def check(lane, given, seen):
        words = memories[lane]
        if given["CEB"]:
            outputs[lane] = words[given["ADB"] >> 5]
        if given["CEA"]:
            mask = sum(0x1FF << 9 * n for n in range(4) if given["ADA"] >> n & 1)
            at, data = given["ADA"] >> 5, given["DIB"] << 18 | given["DIA"]
            words[at] = words[at] & ~mask | data & mask
        assert seen["q"] == outputs[lane]

    Bench(module, 10).run(check, choose)


def test_lanes_whose_records_differ_are_named():
    """A register without a reset is what power-up makes of it; one with a reset is not."""
    module = Module()
    rst, q, clean = module.input("rst", 1), module.output("q", 1), module.output("clean", 1)
    module.cell("TRELLIS_FF", {}, CLK=1, DI=q[0], Q=q[0])
    module.cell("TRELLIS_FF", {}, CLK=1, DI=clean[0], Q=clean[0], LSR=rst[0])
    one = module.output("one", 1)
    module.cell("LUT4", {"INIT": binary(0xFFFF, 16)}, A=q[0], B="0", C="0", D="0", Z=one[0])
    model = compiled(module.json())
    for watched, are_lost in (("clean", False), ("q", True)):
        simulation = GateSimulation(model, words=1, slots=[("one", (watched,))])
        simulation.scramble(9)
        simulation.drive("rst", 1)
        simulation.settle(1)
        simulation.drive("rst", 0)
        assert simulation.run(3).tolist() == [[1, 0], [2, 0], [3, 0]]
        losers = simulation.losers()
        assert bool(losers) == are_lost
        assert set(losers.values()) <= {1}
        assert 0 not in losers
        simulation.close()


def test_records_of_a_lane_are_its_own_from_where_it_parts():
    """A lane whose record differs goes on by itself, until it stops."""
    module = Module()
    q, one = module.output("q", 1), module.output("one", 1)
    module.cell("TRELLIS_FF", {}, CLK=1, DI=q[0], Q=q[0])
    module.cell("LUT4", {"INIT": binary(0xFFFF, 16)}, A=q[0], B="0", C="0", D="0", Z=one[0])
    model = compiled(module.json())
    for stopped, length in (("", 3), ("q", 1)):
        simulation = GateSimulation(model, words=1, slots=[("one", ("q",))], stopped=stopped)
        simulation.scramble(9)
        records = simulation.run(3, strays=1000)
        assert records.tolist() == [[0, 0], [1, 0], [2, 0]]
        losers = simulation.losers()
        assert losers
        for lane in range(LANES):
            assert simulation.has_stopped(lane) == (lane in losers and stopped == "q")
            wanted = [[0, 1], [1, 1], [2, 1]][:length] if lane in losers else records.tolist()
            assert simulation.records_of(lane, records).tolist() == wanted
        simulation.close()


def test_tables_are_restored_in_some_lanes():
    """They hold there what the bitstream says, and anything elsewhere."""
    module = Module()
    rad, do = module.input("rad", 4), module.output("do", 4)
    module.cell("TRELLIS_DPR16X4", {"INITVAL": binary(0, 64), "WREMUX": "WRE", "WCKMUX": "WCK"},
                RAD=rad, WAD=rad, DI=module.input("di", 4), WRE="0", WCK=1, DO=do)
    model = compiled(module.json())
    for tables, restored in (((), ()), (("TRELLIS_DPR",), (5, 40)), (("another",), ())):
        simulation = GateSimulation(model)
        simulation.scramble(3)
        simulation.restore(tables, (5, 40))
        held = [0] * LANES
        for address in range(16):
            simulation.drive("rad", address)
            simulation.settle(1)
            for lane in range(LANES):
                held[lane] |= simulation.value("do", lane)
        assert {lane for lane in range(LANES) if not held[lane]} == {0, *restored}
        simulation.close()


@pytest.mark.parametrize("kind, parameters, connections, message", [
    ("EHXPLLL", {}, {}, "EHXPLLL 0 is a EHXPLLL, which there is no model of"),
    ("TRELLIS_FF", {"CLKMUX": "INV"}, {"CLK": 1},
     "TRELLIS_FF 0 has another clock than the rising edge of clk"),
    ("TRELLIS_FF", {}, {"CLK": 2}, "TRELLIS_FF 0 has another clock than the rising edge of clk"),
    ("TRELLIS_FF", {"SRMODE": "ASYNC"}, {"CLK": 1, "LSR": 2},
     "TRELLIS_FF 0 has an asynchronous reset"),
    ("MULT18X18D", {"REG_OUTPUT_CLK": "CLK0"}, {},
     "MULT18X18D 0 has a register REG_OUTPUT, which there is no model of"),
    ("LUT4", {}, {"A": 3, "Z": 3}, "a net without a name depends on itself within a cycle"),
])
def test_what_there_is_no_model_of_is_named(kind, parameters, connections, message):
    module = Module()
    module.cell(kind, parameters, **connections)
    with pytest.raises(GateError, match=message):
        read_gates(module.json())
