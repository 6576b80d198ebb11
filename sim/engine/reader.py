"""From an Amaranth design to the graph of `netlist.py`.

Amaranth writes the design down, Yosys flattens it and turns processes into multiplexers, and what
comes of it is read.
"""

import json
from collections.abc import Sequence
from typing import Any

from amaranth import ClockDomain

from sim.engine.netlist import (
    Edge,
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
from sim.engine.signals import convert, names_of
from sim.engine.splitter import Splitter
from sim.engine.yosys import run_yosys

__all__ = ["read_netlist"]

# Enables stay multiplexers: what a register holds on to is seen from them as well, and they show
# what need not be computed.
SCRIPT = """hierarchy -top top; proc; flatten
opt_clean; opt_expr -full; opt_merge -share_all; opt_muxtree; opt_reduce -full; opt_merge -share_all
memory_collect; clean; write_json"""

# --- from Amaranth to Yosys' JSON ----------------------------------------------------------------


def read_netlist(design: Any, platform: Any = None) -> Netlist:
    """The graph of an Amaranth component.

    A domain that it uses and does not define has a clock from outside and no reset: its registers
    begin with their initial values. One that it does define has its clock from an instance of
    `simulated_clock`, whose parameter `DOMAIN` says whose clock it is.
    """
    missing: list[ClockDomain] = []

    def domain_of(name: str) -> ClockDomain:
        missing.append(ClockDomain(name, reset_less=True))
        return missing[-1]

    text, states = convert(design, platform, missing_domain=domain_of)
    output = run_yosys(f"read_rtlil <<rtlil\n{text}\nrtlil\n{SCRIPT}")
    module = json.loads(output[output.index("{"):])["modules"]["top"]
    netlist = _Reader(module, {domain.clk.name: domain.name for domain in missing}).read()
    netlist = Splitter(netlist).split()
    netlist.about = names_of(module, states)
    return netlist


# --- from JSON to the graph ----------------------------------------------------------------------

BINARY = {"and", "or", "xor", "xnor", "add", "sub", "mul", "divfloor", "modfloor", "eq", "ne",
          "lt", "le", "gt", "ge", "shl", "sshl", "shr", "sshr", "shift", "shiftx",
          "logic_and", "logic_or"}
UNARY  = {"not", "pos", "neg", "reduce_and", "reduce_or", "reduce_bool", "reduce_xor",
          "reduce_xnor", "logic_not"}
CLOCK_PORTS = {"CLK", "RD_CLK", "WR_CLK", "clk"}


class _Reader:
    """Reads one flattened module, some of whose inputs are the clocks of domains."""

    def __init__(self, module: dict[str, Any], clock_ports: dict[str, str]):
        self.module = module
        self.clock_ports = clock_ports
        self.clocks: dict[int, str] = {}    # the domain of each bit that is a clock
        self.drivers: dict[int, Part] = {}  # of each bit
        self.memories: dict[str, Memory] = {}
        self.nexts: dict[Node, Word] = {}
        self.between: dict[Node, Word] = {}
        self.writes: dict[Memory, list[Write]] = {}

    def read(self) -> Netlist:
        cells = {name: cell for name, cell in self.module["cells"].items()
                 if cell["type"] != "$scopeinfo"}
        inputs = {}
        for name, port in self.module["ports"].items():
            if name in self.clock_ports:
                self.clocks[port["bits"][0]] = self.clock_ports[name]
            elif port["direction"] == "input":
                node = Node("input", len(port["bits"]), name=name)
                inputs[name] = node.word
                self._drive(port["bits"], node)
        inits = self._inits()

        # First all that drives bits, then what each takes: the graph has cycles through registers.
        for cell in cells.values():
            if cell["type"] == "simulated_clock":
                self.clocks[cell["connections"]["clk"][0]] = cell["parameters"]["DOMAIN"]
        takers = []
        for name, cell in cells.items():
            takers.append((self._declare(name, cell, inits), name, cell))
        for declared, name, cell in takers:
            self._connect(declared, name, cell)
        return Netlist(
            inputs,
            {name: self._output(name, port["bits"])
             for name, port in self.module["ports"].items() if port["direction"] == "output"},
            self.nexts, self.memories, self.writes,
            {name: self._word(net["bits"])
             for name, net in self.module["netnames"].items() if self._is_driven(net["bits"])},
            self.between)

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

    def _edge(self, name: str, bit: int | str, rises: bool = True) -> Edge:
        """The edge of a clock input."""
        domain = self.clocks.get(bit) if isinstance(bit, int) else None
        if domain is None:
            raise NetlistError(f"{name} is clocked by {self._name_of(bit)}, which is not the clock "
                               "of a domain")
        return Edge(domain, rises)

    def _name_of(self, bit: int | str) -> str:
        names = [name for name, net in self.module["netnames"].items() if bit in net["bits"]]
        return min(names, key=lambda name: ("$" in name, len(name), name), default="a constant")

    def _output(self, name: str, bits: Sequence[int | str]) -> Word:
        if any(bit in self.clocks for bit in bits):
            raise NetlistError(f"{name} puts out a clock, which the engine does not have as a "
                               "value")
        return self._word(bits)

    def _declare(self, name: str, cell: dict[str, Any], inits: dict[int, int]) -> Any:
        """Make the nodes that drive a cell's outputs."""
        kind, ports = cell["type"].removeprefix("$"), cell["connections"]
        if kind == "simulated_clock":
            return None
        if kind == "simulated_ram":
            memory = Memory(name, 32, _number(cell, "WORDS"))
            self.memories[memory.name] = memory
            edge  = self._edge(name, ports["clk"][0])
            reads = [Node("register", 32, edge=edge) for _ in range(3)]
            for node, port in zip(reads, ("f_first", "f_second", "d_r_data"), strict=True):
                self._drive(ports[port], node)
            return memory, reads
        if kind == "mem_v2":
            return self._declare_memory(name, cell)
        if kind in ("dff", "adff"):
            bits = ports["Q"]
            node = Node("register", len(bits),
                        init=sum(inits.get(bit, 0) << n for n, bit in enumerate(bits)),
                        edge=self._edge(name, ports["CLK"][0],
                                        bool(_number(cell, "CLK_POLARITY"))))
            # What is seen of an asynchronous reset is there before any edge.
            seen = node if kind == "dff" else Node("mux", node.width)
            self._drive(bits, seen)
            return node, seen
        if kind not in BINARY | UNARY | {"mux", "pmux"}:
            raise NetlistError(f"{name} is a {kind}, which the engine cannot run")
        is_signed = bool(_number(cell, "A_SIGNED"))
        node = Node(kind, len(ports["Y"]), is_signed=is_signed)
        self._drive(ports["Y"], node)
        return node

    def _connect(self, declared: Any, name: str, cell: dict[str, Any]) -> None:
        """Say what a cell's nodes take."""
        kind = cell["type"].removeprefix("$")
        if kind == "simulated_clock":
            return
        for port, bits in cell["connections"].items():
            clocks = {self.clocks[bit] for bit in bits if bit in self.clocks}
            if clocks and port not in CLOCK_PORTS:
                raise NetlistError(f"{name} takes the clock of {clocks.pop()} as a value, which "
                                   "the engine does not have")
        ports = {port: self._word(bits) for port, bits in cell["connections"].items()
                 if self._is_driven(bits)}
        if kind == "simulated_ram":
            memory, nodes = declared
            self._connect_ram(memory, nodes, ports)
        elif kind == "mem_v2":
            memory, nodes = declared
            self._connect_memory(memory, nodes, name, cell, ports)
        elif kind == "dff":
            self.nexts[declared[0]] = ports["D"]
        elif kind == "adff":
            register, seen = declared
            self._connect_reset(register, seen, cell, ports)
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

    def _connect_reset(self, register: Node, seen: Node, cell: dict[str, Any],
                       ports: dict[str, Word]) -> None:
        """A register with an asynchronous reset."""
        value = const(int(cell["parameters"]["ARST_VALUE"].replace("x", "0"), 2), register.width)

        def unless_reset(word: Word) -> tuple[Word, Word, Word]:
            reset = ports["ARST"]
            return (reset, word, value) if _number(cell, "ARST_POLARITY") else (reset, value, word)

        seen.args = unless_reset(register.word)
        self.nexts[register]   = Node("mux", register.width, unless_reset(ports["D"])).word
        self.between[register] = seen.word

    def _connect_ram(self, memory: Memory, reads: list[Node], ports: dict[str, Word]) -> None:
        bits = width_of(ports["f_addr"])
        after = Node("add", bits, (ports["f_addr"], const(1, 1)))
        for node, enable, address in zip(reads, ("f_en", "f_en", "d_en"),
                                         (ports["f_addr"], after.word, ports["d_addr"]),
                                         strict=True):
            word = Node("read", 32, (address,), memory=memory)
            self.nexts[node] = Node("mux", 32, (ports[enable], node.word, word.word)).word
        writes = Node("and", 1, (ports["d_en"], ports["d_write"])).word
        self.writes[memory] = [Write(ports["d_addr"], ports["d_w_data"], writes * 32,
                                     _edge_of(reads[0]))]

    def _declare_memory(self, name: str, cell: dict[str, Any]) -> tuple[Memory, list[Node]]:
        width, size = _number(cell, "WIDTH"), _number(cell, "SIZE")
        digits = cell["parameters"]["INIT"].replace("x", "0")
        words  = [int(digits[max(0, end - width):end], 2) for end in range(len(digits), 0, -width)]
        memory = Memory(cell["parameters"]["MEMID"].removeprefix("\\"), width, size,
                        tuple(words) if any(words) else ())
        self.memories[memory.name] = memory
        data  = cell["connections"]["RD_DATA"]
        nodes = []
        for port in range(_number(cell, "RD_PORTS")):
            if _bit(cell, "RD_CLK_ENABLE", port):
                edge = self._edge(name, cell["connections"]["RD_CLK"][port],
                                  bool(_bit(cell, "RD_CLK_POLARITY", port)))
                node = Node("register", width, edge=edge,
                            init=_field(cell, "RD_INIT_VALUE", port, width))
            else:
                node = Node("read", width, memory=memory)
            self._drive(data[port * width:(port + 1) * width], node)
            nodes.append(node)
        return memory, nodes

    def _connect_memory(self, memory: Memory, nodes: list[Node], name: str,
                        cell: dict[str, Any], ports: dict[str, Word]) -> None:
        width, bits = memory.width, _number(cell, "ABITS")
        writes = self.writes[memory] = []
        for port in range(_number(cell, "WR_PORTS")):
            if not _bit(cell, "WR_CLK_ENABLE", port):
                raise NetlistError(f"{name} is written without a clock")
            edge = self._edge(name, cell["connections"]["WR_CLK"][port],
                              bool(_bit(cell, "WR_CLK_POLARITY", port)))
            writes.append(Write(cut(ports["WR_ADDR"], port * bits, bits),
                                cut(ports["WR_DATA"], port * width, width),
                                cut(ports["WR_EN"], port * width, width), edge))
        for port, node in enumerate(nodes):
            address = cut(ports["RD_ADDR"], port * bits, bits)
            if node.kind == "read":
                node.args = (address,)
                continue
            value = Node("read", width, (address,), memory=memory).word
            for n, write in enumerate(writes):
                if _bit(cell, "RD_TRANSPARENCY_MASK", port * len(writes) + n):
                    value = _seen_through(value, address, write)
            self.nexts[node] = Node("mux", width, (cut(ports["RD_EN"], port, 1), node.word,
                                                   value)).word


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


def _edge_of(register: Node) -> Edge:
    assert register.edge is not None
    return register.edge
