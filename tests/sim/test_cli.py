"""The simulator's command line, as its user meets it: each test is a process of its own."""

import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from sim.machine import Exit

ROOT = Path(__file__).parents[2]
HELLO = str(ROOT / "tests/programs/hello.qasm")
CALCULATOR = str(ROOT / "firmware/demos/calculator.qasm")
COMMAND = [sys.executable, "-m", "sim"]
TIMEOUT_S = 240  # a first run builds the engine


def run(*arguments, **options):
    options = {"capture_output": True, "text": True, "input": "", **options}
    return subprocess.run([*COMMAND, *arguments], cwd=ROOT, timeout=TIMEOUT_S, **options)


def program(tmp_path, text, name="program.qasm"):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


# --- exit statuses -------------------------------------------------------------------------------

@pytest.mark.parametrize("options", [[], ["--engine", "model"], ["--lockstep"]])
def test_the_exit_status_is_the_exit_code(options):
    done = run(HELLO, *options)
    assert (done.returncode, done.stdout) == (42, "Hello, Quince!\n")


def test_of_the_exit_code_the_lowest_octet_is_left(tmp_path):
    done = run(program(tmp_path, "constant r0 0x1234\nhalt\n"))
    assert (done.returncode, done.stderr) == (0x34, "")


def test_a_fault_is_told_with_place_instruction_and_reason(tmp_path):
    path = program(tmp_path, "@start:\n  constant r1 0x400000\n@bad:\n  load r2 r1\n")
    done = run(path)
    assert done.returncode == Exit.FAULT
    assert done.stderr == ("quince-sim: fault without a handler, OUT_OF_BOUNDS, "
                           f"at 0x00001002 (bad): load r2 r1\n  at bad ({path}:4)\n")


FAILS = """\
type node = struct { next: * node; value: byte; };
function last(list: * node): byte {
  while (list->value != 7) { list = list->next; }
  return list->value;
}
function deeper(n: byte): byte {
  var a: byte[4];
  a[n % 4] = n;
  if (n == 0) {
    return WHAT;
  }
  return deeper(n - 1) + a[n % 4];
}
function main(): byte {
  return deeper(2);
}
"""


@pytest.mark.parametrize("what, told, place", [
    ("last(null)", "null pointer dereference", "global::last ({path}:3)"),
    ("a[<byte>len \"abcd\"[n:]]", "index out of bounds", "global::deeper ({path}:10)"),
])
@pytest.mark.parametrize("engine", ["rtl", "model"])
def test_a_check_that_fails_is_told_with_a_backtrace(tmp_path, what, told, place, engine):
    path = program(tmp_path, FAILS.replace("WHAT", what), "fails.qll")
    done = run(path, "--engine", engine)
    assert done.returncode == Exit.FAULT
    lines = [line for line in done.stderr.splitlines() if " the " not in line]  # of a build
    assert lines[0] == f"quince-sim: {told} in {place.format(path=path)}"
    assert lines[1].startswith(f"  at {place.format(path=path)}")
    assert lines[-3:] == [
        f"  by global::deeper ({path}:12), 2 times",
        f"  by global::main ({path}:15)", "  by _after_init (firmware/lib/bare/entry.qasm:20)"]


DEEP = """\
function deep(n: byte): byte {
  var a: byte[400];
  a[n % 4] = n;
  return deep(n + 1) + a[n % 4];
}
function main(): byte { HEAP return deep(0); }
"""


@pytest.mark.parametrize("heap, ram, told, function", [
    ("", "0x100000", r"stack overflow: the stack has grown down to 0x2[0-9a-f]{3}, and the program "
                     r"ends at 0x1[0-9a-f]{3}$", "deep"),
    ("var h = new byte[9]; h[2] = 1;", "0x400000",
     r"stack overflow: the stack has grown down to 0x18[0-9a-f]{3}, and the heap ends at 0x18000$",
     "deep"),
    ("", "0x20000", "the stack begins at 0xfffff, and RAM ends at 0x20000: --ram must be larger$",
     "main")])
