"""What every memory offers to the core: a port for fetch and a port for data."""

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["DataPort", "FetchPort"]


# Fetch. `en` asks for the word at `addr` and the one after it; `addr` may be odd. From the next
# cycle on, `done` says that `first` and `second` are there; they hold until the next `en`. A new
# request may be made in the cycle of `done`, not before. `second` is undefined at memory's end.
FetchPort = wiring.Signature({
    "en":     Out(1),
    "addr":   Out(32),
    "done":   In(1),
    "first":  In(32),
    "second": In(32),
})


# Data. `en` with `write` and `w_data` asks for one access; from the next cycle on, `done` says that
# it has happened, and `r_data` holds until the next `en`. A new request may be made in the cycle of
# `done`, not before. A fetch that is asked for in a later cycle than a write sees it; in the same
# cycle it may see either word.
DataPort = wiring.Signature({
    "en":     Out(1),
    "write":  Out(1),
    "addr":   Out(32),
    "w_data": Out(32),
    "done":   In(1),
    "r_data": In(32),
})
