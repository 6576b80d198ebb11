"""From an Amaranth design to the graph of `netlist.py`.

Amaranth makes a netlist of cells; each becomes a node, or a few. Cells are read in the order in
which they depend on each other.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from amaranth import ClockDomain
from amaranth.hdl import _nir as nir

from sim.engine.decisions import Body, either, one_of, statement, value_after
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
    shown_name,
    width_of,
)
from sim.engine.signals import emitted, named_values, names_of
from sim.engine.simplify import operation
from sim.engine.splitter import Splitter
from sim.engine.tables import tabulate

__all__ = ["read_netlist"]

UNARY = {"~": "not", "-": "neg", "b": "reduce_bool", "r|": "reduce_or", "r&": "reduce_and",
         "r^": "reduce_xor"}
BINARY = {"+": "add", "-": "sub", "*": "mul", "/": "divfloor", "%": "modfloor", "&": "and",
          "|": "or", "^": "xor", "<<": "shl", ">>": "shr", "==": "eq", "!=": "ne", "<": "lt",
          "<=": "le", ">": "gt", ">=": "ge"}
ANY_SIGN = {"+", "-", "*", "==", "!="}  # right for operands of either sign

Unit = tuple[int, int]  # a cell, and the first bit of one of its outputs: what is read at once


def read_netlist(design: Any, platform: Any = None, *, watched: bool = False) -> Netlist:
    """The graph of an Amaranth component; if it is to be watched, with all that has a name in it.

    A domain that it uses and does not define has a clock from outside and no reset: its registers
    begin with their initial values. One that it does define has its clock from an instance of
    `simulated_clock`, whose parameter `DOMAIN` says whose clock it is.
    """
    missing: list[ClockDomain] = []

    def domain_of(name: str) -> ClockDomain:
        missing.append(ClockDomain(name, reset_less=True))
        return missing[-1]

    source = emitted(design, platform, missing_domain=domain_of)
    netlist = _Reader(source, {domain.clk.name: domain.name for domain in missing}).read()
    netlist = Splitter(netlist, watched).split()
    tabulate(netlist)
    netlist.about = names_of(source)
    return netlist


class _Reader:
    """Reads a netlist, some of whose inputs are the clocks of domains."""

    def __init__(self, source: nir.Netlist, clock_ports: dict[str, str]):
        self.source = source
        self.cells  = source.cells
        self.clock_ports = clock_ports
        self.clocks: dict[Unit, str]        = {}  # the domain of each unit that is a clock
        self.starts: dict[int, list[int]]   = {}  # of the units of cells that have several
        self.words:  dict[Unit, Word]       = {}
        self.memories: dict[int, Memory]    = {}
        self.rams: dict[str, Memory]        = {}
        self.nexts: dict[Node, Word]        = {}
        self.between: dict[Node, Word]      = {}
        self.writes: dict[Memory, list[Write]] = {}
        self.write_ports: dict[int, Write]  = {}
        self.choices: dict[int, tuple[list[Word], bool]] = {}  # of statements

    def read(self) -> Netlist:
        inputs = self._inputs()
        stateful = [(index, cell) for index, cell in enumerate(self.cells)
                    if self._declare(index, cell)]
        outputs = {name: self._output(name, value)
                   for name, value in self.cells[0].ports_o.items()}
        for index, cell in stateful:
            self._connect(index, cell)
        return Netlist(inputs, outputs, self.nexts,
                       {memory.name: memory for memory in (*self.memories.values(),
                                                           *self.rams.values())},
                       self.writes,
                       {path: self.word(value) for path, value in named_values(self.source)
                        if not any(self._clock_of(net) for net in value)},
                       self.between)

    # --- values ----------------------------------------------------------------------------------

    def word(self, value: Sequence[nir.Net]) -> Word:
        """The bits of a value, after all that they depend on."""
        parts: list[Part] = []
        for unit, low, width in self._runs(value):
            if unit is None:
                parts.append(Part(None, low, width))
                continue
            if unit not in self.words:
                self._settle(unit)
            parts += cut(self.words[unit], low, width)
        return join(parts)

    def _runs(self, value: Sequence[nir.Net]) -> Iterator[tuple[Unit | None, int, int]]:
        """Neighbouring bits of the same unit, as first bit and number; of a constant, its value and
        width."""
        at = 0
        while at < len(value):
            net, end = value[at], at + 1
            if net.is_const:
                yield None, net.const, 1
            else:
                unit, limit = self._unit(net)
                while end < len(value) and end - at < limit and value[end] == net + end - at:
                    end += 1
                yield unit, net.bit - unit[1], end - at
            at = end

    def _unit(self, net: nir.Net) -> tuple[Unit, int]:
        """A bit's unit, and how many bits of it there are from this one on."""
        starts = self.starts.get(net.cell)
        if starts is None:
            return (net.cell, 0), 1 << 16
        n = bisect_right(starts, net.bit)
        return (net.cell, starts[n - 1]), (starts[n] if n < len(starts) else 1 << 16) - net.bit

    def _clock_of(self, net: nir.Net) -> str | None:
        """The domain whose clock a bit is, if it is one."""
        return None if net.is_const else self.clocks.get(self._unit(net)[0])

    def _settle(self, wanted: Unit) -> None:
        """Read a unit and all that it needs, the latter first."""
        stack, begun = [wanted], set()
        while stack:
            unit = stack[-1]
            if unit in self.words:
                stack.pop()
            elif unit in begun:
                self.words[unit] = self._read(unit)
                stack.pop()
            else:
                begun.add(unit)
                for value in self._needs(unit):
                    for needed, _, _ in self._runs(value):
                        if needed is not None and needed not in self.words:
                            if needed in begun:
                                raise NetlistError(
                                    f"{self._name_of(needed)} depends on itself within a cycle, be "
                                    "it one of its bits on another; the engine computes words "
                                    "whole")
                            stack.append(needed)

    def _name_of(self, unit: Unit) -> str:
        names = [path for path, value in named_values(self.source)
                 if any(found == unit for found, _, _ in self._runs(value))]
        return shown_name(names)

    # --- operations ------------------------------------------------------------------------------

    def _needs(self, unit: Unit) -> Iterator[Sequence[nir.Net]]:
        """All that a unit is computed from in the same cycle."""
        cell = self.cells[unit[0]]
        if isinstance(cell, nir.Operator):
            yield from cell.inputs
        elif isinstance(cell, nir.AssignmentList):
            low, end = self._bounds(unit)
            yield cell.default[low:end]
            for assignment in self._reaching(cell, low, end):
                yield assignment.value[low - assignment.start:end - assignment.start]
                for source, _ in self._path(assignment.cond):
                    yield self.cells[source].inputs
        elif isinstance(cell, nir.Part):
            yield cell.value
            yield cell.offset
        elif isinstance(cell, nir.Matches):
            yield cell.value
        elif isinstance(cell, nir.AsyncReadPort):
            yield cell.addr
        elif unit in self.clocks:
            raise NetlistError(f"the clock of {self.clocks[unit]} is taken as a value, which the "
                               "engine does not have")
        else:
            raise NetlistError(f"{self._place(unit[0])} has a {type(cell).__name__}, which the "
                               "engine cannot run")

    def _read(self, unit: Unit) -> Word:
        """The value of a unit whose needs have been read."""
        cell = self.cells[unit[0]]
        if isinstance(cell, nir.Operator):
            return self._operation(cell)
        if isinstance(cell, nir.AssignmentList):
            return self._assigned(cell, *self._bounds(unit))
        if isinstance(cell, nir.Part):
            return self._part(cell)
        if isinstance(cell, nir.Matches):
            return self._matches(cell)
        return Node("read", cell.width, (self.word(cell.addr),),
                    memory=self.memories[cell.memory]).word

    def _operation(self, cell: nir.Operator) -> Word:
        symbol, width = cell.operator, cell.width
        if symbol == "m":
            bit, high, low = map(self.word, cell.inputs)
            return either(bit, low, high)
        is_signed = symbol[0] == "s"
        if len(cell.inputs) == 1:
            kind = UNARY[symbol]
        else:
            kind = BINARY[symbol.lstrip("us").replace("//", "/")]
        operands = list(cell.inputs)
        if symbol in ANY_SIGN:
            operands, is_signed = min(
                (([_shortened(value, sign) for value in operands], sign) for sign in (False, True)),
                key=lambda pair: sum(map(len, pair[0])))
        elif kind in ("divfloor", "modfloor", "lt", "le", "gt", "ge", "shr"):
            operands[0] = _shortened(operands[0], is_signed)
            operands[1] = _shortened(operands[1], is_signed and kind != "shr")
        elif kind == "shl":
            operands[0] = _shortened(operands[0], False)
            operands[1] = _shortened(operands[1], False)
        if kind == "shr" and is_signed:
            kind = "sshr"
        result = operation(kind, width, tuple(map(self.word, operands)), is_signed)
        if kind in ("divfloor", "modfloor"):  # by 0 gives 0
            by = self.word(operands[1])
            return either(operation("reduce_bool", 1, (by,)), const(0, width), result)
        return result

    def _part(self, cell: nir.Part) -> Word:
        offset = self.word(cell.offset)
        steps = cell.stride.bit_length() - 1
        if cell.stride == 1 << steps:
            amount = join((*const(0, steps), *offset)) if steps else offset
        else:
            width  = width_of(offset) + steps + 1
            amount = operation("mul", width, (offset, const(cell.stride, steps + 1)))
        return operation("sshr", cell.width, (self.word(cell.value), amount), cell.value_signed)

    # --- decisions -------------------------------------------------------------------------------

    def _matches(self, cell: nir.Matches) -> Word:
        return one_of([self._matching(self.word(cell.value), pattern)
                       for pattern in cell.patterns])

    @staticmethod
    def _matching(value: Word, pattern: str) -> Word:
        """Whether a value has these digits, of which `-` stands for any."""
        parts, wanted, width = [], 0, 0
        for low, digit in enumerate(reversed(pattern)):
            if digit == "-":
                continue
            part, = cut(value, low, 1)
            if part.node is None:
                if part.low != int(digit):
                    return const(0, 1)
                continue
            parts.append(part)
            wanted |= int(digit) << width
            width  += 1
        if not width:
            return const(1, 1)
        tested = join(parts)
        if width == 1:
            return tested if wanted else Node("not", 1, (tested,)).word
        return Node("eq", 1, (tested, const(wanted, width))).word

    def _bounds(self, unit: Unit) -> tuple[int, int]:
        starts = self.starts[unit[0]]
        after  = bisect_right(starts, unit[1])
        return unit[1], (starts[after] if after < len(starts)
                         else len(self.cells[unit[0]].default))

    @staticmethod
    def _reaching(cell: nir.AssignmentList, low: int, end: int) -> list[nir.Assignment]:
        """The assignments to these bits."""
        return [assignment for assignment in cell.assignments
                if assignment.start <= low and end <= assignment.start + len(assignment.value)]

    def _assigned(self, cell: nir.AssignmentList, low: int, end: int) -> Word:
        """What these bits are after all assignments."""
        body: Body = []
        for assignment in self._reaching(cell, low, end):
            value = assignment.value[low - assignment.start:end - assignment.start]
            statement(body, self._path(assignment.cond), self.word(value))
        return value_after(body, self.word(cell.default[low:end]), self._choose)

    def _path(self, bit: nir.Net) -> list[tuple[int, int]]:
        """The statements, and their cases, in which a condition is true; outermost first."""
        path = []
        while not bit.is_const:
            path.append((bit.cell, bit.bit))
            bit = self.cells[bit.cell].en
        return path[::-1]

    def _choose(self, source: int) -> tuple[list[Word], bool]:
        """The bits that choose the cases of a statement, and whether at most one of them is 1."""
        if source not in self.choices:
            inputs = self.cells[source].inputs
            self.choices[source] = ([self.word((net,)) for net in inputs],
                                     self._exclude_each_other(inputs))
        return self.choices[source]

    def _exclude_each_other(self, inputs: Sequence[nir.Net]) -> bool:
        cases = [self.cells[net.cell] for net in inputs if not net.is_const]
        if len({cell.value for cell in cases}) > 1:
            return False
        patterns = [pattern for cell in cases for pattern in cell.patterns]
        if not any("-" in pattern for pattern in patterns):
            return len(set(patterns)) == len(patterns)
        return not any(_overlap(left, right) for n, left in enumerate(patterns)
                       for right in patterns[:n])

    # --- what has a state ------------------------------------------------------------------------

    def _inputs(self) -> dict[str, Word]:
        inputs: dict[str, Word] = {}
        top = self.cells[0]
        self.starts[0] = sorted(start for start, _ in top.ports_i.values()) or [0]
        for name, (start, width) in top.ports_i.items():
            if name in self.clock_ports:
                self.clocks[0, start] = self.clock_ports[name]
            else:
                self.words[0, start] = inputs[name] = Node("input", width, name=name).word
        return inputs

    def _declare(self, index: int, cell: Any) -> bool:
        """Make the nodes that drive a cell's outputs, if they are there at the cycle's begin; say
        what units it has. Whether there is more to be said of it."""
        if isinstance(cell, nir.FlipFlop):
            node = Node("register", len(cell.data), init=cell.init)
            # What is seen of an asynchronous reset is there before any edge.
            seen = Node("mux", node.width) if cell.arst != nir.Net.from_const(0) else node
            self.words[index, 0] = seen.word
            return True
        if isinstance(cell, nir.AssignmentList):
            width  = len(cell.default)
            bounds = {0} | {bound for assignment in cell.assignments
                            for bound in (assignment.start,
                                          assignment.start + len(assignment.value))}
            self.starts[index] = sorted(bound for bound in bounds if bound < width)
        elif isinstance(cell, nir.Memory):
            name = self._place(index, cell.name)
            self.memories[index] = memory = Memory(
                name, cell.width, cell.depth, tuple(cell.init) if any(cell.init) else ())
            self.writes[memory] = []
        elif isinstance(cell, nir.SyncReadPort):
            self.words[index, 0] = Node("register", cell.width).word
            return True
        elif isinstance(cell, nir.SyncWritePort):
            return True
        elif isinstance(cell, nir.Instance):
            return self._declare_instance(index, cell)
        return False

    def _declare_instance(self, index: int, cell: nir.Instance) -> bool:
        self.starts[index] = sorted(start for start, _ in cell.ports_o.values()) or [0]
        if cell.type == "simulated_clock":
            self.clocks[index, cell.ports_o["clk"][0]] = cell.parameters["DOMAIN"]
            return False
        if cell.type == "simulated_ram":
            for start, width in cell.ports_o.values():
                self.words[index, start] = Node("register", width).word
            return True
        raise NetlistError(f"{self._place(index, cell.name)} is a {cell.type}, which the engine "
                           "cannot run")

    def _connect(self, index: int, cell: Any) -> None:
        """Say what a cell with a state becomes."""
        if isinstance(cell, nir.FlipFlop):
            self._connect_register(index, cell)
        elif isinstance(cell, nir.SyncWritePort):
            self.writes[self.memories[cell.memory]].append(self._write(index, cell))
        elif isinstance(cell, nir.SyncReadPort):
            self._connect_read(index, cell)
        else:
            self._connect_ram(index, cell)

    def _connect_register(self, index: int, cell: nir.FlipFlop) -> None:
        seen = self.words[index, 0][0].node
        assert seen is not None
        edge, data = self._edge(index, cell), self.word(cell.data)
        if seen.kind == "register":
            seen.edge = edge
            self.nexts[seen] = data
            return
        register = Node("register", seen.width, init=cell.init, edge=edge)
        reset, value = self.word((cell.arst,)), const(cell.init, seen.width)
        seen.args = (reset, register.word, value)
        self.nexts[register]   = Node("mux", seen.width, (reset, data, value)).word
        self.between[register] = seen.word

    def _write(self, index: int, cell: nir.SyncWritePort) -> Write:
        if index not in self.write_ports:
            self.write_ports[index] = Write(self.word(cell.addr), self.word(cell.data),
                                            self.word(cell.en), self._edge(index, cell))
        return self.write_ports[index]

    def _connect_read(self, index: int, cell: nir.SyncReadPort) -> None:
        node = self.words[index, 0][0].node
        assert node is not None
        node.edge = self._edge(index, cell)
        address = self.word(cell.addr)
        value   = Node("read", cell.width, (address,), memory=self.memories[cell.memory]).word
        for port in cell.transparent_for:
            value = _seen_through(value, address, self._write(port, self.cells[port]))
        self.nexts[node] = either(self.word((cell.en,)), node.word, value)

    def _connect_ram(self, index: int, cell: nir.Instance) -> None:
        memory = Memory(self._place(index, cell.name), 32, cell.parameters["WORDS"])
        self.rams[memory.name] = memory
        clock, = cell.ports_i["clk"]
        edge   = Edge(self._domain(memory.name, clock))
        address, enable = self.word(cell.ports_i["f_addr"]), self.word(cell.ports_i["f_en"])
        d_address, d_enable = self.word(cell.ports_i["d_addr"]), self.word(cell.ports_i["d_en"])
        after = Node("add", width_of(address), (address, const(1, 1))).word
        for port, en, at in (("f_first", enable, address), ("f_second", enable, after),
                             ("d_r_data", d_enable, d_address)):
            if port not in cell.ports_o:
                continue
            node = self.words[index, cell.ports_o[port][0]][0].node
            assert node is not None
            node.edge = edge
            word = Node("read", 32, (at,), memory=memory).word
            self.nexts[node] = Node("mux", 32, (en, node.word, word)).word
        writes = Node("and", 1, (d_enable, self.word(cell.ports_i["d_write"]))).word
        self.writes[memory] = [Write(d_address, self.word(cell.ports_i["d_w_data"]), writes * 32,
                                     edge)]

    def _output(self, name: str, value: Sequence[nir.Net]) -> Word:
        if any(self._clock_of(net) for net in value):
            raise NetlistError(f"{name} puts out a clock, which the engine does not have as a "
                               "value")
        return self.word(value)

    # --- clocks and places -----------------------------------------------------------------------

    def _edge(self, index: int, cell: Any) -> Edge:
        """The edge at which a cell changes."""
        return Edge(self._domain(self._place(index), cell.clk), cell.clk_edge == "pos")

    def _domain(self, name: str, clock: nir.Net) -> str:
        domain = self._clock_of(clock)
        if domain is None:
            found = "a constant" if clock.is_const else self._name_of(self._unit(clock)[0])
            raise NetlistError(f"{name} is clocked by {found}, which is not the clock of a domain")
        return domain

    def _place(self, index: int, name: str = "") -> str:
        """The path of a cell's component below the top, or of something in it."""
        path = self.source.modules[self.cells[index].module_idx].name[1:]
        return ".".join((*path, name) if name else path) or "the design"


def _seen_through(value: Word, address: Word, write: Write) -> Word:
    """What a transparent port reads: the data of a write to the same word at the same time."""
    hits = Node("eq", 1, (address, write.address)).word
    bits: list[Part] = []
    for n in range(width_of(value)):
        wins = Node("and", 1, (hits, cut(write.enable, n, 1))).word
        bits += either(wins, cut(value, n, 1), cut(write.data, n, 1))
    return join(bits)


def _shortened(value: Sequence[nir.Net], is_signed: bool) -> Sequence[nir.Net]:
    """A number without the bits that its sign, or 0 if it has none, tells anyway."""
    width = len(value)
    if is_signed:
        while width > 1 and value[width - 1] == value[width - 2]:
            width -= 1
    else:
        while width > 1 and value[width - 1] == nir.Net.from_const(0):
            width -= 1
    return value[:width]


def _overlap(left: str, right: str) -> bool:
    """Whether some value matches both patterns."""
    return all(a == b or "-" in (a, b) for a, b in zip(left, right, strict=True))
