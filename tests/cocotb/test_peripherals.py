"""Runs the benches of the peripherals on the Verilog that they are exported to."""

import pytest

from isa.config import MachineConfig
from rtl.peripherals.table import MAKERS, make_peripheral
from sim.verilog import to_verilog
from tests.support.cocotb_bench import run_bench


@pytest.mark.slow
@pytest.mark.parametrize("name", MAKERS)
def test_bench_passes(name):
    component = make_peripheral(name, MachineConfig(cycles_per_ms=10))
    run_bench(f"tests.cocotb.bench_{name}", verilog=to_verilog(component, name=name), top=name)


def test_a_bench_that_fails_is_told():
    component = make_peripheral("timer", MachineConfig(cycles_per_ms=10))
    verilog = to_verilog(component, name="timer")
    with pytest.raises(AssertionError) as caught:
        run_bench("tests.cocotb.bench_wrong", verilog=verilog, top="timer")
    told = str(caught.value)
    assert told.startswith("tests.cocotb.bench_wrong: the_timer_never_interrupts failed\n")
    assert "it does interrupt" in told
