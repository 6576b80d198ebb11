"""Console input: lines that a person typed."""

from rtl.peripherals.buffered import BufferedDevice

__all__ = ["ConsoleInput"]


class ConsoleInput(BufferedDevice):
    """A buffered device of reads only; members as there.

    The host answers a read when a line is there, which may be never; at the end of input it FAILs.
    One word is one code point.
    """
    def __init__(self):
        super().__init__(writes=False, reads=True, answered=False)
