"""The buses: what must agree with the manual's numbers."""

from rtl.bus import Reason
from toolchain.isa import machine


def test_reasons_are_those_of_the_machine():
    assert {r.name: r.value for r in Reason if r is not Reason.NONE} == {
        r.name: int(r) for r in machine.Reason}
