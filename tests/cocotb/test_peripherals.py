"""Runs the benches of the peripherals on the Verilog that they are exported to."""

import pytest

from rtl.peripherals.timer import Timer
from sim.engine.verilog import to_verilog
from tests.support.cocotb_bench import run_bench

BENCHES = {
    "timer": lambda: Timer(cycles_per_ms=10),
}


@pytest.mark.parametrize("name", BENCHES)
def test_bench_passes(name):
    run_bench(f"tests.cocotb.bench_{name}", verilog=to_verilog(BENCHES[name](), name=name),
              top=name)
