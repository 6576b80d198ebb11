"""Host file: whole files of the host's, by path. It exists only in simulation."""

from rtl.peripherals.buffered import BufferedDevice

__all__ = ["HostFile"]


class HostFile(BufferedDevice):
    """A buffered device of writes and reads; members as there.

    Which message is a path and which is contents, the host knows: a path first, then contents
    either way. A read drops a message of which only a part was written.
    """
    def __init__(self):
        super().__init__(writes=True, reads=True, answered=True)
