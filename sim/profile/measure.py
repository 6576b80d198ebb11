"""From the engine's counters to a profile: names for addresses, texts for words."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isa import BY_MNEMONIC
from sim.engine.library import Simulation
from sim.profile.report import Call, Place, Profile, Row
from toolchain.qasm import disassemble_word

__all__ = ["Spaces", "measured"]

CONSTANT = BY_MNEMONIC["constant"].opcode

Words  = NDArray[np.uint32]
Locate = Callable[[str, int], Place]


class Spaces:
    """Numbers for the processes that run, each of which has addresses of its own.

    Parameters
    ----------
    identify : callable
        Gives of the process whose page table is at an address something that no other process has,
        and its name. Called as the process begins to run.
    kernel : str
        Name of what runs at physical addresses.
    """

    def __init__(self, identify: Callable[[int], tuple[Any, str]], kernel: str):
        self._identify = identify
        self._numbers: dict[Any, int] = {}
        self.names = [kernel]

    def __call__(self, mapping: int) -> int:
        key, name = self._identify(mapping)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.names)
            self.names.append(name)
        return number


def measured(simulation: Simulation, program: str, spaces: Spaces, locate: Locate,
             word_at: Callable[[int, int], int | None]) -> Profile:
    """The profile of a run up to now.

    `locate` gives the place of an address in a process, `word_at` the word at an address in a space
    of a number, None if that is not known.
    """
    assert simulation.design.tally is not None
    profile = Profile(program, simulation.cycles, simulation.instructions,
                      list(simulation.design.tally.causes))

    def place(space: int, address: int) -> Place:
        return locate(spaces.names[space], address)

    for space, first, counts in simulation.pages():
        for offset in np.flatnonzero(counts.any(axis=1)).tolist():
            address = first + offset
            word = word_at(space, address)
            text = ""
            if word is not None:
                imm = word_at(space, address + 1) if word >> 24 == CONSTANT else 0
                text = disassemble_word(word, imm or 0)
            profile.rows.append(Row(place(space, address), address, text, counts[offset]))
    profile.rows.sort(key=lambda row: (row.place.process, row.address))
    nodes = simulation.nodes()
    for node in nodes:
        caller, space, entry = int(node["caller"]), int(node["space"]), int(node["entry"])
        is_root = caller >= len(profile.calls)
        from_space = space if is_root else int(nodes[caller]["space"])
        site = Place(spaces.names[space], "") if is_root else place(from_space, int(node["site"]))
        at = place(space, entry)
        profile.calls.append(Call(-1 if is_root else caller, site, at.process, at.function, entry,
                                  int(node["calls"]), node["counts"].copy()))
    return profile
