"""Judges one mutant in a process of its own: `python -m campaign.mutants.judge rtl 17`.

The last line of its output is the verdict, as JSON. What is cheap and finds most comes first:
random programs, before the tests of the file that is changed.
"""

import dataclasses
import io
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.mutants.areas import mutants
from campaign.mutants.change import Mutant, plant, replace, source
from toolchain.places import BUILD, ROOT

if TYPE_CHECKING:  # what a mutant may change is imported when it is planted
    from sim.fuzz.program import Program
    from sim.fuzz.subjects import Subject

__all__ = ["ALONE", "BUILDS", "EQUAL", "FIRST_BUILD", "KILLED", "NOT_BUILT", "NOT_JUDGED",
           "PROGRAMS", "SURVIVES", "Verdict", "at_most", "clean_header", "compile_quickly",
           "death", "judge", "related_tests", "wrong"]

KILLED, SURVIVES, EQUAL, NOT_BUILT = "killed", "survives", "equal", "not built"
NOT_JUDGED = "not judged"  # no verdict: what should judge it failed
ALONE     = "alone"  # no verdict: of hardware that cannot be changed beside other changes
PROGRAMS  = 80   # random ones, for the hardware
MODEL_PROGRAMS = 27  # of three machines, by each of three variants of the model's loop
ONE_S     = 10   # of processor's time that a program may take of the model, or a source
TEST_S    = 20   # that a test of the compiler may take
SOURCES   = range(1, 31)  # random ones, for the compiler
FIRST     = 8    # of those, before the tests
PROOF_S   = 130  # of processor's time that a proof may take, if it holds
SUITES    = ("edges", "usertests", "attacks")  # test programs of the kernel, a second at most
RUNS      = 4    # of each kind of random run, for the kernel
SUITE_CYCLES = 1_000_000_000  # ten times what a suite takes
SHORT_CYCLES = 20_000_000  # in which a kernel starts and carries out two short commands

# The kernel's tests in the order in which they are asked: what is short before what is long. Those
# of the large programs on the disk find nothing in the kernel that others do not.
KERNEL_TESTS = ("tick", "display", "screen", "screen_sequences", "copying", "damage",
                "large_disks", "streams", "restart", "consoles", "loader", "check", "path",
                "terminal", "utilities", "shell_language", "files", "names", "console", "jobs",
                "shell", "crash")
KERNEL_LATER = ("failures", "suites", "db")
KERNEL_DEBUGGED = ("sentences", "masked")

# The model's tests that need not take long uncompiled.
MODEL_TESTS = ("core", "encoding", "interrupts", "translation", "follow", "counters")

# Of what compares hardware and model, modules that are plain Python, and the tests of each.
COMPARING = {"sim/golden/follow.py": ("sim/golden/test_follow.py", "sim/test_lockstep.py",
                                      "sim/fuzz/test_fuzz.py"),
             "sim/lockstep.py": ("sim/test_lockstep.py", "sim/test_cli.py"),
             "sim/fuzz/subjects.py": ("sim/fuzz/test_fuzz.py",)}

# The compiler's tests that are asked first, and those that are not asked: of any text, of growth.
COMPILER_TESTS = ("errors", "backend", "passes", "fold", "ssa", "rules", "warnings", "aggregates",
                  "programs", "workloads")
COMPILER_NEVER = ("fuzz", "growth")
COMPILER_LATER = ("toolchain/debug_info/test_variables.py",)  # of other folders

# Which build of the hardware has a file in it, if the first one has not. What the first one does
# not find is asked of another one, whose memory lets all that use it wait.
FIRST_BUILD, OTHER_BUILD = "list", "sdram"
BUILDS = {"two_level_walker": "two-level", "untranslated": "no-mmu", "hesitant": "hesitant",
          "cache": "sdram", "cache_lookup": "sdram", "cache_refill": "sdram",
          "cache_shape": "sdram", "cached_sdram": "sdram", "line_arbiter": "sdram",
          "line_port": "sdram", "sdram": "sdram"}

# Tests of a folder's files that are somewhere else: the core says what a profile puts down.
ELSEWHERE = {"rtl/core": ("tests/sim/profile/test_counting.py",)}

