"""Frames: from the machine's state to functions that were called, with their variables."""

from collections.abc import Iterator
from dataclasses import dataclass

from debug.error import DebugError, UnknownName, suggestion
from debug.look import Look
from debug.symbols import KERNEL_SPACE, Module, Process, Symbols
from debug.values import BYTE, Value
from isa import REGISTERS
from toolchain.debug_info import (
    CodeType,
    Composite,
    DebugType,
    Frame,
    FrameOffset,
    Memory,
    Place,
    Register,
    Variable,
)

__all__ = ["FrameScope", "FrameView", "frame_at", "frames", "frames_of", "globals_named", "short"]

REGISTER_NAMES = {"sp": 63}
WORDS_OF_NAME  = 4096  # that a variable may have to be shown


@dataclass(frozen=True)
class FrameView:
    """One function in the chain of calls; a call that was inlined is one of its own.

    `ip` is where it goes on; `note` says how the chain came from here to the frame before, where
    it was by no call.
    """
    space:     int
    ip:        int
    registers: tuple[int | None, ...]
    module:    Module | None = None
    frame:     Frame | None  = None
    depth:     int           = 0    # among the places of `frame`
    note:      str           = ""

    @property
    def place(self) -> Place | None:
        """Function, file and line; None where they are not known."""
        if self.frame is None or not self.frame.places:
            return None
        return self.frame.places[self.depth]

    @property
    def cfa(self) -> int | None:
        """The frame's address: the caller's stack pointer."""
        return self.frame.cfa if self.frame is not None else None

    @property
    def variables(self) -> list[Variable]:
        """Parameters and locals."""
        if self.frame is None:
            return []
        return [one for one in self.frame.variables if one.depth == self.depth]


def frames(look: Look, symbols: Symbols) -> list[FrameView]:
    """The chain of calls from where the machine is; behind the kernel's, that of the program
    that it interrupted."""
    found = list(_chain(look, symbols, look.space, look.ip, look.registers(), ""))
    if look.space == KERNEL_SPACE and not _is_enabled(look):
        frame = look.interrupt_frame()
        process = symbols.current()
        if frame.ip and (process is None or process.base):
            space = process.base if process is not None else KERNEL_SPACE
            found += _chain(look, symbols, space, frame.ip, frame.registers,
                            "interrupted from here")
    return found


def frames_of(look: Look, symbols: Symbols, process: Process) -> list[FrameView]:
    """The chain of calls of any process, running or not."""
    if process.base and look.space == process.base:
        return frames(look, symbols)
    current = symbols.current()
    if current is not None and current.address == process.address:
        frame = look.interrupt_frame()
        return list(_chain(look, symbols, process.base, frame.ip, frame.registers, ""))
    registers = symbols.saved_registers(process)
    ip, general = registers[REGISTERS], registers[:REGISTERS]
    return list(_chain(look, symbols, process.base, ip, general, ""))


def frame_at(look: Look, symbols: Symbols, space: int, address: int,
             module: Module | None) -> FrameView:
    """A frame as if the machine stood at an address: for what names mean there."""
    if module is None:
        return FrameView(space, address, (0,) * REGISTERS)
    places = module.info.places(address)
    frame = Frame(address, [0] * REGISTERS, None, places, module.info.variables(address),
                  lambda at: look.word(space, at))
    return FrameView(space, address, (0,) * REGISTERS, module, frame)


def _is_enabled(look: Look) -> bool:
    return bool(look.interrupt_frame().enabled)


def _chain(look: Look, symbols: Symbols, space: int, ip: int, registers: tuple[int, ...],
           note: str) -> Iterator[FrameView]:
    module = symbols.module(space)
    if module is None:
        yield FrameView(space, ip, registers, note=note)
        return

    def read(address: int) -> int | None:
        return look.word(space, address)

    for frame in module.info.backtrace(ip, registers, read):
        for depth in range(max(1, len(frame.places))):
            yield FrameView(space, frame.address, tuple(frame.registers), module, frame, depth,
                            note)
            note = ""


