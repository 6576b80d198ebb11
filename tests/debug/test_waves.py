"""Waves out of the debugger: of the instruction at hand, wherever in time that is."""

import numpy as np
import pytest

from debug.commands import Commands
from debug.look import Look
from debug.session import Session
from debug.symbols import Symbols
from debug.waves import BEFORE, Watcher
from sim.engine.machine import RtlMachine
from sim.history.history import History
from sim.history.rtl import RtlTape
from tests.debug.dialogue import dialogue
from tests.support.watched import CONFIG, assembled

pywellen = pytest.importorskip("pywellen")


@pytest.fixture(scope="module")
def talk():
    """A session in the middle of the loop, with the build that other tests of waves have."""
    def make_machine():
        return RtlMachine(CONFIG, watched=True)

    words, labels = assembled()
    words = np.array(words, np.uint32)
    tape = RtlTape(make_machine())
    tape.load(words)
    history = History(tape)
    look = Look(history)
    session = Session(history, look, Symbols(look, None))
    watcher = Watcher(tape, make_machine, words, "loop", [], lambda line: None)
    session.write_waves = lambda files, cycles: watcher.write(session, files, cycles)
    commands = Commands(session, type_text=lambda text: None)
    commands.execute(f"break *{labels['loop'] + 1:#x} if $r1 == 7")  # load r5 r3
    commands.execute("continue")
    yield commands
    watcher.close()
    tape.close()


def waves(path):
    return {var.full_name: var.signal for var in pywellen.Waveform(str(path)).all_vars()}


def test_the_waves_have_the_instruction_from_its_fetch_until_it_is_gone(talk, tmp_path):
    path, page = tmp_path / "here.fst", tmp_path / "here.html"
    here, ip = talk.session.history.cycles, talk.session.look.ip
    said = talk.execute(f"waves {path} {page}")
    assert f"cycles {here - BEFORE:,} to " in said
    row = waves(path)["soc.core.ip"]
    assert ip in {row.value_at(at) for at in range(here - BEFORE, here)}  # in execute
    assert "load r5 r3" in page.read_text()
    assert talk.session.history.cycles == here


def test_an_earlier_position_has_its_own_waves(talk, tmp_path):
    talk.execute("waves " + str(tmp_path / "later.fst"))
    for _ in range(3):
        talk.execute("reverse-continue")
    talk.execute("goto 40")
    said = talk.execute(f"waves {tmp_path / 'early.vcd'} 10")
    assert "early.vcd: cycles 30 to 50" in said
    assert waves(tmp_path / "early.vcd")["soc.core.ip"].value_at(49) > 0x1000


@pytest.mark.parametrize("line, refusal", [
    ("waves", "where to? 'waves FILE.fst', or FILE.html for the pipeline"),
    ("waves 100", "where to? 'waves FILE.fst', or FILE.html for the pipeline"),
    ("waves x.fst", "there are no waves of the golden model: it has no signals"),
])
def test_what_cannot_be_written_is_refused(line, refusal, tmp_path):
    path = tmp_path / "halt.qasm"
    path.write_text("@_entrypoint:\n  halt\n")
    with dialogue(path, "--engine", "model") as talk:
        assert talk(line) == f"refused: {refusal}"
