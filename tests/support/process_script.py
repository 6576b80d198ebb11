"""Random scripts of operations on processes, what must come of each, and their run on the machine.

A script is a list of `Operation`s in blocks; a process carries out one block, and block 0 belongs
to the first. `annotate` follows each block as the manual has it and finds what each operation must
give, as far as that depends on nothing but the block itself: handles are numbered from the lowest
free one on, a pipe that no other process has holds what was put in, statuses come from how a block
ends. What depends on the order in which processes run is left open, but must never make the
first process wait for ever: such operations are left out of block 0.

`firmware/tests/stress.qll` carries scripts out; codes and operands are described there.
"""

import random
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache

from sim.host.display import Display
from tests.support.live import PROMPT, Live, Silent
from tests.support.system import debug_kernel, system
from toolchain.qfs import Image, check

__all__ = ["Code", "Operation", "ProcessRuns", "annotate", "generate"]

ANY, FAILED = 0xFFFFFFFE, 0xFFFFFFFF
FIRST_HANDLE, HANDLES = 0x10, 16
PIPE_OCTETS = 512
BLOCKS = 6
VARIABLES = 8
MOST_DEPTH = 3
LIMIT_CYCLES = 3_000_000_000


class Code(IntEnum):
    """What an operation does; the operands are in this order."""
    PIPE    = 1
    DUP     = 2   # handle
    CLOSE   = 3   # handle
    WRITE   = 4   # handle, octets, seed
    READ    = 5   # handle, octets
    SPAWN   = 6   # block, variable, two handles to pass on (an octet each, 0 for none)
    KILL    = 7   # variable
    WAIT    = 8   # variable
    SLEEP   = 9   # milliseconds
    YIELD   = 10
    EXIT    = 11  # status
    GROW    = 12  # words, touched from the end?
    FAULT   = 13  # kind
    CHDIR   = 14  # which directory
    SPIN    = 15
    FILE    = 16  # octets, seed
    STREAM  = 17  # octets, octets a write, seed
    DISPLAY = 18
    YIELDS  = 19
    PATRICIDE = 20
    REST    = 21  # variable, in front?
    FELL    = 22  # variable: stopped, and then killed


@dataclass(frozen=True)
class Operation:
    block: int
    code:  Code
    a:     int = 0
    b:     int = 0
    c:     int = 0

    def __str__(self) -> str:
        return f"block {self.block}: {self.code.name} {self.a} {self.b} {self.c}"


class _Guess:
    """What a block has at a point, roughly: so that most operations have something to work on."""

    def __init__(self, handles: dict[int, bool]) -> None:
        self.handles = dict(handles)        # number: whether it writes
        self.children: list[int] = []       # variables

    def add(self, writes: bool) -> None:
        number = next(number for number in range(FIRST_HANDLE, FIRST_HANDLE + 2 * HANDLES)
                      if number not in self.handles)
        self.handles[number] = writes

    def handle(self, rng: random.Random, writes: bool | None = None) -> int:
        fit = [number for number, kind in self.handles.items() if writes in (None, kind)]
        if fit and rng.random() < 0.93:
            return rng.choice(fit)
        return FIRST_HANDLE + rng.randrange(HANDLES + 2)

    def child(self, rng: random.Random) -> int:
        if self.children and rng.random() < 0.93:
            return rng.choice(self.children)
        return rng.randrange(VARIABLES)


WEIGHTS = {Code.PIPE: 6, Code.DUP: 3, Code.CLOSE: 4, Code.WRITE: 8, Code.READ: 7, Code.SPAWN: 10,
           Code.KILL: 4, Code.WAIT: 6, Code.SLEEP: 3, Code.YIELD: 2, Code.EXIT: 1, Code.GROW: 2,
           Code.FAULT: 1, Code.CHDIR: 1, Code.SPIN: 1, Code.FILE: 2, Code.STREAM: 2,
           Code.DISPLAY: 1, Code.YIELDS: 1, Code.PATRICIDE: 1, Code.REST: 4, Code.FELL: 2}


