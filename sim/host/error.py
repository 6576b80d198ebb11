"""What can go wrong on the host's side that its user can do something about."""

__all__ = ["HostError", "OutputClosed"]


class HostError(Exception):
    """A host cannot do what was asked; the message names the file, device or option, and why."""


class OutputClosed(HostError):
    """Whoever read the output has gone away (a broken pipe)."""
