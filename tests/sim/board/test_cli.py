"""The command line of simulated boards, with somebody in place of the engine who plays a board."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

import sim.board.cli
import sim.board.machine
from fpga.boards import NAMES
from sim.board.bench import Bench
from sim.board.cli import main
from sim.board.machine import END_OCTET, ENDED, LOADER_WORDS, WAITS
from sim.engine.design import Stream
from sim.machine import Exit

BOOTING_SLICES = 3
LAST = b"\r\nstopped with exit code 0x0\r\n" * 8  # of about the most octets
OCTET_CYCLES = 500


class PlayedBoard:
    """Boots for some slices, then says back what it is sent until a ctrl-D halts it; without a card
    its boot loader waits for Enter, and looks for a card again then."""
    has_card = True
    bench    = None  # as it is now

    def __init__(self, *built):
        self.design = SimpleNamespace(probes=(), streams=(Stream("serial_from_host", "in", 9),))
        self.cycles, self.slices, self.ended, self.last = 0, 0, False, b""
        self.heard, self.said, self.unheard = bytearray(), bytearray(), bytearray()

    def array(self, name, words):
        return [0] * words

    def send(self, name, tokens):
        if name == "bench":
            PlayedBoard.bench = Bench.from_bits(int(tokens[-1]))
        if name == "serial_from_host":
            self.unheard += bytes(int(token) & 0xFF for token in tokens)

    def unsent(self, name):
        return len(self.unheard)

    def receive(self, name):
        if name != "serial_to_host":
            return []
        said, self.said = list(self.said), bytearray()
        return said

    def probe(self, name):
        is_booting = self.slices <= BOOTING_SLICES or self.ended or not self.has_card
        waits = not self.has_card and self.slices > BOOTING_SLICES
        return {"is_booting": is_booting,
                "light": ENDED if self.ended else WAITS if waits else 3 if is_booting else 6}[name]

    def run(self, cycles):
        self.cycles += cycles
        self.slices += 1
        heard, self.unheard = bytes(self.unheard[:5]), self.unheard[5:]
        assert not heard or self.slices > BOOTING_SLICES, "typed too early"
        self.said += heard.replace(bytes([END_OCTET]), b"exit" if self.has_card else b"")
        if self.last:  # some octets at a time, each time a run is cut short
            self.said, self.last = self.said + self.last[:1], self.last[1:]
            self.cycles -= cycles - OCTET_CYCLES
        if b"\r" in heard and not self.has_card:
            self.slices = 0
        if self.has_card and END_OCTET in heard:
            self.ended, self.last = True, LAST
        assert self.slices < 1000, "it would run for ever"

    def close(self):
        pass


@pytest.fixture
def run(monkeypatch, tmp_path, capfdbinary):
    """Runs the command with a pipe as its standard input, which ends."""
    def run(typed, *arguments, has_card=True):
        read, write = os.pipe()
        os.write(write, typed)
        os.close(write)
        monkeypatch.setattr(PlayedBoard, "has_card", has_card)
        monkeypatch.setattr(sim.board.machine.build, "source_key", lambda *args: "")
        monkeypatch.setattr(sim.board.machine.build, "built", lambda *args: ())
        monkeypatch.setattr(sim.board.machine, "build_loader", lambda options: [0] * LOADER_WORDS)
        monkeypatch.setattr(sim.board.machine, "Simulation", PlayedBoard)
        with open(read, "rb") as pipe:
            monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=pipe))
            status = main(["ulx3s", "--card", "none", *arguments])
        return status, *capfdbinary.readouterr()

    return run


def test_a_pipe_types_to_the_program_and_its_end_is_a_ctrl_d(run):
    assert run(b"echo a whole line\n") == (0, b"echo a whole line\nexit" + LAST, b"")


def test_a_file_does_so_too(run, tmp_path):
    (tmp_path / "typed").write_bytes(b"ls\n")
    assert run(b"not this", "--input", str(tmp_path / "typed")) == (0, b"ls\nexit" + LAST, b"")


@pytest.mark.parametrize("typed", [b"", b"\r", b"ls\r\r"])
def test_a_boot_loader_that_waits_hears_it_all_and_then_waits_in_vain(run, typed):
    status, said, complaint = run(typed, has_card=False)
    assert (status, said) == (Exit.STUCK, typed)
    assert complaint == (b"quince-board: the boot loader waits for somebody to type, and the input "
                         b"has ended\n")


def test_a_keyboard_is_plugged_in_only_if_somebody_presses_its_keys(run, tmp_path):
    run(b"")
    assert PlayedBoard.bench.usb == 0
    (tmp_path / "keys").write_text("5 down a\n")
    run(b"", "--keys", str(tmp_path / "keys"))
    assert PlayedBoard.bench.usb == 1


def test_a_board_without_a_connector_has_no_monitor(run, monkeypatch):
    from fpga.boards.configs import CONFIGS
    monkeypatch.setitem(CONFIGS, "ulx3s", replace(CONFIGS["ulx3s"], display=False))
    assert run(b"", "--monitor", "png") == (
        Exit.BAD_INPUT, b"", b"quince-board: ULX3S has no connector for a monitor\n")


def test_a_picture_that_could_not_be_saved_is_refused_before_the_run(run, tmp_path):
    missing = tmp_path / "missing"
    status, said, complaint = run(b"", "--picture", str(missing / "screen.png"))
    assert (status, said) == (Exit.BAD_INPUT, b"")
    assert complaint.decode() == (f"quince-board: {missing}/screen.png: there is no folder "
                                  f"{missing}\n")


@pytest.mark.parametrize("octets, complaint", [
    (None, "cannot open the disk image: No such file or directory"),
    (b"", "0 octets are not a whole number of sectors"),
    (b"rubbish", "7 octets are not a whole number of sectors"),
])
def test_a_card_that_is_no_image_is_refused_before_anything_is_built(monkeypatch, tmp_path, capfd,
                                                                     octets, complaint):
    monkeypatch.setattr(sim.board.cli, "SimulatedBoard", None)
    image = tmp_path / "card.img"
    if octets is not None:
        image.write_bytes(octets)
    assert main(["ulx3s", "--card", str(image)]) == Exit.BAD_INPUT
    assert f"quince-board: {image}: {complaint}" in capfd.readouterr().err


def test_a_board_that_there_is_not_is_refused_with_those_that_there_are(capfd):
    with pytest.raises(SystemExit):
        main(["ulx2"])
    said = capfd.readouterr().err.splitlines()[-1]
    assert "'ulx2'" in said and all(name in said for name in NAMES)
