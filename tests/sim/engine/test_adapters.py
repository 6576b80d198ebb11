"""Adapters: from the streams of real peripherals to hosts, and back."""

import io
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from isa.config import MachineConfig
from rtl.peripherals.kinds import WAITS
from rtl.peripherals.table import make_peripheral
from rtl.peripherals.tokens import SerialOctet
from sim.engine.adapters import ADAPTERS
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.error import HostError, OutputClosed
from sim.host.files import Files
from sim.host.hosts import Debugger, Hosts
from sim.host.keyboard import Key, Keyboard
from sim.host.serial import Serial
from sim.host.terminal import ScriptedTerminal, Terminal
from tests.support.device_rig import Rig


def test_an_octet_that_may_not_be_lost_is_marked():
    assert SerialOctet.const({"waits": 1}).as_value().value == WAITS


def test_a_model_that_is_built_starts_without_amaranth():
    """Importing it takes as long as all the rest."""
    code = "import sys, sim.engine.machine; sys.exit('amaranth' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


class RigSimulation:
    """The streams of one peripheral in a rig, as the engine's `Simulation` shows them."""

    def __init__(self, rig, name):
        self.rig, self.name = rig, name
        self.design = SimpleNamespace(streams=[SimpleNamespace(name=f"{name}_from_host")])

    def receive(self, stream):
        assert stream == f"{self.name}_to_host"
        tokens, self.rig.sent = self.rig.sent, []
        return np.array(tokens, np.uint64)

    def send(self, stream, tokens):
        assert stream == f"{self.name}_from_host"
        self.rig.inbox.extend(int(token) for token in tokens)

    def unsent(self, stream):
        return len(self.rig.inbox)


