"""Debug information, read back: lines and functions of compiled and of assembled code."""

import io

import pytest
from elftools.elf.elffile import ELFFile

from toolchain.build import compile_program, debug_file, image
from toolchain.debug_info import DebugInfo, DebugInfoError, Place, WrongBuildError
from toolchain.link import LIKE_FLAT, link, read_object
from toolchain.link.objects import objects_of
from toolchain.source import Source
from toolchain.targets import library_sources

QLL = """\
function twice(n: byte): byte {
  return n * 2;
}
function main(): byte {
  var a = twice(20);
  return a + 2;
}
"""
QASM = "; helper\n@helper:\n  mov r1 r0\n@helper$inside:\n  jmp r0\n"


def objects(level=0, qll=QLL):
    """The program with its library as objects, and a file of assembly."""
    compiled = compile_program([Source("prog.qll", qll)], "bare", level)
    return objects_of([*library_sources("bare", ".qasm"), Source("helper.qasm", QASM),
                       compiled.text])


def read(tmp_path, octets, name="prog.elf"):
    path = tmp_path / name
    path.write_bytes(octets)
    return DebugInfo.read(path)


@pytest.fixture(scope="module")
def info(tmp_path_factory):
    return read(tmp_path_factory.mktemp("elf"), link(objects(), "prog.elf"))


def test_each_function_is_found_by_its_addresses(info):
    [main] = info.functions_named("main")
    assert main.name == "global::main"
    for address in (main.low, main.high - 1):
        assert info.function_at(address) == main
        assert info.places(address)[-1].function == "global::main"
    assert info.function_at(info.functions[-1].high) is None
    assert info.places(0) == ()


def test_lines_of_code_are_those_of_the_source(info):
    [main] = info.functions_named("global::main")
    assert set(info.lines("prog.qll")) >= {2, 5, 6}
    [address] = info.addresses("prog.qll", 5)
    assert main.low <= address < main.high
    assert info.places(address)[0][:3] == ("global::main", "prog.qll", 5)


def test_assembly_has_lines_and_labels(info):
    [helper] = info.functions_named("helper")
    assert info.places(helper.low) == (Place("helper", "helper.qasm", 3, 0, False),)
    assert info.places(helper.low + 1)[0].line == 5
    assert info.label(helper.low) == "helper"
    assert info.label(helper.low + 1) == "helper$inside"


def test_linking_objects_from_files_gives_the_same_information(tmp_path):
    kept = [read_object(link([part], f"{at}.o", "object"), f"{at}.o")
            for at, part in enumerate(objects())]
    assert link(kept, "prog.elf") == link(objects(), "prog.elf")


def test_a_file_like_a_flat_image_is_about_that_image(tmp_path):
    image = link(objects(), "prog.qbin", "flat")
    info = read(tmp_path, link(objects(), "prog.elf", LIKE_FLAT))
    elf = ELFFile(io.BytesIO((tmp_path / "prog.elf").read_bytes()))
    assert b"".join(segment.data() for segment in elf.iter_segments("PT_LOAD")) == image
    info.require_image(image)
    with pytest.raises(WrongBuildError, match="prog.elf: symbols of another build: they are of "):
        info.require_image(link(objects(2), "prog.qbin", "flat"))


def test_symbol_maps_have_functions(tmp_path):
    path = tmp_path / "prog.sym"
    path.write_text("00001000 T first\n00001004 T first$0\n00001008 T second\n0000100c D data\n")
    info = DebugInfo.read(path)
    assert info.places(0x1005) == (Place("first", "", 0, 0, False),)
    assert info.label(0x1005) == "first$0+0x1"
    assert info.functions[-1][:3] == ("second", 0x1008, 0x100c)


@pytest.mark.parametrize("octets, message", [
    (b"", "no symbols"),
    (b"00001000 T\n", "expected '<address> T|D <name>'"),
    (b"\x7fELF", "damaged"),
])
def test_what_is_none_is_refused(tmp_path, octets, message):
    with pytest.raises(DebugInfoError, match=message):
        read(tmp_path, octets)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DebugInfoError, match="nothing.elf: No such file"):
        DebugInfo.read(tmp_path / "nothing.elf")


REPEATED = """\
define LAST 3
@main:
  nop
repeat n 1 LAST
  ; of each register

  add r0 r0 r{n}
  constant r4 {n}
end
@main$end:
  halt
"""


@pytest.mark.parametrize("kind", ["exec", LIKE_FLAT])
def test_each_round_of_a_repeat_is_at_the_lines_that_it_was_made_from(tmp_path, kind):
    info = read(tmp_path, link(objects_of([Source("rounds.qasm", REPEATED)]), "prog.elf", kind))
    # An `add` is one word, a `constant` two.
    lines = [info.places(address)[0].line for address in range(0x1000, 0x100B)]
    assert lines == [3] + 3 * [7, 8, 8] + [11]
    assert info.addresses("rounds.qasm", 7) == [0x1001, 0x1004, 0x1007]
    assert info.addresses("rounds.qasm", 8) == [0x1002, 0x1005, 0x1008]
    assert info.addresses("rounds.qasm", 5) == info.addresses("rounds.qasm", 9) == []
    assert info.label(0x1008) == "main+0x8" and info.label(0x100A) == "main$end"


def test_a_return_address_in_assembly_is_followed_from_register_to_register():
    text = """
@f:
  mov r5 r0
  constant r0 7
  mov r6 r5
  constant r6 8
  jmp r5
@g:
  constant r0 9
  jmp r0
"""
    program = image([], [Source("f.qasm", text)])
    info = DebugInfo.of(debug_file(program, "f.elf"), "f.elf")
    start, registers = info.symbols["f"], [1000 + n for n in range(64)]

    def caller(address):
        found = info.unwind(address, registers, lambda at: None)
        return None if found is None else found.address

    assert [caller(start + at) for at in (0, 1, 3, 4, 6)] == [1000, 1000, 1005, 1005, 1005]
    assert caller(info.symbols["g"] + 2) is None