Verdict = tuple[str, str]  # and by what


def judge(mutant: Mutant, *, only_tests: bool = False) -> Verdict:
    """What becomes of a mutant; `only_tests` if it has survived the random programs already, which
    only those of the hardware can have."""
    if mutant.path.startswith("rtl/"):
        return _hardware(mutant, only_tests)
    if mutant.path in COMPARING:
        return _comparing(mutant)
    area = mutant.path.split("/")[0]
    return {"sim": _model, "kernel": _kernel, "toolchain": _compiler}[area](mutant)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """A TimeoutError for what takes more of the processor's time."""
    def over(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def death(returncode: int) -> Verdict:
    """The verdict on a mutant whose process died of a signal, by its negative status: none, if that
    may have come from outside."""
    if -returncode in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP):
        return NOT_JUDGED, f"signal {-returncode}"
    return KILLED, "time" if -returncode == signal.SIGXCPU else f"signal {-returncode}"


def related_tests(path: str, *, or_folder: bool = True) -> list[str]:
    """The tests that are named like a file, or else those of its folder, if wanted."""
    stem, folder = Path(path).stem, ROOT / "tests" / Path(path).parent
    while not folder.is_dir():
        folder = folder.parent
    named = [test for test in sorted(folder.glob("test_*.py"))
             if stem.startswith(test.stem.removeprefix("test_"))]
    others = [str(ROOT / test) for test in ELSEWHERE.get(str(Path(path).parent), ())]
    return ([str(test) for test in named] or [str(folder)] * or_folder) + others


def _pytest(tests: list[str], *options: str, each_s: float = 0) -> str | None:
    """Run tests in this process, where the change is planted; the first one that fails, or None.
    Each may take so much of the processor's time, if that is said."""
    import pytest
    if not tests:
        return None  # without a path it would take all that there are

    class Reporter:
        failed: str | None = None

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_call(self, item: Any) -> Any:
            with at_most(each_s):  # of 0 it sets no timer
                return (yield)

        @pytest.hookimpl(wrapper=True)
        def pytest_make_collect_report(self, collector: Any) -> Any:
            with at_most(each_s):
                return (yield)

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                self.failed = report.nodeid

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                self.failed = report.nodeid

    reporter = Reporter()
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        status = pytest.main([*tests, "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
                              "-p", "no:randomly", *options], plugins=[reporter])
    if status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return None
    return reporter.failed or f"pytest ended with {status}: {said.getvalue()[-300:]}"


# --- hardware ------------------------------------------------------------------------------------

def _hardware(mutant: Mutant, only_tests: bool) -> Verdict:
    from sim.engine import build
    clean_key = build.source_key
    build_name = BUILDS.get(Path(mutant.path).stem, FIRST_BUILD)
    clean = {name: clean_header(name) for name in (build_name, OTHER_BUILD)}
    for path in clean.values():
        if not path.exists():
            raise RuntimeError(f"there is no {path}: run `python -m campaign`")
    plant(mutant)
    work = Path(tempfile.mkdtemp(prefix="quince-mutant-"))
    build.CACHE = work
    compile_quickly(build)
    build.source_key = lambda folders, *facts: clean_key(folders, "mutant", *facts)
    try:
        if error := _elaborates(build_name):
            return NOT_BUILT, error
        own = [test for test in related_tests(mutant.path, or_folder=False) if "/rtl/" in test]
        failed = _pytest(own, "-m", "not slow")
        if failed:
            return KILLED, failed
        verdict = _lockstep(build_name, clean[build_name], only_tests)
        is_other = build_name == FIRST_BUILD
        if verdict[0] == EQUAL and is_other:  # what only a memory that lets one wait needs
            verdict, is_other = _lockstep(OTHER_BUILD, clean[OTHER_BUILD]), False
        if verdict[0] != SURVIVES:
            return verdict
        tests = related_tests(mutant.path)
        others = [test for test in tests if test not in own]
        failed = _pytest(others, "-m", "not slow") or _pytest(tests, "-m", "slow")
        if not failed and is_other:
            verdict = _lockstep(OTHER_BUILD, clean[OTHER_BUILD])
            failed = verdict[1] if verdict[0] == KILLED else None
        failed = failed or _proof(mutant)
        return (KILLED, failed) if failed else (SURVIVES, "")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def compile_quickly(build: Any) -> None:
    """Without optimisation: a model that runs for seconds is not worth more of the compiler."""
    build.COMPILE = [option if option != "-O1" else "-O0" for option in build.COMPILE]


