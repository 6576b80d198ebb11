"""Runs the benches of the peripherals on the Verilog that they are exported to."""

import pytest

from rtl.peripherals.table import MAKERS, make_peripheral
from sim.engine.verilog import to_verilog
from tests.support.cocotb_bench import run_bench
from toolchain.isa.config import MachineConfig


@pytest.mark.parametrize("name", MAKERS)
def test_bench_passes(name):
    component = make_peripheral(name, MachineConfig(cycles_per_ms=10))
    run_bench(f"tests.cocotb.bench_{name}", verilog=to_verilog(component, name=name), top=name)
