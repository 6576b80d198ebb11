"""The parts of the repository that are changed, and which changes there are in each."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from campaign.mutants.change import Mutant
from campaign.mutants.python import python_mutants
from campaign.mutants.qasm import qasm_mutants
from campaign.mutants.qll import qll_mutants
from toolchain.places import ROOT

__all__ = ["AREAS", "Area", "mutants", "named"]


@dataclass(frozen=True)
class Area:
    """Files that are changed one at a time, and how long a judgement may take, in seconds.

    Parameters
    ----------
    patterns : tuple of str
        Of its files, from the root of the repository.
    without : tuple of str
        Names of files that only describe, print or check arguments.
    """
    name:      str
    about:     str
    patterns:  tuple[str, ...]
    changes:   Callable[[str], Iterator[Mutant]]
    without:   tuple[str, ...] = ()
    timeout_s: float = 600

    def files(self) -> list[str]:
        return [str(path.relative_to(ROOT)) for pattern in self.patterns
                for path in sorted(ROOT.glob(pattern)) if path.name not in self.without]


AREAS = {area.name: area for area in (
    Area("rtl", "changes of the hardware",
         ("rtl/core/*.py", "rtl/mmu/*.py", "rtl/fpu/*.py", "rtl/memory/*.py",
          "rtl/peripherals/*.py", "rtl/soc.py", "rtl/bus.py"),
         python_mutants, ("sdram_chips.py", "account.py", "ram.py")),
    Area("golden", "changes of the golden model",
         ("sim/golden/core.py", "sim/golden/arithmetic.py", "sim/golden/translation.py",
          "sim/golden/traps.py"), python_mutants, timeout_s=120),
    Area("lockstep", "changes of what follows and compares",
         ("sim/golden/checks.py", "sim/golden/records.py", "sim/golden/follow.py",
          "sim/lockstep.py", "sim/fuzz/subjects.py"), python_mutants, timeout_s=240),
    Area("kernel", "changes of the kernel", ("kernel/*.qll",), qll_mutants,
         ("audit.qll", "no_audit.qll", "limits.qll"), timeout_s=1800),
    Area("assembly", "changes of the kernel's assembly", ("kernel/*.qasm",), qasm_mutants,
         timeout_s=1800),
    Area("compiler", "changes of the compiler",
         ("toolchain/qll/middle/*.py", "toolchain/qll/target/*.py", "toolchain/qll/check/*.py",
          "toolchain/qll/syntax/*.py"), python_mutants,
         ("habits.py", "recovery.py", "recorder.py"), timeout_s=150),
)}


@cache
def mutants(area: str) -> tuple[Mutant, ...]:
    """All changes of an area, in an order of no meaning, so that the first ones are a sample."""
    return tuple(named(area).values())


@cache
def named(area: str) -> Mapping[str, Mutant]:
    """The same by their names. A change keeps its name, and its place before or behind others, for
    as long as its lines stay as they are."""
    found = [mutant for path in AREAS[area].files() for mutant in AREAS[area].changes(path)]
    seen: Counter[str] = Counter()
    names = {}
    for mutant in found:
        before, after = mutant.lines()
        name = f"{mutant.path}: {mutant.kind}: {before} => {after}"
        seen[name] += 1
        names[f"{name} ({seen[name]})" if seen[name] > 1 else name] = mutant
    return dict(sorted(names.items(),
                       key=lambda item: hashlib.sha256(item[0].encode()).digest()))
