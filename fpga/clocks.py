# amaranth: UnusedElaboratable=no
"""Clock generators of boards: PLLs make the clocks, and reset the design until they are steady."""

from dataclasses import dataclass

from amaranth import ClockDomain, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer

__all__ = ["PIXEL_HZ", "TMDS_HZ", "Ecp5Clocks", "Ecp5PictureClocks", "Ecp5Pll", "PllPlan",
           "plan_pll"]

PIXEL_HZ, TMDS_HZ = 25_000_000, 125_000_000

# Of the ECP5's data sheet, "sysCLOCK PLL timing".
INPUT_HZ   = (8_000_000, 400_000_000)
COMPARE_HZ = (10_000_000, 400_000_000)  # at the phase detector
VCO_HZ     = (400_000_000, 800_000_000)
MOST_DIV   = 128
MOST_PHASE = 127  # whole periods of the VCO
PHASE_STEP = 8    # parts of a period of the VCO
OUTPUTS    = ("CLKOS", "CLKOS2", "CLKOS3")  # the fourth, CLKOP, is compared with the input


@dataclass(frozen=True, kw_only=True)
class PllPlan:
    """How a PLL makes its clocks.

    The input divided by `input_divider` is compared with the VCO divided by `own_divider` and
    `feedback_divider`; each output is the VCO divided by its own of `dividers`.
    """
    input_divider:    int
    feedback_divider: int
    own_divider:      int
    vco_hz:           int
    dividers:         tuple[int, ...]

    @property
    def own_hz(self):
        """Of the output that is fed back."""
        return self.vco_hz // self.own_divider


