"""Executables that the loader takes, and those it does not: each limit from both sides."""

import re
from array import array
from dataclasses import dataclass, field, replace

import pytest

from tests.support.golden import qasm_words
from tests.support.system import boot, debug_kernel, system
from toolchain.qfs import Image

LOAD, DYNAMIC, NOTE = 1, 2, 4
READ, WRITE, EXECUTE = 4, 2, 1
EXEC, DYN = 2, 3
CODE_AT, CODE_OFFSET = 0x400000, 0x900   # words; octets
BEHIND = CODE_OFFSET + 0x100             # octets: what else there is
STATUS = 42
ENDS = f"""
  constant r0 0
  constant r1 {STATUS}
  constant r2 0x80
  int r2
"""
CODE = array("I", qasm_words(ENDS)).tobytes()


@dataclass(frozen=True)
class Segment:
    """A program header; `at` and `words` in memory, the rest in octets."""
    at:        int
    words:     int
    flags:     int = READ | WRITE
    in_file:   int = 0
    offset:    int = CODE_OFFSET
    kind:      int = LOAD
    in_memory: int | None = None
    octet:     int = 0  # of the word at `at`

    def octets(self) -> bytes:
        memory = 4 * self.words if self.in_memory is None else self.in_memory
        return array("I", [self.kind, self.offset, 4 * self.at + self.octet & 0xFFFFFFFF, 0,
                           self.in_file, memory & 0xFFFFFFFF, self.flags, 4]).tobytes()


