"""Display, keyboard and long messages on the bare machine."""

import io

import pytest

from isa.config import MachineConfig
from sim.golden.machine import Golden
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status
from tests.support.qll import build


def run_bare(body, before=None, stdin="", config=None):
    """Run a main; `before` may set memory up. Gives the machine and what it printed."""
    output = io.BytesIO()
    golden = Golden(config or MachineConfig(), Hosts(Terminal(stdin.encode(), output)))
    golden.load(build([f"function main(): byte {{ {body} }}"], "bare"))
    for address, value in (before or {}).items():
        golden.memory[address] = value
    assert golden.run(50_000_000) is Status.STOPPED
    return golden, output.getvalue().decode()


def r0(golden):
    return golden.registers().general[0]


@pytest.mark.parametrize("length", [0, 1, 252, 253, 254, 506, 507, 1000])
def test_long_messages_are_sent_in_parts(length):
    golden, output = run_bare(f"""
        var s = new byte[{length}];
        for (var i = 0; i < len s; i = i + 1) {{ s[i] = 'a' + i % 26; }}
        return std::console::print(s);""")
    assert r0(golden) == 1
    assert output == "".join(chr(ord("a") + i % 26) for i in range(length))


@pytest.mark.parametrize("length", [0, 1, 252, 253, 254, 506, 507, 1000])
def test_long_lines_are_received_in_parts(length):
    line = "".join(chr(ord("a") + i % 26) for i in range(length))
    golden, output = run_bare("""
        var s = new byte[2000];
        var n = std::console::input(s);
        std::console::print(s[:n]);
        return n;""", stdin=line + "\nnext\n")
    assert (r0(golden), output) == (length, line)


def test_rest_of_a_line_that_does_not_fit_is_dropped():
    golden, output = run_bare("""
        var s = new byte[300];
        std::console::input(s);
        var n = std::console::input(s);
        std::console::print(s[:n]);
        return n;""", stdin="x" * 800 + "\nnext\n")
    assert (r0(golden), output) == (4, "next")


DISPLAY = MachineConfig().fit("display", "keyboard")


def test_display_has_its_own_size_and_a_framebuffer():
    golden, _ = run_bare("""
        *(<unsafe * byte>0x604) = 320; *(<unsafe * byte>0x605) = 200;
        var fb = display::open(1, 2);
        graphics::set_pixel(&fb, 1, 1, 77);
        display::flip();
        display::close();
        return <unsafe byte>fb.pixels + fb.width * 1000 + fb.height;""", config=DISPLAY)
    assert r0(golden) == 0x10000 + 320_000 + 200
    assert int(golden.memory[0x10000 + 321]) == 77
    assert int(golden.memory[0x606]) == 0x10000


def test_keyboard_words_are_looked_at():
    golden, _ = run_bare("""
        *(<unsafe * byte>0x607) = 0x11; *(<unsafe * byte>0x60a) = 2;
        return keyboard::read() * 1000
            + (keyboard::held(keyboard::read(), keyboard::KEY_SPACE) ? 100 : 0)
            + (keyboard::held(keyboard::read(), keyboard::KEY_ENTER) ? 200 : 0)
            + (keyboard::key('A') ? 10 : 0) + (keyboard::key('B') ? 20 : 0)
            + (keyboard::key(1000) ? 1 : 0);""", config=DISPLAY)
    assert r0(golden) == 17110