def generate(seed: int) -> list[Operation]:
    """A random script; blocks only start blocks behind them, so it ends."""
    rng = random.Random(seed)
    blocks = rng.randint(2, BLOCKS)
    guesses = [_Guess({}) for _ in range(blocks)]
    script = []
    for block in range(blocks):
        for _ in range(rng.randint(4, 16)):
            script.append(_operation(rng, block, guesses))
    return script


def _operation(rng: random.Random, block: int, guesses: list[_Guess]) -> Operation:
    has = guesses[block]
    code = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    if code is Code.SPAWN:
        if block + 1 >= len(guesses):
            return Operation(block, Code.YIELD)
        return _spawn(rng, block, guesses)
    if code is Code.PIPE:
        has.add(False)
        has.add(True)
    if code is Code.DUP:
        handle = has.handle(rng)
        has.add(has.handles.get(handle, False))
        return Operation(block, code, handle)
    if code is Code.CLOSE:
        handle = has.handle(rng)
        has.handles.pop(handle, None)
        return Operation(block, code, handle)
    if code is Code.WAIT:
        variable = has.child(rng)
        if variable in has.children:
            has.children.remove(variable)
        return Operation(block, code, variable)
    operands = {
        Code.WRITE: lambda: (has.handle(rng, True), rng.choice([0, 1, 10, 100, 100, 511, 512, 513]),
                             rng.randrange(256)),
        Code.READ: lambda: (has.handle(rng, False), rng.choice([0, 1, 10, 200, 600])),
        Code.KILL: lambda: (has.child(rng),), Code.FELL: lambda: (has.child(rng),),
        Code.REST: lambda: (has.child(rng), rng.randrange(2)),
        Code.SLEEP: lambda: (rng.choice([0, 1, 10, 25]),),
        Code.EXIT: lambda: (rng.randrange(128),),
        Code.GROW: lambda: (rng.choice([256, 1000, 20000, 60000]), rng.randrange(2)),
        Code.FAULT: lambda: (rng.randrange(4),), Code.CHDIR: lambda: (rng.randrange(4),),
        Code.FILE: lambda: (rng.choice([0, 1, 511, 512, 513, 2000]), rng.randrange(256)),
        Code.STREAM: lambda: (rng.choice([0, 1, 300, 513, 3000]), rng.choice([1, 7, 100, 255]),
                              rng.randrange(256)),
    }
    return Operation(block, code, *operands.get(code, tuple)())


def _spawn(rng: random.Random, block: int, guesses: list[_Guess]) -> Operation:
    has, target = guesses[block], rng.randrange(block + 1, len(guesses))
    variable = rng.randrange(VARIABLES)
    passed = [0, 0]
    for place in range(2):
        if has.handles and rng.random() < 0.5:
            passed[place] = rng.choice(list(has.handles))
            guesses[target].handles[FIRST_HANDLE + place] = has.handles[passed[place]]
    has.children.append(variable)
    return Operation(block, Code.SPAWN, target, variable, passed[0] | passed[1] << 8)


# --- the oracle -----------------------------------------------------------------------------------

NEVER, UNSURE = "never", "unsure"  # ways a block ends besides a status


@dataclass
class _Pipe:
    """A pipe as its only process sees it; nothing is known of one that others have, too."""
    data:   list[int] = field(default_factory=list)
    ends:   list[int] = field(default_factory=lambda: [0, 0])  # handles to read, to write
    shared: bool = False


@dataclass
class _End:
    pipe:   _Pipe
    writes: bool


