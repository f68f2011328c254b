"""Both stages take the decisions that a plain ``tune.Tuner(...).fit()`` takes.

With one worker results arrive in one order only, so the histories must be equal, result by
result and trial by trial.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import UsageError
from hpobench.running.proof.stage_agreement import CellHistories, compare
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.support.night import night

STEPS = 9
SUITE = """{{
name: agreement, searchers: [random], schedulers: [{scheduler}],
problems: [{{mf-hartmann: {{dimension: 3, quality: bad, steps: {steps}}}}}], seeds: 1, workers: 1,
budget: {budget}
}}"""


def planned(folder: Path, scheduler: str, budget: str) -> Any:
    file = folder / "suite.yaml"
    file.write_text(SUITE.format(scheduler=scheduler, steps=STEPS, budget=budget))
    return build_plan(load_suite(str(file))).cells


@pytest.mark.filterwarnings("ignore")  # Ray's own, about its own deprecations
@pytest.mark.parametrize(
    ("scheduler", "trials", "stops"),
    [
        pytest.param("fifo", 4, False, id="fifo", marks=night),
        pytest.param("asha", 8, True, id="asha"),
        pytest.param("hyperband", 9, True, id="hyperband", marks=night),
        # It pauses while it has too few samples, and each time a process starts anew.
        pytest.param("{name: median, min_samples_required: 1}", 5, True, id="median", marks=night),
        pytest.param("{name: pbt, population: 4, perturbation_interval: 5}", 4, False, id="pbt"),
    ],
)
def test_same_history_on_both_stages_and_from_a_plain_tuner(
    scheduler: str, trials: int, stops: bool, one_worker: Any, tmp_path: Path
) -> None:
    (found,) = compare(one_worker, planned(tmp_path, scheduler, f"{{trials: {trials}}}"))
    assert set(found.histories) == {"virtual", "live", "tuner"}
    assert found.agrees, "\n".join(found.differences())
    results = len(found.histories["tuner"])
    if stops:
        assert trials <= results < trials * STEPS, "nothing was stopped, so nothing was compared"
    else:
        assert results >= trials * STEPS


def test_budgets_that_a_plain_tuner_does_not_know(one_worker: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"only knows budgets like \{trials: 20\}"):
        list(compare(one_worker, planned(tmp_path, "fifo", "{time: 3 s}")))


def test_differences_are_told_by_the_first_result_that_differs(tmp_path: Path) -> None:
    (cell,) = planned(tmp_path, "fifo", "{trials: 2}")
    histories = {"virtual": [(0, 1, 0.5), (0, 2, 0.4)], "live": [(0, 1, 0.5), (1, 1, 0.25)]}
    histories["tuner"] = [(0, 1, 0.5)]
    found = CellHistories(cell, histories)
    assert not found.agrees
    assert list(found.differences()) == [
        "result 2: virtual has step 2 of trial 0 with loss 0.4, live has step 1 of trial 1 with "
        "loss 0.25",
        "result 2: virtual has step 2 of trial 0 with loss 0.4, tuner has ended",
        "result 2: live has step 1 of trial 1 with loss 0.25, tuner has ended",
    ]
    assert CellHistories(cell, {"live": [(0, 1, 0.5)], "tuner": [(0, 1, 0.5)]}).agrees
