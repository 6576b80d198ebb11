"""Icepi Zero: ECP5-25F, 32 MB of SDRAM, SD card, DVI, USB, two buttons, five LEDs."""

from amaranth_boards.icepi_zero import IcepiZero1_3Platform

from fpga.boards.configs import CONFIGS
from fpga.boards.top import BoardDescription, Pins

__all__ = ["BOARDS"]


def pins(platform):
    def port(name, number=0):
        return platform.request(name, number, dir="-")
    uart, hdmi, usb = port("uart"), port("hdmi"), port("usb", 0)
    return Pins(
        sdram=port("sdram"), card=port("sd_card_spi"), tx=uart.tx, rx=uart.rx,
        leds=[port("led", n) for n in range(5)],
        lanes=hdmi.d, lanes_clock=hdmi.clk, usb_dp=usb.d_p, usb_dm=usb.d_n,
        straps=[port("button", 1)], restart=port("button", 0),
        low=[usb.pullup])  # of a host: pull-downs


BOARDS = {"icepi-zero": BoardDescription(
    name="icepi-zero", title="Icepi Zero", input_hz=50_000_000, platform=IcepiZero1_3Platform,
    pins=pins, loader_id="icepi-zero", config=CONFIGS["icepi-zero"])}
