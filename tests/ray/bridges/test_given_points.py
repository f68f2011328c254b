"""Points that somebody else chose: tried first, or known already, and learnt where possible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray
from ray import cloudpickle, tune

import hpobench
from hpobench.api import Fidelity, Searcher
from hpobench.bridges.dialogue import Dialogue
from hpobench.contract.errors import ReplayError, SpaceError, UsageError
from hpobench.contract.space import Config, Space
from hpobench.testing import doubles
from tests.ray.bridges.test_searcher import CONDITIONAL
from tests.support.night import night

PARAM_SPACE = {"x": tune.uniform(-1, 1), "deep": {"n": tune.randint(1, 9)}, "fixed": {"k": 3}}
POINTS: list[dict[str, Any]] = [
    {"x": 0.5, "deep": {"n": 2}},
    {"x": -1, "deep/n": 8},
    {"x": 1.0, "deep": {"n": 1}, "fixed": {"k": 3}},
    {"x": 0.0, "deep": {"n": 5}},
]


def loss(config: dict[str, Any]) -> float:
    return float(config["x"] + config["deep"]["n"] / 9)


def ready(name: str = "optuna-tpe", mode: str = "min", **arguments: Any) -> Any:
    options: dict[str, Any] = {"n_startup_trials": 3} if name == "optuna-tpe" else {}
    search: Any = hpobench.searcher(name, seed=1, **options, **arguments)
    assert search.set_search_properties("loss", mode, PARAM_SPACE)
    return search


def drive(search: Any, trials: int, value: Callable[[dict[str, Any]], float] = loss) -> list[Any]:
    found = []
    for i in range(trials):
        found.append(search.suggest(f"t{i}"))
        result = {"loss": value(found[-1]), "training_iteration": 1, "time_total_s": 1.0}
        search.on_trial_complete(f"t{i}", result)
    return found


def log_of(search: Any) -> list[tuple[str, int]]:
    return [(method, arguments[0]) for method, arguments, _, _ in search._dialogue.log]


# -- points to evaluate --------------------------------------------------------------------------


def test_given_points_are_tried_in_order_and_learnt() -> None:
    search = ready(points_to_evaluate=POINTS)
    first = drive(search, 8)
    assert [config["x"] for config in first[:4]] == [0.5, -1, 1.0, 0.0]
    assert [config["deep"]["n"] for config in first[:4]] == [2, 8, 1, 5]
    numbers = [("adopt" if i < 4 else "ask", i) for i in range(8)]
    assert log_of(search) == [entry for n in numbers for entry in (n, ("tell", n[1]))]
    otherwise = drive(ready(points_to_evaluate=POINTS), 8, lambda config: -loss(config))
    assert first[:4] == otherwise[:4]
    assert first[4] != otherwise[4]


def test_given_points_may_run_beside_proposals_and_fail() -> None:
    search = ready(points_to_evaluate=POINTS[:2])
    for i in range(3):
        search.suggest(str(i))
    search.on_trial_complete("1", error=True)
    search.on_trial_complete("2", {"loss": 1.0, "training_iteration": 1})
    search.on_trial_complete("0", {"loss": 1.0, "training_iteration": 1})
    began = [("adopt", 0), ("adopt", 1), ("ask", 2)]
    assert log_of(search) == [*began, ("failed", 1), ("tell", 2), ("tell", 0)]


def test_given_points_that_cannot_be_learnt_are_tried_all_the_same() -> None:
    search = ready("random", points_to_evaluate=POINTS)
    assert [config["x"] for config in drive(search, 6)[:4]] == [0.5, -1, 1.0, 0.0]
    assert log_of(search) == [("ask", 0), ("tell", 0), ("ask", 1), ("tell", 1)]


def test_given_points_of_a_space_with_conditions() -> None:
    points: list[Any] = [{"x": 0.5, "kind": "a"}, {"kind": "b"}]
    given: Any = {"space": CONDITIONAL, "points_to_evaluate": points}
    search: Any = hpobench.searcher("optuna-tpe", metric="loss", mode="min", **given)
    assert [search.suggest(name) for name in "ab"] == points
    search.on_trial_complete("b", {"loss": 0.5})
    CONDITIONAL.check(search.suggest("c"))


def test_a_restored_search_has_learnt_the_given_points(tmp_path: Path) -> None:
    calm = drive(ready(points_to_evaluate=POINTS), 8)
    search = ready(points_to_evaluate=POINTS)
    assert drive(search, 3) == calm[:3]
    search.save(str(tmp_path / "state"))
    (restored := ready(points_to_evaluate=POINTS)).restore(str(tmp_path / "state"))
    assert drive(restored, 5) == calm[3:]


# -- points that are evaluated already -----------------------------------------------------------


@pytest.mark.parametrize("early", [True, False])
def test_evaluated_points_are_learnt_like_given_ones(early: bool, tmp_path: Path) -> None:
    tried = ready(points_to_evaluate=POINTS)
    configs = drive(tried, 4)
    search: Any = hpobench.searcher("optuna-tpe", seed=1, n_startup_trials=3)
    if not early:
        search.set_search_properties("loss", "min", PARAM_SPACE)
    for config in configs:
        search.add_evaluated_point(config, loss(config))
    if early:  # as pickled by Ray, before the Tuner has said the space
        search = cloudpickle.loads(cloudpickle.dumps(search))
        search.set_search_properties("loss", "min", PARAM_SPACE)
    search.save(str(tmp_path / "state"))
    restored: Any = hpobench.searcher("optuna-tpe", seed=1, n_startup_trials=3)
    restored.add_evaluated_point(configs[0], 1.0)  # again, as Tuner.restore's copy has it
    restored.restore(str(tmp_path / "state"))
    expected = drive(tried, 3)
    assert drive(search, 3) == expected
    assert drive(restored, 3) == expected


def test_evaluated_points_of_every_kind() -> None:
    (search := ready(mode="max")).add_evaluated_point(POINTS[0], 2.0)
    search.add_evaluated_point(POINTS[1], 2.0, error=True)
    search.add_evaluated_point(POINTS[2], float("nan"))
    search.add_evaluated_point(POINTS[3], 1.0, pruned=True, intermediate_values=[3.0, 1.0])
    log = [[method, *arguments] for method, arguments, _, _ in search._dialogue.log]
    told = [entry for entry in log if entry[0] != "adopt"]
    assert told == [["tell", 0, 1, -2.0], ["failed", 1], ["failed", 2], ["tell", 3, 2, -1.0]]


def test_evaluated_points_of_several_steps() -> None:
    (search := ready("bohb", max_t=9)).add_evaluated_point(POINTS[0], 1.0)
    search.add_evaluated_point(POINTS[1], 2.0, intermediate_values=[3.0, 2.0])
    log = [(*entry[1], entry[2]["final"]) for entry in search._dialogue.log if entry[0] == "tell"]
    assert log == [
        *((0, 9, 1.0, False), (0, 9, 1.0, True)),
        *((1, 1, 3.0, False), (1, 2, 2.0, False), (1, 2, 2.0, True)),
    ]
    search.add_evaluated_point(POINTS[3], 1.0, error=True)
    assert log_of(search)[-2:] == [("adopt", 2), ("failed", 2)]
    with pytest.raises(UsageError, match="bohb learns from several steps; give the intermediate"):
        search.add_evaluated_point(POINTS[2], 1.0, pruned=True)


def test_evaluated_points_that_cannot_be_learnt() -> None:
    with pytest.raises(UsageError, match="random cannot learn from points that others chose"):
        ready("random").add_evaluated_point(POINTS[0], 1.0)
    with pytest.raises(SpaceError, match=r"add_evaluated_point: 'deep.n' is missing"):
        ready().add_evaluated_point({"x": 0.5}, 1.0)
    with pytest.raises(SpaceError, match="no such parameter: y"):
        ready().add_evaluated_point({**POINTS[0], "y": 0.5}, 1.0)
    early: Any = hpobench.searcher("random")
    early.add_evaluated_point(POINTS[0], 1.0)
    early.set_search_properties("loss", "min", PARAM_SPACE)
    with pytest.raises(UsageError, match="random cannot learn"):
        early.suggest("a")


@night  # by day points are given to a searcher of every kind
def test_trials_of_another_tuner_are_learnt(tmp_path: Path) -> None:
    ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        first: Any = hpobench.searcher("optuna-tpe", points_to_evaluate=POINTS)
        tuner = tune.Tuner(
            lambda config: {"loss": loss(config)},
            param_space=PARAM_SPACE,
            tune_config=tune.TuneConfig(
                search_alg=first, num_samples=5, metric="loss", mode="min", max_concurrent_trials=1
            ),
            run_config=tune.RunConfig(storage_path=str(tmp_path), name="run", verbose=0),
        )
        results: Any = tuner.fit()
    finally:
        ray.shutdown()
    assert [result.config["x"] for result in results][:4] == [0.5, -1, 1.0, 0.0]
    search = ready()
    search.add_evaluated_trials(results._experiment_analysis, "loss")
    assert log_of(search) == [entry for i in range(5) for entry in (("adopt", i), ("tell", i))]
    told = [arguments[2] for method, arguments, _, _ in search._dialogue.log if method == "tell"]
    assert told == [result.metrics["loss"] for result in results]


# -- the log -------------------------------------------------------------------------------------


class Moody(Searcher):
    """Adopts, or does not."""

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        self.willing = bool(seed)

    def ask(self, trial: int) -> Config:
        raise NotImplementedError

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        raise NotImplementedError

    def adopt(self, trial: int, config: Config) -> bool:
        return self.willing


def test_a_library_that_adopts_no_longer() -> None:
    def dialogue(seed: int) -> Dialogue:
        return Dialogue("moody", doubles.SPACE, lambda s: Moody(s, seed=seed, fidelity=Fidelity()))

    willing, unwilling = dialogue(1), dialogue(0)
    assert willing.adopt({"lr": 0.5})
    assert not unwilling.adopt({"lr": 0.5})
    assert (willing.asked, unwilling.asked, unwilling.log) == (1, 0, [])
    unwilling.resume(willing.log)
    with pytest.raises(ReplayError, match="answers False to adopt for trial 0, where it had"):
        unwilling.notify("tell", 0, 1, 0.5, final=True)
