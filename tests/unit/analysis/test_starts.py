"""What a start is worth: pairs of algorithms, by hand and against plain loops."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.exhibits import starts
from hpobench.analysis.exhibits._with_and_without import given_pairs
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.store.read.reader import Results
from tests.support.results_factory import MadeProblem, hand_made, make_results

SETTINGS = Settings(repetitions=200, points=100, axis="time")
PORTFOLIO = {"start": {"portfolio": 5}}
GIVEN = {"tpe": {}, "tpe+": PORTFOLIO, "cma": {}, "cma+": {"start": {"default": True}}}


def with_specs(results: Results) -> Results:
    """The same results, whose searchers are those of :data:`GIVEN`."""
    results.cells["spec"] = [
        json.dumps(
            {
                "searcher": {
                    "name": searcher.rstrip("+"),
                    "options": {},
                    "source": searcher,
                    **({"given": given} if (given := GIVEN[searcher]) else {}),
                },
                "problem": {"name": problem},
            }
        )
        for searcher, problem in zip(
            results.cells["searcher"], results.cells["problem"], strict=True
        )
    ]
    return results


def test_pairs_differ_in_the_start_alone() -> None:
    made = with_specs(make_results(["tpe", "tpe+", "cma+"], ["fifo", "asha"], failed=[]))
    names = itertools.product(("tpe", "tpe+", "cma+"), ("fifo", "asha"))
    algorithms = tuple(Algorithm(f"{s} + {c}", s, c) for s, c in names)
    pairs = given_pairs(algorithms, made.cells, "start")
    found = [(pair.algorithm.name, pair.plain.name, pair.value) for pair in pairs]
    assert found == [(f"tpe+ + {s}", f"tpe + {s}", "portfolio-5") for s in ("fifo", "asha")]


def test_by_hand() -> None:
    """The start is ahead until the other catches up at 8 of 10 seconds, and passes it at 10."""
    runs = {
        ("tpe", 0): [(2.0, 0.9), (4.0, 0.5), (8.0, 0.2), (10.0, 0.1)],
        ("tpe+", 0): [(1.0, 0.5), (4.5, 0.2), (10.0, 0.2)],
    }
    runs |= {(name, 1): rows for (name, _), rows in list(runs.items())}
    study = Study(with_specs(hand_made(runs)), SETTINGS)
    (comparison,) = starts.subjects(study)
    table = starts.table(study, comparison).set_index("share")
    assert table["plain"].tolist() == ["tpe"] * 4
    assert table["given"].tolist() == ["portfolio-5"] * 4
    assert table["gain"].tolist() == pytest.approx([0.5, 0.4, 0.3, -0.1])
    # At 25 % both have .9 or less: at 1 s with the start, at 2 s without. At 50 % .5 is what both
    # have: at 1 s and at 4 s of 5. At the end .2 is: at 4.5 s and at 8 s of 10.
    assert table["saved"].tolist() == pytest.approx([0.0, 0.4, 0.6, 0.35], abs=0.03)
    assert table["caught_up"].iloc[0] == pytest.approx(0.8, abs=0.02)
    assert table["low"].tolist() == pytest.approx(table["gain"].tolist()), "seeds are equal"


def test_never_ahead_and_ahead_to_the_end() -> None:
    runs = {("tpe", s): [(1.0, 0.5), (10.0, 0.5)] for s in (0, 1)}
    runs |= {("tpe+", s): [(1.0, 0.9), (10.0, 0.5)] for s in (0, 1)}
    study = Study(with_specs(hand_made(runs)), SETTINGS)
    table = starts.table(study, study.comparisons[0])
    assert table["caught_up"].tolist() == [0.0] * 4
    assert [row[-1].text for row in starts.grid(table).rows] == ["never behind"]
    runs |= {("tpe+", s): [(1.0, 0.2), (10.0, 0.2)] for s in (0, 1)}
    study = Study(with_specs(hand_made(runs)), SETTINGS)
    table = starts.table(study, study.comparisons[0])
    assert np.isnan(table["caught_up"]).all()
    assert [row[-1].text for row in starts.grid(table).rows] == ["not by the end"]


def test_many_families_count_alike() -> None:
    problems = [MadeProblem(f"p{i}", budget=300.0, cost=3.0) for i in range(6)]
    made = make_results(["tpe", "tpe+"], ["fifo"], problems, seeds=3, failed=[])
    study = Study(with_specs(made), SETTINGS)
    (comparison,) = starts.subjects(study)
    table = starts.table(study, comparison)
    values = normalised(comparison.curves)
    at = comparison.curves.points([1.0])[0]
    expected = values[0, ..., at].mean() - values[1, ..., at].mean()
    row = table[table["share"] == 1.0].iloc[0]
    assert row["gain"] == pytest.approx(expected)
    assert row["low"] < row["gain"] < row["high"]
    assert "Families of problems count alike." in starts.caption(study, comparison, table)


def test_without_a_pair_there_is_no_table() -> None:
    made = with_specs(make_results(["tpe", "cma+"], ["fifo"], failed=[]))
    assert starts.subjects(Study(made, SETTINGS)) == []
