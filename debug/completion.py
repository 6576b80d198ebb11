"""Completion at the prompt: commands, then what each of them takes."""

from collections.abc import Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from debug.commands import Commands
from debug.error import DebugError
from debug.frames import short

__all__ = ["CommandCompleter"]

PLACES      = {"break", "tbreak", "until", "list", "disassemble"}
EXPRESSIONS = {"print", "watch", "display", "ptype", "x"}


class CommandCompleter(Completer):
    """Completes in one session."""

    def __init__(self, commands: Commands):
        self._commands = commands

    def get_completions(self, document: Document,
                        complete_event: CompleteEvent) -> Iterator[Completion]:
        """What may stand at the cursor."""
        before = document.text_before_cursor.lstrip()
        word, space, rest = before.partition(" ")
        if not space:
            known, typed = list(self._commands.table), word
        else:
            typed = rest.rpartition(" ")[2]
            try:
                known = self.words(self._commands.find(word.partition("/")[0]).name)
            except DebugError:
                return
        for name in sorted(set(known)):
            if name.startswith(typed):
                yield Completion(name, start_position=-len(typed))

    def words(self, command: str) -> list[str]:
        """What a command takes."""
        commands = self._commands
        if command == "info":
            return list(commands._topics())
        if command == "help":
            return list(commands.table)
        if command == "catch":
            return ["fault", "interrupt", "syscall"]
        if command == "quit":
            return ["keep", "here", "drop"]
        frame = commands.session.frame()
        if frame.module is None:
            return []
        names = [short(one.name) for one in frame.module.info.functions]
        if command in PLACES:
            names += [name.rpartition("/")[2] + ":" for name in frame.module.info.files]
            names += [process.name + ":" for process in commands.session.symbols.processes()]
        if command in EXPRESSIONS:
            names += [one.name for one in frame.variables]
            names += [short(one.label) for one in frame.module.info.globals]
        return names + [name.rpartition("::")[2] for name in names]
