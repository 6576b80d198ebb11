"""The kinds of tokens on the host streams, as numbers: what simulators need without Amaranth.

`tokens.py` puts the tokens together.
"""

from enum import IntEnum

__all__ = ["WAITS", "BlockFromHostKind", "BlockToHostKind", "BufferedFromHostKind",
           "BufferedToHostKind", "DebugFromHost", "DisplayToHostKind"]

WAITS = 1 << 8  # of a serial octet: it may not be lost


# --- buffered devices: console output, console input, host file

class BufferedToHostKind(IntEnum):
    WORD = 0  # the next word of a message that the program writes
    END  = 1  # the message is complete; answered by DONE or FAIL, except by a console output
    READ = 2  # a message is wanted; answered by LENGTH or FAIL. Drops a message without its END


class BufferedFromHostKind(IntEnum):
    WORD   = 0  # the next word of a message that the program reads
    DONE   = 1  # the message was taken
    FAIL   = 2  # the operation failed
    LENGTH = 3  # a message follows, so many words long; the WORDs may come much later


# --- debug break

class DebugFromHost(IntEnum):
    GO_ON     = 0  # answers a break, at once or when the person wants
    INTERRUPT = 1  # raise interrupt 3


# --- display

class DisplayToHostKind(IntEnum):
    START = 0  # a flip begins; data is height << 16 | width. Drops a picture without its END
    PIXEL = 1  # row by row
    END   = 2  # the picture is complete: show it
    DROP  = 3  # it will not be completed: forget it


# --- block device

class BlockToHostKind(IntEnum):
    WORD  = 0  # the next word of the sector to write; the 128th is answered by DONE or FAIL
    READ  = 1  # of the sector in data; answered by 128 WORDs, or FAIL
    WRITE = 2  # of the sector in data; 128 WORDs follow, or none more if memory cannot be read
    FLUSH = 3  # answered by DONE or FAIL
    # READ, WRITE and FLUSH drop a sector of which not all WORDs have come.


class BlockFromHostKind(IntEnum):
    WORD = 0
    DONE = 1
    FAIL = 2
    SIZE = 3  # total sectors, below 2^28; when the disk is put in, and not during an operation
