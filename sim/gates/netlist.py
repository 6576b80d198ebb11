"""From Yosys' JSON to cells of an ECP5, in an order in which they can be computed.

All that has no state and one output is a `Function`: a LUT, a multiplexer, half of a carry cell.
A bit is the number of a net, or -1 and -2 for the constants 0 and 1.

Of a board's netlist the PLLs and the pads are cut: a PLL's outputs are clocks, its `LOCK` is an
input named after the cell; a pad that goes both ways is an input, and outputs with `$o` and `$oe`
behind the port's name; one with two values a cycle has the second one as an output with `$second`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["ONE", "ZERO", "BlockRam", "Flop", "Function", "GateError", "GateNetlist", "LutRam",
           "Multiplier", "Port", "read_gates"]

ZERO, ONE = -1, -2

BLOCK_BITS = 18 * 1024  # of a block RAM
LUT_BITS   = 64         # of a LUT RAM: 16 words of 4


class GateError(Exception):
    """The netlist has something in it that cannot be simulated; the message names it."""


@dataclass(frozen=True)
class Function:
    """`output` is bit number `inputs`, the first one being the lowest digit, of `table`."""
    output: int
    inputs: tuple[int, ...]
    table:  int

    @property
    def outputs(self) -> tuple[int, ...]:
        return (self.output,)


@dataclass(frozen=True)
class Multiplier:
    """A product of 18 x 18 bits, without registers."""
    outputs:   tuple[int, ...]
    left:      tuple[int, ...]
    right:     tuple[int, ...]
    is_signed: tuple[bool, bool]

    @property
    def inputs(self) -> tuple[int, ...]:
        return (*self.left, *self.right)


@dataclass(frozen=True)
class LutRam:
    """16 words of 4 bits: read at once, written at the clock's edge. `init` has word n from bit 4n
    on."""
    name:    str
    outputs: tuple[int, ...]
    inputs:  tuple[int, ...]  # the address that is read
    enable:  int
    address: tuple[int, ...]
    data:    tuple[int, ...]
    init:    int
    clock:   int = 0  # the number of one of the netlist's


@dataclass(frozen=True)
class Flop:
    """A register: `value` if `reset`, else `data` if `enable`, else what it was. An asynchronous
    reset acts at the next edge of any clock."""
    output: int
    data:   int
    enable: int
    reset:  int
    value:  int
    clock:  int  = 0
    is_asynchronous: bool = False


@dataclass(frozen=True)
class Port:
    """One of two ports of a block RAM; its outputs are registers.

    `mode` is what they become as the port writes: NORMAL leaves them, WRITETHROUGH gives the new
    word, READBEFOREWRITE the old one. `address` counts bits; with a `width` of 18 or 36 its two or
    four lowest bits enable the writing of nine bits each. With 36, one port takes the data pins of
    both and writes, the other one has the outputs of both and reads.
    """
    width:   int
    mode:    str
    enable:  int
    writes:  int
    reset:   int
    address: tuple[int, ...]
    data:    tuple[int, ...]
    outputs: tuple[int, ...]
    clock:   int = 0


@dataclass(frozen=True)
class BlockRam:
    """1024 words of 18 bits, which narrower ports see as more, narrower ones."""
    name:  str
    ports: tuple[Port, Port]
    init:  int


@dataclass
class GateNetlist:
    """Cells, those without state after what they need; ports by their names, bit 0 first; clocks by
    the name of their port, or by the cell and port that drive them."""
    clocks:    list[str]                 = field(default_factory=list)
    inputs:    dict[str, list[int]]      = field(default_factory=dict)
    outputs:   dict[str, list[int]]      = field(default_factory=dict)
    stateless: list[Function | Multiplier | LutRam] = field(default_factory=list)
    flops:     list[Flop]                = field(default_factory=list)
    blocks:    list[BlockRam]            = field(default_factory=list)

    @property
    def lut_rams(self) -> list[LutRam]:
        return [cell for cell in self.stateless if isinstance(cell, LutRam)]


def read_gates(module: dict[str, Any], clock: str | None = "clk") -> GateNetlist:
    """Read a flat module of Yosys' JSON, all of whose registers have the clock `clock`, or those
    that PLLs make."""
    return _Reader(module, clock).read()


class _Reader:
    def __init__(self, module: dict[str, Any], clock: str | None):
        self.module   = module
        self.netlist  = GateNetlist()
        self.clocks: dict[int, int] = {}  # number of the clock, by its net
        self.seconds: dict[int, int] = {}  # what comes second out of a register with two values
        self.clock_name = clock
        if clock is not None:
            self._clock(module["ports"][clock]["bits"][0], clock)
        self.inverses: dict[int, int] = {}
        self.fresh    = 1 + max((bit for net in module["netnames"].values() for bit in net["bits"]
                                 if isinstance(bit, int)), default=0)
        for cell in module["cells"].values():  # a net may have no name
            for bits in cell["connections"].values():
                self.fresh = max(self.fresh, *(bit + 1 for bit in bits if isinstance(bit, int)), 0)

    def read(self) -> GateNetlist:
        for name, port in self.module["ports"].items():
            if name != self.clock_name:
                side = self.netlist.outputs if port["direction"] == "output" \
                    else self.netlist.inputs
                side[name] = [_bit(bit) for bit in port["bits"]]
        # Clocks are known before who uses them, and pads are read when all is there to be seen.
        order = {"EHXPLLL": 0, "TRELLIS_IO": 2}
        for name, cell in sorted(self.module["cells"].items(),
                                 key=lambda item: order.get(item[1]["type"], 1)):
            kind = cell["type"]
            if kind == "$scopeinfo":
                continue
            reader = getattr(self, f"_read_{kind.lower()}", None)
            if reader is None:
                raise GateError(f"{name} is a {kind}, which there is no model of")
            reader(name, cell)
        self._sort()
        return self.netlist

    # --- bits and parameters ---------------------------------------------------------------------

    def _in(self, cell: dict[str, Any], port: str, default: int = ZERO) -> int:
        bits = cell["connections"].get(port)
        return _bit(bits[0]) if bits else default

    def _out(self, cell: dict[str, Any], port: str) -> int:
        bits = cell["connections"].get(port)
        if bits and isinstance(bits[0], int):
            return bits[0]
        self.fresh += 1  # nobody looks at it
        return self.fresh - 1

    def _inverted(self, bit: int) -> int:
        if bit in (ZERO, ONE):
            return ONE if bit == ZERO else ZERO
        if bit not in self.inverses:
            self.inverses[bit] = self.fresh
            self.netlist.stateless.append(Function(self.fresh, (bit,), 0b01))
            self.fresh += 1
        return self.inverses[bit]

    def _muxed(self, cell: dict[str, Any], port: str, default: int, choice: str = "") -> int:
        """An input behind its inverter or constant, which is `choice` if nothing says otherwise."""
        choice = _text(cell, f"{port}MUX", choice or port)
        if choice in "01":
            return ONE if choice == "1" else ZERO
        bit = self._in(cell, port, default)
        return self._inverted(bit) if choice == "INV" else bit

    def _clock(self, net: int, name: str) -> None:
        self.clocks[net] = len(self.netlist.clocks)
        self.netlist.clocks.append(name)

    def _clock_of(self, name: str, cell: dict[str, Any], port: str) -> int:
        """The number of the clock at a port."""
        net = cell["connections"].get(port, [None])[0]
        if net not in self.clocks or _text(cell, f"{port}MUX", port) != port:
            raise GateError(f"{name} has another clock than the rising edge of "
                            f"{self.clock_name or 'what a PLL makes'}")
        return self.clocks[net]

    def _add(self, output: int, inputs: tuple[int, ...], table: int) -> None:
        self.netlist.stateless.append(Function(output, inputs, table))

    # --- cells -----------------------------------------------------------------------------------

    def _read_lut4(self, name: str, cell: dict[str, Any]) -> None:
        self._add(self._out(cell, "Z"), tuple(self._in(cell, port) for port in "ABCD"),
                  _number(cell, "INIT"))

    def _read_pfumx(self, name: str, cell: dict[str, Any]) -> None:
        self._add(self._out(cell, "Z"),
                  tuple(self._in(cell, port) for port in ("BLUT", "ALUT", "C0")), 0b11001010)

    def _read_l6mux21(self, name: str, cell: dict[str, Any]) -> None:
        self._add(self._out(cell, "Z"),
                  tuple(self._in(cell, port) for port in ("D0", "D1", "SD")), 0b11001010)

    def _read_ccu2c(self, name: str, cell: dict[str, Any]) -> None:
        carry = self._in(cell, "CIN")
        for half in "01":
            inputs   = (*(self._in(cell, f"{port}{half}") for port in "ABCD"), carry)
            is_plain = _text(cell, f"INJECT1_{half}", "YES") == "YES"
            lut, total, out = _number(cell, f"INIT{half}"), 0, 0
            for n in range(32):
                value, carried = lut >> (n & 15) & 1, n >> 4
                generated = 0 if is_plain else lut >> (n & 3) & 1
                total |= (value ^ (0 if is_plain else carried)) << n
                out   |= (carried if value else generated) << n
            self._add(self._out(cell, f"S{half}"), inputs, total)
            carry = self._out(cell, "COUT" if half == "1" else "carry between the halves")
            self._add(carry, inputs, out)

    def _read_trellis_ff(self, name: str, cell: dict[str, Any]) -> None:
        clock = self._clock_of(name, cell, "CLK")
        reset = self._muxed(cell, "LSR", ZERO)
        is_asynchronous = _text(cell, "SRMODE", "LSR_OVER_CE") == "ASYNC" and reset != ZERO
        if is_asynchronous and self.clock_name is not None:
            raise GateError(f"{name} has an asynchronous reset")
        value = ONE if _text(cell, "REGSET", "RESET") == "SET" else ZERO
        if _text(cell, "LSRMODE", "LSR") == "PRLD":
            value = self._in(cell, "M")
        self.netlist.flops.append(Flop(self._out(cell, "Q"), self._in(cell, "DI"),
                                       self._muxed(cell, "CE", ONE, choice="1"), reset, value,
                                       clock, is_asynchronous))

    def _read_trellis_dpr16x4(self, name: str, cell: dict[str, Any]) -> None:
        clock = self._clock_of(name, cell, "WCK")
        bits = {port: tuple(map(_bit, cell["connections"][port])) for port in ("RAD", "WAD", "DI")}
        outputs = tuple(bit if isinstance(bit, int) else self._out({"connections": {}}, "")
                        for bit in cell["connections"]["DO"])
        self.netlist.stateless.append(LutRam(
            name, outputs, bits["RAD"], self._muxed(cell, "WRE", ZERO), bits["WAD"], bits["DI"],
            _number(cell, "INITVAL"), clock))

    def _read_oddrx1f(self, name: str, cell: dict[str, Any]) -> None:
        clock = self._clock_of(name, cell, "SCLK")
        if self._in(cell, "RST") != ZERO:
            raise GateError(f"{name} has a reset, which there is no model of")
        first, second = self._out(cell, "Q"), self._out(cell, "the second half")
        self.seconds[first] = second
        for half, output in enumerate((first, second)):
            self.netlist.flops.append(Flop(output, self._in(cell, f"D{half}"), ONE, ZERO, ZERO,
                                           clock))

    # --- what is cut -----------------------------------------------------------------------------

    def _read_ehxplll(self, name: str, cell: dict[str, Any]) -> None:
        if self.clock_name is not None:
            raise GateError(f"{name} is a EHXPLLL, which there is no model of beside a clock")
        for port in ("CLKOP", "CLKOS", "CLKOS2", "CLKOS3"):
            for net in cell["connections"].get(port, []):
                if isinstance(net, int):
                    self._clock(net, f"{name}.{port}")
        self.netlist.inputs[f"{name}.LOCK"] = [self._out(cell, "LOCK")]

    def _read_trellis_io(self, name: str, cell: dict[str, Any]) -> None:
        direction, pad = _text(cell, "DIR", "INPUT"), self._in(cell, "B")
        if direction != "OUTPUT":
            self._add(self._out(cell, "O"), (pad,), 0b10)
        if direction == "INPUT":
            return
        value = self._in(cell, "I")
        if direction == "OUTPUT":
            self._add(pad, (value,), 0b10)
            if value in self.seconds:
                self._extra(pad, "$second", self.seconds[value])
        else:
            self._extra(pad, "$o", value)
        if self._in(cell, "T") != ZERO:
            self._extra(pad, "$oe", self._inverted(self._in(cell, "T")))

    def _extra(self, pad: int, suffix: str, bit: int) -> None:
        """An output beside the port that a pad belongs to."""
        for name, port in self.module["ports"].items():
            if pad in port["bits"]:
                bits = self.netlist.outputs.setdefault(f"{name}{suffix}",
                                                       [ZERO] * len(port["bits"]))
                bits[port["bits"].index(pad)] = bit

    # --- multipliers and memories ----------------------------------------------------------------

    def _read_mult18x18d(self, name: str, cell: dict[str, Any]) -> None:
        for stage in ("INPUTA", "INPUTB", "INPUTC", "PIPELINE", "OUTPUT"):
            if _text(cell, f"REG_{stage}_CLK", "NONE") != "NONE":
                raise GateError(f"{name} has a register REG_{stage}, which there is no model of")
        signs = tuple(self._in(cell, f"SIGNED{side}") for side in "AB")
        if any(sign not in (ZERO, ONE) for sign in signs) or any(
                self._in(cell, f"SOURCE{side}") != ZERO for side in "AB"):
            raise GateError(f"{name} changes its signs or sources, which there is no model of")
        self.netlist.stateless.append(Multiplier(
            tuple(self._out(cell, f"P{n}") for n in range(36)),
            tuple(self._in(cell, f"A{n}") for n in range(18)),
            tuple(self._in(cell, f"B{n}") for n in range(18)),
            (signs[0] == ONE, signs[1] == ONE)))

    def _read_dp16kd(self, name: str, cell: dict[str, Any]) -> None:
        init = 0
        for n in range(64):
            row = _number(cell, f"INITVAL_{n:02X}")
            for word in range(16):
                init |= (row >> 20 * word & 0x3FFFF) << 18 * (16 * n + word)
        self.netlist.blocks.append(BlockRam(name, self._block_ports(name, cell), init))

    def _block_ports(self, name: str, cell: dict[str, Any]) -> tuple[Port, Port]:
        left, right = (self._block_port(name, cell, side) for side in "AB")
        if left.width == 36:
            if right.width != 36 or right.writes != ZERO:
                raise GateError(f"{name} has a wide port and a narrow one, which there is no "
                                "model of")
            unseen = tuple(self._out({"connections": {}}, "") for _ in range(36))
            right = replace(right, outputs=left.outputs + right.outputs)
            left  = replace(left, data=left.data + right.data, outputs=unseen)
        return left, right

    def _block_port(self, name: str, cell: dict[str, Any], side: str) -> Port:
        width  = _number(cell, f"DATA_WIDTH_{side}", 18)
        enable, clock = self._muxed(cell, f"CE{side}", ONE), 0
        if enable != ZERO and cell["connections"].get(f"CLK{side}", [None])[0] in self.clocks:
            clock = self._clock_of(name, cell, f"CLK{side}")
        elif all(bit == "x" or bit == "0" for bit in cell["connections"].get(f"CLK{side}", "0")):
            enable = ZERO  # the port is not used
        else:
            raise GateError(f"{name} has another clock than "
                            f"{self.clock_name or 'what a PLL makes'}")
        reset = self._muxed(cell, f"RST{side}", ZERO)
        if _text(cell, "RESETMODE", "SYNC") == "ASYNC" and reset != ZERO:
            raise GateError(f"{name} has an asynchronous reset")
        if _text(cell, f"REGMODE_{side}", "NOREG") != "NOREG":
            raise GateError(f"{name} has output registers, which there is no model of")
        if any(self._in(cell, f"CS{side}{n}") != ZERO for n in range(3)):
            raise GateError(f"{name} uses its chip selects, which there is no model of")
        return Port(width, _text(cell, f"WRITEMODE_{side}", "NORMAL"), enable,
                    self._muxed(cell, f"WE{side}", ZERO), reset,
                    tuple(self._in(cell, f"AD{side}{n}") for n in range(14)),
                    tuple(self._in(cell, f"DI{side}{n}") for n in range(18)),
                    tuple(self._out(cell, f"DO{side}{n}") for n in range(18)), clock)

    # --- order -----------------------------------------------------------------------------------

    def _sort(self) -> None:
        """Each cell without state behind those that drive its inputs."""
        driver = {bit: n for n, cell in enumerate(self.netlist.stateless) for bit in cell.outputs}
        waits  = [0] * len(self.netlist.stateless)
        users: dict[int, list[int]] = defaultdict(list)
        for n, cell in enumerate(self.netlist.stateless):
            for source in {driver[bit] for bit in cell.inputs if bit in driver}:
                waits[n] += 1
                users[source].append(n)
        ready = [n for n, count in enumerate(waits) if not count]
        order = []
        while ready:
            n = ready.pop()
            order.append(n)
            for user in users[n]:
                waits[user] -= 1
                if not waits[user]:
                    ready.append(user)
        if len(order) < len(waits):
            bit  = next(self.netlist.stateless[n].outputs[0] for n, w in enumerate(waits) if w)
            name = next((name for name, net in self.module["netnames"].items()
                         if bit in net["bits"]), "a net without a name")
            raise GateError(f"{name} depends on itself within a cycle")
        self.netlist.stateless = [self.netlist.stateless[n] for n in order]


def all_bits(netlist: GateNetlist) -> Iterator[int]:
    """All nets that anything drives."""
    for flop in netlist.flops:
        yield flop.output
    for block in netlist.blocks:
        for port in block.ports:
            yield from port.outputs
    for bits in netlist.inputs.values():
        yield from bits
    for cell in netlist.stateless:
        yield from cell.outputs


def _bit(bit: int | str) -> int:
    # An undefined one is as good as any.
    return bit if isinstance(bit, int) else ONE if bit == "1" else ZERO


def _text(cell: dict[str, Any], name: str, default: str) -> str:
    # Yosys writes a blank behind texts that look like numbers.
    value = cell["parameters"].get(name, default)
    return str(value).rstrip()


def _number(cell: dict[str, Any], name: str, default: int = 0) -> int:
    value = cell["parameters"].get(name)
    if value is None:
        return default
    return value if isinstance(value, int) else int(value.strip().replace("x", "0"), 2)
