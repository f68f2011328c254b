"""A searcher that ends its run early: when, and what it passes on."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from hpobench.api import Categorical, Config, Exhausted, Float, Int, Searcher, Space
from hpobench.contract.errors import NotAvailableError
from hpobench.plugins.starting import stopping
from hpobench.plugins.starting.stop import Patience, Regret
from hpobench.plugins.starting.stopping import (
    PatienceRule,
    RegretRule,
    StoppedSearcher,
    check_stop,
    rules_of,
)

SPACE = Space(
    [Float("x", 0.0, 1.0), Int("n", 1, 100, log=True), Categorical("c", ("a", "b", True))]
)
STEPS = 3


def configs(n: int) -> list[Config]:
    rng = Random(1)
    return [SPACE.sample(rng) for _ in range(n)]


class Noting(Searcher):
    """Proposes ``configs`` and notes what it is told."""

    name = "noting"

    def __init__(self, configs: list[Config]) -> None:
        self.configs = configs
        self.calls: list[tuple[object, ...]] = []

    def ask(self, trial: int) -> Config:
        return self.configs[trial]

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        self.calls.append(("tell", trial, step, loss, final))

    def failed(self, trial: int) -> None:
        self.calls.append(("failed", trial))


def ended_after(losses: Sequence[float | None], patience: Patience) -> int | None:
    """The number of ended trials after which the rule holds first; ``None`` if it never does."""
    rule = PatienceRule(patience)
    for number, loss in enumerate(losses, start=1):
        rule.note({}, loss)
        if rule.holds():
            return number
    return None


@pytest.mark.parametrize(
    ("losses", "tolerance", "due"),
    [
        ([3, 2, 1, 0, -1, -2], 0.0, None),
        ([3, 3, 3, 3, 3, 3], 0.0, 4),
        ([3, 4, 4, 2, 4, None, 4], 0.0, 7),
        ([None, None, None, None, 5], 0.0, None),
        ([None, None, 5, None, None, None], 0.0, 6),
        ([100, 99.5, 99.2, 99.1], 0.01, 4),
        ([100, 99.5, 98.9, 98.8, 98.7], 0.01, None),
        ([-100, -100.5, -100.9, -101], 0.01, 4),
        ([0.0, -1e-9, 0.0, 0.0], 0.5, None),
    ],
)
def test_patience(losses: list[float | None], tolerance: float, due: int | None) -> None:
    assert ended_after(losses, Patience(trials=3, tolerance=tolerance)) == due


def stopped(trials: int = 2) -> tuple[StoppedSearcher, Noting]:
    inner = Noting(configs(20))
    stop = {"patience": {"trials": trials, "tolerance": 0.0}}
    return StoppedSearcher(inner, rules_of(stop, SPACE, 0), STEPS), inner


def test_it_proposes_nothing_more_and_still_learns_of_running_trials() -> None:
    searcher, inner = stopped()
    for trial in range(4):
        assert searcher.ask(trial) == inner.configs[trial]
    searcher.tell(0, STEPS, 1.0, final=True)
    searcher.tell(1, STEPS, 2.0, final=True)
    searcher.failed(2)
    for _ in range(2):
        with pytest.raises(Exhausted):
            searcher.ask(4)
    searcher.tell(3, 1, 0.5, final=False)
    searcher.tell(3, STEPS, 0.1, final=True)
    with pytest.raises(Exhausted):
        searcher.ask(4)
    assert inner.calls == [
        ("tell", 0, STEPS, 1.0, True),
        ("tell", 1, STEPS, 2.0, True),
        ("failed", 2),
        ("tell", 3, 1, 0.5, False),
        ("tell", 3, STEPS, 0.1, True),
    ]


def test_losses_of_stopped_trials_are_no_better_losses() -> None:
    searcher, _ = stopped()
    for trial in range(4):
        searcher.ask(trial)
    searcher.tell(0, STEPS, 1.0, final=True)
    searcher.tell(1, STEPS - 1, 0.1, final=True)
    searcher.ask(4)
    searcher.dropped(2)
    with pytest.raises(Exhausted):
        searcher.ask(5)


def test_it_passes_everything_on() -> None:
    """Every method of a searcher but ``recall``, which only the inner wrapper calls."""
    own = vars(StoppedSearcher).keys()
    methods = {n for n, value in vars(Searcher).items() if callable(value) and n[0] != "_"}
    assert methods - own == {"recall"}


def test_the_bound_is_not_asked_before_enough_losses_and_once_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    bounds = iter([0.5, 0.05])

    def bound(self: RegretRule) -> float:
        asked.append(len(self._trials))
        return next(bounds)

    monkeypatch.setattr(RegretRule, "bound", bound)
    rule = RegretRule(Regret(below=0.1), SPACE, seed=3)
    answers = []
    for config in configs(21):
        rule.note(config, 1.0)
        rule.note(config, None)
        answers += [rule.holds(), rule.holds()]
    assert asked == [20, 21]
    assert answers == [False] * 40 + [True, True]


def test_versions_count_for_results(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_stop({}) == check_stop({"patience": {"trials": 3}}) == ""
    monkeypatch.setattr(stopping, "_REGRET_NEEDS", ("optuna>=5",))
    assert check_stop({"regret": {}}).startswith("optuna 5.")
    needs: Any = ("optuna>=5,<5",)
    monkeypatch.setattr(stopping, "_REGRET_NEEDS", needs)
    with pytest.raises(NotAvailableError, match=r"stop: regret needs optuna.* is installed; pip"):
        check_stop({"regret": {}})
