"""Our way through PB2's Gaussian processes has the numbers of scikit-learn's, to the last bit."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest
from ray.tune.schedulers import pb2 as theirs
from ray.tune.schedulers import pb2_utils as utils
from sklearn.gaussian_process import GaussianProcessRegressor

from hpobench.algorithms.schedulers.pb2 import Pb2
from hpobench.contract.cell import Exact
from hpobench.running.ray.fast import equal
from hpobench.running.ray.fast.pb2 import Kernel, ucb
from hpobench.testing.doubles import CurveProblem
from tests.support.finished import finished


def _fitted(kernel: Any, seed: int, rows: int, columns: int, *, equal_rows: bool) -> Any:
    rng = np.random.default_rng(seed)
    points = rng.random((rows, columns))
    if equal_rows:  # as clones are
        points[rows // 2 :] = points[: rows - rows // 2]
    losses = np.clip(rng.normal(size=(rows, 1)), -2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return GaussianProcessRegressor(kernel=kernel(epsilon=0.1), alpha=1e-10).fit(points, losses)


@pytest.mark.parametrize("columns", [3, 4, 7])
@pytest.mark.parametrize("rows", [1, 2, 5, 17, 64])
def test_fits_and_bounds_are_scikit_learns(rows: int, columns: int) -> None:
    assert compare_bounds(seed=rows, rows=rows, columns=columns, points=30)


def compare_bounds(seed: int, rows: int, columns: int, points: int) -> bool:
    """Whether models with both kernels are equal, and their upper bounds at random points."""
    rng = np.random.default_rng(seed)
    models = []
    for kernel in (utils.TV_SquaredExp, Kernel):
        m = _fitted(kernel, seed, rows, columns, equal_rows=seed % 3 == 0)
        other = _fitted(kernel, seed + 1, rows + 3, columns, equal_rows=False)
        models.append((m, copy.deepcopy(m) if seed % 2 else other))
    arrays = [(m.kernel_.theta, m.L_, m.alpha_, m1.alpha_) for m, m1 in models]
    fits = [tuple(array.tobytes() for array in row) for row in arrays]
    same = fits[0] == fits[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(points):
            x = rng.random(columns - 2)
            # Ray hands over these two as objects, because they come from a row with a name.
            fixed = np.array([*rng.random(2)], dtype=object)
            due = utils.UCB(*models[0], x, fixed)
            same = same and float(ucb(*models[1], x, fixed)).hex() == float(due).hex()
    return bool(same)


def test_points_that_scikit_learn_refuses_count_as_in_ray() -> None:
    model = _fitted(Kernel, 0, 9, 4, equal_rows=False)
    x, fixed = np.array([0.5, np.nan]), np.array([0.1, 0.2])
    assert ucb(model, model, x, fixed) == utils.UCB(model, model, x, fixed) == -9999


@pytest.mark.parametrize(
    ("options", "workers"), [({"population": 5}, 4), ({"population": 4, "synch": True}, 2)]
)
def test_whole_runs_of_pb2_have_the_events_of_ray(options: dict[str, Any], workers: int) -> None:
    found = []
    kinds: tuple[Exact | None, ...] = (None, "ray")
    for exact in kinds:
        given = {"problem": CurveProblem(6), "trials": 5}
        run = finished(Pb2(**options), **given, workers=workers, exact=exact)
        found.append(repr(run.events))
    assert found[0] == found[1]
    assert "parent_step=None" in found[0]
    assert "parent_step=5" in found[0]


def test_a_pb2_that_proposes_in_its_own_way_is_left_alone() -> None:
    class Own(theirs.PB2):
        def _get_new_config(self, trial: Any, trial_to_clone: Any) -> Any:
            return {}, {}

    bounds = {"hyperparam_bounds": {"a": [0.0, 1.0]}}
    assert "_get_new_config" not in vars(equal(Own(**bounds)))
    assert "_get_new_config" in vars(equal(theirs.PB2(**bounds)))
