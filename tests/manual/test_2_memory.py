"""Manual, section 2: memory, on hardware and golden model together."""

import pytest

from isa import encode
from isa.machine import PROGRAM, Reason
from sim.lockstep import Lockstep
from tests.support.lockstep import run_qasm
from tests.support.programs import DEFAULT, FULL, NO_FPU, fault_of, load, run_process, store

RAM = 0x400000


def row(address, *more):
    return pytest.param(address, *more, marks=pytest.mark.manual(f"2.1 {address}"))


@pytest.mark.parametrize("place, offset, expected", [
    row("0x0000", 1, 0x45), row("0x0100", 1, 0x302), row("0x0200", 0, 7), row("0x0300", 4, 253),
    row("0x1000", 0, encode("constant", d=58)),
])
def test_what_lies_where(place, offset, expected):
    run = run_qasm(f"{load(20, int(place, 0) + offset)}\nhalt")
    assert run.registers[20] == expected


@pytest.mark.manual("2.2")
def test_ram_reads_0_after_reset_up_to_its_last_word():
    places = [0x1FF, 0x2FF, 0x700, 0xFFF, 0x1800, 0x123456, RAM // 2, RAM - 1]
    run = run_qasm("".join(load(20 + n, at) for n, at in enumerate(places)) + "halt")
    assert run.registers[20:20 + len(places)] == (0,) * len(places)
    assert not any(run.words(PROGRAM + 0x100, RAM - PROGRAM - 0x100))


@pytest.mark.manual("2.2")
def test_a_new_program_finds_memory_cleared():
    machine = Lockstep()
    for value in (5, 0):
        machine.load([encode("constant", d=1), 0x3000, encode("load", d=2, s0=1),
                      encode("store", d=1, s0=1), encode("halt")])
        machine.run(1000)
        assert machine.registers().general[2] == 0
    machine.close()


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("2.2")
@pytest.mark.manual("2.5")
def test_ram_may_be_smaller():
    last = NO_FPU.ram_words - 1
    run = fault_of(f"{store(last, 7)}{load(20, last)}{load(21, last + 1)}", config=NO_FPU)
    assert run.registers[20] == 7
    assert run.registers[60] == Reason.OUT_OF_BOUNDS


@pytest.mark.manual("2.3")
@pytest.mark.parametrize("where", [0x49, 0xFF, 0x1F0, 0x20F, 0x2F0, 0x604, 0xC00, 0xFF8])
def test_free_low_memory_is_ram_and_may_hold_code(where):
    run = run_qasm(f"""
        {store(where, encode("constant", d=7))}
        {store(where + 1, 0x4321)}
        {store(where + 2, encode("jmp", s0=10))}
        {load(20, where + 1)}
        constant r10 @back
        constant r1 {where}
        jmp r1
    @back:
        halt""")
    assert run.registers[7] == run.registers[20] == 0x4321


@pytest.mark.manual("2.3")
def test_low_memory_lies_behind_the_windows_of_all_devices_too():
    run = run_qasm(f"{store(0x618, 5)}{load(20, 0x618)}halt", config=FULL)
    assert run.registers[20] == 5


@pytest.mark.manual("2.4")
def test_a_program_begins_at_its_first_word():
    run = run_qasm("mov r1 ip\nhalt\nconstant r1 0")
    assert run.registers[1] == 0x1000


OUTSIDE = [RAM, RAM + 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


@pytest.mark.manual("2.5")
@pytest.mark.manual("3.8 4")
@pytest.mark.parametrize("address", OUTSIDE)
@pytest.mark.parametrize("access", ["load r20 r1", "store r1 r2", "jmp r1"])
def test_an_access_behind_the_end_of_ram_is_out_of_bounds(access, address):
    run = fault_of(f"constant r20 3\nconstant r1 {address}\n@it:\n{access}")
    at = address if access.startswith("jmp") else run.symbols["it"]
    assert run.registers[60:62] == (Reason.OUT_OF_BOUNDS, at)
    assert run.registers[20] == 3


@pytest.mark.manual("2.5")
def test_the_last_word_of_ram_can_be_read_written_and_run():
    run = fault_of(f"""
        {store(RAM - 1, encode("mov", d=20, s0=64))}
        {load(21, RAM - 1)}
        constant r1 {RAM - 1}
        jmp r1""")
    assert run.registers[20:22] == (RAM - 1, encode("mov", d=20, s0=64))
    assert run.registers[60:62] == (Reason.OUT_OF_BOUNDS, RAM)


@pytest.mark.manual("2.5")
def test_a_constant_in_the_last_word_has_no_second_word():
    run = fault_of(f"{store(RAM - 1, encode('constant', d=20))}\nconstant r1 {RAM - 1}\njmp r1")
    assert run.registers[60:62] == (Reason.OUT_OF_BOUNDS, RAM - 1)
    assert run.registers[20] == 0


@pytest.mark.manual("2.5")
def test_physical_addresses_are_checked_behind_a_page_table_too():
    for body, at in (("load r20 r1", 0x600001), ("store r1 r1", 0x600001)):
        run = run_process(f"constant r1 {at}\n@it:\n{body}", (0x600000, RAM - 1, 4, 7))
        assert run.registers[60:62] == (Reason.OUT_OF_BOUNDS, run.symbols["it"])


@pytest.mark.manual("2.6")
@pytest.mark.parametrize("nops", range(4))
@pytest.mark.parametrize("new", [encode("mov", d=5, s0=1), encode("constant", d=5)])
def test_a_store_changes_the_instructions_behind_it(nops, new):
    run = run_qasm(f"""
        constant r1 @there
        constant r2 {new}
        store r1 r2
        {chr(10).join(["nop"] * nops)}
    @there:
        halt
        halt
        halt""")
    assert run.registers[5] == (run.symbols["there"] if new >> 24 == 4 else encode("halt"))


@pytest.mark.manual("2.6")
def test_the_second_word_of_the_next_instruction_can_be_changed():
    run = run_qasm("""
        constant r1 @there
        constant r2 1
        add r1 r1 r2
        store r1 r1
    @there:
        constant r5 0
        halt""")
    assert run.registers[5] == run.symbols["there"] + 1


@pytest.mark.manual("2.6")
def test_code_is_changed_through_another_mapping_of_it():
    run = run_process(f"""
        constant r1 @there
        constant r2 {0x700000 - PROGRAM}
        add r1 r1 r2
        constant r2 {encode("constant", d=5)}
        store r1 r2
    @there:
        nop
        nop
        nop""", (0x700000, PROGRAM, 0x1000, 7), config=DEFAULT)
    assert run.registers[5] == encode("nop")
