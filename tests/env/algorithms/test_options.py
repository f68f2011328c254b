"""Options that make no sense are refused, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from hpobench.api import Fidelity, Float, Space
from hpobench.contract.errors import HpobenchError
from tests.env.algorithms.own_loop import PLAIN, TUNED, build
from tests.env.contract.driving import by_day

LINE = Space([Float("x", 0, 1)])
WRONG: dict[str, list[tuple[Space, int, dict[str, Any], str]]] = {
    "ax": [(TUNED, 1, {"initialization_budget": 1}, "must be at least 2, not 1")],
    "bayes-opt": [
        (PLAIN, 1, {"init_points": 0}, "init_points must be at least 1, not 0"),
        (PLAIN, 1, {"kappa": -1.0}, "kappa must not be negative"),
    ],
    "bohb": [
        (TUNED, 9, {"min_points_in_model": 6}, "must be at least 7 for 6 parameters, not 6"),
        (TUNED, 9, {"random_fraction": 1.5}, "random_fraction must be in 0 to 1"),
        (TUNED, 9, {"top_n_percent": 100}, "top_n_percent must be in 1 to 99"),
        (TUNED, 9, {"num_samples": 0}, "num_samples must be at least 1"),
    ],
    "botorch": [(PLAIN, 1, {"n_initial": 1}, "n_initial must be at least 2, not 1")],
    "cma": [
        (LINE, 1, {}, "does not support spaces of one dimension"),
        (PLAIN, 1, {"sigma0": 0.0}, "sigma0 must be above 0 and at most 1"),
    ],
    "dehb": [
        (TUNED, 1, {}, "min_fidelity must be at least 1 and below the 1 steps"),
        (TUNED, 9, {"min_fidelity": 0}, "min_fidelity must be at least 1"),
        (TUNED, 9, {"eta": 1}, "eta must be at least 2"),
    ],
    "hebo": [(PLAIN, 1, {"rand_sample": 1}, "rand_sample must be at least 2, not 1")],
    "hyperopt-anneal": [
        (PLAIN, 1, {"avg_best_idx": 0.5}, "hyperopt-anneal: avg_best_idx must"),
        (PLAIN, 1, {"shrink_coef": -0.1}, "hyperopt-anneal: shrink_coef must"),
    ],
    "hyperopt-tpe": [
        (PLAIN, 1, {"n_startup_jobs": -1}, "hyperopt-tpe: n_startup_jobs must"),
        (PLAIN, 1, {"gamma": 0.0}, "hyperopt-tpe: gamma must"),
        (PLAIN, 1, {"n_EI_candidates": 0}, "hyperopt-tpe: n_EI_candidates must"),
    ],
    "neps-bo": [(PLAIN, 9, {"initial_design_size": 0}, "initial_design_size must be at least 1")],
    "neps-priorband": [
        (PLAIN, 9, {"eta": 1}, "eta must be at least 2, not 1"),
        (PLAIN, 1, {}, "needs trials of at least eta = 3 steps"),
    ],
    "nevergrad-ngopt": [
        (PLAIN, 1, {"budget": 0}, "budget must be at least 1"),
        (PLAIN, 1, {"num_workers": 0}, "num_workers must be at least 1"),
    ],
    "skopt-rf": [(PLAIN, 1, {"n_initial_points": 0}, "n_initial_points must be at least 1, not 0")],
    "smac-hyperband": [
        (TUNED, 10, {"min_fidelity": 11}, "min_fidelity must be in 1 to the 10 steps"),
        (TUNED, 10, {"eta": 1}, "eta must be at least 2"),
    ],
    "smac-rf": [(TUNED, 10, {"n_trials": 0}, "smac-rf: n_trials must be at least 1")],
    "syne-tune-kde": [
        (PLAIN, 1, {"num_min_data_points": 2}, "at least the number of parameters, 6, not 2")
    ],
}


@pytest.mark.parametrize("name", by_day(WRONG))
def test_options_that_make_no_sense(name: str) -> None:
    for space, steps, options, message in WRONG[name]:
        with pytest.raises(HpobenchError, match=message):
            build(name, space, 0, Fidelity("epoch", steps=steps), **options)
