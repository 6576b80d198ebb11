"""docs/first-program.md, done on the machine: a program is written, assembled, run, debugged and
mended there, and is still there when the machine is started again with the same disk.

``python -m tests.kernel.test_first_program`` writes the page anew with what the machine answers.
"""

import re

from tests.support.live import LIMIT_CYCLES, PROMPT, Live
from toolchain.places import ROOT

PAGE = ROOT / "docs" / "first-program.md"
TYPED = re.compile(r"^(/\S* \$ |db> )(.*)$")
ASKS = re.compile(r"(?:^|\n)(/\S* \$ |db> )$")
KEYS = {"<ctrl-G>": "\x07", "<ctrl-K>": "\x0b", "<ctrl-V>": "\x16", "<ctrl-S>": "\x13",
        "<ctrl-Q>": "\x11", "<enter>": "\r", "<down>": "\x1b[B", "<delete>": "\x1b[3~"}


def answer(live):
    """What is said until the machine asks again, and how it asks; or until it has halted."""
    said, end = "", live.golden.cycles + LIMIT_CYCLES
    while not ASKS.search(said) and not live.stopped and live.golden.cycles < end:
        live.run(100_000)
        said = live.text[live._seen:]
    live._seen += len(said)
    asks = ASKS.search(said)
    return (said[:asks.start(1)], asks[1]) if asks else (said, "")


def edit(live, name, keys):
    live.type(f"edit {name}\r")
    live.until("F1 for help")
    live.type(keys)
    live.until(PROMPT)


def replay(page):
    """The page, with what the machine answers in the place of what it should; and its disk."""
    live = Live()
    live.until(PROMPT)
    live.type("\x1b[24;900R")
    made, asks, edited = [], "/ $ ", ""
    blocks = re.split(r"(?m)^(```\w*)$", page)
    kind = ""
    for part in blocks:
        if part.startswith("```"):
            kind = part[3:]
        elif kind == "console":
            lines = [match[2] for line in part.split("\n") if (match := TYPED.match(line))]
            part = "\n"
            for line in lines:
                part += f"{asks}{line}\n"
                if line.startswith("edit "):
                    edited = line.removeprefix("edit ")
                    continue
                live.type(f"{line}\r")
                live.until(f"{line}\n")
                said, asks = answer(live)
                part += said
        elif kind == "text":
            edit(live, edited, part[1:].replace("\n", "\r") + "\x13\x11")
        elif kind == "keys":
            name, keys = part.strip().removeprefix("edit ").split(" ", 1)
            for key, octets in KEYS.items():
                keys = keys.replace(key, octets)
            edit(live, name, keys)
        made.append(part)
    return "".join(made), live._disk.octets()


def test_a_newcomers_first_program_is_made_debugged_and_kept():
    page = PAGE.read_text()
    played, disk = replay(page)
    assert played == page
    live = Live(disk=disk)
    live.until(PROMPT)
    assert live.command("/tmp/sum; echo $?") == "55\n"
    assert live.command("ls /tmp") == "sum\nsum.qasm\nsum.sym\n"


if __name__ == "__main__":
    PAGE.write_text(replay(PAGE.read_text())[0])
