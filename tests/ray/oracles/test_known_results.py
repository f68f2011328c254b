"""Searchers against random search, where the literature says who wins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import wilcoxon

from benchmarks.cells import column, plan, run
from tests.support.night import night

LEVEL = 0.99
"""Confidence of every single claim: one-sided Wilcoxon signed-rank tests, paired by seed."""
MODELS = [
    ("optuna-tpe", 20, 100),
    pytest.param("hyperopt-tpe", 40, 100, marks=night),
    pytest.param("optuna-gp", 10, 40, marks=night),
    pytest.param("hebo", 10, 40, marks=night),
]
"""Searcher, seeds and trials. Ten seeds can reject at 0.1 %."""


def final_losses(tmp_path: Path, searcher: str, problem: object, **changes: object) -> np.ndarray:
    """The best loss of each seed."""
    suite = {"searchers": [searcher], "problems": [problem], "workers": 1, **changes}
    return np.array([min(column(run(cell), "loss")) for cell in plan(tmp_path, suite)])


@pytest.mark.parametrize(
    "problem", ["branin", pytest.param({"hartmann": {"dimension": 6}}, marks=night)], ids=str
)
@pytest.mark.parametrize(("searcher", "seeds", "trials"), MODELS)
def test_models_win(tmp_path: Path, searcher: str, seeds: int, trials: int, problem: Any) -> None:
    changes = {"seeds": seeds, "budget": {"trials": trials}}
    theirs = final_losses(tmp_path, searcher, problem, **changes)
    chance = final_losses(tmp_path, "random", problem, **changes)
    assert wilcoxon(theirs, chance, alternative="less").pvalue < 1 - LEVEL, (theirs, chance)


# -- counting ones: Falkner et al., "BOHB", ICML 2018, figure 2 ------------------------------

EARLY = 2.0
"""Full evaluations paid for."""
COUNTING = {"counting-ones": {"categorical": 8, "continuous": 8, "max_draws": 729}}


def early_regrets(tmp_path: Path, searcher: str, scheduler: str) -> np.ndarray:
    """The true regret of the incumbent once :data:`EARLY` is paid, one a seed."""
    lists = {"searchers": [searcher], "schedulers": [scheduler], "problems": [COUNTING]}
    cells = plan(tmp_path, lists | {"workers": 1, "seeds": 8, "budget": {"evaluations": EARLY}})
    return np.array([regret for cell in cells for regret in _incumbent(run(cell))])


def _incumbent(outcome: Any) -> Iterator[float]:
    """What the result with the lowest observed loss at the largest budget so far is worth."""
    steps, losses, truth = (np.array(column(outcome, c)) for c in ("step", "loss", "heldout"))
    largest = steps == steps.max()
    yield float(truth[largest][np.argmin(losses[largest])])


@pytest.mark.parametrize("searcher", ["random", pytest.param("bohb", marks=night)])
def test_early_on_counting_ones_low_budgets_beat_full_ones(tmp_path: Path, searcher: str) -> None:
    """Hyperband as published, which begins with its bracket of the shortest trials. Ray's plain
    `hyperband` begins with full evaluations: here it is random search until those are paid."""
    theirs = early_regrets(tmp_path, searcher, "hyperband-bohb")
    chance = early_regrets(tmp_path, "random", "fifo")
    assert wilcoxon(theirs, chance, alternative="less").pvalue < 1 - LEVEL, (theirs, chance)
