"""From an Amaranth design to the graph of `netlist.py`.

Amaranth writes the design down, Yosys flattens it and turns processes into multiplexers, and what
comes of it is read.
"""

import json
from collections.abc import Sequence
from typing import Any

from amaranth import ClockDomain, Module
from amaranth.back import rtlil
from amaranth.lib import wiring

from sim.engine.netlist import (
    Memory,
    Netlist,
    NetlistError,
    Node,
    Part,
    Word,
    Write,
    const,
    cut,
    join,
    width_of,
)
from sim.engine.splitter import Splitter
from sim.engine.yosys import run_yosys

__all__ = ["read_netlist"]

# Enables stay multiplexers: what a register holds on to is seen from them as well, and they show
# what need not be computed.
SCRIPT = "hierarchy -top top; proc; flatten; opt -full -noff; memory_collect; clean; write_json"

# --- from Amaranth to Yosys' JSON ----------------------------------------------------------------


class Resetless(wiring.Component):
    """A design whose clock has no reset: its registers begin with their initial values."""

    def __init__(self, design: Any):
        self.design = design
        super().__init__(design.signature)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.domains.sync = ClockDomain(reset_less=True)
        m.submodules.design = self.design
        wiring.connect(m, wiring.flipped(self), self.design)
        return m


def read_netlist(design: Any) -> Netlist:
    """The graph of an Amaranth component with the single clock ``sync``."""
    text = rtlil.convert(Resetless(design), name="top", emit_src=False)
    output = run_yosys(f"read_rtlil <<rtlil\n{text}\nrtlil\n{SCRIPT}")
    module = json.loads(output[output.index("{"):])["modules"]["top"]
    netlist = _Reader(module).read()
    return Splitter(netlist).split()


# --- from JSON to the graph ----------------------------------------------------------------------

BINARY = {"and", "or", "xor", "xnor", "add", "sub", "mul", "divfloor", "modfloor", "eq", "ne",
          "lt", "le", "gt", "ge", "shl", "sshl", "shr", "sshr", "shift", "shiftx",
          "logic_and", "logic_or"}
UNARY  = {"not", "pos", "neg", "reduce_and", "reduce_or", "reduce_bool", "reduce_xor",
          "reduce_xnor", "logic_not"}


