"""What the page shows: the session at its present position, as plain data for JSON.

Each view is a function from a `Scene` to what JSON can say. Nothing here moves the machine for
good, and nothing is decided: names, frames, stops and processes are the session's.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from debug import shown
from debug.disk_keeper import DiskKeeper
from debug.error import DebugError
from debug.frames import short
from debug.look import Look
from debug.pipeline import CAUSE_OF, stages
from debug.recent import Moment, moments, walk
from debug.reel import Reel
from debug.session import Session
from debug.stops import Breakpoint, Stop
from debug.symbols import KERNEL_SPACE, Module
from isa.config import BASE_PERIPHERALS
from panel.disk import DiskMap
from panel.memory import MemoryMap
from sim.profile.report import CAUSES

__all__ = ["LIVE", "Scene", "VIEWS", "source_of"]

MOST_FRAMES    = 40
MOST_MARKS     = 200     # snapshots on the time line
INSNS_BEFORE   = 6
INSNS          = 28
PIPELINE_CYCLES = 40

Data = Any


@dataclass
class Scene:
    """A session with what its fronts remember.

    Members
    -------
    state : str
        "paused" or "running"; "stopped" at the end of a run that has stopped for good.
    note : str
        What the debugger said last.
    speed : float
        Cycles a second of the live run, as lately measured; 0 while it stands.
    opened_s : float
        When the sources were compiled, as files' times count.
    """
    session:  Session
    reel:     Reel
    keeper:   DiskKeeper
    memory:   MemoryMap
    disk:     DiskMap
    opened_s: float
    state:    str   = "paused"
    note:     str   = ""
    speed:    float = 0.0
    waits:    bool  = False  # for input
    registers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # of devices

    @property
    def is_running(self) -> bool:
        return self.state == "running"


# --- views that are cheap enough for a running machine -------------------------------------------

def run(scene: Scene) -> Data:
    """Where the run is."""
    history = scene.session.history
    machine = history.tape.machine
    return {"state": scene.state, "note": scene.note, "cycle": history.cycles,
            "frontier": history.frontier, "live": history.is_live, "waits": scene.waits,
            "instructions": machine.instructions, "speed": round(scene.speed),
            "program": _program(scene.session, scene.session.look.space),
            "octets": history.octets, "flip": scene.reel.number(history.cycles)}


def marks(scene: Scene) -> Data:
    """Snapshots on the time line."""
    times = scene.session.history.snapshot_cycles
    return list(times[::max(1, len(times) // MOST_MARKS)])


def registers(scene: Scene) -> Data:
    """All of the selected frame's, or of the machine while it runs."""
    session = scene.session
    if scene.is_running:
        space, ip = session.look.space, session.look.ip
        values: tuple[int | None, ...] = session.look.registers()
    else:
        frame = session.frame()
        space, ip, values = frame.space, frame.ip, frame.registers
    is_known = not scene.is_running or session.symbols.is_read(space)
    label = session.symbols.label(space, ip) if is_known else None
    return {"ip": ip, "label": short(label) if label else "", "values": values,
            "program": _program(session, space)}


def processes(scene: Scene) -> Data:
    """The kernel's processes, and whose turn it is."""
    symbols = scene.session.symbols
    current, space = symbols.current(), scene.session.look.space
    return {"space": space, "current": current.pid if current is not None else None,
            "list": [{"pid": one.pid, "name": one.name, "state": one.state, "base": one.base,
                      "runs": bool(space) and one.base == space} for one in symbols.processes()]}


def devices(scene: Scene) -> Data:
    """The registers of each device, as programs see them."""
    look = scene.session.look
    if look.simulation is None:
        return {"missing": "the golden model's devices are not shown: they have no registers of "
                           "their own"}
    if not scene.registers:
        scene.registers = _device_registers(look)
    return {"list": [{"name": device, "rows": [[name, look.signal(path)] for name, path in rows]}
                     for device, rows in scene.registers.items()]}


def _device_registers(look: Look) -> dict[str, list[tuple[str, str]]]:
    """By device, the names of its registers and their signals."""
    found = {"interrupts": [(name, f"core.traps.{name}") for name in (
        "enabled", "reason", "saved_ip", "highest", "translates")]}
    known = look.signals()
    for device in dict.fromkeys((*BASE_PERIPHERALS, *look.config.peripherals)):
        rows = [(path.rpartition(".")[2], path) for path in known
                if path.startswith(f"{device}.window.values.")]
        rows += [(name.rpartition(".")[2], path) for name in ("period", "ms_left", "ms",
                                                               "waiting.level")
                 if look.knows(path := f"{device}.{name}")]
        if rows:
            found[device] = rows
    return found


def memory(scene: Scene) -> Data:
    """Blocks of RAM, what they are used for and what was done there lately."""
    return scene.memory.look(scene.session, live=scene.is_running)


def disk(scene: Scene) -> Data:
    """Sectors, what they hold and what was done there lately."""
    return scene.disk.look(scene.keeper)


def pipeline(scene: Scene) -> Data:
    """The stages in the last cycles; of a running machine only now."""
    session = scene.session
    try:
        found = [Moment(session.history.cycles, tuple(stages(session.look)), walk(session.look))] \
            if scene.is_running else moments(session.history, session.look, PIPELINE_CYCLES)
    except DebugError as error:
        return {"missing": str(error)}
    return {"moments": [_moment(session, one) for one in found],
            "causes": {name: CAUSES[name][1] for name in
                       dict.fromkeys([*CAUSE_OF.values(), "LOAD_USE", "RESULT_USE"])}}


