"""Interrupts, faults and stops, as whole programs; the golden model agrees with every record."""

import pytest

from isa.config import MachineConfig
from isa.machine import Interrupt, Reason
from isa.trace import Kind, Stop
from tests.support.lockstep import run_qasm

TICKING = MachineConfig(cycles_per_ms=200)

# Goes on behind the faulting instruction.
SKIP_HANDLER = """
@handler:
    constant r50 0x42
    load r51 r50
    constant r52 @step
    load r52 r52
    add r51 r51 r52
    store r50 r51
    constant r53 0
    int r53
data @step 1
"""

INSTALL = """
    constant r1 0x46
    constant r2 @handler
    store r1 r2
"""


@pytest.mark.manual("3.8")
@pytest.mark.parametrize("insn, reason", [
    ("constant r1 -1\nload r2 r1",             Reason.OUT_OF_BOUNDS),
    ("constant r1 0x400000\nstore r1 r1",      Reason.OUT_OF_BOUNDS),
    ("constant r1 0x44\nconstant r2 9\nint r2", Reason.INVALID_INTERRUPT),
    ("constant r1 0\nint r1",                  Reason.INVALID_INTERRUPT),
])
def test_faults_have_their_reason(insn, reason):
    run = run_qasm(f"{INSTALL}\n{insn}\nmov r7 r1\nhalt\n{SKIP_HANDLER}")
    assert run.codes(Kind.FAULT)[0] == reason
    assert run.stop.stop == Stop.HALT


@pytest.mark.manual("1.5")
@pytest.mark.parametrize("word", [
    0x2B000000,  # no such opcode
    0xFF000000,
    0x06400102,  # add into ip
    0x06010241,  # a source above 64
    0x03004100,  # store of a source above 64
    0x14008000,  # jmp to what is no register
])
def test_words_that_are_no_instruction_fault(word):
    run = run_qasm(f"""
        {INSTALL}
        constant r3 @word
        constant r4 {word:#x}
        store r3 r4
    @word:
        halt
        halt
        {SKIP_HANDLER}
    """)
    assert run.codes(Kind.FAULT) == [Reason.INVALID_INSTRUCTION]


@pytest.mark.manual("1.12")
@pytest.mark.slow  # another build of the simulator
def test_floating_point_faults_where_it_is_left_out():
    run = run_qasm(f"{INSTALL}\nfadd r1 r2 r3\nfeq r1 r2 r3\nhalt\n{SKIP_HANDLER}",
                   config=MachineConfig(fpu=False))
    assert run.codes(Kind.FAULT) == [Reason.UNIMPLEMENTED_INSTRUCTION] * 2


@pytest.mark.manual("4.1")
@pytest.mark.parametrize("setup, stop", [
    ("",      Stop.NO_HANDLER),
    (INSTALL, Stop.DOUBLE_FAULT),
])
def test_a_fault_that_cannot_be_handled_stops_the_machine(setup, stop):
    run = run_qasm(f"{setup}\nconstant r1 -1\nload r2 r1\n@handler:\nload r2 r1")
    assert run.stop.stop == stop
    assert run.stop.reason == Reason.OUT_OF_BOUNDS


@pytest.mark.manual("2.5")
def test_the_first_word_of_a_constant_faults_before_the_second():
    run = run_qasm("constant r1 0x3FFFFF\nconstant r2 0x05010000\nstore r1 r2\njmp r1")
    assert run.codes(Kind.FAULT) == [Reason.OUT_OF_BOUNDS]
    assert run.stop.ip == 0x3FFFFF


@pytest.mark.manual("3.5")
def test_the_frame_is_memory_for_programs():
    run = run_qasm("""
        constant r1 0x46
        constant r2 @handler
        store r1 r2
        constant r10 111
        constant r11 222
        constant r4 -1
        load r5 r4
        halt
    @handler:
        constant r20 12
        load r30 r20         ; the saved r10
        constant r10 333
        load r31 r20         ; still 111
        constant r21 13
        store r21 r31        ; the saved r11 becomes 111, the live one stays
        mov r32 r11
        load r33 r21
        constant r20 0x42
        constant r21 @after
        store r20 r21
        constant r22 14
        store r22 r30
        store r22 r31
        constant r0 0
        int r0
    @after:
        constant r20 12
        load r40 r20         ; a return clears the frame
        halt
    """)
    r = run.registers
    assert (r[10], r[11], r[12], r[40]) == (111, 111, 111, 0)


