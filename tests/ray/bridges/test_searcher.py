"""Searchers in a plain Tuner: what Ray calls, in Ray itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ray import cloudpickle, tune
from ray.tune.schedulers import HyperBandForBOHB
from ray.tune.search import ConcurrencyLimiter, SearchGenerator

import hpobench
from hpobench.contract.errors import ReplayError, SpaceError, UnknownNameError, UsageError
from tests import ROOT
from tests.support.ray_session import local_ray

PARAM_SPACE = {"x": tune.uniform(-1, 1), "deep": {"n": tune.randint(1, 9)}, "fixed": 3}
FILE = Path(__file__).with_name("plain_tuner.py")


def drive(search: Any, trials: int, name: str = "t") -> list[dict[str, Any]]:
    """The proposals of the next ``trials``, each over before the next begins."""
    found = []
    for i in range(trials):
        config = search.suggest(f"{name}{i}")
        found.append(config)
        result = {"loss": config["x"] ** 2, "training_iteration": 1, "time_total_s": 1.0}
        search.on_trial_complete(f"{name}{i}", result)
    return found


def ready(search: Any, mode: str = "min") -> Any:
    assert search.set_search_properties("loss", mode, PARAM_SPACE)
    return search


# -- in Ray itself -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    with local_ray(2):
        yield


def fit(search: Any, folder: Path, trainable: Any, samples: int = 8, **config: Any) -> Any:
    tuner = tune.Tuner(
        trainable,
        param_space=PARAM_SPACE,
        tune_config=tune.TuneConfig(
            search_alg=search,
            num_samples=samples,
            metric="loss",
            reuse_actors=True,  # a process for each trial would take seconds
            **{"mode": "min"} | config,
        ),
        run_config=tune.RunConfig(storage_path=str(folder), name="run", verbose=0),
    )
    return tuner.fit()


def square(config: dict[str, Any]) -> dict[str, float]:
    return {"loss": config["x"] ** 2 + config["deep"]["n"]}


def test_a_tuner_runs_what_is_proposed(cluster: None, tmp_path: Path) -> None:
    results = fit(hpobench.searcher("random", seed=3), tmp_path, square)
    found = sorted((r.config["x"], r.config["deep"]["n"], r.config["fixed"]) for r in results)
    alone = ready(hpobench.searcher("random", seed=3))
    asked = [alone.suggest(str(i)) for i in range(8)]
    assert found == sorted((c["x"], c["deep"]["n"], 3) for c in asked)


def test_failed_trials_limits_and_max(cluster: None, tmp_path: Path) -> None:
    def failing(config: dict[str, Any]) -> dict[str, float]:
        if config["deep"]["n"] % 2:
            raise ValueError("odd")
        return {"loss": config["x"]}

    search: Any = hpobench.searcher("optuna-tpe", seed=0)
    results = fit(ConcurrencyLimiter(search, 1), tmp_path, failing, 6, mode="max")
    assert 0 < results.num_errors < 6
    log = search._dialogue.log
    odd = [entry for entry in log if entry[0] == "failed"]
    told = [entry[1][2] for entry in log if entry[0] == "tell"]
    assert len(odd) == results.num_errors
    assert sorted(-x for x in told) == sorted(r.metrics["loss"] for r in results if not r.error)


def test_bohb_with_rays_own_hyperband(cluster: None, tmp_path: Path) -> None:
    def training(config: dict[str, Any]) -> None:
        for step in range(1, 10):
            tune.report({"loss": abs(config["x"]) + 1 / step})

    search: Any = hpobench.searcher("bohb", seed=0, max_t=9)
    scheduler = HyperBandForBOHB(max_t=9, reduction_factor=3)
    results = fit(search, tmp_path, training, 12, scheduler=scheduler, max_concurrent_trials=2)
    assert results.num_errors == 0
    log = search._dialogue.log
    pauses = [i for i, entry in enumerate(log) if entry[0] == "paused"]
    assert pauses
    for i in pauses:  # each right after the result at which the trial paused
        assert (log[i - 1][0], log[i - 1][1][0]) == ("tell", log[i][1][0])
    assert {entry[0] for entry in log} >= {"ask", "tell", "paused", "resumed"}


def test_a_killed_run_is_restored_and_proposes_the_same(tmp_path: Path) -> None:
    def command(*arguments: object) -> list[str]:
        return [sys.executable, str(FILE), *map(str, arguments)]

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    calm = subprocess.run(command(tmp_path / "calm"), env=environment, capture_output=True)
    assert calm.returncode == 0, calm.stderr.decode()[-2000:]
    killed = command(tmp_path / "killed")
    process = subprocess.Popen(killed, env=environment, start_new_session=True)
    state = tmp_path / "killed" / "run"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if len(list(state.glob("*/result.json"))) >= 5 and list(state.glob("searcher-state*")):
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    again = subprocess.run(command(tmp_path / "killed"), env=environment, capture_output=True)
    assert again.returncode == 0, again.stderr.decode()[-2000:]
    assert b"restored" in again.stdout
    calmly = chosen(tmp_path / "calm")
    assert chosen(tmp_path / "killed") == calmly
    assert [method for method, _ in calmly] == ["adopt"] * 2 + ["ask"] * 10


def chosen(folder: Path) -> list[tuple[str, Any]]:
    """What was adopted and what was proposed."""
    (newest,) = sorted((folder / "run").glob("searcher-state*"))[-1:]
    return [
        (method, answer if method == "ask" else arguments[1])
        for method, arguments, _, answer in cloudpickle.loads(newest.read_bytes())["log"]
        if method in ("ask", "adopt")
    ]


# -- alone ---------------------------------------------------------------------------------------


def test_a_state_goes_on_where_it_was(tmp_path: Path) -> None:
    search = ready(hpobench.searcher("optuna-tpe", seed=1))
    drive(search, 12)
    search.save(str(tmp_path / "state"))
    copy = cloudpickle.loads(cloudpickle.dumps(search))
    for other in (hpobench.searcher("optuna-tpe", seed=1), copy):
        if not other.set_search_properties("loss", "min", PARAM_SPACE):
            assert drive(other, 3, "b") == drive(search, 3, "b")
            continue
        other.restore(str(tmp_path / "state"))
        other.save(str(tmp_path / "state"))  # as it is, before it is needed
        restored = drive(other, 3, "a")
    again = ready(hpobench.searcher("optuna-tpe", seed=1))
    drive(again, 12)
    assert restored == drive(again, 3)


def test_states_of_others(tmp_path: Path) -> None:
    search = ready(hpobench.searcher("random", seed=1))
    drive(search, 2)
    path = tmp_path / "state"
    search.save(str(path))
    for name, seed in (("random", 2), ("sobol", 1)):
        with pytest.raises(UsageError, match="the state of another searcher"):
            hpobench.searcher(name, seed=seed).restore(str(path))
    (other := hpobench.searcher("random", seed=1)).restore(str(path))
    other.set_search_properties("loss", "min", {"y": tune.uniform(0, 1)})
    with pytest.raises(UsageError, match="another param_space"):
        other.suggest("a")
    for content in (b"", b"[]", cloudpickle.dumps({}), path.read_bytes()[:-9]):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="no state of a searcher"):
            hpobench.searcher("random", seed=1).restore(str(path))


def test_a_library_that_has_changed(tmp_path: Path) -> None:
    search = ready(hpobench.searcher("random", seed=1))
    drive(search, 3)
    path = tmp_path / "state"
    search.save(str(path))
    state = cloudpickle.loads(path.read_bytes())
    state["log"][-2][3]["x"] = 0.25
    path.write_bytes(cloudpickle.dumps(state))
    (other := ready(hpobench.searcher("random", seed=1))).restore(str(path))
    with pytest.raises(ReplayError, match="perhaps because its library has changed"):
        other.suggest("a")


def test_repeated_results_are_told_once() -> None:
    """As after ``Tuner.restore``, or from an older checkpoint."""
    search = ready(hpobench.searcher("bohb", seed=1, max_t=9))
    search.suggest("a")
    for step in (1, 2, 1, 2, 3):
        search.on_trial_result("a", {"loss": 1.0, "training_iteration": step})
    search.on_trial_complete("a")
    told = [[entry[1][1], entry[2]["final"]] for entry in search._dialogue.log[1:]]
    assert told == [[1, False], [2, False], [3, False], [3, True]]
    search.suggest("b")
    with pytest.raises(UsageError, match="more than max_t=9"):
        search.on_trial_result("b", {"loss": 1.0, "training_iteration": 10})


def test_results_without_a_finite_metric_are_failures() -> None:
    search = ready(hpobench.searcher("random"))
    for i, value in enumerate([float("nan"), float("inf"), None, "low"]):
        search.suggest(str(i))
        search.on_trial_complete(str(i), {"loss": value, "training_iteration": 1})
    search.suggest("4")
    search.on_trial_complete("4", error=True)
    search.on_trial_complete("unknown", {"loss": 1.0, "training_iteration": 1})
    assert [entry[0] for entry in search._dialogue.log] == ["ask", "failed"] * 5


def test_the_grid_finishes() -> None:
    search: Any = hpobench.searcher("grid", resolution=2)
    search.set_search_properties("loss", "min", {"x": tune.uniform(0, 1)})
    assert len(drive(search, 2)) == 2
    assert search.suggest("c") == search.FINISHED


def test_given_points_come_first() -> None:
    points: list[Any] = [{"x": 0.5, "deep": {"n": 2}}, {"x": -0.5, "deep/n": 3}]
    first = drive(ready(hpobench.searcher("random", seed=1, points_to_evaluate=points)), 4)
    assert first[:2] == [{"x": 0.5, "deep": {"n": 2}}, {"x": -0.5, "deep": {"n": 3}}]
    assert first[2:] == drive(ready(hpobench.searcher("random", seed=1)), 2)
    wrong = ready(hpobench.searcher("random", points_to_evaluate=[points[0], {"x": 0.5}]))
    with pytest.raises(SpaceError, match=r"points_to_evaluate\[1\]: 'deep.n' is missing"):
        wrong.suggest("a")


KIND = hpobench.Categorical("kind", ("a", "b"))
CONDITIONAL = hpobench.Space([KIND, hpobench.Float("x", 0, 1, when=hpobench.When("kind", ("a",)))])


def test_a_space_with_conditions() -> None:
    search: Any = hpobench.searcher("random", space=CONDITIONAL, metric="loss", mode="min")
    assert not search.set_search_properties("loss", "min", {"fixed": 1})
    for i in range(9):
        CONDITIONAL.check(search.suggest(str(i)))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": "hebbo"}, UnknownNameError, "did you mean hebo"),
        ({"name": "random", "greed": 1}, UsageError, "greed"),
        ({"name": "optuna-tpe", "n_startup_trials": "many"}, UsageError, "n_startup_trials"),
        ({"name": "dehb"}, UsageError, "dehb decides itself how far each trial trains"),
        ({"name": "smac-hyperband", "max_t": 9}, UsageError, "decides itself"),
        ({"name": "bohb"}, UsageError, "max_t=81"),
        ({"name": "random", "mode": "best"}, UsageError, "mode is 'min' or 'max'"),
        ({"name": "random", "metric": ["a", "b"]}, UsageError, "metric: .* one objective"),
        ({"name": "random", "mode": ("min", "max")}, UsageError, "mode: .* name the one metric"),
        ({"name": "command"}, UsageError, "run"),
    ],
)
def test_arguments_that_do_not_fit(arguments: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        hpobench.searcher(**arguments)


def test_a_space_that_a_searcher_does_not_take() -> None:
    search: Any = hpobench.searcher("bayes-opt", space=CONDITIONAL, metric="loss", mode="min")
    with pytest.raises(UsageError, match="bayes-opt: the space has conditions"):
        search.suggest("a")


def test_nothing_to_tune_and_no_metric() -> None:
    with pytest.raises(UsageError, match="needs a metric and a mode"):
        hpobench.searcher("random").suggest("a")
    with pytest.raises(UsageError, match="has nothing to tune"):
        hpobench.searcher("random", metric="loss", mode="min").suggest("a")


def test_a_tuner_with_several_metrics() -> None:
    search: Any = hpobench.searcher("random")
    with pytest.raises(UsageError, match="metric: hpobench compares one objective as of now"):
        search.set_search_properties(["a", "b"], "min", {})


def test_no_option_has_the_name_of_an_argument() -> None:
    import inspect

    from hpobench.plugins.options import options_of
    from hpobench.plugins.registry import Registry

    own = set(inspect.signature(hpobench.searcher).parameters) - {"seed", "space", "options"}
    for entry in Registry().entries("searcher"):
        assert not own & set(options_of(entry.load()) or {}), entry.name


def test_rays_generator_counts_samples() -> None:
    search: Any = hpobench.searcher("random", seed=1)
    assert SearchGenerator(search).set_search_properties("loss", "min", PARAM_SPACE)
