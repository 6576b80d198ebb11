"""Makes the sample picture on the disk: `python -m tests.docs.sample_picture`.

A quince, and the computer's name in its own font.
"""

import io
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.support.font import text_mask
from toolchain.places import FIRMWARE

__all__ = ["PLACE", "main", "sample"]

PLACE = FIRMWARE / "disk" / "examples" / "quince.qoi"
WIDTH, HEIGHT = 160, 100
YELLOW, SHADE, GREEN, BROWN = (236, 196, 52), (196, 148, 32), (88, 148, 60), (104, 72, 40)
LIGHT, WHITE = (252, 236, 148), (244, 244, 244)


def sample() -> bytes:
    """The file."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:] = np.array([[24 + y // 5, 36 + y // 4, 56 + y // 3]
                          for y in range(HEIGHT)])[:, np.newaxis]
    _fruit(pixels)
    for text, y, scale, colour in (("Quince", 62, 3, WHITE), ("a whole computer", 89, 1, YELLOW)):
        mask = text_mask(text).repeat(scale, 0).repeat(scale, 1)
        x = (WIDTH - mask.shape[1]) // 2
        pixels[y:y + mask.shape[0], x:x + mask.shape[1]][mask] = colour
    octets = io.BytesIO()
    Image.fromarray(pixels).save(octets, "QOI")
    return octets.getvalue()


def _fruit(pixels: NDArray[np.uint8]) -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]

    def disc(cx: int, cy: int, rx: int, ry: int) -> NDArray[np.bool_]:
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1

    pixels[(abs(x - 80) <= 1) & (y >= 4) & (y < 16)] = BROWN
    pixels[disc(90, 8, 10, 5) & disc(88, 12, 12, 6)] = GREEN
    body = disc(80, 38, 23, 21) | disc(80, 22, 12, 12)
    pixels[body] = SHADE
    pixels[body & (disc(77, 35, 21, 20) | disc(78, 21, 11, 11))] = YELLOW
    pixels[disc(70, 30, 4, 7)] = LIGHT
    pixels[disc(80, 57, 3, 2)] = BROWN


def main(place: Path = PLACE) -> int:
    """Write it."""
    place.write_bytes(sample())
    return 0


if __name__ == "__main__":
    sys.exit(main())