@pytest.mark.parametrize("engine", ["model", "rtl"])
def test_a_stack_that_does_not_fit_is_told(tmp_path, heap, ram, told, function, engine):
    """While the program is as it was: so there is a backtrace."""
    if engine == "rtl" and ram != "0x400000":
        pytest.skip("another build of the simulator")
    path = program(tmp_path, DEEP.replace("HEAP", heap), "deep.qll")
    done = run(path, "--engine", engine, "--ram", ram)
    assert done.returncode == Exit.FAULT
    lines = [line for line in done.stderr.splitlines() if "building" not in line]
    at = next(n for n, line in enumerate(lines) if re.search(told, line))
    assert lines[at + 1].startswith(f"  at global::{function} ({path}:")


def test_a_heap_that_is_full_is_told(tmp_path):
    path = program(tmp_path, "function main(): byte {\n  while (true) {\n"
                             "    var a = new byte[3000];\n    a[1] = 2;\n  }\n  return 0;\n}\n",
                   "full.qll")
    done = run(path, "--engine", "model")
    assert done.returncode == Exit.FAULT
    assert (f"quince-sim: index out of bounds in global::main ({path}:4)\nthe heap is full: of its "
            "65536 words no more than ") in done.stderr


def test_a_program_may_return_what_looks_like_a_failed_check(tmp_path):
    path = program(tmp_path, "function main(): byte { return 0xE0000001; }\n", "odd.qll")
    done = run(path, "--engine", "model")
    assert done.returncode == 1 and "quince-sim: index" not in done.stderr


def test_symbols_of_another_build_are_refused(tmp_path):
    from toolchain.build import debug_file, image
    from toolchain.source import Source
    ours, other = (image([], [Source("p.qasm", f"@main:\n  constant r0 {n}\n  halt\n")])
                   for n in (1, 2))
    (tmp_path / "p.qbin").write_bytes(ours.to_octets())
    (tmp_path / "ours.elf").write_bytes(debug_file(ours, "ours.elf"))
    (tmp_path / "other.elf").write_bytes(debug_file(other, "other.elf"))
    image_name = str(tmp_path / "p.qbin")
    assert run(image_name, "--engine", "model", "--symbols",
               str(tmp_path / "ours.elf")).returncode == 1
    done = run(image_name, "--engine", "model", "--symbols", str(tmp_path / "other.elf"))
    assert done.returncode == Exit.BAD_INPUT
    assert "other.elf: symbols of another build" in done.stderr


def test_both_engines_tell_a_fault_alike(tmp_path):
    path = program(tmp_path, "constant r5 0x99\nint r5\n")
    assert run(path).stderr == run(path, "--engine", "model").stderr != ""


@pytest.mark.parametrize("fault, told", [
    ("constant r1 0x300000\nload r2 r1", "MEMORY_FAULT, at 0x0050100f: load r2 r1"),
    ("constant r1 0x700000\njmp r1", "MEMORY_FAULT, at 0x00700000, which could not be fetched"),
    ("nop\nnop\nword 0xFF000000", "INVALID_INSTRUCTION, at 0x0050100f: word 0xff000000"),
])
def test_behind_a_page_table_the_instruction_is_that_of_the_virtual_address(tmp_path, fault, told):
    """In physical memory something else lies at that address."""
    path = program(tmp_path, f"""
        constant r1 0x603
        constant r2 @table
        store r1 r2
        constant r1 0x42
        constant r2 0x50100d
        store r1 r2
        constant r1 0
        int r1
        {fault}
        data @table 1 0x501000 0x1000 0x1000 11""")
    # Before it there may be what a build of the simulator says.
    errors = [line for engine in ("rtl", "model")
              for line in run(path, "--engine", engine, "--ram", "0x800000").stderr.splitlines()
              if "fault" in line]
    assert errors == [f"quince-sim: fault without a handler, {told}"] * 2


def test_a_double_fault_is_told(tmp_path):
    done = run(program(tmp_path, """
        constant r1 0x46
        constant r2 @handler
        store r1 r2
        constant r1 0x99
        int r1
    @handler:
        constant r2 0x400000
    @again:
        load r2 r2
    """))
    assert done.returncode == Exit.FAULT
    assert "double fault, OUT_OF_BOUNDS" in done.stderr
    assert "(again): load r2 r2" in done.stderr


@pytest.mark.parametrize("engine", ["rtl", "model"])
@pytest.mark.parametrize("text", ["wait\n", "constant r1 0\nstore r1 r1\nwait\n"],
                         ids=["nothing fitted", "masked"])