class FrameScope:
    """What names in expressions mean, in one frame.

    Parameters
    ----------
    look, symbols
    frame : FrameView
    extra : dict of str to int
        Further names with a `$`: the position and the like.
    """

    def __init__(self, look: Look, symbols: Symbols, frame: FrameView, extra: dict[str, int]):
        self._look, self._symbols, self.frame, self._extra = look, symbols, frame, extra

    @property
    def space(self) -> int:
        return self.frame.space

    def read(self, space: int, address: int) -> int | None:
        """A word of memory."""
        return self._look.word(space, address)

    def label(self, address: int) -> str | None:
        """What is at an address."""
        return self._symbols.label(self.frame.space, address)

    def lookup(self, name: str) -> Value:
        """A variable, register or function; the kernel's globals besides. Raises `DebugError`."""
        if name.startswith("$"):
            return self._register(name[1:])
        for variable in self.frame.variables:
            if variable.name == name:
                return self.value(variable)
        modules = [(self.frame.module, self.frame.space), (self._symbols.kernel, KERNEL_SPACE)]
        for module, space in modules:
            if module is not None and (found := self._of_module(module, space, name)) is not None:
                return found
        raise UnknownName(f"there is no variable or function '{name}' here"
                         f"{suggestion(name, self._names())}")

    def value(self, variable: Variable) -> Value:
        """What a local of this frame holds."""
        assert self.frame.frame is not None
        location, address, register = variable.location, None, None
        if isinstance(location, Memory):
            address = location.address
        elif isinstance(location, FrameOffset) and self.frame.cfa is not None:
            address = self.frame.cfa + location.offset & 0xFFFFFFFF
        elif isinstance(location, Register):
            register = location.number
        return Value(variable.type, self.frame.frame.words(variable), address, self.frame.space,
                     register)

    def _register(self, name: str) -> Value:
        if name in self._extra:
            return Value(BYTE, [self._extra[name]])
        if name == "ip":
            return Value(CodeType(), [self.frame.ip])
        number = REGISTER_NAMES.get(name)
        if number is None and name[:1] == "r" and name[1:].isdecimal():
            number = int(name[1:])
        if number is None or number >= REGISTERS:
            known = ["ip", *REGISTER_NAMES, *self._extra, *(f"r{n}" for n in range(REGISTERS))]
            raise DebugError(f"there is no register '${name}'{suggestion(name, known)}")
        is_live = self.frame.depth == 0 and self.frame.registers == self._look.registers()
        return Value(BYTE, [self.frame.registers[number]], register=number if is_live else None)

    def _of_module(self, module: Module, space: int, name: str) -> Value | None:
        for variable in globals_named(module, name):
            location = variable.location
            if isinstance(location, Memory):
                words = [self._look.word(space, location.address + n)
                         for n in range(min(variable.type.size, WORDS_OF_NAME))]
                return Value(variable.type, words, location.address, space)
            pieces = location.pieces if isinstance(location, Composite) else [location]
            constants = [getattr(piece, "value", None) for piece in pieces]
            return Value(variable.type, constants if len(constants) == variable.type.size
                         else [None] * variable.type.size)
        for function in module.info.functions_named(name):
            return Value(CodeType(), [function.low], space=space)
        address = module.info.symbols.get(name, module.info.symbols.get(f"global::{name}"))
        if address is not None:
            kind: DebugType = BYTE
            return Value(kind, [self._look.word(space, address)], address, space)
        return None

    def _names(self) -> list[str]:
        names = [variable.name for variable in self.frame.variables]
        for module in (self.frame.module, self._symbols.kernel):
            if module is not None:
                names += [short(one.label) for one in module.info.globals]
                names += [short(one.name) for one in module.info.functions]
        return names


def globals_named(module: Module, name: str) -> list[Variable]:
    """Globals by their full name or its last parts."""
    exact = [one for one in module.info.globals if short(one.label) == name]
    return exact or [one for one in module.info.globals if one.label.endswith(f"::{name}")]


def short(label: str) -> str:
    """A label without what all of QLL's begin with."""
    return label.removeprefix("@").removeprefix("global::")
