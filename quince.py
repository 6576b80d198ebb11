"""`quince COMMAND ...`: one front to the commands of the project; and how each of them starts."""

import gc
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import NamedTuple

__all__ = ["COMMANDS", "main", "start"]

# New objects until Python looks for garbage among them (its own number is 700).
GARBAGE_THRESHOLD = 100_000


class Command(NamedTuple):
    """Whose `main` does it, and what that is."""
    module:  str
    summary: str


COMMANDS = {
    "sim":           Command("sim.cli", "boot the simulated computer, or run a program"),
    "debug":         Command("debug.cli", "stop it and look into it, forwards and backwards"),
    "panel":         Command("panel.cli", "see and steer it in a browser, forwards and backwards"),
    "profile":       Command("sim.profile.__main__", "show and compare what runs spent cycles on"),
    "board":         Command("sim.board.cli", "boot a board's design down to its chips"),
    "compile":       Command("toolchain.qll.cli", "compile QLL (qllc)"),
    "assemble":      Command("toolchain.qasm.cli", "assemble QASM (qasm)"),
    "disassemble":   Command("toolchain.qasm.dis", "disassemble an image (qdis)"),
    "link":          Command("toolchain.link.cli", "link objects and sources (qlink)"),
    "lsp":           Command("editors.lsp.cli", "help an editor with QLL and QASM (quince-lsp)"),
    "files":         Command("toolchain.qfs.cli", "make and change disk images (qfs)"),
    "card":          Command("system.card", "make the image of a board's card"),
    "verilog":       Command("sim.verilog", "write the hardware as Verilog"),
    "bitstream":     Command("fpga.bitstream", "make a board's bitstream, or list the boards"),
    "flash":         Command("fpga.flash", "write a bitstream to a board on USB"),
    "hardware-test": Command("fpga.hardware_test", "try a board out over its serial line"),
    "fuzz":          Command("sim.fuzz.__main__", "run random programs against the golden model"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Hand the rest of the command line on; returns the command's exit status, 2 for none."""
    given = sys.argv[1:] if argv is None else argv
    name, rest = (given[0], list(given[1:])) if given else ("", [])
    if name in ("-h", "--help"):
        print(_help())
        return 0
    if name in COMMANDS:
        return start(COMMANDS[name].module, rest)
    if name:
        from debug.error import suggestion
        print(f"quince: there is no command '{name}'{suggestion(name, list(COMMANDS))}",
              file=sys.stderr)
    else:
        print(_help(), file=sys.stderr)
    return 2


def start(module: str, argv: Sequence[str] | None = None) -> int:
    """Import a command's module and call its `main`; returns the exit status.

    What is imported stays: to look for garbage in it every 700 objects, and again at the end,
    takes a fifth of a short command's time.
    """
    gc.set_threshold(GARBAGE_THRESHOLD)
    status: int = import_module(module).main(argv)
    gc.freeze()
    return status


# The commands that are installed under a name of their own, too.
quince_sim     = partial(start, "sim.cli")
quince_debug   = partial(start, "debug.cli")
quince_panel   = partial(start, "panel.cli")
quince_lsp     = partial(start, "editors.lsp.cli")
quince_profile = partial(start, "sim.profile.__main__")
qasm           = partial(start, "toolchain.qasm.cli")
qdis           = partial(start, "toolchain.qasm.dis")
qlink          = partial(start, "toolchain.link.cli")
qfs            = partial(start, "toolchain.qfs.cli")
qllc           = partial(start, "toolchain.qll.cli")


def _help() -> str:
    width = max(map(len, COMMANDS))
    return "\n".join([
        "usage: quince COMMAND ...", "",
        "a whole computer, from gates to shell; `quince COMMAND --help` says more", "",
        "commands:",
        *(f"  {name:{width}}  {command.summary}" for name, command in COMMANDS.items())])


if __name__ == "__main__":
    sys.exit(main())
