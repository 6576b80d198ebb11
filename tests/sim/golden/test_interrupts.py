"""Manual, sections 3 and 4: interrupts, faults, the frame in memory, stopping."""

import pytest

from isa.config import MachineConfig
from isa.machine import (
    ENABLED,
    ENTRY_TABLE,
    FAULT_REASON,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
    PROGRAM,
    Reason,
)
from isa.trace import Stop
from sim.machine import Status
from tests.support.golden import Model, qasm_words

BAD = "word 0xff000000"
RETURN = "constant r0 0\nint r0"
OWN = 0x700  # where handlers are put


def handler(number, text, at=OWN):
    """Memory with a handler for an interrupt."""
    return {ENTRY_TABLE + number: at, at: qasm_words(text)[:-4]}


@pytest.mark.manual("6.1", "2.2")
def test_tables_after_reset_are_those_of_the_manual():
    memory = Model().load("halt").memory
    assert memory[ENABLED] == 1
    assert memory[1] == 0x45
    assert memory[HIGHEST_INTERRUPT] == 3
    assert memory[ENTRY_TABLE + 3] == 0x100
    assert memory[0x200] == 7
    assert memory[0x201:0x20F].tolist() == [
        0x01, 0x300, 0x06, 0x301, 0x02, 0x302, 0x03, 0x303, 0x04, 0x403, 0x11, 0x503,
        0x80000002, 0x603]
    assert memory[PROGRAM] == 0 and not memory[0x604:PROGRAM].any()


@pytest.mark.manual("3.2")
def test_highest_interrupt_after_reset_is_that_of_the_fitted_peripherals():
    assert Model(MachineConfig().fit("serial")).load("halt").memory[HIGHEST_INTERRUPT] == 4
    assert Model(MachineConfig(peripherals=("timer",))).load("").memory[HIGHEST_INTERRUPT] == 2
    assert Model(MachineConfig(peripherals=())).load("").memory[HIGHEST_INTERRUPT] == 1


@pytest.mark.manual("3.3.4", "3.3.5")
def test_software_interrupt_saves_registers_and_the_ip_behind_it():
    model = Model()
    golden = model.run("constant r5 3\nconstant r63 9\nint r5\nnop\nhalt",
                       handler(3, "halt"))
    assert model.status is Status.STOPPED
    assert golden.memory[FRAME_REGISTERS + 5] == 3
    assert golden.memory[FRAME_REGISTERS + 63] == 9
    assert golden.memory[FRAME_IP] == PROGRAM + 5
    assert golden.memory[ENABLED] == 0
    assert golden.registers().general[63] == 9  # the handler may read them directly


@pytest.mark.manual("3.5")
def test_return_restores_registers_clears_the_frame_and_unmasks():
    golden = Model().run("constant r5 3\nint r5\nmov r9 r5\nconstant r0 1\nhalt",
                         handler(3, f"constant r5 99\n{RETURN}"))
    assert golden.registers().general[9] == 3
    assert not golden.memory[FRAME_REGISTERS:FRAME_IP + 1].any()
    assert golden.memory[ENABLED] == 1


@pytest.mark.manual("3.5")
def test_return_needs_no_interrupt_before_it():
    golden = Model().run(f"""
        constant r1 {FRAME_REGISTERS + 7}
        constant r2 77
        store r1 r2
        constant r1 {FRAME_IP}
        constant r2 @process
        store r1 r2
        constant r1 0
        store r1 r1             ; masked
        int r1
        halt
        @process:
        mov r0 r7
        halt""")
    assert golden.stop.exit_code == 77
    assert golden.memory[ENABLED] == 1


@pytest.mark.manual("3.6")
def test_return_to_ip_0_is_an_invalid_interrupt_with_the_registers_already_loaded():
    golden = Model().run("constant r7 5\nint r0\nhalt", handler(1, "mov r20 r7\nhalt"))
    assert golden.memory[FAULT_REASON] == Reason.INVALID_INTERRUPT
    assert golden.registers().general[20] == 0


@pytest.mark.manual("3.3.1")
@pytest.mark.parametrize("number", [2, 3, 0x81, 0xFFFFFFFF])
def test_masked_software_interrupt_does_nothing(number):
    golden = Model().run(f"""
        constant r1 0
        store r1 r1
        constant r2 {number}
        int r2
        constant r0 8
        halt""", handler(3, "halt"))
    assert golden.stop.exit_code == 8


@pytest.mark.manual("3.3.1")
def test_interrupt_1_is_taken_though_masked_and_saves_nothing_then():
    golden = Model().run("""
        constant r1 0
        store r1 r1
        constant r2 1
        int r2
        halt""", handler(1, "constant r0 6\nhalt"))
    assert golden.stop.exit_code == 6
    assert golden.memory[FRAME_IP] == 0


@pytest.mark.manual("3.3.2")
def test_software_interrupt_without_handler_does_nothing():
    golden = Model().run("constant r2 2\nint r2\nconstant r0 8\nhalt")
    assert golden.stop.exit_code == 8


