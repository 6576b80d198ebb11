"""Cells that only a board's netlist has: PLLs, pads, and registers of several clocks."""

import pytest

from sim.gates.netlist import GateError, read_gates
from sim.gates.simulation import GateSimulation, compiled
from tests.sim.gates.test_cells import Module

SLOW, FAST = 1, 2  # bits of the clocks that the PLL makes


def board():
    """A PLL with two clocks; a register of each, one with an asynchronous reset; a LUT RAM of the
    fast clock; and pads of all kinds."""
    module = Module()
    del module.ports["clk"]
    slow, fast, locked = module.wires(3)
    module.cells["pll"] = {"type": "EHXPLLL", "parameters": {}, "connections": {
        "CLKOS": [slow], "CLKOS2": [fast], "LOCK": [locked]}}
    pad_i, pad_o, pad_d = module.input("i", 1), module.output("o", 1), module.output("d", 1)
    module.ports["io"] = {"direction": "inout", "bits": (pad_io := module.wires(1))}
    heard, low, q_slow, q_fast, double, value = module.wires(6)
    ram, out = module.wires(4), module.output("ram", 4)
    module.cell("TRELLIS_FF", CLK=slow, DI=heard, LSR="0", Q=q_slow)
    module.cell("LUT4", {"INIT": "0000000000000001"}, A=locked, B="0", C="0", D="0", Z=low)
    module.cell("TRELLIS_FF", {"SRMODE": "ASYNC", "REGSET": "SET"}, CLK=fast, DI="0", LSR=low,
                Q=q_fast)
    module.cell("ODDRX1F", D0=q_slow, D1=q_fast, SCLK=fast, RST="0", Q=double)
    module.cell("TRELLIS_DPR16X4", RAD=["0", "0", "0", "0"], WAD=["0", "0", "0", "0"],
                DI=[q_slow, q_slow, "1", "0"], WCK=fast, WRE="1", DO=ram)
    for n in range(4):
        module.cell("LUT4", {"INIT": "0000000000000010"}, A=ram[n], B="0", C="0", D="0", Z=out[n])
    module.cell("TRELLIS_IO", {"DIR": "INPUT"}, B=pad_i, O=heard)
    module.cell("TRELLIS_IO", {"DIR": "OUTPUT"}, B=pad_o, I=q_slow, T="0")
    module.cell("TRELLIS_IO", {"DIR": "OUTPUT"}, B=pad_d, I=double, T="0")
    module.cell("TRELLIS_IO", {"DIR": "BIDIR"}, B=pad_io, I=q_fast, T=q_slow, O=value)
    module.cell("LUT4", {"INIT": "0000000000000010"}, A=value, B="0", C="0", D="0",
                Z=module.output("value", 1)[0])
    return module


def test_a_pll_gives_clocks_and_registers_go_by_their_own():
    model = compiled(board().json(), clock=None)
    assert model.netlist.clocks == ["pll.CLKOS", "pll.CLKOS2"]
    assert set(model.netlist.inputs) == {"pll.LOCK", "i", "io"}
    simulation = GateSimulation(model)

    def after(clocks, **driven):
        for name, value in driven.items():
            simulation.drive(name.replace("LOCK", "pll.LOCK"), value)
        simulation.compute()
        simulation.clock(clocks)
        simulation.compute()
        return {name: simulation.value(name) for name in simulation.model.netlist.outputs}

    # What goes both ways drives its pin while T is low; the reset sets its register.
    found = after(FAST, i=1, io=1)
    assert found == {"o": 0, "d": 0, "d$second": 1, "io$o": 1, "io$oe": 1, "ram": 4, "value": 1}
    found = after(SLOW, io=0)
    assert found | {"o": 1, "io$oe": 0, "value": 0} == found
    assert (found["d"], found["ram"]) == (0, 4)       # the fast clock had no edge
    assert after(FAST)["d"] == 1 and after(FAST)["ram"] == 7

    # The reset holds whatever the other clock does, and ends with the register's own.
    assert after(FAST, LOCK=1)["io$o"] == 0
    assert after(SLOW, LOCK=0)["io$o"] == 1
    assert after(SLOW, LOCK=1)["io$o"] == 1
    found = after(FAST, i=0)
    assert (found["io$o"], found["o"], found["d$second"]) == (0, 1, 1)
    simulation.close()


@pytest.mark.parametrize("change, complaint", [
    (lambda module: module.cell("ODDRX1F", D0="0", D1="1", SCLK="0", RST="0", Q=module.wires(1)),
     r"ODDRX1F \d+ has another clock than the rising edge of what a PLL makes"),
    (lambda module: module.cells["pll"]["connections"].pop("CLKOS2"), "has another clock than"),
    (lambda module: module.cell("DCCA", CLKI="0", CLKO=module.wires(1)),
     r"DCCA \d+ is a DCCA, which there is no model of"),
])
def test_what_there_is_no_model_of_is_named(change, complaint):
    module = board()
    change(module)
    with pytest.raises(GateError, match=complaint):
        read_gates(module.json(), clock=None)


def test_with_one_clock_an_asynchronous_reset_is_refused():
    module = Module()
    module.cell("TRELLIS_FF", {"SRMODE": "ASYNC"}, CLK=1, DI="0", LSR=module.input("r", 1),
                Q=module.output("q", 1))
    with pytest.raises(GateError, match="has an asynchronous reset"):
        read_gates(module.json())
