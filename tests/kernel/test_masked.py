"""How long the kernel keeps interrupts masked: counted in instructions, whatever is asked of it."""

import re
import struct
from array import array

import pytest

from sim.host.display import Display
from tests.support.live import PROMPT, Live
from tests.support.masked import Masked
from tests.support.system import system
from toolchain.qfs import Image

# docs/kernel.md gives these. Calls that go through a directory, or along the chain of a file that
# is freed, take time for each sector: closing, and those that have a name of a file. So does a
# write that looks for room on a full disk.
MOST = 50_000
MOST_BY_CALL = {2: 100_000, 52: 100_000,
                **dict.fromkeys([3, 4, 5, 6, 7, 37, 39, 40, 43, 46], 400_000)}

PROGRAM_HEADER = "<8I"


def endless_elf(dynamics: int, relocations: int) -> bytes:
    """An ELF image whose dynamic segments, so many, all name the same table of relocations."""
    text, tables = 4 * 0x2000, 4 * 0x4000
    headers = 52
    code_at = headers + 32 * (dynamics + 2)
    relocation_at = code_at + 16
    relocation = struct.pack("<3I", tables, 2, 0) * relocations
    dynamic_at = relocation_at + len(relocation)
    dynamic = struct.pack("<6I", 7, tables, 8, len(relocation), 0, 0)
    program = struct.pack("<4I", 0, 0, 0, 0)
    segments = [struct.pack(PROGRAM_HEADER, 1, code_at, text, text, 16, 16, 5, 4),
                struct.pack(PROGRAM_HEADER, 1, relocation_at, tables, tables, len(relocation),
                            len(relocation), 6, 4)]
    segments += [struct.pack(PROGRAM_HEADER, 2, dynamic_at, 0, 0, len(dynamic), len(dynamic), 4, 4)
                 ] * dynamics
    header = struct.pack("<4I", 0x464C457F, 0x00010101, 0, 0) + struct.pack(
        "<HHIIIIIHHHHHH", 3, 0x5150, 1, text, headers, 0, 0, 52, 32, len(segments), 40, 0, 0)
    return header + b"".join(segments) + program + relocation + dynamic


def measure(commands: list[str], files: dict[str, bytes] | None = None
            ) -> tuple[dict[str, int], str]:
    """The longest masked stretches while these commands run, by their causes; and the text."""
    image = Image(array("I", system().disk.read_bytes()))
    for name, octets in (files or {}).items():
        image.write(name, octets, executable=True)
    masked = Masked(system().symbols)
    live = Live(image.words.tobytes(), display=Display(320, 200), observe=masked)
    live.until(PROMPT)
    for command in commands:
        live.command(command, 3_000_000_000)
    return masked.longest, live.text


def too_long(stretches: dict[str, int]) -> dict[str, int]:
    """Those over the bounds."""
    found = {}
    for cause, instructions in stretches.items():
        number = cause.partition(",")[0].removeprefix("call ")
        most = MOST_BY_CALL.get(int(number), MOST) if number.isdigit() else MOST
        if instructions > most:
            found[cause] = instructions
    return found


@pytest.mark.slow
@pytest.mark.parametrize("commands", [
    ["/test/usertests"],
    ["/test/exhaust grow limits", "/test/pattern 1000 1000", "/test/pattern 320 200"],
    ["/test/greedy"],
], ids=["usertests", "exhaust", "greedy"])
def test_no_call_keeps_interrupts_masked_for_long(commands):
    stretches, _ = measure(commands)
    assert stretches
    assert too_long(stretches) == {}


@pytest.mark.slow
@pytest.mark.parametrize("dynamics, relocations, said", [
    (62, 2000, "sh: .*endless"),
    (1, 20_000, r"process \d+ \(endless\) invalid instruction at 0x402000"),  # its `halt`
])
def test_a_file_does_not_choose_how_long_it_is_loaded(dynamics, relocations, said):
    image = endless_elf(dynamics, relocations)
    stretches, text = measure(["endless"], {"bin/endless": image})
    assert re.search(said, text)
    assert too_long(stretches) == {}