CODE_SEGMENT = Segment(CODE_AT, len(CODE) // 4, READ | EXECUTE, len(CODE))


@dataclass(frozen=True)
class File:
    """An executable that ends with `STATUS`, and what else its header says."""
    segments: tuple[Segment, ...] = ()
    code:     Segment = CODE_SEGMENT
    entry:    int = 4 * CODE_AT
    type:     int = EXEC
    changes:  dict[int, int] = field(default_factory=dict)  # words of the header
    note:     bytes = b""
    count:    int | None = None
    text:     bytes = CODE

    def octets(self) -> bytes:
        segments = (self.code, *self.segments)
        count = len(segments) if self.count is None else self.count
        header = array("I", [0x464C457F, 0x00010101, 0, 0, self.type | 0x5150 << 16, 1, self.entry,
                             52, 0, 0, 52 | 32 << 16, count, 0])
        for at, word in self.changes.items():
            header[at] = word
        head = header.tobytes() + b"".join(segment.octets() for segment in segments)
        return (head.ljust(CODE_OFFSET, b"\0") + self.text).ljust(BEHIND, b"\0") + self.note


def near(at, words=0x100):
    """Data that ends at an address, and the same with a word more."""
    return Segment(at - words, words), Segment(at - words, words + 1)


def behind(at, words=0x100):
    """Data that begins at an address, and the same with a word more in front."""
    return Segment(at, words), Segment(at - 1, words + 1)


PLACES = {
    "the image's place":   behind(0x1000),
    "the heap, from below": near(0xA000),
    "the heap, from above": behind(0x1A000),
    "framebuffer, from below": near(0x40000),
    "framebuffer, from above": behind(0x140000),
    "the code, from below": near(CODE_AT),
    "the code, from above": behind(CODE_AT + len(CODE) // 4),
    "stack, from below":   near(0xE00000),
    "stack, from above":   behind(0xF00100),
    "grown heap, from below": near(0x1000000),
    "grown heap, from above": behind(0x1400000),
    "the highest address": near(0x40000000),
}


def note(stack, heap, *, name=b"Quince\0\0", kind=1, lengths=(7, 8)):
    octets = array("I", [*lengths, kind]).tobytes() + name + array("I", [stack, heap]).tobytes()
    return File((Segment(0, 0, 0, len(octets), BEHIND, NOTE),), note=octets)


def many(count):
    """So many segments of data, apart from each other."""
    return tuple(Segment(0x500000 + 0x1000 * at, 0x100) for at in range(count))


# Data of a position-independent program: two words that are relocated, three relocations, two
# symbols and the entries of the dynamic segment.
DATA, TABLE, SYMBOLS, ENTRIES = 0x1000, 4, 16, 24
SUM = 2 * CODE_AT + (0x300 + 2) + 0x10
ADDS_UP = array("I", qasm_words(f"""
  constant r3 {CODE_AT + DATA}
  constant r4 1
  load r1 r3
  add r3 r3 r4
  load r2 r3
  add r1 r1 r2
  constant r2 {SUM - STATUS}
  sub r1 r1 r2
  constant r0 0
  constant r2 0x80
  int r2
""")).tobytes()


def relocated(changes=None, entries=None, in_file=40):
    """A program that ends with `STATUS` if its words are what they should be."""
    words = array("I", [0] * 34)
    words[TABLE:TABLE + 9] = array("I", [4 * DATA, 1 << 8 | 1, 8,  4 * DATA + 4, 2, 0x40,  1, 0, 1])
    words[SYMBOLS + 5] = 4 * 0x300
    for number, (key, value) in enumerate(({7: 4 * (DATA + TABLE), 8: 36, 9: 12,
                                            6: 4 * (DATA + SYMBOLS)} | (entries or {})).items()):
        words[ENTRIES + 2 * number:ENTRIES + 2 * number + 2] = array("I", [key, value])
    for at, word in (changes or {}).items():
        words[at] = word
    code = Segment(0, len(ADDS_UP) // 4, READ | EXECUTE, len(ADDS_UP))
    return File((Segment(DATA, len(words), READ, 4 * len(words), BEHIND),
                 Segment(0, 0, 0, in_file, BEHIND + 4 * ENTRIES, DYNAMIC)),
                code, 0, DYN, note=words.tobytes(), text=ADDS_UP)


# Writes the lowest word of the stack and the highest of the heap that a file without a note has.
TOUCHES = array("I", qasm_words(f"""
  constant r3 {0xF00000 - 0x10000}
  store r3 r3
  constant r3 {0xA000 + 0x10000 - 1}
  store r3 r3
{ENDS}""")).tobytes()

EMPTY = Segment(0, 0, 0, kind=0)
GOOD = {
    "as it is": File(),
    **{where: File((good,)) for where, (good, _) in PLACES.items()},
    "without a note": File(
        code=replace(CODE_SEGMENT, words=len(TOUCHES) // 4, in_file=len(TOUCHES)), text=TOUCHES),
    "64 segments": File((EMPTY,) * 63),
    "16 of data": File(many(16)),
    "the largest stack": note(0x400000, 0x40000),
    "the largest heap": note(0x40000, 0xC0000),
    "a heap up to the framebuffer": replace(note(4, 0xC0000), segments=(
        *note(4, 0xC0000).segments, Segment(0x3A000, 0x100))),
    "no heap": replace(note(4, 0), segments=(*note(4, 0).segments, Segment(0xA000, 0x100))),
    "another's note": note(0, 0, name=b"Quincy\0\0"),
    "a note of another length": note(0, 0, lengths=(6, 8)),
    "a note of other contents": note(0, 0, lengths=(7, 9)),
    "a note of another kind": note(0, 0, kind=2),
    "a segment of nothing": File((Segment(0x40000, 0),)),
    "position-independent": File(code=replace(CODE_SEGMENT, at=0), entry=0, type=DYN),
    "relocated": relocated(),
}
BAD = {
    **{where: File((bad,)) for where, (_, bad) in PLACES.items()},
    "65 segments": File((EMPTY,) * 64),
    "18 of data": File(many(18)),
    "a stack that is too large": note(0x400004, 0x40000),
    "no stack": note(0, 0x40000),
    "a heap that is too large": note(0x40000, 0xC0004),
    "a larger heap": replace(note(4, 0xC0000), segments=(
        *note(4, 0xC0000).segments, Segment(0x39FFF, 0x100))),
    "all addresses": File((Segment(0x20000000, 0, in_memory=0xFFFFFFFC),)),
    "writable code": File(code=replace(CODE_SEGMENT, flags=READ | WRITE | EXECUTE)),
    "writable code that is not readable": File(code=replace(CODE_SEGMENT, flags=WRITE | EXECUTE)),
    "more in the file than in memory": File(code=replace(CODE_SEGMENT, words=1)),
    "part of a word in memory": File((Segment(0x10000 * 2, 0, in_memory=0x402),)),
    "an address within a word": File((Segment(0x20000, 0x100, octet=2),)),
    "contents from within a word": File(code=replace(CODE_SEGMENT, offset=CODE_OFFSET + 2)),
    "part of a word in the file": File(code=replace(CODE_SEGMENT, in_file=len(CODE) - 1)),
    "a segment behind the file's end": File(code=replace(CODE_SEGMENT, offset=0x8000)),
    "a segment over the file's end": File(code=replace(CODE_SEGMENT, words=0x100, in_file=0x400)),
    "an entry within a word": File(entry=4 * CODE_AT + 1),
    "an entry behind the code": File(entry=4 * CODE_AT + len(CODE)),
    "an entry in data": File((Segment(0x20000, 0x100),), entry=0x80000),
    "code that is not executable": File(code=replace(CODE_SEGMENT, flags=READ)),
    "two dynamic segments": File((Segment(0, 0, kind=DYNAMIC),) * 2),
    "nothing to load": File(code=EMPTY),
    "64 bits": File(changes={1: 0x00010102}),
    "big-endian": File(changes={1: 0x00010201}),
    "another machine": File(changes={4: EXEC | 0x5151 << 16}),
    "another type": File(type=1),
    "another version": File(changes={5: 2}),
    "headers of another size": File(changes={10: 52 | 36 << 16}),
    "headers within a word": File(changes={7: 53}),
    "headers behind the file's end": File(changes={7: 0x8000}),
    "headers far away": File(changes={7: 0x80000034}),
    "a part of a relocation": relocated(entries={8: 35}),
    "more relocations than its file has room for": relocated(entries={8: 0xC000}),
    "relocations of another size": relocated(entries={9: 16}),
    "relocations that are not mapped": relocated(entries={7: 0x100000}),
    "symbols that are not mapped": relocated(entries={6: 0x100000}),
    "another kind of relocation": relocated({TABLE + 4: 3}),
    "a relocation within a word": relocated({TABLE + 3: 4 * DATA + 5}),
    "a relocation outside": relocated({TABLE + 3: 0x100000}),
    "a part of a word as the value": relocated({TABLE + 5: 0x42}),
    "no end of the dynamic segment": relocated(in_file=32),
}


@pytest.fixture(scope="module")
def statuses():
    """The status of each, by its name."""
    image = Image(array("I", system().disk.read_bytes()))
    image.make_directory("e")
    commands, names = [], {}
    for group, files in (("good", GOOD), ("bad", BAD)):
        for number, (name, file) in enumerate(files.items()):
            image.write(f"e/{group}{number}", file.octets(), executable=True)
            commands.append(f"/e/{group}{number}; echo = {group}{number} $?")
            names[f"{group}{number}"] = f"{group}: {name}"
    session = boot(*commands, disk=image.words.tobytes(), kernel=debug_kernel())
    found = re.findall(r"^= (\w+) (\d+)$", session.text, re.M)
    return {names[name]: int(status) for name, status in found}


@pytest.mark.parametrize("name", GOOD)
def test_it_is_run(statuses, name):
    assert statuses[f"good: {name}"] == STATUS


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused(statuses, name):
    assert statuses[f"bad: {name}"] in (126, 127)


FAULTS = array("I", qasm_words("""
  constant r3 0x30000000
  load r1 r3
  load r1 r3
""")).tobytes()
FAULT_AT = CODE_AT + 2


def named(*symbols):
    """A program that faults at `FAULT_AT`, with symbols of these names, addresses and kinds."""
    texts, table = b"\0", []
    for name, at, kind in symbols:
        table += [len(texts), 4 * at, 0, kind]
        texts += name.encode() + b"\0"
    sections = [0] * 10 + [0, 2, 0, 0, BEHIND + 120, 4 * len(table), 2, 0, 4, 16] \
        + [0, 3, 0, 0, BEHIND + 120 + 4 * len(table), len(texts), 0, 0, 1, 0]
    return File(code=replace(CODE_SEGMENT, words=len(FAULTS) // 4, in_file=len(FAULTS)),
                changes={8: BEHIND, 11: 1 | 40 << 16, 12: 3}, text=FAULTS,
                note=array("I", sections + table).tobytes() + texts)


FUNCTION, OBJECT = 2, 1
ONES = [("first", CODE_AT, FUNCTION), ("second", FAULT_AT, FUNCTION),
        ("third", FAULT_AT + 1, FUNCTION), ("data", FAULT_AT, OBJECT)]


@pytest.mark.parametrize("symbols, said", [
    (ONES, " in second"), (ONES[::-1], " in second"), ([ONES[0], *ONES[2:]], " in first"),
    (ONES[2:], ""), ([], ""),
], ids=["all", "the other way round", "behind its beginning", "in none", "no symbols"])
def test_a_fault_is_said_to_be_in_the_function_that_begins_last_before_it(symbols, said):
    image = Image(array("I", system().disk.read_bytes()))
    image.write("wrong", named(*symbols).octets(), executable=True)
    assert re.search(r"\(wrong\) memory fault at 0x400002(.*)\n",
                     boot("/wrong", disk=image.words.tobytes()).text)[1] == said


def deed(text, *segments):
    """A program that does something and then ends with `STATUS`."""
    words = array("I", qasm_words(f"{text}\n{ENDS}")).tobytes()
    return File(segments, replace(CODE_SEGMENT, words=len(words) // 4, in_file=len(words)),
                text=words)


ELSEWHERE = 0x500000
DEEDS = {
    "writes its code":          (deed(f"constant r3 {CODE_AT}\n store r3 r3"), False),
    "reads its code":           (deed(f"constant r3 {CODE_AT}\n load r3 r3"), True),
    "writes what it may read":  (deed(f"constant r3 {ELSEWHERE}\n store r3 r3",
                                      Segment(ELSEWHERE, 256, READ)), False),
    "reads what it may run":    (deed(f"constant r3 {ELSEWHERE}\n load r3 r3",
                                      Segment(ELSEWHERE, 256, EXECUTE)), False),
    "runs its data":            (deed(f"constant r3 {ELSEWHERE}\n jmp r3",
                                      Segment(ELSEWHERE, 256, READ | WRITE)), False),
}


def test_what_a_segment_does_not_allow_is_a_fault():
    image = Image(array("I", system().disk.read_bytes()))
    for number, (file, _) in enumerate(DEEDS.values()):
        image.write(f"deed{number}", file.octets(), executable=True)
    session = boot(*(f"/deed{number}; echo $?" for number in range(len(DEEDS))),
                   disk=image.words.tobytes())
    found = [int(status) == STATUS for status in re.findall(r"^(\d+)$", session.text, re.M)]
    assert found == [is_allowed for _, is_allowed in DEEDS.values()]
    assert len(re.findall("memory fault", session.text)) == found.count(False)
