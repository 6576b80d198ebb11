"""What each board has, less its pins: what a simulation needs, and no amaranth-boards."""

from rtl.board import BoardConfig
from rtl.memory.sdram_chips import CHIPS

__all__ = ["CONFIGS"]

CONFIGS = {
    "ulx3s":      BoardConfig(name="ULX3S", usb=True),
    "icepi-zero": BoardConfig(name="Icepi Zero", chip=CHIPS["w9825g6kh"], leds=5, keys=0,
                               usb=True),
}
