"""Manual, section 5: address translation and privilege, on hardware and golden model together."""

import pytest

from isa import encode
from isa.machine import Reason, window_addresses
from tests.support.golden import list_table, two_level_table
from tests.support.lockstep import run_qasm
from tests.support.programs import (
    CODE,
    DEFAULT,
    FAULT_HANDLER,
    FULL,
    TABLE,
    TWO_LEVEL,
    enter,
    handlers,
    load,
    process,
    run_process,
    store,
)

RAM = 0x400000
V   = 0x600000  # where the tests map things
MMU = window_addresses(DEFAULT.peripherals)["mmu"]

ACCESSES = {  # by the flag that they need
    8: f"constant r1 {V}\njmp r1",
    2: f"constant r1 {V}\nload r20 r1",
    4: f"constant r1 {V}\nstore r1 r1",
}


def how_it_ends(*entries, access=2, address=V, physical=None, **options):
    """Reason of the fault, and r20, of an access to an address."""
    before = store(physical, 0x55) if physical else ""
    run = run_process(ACCESSES[access].replace(str(V), str(address)), *entries,
                      before=before, **options)
    return run.registers[60], run.registers[20]


FINE = Reason.INVALID_INSTRUCTION  # of the `halt` at the end


# --- on, off, privilege --------------------------------------------------------------------------

@pytest.mark.manual("5.1")
def test_addresses_are_physical_while_base_is_0_and_before_a_return():
    run = run_qasm(f"""
        {store(MMU, TABLE)}       ; a table of no entries
        {load(20, MMU)}
        {store(0x20000, 7)}
        {load(21, 0x20000)}
        {store(MMU, 0)}
        {store(0x42, "@on")}
        constant r1 0
        int r1
    @on:
        {load(22, 0x20000)}
        halt""")
    assert run.registers[22] == 7


@pytest.mark.manual("5.1")
def test_translation_is_active_from_the_return_to_the_next_interrupt():
    at = 0x30000
    run = run_process(f"{load(20, at)}constant r1 3\nint r1\n@back:\n{load(21, at)}halt\n"
                      f"@three:\n{load(22, at)}{store(2 + 23, '@back')}store r58 r22\n"
                      f"{store(0x42, '@back')}constant r1 0\nint r1", (at, 0x20000, 4, 3),
                      before=handlers({3: "@three"}) + store(at, 0x44) + store(0x20000, 0x99))
    assert (run.registers[20], run.registers[21], run.registers[23]) == (0x99, 0x99, 0x44)
    assert run.registers[60] == FINE


@pytest.mark.manual("5.2")
@pytest.mark.manual("3.8 1")
@pytest.mark.manual("3.8 5")
@pytest.mark.parametrize("body, reason", [
    ("halt", Reason.INVALID_INSTRUCTION),
    ("constant r1 0\n@it:\nint r1", Reason.INVALID_INTERRUPT),
])
def test_an_unprivileged_halt_or_return_is_a_fault(body, reason):
    run = run_process(body)
    assert run.registers[60] == reason


@pytest.mark.manual("5.2")
def test_behind_base_0_code_is_privileged_though_translation_is_on():
    run = run_qasm(f"{store(0x42, '@on')}constant r1 0\nint r1\n@on:\n{store(0x42, '@end')}"
                   "constant r1 0\nint r1\nhalt\n@end:\nconstant r0 9\nhalt")
    assert run.stop.exit_code == 9


@pytest.mark.manual("5.2")
def test_a_process_with_a_mapping_of_it_may_use_a_device():
    clock = window_addresses(DEFAULT.peripherals)["clock"]
    run = run_process(f"{store(V, 3)}{load(20, V)}", (V, clock, 1, 7))
    assert run.registers[60] == FINE and run.registers[20] == 3


# --- flags ---------------------------------------------------------------------------------------

@pytest.mark.manual("5.3")
@pytest.mark.manual("3.8 3")
@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("flags", range(16))
def test_each_access_needs_its_flag_and_present(access, flags):
    # What is run there is a bad opcode: the same reason as a `halt`.
    reason, _ = how_it_ends((V, 0x20000, 4, flags), access=access)
    assert reason == (FINE if flags & 1 and flags & access else Reason.MEMORY_FAULT)


