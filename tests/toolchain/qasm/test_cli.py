"""The command lines of assembler and disassembler."""

import io
import os
import sys

import pytest

from toolchain.qasm import dis
from toolchain.qasm.cli import main

MAIN = "@global::_init:\n  jmp r0\n@global::main:\n  jmp r0\n"


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, text):
    with open(name, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return name


def read(name):
    with open(name, "rb") as file:
        return file.read()


class Standard:
    """Standard streams that take and give octets."""

    def __init__(self, monkeypatch, octets=b""):
        self.out = io.BytesIO()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(self.out))


def test_writes_little_endian_words_to_out_qbin():
    assert main(["-t", "none", write("a.qasm", "mov r1 r2")]) == 0
    assert read("out.qbin") == bytes.fromhex("00020104" + "00" * 16)


def test_bare_is_the_default_target():
    write("a.qasm", MAIN)
    assert main(["a.qasm"]) == 0
    assert main(["--target=bare", "-o", "b.qbin", "a.qasm"]) == 0
    assert read("out.qbin") == read("b.qbin")
    assert main(["-t", "user", "-o", "u.qbin", "a.qasm"]) == 0
    assert read("u.qbin") != read("b.qbin")


def test_standard_streams(monkeypatch):
    streams = Standard(monkeypatch, b"halt")
    assert main(["-t", "none", "-", "-o", "-"]) == 0
    assert streams.out.getvalue() == bytes(20)


def test_joined_text_assembles_to_the_same(monkeypatch):
    write("a.qasm", "data @s 'a;\\\\\\'\\n' ; c\n@`x y` :\nconstant\tr1 @s ; c\n")
    write("b.qasm", "word 5\ndata @t 1 2\nconstant r3 1.5f\ndata @u @`x y`")
    assert main(["-t", "none", "a.qasm", "b.qasm"]) == 0
    assert main(["-t", "none", "-a", "a.qasm", "b.qasm"]) == 0
    assert read("out.qasm").decode() == (
        "@`x y`:\n  constant r1 @s\n  word 5\n  constant r3 1.5f\n"
        "data @s 'a;\\\\\\'\\n'\ndata @t 1 2\ndata @u @`x y`\n")
    assert main(["-t", "none", "-o", "again.qbin", "out.qasm"]) == 0
    assert read("again.qbin") == read("out.qbin")


def test_symbols_and_listing():
    write("a.qasm", "@main:\n  constant r1 @d\ndata @d 'a'\n")
    assert main(["-t", "none", "a.qasm", "--symbols=map", "--listing=list"]) == 0
    assert read("map") == b"00001000 T main\n00001004 D d\n"
    assert read("list").decode() == (
        "00001000           @main:\n"
        "; a.qasm\n"
        "00001000  05010000      2  constant r1 @d\n"
        "00001001  00001004\n"
        "00001002  00000000\n"
        "00001003  00000000\n"
        "; data\n"
        "00001004           @d:\n"
        "00001004  00000001      3  data @d 'a'\n"
        "00001005  00000061\n"
        "00001006  00000000\n"
        "00001007  00000000\n")


@pytest.mark.parametrize("contents, message", [
    ("nop\nmov r1", "a.qasm:2:7: error: expected a register or ip; mov takes two operands\n"
                    "    mov r1\n          ^\n"),
    (b"nop\n; caf\xe9\n", "a.qasm:2:6: error: octet 0xe9 is not valid UTF-8\n"
                          "    ; caf\ufffd\n         ^\n"),
])
def test_wrong_input_gives_255_and_no_output(contents, message, capsys):
    write("out.qbin", "old")
    assert main(["-t", "none", write("a.qasm", contents)]) == 255
    assert capsys.readouterr().err == message
    assert read("out.qbin") == b"old"
    assert sorted(os.listdir()) == ["a.qasm", "out.qbin"]


def test_all_files_that_cannot_be_read_are_named(capsys):
    os.mkdir("folder")
    assert main(["-t", "none", "missing.qasm", "folder"]) == 255
    assert capsys.readouterr().err == (
        "error: cannot read missing.qasm: No such file or directory\n"
        "error: cannot read folder: Is a directory\n")


def test_output_that_cannot_be_written(capsys):
    assert main(["-t", "none", write("a.qasm", "nop"), "-o", "no/where"]) == 255
    assert "cannot write no/where: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("line, message", [
    ([], "the following arguments are required: file"),
    (["-t", "nowhere", "a.qasm"], "invalid choice: 'nowhere'"),
    (["--frob", "a.qasm"], "unrecognized arguments: --frob"),
    (["a.qasm", "-o", "a.qasm"], "the output a.qasm is also an input"),
    (["a.qasm", "-o", "./b", "--symbols", "b"], "two outputs go to b"),
    (["-", "-"], "standard input can be read only once"),
])
def test_wrong_command_line_gives_2(line, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(line)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_byte_order_mark_is_dropped():
    assert main(["-t", "none", write("a.qasm", b"\xef\xbb\xbfnop")]) == 0


def test_disassembler(capsys):
    write("a.qasm", "@main:\n  constant r1 @d\ndata @d 5\n")
    main(["-t", "none", "a.qasm", "--symbols=map"])
    assert dis.main(["out.qbin", "--symbols=map", "-o", "b.qasm"]) == 0
    assert read("b.qasm") == b"@main:\n  constant r1 @d\ndata @d 0x5\n"
    assert dis.main(["out.qbin", "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "00001000  05010000  constant r1 0x1004"


@pytest.mark.parametrize("contents, message", [
    (b"12345", "error: a.qbin: an image is whole words, four octets each, not 5 octets\n"),
    (bytes(8), "error: a.qbin: the assembler cannot make this image: "
               "it does not end in two halt words\n"),
])
def test_disassembler_refuses(contents, message, capsys):
    assert dis.main([write("a.qbin", contents)]) == 1
    assert capsys.readouterr().err == message


def test_disassembler_refuses_a_file_that_is_no_symbol_map(capsys):
    write("a.qbin", bytes(16))
    assert dis.main(["a.qbin", "--symbols", write("map", "00001000 T a\nfoo\n")]) == 1
    assert capsys.readouterr().err == "error: map:2: expected an address, T or D, and a name\n"
