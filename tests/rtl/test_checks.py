# amaranth: UnusedElaboratable=no
"""Wrong parameters are refused with a message that names them and says what came."""

import re

import pytest

from rtl.core.arbiter import Arbiter
from rtl.core.control import Decoder
from rtl.core.core import Core
from rtl.core.divider import Divider
from rtl.core.multiplier import Multiplier
from rtl.core.predictor import BranchTargets, ReturnStack
from rtl.core.registers import Registers
from rtl.core.reserved import Reserved
from rtl.core.traps import Traps
from rtl.core.units import Units
from rtl.memory.ram import BankedRam, SimulatedRam
from rtl.mmu.list_walker import ListWalker
from rtl.mmu.mmu import Mmu
from rtl.mmu.two_level_walker import TwoLevelWalker
from rtl.mmu.untranslated import Untranslated
from rtl.peripherals.buffered import BufferedDevice
from rtl.peripherals.clock import Clock
from rtl.peripherals.window import Window
from rtl.soc import SocConfig


def core(**options):
    return Core(**{"ram_words": 0x2000, "fpu": True, "windows": [(0x300, 2)], "sources": (2, 3),
                   "masters": 1, "target_entries": 2, "return_entries": 2, **options})


def arbiter(**options):
    return Arbiter(**{"ram_words": 0x2000, "masters": 1, "is_reserved": bool, **options})


def test_good_parameters_are_taken():
    assert core(ram_words=1 << 32).sources == (2, 3)
    assert arbiter().count == 1


@pytest.mark.parametrize("make, options, message", [
    (core, {"ram_words": "big"}, "ram_words must be an integer, not 'big'"),
    (core, {"fpu": 1}, "fpu must be true or false, not 1"),
    (core, {"masters": None}, "masters must be an integer, not None"),
    (core, {"sources": (2.5,)}, "each of sources must be an integer, not 2.5"),
    (core, {"target_entries": 2.0}, "target_entries must be an integer, not 2.0"),
    (arbiter, {"masters": True}, "masters must be an integer, not True"),
    (arbiter, {"is_reserved": 0x300}, "is_reserved must be a function, not 768"),
    (Traps, {"ram_words": None, "sources": ()}, "ram_words must be an integer, not None"),
    (Decoder, {"fpu": "no"}, "fpu must be true or false, not 'no'"),
    (Units, {"fpu": None}, "fpu must be true or false, not None"),
    (Registers, {"reads": "2"}, "reads must be an integer, not '2'"),
    (Multiplier, {"width": 32.0}, "width must be an integer, not 32.0"),
    (BranchTargets, {"entries": "64"}, "entries must be an integer, not '64'"),
    (BankedRam, {"words": 4.0}, "words must be an integer, not 4.0"),
    (SimulatedRam, {"words": "4"}, "words must be an integer, not '4'"),
    (Mmu, {"ram_words": 1.5}, "ram_words must be an integer, not 1.5"),
    (BufferedDevice, {"writes": 1, "reads": True, "answered": True},
     "writes must be true or false, not 1"),
    (SocConfig, {"machine": "quince"}, "machine must be a MachineConfig, not 'quince'"),
    (SocConfig, {"insn_regions": "4"}, "insn_regions must be an integer, not '4'"),
    (SocConfig, {"memory": "sdram"}, "memory must be a Memory, not 'sdram'"),
])
def test_a_wrong_kind_of_value_is_a_type_error(make, options, message):
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make(**options)


@pytest.mark.parametrize("make, options, message", [
    (core, {"ram_words": 0x1000}, "ram_words must be from 4097 to 4294967296, not 4096"),
    (core, {"windows": [(0x300, 2), (0x310, 1)]},
     "windows must follow one another without a gap, not [(768, 2), (784, 1)]"),
    (core, {"windows": [(0x300, 0)]}, "the size of a window must be at least 1, not 0"),
    (core, {"sources": (3, 2)}, "sources must rise, not (3, 2)"),
    (core, {"sources": (1,)}, "each of sources must be from 2 to 255, not 1"),
    (core, {"return_entries": 3}, "return_entries must be a power of two and at least 2, not 3"),
    (arbiter, {"masters": 0}, "masters must be at least 1, not 0"),
    (Traps, {"ram_words": 0x2000, "sources": (2, 2)}, "sources must rise, not (2, 2)"),
    (Reserved, {"windows": [(0xFFF, 2)]},
     "the end of a window must be from 768 to 4096, not 4097"),
    (Registers, {"reads": 0}, "reads must be at least 1, not 0"),
    (Divider, {"width": 7}, "width must be even and at least 2, not 7"),
    (ReturnStack, {"entries": 1}, "entries must be a power of two and at least 2, not 1"),
    (BankedRam, {"words": 3}, "words must be even and at least 2, not 3"),
    (ListWalker, {"ram_words": 0}, "ram_words must be from 1 to 4294967296, not 0"),
    (TwoLevelWalker, {"ram_words": -1}, "ram_words must be from 1 to 4294967296, not -1"),
    (Untranslated, {"ram_words": 1 << 33},
     "ram_words must be from 1 to 4294967296, not 8589934592"),
    (Clock, {"cycles_per_ms": 1}, "cycles_per_ms must be at least 2, not 1"),
    (Window, {"words": ("control",), "given": ("size",)},
     "given and init must name words of the window, not 'size'"),
])
def test_a_wrong_value_is_a_value_error(make, options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make(**options)
