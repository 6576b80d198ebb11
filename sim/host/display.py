"""The display: where flips go. A window, numbered PNG files, a terminal, or nowhere."""

import os
import re
import sys
from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.host.error import HostError
from sim.host.keyboard import Key, Keyboard
from sim.host.terminal import Terminal

__all__ = ["DISPLAY_KINDS", "DeliveredDisplay", "DeliveringDisplay", "Display", "Frame",
           "PngDisplay", "TerminalDisplay", "WindowDisplay", "open_display", "parse_size"]

Frame = NDArray[np.uint32]  # height by width pixels 0xAARRGGBB; every display ignores alpha

DISPLAY_KINDS = ("auto", "window", "png", "terminal", "none")
LIMIT_PIXELS  = 4096  # in either direction; both fit the device's 16 bits


class Display:
    """Counts flips and keeps the last one; the displays that show something build on it.

    Parameters
    ----------
    width, height : int
        In pixels.

    Members
    -------
    frame_count : int
    last : Frame or None
    is_closed : bool
        The person closed the window: the machine should be stopped.
    """

    def __init__(self, width: int, height: int) -> None:
        check_size(width, height)
        self.width = width
        self.height = height
        self.frame_count = 0
        self.last: Frame | None = None
        self.is_closed = False

    def show(self, pixels: Frame) -> None:
        """A flip: `width * height` pixels, row by row. Raises `HostError`."""
        self.last = np.asarray(pixels, np.uint32).reshape(self.height, self.width)
        self.frame_count += 1
        self._draw(self.last)

    def poll(self, keyboard: Keyboard | None = None) -> None:
        """Look after the window, and put key changes into the keyboard; every few ms."""

    def close(self) -> None:
        """Take the display down."""

    def _draw(self, frame: Frame) -> None:
        """Show it; here nothing does."""


class PngDisplay(Display):
    """Each flip a file `frame-000001.png` and so on, in a folder that is made if need be."""

    def __init__(self, width: int, height: int, folder: Path | str) -> None:
        super().__init__(width, height)
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HostError(f"display: {folder}: {error.strerror}") from None

    def _draw(self, frame: Frame) -> None:
        from PIL import Image
        path = self.folder / f"frame-{self.frame_count:06}.png"
        try:
            Image.fromarray(rgb_of(frame)).save(path)
        except OSError as error:
            raise HostError(f"display: {path}: {error.strerror or error}") from None


