# amaranth: UnusedElaboratable=no
import functools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isa.config import PageTable
from isa.machine import PageFlag, Reason
from rtl.bus import Access
from rtl.mmu.mmu import Mmu
from rtl.mmu.store import GENERATION_BITS
from rtl.mmu.tlb import Tlb
from tests.rtl.mmu.bench import Kind, MmuBench
from tests.rtl.mmu.model import translate

NEEDS = {Access.READ: PageFlag.READ, Access.WRITE: PageFlag.WRITE, Access.EXECUTE: PageFlag.EXECUTE}
ALL   = PageFlag.PRESENT | PageFlag.READ | PageFlag.WRITE | PageFlag.EXECUTE
TOP   = 0xFFFFFFFF
RAM_WORDS = 0x1357  # small, and no power of two

compiled = functools.cache(MmuBench)


def bench(**options):
    return compiled(**options).reset()


@pytest.fixture
def list_mmu():
    return bench(ram_words=RAM_WORDS, page_table=PageTable.LIST)


def put_list(ram, base, entries, count=None):
    """Write a list table; what is past the end of RAM is dropped."""
    words = [len(entries) if count is None else count, *(word for row in entries for word in row)]
    part = words[:max(0, len(ram) - base)]
    ram[base:base + len(part)] = part


def ask(mmu, kind, va, access):
    mmu.order(kind, va, access)
    answer, = mmu.answers()
    return (None, answer.reason.value) if answer.reason.value else (answer.pa, 0)


def check(mmu, page_table, base, addresses):
    """Ask for addresses on both sides, and compare with the manual."""
    asked = [(Kind.INSN if access == Access.EXECUTE else Kind.DATA, va, access)
             for va in addresses for access in NEEDS]
    for kind, va, access in asked:
        mmu.order(kind, va, access)
    for (_, va, access), answer in zip(asked, mmu.answers(), strict=True):
        expected = translate(mmu.ram, page_table, base, va, NEEDS[access])
        got = (None, answer.reason.value) if answer.reason.value else (answer.pa, 0)
        assert got == expected, (hex(va), access)
        if expected[1] == 0 and not answer.is_last:
            neighbour = translate(mmu.ram, page_table, base, va + 1, NEEDS[access])
            assert neighbour == (expected[0] + 1, 0), hex(va)


def turn_on(mmu, base):
    mmu.order(Kind.BASE, base)
    mmu.order(Kind.RETURN)


# --- without translation -------------------------------------------------------------------------

@pytest.mark.manual("5.1")
@pytest.mark.parametrize("on, base", [(False, 0), (False, 0x500), (True, 0), (True, None)])
def test_addresses_are_physical_while_translation_is_not_active(list_mmu, on, base):
    if base is not None:  # it is 0 after a reset
        list_mmu.order(Kind.BASE, base)
    list_mmu.order(Kind.RETURN if on else Kind.INTERRUPT)
    assert ask(list_mmu, Kind.DATA, 0x123, Access.WRITE) == (0x123, 0)
    assert ask(list_mmu, Kind.INSN, RAM_WORDS - 1, Access.EXECUTE) == (RAM_WORDS - 1, 0)
    assert ask(list_mmu, Kind.DATA, RAM_WORDS, Access.READ) == (None, Reason.OUT_OF_BOUNDS)
    assert ask(list_mmu, Kind.INSN, TOP, Access.EXECUTE) == (None, Reason.OUT_OF_BOUNDS)


def test_last_word_of_ram_has_no_neighbour(list_mmu):
    list_mmu.order(Kind.INTERRUPT)
    for va in RAM_WORDS - 2, RAM_WORDS - 1:
        list_mmu.order(Kind.INSN, va, Access.EXECUTE)
    assert [answer.is_last for answer in list_mmu.answers()] == [0, 1]


# --- list tables ---------------------------------------------------------------------------------

edges = [0, 1, 2, 0xFF, 0x100, 0x101, 0x7FFFFFFF, 0x80000000, RAM_WORDS - 1, RAM_WORDS,
         RAM_WORDS + 1, TOP - 1, TOP]
word    = st.sampled_from(edges) | st.integers(0, 0x180) | st.integers(0, TOP)
flags   = st.just(int(ALL)) | st.integers(0, 31)
entries = st.lists(st.tuples(word, word, word, flags), max_size=6)
bases   = st.sampled_from([1, 0x200, RAM_WORDS - 9, RAM_WORDS - 1, RAM_WORDS])


