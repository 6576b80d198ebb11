"""Wave files, read back by another library than the one that wrote them."""

import ctypes
import os
from pathlib import Path

import numpy as np
import pytest

from sim.engine.library import CHANGE
from sim.machine import ImageError
from sim.waves import fst
from sim.waves.fst import FstFile
from sim.waves.rows import Row, TextChange
from sim.waves.vcd import VcdFile
from sim.waves.view import write_view

pywellen = pytest.importorskip("pywellen")

UNIT = ((0, "ALU"), (1, "LOAD"), (5, "FLOAT"))
ROWS = [
    Row(("soc", "core"), "ip", 0, 32),
    Row(("soc", "core"), "valid", 1, 1),
    Row(("soc",), "ip_again", 0, 32),
    Row(("soc",), "ip_again", 2, 3),
    Row(("soc", "core", "control"), "unit", 2, 3, "Unit", UNIT),
    Row(("soc", "core"), "wide", 3, 64),
    Row(("text",), "function", 0, 0),
]
CHANGES = np.array([
    (10, 0x1000, 0, 0), (10, 1, 1, 0), (10, 0, 2, 0), (10, 1 << 63 | 5, 3, 0),
    (12, 0x1001, 0, 0), (12, 5, 2, 0), (15, 0, 1, 0)], CHANGE)
TEXTS = [TextChange(10, 0, "main"), TextChange(12, 0, "a b")]


def emit(changes, handles, widths, context, time, value):
    """What the engine's library does, slower."""
    time  = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)(time)
    value = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32,
                             ctypes.c_uint64)(value)
    for cycle, number, signal, _ in changes.tolist():
        time(context, cycle)
        value(context, int(handles[signal]), int(widths[signal]), number)


def written(path):
    file = (FstFile(path, ROWS, emit, 100) if path.suffix == ".fst"
            else VcdFile(path, ROWS, 100))
    file.write(CHANGES[:4], TEXTS[:1])
    file.write(CHANGES[4:], TEXTS[1:])
    file.close(20)
    return pywellen.Waveform(str(path))


@pytest.fixture(params=["waves.fst", "waves.vcd"])
def waves(request, tmp_path):
    return written(tmp_path / request.param)


def values(waves, name, *cycles):
    var = next(var for var in waves.all_vars() if var.full_name == name)
    return [var.signal.value_at(cycle) for cycle in cycles]


def test_each_row_has_its_values_in_their_cycles(waves):
    assert values(waves, "soc.core.ip", 10, 11, 12, 19) == [0x1000, 0x1000, 0x1001, 0x1001]
    assert values(waves, "soc.ip_again", 10, 11, 12, 19) == [0x1000, 0x1000, 0x1001, 0x1001]
    assert values(waves, "soc.core.valid", 10, 14, 15) == [1, 1, 0]
    assert values(waves, "soc.core.control.unit", 10, 11, 12) == [0, 0, 5]
    assert values(waves, "soc.core.wide", 10) == [1 << 63 | 5]


def test_texts_are_rows_as_well(waves):
    blank = " " if waves.file_format == "FST" else "_"
    assert values(waves, "text.function", 10, 11, 12, 19) == ["main", "main", *[f"a{blank}b"] * 2]


def test_a_cycle_is_a_step_of_time(waves):
    assert str(waves.timescale).replace(" ", "") == "100ns"


def test_values_have_names_where_the_form_allows_it(tmp_path):
    waves = written(tmp_path / "waves.fst")
    unit  = next(var for var in waves.all_vars() if var.name == "unit")
    assert unit.enum_type == ("Unit", [(f"{value:03b}", name) for value, name in UNIT])


def test_a_view_names_rows_that_are_there_and_values_for_gtkwave(tmp_path):
    path = tmp_path / "waves.vcd"
    rows = [*ROWS, Row(("soc",), "spent", 7, 4, "Spent", ((0, "USED"), (10, "WINDOW")))]
    save, commands = write_view(path, rows, 10, 20)
    names = {row.path for row in rows}
    shown = [line.split()[1] for line in commands.read_text().splitlines()
             if line.startswith("variable_add")]
    assert shown and set(shown) <= names
    lines  = save.read_text().splitlines()
    at     = lines.index("soc.spent[3:0]")
    filter_file = lines[at - 1].removeprefix("^1 ")
    assert Path(filter_file).read_text() == "0 USED\na WINDOW\n"


@pytest.mark.parametrize("kind", [lambda path: FstFile(path, ROWS, emit, 100),
                                  lambda path: VcdFile(path, ROWS, 100)])
def test_a_place_that_cannot_be_written_is_named(kind, tmp_path):
    with pytest.raises(ImageError, match="nowhere/waves"):
        kind(tmp_path / "nowhere" / "waves")


def test_a_disk_that_is_filling_up_is_told_before_anything_is_lost(tmp_path, monkeypatch):
    path = tmp_path / "waves.fst"
    file = FstFile(path, ROWS, emit, 100)
    file.write(CHANGES[:4], TEXTS[:1])
    full = os.statvfs_result((4096, 4096, 1000, 10, 10, 9, 9, 9, 0, 255))
    monkeypatch.setattr(fst.os, "statvfs", lambda folder: full)
    with pytest.raises(ImageError, match="less than 16 MiB are free"):
        file.write(CHANGES[4:], TEXTS[1:])
    file.close(12)
    assert values(pywellen.Waveform(str(path)), "soc.core.ip", 10) == [0x1000]