class WindowDisplay(Display):
    """A window of its own, whose keys are the keyboard's; small displays are shown larger."""

    def __init__(self, width: int, height: int, title: str = "Quince") -> None:
        super().__init__(width, height)
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        try:
            import pygame
        except ImportError:
            raise HostError("display: a window needs the package pygame-ce") from None
        self._pygame = pygame
        self._held: dict[int, Key | int] = {}  # by scan code, as it was pressed
        self.scale = max(1, min(4, 960 // width, 720 // height))
        try:
            pygame.display.init()
            pygame.display.set_caption(title)
            self._screen = pygame.display.set_mode((width * self.scale, height * self.scale))
        except pygame.error as error:
            raise HostError(f"display: cannot open a window: {error}; "
                            "use --display png or --display terminal") from None

    def _draw(self, frame: Frame) -> None:
        pygame = self._pygame
        surface = pygame.image.frombuffer(rgb_of(frame).tobytes(), (self.width, self.height),
                                          "RGB")
        self._screen.blit(pygame.transform.scale(surface, self._screen.get_size()), (0, 0))
        pygame.display.flip()

    def poll(self, keyboard: Keyboard | None = None) -> None:
        """Window events to key changes; closing the window sets `is_closed`."""
        pygame = self._pygame
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                self.is_closed = True
            elif keyboard is None:
                continue
            elif event.type == pygame.KEYDOWN:
                key = self._key(event)
                if key is not None:
                    self._held[event.scancode] = key
                    keyboard.set(key, True)
            elif event.type == pygame.KEYUP:
                # What was pressed is released, even if shift changed in between.
                key = self._held.pop(event.scancode, None)
                if key is not None and key not in self._held.values():
                    keyboard.set(key, False)
            elif event.type == pygame.WINDOWFOCUSLOST:
                self._held.clear()
                keyboard.release_all()

    def _key(self, event: object) -> Key | int | None:
        pygame = self._pygame
        names = {
            Key.LEFT: "LEFT", Key.RIGHT: "RIGHT", Key.UP: "UP", Key.DOWN: "DOWN",
            Key.SPACE: "SPACE", Key.ESCAPE: "ESCAPE", Key.ENTER: "RETURN KP_ENTER", Key.TAB: "TAB",
            Key.BACKSPACE: "BACKSPACE", Key.DELETE: "DELETE", Key.SHIFT: "LSHIFT RSHIFT",
            Key.CONTROL: "LCTRL RCTRL", Key.ALT: "LALT RALT", Key.META: "LMETA RMETA",
        }
        code = getattr(event, "key", 0)
        for key, constants in names.items():
            if code in [getattr(pygame, f"K_{name}") for name in constants.split()]:
                return key
        text = getattr(event, "unicode", "")
        if len(text) == 1 and 32 <= ord(text) < 127:
            return ord(text)
        return code if 32 <= code < 127 else None  # control held: the letter all the same

    def close(self) -> None:
        """Close the window."""
        self._pygame.display.quit()


class TerminalDisplay(Display):
    """Flips as half-block characters, two pixels a character; made smaller to fit the terminal."""

    def __init__(self, width: int, height: int, terminal: Terminal) -> None:
        super().__init__(width, height)
        self._terminal = terminal
        self._shown: list[str] = []  # rows as they are on the terminal

    def _draw(self, frame: Frame) -> None:
        rows = render_half_blocks(frame, *self._terminal.size())
        if not self._shown:
            self._terminal.write(b"\x1b[2J")
        text = "".join(f"\x1b[{number};1H{row}\x1b[0m" for number, row in enumerate(rows, 1)
                       if number > len(self._shown) or self._shown[number - 1] != row)
        self._shown = rows
        if text:
            self._terminal.write(f"{text}\x1b[{len(rows) + 1};1H".encode())

    def close(self) -> None:
        """Leave the picture where it is, and go on below it."""
        if self._shown:
            self._terminal.write(b"\x1b[0m\n")


# --- of two machines that run together -----------------------------------------------------------

class DeliveringDisplay(Display):
    """Shows everything on another display; `delivered` keeps it for the model that follows."""

    def __init__(self, display: Display, delivered: deque[Frame]) -> None:
        super().__init__(display.width, display.height)
        self._display = display
        self._delivered = delivered

    def show(self, pixels: Frame) -> None:
        self._delivered.append(np.asarray(pixels, np.uint32))
        self._display.show(pixels)

    def poll(self, keyboard: Keyboard | None = None) -> None:
        self._display.poll(keyboard)

    def close(self) -> None:
        self._display.close()


class DeliveredDisplay(Display):
    """Of that model: `delivered` are the pictures that it has not come to yet."""

    def __init__(self, width: int, height: int, delivered: deque[Frame]) -> None:
        super().__init__(width, height)
        self.delivered = delivered


# --- by name -------------------------------------------------------------------------------------

def open_display(kind: str, width: int, height: int, *, folder: Path | str,
                 terminal: Terminal) -> Display:
    """A display of one of `DISPLAY_KINDS`; `auto` is a window where there is a screen, else PNG.

    Raises `HostError` if it cannot be had.
    """
    if kind == "auto":
        has_screen = sys.platform in ("darwin", "win32") or any(
            os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))
        kind = "window" if has_screen else "png"
    if kind == "window":
        return WindowDisplay(width, height)
    if kind == "png":
        return PngDisplay(width, height, folder)
    if kind == "terminal":
        if not terminal.has_screen:
            raise HostError("display: the output is no terminal; use --display png")
        return TerminalDisplay(width, height, terminal)
    if kind == "none":
        return Display(width, height)
    raise HostError(f"display: {kind!r} is none of {', '.join(DISPLAY_KINDS)}")


def parse_size(text: str) -> tuple[int, int]:
    """Width and height out of `320x200`. Raises `HostError`."""
    match = re.fullmatch(r"([0-9]{1,9})x([0-9]{1,9})", text)
    if not match:
        raise HostError(f"display: a size is WIDTHxHEIGHT, such as 320x200, not {text!r}")
    width, height = int(match[1]), int(match[2])
    check_size(width, height)
    return width, height


def check_size(width: int, height: int) -> None:
    """Raises `HostError` unless a display can have this size."""
    if not (1 <= width <= LIMIT_PIXELS and 1 <= height <= LIMIT_PIXELS):
        raise HostError(f"display: width and height must be from 1 to {LIMIT_PIXELS} pixels, "
                        f"not {width} and {height}")


def rgb_of(frame: Frame) -> NDArray[np.uint8]:
    """Octets red, green, blue of each pixel; alpha is left out."""
    return np.stack([frame >> shift & 0xFF for shift in (16, 8, 0)], axis=-1).astype(np.uint8)


def render_half_blocks(frame: Frame, columns: int, lines: int) -> list[str]:
    """Rows of text that show a frame in a terminal of this size, the last line kept free."""
    height, width = frame.shape
    step = max(1, -(-width // columns), -(-height // (2 * max(1, lines - 1))))
    small = rgb_of(frame[::step, ::step])
    if len(small) % 2:
        small = np.concatenate([small, np.zeros_like(small[:1])])
    rows = []
    for upper, lower in zip(small[0::2], small[1::2], strict=True):
        row, colours = "", None
        for pair in zip(map(tuple, upper.tolist()), map(tuple, lower.tolist()), strict=True):
            if pair != colours:
                (r, g, b), (r2, g2, b2) = colours = pair
                row += f"\x1b[38;2;{r};{g};{b};48;2;{r2};{g2};{b2}m"
            row += "\u2580"
        rows.append(row)
    return rows
