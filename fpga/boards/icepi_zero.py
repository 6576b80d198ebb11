"""Icepi Zero: ECP5-25F, 32 MB of SDRAM, SD card, two buttons, five LEDs."""

from amaranth_boards.icepi_zero import IcepiZero1_3Platform

from fpga.boards.configs import CONFIGS
from fpga.boards.top import BoardDescription, Pins

__all__ = ["BOARD"]


def pins(platform):
    def port(name, number=0):
        return platform.request(name, number, dir="-")
    uart = port("uart")
    return Pins(
        sdram=port("sdram"), card=port("sd_card_spi"), tx=uart.tx, rx=uart.rx,
        leds=[port("led", n) for n in range(5)],
        straps=[port("button", 1)], restart=port("button", 0))


BOARD = BoardDescription(
    name="icepi-zero", title="Icepi Zero", input_hz=50_000_000, platform=IcepiZero1_3Platform,
    pins=pins, loader_id="icepi-zero", config=CONFIGS["icepi-zero"])