@pytest.mark.manual("2.6")
@pytest.mark.parametrize("nops", range(6))
def test_a_store_changes_what_is_executed_even_directly_behind_it(nops):
    between = "\n".join(["nop"] * nops)
    run = run_qasm(f"""
        constant r1 @there
        constant r2 0x04050100   ; mov r5 r1
        store r1 r2
        {between}
    @there:
        halt
        halt
    """)
    assert run.registers[5] == run.symbols["there"]


@pytest.mark.manual("2.3")
@pytest.mark.parametrize("where", [0xC00, 0x10, 0x310])
def test_code_may_lie_in_low_memory_frame_and_windows(where):
    run = run_qasm(f"""
        constant r1 {where}
        constant r2 0x05070000   ; constant r7 0x4321
        constant r3 1
        store r1 r2
        add r1 r1 r3
        constant r2 0x4321
        store r1 r2
        add r1 r1 r3
        constant r2 0x14000A00   ; jmp r10
        store r1 r2
        constant r10 @back
        constant r1 {where}
        jmp r1
    @back:
        halt
    """)
    assert run.registers[7] == 0x4321


@pytest.mark.manual("3.3.1")
@pytest.mark.slow  # another build of the simulator
def test_a_peripherals_interrupt_waits_while_masked():
    run = run_qasm("""
        constant r1 0x47
        constant r2 @tick
        store r1 r2
        constant r3 0
        store r3 r3            ; mask
        constant r4 0x300
        constant r5 1
        store r4 r5            ; a tick every millisecond
        constant r6 200
        constant r7 @loop
    @loop:
        sub r6 r6 r5
        jnz r6 r7
        store r3 r5            ; unmask
    @here:
        nop
        halt
    @tick:
        halt
    """, config=TICKING)
    assert run.codes(Kind.INTERRUPT) == [Interrupt.TIMER]
    row = run.records[run.records[:, 0] == Kind.INTERRUPT][0]
    assert row[1] == run.symbols["here"]


@pytest.mark.manual("3.7")
@pytest.mark.slow  # another build of the simulator
def test_wait_sleeps_until_a_handler_moves_it_on():
    run = run_qasm("""
        constant r1 0x47
        constant r2 @tick
        store r1 r2
        constant r4 0x300
        constant r5 1
        store r4 r5
    @first:
        wait
        wait
        halt
    @tick:
        constant r3 0x42
        load r4 r3
        constant r5 1
        add r4 r4 r5
        store r3 r4
        constant r0 0
        int r0
    """, config=TICKING)
    rows = run.records[run.records[:, 0] == Kind.INTERRUPT]
    assert [int(ip) - run.symbols["first"] for ip in rows[:, 1]] == [0, 1]


@pytest.mark.manual("5.1", "5.2")
def test_translation_and_privilege():
    run = run_qasm("""
        constant r10 0x200     ; the MMU's window is the last one in the table
        load r11 r10
        add r11 r11 r11
        add r10 r10 r11
        load r2 r10
        constant r1 @table
        store r2 r1
        constant r3 0x42
        constant r4 @process
        constant r5 0x500000
        add r4 r4 r5
        store r3 r4
        constant r7 0x46
        constant r8 @fault
        store r7 r8
        constant r0 0
        int r0
    @process:
        constant r1 0x600000
        constant r2 5
        store r1 r2
        load r3 r1
        halt                   ; not privileged
    @fault:
        constant r1 0x43
        load r20 r1
        constant r3 0x42
        load r21 r3
        constant r4 0x3000
        load r22 r4            ; what the process stored
        halt
    data @table 2 0x501000 0x1000 0x1000 9 0x600000 0x3000 1 7
    """)
    assert run.codes(Kind.FAULT) == [Reason.INVALID_INSTRUCTION]
    assert run.registers[20] == Reason.INVALID_INSTRUCTION
    assert run.registers[22] == 5
