"""The panel's server: who may come, browsers that come and go, a machine that runs or stands."""

import os
import socket
import time
from http.client import HTTPConnection

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from panel.cli import main
from panel.server import ELSEWHERE, STALE
from tests.panel.serving import TOKEN, browser, served

COUNTS = """function main(): byte {
  var n = 0;
  while (true) {
    n = n + 1;
    if (n % 100000 == 0) { std::console::print("more\\n"); }
  }
  return n;
}
"""
SQUARES = """function main(): byte {
  var sum = 0;
  for (var i = 1; i <= 5; i = i + 1) {
    sum = sum + i * i;
  }
  std::console::print("done\\n");
  return sum;
}
"""


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    """A program that goes on for ever, which each test leaves paused."""
    path = tmp_path_factory.mktemp("counts") / "counts.qll"
    path.write_text(COUNTS)
    with served(path, "--engine", "model") as panel:
        panel.source = path
        yield panel


@pytest.fixture(scope="module")
def squares(tmp_path_factory):
    """A program that has come to its end."""
    path = tmp_path_factory.mktemp("squares") / "squares.qll"
    path.write_text(SQUARES)
    with served(path, "--engine", "model") as panel:
        with browser(panel) as one:
            one.command("continue")
            one.until(lambda one: one.run["state"] == "stopped")
        yield panel


def get(panel, path, **headers):
    """Status and text of a page."""
    connection = HTTPConnection("127.0.0.1", panel.port, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


# --- who may come --------------------------------------------------------------------------------

def test_the_page_is_for_those_who_have_the_token(counts):
    assert get(counts, f"/?token={TOKEN}") == (200, "<p>the page</p>")
    for path in ("/", "/?token=", "/?token=old", f"/?token={TOKEN}x"):
        status, text = get(counts, path)
        assert (status, STALE in text) == (403, True)


def test_a_stale_token_is_told_what_to_do(counts):
    with browser(counts, token="stale") as one, pytest.raises(ConnectionClosed) as closed:
        one.take()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4401, STALE)


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "https://127.0.0.1"])
def test_pages_of_other_origins_are_refused(counts, origin):
    with pytest.raises(InvalidStatus) as refused, browser(counts, origin=origin):
        pass
    assert refused.value.response.status_code == 403
    assert get(counts, f"/?token={TOKEN}", Origin=origin) == (403, f"<p>{ELSEWHERE}</p>")


def test_its_own_page_may_come(counts):
    with browser(counts, origin=f"http://{counts.host}") as one:
        assert one.command("print 1") == "1"


def test_a_name_that_leads_here_by_a_trick_is_refused(counts):
    assert get(counts, f"/?token={TOKEN}", Host="evil.example")[0] == 403


def test_the_server_listens_on_this_computer_alone(counts):
    others = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None)
              if not address[4][0].startswith("127.")}
    for address in others:
        with pytest.raises(OSError):
            socket.create_connection((address, counts.port), timeout=2).close()


# --- browsers ------------------------------------------------------------------------------------

def test_the_machine_runs_and_pauses_and_what_is_asked_between_does_not_stop_it(counts):
    with browser(counts) as one:
        one.look("registers")
        one.command("continue")
        one.until(lambda one: one.run["state"] == "running" and b"more\r\n" in one.text
                  or b"more\n" in one.text)
        assert one.command("print 6 * 7") == "42"
        before = one.run["cycle"]
        one.until(lambda one: one.run["cycle"] > before + 1)
        assert one.run["state"] == "running"
        one.ask("pause")
        one.until(lambda one: one.run["state"] == "paused")
        assert len(one.views["registers"]["values"]) == 64


def test_two_browsers_see_the_same_machine(counts):
    with browser(counts) as one, browser(counts) as other:
        for each in (one, other):
            each.look("stops", "where")
        one.command("break 4")
        other.until(lambda other: other.views.get("stops"))
        one.until(lambda one: one.views.get("stops"))
        assert one.views["stops"] == other.views["stops"]
        other.command("continue")
        for each in (one, other):
            each.until(lambda each: each.run["note"].startswith("Breakpoint"))
            each.until(lambda each: each.views["where"]["line"] == 4)
        assert (one.run["cycle"], one.text) == (other.run["cycle"], other.text)
        one.command("delete")


def test_a_browser_that_goes_away_and_comes_back_sees_everything_again(counts):
    with browser(counts) as one:
        one.look("where")
        one.until(lambda one: "where" in one.views and one.resets)
        seen = (one.run["cycle"], one.text, one.views["where"])
        one.send('{"do": "command", "id": 7, "line": "print 1"}')  # and does not wait for it
    with browser(counts) as again:
        again.look("where")
        again.until(lambda again: "where" in again.views and again.resets)
        assert (again.run["cycle"], again.text, again.views["where"]) == seen


