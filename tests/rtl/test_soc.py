# amaranth: UnusedElaboratable=no
"""The SoC's options, presets and ports."""

import re
from pathlib import Path

import pytest
from amaranth import Shape
from amaranth.back import rtlil

from isa.config import MachineConfig
from isa.trace import Word
from rtl.soc import SIMULATION, SMALLEST, TRACE_WORDS, Memory, Soc, SocConfig

DOCUMENT = Path(__file__).parents[2] / "docs" / "retire.md"


@pytest.mark.parametrize("options, message", [
    ({"target_entries": 3}, "target_entries must be a power of two and at least 2, not 3"),
    ({"return_entries": 0}, "return_entries must be a power of two and at least 2, not 0"),
    ({"data_regions": 0}, "data_regions must be at least 1, not 0"),
    ({"image": (1,), "memory": Memory.SIMULATED}, "only block RAM has an image"),
])
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SocConfig(**options)


def test_a_machine_is_made_of_a_configuration():
    with pytest.raises(TypeError, match="config must be a SocConfig, not 'fast'"):
        Soc(config="fast")


@pytest.mark.slow
def test_the_smallest_machine_elaborates():
    assert "module" in rtlil.convert(Soc(config=SMALLEST), emit_src=False)


def test_what_is_simulated_can_be_made():
    assert Soc(config=SIMULATION).config == SIMULATION


def test_all_host_streams_are_listed():
    soc = Soc(config=SocConfig(machine=MachineConfig().fit("serial")))
    assert ("serial_to_host", "out", 8) in soc.streams
    for name, direction, width in soc.streams:
        port = getattr(soc, name)
        assert Shape.cast(port.payload.shape()).width == width, (name, direction)


def test_the_table_of_trace_ports_is_the_hardwares():
    rows = re.findall(r"^\| `(\w+)` \| `(trace_\w+)` \| (\d+) \|", DOCUMENT.read_text(), re.M)
    soc  = Soc(config=SMALLEST)
    assert [(Word[word], port) for word, port, _ in rows] == list(TRACE_WORDS.items())
    assert all(len(getattr(soc, port)) == int(bits) for _, port, bits in rows)