@pytest.mark.manual("5.3")
@pytest.mark.parametrize("flags, reason", [(9, FINE), (8, 3), (7, 3), (1, 3), (15, FINE)])
def test_both_words_of_a_constant_need_execute(flags, reason):
    run = run_process(f"constant r1 {V}\njmp r1", (V, 0x20000, 1, 9), (V + 1, 0x20001, 4, flags),
                      before=store(0x20000, encode("constant", d=20))
                      + store(0x20002, 0xFF000000))
    assert run.registers[60] == reason
    assert run.registers[61] == (V + 2 if reason == FINE else V)


@pytest.mark.manual("5.3")
@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("flags, reason", [(15, Reason.OUT_OF_BOUNDS), (0, Reason.MEMORY_FAULT)])
def test_what_is_mapped_behind_the_end_of_ram_is_out_of_bounds(access, flags, reason):
    assert how_it_ends((V, RAM, 4, flags), access=access)[0] == reason


# --- list tables ---------------------------------------------------------------------------------

@pytest.mark.manual("5.4")
def test_the_default_build_has_list_tables():
    run = run_qasm(f"{load(20, 0x200 + 13)}{load(21, 0x200 + 14)}halt")
    assert run.registers[20:22] == (0x80000002, MMU)


@pytest.mark.manual("5.4")
@pytest.mark.manual("6.1 mmu")
def test_base_can_be_read_back():
    assert run_qasm(f"{store(MMU, 0x8765)}{load(20, MMU)}halt").registers[20] == 0x8765


@pytest.mark.manual("5.4")
@pytest.mark.parametrize("size", [0, 1, 3, 5])
@pytest.mark.parametrize("offset", [-1, 0, 2, 4, 5])
def test_an_entry_covers_its_size_from_its_virtual_address_on(size, offset):
    reason, value = how_it_ends((V + 7, 0x20003, size, 3), address=V + 7 + offset,
                                physical=0x20003 + offset)
    assert (reason, value) == ((FINE, 0x55) if 0 <= offset < size else (3, 0))


@pytest.mark.manual("5.5")
@pytest.mark.parametrize("entries, expected", [
    ([(V - 1, 0x20000, 9, 3), (V, 0x30000, 9, 3)], (FINE, 0x21)),      # the lowest
    ([(V, 0x30000, 9, 3), (V - 1, 0x20000, 9, 3)], (FINE, 0x21)),
    ([(V, 0x30000, 9, 3), (V, 0x20001, 9, 3)], (FINE, 0x30)),          # the first of equals
    ([(V, 0x30000, 9, 1), (V, 0x20001, 9, 3)], (3, 0)),                # its flags alone
    ([(V - 1, 0x20000, 9, 0), (V, 0x30000, 9, 3)], (3, 0)),
    ([(V - 1, 0x20000, 1, 3), (V, 0x30000, 9, 3)], (FINE, 0x30)),      # that covers it
    ([(V, 0x20000, 0, 0), (V, 0x30000, 9, 3)], (FINE, 0x30)),
])
def test_of_several_entries_the_lowest_and_first_decides(entries, expected):
    run = run_process(f"constant r1 {V}\nload r20 r1", *entries,
                      before=store(0x20001, 0x21) + store(0x30000, 0x30))
    assert (run.registers[60], run.registers[20]) == expected


@pytest.mark.manual("5.6")
@pytest.mark.manual("1.7")
@pytest.mark.parametrize("entry, address, reason", [
    ((0xFFFFFFFE, 0x20000, 16, 3), 0xFFFFFFFF, FINE),
    ((0xFFFFFFFE, 0x20000, 16, 3), 0, 3),           # an entry does not wrap around
    ((V, 0xFFFFFFFF, 16, 3), V, 4),
    ((V, 0xFFFFFFFF, 16, 3), V + 1, 4),             # nor does a physical address
    ((0, 0x20000, 0xFFFFFFFF, 3), 0x10, FINE),
])
def test_nothing_wraps_around(entry, address, reason):
    code = (0x1000, 0x1000, 0x100, 9)
    table = list_table(code, entry) if entry[0] else list_table(
        (0, 0, 0xFFFFFFFF, 11))
    run = run_qasm(process(f"constant r1 {address}\nload r20 r1", table))
    assert run.registers[60] == reason


