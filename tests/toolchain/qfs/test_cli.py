"""The disk tool as a user meets it."""

import pytest

from toolchain.qfs.cli import main


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "prog.qbin").write_bytes(b"\0\0\0\0")
    (folder / "readme").write_text("hello\n")
    return folder


def test_a_tree_goes_in_and_comes_out(tree, tmp_path, capsys):
    disk = str(tmp_path / "disk.qfs")
    assert main(["create", disk, "--sectors", "64", "--from", str(tree)]) == 0
    assert main(["list", disk, "-r"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "d         1 bin/", "x         4 bin/prog.qbin", "-         6 readme"]
    assert main(["extract", disk, "/readme", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_text() == "hello\n"
    assert main(["check", disk]) == 0


def test_images_are_deterministic(tree, tmp_path):
    for name in ("a", "b"):
        main(["create", str(tmp_path / name), "--sectors", "64", "--from", str(tree)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_add_mkdir_remove(tmp_path, capsys):
    disk, file = str(tmp_path / "disk.qfs"), tmp_path / "file"
    file.write_bytes(b"123")
    main(["create", disk, "--sectors", "32"])
    assert main(["mkdir", disk, "d"]) == 0
    assert main(["add", disk, str(file), "d"]) == 0
    assert main(["remove", disk, "d"]) == 1
    assert "d: the directory is not empty" in capsys.readouterr().err
    assert main(["remove", disk, "-r", "d"]) == 0
    assert main(["check", disk]) == 0


@pytest.mark.parametrize("content, message", [
    (b"",           "0 octets are not a whole number of sectors"),
    (bytes(511),    "511 octets are not a whole number of sectors"),
    (bytes(512),    "not a QFS disk: the magic number is missing"),
])
def test_files_that_are_no_disks(tmp_path, capsys, content, message):
    file = tmp_path / "x"
    file.write_bytes(content)
    assert main(["list", str(file)]) == 1
    assert message in capsys.readouterr().err


def test_missing_files(tmp_path, capsys):
    assert main(["list", str(tmp_path / "none")]) == 1
    assert "No such file" in capsys.readouterr().err
    assert main(["create", str(tmp_path / "d"), "--sectors", "2"]) == 1
    assert "from 3 to" in capsys.readouterr().err


def test_repair_mends_the_file(tmp_path, capsys):
    disk = tmp_path / "disk.qfs"
    main(["create", str(disk), "--sectors", "32"])
    data = bytearray(disk.read_bytes())
    data[8 * 4] = 3  # the free count
    disk.write_bytes(data)
    assert main(["check", str(disk)]) == 1
    assert main(["repair", str(disk)]) == 0
    assert main(["check", str(disk)]) == 0
