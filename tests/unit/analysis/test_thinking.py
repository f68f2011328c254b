"""F9's numbers against a plain reckoning."""

from __future__ import annotations

import dataclasses
import statistics

from hpobench.analysis.exhibits import thinking
from tests.support.curves_factory import table_of_all
from tests.support.frames import tuples
from tests.support.results_factory import make_results


def test_medians_of_doubling_classes() -> None:
    results = make_results()
    table = table_of_all(thinking, results)
    searchers = dict(zip(results.cells["cell"], results.cells["searcher"], strict=True))
    classes: dict[tuple[str, int], list[float]] = {}
    for row in tuples(results.trials):
        if row.trial:
            key = searchers[row.cell], 1 << (row.trial.bit_length() - 1)
            classes.setdefault(key, []).append(row.suggest_s + row.observe_s)
    assert len(table) == len(classes) > 2
    for row in tuples(table):
        seconds = classes[row.algorithm, row.at]
        assert row.trials == len(seconds)
        assert row.estimate == statistics.median(seconds)
        assert min(seconds) <= row.low <= row.estimate <= row.high <= max(seconds)


def test_searchers_keep_the_suites_order() -> None:
    results = make_results()
    assert list(dict.fromkeys(table_of_all(thinking, results)["algorithm"])) == list(
        dict.fromkeys(results.cells["searcher"])
    )


def test_nothing_to_think_about() -> None:
    results = make_results()
    first = results.trials[results.trials["trial"] == 0]
    assert table_of_all(thinking, dataclasses.replace(results, trials=first)).empty
