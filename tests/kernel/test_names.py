"""Long directories: names are found by an index, which follows whatever becomes of them."""

import random
import re
from array import array

import pytest

from isa.config import MachineConfig
from sim.host.error import HostError
from tests.support.system import KERNELS, boot, debug_kernel, system
from toolchain.qfs import Image, check

COUNTING = MachineConfig().fit("display", "keyboard", "block", "serial", "counters")
LONG = 300  # names: 75 sectors, of which 16 are walked


def with_long_directory(count=LONG, name="long"):
    """The system's disk, with so many files that have their number in them."""
    image = Image(array("I", system().disk.read_bytes()))
    image.make_directory(name)
    for number in range(count):
        image.write(f"{name}/file{number}", str(number).encode())
    return image


def names_in(session, folder="long"):
    """Contents by name, of a disk that has nothing wrong."""
    image = Image(array("I", session.disk))
    assert check(image) == []
    start = f"{folder}/"
    return {path.removeprefix(start): image.read(path).decode()
            for path, entry in image.walk("/") if path.startswith(start) and not entry.is_directory}


def operations(seed, count):
    """Shell commands in a long directory, what is there afterwards, and what is said."""
    chosen = random.Random(seed)
    there = {f"file{number}": str(number) for number in range(LONG)}
    commands, said = [], []
    for number in range(count):
        name, other = chosen.choice(sorted(there)), f"new{chosen.randrange(count)}"
        match chosen.randrange(5):
            case 0:
                commands.append(f"echo {number} > {other}")
                there[other] = f"{number}\n"
            case 1:
                commands.append(f"rm {name}")
                del there[name]
            case 2:
                commands.append(f"mv {name} {other}")
                there[other] = there.pop(name)
            case 3:
                commands.append(f"mv {name} /tmp/away; mv /tmp/away {other}")
                there[other] = there.pop(name)
            case 4:
                commands.append(f"echo '<'$(cat {name})'>'")
                said.append(there[name].strip())
    return commands, there, said


@pytest.mark.parametrize("seed", range(2))
def test_whatever_becomes_of_names_they_are_found(seed):
    commands, there, said = operations(seed, 60)
    image = with_long_directory()
    session = boot("cd /long", *commands, disk=image.words.tobytes(), kernel=debug_kernel())
    assert re.findall(r"^<(.*)>$", session.text, re.M) == said
    assert names_in(session) == there


def test_a_name_that_is_not_there_is_not_found():
    image = with_long_directory()
    session = boot("cd /long", "cat file300", "cat file12x", f"cat {'n' * 25}", "rm file7",
                   "cat file7", "echo back > file7; cat file7",
                   disk=image.words.tobytes(), kernel=debug_kernel())
    assert len(re.findall("cannot open", session.text)) == 4
    assert names_in(session) == {f"file{n}": str(n) for n in range(LONG)} | {"file7": "back\n"}


def test_the_sectors_of_a_long_directory_that_is_gone_may_be_anothers():
    image = with_long_directory(70)
    session = boot("cd /long", "rm -r /long/*; echo $?", "cd /", "rm /long; echo $?",
                   "mkdir /other; echo in > /other/file3; cat /other/file3 /other/file4",
                   disk=image.words.tobytes(), kernel=debug_kernel())
    assert "in\n" in session.text and "cannot open: /other/file4" in session.text
    assert names_in(session, "other") == {"file3": "in\n"}


def test_five_long_directories_have_four_indexes():
    image = with_long_directory(80, "d0")
    for number in range(1, 5):
        image.make_directory(f"d{number}")
        for file in range(80):
            image.write(f"d{number}/file{file}", f"{number}-{file}".encode())
    commands = [f"cat /d{number}/file{file}; echo" for file in (70, 71) for number in range(5)]
    session = boot(*commands, disk=image.words.tobytes(), kernel=debug_kernel())
    assert re.findall(r"^(?:\d-)?7[01]$", session.text, re.M) == \
        [f"{number}-{file}" if number else f"{file}" for file in (70, 71) for number in range(5)]


def test_a_directory_that_could_not_be_read_for_its_index_is_read_again():
    image = with_long_directory()
    bad = image.chain(image.find("long").first)[50]
    seen = []

    def unreadable(sector):
        if sector == bad and not seen:
            seen.append(sector)
            raise HostError("scratched")

    session = boot("cat /long/none", "cat /long/file299; echo", disk=image.words.tobytes(),
                   on_read=unreadable, kernel=debug_kernel())
    assert seen and "299" in session.lines(), session.text


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_an_index_has_of_the_memory_is_anothers_when_there_is_no_more(kernel):
    image = with_long_directory(130)  # its index is as large as what a pipe needs
    session = boot("/test/exhaust index", disk=image.words.tobytes(), kernel=KERNELS[kernel]())
    assert re.search("^ok +index", session.text, re.M), session.text


def test_any_name_is_opened_in_few_instructions():
    fresh, image = Image(array("I", system().disk.read_bytes())), Image.format(4096)
    for folder in ("bin", "test", "many"):
        image.make_directory(folder)
    for program in ("bin/sh", "test/measure"):
        image.write(program, fresh.read(program), executable=True)
    for number in range(3000):
        image.write(f"many/file{number}", b"")
    session = boot("/test/measure find /many", disk=image.words.tobytes(), config=COUNTING)
    assert int(re.search(r"(\d+) instructions", session.text)[1]) <= 9_000
