"""The contact with Ray's private names."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import pytest
import ray
from ray.tune.execution import tune_controller
from ray.tune.schedulers import FIFOScheduler

from hpobench.algorithms.schedulers.asha import Asha
from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.schedulers.hyperband import HyperBand
from hpobench.algorithms.schedulers.hyperband_bohb import HyperBandBohb
from hpobench.algorithms.schedulers.median import Median
from hpobench.algorithms.schedulers.pbt import Pbt
from hpobench.contract.algorithms import Scheduler
from hpobench.contract.errors import RayError, StallError
from hpobench.contract.problem import Curve
from hpobench.contract.space import Config
from hpobench.running.ray import internals
from hpobench.running.ray.controller import ShortenedController
from hpobench.running.ray.trial import Trial
from hpobench.testing.doubles import CurveProblem, ListedSearcher, make_run, random_configs
from tests.support.finished import finished


def test_the_names_we_stand_on_are_there() -> None:
    internals.check_ray()


@pytest.mark.parametrize(
    ("owner", "name"),
    [(owner, name) for owner, names in internals._PRIVATE for name in names.split()],
)
def test_a_moved_name_is_named(owner: Any, name: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for cls in getattr(owner, "__mro__", [owner]):
        if name in vars(cls):
            monkeypatch.delattr(cls, name)
    with pytest.raises(RayError, match=rf"{ray.__version__}.*\.{name}"):
        internals.check_ray()


def test_moved_state_of_a_scheduler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(internals, "_PRIVATE_STATE", [(FIFOScheduler, "_went_away")])
    with pytest.raises(RayError, match=r"no longer has FIFOScheduler\._went_away"):
        internals.check_ray()


def test_a_moved_attribute_is_named(fifo: Fifo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(internals, "_PRIVATE_ATTRIBUTES", "_actor_manager _went_away")
    with pytest.raises(RayError, match="_went_away"):
        make_run(fifo).finish()


def test_exchanged_names_are_put_back() -> None:
    before = [vars(module).copy() for module, _ in internals._EXCHANGED]
    with contextlib.suppress(KeyError), internals.ray_names():
        assert tune_controller.flatten_dict is dict
        raise KeyError
    assert [vars(module) for module, _ in internals._EXCHANGED] == before


def test_a_trial_compares_by_identity_and_hashes_by_number() -> None:
    first, second = (Trial(7, {}, None) for _ in range(2))
    assert hash(first) == hash(second) == 7
    assert first != second
    assert len({first, second}) == 2


def test_one_worker_looks_at_its_finished_trials_once(
    fifo: Fifo, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Trial] = []

    def is_finished(trial: Trial) -> bool:
        looks.append(trial)
        return trial.status in ("TERMINATED", "ERROR")

    monkeypatch.setattr(Trial, "is_finished", is_finished)
    make_run(fifo, workers=1, trials=200).finish()
    assert len(looks) <= 10 * 200  # Ray's own way has 20,000


class Failing(CurveProblem):
    """Some trials fail in the middle, and some at once."""

    def curve(self, config: Config, seed: int) -> Curve:
        curve, width = super().curve(config, seed), int(config["width"])
        if width % 7 == 0:
            raise ValueError(f"width {width}")
        losses = list(curve.losses)
        if width % 5 == 0:
            losses[width % 27] = math.nan
        return Curve(losses, curve.costs, curve.heldout)


def _history(make: Callable[[], Scheduler], workers: int) -> tuple[object, ...]:
    searcher = ListedSearcher(random_configs(60))
    given: Any = {"problem": Failing(), "searcher": searcher, "trials": 60}
    run = make_run(make(), **given, workers=workers, tell="every")
    end = None
    try:
        run.finish()
    except StallError as error:  # Ray's HyperBand misses that the last trial of a bracket failed
        end = str(error)
    trials = [(t.number, t.config, t.status, run.trial_status(t)) for t in run.source.trials]
    return run.events, trials, searcher.calls, run.ended, end


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(
    "make", [Fifo, Asha, HyperBand, HyperBandBohb, Median, lambda: Median(hard_stop=False), Pbt]
)
def test_shortened_methods_do_what_those_of_ray_do(
    make: Callable[[], Scheduler], workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = _history(make, workers)
    for name in (
        "is_finished",
        "step",
        "_maybe_add_actors",
        "_maybe_update_trial_queue",
        "_schedule_trial_train",
        "_process_trial_result",
        "_mark_trial_to_checkpoint",
    ):
        monkeypatch.delattr(ShortenedController, name)
    ask = ShortenedController._update_trial_queue
    monkeypatch.setattr(
        ShortenedController,
        "_update_trial_queue",
        lambda self, **_: (
            len(self._pending_trials) + len(self._running_trials) < self._slots and ask(self)
        ),
    )
    for name in ("on_step_begin", "on_step_end", "_validate_result_metrics"):
        monkeypatch.setattr(tune_controller.TuneController, name, lambda *_: None)
    assert _history(make, workers) == short


def test_choosers_see_unfinished_trials_only_while_choosing(fifo: Fifo) -> None:
    seen = []

    class Watching(FIFOScheduler):
        def choose_trial_to_run(self, tune_controller: Any) -> Any:
            seen.append([trial.status for trial in tune_controller.get_trials()])
            return super().choose_trial_to_run(tune_controller)

    fifo.build = lambda fidelity: Watching()  # type: ignore[method-assign, assignment]
    run = finished(fifo, trials=12)
    assert {status for statuses in seen for status in statuses} <= {"PENDING", "RUNNING", "PAUSED"}
    assert max(map(len, seen)) <= 5
    assert len(run.source.trials) == 12
