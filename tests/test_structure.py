"""How the code hangs together: which module imports which, and how long things are.

Every import counts, also those inside functions and those for type checkers only: a circle that is
hidden from the interpreter is one for the reader all the same.
"""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()

# What each folder may import besides itself. The table in docs/architecture.md says the same.
MAY_IMPORT = {
    "isa":       set(),
    "toolchain": {"isa"},
    "rtl":       {"isa"},
    "system":    {"isa", "toolchain"},
    "sim":       {"isa", "toolchain", "rtl", "system", "fpga"},
    "debug":     {"isa", "toolchain", "rtl", "system", "sim"},
    "panel":     {"isa", "toolchain", "sim", "debug"},
    "editors":   {"isa", "toolchain", "system"},
    "fpga":      {"isa", "toolchain", "rtl", "system"},
    "bench":     {"isa", "toolchain", "rtl", "system", "sim", "debug", "panel",
                  "editors", "fpga"},
    "campaign":  {"isa", "toolchain", "rtl", "system", "sim", "fpga", "tests"},
}
NEVER = {("sim.golden", "rtl")}  # the second opinion shares nothing with the hardware

MOST_LINES_OF_A_FILE      = 600
MOST_LINES_OF_A_FUNCTION  = 100
MOST_LINES_OF_AN_ELABORATE = 120
REASON = re.compile(r"\bLong because\b")  # in a docstring: why a file or function is longer

# What is still to be mended; what is done leaves the list.
KNOWN_LONG = {
    "toolchain/qll/tree.py",
    "sim/golden/core.py: make_run", "sim/golden/core.py: run",
}


@cache
def trees():
    """The syntax tree of every module, by its dotted name."""
    found = {}
    for folder in MAY_IMPORT:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = (path, ast.parse(path.read_text()))
    return found


def imports_of(name, path, tree, modules):
    """The modules of ours that a module mentions in imports, wherever they stand."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[:len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                if inner in modules:
                    yield inner
                elif base in modules:
                    yield base


@cache
def graph():
    modules = trees()
    return {name: set(imports_of(name, path, tree, modules)) - {name}
            for name, (path, tree) in modules.items()}


def circles(edges):
    """Groups of modules that can be reached from each other (Tarjan's algorithm)."""
    order, low, stack, found = {}, {}, [], []

    def visit(name):
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in sorted(edges[name]):
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            group = set()
            while name not in group:
                group.add(stack.pop())
            if len(group) > 1:
                found.append(group)

    for name in sorted(edges):
        if name not in order:
            visit(name)
    return found


def test_a_circle_would_be_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [{"b", "c"}]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_hidden_imports_count():
    tree = ast.parse("def f():\n  from rtl import bus\nif TYPE_CHECKING:\n  import isa.machine\n"
                     "from .core import x\n")
    modules = {"rtl", "rtl.bus", "isa.machine", "rtl.core"}
    assert set(imports_of("rtl.soc", Path("soc.py"), tree, modules)) == {
        "rtl.bus", "isa.machine", "rtl.core"}


def test_there_is_no_circle_of_imports():
    assert len(graph()) > 150
    assert circles(graph()) == []


def test_imports_run_one_way():
    wrong = [f"{name} imports {other}" for name, others in graph().items() for other in others
             if (there := other.partition(".")[0]) != (here := name.partition(".")[0])
             and there not in MAY_IMPORT[here]]
    wrong += [f"{name} imports {other}" for name, others in graph().items() for other in others
              for below, above in NEVER
              if f"{name}.".startswith(f"{below}.") and f"{other}.".startswith(f"{above}.")]
    assert wrong == []


def test_the_layers_themselves_have_no_circle():
    assert circles({**MAY_IMPORT, "tests": set()}) == []  # tests may import everything


def test_the_manual_shows_the_same_layers():
    rows = re.findall(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?|nothing of ours)+) \|$", ARCHITECTURE, re.M)
    assert {folder: set(re.findall(r"`(\w+)`", others)) for folder, others in rows} == MAY_IMPORT


def long_things():
    """Files and functions that are longer than they should be and do not say why."""
    for path, tree in trees().values():
        where = path.relative_to(ROOT).as_posix()
        lines = path.read_text().count("\n")
        if lines > MOST_LINES_OF_A_FILE and not REASON.search(ast.get_docstring(tree) or ""):
            yield where
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                most = MOST_LINES_OF_AN_ELABORATE if node.name == "elaborate" \
                    else MOST_LINES_OF_A_FUNCTION
                if node.end_lineno - node.lineno + 1 > most \
                        and not REASON.search(ast.get_docstring(node) or ""):
                    yield f"{where}: {node.name}"


def test_nothing_else_is_too_long():
    assert set(long_things()) - KNOWN_LONG == set()
