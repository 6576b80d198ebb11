"""What each board has, less its pins: what a simulation needs, and no amaranth-boards."""

from rtl.board import BoardConfig
from rtl.memory.sdram_chips import CHIPS

__all__ = ["CONFIGS"]

ULX3S = BoardConfig(name="ULX3S", usb=True)

CONFIGS = {
    "ulx3s":      ULX3S,
    "ulx3s.45f":  ULX3S,
    "ulx3s.25f":  ULX3S,
    "icepi-zero": BoardConfig(name="Icepi Zero", chip=CHIPS["w9825g6kh"], leds=5, keys=0,
                               usb=True),
}
