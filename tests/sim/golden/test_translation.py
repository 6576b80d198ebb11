"""Manual, section 5: address translation and privilege."""

import random

import numba
import numpy as np
import pytest

from isa.config import MachineConfig, PageTable
from isa.machine import (
    ENTRY_TABLE,
    FAULT_REASON,
    FRAME_IP,
    PROGRAM,
    RESERVED_LIMIT,
    PageFlag,
    Reason,
)
from sim.golden import state
from sim.golden.interpreted import namespace
from sim.golden.translation import find
from tests.support.golden import Model, list_table, qasm_words, two_level_table

ALL = 15
CODE = (PROGRAM, PROGRAM, 0x100, ALL)
FAULTS = {ENTRY_TABLE + 1: 0x700, 0x700: 0}  # a fault's handler that halts


def reason_of(program, *entries, **keywords):
    """Reason of the fault, 0 if there was none, and its ip."""
    memory = {**FAULTS, ENTRY_TABLE + 3: 0x700, **keywords.pop("memory", {})}
    golden = Model().run_translated(program + "\nconstant r1 3\nint r1", list_table(*entries),
                                    memory=memory, **keywords)
    return int(golden.memory[FAULT_REASON]), int(golden.memory[FRAME_IP])


@pytest.mark.manual("5.1")
def test_addresses_are_physical_while_base_is_0():
    golden = Model().run(f"""
        constant r1 {FRAME_IP}
        constant r2 @on
        store r1 r2
        constant r1 0
        int r1
        @on:
        constant r0 0x45
        load r0 r0
        halt""")
    assert golden.stop.exit_code == 0


@pytest.mark.manual("5.4")
def test_list_entry_maps_any_size_at_any_alignment():
    golden = Model().run_translated("""
        constant r1 0x70000003
        load r2 r1
        constant r1 3
        int r1""", list_table(CODE, (0x70000001, 0x12345, 3, ALL)),
        memory={0x12347: 99, ENTRY_TABLE + 3: 0x700})
    assert golden.registers().general[2] == 99


@pytest.mark.manual("5.4")
@pytest.mark.parametrize("address, fault", [
    (0x70000000, Reason.MEMORY_FAULT), (0x70000001, 0), (0x70000003, 0),
    (0x70000004, Reason.MEMORY_FAULT),
])
def test_entry_covers_its_addresses_and_no_others(address, fault):
    assert reason_of(f"constant r1 {address}\nload r2 r1", CODE,
                     (0x70000001, 0x12345, 3, ALL))[0] == fault


@pytest.mark.manual("5.3")
@pytest.mark.parametrize("access, needed", [
    ("load r2 r1", PageFlag.READ), ("store r1 r2", PageFlag.WRITE), ("jmp r1", PageFlag.EXECUTE),
])
@pytest.mark.parametrize("flags", range(16))
def test_each_access_needs_its_flag_and_present(access, needed, flags):
    reason, ip = reason_of(f"constant r1 0x5000\n{access}", CODE, (0x5000, 0x5000, 0x20, flags),
                           memory={0x5000: [0x05010000, 3, 0x01000100]})  # int 3
    if flags & 1 and flags & needed:
        assert reason == 0
    else:
        assert reason == Reason.MEMORY_FAULT
        assert ip == (0x5000 if access[0] == "j" else PROGRAM + 2)


@pytest.mark.manual("5.3")
def test_both_words_of_a_constant_need_execute():
    entries = [(PROGRAM, PROGRAM, 3, ALL), (PROGRAM + 3, PROGRAM + 3, 1, ALL & ~8)]
    assert reason_of("nop\nnop\nconstant r1 5", *entries) == \
        (Reason.MEMORY_FAULT, PROGRAM + 2)


@pytest.mark.manual("5.3")
def test_execute_only_page_runs_a_constant():
    assert reason_of("constant r1 5", (PROGRAM, PROGRAM, 0x100, 9))[0] == 0


@pytest.mark.manual("5.5")
def test_of_entries_that_cover_an_address_the_lowest_virtual_one_decides():
    entries = [CODE, (0x5000, 0x2000, 0x10, ALL), (0x4FFF, 0x3000, 0x10, 1)]
    assert reason_of("constant r1 0x5001\nload r2 r1", *entries)[0] == Reason.MEMORY_FAULT


