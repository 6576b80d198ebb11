"""What depends on a few bits of one word alone is looked up in a table: decoders, above all.

A processor's decoder compares its opcode with all that there are, and makes of each match what an
instruction asks for: a few hundred operations in each cycle, or one look for each value.
"""

from collections.abc import Callable, Sequence

from sim.engine.netlist import Memory, Netlist, Node, Part, Word, in_order, width_of

__all__ = ["tabulate"]

WIDEST     = 8  # bits that a table is for
WORTHWHILE = 6  # operations that a table takes the place of

Operands = Sequence[int]


def tabulate(netlist: Netlist) -> None:
    """Make reads of tables out of a netlist's operations where that is worthwhile."""
    order   = netlist.operations()
    sources = _sources(order)
    wanted  = {part.node for word in netlist.roots() for part in word}
    wanted |= {part.node for node in order if node not in sources
               for word in node.args for part in word}
    tables: dict[tuple[int, tuple[int, ...]], Memory] = {}
    for node in order:
        if node not in wanted or node not in sources:
            continue
        source, cone = sources[node], in_order([node], sources.__contains__)
        if sum(1 + sum(map(len, inner.args)) // 3 for inner in cone) < WORTHWHILE:
            continue
        values = _values(cone, source)
        node.kind, node.args, node.is_signed = "read", ((source,),), False
        node.memory = tables.setdefault((node.width, values), Memory(
            f"table{len(tables)}", node.width, len(values), values, is_fixed=True))
    netlist.tables = list(tables.values())


def _sources(order: list[Node]) -> dict[Node, Part]:
    """Of each operation that depends on few enough bits of one word, these bits."""
    sources: dict[Node, Part] = {}
    for node in order:
        if node.kind not in OPERATIONS or node.is_signed:
            continue
        parts = [part if part.node not in sources else sources[part.node]
                 for word in node.args for part in word if part.node is not None]
        if not parts or any(part.node is not parts[0].node for part in parts):
            continue
        low = min(part.low for part in parts)
        end = max(part.low + part.width for part in parts)
        if end - low <= WIDEST:
            sources[node] = Part(parts[0].node, low, end - low)
    return sources


def _values(cone: list[Node], source: Part) -> tuple[int, ...]:
    """What the last node of a cone is for each value of its source."""
    count  = 1 << source.width
    values: dict[Node | None, list[int]] = {
        source.node: [bits << source.low for bits in range(count)]}
    for node in cone:
        operands = [_bits_of(word, values, count) for word in node.args]
        if node.memory is not None:
            values[node] = [node.memory.init[address] for address in operands[0]]
        else:
            result, mask = OPERATIONS[node.kind], (1 << node.width) - 1
            values[node] = [result(node, of) & mask for of in zip(*operands, strict=True)]
    return tuple(values[cone[-1]])


def _bits_of(word: Word, values: dict[Node | None, list[int]], count: int) -> list[int]:
    """A word for each value of the source, of which there are so many."""
    found, at = [0] * count, 0
    for part in word:
        low, mask = part.low, (1 << part.width) - 1
        if part.node is None:
            found = [value | (low & mask) << at for value in found]
        else:
            found = [value | (bits >> low & mask) << at
                     for value, bits in zip(found, values[part.node], strict=True)]
        at += part.width
    return found


def _selected(node: Node, operands: Operands) -> int:
    default, selects, *values = operands
    return next((value for n, value in enumerate(values) if selects >> n & 1), default)


OPERATIONS: dict[str, Callable[[Node, Operands], int]] = {
    "and":         lambda node, of: of[0] & of[1],
    "or":          lambda node, of: of[0] | of[1],
    "xor":         lambda node, of: of[0] ^ of[1],
    "not":         lambda node, of: ~of[0],
    "add":         lambda node, of: of[0] + of[1],
    "sub":         lambda node, of: of[0] - of[1],
    "eq":          lambda node, of: of[0] == of[1],
    "ne":          lambda node, of: of[0] != of[1],
    "lt":          lambda node, of: of[0] < of[1],
    "le":          lambda node, of: of[0] <= of[1],
    "gt":          lambda node, of: of[0] > of[1],
    "ge":          lambda node, of: of[0] >= of[1],
    "mux":         lambda node, of: of[2] if of[0] else of[1],
    "pmux":        _selected,
    "reduce_or":   lambda node, of: of[0] != 0,
    "reduce_bool": lambda node, of: of[0] != 0,
    "reduce_and":  lambda node, of: of[0] == (1 << width_of(node.args[0])) - 1,
    "reduce_xor":  lambda node, of: of[0].bit_count() & 1,
}
