"""What loads and stores have shown of memory, while the blocks of a function are gone through.

Nothing is deleted when memory may have changed. Instead each word that is known has the time at
which it was noted, each kind of event the time at which it last happened, and a word still counts
if nothing that concerns it has happened since. So an event costs the same however much is known.
At the end of a branch all of it is taken back: the words by `undo`, a list of whoever goes through
the blocks, and the events by `go_back`.
"""

from typing import Any

from toolchain.qll.middle.ir import Ins, Memory

__all__ = ["Recall", "Root", "may_alias", "root_of"]

_LOCAL, _GLOBAL, _CONSTANT = Memory.LOCAL, Memory.GLOBAL, Memory.CONSTANT

Root = tuple[Any, int | None]  # what an address is relative to, and how far from it if known

def root_of(address: Ins) -> Root:
    """What an address is relative to, and how far from it if that is known."""
    op = address.op
    if op == "slot" or op == "label":
        return address.value
    if op == "out" or op == "arg":
        return op, address.value
    if op == "add":
        base, offset = address.args
        inner = base
        while inner.op == "add":
            inner = inner.args[0]
        if inner.op == "slot" or inner.op == "label":
            return inner.value[0], None
        if offset.op == "const":
            return base, offset.value
    return address, 0


def may_alias(one: Root, other: Root) -> bool:
    """Whether two addresses, given by their roots, may be the same."""
    if one[0] == other[0]:
        return one[1] is None or other[1] is None or one[1] == other[1]
    # Different things that both have a name are apart; all else may be anywhere.
    return isinstance(one[0], Ins) or isinstance(other[0], Ins)


class _Stores:
    """When there were stores.

    Attributes
    ----------
    last : tuple
        The time and the base of the last one, the times of the last one with a base other than that
        one's, and of the last one with a base that may be anywhere.
    times : dict
        By base, and by root, the time of the last one.
    """
    __slots__ = ("last", "times")

    def __init__(self) -> None:
        self.last: tuple[int, Any, int, int] = (0, None, 0, 0)
        self.times: dict[Any, int] = {}


class Recall:
    """For addresses, the value there.

    Private memory (`Memory.LOCAL`) and the rest know nothing of each other; constants never change.
    """
    __slots__ = ("_undo", "_time", "_entries", "_new_way", "_all", "_globals", "_private",
                 "_others")

    def __init__(self, undo: list[tuple[dict, Any, Any]]):
        self._undo = undo
        self._time = 0
        self._entries: dict[Ins, tuple[Memory, Root, Ins, int]] = {}
        # When something last happened to everything, to all but private memory, and to globals.
        self._new_way = self._all = self._globals = 0
        self._private, self._others = _Stores(), _Stores()

    def events(self) -> Any:
        """What has happened so far, for `go_back`."""
        return self._new_way, self._all, self._globals, self._private.last, self._others.last

    def go_back(self, events: Any) -> None:
        self._new_way, self._all, self._globals, self._private.last, self._others.last = events

    def note(self, kind: Memory, address: Ins, value: Ins) -> None:
        """A value was loaded from an address."""
        entries = self._entries
        self._undo.append((entries, address, entries.get(address)))
        entries[address] = kind, root_of(address), value, self._time

    def at(self, address: Ins) -> Ins | None:
        """The value at an address, if it is known."""
        entry = self._entries.get(address)
        return entry[2] if entry is not None and self._counts(entry) else None

    def forget(self) -> None:
        """Something happened that may have changed all memory but private one."""
        self._all = self._time = self._time + 1

    def forget_globals(self) -> None:
        self._globals = self._time = self._time + 1

    def forget_way(self) -> None:
        """A block begins to which several ways lead."""
        self._new_way = self._time = self._time + 1

    def stored(self, kind: Memory, address: Ins, value: Ins) -> None:
        """Nothing is known any more of what may be the same word."""
        now = self._time = self._time + 1
        root = root_of(address)
        base = root[0]
        stores = self._private if kind is _LOCAL else self._others
        last, known, other, unnamed = stores.last
        if known is not base and known != base:
            other = last
        if isinstance(base, Ins):
            unnamed = now
        stores.last = now, base, other, unnamed
        undo, times, entries = self._undo, stores.times, self._entries
        undo.append((times, base, times.get(base)))
        undo.append((times, root, times.get(root)))
        undo.append((entries, address, entries.get(address)))
        times[base] = times[root] = now
        entries[address] = kind, root, value, now

    def _counts(self, entry: tuple[Memory, Root, Ins, int]) -> bool:
        kind, root, _, time = entry
        if self._new_way > time:
            return False
        if kind is _CONSTANT:
            return True
        if kind is _LOCAL:
            stores = self._private
        elif self._all > time or kind is _GLOBAL and self._globals > time:
            return False
        else:
            stores = self._others
        last, known, other, unnamed = stores.last
        if last <= time:
            return True
        base, offset = root
        if isinstance(base, Ins):
            if (other if known is base else last) > time:
                return False
        elif unnamed > time:
            return False
        times = stores.times.get
        if offset is None:
            return times(base, 0) <= time
        return times(root, 0) <= time and times((base, None), 0) <= time
