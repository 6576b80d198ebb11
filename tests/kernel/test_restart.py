"""`reboot`, after which the machine starts again with the same disk, and `time`."""

import re
from array import array

import pytest

from isa.config import MachineConfig
from isa.machine import PROGRAM
from sim.host.display import Display
from tests.support.live import PROMPT, Live
from tests.support.system import KERNELS, SYSTEM, boot, system
from toolchain.places import KERNEL
from toolchain.qfs import Image, check

GREETING = "Quince. Try `help`."


def test_what_starts_again_is_put_back_whole():
    """All data of the kernel's image is behind the first word that is kept, and is kept whole."""
    text = system().symbols.read_text().splitlines()
    data = [int(row.split()[0], 16) for row in text if row.split()[1] == "D"]
    names = {row.split()[2]: int(row.split()[0], 16) for row in text}
    words = system().kernel.stat().st_size // 4
    limits = (KERNEL / "limits.qll").read_text()
    kept = int(re.findall(r"FIRST_DATA_WORDS: byte = (0x[0-9a-f]+)", limits)[0], 16)
    assert min(data) == names["global::support::inside"]
    assert PROGRAM + words - min(data) <= kept


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_machine_starts_again_with_the_same_disk(kernel):
    live = Live(kernel=KERNELS[kernel](), display=Display(64, 48))
    for number in range(2):
        live.until(GREETING)
        live.until(PROMPT)
        rows = live.command("ps").split("\n")[1:-1]
        assert [(row.split()[0], row.split()[-1]) for row in rows] == [("1", "sh"), ("2", "ps")]
        live.command(f"echo {number} >> /tmp/kept; cat /tmp/kept > /tmp/again")
        assert live.command("cat /tmp/again") == "".join(f"{n}\n" for n in range(number + 1))
        live.command("sleep 100 | cat &")
        live.command("plasma 100000 > /tmp/open &")  # with the display, and a file that is open
        live.run(3_000_000)
        live.type("reboot\r")
    live.until(GREETING)
    live.until(PROMPT)
    live.command("ls /tmp")
    session = live.finish()
    assert session.status == 0
    assert check(Image(array("I", session.disk))) == []


def test_only_the_first_shell_starts_the_machine_again():
    lines = boot("sh -c reboot; echo $?", "reboot now; echo $?", "sleep 9 &", "stop %1",
                 "reboot", "echo alive").lines()
    assert "reboot: only the first shell starts the machine again" in lines
    assert "usage: reboot" in lines and "2" in lines and "alive" in lines
    assert "reboot: there are stopped jobs; once more ends them" in lines
    assert lines.count(GREETING) == 1


def test_time_tells_cycles_and_instructions_where_they_are_counted():
    counting = MachineConfig().fit("display", "keyboard", "block", "serial", "counters")
    said = boot("time sleep 0.2", config=counting).text
    seconds, cycles, instructions = re.search(
        r"(\d+\.\d{3}) s, (\d+) cycles, (\d+) instructions\n", said).groups()
    assert 0.2 <= float(seconds) < 0.4
    assert int(cycles) > int(instructions) > 1000
    assert re.search(r"\n\d+\.\d{3} s\n", boot("time true", config=SYSTEM).text)
