"""Every cycle is counted once, at the instruction that it is spent on, with its cause."""

from collections import Counter

import numpy as np
import pytest

from isa import BY_MNEMONIC
from isa.config import MachineConfig
from isa.trace import Kind, Word
from rtl.core.account import Flow, Spent
from sim.engine.machine import RtlMachine
from sim.fuzz.campaign import CONFIGS
from sim.fuzz.generate import generate
from sim.fuzz.subjects import hosts_for
from sim.machine import Status
from sim.profile.report import CAUSES
from toolchain.places import ROOT
from toolchain.qasm import assemble
from toolchain.source import Source

BY_TRAP = {BY_MNEMONIC[name].opcode for name in ("int", "halt")}


class Counted:
    """A run's counts.

    Members
    -------
    cycles : int
    causes : dict of str to int
        Cycles by cause.
    at : dict of int to Counter
        The same for each address.
    records : array
    nodes : array
    """
    def __init__(self, machine, records):
        simulation    = machine.simulation
        names         = simulation.design.tally.causes
        self.cycles   = machine.cycles
        self.nodes    = simulation.nodes()
        self.records  = np.concatenate(records)
        self.at       = {}
        for _, first, counts in simulation.pages():
            for offset in np.flatnonzero(counts.any(axis=1)).tolist():
                found = self.at.setdefault(first + offset, Counter())
                found.update({name: int(count) for name, count
                              in zip(names, counts[offset], strict=True) if count})
        self.causes = sum(self.at.values(), Counter())


def run(words, config=None, hosts=None, *, memory="ideal", budget=200_000, spaces=lambda at: 1):
    records = []
    machine = RtlMachine(config or MachineConfig(), hosts, memory=memory, spaces=spaces,
                         observe=lambda rows: records.append(rows.copy()))
    try:
        machine.load(words)
        while machine.cycles < budget and machine.run(2_000) is Status.RUNNING:
            pass
        return Counted(machine, records)
    finally:
        machine.close()


def run_qasm(text, **options):
    program = assemble([Source("test.qasm", text)])
    counted = run(program.words, **options)
    return counted, {name.lstrip("@"): at for name, at in program.symbols.items()}


@pytest.mark.parametrize("body, cause, cycles", [
    ("load r1 r2\nadd r3 r1 r1",                              "LOAD_USE",     1),
    ("load r1 r2\nnop\nadd r3 r1 r1",                         "LOAD_USE",     0),
    ("mul r1 r2 r2\nadd r3 r1 r1",                            "RESULT_USE",   1),
    ("div r1 r2 r2",                                          "DIVIDER",      1),
    ("constant r5 1\nconstant r6 0xFFFFFFFF\ndiv r1 r6 r5",   "DIVIDER",      18),
    ("fadd r1 r2 r2",                                         "FLOAT",        4),
    ("fdiv r1 r2 r2",                                         "FLOAT",        18),
    ("constant r5 0x40\nload r1 r5",                          "WINDOW",       4),
    ("constant r5 0x40\nload r1 r5\nnop\nload r1 r5",         "WINDOW",       8),
    ("constant r5 @over\njmp r5\nnop\n@over:",                "MISPREDICTED", 3),
    ("constant r5 @over\nload r6 r5\nstore r5 r6\n@over:\nnop\nnop", "STALE", 5),
])
def test_what_an_instruction_costs_is_put_down_to_its_cause(body, cause, cycles):
    counted, _ = run_qasm(f"constant r2 0x3000\nnop\nnop\n{body}\nnop\nnop\nhalt")
    assert counted.causes[cause] == cycles
    assert counted.causes.total() == counted.cycles


