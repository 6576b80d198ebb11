"""The utilities on the disk: what they say, with the options that people expect."""

import random
import re
from array import array
from pathlib import Path

import pytest

from system.build import MANUAL, manual_pages
from tests.support.live import PROMPT, Live
from tests.support.person import Person
from tests.support.system import system
from toolchain.qfs import Image

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def live():
    """One machine for all short cases, each of which leaves it at a prompt."""
    machine = Live.wide()
    machine.command("cd /tmp; for i in 1 2 3 4 5 6; do echo line$i; done > six; echo -n x > one")
    machine.command("mkdir -p d/e/f; touch d/e/x.c d/.h")
    machine.command("for i in b 10 -3 a 9 b; do echo $i; done > l")
    machine.command("grep -v line3 six > five; echo new >> five; touch empty; cd /tmp")
    return machine


@pytest.mark.parametrize("line, said", [
    ("sort l", "-3\n10\n9\na\nb\nb"),
    ("sort -n l | head -n 1; sort -nr l | head -n 2; sort -u l l | wc -l", "-3\n10\n9\n      5 "),
    ("cat l | sort -r - one | tail -n 2; sort empty", "10\n-3"),
    ("tail -n 2 six; tail < one; echo; tail -n 0 six; tail empty; tail -n 99 six | wc -l",
     "line5\nline6\nx\n      6 "),
    ("tail -n x six; echo $?", "tail: not a number: x\n2"),
    ("echo a | tee t1 t2; echo b | tee -a t1 > /tmp/t3; cat t1 t2 t3", "a\na\nb\na\nb"),
    ("echo a | tee /no/x; echo $?", "tee: cannot write: /no/x\na\n1"),
    ("find d; find . -name '*.c'; find d -type d -name '[ef]'",
     "d\nd/e\nd/e/f\nd/e/x.c\nd/.h\n./d/e/x.c\nd/e\nd/e/f"),
    ("find /no; echo $?; find -size 3; echo $?", "find: no such file: /no\n1\n"
     "find: there is no option: -size\nusage: find [DIR...] [-name PATTERN] [-type f|d]\n2"),
    ("du -s six; du d; du /no", "      1 six\n      1 d/e/f\n      1 d/e\n      2 d\n"
     "du: no such file: /no"),
    ("df | grep -c KiB", "3"),
    ("diff six five; echo $?", "3d2\n< line3\n6a6\n> new\n1"),
    ("diff six six; echo $?; diff -q six five; echo $?; diff empty one",
     "0\nthe files differ\n1\n0a1\n> x"),
    ("diff /no six; echo $?; diff six", "diff: cannot open: /no\n2\nusage: diff [-q] OLD NEW"),
    ("grep -n LINE -i six | tail -n 1; grep -c line six five; grep -iv LINE six; echo $?",
     "6:line6\nsix:6\nfive:5\n1"),
    ("grep new six five", "five:new"),
    ("wc -l six; wc -w six; wc -c six; wc -lw six", "      6 six\n       6 six\n      36 six\n"
     "      6       6 six"),
    ("cat -n six | head -n 2; cat -n empty", "     1  line1\n     2  line2"),
    ("mkdir d/none; ls d/none; rm d/none; ls /no", "ls: no such file: /no"),
    ("ls d; ls -a d; ls -l d | wc -l; ls -al d",
     "e/\n.h\ne/\n      1 \n-         0 .h\nd         2 e/"),
    ("cp -r d copy; find copy -type f; cp six five copy; cat copy/five | tail -n 1; "
     "rm -r copy; ls copy", "copy/e/x.c\ncopy/.h\nnew\nls: no such file: copy"),
    ("cp -r d d/e; cp six five no; cp d no", "cp: cannot copy a directory into itself: d\n"
     "cp: no such directory: no\ncp: is a directory: d"),
    ("rm -f none; echo $?; rm none; mkdir -p d/e/f; echo $?; mkdir -p six/x",
     "0\nrm: cannot remove: none\n0\nmkdir: cannot make: six/x"),
    ("echo -n a; echo -n; echo b -n", "ab -n"),
    ("more empty; more one; more < one; more /no", "x\nx\nmore: cannot open: /no"),
])
def test_what_they_say(live, line, said):
    assert live.command(line, 60_000_000) == f"{said}\n"


