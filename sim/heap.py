"""Whether the heap of a QLL program is used up: `new` gives null then, and the program fails later.

The library's list of blocks (`firmware/lib/shared/alloc.qll`) is read by its debug information.
"""

from typing import TYPE_CHECKING

from sim.machine import Words

if TYPE_CHECKING:
    from sim.symbols import Symbols

__all__ = ["heap_note"]

BLOCKS      = "global::std::blocks"
FULL_SHARE  = 8       # the heap is full if less than one in so many words is free
MOST_BLOCKS = 100_000  # a list that is longer is damaged


def heap_note(symbols: "Symbols", space: int, memory: Words) -> str | None:
    """A sentence, if the heap of the program in a space is nearly full; None if it is not, or
    there is none that is known."""
    from toolchain.debug_info import PointerType, StructType
    info, shift = symbols.info(space, memory)
    known = info.globals if info is not None else []
    head = next((one for one in known if one.label.removeprefix("@") == BLOCKS), None)
    pointer = head.type.base if head is not None else None
    block = pointer.target.base if isinstance(pointer, PointerType) and pointer.target else None
    if info is None or not isinstance(block, StructType):
        return None
    read = symbols.reader(space, memory)

    def member(at: int, name: str) -> int:
        found = block.member(name)
        return 0 if found is None else read(at + found.offset) or 0

    at, free, total = read(info.symbols[BLOCKS] + shift) or 0, [0], 0
    for _ in range(MOST_BLOCKS):
        if not at:
            break
        size = member(at, "size")
        total += size + block.size
        if not member(at, "allocated"):
            free.append(size)
        at = member(at, "next")
    if not total or sum(free) * FULL_SHARE >= total:
        return None
    return (f"the heap is full: of its {total} words no more than {max(free)} are free in one "
            "piece, and `new` gives null for what does not fit")
