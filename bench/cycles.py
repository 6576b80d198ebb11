"""Eight kernels on the hardware, by the compiler and by hand, next to other processors."""

import re
from dataclasses import dataclass
from pathlib import Path

from bench.passes import Pass, call_passes
from isa.config import MachineConfig
from sim.machine import check_image
from sim.program import LoadedProgram, load_program
from toolchain.build import compile_program
from toolchain.files import read_source
from toolchain.qasm import assemble

__all__ = ["KernelResult", "OTHERS", "kernel_paths", "measure_kernel"]

FOLDER = Path(__file__).with_name("kernels")
DRIVER = Path(__file__).with_name("programs") / "driver.qasm"

# Cycles of a warm run elsewhere, compiled by gcc 12 -O2 for RISC-V, memories of one cycle.
OTHERS = {
    #          PicoRV32  VexRiscv full  Hazard3
    "crc32":  (202_831,    83_953,       66_089),
    "matmul": (280_696,    95_130,       68_483),
    "sieve":  (540_276,   196_194,      153_968),
    "qsort":  (436_815,   171_194,      130_430),
    "fib":  (1_214_960,   437_827,      372_149),
    "string": (665_393,   224_675,      176_538),
    "mandel": (289_171,    99_763,       77_552),
    "gcd":    (289_283,   212_217,      211_008),
}


@dataclass(frozen=True)
class KernelResult:
    """The second run of a kernel, code and data warm."""
    name:     str
    language: str  # "qll" or "qasm"
    warm:     Pass


def kernel_paths() -> list[Path]:
    """All kernels, in the order of `OTHERS`, each language in turn."""
    return [path for suffix in (".qll", ".qasm") for name in OTHERS
            if (path := FOLDER / f"{name}{suffix}").exists()]


def measure_kernel(path: Path) -> KernelResult:
    """Run a kernel twice. Raises `ValueError` if its result is not what its comment expects."""
    match = re.search(r"Expect: (\w+)", path.read_text())
    if match is None:
        raise ValueError(f"{path}: the comment at the top has no 'Expect:'")
    if path.suffix == ".qll":
        passes, result = call_passes(_with_driver(path), "global::kernel")
    else:
        passes, result = call_passes(load_program(str(path), MachineConfig()), "kernel")
    if result != int(match[1], 0):
        raise ValueError(f"{path}: the result is {result:#x}, not {match[1]}")
    if len(passes) != 2:
        raise ValueError(f"{path}: `kernel` was called {len(passes)} times, not twice")
    return KernelResult(path.stem, path.suffix[1:], passes[1])


def _with_driver(path: Path) -> LoadedProgram:
    """A compiled kernel behind the driver that calls it twice; the compiler would inline it."""
    compiled = compile_program([read_source(str(path))], "bare")
    program = assemble([read_source(str(DRIVER)), compiled.text])
    return LoadedProgram(check_image(program.words, MachineConfig()), program.symbols)