@pytest.mark.manual("5.4", "5.5", "5.6", "5.7")
@given(entries=entries, base=bases,
       count=st.none() | st.sampled_from([0, 1, 3, 40, TOP]), extra=st.lists(word, max_size=4))
@example([(0, 0, TOP, 15), (5, 9, 9, 15)], 1, None, [])
@example([(0x100, 0x1000, 0x1000, 15)], 1, None, [0x456, 0x457])
@settings(max_examples=400, deadline=None)
def test_list_tables_translate_as_the_manual_says(entries, base, count, extra):
    mmu = bench(ram_words=RAM_WORDS, page_table=PageTable.LIST)
    put_list(mmu.ram, base, entries, count)
    near = {(point + by) & TOP for virtual, _, size, _ in entries
            for point in (virtual, virtual + size) for by in (-1, 0, 1)}
    turn_on(mmu, base)
    check(mmu, PageTable.LIST, base, [*sorted(near), *extra])


@pytest.mark.manual("5.5")
def test_lowest_virtual_address_decides_then_lowest_index(list_mmu):
    put_list(list_mmu.ram, 1, [
        (0x20, 0x900, 0x20, ALL),
        (0x10, 0x400, 0x20, PageFlag.PRESENT | PageFlag.WRITE),
        (0x10, 0x500, 0x40, ALL),
    ])
    turn_on(list_mmu, 1)
    # 0x28 is covered by all three. The second decides, and its flags alone are checked.
    assert ask(list_mmu, Kind.DATA, 0x28, Access.WRITE) == (0x418, 0)
    assert ask(list_mmu, Kind.DATA, 0x28, Access.READ) == (None, Reason.MEMORY_FAULT)
    assert ask(list_mmu, Kind.DATA, 0x30, Access.READ) == (0x520, 0)


@pytest.mark.manual("5.3")
def test_present_alone_and_flag_alone_are_not_enough(list_mmu):
    put_list(list_mmu.ram, 1, [(0, 0, 4, PageFlag.READ), (4, 4, 4, PageFlag.PRESENT)])
    turn_on(list_mmu, 1)
    assert ask(list_mmu, Kind.DATA, 0, Access.READ) == (None, Reason.MEMORY_FAULT)
    assert ask(list_mmu, Kind.DATA, 4, Access.READ) == (None, Reason.MEMORY_FAULT)


@pytest.mark.manual("5.6")
def test_physical_address_does_not_wrap(list_mmu):
    put_list(list_mmu.ram, 1, [(0, TOP, 4, ALL)])
    turn_on(list_mmu, 1)
    assert ask(list_mmu, Kind.DATA, 1, Access.READ) == (None, Reason.OUT_OF_BOUNDS)


@pytest.mark.manual("5.7")
def test_entry_that_is_cut_off_by_the_end_of_ram_counts_as_none(list_mmu):
    base = RAM_WORDS - 8  # one whole entry, and three words of a second
    put_list(list_mmu.ram, base, [(0, 0, 4, ALL), (4, 4, 4, ALL)])
    turn_on(list_mmu, base)
    assert ask(list_mmu, Kind.DATA, 3, Access.READ) == (3, 0)
    assert ask(list_mmu, Kind.DATA, 4, Access.READ) == (None, Reason.MEMORY_FAULT)


def test_one_walk_serves_a_whole_mapping():
    mmu = bench(ram_words=RAM_WORDS, page_table=PageTable.LIST, is_uneven=False,
                stored_entries=0)
    put_list(mmu.ram, 1, [(0x1000 * n, 0x100 * n, 0x100, ALL) for n in range(10)])
    turn_on(mmu, 1)
    for va in 0x3080, 0x3000, 0x30FF:
        mmu.order(Kind.DATA, va)
    first, *others = mmu.answers()
    assert first.cycles == 2 * 10 + 16
    assert [answer.cycles for answer in others] == [0, 0]


def test_regions_that_the_tlbs_forgot_need_no_other_walk():
    """Each granule of 512 words that was asked for once; a return forgets them all."""
    mmu = bench(ram_words=RAM_WORDS, page_table=PageTable.LIST, is_uneven=False,
                stored_entries=16)
    put_list(mmu.ram, 1, [(0x200 * n, 0x100 * n, 0x100, ALL) for n in range(10)])
    turn_on(mmu, 1)

    def cycles(addresses, kind=Kind.DATA):
        for va in addresses:
            mmu.order(kind, va)
        answers = mmu.answers()
        assert [answer.pa for answer in answers] == [(va >> 1 & ~0xFF) | va & 0xFF
                                                     for va in addresses]
        return [answer.cycles for answer in answers]

    walk = 2 * 10 + 16 + 2
    firsts, others = [0x200 * n for n in range(10)], [0x200 * n + 0x7F for n in range(10)]
    assert cycles(firsts) == 10 * [walk]
    assert cycles(others) == 10 * [5]
    assert cycles(firsts, Kind.INSN) == 10 * [5]
    mmu.order(Kind.RETURN)
    assert cycles(firsts) == 10 * [walk]


