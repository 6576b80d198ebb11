"""The compiler on the machine beside the host's: what programs do, and what is said of mistakes."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.system import boot, system
from toolchain.build import image
from toolchain.places import FIRMWARE
from toolchain.qfs import Image
from toolchain.qll.front import with_deep_stack
from toolchain.source import Source, SourceErrors
from toolchain.targets import LIBRARY, library_sources

__all__ = ["Case", "Outcome", "add_compiler", "compiler_sources", "on_the_host", "on_the_machine"]

PROGRAMS = ("qc", "echo", "sh")
SECTOR_OCTETS = 512
ENTRY = "entry.qasm"  # the bare machine's entry point, which all programs here begin with


@dataclass(frozen=True)
class Case:
    """A program for the bare machine: its files by their names, in order."""
    files:  dict[str, str]
    target: str = "none"       # whose QLL library it takes
    stdin:  list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """The image, or the messages."""
    image:    bytes | None
    messages: str = ""

    @property
    def words(self) -> list[int]:
        assert self.image is not None, self.messages
        return list(array("I", self.image))


def on_the_host(case: Case, level: int = 0) -> Outcome:
    """What the host's compiler makes of a program."""
    sources = [Source(name, text) for name, text in case.files.items()]
    qasm = [source for source in sources if source.name.endswith(".qasm")]
    qll = [source for source in sources if source not in qasm]
    if case.target == "none":
        qasm = [*library_sources("bare", ".qasm"), *qasm]
    else:
        qll = [*library_sources(case.target, ".qll"), *qll]
        qasm = [*library_sources(case.target, ".qasm"), *qasm]
    try:
        return Outcome(with_deep_stack(lambda: image(qll, qasm, level=level)).to_octets())
    except SourceErrors as errors:
        return Outcome(None, f"{errors}\n")


def add_compiler(disk: Image, names: Sequence[str] = PROGRAMS) -> None:
    """Put the compiler, its library and what else is needed onto an empty disk."""
    for folder in ("bin", "lib", "tmp"):
        disk.make_directory(folder)
    for name in names:
        source = FIRMWARE / "programs" / name
        program = system().program(source if source.is_dir() else source.with_suffix(".qll"))
        disk.write(f"bin/{name}", program.read_bytes(), executable=True)
    for folder in ("bare", "shared", "user"):
        disk.make_directory(f"lib/{folder}")
        for path in sorted((LIBRARY / folder).iterdir()):
            disk.write(f"lib/{folder}/{path.name}", path.read_bytes())


def compiler_sources() -> dict[str, str]:
    """The compiler's own sources by their names, with those of the assembler that it takes."""
    paths = [*(FIRMWARE / "programs" / "qc").glob("*.qll"),
             *(path for path in (FIRMWARE / "programs" / "as").glob("*.qll")
               if path.name != "as.qll")]
    return {path.name: path.read_text() for path in sorted(paths, key=lambda path: path.name)}


def on_the_machine(cases: Sequence[Case]) -> list[Outcome]:
    """What `qc` makes of programs, all in one session."""
    size = sum(len(text.encode()) for case in cases for text in case.files.values())
    disk = Image.format(4_000 + size // SECTOR_OCTETS + 100 * len(cases))
    add_compiler(disk)
    lines = []
    for number, case in enumerate(cases):
        disk.make_directory(f"tmp/{number}")
        for name, text in case.files.items():
            disk.write(f"tmp/{number}/{name}", text.encode())
        entry = "/lib/bare/entry.qasm " if case.target == "none" else ""
        lines.append(f"cd /tmp/{number}; qc -t {case.target} -o out {entry}{' '.join(case.files)} "
                     "2> err; echo $? > status\n")
    disk.write("run", "".join(lines).encode())
    session = boot("sh /run", disk=disk.words.tobytes(), limit=1_000_000_000 + 10**9 * len(cases))
    after = Image(array("I", session.disk))
    found = []
    for number in range(len(cases)):
        status = after.read(f"tmp/{number}/status").decode()
        messages = after.read(f"tmp/{number}/err").decode()
        assert status == ("255\n" if messages else "0\n"), (number, session.text + messages)
        found.append(Outcome(None, messages) if messages
                     else Outcome(after.read(f"tmp/{number}/out")))
    return found
