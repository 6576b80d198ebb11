"""What the terminal shows: text for places, frames, values, memory and the machine's parts."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from debug import pipeline as pipes
from debug.error import DebugError, suggestion
from debug.frames import FrameView, short
from debug.session import Reached, Session
from debug.stops import Breakpoint, Catch, Stop, Watch
from debug.symbols import KERNEL_SPACE, Module
from debug.values import Value, formatted, show
from isa.instructions import BY_MNEMONIC
from isa.machine import Interrupt, PageFlag, Reason
from isa.trace import Stop as StopKind
from isa.trace import Word
from sim.engine.library import What
from sim.machine import exit_status
from system.calls import load_calls
from toolchain.debug_info import (
    Composite,
    DebugInfo,
    FrameOffset,
    Memory,
    Place,
    Register,
    Variable,
)
from toolchain.places import KERNEL, ROOT
from toolchain.qasm import disassemble_word

__all__ = ["addresses", "call_number", "disassembly", "frame_details", "frame_line",
           "frame_with_line", "function_of", "functions", "global_variables", "history",
           "instruction_list", "interrupt", "memory", "pages", "pipeline", "processes",
           "reached", "registers", "source", "source_path", "stops", "tlbs", "value",
           "variables"]

CONSTANT = BY_MNEMONIC["constant"].opcode
CALL     = BY_MNEMONIC["int"].opcode
COLUMNS  = 4
MOST_INSNS = 400  # of a function that are shown


# --- places --------------------------------------------------------------------------------------

@cache
def source_lines(file: str) -> list[str] | None:
    """A source file's lines, wherever the build was made from; None if it is not there."""
    for folder in (Path(), ROOT):
        try:
            return (folder / file).read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            continue
    return None


def source_path(file: str) -> str:
    """Where a source file is, for whoever opens it."""
    for folder in (Path(), ROOT):
        if (folder / file).exists():
            return str((folder / file).resolve())
    return file


def file_name(file: str) -> str:
    """A file as people know it: from the project's folder on."""
    path = Path(file)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else file


def place_text(place: Place | None) -> str:
    """`main at hello.qll:3`."""
    if place is None:
        return "??"
    where = f" at {file_name(place.file)}:{place.line}" if place.file else ""
    return f"{short(place.function)}{where}"


def program_of(session: Session, space: int) -> str:
    """The process whose code it is, in brackets; nothing for the kernel or a bare program."""
    if space == KERNEL_SPACE:
        return "[kernel] " if session.symbols.processes() else ""
    process = session.symbols.process_of(space)
    return f"[{process.name} {process.pid}] " if process is not None else f"[space {space:#x}] "


def function_of(frame: FrameView) -> str:
    """What tells one call of a function from others."""
    return f"{frame.space}:{frame.cfa}:{frame.place.function if frame.place else ''}"


def line_text(place: Place) -> str | None:
    """The line itself, with its number."""
    lines = source_lines(place.file) if place.file else None
    if lines is None or not 0 < place.line <= len(lines):
        return None
    return f"{place.line}\t{lines[place.line - 1]}"


def insn_text(session: Session, space: int, address: int, info: DebugInfo | None) -> str:
    """An instruction with its address and label."""
    word = session.look.word(space, address)
    if word is None:
        return f"{address:#010x}: there is no memory"
    imm = session.look.word(space, address + 1) or 0
    label = info.label(address) if info is not None else None
    return f"{address:#010x}{f' <{short(label)}>' if label else ''}: {disassemble_word(word, imm)}"


def frame_line(session: Session, number: int, frame: FrameView) -> str:
    """A line of a backtrace."""
    place = frame.place
    text = f"#{number}  {program_of(session, frame.space)}"
    if frame.note:
        text = f"--- {frame.note} ---\n" + text
    if place is None:
        label = session.symbols.label(frame.space, frame.ip)
        return f"{text}{frame.ip:#010x} in {short(label) if label else '??'}"
    scope = session.scope(frame)
    arguments = ", ".join(
        f"{one.name}={show(scope.value(one), reader(session, frame.space), scope.label)}"
        for one in frame.variables if one.is_parameter)
    where = f" at {file_name(place.file)}:{place.line}" if place.file else ""
    inlined = ", inlined" if place.is_inlined else ""
    return f"{text}{short(place.function)} ({arguments}){where}{inlined}"


