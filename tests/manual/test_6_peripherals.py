"""Manual, section 6: peripherals, on the whole machine, hardware and golden model together."""

import io

import numpy as np
import pytest

from isa.config import MachineConfig
from isa.machine import PERIPHERALS, window_addresses
from isa.trace import Kind
from sim.engine.machine import RtlMachine
from sim.golden import Golden
from sim.host.disk import Disk, DiskEvent
from sim.host.display import Display
from sim.host.error import HostError
from sim.host.files import Files
from sim.host.hosts import Debugger, Hosts
from sim.host.keyboard import Key, Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import Status
from tests.support.lockstep import run_qasm
from tests.support.programs import DEFAULT, FULL, handlers, load, store, wait_while
from toolchain.qasm import assemble
from toolchain.source import Source

pytestmark = pytest.mark.slow  # another build of the simulator

WINDOWS = window_addresses(FULL.peripherals)
ERROR   = 0xFFFFFFFF
RAM     = 0x400000
RETURN  = "constant r0 0\nint r0\n"

OUTPUT, INPUT, FILE = (WINDOWS[name] for name in ("console_output", "console_input", "host_file"))
DISPLAY, KEYBOARD, BLOCK, SERIAL = (WINDOWS[name] for name in ("display", "keyboard", "block",
                                                               "serial"))
TIMER, CLOCK, BREAK = (WINDOWS[name] for name in ("timer", "clock", "debug_break"))
COUNTERS = WINDOWS["counters"]


def run(text, *, stdin=b"", budget=200_000, **hosts):
    """The program's run, and what it wrote to the console."""
    expected = hosts.pop("expected", Status.STOPPED)
    sink = io.BytesIO()
    machine_hosts = Hosts(Terminal(stdin, sink), **hosts)
    done = run_qasm(text + "\nhalt", config=FULL, hosts=machine_hosts, budget=budget,
                    expected=expected)
    return done, sink.getvalue().decode()


# --- the table -----------------------------------------------------------------------------------

@pytest.mark.manual("6.1")
@pytest.mark.parametrize("place, kind", [
    pytest.param(n, kind, marks=pytest.mark.manual(f"6.1 {kind.name.replace('_', ' ')}"))
    for n, kind in enumerate(PERIPHERALS)])
def test_the_table_tells_identifiers_and_windows(place, kind):
    done, _ = run(load(20, 0x200) + load(21, 0x201 + 2 * place) + load(22, 0x202 + 2 * place))
    assert done.registers[20:23] == (len(PERIPHERALS), kind.identifier, WINDOWS[kind.name])


@pytest.mark.manual("6.1")
def test_the_default_set_has_exactly_the_pages_addresses():
    text = "".join(load(20 + n, 0x200 + n) for n in range(16))
    assert run_qasm(text + "halt").registers[20:36] == (
        7, 0x01, 0x300, 0x06, 0x301, 0x02, 0x302, 0x03, 0x303, 0x04, 0x403, 0x11, 0x503,
        0x80000002, 0x603, 0)
    assert window_addresses(DEFAULT.peripherals)["mmu"] == 0x603


# --- memory that is not there --------------------------------------------------------------------

@pytest.mark.manual("6.2")
@pytest.mark.parametrize("command", [1, 2])
@pytest.mark.parametrize("address", [RAM, RAM - 1, RAM - 127, 0xFFFFFFFF, 0xFFFFFF80])
def test_a_block_operation_behind_the_end_of_ram_is_an_error(command, address):
    done, _ = run(block(command, 0, 1, address) + load(20, BLOCK + 1) + load(21, BLOCK + 7),
                  disk=Disk(bytes(1024)))
    assert done.registers[20:22] == (0xFF, 3)


@pytest.mark.manual("6.2")
@pytest.mark.parametrize("address, control", [
    (RAM, 0xFF), (RAM - 11, 0xFF), (RAM - 12, 0), (0xFFFFFFFF, 0xFF), (0xFFFFFFF8, 0xFF)])
