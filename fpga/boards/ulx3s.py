"""ULX3S: ECP5 of three sizes, 32 MB of SDRAM, SD card, DVI, USB, six buttons, eight LEDs."""

from amaranth.build import Attrs, PinsN, Resource, Subsignal
from amaranth.build import Pins as PinNames
from amaranth_boards.ulx3s import ULX3S_25F_Platform, ULX3S_45F_Platform, ULX3S_85F_Platform

from fpga.boards.configs import CONFIGS
from fpga.boards.top import BoardDescription, Pins

__all__ = ["BOARDS"]

# The card's pins of the boards in the field, v2.0 and later; amaranth-boards has the prototype's.
CARD = Resource(
    "card", 0,
    Subsignal("clk",  PinNames("H2", dir="o")),
    Subsignal("copi", PinNames("J1", dir="o")),
    Subsignal("cipo", PinNames("J3", dir="i"), Attrs(PULLMODE="UP")),
    Subsignal("cs",   PinsN("K2", dir="o")),
    Subsignal("rest", PinNames("H1 K1", dir="o")),  # of the four-bit mode: high in this one
    Attrs(IO_TYPE="LVCMOS33"))

# The second USB connector, US2, as a host has it: its pull-ups can be made pull-downs.
USB = Resource(
    "usb_host", 0,
    Subsignal("dp", PinNames("D15", dir="io")),
    Subsignal("dm", PinNames("E15", dir="io")),
    Subsignal("pull", PinNames("B12 C12", dir="o")),
    Attrs(IO_TYPE="LVCMOS33", PULLMODE="NONE", DRIVE="4"))


def pins(platform):
    def port(name, number=0):
        return platform.request(name, number, dir="-")
    card, uart, esp32 = port("card"), port("uart"), port("esp32")
    hdmi, usb = port("hdmi"), port("usb_host")
    return Pins(
        sdram=port("sdram"), card=card, tx=uart.tx, rx=uart.rx,
        leds=[port("led", n) for n in range(8)],
        keys=[port("button_left"), port("button_right"), port("button_up"), port("button_down"),
              port("button_fire", 0), port("button_fire", 1)],
        straps=[port("switch", n) for n in range(4)],
        restart=port("button_pwr"),
        lanes=hdmi.d, lanes_clock=hdmi.clk, usb_dp=usb.dp, usb_dm=usb.dm,
        low=[esp32.en,   # or it takes the card, and may take the board over
             usb.pull],
        high=[card.rest])


def description(name, size, kind):
    def platform():
        made = kind()
        made.add_resources([CARD, USB])
        return made
    return BoardDescription(
        name=name, title=f"ULX3S {size}", input_hz=25_000_000, platform=platform, pins=pins,
        config=CONFIGS[name], loader_id="ulx3s")


BOARDS = {name: description(name, size, kind) for name, size, kind in (
    ("ulx3s",     "85F", ULX3S_85F_Platform),
    ("ulx3s.45f", "45F", ULX3S_45F_Platform),
    ("ulx3s.25f", "25F", ULX3S_25F_Platform))}
