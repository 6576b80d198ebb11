"""What flows on the host streams: the tokens between a peripheral and what is behind it.

Behind a peripheral is a host in simulation, a phy on a board, a model in a bench. Each peripheral
that needs one has a stream `to_host`, or `from_host`, or both. A payload is 32 bits of data and,
above them, a kind, unless a component says otherwise. Either side may take its time. A token that
makes no sense where it comes is dropped.
"""

from amaranth.lib import data

from rtl.peripherals.kinds import (
    BlockFromHostKind,
    BlockToHostKind,
    BufferedFromHostKind,
    BufferedToHostKind,
    DebugFromHost,
    DisplayToHostKind,
)

__all__ = ["BlockFromHost", "BlockFromHostKind", "BlockToHost", "BlockToHostKind",
           "BufferedFromHost", "BufferedFromHostKind", "BufferedToHost", "BufferedToHostKind",
           "DebugFromHost", "DisplaySize", "DisplayToHost", "DisplayToHostKind", "KeyboardChange",
           "SerialOctet", "send"]


def send(to_host, kind, data=0):
    """Statements that offer a token."""
    return [to_host.valid.eq(1), to_host.payload.kind.eq(kind), to_host.payload.data.eq(data)]


# --- buffered devices: console output, console input, host file

class BufferedToHost(data.Struct):
    data: 32  # 0 but for WORD
    kind: BufferedToHostKind


class BufferedFromHost(data.Struct):
    data: 32
    kind: BufferedFromHostKind


# --- display

class DisplayToHost(data.Struct):
    data: 32
    kind: DisplayToHostKind


class DisplaySize(data.Struct):
    """What is behind the display says how large it is, before the machine starts or at any time."""
    width:  14
    height: 14


# --- keyboard

class KeyboardChange(data.Struct):
    """One bit of one state word becomes `down`; words above 4 do not exist."""
    bit:  5
    word: 3
    down: 1


# --- block device

class BlockToHost(data.Struct):
    data: 32
    kind: BlockToHostKind


class BlockFromHost(data.Struct):
    data: 32
    kind: BlockFromHostKind


# --- serial line; to the host go bare octets

class SerialOctet(data.Struct):
    """An octet from the line; one that `waits` is only taken once there is room for it.

    A host with a queue sets `waits`, so that nothing is lost. A UART cannot: what it receives is
    taken at once, and dropped if there is no room.
    """
    octet: 8
    waits: 1
