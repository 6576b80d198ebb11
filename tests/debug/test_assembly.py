"""A small program in assembly, looked into by instructions, forwards and backwards."""

import pytest

from tests.debug.dialogue import dialogue

LOOP = """; counts r1 up to 5 and stores each into `cell`
data @cell 0
@_entrypoint:
  constant r1 0
  constant r2 1
  constant r3 @loop
  constant r4 @cell
  constant r5 5
@loop:
  add r1 r1 r2
  store r4 r1
  lt r6 r1 r5
  jnz r6 r3
  mov r0 r1
  halt
"""


@pytest.fixture(scope="module", params=["rtl", "model"])
def loop(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("loop") / "loop.qasm"
    path.write_text(LOOP)
    with dialogue(path, "--engine", request.param) as talk:
        yield talk


@pytest.fixture
def talk(loop):
    loop("delete")
    loop("undisplay")
    loop("goto start")
    return loop


def value(talk, text):
    return int(talk(f"print {text}"), 0)


def test_a_breakpoint_with_a_condition_stops_in_that_turn(talk):
    assert talk("break loop if $r1 == 2").startswith("Breakpoint ")
    assert talk.lines("continue")[0].startswith("Breakpoint ")
    assert value(talk, "$r1") == 2
    assert talk("continue").startswith("The machine halted, with exit code 0x5.")


def test_every_instruction_is_met_again_backwards(talk):
    talk("break *loop")
    talk("delete")
    seen = []
    for _ in range(20):
        seen.append((talk("print $ip"), value(talk, "$r1"), value(talk, "cell"),
                     value(talk, "$cycle")))
        talk("stepi")
    for before in reversed(seen):
        talk("reverse-stepi")
        assert (talk("print $ip"), value(talk, "$r1"), value(talk, "cell"),
                value(talk, "$cycle")) == before


def test_a_watch_tells_each_change_in_both_directions(talk):
    talk("watch cell")
    shown = [talk.lines("continue")[0].partition(": ")[2] for _ in range(5)]
    assert shown == [f"cell: now {n + 1}, before {n}" for n in range(5)]
    shown = [talk.lines("reverse-continue")[0].partition(": ")[2] for _ in range(5)]
    assert shown == [f"cell: now {n}, then {n + 1}" for n in (4, 3, 2, 1, 0)]
    assert talk.lines("reverse-continue")[0] == "Reached the beginning of the recording."


@pytest.mark.parametrize("engine", ["rtl", "model"])
def test_a_store_of_what_is_there_is_no_change_in_either_direction(tmp_path, engine):
    path = tmp_path / "same.qasm"
    path.write_text("data @cell 0\n@_entrypoint:\n  constant r4 @cell\n  constant r1 5\n"
                    "  store r4 r1\n  store r4 r1\n  constant r1 6\n  store r4 r1\n"
                    "  nop\n  store r4 r1\n  halt\n")
    with dialogue(path, "--engine", engine) as talk:
        talk("watch cell")
        there = [talk.lines("continue")[0].partition(": ")[2] for _ in range(2)]
        assert there == ["cell: now 5, before 0", "cell: now 6, before 5"]
        assert talk("continue").startswith("The machine halted")
        back = [talk.lines("reverse-continue")[0] for _ in range(3)]
        assert [line.partition(": ")[2] for line in back] == [
            "cell: now 5, then 6", "cell: now 0, then 5", ""]
        assert back[2] == "Reached the beginning of the recording."


def test_a_register_can_be_watched(talk):
    talk("goto end")
    talk("goto start")
    talk("stepi 5")
    talk("watch $r1")
    assert talk.lines("continue")[0].endswith("$r1: now 1, before 0")
    assert talk.lines("continue")[0].endswith("$r1: now 2, before 1")
    assert talk.lines("reverse-continue")[0].endswith("$r1: now 1, then 2")


def test_a_breakpoint_and_a_watch_at_one_place_are_both_told(talk):
    talk("break *loop+1")
    talk("stepi 5")
    talk("watch $r1")
    talk("break 11")
    first = talk.lines("continue")
    assert first[0].endswith("$r1: now 1, before 0") or first[1].endswith("$r1: now 1, before 0")


def test_steps_by_cycle_go_both_ways(talk):
    talk("cycle 10")
    assert value(talk, "$cycle") == 10
    registers = talk("info registers")
    talk("cycle 5")
    talk("reverse-cycle 5")
    assert talk("info registers") == registers


def test_the_pipeline_shows_the_instructions_in_flight(talk):
    talk("break *0x100b if $r1 == 3")
    talk("continue")
    stages = talk.lines("info pipeline")
    if talk.session.look.simulation is None:
        assert stages == ["refused: the golden model has no pipeline: it runs one instruction at a "
                          "time"]
    else:
        assert stages[1].split()[0] == "fetch"
        assert stages[4].split(None, 1)[1] == "0x0000100b <loop+0x1>: store r4 r1"
        assert stages[3].split(None, 1)[1] == "0x0000100c <loop+0x2>: lt r6 r1 r5"


@pytest.mark.parametrize("line, refusal", [
    ("break *0x1001", "0x1001 is the second word of the 'constant' at 0x1000: nothing is ever "
                      "executed there"),
    ("break loopp", "there is no function or label 'loopp' in kernel; did you mean 'loop'?"),
    ("break loop if foo == 1", "there is no variable or function 'foo' here"),
    ("print $r99", "there is no register '$r99'; did you mean 'r9'?"),
    ("print 1 +", "the expression is not complete"),
    ("print 1 1", "'1' is not expected in '1 1'"),
    ("watch 5", "'5' is not in memory or a register here: it cannot be watched"),
    ("catch interupt", "'catch' takes fault, interrupt or syscall, not 'interupt'; did you mean "
                       "'interrupt'?"),
    ("catch syscall rea", "there is no system call 'rea'; did you mean 'read'?"),
    ("catch fault NONSENSE", "there is no fault 'NONSENSE'"),
    ("goto 99999999", "cycle 99999999 is not in the recording, which has cycles 0 to "),
    ("delete 77", "there is no breakpoint 77"),
    ("delete all", "a breakpoint's number is needed, not 'all'"),
    ("frame 99", "there is no frame 99: the last one is 0"),
    ("up", "this is the outermost frame"),
    ("finish", "the outermost frame has no caller to go on to"),
    ("contineu", "there is no command 'contineu'; did you mean 'continue'?; 'help' lists them"),
    ("info registres", "'info' does not know 'registres'; did you mean 'registers'?"),
    ("info processes", "there are no processes: no kernel with debug information is running"),
    ("info pages", "addresses are not translated here; select a frame of a process"),
    ("symbols cat /nowhere.elf", "/nowhere.elf: "),
])
def test_what_cannot_be_done_is_refused_in_one_sentence(talk, line, refusal):
    assert talk(line).startswith(f"refused: {refusal}")
    assert "\n" not in talk(line)
