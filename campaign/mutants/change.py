"""A change of one place of a source file, and where such changes are listed as equivalent."""

import importlib
import importlib.abc
import importlib.util
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from toolchain.places import ROOT

__all__ = ["EQUIVALENT", "Mutant", "equivalents", "plant", "replace"]

COMPILER   = "toolchain.qll"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Mutant:
    """What stands from `start` to `end` of a file (offsets in characters) becomes `new`."""
    path:  str  # from the root of the repository
    kind:  str  # of change
    start: int
    end:   int
    new:   str

    @property
    def text(self) -> str:
        """The file's text, changed."""
        text = source(self.path)
        return text[:self.start] + self.new + text[self.end:]

    @property
    def module(self) -> str:
        """The name of the module, if it is one of Python."""
        return self.path.removesuffix(".py").replace("/", ".")

    def execute(self, namespace: dict[str, Any]) -> None:
        """Run the changed module there."""
        exec(compile(self.text, str(ROOT / self.path), "exec"), namespace)

    @property
    def line(self) -> int:
        return source(self.path).count("\n", 0, self.start) + 1

    def lines(self) -> tuple[str, str]:
        """The lines that change, without what stands around them: before and after."""
        text = source(self.path)
        begin = text.rfind("\n", 0, self.start) + 1
        until = text.find("\n", self.end)
        until = len(text) if until < 0 else until
        return (text[begin:until].strip(),
                (text[begin:self.start] + self.new + text[self.end:until]).strip())

    def __str__(self) -> str:
        before, after = self.lines()
        return f"{self.path}:{self.line}: {self.kind}\n- {before}\n+ {after}"


@cache
def source(path: str) -> str:
    return (ROOT / path).read_text()


@cache
def equivalents() -> dict[tuple[str, str, str], str]:
    """The reason of each change that is known to change nothing, by path and lines."""
    entries = tomllib.loads(EQUIVALENT.read_text())["equivalent"]
    return {(entry["path"], entry["before"], entry["after"]): entry["reason"] for entry in entries}


class _Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed source."""

    def __init__(self, mutant: Mutant):
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != self.mutant.module:
            return None
        return importlib.util.spec_from_file_location(fullname, ROOT / self.mutant.path,
                                                      loader=self)

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        self.mutant.execute(vars(module))


def plant(mutant: Mutant) -> None:
    """From now on, let its module be imported with the change. It must not be imported yet, but for
    one of the compiler, whose parser was needed to find the changes: that is imported anew."""
    if mutant.module.startswith(COMPILER):
        for name in [name for name in sys.modules if name.startswith(COMPILER)]:
            del sys.modules[name]
    if mutant.module in sys.modules:
        raise RuntimeError(f"{mutant.module} is imported already")
    sys.meta_path.insert(0, _Planter(mutant))


def replace(mutant: Mutant) -> None:
    """Change a module that is imported already, and what others imported from it by name."""
    module = importlib.import_module(mutant.module)
    before = {name: value for name, value in vars(module).items()
              if getattr(value, "__module__", None) == module.__name__}
    mutant.execute(vars(module))
    for other in list(sys.modules.values()):
        for name, value in list(vars(other).items()):
            if name in before and value is before[name]:
                setattr(other, name, getattr(module, name))
