"""A serial line of the host: octets at a rate, and a program for a board's boot loader over it.

`firmware/boot/serial.qll` is the other side.
"""

import os
import select
import struct
import termios
import time
import zlib
from collections import deque
from pathlib import Path

from isa.machine import PROGRAM

__all__ = ["ANSWER_S", "BootRefused", "LineError", "SerialLine", "frame", "send_frames",
           "send_program"]

SOH, ENQ, ACK, NAK, CAN = b"\x01", b"\x05", b"\x06", b"\x15", b"\x18"
GREETING    = ACK + b"Q1\n"
WRITE, START = 1, 2
FRAME_WORDS = 128
WINDOW      = 4      # frames that are on the way at most
CALL_S      = 0.05   # between two calls
ANSWER_S    = 1.0    # a frame that is not answered is sent again
MOST_TRIES  = 10     # of one frame


class LineError(Exception):
    """The line cannot be used, or nobody answers; the message says so."""


class BootRefused(Exception):
    """The board refused what was sent."""


class SerialLine:
    """A serial port, opened raw.

    Parameters
    ----------
    port : str
        Its path.
    baud_hz : int
        One of the rates that the host's system knows.
    """
    def __init__(self, port, baud_hz):
        speed = getattr(termios, f"B{baud_hz}", None)
        if speed is None:
            raise LineError(f"{port}: this system has no rate of {baud_hz} baud")
        try:
            self.fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except PermissionError:
            raise LineError(f"{port}: permission denied; the group of the file may use it: "
                            f"sudo usermod -aG {_group(port)} $USER, then log in again") from None
        except OSError as error:
            raise LineError(f"{port}: {error.strerror}{_ports()}") from None
        if not os.isatty(self.fd):
            os.close(self.fd)
            raise LineError(f"{port}: not a serial port{_ports()}")
        mode = termios.tcgetattr(self.fd)
        mode[0], mode[1], mode[3] = 0, 0, 0
        mode[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        mode[4] = mode[5] = speed
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 0, 0
        termios.tcsetattr(self.fd, termios.TCSANOW, mode)
        self.port = port

    def read(self, timeout_s):
        """What has arrived, or arrives within this time."""
        if not select.select([self.fd], [], [], timeout_s)[0]:
            return b""
        try:
            octets = os.read(self.fd, 4096)
        except OSError as error:
            raise LineError(f"{self.port}: {error.strerror}; was it pulled out?") from None
        if not octets:
            raise LineError(f"{self.port}: closed; was it pulled out?")
        return octets

    def write(self, octets):
        left = memoryview(octets)
        while left:
            try:
                left = left[os.write(self.fd, left):]
            except OSError as error:
                raise LineError(f"{self.port}: {error.strerror}; was it pulled out?") from None

    def close(self):
        os.close(self.fd)


def _group(port):
    import grp
    try:
        return grp.getgrgid(os.stat(port).st_gid).gr_name
    except (KeyError, OSError):
        return "dialout"


def _ports():
    """What serial ports there are, for a message."""
    found = sorted(str(path) for pattern in ("ttyUSB*", "ttyACM*")
                   for path in Path("/dev").glob(pattern))
    return f"; there are {', '.join(found)}" if found else "; no serial port is plugged in"


def send_program(line, words, *, patience_s=60.0, answer_s=ANSWER_S,
                 progress=lambda done, total: None):
    """Have a board's boot loader take a program and start it; what the board has said since.

    Parameters
    ----------
    line : SerialLine
    words : sequence of int
    patience_s : float
        How long the boot loader is waited for.
    answer_s : float
        How long it may take to answer a frame; then that is sent again.
    progress : callable
        Hears how many words of how many have been acknowledged.

    Raises
    ------
    LineError
        If nobody answers.
    BootRefused
        If the program does not fit, or arrived damaged.
    """
    octets = struct.pack(f"<{len(words)}I", *words)
    frames = [(PROGRAM + at, frame(WRITE, PROGRAM + at, words[at:at + FRAME_WORDS]))
              for at in range(0, len(words), FRAME_WORDS)]
    send_frames(line, frames, patience_s=patience_s, answer_s=answer_s, told=lambda count: progress(
        min(count * FRAME_WORDS, len(words)), len(words)))
    start = frame(START, PROGRAM, [len(words), zlib.crc32(octets)])
    return _send(line, [(PROGRAM, start)], lambda count: None, answer_s)


def send_frames(line, frames, *, patience_s=60.0, answer_s=ANSWER_S, told=lambda count: None):
    """Call the boot loader, and have it take frames, each with its address; `told` hears how many
    it has taken. Raises as `send_program` does."""
    _call(line, patience_s)
    _send(line, frames, told, answer_s)


def frame(kind, address, words):
    """The octets of a frame."""
    body = struct.pack(f"<{2 + len(words)}I", kind | len(words) << 8, address, *words)
    return SOH + body + struct.pack("<I", zlib.crc32(body))


def _call(line, patience_s):
    """Call until the boot loader greets, which is as it starts, or waits for a program."""
    end, heard = time.monotonic() + patience_s, b""
    while GREETING not in heard:
        if time.monotonic() > end:
            what = "; it sends something else: is the baud rate right?" if heard else ""
            raise LineError(f"{line.port}: no boot loader answers{what}")
        line.write(ENQ)
        heard = (heard + line.read(CALL_S))[-4096:]


def _send(line, frames, told, answer_s):
    """Send frames, a few ahead of their answers; again what is lost. What came behind the last
    answer."""
    waiting, unsent = deque(), deque(frames)  # sent and not answered; not sent
    heard, done, tries = b"", 0, 0
    while waiting or unsent:
        while unsent and len(waiting) < WINDOW:
            waiting.append(unsent.popleft())
            line.write(waiting[-1][1])
        octets = line.read(answer_s)
        heard += octets
        is_lost = not octets
        while heard and (waiting or unsent):
            kind = heard[:1]
            if kind in (ACK, CAN) and heard[1:4] == GREETING[1:]:
                heard = heard[4:]  # an answer to a call too many
            elif kind in (ACK, CAN):
                if len(heard) < 5:
                    break
                (address,), heard = struct.unpack("<I", heard[1:5]), heard[5:]
                if kind == CAN:
                    raise BootRefused(f"the board refuses the frame for {address:#x}: the program "
                                      "does not fit, or arrived damaged")
                still = [other for other in waiting if other[0] != address]
                if len(still) < len(waiting):  # else it was sent twice, and answered twice
                    waiting, done, tries = deque(still), done + 1, 0
                    told(done)
            else:
                is_lost, heard = is_lost or kind == NAK, heard[1:]
        if is_lost:
            tries += 1
            if tries > MOST_TRIES:
                raise LineError(f"{line.port}: the boot loader has stopped answering")
            unsent.extendleft(reversed(waiting))
            waiting.clear()
    return heard
