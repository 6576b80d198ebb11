"""Translation for debuggers: tables written by hand, and random ones as a model has them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.config import MachineConfig, PageTable
from isa.machine import PageFlag
from isa.paging import translate
from tests.rtl.mmu import model

RAM = 0x4000
LIST      = MachineConfig(ram_words=RAM)
TWO_LEVEL = replace(LIST, page_table=PageTable.TWO_LEVEL)
ALL, READ, EXECUTE = 0xF, PageFlag.PRESENT | PageFlag.READ, PageFlag.EXECUTE


def memory_with(words):
    memory = np.zeros(RAM, dtype=np.uint32)
    for at, values in words.items():
        memory[at:at + len(values)] = values
    return memory


def test_without_a_base_every_address_in_ram_is_its_own():
    memory = memory_with({})
    assert translate(memory, LIST, 0, 0x1234, EXECUTE) == 0x1234
    assert translate(memory, LIST, 0, RAM, EXECUTE) is None


@pytest.mark.parametrize("address, expected", [
    (0x4FF, None), (0x500, 0x2000), (0x50F, 0x200F), (0x510, 0x3100), (0x520, None), (0x600, None)])
def test_the_entry_with_the_lowest_virtual_address_decides(address, expected):
    table = [3, 0x508, 0x30F8, 0x18, ALL, 0x500, 0x2000, 0x10, ALL, 0x600, 0x2000, 8, READ]
    assert translate(memory_with({0x1000: table}), LIST, 0x1000, address, EXECUTE) == expected


def test_both_levels_must_allow_it():
    words = {0x1000: [0x2000 << 4 | ALL], 0x2003: [0x3000 | ALL, 0x3000 | READ]}
    memory = memory_with(words)
    assert translate(memory, TWO_LEVEL, 0x1000, 0x3123, EXECUTE) == 0x3123
    assert translate(memory, TWO_LEVEL, 0x1000, 0x4123, EXECUTE) is None
    assert translate(memory, TWO_LEVEL, 0x1000, 0x4123, PageFlag.READ) == 0x3123
    assert translate(memory, TWO_LEVEL, 0x1000, 0x5000, EXECUTE) is None


word  = st.integers(0, 0xFFFFFFFF)
near  = st.integers(0, 0x40)
entry = st.tuples(near, st.sampled_from((0, 0x2000, RAM - 8)), near, st.integers(0, 15))


@given(count=st.integers(0, 6) | word, entries=st.lists(entry, max_size=6),
       base=st.sampled_from((0x1000, RAM - 9, RAM)), address=near,
       access=st.sampled_from((PageFlag.READ, PageFlag.WRITE, PageFlag.EXECUTE)))
def test_random_lists_translate_as_the_manual_says(count, entries, base, address, access):
    table = [count, *(value for row in entries for value in row)]
    memory = memory_with({base: table[:RAM - base]})
    expected, _ = model.translate(memory, LIST.page_table, base, address, access)
    assert translate(memory, LIST, base, address, access) == expected


@given(first=word, second=word, base=st.sampled_from((0x1000, RAM - 2)),
       address=st.sampled_from((0, 0x3000, 0x400000, 0x7FF123)),
       access=st.sampled_from((PageFlag.READ, PageFlag.WRITE, PageFlag.EXECUTE)))
def test_random_trees_translate_as_the_manual_says(first, second, base, address, access):
    first = first & 0xF | 0x2000 << 4 if first & 0x100 else first
    memory = memory_with({base: [first] * 2, 0x2000: [second & 0x3FFF] * 0x400})
    expected, _ = model.translate(memory, TWO_LEVEL.page_table, base, address, access)
    assert translate(memory, TWO_LEVEL, base, address, access) == expected
