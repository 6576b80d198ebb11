"""Manual, section 3: interrupts and faults, on hardware and golden model together."""

import dataclasses
import random

import pytest

from isa import encode
from isa.config import Compat, MachineConfig
from isa.machine import PROGRAM, Reason, window_addresses
from isa.trace import Kind, Stop
from sim.golden import Golden
from sim.host.disk import Disk
from sim.host.hosts import Debugger, Hosts
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import Status
from tests.support.lockstep import run_qasm
from tests.support.programs import (
    FULL,
    TABLE,
    enter,
    fault_of,
    handlers,
    load,
    poke,
    run_process,
    store,
    wait_while,
)
from toolchain.qasm import assemble
from toolchain.source import Source

WINDOWS = window_addresses(FULL.peripherals)
TIMER   = WINDOWS["timer"]
RETURN  = "constant r0 0\nint r0\n"
BAD     = "word 0xFF000000\n"

ACKNOWLEDGE = store(WINDOWS["serial"] + 1, 0)


def row(table, cell, *more):
    return pytest.param(cell, *more, marks=pytest.mark.manual(f"{table} {cell}"))


def spin(count):
    """Some instructions that take a while."""
    return f"""
        constant r55 {count}
        constant r54 1
        sub r55 r55 r54
        constant r53 -3
        rjnz r55 r53
    """


class Breaking(Debugger):
    """Wants one break."""

    def __init__(self):
        super().__init__()
        self.wants = 1

    def wants_break(self):
        self.wants, wanted = 0, self.wants
        return bool(wanted)


# --- the words -----------------------------------------------------------------------------------

@pytest.mark.parametrize("address, after_reset", [
    row("3.1", "0x00", 1), row("3.1", "0x01", 0x45), row("3.1", "0x02", 0), row("3.1", "0x42", 0),
    row("3.1", "0x43", 0), row("3.1", "0x44", 3), row("3.1", "0x45", 0),
])
def test_the_words_are_there_after_reset(address, after_reset):
    run = run_qasm(f"{load(20, int(address, 0))}\nhalt")
    assert run.registers[20] == after_reset


@pytest.mark.manual("3.1 0x02")
@pytest.mark.manual("3.1 0x42")
@pytest.mark.manual("3.1 0x43")
@pytest.mark.manual("3.1 0x44")
@pytest.mark.manual("3.1 0x45")
def test_every_word_keeps_what_is_stored():
    """From 0x01 to 0x48, a value of its own in each; then all of them are read."""
    body = "".join(store(at, 0x5000 + at) for at in range(1, 0x49))
    check = "".join(load(20, at) + f"constant r21 {0x5000 + at}\nsub r20 r20 r21\nor r22 r22 r20\n"
                    for at in range(1, 0x49))
    assert run_qasm(body + check + "halt").registers[22] == 0


@pytest.mark.manual("3.1 0x00")
@pytest.mark.parametrize("value, taken", [(0, 0), (1, 1), (2, 1), (0x80000000, 1)])
def test_anything_but_0_lets_interrupts_in(value, taken):
    run = run_qasm(f"{handlers({3: '@three'})}{store(0, value)}constant r1 3\nint r1\nhalt\n"
                   "@three:\nconstant r20 1\nhalt")
    assert run.registers[20] == taken


