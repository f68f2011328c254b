"""Folders of checkpoints as bytes."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from hpobench.contract.errors import TrialError
from hpobench.running.ray import folder_state
from hpobench.running.ray.folder_state import pack, unpack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    (made / "layers" / "empty").mkdir(parents=True)
    (made / "weights").write_bytes(b"\0\1" * 5000)
    (made / "layers" / ".hidden").write_text("x")
    os.link(made / "weights", made / "same")
    return made


def test_a_folder_comes_back(folder: Path, tmp_path: Path) -> None:
    about, files = unpack(pack({"step": 3}, folder), tmp_path / "back")
    assert about == {"step": 3}
    assert files is not None
    names = sorted(str(path.relative_to(files)) for path in files.rglob("*"))
    assert names == ["layers", "layers/.hidden", "layers/empty", "same", "weights"]
    assert (files / "same").read_bytes() == (folder / "weights").read_bytes()


def test_without_files_and_with_none(tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    assert unpack(pack({}, None), tmp_path / "one") == ({}, None)
    assert unpack(pack({}, empty), tmp_path / "two") == ({}, tmp_path / "two" / "files")


def test_the_same_content_gives_the_same_bytes(folder: Path) -> None:
    before = pack({}, folder)
    os.utime(folder / "weights", (1, 1))
    assert pack({}, folder) == before
    (folder / "weights").write_bytes(b"other")
    assert pack({}, folder) != before


def test_links_and_pipes_are_not_packed(folder: Path) -> None:
    (folder / "link").symlink_to("weights")
    with pytest.raises(TrialError, match="has 'link', which is not a file or folder"):
        pack({}, folder)
    (folder / "link").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(TrialError, match="has 'pipe', which is not a file or folder"):
        pack({}, folder)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_pipes_are_not_unpacked(kind: bytes, tmp_path: Path) -> None:
    member = tarfile.TarInfo("files/odd")
    member.type, member.linkname = kind, "about.json"
    with pytest.raises(TrialError, match="has 'files/odd', which is not a file or folder"):
        unpack(_archive(member), tmp_path)


def test_nothing_is_put_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(tarfile.OutsideDestinationError):
        unpack(_archive(tarfile.TarInfo("../elsewhere")), tmp_path / "here")
    assert not (tmp_path / "elsewhere").exists()


def test_too_much_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_state, "MAX_BYTES", 10_000)
    with pytest.raises(TrialError, match=r"more than the 10,000 that a state may have"):
        pack({}, folder)


def _archive(member: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(member)
    return buffer.getvalue()
