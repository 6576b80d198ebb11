"""Setup and hold at the pins of a board's SDRAM chip, for the phase of its clock.

Everything between the chip and the FPGA goes through a register in an I/O cell, the chip's clock
too, so placement makes no difference and nothing of it is in nextpnr's report. What remains is
arithmetic: the chip's clock is late by `degrees` behind the outputs, its data come back behind
that, and the FPGA takes them at the edge that `Sdram` counts on.
"""

from dataclasses import astuple, dataclass, fields

__all__ = ["Margins", "best_degrees", "margins", "pins_without_register"]

# Of an ECP5, speed grade 6, LVCMOS33: from an edge of the internal clock to the pin, and how long
# before and after that edge an input must be steady at the pin. Bounds, wider than the data sheet's
# figures for one pin, because they contain the traces of the board too.
OUT_LEAST_NS, OUT_MOST_NS = 1.0, 6.5
IN_SETUP_NS,  IN_HOLD_NS  = 1.5, 1.5
SKEW_NS = 1.0  # between two outputs


@dataclass(frozen=True)
class Margins:
    """What is left of each time, in nanoseconds; below 0 it is not kept."""
    chip_setup: float
    chip_hold:  float
    read_setup: float
    read_hold:  float

    @property
    def worst(self):
        return min(astuple(self))

    def __str__(self):
        return ", ".join(f"{field.name.replace('_', ' ')} {getattr(self, field.name):.1f} ns"
                         for field in fields(self))


def margins(chip, *, clock_hz, degrees):
    """The `Margins` of a chip whose clock is late by so many degrees."""
    period, late = 1e9 / clock_hz, 1e9 / clock_hz * degrees / 360
    # The chip takes a read `late` behind the edge at which it left the FPGA, and its data are
    # awaited `cas_cycles` behind that edge; the chip shows them one cycle before.
    shown = late + (chip.cas_cycles - 1) * period
    taken = chip.cas_cycles * period
    return Margins(
        chip_setup=late - SKEW_NS - chip.setup_ns,
        chip_hold=period - late - SKEW_NS - chip.hold_ns,
        read_setup=taken - IN_SETUP_NS - (shown + OUT_MOST_NS + chip.access_ns),
        read_hold=shown + period + OUT_LEAST_NS + chip.held_ns - (taken + IN_HOLD_NS))


def best_degrees(chip, *, clock_hz):
    """The phase, in whole degrees, whose worst margin is largest."""
    return max(range(360), key=lambda degrees: margins(chip, clock_hz=clock_hz,
                                                       degrees=degrees).worst)


def pins_without_register(netlist, prefix):
    """Which ports of a netlist have no register in their I/O cell, though they should.

    Parameters
    ----------
    netlist : dict
        Of the top module, as Yosys writes it as JSON.
    prefix : str
        What the names of the ports begin with.
    """
    ports = {bit: f"{name}[{n}]" for name, port in netlist["ports"].items()
             if name.startswith(prefix) for n, bit in enumerate(port["bits"])}
    drivers, readers = {}, {}
    for cell in netlist["cells"].values():
        for pin, bits in cell["connections"].items():
            for bit in bits:
                if cell["port_directions"][pin] == "output":
                    drivers[bit] = cell
                else:
                    readers.setdefault(bit, []).append(cell)
    bad = []
    for cell in netlist["cells"].values():
        if cell["type"] != "TRELLIS_IO" or cell["connections"]["B"][0] not in ports:
            continue
        wires    = cell["connections"]
        outgoing = [wires[pin][0] for pin in "I" if isinstance(wires.get(pin, "0")[0], int)]
        incoming = [wires["O"][0]] if "O" in wires else []
        if (not all(bit in drivers and _is_in_cell(drivers[bit]) for bit in outgoing)
                or not all(_is_in_cell(reader) for bit in incoming
                           for reader in readers.get(bit, []))):
            bad.append(ports[wires["B"][0]])
    return sorted(bad)


def _is_in_cell(cell):
    """Whether nextpnr packs a register into the I/O cell; it stops if it cannot."""
    is_asked = int(str(cell["attributes"].get("syn_useioff", "0")), 2) != 0
    return cell["type"] == "ODDRX1F" or cell["type"] == "TRELLIS_FF" and is_asked