@pytest.mark.manual("5.7")
@pytest.mark.parametrize("base, entries, reason", [
    (RAM - 9, 2, FINE),      # the count and two entries: just as long
    (RAM - 8, 2, 3),         # the second is cut off
    (RAM - 5, 1, None),
    (RAM, 0, None), (0xFFFFFFFF, 0, None),
])
def test_parts_of_a_table_behind_the_end_of_ram_are_no_entries(base, entries, reason):
    words = list_table(CODE, (V, 0x20000, 4, 3))
    text = f"""
        {handlers({1: '@fault'})}
        {"".join(store(base + n, word) for n, word in enumerate(words) if base + n < RAM)}
        {enter('@process', DEFAULT).replace(str(TABLE), str(base))}
    @process:
        constant r1 {V}
        load r20 r1
        halt
        {FAULT_HANDLER}"""
    run = run_qasm(text)
    expected = {None: Reason.MEMORY_FAULT if entries == 0 else run.registers[60]}
    assert run.registers[60] == expected.get(reason, reason)
    if entries == 0:
        assert run.registers[61] == run.symbols["process"]


@pytest.mark.manual("5.7")
def test_a_count_without_end_ends():
    run = run_qasm(process(f"constant r1 {V}\nload r20 r1", [0xFFFFFFFF, *list_table(CODE)[1:]])
                   .replace("constant r59 4294967295", "constant r59 0x3000"),
                   budget=400_000)
    assert run.registers[60] == Reason.MEMORY_FAULT


# --- two-level tables ----------------------------------------------------------------------------

PAGE = 0x1000
HERE = 1          # the program's page


