"""The panel's command line: a machine in the debugger, and a page to see it in a browser."""

import argparse
import errno
import secrets
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from debug.commands import Commands
from debug.disk_keeper import DiskKeeper
from debug.error import DebugError
from debug.opening import machine_options, open_session, system_disk, target_of
from debug.person import MachineTerminal
from debug.reel import Reel
from panel.desk import Desk
from panel.disk import DiskMap
from panel.memory import MemoryMap
from panel.page import PageError, built_page
from panel.views import Scene
from sim.command import status_of
from sim.engine.build import BuildError

__all__ = ["main", "open_desk", "options_of"]

USUAL_PORT = 4280
PACKAGES   = ("starlette", "uvicorn", "websockets")
HOST       = "127.0.0.1"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the panel until ctrl-C; returns 0, or 1 if something could not be used."""
    options = options_of(argv)

    def serve() -> int:
        _check_packages()
        with ExitStack() as stack:
            return _serve(options, stack)

    return status_of(serve, tell, errors=(DebugError, BuildError, PageError))


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line, understood."""
    parser = argparse.ArgumentParser(
        prog="quince-panel", description="see and steer the whole machine in a browser, forwards "
        "and backwards in time; the address to open is printed")
    machine_options(parser)
    add = parser.add_argument
    add("--port", type=int, metavar="NUMBER",
        help=f"serve on this port of this computer (default: {USUAL_PORT}, or a free one)")
    add("--paused", action="store_true", help="do not run before somebody says so")
    add("--keep", action="store_true",
        help="write what the machine writes to the disk's image as the panel is left; the page can "
             "change that")
    add("--disk", metavar="FILE", help="the disk's image")
    options = parser.parse_args(argv)
    options.keys = options.frames = None
    if options.port is not None and not 0 <= options.port < 65536:
        parser.error(f"a port is a number from 0 to 65535, not {options.port}")
    return options


def open_desk(options: argparse.Namespace, stack: ExitStack) -> tuple[Desk, Reel]:
    """A machine for the options at its desk, which has not been started.

    Raises
    ------
    BuildError, DebugError, HostError, ImageError, SourceErrors
    """
    reel, desk = Reel(), Desk()
    terminal = MachineTerminal(reel.hear)
    target = target_of(options)
    session, disk = open_session(options, target, terminal, desk, stack, reel)
    path = options.disk or (system_disk(target) if target.paths is not None else None)
    keeper = DiskKeeper(session, disk, path)
    keeper.is_kept = options.keep
    sectors = DiskMap()
    if disk is not None:
        disk.on_read = sectors.heard_read
    opened_s = time.time()
    if options.program and Path(options.program).suffix not in (".qll", ".qasm"):
        opened_s = Path(options.program).stat().st_mtime
    scene = Scene(session, reel, keeper, MemoryMap(), sectors, opened_s)
    desk.attach(scene, Commands(session, type_text=lambda text: terminal.type(text.encode())),
                terminal)
    return desk, reel


def _check_packages() -> None:
    """Raises `DebugError` if the server's packages are not installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise DebugError(f"the panel needs the packages {', '.join(missing)}: 'make panel' "
                         "installs them, or pip install 'quince[panel]'")


def _serve(options: argparse.Namespace, stack: ExitStack) -> int:
    from panel.server import Panel, server_of
    listening = stack.enter_context(_listen(options.port))
    port = listening.getsockname()[1]
    page = built_page(tell)
    desk, reel = open_desk(options, stack)
    token = secrets.token_urlsafe(16)
    panel = Panel(desk, reel, page, token, port)
    server = server_of(panel)
    desk.start(runs=not options.paused)
    print(f"quince-panel: open http://{HOST}:{port}/?token={token}\n"
          "quince-panel: ctrl-C ends it", file=sys.stderr, flush=True)
    try:
        server.run(sockets=[listening])
    finally:
        desk.leave()
        _leave_disk(desk.scene.keeper)
    return 0


def _listen(port: int | None) -> socket.socket:
    """A socket on this computer alone. Raises `DebugError`."""
    try:
        return socket.create_server((HOST, USUAL_PORT if port is None else port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE and port is None:
            return socket.create_server((HOST, 0))
        if error.errno == errno.EADDRINUSE:
            raise DebugError(f"port {port} is in use, by another panel perhaps; '--port 0' takes "
                             "one that is free") from None
        raise DebugError(f"port {port} cannot be used: {error.strerror}") from None


def _leave_disk(keeper: DiskKeeper) -> None:
    """What becomes of what the machine has written."""
    if keeper.question:
        tell(keeper.leave("keep" if keeper.is_kept else "drop"))


def tell(text: str) -> None:
    """A line for people, on standard error."""
    print(f"quince-panel: {text}", file=sys.stderr, flush=True)
