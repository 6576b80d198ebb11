# amaranth: UnusedElaboratable=no
"""The computers that the benches run on, by name."""

from dataclasses import replace

from isa.config import MachineConfig, PageTable
from rtl.soc import Memory, SocConfig

__all__ = ["CONFIGS", "DEFAULT", "KERNELS"]

WHOLE = MachineConfig().fit("display", "keyboard", "block", "serial")

DEFAULT = "whole"
KERNELS = ("whole", "hesitant", "no-fpu")  # the kernel wants the list format of page tables
CONFIGS = {
    "whole":     SocConfig(machine=WHOLE, memory=Memory.SIMULATED),
    "hesitant":  SocConfig(machine=WHOLE, memory=Memory.HESITANT),
    "no-fpu":    SocConfig(machine=replace(WHOLE, fpu=False), memory=Memory.SIMULATED),
    "two-level": SocConfig(machine=replace(WHOLE, page_table=PageTable.TWO_LEVEL),
                           memory=Memory.SIMULATED),
}
