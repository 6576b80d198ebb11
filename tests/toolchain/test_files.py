"""Reading sources and writing products."""

import os
import stat

import pytest

from toolchain import targets
from toolchain.files import read_octets, read_source, write_output
from toolchain.source import SourceError


def test_source_is_text_with_its_name(tmp_path):
    path = tmp_path / "a.qasm"
    path.write_bytes("é\r\n".encode())
    source = read_source(str(path))
    assert (source.name, source.text) == (str(path), "é\r\n")


def test_octets_that_are_no_text_have_a_place(tmp_path):
    path = tmp_path / "a.qasm"
    path.write_bytes("é\nab€c".encode() + b"\xff\n")
    with pytest.raises(SourceError) as caught:
        read_source(str(path))
    assert (caught.value.span.line, caught.value.span.column) == (2, 5)
    assert caught.value.message == "octet 0xff is not valid UTF-8"


@pytest.mark.parametrize("name, text", [
    ("nowhere", "cannot read nowhere: No such file or directory"),
    (".", "cannot read .: Is a directory"),
    ("a\0b", "cannot read 'a\\x00b': embedded null byte"),
])
def test_what_cannot_be_read_is_named(name, text):
    with pytest.raises(SourceError) as caught:
        read_octets(name)
    assert caught.value.message == text


def test_output_replaces_a_file_and_keeps_its_rights(tmp_path):
    path = tmp_path / "out"
    path.write_text("old")
    path.chmod(0o640)
    write_output(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_output_goes_through_a_symbolic_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_output(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_output_to_a_device_is_written_to_it():
    write_output(os.devnull, b"gone")
    assert not os.path.isfile(os.devnull)


def test_failed_output_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "out"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(SourceError, match="No space left on device"):
        write_output(str(path), b"new")
    assert os.listdir(tmp_path) == ["out"]
    assert path.read_text() == "old"


def test_library_sources_are_named_from_the_root():
    sources = targets.library_sources("user", ".qasm")
    assert [source.name for source in sources] == [
        "firmware/lib/user/calls.qasm", "firmware/lib/user/entry.qasm",
        "firmware/lib/user/support.qasm"]


def test_missing_library_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(targets, "LIBRARY", tmp_path / "lib")
    with pytest.raises(SourceError, match="the library for target bare is missing"):
        targets.library_sources("bare", ".qll")
    assert targets.library_sources("none", ".qll") == []
