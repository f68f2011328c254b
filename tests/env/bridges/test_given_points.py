"""Which searchers learn from points of others, in a plain Tuner and in an environment apart."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

import hpobench
from hpobench.contract.errors import UsageError
from hpobench.contract.space import Config
from hpobench.testing.driving import SPACES, loss_of
from tests.env.bridges.test_every_searcher import NAMES, STEPS
from tests.env.contract.driving import OPTIONS, by_day

SPACE = SPACES["mixed"]
POINTS = [SPACE.sample(Random(i)) for i in range(4)]
DEAF = {
    *("random", "grid", "sobol", "optuna-qmc", "random-prior", "optuna-cmaes"),
    *("bounding-box", "quantile-transfer"),
}


def make(name: str, **arguments: Any) -> Any:
    options = OPTIONS.get(name, {})
    return hpobench.searcher(
        name, space=SPACE, metric="loss", mode="min", max_t=STEPS, **options, **arguments
    )


@pytest.mark.parametrize("name", by_day(NAMES))
def test_who_learns_from_points_of_others(name: str) -> None:
    search = make(name)
    if name not in DEAF:
        search.add_evaluated_point(POINTS[0], 1.0)
        return
    with pytest.raises(UsageError, match="cannot learn from points that others chose"):
        search.add_evaluated_point(POINTS[0], 1.0)


def test_the_documentation_names_those_that_cannot() -> None:
    said = " ".join((hpobench.searcher.__doc__ or "").split())
    for name in DEAF:
        assert f"``{name}``" in said


@pytest.mark.parametrize("name", by_day(["skopt-gp", "hyperopt-tpe"]))
def test_an_isolated_one_learns_given_points_and_is_restored(name: str, tmp_path: Path) -> None:
    more = {"n_startup_jobs": 3} if name == "hyperopt-tpe" else {}

    def begin() -> Any:
        return make(name, points_to_evaluate=POINTS, **more)

    def drive(search: Any, trials: range, sign: float = 1.0) -> list[Config]:
        found: list[Config] = []
        for trial in trials:
            found.append(search.suggest(str(trial)))
            result = {"loss": sign * loss_of(SPACE, found[-1]), "training_iteration": 1}
            search.on_trial_complete(str(trial), result)
        return found

    calm = drive(begin(), range(7))
    assert calm[:4] == POINTS
    assert calm[4:] != drive(begin(), range(7), -1.0)[4:]
    search = begin()
    drive(search, range(5))
    search.save(str(tmp_path / "state"))
    (restored := begin()).restore(str(tmp_path / "state"))
    assert drive(restored, range(5, 7)) == calm[5:]
