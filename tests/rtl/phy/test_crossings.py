# amaranth: UnusedElaboratable=no
"""Nothing passes from one clock to another but through a synchroniser or a FIFO."""

import pytest
from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from tests.docs.tables import PHYS
from tests.support.crossings import declared, found


@pytest.mark.parametrize("name", PHYS)
def test_each_crossing_is_within_one_that_is_listed(name):
    listed = {path for path, *_ in declared(PHYS[name]())}
    stray  = {path for path in found(PHYS[name]())
              if not any(path[:len(each)] == each for each in listed)}
    assert listed and not stray


class Careless(wiring.Component):
    """A value is used in another clock as it is."""
    i: In(1)
    o: Out(1)

    def elaborate(self, platform):
        m = Module()
        kept, seen = Signal(), Signal()
        m.d.sync += kept.eq(self.i)
        m.d.pixel += seen.eq(kept & self.i)
        m.d.comb += self.o.eq(seen)
        return m


def test_one_that_is_not_would_be_found():
    assert list(found(Careless())) == [()] and not list(declared(Careless()))
