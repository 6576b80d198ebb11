"""The compiler's command line: products, switches, exit codes, what it says."""

import struct
import subprocess
import sys

import pytest

from sim.cli import main as simulate
from sim.golden import run_words
from toolchain.link.cli import main as qlink
from toolchain.qll.cli import BAD_INPUT, main

PROGRAM = "function main(): byte { return 42; }\n"
WARNS = "function main(): byte { var b: byte = 3; return <unsafe byte>b; }\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prog.qll").write_text(PROGRAM)
    (tmp_path / "warns.qll").write_text(WARNS)
    (tmp_path / "wrong.qll").write_text("function main(): byte { return nope; }\n")
    return tmp_path


def result_of(path):
    octets = path.read_bytes()
    return run_words(struct.unpack(f"<{len(octets) // 4}I", octets)).r0


def test_writes_text_by_default(folder):
    assert main(["prog.qll"]) == 0
    assert "@global::main:" in (folder / "out.qasm").read_text()


def test_the_text_can_be_assembled_by_the_assembler(folder):
    from toolchain.qasm.cli import main as qasm
    assert main(["--target=bare", "-o", "prog.qasm", "prog.qll"]) == 0
    assert qasm(["--target=bare", "-o", "prog.qbin", "prog.qasm"]) == 0
    assert result_of(folder / "prog.qbin") == 42


@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2"])
def test_an_image_runs(folder, level):
    assert main([level, "-o", "prog.qbin", "prog.qll"]) == 0
    assert result_of(folder / "prog.qbin") == 42


def test_two_languages_make_one_image(folder):
    (folder / "a.qll").write_text("function three(): byte;\n")
    (folder / "b.qll").write_text("function main(): byte { return three() + 1; }\n")
    (folder / "c.qasm").write_text("@global::three:\n  mov r1 r0\n  constant r0 3\n  jmp r1\n")
    assert main(["-o", "prog.qbin", "a.qll", "c.qasm", "b.qll"]) == 0
    assert result_of(folder / "prog.qbin") == 4


def test_an_object_is_linked_by_the_linker(folder):
    from toolchain.link.cli import main as qlink
    assert main(["-c", "prog.qll"]) == 0
    assert qlink(["-o", "prog.qbin", "prog.o"]) == 0
    assert result_of(folder / "prog.qbin") == 42


def test_an_object_goes_into_an_image(folder):
    (folder / "c.qasm").write_text("@global::three:\n  mov r1 r0\n  constant r0 3\n  jmp r1\n")
    (folder / "a.qll").write_text("function three(): byte;\n"
                                  "function main(): byte { return three(); }\n")
    from toolchain.link.cli import main as qlink
    assert qlink(["-o", "c.o", "c.qasm"]) == 0
    assert main(["-o", "prog.qbin", "a.qll", "c.o"]) == 0
    assert result_of(folder / "prog.qbin") == 3


def test_an_executable_is_an_elf_file(folder):
    assert main(["-g", "-o", "prog.elf", "prog.qll"]) == 0
    assert (folder / "prog.elf").read_bytes()[:4] == b"\x7fELF"


@pytest.mark.parametrize("product, expected", [
    ("tree", "function global::main: () => byte"), ("ir", "function @`global::main`"),
    ("qasm", "@global::main:")])
def test_emits_to_standard_output(capfdbinary, product, expected):
    assert main(["--emit", product, "-t", "none", "prog.qll"]) == 0
    assert expected in capfdbinary.readouterr().out.decode()


def test_checks_without_writing(folder):
    assert main(["--check", "prog.qll"]) == 0
    assert not (folder / "out.qasm").exists()


def test_the_same_input_gives_the_same_octets(folder):
    products = []
    for number in range(2):
        code = f"import sys; from toolchain.qll.cli import main; " \
               f"sys.exit(main(['-o', 'p{number}.qbin', 'prog.qll']))"
        subprocess.run([sys.executable, "-c", code], check=True)
        products.append((folder / f"p{number}.qbin").read_bytes())
    assert products[0] == products[1]


def test_marker_labels_carry_the_module_name(folder):
    assert main(["-t", "none", "--module", "odd `name", "prog.qll"]) == 0
    text = (folder / "out.qasm").read_text()
    assert "@`odd name$begin`:" in text
    assert "@`odd name$end`:" in text


