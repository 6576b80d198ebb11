"""Runs the bench of the SoC on the Verilog that it is exported to."""

import pytest

from rtl.soc import Soc
from tests.cocotb.soc_program import CONFIG
from tests.support.cocotb_bench import run_bench
from tests.support.verilog import to_verilog


@pytest.mark.slow
def test_bench_passes():
    run_bench("tests.cocotb.bench_soc", verilog=to_verilog(Soc(CONFIG), name="soc"), top="soc")
