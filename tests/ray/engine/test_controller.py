"""The contact with Ray's private names."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import ray
from ray.tune.execution import tune_controller
from ray.tune.schedulers import FIFOScheduler

from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.contract.errors import RayError
from hpobench.running.ray import private
from hpobench.running.ray.trial import Trial
from hpobench.testing.doubles import make_run


def test_the_names_we_stand_on_are_there() -> None:
    private.check_ray()


@pytest.mark.parametrize(
    ("owner", "name"), [(owner, name) for owner, names in private._PRIVATE for name in names]
)
def test_a_moved_name_is_named(owner: Any, name: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for cls in getattr(owner, "__mro__", [owner]):
        if name in vars(cls):
            monkeypatch.delattr(cls, name)
    with pytest.raises(RayError, match=rf"{ray.__version__}.*\.{name}"):
        private.check_ray()


def test_moved_state_of_a_scheduler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    state = [(FIFOScheduler, ("_went_away",))]
    monkeypatch.setattr(private, "_PRIVATE_STATE", state)
    with pytest.raises(RayError, match=r"no longer has FIFOScheduler\._went_away"):
        private.check_ray()


def test_a_moved_attribute_is_named(fifo: Fifo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private, "_PRIVATE_ATTRIBUTES", ("_actor_manager", "_went_away"))
    with pytest.raises(RayError, match="_went_away"):
        make_run(fifo).finish()


def test_exchanged_names_are_put_back() -> None:
    names = ("flatten_dict", "warn_if_slow", "_FutureTrainingResult")
    before = [getattr(tune_controller, name) for name in names]
    with contextlib.suppress(KeyError), private.ray_names():
        assert tune_controller.flatten_dict is dict
        raise KeyError
    assert [getattr(tune_controller, name) for name in names] == before


def test_a_trial_compares_by_identity_and_hashes_by_number() -> None:
    first, second = (Trial(7, {}, None) for _ in range(2))
    assert hash(first) == hash(second) == 7
    assert first != second
    assert len({first, second}) == 2


def test_choosers_see_unfinished_trials_only_while_choosing(fifo: Fifo) -> None:
    seen = []

    class Watching(FIFOScheduler):
        def choose_trial_to_run(self, tune_controller: Any) -> Any:
            seen.append([trial.status for trial in tune_controller.get_trials()])
            return super().choose_trial_to_run(tune_controller)

    fifo.build = lambda fidelity: Watching()  # type: ignore[method-assign, assignment]
    run = make_run(fifo, trials=12)
    run.finish()
    assert {status for statuses in seen for status in statuses} <= {"PENDING", "RUNNING", "PAUSED"}
    assert max(map(len, seen)) <= 5
    assert len(run.source.trials) == 12
