"""Waves of the hardware: every signal by its name, with the values that the trace tells of."""

import numpy as np
import pytest

from isa.trace import Kind, Word, Wrote
from sim.machine import Status
from sim.program import LoadedProgram
from sim.symbols import Symbols
from sim.waves.recording import Recording
from tests.support.watched import CONFIG, assembled
from toolchain.qasm import disassemble_word

pywellen = pytest.importorskip("pywellen")

PORTS = {Word.KIND: "trace_kind", Word.IP: "trace_ip", Word.INSN: "trace_insn",
         Word.VALUE: "trace_value", Word.ADDRESS: "trace_address", Word.DATA: "trace_data"}


class Recorded:
    """A run with its waves.

    Members
    -------
    records : array
    said : list of str
    waves : dict of str to Var
    """
    def __init__(self, path, when=None):
        words, symbols = assembled()
        program = LoadedProgram(np.array(words, np.uint32), symbols)
        recording = Recording([str(path)], [], when, "loop", program, Symbols(None))
        records, self.said = [], []
        machine = recording.make_machine(CONFIG, observe=lambda rows: records.append(rows.copy()))
        try:
            machine.load(words)
            while machine.run(300) is Status.RUNNING:
                pass
            recording.finish(machine, self.said.append)
            self.cycles = machine.cycles
        finally:
            machine.close()
        self.records = np.concatenate(records)
        self.waves   = {}
        if path.exists():
            self.waves = {var.full_name: var
                          for var in pywellen.Waveform(str(path)).all_vars()}

    def value(self, name, cycle):
        return self.waves[name].signal.value_at(cycle)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return Recorded(tmp_path_factory.mktemp("waves") / "whole.fst")


def test_each_record_of_the_trace_is_in_the_waves_of_its_cycle(whole):
    rows = whole.records[whole.records[:, Word.KIND] == Kind.INSN]
    assert len(rows) > 100
    for row in rows.astype(int).tolist():
        cycle = row[Word.CYCLE]
        assert whole.value("soc.trace_fast", cycle) == 1
        for word, port in PORTS.items():
            assert whole.value(f"soc.{port}", cycle) == row[word], (port, cycle)


def test_stages_functions_and_processes_are_texts(whole):
    _, symbols = assembled()
    for row in whole.records[whole.records[:, Word.KIND] == Kind.INSN].astype(int).tolist():
        text, cycle = disassemble_word(row[Word.INSN], row[Word.IMM]), row[Word.CYCLE]
        assert whole.value("soc.text.retire", cycle) == text
        assert whole.value("soc.text.execute", cycle - 1) == text
        label = whole.value("soc.text.function", cycle - 1).split("+")[0]
        assert symbols[label] <= row[Word.IP] < symbols[label] + 16
        assert whole.value("soc.text.process", cycle) == "machine"


def test_each_field_of_a_struct_is_a_row_and_enumerations_have_names(whole):
    control = "soc.core.execute.i__payload.control"
    for field in ("is_load", "unit", "alu.subtract"):
        assert f"{control}.{field}" in whole.waves
    name, members = whole.waves[f"{control}.unit"].enum_type
    assert (name, dict(members)["001"]) == ("Unit", "LOAD")
    loads = whole.records[whole.records[:, Word.WROTE] & Wrote.LOADED != 0].astype(int)
    for row in loads.tolist():
        assert whole.value(f"{control}.unit", row[Word.CYCLE] - 1) == 1
        assert whole.value("soc.core.execute.o__payload.is_load", row[Word.CYCLE]) == 1


def test_states_of_machines_have_names(whole):
    name, members = whole.waves["soc.core.traps.fsm_state"].enum_type
    assert {state for _, state in members} == {"IDLE", "DECIDE", "HEAR", "STOP", "STOPPED"}
    _, members = whole.waves["soc.core.execute.load_store.fsm_state"].enum_type
    assert [state for _, state in members] == ["REST", "ASK", "HEAR"]


def test_a_window_has_the_values_of_the_whole(whole, tmp_path):
    part = Recorded(tmp_path / "part.fst", "cycle 40..60")
    assert part.said[0].endswith("cycles 40 to 60")
    assert part.value("soc.core.execute.ip", 39) is None
    check_equal(part, whole, range(40, 61))


def check_equal(part, whole, cycles):
    assert part.waves.keys() == whole.waves.keys()
    for name, var in part.waves.items():
        for cycle in cycles:
            assert var.signal.value_at(cycle) == whole.value(name, cycle), (name, cycle)


def test_a_fault_is_gone_back_to(whole, tmp_path):
    part = Recorded(tmp_path / "fault.fst", "fault")
    fault, = whole.records[whole.records[:, Word.KIND] == Kind.FAULT].astype(int).tolist()
    assert part.said[0].startswith("the first fault was in cycle ")
    assert part.value("soc.text.execute", fault[Word.CYCLE] - 3) == "load r0 r6"
    check_equal(part, whole, range(fault[Word.CYCLE] - 10, fault[Word.CYCLE] + 1))
    assert part.cycles == whole.cycles
    assert (part.records == whole.records).all()


def test_a_function_is_gone_back_to_and_shown_until_it_returns(whole, tmp_path):
    part = Recorded(tmp_path / "halve.fst", "function halve")
    _, symbols = assembled()
    ip = symbols["global::halve"]
    rows = whole.records[whole.records[:, Word.IP] == ip].astype(int)
    first = rows[0][Word.CYCLE]
    check_equal(part, whole, range(first - 5, first + 5))
    assert part.value("soc.text.function", first - 1) == "global::halve"


def test_a_window_that_never_comes_is_told(tmp_path):
    part = Recorded(tmp_path / "late.fst", "cycle 1000000..")
    assert "nothing was written, for the run ended in cycle" in part.said[0]
    assert not part.waves