def frame_with_line(session: Session, number: int, frame: FrameView) -> str:
    """A frame, and the line that it is at."""
    line = line_text(frame.place) if frame.place is not None else None
    if line is None:
        info = frame.module.info if frame.module is not None else None
        line = "=> " + insn_text(session, frame.space, frame.ip, info)
    return f"{frame_line(session, number, frame)}\n{line}"


# --- where it stopped ----------------------------------------------------------------------------

def reached(session: Session, arrived: Reached, before: str) -> str:
    """Why and where the machine stands; the function only if it is another one than before."""
    lines = [_why(session, arrived, stop) for stop in arrived.stops]
    ends = {"start": "Reached the beginning of the recording.",
            "stuck": "The machine sleeps for ever: no interrupt can end this 'wait'.",
            "asked": "Stopped."}
    if arrived.why in ends:
        lines.append(ends[arrived.why])
    if arrived.why == "end":
        lines.append(_end(session))
    frame = session.frames()[0]
    if function_of(frame) != before or lines or frame.place is None:
        lines.append(_where(session, frame))
    line = line_text(frame.place) if frame.place is not None else None
    if line is None or not _is_line_start(frame):
        info = frame.module.info if frame.module is not None else None
        lines += [line] if line else []
        lines.append("=> " + insn_text(session, frame.space, frame.ip, info))
    else:
        lines.append(line)
    return "\n".join(lines)


def _where(session: Session, frame: FrameView) -> str:
    if frame.place is None:
        return f"{program_of(session, frame.space)}cycle {session.history.cycles}"
    return frame_line(session, 0, frame).removeprefix("#0  ")


def _is_line_start(frame: FrameView) -> bool:
    assert frame.module is not None
    return bool(frame.module.statement_starts(frame.ip, frame.ip + 1))


def _why(session: Session, arrived: Reached, stop: Stop) -> str:
    forwards = not arrived.backwards
    head = f"{'Temporary breakpoint' if stop.temporary else stop.kind.capitalize()} {stop.number}"
    if isinstance(stop, Watch):
        was, now = (_watched(session, stop, words) for words in (stop.before, stop.words))
        if was == now:
            return f"{head}: {stop.text}: {now}"
        return f"{head}: {stop.text}: now {now}, {'before' if forwards else 'then'} {was}"
    hit = arrived.hit
    if isinstance(stop, Catch) and hit is not None:
        code = hit.record[Word.CODE]
        if stop.what is What.FAULT:
            return f"{head}: fault {_named(Reason, code)}"
        if stop.what is What.INTERRUPT:
            return f"{head}: interrupt {_named(Interrupt, code)} was taken"
        return f"{head}: system call {call_text(session)}"
    return head


def _named(names: type[Reason] | type[Interrupt], code: int) -> str:
    return names(code).name if code in list(names) else str(code)


def _watched(session: Session, watch: Watch, words: list[int | None]) -> str:
    scope = session.scope()
    return show(Value(watch.type, words), lambda at: scope.read(scope.space, at), scope.label)


def _end(session: Session) -> str:
    machine = session.history.tape.machine
    report = machine.stop
    if report is None:
        return "The machine has stopped."
    if report.stop is StopKind.HALT:
        return f"The machine halted, with exit code {report.exit_code:#x}."
    text = report.describe(disassemble_word, lambda ip: session.symbols.label(
        session.look.space, ip))
    return f"The machine stopped: {text} (status {exit_status(session.history.status, report)})."


def addresses(session: Session, stop: Stop) -> str:
    """Where a breakpoint is."""
    assert isinstance(stop, Breakpoint)
    parts = []
    for address in stop.addresses:
        module = session.symbols.kernel if stop.space == KERNEL_SPACE else None
        if module is None and stop.program:
            module = session.symbols.named(stop.program)[0]
        module = module or session.symbols.module(stop.space)
        places = module.info.places(address) if module is not None else ()
        parts.append(f"{address:#x}" + (f": {place_text(places[0])}" if places else ""))
    text = ", ".join(parts)
    return text + (f", in every process that runs '{stop.program}'" if stop.program else "")


