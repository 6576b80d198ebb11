"""The extension for VS Code: what it says of the languages is what the tools say."""

import json
import re
import shutil
import subprocess

import pytest

from debug.cli import options_of
from isa import BY_MNEMONIC
from quince import COMMANDS
from toolchain.places import ROOT
from toolchain.qll.syntax.lexer import KEYWORDS
from toolchain.targets import TARGETS

EXTENSION = ROOT / "editors" / "vscode"
PACKAGE = json.loads((EXTENSION / "package.json").read_text())


def grammar(language):
    [entry] = [each for each in PACKAGE["contributes"]["grammars"] if each["language"] == language]
    found = json.loads((EXTENSION / entry["path"]).read_text())
    assert found["scopeName"] == entry["scopeName"]
    return found


def rules(part):
    """All regular expressions of a grammar, each with the scope it gives."""
    if isinstance(part, dict):
        for key in ("match", "begin", "end"):
            if key in part:
                yield part[key], part.get("name", "")
        for inner in part.values():
            yield from rules(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from rules(inner)


@pytest.mark.parametrize("language", ["qll", "qasm"])
def test_every_expression_of_a_grammar_compiles(language):
    found = list(rules(grammar(language)))
    assert len(found) > 10
    for expression, _ in found:
        re.compile(expression)


def test_the_grammar_of_qll_has_the_keywords_of_the_language():
    words = {word for expression, _ in rules(grammar("qll"))
             for group in re.findall(r"\\b\(\??:?([a-z|A-Z]+)\)", expression)
             for word in group.split("|")}
    literals = {"true", "false", "Inf", "NaN"}
    assert words - literals - {"bool", "string", "struct"} == KEYWORDS
    assert literals < words


def test_the_grammar_of_qasm_has_the_instructions_of_the_machine():
    [expression] = [each["match"] for name, each in grammar("qasm")["repository"].items()
                    if name == "instruction"]
    assert set(re.search(r"\((.*)\)", expression)[1].split("|")) == set(BY_MNEMONIC)


def test_the_manifest_names_files_that_are_there():
    contributes = PACKAGE["contributes"]
    assert {each["id"]: each["extensions"] for each in contributes["languages"]} == {
        "qll": [".qll"], "qasm": [".qasm"]}
    for each in [*contributes["languages"], *contributes["grammars"]]:
        assert (EXTENSION / each.get("configuration", each.get("path"))).is_file()
    ships = PACKAGE["files"]
    assert {"dist/extension.js", "syntaxes", "*.language.json"} <= set(ships)
    assert "dist" not in ships  # where the package is put itself
    assert (EXTENSION / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_what_it_starts_is_there():
    source = (EXTENSION / "extension.js").read_text()
    commands = re.findall(r'\["(\w+)"(?:, "(--\w+)")?\]', source)
    assert ("lsp", "") in commands and ("debug", "--dap") in commands
    assert {"lsp", "debug"} <= set(COMMANDS)
    assert options_of(["--dap"]).dap


def test_the_settings_are_those_of_the_tools():
    settings = PACKAGE["contributes"]["configuration"]["properties"]
    assert settings["quince.target"]["enum"] == ["auto", *TARGETS]
    [debugger] = PACKAGE["contributes"]["debuggers"]
    launch = debugger["configurationAttributes"]["launch"]["properties"]
    defaults = options_of([])
    for name, value in launch.items():
        if name != "stopOnEntry":
            assert value.get("default") == getattr(defaults, name), name


def test_the_lock_file_names_no_host():
    lock = json.loads((EXTENSION / "package-lock.json").read_text())
    assert lock["packages"][""]["dependencies"] == PACKAGE["dependencies"]
    assert lock["packages"][""]["devDependencies"] == PACKAGE["devDependencies"]
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, name
        assert "integrity" in entry or not name, name


def test_the_grammars_tell_lines_apart_as_vs_code_does():
    node = shutil.which("node")
    if node is None or not (EXTENSION / "node_modules").is_dir():
        pytest.skip("needs node and the extension's packages: make vscode")
    ended = subprocess.run([node, "--test", "test/grammar.test.js"], cwd=EXTENSION,
                           capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout
