"""The user library: which system calls its functions make, and what they make of the answers."""

import pytest

from sim.golden.machine import Golden
from sim.machine import Status
from tests.support.qll import compile_text
from toolchain.qasm import assemble
from toolchain.source import Source
from toolchain.targets import library_files

LOG, ANSWERS = 0x30000, 0x2F000

# Stands in for the kernel: notes r0 to r3 of every system call from LOG on, at LOG - 1 how many,
# and answers with the word at ANSWERS + number. Number 0 halts with r1.
KERNEL = f"""
@_kernel:
  constant r1 0x44              ; highest interrupt number
  constant r2 0x80
  store r1 r2
  constant r1 0xc5              ; entry of interrupt 0x80
  constant r2 @_kernel_syscall
  store r1 r2
  constant r63 0x2c000
  constant r1 @_entrypoint
  jmp r1
@_kernel_syscall:
  constant r10 {LOG - 1}
  load r11 r10
  add r12 r11 r62
  store r10 r12
  constant r12 2
  shl r11 r11 r12
  constant r12 {LOG}
  add r12 r12 r11
  store r12 r0
  add r12 r12 r62
  store r12 r1
  add r12 r12 r62
  store r12 r2
  add r12 r12 r62
  store r12 r3
  constant r10 @_kernel_answer
  jnz r0 r10
  mov r0 r1
  halt
@_kernel_answer:
  constant r10 {ANSWERS}
  add r10 r10 r0
  load r10 r10
  constant r11 2                ; saved r0
  store r11 r10
  constant r11 0
  int r11
"""


def run_user(body, answers=None, setup=None):
    """Run a main; gives the machine, its exit code and the calls but the last, which is exit."""
    text = compile_text([f"function main(): byte {{ {body} }}"], "user")
    files = [Source("kernel.qasm", KERNEL)]
    files += [Source(path.name, path.read_text()) for path in library_files("user", ".qasm")]
    golden = Golden()
    golden.load(assemble([*files, Source("compiled.qasm", text)]).words)
    for number, answer in (answers or {}).items():
        golden.memory[ANSWERS + number] = answer & 0xFFFFFFFF
    assert golden.run(1_000_000) is Status.STOPPED
    words = golden.memory[LOG:LOG + 4 * int(golden.memory[LOG - 1])].reshape(-1, 4)
    calls = [tuple(int(word) for word in call) for call in words]
    assert calls[-1][0] == 0
    return golden, calls[-1][1], calls[:-1]


def text_at(golden, address):
    """A text that ends with a zero word."""
    text = ""
    while word := int(golden.memory[address + len(text)]):
        text += chr(word)
    return text


def slice_at(golden, address):
    pointer, length, capacity = (int(word) for word in golden.memory[address:address + 3])
    return pointer, length, capacity


@pytest.mark.parametrize("call, answer, registers, result", [
    ("lib::close(0x12)",                   0,  (4, 0x12),    0),
    ("lib::close(0x12)",                   -1, (4, 0x12),    0xFFFFFFFF),
    ("clock::now()",                       77, (14,),        77),
    ("keyboard::read()",                   5,  (12,),        5),
    ("keyboard::key('a')",                 1,  (13, 97),     1),
    ("lib::support::syscall3(46, 1, 2, 3)", 9, (46, 1, 2, 3), 9),
])
def test_simple_call(call, answer, registers, result):
    _, code, calls = run_user(f"return {call};", {registers[0]: answer})
    assert code == result
    assert [calls[0][:len(registers)]] == [registers] and len(calls) == 1


@pytest.mark.parametrize("statement, number", [
    ("lib::yield();", 8), ("display::flip();", 10), ("display::close();", 11)])
def test_call_without_result(statement, number):
    _, code, calls = run_user(f"{statement} return 7;")
    assert (code, [call[0] for call in calls]) == (7, [number])


def test_exit_ends_the_program():
    assert run_user("lib::exit(5); return 6;")[1:] == (5, [])


@pytest.mark.parametrize("call, handle", [
    ('lib::print("hi!")', 1), ('lib::write(0x11, "hi!")', 0x11)])
def test_writing_hands_over_a_slice(call, handle):
    golden, code, calls = run_user(f"return {call};", {2: 3})
    assert code == 3
    assert calls[0][:2] == (2, handle)
    pointer, length, capacity = slice_at(golden, calls[0][2])
    assert (length, capacity) == (3, 3)
    assert [int(word) for word in golden.memory[pointer:pointer + 3]] == [ord(c) for c in "hi!"]


@pytest.mark.parametrize("call, handle", [("lib::input(s)", 2), ("lib::read(0x11, s)", 0x11)])
def test_reading_hands_over_a_slice(call, handle):
    golden, code, calls = run_user(
        f"var b: byte[9]; var s: string = b; len s = 4; return {call};", {1: -1})
    assert code == 0xFFFFFFFF
    assert calls[0][:2] == (1, handle)
    assert slice_at(golden, calls[0][2])[1:] == (4, 9)


@pytest.mark.parametrize("call, number, name", [
    ('lib::open("notes.txt")', 3, "notes.txt"),
    ('lib::create("x")', 5, "x"),
    (r'lib::open("cut\0off")', 3, "cut"),
    ('lib::open("")', 3, ""),
])
def test_names_are_ended_by_a_zero(call, number, name):
    golden, code, calls = run_user(f"return {call};", {number: 0x10})
    assert code == 0x10
    assert calls[0][0] == number
    assert text_at(golden, calls[0][1]) == name
    if number == 3:
        assert calls[0][2] == 0  # the mode


@pytest.mark.parametrize("length, calls", [(255, 1), (256, 0)])
def test_names_that_are_too_long_are_refused(length, calls):
    body = f"var n: byte[{length}] = ['n'; {length}]; return lib::open(n);"
    golden, code, made = run_user(body, {3: 0x10})
    assert len(made) == calls
    assert code == (0x10 if calls else 0xFFFFFFFF)
    if made:
        assert text_at(golden, made[0][1]) == "n" * 255


@pytest.mark.parametrize("answer, result", [(0, 0), (-1, 0)])
def test_display_is_opened_by_the_kernel(answer, result):
    body = """var fb = display::open(320, 200);
        return <unsafe byte>fb.pixels + fb.width + fb.height;"""
    _, code, calls = run_user(body, {9: answer})
    assert (code, calls[0][0], calls[0][2:]) == (result, 9, (320, 200))


def test_console_is_never_false():
    body = """var b: byte[4];
        return (std::console::print("x") ? 1 : 0) + (std::console::input(b) ? 2 : 0);"""
    assert run_user(body, {1: -1, 2: -1})[1] == 3


def test_waiting_yields():
    body = """var word = 3; var p = <unsafe * byte>0x2ffff;
        std::wait_while(p, 0); std::wait_while(&word, 4); return *p;"""
    _, code, calls = run_user("lib::yield(); " + body)
    assert (code, len(calls)) == (1, 1)


def test_heap_is_where_the_kernel_has_it():
    assert run_user("return <unsafe byte>(new byte);")[1] == 0xA003


def test_handles_and_errors_have_their_numbers():
    assert run_user("""return lib::handle::output == 1 && lib::handle::input == 2
        && lib::error::GENERIC_ERROR == -1 && lib::support::CLOCK_NOW_SYSCALL == 14;""")[1] == 1
