"""Installed as a package, the commands work outside of the repository, with all that they need."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

from toolchain.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS    = ("run", "panel", "dev", "hw")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what the wheel holds, and nothing of the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
                   cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "packages")
    return folder / "packages"


def run(installed, command, *arguments, cwd):
    module, function = PROJECT["scripts"][command].split(":")
    code = (f"import sys; from {module} import {function}; "
            f"sys.argv[0] = {command!r}; sys.exit({function}())")
    environment = os.environ | {"PYTHONPATH": str(installed), "HOME": str(cwd),
                                "XDG_CACHE_HOME": str(cwd / "cache")}
    environment.pop("QUINCE_BUILD", None)
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], cwd=cwd,
                          env=environment, capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("command", PROJECT["scripts"])
def test_every_command_explains_itself(installed, tmp_path, command):
    result = run(installed, command, "--help", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"usage: {command}")


@pytest.mark.parametrize("target", ["bare", "user"])
def test_the_library_is_there(installed, tmp_path, target):
    entry = "args: string" if target == "user" else ""
    (tmp_path / "a.qll").write_text(f"function main({entry}): byte {{ return 7; }}\n")
    result = run(installed, "qllc", "--target", target, "-o", "a.qbin", "a.qll", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "a.qbin").stat().st_size > 0


@pytest.mark.slow
def test_a_program_runs_on_the_model(installed, tmp_path):
    (tmp_path / "a.qll").write_text("function main(): byte { return 7; }\n")
    result = run(installed, "quince-sim", "--engine", "model", "a.qll", cwd=tmp_path)
    assert result.returncode == 7, result.stderr
    assert not (installed / "build").exists()


def test_the_kernel_and_all_its_sources_are_there(installed):
    for folder in ("kernel", "firmware"):
        here  = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*")
                 if path.is_file() and "__pycache__" not in path.parts}
        there = {path.relative_to(installed) for path in (installed / folder).rglob("*")
                 if path.is_file()}
        assert there == here


def _names(text):
    return set(re.findall(r"^([a-z0-9][a-z0-9-]*)", text, re.MULTILINE))


def test_dependencies_are_those_that_make_installs():
    wanted = _names((ROOT / "requirements" / "run.in").read_text()) - {"hatchling", "editables"}
    assert _names("\n".join(PROJECT["dependencies"])) == wanted


def test_all_files_pin_the_same_versions():
    versions = {}
    for name in PINS:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        for package, version in re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE):
            versions.setdefault(package, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
