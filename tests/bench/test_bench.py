"""The benchmarks themselves: results are right, and passes are counted where they are."""

import pytest

from bench.cycles import kernel_paths, measure_kernel
from bench.micro import MICRO, measure_micro
from bench.passes import call_passes, passes_between
from bench.regions import measure_regions
from isa.config import MachineConfig
from sim.machine import check_image
from sim.program import LoadedProgram
from toolchain.qasm import assemble
from toolchain.source import Source


def program(text):
    made = assemble([Source("bench.qasm", text)])
    return LoadedProgram(check_image(made.words, MachineConfig()), made.symbols)


@pytest.mark.parametrize("path", kernel_paths(), ids=lambda path: path.name)
def test_a_kernel_gives_its_result_twice(path):
    result = measure_kernel(path)
    assert result.warm.instructions <= result.warm.cycles


def test_more_regions_than_the_tlbs_hold_cost_little():
    """A walk through 22 entries would take over 60 cycles."""
    assert measure_regions(21, 22).cycles / 21 < 10


@pytest.mark.parametrize("micro", MICRO, ids=lambda micro: micro.name)
def test_a_piece_of_code_is_measured(micro):
    measured = measure_micro(micro)
    assert 32 <= measured.instructions <= measured.cycles


def test_calls_from_two_places_are_two_passes():
    passes, result = call_passes(program("""
        constant r2 @routine
        constant r3 @first
        jmp r2
    @first:
        nop
        constant r3 @second
        jmp r2
    @second:
        constant r0 7
        halt
    @routine:
        nop
        nop
        jmp r3
    """), "routine")
    assert [one.instructions for one in passes] == [3, 3]
    assert result == 7


def test_passes_between_labels_count_the_instructions_between():
    passes = passes_between(program("""
        constant r1 3
        constant r2 1
        constant r3 @begin
    @begin:
        nop
        nop
    @end:
        sub r1 r1 r2
        jnz r1 r3
        halt
    """), "begin", "end")
    assert [one.instructions for one in passes] == [2, 2, 2]
