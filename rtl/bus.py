"""The buses between the parts of the machine. All addresses are in words."""

from amaranth import unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = [
    "Access", "DeviceEvent", "MemBus", "MemRequest", "MemResponse", "PeripheralBus", "Reason",
    "TranslateBus",
]


class Reason(enum.Enum, shape=unsigned(3)):
    """Reason of a fault, as `isa.machine.Reason` has it, or none."""
    NONE                      = 0
    INVALID_INSTRUCTION       = 1
    UNIMPLEMENTED_INSTRUCTION = 2
    MEMORY_FAULT              = 3
    OUT_OF_BOUNDS             = 4
    INVALID_INTERRUPT         = 5


class MemRequest(data.Struct):
    addr:  32  # physical
    write: 1
    data:  32  # ignored by a read


class MemResponse(data.Struct):
    data:   32  # undefined after a write, and with a reason
    reason: Reason


# Access to physical memory for a master other than the core: a device or a page table walker.
# One request at a time: the next may be offered from the cycle on in which the response to the
# last is taken. Each request, a write too, has one response, which the master takes in the cycle
# in which it is offered. Its reason is OUT_OF_BOUNDS if the address is at or past the end of RAM
# (nothing is written then), else NONE. A write is in memory when its response comes.
MemBus = wiring.Signature({
    "req": Out(stream.Signature(MemRequest)),
    "rsp": In(stream.Signature(MemResponse)),
})


# A peripheral's window, as its master sees it. `addr` is the offset in the window, less than its
# size. There is at most one strobe in a cycle, a read or a write, and the peripheral never makes
# the master wait:
#
# * a write acts as the cycle of `w_stb` ends;
# * `r_data` is valid in the cycle after `r_stb`, and is what the word held before that strobe's
#   cycle ended: a write of the device in the same cycle is not yet seen.
#
# A device that changes the same word by itself in the cycle of a write wins, as if it had come
# after it.
PeripheralBus = wiring.Signature({
    "addr":   Out(9),
    "w_stb":  Out(1),
    "w_data": Out(32),
    "r_stb":  Out(1),
    "r_data": In(32),
})


# A device changed by itself something that programs can read: one strobe, in the cycle at whose end
# the change happens. A read strobed in the same cycle does not see it yet, one in the next does.
DeviceEvent = wiring.Signature({
    "valid": Out(1),
    "arg":   Out(32),
})


class Access(enum.Enum, shape=unsigned(2)):
    """What a translated access is for; decides which page flag it needs."""
    READ    = 0
    WRITE   = 1
    EXECUTE = 2


# Address translation, as the core sees it; one for fetch, one for data. While `valid`, `va` and
# `access` ask; the answer comes combinationally in the same cycle or, if the page table must be
# walked, in a later one: `hit` with `pa` and `reason`. The core keeps asking until the answer is
# there, or changes its mind and asks something else. With translation inactive, `pa` is `va`.
#
# `reason` is MEMORY_FAULT without mapping or permission, OUT_OF_BOUNDS for a physical address at or
# past the end of RAM, else NONE. `is_low` says that the physical address is below `RESERVED_LIMIT`,
# and is there earlier than `pa`. `is_plain` is there first: a hit without a reason, and not low.
# `is_last` says that `va + 1` may be mapped otherwise, so that a fetch of two words must stop at
# the first.
TranslateBus = wiring.Signature({
    "valid":    Out(1),
    "va":       Out(32),
    "access":   Out(Access),
    "hit":      In(1),
    "pa":       In(32),
    "reason":   In(Reason),
    "is_low":   In(1),
    "is_plain": In(1),
    "is_last":  In(1),
})
