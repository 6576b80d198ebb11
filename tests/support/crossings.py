"""Where signals cross from one clock to another: as the code says it, and as the netlist has it."""

from amaranth.hdl import Fragment, Module, Value
from amaranth.hdl._ir import build_netlist
from amaranth.hdl._nir import FlipFlop, SyncReadPort, SyncWritePort, Top
from amaranth.hdl._xfrm import TransformedElaboratable
from amaranth.lib import cdc, fifo, wiring

__all__ = ["declared", "found"]

SYNCHRONISERS = (cdc.FFSynchronizer, cdc.AsyncFFSynchronizer, cdc.ResetSynchronizer)
FIFOS         = (fifo.AsyncFIFO, fifo.AsyncFIFOBuffered)


def declared(component, path=(), domains=None):
    """Synchronisers and FIFOs below a component: (path, from, to, how)."""
    domains = domains or {}
    component._MustUse__used = True  # Amaranth need not wonder why no netlist is made of it

    def name(domain):
        return domains.get(domain, domain)

    if isinstance(component, TransformedElaboratable):
        for transform in component._transforms_:
            domains = {**domains, **{old: name(new) for old, new in transform.domain_map.items()}}
        yield from declared(component._elaboratable_, path, domains)
    elif isinstance(component, FIFOS):
        yield (path, name(component._w_domain), name(component._r_domain),
               f"FIFO of {component.depth} times {component.width} bits")
    elif isinstance(component, SYNCHRONISERS):
        to = component._domain if isinstance(component, cdc.ResetSynchronizer) \
            else component._o_domain
        yield path, "no clock", name(to), f"{component._stages} registers"
    elif isinstance(component, wiring.Component):
        module = component.elaborate(None)
        module._MustUse__used = True
        if not isinstance(module, Module):
            return  # of the library, such as a memory
        for child, (inner, _) in module._named_submodules.items():
            yield from declared(inner, (*path, child), domains)
        assert not module._anon_submodules, f"a submodule of {'.'.join(path)} has no name"


def found(component):
    """Paths of the modules with a register that takes what another clock, or none, changes."""
    ports = [Value.cast(value) for _, _, value in component.signature.flatten(component)]
    netlist = build_netlist(Fragment.get(component, None), ports)
    cells   = netlist.cells
    clocked = (FlipFlop, SyncReadPort)
    domains = {port: cells[port].clk for port in range(len(cells))
               if isinstance(cells[port], (*clocked, SyncWritePort))}
    clocks  = set(domains.values())

    # Which clocks' registers a net depends on, through what is not clocked.
    known = {}

    def sources(net):
        if net in clocks or not net.is_cell:
            return frozenset()
        cell = cells[net.cell]
        if isinstance(cell, clocked):
            return frozenset({cell.clk})
        if isinstance(cell, Top):
            return frozenset()  # a port: of whose clock it is only the board knows
        if net not in known:
            known[net] = frozenset()
            known[net] = frozenset().union(*(sources(each) for each, _ in
                                             cell.comb_edges_to(net.bit)))
        return known[net]

    def inputs(cell):
        return cell.input_nets() - {cell.clk}

    for index, clock in domains.items():
        cell = cells[index]
        others = frozenset().union(*map(sources, inputs(cell))) - {clock}
        if isinstance(cell, SyncReadPort):
            others |= {domains[other] for other, port in enumerate(cells)
                       if isinstance(port, SyncWritePort) and port.memory == cell.memory} - {clock}
        if others:
            yield netlist.modules[cell.module_idx].name[1:]
