"""Manual, section 6: the peripherals' protocols, as programs see them."""

import os

import numpy as np
import pytest

from isa.config import MachineConfig
from isa.machine import ENTRY_TABLE
from sim.golden.peripheral import Unexpected
from sim.host.disk import Disk, DiskEvent
from sim.host.display import Display
from sim.host.error import HostError
from sim.host.files import Files
from sim.host.hosts import Debugger
from sim.host.keyboard import Key, Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import Status
from tests.support.golden import Model, qasm_words

EVERYTHING = MachineConfig().fit("display", "keyboard", "block", "serial")
ERROR = 0xFFFFFFFF
RAM = 0x400000


class Bench:
    """Stores and loads from outside, with the machine running in between."""

    def __init__(self, stdin=b"", config=EVERYTHING, **hosts):
        self.model = Model(config, stdin)
        for name, host in hosts.items():
            setattr(self.model.hosts, name, host)
        # A program that stores r3 to [r2] whenever somebody sets r1, and else loops.
        self.golden = self.model.load("""
            constant r4 @loop
            @loop:
            jz r1 r4
            store r2 r3
            constant r1 0
            jmp r4""")
        self.golden.run(1)

    def store(self, name, offset, value, settle=True):
        self.golden.regs[1:4] = 1, self.model.windows[name] + offset, value
        before = self.golden.cycles
        while self.golden.regs[1]:
            self.golden.run(1)
        assert self.golden.cycles - before < 8
        if settle:
            self.golden.run(1000)

    def load(self, name, offset, count=None):
        at = self.model.windows[name] + offset
        words = self.golden.memory[at:at + (count or 1)].tolist()
        return words if count else words[0]

    def write(self, name, points, size=None):
        """A part of a message; gives control."""
        for i, point in enumerate(points):
            self.golden.memory[self.model.windows[name] + 3 + i] = point
        self.store(name, 2, len(points) if size is None else size)
        self.store(name, 0, 1)
        return self.load(name, 0)

    def read(self, name):
        """Control, size and data after a read."""
        self.store(name, 0, 2)
        size = self.load(name, 2)
        return self.load(name, 0), size, self.load(name, 3, min(size, 253)) if size else []


def points(text):
    return [ord(char) for char in text]


# --- buffered protocol ---------------------------------------------------------------------------

@pytest.mark.manual("6.7")
@pytest.mark.parametrize("name", ["console_output", "console_input", "host_file"])
def test_capacity_is_253_and_read_only(name):
    bench = Bench()
    bench.store(name, 1, 7)
    assert bench.load(name, 1) == 253


@pytest.mark.manual("6.8")
def test_console_shows_what_is_written_and_becomes_ready():
    bench = Bench()
    assert bench.write("console_output", points("hé\U0001F600\n")) == 0
    assert bench.model.out == "hé\U0001F600\n"


@pytest.mark.manual("6.8")
def test_control_reads_pending_first_and_the_data_are_taken_at_once():
    bench = Bench()
    bench.golden.memory[bench.model.windows["console_output"] + 3] = ord("A")
    bench.store("console_output", 2, 1)
    bench.store("console_output", 0, 1, settle=False)
    assert bench.load("console_output", 0) == 3
    bench.golden.memory[bench.model.windows["console_output"] + 3] = ord("B")
    bench.golden.run(1000)
    assert (bench.load("console_output", 0), bench.model.out) == (0, "A")


@pytest.mark.manual("6.8")
def test_size_above_the_capacity_means_a_full_buffer_and_more_to_come():
    bench = Bench()
    assert bench.write("console_output", [ord("a")] * 253, size=254) == 0
    assert bench.write("console_output", points("bc")) == 0
    assert bench.model.out == "a" * 253 + "bc"


@pytest.mark.manual("6.10")
@pytest.mark.parametrize("name, value", [
    ("console_output", 2), ("console_output", 0), ("console_output", 3), ("console_output", ERROR),
    ("console_input", 1), ("console_input", 0), ("host_file", 4),
])
def test_any_other_store_to_control_gives_error(name, value):
    bench = Bench(b"line\n")
    bench.store(name, 0, value)
    assert bench.load(name, 0) == ERROR


@pytest.mark.manual("6.10")
def test_device_works_again_after_an_error():
    bench = Bench()
    bench.store("console_output", 0, 9)
    assert bench.write("console_output", points("x")) == 0
    assert bench.model.out == "x"


