"""The shell's line editor on a screen: what a person sees while typing, and what is run."""

import pytest

from sim.host.display import Display
from tests.support.live import PROMPT, Live
from tests.support.person import Person
from tests.support.system import boot

KEYS = {"left": "\x1b[D", "right": "\x1b[C", "home": "\x1b[H", "end": "\x1b[F", "back": "\x7f"}


@pytest.mark.parametrize("keys, shown, ran", [
    ("echo aüb" + KEYS["left"] + KEYS["back"] + "\r",             "/ $ echo ab", "ab"),
    ("echo 日本" + KEYS["left"] + "x" + KEYS["end"] + "y\r",        "/ $ echo 日x本y", "日x本y"),
    ("echo 日本" + KEYS["back"] + "z\r",                           "/ $ echo 日z", "日z"),
    ("echo b" + KEYS["home"] + "\x1b[1;5Cx" + "\r",               "/ $ echox b", ""),
    ("echo one two\x1b[1;5D\x1b[3~\x1b[3~T\r",                    "/ $ echo one To", "one To"),
    ("bcho x\x1b[1~\x1b[3~e\x1b[4~y\r",                           "/ $ echo xy", "xy"),
    ("echo a\x1b[15~\x1b[1;2P\x1bOP\x1b[[A\x1b[200~b\x1b[201~\r",  "/ $ echo ab", "ab"),
    ("echo one two\x17three\r",                                "/ $ echo one three", "one three"),
    ("echo x\x1b[99;99;99;99;99;99;99;99;99;99;99~y\r",        "/ $ echo xy", "xy"),
])
def test_what_is_edited_is_seen_and_run(keys, shown, ran):
    rows = Person().type(keys)
    assert rows[2] == shown
    assert not ran or rows[3] == ran


@pytest.mark.parametrize("columns", [24, 47, 80])
def test_a_line_wider_than_the_terminal_scrolls_in_its_row(columns):
    person = Person(columns)
    person.type("echo " + "-" * 50 + "\r")  # a line of some length, in which the terminal is asked
    words = "".join(chr(ord("a") + at % 26) for at in range(150))
    early = person.screen.wraps
    for at in range(0, 150, 30):
        person.type(("echo " if at == 0 else "") + words[at:at + 30])
    rows = person.type("END")
    row = next(row for row in reversed(rows) if row)
    assert row.startswith("/ $ ") and row.endswith("END") and len(row) < columns
    rows = person.type(KEYS["home"])
    row = next(row for row in reversed(rows) if row)
    assert row.startswith("/ $ echo abc") and person.screen.x == 4
    assert person.screen.wraps == early
    person.type(KEYS["end"] + "\r")
    assert f"\n{words}END\n" in person.live.text


def test_a_line_that_is_too_long_is_refused_and_not_run():
    session = boot("echo " + "x" * 2100, "echo $?")
    assert "\x07" in session.text
    assert "sh: the line is too long, and was not run\n" in session.text
    assert session.text.rstrip().split("\n")[-2] == "2"


def test_wait_hears_control_c():
    person = Person()
    person.type("sleep 1000 &\r")
    person.type("wait\r")
    person.type("\x03")
    rows = person.type("echo $?\r")
    assert "130" in rows and "^C" in rows
    assert any(row.endswith(" sleep") for row in person.type("ps\r"))


def test_a_background_command_does_not_take_the_terminals_lines():
    person = Person()
    person.type("cat &\r")
    rows = person.type("echo mine\r")
    assert "mine" in rows and "[2] ended with 0" in rows


def test_keys_of_a_game_do_not_reach_the_shell():
    live = Live(display=Display(64, 48))
    live.until(PROMPT)
    live.type("plasma 60\r")
    live.until("plasma 60\n")
    live.run(4_000_000)
    live.type("junk\x1b[A\x1b")
    live.run(500_000)
    assert PROMPT not in live.text.split("plasma 60\n")[1]  # it is still drawing
    live.until(PROMPT)
    assert live.command("echo alive") == "alive\n"