def clean_header(name: str) -> Path:
    """Where the model of unchanged hardware is, for comparison."""
    from sim.engine import build
    from sim.fuzz.campaign import CONFIGS, MEMORIES
    folders = [ROOT / folder for folder in ("rtl", "isa", "sim/engine", "sim/chips")]
    key = build.source_key(folders, CONFIGS[name], MEMORIES.get(name, "ideal"))
    return BUILD / "campaign" / "headers" / f"{key}.h"


def _elaborates(build_name: str) -> str | None:
    """What Amaranth says against the changed hardware, which is cheap to hear before all else."""
    from amaranth.hdl import Fragment

    from sim.engine import machine
    from sim.fuzz.campaign import CONFIGS, MEMORIES
    try:
        design = machine.quince_design(CONFIGS[build_name],
                                       memory=MEMORIES.get(build_name, "ideal"))
        Fragment.get(design.component, design.platform)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def _lockstep(build_name: str, clean: Path, only_builds: bool = False) -> Verdict:
    """Random programs on the changed hardware; what is compiled may be the same as without.
    `only_builds` if they have been tried."""
    from sim.engine import machine
    from sim.engine.header import header_of
    from sim.fuzz.campaign import CONFIGS, MEMORIES, make_rtl_subject
    try:
        design = machine.quince_design(CONFIGS[build_name],
                                       memory=MEMORIES.get(build_name, "ideal"))
        header = header_of(design)
    except Exception as error:
        return NOT_BUILT, f"{type(error).__name__}: {error}"
    if header == clean.read_text():
        return EQUAL, "the compiled model is the same"
    if only_builds:
        return SURVIVES, ""
    design = dataclasses.replace(design, header=header)
    quince_design = machine.quince_design
    machine.quince_design = lambda *config, **options: design
    try:
        return _by_programs(make_rtl_subject(build_name))
    finally:
        machine.quince_design = quince_design


def _proof(mutant: Mutant) -> str | None:
    """Which proof that finds other bugs in the file does not hold, if their tools are there."""
    try:
        from tests.formal import page, prover
        from tests.formal.__main__ import attempt, proofs
    except ModuleNotFoundError:
        return None
    told = page.rows(page.PAGE.read_text())
    asked = {name: float(told[name][-2]) for name, proof in proofs().items()
             if mutant.path in {bug.path for bug in proof.bugs}}
    bug = prover.Bug(mutant.path, source(mutant.path), mutant.text)
    for name in sorted((name for name in asked if asked[name] <= PROOF_S), key=asked.__getitem__):
        prover.warm_up()
        fails, *_ = attempt(dataclasses.replace(proofs()[name], bugs=(bug,)), 0, lambda _: None)
        if fails:
            return f"proof {name}"
    return None


def _by_programs(subject: "Subject") -> Verdict:
    """Random programs: killed by the first one that ends otherwise or badly."""
    from sim.fuzz.generate import generate
    for seed in range(PROGRAMS):
        if by := wrong(subject, generate(seed, subject.config), seed):
            return KILLED, by
    return SURVIVES, ""


def wrong(subject: "Subject", program: "Program", seed: int) -> str | None:
    """Which program it is, if it ends otherwise or badly on a subject."""
    try:
        with at_most(ONE_S):
            divergence = subject.examine(program).divergence
    except Exception as error:
        return f"program {seed}: {type(error).__name__}"
    return None if divergence is None else f"program {seed}"


# --- golden model --------------------------------------------------------------------------------