def test_an_interrupt_and_the_return_from_it_are_put_down_to_traps():
    counted, at = run_qasm("""
        constant r1 0x48
        constant r2 @handler
        store r1 r2
        constant r1 0x46
        constant r3 @fault
        store r1 r3
        constant r4 3
    @call:
        int r4
    @after:
        halt
        nop
    @handler:
        constant r1 0
        int r1
    @fault:
        halt
    """)
    assert counted.at[at["call"]]["TRAP"] + counted.at[at["handler"]]["TRAP"] == 8
    assert counted.at[at["handler"]]["USED"] == 1


def test_a_machine_that_sleeps_is_asleep_however_its_cycles_are_passed_over():
    counted, at = run_qasm("""
        constant r1 @TIMER
        constant r2 20
        store r1 r2
    @sleep:
        wait
        halt
    """.replace("@TIMER", timer_address()), budget=100_000)
    assert counted.at[at["sleep"]]["ASLEEP"] > 90_000
    assert counted.causes.total() == counted.cycles


def timer_address():
    from isa.machine import window_addresses
    return hex(window_addresses(MachineConfig().peripherals)["timer"])


@pytest.mark.parametrize("seed", range(12))
def test_each_instruction_of_a_random_program_has_the_cycles_since_the_one_before(seed):
    config  = CONFIGS["list"]
    program = generate(seed, config)
    counted = run(program.render(), config, hosts_for(program), budget=6_000)
    assert counted.causes.total() == counted.cycles

    rows = counted.records[np.isin(counted.records[:, Word.KIND],
                                   (Kind.INSN, Kind.FAULT, Kind.INTERRUPT))].astype(np.int64)
    expected, before = Counter(), 0
    for row in rows:
        expected[int(row[Word.IP])] += int(row[Word.CYCLE]) - before
        before = int(row[Word.CYCLE])
    found = Counter({at: causes.total() for at, causes in counted.at.items()})
    assert not expected - found
    assert (found - expected).total() == counted.cycles - before  # since the last record
    insns = rows[rows[:, Word.KIND] == Kind.INSN]
    plain = [row for row in insns if row[Word.INSN] >> 24 not in BY_TRAP]
    assert counted.causes["USED"] - len(plain) in (0, 1)  # the last may not have retired


def test_nothing_is_lost_where_memory_hesitates():
    config  = CONFIGS["hesitant"]
    program = generate(3, config)
    counted = run(program.render(), config, hosts_for(program), memory="hesitant", budget=6_000)
    assert counted.causes.total() == counted.cycles
    assert counted.causes["MEMORY"] + counted.causes["FETCH"] > 0


def test_calls_are_followed_to_any_depth():
    counted, at = run_qasm("""
        constant r63 0x3000
        constant r1 40
        constant r2 1
        constant r31 @back
        constant r30 @count
        jmp r30
    @back:
        halt
    @count:
        sub r63 r63 r2
        store r63 r31
        sub r1 r1 r2
        constant r20 @done
        jz r1 r20
        constant r31 @inner
        constant r30 @count
        jmp r30
    @inner:
    @done:
        load r31 r63
        add r63 r63 r2
        jmp r31
    """)
    nodes  = counted.nodes
    inner  = nodes[nodes["entry"] == at["count"]]
    assert len(inner) == 40
    assert inner["calls"].tolist() == [1] * 40
    depths = []
    for node in nodes:
        depths.append(0 if node["caller"] >= len(depths) else depths[node["caller"]] + 1)
    assert max(depths) == 40
    assert nodes["counts"].sum() == counted.cycles
    own = inner["counts"].sum(axis=1)
    assert own.max() < own.sum() / 10  # what a call does behind an inner one is its own again
    root = nodes[0]["counts"].sum()
    assert root >= counted.at[at["back"]].total()  # it came back to where it was called


def test_the_engine_and_the_hardware_number_the_flow_alike():
    header = (ROOT / "sim" / "engine" / "profile.h").read_text()
    assert ", ".join(f"FLOW_{flow.name} = {flow.value}" for flow in Flow) + "\n};" in header


def test_each_cause_has_a_heading_and_a_sentence():
    assert list(CAUSES) == [cause.name for cause in Spent]
