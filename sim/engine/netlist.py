"""A design as a graph of words: what the C++ is generated from.

`read_netlist` takes a design through Amaranth and Yosys, which flattens it and turns processes into
multiplexers, and reads the result. A `Node` is an input, a register, a word of a memory, or an
operation; it has one value in each cycle. What an operation takes is a `Word`: bits of nodes, put
together. Registers and memories say what they become at the clock's edge.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from amaranth import ClockDomain, Module
from amaranth.back import rtlil
from amaranth.lib import wiring

from sim.engine.yosys import run_yosys

__all__ = ["Memory", "Netlist", "NetlistError", "Node", "Part", "Word", "Write", "const",
           "read_netlist", "width_of"]

# Enables stay multiplexers: what a register holds on to is seen from them as well, and they show
# what need not be computed.
SCRIPT = "hierarchy -top top; proc; flatten; opt -full -noff; memory_collect; clean; write_json"

WORD  = 32  # bits; up to here nothing is split
LANE  = 64  # bits; a node has no more, where it can be split
FIELD = 16  # bits; what is at least as wide becomes a node of its own, flags stay together


class NetlistError(Exception):
    """The design has something in it that the engine cannot run; the message names it."""


@dataclass(frozen=True, slots=True)
class Part:
    """`width` bits of a node's value from bit `low` on; without a node, the constant `low`."""
    node:  "Node | None"
    low:   int
    width: int


Word = tuple[Part, ...]  # least significant first


@dataclass(eq=False, slots=True)
class Node:
    """One value in each cycle.

    Parameters
    ----------
    kind : str
        ``input``, ``register``, ``read`` (a word of a memory), or an operation: the name of Yosys'
        cell.
    width : int
    args : tuple of Word
        Of ``mux``: select, value for 0, value for 1. Of ``pmux``: default, all selects, of which at
        most one is 1, and a value for each. Of ``read``: the address.
    is_signed : bool
        The operation takes its operands as signed; of shifts, the value. The amount of a ``shift``
        is signed in any case, that of others is not.
    memory : Memory or None
        Of ``read``.
    init : int
        Of ``register``: its value after reset.
    name : str
        Of ``input``.
    """
    kind:      str
    width:     int
    args:      tuple[Word, ...] = ()
    is_signed: bool             = False
    memory:    "Memory | None"  = None
    init:      int              = 0
    name:      str              = ""

    @property
    def word(self) -> Word:
        """All of its bits."""
        return (Part(self, 0, self.width),)


@dataclass(frozen=True)
class Write:
    """A word that a memory takes at the clock's edge: the bits of `data` where `enable` is 1."""
    address: Word
    data:    Word
    enable:  Word


@dataclass(eq=False)
class Memory:
    """An array of `size` words; of writes to one of them, later ones win."""
    name:   str
    width:  int
    size:   int
    init:   tuple[int, ...] = ()  # zeros behind it
    writes: list[Write] = field(default_factory=list)


@dataclass
class Netlist:
    """A design.

    Parameters
    ----------
    inputs : dict of str to Word
    outputs : dict of str to Word
    nexts : dict of Node to Word
        What each register becomes at the clock's edge.
    memories : dict of str to Memory
        By their paths below the top.
    names : dict of str to Word
        Signals by their paths, as far as they are still there.
    """
    inputs:   dict[str, Word]
    outputs:  dict[str, Word]
    nexts:    dict[Node, Word]
    memories: dict[str, Memory]
    names:    dict[str, Word]

    def roots(self) -> Iterator[Word]:
        """All that has to be computed in a cycle."""
        yield from self.outputs.values()
        yield from self.nexts.values()
        for memory in self.memories.values():
            for write in memory.writes:
                yield from (write.address, write.data, write.enable)

    def operations(self) -> list[Node]:
        """All operations and reads that the roots need, each behind its operands."""
        order: list[Node] = []
        begun: set[Node]  = set()
        done:  set[Node]  = set()
        stack = [(part.node, False) for word in self.roots() for part in word]
        while stack:
            node, is_done = stack.pop()
            if node is None or node.kind in ("input", "register") or node in done:
                continue
            if is_done:
                order.append(node)
                done.add(node)
            elif node in begun:
                raise NetlistError(f"{self.name_of(node)} depends on itself within a cycle, be it "
                                   "one of its bits on another; the engine computes words whole")
            else:
                begun.add(node)
                stack.append((node, True))
                stack.extend((part.node, False) for word in node.args for part in word)
        return order

    def name_of(self, node: Node) -> str:
        """What the design calls a node, or something that is put together from it."""
        names = [name for name, word in self.names.items()
                 if any(part.node is node for part in word)]
        return min(names, key=lambda name: ("$" in name, len(name), name), default="something")


