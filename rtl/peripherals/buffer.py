"""Buffer: the data words of a buffered device."""

from amaranth import Module, Mux
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Buffer"]


class Buffer(wiring.Component):
    """The data words twice: as the program sees them, and as they were when a write began.

    Members
    -------
    w_stb, w_addr, w_data : In
        A store, into both; while `freeze`, only into what the program sees, for the words from
        `index` (or the one after it, once that `is_repaired`) to below `limit`.
    r_stb, r_addr : In
        A load of the program's; `r_data` has its word in the next cycle.
    take : In(1)
        Fetch word `index` of the copy into `taken`, which keeps it until the next time.
    copy : In(1)
        Fetch word `index` as the program sees it, if neither `r_stb` nor `w_stb` is in the way;
        and in the next cycle ...
    repair : In(1)
        ... store it into the copy, unless `w_stb`.
    """
    w_stb:       In(1)
    w_addr:      In(8)
    w_data:      In(32)
    r_stb:       In(1)
    r_addr:      In(8)
    r_data:      Out(32)
    freeze:      In(1)
    index:       In(8)
    limit:       In(8)
    take:        In(1)
    taken:       Out(32)
    copy:        In(1)
    repair:      In(1)
    is_repaired: In(1)

    def elaborate(self, platform):
        m = Module()
        m.submodules.seen   = seen   = memory.Memory(shape=32, depth=256, init=[])
        m.submodules.frozen = frozen = memory.Memory(shape=32, depth=256, init=[])
        seen_w,   seen_r   = seen.write_port(),   seen.read_port()
        frozen_w, frozen_r = frozen.write_port(), frozen.read_port()

        has_left = (self.w_addr < self.index) | (self.is_repaired & (self.w_addr == self.index))
        m.d.comb += [
            seen_w.en.eq(self.w_stb),
            seen_w.addr.eq(self.w_addr),
            seen_w.data.eq(self.w_data),
            seen_r.en.eq(self.r_stb | self.copy),
            seen_r.addr.eq(Mux(self.r_stb, self.r_addr, self.index)),
            self.r_data.eq(seen_r.data),

            frozen_r.en.eq(self.take),
            frozen_r.addr.eq(self.index),
            self.taken.eq(frozen_r.data),
        ]
        with m.If(self.w_stb):
            m.d.comb += [
                frozen_w.en.eq(~self.freeze | has_left | (self.w_addr >= self.limit)),
                frozen_w.addr.eq(self.w_addr),
                frozen_w.data.eq(self.w_data),
            ]
        with m.Else():
            m.d.comb += [
                frozen_w.en.eq(self.repair),
                frozen_w.addr.eq(self.index),
                frozen_w.data.eq(seen_r.data),
            ]
        return m