def plan_pll(input_hz, outputs_hz):
    """The `PllPlan` that makes exactly these frequencies.

    Of the plans that do it the one with the fastest comparison is taken, since it follows the
    input best, and of those the one whose VCO is farthest from the ends of its range.

    Raises
    ------
    ValueError
        If there is none.
    """
    check_integer("input_hz", input_hz, least=INPUT_HZ[0], most=INPUT_HZ[1])
    for hz in outputs_hz:
        check_integer("output_hz", hz, least=VCO_HZ[0] // MOST_DIV, most=VCO_HZ[1])
    for input_divider in range(1, input_hz // COMPARE_HZ[0] + 1):
        plans = [plan for times in range(1, VCO_HZ[1] * input_divider // input_hz + 1)
                 if (plan := _plan(input_hz, outputs_hz, input_divider, times)) is not None]
        if plans:
            return min(plans, key=lambda plan: abs(plan.vco_hz - sum(VCO_HZ) // 2))
    wanted = ", ".join(f"{hz / 1e6:g}" for hz in outputs_hz)
    raise ValueError(f"no PLL makes {wanted} MHz of {input_hz / 1e6:g} MHz: each must be a whole "
                     f"part of one frequency from {VCO_HZ[0] / 1e6:g} to {VCO_HZ[1] / 1e6:g} MHz")


def _plan(input_hz, outputs_hz, input_divider, times):
    """The plan whose VCO is so many times as fast as the comparison, or None.

    The feedback is divided at its output as far as possible.
    """
    vco_hz, rest = divmod(input_hz * times, input_divider)
    owns = [own for own in range(1, MOST_DIV + 1) if times % own == 0 and times // own <= MOST_DIV]
    if rest or not owns or not VCO_HZ[0] <= vco_hz <= VCO_HZ[1]:
        return None
    if any(vco_hz % hz or vco_hz // hz > MOST_DIV for hz in outputs_hz):
        return None
    return PllPlan(input_divider=input_divider, feedback_divider=times // max(owns),
                   own_divider=max(owns), vco_hz=vco_hz,
                   dividers=tuple(vco_hz // hz for hz in outputs_hz))


class Ecp5Pll(wiring.Component):
    """A PLL of an ECP5.

    Parameters
    ----------
    input_hz : int
    outputs_hz : tuple of int
        One to three frequencies.
    degrees : tuple of float
        By how much each output is late behind one of its frequency with 0; less than 360.

    Members
    -------
    i : In(1)
    o : Out(1).array(len(outputs_hz))
    locked : Out(1)
        The outputs are steady.

    Attributes
    ----------
    plan : PllPlan
    """
    def __init__(self, *, input_hz, outputs_hz, degrees=None):
        if not 1 <= len(outputs_hz) <= len(OUTPUTS):
            raise ValueError(f"outputs_hz must have 1 to {len(OUTPUTS)} frequencies, "
                             f"not {len(outputs_hz)}")
        self.input_hz   = input_hz
        self.outputs_hz = tuple(outputs_hz)
        self.degrees    = (0.0,) * len(outputs_hz) if degrees is None else tuple(degrees)
        self.plan       = plan_pll(input_hz, self.outputs_hz)
        if len(self.degrees) != len(self.outputs_hz):
            raise ValueError(f"degrees must have as many values as outputs_hz, "
                             f"not {len(self.degrees)}")
        for n, late in enumerate(self.degrees):
            if not 0 <= late < 360:
                raise ValueError(f"degrees must be from 0 to below 360, not {late!r}")
            if self.phase(n)[0] > MOST_PHASE:
                raise ValueError(f"an output of {self.outputs_hz[n] / 1e6:g} MHz cannot be "
                                 f"{late:g} degrees late: the PLL counts to {MOST_PHASE} alone")
        super().__init__({
            "i":      In(1),
            "o":      Out(1).array(len(outputs_hz)),
            "locked": Out(1),
        })

    def phase(self, output):
        """An output's phase as the PLL counts it: whole periods of the VCO, and eighths of one."""
        divider = self.plan.dividers[output]
        eighths = round(self.degrees[output] / 360 * divider * PHASE_STEP)
        whole, part = divmod(eighths, PHASE_STEP)
        return divider - 1 + whole, part

    def elaborate(self, platform):
        m = Module()

        plan, own = self.plan, Signal()
        ports = {}
        for n, (name, hz) in enumerate(zip(OUTPUTS, self.outputs_hz, strict=False)):
            whole, part = self.phase(n)
            ports |= {
                f"a_FREQUENCY_PIN_{name}": str(hz / 1e6),
                f"p_{name}_ENABLE": "ENABLED", f"p_{name}_DIV": plan.dividers[n],
                f"p_{name}_CPHASE": whole, f"p_{name}_FPHASE": part,
                f"i_EN{name}": 0, f"o_{name}": self.o[n],
            }
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=str(self.input_hz / 1e6),
            a_FREQUENCY_PIN_CLKOP=str(plan.own_hz / 1e6),
            a_ICP_CURRENT="12", a_LPF_RESISTOR="8",
            p_FEEDBK_PATH="CLKOP",
            p_CLKI_DIV=plan.input_divider, p_CLKFB_DIV=plan.feedback_divider,
            p_CLKOP_ENABLE="ENABLED", p_CLKOP_DIV=plan.own_divider,
            p_CLKOP_CPHASE=plan.own_divider - 1, p_CLKOP_FPHASE=0,
            i_CLKI=self.i, i_CLKFB=own, i_RST=0, i_STDBY=0,
            i_PHASESEL0=0, i_PHASESEL1=0, i_PHASEDIR=1, i_PHASESTEP=1, i_PHASELOADREG=1,
            i_PLLWAKESYNC=0, i_ENCLKOP=0,
            o_CLKOP=own, o_LOCK=self.locked, **ports)

        return m


class Ecp5Clocks(wiring.Component):
    """The domains `sync` and `sdram`, which sends the SDRAM chip its clock, and has no reset.

    Parameters
    ----------
    input_hz, sync_hz : int
        `plan_pll` says which go together.
    sdram_degrees : float
        By how much the chip's clock is late behind that of `sync`.

    Members
    -------
    clock : In(1)
        The board's oscillator.
    """
    clock: In(1)

    def __init__(self, *, input_hz, sync_hz, sdram_degrees=90.0):
        self.sync_hz = sync_hz
        self.pll     = Ecp5Pll(input_hz=input_hz, outputs_hz=(sync_hz, sync_hz),
                               degrees=(0.0, sdram_degrees))
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        m.domains.sync  = sync  = ClockDomain()
        m.domains.sdram = sdram = ClockDomain(reset_less=True)
        m.submodules.pll   = pll = self.pll
        m.submodules.reset = ResetSynchronizer(~pll.locked, domain="sync")
        m.d.comb += [pll.i.eq(self.clock), sync.clk.eq(pll.o[0]), sdram.clk.eq(pll.o[1])]
        if platform is not None:
            platform.add_clock_constraint(sync.clk, self.sync_hz)

        return m


class Ecp5PictureClocks(wiring.Component):
    """The domains `pixel` and `tmds` of a DVI output, out of a PLL of their own: what clocks the
    computer does not concern them.

    Parameters
    ----------
    input_hz : int

    Members
    -------
    clock : In(1)
        The board's oscillator.
    """
    clock: In(1)

    def __init__(self, *, input_hz):
        self.pll = Ecp5Pll(input_hz=input_hz, outputs_hz=(PIXEL_HZ, TMDS_HZ))
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        m.submodules.pll = pll = self.pll
        m.d.comb += pll.i.eq(self.clock)
        for name, hz, clock in zip(("pixel", "tmds"), pll.outputs_hz, pll.o, strict=True):
            domain = ClockDomain(name)
            m.domains += domain
            m.d.comb += domain.clk.eq(clock)
            m.submodules[f"{name}_reset"] = ResetSynchronizer(~pll.locked, domain=name)
            if platform is not None:
                platform.add_clock_constraint(domain.clk, hz)

        return m
