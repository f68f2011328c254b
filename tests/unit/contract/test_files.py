"""Files of folders that may come from others: nothing is followed, waited for or left half."""

from __future__ import annotations

import ast
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from hpobench.contract import files
from hpobench.contract.errors import StoreError
from tests import ROOT


def link(path: Path) -> None:
    (target := path.parent.parent / "target").write_text("precious")
    path.symlink_to(target)


def dangling(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def linked_folder(path: Path) -> None:
    (path.parent / "elsewhere").mkdir()
    path.symlink_to(path.parent / "elsewhere")


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))


ODD: dict[str, Callable[[Path], None]] = {
    "link": link,
    "dangling link": dangling,
    "linked folder": linked_folder,
    "named pipe": os.mkfifo,
    "socket": listening,
}


@pytest.fixture(params=[*ODD, "folder"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A path where something lies that is no file."""
    path = tmp_path / "own" / "file"
    path.parent.mkdir()
    {**ODD, "folder": Path.mkdir}[request.param](path)
    return path


def precious(path: Path) -> str:
    """What the target of a link holds."""
    target = path.parent.parent / "target"
    return target.read_text() if target.exists() else "precious"


def test_only_regular_files_are_read(odd: Path) -> None:
    for read in (files.read_whole, files.read_text):
        with pytest.raises(StoreError, match=f"{odd}: is a .*where hpobench keeps a file"):
            read(odd)
    assert not files.is_regular(odd)


@pytest.mark.parametrize("kind", ODD)
def test_what_is_written_takes_the_place_of_what_is_no_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "own" / "file"
    path.parent.mkdir()
    ODD[kind](path)
    files.write_whole(path, b"new")
    assert files.read_whole(path) == b"new"
    assert precious(path) == "precious"


def test_a_folder_in_the_place_of_a_file_stays(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        files.write_whole(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_temporary_files_of_others_are_not_used(tmp_path: Path) -> None:
    (tmp_path / ".file.tmp").symlink_to(tmp_path / "target")
    files.write_whole(tmp_path / "file", b"new")
    assert not (tmp_path / "target").exists()


def test_failed_writes_leave_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write_whole(tmp_path / "file", b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write_whole(tmp_path / "file", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}


def test_modes_are_those_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write_whole(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_only_folders_of_its_own_are_made_and_used(odd: Path, tmp_path: Path) -> None:
    if odd.is_dir() and not odd.is_symlink():
        assert files.own_folder(odd) == odd
    else:
        with pytest.raises(StoreError, match=f"{odd}: is a .*where hpobench keeps a folder"):
            files.own_folder(odd)
    assert files.own_folder(tmp_path / "a" / "b").is_dir()


def test_a_lock_is_never_emptied_and_never_a_link(tmp_path: Path) -> None:
    path = tmp_path / "own" / ".lock"
    path.parent.mkdir()
    path.write_text("kept")
    with files.locked(path), pytest.raises(BlockingIOError), files.locked(path, wait=False):
        pass
    with files.locked(path, wait=False):
        pass
    assert path.read_text() == "kept"
    path.unlink()
    link(path)
    with pytest.raises(StoreError, match="is a link"), files.locked(path):
        pass
    assert precious(path) == "precious"


def test_a_file_with_a_second_name_is_not_written_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    os.link(tmp_path / "target", tmp_path / "file")
    with pytest.raises(StoreError, match="hard link"):
        files.open_regular(tmp_path / "file", os.O_RDWR | os.O_APPEND)
    files.write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "target").read_text() == "precious"


def test_files_larger_than_any_of_their_kind_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert files.read_whole(tmp_path / "file", limit=5) == b"12345"
    with pytest.raises(StoreError, match=r"has 5 bytes.*at most 4"):
        files.read_whole(tmp_path / "file", limit=4)


def test_text_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff")
    with pytest.raises(StoreError, match="file: damaged, not UTF-8"):
        files.read_text(tmp_path / "file")


_UNSAFE = {"write_text", "write_bytes", "read_text", "read_bytes", "savefig", "to_csv", "open"}
_SAFE_CALLS = {"csv_files.py": "to_csv", "style.py": "savefig", "journal.py": "open"}


@pytest.mark.parametrize("room", ["store", "reporting", "analysis", "export", "running/stages"])
def test_results_and_reports_are_touched_by_these_functions_alone(room: str) -> None:
    found = []
    for file in sorted((ROOT / "hpobench" / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", "")
            if getattr(node.func, "id", "") == "open":
                name = "open"
            if name in _UNSAFE and _SAFE_CALLS.get(file.name) != name:
                found.append(f"{file.relative_to(ROOT)}:{node.lineno} {name}")
    assert [line for line in found if "provenance.py" not in line] == []  # /proc/cpuinfo


def test_the_place_of_a_file_has_its_folders_and_no_link(tmp_path: Path) -> None:
    place = files.place_for(tmp_path, "a/b/file")
    assert place == tmp_path / "a" / "b" / "file"
    assert place.parent.is_dir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(StoreError, match="link"):
        files.place_for(tmp_path, "link/c/file")
    assert not (tmp_path / "a" / "c").exists()


def test_files_are_removed_with_the_folders_that_they_leave_empty(tmp_path: Path) -> None:
    for name in ("a/b/one", "a/two", "kept"):
        files.place_for(tmp_path, name).write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    files.remove_files(tmp_path, ["link/two", "link/b/one", "a/b/one", "a/absent"])
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "kept", "link", "two"]