def _model(mutant: Mutant) -> Verdict:
    """The changed model, uncompiled, beside the one that is not changed; then in its place."""
    from campaign.mutants.model import MACHINES, Pair, changed_namespace, let_all_be
    space = changed_namespace(mutant)
    pairs = [Pair(machine, space) for machine in MACHINES]
    for seed in range(MODEL_PROGRAMS):
        try:
            with at_most(ONE_S):
                by = pairs[seed % len(pairs)].difference(seed)
        except Exception as error:
            by = type(error).__name__
        if by:
            return KILLED, f"program {seed}: {by}"
    let_all_be(space)
    names = [*MODEL_TESTS, *(["instructions"] if mutant.path.endswith("arithmetic.py") else [])]
    failed = _pytest([str(ROOT / "tests" / "sim" / "golden" / f"test_{name}.py")
                      for name in names], "-m", "not slow")
    return (KILLED, failed) if failed else (SURVIVES, "")


def _comparing(mutant: Mutant) -> Verdict:
    """What is short before what needs another build of the hardware."""
    try:
        replace(mutant)
    except Exception as error:
        return KILLED, f"it cannot be imported: {type(error).__name__}"
    tests = [str(ROOT / "tests" / path) for path in COMPARING[mutant.path]]
    failed = _first(*(partial(_pytest, tests, "-m", which, each_s=3 * TEST_S)
                      for which in ("not slow", "slow and not long")))
    return (KILLED, failed) if failed else (SURVIVES, "")


# --- compiler ------------------------------------------------------------------------------------

def _compiler(mutant: Mutant) -> Verdict:
    plant(mutant)
    try:
        with at_most(ONE_S):
            import tests.fuzz_qll  # noqa: F401  (the whole compiler)
    except Exception as error:
        return KILLED, f"it cannot be imported: {type(error).__name__}"
    related = related_tests(mutant.path, or_folder=False)
    first = list(dict.fromkeys([*related, *_compiler_tests(COMPILER_TESTS)]))
    every = sorted(str(path) for path in (ROOT / "tests/toolchain/qll").glob("test_*.py"))
    left_out = [*first, *_compiler_tests(COMPILER_NEVER)]
    failed = _first(partial(_sources, SOURCES[:FIRST]),
                    partial(_pytest, first, "-m", "not slow", each_s=TEST_S),
                    partial(_pytest, [path for path in every if path not in left_out],
                            "-m", "not slow", each_s=TEST_S),
                    partial(_pytest, [str(ROOT / "tests" / path) for path in COMPILER_LATER],
                            "-m", "not slow", each_s=TEST_S),
                    partial(_sources, SOURCES[FIRST:]))
    return (KILLED, failed) if failed else (SURVIVES, "")


def _compiler_tests(names: Sequence[str]) -> list[str]:
    return [str(ROOT / "tests" / "toolchain" / "qll" / f"test_{name}.py") for name in names]


def _sources(seeds: range) -> str | None:
    """Random sources, interpreted and compiled: the first one with different results, or whose code
    is not as good as it is without the change. What `test_fuzz.py` does with them, too."""
    import random

    from tests.fuzz_qll import outcomes
    from tests.support.qll_measures import check_measures
    from tests.support.qll_programs import program
    for seed in seeds:
        try:
            with at_most(ONE_S):
                wanted, found = outcomes(program(random.Random(seed)), (0, 2))
        except Exception as error:
            return f"source {seed}: {type(error).__name__}"
        if wanted is None or any(outcome.r0 != wanted for outcome in found):
            return f"source {seed}"
        try:
            for level, outcome in zip((0, 2), found, strict=True):
                check_measures(f"random/{seed}", level, outcome)
        except AssertionError:
            return f"source {seed}: measures"
    return None


# --- kernel --------------------------------------------------------------------------------------

