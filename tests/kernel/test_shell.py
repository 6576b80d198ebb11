"""The shell and the programs on the disk, as a person meets them."""

from array import array

import pytest

from tests.support.live import PROMPT, Live
from tests.support.system import boot
from toolchain.qfs import Image, check


def said(*commands):
    """What the commands said, without banner, prompts and echo."""
    session = boot(*commands)
    lines = session.lines()
    kept, echoed = [], list(commands)
    for line in lines[1:]:
        if " $ " in line:
            before, _, after = line.partition(" $ ")
            if echoed and after == echoed[0]:
                echoed.pop(0)
                continue
            if after in ("", "exit"):
                continue
        kept.append(line)
    return "\n".join(kept).strip("\n").split("\n")


@pytest.mark.parametrize("commands, expected", [
    (["echo one  two 'three  four' \"five\""], ["one two three  four five"]),
    (["echo a b > /tmp/f", "cat /tmp/f /tmp/f"], ["a b", "a b"]),
    (["echo x > /tmp/f", "echo y >> /tmp/f", "cat < /tmp/f"], ["x", "y"]),
    (["echo one two three | cat | wc"], ["      1       3      14 "]),
    (["true && echo yes || echo no", "false && echo yes || echo no"], ["yes", "no"]),
    (["false ; echo $? ; true ; echo $?"], ["1", "0"]),
    (["nothing", "echo $?"], ["sh: no such program: nothing", "127"]),
    (["cat /nothing"], ["cat: cannot open: /nothing"]),
    (["echo 'open"], ["sh: a quote is not closed"]),
    (["| wc"], ["sh: a command is missing beside |"]),
    (["echo x >"], ["sh: a file name is missing"]),
    (["; echo"], ["sh: a command is missing"]),
    (["cd /bin ; pwd ; cd .. ; pwd", "cd /nowhere"],
     ["/bin", "/", "cd: no such directory: /nowhere"]),
    (["mkdir /tmp/d", "touch /tmp/d/a /tmp/d/b", "ls /tmp/d", "rm /tmp/d", "rm -r /tmp/d",
      "ls /tmp"],
     ["a", "b", "rm: cannot remove: /tmp/d"]),
    (["cp readme /tmp", "mv /tmp/readme /tmp/r", "head -n 1 /tmp/r"],
     ["This is the disk of a Quince computer."]),
    (["echo ABC | hexdump"],
     ["00000000  41 42 43 0a" + " " * 38 + "ABC."]),
    (["hello.sh"], ["sh: no such program: hello.sh"]),
    (["sh -c 'echo from a shell'"], ["from a shell"]),
    (["echo a # comment"], ["a"]),
])
def test_commands(commands, expected):
    assert said(*commands) == expected


def test_scripts_are_run_by_the_shell():
    assert said("./hello.sh")[0] == "Hello from a script."


def test_exit_status_is_the_machines():
    assert boot("exit 42").status == 42


def test_end_of_input_leaves_with_the_last_status():
    assert boot("false").status == 1
    assert boot().status == 0


def test_background_and_kill():
    session = boot("sleep 100 &", "ps", "kill 2", "true", "ps")
    assert "[2]" in session.text
    assert "[2] ended with 143" in session.text
    assert session.text.count("sleep\n") == 1


def test_control_c_ends_a_runaway_program_and_not_the_shell():
    session = boot("cat\rhalf a line\x03echo alive")
    assert "^C" in session.text
    assert "alive" in session.text


@pytest.mark.parametrize("line", ["cat", "cat | cat", "sleep 100 | cat", "cat | sleep 100",
                                  "cat | cat | cat > /tmp/f", "cat /bin/sh | sleep 100"])
def test_control_c_ends_those_who_wait_for_one_another(line):
    live = Live()
    live.until(PROMPT)
    for _ in range(3):
        live.type(f"{line}\r")
        live.run(2_000_000)
        live.type("\x03")
        live.until(PROMPT)
    assert live.command("echo alive") == "alive\n"
    rows = live.command("ps").split("\n")
    assert [row for row in rows if row.endswith((" cat", " sleep"))] == []
    assert live.finish().status == 0


def test_kill_ends_the_last_reader_of_a_pipe():
    session = boot(*["sleep 100 | cat &", "kill 3", "kill 2", "true"], "echo alive", "true", "ps")
    assert "[3] ended with 143" in session.text
    assert "alive\n" in session.text


def test_a_process_that_only_yields_does_not_stop_the_clock():
    session = boot("/test/attacks 50", "echo alive", limit=300_000_000)
    assert "ok     50 spin yielding" in session.text
    assert "alive\n" in session.text


def test_control_d_ends_a_programs_input():
    assert "      2       3      12 \n" in boot("wc\rone two\rsix\r\x04").text


@pytest.mark.parametrize("keys, expected", [
    ("echo abd\x7fc",                    "abc"),
    ("echo bc\x01\x1b[C\x1b[C\x1b[C\x1b[C\x1b[Ca",  "abc"),
    ("echo first\recho second\r\x1b[A\x1b[A",       "first"),
    ("echo x\x15echo y",                 "y"),
    ("echo abXc\x1b[D\x7f",              "abc"),
    ("echo abc\x01\x0becho k",           "k"),
    ("\x1becho k",                       "k"),
    ("\x1b\x1b[Decho k",                 "k"),
])
def test_line_editing(keys, expected):
    lines = boot(keys).text.split("\n")
    assert expected in lines
    if "first" in keys:
        assert lines.count("first") == 2


def test_the_disk_is_sound_after_a_session():
    session = boot("echo text > /tmp/f", "mkdir /tmp/d", "cp readme /tmp/d/r", "rm readme")
    image = Image(array("I", session.disk))
    assert check(image) == []
    assert image.read("/tmp/f") == b"text\n"
    assert image.find("readme") is None
