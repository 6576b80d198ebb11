"""What a browser that looks costs the machine, and how many frames a second it gets."""

import json
import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from panel.cli import open_desk, options_of
from panel.server import Panel, server_of
from sim.history.history import History

__all__ = ["Looked", "measure_panel"]

PROGRAM  = Path(__file__).with_name("programs") / "loop.qasm"
SECONDS  = 4.0
TRIALS   = 3  # of each, alternating: the best counts
TOKEN    = "bench"
ALWAYS   = ("run", "marks", "where", "disassembly", "stops", "programs")
VIEWS    = ("registers", "memory", "pipeline")


@dataclass(frozen=True)
class Looked:
    """Of a view: the speed besides that without anybody who looks, as a share of it, both by real
    time; and the frames that came a second."""
    view:   str
    share:  float
    frames: float


def measure_panel() -> list[Looked]:
    """Run a program that never ends, with nobody and with a browser that looks at each view."""
    with ExitStack() as stack:
        desk, reel = open_desk(options_of([str(PROGRAM)]), stack)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listening.getsockname()[1]
        server = server_of(Panel(desk, reel, PROGRAM.parent, TOKEN, port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        desk.start(runs=True)
        try:
            alone, found = 0.0, {view: (0.0, 0.0) for view in VIEWS}
            for _ in range(TRIALS):
                alone = max(alone, _speed(desk.scene.session.history))
                for view in VIEWS:
                    found[view] = max(found[view], _looked(desk.scene.session.history, port, view))
        finally:
            server.should_exit = True
            thread.join()
            desk.leave()
    return [Looked(view, speed / alone, frames) for view, (speed, frames) in found.items()]


def _speed(history: History) -> float:
    """Cycles a second of real time."""
    first, began = history.frontier, time.monotonic()
    time.sleep(SECONDS)
    return (history.frontier - first) / (time.monotonic() - began)


def _looked(history: History, port: int, view: str) -> tuple[float, float]:
    """The same with a browser, and the frames that it got a second."""
    from websockets.sync.client import connect
    frames = 0
    with connect(f"ws://127.0.0.1:{port}/machine?token={TOKEN}") as browser:
        browser.send(json.dumps({"do": "look", "views": [*ALWAYS, view]}))
        first, began = history.frontier, time.monotonic()
        while (left := SECONDS - (time.monotonic() - began)) > 0:
            try:
                frames += b'"run"' in browser.recv(timeout=left, decode=False)
            except TimeoutError:
                break
        seconds = time.monotonic() - began
        return (history.frontier - first) / seconds, frames / seconds