@pytest.mark.manual("3.2")
@pytest.mark.parametrize("config, highest", [(MachineConfig(), 3), (FULL, 4)])
def test_the_highest_number_is_that_of_the_fitted_peripherals(config, highest):
    assert run_qasm(f"{load(20, 0x44)}halt", config=config).registers[20] == highest


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.2")
@pytest.mark.manual("6.1 timer")
@pytest.mark.manual("6.1 debug break")
@pytest.mark.manual("6.1 serial")
def test_each_source_has_its_number():
    hosts = Hosts(serial=Serial(Terminal(b"x", None)), debugger=Breaking())
    run = run_qasm(f"""
        {handlers({1: "@fault", 2: "@timer", 3: "@break", 4: "@serial"})}
        {store(TIMER, 40)}
        constant r10 0x5000
    @loop:
        load r1 r10
        constant r2 15
        sub r3 r1 r2
        constant r4 @loop
        jnz r3 r4
        {BAD}
        halt
    @timer:
        {store(TIMER, 0)}
        constant r1 1
        constant r2 @note
        jmp r2
    @break:
        constant r1 6
        constant r2 @note
        jmp r2
    @serial:
        {ACKNOWLEDGE}
        constant r1 8
    @note:
        constant r3 0x5000
        load r4 r3
        or r4 r4 r1
        store r3 r4
        {RETURN}
    @fault:
        {load(20, 0x5000)}
        {load(21, 0x43)}
        halt
    """, config=FULL, hosts=hosts, budget=400_000)
    assert run.registers[20:22] == (15, Reason.INVALID_INSTRUCTION)
    assert sorted(run.codes(Kind.INTERRUPT)) == [2, 3, 4]


@pytest.mark.manual("3.2")
def test_a_program_may_raise_any_number():
    for number in (1, 2, 3, 4, 0x80, 0xBA):
        run = run_qasm(f"{store(0x44, 0xFF)}{handlers({number: '@it'})}"
                       f"constant r1 {number}\nint r1\nhalt\n@it:\nconstant r20 1\nhalt")
        assert run.registers[20] == 1, number


# --- taking --------------------------------------------------------------------------------------

@pytest.mark.manual("3.3.1")
def test_a_masked_int_does_nothing():
    run = run_qasm(f"{handlers({3: '@three'})}{store(0, 0)}constant r1 3\nint r1\n"
                   f"constant r1 0x1000\nint r1\nconstant r20 7\n{load(21, 2)}halt\n"
                   "@three:\nhalt")
    assert run.registers[20:22] == (7, 0)
    assert run.codes(Kind.FAULT) == []


@pytest.mark.manual("3.3.1")
@pytest.mark.manual("3.8")
def test_interrupt_1_is_not_masked():
    run = run_qasm(f"{handlers({1: '@one'})}{store(0, 0)}constant r1 1\nint r1\nhalt\n"
                   f"@one:\n{load(20, 0x42)}{load(21, 0x43)}constant r22 1\nhalt")
    assert run.registers[20:23] == (0, 0, 1)  # nothing saved, no reason: it is no fault


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.3.1")
@pytest.mark.manual("3.4")
def test_one_of_each_kind_waits_while_masked_and_the_lowest_comes_first():
    hosts = Hosts(serial=Serial(Terminal(b"ab", None)))
    run = run_qasm(f"""
        {handlers({2: "@back", 4: "@serial"})}
        {store(0, 0)}
        {store(TIMER, 20)}
        constant r1 60000       ; many ticks, and both octets
        constant r2 1
        constant r3 @loop
    @loop:
        sub r1 r1 r2
        jnz r1 r3
        {store(TIMER, 0)}
        {store(0, 1)}
    @here:
        nop
        nop
        nop
        halt
    @serial:
        {ACKNOWLEDGE}
    @back:
        {RETURN}
    """, config=FULL, hosts=hosts, budget=400_000)
    # A store to the timer takes back what it has raised in the same cycle, nothing older.
    assert run.codes(Kind.INTERRUPT) == [2, 4, 4]
    assert [int(ip) for ip in run.rows(Kind.INTERRUPT)[:2, 1]] == [run.symbols["here"]] * 2