# --- values --------------------------------------------------------------------------------------

def reader(session: Session, space: int) -> Callable[[int], int | None]:
    """Reads words of an address space."""
    return lambda address: session.look.word(space, address)


def value(session: Session, found: Value, form: str = "") -> str:
    """A value as text."""
    return show(found, reader(session, found.space),
                lambda at: session.symbols.label(found.space, at), form)


def variables(session: Session, *, parameters: bool) -> str:
    """Locals or parameters of the selected frame."""
    frame = session.frame()
    if frame.module is None or frame.frame is None:
        raise DebugError("there are no symbols for the code here")
    scope = session.scope()
    lines = [f"{one.name} = {value(session, scope.value(one))}" for one in frame.variables
             if one.is_parameter == parameters]
    nothing = "no arguments" if parameters else "no locals"
    return "\n".join(lines) or nothing


def global_variables(session: Session) -> str:
    """All globals of the selected frame's program."""
    frame = session.frame()
    if frame.module is None:
        raise DebugError("there are no symbols for the code here")
    scope = session.scope()
    return "\n".join(f"{short(one.label)} = {value(session, scope.lookup(short(one.label)))}"
                     for one in sorted(frame.module.info.globals, key=lambda one: one.label))


def memory(session: Session, address: int, count: int, letter: str) -> str:
    """Words from an address on, four a line; instructions, or text up to a zero word."""
    space = session.frame().space
    if letter == "i":
        return "\n".join(_instructions(session, space, address, count))
    if letter == "s":
        text = ""
        while (word := session.look.word(space, address + len(text))) and word < 0x110000:
            text += chr(word)
            if len(text) == 4096:
                break
        return f"{address:#010x}: {text!r}"
    lines = []
    for first in range(0, count, COLUMNS):
        words = [session.look.word(space, address + n)
                 for n in range(first, min(count, first + COLUMNS))]
        label = session.symbols.label(space, address + first) if letter != "c" else None
        shown = "  ".join("no memory" if word is None else
                          f"{word:#010x}" if letter == "x" else formatted(word, letter)
                          for word in words)
        lines.append(f"{address + first:#010x}{f' <{short(label)}>' if label else ''}: {shown}")
    return "\n".join(lines)


def _instructions(session: Session, space: int, address: int, count: int) -> Iterator[str]:
    module = session.symbols.module(space)
    info = module.info if module is not None else None
    for _ in range(count):
        yield insn_text(session, space, address, info)
        word = session.look.word(space, address)
        address += 2 if word is not None and word >> 24 == CONSTANT else 1


# --- source and instructions ---------------------------------------------------------------------

def source(session: Session, file: str, first: int, last: int) -> str:
    """Lines of a file; the one that the machine is at has an arrow."""
    lines = source_lines(file)
    if lines is None:
        raise DebugError(f"the source {file_name(file)} is not there any more")
    if first > len(lines):
        raise DebugError(f"{file_name(file)} has only {len(lines)} lines")
    place = session.frame().place
    here = place.line if place is not None and place.file == file else 0
    return "\n".join(f"{'=>' if number == here else '  '} {number:4}\t{lines[number - 1]}".rstrip()
                     for number in range(first, min(last, len(lines)) + 1))


def disassembly(session: Session, module: Module | None, space: int, address: int) -> str:
    """A function's instructions under their lines of source."""
    function = module.info.function_at(address) if module is not None else None
    if function is None:
        return "\n".join(_instructions(session, space, address, 10))
    assert module is not None
    lines, at, last = [f"{short(function.name)}:"], function.low, None
    here = session.look.ip if session.look.space == space else -1
    while at < function.high and len(lines) < MOST_INSNS:
        place = (module.info.places(at) or (None,))[0]
        if place is not None and (place.file, place.line) != last:
            last = (place.file, place.line)
            text = line_text(place)
            if text is not None:
                number, _, code = text.partition("\t")
                lines.append(f"{file_name(place.file)}:{number}: {code.strip()}")
        word, imm = session.look.word(space, at), session.look.word(space, at + 1)
        text = "(no memory)" if word is None else disassemble_word(word, imm or 0)
        lines.append(f"{'=>' if at == here else '  '} {at:#010x} <+{at - function.low}>  {text}")
        at += 2 if word is not None and word >> 24 == CONSTANT else 1
    return "\n".join(lines)


