"""Places in code as the person names them: `12`, `file.qll:12`, `main`, `cat:main`, `*0x1234`."""

from dataclasses import dataclass

from debug.error import DebugError, suggestion
from debug.frames import short
from debug.look import Look
from debug.session import Session
from debug.symbols import KERNEL_SPACE, Module, Process
from isa import BY_MNEMONIC

__all__ = ["Location", "insn_start", "resolve"]

CONSTANT = BY_MNEMONIC["constant"].opcode


@dataclass(frozen=True)
class Location:
    """Addresses of one place; `process` is one that runs it, None for whoever does."""
    module:    Module | None
    process:   Process | None
    addresses: tuple[int, ...]
    program:   str = ""  # that was named


def resolve(session: Session, text: str) -> Location:
    """What a place means where the machine stands, else in the kernel. Raises `DebugError`."""
    text = text.strip()
    frame = session.frame()
    program, rest = _split(text)
    module, process = frame.module, None
    if program:
        is_file = module is not None and any(
            name == program or name.endswith(f"/{program}") for name in module.info.files)
        if is_file or program.endswith((".qll", ".qasm")):
            rest, program = text, ""
        else:
            module, process = session.symbols.named(program)
    if rest.startswith("*"):
        address = session.evaluate(rest[1:]).words[0]
        if address is None:
            raise DebugError(f"'{rest[1:]}' has been optimised out here")
        space = process.base if process is not None else frame.space
        _check_start(session.look, space, address, module)
        return Location(module, process, (address,), program)
    if module is None:
        raise DebugError("there are no symbols for the code here: name an address, '*0x1234'")
    if not rest:
        raise DebugError("a place is missing behind the ':'")
    try:
        return Location(module, process, tuple(_addresses(session, module, rest, program)), program)
    except DebugError as error:
        elsewhere = None if program else _in_kernel(session, module, rest)
        if elsewhere is None:
            raise error
        return elsewhere


def _in_kernel(session: Session, module: Module, text: str) -> Location | None:
    """What a place means in the kernel that means nothing in the process that runs."""
    kernel = session.symbols.kernel
    if kernel is None or kernel is module:
        return None
    try:
        return Location(kernel, None, tuple(_addresses(session, kernel, text, "kernel")), "kernel")
    except DebugError:
        return None


def _split(text: str) -> tuple[str, str]:
    """A program's name and the rest, at the first ':' that is not part of a '::'."""
    at = 0
    while (at := text.find(":", at)) >= 0:
        if text[at:at + 2] != "::":
            return text[:at], text[at + 1:]
        at += 2
    return "", text


def _addresses(session: Session, module: Module, text: str, program: str) -> list[int]:
    file, _, line = text.rpartition(":")
    if line.isdecimal() and (not file or not file.endswith(":")):
        return _line(session, module, file, int(line), program)
    functions = module.info.functions_named(text)
    if functions:
        return [module.body(function) for function in functions]
    for name in (text, f"global::{text}", f"@{text}"):
        if name in module.info.symbols:
            return [module.info.symbols[name]]
    known = {short(one.name) for one in module.info.functions}
    known |= {name.rpartition("::")[2] for name in known}
    raise DebugError(f"there is no function or label '{text}' in {module.name}"
                     f"{suggestion(text, known)}")


def _line(session: Session, module: Module, file: str, line: int, program: str) -> list[int]:
    if not file:
        place = session.frame().place
        main = module.info.functions_named("main")
        if place is not None and place.file and not program:
            file = place.file
        elif main:
            file = main[0].file
        else:
            raise DebugError("which file? 'FILE:LINE' names one")
    files = [name for name in module.info.files if name == file or name.endswith(f"/{file}")]
    if not files:
        known = {name.rpartition("/")[2] for name in module.info.files}
        raise DebugError(f"there is no code of a file '{file}' in {module.name}"
                         f"{suggestion(file, known)}")
    found = module.info.addresses(files[0], line)
    if not found:
        later = [number for number in module.info.lines(files[0]) if number > line]
        if not later:
            raise DebugError(f"there is no code at line {line} of {file} or behind it")
        found = module.info.addresses(files[0], later[0])
    return _one_a_function(module, found)


def _one_a_function(module: Module, addresses: list[int]) -> list[int]:
    """Of a line's pieces in one function, the first: a loop's line is stopped at once a turn."""
    first: dict[int, int] = {}
    for address in addresses:
        function = module.info.function_at(address)
        first.setdefault(function.low if function is not None else address, address)
    return sorted(first.values())


def _check_start(look: Look, space: int, address: int, module: Module | None) -> None:
    """Refuse the second word of a `constant`, at which nothing is ever executed."""
    start = insn_start(look, space, address, module)
    if start != address:
        raise DebugError(f"{address:#x} is the second word of the 'constant' at {start:#x}: "
                         "nothing is ever executed there")


def insn_start(look: Look, space: int, address: int, module: Module | None) -> int:
    """Where the instruction begins that a word belongs to, as far as that can be known."""
    if module is None:
        return address
    rows = module.info.rows(0, address + 1)
    function = module.info.function_at(address)
    at = rows[-1].address if rows else function.low if function is not None else address
    while at < address:
        word = look.word(space, at)
        if word is None:
            return address
        step = 2 if word >> 24 == CONSTANT else 1
        if at + step > address:
            return at
        at += step
    return at


def is_kernel(location: Location) -> bool:
    """Whether it is in untranslated code."""
    return location.process is None and location.program in ("", "kernel") \
        and location.module is not None and location.module.name == "kernel"


def space_of(session: Session, location: Location) -> int | None:
    """The address space of a location; None for that of any process."""
    if location.process is not None:
        return location.process.base
    if location.program and location.program != "kernel":
        return None
    if location.module is session.symbols.kernel and location.module is not None:
        return KERNEL_SPACE
    return session.frame().space
