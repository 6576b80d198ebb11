"""The editor: what a person sees, and what is in the file afterwards."""

import random
import unicodedata
from array import array

import pytest

from tests.support.person import Person
from tests.support.system import CONFIGURATIONS, boot, system
from toolchain.places import FIRMWARE
from toolchain.qfs import Image, check, repair

PROGRAMS = FIRMWARE / "programs"

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, PAGE_UP, PAGE_DOWN, DELETE = "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~", "\x1b[3~"
TOP, BOTTOM, WORD_LEFT, WORD_RIGHT = "\x1b[1;5H", "\x1b[1;5F", "\x1b[1;5D", "\x1b[1;5C"
SAVE, QUIT, FIND, NEXT, GO, UNDO, REDO = "\x13", "\x11", "\x06", "\x0e", "\x07", "\x1a", "\x19"
MARK, CUT, COPY, PASTE, SAVE_AS, BACK = "\x02", "\x18", "\x03", "\x16", "\x0f", "\x7f"


def disk_with(**files):
    """The system's disk with some files more, in /tmp."""
    image = Image(array("I", system().disk.read_bytes()))
    for name, contents in files.items():
        image.write(f"/tmp/{name}", contents)
    return image.words.tobytes()


class Editor(Person):
    """A person who has begun to edit /tmp/f, and leaves the machine time for a key."""

    def __init__(self, contents, **options):
        super().__init__(disk=disk_with(f=contents), **options)
        self.begin()

    def begin(self):
        self.live.type("edit /tmp/f\r")
        self.live.until("F1 for help")
        return self.look()

    def finish(self):
        """Leave the editor and the machine; the disk."""
        if "save the changes" in self.type(QUIT)[-1]:
            self.type("n")
        image = Image(array("I", self.live.finish().disk))
        assert check(image) == []
        return image


def edited(contents, keys, name="f"):
    """What is in a file after some keys in the editor; None if there is none."""
    if COPY in keys:  # a ctrl-C that is typed before the editor has begun would end the line
        person = Editor(contents)
        person.live.type(keys)
        person.look()
        return person.finish().read("/tmp/f")
    disk = disk_with(**({} if contents is None else {name: contents}))
    session = boot(f"edit /tmp/{name}", keys + QUIT, disk=disk)
    image = Image(array("I", session.disk))
    assert check(image) == [] and session.status == 0
    return None if image.find(f"/tmp/{name}") is None else image.read(f"/tmp/{name}")


@pytest.mark.parametrize("contents, keys, expected", [
    (None,             "one\rtwo" + SAVE,                                b"one\ntwo"),
    (b"one\ntwo\n",    DOWN + "x" + SAVE,                                b"one\nxtwo\n"),
    (b"one\ntwo\n",    "x" + QUIT + "n",                                 b"one\ntwo\n"),
    (b"one\ntwo\n",    "x" + QUIT + "y",                                 b"xone\ntwo\n"),
    (b"one\ntwo\n",    DOWN + BACK + SAVE,                               b"onetwo\n"),
    (b"one\ntwo\n",    END + DELETE + SAVE,                              b"onetwo\n"),
    (b"a b-c d",       WORD_RIGHT + WORD_RIGHT + "x" + WORD_LEFT + "y" + SAVE, b"a ybx-c d"),
    (b"one\ntwo\n",    CUT + DOWN + PASTE + SAVE,                        b"two\none\n"),
    (b"1\n2\n3\n",     CUT + CUT + DOWN + PASTE + SAVE,                  b"3\n1\n2\n"),
    (b"one two",       MARK + RIGHT * 3 + COPY + END + PASTE + SAVE,     b"one twoone"),
    (b"one two",       END + MARK + LEFT * 3 + CUT + TOP + PASTE + SAVE, b"twoone "),
    (b"one\ntwo",      MARK + BOTTOM + BACK + SAVE,                      b""),
    (b"abcabc",        FIND + "bc\rX" + NEXT + "Y" + SAVE,               b"aXbcaYbc"),
    (b"abcabc",        END + FIND + "ab\r" + "X" + SAVE,                 b"Xabcabc"),
    (b"abc",           FIND + "zz\r" + FIND + "\x11" + "X" + SAVE,       b"Xabc"),
    (b"1\n2\n345\n",   GO + "3:2\rX" + GO + "99\rY" + GO + "0\r" + SAVE, b"1\n2\n3X45\nY"),
    (b"ab",            "xyz" + UNDO + SAVE,                              b"ab"),
    (b"ab",            "xyz" + UNDO + REDO + SAVE,                       b"xyzab"),
    (b"abc",           DELETE + DELETE + UNDO + END + BACK + BACK + UNDO + SAVE, b"abc"),
    (b"abc",           "x" + UNDO + "y" + REDO + SAVE,                   b"yabc"),
    ("日本ü".encode(),  RIGHT + "x" + END + BACK + SAVE,                   "日x本".encode()),
    (b"a\xff\x00\r\n", RIGHT + "x" + RIGHT + "y" + RIGHT + "z" + SAVE,   b"ax\xffy\x00z\r\n"),
    (b"\tx",           DOWN + RIGHT + "y" + SAVE,                        b"\tyx"),
    (b"abc",           "\x1b[99;9z\x1bOQ" + "x" + SAVE,                  b"xabc"),
    (b"abc",           "\x1b" + "x" + SAVE,                              b"abc"),  # alt and x
])
def test_keys_change_the_text(contents, keys, expected):
    assert edited(contents, keys) == expected


