"""Console output: text for a person, a message at a time."""

from rtl.peripherals.buffered import BufferedDevice

__all__ = ["ConsoleOutput"]


class ConsoleOutput(BufferedDevice):
    """A buffered device of writes only; members as there, without `from_host`.

    The host does not answer: a message is done once it has left. One word is one code point.
    """
    def __init__(self):
        super().__init__(writes=True, reads=False, answered=False)
