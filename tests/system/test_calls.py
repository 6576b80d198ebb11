"""The table of system calls: its mistakes, and what is made from it."""

from pathlib import Path

import pytest

from system.calls import (
    CallTableError,
    calls_markdown,
    kernel_qll,
    library_qasm,
    library_qll,
    load_calls,
)
from system.cli import main
from system.constants import constants, constants_qll, windows_qll

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "kernel" / "syscalls.toml"

ROW = '[[call]]\nnumber = {}\nname = "{}"\narguments = "{}"\nresult = "0"\n'


def table(tmp_path, *rows):
    path = tmp_path / "calls.toml"
    path.write_text("".join(ROW.format(*row) for row in rows))
    return path


@pytest.mark.parametrize("rows, message", [
    ([(1, "a", ""), (1, "b", "")], "call 1 'b' is there twice"),
    ([(1, "a", ""), (2, "a", "")], "call 2 'a' is there twice"),
    ([(1, "a", "b: byte, c: byte, d: byte, e: byte")], "call 'a' has more than three arguments"),
])
def test_refuses_rows_that_clash(tmp_path, rows, message):
    with pytest.raises(CallTableError, match=message):
        load_calls(table(tmp_path, *rows))


@pytest.mark.parametrize("text", ["", "[[call]]\nnumber = 1\n", "[[call"])
def test_refuses_tables_that_are_not_whole(tmp_path, text):
    path = tmp_path / "calls.toml"
    path.write_text(text)
    with pytest.raises(CallTableError, match="calls.toml"):
        load_calls(path)


def test_the_kernels_table_has_a_row_for_each_number(tmp_path):
    text = kernel_qll(load_calls(table(tmp_path, (0, "first", ""), (3, "last", ""))))
    assert "[4] = [" in text
    assert text.index("first,  // 0") < text.index("none,  // 1") < text.index("last,  // 3")


def test_a_stub_passes_texts_as_the_kernel_wants_them(tmp_path):
    row = (7, "go", "name: path, text: string, at: * byte")
    stub = library_qll(load_calls(table(tmp_path, row)))
    assert "function go(name: string, text: string, at: * byte): byte {" in stub
    assert ("lib::support::syscall3(7, <unsafe byte>name_text, <unsafe byte>&text, "
            "<unsafe byte>at)") in stub
    assert "delete name_text;" in stub


def test_the_first_calls_are_those_of_quinix():
    names = [call.name for call in load_calls(TABLE).calls if call.number < 15]
    assert names == ["exit", "read", "write", "open", "close", "create", "destroy", "spawn",
                     "yield", "display_open", "display_flip", "display_close", "key_state",
                     "key_held", "clock"]


def test_the_manuals_table_is_the_one_in_use():
    assert calls_markdown(load_calls(TABLE)) in (ROOT / "docs" / "kernel.md").read_text()


def test_the_librarys_files_are_made_from_the_tables():
    library = ROOT / "firmware" / "lib"
    assert library_qll(load_calls(TABLE)) == (library / "user" / "calls.qll").read_text()
    assert library_qasm(load_calls(TABLE)) == (library / "user" / "calls.qasm").read_text()
    assert windows_qll() == (library / "bare" / "windows.qll").read_text()


def test_constants_and_structs_are_the_same_on_both_sides():
    table = load_calls(TABLE)
    kernel, library = kernel_qll(table), library_qll(table)
    for row in table.structs:
        fields = row.fields.replace("[NAME]", "[limits::NAME]")
        assert f"type {row.name} = struct {{\n    {fields}\n  }};" in kernel
        assert f"type {row.name} = struct {{\n    {row.fields}\n  }};" in library
    for row in table.constants:
        assert f" {row.name}: byte = " in library
        assert (f" {row.name}: byte = " in kernel) == bool(row.kernel)


def test_refuses_a_constant_of_a_names_name(tmp_path):
    path = table(tmp_path, (1, "a", ""))
    path.write_text(path.read_text() + '[[constant]]\nname = "a"\nvalue = 1\nnote = "n"\n')
    with pytest.raises(CallTableError, match="the name 'a' is there twice"):
        load_calls(path)


def test_constants_are_the_machines():
    table = constants()
    assert (table["FRAME_IP"], table["SYSCALL"], table["MMU_LIST_IDENTIFIER"]) \
        == (0x42, 0x80, 0x80000002)
    assert "global FRAME_IP: byte = 0x42;" in constants_qll()
    assert (table["SERIAL_OCTET"], table["SERIAL_THERE"], table["SERIAL_OVERRUN"]) \
        == (0xFF, 0x100, 0x200)


def test_command_line(tmp_path, capsys):
    output = tmp_path / "made" / "calls.qll"
    assert main(["kernel", "--calls", str(TABLE), "-o", str(output)]) == 0
    assert "namespace syscall" in output.read_text()
    assert main(["library", "--calls", str(tmp_path / "none")]) == 1
    assert "system: " in capsys.readouterr().err
