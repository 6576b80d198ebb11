"""`quince`: the front to all commands."""

import os
import subprocess
import sys
import tomllib

import pytest

import quince
from quince import COMMANDS, main
from toolchain.places import ROOT


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: ")


def test_the_rest_of_the_command_line_and_the_status_are_handed_on(tmp_path, capsys):
    (tmp_path / "a.qasm").write_text("  ad r1 r2 r3\n")
    arguments = ["assemble", "-t", "none", str(tmp_path / "a.qasm"), "-o", str(tmp_path / "a.qbin")]
    assert main(arguments) == 255
    assert "did you mean 'add'?" in capsys.readouterr().err
    (tmp_path / "a.qasm").write_text("  halt\n")
    assert main(arguments) == 0
    assert (tmp_path / "a.qbin").stat().st_size > 0


def test_help_names_all_commands(capsys):
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.split("commands:\n")[1].splitlines()] == [*COMMANDS]


@pytest.mark.parametrize("arguments, said", [
    (["debgu"], "quince: there is no command 'debgu'; did you mean 'debug'?\n"),
    (["frobnicate", "--help"], "quince: there is no command 'frobnicate'\n"),
    (["--fast"], "quince: there is no command '--fast'\n"),
])
def test_what_is_no_command_is_refused(arguments, said, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", said)


def test_without_a_command_it_explains_itself_and_fails(capsys):
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: quince COMMAND")


def test_every_installed_command_has_a_place_here():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    entries = [getattr(quince, entry.removeprefix("quince:")) for name, entry in scripts.items()
               if name != "quince"]
    assert {entry.args[0] for entry in entries} <= {each.module for each in COMMANDS.values()}
    assert all(entry.func is quince.start for entry in entries)


def test_a_short_command_is_not_looked_through_for_garbage_again_and_again(tmp_path):
    (tmp_path / "a.qll").write_text("function main(): byte { return 7; }\n")
    code = ("import gc, quince; runs = []; "
            "gc.callbacks.append(lambda phase, about: runs.append(phase)); "
            "quince.start('toolchain.qll.cli', ['a.qll', '-o', 'a.qbin']); "
            "print(runs.count('start'), gc.get_freeze_count())")
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True).stdout
    runs, frozen = map(int, told.split())
    assert runs <= 2 and frozen > 10_000
