"""What a cache asks of the memory that it stands in front of: whole lines."""

from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["LinePort", "LineRequest"]


class LineRequest(data.Struct):
    """A line to read or to write.

    `line` is the line's number: the address of its first word divided by the words of a line.
    """
    line:  32
    write: 1


# Requests are served in their order. A request to read is answered by the line's words on `read`,
# in the order of their addresses; all but the last may come before the request is taken. With a
# request to write all of the line's words are there, offered one after another on `written` without
# a pause; they may be taken before the request is, and the last of them is taken with it.
LinePort = wiring.Signature({
    "request": Out(stream.Signature(LineRequest)),
    "written": Out(stream.Signature(32)),
    "read":    In(stream.Signature(32)),
})
