"""Runs that are gone back in: the same cycle is the same machine, however it is reached."""

import random

import numpy as np
import pytest

from isa.config import MachineConfig
from isa.trace import Kind, Word
from sim.engine.library import Condition, What
from sim.engine.machine import RtlMachine
from sim.history.history import History
from sim.history.model import ModelTape
from sim.history.rtl import RtlTape
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.keyboard import Key, Keyboard
from sim.host.serial import Serial
from sim.host.terminal import ScriptedTerminal
from sim.lockstep import Lockstep
from sim.machine import Status
from tests.support.system import SYSTEM, system
from toolchain.build import image
from toolchain.source import Source

SCRIPT = [("$ ", "echo one > note\r"), ("$ ", "cat note\r"), ("$ ", "exit\r")]
LOOP   = """  ; writes one word after the other, around and around
    constant r0 0x2000
    constant r1 1
    constant r2 @next
    constant r3 0xFFF
    constant r4 0x2000
@next:
    store r0 r0
    add r0 r0 r1
    and r0 r0 r3
    or r0 r0 r4
    jmp r2
"""
SLICE  = 50_000
LIMIT  = 40_000_000


class Booted:
    """A session of the operating system that was recorded to its end, and looked at on the way."""

    def __init__(self, kind):
        self.terminal = ScriptedTerminal(SCRIPT)
        keyboard = Keyboard()
        keyboard.play([(100, Key.LEFT, True), (130, Key.LEFT, False)])
        self.disk = Disk(system().disk.read_bytes())
        hosts = Hosts(self.terminal, disk=self.disk, keyboard=keyboard,
                      serial=Serial(self.terminal))
        self.records = []
        if kind == "model":
            self.tape = ModelTape(SYSTEM, hosts)
        elif kind == "hardware":
            self.tape = RtlTape(RtlMachine(SYSTEM, hosts, observe=self.observe))
        else:
            whole = Lockstep(SYSTEM, hosts, observe=self.observe)
            self.tape = RtlTape(whole.rtl, whole)
        self.tape.load(np.frombuffer(system().kernel.read_bytes(), dtype="<u4"))
        self.history = History(self.tape)
        self.seen = {0: self.look()}
        while self.history.status is not Status.STOPPED and self.history.cycles < LIMIT:
            self.history.run(SLICE)
            self.seen[self.history.cycles] = self.look()

    def observe(self, records):
        self.records.append(records.copy())

    def look(self):
        machine = self.tape.machine
        return (machine.registers(), machine.instructions, self.tape.space,
                hash(machine.memory.tobytes()))

    def left(self):
        """What only the live run may change."""
        return self.terminal.text, hash(self.disk.octets())


@pytest.fixture(scope="module", params=[pytest.param("hardware", marks=pytest.mark.long), "model"])
def booted(request):
    return Booted(request.param)


def test_the_run_itself_is_as_ever(booted):
    assert "one" in booted.terminal.text.split("cat note")[1]
    assert booted.tape.machine.stop is not None


def test_any_cycle_is_the_same_forwards_and_backwards(booted):
    chance, left = random.Random(13), booted.left()
    assert len(booted.seen) >= 10
    cycles = chance.sample(sorted(booted.seen), min(20, len(booted.seen)))
    for cycle in (*cycles, *sorted(cycles), *sorted(cycles, reverse=True)):
        booted.history.go_to(cycle)
        assert booted.history.cycles == cycle
        assert booted.look() == booted.seen[cycle]
    assert booted.left() == left
    booted.history.go_to(booted.history.frontier)
    assert booted.look() == booted.seen[booted.history.frontier]


def test_the_records_of_the_past_are_those_of_the_first_run(booted):
    if not booted.records:
        pytest.skip("the model is not observed in its live run")
    chance, whole = random.Random(7), np.concatenate(booted.records)
    for _ in range(5):
        first = chance.randrange(booted.history.frontier - 20_000)
        last = first + chance.randrange(20_000)
        booted.history.go_to(first)
        # The record of a cycle is there after it.
        wanted = whole[(whole[:, Word.CYCLE] >= first) & (whole[:, Word.CYCLE] < last)]
        assert (booted.tape.records(last) == wanted).all()
    booted.history.go_to(booted.history.frontier)


def instructions_from(booted, first, last):
    """The records of instructions of a stretch of the past."""
    booted.history.go_to(first)
    rows = booted.tape.records(last)
    return rows[(rows[:, Word.KIND] == Kind.INSN) | (rows[:, Word.KIND] == Kind.FAULT)]