@pytest.mark.manual("5.5")
def test_of_equal_entries_the_first_decides():
    entries = [CODE, (0x5000, 0x2000, 0x10, 3), (0x5000, 0x3000, 0x10, ALL)]
    assert reason_of("constant r1 0x5001\nstore r1 r2", *entries)[0] == Reason.MEMORY_FAULT


@pytest.mark.manual("5.6")
@pytest.mark.parametrize("entry", [
    (0xFFFFFFF0, 0x5000, 0x20, ALL),  # would go on at virtual 0
    (0, 0x5000, 0, ALL),              # of size 0
])
def test_entry_does_not_wrap_around(entry):
    assert reason_of("constant r1 0\nload r2 r1", CODE, entry)[0] == Reason.MEMORY_FAULT


@pytest.mark.manual("5.6")
def test_physical_address_does_not_wrap_around_either():
    entry = (0x5000, 0xFFFFFFFF, 2, ALL)
    assert reason_of("constant r1 0x5001\nload r2 r1", CODE, entry)[0] == Reason.OUT_OF_BOUNDS


@pytest.mark.manual("5.3")
def test_physical_address_past_the_end_of_ram_is_out_of_bounds():
    entry = (0x5000, 0x3FFFFF, 2, ALL)
    assert reason_of("constant r1 0x5000\nload r2 r1", CODE, entry)[0] == 0
    assert reason_of("constant r1 0x5001\nload r2 r1", CODE, entry)[0] == Reason.OUT_OF_BOUNDS


@pytest.mark.manual("5.3")
def test_missing_flag_goes_before_out_of_bounds():
    entry = (0x5000, 0xFFFFFFFF, 2, 1)
    assert reason_of("constant r1 0x5001\nload r2 r1", CODE, entry)[0] == Reason.MEMORY_FAULT


@pytest.mark.manual("5.7")
@pytest.mark.parametrize("present_words, fault", [(9, 0), (8, Reason.MEMORY_FAULT),
                                                  (5, Reason.MEMORY_FAULT)])
def test_part_of_a_table_past_the_end_of_ram_counts_as_no_entry(present_words, fault):
    # The second entry is cut off after so many words of the table.
    model = Model()
    base = model.config.ram_words - present_words
    table = list_table(CODE, (0x5000, 0x5000, 2, ALL))[:present_words]
    golden = model.run_translated("constant r1 0x5000\nload r2 r1\nconstant r1 3\nint r1", table,
                                  base=base, memory={**FAULTS, ENTRY_TABLE + 3: 0x700})
    assert golden.memory[FAULT_REASON] == fault


@pytest.mark.manual("5.7")
def test_table_wholly_past_the_end_of_ram_maps_nothing():
    model = Model()
    golden = model.run_translated("nop", [], base=0xFFFFFFF0, memory=FAULTS)
    assert golden.memory[FAULT_REASON] == Reason.MEMORY_FAULT


@pytest.mark.manual("5.2")
def test_unprivileged_halt_and_return_are_faults():
    assert reason_of("halt", CODE)[0] == Reason.INVALID_INSTRUCTION
    assert reason_of("constant r1 0\nint r1", CODE) == (Reason.INVALID_INTERRUPT, PROGRAM + 2)


@pytest.mark.manual("3.3.3")
def test_handlers_run_without_translation():
    # The handler at 0x700 is mapped by nothing.
    assert reason_of("word 0xff000000", CODE) == (Reason.INVALID_INSTRUCTION, PROGRAM)


@pytest.mark.manual("5.9")
def test_changed_table_is_seen_after_the_next_return():
    program = """
        constant r10 0x5000
        load r2 r10
        constant r1 3
        int r1                  ; the handler changes the table
        load r2 r10
        constant r1 2
        int r1"""
    change = qasm_words("constant r1 0x8006\nconstant r2 0x6000\nstore r1 r2\n"
                        "constant r0 0\nint r0")[:-4]
    golden = Model().run_translated(
        program, list_table(CODE, (0x5000, 0x5000, 1, ALL)),
        memory={0x5000: 1, 0x6000: 2, ENTRY_TABLE + 3: 0x740, 0x740: change,
                ENTRY_TABLE + 2: 0x700})
    assert golden.registers().general[2] == 2


