"""The C++ of a design: its state as a struct, what comes before an edge of its clocks and at it as
functions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count

from sim.engine.blocks import (
    Block,
    Change,
    Compute,
    Drive,
    Item,
    Rest,
    Select,
    Settle,
    Stirs,
    Store,
    bits_of,
)
from sim.engine.netlist import Memory, Netlist, NetlistError, Node, Part, Word, Write, width_of
from sim.engine.plan import make_plan
from sim.engine.rest import put_to_rest, resting_nodes

__all__ = ["Writer", "port"]

WIDEST = 128      # bits that the host computes with
WATCHED = "watched"
ALL     = "~0ull"  # groups of registers
LARGE  = 1 << 16  # words; a larger memory is not part of the struct


class Writer:
    """Writes a netlist as the struct `Top`.

    Parameters
    ----------
    netlist : Netlist
    ticks : sequence of Netlist
        Parts of it, for each of which there is a function: `tick0` and so on.
    watched : sequence of Word
        What somebody may want to see before each tick: if there is any, there is a second function
        for each, `watched_tick0` and so on, that does the same and puts the values into `watched`.
    busy : set of Node or Memory, or None
        What does not rest in most cycles, if what comes from the others is to be
        computed only when the field `stirred` says that one of them, or an input, has changed. For
        a single tick.
    """

    def __init__(self, netlist: Netlist, ticks: Sequence[Netlist],
                 watched: Sequence[Word] = (), busy: set[Node | Memory] | None = None):
        self.netlist = netlist
        self.ticks   = ticks
        self.watched = watched
        self.names:  dict[Node | Memory, str] = {}
        for n, register in enumerate(netlist.nexts):
            self.names[register] = f"r{n}"
        for n, memory in enumerate(netlist.memories.values()):
            self.names[memory] = f"m{n}"
        self.names |= {table: table.name for table in netlist.tables}
        self.busy   = busy
        self.rest   = Rest()
        self.fresh: dict[Node, str] = {}  # what has been computed, but is not settled

    # --- the struct ------------------------------------------------------------------------------

    def text(self) -> str:
        """The whole definition."""
        netlist = self.netlist
        lines = [f"static const {field_type(table.width)} {table.name}[{table.size}] = "
                 f"{{{', '.join(literal(word, table.width) for word in table.init)}}};"
                 for table in netlist.tables]
        lines += ["struct Top {"]
        lines += [f"    {field_type(width_of(word))} {port(name)} = 0;"
                  for name, word in (*netlist.inputs.items(), *netlist.outputs.items())]
        lines += [f"    {field_type(register.width)} {self.names[register]} = "
                  f"{literal(register.init, register.width)};"
                  for register in netlist.nexts]
        for memory in netlist.memories.values():
            kind, name = field_type(memory.width), self.names[memory]
            if memory.size > LARGE:
                lines.append(f"    Zeros<{kind}, {memory.size}> {name};")
            else:
                words = ", ".join(literal(word, memory.width) for word in memory.init)
                lines.append(f"    {kind} {name}[{memory.size}] = {{{words}}};")
        functions = {f"tick{n}": tick for n, tick in enumerate(self.ticks)}
        if self.watched:
            outputs = {f"{WATCHED}[{n}]": word for n, word in enumerate(self.watched)}
            functions |= {f"watched_{name}": replace(tick, outputs={**tick.outputs, **outputs})
                          for name, tick in functions.items()}
            lines.append(f"    uint64_t {port(WATCHED)}[{len(self.watched)}] = {{}};")
        bodies: list[str] = []
        for name, tick in functions.items():
            bodies += ["", *self._function(name, tick)]
        lines += [f"    uint64_t stirred = {ALL}, changed = {ALL};",
                  f"    void stir() {{ stirred = changed = {ALL}; }}"]
        lines += [f"    {local_type(node.width)} k{n} = 0;"
                  for n, node in enumerate(self.rest.kept)]
        lines += ["", *(f"    void {name}();" for name in functions), "};"]
        return "\n".join([*lines, *bodies]) + "\n"

    def value(self, path: str) -> str:
        """An expression for a signal of `top`, which must be made of registers."""
        word = self.netlist.names.get(path) or self.netlist.outputs.get(path)
        if word is None or any(part.node is not None and part.node.kind not in ("register", "input")
                               for part in word):
            raise NetlistError(f"{path} is no register of the design")
        return self.word(word, "top->")

    def place(self, path: str) -> str:
        """The field of a register of `top`."""
        word = self.netlist.names.get(path)
        if word is None or len(word) != 1 or word[0].node not in self.netlist.nexts:
            raise NetlistError(f"{path} is no single register of the design")
        return f"top->{self.names[word[0].node]}"

    def array(self, path: str) -> str:
        """The field of a memory of `top`."""
        if path not in self.netlist.memories:
            raise NetlistError(f"{path} is no memory of the design; there are "
                               f"{', '.join(self.netlist.memories)}")
        return f"top->{self.names[self.netlist.memories[path]]}"

    def stirs(self, ports: Iterable[str]) -> str:
        """What is to be done when these inputs of `top` have changed."""
        return " ".join(stirring("top->stirred", "top->changed", self.rest.stirs[part.node])
                        for name in ports for part in self.netlist.inputs.get(name, ())
                        if part.node in self.rest.stirs)

    def large(self) -> list[str]:
        """The fields of memories that are not part of the struct."""
        return [self.names[memory] for memory in self.netlist.memories.values()
                if memory.size > LARGE]

    def fields(self) -> list[str]:
        """The fields of all registers, in the order of their numbers."""
        return [self.names[register] for register in self.netlist.nexts]

    def signals(self) -> dict[str, list[list[int]]]:
        """Of what each named signal is put together, if it is of registers alone: the number of
        the register (-1: a constant), the lowest bit (or its value), the width."""
        numbers = {register: n for n, register in enumerate(self.netlist.nexts)}
        found = {}
        for name, word in self.netlist.names.items():
            if all(part.node is None or part.node in numbers for part in word):
                found[name] = [[-1 if part.node is None else numbers[part.node], part.low,
                                part.width] for part in word]
        return found

    # --- the functions ---------------------------------------------------------------------------

    def _function(self, name: str, netlist: Netlist) -> list[str]:
        busy  = self.busy if any(tick is netlist for tick in self.ticks) else None
        rests = busy is not None
        if busy is None:
            plan = make_plan(netlist)
        else:
            plan = make_plan(netlist, resting_nodes(netlist, busy, netlist.operations()),
                             partial(put_to_rest, netlist, busy))
        if rests:
            self.rest = plan.rest
        self.names |= {node: node.name for node in plan.rest.conditions}
        kept = dict(zip(plan.rest.kept, count(), strict=False))
        for n, node in enumerate(plan.nodes):
            self.names[node] = f"k{kept[node]}" if node in kept else f"n{n}"
        lines = [f"inline void Top::{name}() {{"]
        self.fresh = {node: f"f{kept[node]}" for node in plan.rest.settled}
        lines += (["    uint64_t stirring = stirred, changing = changed;",
                   "    stirred = changed = 0;"] if rests
                  # What a function without rest has changed, the other has not seen.
                  else ["    stir();"])
        lines += [f"    {local_type(node.width)} {name};" for node, name in self.fresh.items()]
        body = self._block(plan.root, "    ")
        lines += [f"    {local_type(node.width)} {self.names[node]};"
                  for node in plan.nodes if node not in kept]
        return [*lines, *body, "}"]

    def _block(self, block: Block, indent: str) -> list[str]:
        lines: list[str] = []
        before: Block | None = None  # an `if` that an `else` may follow
        for entry in block.body:
            if isinstance(entry, Item):
                lines += [indent + line for line in self._item(entry)]
                before = None
                continue
            assert entry.condition is not None
            bit, value = entry.condition
            if before is not None and before.condition == (bit, not value):
                lines.pop()
                head, before = "} else {", None
            else:
                is_rare = bit.node in self.rest.conditions
                head = (f"if ({'' if value else '!'}{self.part(bit)}) "
                        f"{'[[unlikely]] ' * is_rare}{{")
                before = entry
            lines += [indent + head, *self._block(entry, indent + "    "), indent + "}"]
        return lines

    def _item(self, item: Item) -> list[str]:
        match item.action:
            case Compute(node):
                return [f"{self._made(node)} = {self.operation(node)};"]
            case Select(node, word):
                return [f"{self._made(node)} = {self.word(word)};"]
            case Settle(node):
                kept, fresh = self.names[node], self.fresh[node]
                if node not in self.rest.stirs:
                    return [f"{kept} = {fresh};"]
                return [f"if ({kept} != {fresh}) {{ {kept} = {fresh}; "
                        f"{stirring('stirring', 'changing', self.rest.stirs[node])} }}"]
            case Change(register, word):
                name, value = self.names[register], self.word(word)
                if register not in self.rest.stirs:
                    return [f"{name} = {value};"]
                return [f"{{ const {field_type(register.width)} next = {value}; "
                        f"if ({name} != next) {{ {name} = next; {self._stirs(register)} }} }}"]
            case Drive(name, word):
                return [f"{port(name)} = {self.word(word)};"]
            case Store(memory, write):
                return self._store(memory, write)

    def _store(self, memory: Memory, write: Write) -> list[str]:
        address, data = self.word(write.address), self.word(write.data)
        fits  = memory.size >= 1 << width_of(write.address)
        guard = "" if fits else f"if (({address}) < {memory.size}u) "
        place = f"{self.names[memory]}[{address}]"
        if memory.size > LARGE:
            place = f"{self.names[memory]}.written({address})"
        bits  = set(bits_of(write.enable))
        if len(bits) > 1:
            mask = self.word(write.enable)
            value = f"({place} & ~({mask})) | ({data} & ({mask}))"
        else:
            bit, value = bits.pop(), data
            if bit.node is not None:
                guard = f"if ({self.part(bit)}) {guard}"
        if memory in self.rest.stirs:
            return [f"{guard}{{ {place} = {value}; {self._stirs(memory)} }}"]
        return [f"{guard}{place} = {value};"]

    def _stirs(self, changed: Node | Memory) -> str:
        return stirring("stirred", "changed", self.rest.stirs[changed])

    def _made(self, node: Node) -> str:
        return self.fresh.get(node) or self.names[node]

    # --- expressions -----------------------------------------------------------------------------

    def part(self, part: Part, top: str = "") -> str:
        """Bits of one node, or a constant."""
        if part.node is None:
            return literal(part.low, part.width)
        node = part.node
        name = top + (port(node.name) if node.kind == "input" else self.names[node])
        if part.width == node.width:
            return name
        if part.low:
            name = f"({name} >> {part.low})"
        if part.low + part.width == node.width:
            return name
        return f"({name} & {literal((1 << part.width) - 1, node.width)})"

    def word(self, word: Word, top: str = "") -> str:
        """Several parts put together."""
        if len(word) == 1:
            return self.part(word[0], top)
        kind, terms, at = local_type(width_of(word)), [], 0
        for part in word:
            if part.node is not None or part.low:
                term = f"({kind}){self.part(part, top)}"
                terms.append(f"{term} << {at}" if at else term)
            at += part.width
        return f"({' | '.join(terms) or '0u'})"

    def signed(self, word: Word, width: int) -> str:
        """A word as a signed number of the type that holds `width` bits."""
        bits = max(32, type_bits(max(width, width_of(word))))
        kind = local_type(bits)
        missing = bits - width_of(word)
        return f"(({signed_type(bits)})(({kind}){self.word(word)} << {missing}) >> {missing})"

    def extended(self, word: Word, width: int, is_signed: bool) -> str:
        """A word in the unsigned type that holds `width` bits, extended with its sign or zeros."""
        kind = local_type(width)
        if is_signed and width_of(word) < width:
            return f"({kind}){self.signed(word, width)}"
        return f"({kind}){self.word(word)}"

    def operation(self, node: Node) -> str:
        """What a node computes, within its width."""
        kind, args, width = node.kind, node.args, node.width
        widest = max(width, *(width_of(arg) for arg in args))
        if widest > WIDEST and kind not in ("mux", "pmux"):
            raise NetlistError(f"the design has a {kind} of {widest} bits; "
                               f"the engine computes with up to {WIDEST}")
        if kind == "mux":
            select, low, high = args
            return f"{self.word(select)} ? {self.word(high)} : {self.word(low)}"
        if kind == "pmux":
            default, selects, *values = args
            return "".join(f"{self.part(bit)} ? {self.word(value)} : "
                           for bit, value in zip(bits_of(selects), values, strict=True)
                           ) + self.word(default)
        if kind == "read":
            return self._read(node)
        if kind in SIMPLE:
            spills = kind in CARRIES or node.is_signed or widest > width
            return self._masked(SIMPLE[kind].join(f"({self.extended(arg, width, node.is_signed)})"
                                                  for arg in args), node, spills)
        if kind in COMPARE:
            return self._compare(node)
        if kind in SHIFT:
            return self._shift(node)
        if kind in ("divfloor", "modfloor"):
            if node.is_signed:
                raise NetlistError(f"the design has a signed {kind}, which the engine cannot run")
            left, right = (self.extended(arg, widest, False) for arg in args)
            sign = "/" if kind == "divfloor" else "%"
            # Nobody looks at a quotient by 0, but it may be computed.
            return self._masked(f"{right} ? {left} {sign} {right} : 0", node)
        return self._unary(node)

    def _masked(self, text: str, node: Node, spills: bool = True) -> str:
        """An expression cut to the node's width."""
        if node.width == 1 and spills:
            return f"({text}) & 1"
        if node.width == type_bits(node.width) or not spills:
            return text
        return f"({text}) & {literal((1 << node.width) - 1, node.width)}"

    def _read(self, node: Node) -> str:
        memory, address = node.memory, self.word(node.args[0])
        assert memory is not None
        text = f"{self.names[memory]}[{address}]"
        if memory.size < 1 << width_of(node.args[0]):
            return f"({address}) < {memory.size}u ? {text} : 0"
        return text

    def _compare(self, node: Node) -> str:
        left, right = node.args
        widest = max(map(width_of, node.args))
        is_order = node.kind not in ("eq", "ne")
        if node.is_signed and (is_order or width_of(left) != width_of(right)):
            pair = [f"(int64_t){self.signed(arg, widest)}" if widest <= 64
                    else self.signed(arg, widest) for arg in (left, right)]
        else:
            pair = [f"{self.extended(arg, widest, node.is_signed)}" for arg in (left, right)]
        return f"({pair[0]}) {COMPARE[node.kind]} ({pair[1]})"

    def _shift(self, node: Node) -> str:
        """Shifts by any amount, which has no sign. From above come the signs of signed values, from
        below zeros."""
        value, amount = node.args
        if node.kind == "shl":
            return self._masked(self._left(self.extended(value, node.width, node.is_signed),
                                           self.word(amount), amount, node.width), node)
        widest = max(node.width, width_of(value))
        return self._masked(self._right(node, self.word(amount), amount, widest), node)

    def _left(self, value: str, by: str, amount: Word, width: int) -> str:
        # C++ has no shift by the type's width or more.
        text = f"(({value}) << {by})"
        bits = max(32, type_bits(width))
        return text if (1 << width_of(amount)) <= bits else f"({by} < {bits} ? {text} : 0)"

    def _right(self, node: Node, by: str, amount: Word, width: int) -> str:
        value, bits = node.args[0], max(32, type_bits(width))
        if node.is_signed and node.kind != "shr":
            text = f"({local_type(width)})({self.signed(value, width)} >> {by})"
            beyond = f"({local_type(width)})({self.signed(value, width)} >> {bits - 1})"
        else:
            extended = f"({self.extended(value, width, node.is_signed)})"
            if node.is_signed:
                extended = f"({extended} & {literal((1 << width) - 1, width)})"
            text, beyond = f"({extended} >> {by})", "0"
        return text if (1 << width_of(amount)) <= bits else f"({by} < {bits} ? {text} : {beyond})"

    def _unary(self, node: Node) -> str:
        kind, (word,) = node.kind, node.args
        if kind in ("not", "neg", "pos"):
            if kind == "not" and node.width == 1 and width_of(word) == 1:
                return f"!{self.word(word)}"
            sign = {"not": "~", "neg": "-", "pos": ""}[kind]
            return self._masked(f"{sign}({self.extended(word, node.width, node.is_signed)})", node)
        if kind in ("reduce_or", "reduce_bool"):
            any_bit = " | ".join(self.part(part) for part in word)
            return f"({any_bit}) != 0"
        if kind == "reduce_and":
            return " & ".join(
                f"(({self.part(part)}) == {literal((1 << part.width) - 1, part.width)})"
                for part in word)
        parity = " ^ ".join(f"__builtin_parityll({self.part(part)})" for part in word)
        return f"({parity}) == 1"


