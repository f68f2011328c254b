"""Populations on the virtual stage: clones and their lineage, agreement with a plain Tuner."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import Counter
from typing import Any

import numpy as np
import pytest

from hpobench.algorithms.schedulers.pb2 import Pb2
from hpobench.algorithms.schedulers.pbt import Pbt
from hpobench.api import (
    Budget,
    Categorical,
    Config,
    Curve,
    Fidelity,
    Float,
    Int,
    Ordinal,
    Problem,
    Reference,
    Space,
    TabulatedProblem,
    When,
)
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import StallError
from hpobench.contract.seeding import uniform
from hpobench.running.proof.plain_tune import plain_history
from hpobench.testing import doubles
from hpobench.testing.doubles import CurveProblem, ListedSearcher, make_run, random_configs
from tests.support.command_line import python
from tests.support.finished import finished
from tests.support.global_state import numpy_state
from tests.support.night import night


class Mixed(TabulatedProblem):
    """Every kind of parameter; each step's loss is told apart from all others."""

    name = "mixed"
    space = Space(
        [
            Float("x", -5, 10),
            Float("lr", 1e-4, 1e-1, log=True),
            Int("width", 1, 64, log=True),
            Int("shift", -3, 3),
            Ordinal("batch", (8, 32, 128)),
            Categorical("schedule", ("cosine", "linear", True)),
            Categorical("model", ("tree", "net")),
            Int("depth", 1, 9, when=When("model", ("tree",))),
            Float("momentum", 0.0, 0.99, when=When("model", ("net",))),
            Int("fixed", 0, 1000),
        ]
    )
    fidelity = Fidelity("epoch", 9)
    mutable = ("x", "lr", "width", "shift", "batch", "schedule", "model", "depth")
    changeable = ("x", "lr", "width", "shift", "batch", "schedule")
    """Of the mutable parameters those that stand in no condition."""

    def reference(self) -> Reference:
        return Reference(0.0, 1.0, "made up", known=False)

    def curve(self, config: Config, seed: int) -> Curve:
        self.space.check(config)
        told = json.dumps(config)
        return Curve([uniform(told, k) / k for k in range(1, 10)], [0.5 + uniform(told)] * 9)


def mixed_run(scheduler: Pbt, *, trials: int = 24, **options: Any) -> Any:
    rng = random.Random(0)
    searcher = ListedSearcher([Mixed.space.sample(rng) for _ in range(trials)])
    return make_run(scheduler, problem=Mixed(), searcher=searcher, trials=trials, **options)


def rows(run: Any) -> list[Any]:
    """One dict a result."""
    return [dataclasses.asdict(event) for event in run.events]


@pytest.fixture(
    params=[
        pytest.param(Pbt, id="pbt"),
        pytest.param(lambda: Pbt(synch=True), id="pbt-synch"),
        pytest.param(lambda: Pbt(population=4, burn_in_period=3), id="pbt-of-4"),
        pytest.param(lambda: Pb2(perturbation_interval=4), id="pb2"),
        pytest.param(lambda: Pb2(perturbation_interval=4, synch=True), id="pb2-synch"),
    ]
)
def population(request: pytest.FixtureRequest) -> Any:
    return request.param()


# -- lineage ----------------------------------------------------------------------------------


def test_clones_go_on_from_their_parents_along_their_own_curves(population: Any) -> None:
    """A table cannot carry a parent's weights over: the loss is that of the clone's own curve."""
    run = mixed_run(population)
    configs = dict(enumerate(run.source._searcher.configs))
    run.finish()
    at: Counter[int] = Counter()
    held: dict[Any, Any] = {}
    clones = 0
    for row in rows(run):
        trial, step = row["trial"], row["step"]
        if row["parent"] is None:
            assert row["config"] is None
            assert step == at[trial] + 1
        else:
            clones += 1
            assert row["parent"] != trial
            assert step == row["parent_step"] + 1
            # A KeyError if the parent had not been there before.
            parent = held[row["parent"], row["parent_step"]]
            configs[trial] = json.loads(row["config"])
            kept = set(Mixed.space.names) - set(Mixed.changeable)
            assert {k: v for k, v in configs[trial].items() if k in kept} == {
                k: v for k, v in parent.items() if k in kept
            }
        at[trial] = step
        held[trial, step] = configs[trial]
        Mixed.space.check(configs[trial])
        assert row["loss"] == Mixed().curve(configs[trial], 1).losses[step - 1]
    assert clones >= 4
    assert {trial.number: trial.config for trial in run.source.trials} == configs


def test_pbt_changes_every_kind_of_parameter_and_pb2_the_real_ones() -> None:
    def changed(scheduler: Any) -> set[Any]:
        run = mixed_run(scheduler, trials=48)
        configs = run.source._searcher.configs
        seen = {name: {config.get(name) for config in configs} for name in Mixed.space.names}
        run.finish()
        clones = [json.loads(event.config) for event in run.events if event.config]
        return {n for n in Mixed.space.names if any(c.get(n) not in seen[n] for c in clones)}

    # Of choices every value was there before.
    assert changed(Pbt()) == {"x", "lr", "width"}
    assert changed(Pb2(population=4, perturbation_interval=4)) == {"x", "lr"}