def test_steps_forward_and_back_meet_the_same_places(booted):
    """Each single instruction, forwards by the first hit and backwards by the last."""
    history, every = booted.history, [Condition(What.STEP, 0, 0xFFFFFFFF)]
    start = history.frontier // 2
    ips = instructions_from(booted, start, start + 2_000)[:, Word.IP].tolist()
    history.go_to(start)
    forwards = []
    for _ in range(40):
        hit = history.run(10_000, every)
        forwards.append((hit.position, hit.record[Word.IP]))
        assert history.cycles == hit.position
    met = [ip for _, ip in forwards]
    at = next(n for n in range(3) if ips[n:n + 40] == met)  # the first may be before its record
    assert at <= 2
    backwards = []
    for _ in range(39):
        hit = history.last(every, history.cycles)[-1]
        history.go_to(hit.position)
        backwards.append((hit.position, hit.record[Word.IP]))
    assert backwards == forwards[-2::-1]
    history.go_to(history.frontier)


def test_conditions_are_found_where_the_records_have_them(booted):
    """Points, stores and calls: all hits of a stretch, by stepping from one to the next."""
    history = booted.history
    start = history.frontier * 2 // 3
    rows = instructions_from(booted, start, start + 30_000)
    stores = rows[rows[:, Word.WROTE] & 2 != 0]
    ip, address = int(rows[len(rows) // 2, Word.IP]), int(stores[len(stores) // 2, Word.ADDRESS])
    for condition, wanted in (
            (Condition(What.POINT, ip), rows[rows[:, Word.IP] == ip]),
            (Condition(What.STORE, address, address + 1),
             stores[stores[:, Word.ADDRESS] == address])):
        history.go_to(start)
        forwards, until = [], start
        while (hit := history.run(start + 30_000 - history.cycles, [condition])) is not None:
            forwards.append(hit.record)
            until = hit.position + 1  # at the end the record of one more may still be under way
        assert len(forwards) in (len(wanted) - 1, len(wanted), len(wanted) + 1)
        assert [record[Word.IP] for record in forwards][:len(wanted) - 1] == \
            wanted[:len(forwards), Word.IP].tolist()[:len(wanted) - 1]
        backwards = []
        while len(backwards) < len(forwards):
            hits = history.last([condition], until)
            backwards += reversed([hit.record for hit in hits])
            until = hits[0].position
        assert backwards[:len(forwards)] == forwards[::-1]
    history.go_to(history.frontier)


def test_the_past_ends_where_it_began(booted):
    assert booted.history.last([Condition(What.POINT, 0x123456)], booted.history.frontier) == []
    with pytest.raises(ValueError, match="is not one of 0 to"):
        booted.history.go_to(booted.history.frontier + 1)
    booted.history.go_to(booted.history.frontier)


@pytest.mark.slow
def test_the_last_hit_of_a_long_stretch_is_the_same_wherever_the_snapshots_are(booted):
    """Searched in one piece, and by small ones around its end, where snapshots are left."""
    history, every = booted.history, [Condition(What.STEP, 0, 0xFFFFFFFF)]
    chance = random.Random(3)
    for _ in range(6):
        until = chance.randrange(30_000, 300_000)
        history.tape.restore(history._snapshots[0])
        whole = history.tape.find(every, 0, until, min(history.frontier, until + 5_000), 64)
        hits = history.last(every, until)
        assert [(hit.position, hit.record) for hit in hits[-20:]] == [
            (hit.position, hit.record) for hit in whole[-20:]]
        assert history.last(every, until)[-1] == hits[-1]  # now from a snapshot nearby
    history.go_to(history.frontier)


@pytest.mark.slow
def test_snapshots_stay_within_their_bounds(monkeypatch):
    """With little memory there are few, close to the present, and every cycle can be reached."""
    monkeypatch.setattr("sim.history.history.COST", 0)  # as many as there may be, on any machine
    tape = RtlTape(RtlMachine(MachineConfig()))
    tape.load(image([], [Source("loop.qasm", LOOP)], "none").words)
    history = History(tape, most_octets=2_000_000)
    seen = {}
    for _ in range(60):
        history.run(100_000)
        seen[history.cycles] = (tape.machine.registers(), hash(tape.machine.memory.tobytes()))
    assert history.octets <= 2_000_000
    assert 3 < len(history.snapshot_cycles) < 60
    for cycle in sorted(seen)[::7]:
        history.go_to(cycle)
        assert (tape.machine.registers(), hash(tape.machine.memory.tobytes())) == seen[cycle]
