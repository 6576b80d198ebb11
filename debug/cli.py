"""The debugger's command line, and its front in the terminal."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from debug.commands import Commands, Quit
from debug.disk_keeper import DiskKeeper
from debug.error import DebugError
from debug.opening import machine_options, open_session, system_disk, target_of, tell
from debug.person import MachineTerminal, Person
from sim.command import status_of
from sim.engine.build import BuildError
from sim.host.error import HostError
from sim.machine import Diverged, Exit, ImageError
from toolchain.places import BUILD

__all__ = ["main", "options_of"]

HISTORY_FILE = BUILD / "debug" / "commands"
PROMPT = "(quince) "


def main(argv: Sequence[str] | None = None) -> int:
    """Run the debugger; returns 0, or 1 if something could not be used."""
    options = options_of(argv)

    def debug() -> int:
        with ExitStack() as stack:
            return _run(options, stack)

    return status_of(debug, tell, errors=(DebugError, BuildError))


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line, understood."""
    return _parser().parse_args(argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quince-debug", description="look into a running machine, forwards and backwards in "
        "time; 'help' at its prompt lists the commands")
    machine_options(parser)
    add = parser.add_argument
    add("-e", metavar="COMMAND", dest="commands", action="append", default=[],
        help="do this command first; may be given more than once")
    add("--command", metavar="FILE", help="do the commands in a file, one a line")
    add("--batch", action="store_true", help="leave when these commands are done")
    add("--disk", metavar="FILE", help="the disk's image; it is written when the debugger is left, "
                                       "if it is kept")
    add("--keys", metavar="FILE", help="a keyboard that plays '<ms> down|up <key>' lines")
    add("--frames", metavar="DIR", help="put the display's pictures there, as PNG files")
    add("--dap", action="store_true",
        help="serve the Debug Adapter Protocol on standard input and output, for an editor")
    add("--port", type=int, metavar="NUMBER", help="with --dap: serve it on this TCP port instead")
    return parser


def _run(options: argparse.Namespace, stack: ExitStack) -> int:
    if options.dap:
        from debug.dap import serve
        return serve(options, stack)
    lines = list(options.commands)
    if options.command:
        lines += _lines(options.command)
    is_asked = not options.batch and sys.stdin.isatty()
    if not is_asked and not lines:
        lines = [line.rstrip("\n") for line in sys.stdin]
    terminal = MachineTerminal(_show)
    person = Person(terminal, passes=is_asked)
    target = target_of(options)
    session, disk = open_session(options, target, terminal, person, stack)
    person.install()
    keeper = DiskKeeper(session, disk, options.disk if options.program else
                        options.disk or system_disk(target))
    commands = Commands(session, type_text=lambda text: terminal.type(text.encode()),
                        leave=keeper.leave)
    return Front(commands, keeper).run(lines, is_asked=is_asked)


def _lines(name: str) -> list[str]:
    try:
        return Path(name).read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise DebugError(f"{name}: {error.strerror or error}") from None


class Front:
    """Reads commands, from a script or a person, and shows what comes of them."""

    def __init__(self, commands: Commands, keeper: DiskKeeper) -> None:
        self._commands = commands
        self._keeper = keeper
        self.failed = False

    def run(self, lines: Sequence[str], *, is_asked: bool) -> int:
        """Do these lines, then ask for more if there is somebody; the exit status."""
        try:
            for line in lines:
                if line.strip() and not line.lstrip().startswith("#"):
                    print(f"{PROMPT}{line}", flush=True)
                    if not self._do(line) and not is_asked:
                        return Exit.BAD_INPUT
            if is_asked:
                self._converse()
        except Quit as leaving:
            if str(leaving):
                print(leaving)
            return 0
        return self._drop()

    def _drop(self) -> int:
        if self._keeper.question:
            print(self._keeper.leave("drop"))
        return 0

    def _do(self, line: str) -> bool:
        """One command; whether it could be done."""
        try:
            text = self._commands.execute(line)
        except (DebugError, HostError, ImageError) as error:
            print(error, flush=True)
            return False
        except Diverged as error:
            print(f"{error}\n(the recording ends here; it can be gone back in)", flush=True)
            return False
        if text:
            print(text, flush=True)
        return True

    def _converse(self) -> None:
        ask = _prompt(self._commands)
        last = ""
        for line in ask:
            line = line.strip() or (last if _repeats(last) else "")
            last = line
            self._do(line)
        self._leave_at_end()

    def _leave_at_end(self) -> None:
        """Ctrl-D: the one question that leaving may need."""
        question = self._keeper.question
        if question:
            print(question)
            answer = input("keep or drop? ").strip()
            print(self._keeper.leave(answer if answer in ("keep", "here") else "drop"))
        raise Quit("")


def _repeats(line: str) -> bool:
    """Whether an empty line does it again: steps and lists."""
    return line.split(" ")[0] in {"s", "step", "n", "next", "si", "stepi", "ni", "nexti", "rs",
                                  "reverse-step", "rn", "reverse-next", "rsi", "reverse-stepi",
                                  "cy", "cycle", "rcy", "reverse-cycle", "l", "list", "c",
                                  "continue", "rc", "reverse-continue"}


def _prompt(commands: Commands) -> Iterator[str]:
    """Lines from the person, with completion and a history that is kept; ends at ctrl-D."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory

    from debug.completion import CommandCompleter
    HISTORY_FILE.parent.mkdir(parents=True, exist_ok=True)
    asked: PromptSession[str] = PromptSession(
        PROMPT, history=FileHistory(str(HISTORY_FILE)), completer=CommandCompleter(commands),
        complete_while_typing=False)
    while True:
        try:
            yield asked.prompt()
        except EOFError:
            return
        except KeyboardInterrupt:
            continue


def _show(octets: bytes) -> None:
    sys.stdout.flush()
    os.write(sys.stdout.fileno(), octets.replace(b"\r", b""))
