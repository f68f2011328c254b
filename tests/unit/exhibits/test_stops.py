"""What stopping saved and what it cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hpobench.analysis.exhibits import stops
from hpobench.analysis.study import Study
from hpobench.store.read.reader import Results
from tests.support.results_factory import hand_made

LOSSES = (0.9, 0.5, 0.6, 0.6, 0.2, 0.3, 0.3, 0.1)
STOPPED = "random[stop=patience-2]"
GIVEN = {STOPPED: {"stop": {"patience": {"trials": 2, "tolerance": 0.0}}}}


def results(
    runs: Mapping[tuple[str, int], Sequence[float]],
    given: Mapping[str, Any] = GIVEN,
    failed: Sequence[tuple[str, int]] = (),
) -> Results:
    """Single-step trials of one second each, with these losses."""
    clocks = {key: [(i + 1.0, loss) for i, loss in enumerate(row)] for key, row in runs.items()}
    made = hand_made(clocks, failed=failed)
    searchers = [
        {"name": "random"} | ({"given": given[label]} if label in given else {})
        for label in made.cells["searcher"]
    ]
    specs = [json.dumps({"searcher": searcher}) for searcher in searchers]
    # By itself each run lasts as long as its budget.
    ends = [float(len(row)) for row in runs.values()]
    return replace(made, cells=made.cells.assign(spec=specs, clock=ends))


def test_by_hand() -> None:
    """One seed saves half of the run, the other a quarter."""
    made = results(
        {
            ("random", 0): LOSSES,
            ("random", 1): LOSSES,
            (STOPPED, 0): LOSSES[:4],
            (STOPPED, 1): LOSSES[:6],
        }
    )
    study = Study(made)
    (comparison,) = stops.subjects(study)
    table = stops.table(study, comparison)
    row = table.iloc[0]
    expected = (1, STOPPED, "patience-2", "random")
    assert (len(table), row["algorithm"], row["stop"], row["plain"]) == expected
    assert row["saved"] == pytest.approx((0.5 + 0.25) / 2)
    assert row["cost"] == pytest.approx((0.5 + 0.2) / 2 - 0.1)
    assert (row["saved_low"], row["saved_high"]) == pytest.approx((0.25, 0.5))
    assert (row["low"], row["high"]) == pytest.approx((0.1, 0.4))
    assert [field.text for field in stops.grid(table).rows[0]] == [STOPPED, "38%", "0.250"]
    assert "Saved is the share of the other run" in stops.caption(study, comparison, table)


def test_one_seed_has_no_interval_and_a_failed_run_saves_nothing() -> None:
    made = results({("random", 0): LOSSES, (STOPPED, 0): LOSSES[:2]}, failed=[(STOPPED, 0)])
    study = Study(made)
    (comparison,) = stops.subjects(study)
    row = stops.table(study, comparison).iloc[0]
    assert row["saved"] == 0
    assert row["cost"] == pytest.approx(1 - 0.1)
    assert np.isnan(row[["saved_low", "saved_high", "low", "high"]].astype(float)).all()


@pytest.mark.parametrize("label", ["random", STOPPED])
def test_there_is_nothing_to_show_without_a_pair(label: str) -> None:
    assert not stops.subjects(Study(results({(label, 0): LOSSES, (label, 1): LOSSES})))