@pytest.mark.manual("3.3.2")
@pytest.mark.manual("3.8 5")
@pytest.mark.parametrize("number", [4, 9, 0x80, 0x80000000, 0xFFFFFFFF])
def test_a_number_above_the_highest_is_an_invalid_interrupt(number):
    run = fault_of(f"constant r1 {number}\n@it:\nint r1\nhalt")
    assert run.registers[60:62] == (Reason.INVALID_INTERRUPT, run.symbols["it"])


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.3.2")
@pytest.mark.manual("3.8 5")
def test_a_peripherals_number_above_the_highest_is_a_fault_of_the_next_instruction():
    run = fault_of(f"{store(0x44, 1)}{store(0, 0)}{store(TIMER, 5)}{spin(100)}{store(0, 1)}"
                   "@here:\nnop\nhalt", config=FULL)
    assert run.registers[60:62] == (Reason.INVALID_INTERRUPT, run.symbols["here"])


@pytest.mark.manual("3.3.2")
@pytest.mark.parametrize("number, reason", [
    (0x400000 - 0x45, 4), (0xFFFFFFBA, 4), (0xFFFFFFBB, 4), (0xFFFFFFFF, 4),
    (0x400000 - 0x46, None),  # the last word of RAM, which is 0
])
def test_a_handlers_word_behind_the_end_of_ram_is_out_of_bounds(number, reason):
    run = fault_of(f"{store(0x44, -1)}constant r1 {number}\n@it:\nint r1\nconstant r20 5")
    if reason:
        assert run.registers[60:62] == (reason, run.symbols["it"])
        assert run.registers[20] == 0
    else:
        assert run.registers[20] == 5


@pytest.mark.manual("3.3.2")
def test_an_int_without_handler_does_nothing_and_a_fault_without_handler_stops():
    run = run_qasm(f"{handlers({3: 0})}constant r1 3\nint r1\nconstant r1 2\nint r1\n"
                   f"constant r20 5\n{load(21, 0)}{BAD}")
    assert run.registers[20:22] == (5, 1)
    assert run.stop.stop == Stop.NO_HANDLER


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.3.2")
def test_a_peripherals_interrupt_without_handler_is_dropped():
    run = run_qasm(f"{store(TIMER, 5)}{spin(100)}{store(TIMER, 0)}{handlers({2: '@two'})}"
                   "nop\nnop\nhalt\n@two:\nconstant r20 1\nhalt", config=FULL)
    assert run.registers[20] == 0
    assert set(run.codes(Kind.INTERRUPT)) == {2}


@pytest.mark.manual("3.3.3")
@pytest.mark.manual("5.1")
def test_a_handler_runs_masked_and_with_physical_addresses():
    run = run_process(f"""
        constant r1 3
        int r1
        halt
    @three:
        {load(20, 0)}
        {load(21, 0x20000)}       ; not mapped for the process
        halt
    """, before=handlers({3: "@three"}) + store(0x20000, 0x777))
    assert run.registers[20:22] == (0, 0x777)


SAVED = "".join(f"constant r{n} {0x100 + n}\n" for n in range(64) if n not in (1, 58, 59))


@pytest.mark.manual("3.3.4")
@pytest.mark.manual("3.3.5")
@pytest.mark.parametrize("cause, offset", [
    ("int r1", 1), (BAD, 0), ("load r5 r5", 0), ("store r1 r1\nstore r5 r5", 1),
])
def test_registers_and_ip_are_saved_and_the_live_ones_unchanged(cause, offset):
    check = "".join(f"constant r1 {2 + n}\nload r1 r1\nsub r1 r1 r{n}\nor r0 r0 r1\n"
                    for n in range(2, 64) if n not in (58, 59))
    run = run_qasm(f"""
        {handlers({1: "@handler", 3: "@handler"})}
        {SAVED}
        constant r5 0x80000000
        constant r1 3
    @it:
        {cause}
        halt
        halt
    @handler:
        constant r0 0
        {check}
        constant r1 2
        load r1 r1              ; saved r0
        constant r2 0x42
        load r2 r2
        halt""")
    assert run.registers[0:2] == (0, 0x100)
    assert run.registers[2] == run.symbols["it"] + offset


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.3.4")
@pytest.mark.manual("3.4")
def test_for_a_peripheral_the_next_instruction_is_saved():
    run = run_qasm(f"""
        {handlers({2: "@two"})}
        {store(0, 0)}
        {store(TIMER, 5)}
        {spin(100)}
        {store(0, 1)}
    @here:
        constant r1 5
        halt
    @two:
        {load(20, 0x42)}
        halt""", config=FULL)
    assert run.registers[20] == run.symbols["here"]
    assert run.registers[1] == 0


# --- returning -----------------------------------------------------------------------------------

@pytest.mark.manual("3.5")
def test_a_return_brings_65_words_back_and_clears_them():
    check = "".join(load(57, at) + "or r56 r56 r57\n" for at in range(2, 0x43))
    values = {2 + n: 0x7000 + n for n in range(64)}
    run = run_qasm(f"""
        {poke(values)}
        {store(0x42, "@there")}
        {store(0, 0)}
        constant r1 0
        int r1
        halt
    @there:
        halt
    """)
    assert run.registers == tuple(0x7000 + n for n in range(64))
    run = run_qasm(f"{poke(values)}{store(0x42, '@there')}{store(0, 0)}constant r1 0\nint r1\n"
                   f"@there:\nconstant r56 0\n{check}{load(55, 0)}halt")
    assert run.registers[55:57] == (1, 0)


@pytest.mark.manual("3.5")
def test_a_return_needs_no_interrupt_before_it_and_turns_translation_on():
    run = run_qasm(f"{poke({TABLE: 0})}{enter('@process', MachineConfig())}@process:\nhalt")
    assert (run.stop.stop, run.stop.reason) == (Stop.NO_HANDLER, Reason.MEMORY_FAULT)


@pytest.mark.manual("3.6")
@pytest.mark.manual("3.8 5")
@pytest.mark.parametrize("masked", [0, 1])
def test_a_return_to_ip_0_is_an_invalid_interrupt(masked):
    run = fault_of(f"{store(7, 0x55)}{store(0, masked)}constant r1 0\n@it:\nint r1\nhalt")
    assert run.codes(Kind.FAULT) == [Reason.INVALID_INTERRUPT]
    assert int(run.rows(Kind.FAULT)[0, 1]) == run.symbols["it"]
    assert run.registers[60] == Reason.INVALID_INTERRUPT


# --- wait ----------------------------------------------------------------------------------------

WAITING = f"""
    {handlers({2: "@two"})}
    {store(TIMER, 20)}
@first:
    wait
    constant r20 1
@second:
    wait
    halt
@two:
    constant r3 0x5000
    load r4 r3
    constant r5 1
    add r4 r4 r5
    store r3 r4
"""


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.7")
def test_a_wait_sleeps_until_an_interrupt_and_again_after_it():
    run = run_qasm(WAITING + RETURN, config=FULL, budget=5000, expected=Status.RUNNING)
    ips = {int(ip) for ip in run.rows(Kind.INTERRUPT)[:, 1]}
    assert ips == {run.symbols["first"]}
    assert len(run.rows(Kind.INTERRUPT)) > 5 and run.registers[20] == 0


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.7")
def test_a_handler_that_adds_1_wakes_the_sleeper():
    run = run_qasm(f"{WAITING}{load(4, 0x42)}add r4 r4 r5\nstore r58 r4\n{RETURN}", config=FULL)
    assert [int(ip) for ip in run.rows(Kind.INTERRUPT)[:, 1]] == \
        [run.symbols["first"], run.symbols["second"]]
    assert run.registers[20] == 1


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.7")
def test_a_masked_wait_never_ends():
    run = run_qasm(f"{handlers({2: '@two'})}{store(TIMER, 5)}{store(0, 0)}@it:\nwait\nhalt\n"
                   "@two:\nhalt", config=FULL, expected=Status.STUCK)
    assert run.ip == run.symbols["it"]


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.7")
@pytest.mark.manual("5.1")
def test_a_wait_behind_a_page_table_is_woken_too():
    run = run_process("@it:\nwait\nhalt\n@two:\nconstant r20 9\n" + load(21, 0x42) + "halt",
                      before=handlers({2: "@two"}) + store(TIMER, 50), config=FULL)
    assert run.registers[20:22] == (9, run.symbols["it"])


