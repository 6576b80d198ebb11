"""The machine's thread: does what pages ask for, one by one, and shows what comes of it.

While the machine runs the session asks here, between slices, whether it should stop. Then pictures
of the machine are made for whoever looks, at most so many a second, and keys are passed on. What
needs the session itself interrupts the run, which goes on behind it.
"""

import json
import queue
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from debug.commands import Commands, Quit
from debug.error import DebugError
from debug.person import MachineTerminal
from panel.profile import profile, turns
from panel.views import LIVE, VIEWS, Scene, source_of
from sim.history.tape import ReplayError
from sim.host.error import HostError
from sim.host.keyboard import Key
from sim.machine import ChipError, Diverged, ImageError, Status
from toolchain.source import SourceError, SourceErrors

__all__ = ["Desk", "Frame", "Request"]

FRAMES_A_SECOND = 25
SLICE_CYCLES    = 50_000   # of a run between looks: some 15 ms
STRIDE_CYCLES   = 400_000  # of the machine that follows and counts
FOLLOWED_S      = 1.0      # between two profiles
NAP_S           = 0.04

Request = dict[str, Any]
Reply = Callable[[dict[str, Any]], None]

ERRORS = (DebugError, HostError, ImageError, Diverged, ChipError, ReplayError, SourceError,
          SourceErrors)

# Commands that move the machine; `continue` besides goes on when something else was asked between.
MOVES = {"continue", "reverse-continue", "step", "reverse-step", "next", "reverse-next", "stepi",
         "reverse-stepi", "nexti", "finish", "reverse-finish", "cycle", "reverse-cycle", "until",
         "goto", "walk", "reverse-walk"}
FOLLOWED = {"profile": profile, "turns": turns}


@dataclass(frozen=True)
class Frame:
    """What there is to see.

    Members
    -------
    sections : dict of str to str
        Each view as JSON.
    length : int
        Octets that the terminal shows, of the reel's.
    flip : int
        Number of the picture on the display, 0 for none.
    cycle : int
    """
    sections: dict[str, str]
    length:   int
    flip:     int
    cycle:    int


