"""The table of the kinds of campaigns: a new one is one entry."""

from campaign import computer, hardware, machine, tools
from campaign.kind import Kind
from campaign.mutants.kind import mutant_kinds

__all__ = ["KINDS"]

KINDS: dict[str, Kind] = {kind.name: kind for kind in (
    *hardware.fuzz_kinds(),
    *computer.lockstep_kinds(),
    *machine.stress_kinds(),
    *machine.crash_kinds(),
    *machine.damage_kinds(),
    *tools.tool_kinds(),
    hardware.gates_kind(),
    hardware.proof_kind(),
    *hardware.place_kinds(),
    *mutant_kinds(),
)}
