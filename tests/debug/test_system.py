"""The operating system, looked into: programs by name, processes, system calls, and back again."""

import re
import shutil
import subprocess

import pytest

from debug.disk_keeper import DiskKeeper
from debug.error import DebugError
from tests.debug.dialogue import dialogue
from tests.support.system import system
from toolchain.qfs import Image


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """The shell at its prompt."""
    disk = tmp_path_factory.mktemp("disk") / "disk.qfs"
    shutil.copy(system().disk, disk)
    with dialogue("--engine", "model", "--disk", disk) as talk:
        talk.path = disk
        assert talk.lines("continue")[0] == "Stopped."
        assert bytes(talk.said).endswith(b"/ $ ")
        yield talk


@pytest.mark.slow
def test_the_food_of_the_snake_is_traced_to_where_it_was_placed(talk):
    """A program is stopped by its name before it is started: its code may be at the addresses of
    others, and the engine's hits are told apart by process. Then its locals, and back in time."""
    assert ", in every process that runs 'snake'" in talk("break snake:step")
    talk(r"type snake\r")
    stopped = talk.lines("continue")
    assert stopped[1].startswith("[snake ")
    assert "step () at firmware/programs/snake.qll:" in talk("backtrace")
    assert talk("print length") == "3"
    here, food = talk("print $cycle"), talk("print food")
    talk("delete")
    talk("watch food")
    back = talk.lines("reverse-continue")
    assert "place_food () at firmware/programs/snake.qll:" in "\n".join(back)
    assert talk("print food") != food
    assert talk("backtrace").split("\n")[1].startswith("#1  [snake ")
    talk("delete")
    talk(f"goto {here}")
    assert talk("print food") == food


def test_what_the_program_does_not_have_is_looked_for_in_the_kernel(talk):
    """While a process runs; what neither of them has is missed in the process."""
    assert talk.session.frame().module.name == "snake"
    assert "scheduler::next at kernel/scheduler.qll" in talk("break scheduler::next")
    assert " at kernel/scheduler.qll:" in talk("break scheduler.qll:162")
    assert "there is no function or label 'nowhere::at' in snake" in talk("break nowhere::at")
    assert "no function or label 'scheduler::next' in snake" in talk("break snake:scheduler::next")
    talk("delete")


def test_a_system_call_is_followed_into_the_kernel_and_out_again(talk):
    talk("goto end")
    talk("catch syscall sleep")
    assert "system call sleep(" in talk("continue")
    talk("delete")
    before = talk("info registers")
    talk("stepi")
    assert "[kernel]" in talk("backtrace").split("\n")[0]
    assert "--- interrupted from here ---" in talk("backtrace")
    assert "[snake " in talk("backtrace")
    assert "interrupts are masked" in talk("info interrupt")
    talk("reverse-stepi")
    assert talk("info registers") == before


def test_a_process_that_does_not_run_can_be_looked_at(talk):
    talk("goto end")
    assert talk("process sh").split("\n")[0].startswith("#0  [sh 1] ")
    assert talk("process nobody").startswith("refused: there is no process 'nobody'")
    assert talk("break nosuch:main").startswith("refused: there is no program 'nosuch'")


def test_the_image_of_the_disk_is_left_alone(talk):
    keeper = DiskKeeper(talk.session, talk.disk, str(talk.path))
    written = keeper.writes
    talk("goto end")
    before = int(talk("print $cycle"), 0)
    talk(r"type \x1b")
    talk("continue", patience=60_000_000)
    talk(r"type echo kept > note\r")
    talk("continue", patience=60_000_000)
    assert written
    assert talk.disk.octets() != system().disk.read_bytes()
    count = len(written)
    talk("goto start")
    talk("goto end")
    assert len(written) == count

    # Leaving asks; what was written later than the present position may be left out.
    with pytest.raises(DebugError, match="^the machine has written [0-9]+ sectors of .*'keep'"):
        keeper.leave("")
    talk(f"goto {before}")
    assert "'here' (as it is at this cycle)" in keeper.question
    assert keeper.leave("drop") == f"{talk.path} is as it was"
    assert keeper.leave("here") == f"0 sectors of {talk.path} are kept"
    assert talk.path.read_bytes() == system().disk.read_bytes()
    assert keeper.leave("keep").endswith(f" sectors of {talk.path} are kept")
    assert Image.load(talk.path).read("note") == b"kept\n"


@pytest.mark.parametrize("command", [["llvm-dwarfdump", "--verify"], ["readelf", "-a", "-w"]],
                         ids=lambda command: command[0])
def test_other_tools_read_the_systems_symbols_without_complaint(command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    paths = system()
    for product in (paths.kernel, paths.folder / "programs" / "snake.qbin"):
        done = subprocess.run([*command, paths.debug(product)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert not re.search(r"^\W*(error|warning):", done.stdout, re.M | re.I)
