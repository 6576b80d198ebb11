"""What the console makes of characters, seen from outside the machine."""

from array import array

import pytest

from system.build import Paths, build_program
from tests.support.live import PROMPT, Live
from tests.support.system import boot, system
from toolchain.qfs import Image


@pytest.mark.parametrize("text", ["ā€", "߿ࠀ￿", "😀\U0010FFFF"])
def test_characters_above_an_octet_go_out_as_utf_8(text, tmp_path):
    source = tmp_path / "say.qll"
    source.write_text(f'function main(a: string): byte {{ std::console::print("{text}\\n"); '
                      "return 0; }\n")
    image = Image(array("I", system().disk.read_bytes()))
    image.write("/say", build_program(Paths(tmp_path), source).read_bytes(), executable=True)
    assert text in boot("/say", disk=image.words.tobytes()).lines()


@pytest.mark.parametrize("typed", ["é", "€", "😀", "é€😀"])
@pytest.mark.parametrize("key", ["\x7f", "\x08"])
def test_a_character_of_many_octets_is_taken_back_whole(typed, key):
    text = boot("cat > /tmp/line", f"a{typed}{key * len(typed)}b", "\x04",
                "echo; cat /tmp/line").text
    assert "\nab\n" in text


def test_ctrl_c_gets_through_while_a_long_text_is_written():
    """A call writes some octets, then others may run; this one asks for all at once."""
    live = Live()
    live.until(PROMPT)
    live.type("/test/greedy text\r")
    while "xxx" not in live.text:
        live.run(1_000)
    live.type("\x03")
    assert live.until("^C\n").count("x") < 1_000
