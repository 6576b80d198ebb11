"""A unit of the hardware by itself, in Amaranth's simulator."""

from collections.abc import Callable
from typing import Any

from amaranth.sim import Simulator

__all__ = ["said", "simulate"]


def simulate(dut: Any, *benches: Callable[[Any], Any]) -> None:
    """Run the benches, coroutines of a simulator's context, on a unit with one clock."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    for bench in benches:
        simulator.add_testbench(bench)
    simulator.run()


def said(ctx: Any, dut: Any, name: str) -> Any:
    """What stands at a port of the unit, by its name: `trap.req.valid`."""
    port = dut
    for part in name.split("."):
        port = getattr(port, part)
    return ctx.get(port)
