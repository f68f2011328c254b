"""The folder of a site: nothing but an earlier site is replaced, and nothing outside is touched."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpobench.__main__ import _code
from hpobench.contract.errors import UsageError
from hpobench.evidence.archive import quantised, regrets_of
from hpobench.reporting.site.folder import MARKER, write_site
from tests.support.evidence_factory import make_archive


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_later_site_removes_what_it_has_no_use_for_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_site(out, {"index.html": b"1", "data/old.js": b"1", "cards/one.html": b"1"})
    (out / "data" / "mine.js").write_bytes(b"mine")
    write_site(out, {"index.html": b"2", "cards/two.html": b"2"})
    found = content(out)
    assert json.loads(found.pop(MARKER)) == {"files": ["cards/two.html", "index.html"]}
    assert found == {"index.html": b"2", "cards/two.html": b"2", "data/mine.js": b"mine"}
    write_site(out, {"index.html": b"3"})
    assert not (out / "cards").exists()


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_bytes(b"precious")
    with pytest.raises(UsageError, match=r"holds 'thesis\.tex' and no earlier site"):
        write_site(tmp_path, {"index.html": b"1"})
    assert content(tmp_path) == {"thesis.tex": b"precious"}


def test_a_file_that_no_site_wrote_is_not_replaced(tmp_path: Path) -> None:
    write_site(tmp_path, {"index.html": b"1"})
    (tmp_path / "advice.html").write_bytes(b"mine")
    with pytest.raises(UsageError, match="no earlier site wrote it"):
        write_site(tmp_path, {"index.html": b"2", "advice.html": b"2"})
    assert content(tmp_path)["index.html"] == b"1"


def test_the_folder_that_the_user_names_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    write_site(tmp_path / "out", {"index.html": b"1", "data/a.js": b"1"})
    assert (tmp_path / "real" / "data" / "a.js").read_bytes() == b"1"


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, out = tmp_path / "outside", tmp_path / "out"
    outside.mkdir()
    (outside / "a.js").write_bytes(b"precious")
    write_site(out, {"index.html": b"1", "data/a.js": b"1", "b.js": b"1"})
    (out / "data" / "a.js").unlink()
    (out / "data").rmdir()
    (out / "data").symlink_to(outside)
    with pytest.raises(UsageError, match="is no folder of a site"):
        write_site(out, {"index.html": b"2", "data/a.js": b"2"})
    write_site(out, {"index.html": b"2"})
    (out / "index.html").unlink()
    (out / "index.html").symlink_to(outside / "a.js")
    with pytest.raises(UsageError, match="no earlier site wrote it"):
        write_site(out, {"index.html": b"3"})
    assert content(outside) == {"a.js": b"precious"}


@pytest.mark.parametrize(
    "marker",
    [
        b"",
        b"{}",
        b"[]",
        b'{"files": 1}',
        b'{"files": [1]}',
        b'{"files": ["../outside.txt"]}',
        b'{"files": ["/etc/passwd"]}',
        b'{"files": ["a\\u0000b"]}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_damaged_marker_is_refused(marker: bytes, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_bytes(b"precious")
    out = tmp_path / "out"
    out.mkdir()
    (out / MARKER).write_bytes(marker)
    with pytest.raises(UsageError, match="damaged"):
        write_site(out, {"index.html": b"1"})
    assert content(tmp_path) == {"outside.txt": b"precious", f"out/{MARKER}": marker}


@pytest.mark.parametrize(
    "fault", ["cut", "flipped", "foreign", "version", "empty", "short", "folder"]
)
def test_a_bad_archive_ends_with_two_and_a_message_and_writes_nothing(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, path = make_archive(("random",)), tmp_path / "given.parquet"
    data = archive.to_bytes()
    if fault == "version":
        with monkeypatch.context() as patch:
            patch.setattr("hpobench.evidence.archive.VERSION", 2)
            data = archive.to_bytes()
    elif fault == "empty":
        data = replace(archive, runs=archive.runs.slice(0, 0)).to_bytes()
    elif fault == "short":  # no run came as far as one full evaluation
        column = quantised(np.full(regrets_of(archive.runs).shape, np.nan))
        place = archive.runs.column_names.index("regret")
        runs = archive.runs.set_column(place, archive.runs.schema.field(place), column)
        data = replace(archive, runs=runs).to_bytes()
    elif fault == "folder":
        path.mkdir()
    changed = {"cut": data[:-9], "flipped": data[:99] + b"?" + data[100:], "foreign": b"PAR1"}
    if fault != "folder":
        path.write_bytes(changed.get(fault, data))
    assert _code(["site", str(tmp_path / "out"), "--evidence", str(path)]) == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_results_that_cannot_be_read_end_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_archive(("random",)).write(tmp_path / "given.parquet")
    (tmp_path / "results").mkdir()
    arguments = ["--evidence", str(tmp_path / "given.parquet")]
    assert _code(["site", str(tmp_path / "out"), str(tmp_path / "results"), *arguments]) == 2
    assert str(tmp_path / "results") in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_out_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_archive(("random",)).write(tmp_path / "given.parquet")
    out = tmp_path / "given.parquet"
    assert _code(["site", str(out), "--evidence", str(out)]) == 2
    assert "is no folder" in capsys.readouterr().err