# --- faults --------------------------------------------------------------------------------------

FAULTS = {  # what faults, its reason, and where: at the instruction, or at the address jumped to
    "opcode":     (BAD, 1),
    "field":      ("word 0x06400102\n", 1),
    "load":       ("load r20 r10\n", 4),
    "store":      ("store r10 r20\n", 4),
    "fetch":      ("jmp r10\n", 4),
    "second":     ("jmp r11\n", 4),
    "number":     ("int r10\n", 5),
    "return":     ("int r12\n", 5),
}
SETUP = f"""
    constant r10 0x400000
    constant r11 0x3FFFFF
    constant r13 {encode("constant", d=20)}
    store r11 r13
"""


@pytest.mark.parametrize("name, reason", [
    pytest.param(name, reason, marks=pytest.mark.manual(f"3.8 {reason}"))
    for name, (_, reason) in FAULTS.items()])
def test_a_fault_tells_its_reason(name, reason):
    run = fault_of(f"{SETUP}\n@it:\n{FAULTS[name][0]}halt")
    where = {"fetch": 0x400000, "second": 0x3FFFFF}.get(name, run.symbols["it"])
    assert run.codes(Kind.FAULT) == [reason]
    assert run.registers[60] == reason
    assert int(run.rows(Kind.FAULT)[0, 1]) == where


@pytest.mark.manual("3.8 3")
@pytest.mark.parametrize("body, where", [
    ("load r20 r1", None), ("store r1 r20", None), ("jmp r1", 0x600000),
    ("jmp r2", 0x500007),
])
def test_what_is_not_mapped_is_a_memory_fault_at_every_stage(body, where):
    run = run_process(f"constant r1 0x600000\nconstant r2 0x500007\n@it:\n{body}",
                      (0x500000, 0x5000, 8, 9), before=store(0x5007, encode("constant", d=20)))
    assert run.registers[60:62] == (Reason.MEMORY_FAULT, where or run.symbols["it"])


@pytest.mark.manual("3.8")
@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("number", "return")])
def test_a_fault_ignores_the_mask(name):
    run = run_qasm(f"{handlers({1: '@it'})}{SETUP}{store(0, 0)}{FAULTS[name][0]}halt\n"
                   f"@it:\n{load(20, 0x43)}halt")
    assert run.registers[20] == FAULTS[name][1]


@pytest.mark.manual("3.9")
@pytest.mark.parametrize("name", [name for name in FAULTS if name != "return"])
def test_an_instruction_that_faults_has_no_effect(name):
    values = "".join(f"constant r{n} {0x900 + n}\n" for n in range(14, 58))
    run = fault_of(f"{SETUP}{values}constant r20 0x920\nconstant r58 0\nconstant r59 0\n"
                   f"{FAULTS[name][0]}halt")
    expected = [0x900 + n for n in range(14, 58)]
    expected[6] = 0x920
    assert list(run.registers[14:58]) == expected
    changed = [at for at, word in enumerate(run.words(0x2000, 0x3FE000), 0x2000) if word]
    assert changed == [0x3FFFFF]  # what SETUP stored


@pytest.mark.manual("3.10")
@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("number", "return")])
def test_a_fault_in_a_handler_returns_to_what_was_interrupted_first(name):
    run = run_qasm(f"""
        {handlers({1: "@fault", 3: "@three"})}
        {SETUP}
        constant r20 0x111
        constant r1 3
        int r1
    @back:
        halt
    @three:
        constant r20 0x222
        {FAULTS[name][0]}
        constant r20 0x333
        halt
    @fault:
        {load(30, 0x42)}
        {store(0x5000, 0)}
        store r58 r30
        {RETURN}""")
    assert run.registers[20] == 0x111
    assert run.words(0x5000) == run.symbols["back"]
    assert run.stop.ip == run.symbols["back"]


