# amaranth: UnusedElaboratable=no
"""The clocks of a board's DVI output, out of a PLL of their own."""

from amaranth import ClockDomain, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import In

__all__ = ["PIXEL_HZ", "TMDS_HZ", "Ecp5PictureClocks"]

PIXEL_HZ, TMDS_HZ = 25_000_000, 125_000_000
DETECTOR_HZ = 25_000_000          # at which the PLL compares its output with the oscillator
VCO_DIVIDER = 5                   # 625 MHz, of the 400 to 800 MHz that the PLL bears


class Ecp5PictureClocks(wiring.Component):
    """The domains `pixel` and `tmds`; what clocks the computer does not concern them.

    Parameters
    ----------
    input_hz : int
        A multiple of 25 MHz.

    Members
    -------
    clock : In(1)
        The board's oscillator.
    """
    clock: In(1)

    def __init__(self, *, input_hz):
        if input_hz <= 0 or input_hz % DETECTOR_HZ:
            raise ValueError(f"input_hz must be a multiple of {DETECTOR_HZ}, not {input_hz!r}")
        self.input_hz = input_hz
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        m.domains.pixel = pixel = ClockDomain()
        m.domains.tmds  = tmds  = ClockDomain()
        locked = Signal()
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=str(self.input_hz / 1e6),
            a_FREQUENCY_PIN_CLKOP=str(TMDS_HZ / 1e6),
            a_FREQUENCY_PIN_CLKOS=str(PIXEL_HZ / 1e6),
            a_ICP_CURRENT="12", a_LPF_RESISTOR="8",
            p_FEEDBK_PATH="CLKOP",
            p_CLKI_DIV=self.input_hz // DETECTOR_HZ,
            p_CLKFB_DIV=TMDS_HZ // DETECTOR_HZ,
            p_CLKOP_ENABLE="ENABLED", p_CLKOP_DIV=VCO_DIVIDER,
            p_CLKOP_CPHASE=VCO_DIVIDER - 1, p_CLKOP_FPHASE=0,
            p_CLKOS_ENABLE="ENABLED", p_CLKOS_DIV=VCO_DIVIDER * TMDS_HZ // PIXEL_HZ,
            p_CLKOS_CPHASE=VCO_DIVIDER * TMDS_HZ // PIXEL_HZ - 1, p_CLKOS_FPHASE=0,
            i_CLKI=self.clock, i_CLKFB=tmds.clk, i_RST=0, i_STDBY=0,
            i_PHASESEL0=0, i_PHASESEL1=0, i_PHASEDIR=1, i_PHASESTEP=1, i_PHASELOADREG=1,
            i_PLLWAKESYNC=0, i_ENCLKOP=0, i_ENCLKOS=0,
            o_CLKOP=tmds.clk, o_CLKOS=pixel.clk, o_LOCK=locked,
        )
        for name in ("pixel", "tmds"):
            m.submodules[f"{name}_reset"] = ResetSynchronizer(~locked, domain=name)
        if platform is not None:
            platform.add_clock_constraint(pixel.clk, PIXEL_HZ)
            platform.add_clock_constraint(tmds.clk, TMDS_HZ)

        return m
