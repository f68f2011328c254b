"""Searchers that schedule too, and those that want to know what trials cost."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import Any

import pytest

from hpobench.algorithms.schedulers.fifo import Fifo
from hpobench.algorithms.schedulers.own import Own
from hpobench.contract.errors import CellError
from hpobench.testing.doubles import CurveProblem, ListedSearcher, make_run, random_configs
from tests.support.finished import finished


class Fused(ListedSearcher):
    """Lets trial ``i`` train for ``lengths[i % len(lengths)]`` steps."""

    name = "self-scheduling"
    schedules_itself = True
    lengths = (1, 9, 27, 3)

    def steps(self, trial: int) -> Any:
        return self.lengths[trial % len(self.lengths)]


class Frugal(ListedSearcher):
    """Notes what it is charged."""

    name = "frugal"
    cost_aware = True

    def charged(self, trial: int, seconds: Any) -> None:
        self.calls.append(("charged", trial, seconds))


@pytest.mark.parametrize("tell", ["last", "full", "every"])
def test_trials_train_as_far_as_the_searcher_says(tell: Any) -> None:
    searcher = Fused(random_configs(12))
    run = finished(Own(), searcher=searcher, trials=12, tell=tell)
    trained = dict(Counter(event.trial for event in run.events))
    assert trained == {trial: searcher.steps(trial) for trial in range(12)}
    finals = {call[1]: call[2] for call in searcher.calls if call[0] == "tell" and call[4]}
    assert finals == trained
    assert not [call for call in searcher.calls if call[0] == "dropped"]
    told = sum(call[0] == "tell" for call in searcher.calls)
    assert told == (sum(trained.values()) if tell == "every" else 12)


@pytest.mark.parametrize("steps", [0, 28])
def test_steps_that_there_are_not(steps: int) -> None:
    searcher = Fused(random_configs(1))
    searcher.lengths = (steps,)  # type: ignore[assignment]
    told = rf"self-scheduling: steps\(0\) returned {steps}, not 1 to 27"
    with pytest.raises(CellError, match=told):
        make_run(Own(), searcher=searcher, trials=1).finish()


@pytest.mark.parametrize("tell", ["last", "every"])
def test_costs_come_before_losses(tell: Any) -> None:
    searcher = Frugal(random_configs(5))
    make_run(Fifo(), searcher=searcher, trials=5, tell=tell).finish()
    told: list[Any] = [call for call in searcher.calls if call[0] in ("charged", "tell")]
    for charged, loss in zip(told[::2], told[1::2], strict=True):
        assert (charged[0], loss[0]) == ("charged", "tell")
        trial, step = loss[1:3]
        assert charged[1] == trial
        costs = list(accumulate(CurveProblem().curve(searcher.configs[trial], 1).costs))
        assert charged[2] == pytest.approx(costs[step - 1])


def test_others_are_not_charged() -> None:
    searcher = Frugal(random_configs(3))
    searcher.cost_aware = False  # type: ignore[misc]
    make_run(Fifo(), searcher=searcher, trials=3).finish()
    assert {call[0] for call in searcher.calls} == {"ask", "tell"}
