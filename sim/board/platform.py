"""A platform whose pins are signals: what a board's design requests, models of chips connect to.

A wrapper around the design asks `SimulatedPlatform.pins` for the pins of a chip; the design
requests the same ones, as it does on a board, and puts `amaranth.lib.io` buffers to them.
"""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from amaranth import Module, Signal
from amaranth.build import Pins, Resource, Subsignal
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Exposed", "SimulatedPlatform", "SimulatedPort"]

Tree = Any  # a SimulatedPort, or a namespace of them by the names of subsignals


class SimulatedPort(io.SimulationPort):
    """A pin, or several, with the levels of the wire itself.

    With a `DDRBuffer` there, a cycle of its domain has two halves: `o` and `o_second` are on the
    wire in a cycle's first and second half; `i` is what the rising edge at the end of the cycle
    samples, `i_second` what the falling edge in the cycle does. `oe` is of the whole cycle. All
    other buffers have `i` and `o` alone.
    """
    def __init__(self, direction: str, width: int, *, invert: bool, name: str):
        super().__init__(direction, width, invert=invert, name=name)
        self.i_second = Signal(width, name=f"{name}__i_second")
        self.o_second = Signal(width, name=f"{name}__o_second")

    def __getitem__(self, key: int | slice) -> "SimulatedPort":
        result: SimulatedPort = super().__getitem__(key)
        result.i_second, result.o_second = self.i_second[key], self.o_second[key]
        return result

    def __invert__(self) -> "SimulatedPort":
        result: SimulatedPort = super().__invert__()
        result.i_second, result.o_second = self.i_second, self.o_second
        return result

    def __add__(self, other: Any) -> Any:
        raise TypeError("simulated pins are not put together; request them as one resource")


class SimulatedPlatform:
    """Has the resources of a board, and no place for them.

    Parameters
    ----------
    resources : iterable of amaranth.build.Resource
        Such as the values of a real platform's `resources`.
    default_clk : str
        What a design requests as its oscillator; simulated clocks do not need one.
    """
    def __init__(self, resources: Iterable[Resource], *, default_clk: str = ""):
        self.default_clk = default_clk
        self._resources: dict[tuple[str, int], Resource] = {
            (resource.name, resource.number): resource for resource in resources}
        self._pins: dict[tuple[str, int], Tree] = {}
        self._requested: set[tuple[str, int]] = set()

    def pins(self, name: str, number: int = 0) -> Tree:
        """The pins of a resource, for those who look at them from outside."""
        key = name, number
        if key not in self._pins:
            if key not in self._resources:
                known = ", ".join(f"{name}#{number}" for name, number in sorted(self._resources))
                raise KeyError(f"the board has no {name}#{number}; there are {known}")
            self._pins[key] = _ports(self._resources[key], f"{name}_{number}")
        return self._pins[key]

    def request(self, name: str, number: int = 0, *, dir: str | None = None,
                xdr: int | None = None) -> Tree:
        """The pins of a resource, for the design; buffers are the design's own: `dir` is "-"."""
        if dir != "-" or xdr is not None:
            raise ValueError(f'{name}#{number} must be requested with dir="-" and no xdr; the '
                             "design has buffers of its own")
        pins = self.pins(name, number)
        if (name, number) in self._requested:
            raise ValueError(f"{name}#{number} has been requested already")
        self._requested.add((name, number))
        return pins

    def get_io_buffer(self, buffer: Any) -> Any:
        """What is inside a buffer of `amaranth.lib.io`."""
        if isinstance(buffer, io.DDRBuffer):
            return _ddr_buffer(buffer)
        return buffer.elaborate(None)

    def add_clock_constraint(self, clock: Any, frequency: float) -> None:
        """Nothing is placed, so nothing is late."""


def _ports(item: Resource | Subsignal, name: str) -> Tree:
    first = item.ios[0]
    if isinstance(first, Subsignal):
        return SimpleNamespace(**{sub.name: _ports(sub, f"{name}_{sub.name}") for sub in item.ios})
    # Of a differential pair, the signal that it carries.
    names  = first.names if isinstance(first, Pins) else first.p.names
    invert = first.invert if isinstance(first, Pins) else first.p.invert
    direction = {"oe": "o", "-": "io"}.get(first.dir, first.dir)
    return SimulatedPort(direction, len(names), invert=invert, name=name)


def _ddr_buffer(buffer: Any) -> Module:
    """Both halves of a cycle as words of their own, with the latencies of Amaranth's manual."""
    m = Module()
    port = buffer.port
    invert = sum(bit << n for n, bit in enumerate(port.invert))
    if buffer.direction is not io.Direction.Output:
        rising = Signal(len(port), reset_less=True)
        both   = [Signal(len(port), name=f"i{n}", reset_less=True) for n in range(2)]
        m.d[buffer.i_domain] += [rising.eq(port.i ^ invert), both[0].eq(rising),
                                 both[1].eq(port.i_second ^ invert)]
        m.d.comb += [buffer.i[n].eq(both[n]) for n in range(2)]
    if buffer.direction is not io.Direction.Input:
        halves = [Signal(len(port), name=f"o{n}", reset_less=True) for n in range(2)]
        oe     = Signal(reset_less=True)
        m.d[buffer.o_domain] += [halves[n].eq(buffer.o[n] ^ invert) for n in range(2)]
        m.d[buffer.o_domain] += oe.eq(buffer.oe)
        m.d.comb += [port.o.eq(halves[0]), port.o_second.eq(halves[1]),
                     port.oe.eq(oe.replicate(len(port)))]
    return m


class Exposed(wiring.Component):
    """A design with pins as ports of its own, named as in `led_0_o` and `sdram_0_dq_oe`.

    Parameters
    ----------
    design : Elaboratable
        Requests them, or does not.
    pins : dict of str to SimulatedPort
        By the names of their ports.
    """
    def __init__(self, design: Any, pins: Mapping[str, SimulatedPort]):
        self._design = design
        self._wires: list[tuple[str, Any, bool]] = []
        for name, port in pins.items():
            if port.direction is not io.Direction.Output:
                self._wires += [(f"{name}_i", port.i, True),
                                (f"{name}_i_second", port.i_second, True)]
            if port.direction is not io.Direction.Input:
                self._wires += [(f"{name}_o", port.o, False), (f"{name}_oe", port.oe, False),
                                (f"{name}_o_second", port.o_second, False)]
        super().__init__({name: (In if is_input else Out)(len(wire))
                          for name, wire, is_input in self._wires})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.design = self._design
        for name, wire, is_input in self._wires:
            outer = getattr(self, name)
            m.d.comb += wire.eq(outer) if is_input else outer.eq(wire)
        return m
