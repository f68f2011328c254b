"""Reports in folders of strangers: nothing outside is written, nothing is waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpobench.contract.errors import StoreError
from hpobench.reporting.html import write_report
from hpobench.store.read.reader import Results
from tests.support.night import some
from tests.support.results_factory import hand_made


@pytest.fixture
def results() -> Results:
    return hand_made({("a", 0): [(1.0, 0.5)], ("a", 1): [(1.0, 0.4)], ("b", 0): [(1.0, 0.3)]})


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A file outside of the report."""
    path = tmp_path / "outside" / "index.html"
    path.parent.mkdir()
    path.write_text("precious")
    (path.parent / "own.csv").write_text("precious")
    return path


FILES = ("index.html", ".index.html.tmp", "tables/runs.csv", "figures/heatmap.png")


@pytest.mark.parametrize("kind", some(["link", "pipe", "hard link"], 1))
def test_files_in_the_places_of_its_own_are_replaced(
    tmp_path: Path, results: Results, precious: Path, kind: str
) -> None:
    for name in FILES:
        path = tmp_path / "report" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            path.symlink_to(precious)
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            os.link(precious, path)
    page = write_report(results, tmp_path / "report", figures=True)
    assert precious.read_text() == "precious"
    written = [tmp_path / "report" / name for name in FILES if not name.startswith(".")]
    assert all(path.is_file() and not path.is_symlink() for path in written)
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("name", ["report", "report/figures", "report/tables"])
def test_linked_folders_are_refused(
    tmp_path: Path, results: Results, precious: Path, name: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).symlink_to(precious.parent)
    before = sorted(precious.parent.iterdir())
    with pytest.raises(StoreError, match=f"{tmp_path / name}: is a link, where hpobench keeps a f"):
        write_report(results, tmp_path / "report", figures=True)
    assert sorted(precious.parent.iterdir()) == before
    assert precious.read_text() == "precious"


def test_the_folder_that_the_user_names_may_be_a_link(tmp_path: Path, results: Results) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    page = write_report(results, tmp_path / "results" / "report")
    assert page.exists()
    assert (tmp_path / "disk" / "report" / "tables" / "runs.csv").is_file()