@pytest.mark.manual("3.3.2")
@pytest.mark.parametrize("number", [4, 0x80, 0xFFFFFFFF])
def test_number_above_the_highest_is_a_fault_at_the_int(number):
    golden = Model().run(f"constant r2 {number}\nint r2\nhalt", handler(1, "halt"))
    assert golden.memory[FAULT_REASON] == Reason.INVALID_INTERRUPT
    assert golden.memory[FRAME_IP] == PROGRAM + 2


def test_handlers_entry_past_the_end_of_ram_is_out_of_bounds():
    golden = Model().run(f"""
        constant r1 {HIGHEST_INTERRUPT}
        constant r2 0xFFFFFFFF
        store r1 r2
        int r2
        halt""", handler(1, "halt"))
    assert golden.memory[FAULT_REASON] == Reason.OUT_OF_BOUNDS


@pytest.mark.manual("3.3.4")
def test_fault_saves_the_ip_of_the_faulting_instruction_and_its_reason():
    golden = Model().run(f"constant r1 5\n{BAD}\nhalt", handler(1, "halt"))
    assert golden.memory[FRAME_IP] == PROGRAM + 2
    assert golden.memory[FAULT_REASON] == Reason.INVALID_INSTRUCTION
    assert golden.memory[FRAME_REGISTERS + 1] == 5


@pytest.mark.manual("2.5")
@pytest.mark.parametrize("address", [0x400000, 0x400001, 0xFFFFFFFF])
@pytest.mark.parametrize("access", ["load r2 r1", "store r1 r2", "jmp r1"])
def test_access_past_the_end_of_ram_is_out_of_bounds(address, access):
    golden = Model().run(f"constant r1 {address}\nconstant r2 7\n{access}\nhalt",
                         handler(1, "halt"))
    assert golden.memory[FAULT_REASON] == Reason.OUT_OF_BOUNDS
    assert golden.memory[FRAME_IP] == (address if access[0] == "j" else PROGRAM + 4)
    assert golden.memory[FRAME_REGISTERS + 2] == 7  # a faulting instruction changes no register


@pytest.mark.manual("2.5")
def test_last_word_of_ram_is_still_in_it():
    golden = Model().run("constant r1 0x3FFFFF\nconstant r2 7\nstore r1 r2\nload r3 r1\nhalt")
    assert golden.registers().general[3] == 7


@pytest.mark.manual("2.5")
def test_constant_whose_immediate_lies_past_the_end_of_ram_is_out_of_bounds():
    golden = Model().run("constant r1 0x3FFFFF\nconstant r2 0x05030000\nstore r1 r2\njmp r1",
                         handler(1, "halt"))
    assert golden.memory[FAULT_REASON] == Reason.OUT_OF_BOUNDS
    assert golden.memory[FRAME_IP] == 0x3FFFFF


@pytest.mark.manual("3.10")
def test_fault_while_masked_leaves_the_first_frame_and_abandons_the_handler():
    golden = Model().run("""
        constant r5 3
        int r5                  ; its handler faults
        mov r0 r5
        halt""", {**handler(3, f"constant r5 44\n{BAD}"),
                  **handler(1, RETURN, at=OWN + 0x40)})
    assert golden.stop.exit_code == 3  # back to what was first interrupted


@pytest.mark.manual("4.1")
def test_fault_without_handler_stops_the_machine():
    golden = Model().run(f"nop\n{BAD}")
    assert (golden.stop.stop, golden.stop.ip, golden.stop.insn, golden.stop.reason) == \
        (Stop.NO_HANDLER, PROGRAM + 1, 0xFF000000, Reason.INVALID_INSTRUCTION)


@pytest.mark.manual("4.1")
def test_fault_with_the_highest_interrupt_0_stops_the_machine():
    golden = Model().run(f"constant r1 {HIGHEST_INTERRUPT}\nconstant r2 0\nstore r1 r2\n{BAD}",
                         handler(1, "halt"))
    assert golden.stop.stop == Stop.NO_HANDLER


@pytest.mark.manual("4.1")
def test_fault_before_the_return_of_a_faults_handler_is_a_double_fault():
    golden = Model().run(BAD, handler(1, "constant r1 -1\nload r1 r1"))
    assert (golden.stop.stop, golden.stop.ip, golden.stop.reason) == \
        (Stop.DOUBLE_FAULT, OWN + 2, Reason.OUT_OF_BOUNDS)


@pytest.mark.manual("4.1")
def test_unmasking_in_a_faults_handler_does_not_end_the_fault():
    golden = Model().run(BAD, handler(1, f"constant r1 0\nconstant r2 1\nstore r1 r2\n{BAD}"))
    assert golden.stop.stop == Stop.DOUBLE_FAULT


@pytest.mark.manual("4.1")
def test_a_return_ends_the_fault():
    golden = Model().run(f"{BAD}\n{BAD}\nconstant r0 4\nhalt", handler(1, f"""
        constant r1 {FRAME_IP}
        load r2 r1
        constant r3 1
        add r2 r2 r3
        store r1 r2
        {RETURN}"""))
    assert golden.stop.exit_code == 4


