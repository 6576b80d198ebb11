"""Translation port: what the core asks of the MMU, once for fetch and once for data."""

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["TranslationPort"]


class TranslationPort(wiring.Signature):
    """From a virtual address to a word of RAM within one cycle, checks included.

    Everything is combinational: the answer belongs to `va` and `is_write` of the same cycle. While
    translation is not active the answer is always ready, and only the end of RAM is checked.

    Parameters
    ----------
    addr_width : int
        Bits of an address in RAM.

    Members
    -------
    en : Out(1)
        An access is waiting for its answer: a miss starts a walk. The answer itself does not depend
        on `en`. Dropping it does no harm; the walk ends and what it found is kept.
    va : Out(32)
        Virtual address.
    is_write : Out(1)
        Check Write, not Read. Ignored by the port for fetch, which checks Execute.
    ready : In(1)
        `pa`, `pair` and `reason` are valid. Low: the address is not in the TLB; hold `en` and `va`.
    pa : In(addr_width)
        Physical address; undefined with a fault.
    pair : In(1)
        The next word is at ``pa + 1``, by the same mapping and inside RAM; for fetching two words.
        Low says nothing: ask again for ``va + 1``.
    fault : In(1)
        The access faults, with `reason`.
    reason : In(3)
        `Reason.MEMORY_FAULT` or `Reason.OUT_OF_BOUNDS`; undefined without `fault`.
    """
    def __init__(self, *, addr_width):
        self.addr_width = addr_width
        super().__init__({
            "en":       Out(1),
            "va":       Out(32),
            "is_write": Out(1),
            "ready":    In(1),
            "pa":       In(addr_width),
            "pair":     In(1),
            "fault":    In(1),
            "reason":   In(3),
        })
