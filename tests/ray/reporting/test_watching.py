from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from hpobench.contract.errors import StoreError, UsageError
from hpobench.verbs import reports
from hpobench.verbs.reports import PATIENCE, watch
from tests.support.results_factory import PROBLEMS, make_results
from tests.support.stored import write


def test_the_report_follows_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has ended; half has; nothing new; all has."""
    results = make_results(["random"], ["fifo"], PROBLEMS[:1], seeds=4, failed=())
    told: list[str] = []
    pages: list[str] = []
    stages = iter([slice(0, 2), None, slice(None)])

    def sleep(seconds: float) -> None:
        assert seconds == 7.0
        pages.extend(page.read_text() for page in tmp_path.glob("report/index.html"))
        if (cells := next(stages)) is not None:
            write(results, tmp_path, cells, ended=cells == slice(None))

    write(results, tmp_path, slice(0))
    monkeypatch.setattr(reports, "time", SimpleNamespace(sleep=sleep))
    watch(tmp_path, 7.0, told.append)
    assert [line.split(" runs")[0] for line in told] == ["2 of 4", "4 of 4"]
    assert len(pages) == 2
    assert all("setTimeout(() => location.reload(), 7000)" in page for page in pages)
    assert "location.reload" not in (tmp_path / "report" / "index.html").read_text()


def test_damaged_results_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(make_results(["random"], ["fifo"], PROBLEMS[:1], seeds=1, failed=()), tmp_path)
    next(tmp_path.glob("events-*.parquet")).unlink()
    slept: list[float] = []
    monkeypatch.setattr(reports, "time", SimpleNamespace(sleep=slept.append))
    with pytest.raises(StoreError, match="is missing"):
        watch(tmp_path, 1.0, print)
    assert len(slept) == PATIENCE - 1


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a results folder"):
        watch(tmp_path, 1.0, print)
