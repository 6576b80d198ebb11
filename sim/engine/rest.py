"""What need not be computed again: all that depends on nothing but what has not changed.

Most registers of a computer rest in most cycles: those of its devices, of units that few
instructions use, of what is set up once. Values that come from such registers alone, conditions
included, stay as they are until one of them changes. So they are kept from cycle to cycle, and
computed in a block of their own, which is done only in a cycle after a change: when the machine
has been *stirred*.

Which registers rest is a guess that decides about speed alone. A design says which ones are busy;
those that never hold their value, such as counters, are found here.
"""

from collections.abc import Iterable

from sim.engine.blocks import Item, Rest, Store
from sim.engine.netlist import Netlist, Node, Word

__all__ = ["STIRRED", "busy_registers", "put_to_rest"]

STIRRED = Node("register", 1, name="stirred")  # one of the registers that rest changed at the edge


def busy_registers(netlist: Netlist, paths: Iterable[str]) -> set[Node]:
    """The registers that change in most cycles: those of the components and signals at these paths,
    and those that count."""
    places = tuple(paths)
    inside = tuple(place + sign for place in places for sign in ".[")
    named = {part.node for name, word in netlist.names.items()
             if name in places or name.startswith(inside) for part in word}
    return {register for register, word in netlist.nexts.items()
            if register in named or not _holds(register, word)}


def _holds(register: Node, word: Word) -> bool:
    """Whether a register keeps its value in some cycles, or depends only on others."""
    seen, uses_itself = set[Node](), False
    stack = [(word, True)]
    while stack:
        parts, is_choice = stack.pop()
        for part in parts:
            node = part.node
            if node is register:
                if is_choice:
                    return True
                uses_itself = True
            elif node is not None and node not in seen:
                seen.add(node)
                chooses = is_choice and node.kind in ("mux", "pmux")
                stack += [(arg, chooses and n != (0 if node.kind == "mux" else 1))
                          for n, arg in enumerate(node.args)]
    return not uses_itself


def put_to_rest(netlist: Netlist, busy: set[Node], items: list[Item]) -> Rest:
    """Move what rests into the block of what is done after a change."""
    rests: dict[Node, bool] = {register: register not in busy for register in netlist.nexts}

    used = {item: [part.node for word in (*item.action.words(), [bit for bit, _ in item.path])
                   for part in word if part.node is not None] for item in items}
    for node in _in_order(node for found in used.values() for node in found):
        rests[node] = node.memory is None and all(
            rests[part.node] for word in node.args for part in word if part.node is not None)
    resting = {item for item in items
               if not isinstance(item.action, Store)
               and (item.made is None or rests[item.made])
               and all(rests[node] for node in used[item])}
    kept, stirs = dict[Node, None](), dict[Node, None]()
    for item in items:
        if item in resting:
            stirs |= dict.fromkeys(node for node in used[item] if node in netlist.nexts)
        else:
            kept |= dict.fromkeys(used[item])
    made_at_rest = {item.made for item in resting}
    for item in resting:
        item.path = ((STIRRED.word[0], True), *item.path)
    return Rest([node for node in kept if node in made_at_rest], set(stirs))


def _in_order(nodes: Iterable[Node]) -> list[Node]:
    """These nodes and all that they are computed from but registers, operands first."""
    order: dict[Node, None] = {}
    stack = [(node, False) for node in nodes]
    while stack:
        node, is_done = stack.pop()
        if node in order or node.kind == "register":
            continue
        if is_done:
            order[node] = None
        else:
            stack.append((node, True))
            stack.extend((part.node, False) for word in node.args for part in word
                         if part.node is not None)
    return list(order)
