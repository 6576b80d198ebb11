"""Waves as an FST file, for GTKWave and Surfer, by the library that GTKWave itself uses."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.machine import ImageError
from sim.waves.rows import Changes, Row, Scope, TextChange, tree

__all__ = ["FstFile"]

ROOM = 16 << 20  # octets that must be free on the disk: the library cannot tell that it is full

# The loop that hands changes to the library, which the engine's own library has.
Emit = Callable[[Changes, Any, Any, int, int, int], None]


class FstFile:
    """A `WaveFile`.

    Parameters
    ----------
    path : Path
    rows : sequence of Row
    emit : callable
        Hands changes to the library: gets them, the handles and widths of all signals, the
        addresses of the file's context and of the library's functions for time and values.
    cycle_ns : int
        Length of a cycle, in nanoseconds.

    Raises `ImageError` if it cannot be written.
    """

    def __init__(self, path: Path, rows: Sequence[Row], emit: Emit, cycle_ns: int):
        from pylibfst import ffi, lib
        self._ffi, self._lib, self._emit = ffi, lib, emit
        self._path = path
        self._check_room()
        context = lib.fstWriterCreate(str(path).encode(), 1)
        if context == ffi.NULL:
            raise ImageError(f"{path}: cannot be written")
        self._context = context
        scale, per_cycle = _timescale(cycle_ns)
        if per_cycle != 1:
            raise ValueError(f"a cycle of {cycle_ns} ns is no power of ten")
        lib.fstWriterSetTimescale(context, scale)
        lib.fstWriterSetVersion(context, b"quince-sim")
        lib.fstWriterSetPackType(context, lib.FST_WR_PT_LZ4)
        signals = 1 + max((row.signal for row in rows if row.width), default=0)
        self._handles = np.zeros(signals, np.uint32)
        self._widths  = np.zeros(signals, np.uint32)
        self._texts: dict[int, int] = {}
        self._enums: dict[Any, int] = {}
        for scope in tree(rows).scopes.values():
            self._declare(scope)
        address = lambda name: int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))  # noqa: E731
        self._functions = (int(ffi.cast("uintptr_t", context)),
                           address("fstWriterEmitTimeChange"),
                           address("fstWriterEmitValueChange64"))

    def _declare(self, scope: Scope) -> None:
        lib, context, null = self._lib, self._context, self._ffi.NULL
        lib.fstWriterSetScope(context, lib.FST_ST_VCD_MODULE, scope.name.encode(), null)
        for row in scope.rows:
            name = row.name.encode()
            if not row.width:
                self._texts[row.signal] = lib.fstWriterCreateVar(
                    context, lib.FST_VT_GEN_STRING, lib.FST_VD_IMPLICIT, 0, name, 0)
                continue
            if row.members:
                lib.fstWriterEmitEnumTableRef(context, self._enum(row))
            kind = lib.FST_VT_SV_INT if row.is_signed and row.width == 32 else lib.FST_VT_VCD_WIRE
            handle = lib.fstWriterCreateVar(context, kind, lib.FST_VD_IMPLICIT, row.width, name,
                                            int(self._handles[row.signal]))
            self._handles[row.signal] = handle
            self._widths[row.signal]  = row.width
        for inner in scope.scopes.values():
            self._declare(inner)
        lib.fstWriterSetUpscope(context)

    def _enum(self, row: Row) -> int:
        key = (row.enum, row.members, row.width)
        if key not in self._enums:
            ffi = self._ffi
            names  = [ffi.new("char[]", name.encode()) for _, name in row.members]
            values = [ffi.new("char[]", f"{value:0{row.width}b}".encode())
                      for value, _ in row.members]
            self._enums[key] = self._lib.fstWriterCreateEnumTable(
                self._context, (row.enum or "states").encode(), len(names), row.width,
                ffi.new("char*[]", names), ffi.new("char*[]", values))
        return self._enums[key]

    def write(self, changes: Changes, texts: list[TextChange]) -> None:
        self._check_room()
        at = 0
        for change in texts:
            end = int(np.searchsorted(changes["cycle"], change.cycle, side="right"))
            if end > at:
                self._emit(changes[at:end], self._handles, self._widths, *self._functions)
                at = end
            octets = change.value.encode()
            self._lib.fstWriterEmitVariableLengthValueChange(
                self._context, self._texts[change.text], octets, len(octets))
        if at < len(changes):
            self._emit(changes[at:], self._handles, self._widths, *self._functions)

    def _check_room(self) -> None:
        folder = self._path.parent
        try:
            found = os.statvfs(folder)
        except OSError as error:
            raise ImageError(f"{self._path}: {error.strerror or error}") from None
        if found.f_bavail * found.f_frsize < ROOM:
            raise ImageError(f"{self._path}: less than {ROOM >> 20} MiB are free on the disk; what "
                             "was written up to here can be read")

    def close(self, end: int) -> None:
        self._lib.fstWriterEmitTimeChange(self._context, end)
        self._lib.fstWriterClose(self._context)


def _timescale(cycle_ns: int) -> tuple[int, int]:
    """The power of ten of a second, and how many of them a cycle is."""
    power = -9
    while cycle_ns % 10 == 0:
        cycle_ns //= 10
        power += 1
    return power, cycle_ns