def test_the_machine_runs_on_while_nobody_looks(counts):
    with browser(counts) as one:
        one.command("continue")
        one.until(lambda one: one.run["state"] == "running")
        before = one.run["cycle"]
    with browser(counts) as again:
        again.until(lambda again: again.run["cycle"] > before)
        assert again.run["state"] == "running"
        again.ask("pause")


@pytest.mark.parametrize("message, answer", [
    ("{", "this message is not understood"),
    ("[1]", "this message is not understood"),
    ('{"do": "fly", "id": 1}', "there is no request 'fly'"),
    ('{"do": "command", "id": 1}', "this request is not understood: KeyError('line')"),
    ('{"do": "key", "id": 1, "key": "nokey", "down": true}', "this machine has no keyboard"),
    ('{"do": "command", "id": 1, "line": "brake main"}', "there is no command 'brake'"),
    ('{"do": "source", "id": 1, "program": "kernel", "file": "/etc/passwd"}',
     "there is no code of a file '/etc/passwd' in kernel"),
    ('{"do": "command", "id": 1, "line": "quit"}', "the panel is left by ctrl-C in the terminal"),
])
def test_what_is_not_understood_is_answered_in_a_sentence(counts, message, answer):
    with browser(counts) as one:
        one.send(message)
        found = {}
        while "error" not in found:
            found = one.take()
        assert found["error"].startswith(answer)


def test_a_source_that_was_edited_since_is_told(counts):
    with browser(counts) as one:
        found = one.ask("source", program="kernel", file="")
        assert (found["edited"], found["lines"][0]) == ("", "function main(): byte {")
        os.utime(counts.source, (time.time() + 60, time.time() + 60))
        edited = one.ask("source", program="kernel", file=found["file"])["edited"]
        assert "counts.qll has been edited since it was compiled" in edited
        counts.source.rename(counts.source.with_suffix(".away"))
        gone = one.ask("source", program="kernel", file=found["file"])["error"]
        assert gone.endswith("counts.qll is not there any more")
        counts.source.with_suffix(".away").rename(counts.source)


# --- a machine that has stopped ------------------------------------------------------------------

def test_a_machine_that_has_stopped_says_so_and_its_past_can_be_visited(squares):
    with browser(squares) as one:
        one.until(lambda one: one.run["state"] == "stopped" and b"done" in one.text)
        assert "The machine halted, with exit code 0x37." in one.run["note"]
        end = one.run["cycle"]
        one.command("continue")
        assert one.command("print $cycle") == str(end)
        one.command("goto start")
        one.until(lambda one: one.run["cycle"] == 0)
        assert (one.text, one.run["state"]) == (b"", "paused")
        one.command("goto end")
        one.until(lambda one: one.run["cycle"] == end)
        assert b"done" in one.text


def test_the_terminal_of_the_past_is_what_it_was(squares):
    with browser(squares) as one:
        one.command("goto start")
        assert "squares.qll:6" in one.command("tbreak squares.qll:6")
        one.command("continue")
        one.until(lambda one: one.run["note"].startswith("Temporary breakpoint"))
        assert one.text == b""
        one.command("goto end")
        one.until(lambda one: b"done" in one.text)


# --- the command line ----------------------------------------------------------------------------

def test_a_port_in_use_is_told(counts, capsys):
    assert main(["--port", str(counts.port)]) == 1
    assert capsys.readouterr().err == (
        f"quince-panel: port {counts.port} is in use, by another panel perhaps; '--port 0' takes "
        "one that is free\n")


def test_a_port_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--port", "65536"])
    assert left.value.code == 2
    assert "a port is a number from 0 to 65535, not 65536" in capsys.readouterr().err


def test_a_program_that_is_not_there_is_told(capsys, monkeypatch):
    monkeypatch.setattr("panel.cli.built_page", lambda say: None)
    assert main(["--port", "0", "nosuch.qll"]) == 1
    assert "nosuch.qll" in capsys.readouterr().err


def test_packages_that_are_missing_are_named(capsys, monkeypatch):
    monkeypatch.setattr("panel.cli.PACKAGES", ("starlette", "nosuch"))
    assert main([]) == 1
    assert capsys.readouterr().err == (
        "quince-panel: the panel needs the packages nosuch: 'make panel' installs them, or pip "
        "install 'quince[panel]'\n")