# --- the frame, by programs and by devices -------------------------------------------------------

@pytest.mark.manual("3.1 0x02")
@pytest.mark.manual("3.1 0x42")
@pytest.mark.manual("3.3.4")
@pytest.mark.manual("3.5")
@pytest.mark.parametrize("seed", range(8))
def test_frame_and_registers_are_two_things_whatever_is_done_to_them(seed):
    """Loads and stores of the frame, changes of registers, calls and returns in any order."""
    rng = random.Random(seed)
    lines, depth, calls = [], 0, []
    for n in range(150):
        kind = rng.random()
        register, word = rng.choice(range(2, 56)), rng.randrange(2, 0x42)
        if kind < 0.3:
            lines.append(f"constant r57 {word}\nload r{register} r57")
        elif kind < 0.6:
            lines.append(f"constant r57 {word}\nstore r57 r{register}")
        elif kind < 0.85:
            lines.append(f"add r{register} r{rng.choice(range(2, 56))} r{register}")
        elif depth == 0:  # a call whose handler is the next line
            label = f"@in{n}"
            lines.append(f"{store(0x48, label)}constant r1 3\nint r1\nhalt\n{label}:")
            depth = 1
        else:             # a return to the next line
            label = f"@out{n}"
            lines.append(f"{store(0x42, label)}constant r1 0\nint r1\nhalt\n{label}:")
            depth = 0
            calls.append(label)
    setup = "".join(f"constant r{n} {rng.getrandbits(32)}\n" for n in range(2, 56))
    run = run_qasm(setup + "\n".join(lines) + "\nhalt")
    assert run.stop.stop == Stop.HALT
    assert len(calls) > 3


BLOCK = WINDOWS["block"]
SECTOR = [0xAB000000 + at for at in range(2, 0x82)]


def transfer(command, address, wait=True):
    text = (store(BLOCK + 2, 0) + store(BLOCK + 3, 1) + store(BLOCK + 4, address)
            + store(BLOCK, command))
    return text + (wait_while(BLOCK + 1, 1) if wait else "")


