"""`db`, the debugger on the machine: what it shows, what it changes, and what it may not."""

from array import array

import pytest

from tests.support.live import PROMPT, Live
from tests.support.system import debug_kernel, system
from toolchain.link import link, object_from_unit
from toolchain.qasm import assemble
from toolchain.qasm.output import symbol_map
from toolchain.qfs import Image
from toolchain.source import Source
from toolchain.targets import library_sources

ASKS = "db> "
INTERRUPT, SUSPEND, END = "\x03", "\x1a", "\x04"

# Counts r10 from 0 to 5 in `loop`, and ends with what is in `answer`.
COUNT = """
@global::_init:
  jmp r0
@global::main:
  constant r10 0
  constant r11 5
@loop:
  add r10 r10 r62
  lt r12 r10 r11
  constant r13 @loop
  jnz r12 r13
  constant r14 @answer
  load r2 r14
  mov r3 r0
  mov r0 r2
  jmp r3
data @answer 42
"""


@pytest.fixture(scope="module")
def machine():
    """The kernel that checks itself, with a program that was assembled on it, and its symbols."""
    image = Image(array("I", system().disk.read_bytes()))
    image.write("/tmp/count.qasm", COUNT.encode())
    live = Live(disk=image.words.tobytes(), kernel=debug_kernel())
    live.until(PROMPT)
    live.type("\x1b[24;900R")
    live.command("cd /tmp; as -t user -s count.sym -o count count.qasm")
    return live


def session(live, line, *rows):
    """Start the debugger and tell it rows: what it says to each, the start included."""
    live.type(f"{line}\r")
    live.until(f"{line}\n")
    said = [live.until(ASKS)]
    for row in rows:
        live.type(f"{row}\r")
        live.until(f"{row}\n")
        said.append(live.until(ASKS))
    live.type("quit\r")
    live.until(PROMPT)
    return [each.removesuffix(ASKS) for each in said]


@pytest.mark.slow
def test_the_assemblers_symbols_are_the_hosts(machine):
    program = assemble([*library_sources("user", ".qasm"), Source("count.qasm", COUNT)])
    assert machine.command("cat count.sym") == symbol_map(program)


def test_a_program_runs_to_a_breakpoint_and_on(machine):
    said = session(machine, "db count", "break loop", "continue", "", "", "registers",
                   "delete loop", "continue")
    assert said[0].startswith("_entrypoint:\n> 00001000  ")
    assert said[1].startswith("stops at 0x") and said[1].endswith(" (loop)\n")
    for stop in said[2:5]:
        assert stop.startswith("loop:\n>*") and stop.endswith("add r10 r10 r62\n")
    assert "r10 00000002" in said[5] and said[5].endswith(" (loop)\n")
    assert said[7].endswith("has ended with 42\n")


def test_instructions_are_done_one_by_one(machine):
    said = session(machine, "db count", "b global::main", "c", "s", "s 2", "print r10", "step 4",
                   "p ip", "s 256")
    assert "constant r11 0x5" in said[3] and "lt r12 r10 r11" in said[4]
    assert said[5].startswith("1 ")
    assert said[7].endswith(" (loop+1)\n")
    assert said[8].endswith("has ended with 42\n")  # a step over the last call is the end


def test_memory_and_registers_are_changed(machine):
    said = session(machine, "db ./count", "write answer 7", "memory answer 1", "w loop 0x17000000",
                   "b loop+1", "c", "w r10 9", "c", "run", "w answer 1", "c")
    assert said[2].endswith("  00000007\n")
    assert said[7].endswith("has ended with 7\n")  # the loop is left at once
    # The breakpoint is still there.
    assert said[10].startswith(">*") and "lt r12 r10 r11" in said[10]


def test_a_fault_is_looked_at_where_it_happens(machine):
    said = session(machine, "db count", "b loop", "c", "w r13 5", "w ip 0x300", "c", "l 5", "m 0 2",
                   "t", "k", "c", "x")
    assert said[5] == "memory fault at 0x300\n  0x300 has no memory\n"
    assert said[6] == "  0x5 has no memory\n" and said[7] == "0x0 has no memory\n"
    assert said[9].endswith("has ended with 143\n")
    assert said[10] == "db: the process has ended: `run` starts it anew\n"
    assert said[11].startswith("_entrypoint:\n")


