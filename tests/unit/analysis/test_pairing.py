"""Which runs of two results belong together, and which do not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.pairing import KEY, paired
from hpobench.contract.errors import UsageError
from hpobench.store.read.reader import Results
from tests.support.results_factory import make_results

PROBES = json.dumps({"losses": [0.25, None], "tolerance": 1e-5})


def made() -> Results:
    results = make_results(schedulers=("fifo",), seeds=3, failed=())
    return replace(results, problems=results.problems.assign(signature=PROBES))


def with_cells(results: Results, problem: str, **columns: Any) -> Results:
    cells = results.cells.copy()
    for name, value in columns.items():
        cells.loc[cells["problem"] == problem, name] = value
    return replace(results, cells=cells)


def with_problem(results: Results, problem: str, **columns: Any) -> Results:
    problems = results.problems.copy()
    for name, value in columns.items():
        problems.loc[problems["problem"] == problem, name] = value
    return replace(results, problems=problems)


def with_searchers(results: Results, names: dict[str, str]) -> Results:
    searcher = results.cells["searcher"].map(names)
    return replace(results, cells=results.cells.assign(searcher=searcher))


def without(results: Results, which: pd.Series) -> Results:
    return replace(results, cells=results.cells[~which].reset_index(drop=True))


def test_the_same_results() -> None:
    found = paired(made(), made())
    assert found.same.all()
    assert len(found.same) == 27
    assert (len(found.missing), len(found.added), found.left_out) == (0, 0, {})


@pytest.mark.parametrize("column", ["loss", "clock", "step", "decision"])
def test_one_result_that_differs(column: str) -> None:
    other = made()
    events: Any = other.events.copy()
    row = 200
    events.loc[row, column] = "CONTINUE" if column == "decision" else events.loc[row, column] + 1
    found = paired(made(), replace(other, events=events))
    assert found.new.cells.loc[~found.same, "cell"].tolist() == [str(events.loc[row, "cell"])]


def test_a_result_less_and_another_end() -> None:
    other = made()
    last = other.events.groupby("cell", observed=True).tail(1).index[4]
    cells = other.cells.copy()
    cells.loc[20, "status"] = "failed"
    other = replace(other, cells=cells, events=other.events.drop(last).reset_index(drop=True))
    assert np.flatnonzero(~paired(made(), other).same).tolist() == [4, 20]


def test_the_order_of_runs_does_not_matter() -> None:
    other = made()
    turned = replace(other, cells=other.cells[::-1].reset_index(drop=True))
    assert paired(made(), turned).same.all()
    assert paired(turned, made()).same.all()


def test_runs_of_one_side() -> None:
    base, new = made(), made()
    base = without(base, base.cells["searcher"] == "gp")
    new = without(new, new.cells["seed"] == 2)
    found = paired(base, new)
    assert len(found.same) == 2 * 3 * 2
    assert set(found.missing["seed"]) == {2}
    assert set(found.missing["searcher"]) == {"random", "tpe"}
    assert set(found.added["searcher"]) == {"gp"}
    assert list(found.added) == KEY
    assert len(found.missing) == 6
    assert len(found.added) == 6


def test_all_runs_as_one() -> None:
    base, new = made(), made()
    base = without(base, base.cells["seed"] == 1)
    both = paired(base, new).together()
    assert sorted(both.cells["seed"].unique()) == [0, 1, 2, 3]
    assert both.cells["cell"].is_unique
    assert set(both.events["cell"]) == set(both.cells["cell"])
    first, second = (both.cells[both.cells["seed"] % 2 == side] for side in (0, 1))
    assert first["results"].tolist() == second["results"].tolist()
    counts = both.events["cell"].value_counts()
    assert counts[both.cells["cell"]].tolist() == both.cells["results"].tolist()


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"workers": 8}, "workers: 4 in BASE, 8 in NEW"),
        ({"stage": "live"}, "stage: virtual in BASE, live in NEW"),
        (
            {"spec": json.dumps({"budget": {"trials": 5}})},
            'budget: {"time": 3600.0} in BASE, {"trials": 5} in NEW',
        ),
    ],
)
def test_other_conditions(columns: dict[str, object], reason: str) -> None:
    found = paired(made(), with_cells(made(), "branin", **columns))
    assert found.left_out == {"branin": reason}
    assert "branin" not in set(found.new.cells["problem"]) | set(found.base.problems["problem"])
    assert len(found.same) == 18
    assert found.missing.empty
    assert found.added.empty


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"steps": 3}, "its steps was 1 and is 3"),
        ({"space": "[1]"}, "its space was [] and is [1]"),
        (
            {"signature": json.dumps({"losses": [0.3, None], "tolerance": 1e-5})},
            "it is not the same any more: probe 1 had loss 0.25, now it has 0.3",
        ),
    ],
)
def test_another_problem(columns: dict[str, object], reason: str) -> None:
    found = paired(made(), with_problem(made(), "branin", **columns))
    assert found.left_out == {"branin": reason}


def test_what_may_differ() -> None:
    near = json.dumps({"losses": [0.25 + 1e-7, None], "tolerance": 1e-5})
    other = with_problem(made(), "branin", signature=near, clip=50.0)
    other = with_problem(other, "mlp-vehicle", signature=None)
    found = paired(made(), other)
    assert found.left_out == {}
    assert found.together().problems["clip"].max() == 50.0


def test_nothing_to_compare() -> None:
    base = made()
    renamed = with_searchers(base, {"random": "hill", "tpe": "walk", "gp": "jump"})
    told = "BASE has the searcher random or tpe or gp, NEW has hill or walk"
    with pytest.raises(UsageError, match=told):
        paired(base, renamed)
    with pytest.raises(UsageError, match=r"left out:\n  branin: workers: 4 in BASE, 2 in NEW\n"):
        paired(base, replace(base, cells=base.cells.assign(workers=2)))
    even = (base.cells["searcher"] == "gp") == (base.cells["seed"] == 0)
    with pytest.raises(UsageError, match="no run of BASE has the labels and the seed"):
        paired(without(base, even), without(base, ~even))


def test_two_runs_of_a_name() -> None:
    base = made()
    twice = pd.concat([base.cells, base.cells.assign(workers=2)], ignore_index=True)
    with pytest.raises(UsageError, match="NEW has several runs of random/fifo/branin/0"):
        paired(base, replace(base, cells=twice))
