# amaranth: UnusedElaboratable=no
"""The computers that the benches run on, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from isa.config import MachineConfig, PageTable
from rtl.soc import Memory, Soc, SocConfig

__all__ = ["CONFIGS", "DEFAULT", "KERNELS", "Design"]


@dataclass(frozen=True)
class Design:
    """A computer.

    Parameters
    ----------
    config : SocConfig
        What its SoC is made of.
    make : callable
        Gives the hardware of a `SocConfig`: a `Soc` or, like a board, something that holds one. It
        has the SoC's `streams` and `events` and the same ports for them; its RAM is the black box
        `simulated_ram`.
    soc : str
        The path of the SoC in the Verilog.
    """
    config: SocConfig
    make:   Callable[[SocConfig], Any] = lambda config: Soc(config=config)
    soc:    str                        = "soc"

    @property
    def machine(self):
        """What a program can see of it."""
        return self.config.machine


WHOLE = MachineConfig().fit("display", "keyboard", "block", "serial")

DEFAULT = "whole"
CONFIGS = {
    "whole":     Design(SocConfig(machine=WHOLE, memory=Memory.SIMULATED)),
    "hesitant":  Design(SocConfig(machine=WHOLE, memory=Memory.HESITANT)),
    "no-fpu":    Design(SocConfig(machine=replace(WHOLE, fpu=False), memory=Memory.SIMULATED)),
    "two-level": Design(SocConfig(machine=replace(WHOLE, page_table=PageTable.TWO_LEVEL),
                                  memory=Memory.SIMULATED)),
}
# The kernel wants the list format of page tables.
KERNELS = tuple(name for name, design in CONFIGS.items()
                if design.machine.page_table is PageTable.LIST)