def _kernel(mutant: Mutant) -> Verdict:
    """The system with the changed kernel, which tests and sessions find in its usual place."""
    from system import build
    from tests.support import system
    from toolchain.source import Source, SourceErrors
    clean = system.system()  # of the unchanged kernel: the programs are the same
    read_source, image, debug_file = build.read_source, build.image, build.debug_file
    settings = {"strict": False, "debug": False}

    def changed(name: str) -> Source:
        source = read_source(name)
        return source if Path(name) != ROOT / mutant.path else Source(source.name, mutant.text)

    work = Path(tempfile.mkdtemp(prefix="quince-mutant-"))
    build.read_source = changed
    build.image = lambda *parts, **options: image(*parts, **options | settings)
    build.debug_file = lambda *_: b""
    try:
        paths = _with_kernel_of(clean, build.Paths(work / "release"))
        try:
            build.build_kernel(paths)
        except SourceErrors as errors:
            return NOT_BUILT, str(errors)[:200]
        if paths.kernel.read_bytes() == clean.kernel.read_bytes():
            return EQUAL, "the compiled kernel is the same"
        system.build = lambda *_: paths
        system.build_debug_kernel = lambda *_: build.build_debug_kernel(work)
        system.system.cache_clear()
        system.debug_kernel.cache_clear()
        failed = _first(_or_error(_short_session),
                        *(_or_error(partial(_suite, name)) for name in SUITES),
                        partial(_pytest, [*related_tests(mutant.path, or_folder=False),
                                          *_kernel_tests(KERNEL_TESTS)], "-m", "not slow"),
                        partial(_pytest, _kernel_tests(KERNEL_LATER), "-m", "not long"),
                        _sessions)
        if not failed:  # these read the debug information, which costs as much as the code
            settings["debug"], build.debug_file = True, debug_file
            shutil.rmtree(work)
            build.build_kernel(paths)
            system.debug_kernel.cache_clear()
            failed = _pytest(_kernel_tests(KERNEL_DEBUGGED), "-m", "not long")
        return (KILLED, failed) if failed else (SURVIVES, "")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _first(*checks: Callable[[], str | None]) -> str | None:
    """What the first of the checks that finds something has found."""
    return next((found for check in checks if (found := check())), None)


def _or_error(check: Callable[[], str | None]) -> Callable[[], str | None]:
    """A session in which the host may complain of what the kernel asks for."""
    def checked() -> str | None:
        try:
            return check()
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return checked


def _with_kernel_of(clean: Any, own: Any) -> Any:
    """A built system's paths, with the kernel in other ones."""
    class Changed(type(clean)):  # type: ignore[misc]
        kernel, symbols = own.kernel, own.symbols

    return Changed(clean.folder)


def _kernel_tests(names: Sequence[str]) -> list[str]:
    return [str(ROOT / "tests" / "kernel" / f"test_{name}.py") for name in names]


def _short_session() -> str | None:
    """What a kernel that hardly works does wrong: other tests would wait for it for long."""
    from tests.support.system import boot
    session = boot("echo alive > /tmp/word", "cat < /tmp/word | cat; exit 7", limit=SHORT_CYCLES)
    return None if session.status == 7 and "\nalive\n" in session.text else "short-session"


def _suite(program: str, kernel: Path | None = None) -> str | None:
    """What a test program on the disk finds."""
    from tests.support.system import boot
    session = boot(f"/test/{program}", "echo the shell is alive", limit=SUITE_CYCLES,
                   kernel=kernel)
    if session.status != 0 or "FAILED" in session.text or "0 failed" not in session.text \
            or "the shell is alive\n" not in session.text:
        return f"{program}: {session.text[-200:]}"
    return None


def _sessions() -> str | None:
    """The suites on the debug kernel, and random sessions: the first one that goes wrong."""
    from tests.stress import KINDS
    from tests.support.system import debug_kernel

    def run(kind: Any, seed: int) -> str | None:
        wrong: str | None = kind.check(kind.generate(seed))
        return wrong and f"{kind.name} {seed}: {wrong[-200:]}"

    return _first(*(_or_error(partial(_suite, name, debug_kernel())) for name in SUITES),
                  *(_or_error(partial(run, kind(), seed))
                    for seed in range(1, RUNS + 1) for kind in KINDS.values()))


def main() -> int:
    area, number, *options = sys.argv[1:]
    verdict, by = judge(mutants(area)[int(number)], only_tests="--tests" in options)
    print(json.dumps({"verdict": verdict, "by": by}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