def test_choices_move_to_neighbours_and_numbers_by_factors() -> None:
    run = mixed_run(Pbt(resample_probability=0, perturbation_factors=(3, 0.5)), trials=48)
    held = dict(enumerate(run.source._searcher.configs))
    run.finish()
    at: dict[Any, Any] = {}
    moves: dict[str, Counter[Any]] = {name: Counter() for name in Mixed.changeable}
    for row in rows(run):
        if row["parent"] is not None:
            parent = at[row["parent"], row["parent_step"]]
            held[row["trial"]] = json.loads(row["config"])
            for name, counted in moves.items():
                counted[parent[name], held[row["trial"]][name]] += 1
        at[row["trial"], row["step"]] = held[row["trial"]]
    assert set(moves["batch"]) == {(8, 8), (8, 32), (32, 8), (32, 128), (128, 32), (128, 128)}
    assert set(moves["shift"]) <= {
        (value, min(max(round(value * factor), -3), 3))
        for value in range(-3, 4)
        for factor in (3, 0.5)
    }
    assert any(new == 64 for _, new in moves["width"])
    for old, new in moves["lr"]:
        assert new in (min(old * 3, 0.1), max(old * 0.5, 1e-4))


# -- populations --------------------------------------------------------------------------------


def test_one_population_after_the_other(population: Any) -> None:
    size, run = population.population, mixed_run(population, trials=24, workers=3)
    run.finish()
    starts, ends = run.source.started, run.ended
    for first in range(size, 24, size):
        last_end = max(ends[number] for number in range(first - size, first))
        assert all(start >= last_end for start in starts[first : first + size])
    parents = [(row["parent"], row["trial"]) for row in rows(run) if row["parent"] is not None]
    assert all(parent // size == trial // size for parent, trial in parents)
    assert {run.trial_status(trial) for trial in run.source.trials} == {"completed"}


def test_a_population_takes_turns_on_few_workers() -> None:
    (run := mixed_run(Pbt(population=6, quantile_fraction=0.1), trials=6, workers=2)).finish()
    ahead: Counter[int] = Counter()
    for row in rows(run):
        if row["parent"] is None:
            ahead[row["trial"]] = row["step"]
            # All have begun before one goes on, and nobody falls behind while others run.
            assert row["step"] == 1 or len(ahead) == 6
    assert len(ahead) == 6


def test_no_worker_is_idle_for_a_small_population() -> None:
    (run := mixed_run(Pbt(population=2), trials=12, workers=6)).finish()
    assert {event.worker for event in run.events} == set(range(6))
    assert run.source.started[:6] == [0] * 6


def test_every_population_has_a_scheduler_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    build = Pbt.build

    def counted(self: Pbt, problem: Problem) -> Any:
        built.append(build(self, problem))
        return built[-1]

    monkeypatch.setattr(Pbt, "build", counted)
    (run := mixed_run(Pbt(synch=True), trials=20)).finish()
    assert len(built) == 3
    # The second synchronises from the start, like the first.
    clones = Counter(row["trial"] // 8 for row in rows(run) if row["parent"] is not None)
    assert clones[0] == clones[1] > 0


def test_synchronous_trials_wait_for_each_other() -> None:
    (run := mixed_run(Pbt(synch=True, perturbation_interval=3), trials=8, workers=4)).finish()
    steps = [event.step for event in run.events]
    assert steps == sorted(steps, key=lambda step: (step - 1) // 3)
    assert len(steps) == 8 * 9


@pytest.mark.parametrize("budget", [Budget(evaluations=10), Budget(time=60), Budget(trials=11)])
def test_budgets(population: Any, budget: Budget) -> None:
    (run := mixed_run(population, trials=200, budget=budget)).finish()
    if budget.evaluations:
        assert len(run.events) == 90
    elif budget.time:
        assert run.stage.now == 60
    else:
        assert len(run.source.trials) == 11


@pytest.mark.parametrize("workers", [1, 3, 9])
def test_ends_with_ties_and_an_exhausted_searcher(population: Any, workers: int) -> None:
    problem, searcher = CurveProblem(5, equal_costs=True), ListedSearcher(random_configs(13))
    population._interval = 2
    run = finished(population, problem=problem, searcher=searcher, trials=100, workers=workers)
    assert [run.trial_status(trial) for trial in run.source.trials] == ["completed"] * 13


# -- failures -----------------------------------------------------------------------------------


class Odd(Mixed):
    """Trials with an odd ``fixed`` fail at their fourth step."""

    def curve(self, config: Config, seed: int) -> Curve:
        curve = super().curve(config, seed)
        losses = list(curve.losses)
        if config["fixed"] % 2:
            losses[3] = float("nan")
        return Curve(losses, curve.costs)


def odd_run(scheduler: Any) -> Any:
    rng = random.Random(0)
    searcher = ListedSearcher([Mixed.space.sample(rng) for _ in range(24)])
    return make_run(scheduler, problem=Odd(), searcher=searcher, trials=24)


@pytest.mark.parametrize("scheduler", [Pbt(), Pb2(population=4, perturbation_interval=4)])
def test_a_failed_trial_is_told_and_the_population_goes_on(scheduler: Any) -> None:
    (run := odd_run(scheduler)).finish()
    statuses = {t.number: run.trial_status(t) for t in run.source.trials}
    assert set(statuses.values()) == {"completed", "failed"}
    calls = run.source._searcher.calls
    for number, status in statuses.items():
        ends = [call[0] for call in calls if call[1] == number and call[0] in ("tell", "failed")]
        assert ends == ["failed" if status == "failed" else "tell"]


@pytest.mark.parametrize("scheduler", [Pbt(synch=True), Pb2(synch=True)])
def test_synchronous_populations_wait_for_ever_for_a_failed_trial(scheduler: Any) -> None:
    """As the notes say; Ray 2.60 keeps failed trials among the live ones."""
    with pytest.raises(StallError, match=r"ERROR.*PAUSED"):
        odd_run(scheduler).finish()


# -- what the searcher is told --------------------------------------------------------------------


def test_the_searcher_hears_of_every_pause_and_of_each_final_loss_once(population: Any) -> None:
    (run := mixed_run(population)).finish()
    calls = run.source._searcher.calls
    final = {row["trial"]: row["loss"] for row in rows(run)}
    told = [(call[1], call[3]) for call in calls if call[0] == "tell"]
    assert sorted(told) == sorted(final.items())
    for number in range(24):
        notices = [c[0] for c in calls if c[1] == number and c[0] in ("paused", "resumed")]
        assert notices == ["paused", "resumed"] * (len(notices) // 2)
    assert any(call[0] == "paused" for call in calls)


# -- repeatability ------------------------------------------------------------------------------


def test_same_seed_same_history_and_globals_untouched(population: Any) -> None:
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    before = random.getstate(), numpy_state()
    first, second, other = (mixed_run(population) for _ in range(3))
    other._scheduler_seed = 5
    first.finish()
    random.random()
    np.random.rand(5)  # noqa: NPY002 - someone else draws in between
    second.finish()
    other.finish()
    assert first.events == second.events != other.events
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    assert (random.getstate(), numpy_state()) == before


HISTORIES = """
import logging
logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
from hpobench.algorithms.schedulers.pb2 import Pb2
from hpobench.algorithms.schedulers.pbt import Pbt
from tests.ray.engine.test_population import mixed_run
for scheduler in (Pbt(), Pbt(synch=True), Pb2(perturbation_interval=4)):
    run = mixed_run(scheduler)
    run.finish()
    print(run.events)
"""


def test_histories_depend_on_no_hash_and_no_thread_count() -> None:
    def histories(hash_seed: str, threads: str) -> str:
        threading: dict[str, Any] = {"PYTHONHASHSEED": hash_seed, "OPENBLAS_NUM_THREADS": threads}
        return python("-c", HISTORIES, **threading).stdout

    first = histories("1", "1")
    assert len(first.splitlines()) == 3
    assert first.count("Event(") > 3 * 24
    assert histories("2", "2") == first


# -- agreement with a plain Tuner ---------------------------------------------------------------


# A trial that pauses gets a new process when it goes on, which takes seconds. By day, the agreement
# of both stages has a small population of PBT.
@night
@pytest.mark.filterwarnings("ignore")  # Ray's own, about its own deprecations
@pytest.mark.parametrize(
    ("scheduler", "steps"),
    [
        pytest.param(Pbt(population=5, perturbation_interval=2), 5, id="pbt"),
        pytest.param(Pbt(population=5, perturbation_interval=2, synch=True), 5, id="pbt-synch"),
        pytest.param(Pb2(population=4, perturbation_interval=3), 9, id="pb2"),
    ],
)
def test_a_population_has_the_history_of_a_plain_tuner(
    scheduler: Any, steps: int, one_worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"steps": steps, "equal_costs": False}
    ref = PluginRef("problem", "curves", "curves", options, doubles.__file__, "CurveProblem")
    configs = random_configs(scheduler.population)
    given: Any = {"searcher": ListedSearcher(configs), "trials": len(configs)}
    run = make_run(scheduler, problem=CurveProblem(steps), workers=1, **given)
    # Ray's actor manager draws from the global generator too, as often as it polls: the
    # scheduler gets one of its own.
    monkeypatch.setattr("ray.tune.schedulers.pbt.random", random.Random(7))
    run.finish()
    monkeypatch.setattr("ray.tune.schedulers.pbt.random", random.Random(7))
    seed = run._scheduler_seed
    real = plain_history(ref, scheduler, configs, problem_seed=1, scheduler_seed=seed, cpus=1)
    assert [(event.trial, event.step, event.loss) for event in run.events] == real
    assert any(event.parent is not None for event in run.events), "nothing was cloned"
