"""Images, symbols and programs that a debugger has trouble with."""

import pytest

from debug.error import DebugError
from tests.debug.dialogue import dialogue
from toolchain.link import link
from toolchain.link.cli import load_objects
from toolchain.qasm import assemble
from toolchain.source import Source

PROGRAM = "function main(): byte {\n  var answer = 42;\n  return answer;\n}\n"

CHANGES_ITSELF = """; overwrites the instruction at `changed` with `mov r0 r1`, and goes through it
@_entrypoint:
  constant r1 7
  constant r2 @changed
  constant r3 0x04000100
  store r2 r3
@changed:
  mov r0 r4
  halt
"""


def executable(path, text, **options):
    """An executable of a QLL text, beside its source."""
    source = path / "program.qll"
    source.write_text(text)
    made = path / "program.elf"
    made.write_bytes(link(load_objects([str(source)], "bare", 0, debug=True), made.name, "exec"))
    return made


def test_an_executable_brings_its_symbols(tmp_path):
    with dialogue(executable(tmp_path, PROGRAM), "--engine", "model") as talk:
        talk("break main")
        assert talk.lines("continue")[1].startswith("main () at ")
        talk("next")
        assert talk("info locals") == "answer = 42"


def test_a_stripped_image_is_told_of_and_can_be_stepped(tmp_path, capsys):
    path = tmp_path / "bare.qbin"
    path.write_bytes(assemble([Source("a.qasm", CHANGES_ITSELF)]).to_octets())
    with dialogue(path, "--engine", "model") as talk:
        assert "bare.qbin is an image without symbols" in capsys.readouterr().err
        assert talk("break main") == ("refused: there are no symbols for the code here: name an "
                                      "address, '*0x1234'")
        assert talk("step").startswith("refused: there is no line information")
        talk("break *0x1006")
        assert talk.lines("continue")[-1] == "=> 0x00001006: store r2 r3"
        assert talk("backtrace") == "#0  0x00001006 in ??"


def test_symbols_of_another_build_are_refused(tmp_path):
    path = tmp_path / "other.qbin"
    path.write_bytes(assemble([Source("a.qasm", CHANGES_ITSELF)]).to_octets())
    symbols = executable(tmp_path, PROGRAM)
    with pytest.raises(DebugError, match="symbols of another build: they are of [0-9a-f]+, and the "
                                         "image is"):
        with dialogue(path, "--engine", "model", "--symbols", symbols):
            pass


def test_symbols_that_are_none_are_refused(tmp_path):
    path, wrong = tmp_path / "other.qbin", tmp_path / "wrong.elf"
    path.write_bytes(assemble([Source("a.qasm", CHANGES_ITSELF)]).to_octets())
    wrong.write_bytes(b"\x7fELF nothing")
    with pytest.raises(DebugError, match="wrong.elf"):
        with dialogue(path, "--engine", "model", "--symbols", wrong):
            pass


def test_a_program_that_overwrites_itself_is_shown_as_it_is(tmp_path):
    path = tmp_path / "changes.qasm"
    path.write_text(CHANGES_ITSELF)
    with dialogue(path, "--engine", "model") as talk:
        talk("break *changed")
        talk("continue")
        assert "mov r0 r1" in talk("x/1i $ip")
        talk("reverse-stepi")
        assert "mov r0 r4" in talk("x/1i $ip+1")
        talk("goto end")
        assert "exit code 0x7" in talk("continue")


def test_a_machine_that_sleeps_for_ever_is_told(tmp_path):
    path = tmp_path / "sleeps.qasm"
    path.write_text("@_entrypoint:\n  constant r1 0\n  store r1 r1\n  wait\n")
    with dialogue(path, "--engine", "model") as talk:
        assert talk.lines("continue")[0] == (
            "The machine sleeps for ever: no interrupt can end this 'wait'.")
        talk("reverse-stepi")
        assert talk("print $ip").startswith("0x100")


def test_a_fault_without_a_handler_can_be_gone_back_from(tmp_path):
    path = tmp_path / "fault.qasm"
    path.write_text("@_entrypoint:\n  constant r1 0x400000\n  load r0 r1\n")
    with dialogue(path, "--engine", "model") as talk:
        talk("catch fault")
        assert talk.lines("continue")[0] == "Catchpoint 1: fault OUT_OF_BOUNDS"
        assert talk("print/x $r1") == "0x400000"
        talk("delete")
        assert "fault without a handler, OUT_OF_BOUNDS" in talk("continue")
        talk("reverse-stepi")
        talk("reverse-stepi")
        assert talk("print $r1") == "0"
