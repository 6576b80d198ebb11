"""Images of cards: made, brought up to date, or refused before they are written to one."""

import pytest

from system.build import Paths
from system.card import KERNEL_FILE, main
from tests.board import SPARE_SECTORS, small_card, writes_of_copy
from tests.support.system import system
from toolchain.lock import exclusive
from toolchain.qfs import Image, check


@pytest.fixture
def card(tmp_path, monkeypatch):
    """Makes a card of a small system, by the command; its status and what it said."""
    paths = Paths(tmp_path)
    paths.kernel.write_bytes(b"krnl" * 200)
    disk = Image.format(64)
    disk.make_directory("bin")
    disk.write("bin/sh", b"shell", executable=True)
    disk.save(paths.disk)
    monkeypatch.setattr("system.card.built", lambda: paths)
    return lambda image: main([str(image)])


def test_a_card_has_the_systems_files_and_the_kernel(card, tmp_path, capsys):
    assert card(tmp_path / "new" / "card.img") == 0
    assert f"sudo dd if={tmp_path}/new/card.img of=/dev/sdX" in capsys.readouterr().err
    image = Image.load(tmp_path / "new" / "card.img")
    assert check(image) == [] and image.read(KERNEL_FILE) == b"krnl" * 200
    assert image.read("bin/sh") == b"shell" and image.find("bin/sh").is_executable


def no_kernel(path, card):
    card(path)
    image = Image.load(path)
    image.remove(KERNEL_FILE)
    image.save(path)


def overwritten(path, card):
    card(path)
    path.write_bytes(bytes(1 << 20))


@pytest.mark.parametrize("spoil, complaint", [
    (lambda path, card: path.mkdir(), "Is a directory"),
    (lambda path, card: path.write_bytes(b"rubbish"), "7 octets are not a whole number of sectors"),
    (lambda path, card: path.write_bytes(bytes(5120)), "not a QFS disk"),
    (lambda path, card: path.symlink_to("/dev/null"), "not an ordinary file"),
    (no_kernel, f"there is no file /{KERNEL_FILE}, which a board starts"),
    (overwritten, "not a QFS disk"),
])
def test_nobody_is_told_to_write_what_no_board_starts_from(card, tmp_path, capsys, spoil,
                                                           complaint):
    path = tmp_path / "card.img"
    spoil(path, card)
    before = path.read_bytes() if path.is_file() else None
    capsys.readouterr()
    assert card(path) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"quince: {path}: ") and complaint in said and said.count("\n") == 1
    assert "dd" not in said.split()
    assert before is None or path.read_bytes() == before


def test_a_card_in_use_is_not_brought_up_to_date_and_not_offered(card, tmp_path, capsys):
    path = tmp_path / "card.img"
    card(path)
    path.with_name("card.img.manifest").unlink()
    capsys.readouterr()
    with exclusive(path):
        assert card(path) == 1
    said = capsys.readouterr().err
    assert "in use by" in said and "dd" not in said.split()


def test_what_is_on_a_card_fits_on_one_with_little_room(card, tmp_path):
    card(tmp_path / "card.img")
    whole = Image.load(tmp_path / "card.img")
    whole.write("large", bytes(6_000_000))
    small = small_card(whole)
    assert check(small) == [] and small.free >= SPARE_SECTORS
    assert [path for path, _ in small.walk("/")] == [path for path, _ in whole.walk("/")]
    assert small.read("large") == whole.read("large") and small.find("bin/sh").is_executable


def test_the_power_can_be_cut_within_the_copy_of_the_campaign():
    """At its data and at its entry at least, so that there is something in between."""
    assert writes_of_copy(system().disk) >= 2
