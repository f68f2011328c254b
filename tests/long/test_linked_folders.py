"""A link in the place of a folder that hpobench keeps: whatever a verb then clears or writes,
nothing behind the link changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hpobench.__main__ import _code
from tests.support.night import some

SUITE = """
name: {name}
searchers: [random, sobol]
schedulers: [fifo]
problems: [branin]
seeds: {seeds}
budget: {{evaluations: 4}}
"""
VERBS = {
    "run": ("results/small", "run small.yaml --seeds 3 --cpus 1 --results results"),
    "fewer": ("results/small", "report results/small"),
    "report": ("results/small", "report results/small --figures"),
    "verify": ("results/small", "verify results/small --repair"),
    "merge": ("merged", "merge results/small results/other --into merged"),
    "smaller": ("site", "site site --evidence own.zip"),
    "site": ("site", "site site results/small --evidence own.zip"),
    "latex": ("latex", "export results/small --to latex latex"),
    "coco": ("coco", "export results/small --to coco coco"),
    "iohprofiler": ("iohprofiler", "export results/small --to iohprofiler iohprofiler"),
}
"""The folder in which each verb writes, and its command line. The fewer and the smaller one remove
what the one after them has written."""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every verb has done its work."""
    folder = tmp_path_factory.mktemp("used")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, seeds in (("small", "0-1"), ("other", "2-3")):
            Path(f"{name}.yaml").write_text(SUITE.format(name=name, seeds=seeds))
            assert _code(f"run {name}.yaml --cpus 1 --results results".split()) == 0
        shutil.copytree("results", "fresh")
        assert _code(["evidence", "make", "results/small", "--into", "own.zip"]) == 0
        for _, line in VERBS.values():
            assert _code(line.split()) == 0, line
    return folder


@pytest.mark.parametrize("earlier", [True, False], ids=["used", "fresh"])
@pytest.mark.parametrize("verb", VERBS)
def test_nothing_behind_a_link_changes(
    verb: str, earlier: bool, used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, line = VERBS[verb]
    places = [path for path in sorted((used / target).rglob("*")) if path.is_dir()]
    for number, place in enumerate(some(places, 3)):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copytree(used / ("results" if earlier else "fresh"), folder / "results")
        if earlier and not (folder / target).exists():
            shutil.copytree(used / target, folder / target)
        for name in ("small.yaml", "own.zip"):
            shutil.copy(used / name, folder)
        # What lies outside has the names of files that are ours.
        outside = tmp_path / f"outside-{number}"
        shutil.copytree(place, outside)
        for name in ("stale.csv", "stale.png", "cells.parquet"):
            (outside / name).write_text("precious")
        before = _content(outside)
        link = folder / place.relative_to(used)
        shutil.rmtree(link, ignore_errors=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(outside)
        monkeypatch.chdir(folder)
        assert _code(line.split()) in (0, 1, 2), line
        assert _content(outside) == before, link


def _content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