def test_escape_alone_ends_a_question_without_another_key():
    person = Editor(b"abc")
    assert "find: z" in person.type(FIND + "z")[-1]
    assert "find" not in person.type("\x1b")[-1]
    assert person.type("x")[0] == "xabc"
    person.finish()


def test_another_name_and_a_directory_as_one():
    disk = disk_with(f=b"abc")
    session = boot("edit /tmp/f", f"x{SAVE_AS}/tmp\r{SAVE_AS}/tmp/g\r{SAVE_AS}/no/g\r{QUIT}",
                   "ls /tmp", "edit /tmp", "edit", disk=disk)
    image = Image(array("I", session.disk))
    assert (image.read("/tmp/f"), image.read("/tmp/g")) == (b"abc", b"xabc")
    assert "not saved: this name is a directory's" in session.text
    assert "not saved: no file can be made in this directory" in session.text
    assert "\nf\ng\n" in session.text
    assert "edit: is a directory: /tmp\n" in session.text and "usage: edit FILE\n" in session.text


class Model:
    """The text as the keys below change it: columns as a screen counts them."""

    def __init__(self, text):
        self.text, self.at, self.wanted, self.mark, self.clip = text, 0, 0, None, ""
        self.cuts = False

    def begin(self, at):
        return self.text.rfind("\n", 0, at) + 1

    def end(self, at):
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found

    @staticmethod
    def width(char, column):
        if char == "\t":
            return 8 - column % 8
        return 2 if unicodedata.east_asian_width(char) in "WF" else 1

    def go(self, at):
        self.at, column = at, 0
        for char in self.text[self.begin(at):at]:
            column += self.width(char, column)
        self.wanted = column

    def into(self, at, column):
        goal, reached = column, 0
        while at < len(self.text) and self.text[at] != "\n" \
                and reached + self.width(self.text[at], reached) <= goal:
            reached += self.width(self.text[at], reached)
            at += 1
        self.go(at)
        self.wanted = goal

    def replace(self, first, last, new):
        self.text = self.text[:first] + new + self.text[last:]
        self.mark = None
        self.go(first + len(new))

    def marked(self):
        if self.mark is None:
            return self.begin(self.at), min(self.end(self.at) + 1, len(self.text))
        return min(self.mark, self.at), max(self.mark, self.at)

    def press(self, key):
        cuts, self.cuts = self.cuts, False
        if key == UP:
            self.into(self.begin(max(self.begin(self.at) - 1, 0)), self.wanted)
        elif key == DOWN:
            last = self.end(self.at) == len(self.text)
            self.into(self.begin(self.at) if last else self.end(self.at) + 1, self.wanted)
        elif key == LEFT:
            self.go(max(self.at - 1, 0))
        elif key == RIGHT:
            self.go(min(self.at + 1, len(self.text)))
        elif key in (HOME, END, TOP, BOTTOM):
            self.go({HOME: self.begin(self.at), END: self.end(self.at), TOP: 0,
                     BOTTOM: len(self.text)}[key])
        elif key == MARK:
            self.mark = self.at if self.mark is None else None
        elif key == BACK and self.mark is not None:
            self.replace(*self.marked(), "")
        elif key == BACK:
            self.replace(max(self.at - 1, 0), self.at, "")
        elif key == COPY:
            first, last = self.marked()
            self.clip, self.mark = self.text[first:last], None
        elif key == CUT:
            first, last = self.marked()
            self.cuts = self.mark is None
            self.clip = (self.clip if cuts and self.cuts else "") + self.text[first:last]
            self.replace(first, last, "")
        elif key == PASTE:
            self.replace(self.at, self.at, self.clip)
        else:
            self.replace(self.at, self.at, "\n" if key == "\r" else key)


