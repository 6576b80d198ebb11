"""What people call the signals of a design, for those who look into it.

Yosys flattens a design, but keeps the names of its signals, with their components in front, and of
the parts of structs, behind a dot. What it does not keep are the names of a state machine's states:
these come from Amaranth.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import Fragment

from sim.engine.netlist import Names, Netlist, Word, cut, width_of

__all__ = ["Signal", "convert", "named_signals", "names_of"]

WIDEST = 64  # bits of a signal that is looked at; wider ones are shown in parts


@dataclass(frozen=True)
class Signal:
    """A name for a word of a netlist.

    Parameters
    ----------
    scope : tuple of str
        Components, then structs.
    name : str
    number : int
        Of the word.
    width : int
    enum : str
        Of its values; "" if they are plain numbers.
    members : tuple of (int, str)
    """
    scope:   tuple[str, ...]
    name:    str
    number:  int
    width:   int
    enum:    str                         = ""
    members: tuple[tuple[int, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> "Signal":
        return cls(tuple(facts["scope"]), facts["name"], facts["number"], facts["width"],
                   facts["enum"], tuple((value, name) for value, name in facts["members"]))


def convert(design: Any, platform: Any = None, **options: Any) -> tuple[str,
                                                                       dict[str, dict[int, str]]]:
    """The RTLIL of a component, as `amaranth.back.rtlil.convert` writes it, and the names of the
    states of all state machines, by the paths of the signals."""
    from amaranth.hdl import Value, ValueCastable
    from amaranth.hdl._ir import PortDirection
    from amaranth.lib import wiring
    ports = {}
    for path, member, value in design.signature.flatten(design):
        if isinstance(value, ValueCastable):
            value = value.as_value()
        if isinstance(value, Value):
            ports["__".join(map(str, path))] = (
                value, PortDirection.Input if member.flow == wiring.In else PortDirection.Output)
    text, paths = rtlil.convert_fragment(Fragment.get(design, platform), ports, "top",
                                         emit_src=False, **options)
    states = {}
    for signal, path in paths.items():
        if signal.name.endswith("_state") and callable(signal.decoder):
            states[".".join(path[1:])] = {value: name for value in range(1 << len(signal))
                                          if (name := _state(signal.decoder, value))}
    return text, states


def _state(decoder: Any, value: int) -> str:
    try:
        return str(decoder(value)).rpartition("/")[0]
    except LookupError:
        return ""


def names_of(module: dict[str, Any], states: dict[str, dict[int, str]]) -> Names:
    """What a flattened module, as Yosys writes it, says of its names."""
    components = {name for name, cell in module["cells"].items()
                  if cell["type"] == "$scopeinfo"}
    enums: dict[str, tuple[str, dict[int, str]]] = {
        path: ("states", members) for path, members in states.items()}
    for path, net in module["netnames"].items():
        attributes = net["attributes"]
        members = {int(key.removeprefix("enum_value_"), 2): value
                   for key, value in attributes.items() if key.startswith("enum_value_")}
        if members:
            enums[path] = (attributes.get("enum_base_type", ""), members)
    return Names(components, enums)


def named_signals(netlist: Netlist) -> tuple[list[Signal], list[Word]]:
    """All signals with names of their own, and the words that they show; those that are equal have
    the same number."""
    numbers: dict[Word, int] = {}
    signals: list[Signal] = []
    structs = _structs(netlist.names)
    for path, word in sorted(netlist.names.items()):
        parts, name = _place(path, netlist.about.components)
        scope = tuple(part.partition("$")[0] for part in parts)
        if "$" in name or not width_of(word):
            continue  # nobody has given it this name
        enum, members = netlist.about.enums.get(path, ("", {}))
        width = width_of(word)
        if width > WIDEST and path in structs:
            continue  # its parts are there
        for low in range(0, width, WIDEST):
            part = cut(word, low, min(WIDEST, width - low))
            number = numbers.setdefault(part, len(numbers))
            bits = f"[{low + width_of(part) - 1}:{low}]" if width > WIDEST else ""
            signals.append(Signal(scope, name + bits, number, width_of(part), enum,
                                  tuple(sorted(members.items()))))
    return signals, list(numbers)


def _structs(paths: Iterable[str]) -> set[str]:
    """The paths of signals that have parts."""
    every = set(paths)
    return {path[:at] for path in every for at, sign in enumerate(path)
            if sign in ".[" and path[:at] in every}


def _place(path: str, components: set[str]) -> tuple[list[str], str]:
    """The scopes of a signal, and its name in the innermost. A struct is a scope for its parts."""
    scope: list[str] = []
    at = ""
    rest = path
    while "." in rest:
        head, _, tail = rest.partition(".")
        longer = f"{at}.{head}" if at else head
        if longer not in components:
            break
        scope.append(head)
        at, rest = longer, tail
    parts = rest.split(".")
    return [*scope, *parts[:-1]], parts[-1]
