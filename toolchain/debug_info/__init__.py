"""Debug information, read: from an address to function, file, line and variables.

::

    info = DebugInfo.read("build/os/kernel.elf")
    info.require_image(words)               # refuses symbols of another build
    for place in info.places(0x1234):       # innermost first; the outer ones called it
        print(place.function, place.file, place.line)
    for variable in info.variables(0x1234):
        print(variable.name, variable.type, variable.location)
    for frame in info.backtrace(ip, registers, read_word):
        print(frame.places[0], frame.words(variable))

All addresses, sizes and offsets are in words. What a file says is read once; functions are looked
into when somebody asks. Files made by ``qllc -g``, ``qasm -g`` and ``qlink -g`` have all of it,
other ELF files lines and functions, symbol maps (``qasm --symbols``) labels alone.
"""

from toolchain.debug_info.info import MOST_FRAMES, DebugInfo, Function, Place, Row, Variable
from toolchain.debug_info.locations import (
    Composite,
    Constant,
    FrameAddress,
    FrameOffset,
    Location,
    Memory,
    Register,
)
from toolchain.debug_info.tables import DebugInfoError, WrongBuildError
from toolchain.debug_info.types import (
    ArrayType,
    BaseType,
    CodeType,
    DebugType,
    NamedType,
    PointerType,
    SliceType,
    StructType,
)
from toolchain.debug_info.unwind import Caller, Frame, ReadWord

__all__ = [
    "MOST_FRAMES", "ArrayType", "BaseType", "Caller", "CodeType", "Composite", "Constant",
    "DebugInfo", "DebugInfoError", "DebugType", "Frame", "FrameAddress", "FrameOffset", "Function",
    "Location", "Memory", "NamedType", "Place", "PointerType", "ReadWord", "Register", "Row",
    "SliceType", "StructType", "Variable", "WrongBuildError",
]
