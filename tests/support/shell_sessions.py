"""Random sessions with the shell: what a person types, what must come of it, and the run.

The oracle keeps the files and the directory that the session has made, and predicts the output of
each line that does not depend on the order in which processes run. What is left in the background
is killed at the end; what ctrl-C ends may have done any part of its work, so it writes where nobody
looks.
"""

import random
import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.support.live import PROMPT, Live, Silent
from tests.support.system import debug_kernel, system
from toolchain.qfs import Image, check

__all__ = ["Line", "ShellSessions", "generate"]

PROGRAMS = ("sh", "cat", "echo", "false", "grep", "head", "hexdump", "ls", "ps", "rm", "sleep",
            "true", "wc")
FILES = ("/tmp/a", "/tmp/b", "/tmp/c")
WORDS = ("one", "two", "three", "x", "Quince", "42", "a-b", "under_score")
ODD_WORDS = ("two words", "  blanks  ", "it's", 'say "so"', "a|b", "x;y", "x>y", "&&", "")
ENDLESS = ("cat", "cat | cat", "sleep 100 | cat", "sleep 100", "cat | sleep 100 | cat",
           "cat /bin/sh | sleep 100", "sh -c 'sleep 100'", "cat /bin/sh | hexdump > /tmp/lost",
           "cat > /tmp/lost", "sh -c 'cat | cat'", "hexdump /bin/sh")
BACKGROUND = ("sleep 100", "sleep 100 | cat", "cat /bin/sh | sleep 100", "sh -c 'sleep 100'",
              "sleep 0", "cat /bin/sh | hexdump > /tmp/lost")
NOTICE = re.compile(r"^\[\d+\]( ended with \d+)?$")


@dataclass(frozen=True)
class Line:
    """Something that a person does: a kind, and what it needs."""
    kind:  str
    words: tuple = ()

    def __str__(self) -> str:
        return f"{self.kind} {' '.join(map(repr, self.words))}".rstrip()


def generate(seed: int) -> list[Line]:
    rng = random.Random(seed)
    return [_line(rng) for _ in range(rng.randint(4, 14))]


def _line(rng: random.Random) -> Line:
    kind = rng.choices(["echo", "store", "append", "show", "count", "chain", "interrupt",
                        "background", "kill", "remove", "directory", "filter", "nested", "status",
                        "suspend"],
                       [4, 4, 3, 4, 3, 4, 5, 4, 2, 1, 1, 3, 2, 2, 3])[0]
    words = tuple(rng.choice(ODD_WORDS if rng.random() < 0.25 else WORDS)
                  for _ in range(rng.randint(1, 5)))
    make: dict[str, Callable[[], tuple]] = {
        "echo": lambda: words,
        "store": lambda: (rng.choice(FILES), *words),
        "append": lambda: (rng.choice(FILES), *words),
        "show": lambda: (rng.randrange(3), *rng.choices(FILES, k=rng.randint(1, 3))),
        "count": lambda: (rng.randrange(4), *words),
        "chain": lambda: tuple(rng.choice(["true", "false"]) for _ in range(rng.randint(1, 3))),
        "interrupt": lambda: (rng.choice(ENDLESS),
                              rng.choice([0, 1, 1000, 30_000, 300_000, 1_000_000, 3_000_000])),
        "suspend": lambda: (rng.choice(ENDLESS),
                              rng.choice([0, 1, 1000, 30_000, 300_000, 1_000_000, 3_000_000])),
        "background": lambda: (rng.choice(BACKGROUND),),
        "filter": lambda: (rng.choice(WORDS), rng.choice(FILES)),
        "nested": lambda: tuple(rng.choice(WORDS) for _ in range(3)),
        "remove": lambda: (rng.choice(FILES),),
        "directory": lambda: (rng.choice(["/", "/bin", "/tmp", "/none"]),),
        "status": lambda: (rng.choice(["true", "false", "true | false", "nosuch",
                                       "echo x | cat > /tmp/kept"]),),
    }
    return Line(kind, make.get(kind, tuple)())


# --- the oracle -----------------------------------------------------------------------------------

STATUSES = {"true": 0, "false": 1, "true | false": 1, "nosuch": 127, "echo x | cat > /tmp/kept": 0}


def quoted(word: str) -> str:
    """A word as one may type it."""
    if re.fullmatch(r"[\w-]+", word):
        return word
    return f'"{word}"' if "'" in word else f"'{word}'"