@pytest.mark.manual("6.11")
def test_read_gives_one_line_without_its_newline():
    bench = Bench("first\n\nthird é".encode())
    assert bench.read("console_input") == (0, 5, points("first"))
    assert bench.read("console_input") == (0, 0, [])
    assert bench.read("console_input") == (0, 7, points("third é"))
    assert bench.read("console_input")[0] == ERROR  # the end of input


@pytest.mark.manual("6.9")
@pytest.mark.parametrize("length, sizes", [
    (252, [252]), (253, [253]), (254, [253, 1]), (506, [253, 253]), (600, [253, 253, 94]),
])
def test_message_longer_than_the_capacity_comes_in_parts(length, sizes):
    text = "".join(chr(65 + i % 26) for i in range(length))
    bench = Bench(text.encode() + b"\nnext\n")
    got, seen = "", []
    for _ in sizes:
        control, size, data = bench.read("console_input")
        assert control == 0
        seen.append(size)
        got += "".join(map(chr, data))
    assert (seen, got) == (sizes, text)
    assert bench.read("console_input")[2] == points("next")


@pytest.mark.manual("6.9")
def test_a_read_of_the_rest_never_begins_a_message():
    bench = Bench(b"x" * 253 + b"\nnext\n")
    assert bench.read("console_input")[1] == 253
    bench.store("console_input", 2, 0xFFFFFFFF)
    assert bench.read("console_input") == (0, 0, [])
    assert bench.read("console_input")[2] == points("next")


def test_stores_to_control_while_pending_do_nothing():
    read_end, write_end = os.pipe()
    try:
        bench = Bench()
        bench.model.hosts.console.terminal = Terminal(read_end, bench.model.sink)
        bench.store("console_input", 0, 2)
        assert bench.load("console_input", 0) == 3  # no line yet
        bench.store("console_input", 0, 7)
        assert bench.load("console_input", 0) == 3
        os.write(write_end, b"ok\n")
        bench.golden.run(100_000)
        assert (bench.load("console_input", 0), bench.load("console_input", 2)) == (0, 2)
    finally:
        os.close(read_end)
        os.close(write_end)


@pytest.mark.manual("6.12")
def test_host_file_is_read_by_path_as_text_or_as_words(tmp_path):
    (tmp_path / "a.txt").write_text("hé")
    (tmp_path / "b.bin").write_bytes(bytes([1, 2, 3, 4, 5]))
    bench = Bench(files=Files(tmp_path))
    assert bench.write("host_file", points("a.txt")) == 0
    assert bench.read("host_file") == (0, 2, points("hé"))
    assert bench.write("host_file", points("b.bin")) == 0
    assert bench.read("host_file") == (0, 2, [0x04030201, 5])


@pytest.mark.manual("6.12")
def test_host_file_is_written_in_parts(tmp_path):
    bench = Bench(files=Files(tmp_path))
    assert bench.write("host_file", points("out.txt")) == 0
    assert bench.write("host_file", [ord("x")] * 253, size=1000) == 0
    assert bench.write("host_file", points("yz")) == 0
    assert (tmp_path / "out.txt").read_text() == "x" * 253 + "yz"


@pytest.mark.manual("6.13")
@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "", "no\0path"])
def test_host_file_does_not_leave_its_folder(tmp_path, path):
    (tmp_path / "secret").write_text("s")
    (tmp_path / "folder").mkdir()
    bench = Bench(files=Files(tmp_path / "folder"))
    assert bench.write("host_file", points(path)) == ERROR
    assert bench.read("host_file")[0] == ERROR


def test_host_file_without_path_or_host_gives_error(tmp_path):
    assert Bench(files=Files(tmp_path)).read("host_file")[0] == ERROR
    assert Bench().write("host_file", points("a")) == ERROR


# --- clock, debug break --------------------------------------------------------------------------

@pytest.mark.manual("6.4")
def test_clock_counts_milliseconds_since_reset():
    model = Model(MachineConfig(cycles_per_ms=100))
    golden = model.run("@a:\nconstant r1 @a\njmp r1", limit=99)
    at = model.windows["clock"]
    seen = [int(golden.memory[at])]
    for _ in range(3):
        golden.run(100)
        seen.append(int(golden.memory[at]))
    assert seen == [0, 1, 2, 3]