@pytest.mark.manual("4.1")
def test_halt_stops_with_r0_as_exit_code():
    golden = Model().run("constant r0 0x1234\nhalt")
    assert (golden.stop.stop, golden.stop.exit_code, golden.stop.ip) == \
        (Stop.HALT, 0x1234, PROGRAM + 2)


# --- peripherals' interrupts ---------------------------------------------------------------------

FAST = MachineConfig(cycles_per_ms=100)

COUNT = f"""
    constant r1 0x2000
    load r2 r1
    constant r3 1
    add r2 r2 r3
    store r1 r2
    {RETURN}"""


@pytest.mark.manual("6.3")
def test_timer_interrupts_every_so_many_milliseconds_first_after_one_period():
    model = Model(FAST)
    golden = model.run("""
        constant r1 0x300
        constant r2 3
        store r1 r2             ; from the end of cycle 3
        @loop:
        constant r3 @loop
        jmp r3""", handler(2, COUNT), limit=302)
    counts = [int(golden.memory[0x2000])]
    for cycle in (303 + 10, 600, 603 + 10, 903 + 10):
        golden.run(cycle - golden.cycles)
        counts.append(int(golden.memory[0x2000]))
    assert counts == [0, 1, 1, 2, 3]


@pytest.mark.manual("6.3")
def test_timer_stopped_by_0_interrupts_no_more():
    golden = Model(FAST).run("""
        constant r1 0x300
        constant r2 1
        store r1 r2
        constant r2 0
        store r1 r2
        @loop:
        constant r3 @loop
        jmp r3""", handler(2, COUNT), limit=5000)
    assert golden.memory[0x2000] == 0


@pytest.mark.manual("3.3.1")
def test_masked_interrupt_stays_pending_once_until_it_is_unmasked():
    golden = Model(FAST).run("""
        constant r1 0x300
        constant r2 1
        constant r5 0
        store r5 r5             ; masked
        store r1 r2
        constant r4 300
        constant r6 @wait
        @wait:
        sub r4 r4 r2
        jnz r4 r6               ; several periods go by
        store r1 r5             ; stopped
        constant r7 0x2000
        load r8 r7
        store r5 r2             ; unmasked: taken before the next instruction
        load r9 r7
        nop
        load r10 r7
        halt""", handler(2, COUNT))
    assert golden.registers().general[8:11] == (0, 1, 1)


@pytest.mark.manual("3.3.2")
def test_interrupt_without_handler_is_dropped():
    golden = Model(FAST).run("""
        constant r1 0x300
        constant r2 1
        store r1 r2
        constant r4 300
        constant r6 @wait
        @wait:
        sub r4 r4 r2
        jnz r4 r6
        constant r0 5
        halt""")
    assert golden.stop.exit_code == 5


@pytest.mark.manual("3.3.2")
def test_peripherals_interrupt_above_the_highest_is_a_fault_of_the_next_instruction():
    model = Model(FAST)
    golden = model.run(f"""
        constant r1 {HIGHEST_INTERRUPT}
        constant r2 1
        store r1 r2
        constant r1 0x300
        store r1 r2
        @loop:
        constant r3 @loop
        jmp r3""", handler(1, "halt"))
    assert golden.memory[FAULT_REASON] == Reason.INVALID_INTERRUPT
    assert golden.memory[FRAME_IP] in (PROGRAM + 8, PROGRAM + 10)


@pytest.mark.manual("3.7")
def test_wait_sleeps_until_an_interrupt_and_then_again():
    model = Model(FAST)
    golden = model.run("""
        constant r1 0x300
        constant r2 1
        store r1 r2
        wait
        halt""", handler(2, COUNT), limit=1050)
    assert model.status is Status.RUNNING
    assert golden.memory[0x2000] == 10
    assert golden.registers().ip == PROGRAM + 5
    assert golden.instructions < 200


@pytest.mark.manual("3.7")
def test_handler_that_adds_1_to_the_saved_ip_lets_the_sleeper_go_on():
    golden = Model(FAST).run("""
        constant r1 0x300
        constant r2 1
        store r1 r2
        wait
        constant r0 9
        halt""", handler(2, f"""
        constant r1 {FRAME_IP}
        load r2 r1
        constant r3 1
        add r2 r2 r3
        store r1 r2
        {RETURN}"""))
    assert golden.stop.exit_code == 9


@pytest.mark.manual("3.7")
@pytest.mark.parametrize("text", ["wait", "constant r1 0\nstore r1 r1\nwait"])
def test_wait_that_nothing_can_end_is_reported(text):
    model = Model()
    model.run(text)
    assert model.status is Status.STUCK


@pytest.mark.manual("6.6")
def test_built_in_handler_of_interrupt_3_asks_the_debugger_and_returns():
    model = Model()
    golden = model.run("constant r5 3\nint r5\nmov r0 r5\n" + 50 * "nop\n" + "halt")
    assert model.hosts.debugger.break_count == 1
    assert golden.stop.exit_code == 3
