"""A server of the Debug Adapter Protocol: the same session for VS Code, Neovim, Emacs and others.

Messages are JSON behind a header with their length. One thread reads them; all work is done in
another, so that `pause` and `disconnect` are heard while the machine runs.
"""

import argparse
import base64
import json
import queue
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO

from debug import shown
from debug.commands import Commands, Quit
from debug.error import DebugError
from debug.frames import FrameView, short
from debug.opening import open_session, target_of
from debug.person import MachineTerminal
from debug.places import resolve, space_of
from debug.session import Reached, Session
from debug.stops import Breakpoint, Catch, Stop
from debug.values import Value
from sim.engine.library import ANYWHERE, What
from sim.host.error import HostError
from sim.machine import Diverged, ImageError
from toolchain.debug_info import ArrayType, PointerType, SliceType, StructType
from toolchain.source import SourceError, SourceErrors

__all__ = ["Server", "serve"]

Message = dict[str, Any]

MACHINE_THREAD = 1        # what runs untranslated: the kernel, or a bare program
FIRST_PROCESS  = 1000     # + pid: a process
MOST_ELEMENTS  = 200
WORD_OCTETS    = 4

CAPABILITIES = {
    "supportsConfigurationDoneRequest": True, "supportsFunctionBreakpoints": True,
    "supportsConditionalBreakpoints": True, "supportsHitConditionalBreakpoints": False,
    "supportsEvaluateForHovers": True, "supportsStepBack": True,
    "supportsDisassembleRequest": True, "supportsReadMemoryRequest": True,
    "supportsInstructionBreakpoints": True, "supportsSteppingGranularity": True,
    "supportsTerminateRequest": True,
    "exceptionBreakpointFilters": [
        {"filter": "fault", "label": "Faults", "default": False}],
}


class _Listener:
    """Whether the client wants the machine to stop, as a session's host asks it."""

    def __init__(self) -> None:
        self.wants = threading.Event()

    def wants_stop(self) -> bool:
        """Whether it does; forgets it."""
        wants = self.wants.is_set()
        self.wants.clear()
        return wants

    def wait(self) -> None:
        """A moment, or until it wants something."""
        self.wants.wait(0.05)


