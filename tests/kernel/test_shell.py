"""The shell and the programs on the disk, as a person meets them."""

import re
from array import array
from pathlib import Path

import pytest

from tests.support.live import PROMPT, Live
from tests.support.system import CONFIGURATIONS, SYSTEM, boot
from toolchain.qfs import Image, check

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = re.compile(r"^(?:(?:/\S*) \$ )+", re.M)
ASKS_WIDTH = "\x1b7\x1b[999;999H\x1b[6n\x1b8"  # of a line that has some length


@pytest.fixture(params=CONFIGURATIONS)
def config(request):
    return CONFIGURATIONS[request.param]


def said(*commands, config=SYSTEM):
    """What the commands said, without banner, prompts and echo."""
    session = boot(*commands, config=config)
    kept, echoed = [], list(commands) if "serial" in config.peripherals else []
    for line in session.text.replace(ASKS_WIDTH, "").split("\n")[2:]:
        words = PROMPTS.sub("", line)
        if echoed and words == echoed[0] and words != line:
            echoed.pop(0)
        elif words == line or words not in ("", "exit"):
            kept.append(words)
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
    (["sh -c \"echo 'open\""], ["sh: a quote is not closed"]),
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
    (["true | nosuch; echo $?", "nosuch | true; echo $?", "true | cat < /nope; echo $?"],
     ["sh: no such program: nosuch", "127", "sh: no such program: nosuch", "0",
      "sh: cannot open: /nope", "1"]),
    (["false | true; echo $?; true | false; echo $?", "true | nosuch && echo wrong"],
     ["0", "1", "sh: no such program: nosuch"]),
    (["nosuch", "echo " + "$?" * 24], ["sh: no such program: nosuch", "127" * 24]),
    (["pwd > /tmp/p; cat /tmp/p", "pwd | cat", "help | head -n 1", "cd /bin > /tmp/q; pwd"],
     ["/", "/", "cd [DIR], pwd, exit [STATUS], halt [STATUS], reboot, help,", "/bin"]),
    (["echo 1 | > /tmp/out; echo $?", "wc /tmp/out"], ["0", "      0       0       0 /tmp/out"]),
    (["exit foo", "echo $?"], ["exit: not a number: foo", "2"]),
    (["sh -c 'exit foo; echo on'; echo $?"], ["exit: not a number: foo", "2"]),
    (["cat & wait; echo $?"], ["[2]", "0"]),
    (["mkdir /tmp/a; touch /tmp/a/x; ls /tmp/a /tmp/a/x /tmp/a"],
     ["/tmp/a:", "x", "/tmp/a/x", "", "/tmp/a:", "x"]),
    (["echo a 2", "echo a 2>/tmp/e 1>/tmp/o; cat /tmp/o"], ["a 2", "a"]),
    (["echo one >&2 | wc > /tmp/n; cat /tmp/n", "echo two 2>&1 | cat"],
     ["one", "      0       0       0 ", "two"]),
    (["echo x >& y"], ["sh: behind >& comes 1 or 2"]),
])
def test_commands(commands, expected, config):
    assert said(*commands, config=config) == expected


# A complaint, and the status that comes with it.
@pytest.mark.parametrize("command, complaint, status", [
    ("nosuch",         "sh: no such program: nosuch", 127),
    ("/bin",           "sh: is a directory: /bin", 127),
    ("cat /nope",      "cat: cannot open: /nope", 1),
    ("cat /bin",       "cat: is a directory: /bin", 1),
    ("wc /bin",        "wc: is a directory: /bin", 1),
    ("head /bin",      "head: is a directory: /bin", 1),
    ("hexdump /bin",   "hexdump: is a directory: /bin", 1),
    ("grep x /bin",    "grep: is a directory: /bin", 2),
    ("cp /bin /tmp/b", "cp: is a directory: /bin", 1),
    ("mv /no /tmp/b",  "mv: cannot rename: /no", 1),
    ("rm /no",         "rm: cannot remove: /no", 1),
    ("mkdir /bin",     "mkdir: cannot make: /bin", 1),
    ("touch /no/x",    "touch: cannot make: /no/x", 1),
    ("ls /no",         "ls: no such file: /no", 1),
    ("cd /no",         "cd: no such directory: /no", 1),
    ("kill 99",        "kill: no such process of mine: 99", 1),
    ("/bin/kill 99",   "kill: cannot end process: 99", 1),
    ("head -n x",      "head: not a number: x", 2),
    ("sleep x",        "sleep: not a number of seconds: x", 2),
    ("cp one",         "usage: cp [-r] FILE... TO", 2),
    ("sh /nope",       "sh: cannot open: /nope", 127),
])
def test_complaints_go_to_the_error_output(command, complaint, status):
    assert said(f"{command} > /tmp/out; echo $?", "wc /tmp/out",
                f"{command} 2> /tmp/err", "cat /tmp/err",
                f"{command} 2>&1 | cat") == [
        complaint, str(status), "      0       0       0 /tmp/out", complaint, complaint]


