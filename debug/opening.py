"""From a command line's options to a session: what is debugged, on what machine and hosts."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from debug.follower import Follower
from debug.look import Look
from debug.person import MachineTerminal
from debug.programs import Target, bare_target, system_target
from debug.reel import Reel, ReelDisplay
from debug.session import Host, Session
from debug.symbols import Symbols
from debug.waves import Watcher
from isa.config import MachineConfig, PageTable
from isa.machine import RAM_WORDS
from sim.engine.machine import RtlMachine
from sim.history.history import History
from sim.history.rtl import RtlTape
from sim.history.tape import AnyTape
from sim.host.disk import Disk
from sim.host.display import Display, PngDisplay
from sim.host.files import Files
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard, parse_script
from sim.host.serial import Serial
from sim.machine import MEMORIES

__all__ = ["machine_options", "open_session", "system_disk", "target_of", "tell"]


def machine_options(parser: argparse.ArgumentParser) -> None:
    """What is run, and on what machine: what `target_of` and `open_session` look at, but for the
    disk, the keys and where pictures go, which the commands explain themselves."""
    add = parser.add_argument
    add("program", metavar="PROGRAM", nargs="?",
        help="assembly (.qasm), QLL (.qll), an ELF executable or a flat image; default: the "
             "operating system with its disk")
    add("--engine", choices=("rtl", "model", "lockstep"), default="rtl",
        help="the hardware, the golden model, or the hardware compared with the model "
             "(default: %(default)s)")
    add("-O", dest="level", type=int, choices=(0, 1, 2), default=0,
        help="how much to optimise a program that is compiled here (default: %(default)s, in which "
             "every variable can be seen)")
    add("--symbols", metavar="FILE", help="symbols of an image: an ELF file or a symbol map")
    add("--files", metavar="DIR", help="the folder that the host file device may use")
    add("--display", metavar="WxH", default="320x200",
        help="size of the display (default: %(default)s)")
    add("--ram", type=int, metavar="WORDS", default=RAM_WORDS,
        help="size of RAM (default: %(default)s)")
    add("--memory", choices=MEMORIES, default="ideal",
        help="the hardware's RAM (default: %(default)s)")
    add("--page-table", choices=[kind.value for kind in PageTable], default=PageTable.LIST.value,
        help="what the MMU understands (default: %(default)s)")


def target_of(options: argparse.Namespace) -> Target:
    """What the options name. Raises `DebugError`, `ImageError`, `SourceErrors`."""
    if options.program is None:
        return system_target(tell)
    return bare_target(options.program, MachineConfig(ram_words=options.ram), options.level,
                       options.symbols, tell)


def system_disk(target: Target) -> str:
    """The image of the operating system's disk, brought up to date."""
    from system.disk import keep_disk
    assert target.paths is not None
    return str(keep_disk(target.paths))


def open_session(options: argparse.Namespace, target: Target, terminal: MachineTerminal,
                 person: Host, stack: ExitStack,
                 reel: Reel | None = None) -> tuple[Session, Disk | None]:
    """A session for a target, at cycle 0, and its disk. A reel gets the pictures of the display.

    Raises
    ------
    BuildError, HostError, ImageError
    """
    is_system = target.paths is not None
    disk = None
    if is_system or options.disk:
        disk = Disk(options.disk or system_disk(target), ephemeral=True)
    width, height = _size(options.display)
    display: Display | None = None
    if is_system:
        display = PngDisplay(width, height, options.frames) if options.frames \
            else ReelDisplay(width, height, reel) if reel is not None \
            else Display(width, height)
    keyboard = Keyboard() if is_system or options.keys else None
    if options.keys and keyboard is not None:
        text = Path(options.keys).read_text(encoding="utf-8", errors="replace")
        keyboard.play(parse_script(text, options.keys))
    hosts = Hosts(terminal, disk=disk, display=display, keyboard=keyboard,
                  files=Files(options.files) if options.files else None,
                  serial=Serial(terminal) if is_system else None)
    stack.callback(hosts.close)
    fitted = [name for name, host in (("display", display), ("keyboard", keyboard),
                                      ("block", disk), ("serial", hosts.serial)) if host]
    config = MachineConfig(ram_words=options.ram,
                           page_table=PageTable(options.page_table)).fit(*fitted)
    tape = _tape(options, config, hosts)
    stack.callback(tape.close)
    tape.load(target.words)
    tape.prepare(tell)
    history = History(tape)
    look = Look(history)
    session = Session(history, look, Symbols(look, target.kernel, target.find_program), person)
    session.hosts = hosts
    if reel is not None:
        reel.cycle = lambda: tape.cycles
    if isinstance(tape, RtlTape):
        session.profile = follower = Follower(tape, target.words, target.name, target.kernel,
                                              _folders(target), options.memory)
        stack.callback(follower.close)
        watcher = _watcher(options, config, hosts, target, tape)
        stack.callback(watcher.close)
        session.write_waves = lambda files, cycles: watcher.write(session, files, cycles)
    return session, disk


def _watcher(options: argparse.Namespace, config: MachineConfig, hosts: Hosts, target: Target,
             tape: RtlTape) -> Watcher:
    """Writes waves; its machine has the same hosts, which it never asks."""
    def make_machine() -> RtlMachine:
        return RtlMachine(config, hosts, say=tell, memory=options.memory, watched=True)

    return Watcher(tape, make_machine, target.words, target.name, _folders(target), tell)


def _folders(target: Target) -> list[Path]:
    """Where the debug information of programs is."""
    return list(target.paths.debug_folders) if target.paths is not None else []


def _tape(options: argparse.Namespace, config: MachineConfig, hosts: Hosts) -> AnyTape:
    if options.engine == "model":
        from sim.history.model import ModelTape
        return ModelTape(config, hosts)
    if options.engine == "lockstep":
        from sim.lockstep import Lockstep
        whole = Lockstep(config, hosts, say=tell, memory=options.memory)
        return RtlTape(whole.rtl, whole)
    return RtlTape(RtlMachine(config, hosts, say=tell, memory=options.memory))


def _size(text: str) -> tuple[int, int]:
    from sim.host.display import parse_size
    return parse_size(text)


def tell(text: str) -> None:
    """A line for people, on standard error."""
    print(f"quince-debug: {text}", file=sys.stderr, flush=True)
