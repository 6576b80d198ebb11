"""The buses: what must agree with the manual's numbers."""

from isa import machine
from rtl.bus import Reason


def test_reasons_are_those_of_the_machine():
    assert {r.name: r.value for r in Reason if r is not Reason.NONE} == {
        r.name: int(r) for r in machine.Reason}