PROGRAMS = sorted(path.stem for path in (ROOT / "firmware" / "programs").iterdir())
OWN = ["cd", "pwd", "exit", "halt", "reboot", "help", "kill", "wait", "jobs", "fg", "bg", "stop",
       "sync", "read", "unset", "shift", "break", "continue", "return", "."]


@pytest.mark.parametrize("names", [PROGRAMS[::2], PROGRAMS[1::2], OWN])
def test_all_commands_tell_how_they_are_used_and_refuse_other_options(names):
    """`echo` says what it is given, so no option is unknown to it."""
    lines = said(*(f"{name} --help" for name in names),
                 *(f"{name} -Z 2> /dev-null; echo {name} $?" for name in names if name != "echo"))
    assert [line.split()[:2] for line in lines[:len(names)]] == [["usage:", name] for name in names]
    assert lines[len(names):] == [f"{name} 2" for name in names if name != "echo"]


@pytest.mark.parametrize("program", ["cat", "wc", "rm", "head"])
def test_what_follows_two_hyphens_is_no_option(program):
    assert f"{program}: cannot " in said(f"{program} -- -x")[0]


NAMES = ["ü", "naïve", "日本語", "😀", "a\u0301"]


@pytest.mark.parametrize("name", NAMES)
def test_a_character_means_the_same_at_every_border(name, config):
    session = boot(f"echo {name} > /tmp/{name}", "ls /tmp", f"cat /tmp/{name}", "sync",
                   config=config)
    lines = [PROMPTS.sub("", line) for line in session.text.split("\n")]
    assert lines.count(name) == 2
    image = Image(array("I", session.disk))
    assert image.read(f"tmp/{name}") == f"{name}\n".encode()


def test_names_have_24_octets(config):
    long = "ü" * 12
    assert said(f"touch /tmp/{long}; echo $?", f"touch /tmp/{long}x; echo $?", "ls /tmp",
                config=config) == ["0", f"touch: cannot make: /tmp/{long}x", "1", long]


@pytest.mark.parametrize("length", [252, 253, 254, 506, 507, 800])
def test_long_lines_are_one_command(length, config):
    words = "x" * (length - 5)
    text = boot(f"echo {words}", "echo end", config=config).text
    assert PROMPTS.sub("", text).split("\n").count(words) == 1
    assert "\nend\n" in PROMPTS.sub("", text)


def test_a_line_that_the_console_cannot_take_is_refused_whole():
    lines = said("echo " + "ü" * 600, "echo end", config=CONFIGURATIONS["console"])
    assert lines == ["the line is too long, and dropped", "end"]


def test_scripts_are_run_by_the_shell():
    assert said("./hello.sh")[0] == "Hello from a script."


def test_exit_status_is_the_machines():
    assert boot("exit 42").status == 42
    assert boot("false; halt").status == 0
    assert boot("sleep 100 &", "halt 7", "echo never").status == 7


def test_only_the_first_shell_halts_the_machine():
    lines = boot("sh -c halt; echo $?", "halt x; echo $?", "echo alive").lines()
    assert "halt: only the first shell halts the machine: leave this one by exit" in lines
    assert "halt: not a number: x" in lines and "alive" in lines


def test_end_of_input_leaves_with_the_last_status():
    assert boot("false").status == 1
    assert boot().status == 0


def test_background_and_kill():
    session = boot("sleep 100 &", "ps", "kill 2", "/bin/true", "ps")
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
    session = boot("sleep 100 | cat &", "kill 3", "kill 2", "/bin/true", "echo alive", "/bin/true",
                   "ps")
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
    ("\x1bxecho k",                      "k"),
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