def const(value: int, width: int) -> Word:
    """A constant as a word."""
    return (Part(None, value & ((1 << width) - 1), width),)


def width_of(word: Word) -> int:
    """Its number of bits."""
    return sum(part.width for part in word)


def cut(word: Word, low: int, width: int) -> Word:
    """`width` bits of a word from bit `low` on."""
    parts, at = [], 0
    for part in word:
        begin, end = max(at, low), min(at + part.width, low + width)
        if begin < end:
            parts.append(_slice(part, begin - at, end - begin))
        at += part.width
    return join(parts)


def _slice(part: Part, low: int, width: int) -> Part:
    if part.node is None:
        return Part(None, part.low >> low & ((1 << width) - 1), width)
    return Part(part.node, part.low + low, width)


def join(parts: Iterable[Part]) -> Word:
    """One word of many parts; neighbours that belong together become one."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last is None or last.node is not part.node:
            joined.append(part)
        elif part.node is None:
            joined[-1] = Part(None, last.low | part.low << last.width, last.width + part.width)
        elif last.low + last.width == part.low:
            joined[-1] = Part(part.node, last.low, last.width + part.width)
        else:
            joined.append(part)
    return tuple(joined)


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


# --- splitting -----------------------------------------------------------------------------------


class Splitter:
    """Makes of each wide node several that the host's words can hold, where structs have fields.

    Amaranth's structs are one vector each; so are registers between stages, and all that selects
    between structs. Each such node is cut where its operands are put together, and, if it is wider
    than `LANE`, where its users cut it. On the way, equal operations become one, and what is
    constant is computed.
    """
    SPLITS = {"and", "or", "xor", "not", "mux", "pmux", "register", "input"}

    def __init__(self, netlist: Netlist):
        self.netlist = netlist
        self.made: dict[Any, Node] = {}
        self.pieces: dict[Node, Word] = {}  # what each old node has become

    def split(self) -> Netlist:
        old = self.netlist
        operations = old.operations()
        cuts = self._cuts(operations)
        for word in old.inputs.values():
            for part in word:
                assert part.node is not None
                self.pieces[part.node] = part.node.word
        for node in old.nexts:
            bounds = cuts[node]
            self.pieces[node] = tuple(
                Part(Node("register", end - low, init=node.init >> low & ((1 << end - low) - 1)),
                     0, end - low) for low, end in zip(bounds, bounds[1:], strict=False))
        for node in operations:
            self.pieces[node] = self._rebuilt(node, cuts.get(node, [0, node.width]))

        nexts = {}
        for node, word in old.nexts.items():
            new, low = self._renewed(word), 0
            for part in self.pieces[node]:
                assert part.node is not None
                nexts[part.node] = cut(new, low, part.width)
                low += part.width
        for memory in old.memories.values():
            memory.writes = [Write(*map(self._renewed, (write.address, write.data, write.enable)))
                             for write in memory.writes]
        return Netlist(old.inputs,
                       {name: self._renewed(word) for name, word in old.outputs.items()},
                       nexts, old.memories,
                       {name: self._renewed(word) for name, word in old.names.items()
                        if all(part.node is None or part.node in self.pieces for part in word)})

    def _cuts(self, operations: list[Node]) -> dict[Node, list[int]]:
        """Where to cut each node that can be: bounds from 0 to its width."""
        nexts = self.netlist.nexts
        nodes = [node for node in (*operations, *nexts) if node.kind in self.SPLITS]
        bounds: dict[Node, set[int]] = {node: {0, node.width} for node in nodes}
        uses: dict[Node, set[tuple[int, int]]] = defaultdict(set)
        for word in (*self.netlist.roots(), *(word for node in operations for word in node.args)):
            for part in word:
                if part.node is not None:
                    uses[part.node].add((part.low, part.low + part.width))

        # As operands are put together; then, where no host's word can hold it, as wide fields of it
        # are used, as any bits of it are used, and at last anywhere.
        for least in (None, FIELD, 1, 0):
            for node, found in bounds.items():
                if least is not None:
                    found |= _too_wide(found, uses[node], least)
            self._spread(bounds)
        return {node: sorted(found) for node, found in bounds.items()}

    def _spread(self, bounds: dict[Node, set[int]]) -> None:
        """Cut each node where its operands are cut, until nothing changes any more."""
        has_changed = True
        while has_changed:
            has_changed = False
            for node, old in bounds.items():
                found = set(old)
                for word in self._data(node):
                    at, was_wide = 0, False
                    for part in word:
                        is_wide = part.width >= FIELD
                        if is_wide or was_wide:
                            found.add(at)
                        was_wide = is_wide
                        inner = bounds.get(part.node, ()) if part.node is not None else ()
                        found.update(at + bound - part.low for bound in inner
                                     if part.low < bound < part.low + part.width)
                        at += part.width
                if node.width <= WORD:
                    continue
                if node.width <= LANE:
                    found = {bound for bound in found
                             if FIELD <= bound <= node.width - FIELD} | {0, node.width}
                if found != old:
                    bounds[node], has_changed = found, True

    def _data(self, node: Node) -> Iterator[Word]:
        """The operands that a node has bit by bit, as wide as itself."""
        if node.kind == "register":
            yield self.netlist.nexts[node]
        elif node.kind == "mux":
            yield from node.args[1:]
        elif node.kind == "pmux":
            yield node.args[0]
            yield from node.args[2:]
        else:
            yield from (word for word in node.args if width_of(word) == node.width)

    def _renewed(self, word: Word) -> Word:
        """The same bits of the new nodes."""
        return join(new for part in word for new in
                    ((part,) if part.node is None
                     else cut(self.pieces[part.node], part.low, part.width)))

    def _rebuilt(self, node: Node, bounds: list[int]) -> Word:
        args = tuple(map(self._renewed, node.args))
        if len(bounds) == 2:
            return self._make(node, node.width, args)
        parts: list[Part] = []
        for low, end in zip(bounds, bounds[1:], strict=False):
            width = end - low
            if node.kind == "mux":
                pieces: tuple[Word, ...] = (args[0], *(cut(arg, low, width) for arg in args[1:]))
            elif node.kind == "pmux":
                pieces = (cut(args[0], low, width), args[1],
                          *(cut(arg, low, width) for arg in args[2:]))
            else:
                pieces = tuple(cut(_extended(arg, node.width, node.is_signed), low, width)
                               for arg in args)
            parts += self._make(node, width, pieces)
        return join(parts)

    def _make(self, like: Node, width: int, args: tuple[Word, ...]) -> Word:
        """An operation, or what is equal to it."""
        simple = simplified(like.kind, width, args)
        if simple is not None:
            return simple
        key = (like.kind, width, like.is_signed, like.memory, args)
        node = self.made.get(key)
        if node is None:
            node = self.made[key] = Node(like.kind, width, args, like.is_signed, like.memory)
        return node.word


def _too_wide(bounds: set[int], uses: set[tuple[int, int]], least: int) -> set[int]:
    """Where to cut the pieces that are too wide: as at least so many bits are used together; with
    0, every `LANE` bits."""
    more: set[int] = set()
    steps = sorted(bounds)
    for low, end in zip(steps, steps[1:], strict=False):
        if end - low > LANE:
            more |= ({bound for use in uses if use[1] - use[0] >= least for bound in use
                      if low < bound < end} if least else set(range(low, end, LANE)))
    return more


def _extended(word: Word, width: int, is_signed: bool) -> Word:
    missing = width - width_of(word)
    if missing <= 0:
        return cut(word, 0, width)
    sign = cut(word, width_of(word) - 1, 1) if is_signed else const(0, 1)
    return join((*word, *(sign * missing)))


def _value(word: Word) -> int | None:
    """A constant's value."""
    if len(word) == 1 and word[0].node is None:
        return word[0].low
    return None


def simplified(kind: str, width: int, args: tuple[Word, ...]) -> Word | None:
    """A word equal to an operation, if there is one; Yosys has done so before nodes were split."""
    if kind == "mux":
        select, low, high = args
        chosen = _value(select)
        if low == high or chosen == 0:
            return low
        if chosen == 1:
            return high
    elif kind == "pmux":
        if all(arg == args[0] for arg in args[2:]):
            return args[0]
    elif kind in ("and", "or", "xor") and all(width_of(arg) == width for arg in args):
        for this, other in (args, args[::-1]):
            value, ones = _value(this), (1 << width) - 1
            if value == 0:
                return const(0, width) if kind == "and" else other
            if value == ones and kind != "xor":
                return other if kind == "and" else const(ones, width)
    elif kind == "not" and width_of(args[0]) == width:
        value = _value(args[0])
        if value is not None:
            return const(~value, width)
    return None
