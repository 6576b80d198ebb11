"""The host file: contents by name, and no way out of the folder."""

import os

import pytest

from sim.host.error import HostError
from sim.host.files import Files


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "outside.txt").write_text("secret")
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    return inside


def points(text):
    return [ord(char) for char in text]


@pytest.mark.parametrize("name", ["a.qbin", "a.bin", "plain", "sub/plain", "x.y.bin"])
def test_binary_names_hold_little_endian_words(folder, name):
    files = Files(folder)
    files.store(name, [1, 0x12345678, 0xFFFFFFFF])
    assert (folder / name).read_bytes() == bytes.fromhex("01000000 78563412 ffffffff")
    assert files.load(name) == [1, 0x12345678, 0xFFFFFFFF]


@pytest.mark.parametrize("name", ["a.txt", "a.qasm", ".hidden", "bin.", "a.bin.txt", "sub/a.b"])
def test_other_names_hold_code_points(folder, name):
    files = Files(folder)
    files.store(name, points("é€😀\r\n"))
    assert (folder / name).read_bytes() == "é€😀\r\n".encode()
    assert files.load(name) == points("é€😀\r\n")


def test_the_last_word_of_an_odd_size_ends_in_zeros(folder):
    (folder / "odd").write_bytes(b"\1\2\3\4\5")
    assert Files(folder).load("odd") == [0x04030201, 5]


def test_an_empty_file_is_an_empty_message(folder):
    (folder / "empty.txt").write_bytes(b"")
    assert Files(folder).load("empty.txt") == []


def test_a_conversation_is_a_path_then_contents(folder):
    files = Files(folder)
    assert files.write(points("new.txt")) and files.write(points("hello"))
    assert files.write(points("new.txt")) and files.read() == points("hello")
    assert files.read() is None and "without a path" in files.last_error


def test_a_missing_file_fails_when_it_is_read_and_not_when_it_is_made(folder):
    files = Files(folder)
    assert files.write(points("none.txt")) and files.read() is None
    assert "No such file" in files.last_error
    assert files.write(points("none.txt")) and files.write(points("x"))
    assert (folder / "none.txt").read_text() == "x"


def test_after_a_failure_comes_a_path(folder):
    files = Files(folder)
    assert not files.write(points("../outside.txt"))
    assert files.write(points("a.txt")) and files.write(points("x"))
    assert (folder / "a.txt").read_text() == "x"


@pytest.mark.parametrize("path", [
    "../outside.txt", "sub/../../outside.txt", "/etc/passwd", "..", ".", "", "sub/..", "a\0b",
    "link.txt", "linked/outside.txt", "/", "sub/../..//inside/../outside.txt",
])
def test_no_path_leaves_the_folder(folder, path):
    os.symlink(folder.parent / "outside.txt", folder / "link.txt")
    os.symlink("..", folder / "linked")
    files = Files(folder)
    with pytest.raises(HostError, match="is not (inside|a path)"):
        files.load(path)
    with pytest.raises(HostError, match="is not (inside|a path)"):
        files.store(path, points("x"))
    assert (folder.parent / "outside.txt").read_text() == "secret"


def test_a_folder_whose_name_only_begins_alike_is_outside(folder):
    (folder.parent / "inside2").mkdir()
    with pytest.raises(HostError, match="is not inside"):
        Files(folder).store("../inside2/a.txt", [])


def test_a_dangling_link_out_of_the_folder_makes_no_file(folder):
    os.symlink(folder.parent / "made.txt", folder / "dangling.txt")
    with pytest.raises(HostError, match="is not inside"):
        Files(folder).store("dangling.txt", [65])
    assert not (folder.parent / "made.txt").exists()


def test_links_inside_the_folder_are_followed(folder):
    (folder / "a.txt").write_text("x")
    os.symlink("../a.txt", folder / "sub" / "b.txt")
    assert Files(folder).load("sub/b.txt") == [ord("x")]
    assert Files(folder).load("sub/../a.txt") == [ord("x")]


def test_links_in_a_circle_are_an_error(folder):
    os.symlink("b.txt", folder / "a.txt")
    os.symlink("a.txt", folder / "b.txt")
    with pytest.raises(HostError, match="host file: 'a.txt'"):
        Files(folder).load("a.txt")


def test_only_ordinary_files_are_read(folder):
    os.mkfifo(folder / "fifo")
    for name in ("fifo", "sub"):
        with pytest.raises(HostError, match="not an ordinary file"):
            Files(folder).load(name)
        with pytest.raises(HostError, match="not an ordinary file"):
            Files(folder).store(name, [])


def test_what_the_host_refuses_is_an_error(folder):
    with pytest.raises(HostError, match="No such file"):
        Files(folder).store("none/a.txt", [])
    with pytest.raises(HostError, match="File name too long"):
        Files(folder).store("x" * 300, [])


def test_the_folder_must_be_there(folder):
    with pytest.raises(HostError, match="is not a folder"):
        Files(folder / "none")


def test_a_folder_behind_a_link_is_fine(folder):
    os.symlink(folder, folder.parent / "alias")
    files = Files(folder.parent / "alias")
    files.store("a.txt", [65])
    assert files.load("a.txt") == [65]
