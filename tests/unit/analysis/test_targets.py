"""Targets of each kind, and the losses that they stand for."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from hpobench.analysis.core.curves import Curves, compute_curves
from hpobench.analysis.core.normalise import normalised_regret
from hpobench.analysis.core.targets import suite_targets, tolerance_targets
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.support.results_factory import MadeProblem, make_results

PROBLEMS = (
    MadeProblem("known", steps=1, optimum=-3.0, clip=7.0),
    MadeProblem("sampled", optimum=0.1, clip=0.5, known=False),
    MadeProblem("bare", optimum=2.0, clip=4.0, known=False),
)
RANDOM = {"1": [0.6, 0.5, 0.4], "10": [0.4, 0.3, 0.2], "100": [0.4, 0.3, 0.2], "1000": [1, 0.2, 0]}


def made(random: Any) -> tuple[Results, Curves]:
    """Three problems; what random search reaches is on record for the first two, if at all, but the
    first's optimum is known."""
    results = make_results(["a"], ["fifo"], PROBLEMS, seeds=1, failed=())
    problems = results.problems.assign(random=[json.dumps(RANDOM), random, "{}"])
    plan = {"problems": ["bare", "known", "sampled"]}
    results = dataclasses.replace(results, problems=problems, plan=plan)
    return results, compute_curves(results, Settings(points=3))


def test_targets_of_each_kind_in_the_curves_order() -> None:
    results, curves = made(json.dumps(RANDOM))
    targets = suite_targets(results.problems, curves)
    assert (targets.kinds, targets.budgets) == (("share", "regret", "random"), (1, 10, 100, 1000))
    assert targets.loss.shape == (3, 51)
    shares = [x for x in targets.loss[0] if not np.isnan(x)]
    assert len(shares) == 13
    assert shares[0] == 4.0  # the clip itself
    assert shares[4] == pytest.approx(2.0 + 2.0 * 0.1)
    assert shares[-1] == pytest.approx(2.0 + 2.0 * 0.001)
    assert [x for x in targets.loss[2] if not np.isnan(x)] == [0.5, 0.3, 0.2]


def test_coco_s_precisions() -> None:
    results, curves = made(None)
    regrets = suite_targets(results.problems, curves).loss[1] + 3.0
    np.testing.assert_allclose(regrets, [10 ** (2 - k / 5) for k in range(51)], atol=1e-15)


@pytest.mark.parametrize("random", [None, np.nan, "{}", json.dumps({"1": [0, np.nan, 0]})])
def test_without_what_random_search_reaches(random: object) -> None:
    results, curves = made(random)
    targets = suite_targets(results.problems, curves)
    assert (targets.kinds, targets.budgets) == (("share", "regret", "share"), ())


def test_stores_without_the_column_have_no_random_search() -> None:
    results = make_results(["a"], ["fifo"], PROBLEMS, seeds=1, failed=())
    curves = compute_curves(results, Settings(points=3))
    assert suite_targets(results.problems, curves).kinds == ("regret", "share", "share")


def test_tolerances_are_normalised_regrets() -> None:
    _, curves = made(None)
    losses = tolerance_targets(curves, [0.1, 0.01])
    assert losses.shape == (3, 2)
    nr = normalised_regret(losses, curves.optimum[:, None], curves.clip[:, None])
    np.testing.assert_allclose(nr, [[0.1, 0.01]] * 3)