def run_two_level(body, pages, flags=15, before=""):
    table = two_level_table(TABLE, [(HERE, HERE, 9), *pages], flags)
    return run_qasm(before + process(body, table, TWO_LEVEL), config=TWO_LEVEL)


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.8")
def test_the_other_build_has_its_identifier():
    run = run_qasm("".join(load(20 + n, 0x200 + 1 + 2 * n) for n in range(8)) + "halt",
                   config=TWO_LEVEL)
    assert run.registers[27] == 0x80000001


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.8")
@pytest.mark.manual("3.8 3")
@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("flags", range(16))
def test_a_page_needs_its_flags(access, flags):
    run = run_two_level(ACCESSES[access], [(V >> 12, 0x20, flags)])
    assert run.registers[60] == (FINE if flags & 1 and flags & access else 3)


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.8")
@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("flags", [0, 1, 2, 4, 8, 3, 5, 9, 14, 15])
def test_so_does_the_first_level(access, flags):
    """The page lies behind another word of the first table than the program does."""
    address = 0x80000000 + V
    table = two_level_table(TABLE, [(HERE, HERE, 9), (address >> 12, 0x20, 15)])
    table[address >> 22] = table[address >> 22] & ~15 | flags
    run = run_qasm(process(ACCESSES[access].replace(str(V), str(address)), table, TWO_LEVEL),
                   config=TWO_LEVEL)
    assert run.registers[60] == (FINE if flags & 1 and flags & access else 3)


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.8")
@pytest.mark.parametrize("offset", [0, 1, 0xFFF])
def test_the_low_bits_are_the_places_in_the_page(offset):
    run = run_two_level(f"constant r1 {V + offset}\nload r20 r1", [(V >> 12, 0x20, 3)],
                        before=store(0x20000 + offset, 0x66))
    assert (run.registers[60], run.registers[20]) == (FINE, 0x66)


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.8")
def test_bits_11_to_4_of_a_page_are_nothing():
    table = two_level_table(TABLE, [(HERE, HERE, 9), (V >> 12, 0x20, 3 | 0xFF0)])
    run = run_qasm(store(0x20005, 0x66)
                   + process(f"constant r1 {V + 5}\nload r20 r1", table, TWO_LEVEL),
                   config=TWO_LEVEL)
    assert (run.registers[60], run.registers[20]) == (FINE, 0x66)


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.8")
@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("what, reason", [("page", 4), ("table", 3)])
def test_behind_the_end_of_ram(access, what, reason):
    table = two_level_table(TABLE, [(HERE, HERE, 9), (0x80000000 + V >> 12, RAM >> 12, 15)])
    if what == "table":
        table[0x80000000 + V >> 22] = RAM << 4 | 15
    run = run_qasm(process(ACCESSES[access].replace(str(V), str(0x80000000 + V)), table,
                           TWO_LEVEL), config=TWO_LEVEL)
    assert run.registers[60] == reason


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.8")
def test_a_first_table_behind_the_end_of_ram_maps_nothing():
    run = run_qasm(process("nop", [0] * 1, TWO_LEVEL).replace(f"r59 {TABLE}", f"r59 {RAM}"),
                   config=TWO_LEVEL)
    assert (run.registers[60], run.registers[61]) == (3, run.symbols["process"])


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.8")
@pytest.mark.manual("5.3")
@pytest.mark.parametrize("flags, reason", [(9, FINE), (7, 3), (8, 3)])
def test_a_constant_on_the_edge_of_a_page_needs_execute_for_both_words(flags, reason):
    run = run_two_level(f"constant r1 {V + 0xFFF}\njmp r1",
                        [(V >> 12, 0x20, 9), ((V >> 12) + 1, 0x30, flags)],
                        before=store(0x20FFF, encode("constant", d=20))
                        + store(0x30000, 0x1234) + store(0x30001, 0xFF000000))
    assert run.registers[60] == reason
    assert run.registers[20] == (0x1234 if reason == FINE else 0)


# --- changes -------------------------------------------------------------------------------------

@pytest.mark.manual("5.9")
def test_a_change_is_seen_after_the_next_return():
    run = run_process(f"""
        {load(20, V)}
        constant r1 3
        int r1
    @back:
        {load(21, V)}
        halt
    @three:
        {store(TABLE + 5 + 1, 0x30000)}
        {store(0x42, "@back")}
        constant r1 0
        int r1""", (V, 0x20000, 4, 3),
        before=handlers({3: "@three"}) + store(0x20000, 2) + store(0x30000, 3))
    assert run.registers[20:22] == (2, 3)


@pytest.mark.manual("5.9")
def test_a_change_is_seen_after_the_next_store_to_base():
    """By a process that has table and MMU mapped."""
    run = run_process(f"""
        {load(20, V)}
        {store(TABLE + 5 + 1, 0x30000)}
        {store(MMU, TABLE)}
        {load(21, V)}
        {store(TABLE + 5 + 3, 1)}   ; no longer readable
        {store(MMU, TABLE)}
        {load(22, V)}""", (V, 0x20000, 4, 3), (TABLE, TABLE, 64, 7), (MMU, MMU, 1, 7),
        before=store(0x20000, 2) + store(0x30000, 3))
    assert run.registers[20:23] == (2, 3, 0)
    assert run.registers[60] == Reason.MEMORY_FAULT


@pytest.mark.slow  # another build of the simulator
@pytest.mark.manual("5.9")
def test_another_table_is_in_force_at_once():
    mmu = window_addresses(FULL.peripherals)["mmu"]
    second = list_table(CODE, (V, 0x30000, 4, 3))
    run = run_process(f"{load(20, V)}{store(mmu, 0x9000)}{load(21, V)}",
                      (V, 0x20000, 4, 3), (mmu, mmu, 1, 7),
                      before=store(0x20000, 2) + store(0x30000, 3)
                      + "".join(store(0x9000 + n, word) for n, word in enumerate(second)),
                      config=FULL)
    assert run.registers[20:22] == (2, 3)
