"""Memory of which only touched pages cost anything: clearing and comparing it is still right."""

import numpy as np
import pytest

from sim import pages
from sim.pages import PAGE_WORDS, Ram, same_words

COUNT = 40 * PAGE_WORDS + 7


def test_memory_is_0_at_first_and_after_it_was_cleared():
    ram = Ram(COUNT)
    assert not ram.words.any()
    ram.words[::PAGE_WORDS // 3] = 5
    ram.words[-1] = 7
    ram.clear()
    assert not ram.words.any()


@pytest.mark.parametrize("at", [0, 1, PAGE_WORDS - 1, PAGE_WORDS, 17 * PAGE_WORDS + 5, COUNT - 1])
@pytest.mark.parametrize("begin", [0, 3, PAGE_WORDS])
def test_each_word_that_differs_is_found_wherever_it_is(at, begin):
    one, other = Ram(COUNT), Ram(COUNT)
    for ram in (one, other):
        ram.words[5 * PAGE_WORDS:8 * PAGE_WORDS] = 9
    assert same_words(one.words[begin:], other.words[begin:])
    other.words[at] = 1
    assert same_words(one.words[begin:], other.words[begin:]) == (at < begin)
    assert same_words(other.words[begin:], one.words[begin:]) == (at < begin)
    one.words[at] = 1
    assert same_words(one.words[begin:], other.words[begin:])


def test_memories_that_begin_elsewhere_in_a_page_and_the_heap_compare_as_well():
    one, other = Ram(COUNT), np.zeros(COUNT - 1, np.uint32)
    one.words[1:][3000] = other[3000] = 4
    assert same_words(one.words[1:], other)
    other[3001] = 4
    assert not same_words(one.words[1:], other)
    assert not same_words(one.words, other)


def test_a_page_that_nobody_touched_is_not_read(monkeypatch):
    one, other = Ram(COUNT), Ram(COUNT)
    one.words[20 * PAGE_WORDS] = other.words[20 * PAGE_WORDS] = 1
    for ram in (one, other):
        touched = pages._runs(ram.words, pages.touched(ram.words))
        assert sum(end - begin for begin, end in touched) == PAGE_WORDS
    assert same_words(one.words, other.words)
