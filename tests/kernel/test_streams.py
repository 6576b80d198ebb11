"""What reads and writes much: octets and lines come through files and pipes whole, whatever their
number and wherever they begin in a word."""

import random
from array import array

import pytest

from tests.support.system import boot, system
from toolchain.qfs import Image

CHANCE = random.Random(11)
SIZES = (0, 1, 2, 3, 4, 5, 7, 511, 512, 513, 1025, 4094, 4096, 4099, 9001)
CONTROLS = bytes([0, 7, 9, 10, 11, 13, 32, 33, 65, 127, 128, 160, 255])
LINES = b"\n\nshort\n" + "ä€😀 wide\n".encode() + b"x" * 2047 + b"\n" + b"y" * 2048 + b"\n" \
    + b"z" * 5000 + b"\n" + b"".join(b"%d Needle in line\n" % n for n in range(300)) \
    + b"needle at the end"
FILES = {f"f{size}": CHANCE.randbytes(size) for size in SIZES} \
    | {"controls": bytes(CHANCE.choices(CONTROLS, k=4001)), "blank": b" ", "lines": LINES,
       "letters": b"ab\nc " * 1000, "newline": LINES + b"\n"}


def joined(*names):
    return b"".join(FILES[name] for name in names)


def counted(data):
    """As wc says it; of control characters only these four part words."""
    blanks = data.translate(bytes.maketrans(b"\t\n\r", b"   "))
    return b"%7d%8d%8d " % (data.count(b"\n"), len([w for w in blanks.split(b" ") if w]), len(data))


def chosen(data, wanted):
    return b"".join(line + b"\n" for line in data.split(b"\n") if wanted(line))


def dumped(data):
    rows = [data[at:at + 16] for at in range(0, len(data), 16)]
    return b"".join(
        b"%08x " % (16 * n) + b"".join(b" %02x" % c for c in row) + b"   " * (16 - len(row))
        + b"  " + bytes(c if 32 <= c < 127 else 46 for c in row) + b"\n"
        for n, row in enumerate(rows))


# A command's output, and what it ought to be. What comes first moves the rest to another place in
# its words.
CASES = {
    **{f"cat {name}": FILES[name] for name in FILES},
    **{f"cat {name} | cat": FILES[name] for name in FILES},
    **{f"cat {first} f4099 f4096 f5 f513 | cat | cat": joined(first, "f4099", "f4096", "f5", "f513")
       for first in ("f1", "f2", "f3", "f4", "f511")},
    "cat f3 lines f9001 f1": joined("f3", "lines", "f9001", "f1"),
    **{f"wc < {name}": counted(FILES[name]) + b"\n" for name in FILES},
    **{f"cat {first} controls letters | wc": counted(joined(first, "controls", "letters")) + b"\n"
       for first in ("f1", "f2", "f3", "blank")},
    "grep needle lines": chosen(LINES, lambda line: b"needle" in line),
    "grep -i NEEDLE lines": chosen(LINES, lambda line: b"needle" in line.lower()),
    "grep -v Needle lines": chosen(LINES, lambda line: b"Needle" not in line),
    "cat lines | grep y": chosen(LINES, lambda line: b"y" in line),
    "grep zz blank": b"",
    "head -n 999 newline": LINES + b"\n",
    "head -n 3 lines": b"\n\nshort\n",
    "cat -n lines": b"".join(b"%6d  %s\n" % (n + 1, line)
                             for n, line in enumerate(LINES.split(b"\n"))),
    **{f"hexdump {name}": dumped(FILES[name]) for name in ("f0", "f1", "f513", "f1025")},
}


@pytest.fixture(scope="module")
def written():
    """What each command wrote, all in one session."""
    image = Image(array("I", system().disk.read_bytes()))
    for name, data in FILES.items():
        image.write(f"tmp/{name}", data)
    session = boot("cd /tmp", *(f"{command} > o{n}" for n, command in enumerate(CASES)),
                   disk=image.words.tobytes())
    assert session.status == 0, session.text
    after = Image(array("I", session.disk))
    return {command: after.read(f"tmp/o{n}") for n, command in enumerate(CASES)}


@pytest.mark.parametrize("command", CASES)
def test_nothing_is_lost_and_nothing_added(written, command):
    assert written[command] == CASES[command]
