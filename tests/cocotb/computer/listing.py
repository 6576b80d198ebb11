"""What benches there are, and what each is about, out of their source."""

import ast
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Listed", "find_benches"]

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Listed:
    """A bench: its name, what it is about, and its tests with what each is about."""
    name:  str
    about: str
    tests: dict[str, str]


def find_benches():
    """All benches, in alphabetical order."""
    found = []
    for path in sorted(HERE.glob("bench_*.py")):
        tree = ast.parse(path.read_text(), str(path))
        tests = {node.name: first_line(ast.get_docstring(node)) for node in tree.body
                 if isinstance(node, ast.AsyncFunctionDef)
                 and any("computer_test" in ast.unparse(mark) for mark in node.decorator_list)}
        found.append(Listed(path.stem.removeprefix("bench_"), first_line(ast.get_docstring(tree)),
                            tests))
    return found


def first_line(text):
    return (text or "").split("\n")[0]