class _Process:
    """Follows one block from its start; its rows have what each operation must give."""

    def __init__(self, script: Sequence[Operation], block: int, handles: dict[int, _End],
                 depth: int, expected: dict[int, int]) -> None:
        self.script, self.block, self.depth = script, block, depth
        self.handles = handles
        self.expected = expected
        self.children: dict[int, object] = {}  # by variable: how that one ends
        self.sure = True

    @property
    def is_first(self) -> bool:
        return self.block == 0

    def follow(self) -> object:
        """How the process ends: a status, NEVER by itself, or UNSURE."""
        for index, operation in enumerate(self.script):
            if operation.block != self.block:
                continue
            before = self._known(index)
            result, end = self._step(operation)
            if result is None:  # left out
                self.expected[index] = -1
                continue
            # Two processes may carry out the same block: what they must give may differ.
            self.expected[index] = result if before in (None, result) else ANY
            if end is not None:
                return end if self.sure else UNSURE
        return 0 if self.sure else UNSURE

    def _known(self, index: int) -> int | None:
        return self.expected.get(index)

    def _lowest(self) -> int | None:
        return next((number for number in range(FIRST_HANDLE, FIRST_HANDLE + HANDLES)
                     if number not in self.handles), None)

    def _step(self, operation: Operation) -> tuple[int | None, object]:
        """What it must give (ANY: open; None: left out), and how the process ends by it, if so."""
        step = getattr(self, f"_{operation.code.name.lower()}", None)
        if step is None:
            return 0, None
        return step(operation.a, operation.b, operation.c)

    def _add(self, end: _End) -> int:
        number = self._lowest()
        self.handles[number] = end
        end.pipe.ends[end.writes] += 1
        return number

    def _pipe(self, *_):
        if len(self.handles) + 2 > HANDLES:
            return FAILED, None
        pipe = _Pipe()
        reader = self._add(_End(pipe, False))
        return self._add(_End(pipe, True)) * 0x100 + reader, None

    def _dup(self, handle, *_):
        if handle not in self.handles or self._lowest() is None:
            return FAILED, None
        end = self.handles[handle]
        return self._add(_End(end.pipe, end.writes)), None

    def _close(self, handle, *_):
        end = self.handles.pop(handle, None)
        if end is None:
            return FAILED, None
        end.pipe.ends[end.writes] -= 1
        return 0, None

    def _end(self, handle: int, writes: bool) -> _End | None:
        end = self.handles.get(handle)
        return end if end is not None and end.writes == writes else None

    def _write(self, handle, count, seed):
        end = self._end(handle, True)
        if end is None:
            return FAILED, None
        pipe = end.pipe
        if pipe.shared:
            return self._unsure()
        if pipe.ends[0] == 0:
            return FAILED, None
        if count > PIPE_OCTETS - len(pipe.data):
            return (None, None) if self.is_first else (ANY, NEVER)
        pipe.data += [(seed + at * 7) & 0xFF for at in range(count)]
        return count, None

    def _read(self, handle, count, _):
        end = self._end(handle, False)
        if end is None:
            return FAILED, None
        pipe = end.pipe
        if pipe.shared:
            return self._unsure()
        if count and not pipe.data and pipe.ends[1]:
            return (None, None) if self.is_first else (ANY, NEVER)
        got = pipe.data[:count]
        del pipe.data[:count]
        total = sum(octet * (at + 1) for at, octet in enumerate(got))
        return len(got) + (total & 0xFFFF) * 0x1000, None

    def _unsure(self):
        if self.is_first:
            return None, None
        self.sure = False
        return ANY, None

    def _spawn(self, block, variable, passed):
        if self.depth >= MOST_DEPTH or variable in self.children:
            return None, None
        handles = {}
        for place in range(2):
            end = self.handles.get(passed >> place * 8 & 0xFF)
            if end is not None:
                end.pipe.shared = True
                handles[FIRST_HANDLE + place] = end
            elif passed >> place * 8 & 0xFF:
                return None, None  # a map with a closed handle: left out
        child = _Process(self.script, block, {n: _End(end.pipe, end.writes)
                                              for n, end in handles.items()},
                         self.depth + 1, self.expected)
        self.children[variable] = child.follow()
        return 0, None

    def _kill(self, variable, *_):
        how = self.children.get(variable)
        if how is None:
            return FAILED, None
        if how == NEVER:
            # It may be on its way there still, and end of another cause only if it is killed.
            self.children[variable] = "killed"
            return 0, None
        if how == "killed":
            return FAILED, None
        self.children[variable] = "gone"
        return ANY, None

    _fell = _kill

    def _rest(self, variable, *_):
        return FAILED if self.children.get(variable) in (None, "killed") else ANY, None

    def _wait(self, variable, *_):
        how = self.children.get(variable)
        if how is None:
            return FAILED, None
        if how in (NEVER, UNSURE):
            if self.is_first:
                return None, None
            if how == NEVER:
                return ANY, NEVER
            self.sure = False
            return ANY, None
        del self.children[variable]
        if how == "killed":
            return 143, None
        return ANY if how == "gone" else how, None

    def _exit(self, status, *_):
        return (None, None) if self.is_first else (ANY, status)

    def _grow(self, *_):
        return (None, None) if self.is_first else (0, None)

    def _fault(self, kind, *_):
        return (None, None) if self.is_first else (ANY, 143 if kind == 3 else 128)

    def _chdir(self, which, *_):
        return (None, None) if self.is_first else (0 if which in (0, 2) else FAILED, None)

    def _spin(self, *_):
        return (None, None) if self.is_first else (ANY, NEVER)

    _yields = _spin

    def _stream(self, count, chunk, seed):
        if len(self.handles) + 2 > HANDLES:
            return None, None
        return (count * 0x10000 + chunk * 0x100 + seed) & 0x3F, None

    def _display(self, *_):
        return ANY, None

    def _patricide(self, *_):
        return FAILED, None