def attach(name, hosts, test, *, step=7, memory=None):
    """Run a test of one peripheral whose adapter has its turns every few cycles."""
    rig = Rig(make_peripheral(name, MachineConfig()), memory=memory)
    adapter = ADAPTERS[name](RigSimulation(rig, name), hosts)
    inner = rig._cycle

    async def cycle():
        if rig.cycle_count % step == 0:
            adapter.attend()
            adapter.poll(rig.cycle_count // 100)
        return await inner()

    rig._cycle = cycle
    rig.run(test)
    adapter.attend()
    return adapter


async def write(rig, words):
    for at, word in enumerate(words):
        await rig.store(3 + at, word)
    await rig.store(2, len(words))
    await rig.store(0, 1)
    while (status := await rig.load(0)) == 3:
        pass
    return status


async def read(rig):
    await rig.store(0, 2)
    while (status := await rig.load(0)) == 3:
        pass
    return status, [await rig.load(3 + n) for n in range(await rig.load(2))]


def points(text):
    return [ord(char) for char in text]


def test_console_output_becomes_text():
    sink = io.BytesIO()

    async def test(rig):
        assert await write(rig, points("héllo ")) == 0
        assert await write(rig, []) == 0
        assert await write(rig, points("wörld\n")) == 0

    attach("console_output", Hosts(Terminal(None, sink)), test)
    assert sink.getvalue().decode() == "héllo wörld\n"


def test_a_broken_pipe_comes_through():
    reader, writer = os.pipe()
    os.close(reader)

    async def test(rig):
        await write(rig, [65])
        await rig.idle(20)

    with pytest.raises(OutputClosed):
        attach("console_output", Hosts(Terminal(None, writer)), test)
    os.close(writer)


def test_console_input_waits_for_a_line_and_ends():
    reader, writer = os.pipe()

    async def test(rig):
        await rig.store(0, 2)
        await rig.idle(100)
        assert await rig.load(0) == 3
        os.write(writer, "zwei €\nrest".encode())
        while await rig.load(0) == 3:
            pass
        assert [await rig.load(3 + n) for n in range(await rig.load(2))] == points("zwei €")
        os.close(writer)
        assert await read(rig) == (0, points("rest"))
        assert (await read(rig))[0] == 0xFFFFFFFF

    adapter = attach("console_input", Hosts(Terminal(reader)), test)
    assert not adapter.awaits_input
    os.close(reader)


def test_a_pending_line_is_awaited():
    terminal = ScriptedTerminal([("never", "x")])

    async def test(rig):
        await rig.store(0, 2)
        await rig.idle(20)

    assert attach("console_input", Hosts(terminal), test).awaits_input


def test_host_files_are_written_and_read(tmp_path):
    async def test(rig):
        assert await write(rig, points("a.txt")) == 0
        assert await write(rig, points("hello")) == 0
        assert await write(rig, points("a.txt")) == 0
        assert await read(rig) == (0, points("hello"))
        assert await write(rig, points("../b.txt")) == 0xFFFFFFFF
        assert (await read(rig))[0] == 0xFFFFFFFF

    attach("host_file", Hosts(files=Files(tmp_path)), test)
    assert (tmp_path / "a.txt").read_text() == "hello"


def test_without_a_folder_the_host_file_fails():
    async def test(rig):
        assert await write(rig, points("a.txt")) == 0xFFFFFFFF
        assert (await read(rig))[0] == 0xFFFFFFFF

    attach("host_file", Hosts(), test)


def test_a_flip_is_shown_whole():
    display = Display(3, 2)

    async def test(rig):
        await rig.idle(20)
        assert [await rig.load(n) for n in (1, 2)] == [3, 2]
        for first, status in ((8, 0), (60, 0xFF), (9, 0), (0, 0)):
            await rig.store(3, first)
            await rig.store(0, 1)
            await rig.until(0, status)

    attach("display", Hosts(display=display), test, memory=list(range(64)))
    assert display.frame_count == 2
    assert display.last.tolist() == [[9, 10, 11], [12, 13, 14]]


def test_a_flip_without_a_display_is_nothing():
    async def test(rig):
        await rig.store(3, 1)
        await rig.store(0, 1)
        await rig.until(0, 0)

    attach("display", Hosts(), test, memory=[0])


def test_keys_arrive_at_their_times():
    keyboard = Keyboard()
    keyboard.play([(1, Key.LEFT, True), (3, ord("a"), True)])

    async def test(rig):
        await rig.idle(150)
        assert await rig.load(0) == 1 and await rig.load(4) == 0
        await rig.idle(200)
        assert await rig.load(0) == 1 and await rig.load(4) == 2

    attach("keyboard", Hosts(keyboard=keyboard), test)


async def operate(rig, command, sector, count, address):
    for addr, value in ((2, sector), (3, count), (4, address), (0, command)):
        await rig.store(addr, value)
    while (status := await rig.load(1)) == 1:
        pass
    return status, await rig.load(7)


def test_sectors_are_moved_and_flushed():
    events = []
    disk = Disk(bytes(4 * 512), observer=events.append)
    memory = list(range(1000, 1600))

    async def test(rig):
        await rig.idle(20)
        assert await rig.load(5) == 4
        assert await operate(rig, 2, 1, 2, 100) == (0, 0)
        assert await operate(rig, 3, 0, 0, 0) == (0, 0)
        assert await operate(rig, 1, 2, 1, 0) == (0, 0)
        assert await operate(rig, 2, 0, 1, 590) == (0xFF, 3)  # past the end of RAM
        assert await operate(rig, 1, 1, 1, 300) == (0, 0)

    attach("block", Hosts(disk=disk), test, memory=memory)
    assert [event.sector for event in events] == [1, 2, None]
    assert disk.read(1).tolist() == list(range(1100, 1228)) == memory[300:428]
    assert memory[:128] == list(range(1228, 1356)) and not disk.read(0).any()


def test_a_disk_that_fails_gives_an_error_and_goes_on():
    def refuse(event):
        if event.sector == 1 or event.sector is None:
            raise HostError("worn out")

    disk = Disk(bytes(4 * 512), observer=refuse)

    async def test(rig):
        await rig.idle(20)
        assert await operate(rig, 2, 0, 2, 0) == (0xFF, 3)
        assert await operate(rig, 3, 0, 0, 0) == (0xFF, 3)
        assert await operate(rig, 2, 2, 1, 0) == (0, 0)

    attach("block", Hosts(disk=disk), test, memory=list(range(300)))
    assert disk.read(2).tolist() == disk.read(0).tolist() == list(range(128))
    assert not disk.read(1).any()


def test_without_a_disk_a_flush_fails():
    async def test(rig):
        await rig.idle(20)
        assert await operate(rig, 3, 0, 0, 0) == (0xFF, 3)
        assert await operate(rig, 1, 0, 1, 0) == (0xFF, 1)

    attach("block", Hosts(), test, memory=[0])


def test_serial_octets_pass_both_ways_and_none_is_lost():
    sink = io.BytesIO()
    octets = bytes(n * 7 % 256 for n in range(300))
    terminal = Terminal(octets, sink)

    async def test(rig):
        await rig.idle(200)
        for octet in octets:
            while not (word := await rig.load(2)):
                pass
            assert word == 0x100 | octet
            await rig.store(1, 0)
            while await rig.load(0):
                pass
            await rig.store(0, octet ^ 0xFF)
        await rig.idle(20)

    adapter = attach("serial", Hosts(terminal, serial=Serial(terminal)), test)
    assert sink.getvalue() == bytes(octet ^ 0xFF for octet in octets)
    assert not adapter.may_wake


class Person(Debugger):
    """Goes on the third time it is asked, and wishes for one break."""

    def __init__(self):
        super().__init__()
        self.asked, self.wish = 0, True

    def stopped(self):
        super().stopped()
        return False

    def go_on(self):
        self.asked += 1
        return self.asked == 3

    def wants_break(self):
        wish, self.wish = self.wish, False
        return wish


def test_a_debugger_stops_the_machine_and_lets_it_go():
    person = Person()

    async def test(rig):
        await rig.idle(10)
        assert len(rig.irq_cycles) == 1
        await rig.store(0, 1)
        await rig.until(0, 0)
        assert rig.cycle_count > 21

    attach("debug_break", Hosts(debugger=person), test)
    assert person.asked == 3 and person.break_count == 1


def test_without_a_debugger_a_break_goes_on_at_once():
    async def test(rig):
        await rig.store(0, 1)
        await rig.until(0, 0)

    attach("debug_break", Hosts(), test)


class FakeSimulation:
    """All streams, by hand."""

    def __init__(self):
        self.outs, self.ins = {}, {}
        self.design = SimpleNamespace(streams=[])

    def receive(self, stream):
        return np.array(self.outs.pop(stream, []), np.uint64)

    def send(self, stream, tokens):
        self.ins.setdefault(stream, []).extend(int(token) for token in tokens)

    def unsent(self, stream):
        return 0


def test_what_is_typed_goes_to_the_line_unless_the_console_waits_for_it():
    reader, writer = os.pipe()
    terminal = Terminal(reader)
    simulation = FakeSimulation()
    hosts = Hosts(terminal, serial=Serial(terminal))
    console = ADAPTERS["console_input"](simulation, hosts)
    serial = ADAPTERS["serial"](simulation, hosts)

    def turn():
        for adapter in (console, serial):
            adapter.attend()
            adapter.poll(0)
        return [bytes(token & 0xFF for token in simulation.ins.pop(f"{name}_from_host", []))
                for name in ("console_input", "serial")]

    os.write(writer, b"a")
    assert turn() == [b"", b"a"]
    simulation.outs["console_input_to_host"] = [2 << 32]
    os.write(writer, b"on")
    assert turn() == [b"", b""]
    os.write(writer, b"e\ntwo\n")
    assert turn() == [b"\3one", b"two\n"]
    os.close(writer)
    os.close(reader)


def test_a_picture_may_come_in_pieces():
    display = Display(100, 50)
    simulation = FakeSimulation()
    adapter = ADAPTERS["display"](simulation, Hosts(display=display))
    assert simulation.ins["display_from_host"] == [50 << 14 | 100]
    tokens = [50 << 16 | 100, *(1 << 32 | n for n in range(5000)), 2 << 32]
    tokens = tokens[:300] + tokens + tokens  # one that breaks off, and two
    for at in range(0, len(tokens), 777):
        simulation.outs["display_to_host"] = tokens[at:at + 777]
        adapter.attend()
    assert display.frame_count == 2
    assert (display.last.ravel() == np.arange(5000)).all()
