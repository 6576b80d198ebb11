"""What the simulator refuses of --profile, --waves and --konata, before it builds anything."""

import pytest

from sim.cli import main as simulate


@pytest.mark.parametrize("arguments, message", [
    (["--profile", "run.xml"], "run.xml: the ending says in which form"),
    (["--waves", "run.xml"], "run.xml: waves are written to files whose names end in .fst"),
    (["--waves", "run.fst", "--waves-when", "cycle 9..3"], "the window ends before it begins"),
    (["--waves", "run.fst", "--waves-when", "soon"], "expected 'cycle N..M'"),
    (["--konata", "run", "--waves-when", "function mian"],
     "the program has no function 'mian'; did you mean 'main'?"),
])
def test_the_simulator_refuses_names_that_say_nothing(arguments, message, tmp_path, capsys):
    program = tmp_path / "halt.qasm"
    program.write_text("@main:\n  halt\n")
    assert simulate([str(program), *arguments]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments, message", [
    (["--profile", "a.txt", "--engine", "model"], "leave out --engine model"),
    (["--profile", "a.txt", "--lockstep"],        "leave out --lockstep"),
    (["--waves", "a.fst", "--engine", "model"],   "leave out --engine model"),
    (["--konata", "a", "--lockstep"],             "leave out --lockstep"),
    (["--waves-when", "fault"],                   "--waves-when needs --waves or --konata"),
    (["--waves-open"],                            "--waves-open needs --waves"),
])
def test_what_does_not_go_together_is_refused(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        simulate(["program.qasm", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