@pytest.mark.slow
def test_directories_with_more_names_than_the_heap_holds():
    """The paths of all names take 85,000 words, and the heap of a flat program has 65,536. Those of
    a directory are known while the one that comes first in it is gone through."""
    image = Image(array("I", system().disk.read_bytes()))
    where = "tmp/m"
    image.make_directory(where)
    for _ in range(7):
        image.make_directory(f"{where}/{'d' * 24}")
        for number in range(110):
            image.write(f"{where}/{number:024}", b"")
        where += f"/{'d' * 24}"
    machine = Live(disk=image.words.tobytes())
    machine.until(PROMPT)
    assert machine.command("find /tmp/m | wc -l") == "    778 \n"
    assert re.fullmatch(r" +\d+ /tmp/m\n", machine.command("du -s /tmp/m"))
    assert machine.command("cp -r /tmp/m /tmp/n; find /tmp/n | wc -l") == "    778 \n"
    assert machine.command("rm -r /tmp/m /tmp/n; ls /tmp") == ""


def test_diff_is_right_about_any_two_files():
    """What `diff` says, carried out on the first file, gives the second, in the fewest lines."""
    rng = random.Random(5)
    image = Image(array("I", system().disk.read_bytes()))
    pairs = []
    for number in range(12):
        old = [rng.choice("abcd") for _ in range(rng.randrange(14))]
        new = [line for line in old if rng.random() < 0.8]
        for _ in range(rng.randrange(4)):
            new.insert(rng.randrange(len(new) + 1), rng.choice("abcx"))
        pairs.append((old, new))
        image.write(f"tmp/o{number}", "".join(f"{line}\n" for line in old).encode())
        image.write(f"tmp/n{number}", "".join(f"{line}\n" for line in new).encode())
    machine = Live(disk=image.words.tobytes())
    machine.until(PROMPT)
    for number, (old, new) in enumerate(pairs):
        said = machine.command(f"diff /tmp/o{number} /tmp/n{number}").split("\n")[:-1]
        assert patched(old, said) == new
        changes = sum(line[:2] in ("< ", "> ") for line in said)
        longest = longest_common(old, new)
        assert changes == len(old) + len(new) - 2 * longest


def patched(old, said):
    """The first file with the changes that `diff` tells carried out."""
    result, at, i = [], 0, 0
    while i < len(said):
        kind = next(c for c in said[i] if c in "acd")
        numbers = said[i].split(kind)[0].split(",")
        first, last = int(numbers[0]), int(numbers[-1])
        begin = first if kind == "a" else first - 1
        result += old[at:begin]
        at = begin if kind == "a" else last
        i += 1
        while i < len(said) and not said[i][0].isdigit():
            if said[i].startswith("> "):
                result.append(said[i][2:])
            elif said[i].startswith("< "):
                assert old[begin] == said[i][2:]
                begin += 1
            i += 1
    return result + old[at:]


def longest_common(a, b):
    rows = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            rows[i + 1][j + 1] = rows[i][j] + 1 if x == y else max(rows[i][j + 1], rows[i + 1][j])
    return rows[-1][-1]


def test_much_is_no_trouble():
    """2,000 lines, of which more differ than can be told apart, and one of 20,000 characters."""
    image = Image(array("I", system().disk.read_bytes()))
    lines = [str(7919 * n % 10_007) for n in range(2_000)]
    image.write("tmp/many", "".join(f"{line}\n" for line in lines).encode())
    image.write("tmp/long", b"x" * 20_000)
    machine = Live(disk=image.words.tobytes())
    machine.until(PROMPT)
    most = max(map(int, lines))
    said = machine.command("cd /tmp; sort -n many > s; tail -n 1 s; wc -l < s; wc -c long")
    assert said == f"{most}\n   2000 \n   20000 long\n"
    assert machine.command("sort -nr s | head -n 1; tail long | wc -c") == f"{most}\n   20000 \n"
    same = [a == b for a, b in zip(lines, sorted(lines), strict=True)]
    rest = len(same) - same.index(False) - same[::-1].index(False)
    assert machine.command("sort many > t; diff many t | wc -l; diff long s | wc -l").split() == [
        str(2 * rest + 2), "2003"]


def test_more_shows_a_screen_at_a_time():
    person = Person(columns=40, height=10)
    person.type("for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo x; echo y; done > /tmp/l\r")
    rows = person.type("more /tmp/l\r")
    assert rows[-1].startswith(" more:") and rows[-2] == "y" and rows[-4] == "3"
    assert person.type("\r")[-2] == "4"
    assert person.type(" ")[-2] == "7"
    assert person.type("b")[-2] == "4"
    rows = person.type("q")
    assert rows[-1] == "/ $"
    rows = person.type("cat /tmp/l | more\r")
    assert rows[-1].startswith(" more:")
    rows = person.type("  ")
    assert rows[-1] == "/ $" and rows[-2] == "y"
    person.type("more /tmp/l\r")
    assert person.type("\x03")[-1] == "/ $"


