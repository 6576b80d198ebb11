"""Names and paths: which octets a name may have, and where a path leads."""

import re
from array import array

import pytest

from tests.support.system import boot, system
from toolchain.qfs import Image

NAMES = ["7f", "c280", "dfbf", "e0a080", "e0bfbf", "ed9fbf", "ee8080", "efbfbf", "f0908080",
         "f48fbfbf", "41" * 24, "c3a9" * 12, "2e61", "2e2e2e"]
NO_NAMES = ["80", "bf", "c080", "c1bf", "c27f", "c2c0", "e09fbf", "eda080", "efbf7f", "efbfc0",
            "f08fbfbf", "f4908080", "f5808080", "c2", "e0a0", "f09080", "41" * 25,
            "41c3a9" * 8 + "42", "c3a941" + "80"]
PATHS = {"/a/b/f": 1, "a/b/f": 1, "./a/./b//f": 1, "a/../a/b/f": 1, "../../a/b/f": 1,
         "/../a/b/f": 1, "a/b/../../a/b/f/.": 1, "a/b/./f/../f": 1, "a/x/../b/f": 1,
         "a/b/f/f": 0, "a/f": 0, "b/f": 0, "/a/b/ff": 0, "/a/b/": 0, ".a/b/f": 0, "..a/b/f": 0}


@pytest.fixture(scope="module")
def session():
    """A script makes a file of each name, and reads from each path."""
    image = Image(array("I", system().disk.read_bytes()))
    image.make_directory("n")
    image.make_directory("a")
    image.make_directory("a/b")
    image.write("a/b/f", b"here\n")
    lines = [b"echo x > /n/" + bytes.fromhex(name) for name in NAMES + NO_NAMES]
    lines += [f"echo '{path}' = $(cat {path})".encode() for path in PATHS]
    image.write("script", b"".join(line + b"\n" for line in lines))
    return boot("sh /script", disk=image.words.tobytes())


def test_a_name_is_up_to_24_octets_of_utf_8(session):
    there = Image(array("I", session.disk)).walk("/n")
    assert sorted(name.removeprefix("n/") for name, _ in there) \
        == sorted(bytes.fromhex(name).decode() for name in NAMES)


def test_a_path_leads_where_its_text_says(session):
    found = re.findall(r"^(\S+) =(.*)$", session.text, re.M)
    assert {path: int(said == " here") for path, said in found} == PATHS
