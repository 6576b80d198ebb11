"""Makes the pictures of docs/board.md from a run of the simulated board: what its monitor and its
LEDs show. `make pictures` does it."""

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from fpga.boards.configs import CONFIGS
from sim.board.machine import SimulatedBoard
from sim.board.screen import HEIGHT, WIDTH
from sim.host.disk import Disk
from sim.host.display import Display, rgb_of
from sim.host.keyboard import Keyboard
from sim.host.terminal import ScriptedTerminal
from system.card import keep_card

__all__ = ["take"]

COMMAND = "plasma 1"
SOME_FRAMES = "sleep 0.05\r"  # of the monitor
STEPS   = {1: "the loader has started", 2: "memory", 3: "the card", 4: "reading the kernel",
           6: "the program runs", 7: "the program has stopped"}
ROW, LED, LEFT = 26, 14, 200  # in pixels: a row, a LED, what stands in front of them
SLICE_CYCLES   = 2_000        # so that no step is missed


def take(folder: Path) -> None:
    """Write `board-bars.png`, `board-screen.png` and `board-leds.png`."""
    display, leds = Display(WIDTH, HEIGHT), {}
    terminal = ScriptedTerminal([("Try `help`.", ""), ("/ $ ", f"{COMMAND}\r"),
                                 ("/ $ ", SOME_FRAMES), ("/ $ ", "exit\r"), ("press Enter", "")])
    board = SimulatedBoard(CONFIGS["ulx3s"], terminal, Disk(keep_card().read_bytes()),
                           display=display, keyboard=Keyboard(),
                           say=lambda line: print(f"pictures: {line}", file=sys.stderr))
    bars = screen = None
    try:
        while not (terminal.ended and board.has_ended):
            board.run(SLICE_CYCLES)
            leds[board.port("light")] = board.port("leds")
            bars = display.last if bars is None else bars
            if not board.port("is_booting"):  # afterwards there are bars again
                screen = display.last
    finally:
        board.close()
    _save(bars, folder / "board-bars.png")
    _save(screen, folder / "board-screen.png")
    _draw(leds, folder / "board-leds.png")


def _save(frame, path):
    Image.fromarray(rgb_of(frame)).save(path, optimize=True)


def _draw(leds, path):
    """A row a step, the highest LED on the left as on the board; what only flickers is grey."""
    picture = Image.new("RGB", (LEFT + 8 * ROW, (len(STEPS) + 1) * ROW), "white")
    draw    = ImageDraw.Draw(picture)
    draw.font = ImageFont.load_default(size=13)
    for n in range(8):
        draw.text((LEFT + (7 - n) * ROW + 4, 6), str(n), fill="black")
    for row, (code, text) in enumerate(STEPS.items(), 1):
        draw.text((8, row * ROW + 6), f"{code:2}  {text}", fill="black")
        for n in range(8):
            x, y = LEFT + (7 - n) * ROW, row * ROW + 4
            is_on  = leds[code] >> n & 1
            colour = "gray" if n in (0, 2) and code != 7 else "red" if is_on else "white"
            draw.ellipse((x, y, x + LED, y + LED), fill=colour, outline="black")
    picture.save(path, optimize=True)