def test_tab_completes_and_lists():
    person = Person()
    person.type("mkdir /tmp/dir; touch '/tmp/a file' /tmp/alpha /tmp/beta; number=5\r")
    for typed, shown in [("hex\t", "/ $ hexdump"), ("cat /tm\t", "/ $ cat /tmp/"),
                         ("ls /tmp/be\t", "/ $ ls /tmp/beta"),
                         ("ls /tmp/a\\ \t", "/ $ ls /tmp/a\\ file"),
                         ("ls /tmp/d\tx", "/ $ ls /tmp/dir/x"), ("echo $num\t", "/ $ echo $number"),
                         ("true | hexd\t/re", "/ $ true | hexdump /re"), ("unse\t", "/ $ unset"),
                         ("if hexd\t", "/ $ if hexdump"), ("echo hexd\t", "/ $ echo hexd"),
                         ("ls '/tmp/al\t", "/ $ ls '/tmp/alpha")]:
        rows = [row for row in person.type(typed) if row]
        assert rows[-1] == shown
        person.type("\x03")
    rows = [row for row in person.type("ls /tmp/\t\t") if row]
    assert rows[-2:] == ["a file   alpha    beta     dir/", "/ $ ls /tmp/"]
    assert [row for row in person.type("al\t\r") if row][-2:] == ["/tmp/alpha", "/ $"]


def test_control_r_finds_earlier_lines():
    person = Person()
    for line in ("echo one", "echo two", "echo other"):
        person.type(f"{line}\r")
    assert [row for row in person.type("\x12t") if row][-1] == "find t: echo other"
    assert [row for row in person.type("w") if row][-1] == "find tw: echo two"
    assert [row for row in person.type("\r") if row][-2:] == ["two", "/ $"]
    assert [row for row in person.type("\x12o\x12\x12\x12") if row][-1] == "find o: echo one"
    assert [row for row in person.type("\x1b[F!") if row][-1] == "/ $ echo one!"
    person.type("\x15draft")
    assert [row for row in person.type("\x12zzz") if row][-1] == "find zzz:"
    assert [row for row in person.type("\x07") if row][-1] == "/ $ draft"
    assert [row for row in person.type("\x15history\r") if row][-3].split() == ["4", "echo", "two"]


def test_the_manual_has_all_programs():
    programs = {path.stem for path in (ROOT / "firmware" / "programs").iterdir()}
    pages = manual_pages()
    assert programs <= set(pages)
    assert pages["tail"] == "tail [-n COUNT] [FILE]\n\nSay the last lines, ten by default.\n"
    assert all(len(line) <= 72 for name in programs - set(MANUAL)
               for line in pages[name].split("\n"))


def test_man_shows_a_page(live):
    assert live.command("man tail") == (
        "tail [-n COUNT] [FILE]\n\nSay the last lines, ten by default.\n")
    assert live.command("man nothing; echo $?") == "man: the manual has nothing about: nothing\n1\n"
    assert {"sh", "qll", "sort"} <= set(live.command("man").split())
    assert live.command("man sh | head -n 1") == "# The shell\n"


def test_the_tour_has_ten_steps():
    live = Live()
    live.until(PROMPT)
    live.type("tour\r")
    for step in range(1, 11):
        live.until(f"\n{step} of 10: ")
        live.until("q leaves: ")
        # a page of the manual is left at its first screen; the terminal tells its size
        live.type("\r\x1b[24;80Rq" if step == 5 else "\r")
        if step == 8:
            live.until("line 1, column 1")
            live.type("New: \x13\x11")
    live.until("That was it.")
    live.until(PROMPT)
    assert "\n6 times 7 is 42\n" in live.text and "New: 6 times 7 is 42\n" in live.text
    assert "\n42\n" in live.text.split("9 of 10")[1]


def test_the_tour_can_be_left():
    person = Person()
    person.type("tour\rs\rs\r")
    assert [row for row in person.type("q\r") if row][-1] == "/ $"
    person.type("tour\r")
    assert [row for row in person.type("\x03") if row][-1] == "/ $"
    assert "usage: tour" in person.type("tour --help\r")