def annotate(script: Sequence[Operation]) -> list[tuple[Operation, int]]:
    """The operations to carry out, each with what it must give."""
    expected: dict[int, int] = {}
    first = _Process(script, 0, {}, 0, expected)
    first.follow()
    rows = []
    for index, operation in enumerate(script):
        if expected.get(index, -1) != -1:
            rows.append((operation, expected[index]))
    # The first process ends every child by itself, so that it never waits for ever.
    for variable in first.children:
        rows.append((Operation(0, Code.KILL, variable), ANY))
        rows.append((Operation(0, Code.WAIT, variable), ANY))
    return rows


# --- the run --------------------------------------------------------------------------------------

@cache
def _base_disk() -> bytes:
    paths = system()
    image = Image.format(1000)
    for folder in ("bin", "test", "tmp"):
        image.make_directory(folder)
    for name in ("sh", "true", "ps"):
        image.write(f"bin/{name}", (paths.folder / "programs" / f"{name}.qbin").read_bytes(),
                    executable=True)
    image.write("test/stress", (paths.folder / "tests" / "stress.qbin").read_bytes(),
                executable=True)
    return image.words.tobytes()


class ProcessRuns:
    """Random scripts of operations on processes (see tests/support/stress.py)."""
    name = "process"

    def generate(self, seed: int) -> list[Operation]:
        return generate(seed)

    def check(self, parts: Sequence[Operation]) -> str | None:
        image = Image(array("I", _base_disk()))
        text = "".join(f"{o.block} {int(o.code)} {o.a} {o.b} {o.c} {wanted}\n"
                       for o, wanted in annotate(parts))
        image.write("/tmp/script", text.encode())
        live = Live(image.words.tobytes(), debug_kernel(), Display(40, 20))
        try:
            live.until(PROMPT)
            said = live.command("/test/stress", LIMIT_CYCLES)
            rows = live.command("ps").split("\n")[1:-1]
            live.command("true")
            session = live.finish()
        except Silent as silent:
            return str(silent)
        bad = re.findall("^BAD .*", said, re.M)
        if bad or "stress: done\n" not in said:
            return "; ".join(bad[:4]) or f"it ended early: {said[-500:]}"
        if [row.split()[-1] for row in rows] != ["sh", "ps"]:
            return f"processes are left: {rows}"
        if session.status != 0:
            return f"the machine ended with {session.status}: {session.text[-300:]}"
        damage = check(Image(array("I", session.disk)))
        # Whoever was killed may have left a file, and an entry's count is a hint.
        return f"the disk is damaged: {damage[0]}" if damage else None
