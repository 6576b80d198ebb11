# amaranth: UnusedElaboratable=no
"""The computers that the benches run on, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from isa.config import MachineConfig, PageTable
from rtl.soc import Memory, Soc, SocConfig
from sim.chips.soc_with_sdram import SocWithSdram

__all__ = ["CONFIGS", "DEFAULT", "KERNELS", "UNCACHED", "Design"]


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


def with_chip(config):
    """The SoC with an SDRAM chip at its pins."""
    return SocWithSdram(Soc(config=config))


WHOLE = MachineConfig().fit("display", "keyboard", "block", "serial")

DEFAULT = "whole"
CONFIGS = {
    "whole":     Design(SocConfig(machine=WHOLE, memory=Memory.SIMULATED)),
    "hesitant":  Design(SocConfig(machine=WHOLE, memory=Memory.HESITANT)),
    "sdram":     Design(SocConfig(machine=WHOLE, memory=Memory.SDRAM), with_chip, "soc.soc"),
    "no-fpu":    Design(SocConfig(machine=replace(WHOLE, fpu=False), memory=Memory.SIMULATED)),
    "lean":      Design(SocConfig(machine=replace(WHOLE, fpu=False), memory=Memory.HESITANT)),
    "two-level": Design(SocConfig(machine=replace(WHOLE, fpu=False,
                                                  page_table=PageTable.TWO_LEVEL),
                                  memory=Memory.SIMULATED)),
}
# The kernel wants the list format of page tables.
KERNELS = tuple(name for name, design in CONFIGS.items()
                if design.machine.page_table is PageTable.LIST)
# Memory is what the processor sees of it at any moment, and benches may look at it and change it.
UNCACHED = tuple(name for name in KERNELS if CONFIGS[name].config.memory is not Memory.SDRAM)
