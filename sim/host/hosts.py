"""All hosts of one machine."""

from dataclasses import dataclass, field

from sim.host.console import Console
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.files import Files
from sim.host.keyboard import Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal

__all__ = ["Debugger", "Hosts"]


class Debugger:
    """What debug break talks to. This one lets the machine go on at once; debuggers derive."""

    def __init__(self) -> None:
        self.break_count = 0

    def stopped(self) -> bool:
        """The machine asked for a break; whether it goes on now (else later, by `go_on`)."""
        self.break_count += 1
        return True

    def go_on(self) -> bool:
        """Asked again and again while stopped: whether the machine goes on now."""
        return True

    def wants_break(self) -> bool:
        """Whether interrupt 3 is to be raised now; true once for each wish."""
        return False


def _no_terminal() -> Terminal:
    return Terminal(None, None)


@dataclass
class Hosts:
    """What is behind each peripheral; None where nothing is: then its operations fail.

    The console is that of `terminal`. A display without a host has no pixels (width and height 0),
    a block device no sectors.
    """
    terminal: Terminal        = field(default_factory=_no_terminal)
    files:    Files | None    = None
    display:  Display | None  = None
    keyboard: Keyboard | None = None
    disk:     Disk | None     = None
    serial:   Serial | None   = None
    debugger: Debugger        = field(default_factory=Debugger)

    def __post_init__(self) -> None:
        self.console = Console(self.terminal)

    def close(self) -> None:
        """Let go of everything but the terminal."""
        if self.display is not None:
            self.display.close()
        if self.disk is not None:
            self.disk.close()
