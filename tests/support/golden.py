"""Small programs on the golden model: from QASM text, with hosts and page tables at hand."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from isa import BY_MNEMONIC, encode
from isa.config import MachineConfig
from isa.machine import FRAME_IP, PROGRAM, window_addresses
from sim.golden import Golden
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["Model", "compute_all", "list_table", "qasm_words", "two_level_table"]

A, B, OUT = 0x100000, 0x180000, 0x200000  # operands and results of `compute_all`
ROOM = B - A


def qasm_words(text: str) -> list[int]:
    return list(assemble([Source("test.qasm", text)]).words)


@dataclass
class Model:
    """A golden model with a text console; `run` gives the model itself."""
    config:   MachineConfig = field(default_factory=MachineConfig)
    stdin:    bytes = b""
    compiled: bool = True

    def __post_init__(self) -> None:
        self.sink = io.BytesIO()
        self.hosts = Hosts(Terminal(self.stdin, self.sink))
        self.golden: Golden | None = None
        self.status: Status | None = None

    @property
    def out(self) -> str:
        return self.sink.getvalue().decode()

    @property
    def windows(self) -> dict[str, int]:
        return window_addresses(self.config.peripherals)

    def load(self, program: str | Sequence[int],
             memory: dict[int, int | Sequence[int]] | None = None) -> Golden:
        self.golden = Golden(self.config, self.hosts, compiled=self.compiled)
        self.golden.load(qasm_words(program) if isinstance(program, str) else program)
        for at, words in (memory or {}).items():
            words = [words] if isinstance(words, int) else words
            self.golden.memory[at:at + len(words)] = words
        return self.golden

    def run(self, program: str | Sequence[int],
            memory: dict[int, int | Sequence[int]] | None = None, limit: int = 1_000_000) -> Golden:
        golden = self.load(program, memory)
        self.status = golden.run(limit)
        return golden

    def run_translated(self, program: str | Sequence[int], table: Sequence[int], *,
                       start: int = PROGRAM, base: int = 0x8000,
                       memory: dict[int, int | Sequence[int]] | None = None,
                       limit: int = 100_000) -> Golden:
        """Run a program behind a page table, entered by a return from interrupt to `start`."""
        boot = qasm_words(f"""
            constant r1 {self.windows['mmu']}
            constant r2 {base}
            store r1 r2
            constant r1 {FRAME_IP}
            constant r2 {start}
            store r1 r2
            constant r1 0
            int r1""")
        golden = self.load(program, {0x800: boot, base: table, **(memory or {})})
        golden.cpu[0] = 0x800
        self.status = golden.run(limit)
        return golden


def list_table(*entries: tuple[int, int, int, int]) -> list[int]:
    """Words of a list table of (virtual, physical, size, flags)."""
    return [len(entries), *(word for entry in entries for word in entry)]


def two_level_table(base: int, pages: Iterable[tuple[int, int, int]], flags: int = 15) -> list[int]:
    """Words at `base` of a two-level table that maps (virtual page, physical page, flags)."""
    first = [0] * 1024
    seconds: dict[int, list[int]] = {}
    for virtual, physical, page_flags in pages:
        second = seconds.setdefault(virtual >> 10, [0] * 1024)
        second[virtual & 1023] = physical << 12 | page_flags
    words: list[int] = []
    for n, (index, second) in enumerate(seconds.items()):
        first[index] = base + 1024 * (n + 1) << 4 | flags
        words += second
    return first + words


def compute_all(mnemonic: str, a: Iterable[int], b: Iterable[int] | None = None) -> np.ndarray:
    """Results of one instruction for many operands, a loop on the model for each so many."""
    first = np.asarray(list(a) if not isinstance(a, np.ndarray) else a, dtype=np.uint32)
    other = first if b is None else np.asarray(list(b) if not isinstance(b, np.ndarray) else b,
                                               dtype=np.uint32)
    assert len(first) == len(other)
    operands = {"d": 6, "s0": 4, "s1": 5}
    fields = {name: operands[name] for name in BY_MNEMONIC[mnemonic].operands}
    model = Model()
    results = []
    for at in range(0, len(first), ROOM):
        a_part, b_part = first[at:at + ROOM], other[at:at + ROOM]
        program = [
            encode("constant", d=1), A, encode("constant", d=2), B, encode("constant", d=3), OUT,
            encode("constant", d=10), 1, encode("constant", d=11), A + len(a_part),
            encode("constant", d=12), PROGRAM + 14, encode("nop"), encode("nop"),
            encode("load", d=4, s0=1), encode("load", d=5, s0=2),                       # 14
            encode(mnemonic, **fields), encode("store", d=3, s0=6),
            encode("add", d=1, s0=1, s1=10), encode("add", d=2, s0=2, s1=10),
            encode("add", d=3, s0=3, s1=10), encode("neq", d=7, s0=1, s1=11),
            encode("jnz", s0=7, s1=12), encode("halt"),
        ]
        golden = model.run(program, {A: a_part, B: b_part}, limit=100 * len(a_part) + 100)
        assert model.status is Status.STOPPED
        results.append(golden.memory[OUT:OUT + len(a_part)].copy())
    return np.concatenate(results)
