"""The disassembler on the machine: the text of the host's."""

import random
from array import array

from tests.fuzz_as import generated
from tests.support.assembler import on_the_host
from tests.support.system import boot, system
from toolchain.places import FIRMWARE
from toolchain.qasm.dis import disassemble, list_words, words_from_octets
from toolchain.qfs import Image

PROGRAMS = ("dis", "sh", "echo")


def octets_of(words):
    return b"".join((word & 0xFFFFFFFF).to_bytes(4, "little") for word in words)


def images():
    """What assembler and compiler make, the same with some words changed, and odd ones."""
    chance = random.Random(1)
    made = [outcome.image for seed in range(60)
            if (outcome := on_the_host(generated(seed))).image is not None]
    made.append((system().folder / "programs" / "true.qbin").read_bytes())
    changed = []
    for image in made[:12]:
        words = words_from_octets(image)
        for _ in range(4):
            words[chance.randrange(len(words))] = chance.choice(
                [0, 1, 0x05010000, 0x05010001, 0x06404040, 0x06010240, chance.getrandbits(32)])
        changed.append(octets_of(words))
    rows = [octets_of([opcode << 24 | fields for opcode in range(48)] + [0, 0, 0, 0])
            for fields in (0x010203, 0x404040, 0x3F4041, 0)]
    zeros = [octets_of([0] * count) for count in range(9)]
    constants = [octets_of([0x05010000, 0x1000 + at, 0, 0, 0, 0, 0, 7, 0, 0]) for at in range(11)]
    return made + changed + rows + zeros + constants + [b"abc", b"", octets_of([0x05010000])]


def on_the_host_text(image, make):
    try:
        return make(words_from_octets(image))
    except ValueError as error:
        return f"error: {error}"


def test_any_image_gives_the_hosts_text():
    cases = images()
    disk = Image.format(3_000 + sum(len(case) for case in cases) // 60)
    for folder in ("bin", "tmp"):
        disk.make_directory(folder)
    for name in PROGRAMS:
        program = FIRMWARE / "programs" / (name if name != "echo" else "echo.qll")
        disk.write(f"bin/{name}", system().program(program).read_bytes(), executable=True)
    for number, case in enumerate(cases):
        disk.write(f"tmp/{number}", case)
    loop = (f"i=0; while [ $i -lt {len(cases)} ]; do for o in -- -l; do "
            "dis -o $i$o $o $i 2> $i$o.e; echo $? >> $i$o.e; done; i=$((i + 1)); done\n")
    disk.write("run", f"cd /tmp\n{loop}".encode())
    after = Image(array("I", boot("sh /run", disk=disk.words.tobytes()).disk))
    assert len(cases) > 60
    for number, case in enumerate(cases):
        for option, make in (("--", disassemble), ("-l", list_words)):
            wanted = on_the_host_text(case, make)
            told = after.read(f"tmp/{number}{option}.e").decode()
            if wanted.startswith("error: "):
                assert told == f"{number}: {wanted.removeprefix('error: ')}\n1\n"
            else:
                assert (told, after.read(f"tmp/{number}{option}").decode()) == ("0\n", wanted)


def test_what_cannot_be_read_or_written_is_told():
    lines = boot("dis /none; echo $?", "dis -o /no/x /bin/true; echo $?", "dis; echo $?",
                 "dis /bin/true | head -n 1").lines()
    assert "dis: cannot open: /none" in lines and "dis: cannot write: /no/x" in lines
    assert "usage: dis [-l] [-o FILE] IMAGE" in lines
    assert any(line.startswith("  constant r62 0x1") or line.endswith(":") for line in lines)