def test_a_sleep_for_ever_is_told(tmp_path, text, engine):
    done = run(program(tmp_path, text), "--engine", engine)
    assert done.returncode == Exit.STUCK
    assert "no interrupt can end this `wait`" in done.stderr


@pytest.mark.parametrize("engine", ["rtl", "model"])
def test_the_limit_is_told(tmp_path, engine):
    path = program(tmp_path, "@loop:\n constant r1 @loop\n jmp r1\n")
    done = run(path, "--cycles", "10_000", "--engine", engine)
    assert done.returncode == Exit.LIMIT
    assert "stopped after 10000 cycles, as --cycles says, at 0x00001" in done.stderr
    assert "(loop" in done.stderr


# --- bad input -----------------------------------------------------------------------------------

@pytest.mark.parametrize("name, contents, message", [
    ("missing.qbin", None, "missing.qbin: No such file or directory"),
    ("empty.qbin", b"", "empty.qbin: the file is empty"),
    ("odd.qbin", b"12345", "odd.qbin: 5 octets are not a whole number of words"),
    ("large.qbin", bytes(4 * 0x3FF001), "large.qbin: a program of 4190209 words does not fit"),
    ("empty.qasm", b"", "empty.qasm: there is no code in the file"),
    ("wrong.qasm", b"  ad r1 r2 r3\n", "wrong.qasm:1:3: error: "),
    ("latin.qasm", b"; gr\xfc\xdfe\n", "latin.qasm:1:5: error: octet 0xfc is not valid UTF-8"),
    ("wrong.qll", b"function main(): byte { return x; }\n", "wrong.qll:1:32: error: "),
])
def test_a_bad_program_is_told_in_one_message(tmp_path, name, contents, message):
    path = tmp_path / name
    if contents is not None:
        path.write_bytes(contents)
    done = run(str(path))
    assert done.returncode == Exit.BAD_INPUT
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_is_no_program(tmp_path):
    done = run(str(tmp_path))
    assert done.returncode == Exit.BAD_INPUT
    assert "Is a directory" in done.stderr


@pytest.mark.parametrize("options, message", [
    (["--files", "/nonexistent"], "host file: /nonexistent is not a folder"),
    (["--disk", "/nonexistent"], "/nonexistent: cannot open the disk image"),
    (["--input", "/nonexistent"], "/nonexistent: No such file"),
    (["--keys", "/nonexistent"], "/nonexistent: No such file"),
    (["--symbols", "/nonexistent"], "/nonexistent: No such file"),
    (["--trace", "/nonexistent/x"], "/nonexistent/x: No such file"),
    (["--display", "0x9"], "display: width and height must be from 1 to 4096 pixels, not 0 and 9"),
    (["--display", "99999x1"], "display: width and height must be from 1 to 4096 pixels, not 999"),
    (["--display", "9"], "display: a size is WIDTHxHEIGHT, such as 320x200, not '9'"),
    (["--display", "9.5x2"], "display: a size is WIDTHxHEIGHT, such as 320x200, not '9.5x2'"),
    (["--display", ""], "display: a size is WIDTHxHEIGHT, such as 320x200, not ''"),
    (["--display", "png:"], "display: a size is WIDTHxHEIGHT, such as 320x200, not ''"),
    (["--display", "paper:9x9"], "display: 'paper' is none of"),
    (["--display", "terminal"], "display: the output is no terminal; use --display png"),
    (["--display", "png:4x4", "--frames", "/proc/x"], "display: /proc/x: No such file"),
    (["--disk", "."], ".: not an ordinary file"),
    (["--files", HELLO], f"host file: {HELLO} is not a folder"),
    (["--ram", "0x100000000", "--lockstep"], "--ram 4294967296: that is 32768 MiB, and this"),
    (["--ram", "0x1001"], f"{HELLO}: a program of 53 words does not fit: RAM has room for 1 from"),
    (["--trace", "/dev/full"], "/dev/full: No space left on device"),
    (["--trace", "/dev/full", "--engine", "model"], "/dev/full: No space left on device"),
])
def test_a_bad_file_or_size_is_told(options, message):
    done = run(HELLO, *options)
    assert done.returncode == Exit.BAD_INPUT
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("octets, message", [
    (b"", "0 octets are not a whole number of sectors of 512 octets; is this a disk image?"),
    (bytes(100), "100 octets are not a whole number of sectors of 512 octets"),
    (bytes(1025), "1025 octets are not a whole number of sectors of 512 octets"),
])
def test_a_file_that_is_no_disk_image_is_told(tmp_path, octets, message):
    path = tmp_path / "bad.img"
    path.write_bytes(octets)
    done = run(HELLO, "--disk", str(path))
    assert (done.returncode, done.stdout) == (Exit.BAD_INPUT, "")
    assert f"quince-sim: {path}: {message}" in done.stderr