def test_a_flip_behind_the_end_of_ram_is_an_error(address, control):
    done, _ = run(flip(address) + load(20, DISPLAY), display=Display(4, 3))
    assert done.registers[20] == control


# --- timer, clock --------------------------------------------------------------------------------

TICKING = f"""
    {handlers({2: "@tick"})}
    constant r1 0
    constant r3 @loop
@loop:
    jmp r3
@tick:
    {RETURN}
"""


@pytest.mark.manual("6.3")
@pytest.mark.parametrize("period_ms", [5, 13])
def test_the_timer_interrupts_every_period(period_ms):
    done, _ = run(store(TIMER, period_ms) + TICKING, budget=period_ms * 20 * 6,
                  expected=Status.RUNNING)
    cycles = done.rows(Kind.INTERRUPT)[:, -1].astype(int)
    assert 4 <= len(cycles) <= 6
    assert abs(cycles[0] - done.cycles("loop")[0] - period_ms * 20) < 30
    assert all(abs(gap - period_ms * 20) < 25 for gap in np.diff(cycles))


@pytest.mark.manual("6.3")
def test_0_stops_the_timer():
    done, _ = run(store(TIMER, 5) + store(TIMER, 0) + load(20, TIMER) + TICKING, budget=1000,
                  expected=Status.RUNNING)
    assert done.codes(Kind.INTERRUPT) == []
    assert done.registers[20] == 0


@pytest.mark.manual("6.3")
def test_a_millisecond_is_10000_cycles():
    done = run_qasm(store(TIMER, 1) + TICKING + "halt", budget=25_000, expected=Status.RUNNING,
                    config=MachineConfig())
    assert [round(int(cycle) / 10_000) for cycle in done.rows(Kind.INTERRUPT)[:, -1]] == [1, 2]