@pytest.mark.parametrize("command, complaint", [
    ("frob", "db: no such command: try `help`: frob"), ("write 1", "usage: write PLACE VALUE"),
    ("p nowhere", "db: no number, register or symbol: nowhere"),
    ("p 0x123456789", "db: no number, register or symbol: 0x123456789"),
    ("p r64", "db: no number, register or symbol: r64"),
    ("p main+", "db: no number, register or symbol"),
    ("b 0x300", "db: no memory there: 0x300"), ("d main", "db: no breakpoint there: main"),
    ("s x", "db: no number up to 256: x"), ("m main 257", "db: no number up to 256: 257"),
    ("w 0xffffffff 1", "db: no memory there: 0xffffffff"),
])
def test_what_makes_no_sense_is_told(machine, command, complaint):
    said = session(machine, "db count", command)[1]
    assert said == f"{complaint}\n"


def test_more_breakpoints_than_there_is_room_for(machine):
    said = session(machine, "db cat", *[f"b {0x1000 + number}" for number in range(33)])
    assert said[-1] == "db: too many breakpoints\n" and "stops at" in said[-2]


@pytest.mark.parametrize("line, complaint", [
    ("db", "usage: db [-s FILE] PROGRAM [WORD...] | db -p PID [-s FILE]"),
    ("db nosuch", "db: cannot start: nosuch"), ("db count.qasm", "db: cannot start: count.qasm"),
    ("db -p 1", "db: no stopped process beside or below this one: 1"),
    ("db -p x", "db: no stopped process beside or below this one: x"),
    ("db -s /no count", "db: cannot open: /no"),
    ("db -s count.qasm count",
     "count.qasm:1: no symbol: an address of 8 digits, T or D, and a name"),
])
def test_what_cannot_be_debugged(machine, line, complaint):
    assert machine.command(line) == f"{complaint}\n"


def test_ctrl_c_stops_what_runs_and_ctrl_z_both(machine):
    machine.type("db cat\r")
    machine.until(ASKS)
    machine.type("c\r")
    machine.run(1_000_000)
    machine.type("a line\r")
    machine.until("a line\na line\n")
    machine.type(INTERRUPT)
    assert " int r" in machine.until(ASKS)
    machine.type("c\r")
    machine.run(1_000_000)
    machine.type(SUSPEND)
    assert "%1 stopped: db cat\n" in machine.until(PROMPT)
    machine.type("fg\r")
    assert " int r" in machine.until(ASKS)
    machine.type(f"c\ranother\r{END}")
    assert "another\n" in machine.until("has ended with 0\n")
    machine.until(ASKS)
    machine.type(END)
    machine.until(PROMPT)


def test_a_stopped_job_is_taken_up_and_left(machine):
    machine.type("sleep 2\r")
    machine.run(1_500_000)
    machine.type(SUSPEND)
    machine.until(PROMPT)
    rows = [row.split() for row in machine.command("ps").split("\n")]
    pid = next(row[0] for row in rows if row and row[-1] == "sleep")
    said = session(machine, f"db -p {pid}", "w r1 5", "k", "x", "s", "w r0 0")
    assert " int r" in said[0]
    assert said[1] == "db: in the midst of a call its registers stay as they are\n"
    assert said[2] == "db: it was not started here: the shell can end it\n"
    assert said[3] == "db: it was not started here\n" and " jmp r" in said[4] and said[5] == ""
    assert "stopped  sleep 2" in machine.command("jobs")
    machine.type("fg; echo $?\r")
    assert machine.until(PROMPT).endswith("\n0\n/tmp $ ")


def test_an_elf_file_is_debugged_with_its_symbols():
    program = assemble([*library_sources("user", ".qasm"), Source("count.qasm", COUNT)])
    octets = link([object_from_unit(unit) for unit in program.units], "count")
    image = Image(array("I", system().disk.read_bytes()))
    image.write("/tmp/count", octets, executable=True)
    image.write("/tmp/broken", octets[:200], executable=True)
    live = Live(disk=image.words.tobytes(), kernel=debug_kernel())
    live.until(PROMPT)
    said = session(live, "db /tmp/count", "b loop", "c", "w loop 0", "l loop 1", "c")
    assert "(loop)" in said[1] and said[2].startswith("loop:\n>*")
    assert "halt" in said[4]  # code that the program itself may not write
    assert said[5].startswith("invalid instruction at 0x") or "null" in said[5]
    assert live.command("db /tmp/broken") == "db: cannot start: /tmp/broken\n"