@pytest.mark.parametrize("name, message", [
    ("large.qbin", "large.qbin: a program of 1342177280 words does not fit"),
    ("large.qasm", "large.qasm: 5368709120 octets are too many for a source file"),
    ("large.qll", "large.qll: 5368709120 octets are too many for a source file"),
])
def test_a_huge_program_is_not_read_at_all(tmp_path, name, message):
    path = tmp_path / name
    with open(path, "wb") as file:
        file.truncate(5 << 30)  # takes no room on the disk
    done = run(str(path), "--engine", "model")
    assert done.returncode == Exit.BAD_INPUT
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("suffix", [".qasm", ".qll", ".qbin", ".keys", ".symbols"])
def test_rubbish_is_told_and_cannot_speak_to_the_terminal(tmp_path, seed, suffix):
    path = tmp_path / f"rubbish{suffix}"
    octets = random.Random(seed).randbytes(2000)
    path.write_bytes(octets if seed % 2 else bytes(octet & 0x7F for octet in octets))
    options = {".keys": [HELLO, "--keys"], ".symbols": [HELLO, "--symbols"]}.get(suffix, [])
    done = run(*options, str(path), "--engine", "model", "--cycles", "100000")
    assert done.returncode in (Exit.BAD_INPUT, Exit.FAULT, Exit.LIMIT, Exit.STUCK)
    assert str(path) in done.stderr or suffix == ".qbin"
    assert "Traceback" not in done.stderr
    assert all(char.isprintable() or char in "\t\n" for char in done.stderr)


@pytest.mark.parametrize("options", [
    ["--engine", "abacus", HELLO], ["--cycles", "0", HELLO], ["--cycles", "many", HELLO],
    ["--no-such-option", HELLO], [HELLO, HELLO], ["--lockstep", "--engine", "model", HELLO],
    ["--ram", "100", HELLO], ["--disk", "", HELLO], ["--files", "", HELLO], ["--keys", "", HELLO],
    ["--input", "", HELLO], ["--trace", "", HELLO], ["--symbols", "", HELLO],
    ["--display", "png:4x4", "--frames", "", HELLO], ["", "--engine", "model"],
    ["--frames", "x", HELLO], ["--frames", "build/frames", HELLO], ["--compat", "other", HELLO],
])
def test_a_bad_command_line_is_status_2(options):
    done = run(*options)
    assert done.returncode == Exit.BAD_COMMAND
    assert "quince-sim: error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_compiler_is_named_with_a_way_out():
    # RAM of a size that nobody else uses, so that the model is not in the cache.
    done = run(HELLO, "--ram", "0x1100", env={**os.environ, "CXX": "no-such-compiler"})
    assert done.returncode == Exit.BAD_INPUT
    assert "the C++ compiler 'no-such-compiler' was not found" in done.stderr
    assert "--engine model" in done.stderr and "Traceback" not in done.stderr


# --- input and output ----------------------------------------------------------------------------

@pytest.mark.parametrize("engine", ["rtl", "model"])
def test_the_end_of_input_ends_the_program_and_not_the_patience(engine):
    done = run(CALCULATOR, "--engine", engine, input="6 * 7\n")
    assert done.returncode == 0
    assert done.stdout.endswith("> 42\n> Goodbye.\n")


def test_input_may_come_from_a_file(tmp_path):
    script = tmp_path / "input.txt"
    script.write_text("7 - 9\nquit\n")
    done = run(CALCULATOR, "--input", str(script), stdin=subprocess.DEVNULL, input=None)
    assert "> -2\n> Goodbye.\n" in done.stdout