def picture(screen):
    """What is on the screen but for the last row: characters, which are inverse, the cursor."""
    inverse = {(x, y) for x, y in screen.inverse if y < screen.height - 1}
    return screen.rows[:-1], inverse, (screen.x, screen.y)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_random_keys_do_what_a_model_says_and_can_all_be_undone(seed):
    rng = random.Random(seed)
    start = "".join(f"line {n}\t日本 {'long ' * rng.choice([0, 0, 30])}\n" for n in range(40))
    model = Model(start)
    person = Editor(start.encode(), columns=60, height=12, settle_cycles=8_000_000)
    keys = [UP, DOWN, LEFT, RIGHT, HOME, END, TOP, BOTTOM, MARK, BACK, BACK, COPY, CUT, PASTE, "\r",
            "a", "b", "ü", "日", " ", "\t", DOWN, RIGHT]
    for _ in range(8):
        typed = [rng.choice(keys) for _ in range(25)]
        for key in typed:
            if not (key == PASTE and not model.clip):
                model.press(key)
        person.type("".join(typed))
        seen = picture(person.screen)
        person.type("\x0c")  # draw anew
        assert seen == picture(person.screen)
    person.type(f"{SAVE_AS}/tmp/changed\r" + UNDO * 300 + f"{SAVE_AS}/tmp/undone\r" + REDO * 300)
    person.live.run(30_000_000)
    person.type(f"{SAVE_AS}/tmp/again\r")
    image = person.finish()
    assert image.read("/tmp/changed").decode() == model.text
    assert image.read("/tmp/undone").decode() == start
    assert image.read("/tmp/again").decode() == model.text


def test_what_cannot_be_shown_is_shown_as_something_else():
    person = Editor(b"a\xffb\x00\x1b[2J\x7f\xc2\x85 \xe6\x97\xa5 e\xcc\x81")
    rows = person.look()
    assert rows[0] == "a<ff>b^@^[[2J^?<85> 日 e\u0301" and rows[1] == "~"
    person.type(END)
    assert person.screen.x == len("a<ff>b^@^[[2J^?<85> ") + 2 + 2


def test_a_line_of_100_000_characters():
    line = "".join(chr(ord("a") + at % 26) for at in range(100_000))
    person = Editor((line + "\nlast").encode())
    rows = person.look()
    assert rows[0] == line[:79] + ">" and rows[1] == "last"
    person.type(END)
    person.live.run(10_000_000)
    rows = person.type("END")
    assert rows[0].startswith("<") and rows[0].endswith(line[-30:] + "END") and rows[1] == "last"
    assert person.screen.x == len(rows[0])
    person.live.type(SAVE)
    person.live.until("saved")
    assert person.finish().read("/tmp/f").decode() == line + "END\nlast"


