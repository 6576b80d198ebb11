"""What flows on the host streams: the tokens between a peripheral and what is behind it.

Behind a peripheral is a host in simulation, a phy on a board, a model in a bench. Each peripheral
that needs one has a stream `to_host`, or `from_host`, or both. A payload is 32 bits of data and,
above them, a kind, unless a component says otherwise. Either side may take its time. A token that
makes no sense where it comes is dropped.
"""

from amaranth import unsigned
from amaranth.lib import data, enum

__all__ = ["BlockFromHost", "BlockFromHostKind", "BlockToHost", "BlockToHostKind",
           "BufferedFromHost", "BufferedFromHostKind", "BufferedToHost", "BufferedToHostKind",
           "DebugFromHost", "DisplaySize", "DisplayToHost", "DisplayToHostKind", "KeyboardChange",
           "SerialOctet", "send"]


def send(to_host, kind, data=0):
    """Statements that offer a token."""
    return [to_host.valid.eq(1), to_host.payload.kind.eq(kind), to_host.payload.data.eq(data)]


# --- buffered devices: console output, console input, host file

class BufferedToHostKind(enum.Enum, shape=unsigned(2)):
    WORD = 0  # the next word of a message that the program writes
    END  = 1  # the message is complete; answered by DONE or FAIL, except by a console output
    READ = 2  # a message is wanted; answered by LENGTH or FAIL. Drops a message without its END


class BufferedToHost(data.Struct):
    data: 32  # 0 but for WORD
    kind: BufferedToHostKind


class BufferedFromHostKind(enum.Enum, shape=unsigned(2)):
    WORD   = 0  # the next word of a message that the program reads
    DONE   = 1  # the message was taken
    FAIL   = 2  # the operation failed
    LENGTH = 3  # a message follows, so many words long; the WORDs may come much later


class BufferedFromHost(data.Struct):
    data: 32
    kind: BufferedFromHostKind


# --- debug break

class DebugFromHost(enum.Enum, shape=unsigned(1)):
    GO_ON     = 0  # answers a break, at once or when the person wants
    INTERRUPT = 1  # raise interrupt 3


# --- display

class DisplayToHostKind(enum.Enum, shape=unsigned(2)):
    START = 0  # a flip begins; data is height << 16 | width. Drops a picture without its END
    PIXEL = 1  # row by row
    END   = 2  # the picture is complete: show it
    DROP  = 3  # it will not be completed: forget it


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

class BlockToHostKind(enum.Enum, shape=unsigned(2)):
    WORD  = 0  # the next word of the sector to write; the 128th is answered by DONE or FAIL
    READ  = 1  # of the sector in data; answered by 128 WORDs, or FAIL
    WRITE = 2  # of the sector in data; 128 WORDs follow, or none more if memory cannot be read
    FLUSH = 3  # answered by DONE or FAIL
    # READ, WRITE and FLUSH drop a sector of which not all WORDs have come.


class BlockToHost(data.Struct):
    data: 32
    kind: BlockToHostKind


class BlockFromHostKind(enum.Enum, shape=unsigned(2)):
    WORD = 0
    DONE = 1
    FAIL = 2
    SIZE = 3  # total sectors, below 2^28; when the disk is put in, and not during an operation


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
