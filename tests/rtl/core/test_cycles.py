"""What instructions cost, in cycles; docs/core.md quotes these figures."""

import pytest

from tests.support.lockstep import run_qasm


def test_straight_line_code_takes_a_cycle_an_instruction():
    body = "\n".join(f"add r{n} r{n + 1} r{n + 2}" for n in range(40))
    run = run_qasm(f"@start:\nnop\n{body}\n@end:\nhalt")
    assert run.cycles("end")[0] - run.cycles("start")[0] - 41 == HALT


def test_constants_take_a_cycle_each_however_they_are_aligned():
    body = "\n".join(f"constant r{n} {n}" for n in range(40))
    for shift in ("", "nop"):
        run = run_qasm(f"{shift}\n@start:\nnop\n{body}\n@end:\nnop\nhalt")
        assert run.cycles("end")[0] - run.cycles("start")[0] == 41


HALT = 1  # its record comes a cycle later than another instruction's


@pytest.mark.parametrize("first, distance, expected", [
    ("load r1 r2",    1, 2),
    ("load r1 r2",    2, 2),
    ("mul r1 r2 r2",  1, 2),
    ("mul r1 r2 r2",  2, 2),
    ("add r1 r2 r2",  1, 1),
    ("load r5 r2",    1, 1),
])
def test_cycles_until_a_result_is_used(first, distance, expected):
    between = "\n".join(["nop"] * (distance - 1))
    run = run_qasm(f"constant r2 0x2000\n@first:\n{first}\n{between}\n@use:\nadd r3 r1 r1\nhalt")
    assert run.cycles("use")[0] - run.cycles("first")[0] == max(expected, distance)


def test_a_jump_costs_four_cycles_at_first_and_one_once_it_is_known():
    run = run_qasm("""
        constant r1 10
        constant r2 1
        constant r3 @loop
    @loop:
        sub r1 r1 r2
        nop
    @jump:
        jnz r1 r3
    @after:
        nop
        halt
    """)
    loop, jump = run.cycles("loop"), run.cycles("jump")
    costs = [to - at for at, to in zip(jump, loop[1:], strict=False)]
    assert costs[0] == 4
    assert costs[1:] == [1] * 8
    assert run.cycles("after")[0] - jump[-1] == 4


def test_calls_and_returns_are_known_from_several_places():
    calls = "\n".join(f"""
        constant r31 @back{n}
        constant r30 @function
        jmp r30
    @back{n}:
        nop
    """ for n in range(4))
    run = run_qasm(f"""
        constant r1 8
        constant r2 1
        constant r3 @again
    @again:
        {calls}
        sub r1 r1 r2
        jnz r1 r3
        halt
    @function:
        nop
        nop
        nop
    @return:
        jmp r31
    """)
    returned = sorted(cycle for n in range(4) for cycle in run.cycles(f"back{n}"))
    costs = [to - at for at, to in zip(run.cycles("return"), returned, strict=True)]
    assert costs[-20:] == [1] * 20


@pytest.mark.parametrize("what, cost", [("entry", 8), ("return", 5)])
def test_interrupts_are_entered_and_left_in_a_few_cycles(what, cost):
    run = run_qasm("""
        constant r1 0x44
        constant r2 0x80
        store r1 r2
        constant r1 0xC5
        constant r2 @handler
        store r1 r2
        constant r3 0x80
        nop
        nop
    @before_entry:
        nop
        int r3
    @after_return:
        nop
        halt
    @handler:
        constant r0 0
        nop
        nop
    @before_return:
        nop
        int r0
    """)
    pairs = {"entry": ("before_entry", "handler"), "return": ("before_return", "after_return")}
    before, behind = (run.cycles(label)[0] for label in pairs[what])
    assert behind - before - 1 == cost


def test_the_fault_of_an_access_is_known_a_cycle_later():
    run = run_qasm("""
        constant r1 0x46
        constant r2 @handler
        store r1 r2
        constant r1 0xffffffff
        nop
        nop
    @before:
        nop
        load r2 r1
    @handler:
        nop
        halt
    """)
    assert run.cycles("handler")[0] - run.cycles("before")[0] - 1 == 9


def test_a_store_to_what_was_fetched_already_costs_a_refetch():
    run = run_qasm("""
        constant r1 @next
        load r2 r1
        nop
        nop
    @store:
        store r1 r2
    @next:
        nop
        halt
    """)
    assert run.cycles("next")[0] - run.cycles("store")[0] == 1 + 5


@pytest.mark.parametrize("operation, operands, cost", [
    ("div",  (100, 7), 6),
    ("div",  (0xFFFFFFFF, 1), 19),
    ("mod",  (5, 3), 2),
])
def test_divisions_take_as_long_as_their_quotient_is_long(operation, operands, cost):
    a, b = operands
    run = run_qasm(f"""
        constant r1 {a}
        constant r2 {b}
        nop
    @before:
        nop
        {operation} r3 r1 r2
    @after:
        nop
        halt
    """)
    assert run.cycles("after")[0] - run.cycles("before")[0] - 1 == cost


@pytest.mark.parametrize("address, access, cost", [
    (0x2000, "load r4 r3",  1),
    (0x2000, "store r3 r4", 1),
    (0x10,   "load r4 r3",  5),   # a saved register
    (0x10,   "store r3 r4", 5),
    (0x301,  "load r4 r3",  5),   # the clock
    (0x301,  "store r3 r4", 8),
])
def test_cycles_of_memory_and_of_what_is_not_memory(address, access, cost):
    run = run_qasm(f"""
        constant r3 {address:#x}
        nop
    @before:
        nop
        {access}
    @after:
        nop
        halt
    """)
    assert run.cycles("after")[0] - run.cycles("before")[0] - 1 == cost


@pytest.mark.parametrize("insn, cost", [
    ("fadd r3 r1 r2", 5), ("fsub r3 r1 r2", 5), ("fmul r3 r1 r2", 5), ("fdiv r3 r1 r2", 19),
    ("feq r3 r1 r2", 2), ("flt r3 r1 r2", 2), ("itof r3 r1", 4), ("ftoi r3 r1", 4),
])
def test_floating_point(insn, cost):
    run = run_qasm(f"""
        constant r1 0x40490fdb
        constant r2 0x3f9d70a4
        nop
    @before:
        nop
        {insn}
    @after:
        nop
        halt
    """)
    assert run.cycles("after")[0] - run.cycles("before")[0] - 1 == cost