@pytest.mark.manual("6.4")
def test_the_clock_counts_milliseconds_since_reset():
    text = load(20, CLOCK) + wait_while(CLOCK, 0) + load(21, CLOCK) + wait_while(CLOCK, 1)
    done, _ = run(text + "\nnop\n" * 100 + load(22, CLOCK) + "@end:\nnop")
    # Its word becomes n in the cycle n * 20, give or take the way of a load.
    assert done.registers[20] <= 1 and done.registers[21] >= 1
    assert abs(done.registers[22] - done.cycles("end")[0] // 20) <= 1


# --- debug break ---------------------------------------------------------------------------------

class Slow(Debugger):
    """Lets the machine go on at the third time of asking."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def stopped(self):
        super().stopped()
        return False

    def go_on(self):
        self.asked += 1
        return self.asked >= 3


@pytest.mark.manual("6.5")
def test_a_break_reads_2_until_the_host_goes_on_and_then_0():
    debugger = Slow()
    done, _ = run(store(BREAK, 1) + load(20, BREAK) + wait_while(BREAK, 2) + load(21, BREAK),
                  debugger=debugger, budget=2_000_000)
    assert done.registers[20:22] == (2, 0)
    assert debugger.break_count == 1


@pytest.mark.manual("6.5")
@pytest.mark.parametrize("value", [0, 2, 3, 0xFFFFFFFF])
def test_other_values_of_the_break_read_back_as_3(value):
    debugger = Debugger()
    done, _ = run(store(BREAK, value) + load(20, BREAK), debugger=debugger)
    assert done.registers[20] == 3
    assert debugger.break_count == 0


@pytest.mark.manual("6.6")
def test_interrupt_3_asks_for_a_break_and_returns():
    debugger = Debugger()
    done, _ = run(load(20, 0x48) + "constant r1 3\nint r1\n" + wait_while(BREAK, 2),
                  debugger=debugger, budget=2_000_000)
    assert done.registers[20] == 0x100
    assert debugger.break_count == 1


# --- console and host file -----------------------------------------------------------------------

def part(window, points, size=None):
    """Write a part of a message."""
    text = "".join(store(window + 3 + n, point) for n, point in enumerate(points))
    return (text + store(window + 2, len(points) if size is None else size) + store(window, 1)
            + wait_while(window, 3))


def read(window):
    return store(window, 2) + wait_while(window, 3)


def points(text):
    return [ord(letter) for letter in text]


@pytest.mark.manual("6.7")
@pytest.mark.parametrize("window", [OUTPUT, INPUT, FILE])
def test_the_words_of_a_buffered_device(window):
    done, _ = run(load(20, window) + store(window + 1, 9) + load(21, window + 1)
                  + store(window + 2, 0x1234) + load(22, window + 2)
                  + store(window + 255, 0x5678) + load(23, window + 255))
    assert done.registers[20:24] == (0, 253, 0x1234, 0x5678)


@pytest.mark.manual("6.7")
@pytest.mark.manual("6.8")
def test_what_is_written_comes_out_one_code_point_a_word():
    done, out = run(part(OUTPUT, points("Aß€𝄞")) + load(20, OUTPUT))
    assert out == "Aß€𝄞"
    assert done.registers[20] == 0


@pytest.mark.manual("6.7")
@pytest.mark.manual("6.8")
def test_control_is_pending_first_and_the_data_are_taken_at_once():
    # Over the first word of the text, directly after the store that begins the write.
    text = "".join(store(OUTPUT + 3 + n, ord("x")) for n in range(3)) + store(OUTPUT + 2, 3)
    done, out = run(text + f"constant r58 {OUTPUT}\nconstant r59 1\nconstant r57 {OUTPUT + 3}\n"
                    "store r58 r59\nstore r57 r59\nload r20 r58\n" + wait_while(OUTPUT, 3))
    assert out == "xxx"
    assert done.registers[20] == 3


@pytest.mark.manual("6.8")
@pytest.mark.parametrize("size", [254, 0x80000000, 0xFFFFFFFF])
def test_a_size_above_the_capacity_continues_the_message(size):
    text = points("abc")
    done, out = run(part(OUTPUT, text, size) + load(20, OUTPUT) + part(OUTPUT, points("end")))
    assert out[:3] == "abc" and len(out) == 256 and out.endswith("end")
    assert done.registers[20] == 0


@pytest.mark.manual("6.8")
@pytest.mark.parametrize("count", [0, 1, 253])
def test_messages_of_every_length_are_one_part(count):
    _, out = run(part(OUTPUT, [ord("z")] * count))
    assert out == "z" * count


@pytest.mark.manual("6.9")
@pytest.mark.parametrize("length, sizes", [(0, [0]), (5, [5]), (253, [253]), (254, [253, 1]),
                                           (600, [253, 253, 94])])
def test_a_long_message_comes_by_further_reads(length, sizes):
    text = "".join(read(INPUT) + load(20 + n, INPUT + 2) + load(30 + n, INPUT + 3)
                   for n in range(len(sizes)))
    done, _ = run(text + load(40, INPUT), stdin=b"q" * length + b"\n", budget=500_000)
    assert list(done.registers[20:20 + len(sizes)]) == sizes
    assert done.registers[40] == 0
    if length:
        assert set(done.registers[30:30 + len(sizes)]) == {ord("q")}


@pytest.mark.manual("6.9")
@pytest.mark.parametrize("length, sizes", [(5, [5, 0, 3]), (253, [253, 0, 3]), (254, [253, 1, 3]),
                                           (506, [253, 253, 0, 3])])
def test_a_read_of_the_rest_never_begins_a_message(length, sizes):
    """The last read is an ordinary one, and gives the next line."""
    text = read(INPUT) + load(20, INPUT + 2)
    for n in range(1, len(sizes) - 1):
        text += store(INPUT + 2, 0xFFFFFFFF) + read(INPUT) + load(20 + n, INPUT + 2)
    text += read(INPUT) + load(19 + len(sizes), INPUT + 2) + load(40, INPUT)
    done, _ = run(text, stdin=b"q" * length + b"\nend\n", budget=500_000)
    assert list(done.registers[20:20 + len(sizes)]) == sizes
    assert done.registers[40] == 0


@pytest.mark.manual("6.9")
def test_a_read_of_the_rest_before_any_message_gives_nothing():
    done, _ = run(store(INPUT + 2, 0xFFFFFFFF) + read(INPUT) + load(20, INPUT)
                  + load(21, INPUT + 2), stdin=b"line\n")
    assert done.registers[20:22] == (0, 0)


@pytest.mark.manual("6.10")
@pytest.mark.parametrize("window, value", [
    (OUTPUT, 0), (OUTPUT, 4), (OUTPUT, 0xFFFFFFFF), (OUTPUT, 2), (INPUT, 1), (INPUT, 0),
    (INPUT, 7), (FILE, 0), (FILE, 4), (FILE, 0x80000001)])
def test_any_other_store_to_control_is_an_error(window, value):
    done, _ = run(store(window, value) + load(20, window), stdin=b"x\n")
    assert done.registers[20] == ERROR


@pytest.mark.manual("6.11")
def test_lines_come_without_their_newlines_and_then_the_end():
    text = "".join(read(INPUT) + load(20 + n, INPUT) + load(30 + n, INPUT + 2) for n in range(4))
    done, _ = run(text, stdin=b"one\n\nlast", budget=500_000)
    assert done.registers[20:24] == (0, 0, 0, ERROR)
    assert done.registers[30:33] == (3, 0, 4)


@pytest.mark.manual("6.11")
def test_a_read_is_pending_until_a_line_is_there():
    class Later(Terminal):
        """Gives its line at the fiftieth time of asking."""
        asked = 0

        def line_ready(self):
            self.asked += 1
            return self.asked > 50 and super().line_ready()

    later = Later(b"now\n", io.BytesIO())
    done = run_qasm(f"{store(INPUT, 2)}{load(20, INPUT)}{wait_while(INPUT, 3)}"
                    f"{load(21, INPUT + 2)}halt", config=FULL, hosts=Hosts(later),
                    budget=5_000_000)
    assert done.registers[20:22] == (3, 3)


@pytest.mark.manual("6.12")
@pytest.mark.parametrize("name, contents, words", [
    ("a.txt", b"h\xc3\xa4", [ord("h"), ord("ä")]),
    ("a.qbin", b"\1\2\3\4\5\0\0\0", [0x04030201, 5]),
    ("a.bin", b"\1\2\3\4", [0x04030201]),
    ("plain", b"\1\2\3\4", [0x04030201]),
])
def test_a_file_is_read_and_written(tmp_path, name, contents, words):
    (tmp_path / name).write_bytes(contents)
    text = part(FILE, points(name)) + read(FILE) + load(20, FILE) + load(21, FILE + 2)
    text += "".join(load(22 + n, FILE + 3 + n) for n in range(len(words)))
    text += part(FILE, points("new" + name)) + part(FILE, words) + load(30, FILE)
    done, _ = run(text, files=Files(tmp_path))
    assert done.registers[20:22] == (0, len(words))
    assert list(done.registers[22:22 + len(words)]) == words
    assert done.registers[30] == 0
    assert (tmp_path / f"new{name}").read_bytes() == contents


@pytest.mark.manual("6.12")
@pytest.mark.manual("6.13")
@pytest.mark.parametrize("name", ["missing.txt", "../secret", "/etc/passwd", "link", "folder", "",
                                  "in/../../secret", "in/link/secret"])
def test_what_cannot_be_read_is_an_error(tmp_path, name):
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    (folder / "folder").mkdir()
    (tmp_path / "secret").write_bytes(b"1234")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "in" / "link").symlink_to(tmp_path)
    done, _ = run(part(FILE, points(name)) + read(FILE) + load(20, FILE), files=Files(folder))
    assert done.registers[20] == ERROR


@pytest.mark.manual("6.13")
@pytest.mark.parametrize("name", ["../new", "link", "out/new", "/tmp/quince-never"])
def test_nothing_is_written_outside(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "new")
    (folder / "out").symlink_to(tmp_path)
    done, _ = run(part(FILE, points(name)) + load(20, FILE) + part(FILE, [1]),
                  files=Files(folder))
    assert done.registers[20] == ERROR  # and what follows is taken for another path
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


# --- display -------------------------------------------------------------------------------------

def flip(address):
    return store(DISPLAY + 3, address) + store(DISPLAY, 1) + wait_while(DISPLAY, 2)


@pytest.mark.manual("6.14")
def test_a_flip_shows_the_pixels_row_by_row():
    display = Display(4, 3)
    text = "".join(store(0x20000 + n, 0xFF000000 + n * 0x10203) for n in range(12))
    done, _ = run(load(20, DISPLAY) + load(21, DISPLAY + 1) + load(22, DISPLAY + 2) + text
                  + flip(0x20000) + load(23, DISPLAY) + load(24, DISPLAY + 3), display=display)
    assert done.registers[20:25] == (0, 4, 3, 0, 0x20000)
    assert (np.asarray(display.last).ravel() & 0xFFFFFF).tolist() == \
        [n * 0x10203 for n in range(12)]


@pytest.mark.manual("6.14")
def test_control_is_pending_while_a_flip_goes_on():
    done, _ = run(store(DISPLAY + 3, 0x20000) + store(DISPLAY, 1) + load(20, DISPLAY)
                  + wait_while(DISPLAY, 2), display=Display(4, 3))
    assert done.registers[20] == 2


@pytest.mark.manual("6.15")
def test_a_null_address_shows_nothing():
    display = Display(4, 3)
    done, _ = run(flip(0) + load(20, DISPLAY), display=display)
    assert (done.registers[20], display.frame_count) == (0, 0)


@pytest.mark.manual("6.15")
@pytest.mark.parametrize("value", [0, 3, 0xFF, 0xFFFFFFFF])
def test_other_values_stay_and_do_nothing(value):
    display = Display(4, 3)
    done, _ = run(store(DISPLAY + 3, 0x20000) + store(DISPLAY, value) + load(20, DISPLAY),
                  display=display)
    assert (done.registers[20], display.frame_count) == (value, 0)


# --- keyboard ------------------------------------------------------------------------------------

@pytest.mark.manual("6.16")
@pytest.mark.parametrize("key, word, bits", [
    *((key, 0, 1 << key.value) for key in Key),
    (ord("a"), 4, 1 << 1), (ord("0"), 2, 1 << 16), (ord("_"), 3, 1 << 31), (1, 1, 2),
])
def test_a_held_key_is_a_bit(key, word, bits):
    keyboard = Keyboard()
    keyboard.play([(1, key, True), (3000, key, False)])
    done, _ = run(wait_while(KEYBOARD + word, 0) + load(20, KEYBOARD + word)
                  + "nop\n" * 4 + wait_while(KEYBOARD + word, bits) + load(21, KEYBOARD + word),
                  keyboard=keyboard, budget=500_000)
    assert done.registers[20:22] == (bits, 0)


# --- block device --------------------------------------------------------------------------------

def block(command, sector, count, address):
    return (store(BLOCK + 2, sector) + store(BLOCK + 3, count) + store(BLOCK + 4, address)
            + store(BLOCK, command) + wait_while(BLOCK + 1, 1))


BYTES = bytes(n * 7 & 0xFF for n in range(4 * 512))


@pytest.mark.manual("6.17")
def test_the_words_of_the_block_device():
    text = load(20, BLOCK + 1) + load(21, BLOCK + 5) + load(22, BLOCK + 6) + load(23, BLOCK + 7)
    text += store(BLOCK + 5, 99) + store(BLOCK + 6, 99) + load(24, BLOCK + 5) + load(25, BLOCK + 6)
    done, _ = run("nop\n" * 50 + text, disk=Disk(BYTES))
    assert done.registers[20:26] == (0, 4, 128, 0, 4, 128)


@pytest.mark.manual("6.17")
@pytest.mark.manual("6.19")
def test_sectors_are_read_written_and_flushed():
    heard = []
    disk = Disk(BYTES, observer=lambda event: heard.append(event))
    done, _ = run(block(1, 1, 2, 0x20000) + load(20, BLOCK + 1) + load(21, BLOCK)
                  + block(2, 3, 1, 0x20010) + load(22, BLOCK + 1) + load(23, BLOCK + 7)
                  + block(3, 0, 0, 0) + load(24, BLOCK + 1), disk=disk)
    words = np.frombuffer(BYTES, "<u4")
    assert done.registers[20:25] == (0, 1, 0, 0, 0)
    assert done.words(0x20000, 256) == words[128:384].tolist()
    assert disk.octets()[3 * 512:] == words[128 + 16:256 + 16].tobytes()
    assert [event.sector for event in heard] == [3, None]  # None: a flush


@pytest.mark.manual("6.17")
def test_status_is_busy_at_first_and_the_words_come_meanwhile():
    done, _ = run(store(BLOCK + 2, 0) + store(BLOCK + 3, 1) + store(BLOCK + 4, 0x20000)
                  + store(BLOCK, 1) + load(20, BLOCK + 1) + wait_while(BLOCK + 1, 1)
                  + load(21, BLOCK + 1), disk=Disk(BYTES))
    assert done.registers[20:22] == (1, 0)


@pytest.mark.manual("6.17")
def test_command_0_does_nothing():
    done, _ = run(block(1, 9, 1, 0x20000) + store(BLOCK, 0) + load(20, BLOCK)
                  + load(21, BLOCK + 1) + load(22, BLOCK + 7), disk=Disk(BYTES))
    assert done.registers[20:23] == (0, 0xFF, 1)


@pytest.mark.manual("6.18")
@pytest.mark.parametrize("command, sector, count, error", [
    (1, 4, 1, 1), (2, 0xFFFFFFFF, 1, 1), (1, 0, 0, 2), (2, 3, 2, 2), (1, 1, 0xFFFFFFFF, 2),
    (4, 0, 1, 3), (0xFFFFFFFF, 0, 1, 3), (1, 3, 1, 0), (2, 0, 4, 0), (3, 77, 99, 0),
])
def test_errors_of_the_block_device(command, sector, count, error):
    done, _ = run(block(command, sector, count, 0x20000) + load(20, BLOCK + 1)
                  + load(21, BLOCK + 7) + load(22, BLOCK), disk=Disk(BYTES))
    assert done.registers[20:23] == (0xFF if error else 0, error, command)


@pytest.mark.manual("6.18")
def test_an_operation_works_again_after_an_error():
    done, _ = run(block(1, 4, 1, 0x20000) + block(1, 3, 1, 0x20000) + load(20, BLOCK + 1)
                  + load(21, BLOCK + 7), disk=Disk(BYTES))
    assert done.registers[20:22] == (0, 0)


@pytest.mark.manual("6.18")
@pytest.mark.manual("6.19")
@pytest.mark.parametrize("command", [1, 2, 3])
def test_what_the_host_refuses_is_error_3(command):
    def refuse(event: DiskEvent):
        raise HostError("refused")

    # Each machine alone: in lockstep the model's disk has no observer.
    words = assemble([Source("t", block(command, 0, 1, 0x20000) + load(20, BLOCK + 1)
                             + load(21, BLOCK + 7) + "halt")]).words
    for engine in (RtlMachine, Golden):
        disk = Disk(BYTES, observer=refuse)
        machine = engine(FULL, Hosts(disk=disk))
        machine.load(words)
        while machine.run(50_000) is not Status.STOPPED:
            assert machine.cycles < 500_000
        # A read asks nobody: only writes and flushes have an observer.
        assert machine.registers().general[20:22] == ((0, 0) if command == 1 else (0xFF, 3))
        machine.close()


# --- serial line ---------------------------------------------------------------------------------

def serial_of(octets=b""):
    sink = io.BytesIO()
    return Serial(Terminal(octets, sink)), sink


@pytest.mark.manual("6.20")
def test_the_low_octet_of_a_store_is_sent():
    serial, sink = serial_of()
    text = "".join(wait_while(SERIAL, 1) + store(SERIAL, 0xABCDEF00 + octet)
                   for octet in b"hey\xff\x00")
    run(text + wait_while(SERIAL, 1), serial=serial)
    assert sink.getvalue() == b"hey\xff\x00"


@pytest.mark.manual("6.21")
def test_an_octet_stays_until_it_is_acknowledged():
    serial, _ = serial_of(b"ab")
    done, _ = run(wait_while(SERIAL + 2, 0) + load(20, SERIAL + 2) + load(21, SERIAL + 2)
                  + store(SERIAL + 1, 0) + wait_while(SERIAL + 2, 0) + load(22, SERIAL + 2)
                  + store(SERIAL + 1, 5) + load(23, SERIAL + 2) + load(24, SERIAL + 1),
                  serial=serial, budget=500_000)
    assert done.registers[20:25] == (0x161, 0x161, 0x162, 0, 0)


@pytest.mark.manual("6.21")
@pytest.mark.manual("6.22")
def test_interrupt_4_comes_with_each_octet_of_many():
    text = bytes(range(0x41, 0x41 + 70))
    serial, _ = serial_of(text)
    done, _ = run(f"""
        {handlers({4: "@serial"})}
        constant r2 70
        constant r3 0x5000
        constant r4 @loop
    @loop:
        load r1 r3
        sub r1 r1 r2
        jnz r1 r4
        constant r1 @end
        jmp r1
    @serial:
        {load(1, SERIAL + 2)}
        {store(SERIAL + 1, 0)}
        constant r3 0x5000
        load r4 r3
        constant r5 0x5001
        add r5 r5 r4
        store r5 r1
        constant r5 1
        add r4 r4 r5
        store r3 r4
        {RETURN}
    @end:""", serial=serial, budget=1_000_000)
    assert done.words(0x5001, 70) == [0x100 + octet for octet in text]
    assert done.codes(Kind.INTERRUPT) == [4] * 70


# --- counters ------------------------------------------------------------------------------------

@pytest.mark.manual("6.23")
@pytest.mark.manual("6.25")
def test_a_store_takes_cycles_and_instructions_and_they_stay():
    body = "".join(load(20 + n, COUNTERS + n) for n in range(5))
    done, _ = run(f"constant r1 {COUNTERS}\n@take:\nstore r1 r1\n" + body
                  + f"@again:\nstore r1 r1\n{load(30, COUNTERS + 1)}{load(31, COUNTERS + 3)}")
    # A store to a window retires three cycles after it acted.
    [first], [second] = done.cycles("take"), done.cycles("again")
    assert done.registers[20:25] == (COUNTERS, first - 3, 0, 1, 0)
    assert done.registers[30:32] == (second - 3, 2 + 2 * 5)


@pytest.mark.manual("6.24")
def test_faults_and_waits_are_no_instructions_that_retire():
    done, _ = run(f"""
        {handlers({1: "@fault", 2: "@end"})}
        constant r4 0x7fffffff
        load r3 r4
        @fault:
        {store(0, 1)}
        {store(TIMER, 1)}
        wait
        @end:
        {store(COUNTERS, 0)}
        {load(20, COUNTERS + 3)}""")
    assert done.registers[20] == 6 + 1 + 6 + 2
    assert done.registers[20] == len(done.rows(Kind.INSN)) - 1 - 2 - 1  # store, load, halt
