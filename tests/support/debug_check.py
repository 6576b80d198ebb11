"""Debug information against the language: a program is run, and stopped wherever a statement
begins; the stack and all variables, by the debug information, must be what an interpreter has.

An optimised program does not stop at each statement, and not always in their order. So the
interpreter's whole run is kept, and each stop must agree with a moment of it: the same statement,
the same functions, the same globals, and the same value for each variable that is there.
"""

import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from isa.config import MachineConfig
from sim.golden.machine import Golden
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status
from tests.support.qll_interpreter import OutOfSteps, Stop, trace
from toolchain.build import generated
from toolchain.debug_info import (
    ArrayType,
    BaseType,
    DebugInfo,
    DebugType,
    Memory,
    SliceType,
    StructType,
)
from toolchain.link import LIKE_FLAT, link
from toolchain.link.objects import objects_of
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source
from toolchain.targets import library_sources

__all__ = ["Report", "check"]

FILE       = "prog.qll"
RAM_WORDS  = 1 << 20
MOST_STEPS = 3_000  # instructions of a program that are gone through
MOST_STOPS = 6_000   # of the interpreter
MOST_FRAMES = 1 << 16


@dataclass
class Report:
    """How much was seen."""
    stops:   int = 0
    frames:  int = 0
    there:   int = 0
    missing: int = 0
    wrong:   list[str] = field(default_factory=list)


def check(text: str, level: int) -> Report:
    """Run a program that needs no library; what disagrees is in the report's `wrong`."""
    return with_deep_stack(lambda: _check(text, level))


def _check(text: str, level: int) -> Report:
    report = Report()
    program, _ = analyse([Source(FILE, text)])
    try:
        moments = trace(program, MOST_STOPS)
    except OutOfSteps:
        return report
    by_place: dict[tuple[int, int], list[Stop]] = defaultdict(list)
    for moment in moments:
        by_place[moment.line, moment.column].append(moment)
    compiled = generated(program, level, "prog.qasm", False, debug=True)
    octets = link(objects_of([*library_sources("bare", ".qasm"), compiled.text]), "prog.elf",
                  LIKE_FLAT)
    words = link(objects_of([*library_sources("bare", ".qasm"), compiled.text]), "", "flat")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prog.elf"
        path.write_bytes(octets)
        info = DebugInfo.read(path)
    stops = {row.address: (row.line, row.column) for row in info.rows()
             if row.is_statement and row.file == FILE}
    golden = Golden(MachineConfig(ram_words=RAM_WORDS), Hosts(Terminal(b"", None)))
    golden.load([int.from_bytes(words[at:at + 4], "little") for at in range(0, len(words), 4)])
    for _ in range(MOST_STEPS):
        registers = golden.registers()
        place = stops.get(registers.ip)
        if place is not None:
            _compare(report, info, golden, by_place.get(place, []), place, len(moments))
            if report.wrong:
                break
        if golden.run(1) is Status.STOPPED:
            break
    return report


def _compare(report: Report, info: DebugInfo, golden: Golden, moments: list[Stop],
             place: tuple[int, int], count: int) -> None:
    registers = golden.registers()

    def read_word(address: int) -> int | None:
        return int(golden.memory[address]) if address < RAM_WORDS else None

    frames = info.backtrace(registers.ip, registers.general, read_word, MOST_FRAMES)
    functions, variables = [], []
    for frame in frames:
        for depth, where in enumerate(frame.places):
            functions.append(where.function)
            variables.append({(one.name, one.line): (one.type, frame.words(one))
                              for one in frame.variables if one.depth == depth})
    if functions and functions[-1].startswith("_"):  # the entry point
        del functions[-1], variables[-1]
    global_words = {one.label: [read_word(one.location.address + at) or 0
                                for at in range(one.type.size)]
                    for one in info.globals if isinstance(one.location, Memory)}
    kinds = {one.label: one.type for one in info.globals}
    report.stops += 1
    report.frames += len(functions)
    for kind, words in (pair for level in variables for pair in level.values()):
        report.missing += words.count(None)
        report.there += len(words) - words.count(None)
    reasons = []
    for moment in moments:
        why = _difference(moment, functions, variables, global_words, kinds)
        if why is None:
            return
        if why not in reasons:
            reasons.append(why)
    if count >= MOST_STOPS:
        return  # perhaps the interpreter would have come here later
    reasons.sort(key=lambda why: "on the stack" in why)
    report.wrong.append(f"at {registers.ip:#x}, {FILE}:{place[0]}:{place[1]}, in {functions[:4]}: "
                        f"{reasons[:8] or 'the interpreter never comes here'}")


def _difference(moment: Stop, functions: list[str], variables: list[dict], globals_: dict,
                kinds: dict) -> str | None:
    if functions != moment.functions:
        return f"{len(moment.functions)} functions should be on the stack, not {len(functions)}"
    for label, words in moment.globals.items():
        if not _same(kinds[label], globals_[label], words):
            return f"{label} is {globals_[label]} and should be {words}"
    for depth, (found, right) in enumerate(zip(variables, moment.variables, strict=True)):
        for key, (kind, words) in found.items():
            if key not in right:
                return f"{key} of {functions[depth]} does not exist yet"
            if not _same(kind, words, right[key]):
                return f"{key} of {functions[depth]} is {words} and should be {right[key]}"
    return None


def _same(kind: DebugType, words: list[int | None], right: list[int]) -> bool:
    """Addresses differ between machine and interpreter: only whether they are 0 is compared."""
    return all(word is None or (word == wanted or _is_nan(word) and _is_nan(wanted) if is_number
                                else (word == 0) == (wanted == 0))
               for word, wanted, is_number in zip(words, right, _numbers(kind), strict=True))


def _is_nan(word: int) -> bool:
    return word & 0x7FFFFFFF > 0x7F800000


def _numbers(kind: DebugType) -> list[bool]:
    """Of each word of a type, whether it is a number."""
    base = kind.base
    if isinstance(base, BaseType):
        return [True]
    if isinstance(base, ArrayType):
        return _numbers(base.element) * base.length
    if isinstance(base, SliceType):
        return [False, True, True]
    if isinstance(base, StructType):
        return [one for member in base.fields for one in _numbers(member.type)]
    return [False]


