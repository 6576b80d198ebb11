"""What every command that runs a machine says when it cannot go on, and its exit status then."""

import os
import sys
from collections.abc import Callable

from sim.host.error import HostError, OutputClosed
from sim.machine import ChipError, Exit, ImageError
from toolchain.source import SourceError, SourceErrors

__all__ = ["status_of"]


def status_of(action: Callable[[], int], tell: Callable[[str], None], *,
              errors: tuple[type[Exception], ...] = (), interrupted: str = "interrupted") -> int:
    """The exit status that an action gives, or the one of what ended it, which is told in a line.

    `errors` are the command's own exceptions besides those that all machines have; their messages,
    too, are for people. Mistakes in a source begin with their place, so `tell` is not asked to put
    the command's name in front of them.
    """
    told: tuple[type[Exception], ...] = (ChipError, ImageError, HostError, *errors)
    try:
        return action()
    except OutputClosed:
        _forget_output()
        return Exit.BROKEN_PIPE
    except (SourceError, SourceErrors) as error:
        print(error, file=sys.stderr)
    except told as error:
        tell(str(error))
    except OSError as error:
        tell(f"{error.filename or 'the host'}: {error.strerror or error}")
    except KeyboardInterrupt:
        tell(interrupted)
        return Exit.INTERRUPTED
    return Exit.BAD_INPUT


def _forget_output() -> None:
    """Let nothing that is still in a buffer fail again when Python ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
