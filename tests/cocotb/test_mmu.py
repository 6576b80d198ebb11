"""Runs the bench of the MMU and its walkers on the Verilog that they are exported to."""

import pytest

from isa.config import PageTable
from rtl.mmu.mmu import Mmu
from sim.verilog import to_verilog
from tests.support.cocotb_bench import run_bench


@pytest.mark.slow
@pytest.mark.parametrize("page_table", PageTable)
def test_bench_passes(page_table, monkeypatch):
    monkeypatch.setenv("PAGE_TABLE", page_table.name)
    mmu = Mmu(ram_words=0x2000, page_table=page_table, insn_entries=2, data_entries=4)
    run_bench("tests.cocotb.bench_walker", verilog=to_verilog(mmu, name="mmu"), top="mmu")