@pytest.mark.manual("5.9")
def test_write_to_base_through_a_mapping_takes_effect_at_once():
    model = Model()
    mmu = model.windows["mmu"]
    other = list_table(CODE, (0x5000, 0x6000, 1, ALL))
    golden = model.run_translated("""
        constant r10 0x5000
        load r2 r10
        constant r11 0x4000
        constant r12 0x9000
        store r11 r12
        load r3 r10
        constant r1 3
        int r1""", list_table(CODE, (0x5000, 0x5000, 1, ALL), (0x4000, mmu, 1, ALL)),
        memory={0x5000: 1, 0x6000: 2, 0x9000: other, ENTRY_TABLE + 3: 0x700})
    assert golden.registers().general[2:4] == (1, 2)


# --- two levels ----------------------------------------------------------------------------------

TWO = MachineConfig(page_table=PageTable.TWO_LEVEL)


@pytest.mark.manual("5.4", "5.8")
def test_identifier_tells_the_kind_of_table():
    assert Model(TWO).load("").memory[0x20D] == 0x80000001


@pytest.mark.manual("5.8")
@pytest.mark.parametrize("first_flags, flags, fault", [
    (ALL, ALL, 0), (1 | 2, 1 | 2, 0), (ALL & ~2, ALL, Reason.MEMORY_FAULT),
    (ALL, ALL & ~2, Reason.MEMORY_FAULT), (ALL & ~1, ALL, Reason.MEMORY_FAULT),
    (ALL, ALL & ~1, Reason.MEMORY_FAULT),
])
def test_both_levels_need_present_and_the_accesss_flag(first_flags, flags, fault):
    base = 0x8000
    table = two_level_table(base, [(1, 1, ALL), (0x7F000, 0x20, flags)])
    table[0x7F000 >> 10] = table[0x7F000 >> 10] & ~15 | first_flags
    golden = Model(TWO).run_translated(
        "constant r1 0x7F000123\nload r2 r1\nconstant r1 3\nint r1", table,
        memory={**FAULTS, ENTRY_TABLE + 3: 0x700, 0x20123: 7})
    assert golden.memory[FAULT_REASON] == fault
    assert golden.registers().general[2] == (0 if fault else 7)


@pytest.mark.manual("5.8")
def test_second_table_past_the_end_of_ram_maps_nothing():
    table = two_level_table(0x8000, [(1, 1, ALL)])
    table[5] = 0x400000 << 4 | 15
    golden = Model(TWO).run_translated(f"constant r1 {5 << 22}\nload r2 r1", table, memory=FAULTS)
    assert golden.memory[FAULT_REASON] == Reason.MEMORY_FAULT


@pytest.mark.manual("5.8")
def test_page_past_the_end_of_ram_is_out_of_bounds():
    table = two_level_table(0x8000, [(1, 1, ALL), (2, 0x400, ALL)])
    golden = Model(TWO).run_translated("constant r1 0x2000\nload r2 r1", table, memory=FAULTS)
    assert golden.memory[FAULT_REASON] == Reason.OUT_OF_BOUNDS


# --- the walk itself, against the manual's words -------------------------------------------------

def by_the_manual(memory, ram, base, a, need):
    """Reason and physical address, an entry after another as the manual describes them."""
    covering = []
    for i in range(memory[base] if base < ram else 0):
        at = base + 1 + 4 * i
        if at + 3 >= ram:
            break
        virtual, physical, size, flags = memory[at:at + 4]
        if a >= virtual and a - virtual < size:
            covering.append((virtual, i, physical + (a - virtual), flags))
    if not covering:
        return Reason.MEMORY_FAULT, None
    _, _, physical, flags = min(covering)
    if not flags & 1 or not flags & need:
        return Reason.MEMORY_FAULT, None
    return (Reason.OUT_OF_BOUNDS, None) if physical >= ram else (0, physical)


RAM   = 0x2000
EDGES = [0, 1, 0x10, 0x20, 0x1FFE, 0x1FFF, 0x2000, 0xFFFFFFF0, 0xFFFFFFFF]


