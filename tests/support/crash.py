"""Power cuts: every moment of a workload's writing, and what the disk must hold then.

A workload is a list of shell commands with a model of what each does to the files. The disk tells
of every sector write and flush; the prompts tell which commands were over. For a cut behind the
n-th write the disk is the first n writes (and, if writes are lost, any of those since the last
flush); it must mount, and hold the files as before or after the command that was under way, or a
state in between that the manual allows.
"""

import random
from array import array
from dataclasses import dataclass, field
from functools import cached_property

from tests.support.system import boot, system
from toolchain.qfs import Image, check, repair

__all__ = ["DISK_SECTORS", "Command", "Recording", "allowed_states", "cut_points", "disk_at",
           "files_of", "mounted", "record", "small_disk", "summary", "verify", "workload"]

SECTOR_OCTETS = 512
DISK_SECTORS = 896
STRIDE = 64  # writes from one kept disk to the next
PROGRAMS = ("sh", "cat", "cp", "echo", "mkdir", "mv", "rm")

State = dict  # path -> contents, None for a directory


@dataclass(frozen=True)
class Command:
    """A line for the shell, and the states that a cut during it may leave, first to last."""
    line:   str
    states: tuple[State, ...]


@dataclass
class Recording:
    """The disk at the start, what was written, and how far each command had got."""
    initial:  bytes
    commands: list[Command]
    writes:   list[tuple[int, bytes]] = field(default_factory=list)
    flushes:  list[int] = field(default_factory=list)   # number of writes before each flush
    finished: list[int] = field(default_factory=list)   # number of writes at each prompt

    @cached_property
    def disks(self) -> list[bytes]:
        """The disk at the start and after every `STRIDE` writes; for a recording that is over."""
        disk = bytearray(self.initial)
        disks = [bytes(disk)]
        for number, write in enumerate(self.writes, 1):
            _put(disk, write)
            if number % STRIDE == 0:
                disks.append(bytes(disk))
        return disks


def _changed(state, **paths):
    new = dict(state)
    for path, contents in paths.items():
        if contents is ...:
            new.pop(path, None)
        else:
            new[path] = contents
    return new


def _text(rng):
    """A text without anything special, of a length that may cross sectors."""
    length = rng.choice([1, 20, 200, 508, 511, 512, 513])
    return "".join(rng.choice("abcdefgh") for _ in range(min(length, 300)))


def workload(seed: int, length: int) -> list[Command]:
    """Random commands on a few names, with their model."""
    rng = random.Random(seed)
    state: State = {"w": None}
    names = ["w/a", "w/b", "w/c", "w/d/x", "w/d/y"]
    commands = [Command("mkdir w", ({}, state))]
    while len(commands) < length:
        command = _random_command(rng, state, names)
        if command is not None:
            commands.append(command)
            state = command.states[-1]
    return commands


def _is_file(state, path):
    return state.get(path) is not None


def _random_command(rng, state, names):
    kind = rng.choice(["write", "append", "copy", "copy", "copy", "move", "remove", "mkdir",
                       "rmdir", "grow"])
    a, b = rng.choice(names), rng.choice(names)
    if any(path.startswith("w/d/") and "w/d" not in state for path in (a, b)) \
            and kind not in ("mkdir", "rmdir"):
        return None
    if kind in ("write", "append"):
        text = _text(rng)
        old = state.get(a)
        contents = (text + "\n").encode()
        if kind == "append":
            contents = (old or b"") + contents
        made = (state, _changed(state, **{a: b""})) if a not in state else (state,)
        return Command(f"echo {text} {'>' if kind == 'write' else '>>'} {a}",
                       (*made, _changed(state, **{a: contents})))
    if kind == "copy" and _is_file(state, a) and a != b:
        made = (state, _changed(state, **{b: b""})) if b not in state else (state,)
        return Command(f"cp {a} {b}", (*made, _changed(state, **{b: state[a]})))
    if kind == "grow" and _is_file(state, a) and len(state[a]) < 6000:
        old = state[a]
        made = (state, _changed(state, **{b: b""})) if b not in state else (state,)
        if a == b:
            return None
        return Command(f"cat {a} {a} {a} > {b}", (*made, _changed(state, **{b: old * 3})))
    if kind == "move" and _is_file(state, a) and a != b:
        both = _changed(state, **{b: state[a]})
        return Command(f"mv {a} {b}", (state, both, _changed(both, **{a: ...})))
    if kind == "remove" and _is_file(state, a):
        return Command(f"rm {a}", (state, _changed(state, **{a: ...})))
    if kind == "mkdir" and "w/d" not in state:
        return Command("mkdir w/d", (state, _changed(state, **{"w/d": None})))
    if kind == "rmdir" and "w/d" in state and not any(p.startswith("w/d/") for p in state):
        return Command("rm w/d", (state, _changed(state, **{"w/d": ...})))
    return None


