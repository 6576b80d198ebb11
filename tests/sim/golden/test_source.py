"""The golden model's source: what keeps it readable, and its compiled form up to date."""

import ast
from pathlib import Path

import pytest

from isa import ISA
from sim.golden import compiled, opcodes
from sim.golden.interpreted import MODULES

FOLDER = Path(compiled.__file__).parent


def test_every_instruction_has_the_name_of_its_opcode():
    assert {name: getattr(opcodes, name) for name in opcodes.__all__} == {
        f"OP_{insn.mnemonic.upper()}": insn.opcode for insn in ISA}


def test_in_all_modules_of_the_loop_a_name_means_one_thing():
    """They become one namespace where the loop runs uncompiled."""
    seen = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if not name.startswith("__"):
                assert seen.setdefault(name, value) is value, name


def test_the_loop_compares_opcodes_with_names_alone():
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (isinstance(node, ast.Compare) and isinstance(node.left, ast.Name)
                    and node.left.id == "op"):
                assert not any(isinstance(part, ast.Constant) for part in node.comparators)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_nothing_of_the_model_imports_the_hardware(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = ([alias.name for alias in node.names] if isinstance(node, ast.Import) else
                 [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        assert not any(name.split(".")[0] == "rtl" for name in names)


def test_compiled_code_is_made_anew_when_any_source_changes(monkeypatch, tmp_path):
    before = compiled.sources_digest()
    for path in FOLDER.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    assert compiled.sources_digest() == before
    (tmp_path / "traps.py").write_text((tmp_path / "traps.py").read_text() + "\n# more\n")
    assert compiled.sources_digest() != before
