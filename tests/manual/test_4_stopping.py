"""Manual, section 4: stopping for good, on hardware and golden model together."""

import pytest

from isa.machine import Reason
from isa.trace import Kind, Stop
from sim.lockstep import Lockstep
from sim.machine import Status
from tests.support.lockstep import run_qasm
from tests.support.programs import handlers, load, store
from toolchain.qasm import assemble
from toolchain.source import Source

BAD    = "word 0xFF000000\n"
RETURN = "constant r0 0\nint r0\n"

pytestmark = pytest.mark.manual("4.1")


def test_halt_stops_for_good():
    machine = Lockstep()
    machine.load(assemble([Source("t", "constant r0 3\nhalt\nconstant r0 4\nhalt")]).words)
    for _ in range(3):
        assert machine.run(1000) is Status.STOPPED
    assert machine.registers().general[0] == 3
    assert machine.instructions == 2
    machine.close()


def test_a_fault_without_handler_stops():
    run = run_qasm(f"constant r0 7\n@it:\n{BAD}constant r0 8\nhalt")
    assert (run.stop.stop, run.stop.reason) == (Stop.NO_HANDLER, Reason.INVALID_INSTRUCTION)
    assert (run.stop.ip, run.registers[0]) == (run.symbols["it"], 7)


def test_a_fault_with_the_highest_number_0_has_no_handler():
    run = run_qasm(f"{handlers({1: '@one'})}{store(0x44, 0)}{BAD}@one:\nhalt")
    assert run.stop.stop == Stop.NO_HANDLER


@pytest.mark.parametrize("second, reason", [
    (BAD, 1), ("word 0x06400102\n", 1), ("load r1 r2\n", 4), ("store r2 r1\n", 4), ("jmp r2\n", 4),
])
def test_a_fault_in_a_faults_handler_stops_from_every_stage(second, reason):
    run = run_qasm(f"{handlers({1: '@one'})}constant r2 0x80000000\n{BAD}halt\n@one:\n"
                   f"{second}constant r0 5\nhalt")
    assert (run.stop.stop, run.stop.reason) == (Stop.DOUBLE_FAULT, reason)
    assert run.codes(Kind.FAULT) == [1, reason]


def test_a_fault_in_another_handler_is_no_double_fault():
    run = run_qasm(f"{handlers({1: '@one', 3: '@three'})}constant r1 3\nint r1\n@back:\nhalt\n"
                   f"@three:\n{BAD}halt\n@one:\n{RETURN}")
    assert (run.stop.stop, run.stop.ip) == (Stop.HALT, run.symbols["back"])


def test_unmasking_does_not_end_a_faults_handler():
    run = run_qasm(f"{handlers({1: '@one'})}{BAD}halt\n@one:\n{store(0, 1)}{BAD}")
    assert run.stop.stop == Stop.DOUBLE_FAULT


def test_a_software_interrupt_in_it_does_not_end_it_either():
    run = run_qasm(f"{handlers({1: '@one', 3: '@three'})}{BAD}halt\n@one:\n{store(0, 1)}"
                   f"constant r1 3\nint r1\nhalt\n@three:\n{BAD}")
    assert run.stop.stop == Stop.DOUBLE_FAULT


def test_the_return_ends_it():
    run = run_qasm(f"{handlers({1: '@one'})}{BAD}@second:\n{BAD}halt\n@one:\n"
                   f"{load(10, 0x42)}constant r11 1\nadd r10 r10 r11\nstore r58 r10\n{RETURN}")
    assert run.stop.stop == Stop.HALT
    assert run.codes(Kind.FAULT) == [1, 1]


def test_the_second_word_of_a_constant_can_be_the_second_fault():
    run = run_qasm(f"{handlers({1: '@one'})}{BAD}@one:\nconstant r1 0x3FFFFF\n"
                   "constant r2 0x05010000\nstore r1 r2\njmp r1")
    assert (run.stop.stop, run.stop.reason) == (Stop.DOUBLE_FAULT, Reason.OUT_OF_BOUNDS)


def test_a_handler_that_is_not_there_is_the_second_fault():
    run = run_qasm(f"{handlers({1: 0x500000})}{BAD}")
    assert (run.stop.stop, run.stop.reason) == (Stop.DOUBLE_FAULT, Reason.OUT_OF_BOUNDS)
    assert run.stop.ip == 0x500000