def _moment(session: Session, moment: Moment) -> Data:
    looked_for = moment.walk
    return {
        "cycle": moment.cycle,
        "stages": [{"name": stage.name, "ip": stage.ip, "holds": stage.holds,
                    "waits": stage.waits, "cause": stage.cause} for stage in moment.stages],
        "walk": looked_for and {"address": looked_for.address, "base": looked_for.base,
                                "entry": looked_for.entry,
                                "for": "a load or store" if looked_for.is_data else "fetch"}}


# --- views of a machine that stands --------------------------------------------------------------

def where(scene: Scene) -> Data:
    """The chain of calls, and the line of the selected frame."""
    session = scene.session
    found = session.frames()[:MOST_FRAMES]
    place, frame = session.frame().place, session.frame()
    return {"selected": min(session.selected, len(found) - 1),
            "program": frame.module.name if frame.module is not None else "",
            "file": place.file if place is not None else "",
            "line": place.line if place is not None else 0,
            "frames": [{"text": shown.frame_line(session, n, one).rpartition("\n")[2],
                        "note": one.note} for n, one in enumerate(found)],
            "locals": _locals(session)}


def _locals(session: Session) -> Data:
    frame = session.frame()
    if frame.frame is None:
        return []
    scope = session.scope()
    return [[one.name, shown.value(session, scope.value(one)), one.is_parameter]
            for one in frame.variables]


def disassembly(scene: Scene) -> Data:
    """Instructions around the selected frame's."""
    session = scene.session
    frame = session.frame()
    stops = {address: stop.enabled for stop in session.stops if isinstance(stop, Breakpoint)
             for address in stop.addresses}
    rows = shown.instruction_list(session, frame, frame.ip, -INSNS_BEFORE, INSNS)
    return [{**row, "here": int(str(row["address"]), 16) == frame.ip,
             "stop": int(str(row["address"]), 16) in stops} for row in rows]


def stops(scene: Scene) -> Data:
    """All stops, with the lines where they are."""
    return [{"number": stop.number, "kind": stop.kind, "text": stop.text, "on": stop.enabled,
             "hits": stop.hits, "condition": stop.condition,
             "places": _places(scene.session, stop)} for stop in scene.session.stops]


def _places(session: Session, stop: Stop) -> Data:
    if not isinstance(stop, Breakpoint):
        return []
    module = _module(session, stop.program) if stop.program else session.symbols.module(stop.space)
    found = [module.info.places(address)[:1] for address in stop.addresses] if module else []
    return [[place[0].file, place[0].line] for place in found if place]


def programs(scene: Scene) -> Data:
    """The kernel and what runs, with the files of each as far as they are known by now."""
    session = scene.session
    found = {}
    if session.symbols.kernel is not None:
        found["kernel"] = sorted(session.symbols.kernel.info.files)
    for process in session.symbols.processes():
        if process.base:
            module = session.symbols.program(process.path) \
                if session.symbols.is_read(process.base) else None
            found[process.name] = sorted(module.info.files) if module is not None else []
    return found


def _module(session: Session, name: str) -> Module | None:
    return session.symbols.kernel if name in ("", "kernel") else session.symbols.program(name)


def _program(session: Session, space: int) -> str:
    """Whose code it is."""
    if space == KERNEL_SPACE:
        return "kernel" if session.symbols.processes() else ""
    process = session.symbols.process_of(space)
    return f"{process.name} {process.pid}" if process is not None else f"{space:#x}"


def source_of(scene: Scene, program: str, file: str) -> Data:
    """A source file's lines, those that have code, and a sentence if it was edited since. Raises
    `DebugError`."""
    module = _module(scene.session, program)
    if module is None:
        raise DebugError(f"there is no program '{program}' with sources")
    if not file:
        mains = module.info.functions_named("main")
        file = mains[0].file if mains else next(iter(sorted(module.info.files)), "")
    if file not in module.info.files:
        raise DebugError(f"there is no code of a file '{file}' in {module.name}")
    path = Path(shown.source_path(file))
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        edited_s = os.stat(path).st_mtime
    except OSError:
        raise DebugError(f"the source {shown.file_name(file)} is not there any more") from None
    edited = ""
    if edited_s > scene.opened_s:
        edited = (f"{shown.file_name(file)} has been edited since it was compiled: lines may not "
                  "fit what runs; start the panel again to run it as it is now")
    return {"program": module.name, "file": file, "name": shown.file_name(file), "edited": edited,
            "lines": text.split("\n"), "code": sorted(module.info.lines(file))}


VIEWS: dict[str, Callable[[Scene], Data]] = {
    "run": run, "marks": marks, "registers": registers, "processes": processes,
    "devices": devices, "memory": memory, "disk": disk, "pipeline": pipeline, "where": where,
    "disassembly": disassembly, "stops": stops, "programs": programs,
}

# How often a view is made while the machine runs, in seconds; the others wait until it stands.
LIVE = {"run": 0.0, "registers": 0.0, "pipeline": 0.1, "devices": 0.1, "marks": 0.25,
        "processes": 0.25, "stops": 0.25, "memory": 0.25, "disk": 0.5, "programs": 1.0}
