# amaranth: UnusedElaboratable=no
"""The computers that the benches run on, by name."""

from dataclasses import replace

from isa.config import MachineConfig, PageTable
from rtl.soc import SocConfig

__all__ = ["CONFIGS", "DEFAULT", "KERNELS"]

WHOLE = MachineConfig().fit("display", "keyboard", "block", "serial")

DEFAULT = "whole"
KERNELS = ("whole", "hesitant", "no-fpu")  # the kernel wants the list format of page tables
CONFIGS = {
    "whole":     SocConfig(machine=WHOLE, simulated_ram=True),
    "hesitant":  SocConfig(machine=WHOLE, simulated_ram=True, hesitates=True),
    "no-fpu":    SocConfig(machine=replace(WHOLE, fpu=False), simulated_ram=True),
    "two-level": SocConfig(machine=replace(WHOLE, page_table=PageTable.TWO_LEVEL),
                           simulated_ram=True),
}
