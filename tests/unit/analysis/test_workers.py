from __future__ import annotations

import pytest

from hpobench.analysis.core.budgets import with_most_workers, with_workers, worker_counts
from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.settings import Settings
from tests.support.results_factory import make_results, on_workers


def test_a_report_compares_the_runs_with_the_most_workers() -> None:
    parts = {n: make_results(seeds=seeds, failed=()) for n, seeds in ((2, 3), (8, 2), (1, 1))}
    results = on_workers(parts)
    assert worker_counts(results) == [1, 2, 8]
    for n, part in parts.items():
        own = with_workers(results, n)
        assert len(own.cells) == len(part.cells)
        assert set(own.cells["workers"]) == {n}
        for name in ("events", "trials"):
            assert len(getattr(own, name)) == len(getattr(part, name))
            assert set(getattr(own, name)["cell"]) == set(own.cells["cell"])
    assert set(with_most_workers(results).cells["workers"]) == {8}
    assert compute_curves(with_most_workers(results), Settings(points=4)).seeds == (0, 1)


def test_problems_without_a_run_are_left_out() -> None:
    results = make_results()
    part = results.select(results.cells["problem"] == "branin")
    assert part.problems["problem"].tolist() == ["branin"]
    assert set(part.events["cell"]) <= set(part.cells["cell"])


def test_a_single_number_of_workers_is_all() -> None:
    results = make_results()
    assert worker_counts(results) == [4]
    assert len(with_most_workers(results).events) == len(results.events)


def test_without_any_run_there_is_nothing_to_compare() -> None:
    results = make_results()
    with pytest.raises(IndexError):
        with_most_workers(results.select(results.cells["workers"] == 0))
