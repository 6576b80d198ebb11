# amaranth: UnusedElaboratable=no
"""All peripherals by name, for the SoC to fit."""

from rtl.peripherals.block import Block
from rtl.peripherals.clock import Clock
from rtl.peripherals.console_input import ConsoleInput
from rtl.peripherals.console_output import ConsoleOutput
from rtl.peripherals.counters import Counters
from rtl.peripherals.debug_break import DebugBreak
from rtl.peripherals.display import Display
from rtl.peripherals.host_file import HostFile
from rtl.peripherals.keyboard import Keyboard
from rtl.peripherals.serial import Serial
from rtl.peripherals.timer import Timer

__all__ = ["MAKERS", "make_peripheral"]

MAKERS = {
    "timer":          lambda config: Timer(cycles_per_ms=config.cycles_per_ms),
    "clock":          lambda config: Clock(cycles_per_ms=config.cycles_per_ms),
    "debug_break":    lambda config: DebugBreak(),
    "console_output": lambda config: ConsoleOutput(),
    "console_input":  lambda config: ConsoleInput(),
    "host_file":      lambda config: HostFile(),
    "display":        lambda config: Display(),
    "keyboard":       lambda config: Keyboard(),
    "block":          lambda config: Block(),
    "serial":         lambda config: Serial(),
    "counters":       lambda config: Counters(),
}


def make_peripheral(name, config):
    """The peripheral of this name in `isa.machine.PERIPHERALS`, but for the MMU."""
    return MAKERS[name](config)
