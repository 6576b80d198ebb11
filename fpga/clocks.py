# amaranth: UnusedElaboratable=no
"""Clock generators of boards: a PLL makes every clock, and resets the design until it is steady."""

from amaranth import ClockDomain, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import In, Out

__all__ = ["Ecp5Clocks"]

VCO_HZ     = (400_000_000, 800_000_000)
MOST_DIV   = 128
PHASE_STEP = 8  # parts of a period of the VCO


class Ecp5Clocks(wiring.Component):
    """The PLL of an ECP5: the domain `sync`, and the clock of the SDRAM chip.

    Parameters
    ----------
    input_hz, sync_hz : int
        `sync_hz` must be a multiple of `input_hz`, or the other way round.
    sdram_degrees : float
        By how much the chip's clock is late behind that of `sync`.

    Members
    -------
    clock : In(1)
        The board's oscillator.
    sdram : Out(1)
        To the chip's clock pin.

    Attributes
    ----------
    vco_hz, divider : int
        The PLL's own frequency, and by what it is divided for `sync`.
    """
    clock: In(1)
    sdram: Out(1)

    def __init__(self, *, input_hz, sync_hz, sdram_degrees=90.0):
        if sync_hz % input_hz and input_hz % sync_hz:
            raise ValueError(f"sync_hz {sync_hz} and input_hz {input_hz} are no multiples of each "
                             "other")
        dividers = [div for div in range(1, MOST_DIV + 1)
                    if VCO_HZ[0] <= sync_hz * div <= VCO_HZ[1]]
        if not dividers:
            raise ValueError(f"sync_hz must be from {VCO_HZ[0] // MOST_DIV} to {VCO_HZ[1]}, "
                             f"not {sync_hz}")
        self.input_hz, self.sync_hz, self.sdram_degrees = input_hz, sync_hz, sdram_degrees
        self.divider = min(dividers)
        self.vco_hz  = sync_hz * self.divider
        super().__init__()

    def sdram_phase(self):
        """The chip's phase as the PLL counts it: whole periods of the VCO, and eighths of one."""
        eighths = round(self.sdram_degrees / 360 * self.divider * PHASE_STEP)
        whole, part = divmod(eighths, PHASE_STEP)
        return self.divider - 1 + whole, part

    def elaborate(self, platform):
        m = Module()

        m.domains.sync = sync = ClockDomain()
        locked = Signal()
        coarse, fine = self.sdram_phase()
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=str(self.input_hz / 1e6),
            a_FREQUENCY_PIN_CLKOP=str(self.sync_hz / 1e6),
            a_FREQUENCY_PIN_CLKOS=str(self.sync_hz / 1e6),
            a_ICP_CURRENT="12", a_LPF_RESISTOR="8",
            p_FEEDBK_PATH="CLKOP",
            p_CLKI_DIV=max(1, self.input_hz // self.sync_hz),
            p_CLKFB_DIV=max(1, self.sync_hz // self.input_hz),
            p_CLKOP_ENABLE="ENABLED", p_CLKOP_DIV=self.divider,
            p_CLKOP_CPHASE=self.divider - 1, p_CLKOP_FPHASE=0,
            p_CLKOS_ENABLE="ENABLED", p_CLKOS_DIV=self.divider,
            p_CLKOS_CPHASE=coarse, p_CLKOS_FPHASE=fine,
            i_CLKI=self.clock, i_CLKFB=sync.clk, i_RST=0, i_STDBY=0,
            i_PHASESEL0=0, i_PHASESEL1=0, i_PHASEDIR=1, i_PHASESTEP=1, i_PHASELOADREG=1,
            i_PLLWAKESYNC=0, i_ENCLKOP=0, i_ENCLKOS=0,
            o_CLKOP=sync.clk, o_CLKOS=self.sdram, o_LOCK=locked,
        )
        m.submodules.reset = ResetSynchronizer(~locked, domain="sync")
        if platform is not None:
            platform.add_clock_constraint(sync.clk, self.sync_hz)

        return m
