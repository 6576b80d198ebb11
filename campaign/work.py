"""What a worker does: one job, wherever it runs."""

import hashlib
import importlib
import os
import socket
import threading
import time
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from campaign.kind import Failure, Kind, Outcome
from toolchain.places import BUILD, ROOT

__all__ = ["TABLE", "Answer", "OtherSourcesError", "carry_out", "carry_out_with_files", "sources"]

FOLDERS  = ("isa", "toolchain", "rtl", "system", "sim", "fpga", "kernel", "firmware", "tests",
            "campaign")
ENDINGS  = {".py", ".qll", ".qasm", ".cpp", ".h", ".v"}
TABLE    = "campaign.kinds"   # imported by workers alone: it imports nearly everything
ONE_AT_A_TIME = threading.Lock()  # engine and model of a kind are one for each process

HERE: set[str] = set()            # files that this process has put where they belong

# What came of a job: its outcome, or the shrunk failure, the seconds it took, and who did it.
Answer = tuple[Outcome | Failure, float, str]


class OtherSourcesError(Exception):
    """A worker has other sources than the one who started the campaign."""


@cache
def sources() -> str:
    """A hash of everything that decides what a job does."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in ENDINGS and path.is_file():
                digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def carry_out(table: str, kind: str, seeds: range, shrinks: bool) -> Answer:
    """Examine seeds of a kind in a module's table, or make one small."""
    with ONE_AT_A_TIME:
        began = time.monotonic()
        result: Outcome | Failure
        try:
            what: Kind = importlib.import_module(table).KINDS[kind]
            if shrinks and what.shrink is not None:
                result = what.shrink(seeds[0])
            else:
                result = what.examine(seeds)
        except Exception:
            why = f"the job itself failed:\n{traceback.format_exc(limit=-8)}"
            result = Failure(seeds[0], why, "could not be made small") if shrinks \
                else Outcome(failures=[Failure(seeds[0], why)])
        return result, time.monotonic() - began, f"{socket.gethostname()} {os.getpid()}"


def carry_out_with_files(table: str, kind: str, seeds: range, shrinks: bool,
                         wanted: str, files: Mapping[str, bytes]) -> Answer:
    """The same on another machine, with the files that were built for the job, by path below the
    build folder. `wanted` are the sources of who started the campaign."""
    if sources() != wanted:
        raise OtherSourcesError(f"{socket.gethostname()} has other sources in {ROOT} than the one "
                                "who started the campaign")
    for name, octets in files.items():
        if name not in HERE:
            _put(BUILD / name, octets)
            HERE.add(name)
    return carry_out(table, kind, seeds, shrinks)


def _put(path: Path, octets: bytes) -> None:
    """Make a file so, at once for whoever else looks at it; one that is so already stays."""
    digest = hashlib.sha256(octets).digest()
    if path.exists() and hashlib.sha256(path.read_bytes()).digest() == digest:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(octets)
    part.rename(path)