def random_table(rng):
    """Memory with a random list table, and the `cpu` that translates by it."""
    memory = np.zeros(RAM, dtype=np.uint32)
    base = rng.choice([0x100, 0x100, RAM - rng.randrange(1, 60)])
    words = [rng.randrange(10)]
    for _ in range(10):
        words += [rng.choice(EDGES) + rng.randrange(4) & 0xFFFFFFFF,
                  rng.choice(EDGES) + rng.randrange(4) & 0xFFFFFFFF,
                  rng.choice([0, 1, 5, 16, 0x40, 0xFFFFFFFF]), rng.randrange(16)]
    room = min(len(words), RAM - base)
    memory[base:base + room] = words[:room]
    cpu = np.zeros(state.CPU_WORDS, dtype=np.int64)
    cpu[state.RAM_WORDS], cpu[state.BASE] = RAM, base
    return memory, cpu


def random_access(rng):
    return rng.choice(EDGES) + rng.randrange(-3, 20) & 0xFFFFFFFF, rng.choice([2, 4, 8])


@numba.njit
def compiled_find(mem, cpu, active, a, need):
    return find(mem, cpu, active, a, need)


@pytest.mark.manual("5.4", "5.5", "5.6", "5.7", "5.8")
@pytest.mark.parametrize("find", [compiled_find, namespace()["find"]],
                         ids=["compiled", "interpreted"])
@pytest.mark.parametrize("seed", range(20))
def test_walk_agrees_with_the_manuals_words_on_random_tables_and_so_does_the_whole_range(
        find, seed):
    rng = random.Random(seed)
    for _ in range(40):
        memory, cpu = random_table(rng)
        plain, base = memory.tolist(), int(cpu[state.BASE])
        arrays = (memory, cpu) if find is compiled_find else (*map(memoryview, (memory, cpu)),)
        for _ in range(60):
            a, need = random_access(rng)
            reason, low, high, delta = find(*arrays, True, a, need)
            wanted, physical = by_the_manual(plain, RAM, base, a, need)
            assert reason == wanted
            if reason == 0:
                assert a + delta == physical and low <= a < high
                for other in {low, high - 1, rng.randrange(low, min(high, low + 50))}:
                    assert by_the_manual(plain, RAM, base, other, need) == (0, other + delta)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_looked_up_is_what_the_walk_finds_and_the_last_ranges_of_each_access_are_known(
        seed):
    model, rng = namespace(), random.Random(seed)
    for _ in range(10):
        memory, cpu = map(memoryview, random_table(rng))
        recent = {need: [] for need in (state.READ, state.WRITE, state.EXECUTE)}
        before = list(cpu[:state.RECENT])
        for step in range(100):
            a, need = random_access(rng)
            ranges = recent[need]
            is_known = any(low <= a < high for low, high, _ in ranges)
            assert model["was_found"](cpu, a, need) == is_known
            wanted, *found = model["find"](memory, cpu, True, a, need)
            finds = cpu[state.FINDS]
            reason, (low, words, delta) = model["lookup"](memory, cpu, True, a, need)
            assert reason == wanted
            assert cpu[state.FINDS] == finds + (not is_known)
            if reason == 0:
                assert low <= a < low + words and delta == found[-1]
                if not is_known:
                    recent[need] = [tuple(found), *ranges][:state.WAYS]
            else:
                assert (low, words) == (0, 0)
            if step % 40 == 39:
                model["forget"](cpu)
                recent = {need: [] for need in recent}
        assert list(cpu[:state.RECENT]) == before


@pytest.mark.parametrize("seed", range(20))
def test_the_range_for_further_stores_has_no_reserved_word(seed):
    model, rng = namespace(), random.Random(seed)
    for _ in range(10):
        memory, cpu = map(memoryview, random_table(rng))
        for _ in range(60):
            a, _ = random_access(rng)
            wanted, *_, offset = model["find"](memory, cpu, True, a, state.WRITE)
            reason, physical, further = model["lookup_store"](memory, cpu, True, a)
            low, words, delta = further
            assert reason == wanted
            if reason == 0:
                assert physical == a + offset
                assert model["covers"](further, a) == (physical >= RESERVED_LIMIT)
            if words:
                assert low + delta >= RESERVED_LIMIT
