"""Runs the benches of whole machines on the Verilog that they are exported to."""

import pytest

from rtl.soc import Soc
from sim.verilog import to_verilog
from tests.cocotb import privilege_program, soc_program
from tests.support.cocotb_bench import run_bench


@pytest.mark.slow
@pytest.mark.parametrize("bench, config", [("soc", soc_program.CONFIG),
                                           ("privilege", privilege_program.CONFIG)])
def test_bench_passes(bench, config):
    run_bench(f"tests.cocotb.bench_{bench}", verilog=to_verilog(Soc(config=config), name="soc"),
              top="soc")
