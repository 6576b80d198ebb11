"""What the DEVICE trace records of each peripheral tell: the meaning of their ARG word.

A record stands where the change takes effect: loads before it see the old state, loads after it the
new one. Whatever a store does by itself (a control word that reads pending, say) has no record.
ARG is a kind in its upper four bits and a value in the other 28, except for clock and counters.

| peripheral | ARG | change |
|---|---|---|
| clock | milliseconds | the word becomes ARG |
| debug break | `GO_ON` | the word, which was 2, becomes 0 |
| buffered devices | `CONTROL` + 0 or 1 | control becomes 0 (ready) or error |
| | `SIZE` | size becomes the number of words of the message not yet delivered, 253 at most |
| | `WORD` + i | data word i is filled with the message's next word |
| display | `CONTROL` + 0 or 1 | control becomes 0 (ready) or 0xFF (error) |
| | `SIZE` + height << 14 + width | width and height become these |
| keyboard | down << 8 + word << 5 + bit | that bit of that word becomes `down` |
| block device | `CONTROL` + code | error becomes `code`; status 0 if that is 0, else 0xFF |
| | `SIZE` + sectors | total sectors becomes this |
| | `WORD` + i | word i of the operation moves between the memory buffer and the disk |
| serial line | flags, see `SerialEvent` | |
| counters | cycles, low word | both counts are taken; cycles become these |

Timer and MMU change nothing by themselves but what an INTERRUPT record tells.
"""

from enum import IntEnum, IntFlag

from isa.machine import SerialWord

__all__ = ["EVENT_VALUE_BITS", "EventKind", "SerialEvent", "display_size_arg", "event_arg"]

EVENT_VALUE_BITS = 28


class EventKind(IntEnum):
    """Upper four bits of ARG."""
    CONTROL = 0  # an operation is over
    SIZE    = 1
    WORD    = 2
    GO_ON   = 3


class SerialEvent(IntFlag):
    """ARG of the serial line; several may come at once."""
    OCTET   = SerialWord.OCTET    # mask of the octet, with ARRIVED
    ARRIVED = SerialWord.THERE    # an octet was received: it is in +2, or waits for that
    OVERRUN = SerialWord.OVERRUN  # an octet came with no room for it: so does +2 say now
    SENT    = 0x400               # the line can take another: +0 becomes 0


def event_arg(kind: EventKind, value: int = 0) -> int:
    """ARG out of its two parts; the value is taken modulo 2^28."""
    return kind << EVENT_VALUE_BITS | value & (1 << EVENT_VALUE_BITS) - 1


def display_size_arg(width: int, height: int) -> int:
    """Value of a display's `SIZE` event."""
    return height << 14 | width