def test_generations_begin_again_without_what_was_found_in_the_old_ones():
    """More returns than there are generations; each sees the table as it is."""
    mmu = bench(ram_words=RAM_WORDS, page_table=PageTable.LIST)
    turn_on(mmu, 1)
    for n in range(2 << GENERATION_BITS):
        put_list(mmu.ram, 1, [(0x200 * k, n % 251 + 0x10 * k, 4, ALL) for k in range(3)])
        mmu.order(Kind.RETURN)
        for k in *range(3), *range(3):
            assert ask(mmu, Kind.DATA, 0x200 * k, Access.READ) == (n % 251 + 0x10 * k, 0)


@pytest.mark.manual("5.7")
def test_walk_of_a_table_without_end_ends(list_mmu):
    list_mmu.ram[1] = TOP
    turn_on(list_mmu, 1)
    assert ask(list_mmu, Kind.DATA, 0x1000, Access.READ) == (None, Reason.MEMORY_FAULT)


# --- two-level tables ----------------------------------------------------------------------------

BIG_RAM = 0x4321
table   = st.sampled_from([0x800, 0xC00, BIG_RAM - 1, BIG_RAM, 0xFFFFFFF])
page    = st.sampled_from([0, 1, 3, 4, 5, 0x80000, 0xFFFFF])
index   = st.sampled_from([0, 1, 2, 0x3FF])


@pytest.mark.slow
@pytest.mark.manual("5.8")
@given(base=st.sampled_from([0x400, BIG_RAM - 2]),
       first=st.dictionaries(index, st.tuples(table, flags), max_size=4),
       second=st.dictionaries(st.tuples(table, index), st.tuples(page, st.integers(0, 0xFFF)),
                              max_size=8),
       asked=st.lists(st.tuples(index, index, st.sampled_from([0, 1, 0x320, 0x321, 0xFFF])),
                      min_size=1, max_size=10))
@settings(max_examples=200, deadline=None)
def test_two_level_tables_translate_as_the_manual_says(base, first, second, asked):
    mmu = bench(ram_words=BIG_RAM, page_table=PageTable.TWO_LEVEL)
    words = {at + i: p << 12 | low for (at, i), (p, low) in second.items()}
    words |= {base + i: at << 4 | bits & 15 for i, (at, bits) in first.items()}
    for at, value in words.items():
        if at < BIG_RAM:
            mmu.ram[at] = value
    turn_on(mmu, base)
    check(mmu, PageTable.TWO_LEVEL, base, [i << 22 | j << 12 | k for i, j, k in asked])


def test_two_level_walk_takes_nine_cycles():
    mmu = bench(ram_words=BIG_RAM, page_table=PageTable.TWO_LEVEL, is_uneven=False,
                stored_entries=0)
    mmu.ram[0x400] = 0x800 << 4 | ALL
    mmu.ram[0x800] = 0x2000 | ALL
    turn_on(mmu, 0x400)
    for va in 0x123, 0xFFF, 0:
        mmu.order(Kind.DATA, va)
    assert [answer.cycles for answer in mmu.answers()] == [9, 0, 0]


@pytest.mark.manual("5.8")
def test_two_level_access_needs_its_flag_on_both_levels():
    mmu = bench(ram_words=BIG_RAM, page_table=PageTable.TWO_LEVEL)
    mmu.ram[0x400] = 0x800 << 4 | PageFlag.PRESENT | PageFlag.READ | PageFlag.WRITE
    mmu.ram[0x800] = 0x2000 | PageFlag.PRESENT | PageFlag.READ | PageFlag.EXECUTE
    turn_on(mmu, 0x400)
    assert ask(mmu, Kind.DATA, 0x123, Access.READ) == (0x2123, 0)
    assert ask(mmu, Kind.DATA, 0x123, Access.WRITE) == (None, Reason.MEMORY_FAULT)
    assert ask(mmu, Kind.INSN, 0x123, Access.EXECUTE) == (None, Reason.MEMORY_FAULT)