def instruction_list(session: Session, frame: FrameView, at: int, back: int,
                     count: int) -> list[dict[str, str | int]]:
    """So many instructions around an address, `back` (negative) of them before it, as the Debug
    Adapter Protocol wants them: always `count`, and lines where they change."""
    from debug.places import insn_start
    starts = [at]
    while len(starts) <= -back:
        first = insn_start(session.look, frame.space, starts[0] - 1, frame.module)
        starts.insert(0, first if first < starts[0] else starts[0] - 1)
    found: list[dict[str, str | int]] = []
    address, skipped = starts[0], max(0, back)
    while len(found) < count:
        word = session.look.word(frame.space, address)
        imm = session.look.word(frame.space, address + 1) or 0
        entry: dict[str, str | int] = {
            "address": hex(address),
            "instruction": "(no memory)" if word is None else disassemble_word(word, imm)}
        places = frame.module.info.places(address) if frame.module is not None else ()
        if places and places[0].file:
            entry |= {"line": places[0].line, "symbol": short(places[0].function)}
        if skipped:
            skipped -= 1
        else:
            found.append(entry)
        address += 2 if word is not None and word >> 24 == CONSTANT else 1
    return found


def functions(session: Session) -> str:
    """All functions of the selected frame's program."""
    module = session.frame().module
    if module is None:
        raise DebugError("there are no symbols for the code here")
    return "\n".join(f"{one.low:#010x}  {short(one.name)}"
                     + (f"  {file_name(one.file)}:{one.line}" if one.file else "")
                     for one in module.info.functions)


# --- the machine ---------------------------------------------------------------------------------

def registers(session: Session) -> str:
    """All registers of the selected frame."""
    frame = session.frame()
    names = [f"r{n}" for n in range(64)]
    lines = ["  ".join(f"{names[n]:>3} {_word(frame.registers[n])}" for n in range(row, row + 4))
             for row in range(0, 64, 4)]
    label = session.symbols.label(frame.space, frame.ip)
    return "\n".join([*lines, f" ip {frame.ip:#010x}" + (f" <{short(label)}>" if label else "")])


def _word(word: int | None) -> str:
    return "?" * 10 if word is None else f"{word:#010x}"


def frame_details(session: Session) -> str:
    """Where the selected frame and its variables are."""
    frame = session.frame()
    lines = [frame_line(session, session.selected, frame),
             f"ip {frame.ip:#x}, address space {frame.space:#x}, cycle {session.history.cycles}"]
    if frame.cfa is not None:
        lines.append(f"the frame ends at {frame.cfa:#x}, the stack pointer is "
                     f"{_word(frame.registers[63])}")
    lines += [f"{one.name}: {one.type}, {_location(frame, one)}" for one in frame.variables]
    return "\n".join(lines)


def _location(frame: FrameView, variable: Variable) -> str:
    location = variable.location
    if isinstance(location, Register):
        return f"in r{location.number}"
    if isinstance(location, Memory):
        return f"at {location.address:#x}"
    if isinstance(location, FrameOffset) and frame.cfa is not None:
        return f"at {frame.cfa + location.offset & 0xFFFFFFFF:#x}"
    if isinstance(location, Composite):
        return "in several places"
    return "not there" if location is None else "a constant"


def interrupt(session: Session) -> str:
    """The interrupt table's own words: what was interrupted, and why."""
    frame = session.look.interrupt_frame()
    lines = ["  ".join(f"{f'r{n}':>3} {_word(frame.registers[n])}" for n in range(row, row + 4))
             for row in range(0, 64, 4) if any(frame.registers[row:row + 4])]
    reason = _named(Reason, frame.reason) if frame.reason else "none yet"
    return "\n".join([f"interrupts are {'not ' if frame.enabled else ''}masked; last fault: "
                      f"{reason}", f"saved ip {frame.ip:#010x}", *lines])


