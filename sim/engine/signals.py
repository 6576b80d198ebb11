"""What people call the signals of a design, for those who look into it.

A signal's path has its components in front and, if it is a part of a struct, that part's name
behind a dot. The names of a state machine's states come from the signal's decoder.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from amaranth.hdl import Fragment, Value, ValueCastable
from amaranth.hdl import _nir as nir
from amaranth.hdl._ir import PortDirection, _emit_netlist
from amaranth.lib import wiring

from sim.engine.design import Signal
from sim.engine.netlist import Names, Netlist, Word, cut, width_of

__all__ = ["emitted", "named_signals", "named_values", "names_of"]

WIDEST = 64  # bits of a signal that is looked at; wider ones are shown in parts


def emitted(design: Any, platform: Any = None, **options: Any) -> nir.Netlist:
    """The netlist that Amaranth makes of a component, all of whose members become ports."""
    ports = {}
    for path, member, value in design.signature.flatten(design):
        if isinstance(value, ValueCastable):
            value = value.as_value()
        if isinstance(value, Value):
            ports["__".join(map(str, path))] = (
                value, PortDirection.Input if member.flow == wiring.In else PortDirection.Output)
    fragment = Fragment.get(design, platform).prepare(ports=ports, hierarchy=("top",), **options)
    netlist = nir.Netlist()
    _emit_netlist(netlist, fragment)
    netlist.resolve_all_nets()
    return netlist


def named_values(source: nir.Netlist) -> Iterator[tuple[str, nir.Value]]:
    """The signals of all components and their fields, by their paths below the top. A signal that
    several components use has a path in each."""
    for path, _, field in _fields(source):
        yield path, field.value


def names_of(source: nir.Netlist) -> Names:
    """What a netlist says of its names."""
    enums: dict[str, tuple[str, dict[int, str]]] = {}
    for path, signal, field in _fields(source):
        if field.enum_variants:
            enums[path] = (field.enum_name or "", dict(field.enum_variants))
        elif path.endswith("_state") and callable(signal.decoder):
            enums[path] = ("states", {value: name for value in range(1 << len(signal))
                                      if (name := _state(signal.decoder, value))})
    return Names({".".join(module.name[1:]) for module in source.modules if module.name[1:]}, enums)


def _fields(source: nir.Netlist) -> Iterator[tuple[str, Any, nir.SignalField]]:
    for module in source.modules:
        for signal, name in module.signal_names.items():
            if not name:
                continue
            for inside, field in source.signal_fields[signal].items():
                rest = "".join(f".{part}" if isinstance(part, str) else f"[{part}]"
                               for part in inside)
                yield ".".join((*module.name[1:], name)) + rest, signal, field


def _state(decoder: Any, value: int) -> str:
    try:
        return str(decoder(value)).rpartition("/")[0]
    except LookupError:
        return ""


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
