"""Damaged programs never break the compiler; `python -m tests.fuzz_qll` tries many more."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz_qll import outcomes
from tests.support.qll import LEVELS
from tests.support.qll_measures import RANDOM, check_measures
from tests.support.qll_mutations import check_survives, mutate, seeds
from tests.support.qll_programs import program as random_program
from toolchain.qll.front import with_deep_stack


def test_the_seeds_of_the_fuzzer_are_right():
    assert sum(with_deep_stack(lambda text=text: check_survives([text])) for text in seeds()) >= 15


@pytest.mark.parametrize("part", range(4))
def test_damaged_programs(part):
    def campaign():
        for number in range(part * 100, part * 100 + 100):
            chance = random.Random(number)
            check_survives([mutate(chance)], chance.randrange(3))
    with_deep_stack(campaign)


@pytest.mark.parametrize("seed", RANDOM)
def test_random_programs_give_what_they_should_at_every_level(seed):
    wanted, found = outcomes(random_program(random.Random(seed)))
    assert wanted is not None
    assert [outcome.r0 for outcome in found] == [wanted] * len(LEVELS)
    for level, outcome in zip(LEVELS, found, strict=True):
        check_measures(f"random/{seed}", level, outcome)


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text(text):
    with_deep_stack(lambda: check_survives([text]))


@given(st.lists(st.sampled_from(
    "function main x T ( ) { } [ ] < > : ; , . = byte int var return if while type struct "
    "& * -> 1 'a' \"s\" new null using namespace global a::b unsafe sizeof => ... ? + !".split()),
    max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_tokens(words):
    with_deep_stack(lambda: check_survives([" ".join(words)]))
