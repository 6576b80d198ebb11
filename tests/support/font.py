"""The machine's font, as it stands in the library, for pictures made without the machine."""

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from toolchain.places import FIRMWARE

__all__ = ["SIDE", "text_mask"]

SIDE = 8  # of a glyph, in pixels


@cache
def _glyphs() -> NDArray[np.bool_]:
    """Of ASCII 32 to 126: which pixels are set, row by row."""
    text = (FIRMWARE / "lib" / "shared" / "graphics.qll").read_text()
    table = re.search(r"FONT_DATA: byte\[\d+\] = \[(.*?)\n  \];", text, re.S)
    assert table is not None
    rows = [int(word, 16) for line in table[1].splitlines()
            for word in re.findall(r"0x[0-9a-f]+", line.split("//")[0])]
    return np.array(rows).reshape(-1, SIDE, 1) >> np.arange(SIDE)[::-1] & 1 != 0


def text_mask(text: str) -> NDArray[np.bool_]:
    """A line of text: 8 rows, and 8 columns a character; what is set is true."""
    return np.concatenate([_glyphs()[ord(char) - 32] for char in text], axis=1)
