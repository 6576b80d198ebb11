"""What the folder's page says of its files, and what the simulation says of itself, is true."""

import re
from pathlib import Path

ROOT   = Path(__file__).parents[3]
ENGINE = ROOT / "sim" / "engine"


def test_every_file_of_the_engine_is_on_its_page():
    page = (ENGINE / "README.md").read_text()
    files = {path.name for path in ENGINE.iterdir()
             if path.suffix in (".py", ".cpp") and path.name != "__init__.py"}
    assert files - set(re.findall(r"[\w]+\.(?:py|cpp)", page)) == set()


def test_the_page_names_no_file_that_is_not_there():
    for name in re.findall(r"`(\w+\.(?:py|cpp))`", (ENGINE / "README.md").read_text()):
        assert (ENGINE / name).exists(), name


def test_nothing_in_the_simulation_claims_to_be_compiled_by_verilator():
    """The engine has a compiler of its own; Verilator runs what is exported, under cocotb."""
    claims = [path for path in (ROOT / "sim").rglob("*")
              if path.suffix in (".py", ".md", ".cpp") and "verilator" in path.read_text().lower()]
    assert claims == []


def test_the_engine_knows_nothing_of_the_golden_model():
    """Lockstep compares the two: what one takes from the other it cannot find wrong."""
    users = [path.name for path in ENGINE.glob("*.py") if "sim.golden" in path.read_text()]
    assert users == []
