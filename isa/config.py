"""What kind of machine: the choices that a program can see.

The hardware, the golden model and the hosts are all built from one `MachineConfig`. Choices that no
program can see (how many TLB entries, say) belong to `rtl.soc`.
"""

from dataclasses import dataclass, replace
from enum import Enum

from isa.machine import CYCLES_PER_MS, PERIPHERALS, RAM_WORDS, RESERVED_LIMIT

__all__ = ["BASE_PERIPHERALS", "Compat", "MachineConfig", "PageTable"]

# Always fitted in the presets; all others are optional.
BASE_PERIPHERALS = (
    "timer", "clock", "debug_break", "console_output", "console_input", "host_file", "mmu",
)


class PageTable(Enum):
    """Format of the page table that the MMU walks."""
    LIST      = "list"
    TWO_LEVEL = "two-level"


class Compat(Enum):
    """Whose programs the machine is to run, where they rely on another rule than ours."""
    NONE   = "none"
    QUINIX = "quinix"  # an interrupt that comes while interrupts are masked is lost


@dataclass(frozen=True)
class MachineConfig:
    """Architectural parameters of one machine.

    Parameters
    ----------
    ram_words : int
        Size of RAM, in words; more than `RESERVED_LIMIT`, at most 2^32.
    cycles_per_ms : int
        Length of a millisecond, in clock cycles; at least 2.
    peripherals : tuple of str
        Names out of `isa.machine.PERIPHERALS`; the window order is always the table's.
    page_table : PageTable
        What the MMU's walker understands.
    fpu : bool
        Whether opcodes 25 to 34 work; without, they raise UNIMPLEMENTED_INSTRUCTION.
    compat : Compat
        Another machine's rules, where ours differ.
    """
    ram_words:     int             = RAM_WORDS
    cycles_per_ms: int             = CYCLES_PER_MS
    peripherals:   tuple[str, ...] = BASE_PERIPHERALS
    page_table:    PageTable       = PageTable.LIST
    fpu:           bool            = True
    compat:        Compat          = Compat.NONE

    def __post_init__(self) -> None:
        if not RESERVED_LIMIT < self.ram_words <= 1 << 32:
            raise ValueError(f"ram_words must be above {RESERVED_LIMIT:#x} and at most 2^32, "
                             f"not {self.ram_words}")
        if self.cycles_per_ms < 2:
            raise ValueError(f"cycles_per_ms must be at least 2, not {self.cycles_per_ms}")
        unknown = set(self.peripherals) - {kind.name for kind in PERIPHERALS}
        if unknown:
            raise ValueError(f"unknown peripherals: {', '.join(sorted(unknown))}")
        ordered = tuple(kind.name for kind in PERIPHERALS if kind.name in self.peripherals)
        object.__setattr__(self, "peripherals", ordered)

    @property
    def drops_masked(self) -> bool:
        """Whether a peripheral's interrupt that comes while interrupts are masked is lost."""
        return self.compat is Compat.QUINIX

    def fit(self, *names: str) -> "MachineConfig":
        """The same machine with these peripherals besides."""
        return replace(self, peripherals=(*self.peripherals, *names))