class _Reader:
    """Reads one flattened module."""

    def __init__(self, module: dict[str, Any]):
        self.module = module
        self.drivers: dict[int, Part] = {}  # of each bit
        self.memories: dict[str, Memory] = {}
        self.nexts: dict[Node, Word] = {}

    def read(self) -> Netlist:
        cells = {name: cell for name, cell in self.module["cells"].items()
                 if cell["type"] != "$scopeinfo"}
        inputs = {}
        for name, port in self.module["ports"].items():
            if port["direction"] == "input":
                node = Node("input", len(port["bits"]), name=name)
                inputs[name] = node.word
                self._drive(port["bits"], node)
        inits = self._inits()

        # First all that drives bits, then what each takes: the graph has cycles through registers.
        takers = []
        for name, cell in cells.items():
            takers.append((self._declare(name, cell, inits), name, cell))
        for declared, name, cell in takers:
            self._connect(declared, name, cell)
        return Netlist(
            {name: word for name, word in inputs.items() if name != "clk"},
            {name: self._word(port["bits"]) for name, port in self.module["ports"].items()
             if port["direction"] == "output"},
            self.nexts, self.memories,
            {_below(name): self._word(net["bits"])
             for name, net in self.module["netnames"].items() if self._is_driven(net["bits"])})

    def _inits(self) -> dict[int, int]:
        """The initial values of bits."""
        inits: dict[int, int] = {}
        for net in self.module["netnames"].values():
            value = net["attributes"].get("init")
            if value is not None:
                inits.update((bit, int(digit == "1"))
                             for bit, digit in zip(net["bits"], reversed(value), strict=False))
        return inits

    def _drive(self, bits: Sequence[int | str], node: Node, low: int = 0) -> None:
        for n, bit in enumerate(bits):
            if isinstance(bit, int):
                self.drivers[bit] = Part(node, low + n, 1)

    def _is_driven(self, bits: Sequence[int | str]) -> bool:
        return all(isinstance(bit, str) or bit in self.drivers for bit in bits)

    def _word(self, bits: Sequence[int | str]) -> Word:
        # An undefined bit is 0, as good as anything.
        return join(self.drivers[bit] if isinstance(bit, int) else Part(None, int(bit == "1"), 1)
                    for bit in bits)

    def _declare(self, name: str, cell: dict[str, Any], inits: dict[int, int]) -> Any:
        """Make the nodes that drive a cell's outputs."""
        kind, ports = cell["type"].removeprefix("$"), cell["connections"]
        if kind == "simulated_ram":
            memory = Memory(_below(name), 32, _number(cell, "WORDS"))
            self.memories[memory.name] = memory
            reads = [Node("register", 32) for _ in range(3)]
            for node, port in zip(reads, ("f_first", "f_second", "d_r_data"), strict=True):
                self._drive(ports[port], node)
            return memory, reads
        if kind == "mem_v2":
            return self._declare_memory(cell)
        if kind == "dff":
            if _number(cell, "CLK_POLARITY") != 1:
                raise NetlistError(f"{name} is clocked by a falling edge")
            bits = ports["Q"]
            node = Node("register", len(bits),
                        init=sum(inits.get(bit, 0) << n for n, bit in enumerate(bits)))
            self._drive(bits, node)
            return node
        if kind not in BINARY | UNARY | {"mux", "pmux"}:
            raise NetlistError(f"{name} is a {kind}, which the engine cannot run")
        is_signed = bool(_number(cell, "A_SIGNED"))
        node = Node(kind, len(ports["Y"]), is_signed=is_signed)
        self._drive(ports["Y"], node)
        return node

    def _connect(self, declared: Any, name: str, cell: dict[str, Any]) -> None:
        """Say what a cell's nodes take."""
        kind = cell["type"].removeprefix("$")
        ports = {port: self._word(bits) for port, bits in cell["connections"].items()
                 if self._is_driven(bits)}
        if kind == "simulated_ram":
            memory, nodes = declared
            self._connect_ram(memory, nodes, ports)
        elif kind == "mem_v2":
            memory, nodes = declared
            self._connect_memory(memory, nodes, name, cell, ports)
        elif kind == "dff":
            self.nexts[declared] = ports["D"]
        elif kind == "mux":
            declared.args = (ports["S"], ports["A"], ports["B"])
        elif kind == "pmux":
            width = declared.width
            declared.args = (ports["A"], ports["S"],
                             *(cut(ports["B"], n * width, width)
                               for n in range(width_of(ports["S"]))))
        elif kind in UNARY:
            declared.args = (ports["A"],)
        else:
            if kind in ("shift", "shiftx") and not _number(cell, "B_SIGNED"):
                declared.kind = "sshr"  # by an amount that cannot be negative
            declared.args = (ports["A"], ports["B"])

    def _connect_ram(self, memory: Memory, reads: list[Node], ports: dict[str, Word]) -> None:
        bits = width_of(ports["f_addr"])
        after = Node("add", bits, (ports["f_addr"], const(1, 1)))
        for node, enable, address in zip(reads, ("f_en", "f_en", "d_en"),
                                         (ports["f_addr"], after.word, ports["d_addr"]),
                                         strict=True):
            word = Node("read", 32, (address,), memory=memory)
            self.nexts[node] = Node("mux", 32, (ports[enable], node.word, word.word)).word
        writes = Node("and", 1, (ports["d_en"], ports["d_write"])).word
        memory.writes.append(Write(ports["d_addr"], ports["d_w_data"], writes * 32))

    def _declare_memory(self, cell: dict[str, Any]) -> tuple[Memory, list[Node]]:
        width, size = _number(cell, "WIDTH"), _number(cell, "SIZE")
        digits = cell["parameters"]["INIT"].replace("x", "0")
        words  = [int(digits[max(0, end - width):end], 2) for end in range(len(digits), 0, -width)]
        memory = Memory(_below(cell["parameters"]["MEMID"].removeprefix("\\")), width, size,
                        tuple(words) if any(words) else ())
        self.memories[memory.name] = memory
        data  = cell["connections"]["RD_DATA"]
        nodes = []
        for port in range(_number(cell, "RD_PORTS")):
            kind = "register" if _bit(cell, "RD_CLK_ENABLE", port) else "read"
            init = _field(cell, "RD_INIT_VALUE", port, width) if kind == "register" else 0
            node = Node(kind, width, init=init, memory=memory)
            self._drive(data[port * width:(port + 1) * width], node)
            nodes.append(node)
        return memory, nodes

    def _connect_memory(self, memory: Memory, nodes: list[Node], name: str,
                        cell: dict[str, Any], ports: dict[str, Word]) -> None:
        width, bits = memory.width, _number(cell, "ABITS")
        for port in range(_number(cell, "WR_PORTS")):
            if not _bit(cell, "WR_CLK_ENABLE", port):
                raise NetlistError(f"{name} is written without a clock")
            memory.writes.append(Write(cut(ports["WR_ADDR"], port * bits, bits),
                                       cut(ports["WR_DATA"], port * width, width),
                                       cut(ports["WR_EN"], port * width, width)))
        for port, node in enumerate(nodes):
            address = cut(ports["RD_ADDR"], port * bits, bits)
            if node.kind == "read":
                node.args = (address,)
                continue
            value = Node("read", width, (address,), memory=memory).word
            for n, write in enumerate(memory.writes):
                if _bit(cell, "RD_TRANSPARENCY_MASK", port * len(memory.writes) + n):
                    value = _seen_through(value, address, write)
            self.nexts[node] = Node("mux", width, (cut(ports["RD_EN"], port, 1), node.word,
                                                   value)).word
            node.memory = None


def _seen_through(value: Word, address: Word, write: Write) -> Word:
    """What a transparent port reads: the data of a write to the same word at the same time."""
    hits = Node("eq", 1, (address, write.address)).word
    bits: list[Part] = []
    for n in range(width_of(value)):
        wins = Node("and", 1, (hits, cut(write.enable, n, 1))).word
        bits += Node("mux", 1, (wins, cut(value, n, 1), cut(write.data, n, 1))).word
    return join(bits)


def _number(cell: dict[str, Any], name: str) -> int:
    value = cell["parameters"].get(name, "0")
    return value if isinstance(value, int) else int(value, 2)


def _bit(cell: dict[str, Any], name: str, index: int) -> int:
    return _number(cell, name) >> index & 1


def _field(cell: dict[str, Any], name: str, index: int, width: int) -> int:
    value = int(cell["parameters"][name].replace("x", "0"), 2)
    return value >> index * width & ((1 << width) - 1)


def _below(path: str) -> str:
    """A path below the design, without the wrapper around it."""
    return path.removeprefix("design.")