def processes(session: Session) -> str:
    """The kernel's processes; an arrow at the one whose code is next."""
    found = session.symbols.processes()
    if not found:
        raise DebugError("there are no processes: no kernel with debug information is running")
    current = session.symbols.current()
    space = session.look.space
    lines = ["     PID  STATE     PAGE TABLE  NAME"]
    for process in found:
        mark = "=>" if space and process.base == space else \
            " *" if current is not None and process.address == current.address else "  "
        lines.append(f"{mark} {process.pid:5}  {process.state:8}  {process.base:#010x}  "
                     f"{process.name}")
    return "\n".join(lines)


def pages(session: Session) -> str:
    """The page table of the selected frame's address space."""
    space = session.frame().space
    if space == KERNEL_SPACE:
        raise DebugError("addresses are not translated here; select a frame of a process")
    lines = [f"page table at {space:#x}:", "VIRTUAL                 PHYSICAL    FLAGS"]
    for entry in session.look.page_table(space):
        flags = "".join(letter if entry.flags & flag else "-" for letter, flag in (
            ("r", PageFlag.READ), ("w", PageFlag.WRITE), ("x", PageFlag.EXECUTE)))
        present = "" if entry.flags & PageFlag.PRESENT else "  not present"
        lines.append(f"{entry.virtual:#010x}-{entry.virtual + entry.words - 1:#010x}   "
                     f"{entry.physical:#010x}  {flags}{present}")
    return "\n".join(lines)


def tlbs(session: Session) -> str:
    """What the hardware's TLBs hold."""
    lines = ["TLB          VIRTUAL                 PHYSICAL    FLAGS"]
    for region in pipes.regions(session.look):
        lines.append(f"{region.name:12} {region.first:#010x}-{region.last:#010x}   "
                     f"{region.physical:#010x}  {region.flags}")
    return "\n".join(lines) if len(lines) > 1 else "the TLBs are empty"


def pipeline(session: Session) -> str:
    """What each stage holds, and why it waits."""
    lines = [f"cycle {session.history.cycles}"]
    for stage in pipes.stages(session.look):
        text = ""
        if stage.ip is not None:
            label = session.symbols.label(session.look.space, stage.ip)
            text = f"{stage.ip:#010x}{f' <{short(label)}>' if label else ''}: "
        waits = f"  -- {stage.waits}" if stage.waits else ""
        lines.append(f"  {stage.name:9} {text}{stage.holds or 'empty'}{waits}")
    return "\n".join(lines)


def history(session: Session) -> str:
    """Where the recording is, and what it costs."""
    past = session.history
    where = "the present" if past.is_live else f"{past.frontier - past.cycles} cycles in the past"
    return (f"cycle {past.cycles}, {where}; recorded are {past.frontier} cycles\n"
            f"{len(past.snapshot_cycles)} snapshots, {past.octets / 1e6:.1f} MB")


def stops(session: Session) -> str:
    """All stops of the person's."""
    if not session.stops:
        return "no breakpoints"
    lines = ["NUM  TYPE        ON  HITS  WHAT"]
    for stop in session.stops:
        what = stop.text
        if isinstance(stop, Breakpoint):
            what = f"{stop.text} ({addresses(session, stop)})"
        lines.append(f"{stop.number:<4} {stop.kind:11} {'yes' if stop.enabled else 'no':3} "
                     f"{stop.hits:4}  {what}")
        if stop.condition:
            lines.append(f"     only if {stop.condition}")
    return "\n".join(lines)


# --- system calls --------------------------------------------------------------------------------

@cache
def _calls() -> dict[int, str]:
    return {call.number: call.name for call in load_calls(KERNEL / "syscalls.toml").calls}


def call_number(name: str) -> int:
    """A system call's number, by name or as a number. Raises `DebugError`."""
    if name.isdecimal():
        return int(name)
    for number, known in _calls().items():
        if known == name:
            return number
    raise DebugError(f"there is no system call '{name}'{suggestion(name, _calls().values())}")


def call_text(session: Session) -> str:
    """The call that is about to be made, with its arguments as words."""
    number, *arguments = session.look.registers()[:4]
    name = _calls().get(number, str(number))
    return f"{name}({', '.join(f'{word:#x}' for word in arguments)})"
