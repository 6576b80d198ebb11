"""Dialogues with the debugger: commands, and what each of them answered."""

from contextlib import ExitStack, contextmanager

from debug.cli import options_of
from debug.commands import Commands
from debug.error import DebugError
from debug.opening import open_session, target_of
from debug.person import MachineTerminal


class Dialogue:
    """A session that is talked to.

    Members
    -------
    said : bytearray
        What the machine put out.
    """

    def __init__(self, stack, *arguments):
        options = options_of([str(argument) for argument in arguments])
        self.said = bytearray()
        self.terminal = MachineTerminal(self.said.extend)
        self._stops = False
        self._limit = 0
        self.session, self.disk = open_session(options, target_of(options), self.terminal, self,
                                               stack)
        self.commands = Commands(self.session,
                                 type_text=lambda text: self.terminal.type(text.encode()))

    def wait(self):
        """Nobody types anything while the machine waits for it."""
        self._stops = True

    def wants_stop(self):
        """After a while without anything that stops it, somebody presses ctrl-C."""
        return self._stops or self.session.history.cycles > self._limit

    def __call__(self, line, patience=20_000_000):
        """The answer to a command, or the refusal of it; the machine runs for about so many cycles
        at most."""
        self._stops, self._limit = False, self.session.history.cycles + patience
        try:
            return self.commands.execute(line)
        except DebugError as error:
            return f"refused: {error}"

    def lines(self, line):
        """The same, line by line."""
        return self(line).split("\n")


@contextmanager
def dialogue(*arguments):
    """A new session, for the arguments of the command line."""
    with ExitStack() as stack:
        yield Dialogue(stack, *arguments)
