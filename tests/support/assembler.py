"""The assembler on the machine beside the host's: the same words, the same messages."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.system import boot, system
from toolchain.places import FIRMWARE
from toolchain.qasm import assemble
from toolchain.qfs import Image
from toolchain.source import Source, SourceErrors

__all__ = ["Outcome", "on_the_host", "on_the_machine"]

PROGRAMS = ("as", "echo", "sh")
SECTOR_OCTETS = 512

Case = Sequence[tuple[str, str]]  # names and texts of the files of one program, in order


@dataclass(frozen=True)
class Outcome:
    """The image, or the messages."""
    image:    bytes | None
    messages: str = ""


def on_the_host(case: Case) -> Outcome:
    """What `qasm --target=none` makes of a program."""
    try:
        return Outcome(assemble([Source(name, text) for name, text in case]).to_octets())
    except SourceErrors as errors:
        return Outcome(None, f"{errors}\n")


def on_the_machine(cases: Sequence[Case]) -> list[Outcome]:
    """What `as` makes of programs, all in one session."""
    size = sum(len(text.encode()) * 4 for case in cases for _, text in case)
    image = Image.format(2_000 + size // SECTOR_OCTETS + 40 * len(cases))
    for folder in ("bin", "lib", "tmp"):
        image.make_directory(folder)
    for name in PROGRAMS:
        program = system().program(FIRMWARE / "programs" / name)
        image.write(f"bin/{name}", program.read_bytes(), executable=True)
    lines = []
    for number, case in enumerate(cases):
        image.make_directory(f"tmp/{number}")
        for name, text in case:
            image.write(f"tmp/{number}/{name}", text.encode())
        names = " ".join(name for name, _ in case)
        lines.append(f"cd /tmp/{number}; as -o out {names} 2> err; echo $? > status\n")
    image.write("run", "".join(lines).encode())
    session = boot("sh /run", disk=image.words.tobytes())
    after = Image(array("I", session.disk))
    found = []
    for number in range(len(cases)):
        status = after.read(f"tmp/{number}/status").decode()
        messages = after.read(f"tmp/{number}/err").decode()
        assert status == ("255\n" if messages else "0\n"), session.text + messages
        found.append(Outcome(None, messages) if messages
                     else Outcome(after.read(f"tmp/{number}/out")))
    return found