class Desk:
    """One machine's thread.

    Parameters
    ----------
    publish : callable
        Takes a `Frame`, in this thread or another; must come back at once.
    """

    def __init__(self, publish: Callable[[Frame], None] = lambda frame: None) -> None:
        self.publish = publish
        self._requests: queue.SimpleQueue[tuple[Request, Reply]] = queue.SimpleQueue()
        self._light: deque[tuple[Request, Reply]] = deque()
        self._wake = threading.Event()
        self._wanted: frozenset[str] = frozenset()
        self._sections: dict[str, str] = {}
        self._made_s: dict[str, float] = {}
        self._shown_s = 0.0
        self._leaving = self._pauses = self._goes = False
        self._measured = (0.0, 0)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def attach(self, scene: Scene, commands: Commands, terminal: MachineTerminal) -> None:
        """Take over a session, whose host this is; nobody else may use it from `start` on."""
        self.scene, self._commands, self._terminal = scene, commands, terminal
        scene.session.slice_cycles = SLICE_CYCLES

    def start(self, *, runs: bool) -> None:
        """Begin to work; `runs` if the machine is to run at once."""
        self._goes = runs
        self._threads = [threading.Thread(target=work, daemon=True)
                         for work in (self._work, self._follow)]
        for thread in self._threads:
            thread.start()

    def leave(self) -> None:
        """Come to an end, and wait for it."""
        self._leaving = True
        self._wake.set()
        for thread in self._threads:
            thread.join()

    # --- from other threads ----------------------------------------------------------------------

    def ask(self, request: Request, reply: Reply) -> None:
        """Do something some time; `reply` is called from the machine's thread."""
        if request.get("do") == "pause":
            self._pauses = True
        if request.get("do") in ("type", "key", "keys up"):
            self._light.append((request, reply))
        else:
            self._requests.put((request, reply))
        self._wake.set()

    def want(self, views: frozenset[str]) -> None:
        """These views are looked at."""
        if views != self._wanted:
            self._wanted = views
            self._requests.put(({"do": "show"}, lambda answer: None))
            self._wake.set()

    # --- as the session's host -------------------------------------------------------------------

    def wants_stop(self) -> bool:
        """Whether somebody wants something that the machine must stop for."""
        self._do_light()
        self._show(now=False)
        self.scene.waits = False
        return self._leaving or self._pauses or not self._requests.empty()

    def wait(self) -> None:
        """Only a key can make anything happen."""
        self.scene.waits = True
        self._wake.wait(NAP_S)
        self._wake.clear()

    # --- the machine's thread --------------------------------------------------------------------

    def _work(self) -> None:
        while not self._leaving:
            try:
                self._turn()
            except ERRORS as error:
                self._goes, self.scene.note = False, str(error)
            except Exception as error:  # a fault of ours must not take the machine away
                traceback.print_exc()
                self._goes = False
                self.scene.note = f"the panel has a fault: {error!r}; its terminal says more"
            self.scene.state = "stopped" if self._is_over() else "paused"
            if not self._leaving and not self._goes:
                self._show(now=True)

    def _turn(self) -> None:
        """Do one thing, or go on."""
        self._do_light()
        try:
            request, reply = self._requests.get(block=not self._goes, timeout=NAP_S)
        except queue.Empty:
            if self._goes:
                self._move("continue")
            return
        try:
            answer = self._do(request)
        except ERRORS as error:
            answer = {"error": str(error)}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            answer = {"error": f"this request is not understood: {error!r}"}
        reply(answer)

    def _do(self, request: Request) -> dict[str, Any]:
        """One request. Raises what `ERRORS` has."""
        match request.get("do"):
            case "pause":
                self._goes = self._pauses = False
                return {}
            case "show":
                self._made_s.clear()
                return {}
            case "source":
                return source_of(self.scene, str(request["program"]), str(request["file"]))
            case "keep disk":
                self.scene.keeper.is_kept = bool(request["on"])
                return {}
            case "command":
                return self._command(str(request["line"]).strip())
        raise DebugError(f"there is no request {request.get('do')!r}")

    def _command(self, line: str) -> dict[str, Any]:
        """A line of the debugger's language."""
        word = line.partition(" ")[0].partition("/")[0]
        name = self._commands.find(word).name if line else ""
        if name == "quit":
            raise DebugError("the panel is left by ctrl-C in the terminal where it was started; "
                             "its disk view has what becomes of the disk")
        if line in ("continue", "c"):
            self._goes = True
            return {}
        if name in MOVES:
            self._goes = False
            self._move(line)
            return {"text": self.scene.note}
        return {"text": self._execute(line)}

    def _execute(self, line: str) -> str:
        try:
            return self._commands.execute(line)
        except Quit:
            return ""

    def _move(self, line: str) -> None:
        """Let the machine move; whoever interrupts that is served before it goes on."""
        self.scene.state = "running"
        text = self._execute(line)
        if self._pauses or not self._requests.empty() and text.startswith("Stopped."):
            if self._goes and not self._pauses:
                return  # it goes on after what was asked
        self._goes = self._pauses = False
        self.scene.note = text

    def _is_over(self) -> bool:
        history = self.scene.session.history
        return history.is_live and history.status is Status.STOPPED

    def _do_light(self) -> None:
        """Keys and typing, which the machine need not stop for."""
        while self._light:
            request, reply = self._light.popleft()
            try:
                self._press(request)
                reply({})
            except (KeyError, TypeError, ValueError):
                reply({"error": f"there is no key {str(request.get('key'))[:40]!r}"})
            except DebugError as error:
                reply({"error": str(error)})

    def _press(self, request: Request) -> None:
        hosts = self.scene.session.hosts
        if request["do"] == "type":
            self._terminal.type(str(request["text"]).encode())
        elif hosts is None or hosts.keyboard is None:
            raise DebugError("this machine has no keyboard")
        elif request["do"] == "keys up":
            hosts.keyboard.release_all()
        else:
            name = str(request["key"])
            key = ord(name) if len(name) == 1 else Key[name.upper()]
            hosts.keyboard.set(key, bool(request["down"]))

    # --- what there is to see --------------------------------------------------------------------

    def _show(self, *, now: bool) -> None:
        """Make the views that somebody looks at, if it is time for that."""
        clock = time.monotonic()
        if not now and clock - self._shown_s < 1 / FRAMES_A_SECOND:
            return
        self._measure(clock)
        for name in ("run", *self._wanted):
            period = LIVE.get(name) if self.scene.is_running else 0.0
            if name in VIEWS and period is not None \
                    and clock - self._made_s.get(name, -9.0) >= period:
                self._made_s[name] = clock
                self._put(name, self._view(name))
        self._shown_s = clock
        self._publish()

    def _view(self, name: str) -> Any:
        try:
            return VIEWS[name](self.scene)
        except DebugError as error:
            return {"missing": str(error)}

    def _put(self, name: str, data: Any) -> None:
        with self._lock:
            self._sections = {**self._sections, name: json.dumps(data, separators=(",", ":"))}

    def _publish(self) -> None:
        cycle = self.scene.session.history.cycles
        self.publish(Frame(self._sections, self.scene.reel.length(cycle),
                           self.scene.reel.number(cycle), cycle))

    def _measure(self, clock: float) -> None:
        """The speed, over half a second."""
        since, before = self._measured
        cycles = self.scene.session.history.frontier
        if not self.scene.is_running:
            self.scene.speed = 0.0
            self._measured = clock, cycles
        elif clock - since >= 0.5:
            self.scene.speed = (cycles - before) / (clock - since)
            self._measured = clock, cycles

    # --- the thread of the machine that follows and counts ---------------------------------------

    def _follow(self) -> None:
        follower, made_s = self.scene.session.profile, -9.0
        while not self._leaving:
            wanted = [name for name in FOLLOWED if name in self._wanted]
            if not wanted:
                time.sleep(NAP_S)
                continue
            if follower is None:
                for name in wanted:
                    self._put(name, {"missing": "the golden model has no cycles to count"})
                time.sleep(FOLLOWED_S)
                continue
            before = follower.cycles
            if made_s < 0:
                for name in wanted:
                    self._put(name, {"missing": "the run is being counted"})
            is_there = follower.follow(STRIDE_CYCLES)
            clock = time.monotonic()
            if clock - made_s >= FOLLOWED_S and (follower.cycles != before or made_s < 0
                                                 or any(name not in self._sections
                                                        for name in wanted)):
                made_s = clock
                for name in wanted:
                    self._put(name, FOLLOWED[name](follower))
                if not self.scene.is_running:
                    self._publish()
            if is_there:
                time.sleep(NAP_S)
