"""What loads and stores have shown of memory, while the blocks of a function are gone through.

Nothing is deleted when memory may have changed. Instead each word that is known has the time at
which it was noted, each kind of event the time at which it last happened, and a word still counts
if nothing that concerns it has happened since. So an event costs the same however much is known,
and `set_undoable` of who goes through the blocks takes all of it back at the end of a branch.
"""

from collections.abc import Callable
from typing import Any

from toolchain.qll.middle.ir import Ins, Memory

__all__ = ["Recall", "Root", "may_alias", "root_of"]

Root = tuple[Any, int | None]  # what an address is relative to, and how far from it if known

# Events; a store is one by what it may have changed, see `stored`.
_NEW_WAY, _ALL, _GLOBALS = "new way", "all", "globals"


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
    if one[0] is other[0] or one[0] == other[0]:
        return one[1] is None or other[1] is None or one[1] == other[1]
    # Different things that both have a name are apart; all else may be anywhere.
    return isinstance(one[0], Ins) or isinstance(other[0], Ins)


class Recall:
    """For addresses, the value there.

    Private memory (`Memory.LOCAL`) and the rest know nothing of each other; constants never change.
    """
    __slots__ = ("_set", "_now", "_entries", "_events", "_stores")

    def __init__(self, set_undoable: Callable[[dict, Any, Any], None]):
        self._set = set_undoable
        self._now = 0
        self._entries: dict[Ins, tuple[Memory, Root, Ins, int]] = {}
        self._events: dict[str, int] = {}
        # Of stores by (is private, base) and (is private, base, offset), the last one's time; by
        # `is private` the last one's time and base, and the times of the last one with a base other
        # than that one's, and of the last one with a base that may be anywhere.
        self._stores: dict[Any, Any] = {}

    def note(self, kind: Memory, address: Ins, value: Ins) -> None:
        """A value was loaded from an address."""
        self._set(self._entries, address, (kind, root_of(address), value, self._now))

    def at(self, address: Ins) -> Ins | None:
        """The value at an address, if it is known."""
        entry = self._entries.get(address)
        return entry[2] if entry is not None and self._counts(entry) else None

    def forget(self) -> None:
        """Something happened that may have changed all memory but private one."""
        self._happened(_ALL)

    def forget_globals(self) -> None:
        self._happened(_GLOBALS)

    def forget_way(self) -> None:
        """A block begins to which several ways lead."""
        self._happened(_NEW_WAY)

    def stored(self, kind: Memory, address: Ins, value: Ins) -> None:
        """Nothing is known any more of what may be the same word."""
        now = self._now = self._now + 1
        base, offset = root = root_of(address)
        private = kind is Memory.LOCAL
        last, known, other, unnamed = self._stores.get(private, (0, base, 0, 0))
        if known is not base and known != base:
            other = last
        if isinstance(base, Ins):
            unnamed = now
        set_, stores = self._set, self._stores
        set_(stores, private, (now, base, other, unnamed))
        set_(stores, (private, base), now)
        set_(stores, (private, base, offset), now)
        set_(self._entries, address, (kind, root, value, now))

    def _happened(self, event: str) -> None:
        self._now += 1
        self._set(self._events, event, self._now)

    def _counts(self, entry: tuple[Memory, Root, Ins, int]) -> bool:
        kind, (base, offset), _, time = entry
        since = self._events.get
        if since(_NEW_WAY, 0) > time:
            return False
        if kind is Memory.CONSTANT:
            return True
        private = kind is Memory.LOCAL
        if not private and (since(_ALL, 0) > time
                            or kind is Memory.GLOBAL and since(_GLOBALS, 0) > time):
            return False
        stores = self._stores
        if private not in stores:
            return True
        last, known, other, unnamed = stores[private]
        if last <= time:
            return True
        if isinstance(base, Ins):
            if (other if known is base else last) > time:
                return False
        elif unnamed > time:
            return False
        if offset is None:
            return stores.get((private, base), 0) <= time
        return (stores.get((private, base, offset), 0) <= time
                and stores.get((private, base, None), 0) <= time)