SIMPLE  = {"and": " & ", "or": " | ", "xor": " ^ ", "add": " + ", "sub": " - ", "mul": " * "}
CARRIES = {"add", "sub", "mul"}
COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
SHIFT   = {"shl", "shr", "sshr"}


def stirring(first: str, second: str, bits: Stirs) -> str:
    """Set bits of two words."""
    return " ".join(f"{name} |= {value:#x}ull;" for name, value in zip((first, second), bits,
                                                                       strict=True) if value)


def port(name: str) -> str:
    """The field of an input or output."""
    return f"p_{name}"


def type_bits(width: int) -> int:
    """How wide the local type is that holds so many bits."""
    return 1 if width == 1 else 32 if width <= 32 else 64 if width <= 64 else 128


def local_type(width: int) -> str:
    """Of a variable that lives for a cycle."""
    return {1: "bool", 32: "uint32_t", 64: "uint64_t", 128: "uint128_t"}[type_bits(width)]


def signed_type(width: int) -> str:
    """The same, signed."""
    return {1: "int32_t", 32: "int32_t", 64: "int64_t", 128: "int128_t"}[type_bits(width)]


def field_type(width: int) -> str:
    """Of the struct's fields, which should be small."""
    return ("bool" if width == 1 else "uint8_t" if width <= 8 else "uint16_t" if width <= 16
            else local_type(width))


def literal(value: int, width: int) -> str:
    """A constant of the type for `width` bits."""
    if width <= 32:
        return f"{value}u"
    if width <= 64:
        return f"{value}ull"
    return f"((uint128_t){value >> 64}ull << 64 | {value & ((1 << 64) - 1)}ull)"