class Server:
    """One client's conversation.

    Parameters
    ----------
    reading, writing : BinaryIO
    open_session : callable
        Makes the session for the arguments of `launch`, with the terminal and the host given.
    """

    def __init__(self, reading: BinaryIO, writing: BinaryIO,
                 open_session: Callable[[Message, MachineTerminal, _Listener], Session]) -> None:
        self._reading, self._writing = reading, writing
        self._open = open_session
        self._requests: queue.Queue[Message | None] = queue.Queue()
        self._listener = _Listener()
        self._terminal = MachineTerminal(
            lambda octets: self._say(octets.decode("utf-8", "replace")))
        self._lock = threading.Lock()
        self._number = 0
        self._session: Session | None = None
        self._commands: Commands | None = None
        self._by_source: dict[str, list[Stop]] = {}
        self._references: list[Value | list[tuple[str, Value]]] = []
        self._frames: list[tuple[int | None, int, FrameView]] = []
        self._is_over = False
        self._is_configured = False
        self._stops_on_entry = False

    def run(self) -> int:
        """Serve until the client leaves."""
        threading.Thread(target=self._read, daemon=True).start()
        while not self._is_over:
            request = self._requests.get()
            if request is None:
                break
            self._answer(request)
        return 0

    # --- messages --------------------------------------------------------------------------------

    def _read(self) -> None:
        while (message := read_message(self._reading)) is not None:
            if message.get("command") in ("pause", "disconnect", "terminate"):
                self._listener.wants.set()
            self._requests.put(message)
        self._listener.wants.set()
        self._requests.put(None)

    def _send(self, message: Message) -> None:
        with self._lock:
            self._number += 1
            octets = json.dumps({"seq": self._number, **message}).encode()
            try:
                self._writing.write(b"Content-Length: %d\r\n\r\n%s" % (len(octets), octets))
                self._writing.flush()
            except (OSError, ValueError):
                self._is_over = True  # nobody is there any more

    def event(self, name: str, **body: Any) -> None:
        """Tell the client."""
        self._send({"type": "event", "event": name, "body": body})

    def _say(self, text: str, category: str = "stdout") -> None:
        self.event("output", category=category, output=text.replace("\r", ""))

    def _answer(self, request: Message) -> None:
        command, arguments = request.get("command", ""), request.get("arguments") or {}
        head = {"type": "response", "request_seq": request.get("seq", 0), "command": command}
        work = getattr(self, f"_on_{command}", None)
        after: Callable[[], None] | None = None
        try:
            if work is None:
                raise DebugError(f"the request '{command}' is not known here")
            result = work(arguments)
            body, after = result if isinstance(result, tuple) else (result, None)
        except (DebugError, HostError, ImageError, SourceError, SourceErrors) as error:
            self._send({**head, "success": False, "message": str(error),
                        "body": {"error": {"id": 1, "format": str(error), "showUser": True}}})
            return
        self._send({**head, "success": True, "body": body or {}})
        if after is not None:
            after()

    # --- the beginning and the end ---------------------------------------------------------------

    def _on_initialize(self, arguments: Message) -> Message:
        return CAPABILITIES

    def _on_launch(self, arguments: Message) -> tuple[None, Callable[[], None]]:
        self._session = self._open(arguments, self._terminal, self._listener)
        self._commands = Commands(self._session,
                                  type_text=lambda text: self._terminal.type(text.encode()))
        self._stops_on_entry = bool(arguments.get("stopOnEntry"))
        return None, lambda: self.event("initialized")

    _on_attach = _on_launch

    def _on_configurationDone(self, arguments: Message) -> tuple[None, Callable[[], None]]:
        if self._stops_on_entry:
            return None, lambda: self.event("stopped", reason="entry", allThreadsStopped=True,
                                            threadId=self._thread())
        return None, lambda: self._go(self.session.forward)

    def _on_disconnect(self, arguments: Message) -> None:
        self._is_over = True

    def _on_terminate(self, arguments: Message) -> tuple[None, Callable[[], None]]:
        return None, lambda: self.event("terminated")

    @property
    def session(self) -> Session:
        """The one that `launch` opened. Raises `DebugError` before."""
        if self._session is None:
            raise DebugError("nothing has been launched")
        return self._session

    # --- breakpoints -----------------------------------------------------------------------------

    def _on_setBreakpoints(self, arguments: Message) -> Message:
        path = arguments["source"].get("path") or arguments["source"].get("name", "")
        wanted = [(f"{path}:{one['line']}", one.get("condition", ""))
                  for one in arguments.get("breakpoints", ())]
        return {"breakpoints": self._replace(path, wanted)}

    def _on_setFunctionBreakpoints(self, arguments: Message) -> Message:
        return {"breakpoints": self._replace("functions", [
            (one["name"], one.get("condition", "")) for one in arguments["breakpoints"]])}

    def _on_setInstructionBreakpoints(self, arguments: Message) -> Message:
        return {"breakpoints": self._replace("instructions", [
            (f"*{int(one['instructionReference'], 0) + one.get('offset', 0) // WORD_OCTETS:#x}",
             one.get("condition", "")) for one in arguments["breakpoints"]])}

    def _on_setExceptionBreakpoints(self, arguments: Message) -> Message:
        self._drop("exceptions")
        if "fault" in arguments.get("filters", ()):
            self._by_source["exceptions"] = [self.session.add(
                lambda number: Catch(number, "fault", what=What.FAULT))]
        return {}

    def _drop(self, key: str) -> None:
        for stop in self._by_source.pop(key, ()):
            if stop in self.session.stops:
                self.session.stops.remove(stop)

    def _replace(self, key: str, wanted: Sequence[tuple[str, str]]) -> list[Message]:
        self._drop(key)
        found: list[Message] = []
        kept: list[Stop] = []
        for place, condition in wanted:
            try:
                stop = self._breakpoint(place, condition)
            except DebugError as error:
                found.append({"verified": False, "message": str(error)})
                continue
            kept.append(stop)
            body: Message = {"verified": True, "id": stop.number,
                             "instructionReference": hex(stop.addresses[0])}
            line = self._line_of(stop)
            found.append({**body, **({"line": line} if line else {})})
        self._by_source[key] = kept
        return found

    def _breakpoint(self, text: str, condition: str) -> Breakpoint:
        session = self.session
        location = self._resolve(text)
        space = space_of(session, location)
        program = location.program

        def runs(space: int, name: str) -> bool:
            process = session.symbols.process_of(space)
            return process is not None and process.name == name

        stop = session.add(lambda number: Breakpoint(
            number, text, condition=condition, addresses=list(location.addresses),
            space=ANYWHERE if space is None else space,
            program=program if space is None else "", runs=runs))
        assert isinstance(stop, Breakpoint)
        return stop

    def _resolve(self, text: str) -> Any:
        """A place; one in a file that the present code does not come from is another program's."""
        try:
            return resolve(self.session, text)
        except DebugError as error:
            file, _, line = text.rpartition(":")
            stem = file.rpartition("/")[2].rpartition(".")[0]
            if not stem or self.session.symbols.program(stem) is None:
                raise error from None
            return resolve(self.session, f"{stem}:{file.rpartition('/')[2]}:{line}")

    def _line_of(self, stop: Breakpoint) -> int:
        symbols = self.session.symbols
        module = symbols.program(stop.program) if stop.program else symbols.module(stop.space)
        places = module.info.places(stop.addresses[0]) if module is not None else ()
        return places[0].line if places else 0

    # --- going on --------------------------------------------------------------------------------

    def _moves(self, step: Callable[[], Reached],
               result: Message | None = None) -> tuple[Message | None, Callable[[], None]]:
        return result, lambda: self._go(step)

    def _go(self, step: Callable[[], Reached]) -> None:
        """Move, and tell where that ended."""
        try:
            reached = step()
        except (DebugError, HostError, Diverged) as error:
            self._say(f"{error}\n", "stderr")
            reached = Reached("asked")
        self._references, self._frames = [], []
        if self._is_over:
            return
        if reached.why == "end":
            self._say(shown.reached(self.session, reached, "") + "\n", "console")
            report = self.session.history.tape.machine.stop
            self.event("exited", exitCode=report.exit_code & 0xFF if report is not None else 0)
        reasons = {"stop": "breakpoint", "step": "step", "asked": "pause", "start": "entry"}
        reason = reasons.get(reached.why, "pause")
        if reached.stops and isinstance(reached.stops[0], Catch):
            reason = "exception"
        text = "the machine has stopped; the recording can be gone back in" \
            if reached.why == "end" else ""
        self.event("stopped", reason=reason, threadId=self._thread(), allThreadsStopped=True,
                   text=text, hitBreakpointIds=[stop.number for stop in reached.stops])

    def _thread(self) -> int:
        session = self.session
        process = session.symbols.process_of(session.look.space) if session.look.space else None
        return FIRST_PROCESS + process.pid if process is not None else MACHINE_THREAD

    def _steps(self, arguments: Message, by_line: str, by_insn: str) -> Callable[[], Reached]:
        assert self._commands is not None
        self.session.process = None
        is_insn = arguments.get("granularity") == "instruction"
        step: Callable[[], Reached] = getattr(self._commands.steps, by_insn if is_insn else by_line)
        return step

    def _on_continue(self, arguments: Message) -> tuple[Message | None, Callable[[], None]]:
        return self._moves(self.session.forward, {"allThreadsContinued": True})

    def _on_reverseContinue(self, arguments: Message) -> tuple[Message | None, Callable[[], None]]:
        return self._moves(self.session.backward)

    def _on_next(self, arguments: Message) -> tuple[Message | None, Callable[[], None]]:
        return self._moves(self._steps(arguments, "next_line", "next_instruction"))

    def _on_stepIn(self, arguments: Message) -> tuple[Message | None, Callable[[], None]]:
        return self._moves(self._steps(arguments, "line", "instruction"))

    def _on_stepOut(self, arguments: Message) -> tuple[Message | None, Callable[[], None]]:
        return self._moves(self._steps(arguments, "finish", "finish"))

    def _on_stepBack(self, arguments: Message) -> tuple[Message | None, Callable[[], None]]:
        return self._moves(self._steps(arguments, "next_line_back", "instruction_back"))

    def _on_pause(self, arguments: Message) -> None:
        """The reader has told the host already."""
        self._listener.wants.clear()

    # --- looking ---------------------------------------------------------------------------------

    def _on_threads(self, arguments: Message) -> Message:
        processes = self.session.symbols.processes()
        name = "kernel" if processes else "program"
        return {"threads": [{"id": MACHINE_THREAD, "name": name}, *(
            {"id": FIRST_PROCESS + one.pid, "name": f"{one.name} ({one.pid})"}
            for one in processes if one.base)]}

    def _on_stackTrace(self, arguments: Message) -> Message:
        session, thread = self.session, arguments.get("threadId", MACHINE_THREAD)
        if thread == self._thread():
            session.process = None
        elif thread >= FIRST_PROCESS:
            session.process = thread - FIRST_PROCESS
        frames = session.frames()
        if thread == MACHINE_THREAD and self._thread() != MACHINE_THREAD:
            frames = []  # the kernel stands still
        first = len(self._frames)
        self._frames += [(session.process, n, frame) for n, frame in enumerate(frames)]
        start = arguments.get("startFrame") or 0
        end = start + (arguments.get("levels") or len(frames))
        return {"totalFrames": len(frames), "stackFrames": [
            self._frame(first + n, frame) for n, frame in enumerate(frames)][start:end]}

    def _frame(self, number: int, frame: FrameView) -> Message:
        place = frame.place
        name = short(place.function) if place is not None else f"{frame.ip:#x}"
        found: Message = {"id": number, "name": name, "line": 0, "column": 0,
                          "instructionPointerReference": hex(frame.ip)}
        if place is not None and place.file:
            path = shown.source_path(place.file)
            found |= {"line": place.line, "column": max(1, place.column),
                      "source": {"name": place.file.rpartition("/")[2], "path": path}}
        return found

    def _select(self, number: int | None) -> None:
        session = self.session
        if number is not None and number < len(self._frames):
            session.process, session.selected, _ = self._frames[number]

    def _on_scopes(self, arguments: Message) -> Message:
        self._select(arguments["frameId"])
        session = self.session
        frame, scope = session.frame(), session.scope()
        scopes = []
        locals_ = [(one.name, scope.value(one)) for one in frame.variables]
        scopes.append({"name": "Locals", "presentationHint": "locals", "expensive": False,
                       "variablesReference": self._reference(locals_)})
        registers = [(f"r{n}", scope.lookup(f"$r{n}")) for n in range(64)]
        scopes.append({"name": "Registers", "presentationHint": "registers", "expensive": False,
                       "variablesReference": self._reference(
                           [("ip", scope.lookup("$ip")), *registers])})
        if frame.module is not None:
            names = [short(one.label) for one in frame.module.info.globals]
            scopes.append({"name": "Globals", "expensive": True, "variablesReference":
                           self._reference([(name, scope.lookup(name)) for name in names])})
        return {"scopes": scopes}

    def _reference(self, what: Value | list[tuple[str, Value]]) -> int:
        self._references.append(what)
        return len(self._references)

    def _on_variables(self, arguments: Message) -> Message:
        number = arguments["variablesReference"]
        if not 0 < number <= len(self._references):
            raise DebugError("these variables were of an earlier stop")
        what = self._references[number - 1]
        parts = what if isinstance(what, list) else self._parts(what)
        return {"variables": [self._variable(name, value) for name, value in parts]}

    def _variable(self, name: str, value: Value) -> Message:
        base = value.type.base
        has_parts = isinstance(base, StructType | ArrayType | SliceType) or (
            isinstance(base, PointerType) and bool(value.words[0]) and base.target is not None)
        text = shown.value(self.session, value)
        found: Message = {"name": name, "value": text, "type": str(value.type),
                          "variablesReference": self._reference(value) if has_parts else 0}
        at = value.words[0] if isinstance(base, PointerType | SliceType) else value.address
        if at is not None:
            found["memoryReference"] = hex(at)
        return found

    def _parts(self, value: Value) -> list[tuple[str, Value]]:
        from debug.expressions import part_of
        base, scope = value.type.base, self.session.scope()
        if isinstance(base, StructType):
            return [(field.name, part_of(scope, value, field.name)) for field in base.fields]
        if isinstance(base, PointerType):
            return [("*", part_of(scope, value, "*"))]
        length = base.length if isinstance(base, ArrayType) else value.words[1] or 0
        return [(f"[{n}]", part_of(scope, value, n)) for n in range(min(length, MOST_ELEMENTS))]

    def _on_evaluate(self, arguments: Message) -> Message:
        self._select(arguments.get("frameId"))
        text = arguments["expression"]
        if arguments.get("context") == "repl":
            assert self._commands is not None
            try:
                return {"result": self._commands.execute(text), "variablesReference": 0}
            except Quit:
                return {"result": "", "variablesReference": 0}
        found = self._variable(text, self.session.evaluate(text))
        return {**found, "result": found["value"]}

    def _on_readMemory(self, arguments: Message) -> Message:
        """Octets of words, the lowest first; offset and count are in octets."""
        start = int(arguments["memoryReference"], 0) * WORD_OCTETS + arguments.get("offset", 0)
        count, octets = arguments["count"], bytearray()
        space = self.session.frame().space
        for address in range(start // WORD_OCTETS, -(-(start + count) // WORD_OCTETS)):
            word = self.session.look.word(space, address)
            if word is None:
                break
            octets += word.to_bytes(WORD_OCTETS, "little")
        octets = octets[start % WORD_OCTETS:][:count]
        return {"address": hex(start // WORD_OCTETS), "data": base64.b64encode(octets).decode(),
                "unreadableBytes": count - len(octets)}

    def _on_disassemble(self, arguments: Message) -> Message:
        session, frame = self.session, self.session.frame()
        at = int(arguments["memoryReference"], 0) + arguments.get("offset", 0) // WORD_OCTETS
        back, count = arguments.get("instructionOffset", 0), arguments["instructionCount"]
        return {"instructions": shown.instruction_list(session, frame, at, back, count)}

    def _on_loadedSources(self, arguments: Message) -> Message:
        module = self.session.frame().module
        return {"sources": [{"name": name.rpartition("/")[2], "path": shown.source_path(name)}
                            for name in (module.info.files if module is not None else ())]}


def read_message(file: BinaryIO) -> Message | None:
    """The next message; None at the end."""
    length = 0
    while (line := file.readline()).strip():
        name, _, value = line.decode("ascii", "replace").partition(":")
        if name.lower() == "content-length":
            length = int(value)
    if not line or not length:
        return None
    message: Message = json.loads(file.read(length))
    return message


def serve(options: argparse.Namespace, stack: ExitStack) -> int:
    """Serve one client on standard input and output, or on a port of this computer's."""
    def open_one(arguments: Message, terminal: MachineTerminal, listener: _Listener) -> Session:
        given = argparse.Namespace(**vars(options))
        for name in ("program", "engine", "level", "symbols", "disk", "files", "keys", "display",
                     "frames"):
            if name in arguments:
                setattr(given, name, arguments[name])
        session, _ = open_session(given, target_of(given), terminal, listener, stack)
        return session

    if options.port is None:
        output = sys.stdout.buffer
        sys.stdout = sys.stderr  # nothing else may come in between
        return Server(sys.stdin.buffer, output, open_one).run()
    with socket.create_server(("127.0.0.1", options.port)) as server:
        print(f"quince-debug: listening on port {server.getsockname()[1]}", file=sys.stderr,
              flush=True)
        connection, _ = server.accept()
        with connection:
            file = connection.makefile("rwb")
            return Server(file, file, open_one).run()  # type: ignore[arg-type]