def disk_of(words):
    octets = b"".join(word.to_bytes(4, "little") for word in words)
    return Disk(octets.ljust(1024, b"\0"))


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.1 0x02")
@pytest.mark.manual("3.1 0x42")
@pytest.mark.manual("3.1 0x43")
@pytest.mark.manual("3.1 0x44")
@pytest.mark.manual("6.17")
def test_a_device_writes_the_words_of_the_interrupt_table():
    check = "".join(f"{load(20, at)}constant r21 {0xAB000000 + at}\nsub r20 r20 r21\n"
                    "or r22 r22 r20\n" for at in range(2, 0x82))
    run = run_qasm(transfer(1, 2) + check + "halt", config=FULL,
                   hosts=Hosts(disk=disk_of(SECTOR)))
    assert run.registers[22] == 0


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.1 0x02")
@pytest.mark.manual("3.1 0x42")
@pytest.mark.manual("3.3.4")
@pytest.mark.manual("6.17")
def test_a_device_reads_the_saved_registers():
    values = "".join(f"constant r{n} {0x7700 + n}\n" for n in range(2, 56))
    disk = disk_of([])
    run = run_qasm(f"{handlers({3: '@three'})}{values}constant r1 3\nint r1\nhalt\n@three:\n"
                   + transfer(2, 2) + load(20, 0x42) + "halt", config=FULL,
                   hosts=Hosts(disk=disk))
    words = [int.from_bytes(disk.octets()[4 * n:4 * n + 4], "little") for n in range(128)]
    assert words[2:56] == [0x7700 + n for n in range(2, 56)]
    assert words[64] == run.registers[20] == run.symbols["three"] - 1


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.1 0x02")
@pytest.mark.manual("3.3.4")
@pytest.mark.manual("3.5")
@pytest.mark.manual("6.17")
@pytest.mark.parametrize("command", [1, 2])
@pytest.mark.parametrize("delay", [0, 3, 20])
def test_a_device_and_calls_and_returns_use_the_frame_at_once(command, delay):
    """The handler's address and the highest number stay as they are, by what the disk holds; so
    that calls and returns go on while words of the frame change under them."""
    words = list(SECTOR)
    words[0x44 - 2], words[0x43 - 2] = 3, 5
    words[0x42 - 2] = 0x5A5A
    words[0x45 - 2:0x49 - 2] = [0, PROGRAM + 3, 0, PROGRAM + 3]
    run = run_qasm(f"""
        constant r3 @start
        jmp r3
    @handler:
        {load(20, 0x10)}
        {load(21, 0x42)}
        {store(0x21, 7)}
        {store(0x42, "@again")}
        {store(2 + 30, "@loop")}
        constant r1 0
        int r1
    @start:
        {handlers({1: "@handler", 3: "@handler"})}
        {store(0x42, "@again")}
        {transfer(command, 2, wait=False)}
        {chr(10).join(["nop"] * delay)}
    @again:
        constant r1 3
        int r1
    @loop:
        {load(22, BLOCK + 1)}
        constant r1 1
        sub r22 r22 r1
        constant r23 @again
        jz r22 r23
        halt
    """, config=FULL, hosts=Hosts(disk=disk_of(words)),
        expected=None)
    assert len(run.rows(Kind.DEVICE)) > 60  # words moved meanwhile


# --- where interrupts are lost while masked ------------------------------------------------------

MASKED_TICK = f"""
    {handlers({2: "@tick"})}
    {store(0, 0)}
    {store(TIMER, 5)}
    {spin(40)}
    {store(TIMER, 0)}
    {store(0, 1)}
    nop
    nop
    nop
    halt
@tick:
    constant r20 1
    halt"""


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.11", "7.1")
@pytest.mark.parametrize("compat, taken", [(Compat.NONE, 1), (Compat.QUINIX, 0)])
def test_a_masked_interrupt_waits_or_is_lost(compat, taken):
    config = dataclasses.replace(FULL, compat=compat)
    run = run_qasm(MASKED_TICK, config=config)
    assert run.registers[20] == taken


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("3.11")
def test_one_that_comes_unmasked_is_taken_all_the_same():
    config = dataclasses.replace(FULL, compat=Compat.QUINIX)
    run = run_qasm(f"""
        {handlers({2: "@tick"})}
        {store(0, 0)}
        {store(TIMER, 5)}
        {spin(40)}
        {store(0, 1)}
        wait
    @tick:
        constant r20 1
        halt""", config=config, budget=1_000_000)
    assert run.registers[20] == 1


@pytest.mark.manual("3.11", "7.1")
@pytest.mark.parametrize("compat, taken", [(Compat.NONE, 1), (Compat.QUINIX, 0)])
@pytest.mark.parametrize("compiled", [False, True])
def test_the_model_alone_keeps_or_loses_it_too(compat, taken, compiled):
    config = dataclasses.replace(FULL, compat=compat)
    golden = Golden(config, compiled=compiled)
    golden.load(assemble([Source("t", MASKED_TICK)]).words)
    golden.run(1_000_000)
    assert golden.registers().general[20] == taken


@pytest.mark.manual("7.2")
def test_a_return_to_ip_0_saves_the_address_of_the_int():
    run = fault_of("constant r1 0\n@it:\nint r1\nhalt")
    assert run.registers[60:62] == (Reason.INVALID_INTERRUPT, run.symbols["it"])