def test_the_terminal_may_change_its_size():
    person = Editor("".join(f"{n}\n" for n in range(50)).encode())
    assert person.look()[22] == "22"
    person.resize(40, 10)
    rows = person.type("\x0c")
    assert rows[:9] == [str(n) for n in range(9)] and "/tmp/f" in rows[9]
    person.resize(50, 16)
    person.live.run(20_000_000)  # a pause, behind which the editor asks by itself
    rows = person.type(DOWN)
    assert rows[14] == "14" and "/tmp/f" in rows[15]


def test_control_c_is_a_key_and_the_screen_is_given_back():
    person = Editor(b"text\n")
    rows = person.type(COPY)
    assert "copied" in rows[-1]
    rows = person.type(QUIT)
    assert rows[-1] == "/ $"
    assert person.type("cat\rhalf\x03")[-1] == "/ $"  # and ends a program again


def test_a_file_that_somebody_else_changed_is_not_lost():
    person = Person(disk=disk_with(f=b"old\n"))
    person.type("sh -c 'sleep 1; echo other > /tmp/f' &\r")
    person.type("edit /tmp/f\r")
    person.live.run(20_000_000)
    rows = person.type("x" + SAVE)
    assert "somebody else changed the file: save over it? y/n" in rows[-1]
    assert "not saved" in person.type("n")[-1]
    person.type(QUIT + "n")
    assert person.live.command("cat /tmp/f") == "other\n"
    person.type("edit /tmp/f\r")
    assert "saved" in person.type("x" + SAVE)[-1]
    person.type(QUIT)
    assert person.live.command("cat /tmp/f") == "xother\n"


def test_a_full_disk_loses_neither_the_file_nor_the_text():
    old = b"old text\n" * 100
    image = Image(array("I", system().disk.read_bytes()))
    image.write("/tmp/f", old)
    image.write("/tmp/filler", bytes(512 * (image.free - 6)))
    person = Person(disk=image.words.tobytes())
    person.type("edit /tmp/f\r")
    person.live.run(5_000_000)
    person.live.type("new " + CUT * 100 + PASTE * 6 + SAVE)
    person.live.until("not saved, the file is as it was: the disk is full, or broken")
    person.type(QUIT + "n")
    assert person.live.command("ls /tmp") == "f\nfiller\n"
    image = Image(array("I", person.live.finish().disk))
    assert image.read("/tmp/f") == old and check(image) == []


def test_a_file_that_is_larger_than_memory_is_refused():
    image = Image.format(9_000)
    for directory in ("bin", "tmp"):
        image.make_directory(directory)
    for name in ("sh", "edit", "echo"):
        image.write(f"bin/{name}", system().program(PROGRAMS / name).read_bytes())
    image.write("/tmp/f", bytes(3_900_000))
    session = boot("edit /tmp/f", "echo alive", disk=image.words.tobytes())
    assert "edit: the file is too large for the memory that is free: /tmp/f\n" in session.text
    assert "alive\n" in session.text


def test_without_a_terminal_it_says_so():
    session = boot("edit /tmp/f", config=CONFIGURATIONS["console"])
    assert "edit: it needs a terminal on the serial line\n" in session.text


def test_a_power_cut_leaves_the_old_text_or_the_new():
    old, new = b"old line\n" * 200, b"new" + b"old line\n" * 200
    disk = disk_with(f=old)
    writes = []

    def note(event):
        if event.sector is not None:
            writes.append((event.sector, event.octets))

    boot("edit /tmp/f", f"new{SAVE}{QUIT}", disk=disk, on_write=note)
    seen = []
    octets = bytearray(disk)
    for sector, contents in [(0, disk[:512]), *writes]:
        octets[512 * sector:512 * sector + len(contents)] = contents
        image = Image(array("I", bytes(octets)))
        repair(image)
        assert image.read("/tmp/f") in (old, new)
        seen.append(image.read("/tmp/f"))
    assert len(writes) > 5 and seen[0] == old and seen[-1] == new
