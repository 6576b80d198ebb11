"""What need not be computed again: all that depends on nothing but what has not changed.

Most registers of a computer rest in most cycles: those of its devices, of units that few
instructions use, of what is set up once. Values that come from such registers alone, conditions
included, stay as they are until one of them changes. So they are kept from cycle to cycle, and
computed only in a cycle after a change: when the machine has been *stirred*. Registers of a
component are a group (`groups.py`), and what depends on certain groups is a block of its own, which
is done when something that it reads has changed (`stirs.py`): a device that works disturbs only
what looks at it.

Which registers rest is a guess that decides about speed alone. A design says which ones are busy;
those that never hold their value, such as counters, are found here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Set

from sim.engine.blocks import Item, Path, Rest, Settle, Store, common
from sim.engine.groups import groups_of, masks_of, union_of
from sim.engine.netlist import Memory, Netlist, Node, Word, in_order
from sim.engine.stirs import place_of

__all__ = ["CHANGING", "STIRRED", "busy_state", "put_to_rest", "resting_nodes"]

# Some group has been stirred: first what is computed, in a later block what registers become.
STIRRED  = Node("stirred", 1, name="stirring")
CHANGING = Node("stirred", 1, name="changing")

LEAST = 3   # things to do that are worth a block; fewer are done in one with others, too often
MOST  = 63  # blocks of each kind; the last bit of a word is that of all others together


def busy_state(netlist: Netlist, paths: Iterable[str]) -> set[Node | Memory]:
    """The registers and memories that change in most cycles: those of the components and signals at
    these paths, registers that count, and memories that these decide to write."""
    places = tuple(paths)
    inside = tuple(place + sign for place in places for sign in ".[")
    named = {part.node for name, word in netlist.names.items()
             if name in places or name.startswith(inside) for part in word}
    registers = {register for register, word in netlist.nexts.items()
                 if register in named or not _holds(register, word)}
    rests = resting_nodes(netlist, registers, netlist.operations())
    return registers | {memory for memory, writes in netlist.writes.items()
                        if not all(part.node is None or part.node in rests
                                   for write in writes for part in write.enable)}


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


def resting_nodes(netlist: Netlist, busy: Set[Node | Memory], nodes: Iterable[Node]) -> set[Node]:
    """Of these nodes and all that they come from, those that come from registers that rest alone,
    and these registers and inputs."""
    rests = {register: register not in busy for register in netlist.nexts}
    for node in in_order(nodes, _is_made):
        rests[node] = node.memory not in busy and all(
            rests[part.node] for word in node.args for part in word if part.node is not None)
    return {node for node, does_rest in rests.items() if does_rest}


def put_to_rest(netlist: Netlist, busy: Set[Node | Memory], items: list[Item]) -> Rest:
    """Move what rests into blocks of what is done after a change."""
    used  = {item: [part.node for word in (*item.action.words(), [bit for bit, _ in item.path])
                    for part in word if part.node is not None] for item in items}
    nodes = in_order((node for found in used.values() for node in found), _is_made)
    rests = resting_nodes(netlist, busy, nodes)
    resting = [item for item in items
               if not isinstance(item.action, Store)
               and (item.made is None or item.made in rests)
               and all(node in rests for node in used[item])]

    masks  = masks_of(nodes, groups_of(netlist, rests, nodes))
    looks  = {item: union_of(masks[node] for node in
                             [*used[item], *([] if item.made is None else [item.made])])
              for item in resting}
    rest   = Rest(conditions=[STIRRED, CHANGING])
    for first in (STIRRED, CHANGING):
        # What registers become waits for all that reads them; all else waits for nothing.
        inside = [item for item in resting if (item.changed is not None) == (first is CHANGING)]
        _enter_blocks(first, _wanted(inside, looks), rest)

    made_in = {item.made: place_of(item.path, rest) for item in resting}
    outside = [(item, node) for item in items for node in used[item]
               if node in made_in and made_in[node] != place_of(item.path, rest)]
    rest.kept    = list(dict.fromkeys(node for item, node in outside))
    rest.settled = list(dict.fromkeys(node for item, node in outside if item in looks))
    paths: dict[Node, Path] = {}  # the innermost block around all that makes a node
    for item in resting:
        if item.made is not None:
            paths[item.made] = common(paths.get(item.made, item.path), item.path)
    items += [Item(paths[node], Settle(node)) for node in rest.settled]
    return rest


def _wanted(items: list[Item], masks: dict[Item, int]) -> dict[Item, int]:
    """What depends on the same groups, or few others: these groups; 0 is any. All that makes a
    node is one."""
    of_node = defaultdict[Node | None, int](int)
    for item in items:
        of_node[item.made] |= masks[item]
    found  = {item: masks[item] if item.made is None else of_node[item.made] for item in items}
    counts = Counter(found.values())
    large  = [mask for mask, count in counts.most_common() if mask and count >= LEAST][:MOST]
    large.sort(key=lambda mask: (mask.bit_count(), mask))
    instead = {mask: _nearest(mask, large) for mask in counts}
    return {item: instead[mask] for item, mask in found.items()}


def _nearest(mask: int, large: list[int]) -> int:
    """Of these sets of groups the one that has most of another in it, and little else."""
    return max((other for other in large if other & mask), default=0,
               key=lambda other: ((other & mask).bit_count(), -other.bit_count()))


def _enter_blocks(first: Node, wanted: dict[Item, int], rest: Rest) -> None:
    """Move things into blocks, each of which gets a bit."""
    inner: dict[int, Path] = {0: ()}
    for n, mask in enumerate(dict.fromkeys(filter(None, wanted.values()))):
        node = Node("stirred", 1, name=f"({first.name} & {1 << n:#x}ull)")
        rest.conditions.append(node)
        inner[mask] = ((node.word[0], True),)
    for n, path in enumerate([*list(inner.values())[1:], ()]):
        bit = 1 << (n if path else MOST)
        rest.bits[((first.word[0], True), *path)] = (bit, 0) if first is STIRRED else (0, bit)
    for item, mask in wanted.items():
        item.path = ((first.word[0], True), *inner[mask], *item.path)


def _is_made(node: Node) -> bool:
    """Whether a node is computed, or an input: no register."""
    return node.kind != "register"