@dataclass
class _Model:
    """The files and the directory, as the session should have them."""
    files:     dict[str, str] = field(default_factory=dict)
    directory: str = "/"

    def expect(self, line: Line) -> tuple[str, str | None]:
        """What to type, and what the machine must say; None if that is open."""
        return getattr(self, f"_{line.kind}")(*line.words)

    def _echo(self, *words):
        return "echo " + " ".join(map(quoted, words)), " ".join(words) + "\n"

    def _store(self, name, *words):
        typed, said = self._echo(*words)
        self.files[name] = said
        return f"{typed} > {name}", ""

    def _append(self, name, *words):
        typed, said = self._echo(*words)
        self.files[name] = self.files.get(name, "") + said
        return f"{typed} >> {name}", ""

    def _show(self, pipes, *names):
        if any(name not in self.files for name in names):
            return f"cat {' '.join(names)}", None
        said = "".join(self.files[name] for name in names)
        return f"cat {' '.join(names)}" + " | cat" * pipes, said

    def _count(self, pipes, *words):
        typed, said = self._echo(*words)
        return (typed + " | cat" * pipes + " | wc",
                f"{1:7} {len(said.split()):7} {len(said):7} \n")

    def _chain(self, *programs):
        status = 0 if all(program == "true" for program in programs) else 1
        return (" && ".join(programs) + " && echo yes || echo no",
                "yes\n" if status == 0 else "no\n")

    def _filter(self, word, name):
        if name not in self.files:
            return "true", ""
        rows = [row for row in self.files[name].split("\n")[:-1] if word in row]
        return f"grep {word} {name} | cat", "".join(f"{row}\n" for row in rows)

    def _nested(self, *words):
        return f"sh -c 'echo {' '.join(words)} | cat'", " ".join(words) + "\n"

    def _remove(self, name):
        known = self.files.pop(name, None)
        return f"rm {name}", None if known is None else ""

    def _directory(self, name):
        if name == "/none":
            return f"cd {name}", "cd: no such directory: /none\n"
        self.directory = name
        return f"cd {name} ; pwd", f"{name}\n"

    def _status(self, command):
        said = "sh: no such program: nosuch\n" if command == "nosuch" else ""
        return f"{command} ; echo $?", f"{said}{STATUSES[command]}\n"


# --- the run --------------------------------------------------------------------------------------

@cache
def _base_disk() -> bytes:
    paths = system()
    image = Image.format(1400)
    for folder in ("bin", "tmp"):
        image.make_directory(folder)
    for name in PROGRAMS:
        image.write(f"bin/{name}", (paths.folder / "programs" / f"{name}.qbin").read_bytes(),
                    executable=True)
    return image.words.tobytes()


class _Session:
    """One session, as far as it has got."""

    def __init__(self, machine: Callable[..., Any] | None) -> None:
        self.live = Live(_base_disk(), debug_kernel(), machine=machine)
        self.model = _Model()
        self.background: list[str] = []
        self.marks = 0
        self.live.until(PROMPT)

    def do(self, line: Line) -> str | None:
        """Carry a line out; what is wrong, or None."""
        if line.kind in ("interrupt", "suspend"):
            self._interrupt(*line.words, stops=line.kind == "suspend")
            return None
        if line.kind == "background":
            said = self.live.command(f"{line.words[0]} &")
            self.background += re.findall(r"^\[(\d+)\]$", said, re.M)
            return None
        if line.kind == "kill":
            self._kill()
            return None
        typed, wanted = self.model.expect(line)
        rows = self.live.command(typed).split("\n")
        said = "\n".join(row for row in rows if not NOTICE.match(row))
        if wanted is not None and said != wanted:
            return f"{typed!r} gave {said!r}, wanted {wanted!r}"
        return None

    def _interrupt(self, command: str, delay_cycles: int, *, stops: bool) -> None:
        """Type a command and, so much later, ctrl-C, or ctrl-Z and `fg` before it; then come to a
        prompt again."""
        self.live.type(f"{command}\r")
        self.live.run(delay_cycles)
        if stops:
            self.live.type("\x1a")
            self.live.run(2_000_000)
            self.live.type("\x15fg\r")
            self.live.run(1_000_000)
        # Ctrl-C ends what has been started: what the shell starts of the line after that, the next.
        for tries in range(5):
            self.live.type("\x03")
            self.live.run(1_000_000 << tries)
        self.marks += 1
        self.live.type(f"\x15echo mark{self.marks}\r")
        self.live.until(f"\nmark{self.marks}\n")
        self.live.until(PROMPT)
        if stops:  # a ctrl-C that comes before `fg` begins has dropped that
            for number in re.findall(r"^(%\d+) stopped ", self.live.command("jobs"), re.M):
                self.live.command(f"kill {number}")

    def _kill(self) -> None:
        if self.background:
            self.live.command("kill " + " ".join(self.background))
            self.background = []
        self.live.command("wait")

    def end(self) -> str | None:
        """Nothing must be left, and the files must be as the model has them."""
        self._kill()
        rows = self.live.command("/bin/ps").split("\n")
        names = [row.split()[-1] for row in rows if re.match(r" +\d+ ", row)]
        if names != ["sh", "ps"]:
            return f"processes are left: {names}"
        self.live.command("true")
        session = self.live.finish()
        if session.status != 0:
            return f"the machine ended with {session.status}: {session.text[-300:]}"
        image = Image(array("I", session.disk))
        damage = check(image)
        if damage:
            return f"the disk is damaged: {damage[0]}"
        for name, text in self.model.files.items():
            if image.read(name) != text.encode():
                return f"{name} holds {image.read(name)!r}, wanted {text!r}"
        return None


class ShellSessions:
    """Random sessions with the shell (see tests/support/stress.py).

    Parameters
    ----------
    machine : callable or None
        As `Live` has it.
    """
    name = "shell"

    def __init__(self, machine: Callable[..., Any] | None = None) -> None:
        self.machine = machine

    def generate(self, seed: int) -> list[Line]:
        return generate(seed)

    def check(self, parts: Sequence[Line]) -> str | None:
        session = None
        try:
            session = _Session(self.machine)
            for part in parts:
                wrong = session.do(part)
                if wrong is not None:
                    return wrong
            return session.end()
        except Silent as silent:
            return str(silent)
