"""The kernel's own list of processes, read from memory by the kernel's debug information.

So nothing here knows how the kernel lays out a process, only what it calls the list and the
members. Addresses are the kernel's, in words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from toolchain.debug_info import (
    DebugInfo,
    Memory,
    PointerType,
    SliceType,
    StructType,
    Variable,
)

__all__ = ["ListedProcess", "ProcessList", "Read"]

MOST_PROCESSES = 1000  # a list that is longer is damaged
MOST_TEXT      = 256   # words of a name or path
MEMBERS        = ("sibling", "pid", "name", "state", "pages")  # without which nothing is known

# A word of the kernel's by its address; None where there is no memory.
Read = Callable[[int], int | None]


@dataclass(frozen=True)
class ListedProcess:
    """A process as the kernel has it; see `ProcessList`."""
    address: int  # of the kernel's struct
    pid:     int
    name:    str
    path:    str  # of its program; empty if the kernel does not keep it
    state:   int  # as the kernel numbers them
    space:   int  # its page table's address; 0 if it has none any more
    shift:   int  # how far its program stands from where it was linked to
    why:     str  # it is about to be ended, for a fault; empty if it is not
    fault:   int  # where it did that


class ProcessList:
    """Finds processes in a kernel's memory; on a bare machine, or without symbols, there are none.

    Parameters
    ----------
    kernel : DebugInfo or None
    """

    def __init__(self, kernel: DebugInfo | None):
        self._kernel = kernel

    def missing_member(self) -> str | None:
        """What the kernel's struct of a process lacks of what is needed; None if nothing."""
        kind = self.kind
        return None if kind is None else next(
            (name for name in MEMBERS if kind.member(name) is None), None)

    def addresses(self, read: Read) -> Iterator[int]:
        """Where the kernel's structs of all processes are, in its own order."""
        at = self._global("process::all", read)
        for _ in range(MOST_PROCESSES):
            if not at or self.kind is None or read(at + self.kind.size - 1) is None:
                return
            yield at
            at = self.member(at, "sibling", read)

    def find(self, space: int, read: Read) -> ListedProcess | None:
        """The process whose page table is at `space`."""
        return next((self.at(address, read) for address in self.addresses(read)
                     if self.member(address, "pages", read) == space), None)

    def current(self, read: Read) -> ListedProcess | None:
        """The process that the kernel runs, or ran last."""
        here = self._global("scheduler::current", read)
        return next((self.at(address, read) for address in self.addresses(read)
                     if address == here), None)

    def at(self, address: int, read: Read) -> ListedProcess:
        """The process whose struct is there."""
        def member(name: str) -> int:
            return self.member(address, name, read)
        return ListedProcess(address, member("pid"), self._name(address, read),
                             self._slice(address, "path", read), member("state"),
                             member("pages"), member("base"), self._slice(address, "why", read),
                             member("fault_ip"))

    def broken(self, read: Read) -> str:
        """Why the kernel has found itself broken; empty if it has not."""
        variable = self._globals.get("kernel::broken")
        if variable is None or not isinstance(variable.location, Memory):
            return ""
        at = variable.location.address
        return _text(read(at) or 0, read(at + 1) or 0, read)

    def member(self, address: int, name: str, read: Read) -> int:
        """The first word of a member of the struct there; 0 if it has none of this name."""
        found = self.kind.member(name) if self.kind is not None else None
        return 0 if found is None else read(address + found.offset) or 0

    @cached_property
    def kind(self) -> StructType | None:
        """The kernel's type of a process, out of the type of the list's head."""
        head = self._globals.get("process::all")
        pointer = head.type.base if head is not None else None
        target = pointer.target if isinstance(pointer, PointerType) else None
        return target.base if target is not None and isinstance(target.base, StructType) else None

    @cached_property
    def _globals(self) -> dict[str, Variable]:
        if self._kernel is None:
            return {}
        return {variable.label.removeprefix("@").removeprefix("global::"): variable
                for variable in self._kernel.globals}

    def _global(self, name: str, read: Read) -> int | None:
        variable = self._globals.get(name)
        if variable is None or not isinstance(variable.location, Memory):
            return None
        return read(variable.location.address)

    def _name(self, address: int, read: Read) -> str:
        found = self.kind.member("name") if self.kind is not None else None
        return "" if found is None else _text(address + found.offset, found.type.size, read)

    def _slice(self, address: int, name: str, read: Read) -> str:
        """What a member that is a slice of characters says."""
        found = self.kind.member(name) if self.kind is not None else None
        if found is None or not isinstance(found.type.base, SliceType):
            return ""
        start, length = (read(address + found.offset + n) or 0 for n in (0, 1))
        return _text(start, length, read)


def _text(at: int, most: int, read: Read) -> str:
    text = ""
    for n in range(min(most, MOST_TEXT) if at else 0):
        word = read(at + n)
        if not word or word > 0x10FFFF:
            break
        text += chr(word)
    return text
