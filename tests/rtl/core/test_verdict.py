"""The verdict on an instruction: early answers cover late ones, and nothing happens twice."""

import random

import pytest
from amaranth.sim import Simulator

from rtl.bus import Reason
from rtl.core.verdict import Verdict

INPUTS = ("valid", "is_stale", "interrupted", "is_privileged", "trap_busy", "room", "unit_done",
          "access_waits", "access_may_pass", "access_is_plain", "is_mispredicted", "is_astray")
KINDS  = ("", "is_load", "is_store", "is_jump", "is_constant", "is_int", "is_wait", "is_halt")
LIKELY = {"valid": 0.9, "room": 0.9, "unit_done": 0.9, "is_stale": 0.2, "interrupted": 0.2,
          "trap_busy": 0.1, "access_waits": 0.1}


def watch(check, seed, cycles=200):
    """Drive anything that can come together, and look at each cycle."""
    dut, rng = Verdict(), random.Random(seed)
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)

    async def bench(ctx):
        for _ in range(cycles):
            given = {name: rng.random() < LIKELY.get(name, 0.5) for name in INPUTS}
            kind  = rng.choice(KINDS)
            is_access = kind in ("is_load", "is_store")
            fails = is_access and rng.random() < 0.3
            given["access_waits"] &= is_access
            given["access_is_plain"] &= not fails
            given["access_passes"] = not fails and (not is_access or rng.random() < 0.7)
            given["kind"] = kind
            for name in (*INPUTS, "access_passes"):
                ctx.set(getattr(dut, name), given[name])
            for name in KINDS[1:]:
                ctx.set(getattr(dut.insn.control, name), name == kind)
            given["is_wrong"] = kind != "is_jump" and rng.random() < 0.1
            given["reason"]   = rng.choice([Reason.NONE] * 5 + [Reason.MEMORY_FAULT])
            ctx.set(dut.insn.jumped.is_wrong, given["is_wrong"])
            ctx.set(dut.insn.reason, given["reason"])
            ctx.set(dut.access_reason, Reason.OUT_OF_BOUNDS if fails else Reason.NONE)
            ctx.set(dut.leaves, ctx.get(dut.is_through))
            ctx.set(dut.redirected, ctx.get(dut.went_off) | ctx.get(dut.refetches))
            is_not = {"redirected", *given}
            said = {name: ctx.get(getattr(dut, name)) for name in dut.signature.members
                    if name not in is_not | {"insn", "leaves", "access_reason", "reason"}}
            check(given, said)
            await ctx.tick()
    simulator.add_testbench(bench)
    simulator.run()


SEEDS = pytest.mark.parametrize("seed", range(2))


@SEEDS
def test_what_is_known_early_covers_what_is_known_late(seed):
    def check(given, said):
        assert said["acts"] <= said["might_act"]
        assert said["completes"] <= said["is_through"] <= said["may_complete"] <= said["might_act"]
        assert said["completes"] <= said["acts"]
        if given["unit_done"] and given["access_passes"]:
            assert said["is_simple"] <= said["completes"]
    watch(check, seed)


@SEEDS
def test_an_instruction_has_one_end_at_most(seed):
    def check(given, said):
        ends = ("completes", "faults", "traps", "is_interrupted", "is_misfetched", "asleep")
        count = sum(said[end] for end in ends)
        # A `halt` or `int` that faults is both: the fault goes first.
        assert count - (said["faults"] & said["traps"]) <= 1
        if not given["valid"] or given["trap_busy"]:
            assert count == 0
    watch(check, seed)


@SEEDS
def test_what_is_stale_does_nothing_and_is_fetched_again_a_cycle_later(seed):
    fresh, stale = [True], [False]

    def check(given, said):
        assert said["refetches"] == (stale[0] and (fresh[0] or not given["valid"]))
        is_stale = given["is_stale"] or stale[0]
        if is_stale and fresh[0]:
            assert not (said["acts"] or said["completes"] or said["is_interrupted"])
        fresh[0] = not given["valid"] or bool(said["is_through"]) or (is_stale and fresh[0])
        goes_astray = said["is_simple"] and given["is_astray"]
        stale[0] = given["is_stale"] or ((stale[0] or goes_astray) and not (
            said["went_off"] or said["refetches"]))
    watch(check, seed)


@SEEDS
def test_what_has_begun_is_not_interrupted_unless_it_waits(seed):
    begun = [False]

    def check(given, said):
        if begun[0] and given["kind"] != "is_wait":
            assert not said["is_interrupted"]
        begun[0] = (given["valid"] and not said["is_through"]
                    and bool(begun[0] or said["acts"]))
    watch(check, seed)


@SEEDS
def test_a_fault_says_what_is_wrong_first(seed):
    def check(given, said):
        if said["acts"] and given["reason"] is not Reason.NONE:
            assert said["faults"]
        if said["acts"] and given["kind"] == "is_halt" and not given["is_privileged"]:
            assert said["faults"]
    watch(check, seed)