@pytest.mark.parametrize("arguments, code", [
    (["prog.qll", "--check"], 0), (["warns.qll", "--check"], 0),
    (["warns.qll", "--check", "--strict"], BAD_INPUT),
    (["warns.qll", "--check", "--strict", "-Wno-unsafe"], 0),
    (["prog.qll", "--check", "--strict", "-Wall"], 0),
    (["wrong.qll"], BAD_INPUT), (["nowhere.qll"], BAD_INPUT),
    (["prog.qll", "-o", "nowhere/out.qasm"], BAD_INPUT),
    (["prog.qll", "prog.qll"], BAD_INPUT)])
def test_exit_code(arguments, code):
    assert main(arguments) == code


@pytest.mark.parametrize("arguments", [
    [], ["--target=moon", "prog.qll"], ["-O3", "prog.qll"], ["-Wnothing", "prog.qll"],
    ["-o", "prog.qll", "prog.qll"], ["-", "-"], ["prog.qll", "x.qasm"], ["-S", "-c", "prog.qll"]])
def test_a_wrong_command_line_exits_with_2(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_nothing_is_written_after_an_error(folder):
    assert main(["-o", "wrong.qasm", "wrong.qll"]) == BAD_INPUT
    assert not (folder / "wrong.qasm").exists()


def test_messages_go_to_standard_error(capsys):
    main(["wrong.qll", "-t", "none"])
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("wrong.qll:1:32: error: unknown identifier 'nope'\n"
                   "    function main(): byte { return nope; }\n"
                   "                                   ^~~~\n")


def test_a_warning_names_its_switch(capsys):
    main(["warns.qll", "--check", "-t", "none"])
    assert capsys.readouterr().err.splitlines()[0] == (
        "warns.qll:1:49: warning: casting byte to byte does not need unsafe [-Wunsafe]")


def test_text_that_is_not_utf_8_is_an_error_with_a_place(folder, capsys):
    (folder / "odd.qll").write_bytes(b"// fine\nfunction \xff")
    assert main(["odd.qll"]) == BAD_INPUT
    assert capsys.readouterr().err.startswith("odd.qll:2:10: error: octet 0xff")


def test_what_nobody_defines_is_reported_at_its_declaration(folder, capsys):
    (folder / "ext.qll").write_text("function ext(): byte;\n"
                                    "function main(): byte { return ext(); }\n")
    assert main(["-o", "x.qbin", "ext.qll"]) == BAD_INPUT
    assert capsys.readouterr().err.startswith("ext.qll:1:10: error: undefined symbol: "
                                              "function 'global::ext'")


@pytest.mark.parametrize("run", [
    lambda: qlink(["-o", "x.qbin", "ext.qll"]), lambda: simulate(["ext.qll"]),
])
def test_other_tools_report_it_there_too(folder, capsys, run):
    (folder / "ext.qll").write_text("function ext(): byte;\n.extern global far: byte;\n"
                                    "function main(): byte { return ext() + far; }\n")
    assert run()
    said = capsys.readouterr().err
    assert "ext.qll:1:10: error: undefined symbol: function 'global::ext' is declared here" in said
    assert "ext.qll:2:16: error: undefined symbol: global 'global::far' is declared here" in said


def test_a_fault_of_the_compilers_own_shows_where_it_is(folder, capsys, monkeypatch):
    (folder / "one.qll").write_text("function main(): byte { return 1; }\n")
    monkeypatch.setattr("toolchain.qll.generate.lower", lambda program, level, debug: 1 / 0)
    assert main(["-o", "x.qasm", "one.qll"]) == BAD_INPUT
    said = capsys.readouterr().err
    assert said.startswith("Traceback") and "ZeroDivisionError" in said
    assert said.split("\n")[-2].startswith("error: internal error in the compiler")


def test_a_program_without_main_is_reported(folder, capsys):
    (folder / "no.qll").write_text("function other(): byte { return 1; }\n")
    assert main(["-o", "x.qbin", "no.qll"]) == BAD_INPUT
    assert "the program needs a function 'main'" in capsys.readouterr().err