def small_disk() -> bytes:
    """A disk with the programs that workloads use and little room: quick to check."""
    paths = system()
    image = Image.format(DISK_SECTORS)
    image.make_directory("bin")
    for name in PROGRAMS:
        program = paths.folder / "programs" / f"{name}.qbin"
        image.write(f"bin/{name}", program.read_bytes(), executable=True)
    return image.words.tobytes()


def record(commands: list[Command]) -> Recording:
    """Run a workload on the golden model and note every write."""
    recording = Recording(small_disk(), commands)

    def on_write(event):
        if event.sector is None:
            recording.flushes.append(len(recording.writes))
        else:
            recording.writes.append((event.sector, event.octets))

    def on_prompt(count, golden):
        recording.finished.append(len(recording.writes))

    session = boot(*(command.line for command in commands), disk=recording.initial,
                   on_write=on_write, on_prompt=on_prompt)
    if len(recording.finished) != len(commands) + 1 or "cannot" in session.text:
        raise RuntimeError(f"the workload did not run as planned:\n{session.text[-2000:]}")
    return recording


def disk_at(recording: Recording, writes: int, lost: random.Random | None = None) -> bytes:
    """The disk after a cut behind so many writes; `lost` drops some that no flush covered."""
    safe = max((count for count in recording.flushes if count <= writes), default=0)
    first = (safe if lost is not None else writes) // STRIDE
    disk = bytearray(recording.disks[first])
    for index, write in enumerate(recording.writes[first * STRIDE:writes], first * STRIDE):
        if lost is None or index < safe or lost.random() >= 0.5:
            _put(disk, write)
    return bytes(disk)


def _put(disk: bytearray, write: tuple[int, bytes]) -> None:
    sector, octets = write
    disk[sector * SECTOR_OCTETS:(sector + 1) * SECTOR_OCTETS] = octets


def allowed_states(recording: Recording, writes: int) -> list[State]:
    """What may be found after a cut behind so many writes."""
    # The first prompt comes before any command: prompt n + 1 means that n commands are over.
    over = sum(count <= writes for count in recording.finished) - 1
    over = max(0, over)
    # A command whose last write is the cut's own may not have got its prompt yet.
    states: list[State] = []
    for index in range(max(0, over - 1), min(over + 1, len(recording.commands))):
        states += recording.commands[index].states if index >= over \
            else recording.commands[index].states[-1:]
    return states


def files_of(image: Image) -> State:
    """What is below the workload's folder."""
    found: State = {}
    stack = [("w", image.find("w"))] if image.find("w") is not None else []
    while stack:
        path, entry = stack.pop()
        if entry.is_directory:
            found[path] = None
            stack += [(f"{path}/{child.name}", child) for child in image.entries(entry.first)]
        else:
            found[path] = image.read(path)
    return found


def verify(disk: bytes, states: list[State]) -> str | None:
    """What is wrong with a disk after a cut, or None."""
    image = Image(array("I", disk))
    problems = check(image)
    damage = [str(problem) for problem in problems if problem.kind != "crash"]
    if damage:
        return "; ".join(damage)
    if problems:
        repair(image)
        if check(image):
            return f"repair left: {check(image)[0]}"
    found = files_of(image)
    # Both names of a rename may be there; a repair keeps one of them, either.
    if found not in states:
        return f"found {summary(found)}, allowed {[summary(state) for state in states]}"
    return None


def mounted(disk: bytes, states: list[State]) -> str | None:
    """What is wrong after the machine has mounted a disk and written it back, or None."""
    session = boot("sync", disk=disk)
    if session.status != 0:
        return f"the machine ended with {session.status}: {session.text[-200:]!r}"
    image = Image(array("I", session.disk))
    damage = check(image)
    if damage:
        return f"damage is left: {damage[0]}"
    found = files_of(image)
    if found not in states:
        return f"found {summary(found)}, allowed {[summary(state) for state in states]}"
    return None


def summary(state: State) -> dict:
    """A state short enough to read."""
    return {path: contents if contents is None else f"{len(contents)}:{contents[:8]!r}"
            for path, contents in sorted(state.items())}


def cut_points(recording: Recording) -> range:
    """Every number of writes at which the power may fail."""
    return range(len(recording.writes) + 1)