# --- changes -------------------------------------------------------------------------------------

@pytest.mark.manual("5.9")
@pytest.mark.parametrize("kind, word", [(Kind.BASE, 1), (Kind.RETURN, 0)])
def test_changed_table_is_seen_after_write_of_base_and_after_return(list_mmu, kind, word):
    put_list(list_mmu.ram, 1, [(0, 0x100, 4, ALL)])
    turn_on(list_mmu, 1)
    assert ask(list_mmu, Kind.DATA, 2, Access.READ) == (0x102, 0)
    assert ask(list_mmu, Kind.INSN, 2, Access.EXECUTE) == (0x102, 0)
    put_list(list_mmu.ram, 1, [(1, 0x200, 4, ALL)])
    list_mmu.order(kind, word)
    assert ask(list_mmu, Kind.DATA, 2, Access.READ) == (0x201, 0)
    assert ask(list_mmu, Kind.INSN, 2, Access.EXECUTE) == (0x201, 0)
    assert ask(list_mmu, Kind.DATA, 0, Access.READ) == (None, Reason.MEMORY_FAULT)


@pytest.mark.manual("5.1")
def test_interrupt_turns_translation_off_and_return_on_again(list_mmu):
    put_list(list_mmu.ram, 1, [(0, 0x100, 4, ALL)])
    turn_on(list_mmu, 1)
    assert ask(list_mmu, Kind.DATA, 2, Access.READ) == (0x102, 0)
    list_mmu.order(Kind.INTERRUPT)
    assert ask(list_mmu, Kind.DATA, 2, Access.READ) == (2, 0)
    list_mmu.order(Kind.RETURN)
    assert ask(list_mmu, Kind.DATA, 2, Access.READ) == (0x102, 0)


@pytest.mark.slow
@pytest.mark.manual("5.9")
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_until_then_old_or_new_is_seen_and_nothing_else(data):
    # The old and the new table overlap with different mappings, which a TLB can hold both.
    mmu = bench(ram_words=RAM_WORDS, page_table=PageTable.LIST)
    mapping = st.tuples(st.integers(0, 8), st.integers(0, 0x300), st.integers(0, 12),
                        st.just(int(ALL)))
    tables = data.draw(st.lists(st.lists(mapping, max_size=2), min_size=2, max_size=3))
    turn_on(mmu, 1)
    seen = [set() for _ in range(16)]
    for rows in tables:
        put_list(mmu.ram, 1, rows)
        for va in range(16):
            seen[va].add(translate(mmu.ram, PageTable.LIST, 1, va, PageFlag.READ))
        for va in data.draw(st.lists(st.integers(0, 15), max_size=6)):
            assert ask(mmu, Kind.DATA, va, Access.READ) in seen[va]


@given(st.lists(st.tuples(st.sampled_from(list(Kind)), st.integers(0, 0x2F)), max_size=30))
@settings(max_examples=150, deadline=None)
def test_walks_may_be_abandoned_at_any_time(orders):
    mmu = bench(ram_words=RAM_WORDS, page_table=PageTable.LIST)
    put_list(mmu.ram, 1, [(0x10 * n, 0x100 * n, 0x8, ALL) for n in range(4)])
    turn_on(mmu, 1)
    on, expected = True, []
    for kind, va in orders:
        mmu.order(kind, 1 if kind is Kind.BASE else va, Access.EXECUTE)
        on = (on or kind is Kind.RETURN) and kind is not Kind.INTERRUPT
        if kind in (Kind.DATA, Kind.INSN):
            expected.append(translate(mmu.ram, PageTable.LIST, 1, va, PageFlag.EXECUTE)
                            if on else (va, 0))
    assert [(None, answer.reason.value) if answer.reason.value else (answer.pa, 0)
            for answer in mmu.answers()] == expected


# --- parameters ----------------------------------------------------------------------------------

@pytest.mark.parametrize("entries, error", [(0, ValueError), ("8", TypeError)])
def test_tlb_sizes_are_checked(entries, error):
    with pytest.raises(error, match="entries must be .*, not " + repr(entries)):
        Tlb(entries=entries)


def test_the_size_of_the_second_level_is_checked():
    with pytest.raises(ValueError, match="stored_entries must be a power of two and at least 2"):
        Mmu(ram_words=64, stored_entries=3)


def test_page_table_is_checked():
    with pytest.raises(TypeError, match="page_table must be a PageTable, not 'list'"):
        Mmu(ram_words=64, page_table="list")