class Person(Debugger):
    """Lets the machine go on at the third time of asking."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def stopped(self):
        super().stopped()
        return False

    def go_on(self):
        self.asked += 1
        return self.asked == 3


@pytest.mark.manual("6.5")
def test_debug_break_reads_2_until_the_debugger_goes_on():
    bench = Bench(debugger=Person())
    bench.store("debug_break", 0, 1)
    assert bench.load("debug_break", 0) == 2
    bench.golden.run(100_000)
    assert bench.load("debug_break", 0) == 0


@pytest.mark.manual("6.5")
@pytest.mark.parametrize("value", [0, 2, 3, 0x80000000])
def test_other_store_to_debug_break_reads_back_3(value):
    bench = Bench()
    bench.store("debug_break", 0, value)
    assert bench.load("debug_break", 0) == 3


# --- display and keyboard ------------------------------------------------------------------------

@pytest.mark.manual("6.14")
def test_flip_shows_the_framebuffer():
    display = Display(4, 3)
    bench = Bench(display=display)
    assert bench.load("display", 1, 2) == [4, 3]
    bench.golden.memory[0x20000:0x2000C] = np.arange(12) * 0x10101
    bench.store("display", 3, 0x20000)
    bench.store("display", 0, 1, settle=False)
    assert bench.load("display", 0) == 2
    bench.golden.run(100)
    assert bench.load("display", 0) == 0
    assert (display.last == np.arange(12).reshape(3, 4) * 0x10101).all()


@pytest.mark.manual("6.15", "6.2")
@pytest.mark.parametrize("address, control, flips", [
    (0, 0, 0), (RAM - 12, 0, 1), (RAM - 11, 0xFF, 0), (0xFFFFFFFF, 0xFF, 0),
])
def test_flip_of_a_null_pointer_or_of_memory_that_is_not_there(address, control, flips):
    display = Display(4, 3)
    bench = Bench(display=display)
    bench.store("display", 3, address)
    bench.store("display", 0, 1)
    assert (bench.load("display", 0), display.frame_count) == (control, flips)


@pytest.mark.manual("6.15")
def test_other_values_stay_in_the_displays_control():
    bench = Bench(display=Display(4, 3))
    bench.store("display", 0, 77)
    assert bench.load("display", 0) == 77


@pytest.mark.manual("6.16")
def test_keyboard_words_show_the_keys_that_are_held():
    keyboard = Keyboard()
    bench = Bench(keyboard=keyboard)
    keyboard.set(Key.LEFT, True)
    keyboard.set(ord("a"), True)
    bench.golden.run(10)
    assert bench.load("keyboard", 0, 5) == [1, 0, 0, 0, 1 << 1]
    keyboard.set(Key.LEFT, False)
    bench.golden.run(10)
    assert bench.load("keyboard", 0) == 0


# --- block device --------------------------------------------------------------------------------

def sector(n):
    return [n * 1000 + i for i in range(128)]


def disk(**keywords):
    words = np.array([word for n in range(8) for word in sector(n)], dtype="<u4")
    return Disk(words.tobytes(), **keywords)


def command(bench, number, first, count, at):
    for offset, value in ((2, first), (3, count), (4, at)):
        bench.store("block", offset, value)
    bench.store("block", 0, number)
    return bench.load("block", 1), bench.load("block", 7)


@pytest.mark.manual("6.17")
def test_block_device_tells_its_size():
    assert Bench(disk=disk()).load("block", 5, 2) == [8, 128]
    assert Bench().load("block", 5) == 0


@pytest.mark.manual("6.17")
def test_read_moves_sectors_into_memory():
    bench = Bench(disk=disk())
    assert command(bench, 1, 2, 3, 0x20001) == (0, 0)
    assert bench.golden.memory[0x20001:0x20001 + 384].tolist() == sector(2) + sector(3) + sector(4)
    assert bench.golden.memory[0x20001 + 384] == 0
    assert bench.load("block", 0) == 1  # the command word keeps what was stored


@pytest.mark.manual("6.17")
def test_write_moves_memory_to_sectors():
    host = disk()
    bench = Bench(disk=host)
    bench.golden.memory[0x20000:0x20100] = range(256)
    assert command(bench, 2, 6, 2, 0x20000) == (0, 0)
    assert [*host.read(6), *host.read(7)] == list(range(256))


@pytest.mark.manual("6.17")
def test_status_is_busy_until_the_operation_ends():
    bench = Bench(disk=disk())
    bench.store("block", 3, 1)
    bench.store("block", 0, 3, settle=False)
    assert bench.load("block", 1) == 1


@pytest.mark.manual("6.18")
@pytest.mark.parametrize("number, first, count, at, error", [
    (1, 8, 1, 0x20000, 1), (2, 0xFFFFFFFF, 1, 0x20000, 1), (1, 8, 0, 0x20000, 1),
    (1, 0, 0, 0x20000, 2), (1, 7, 2, 0x20000, 2), (2, 0, 9, 0x20000, 2),
    (1, 1, 0xFFFFFFFF, 0x20000, 2), (4, 0, 1, 0x20000, 3), (ERROR, 0, 1, 0x20000, 3),
    (1, 0, 1, RAM - 127, 3), (2, 0, 1, RAM - 127, 3), (1, 0, 1, 0xFFFFFFFF, 3),
])
def test_bad_command_ends_with_its_error(number, first, count, at, error):
    host = disk()
    bench = Bench(disk=host)
    assert command(bench, number, first, count, at) == (0xFF, error)
    assert host.read(0).tolist() == sector(0)


@pytest.mark.manual("6.2")
def test_last_sector_that_fits_into_ram_is_moved():
    assert command(Bench(disk=disk()), 1, 0, 1, RAM - 128) == (0, 0)


@pytest.mark.manual("6.17")
def test_store_of_0_leaves_status_and_error_as_they_were():
    bench = Bench(disk=disk())
    command(bench, 1, 0, 0, 0)
    bench.store("block", 0, 0)
    assert (bench.load("block", 1), bench.load("block", 7)) == (0xFF, 2)


@pytest.mark.manual("6.19")
def test_flush_reaches_the_host_and_its_failure_the_program():
    events = []

    def observe(event: DiskEvent):
        events.append(event.sector)
        if len(events) > 1:
            raise HostError("full")

    bench = Bench(disk=disk(observer=observe))
    assert command(bench, 3, 99, 0, 0) == (0, 0)
    assert command(bench, 3, 0, 0, 0) == (0xFF, 3)
    assert events == [None, None]


@pytest.mark.manual("6.18")
def test_without_a_disk_every_sector_is_out_of_range():
    assert command(Bench(), 1, 0, 1, 0x20000) == (0xFF, 1)


# --- serial line ---------------------------------------------------------------------------------

@pytest.mark.manual("6.20")
def test_stored_octets_go_out_one_by_one():
    bench = Bench()
    bench.model.hosts.serial = Serial(bench.model.hosts.terminal)
    for octet in b"Hi" + bytes([0x100 - 1]):
        bench.store("serial", 0, 0xABCD00 | octet)
        assert bench.load("serial", 0) == 0
    assert bench.model.sink.getvalue() == b"Hi\xff"


@pytest.mark.manual("6.20")
def test_store_while_the_line_is_busy_is_dropped():
    bench = Bench()
    bench.model.hosts.serial = Serial(bench.model.hosts.terminal)
    bench.store("serial", 0, ord("a"), settle=False)
    assert bench.load("serial", 0) == 1
    bench.store("serial", 0, ord("b"))
    assert bench.model.out == "a"


@pytest.mark.manual("6.21", "6.22")
def test_octets_are_kept_until_they_are_acknowledged():
    octets = bytes(range(200))
    bench = Bench(serial=Serial(Terminal(octets, None)))
    got = b""
    for _ in octets:
        bench.golden.run(30_000)
        word = bench.load("serial", 2)
        assert word >> 8 == 1
        got += bytes([word & 0xFF])
        bench.store("serial", 1, 0)
    assert got == octets
    assert bench.load("serial", 2) == 0


@pytest.mark.manual("6.21")
def test_interrupt_4_comes_for_each_octet_and_ends_a_wait():
    model = Model(EVERYTHING)
    model.hosts.serial = Serial(Terminal(b"abc", None))
    window = model.windows["serial"]
    handler = f"""
        constant r1 {window + 2}
        load r2 r1
        constant r3 0x2000
        load r4 r3
        constant r5 8
        shl r4 r4 r5
        constant r5 0xFF
        and r2 r2 r5
        or r4 r4 r2
        store r3 r4
        constant r1 {window + 1}
        store r1 r1
        constant r0 0
        int r0"""
    golden = model.run("wait", {ENTRY_TABLE + 4: 0x700, 0x700: qasm_words(handler)})
    assert golden.memory[0x2000] == 0x616263
    assert model.status is Status.STUCK  # nothing more can come


# --- following another machine -------------------------------------------------------------------

@pytest.mark.parametrize("name, arg", [
    ("console_output", 0), ("console_input", 1 << 28), ("host_file", 2 << 28), ("block", 0),
    ("block", 2 << 28), ("display", 0), ("keyboard", 5 << 5), ("keyboard", 1 << 9),
    ("serial", 0x400), ("serial", 0x200), ("debug_break", 3 << 28), ("block", (1 << 28) + 9),
])
def test_event_that_nothing_led_to_is_unexpected(name, arg):
    bench = Bench()
    with pytest.raises(Unexpected):
        bench.golden.devices[name].event(arg)