@pytest.mark.parametrize("engine", ["rtl", "model"])
def test_a_trace_names_labels_and_effects(tmp_path, engine):
    done = run(program(tmp_path, "@start:\n constant r1 5\n@end:\n add r0 r1 r1\n halt\n"),
               "--trace", str(tmp_path / "trace"), "--engine", engine)
    assert done.returncode == 10
    lines = [line.split(None, 1) for line in (tmp_path / "trace").read_text().splitlines()]
    assert [line[0] for line in lines if line[0].endswith(":")] == ["start:", "end:"]
    text = (tmp_path / "trace").read_text()
    assert re.search(r"00001000  constant r1 0x5 +r1 = 0x5", text)
    assert re.search(r"00001002  add r0 r1 r1 +r0 = 0xa", text)
    assert "-- stop: HALT" in text


def test_statistics_count_instructions(tmp_path):
    done = run(program(tmp_path, "nop\nnop\nhalt\n"), "--stats")
    assert re.search(r"quince-sim: \d+ cycles, 3 instructions, ", done.stderr)


def test_a_closed_output_is_told():
    done = subprocess.run(["sh", "-c", f"exec {' '.join(COMMAND)} {HELLO} >&-"], cwd=ROOT,
                          stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S)
    assert done.returncode == Exit.BAD_INPUT
    assert "the standard output is closed" in done.stderr


def test_a_reader_that_goes_away_ends_the_run_quietly(tmp_path):
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen([*COMMAND, HELLO], cwd=ROOT, stdout=write, stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    os.close(write)
    _, errors = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, errors) == (Exit.BROKEN_PIPE, "")


# --- a person at a terminal ----------------------------------------------------------------------

class Person:
    """A process on a pseudo-terminal: what it says can be awaited, and keys typed."""

    def __init__(self, *arguments):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, stdin=slave,
                                        stdout=slave, stderr=slave, start_new_session=True)
        self.seen = b""

    def expect(self, text, timeout_s=TIMEOUT_S):
        end = time.monotonic() + timeout_s
        while text.encode() not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} did not come; there was {self.seen!r}"
            if select.select([self.master], [], [], min(left, 1))[0]:
                self.seen += os.read(self.master, 4096)
        self.seen = self.seen.split(text.encode(), 1)[1]

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        status = self.process.wait(TIMEOUT_S)
        after = termios.tcgetattr(self.slave)
        os.close(self.master)
        os.close(self.slave)
        return status, after == self.before


@pytest.fixture
def person():
    people = []

    def make(*arguments):
        people.append(Person(*arguments))
        return people[-1]

    yield make
    for one in people:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_a_conversation(person):
    someone = person(CALCULATOR)
    someone.expect("or help.\r\n> ")
    someone.type("12 * 12\n")
    someone.expect("144\r\n> ")
    someone.type("count 2\n")
    someone.expect("2 1 \r\n> ")
    someone.type("quit\n")
    someone.expect("Goodbye.")
    assert someone.end() == (0, True)


def test_ctrl_c_ends_the_run_and_gives_the_terminal_back(person):
    someone = person(CALCULATOR)
    someone.expect("> ")
    os.kill(someone.process.pid, signal.SIGINT)
    someone.expect("interrupted")
    assert someone.end() == (Exit.INTERRUPTED, True)


def test_a_raw_terminal_is_given_back_too(person, tmp_path):
    someone = person(program(tmp_path, "@loop:\n constant r1 @loop\n jmp r1\n"), "--serial")
    someone.expect("ctrl-] leaves")
    someone.type("\x1d")
    someone.expect("interrupted")
    assert someone.end() == (Exit.INTERRUPTED, True)


def test_a_machine_that_waits_for_a_line_lets_the_host_sleep(person):
    someone = person(CALCULATOR)
    someone.expect("or help.\r\n> ")
    time.sleep(1.5)  # until it is clear that nobody types

    def cpu_ticks():
        fields = Path(f"/proc/{someone.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before = cpu_ticks()
    time.sleep(2)
    assert cpu_ticks() - before < 2 * os.sysconf("SC_CLK_TCK") * 0.6
    someone.type("quit\n")
    assert someone.end() == (0, True)
